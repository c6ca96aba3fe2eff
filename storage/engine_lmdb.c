/*
 * engine_lmdb.c: the engine on LMDB, and the only file that includes its header.
 *
 * Default flags and MDB_NOTLS: a commit is on disk when it answers, and a power cut at any moment
 * leaves the last commit whole. NOSYNC, NOMETASYNC lose commits; WRITEMAP dies by SIGBUS on a full
 * disk; DUPSORT and nested transactions carry bugs in the 0.9.24 of Debian 12. None of them is
 * used.
 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAP_WANTED ((size_t)64 << 30)
#define MAP_LEAST ((size_t)256 << 20)
#define READERS_MAX 512
#define RENEWED_AT_ONCE ((size_t)8 << 20) /* bytes of one transaction: they stay in memory */
#define RENEWED_ROW 64
#define RENEWED_ROOM ((size_t)64 << 20)
#define FULL_BELOW (4 << 20) /* bytes free: a disk with less is full */

struct engine_txn {
	struct env *env;
	MDB_txn *at;
	struct engine_txn *next; /* among the idle ones */
};

struct engine_cursor {
	MDB_cursor *at;
	MDB_val key, value;
	MDB_cursor_op onward;
};

struct env {
	struct arena *arena; /* this, and every read transaction there ever was at one time */
	const char *path, *renewed;
	size_t map_size; /* as it was asked for */
	MDB_env *at;
	MDB_dbi table;
	int lock;  /* the directory's: held while open */
	bool full; /* said so in the log; the writer's */
	struct engine_txn writer;
	pthread_mutex_t mutex; /* over what follows and the arena */
	pthread_cond_t changed;
	bool renewing;           /* the file is about to be another one */
	size_t entered;          /* who uses it now, but for the writer */
	MDB_env *apart;          /* see begin_apart */
	struct engine_txn *idle; /* reset read transactions: renewing one costs 0.1 µs */
};

static MDB_val val(struct bytes b)
{
	return (MDB_val){b.size, (void *)(uintptr_t)b.data}; /* LMDB only reads it */
}

static struct bytes bytes(MDB_val v)
{
	return (struct bytes){v.mv_data, v.mv_size};
}

/* A write cut short by a full disk comes back from LMDB as EIO, as does a dying disk: ask the
 * file system which. */
static bool disk_full(struct env *env)
{
	int fd;
	struct statvfs s;
	return mdb_env_get_fd(env->at, &fd) == 0 && fstatvfs(fd, &s) == 0
		&& s.f_bavail * s.f_frsize < FULL_BELOW;
}

/* The writer may put another file in the place of this one: not while someone else reads it. */
static void enter(struct env *env)
{
	pthread_mutex_lock(&env->mutex);
	while (env->renewing)
		pthread_cond_wait(&env->changed, &env->mutex);
	env->entered++;
	pthread_mutex_unlock(&env->mutex);
}

static void leave(struct env *env)
{
	pthread_mutex_lock(&env->mutex);
	env->entered--;
	pthread_cond_broadcast(&env->changed);
	pthread_mutex_unlock(&env->mutex);
}

static enum err failed(struct env *env, const char *what, int code)
{
	switch (code) {
	case MDB_SUCCESS:
		return OK;
	case MDB_NOTFOUND:
		return ERR_NOT_FOUND;
	case EIO:
		if (!disk_full(env))
			break;
		return ERR_AGAIN;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case MDB_READERS_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
	case ENOMEM:
		return ERR_AGAIN;
	}
	log_line(LOG_ERROR, "store", "failed=%s code=%d text=\"%s\"", what, code,
		mdb_strerror(code));
	return ERR_STORE;
}

/* As failed, on the writer: says once that there is no room, and once that there is again. */
static enum err write_failed(struct env *env, const char *what, int code)
{
	enum err e = failed(env, what, code);
	if (e == ERR_AGAIN && !env->full)
		log_line(LOG_ERROR, "store", "full=%s code=%d text=\"%s\"", what, code,
			mdb_strerror(code));
	env->full |= e == ERR_AGAIN;
	return e;
}

/* ---- open and close ---- */

static void sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fsync(fd) != 0)
		log_line(LOG_WARN, "store", "unsynced=directory code=%d", errno);
	close(fd);
}

/* Where mmap and locks of two machines do not know of each other, a store does not last. */
static bool is_remote(int fd)
{
	static const unsigned long kinds[] = {
		0x6969,     /* NFS */
		0xff534d42, /* CIFS */
		0xfe534d42, /* SMB 2 */
		0x517b,     /* SMB */
		0x01021997, /* 9P */
		0x00c36400, /* Ceph */
	};
	struct statfs s;
	for (size_t i = 0; i < COUNT(kinds) && fstatfs(fd, &s) == 0; i++)
		if ((unsigned long)s.f_type == kinds[i])
			return true;
	return false;
}

static enum err lock_directory(struct arena *arena, const char *path, int *out, const char **why)
{
	*why = "The store's directory cannot be made or read.";
	if (mkdir(path, 0700) == 0)
		sync_directory(arena_format(arena, "%s/..", path));
	else if (errno != EEXIST)
		return ERR_STORE;
	int fd = open(arena_format(arena, "%s/lock", path),
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_STORE;
	if (is_remote(fd)) {
		close(fd);
		*why = "The store must be on a disk of this machine, not on a network file system.";
		return ERR_INVALID;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		*why = "The store is in use by another process.";
		return ERR_CONFLICT;
	}
	*out = fd;
	return OK;
}

static int open_env(const char *path, size_t map_size, unsigned flags, MDB_env **out)
{
	MDB_env *at;
	int code = mdb_env_create(&at);
	if (code)
		return code;
	code = map_size ? mdb_env_set_mapsize(at, map_size) : 0;
	if (!code)
		code = mdb_env_set_maxreaders(at, READERS_MAX);
	if (!code)
		code = mdb_env_open(at, path, flags | MDB_NOTLS, 0600);
	if (code)
		mdb_env_close(at);
	else
		*out = at;
	return code;
}

/* mmap refuses more than the machine or a limit allows: halve until it fits. */
static int map_file(struct env *env, size_t wanted)
{
	size_t size = wanted ? wanted : MAP_WANTED;
	int code = open_env(env->path, size, 0, &env->at);
	while (code == ENOMEM && !wanted && size / 2 >= MAP_LEAST) {
		size /= 2;
		code = open_env(env->path, size, 0, &env->at);
	}
	return code;
}

static int open_table(MDB_env *at, MDB_dbi *out)
{
	MDB_txn *t;
	int code = mdb_txn_begin(at, NULL, MDB_RDONLY, &t);
	if (code)
		return code;
	code = mdb_dbi_open(t, NULL, 0, out);
	if (code) {
		mdb_txn_abort(t);
		return code;
	}
	return mdb_txn_commit(t); /* keeps the handle */
}

static void lmdb_close(void *at)
{
	struct env *env = at;
	for (struct engine_txn *t = env->idle; t; t = t->next)
		mdb_txn_abort(t->at);
	if (env->apart)
		mdb_env_close(env->apart);
	if (env->at)
		mdb_env_close(env->at);
	flock(env->lock, LOCK_UN); /* also for a child that inherited it */
	close(env->lock);
	pthread_cond_destroy(&env->changed);
	pthread_mutex_destroy(&env->mutex);
	arena_destroy(env->arena);
}

static enum err lmdb_open(const struct store_settings *settings, void **out, const char **why)
{
	struct arena *arena = arena_create();
	struct env *env = arena_alloc(arena, sizeof *env);
	enum err e = lock_directory(arena, settings->path, &env->lock, why);
	if (e != OK) {
		arena_destroy(arena);
		return e;
	}
	env->arena = arena;
	env->path = arena_text(arena, settings->path);
	env->writer.env = env;
	pthread_mutex_init(&env->mutex, NULL);
	pthread_cond_init(&env->changed, NULL);
	env->renewed = arena_format(arena, "%s/renewed.mdb", env->path);
	(void)unlink(env->renewed); /* of one that was killed */
	env->map_size = settings->map_size;
	int code = map_file(env, settings->map_size);
	if (!code)
		code = open_table(env->at, &env->table);
	if (!code) {
		sync_directory(settings->path);
		mdb_reader_check(env->at, NULL);
		*out = env;
		return OK;
	}
	log_line(LOG_ERROR, "store", "failed=open code=%d text=\"%s\"", code, mdb_strerror(code));
	bool foreign = code == MDB_INVALID || code == MDB_VERSION_MISMATCH
		|| code == MDB_INCOMPATIBLE;
	*why = foreign ? "The file data.mdb is not a store."
		       : "The store cannot be opened; the log says why.";
	lmdb_close(env);
	return foreign ? ERR_INVALID : ERR_STORE;
}

/* ---- transactions ---- */

static void put_back(struct env *env, struct engine_txn *t)
{
	pthread_mutex_lock(&env->mutex);
	t->next = env->idle;
	env->idle = t;
	pthread_mutex_unlock(&env->mutex);
}

/* A failed write of the root closes all of LMDB's environment, to readers too. The file is still
 * what it was before that commit and nobody writes it any more: it is read through another
 * environment, without the lock file. */
static int begin_apart(struct env *env, MDB_txn **out)
{
	MDB_env *apart;
	MDB_dbi table; /* the same: LMDB numbers the unnamed table 1 */
	int code = 0;
	pthread_mutex_lock(&env->mutex);
	if (!env->apart) {
		code = open_env(env->path, 0, MDB_RDONLY | MDB_NOLOCK, &apart);
		if (!code && (code = open_table(apart, &table)))
			mdb_env_close(apart);
		env->apart = code ? NULL : apart;
	}
	pthread_mutex_unlock(&env->mutex);
	return code ? code : mdb_txn_begin(env->apart, NULL, MDB_RDONLY, out);
}

static int start_read(struct env *env, struct engine_txn *t)
{
	int code = t->at ? mdb_txn_renew(t->at) : mdb_txn_begin(env->at, NULL, MDB_RDONLY, &t->at);
	if (!code)
		return 0;
	mdb_txn_abort(t->at); /* NULL is fine */
	t->at = NULL;
	return code == MDB_PANIC ? begin_apart(env, &t->at) : code;
}

static enum err begin_read(struct env *env, struct engine_txn **out)
{
	enter(env);
	pthread_mutex_lock(&env->mutex);
	struct engine_txn *t = env->idle;
	if (t)
		env->idle = t->next;
	else
		t = arena_alloc(env->arena, sizeof *t);
	pthread_mutex_unlock(&env->mutex);
	t->env = env;
	int code = start_read(env, t);
	if (code) {
		enum err e = failed(env, "read", code);
		put_back(env, t);
		leave(env);
		return e;
	}
	*out = t;
	return OK;
}

static enum err lmdb_begin(void *at, bool write, struct engine_txn **out)
{
	struct env *env = at;
	if (!write)
		return begin_read(env, out);
	int code = mdb_txn_begin(env->at, NULL, 0, &env->writer.at);
	if (code)
		return write_failed(env, "begin", code);
	*out = &env->writer;
	return OK;
}

static void lmdb_abort(struct engine_txn *t)
{
	struct env *env = t->env; /* once put back it is another reader's */
	if (t == &env->writer) {
		mdb_txn_abort(t->at);
		return;
	}
	mdb_txn_reset(t->at);
	put_back(env, t);
	leave(env);
}

static enum err lmdb_commit(struct engine_txn *t)
{
	struct env *env = t->env;
	int code = mdb_txn_commit(t->at);
	if (code)
		return write_failed(env, "commit", code);
	if (env->full)
		log_line(LOG_INFO, "store", "full=no");
	env->full = false;
	return OK;
}

/* ---- rows ---- */

static enum err lmdb_get(struct engine_txn *t, struct bytes key, struct bytes *value)
{
	MDB_val k = val(key), v;
	int code = mdb_get(t->at, t->env->table, &k, &v);
	if (code)
		return failed(t->env, "get", code);
	*value = bytes(v);
	return OK;
}

static enum err lmdb_put(struct engine_txn *t, struct bytes key, struct bytes value)
{
	MDB_val k = val(key), v = val(value);
	return write_failed(t->env, "put", mdb_put(t->at, t->env->table, &k, &v, 0));
}

static enum err lmdb_del(struct engine_txn *t, struct bytes key)
{
	MDB_val k = val(key);
	return write_failed(t->env, "del", mdb_del(t->at, t->env->table, &k, NULL));
}

static int stand(struct engine_cursor *c, struct bytes from, bool backward)
{
	if (from.size == 0)
		return backward ? MDB_NOTFOUND
				: mdb_cursor_get(c->at, &c->key, &c->value, MDB_FIRST);
	c->key = val(from);
	int code = mdb_cursor_get(c->at, &c->key, &c->value, MDB_SET_RANGE);
	if (!backward)
		return code;
	if (code == MDB_NOTFOUND)
		return mdb_cursor_get(c->at, &c->key, &c->value, MDB_LAST);
	MDB_val k = val(from);
	if (code || mdb_cmp(mdb_cursor_txn(c->at), mdb_cursor_dbi(c->at), &c->key, &k) == 0)
		return code;
	return mdb_cursor_get(c->at, &c->key, &c->value, MDB_PREV);
}

static void lmdb_unseek(struct engine_cursor *c)
{
	mdb_cursor_close(c->at);
	free(c);
}

static enum err lmdb_seek(
	struct engine_txn *t, struct bytes from, bool backward, struct engine_cursor **out)
{
	struct engine_cursor *c = calloc(1, sizeof *c);
	if (!c)
		die("out of memory: %zu bytes", sizeof *c);
	int code = mdb_cursor_open(t->at, t->env->table, &c->at);
	if (code) {
		free(c);
		return failed(t->env, "seek", code);
	}
	c->onward = backward ? MDB_PREV : MDB_NEXT;
	code = stand(c, from, backward);
	if (code) {
		lmdb_unseek(c);
		return failed(t->env, "seek", code);
	}
	*out = c;
	return OK;
}

static void lmdb_row(struct engine_cursor *c, struct bytes *key, struct bytes *value)
{
	*key = bytes(c->key);
	*value = bytes(c->value);
}

static enum err lmdb_step(struct engine_cursor *c)
{
	int code = mdb_cursor_get(c->at, &c->key, &c->value, c->onward);
	if (code == MDB_NOTFOUND)
		return ERR_NOT_FOUND;
	return code ? ERR_STORE : OK;
}

/* ---- the whole ---- */

static int copy_apart(struct env *env, int fd)
{
	MDB_txn *t;
	int code = begin_apart(env, &t);
	if (code)
		return code;
	mdb_txn_abort(t);
	return mdb_env_copyfd2(env->apart, fd, MDB_CP_COMPACT);
}

static enum err lmdb_backup(void *at, int fd, const char **why)
{
	struct env *env = at;
	enter(env);
	mdb_reader_check(env->at, NULL);
	int code = mdb_env_copyfd2(env->at, fd, MDB_CP_COMPACT);
	if (code == MDB_PANIC)
		code = copy_apart(env, fd);
	leave(env);
	if (code == 0)
		return OK;
	enum err e = failed(env, "backup", code);
	*why = e == ERR_AGAIN ? "There is no room for the backup."
			      : "The store could not be copied; the log says why.";
	return e;
}

static enum err lmdb_check(void *at, const char **why)
{
	struct env *env = at;
	MDB_stat stat;
	MDB_envinfo info;
	struct stat file;
	int fd;
	*why = "The backup is damaged.";
	/* Pages past the end of the file would be answered with SIGBUS: look at its size first. */
	if (mdb_env_stat(env->at, &stat) || mdb_env_info(env->at, &info)
		|| mdb_env_get_fd(env->at, &fd) || fstat(fd, &file) != 0
		|| (uint64_t)file.st_size < (info.me_last_pgno + 1) * (uint64_t)stat.ms_psize)
		return ERR_STORE;
	struct engine_txn *t;
	if (begin_read(env, &t) != OK)
		return ERR_STORE;
	struct engine_cursor *c = NULL;
	size_t rows = 0;
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): begin_read was OK, so there is a t */
	enum err e = lmdb_seek(t, (struct bytes){0}, false, &c);
	if (e == OK && c != NULL) {
		for (; e == OK; e = lmdb_step(c))
			rows++;
		lmdb_unseek(c);
	}
	lmdb_abort(t);
	return e == ERR_NOT_FOUND && rows == stat.ms_entries ? OK : ERR_STORE;
}

static void lmdb_numbers(void *at, struct store_numbers *out)
{
	struct env *env = at;
	MDB_stat stat;
	MDB_envinfo info;
	enter(env);
	int code = mdb_env_stat(env->at, &stat);
	if (!code)
		code = mdb_env_info(env->at, &info);
	leave(env);
	if (code)
		return;
	out->rows = stat.ms_entries;
	out->map_bytes = info.me_mapsize;
	out->used_bytes = (info.me_last_pgno + 1) * (uint64_t)stat.ms_psize;
}

/*
 * LMDB leaves what was deleted where it stood: in pages nobody uses any more, and in the gaps and
 * behind the last value of those in use; its own compact copy takes some of that along. So every
 * row is written once more, in order, by an environment that never saw anything else.
 */
static int copy_rows(MDB_env *to, MDB_dbi table, MDB_cursor *from)
{
	MDB_val key, value;
	int code = mdb_cursor_get(from, &key, &value, MDB_FIRST);
	while (!code) {
		MDB_txn *t;
		size_t bytes = 0;
		code = mdb_txn_begin(to, NULL, 0, &t);
		if (code)
			return code;
		while (!code && bytes < RENEWED_AT_ONCE) {
			bytes += key.mv_size + value.mv_size + RENEWED_ROW;
			code = mdb_put(t, table, &key, &value, MDB_APPEND);
			if (!code)
				code = mdb_cursor_get(from, &key, &value, MDB_NEXT);
		}
		if (code && code != MDB_NOTFOUND) {
			mdb_txn_abort(t);
			return code;
		}
		int kept = mdb_txn_commit(t);
		code = kept ? kept : code;
	}
	return code == MDB_NOTFOUND ? 0 : code;
}

static int write_renewed(struct env *env)
{
	MDB_env *to;
	MDB_txn *t = NULL;
	MDB_cursor *from;
	MDB_dbi table;
	MDB_envinfo info;
	int code = mdb_env_info(env->at, &info);
	MDB_stat stat;
	if (!code)
		code = mdb_env_stat(env->at, &stat);
	if (code)
		return code;
	size_t used = (info.me_last_pgno + 1) * stat.ms_psize; /* synced whole at its end: */
	code = open_env(env->renewed, used + used / 4 + RENEWED_ROOM,
		MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, &to);
	if (code)
		return code;
	code = open_table(to, &table);
	if (!code)
		code = mdb_txn_begin(env->at, NULL, MDB_RDONLY, &t);
	if (!code)
		code = mdb_cursor_open(t, env->table, &from);
	if (!code) {
		code = copy_rows(to, table, from);
		mdb_cursor_close(from);
	}
	mdb_txn_abort(t); /* NULL is fine */
	if (!code)
		code = mdb_env_sync(to, 1);
	mdb_env_close(to);
	return code;
}

/* With nobody else in it. */
static int put_renewed(struct env *env)
{
	for (struct engine_txn *t = env->idle; t; t = t->next) {
		mdb_txn_abort(t->at);
		t->at = NULL;
	}
	mdb_env_close(env->at);
	env->at = NULL;
	int code = rename(env->renewed, arena_format(env->arena, "%s/data.mdb", env->path)) ? errno
											    : 0;
	sync_directory(env->path);
	int again = map_file(env, env->map_size);
	if (!again)
		again = open_table(env->at, &env->table);
	if (again)
		die("the store cannot be opened again: %s", mdb_strerror(again));
	return code;
}

static enum err lmdb_renew(void *at)
{
	struct env *env = at;
	if (env->apart)
		return ERR_STORE;
	int code = write_renewed(env);
	if (!code) {
		pthread_mutex_lock(&env->mutex);
		env->renewing = true;
		while (env->entered > 0)
			pthread_cond_wait(&env->changed, &env->mutex);
		code = put_renewed(env);
		env->renewing = false;
		pthread_cond_broadcast(&env->changed);
		pthread_mutex_unlock(&env->mutex);
	}
	if (code)
		(void)unlink(env->renewed);
	return write_failed(env, "renew", code);
}

static void lmdb_tidy(void *at)
{
	struct env *env = at;
	int dead = 0;
	if (mdb_reader_check(env->at, &dead) == 0 && dead)
		log_line(LOG_WARN, "store", "dead_readers=%d", dead);
}

const struct engine engine_lmdb = {
	.name = "lmdb",
	.open = lmdb_open,
	.close = lmdb_close,
	.begin = lmdb_begin,
	.commit = lmdb_commit,
	.abort = lmdb_abort,
	.get = lmdb_get,
	.put = lmdb_put,
	.del = lmdb_del,
	.seek = lmdb_seek,
	.row = lmdb_row,
	.step = lmdb_step,
	.unseek = lmdb_unseek,
	.backup = lmdb_backup,
	.check = lmdb_check,
	.numbers = lmdb_numbers,
	.renew = lmdb_renew,
	.tidy = lmdb_tidy,
};

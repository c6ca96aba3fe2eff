/*
 * backup.c: a store into one file, and back. The file is a compact copy of the database itself.
 */
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 20)

static enum err sync_path(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	if (fd < 0)
		return ERR_STORE;
	enum err e = fsync(fd) == 0 ? OK : ERR_STORE;
	close(fd);
	return e;
}

static enum err sync_parent(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return sync_path(".", O_DIRECTORY);
	return sync_path(slash == path ? "/" : arena_text_n(arena, path, (size_t)(slash - path)),
		O_DIRECTORY);
}

/* Leaves a whole file under the right name, or nothing. */
static enum err copy_out(struct store *s, struct arena *arena, const char *partial,
	const char *file, const char **why)
{
	*why = "The backup file cannot be written.";
	if (unlink(partial) != 0 && errno != ENOENT) /* of a backup that was killed */
		return ERR_INVALID;
	int fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ERR_INVALID;
	enum err e = store_copy(s, fd, why);
	bool durable = e == OK && fsync(fd) == 0;
	close(fd);
	if (durable)
		durable = rename(partial, file) == 0 && sync_parent(arena, file) == OK;
	if (e == OK && !durable) {
		*why = "The backup file could not be made durable.";
		e = ERR_STORE;
	}
	if (e != OK)
		(void)unlink(partial);
	return e;
}

enum err store_backup(struct store *s, const char *file, const char **why)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	return copy_out(s, arena, arena_format(arena, "%s.partial", file), file, why);
}

/* ---- restore ---- */

static bool is_empty_or_missing(const char *path)
{
	DIR *d = opendir(path);
	if (!d)
		return errno == ENOENT;
	int entries = 0;
	while (readdir(d))
		entries++;
	closedir(d);
	return entries == 2; /* "." and ".." */
}

static void remove_store(struct arena *arena, const char *directory)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "lock"};
	for (size_t i = 0; i < COUNT(files); i++)
		(void)unlink(arena_format(arena, "%s/%s", directory, files[i]));
	(void)rmdir(directory);
}

static bool copy_bytes(int from, int to, char *chunk)
{
	ssize_t size;
	while ((size = TEMP_FAILURE_RETRY(read(from, chunk, CHUNK))) > 0) {
		for (ssize_t done = 0, n; done < size; done += n) {
			n = TEMP_FAILURE_RETRY(write(to, chunk + done, (size_t)(size - done)));
			if (n <= 0)
				return false;
		}
	}
	return size == 0;
}

static enum err copy_in(
	struct arena *arena, const char *file, const char *directory, const char **why)
{
	*why = "The backup file cannot be read.";
	int from = open(file, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return ERR_INVALID;
	*why = "The backup could not be copied into its place.";
	enum err e = ERR_STORE;
	int to = -1;
	if (mkdir(directory, 0700) == 0)
		to = open(arena_format(arena, "%s/data.mdb", directory),
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to >= 0 && copy_bytes(from, to, arena_alloc(arena, CHUNK)) && fsync(to) == 0)
		e = OK;
	if (to >= 0)
		close(to);
	close(from);
	return e;
}

/* Whole, ours and not newer than this program. */
static enum err examine(const char *directory, const char **why)
{
	struct store_settings settings = {.path = directory};
	struct txn t = {.engine = &engine_lmdb};
	void *env;
	uint32_t version = 0;
	enum err e = t.engine->open(&settings, &env, why);
	if (e == ERR_INVALID)
		*why = "The file is not a backup of a store.";
	if (e != OK)
		return e;
	e = t.engine->check(env, why);
	if (e == OK && (e = t.engine->begin(env, false, &t.at)) == OK) {
		e = migrate_version(&t, &version);
		t.engine->abort(t.at);
	}
	t.engine->close(env);
	if (e == OK && (version == 0 || version > migrate_steps.count)) {
		*why = version ? "The backup was made by a newer Kring."
			       : "The file is not a backup of a store.";
		e = ERR_INVALID;
	}
	return e;
}

static enum err put_in_place(
	struct arena *arena, const char *draft, const char *path, const char **why)
{
	(void)unlink(arena_format(arena, "%s/lock.mdb", draft));
	(void)unlink(arena_format(arena, "%s/lock", draft));
	*why = "The restored store could not be put in its place.";
	if (sync_path(draft, O_DIRECTORY) != OK || rename(draft, path) != 0
		|| sync_parent(arena, path) != OK)
		return ERR_STORE;
	return OK;
}

enum err store_restore(const char *path, const char *file, const char **why)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	size_t size = strlen(path);
	while (size > 1 && path[size - 1] == '/')
		size--;
	path = arena_text_n(arena, path, size);
	const char *draft = arena_format(arena, "%s.restoring", path);
	if (!is_empty_or_missing(path)) {
		*why = "The directory to restore into is not empty.";
		return ERR_CONFLICT;
	}
	remove_store(arena, draft); /* of a restore that was killed */
	enum err e = copy_in(arena, file, draft, why);
	if (e == OK)
		e = examine(draft, why);
	if (e == OK)
		e = put_in_place(arena, draft, path, why);
	if (e != OK)
		remove_store(arena, draft);
	return e;
}

/*
 * blob.c: files by what is in them. A file never changes; it is there whole, or not. What no record names any more is
 * swept away later, so that a write that runs again, or fails, has nothing to undo.
 */
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PATH_MOST 4096
#define DRAFT_MOST HOUR /* nobody writes at one file for longer */
#define SHELF 2         /* letters of the name that are its directory's */

/* Between a file that is put once more and the sweep that is about to take it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_name(const char *s)
{
	return strlen(s) == BLOB_NAME - 1 && s[strspn(s, "0123456789abcdef")] == '\0';
}

static bool path_of(const char *directory, const char *name, char out[PATH_MOST])
{
	return is_name(name)
		&& text_print(out, PATH_MOST, "%s/%.*s/%s", directory, SHELF, name, name);
}

static bool sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Its shelf, and the directory itself when it is the first. */
static bool make_shelf(const char *directory, const char *name)
{
	char shelf[PATH_MOST];
	if (!text_print(shelf, sizeof shelf, "%s/%.*s", directory, SHELF, name))
		return false;
	bool made = mkdir(directory, 0700) == 0;
	if (!made && errno != EEXIST)
		return false;
	if (mkdir(shelf, 0700) == 0)
		return sync_directory(directory);
	return errno == EEXIST;
}

static bool sync_shelf(const char *directory, const char *name)
{
	char shelf[PATH_MOST];
	return text_print(shelf, sizeof shelf, "%s/%.*s", directory, SHELF, name)
		&& sync_directory(shelf);
}

/* ---- putting --------------------------------------------------------------------------------- */

static bool write_file(const char *path, struct bytes data)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0;
	for (size_t done = 0; ok && done < data.size;) {
		ssize_t n = TEMP_FAILURE_RETRY(
			write(fd, (const char *)data.data + done, data.size - done));
		ok = n > 0;
		done += ok ? (size_t)n : 0;
	}
	ok = ok && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok;
}

/* It is there: young again, so that the sweep leaves it until its new record is written. */
static bool touch(const char *path)
{
	pthread_mutex_lock(&lock);
	bool there = utimensat(AT_FDCWD, path, NULL, 0) == 0;
	pthread_mutex_unlock(&lock);
	return there;
}

enum err blob_put(const char *directory, struct bytes data, char name[BLOB_NAME])
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	uint8_t hash[SHA256_SIZE];
	char path[PATH_MOST], draft[PATH_MOST], token[TOKEN_TEXT];
	crypto_sha256(data.data, data.size, hash);
	const char *hex = hex_encode(arena, hash, sizeof hash);
	if (!path_of(directory, hex, path))
		return ERR_STORE;
	memcpy(name, hex, BLOB_NAME);
	if (touch(path))
		return OK;
	crypto_token(token);
	if (!make_shelf(directory, hex)
		|| !text_print(draft, sizeof draft, "%.*s.%s", PATH_MOST - 64, path, token))
		return ERR_AGAIN;
	bool ok = write_file(draft, data) && rename(draft, path) == 0 && sync_shelf(directory, hex);
	if (!ok) {
		log_line(LOG_WARN, "blob", "error=\"%s\"", strerror(errno));
		(void)unlink(draft);
	}
	return ok ? OK : ERR_AGAIN;
}

uint64_t blob_room(const char *directory)
{
	struct statvfs s;
	return statvfs(directory, &s) == 0 ? (uint64_t)s.f_bavail * s.f_frsize : UINT64_MAX;
}

int blob_open(const char *directory, const char *name, uint64_t *size)
{
	char path[PATH_MOST];
	struct stat s;
	int fd = path_of(directory, name, path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0 && (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))) {
		close(fd);
		fd = -1;
	}
	if (fd >= 0)
		*size = (uint64_t)s.st_size;
	return fd;
}

enum err blob_read(struct arena *arena, const char *directory, const char *name, struct bytes *out)
{
	uint64_t size;
	uint8_t hash[SHA256_SIZE];
	int fd = blob_open(directory, name, &size);
	if (fd < 0)
		return ERR_NOT_FOUND;
	char *at = size <= BLOB_MOST ? arena_alloc(arena, size) : NULL;
	bool ok = at != NULL;
	for (uint64_t done = 0; ok && done < size;) {
		ssize_t n = TEMP_FAILURE_RETRY(read(fd, at + done, size - done));
		ok = n > 0;
		done += ok ? (uint64_t)n : 0;
	}
	close(fd);
	if (ok)
		crypto_sha256(at, size, hash);
	if (!ok || strcmp(hex_encode(arena, hash, sizeof hash), name) != 0)
		return ERR_STORE;
	*out = (struct bytes){at, size};
	return OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

typedef bool visit_file(void *arg, const char *shelf, const char *name); /* false: stop */

static bool walk_shelf(const char *shelf, visit_file *visit, void *arg)
{
	DIR *d = opendir(shelf);
	bool on = true;
	for (struct dirent *at; on && d != NULL && (at = readdir(d)) != NULL;)
		if (at->d_name[0] != '.')
			on = visit(arg, shelf, at->d_name);
	if (d != NULL)
		closedir(d);
	return on;
}

/* True: all of them were seen. What is not there has none. */
static bool walk(const char *directory, visit_file *visit, void *arg)
{
	char shelf[PATH_MOST];
	DIR *d = opendir(directory);
	bool on = d != NULL || errno == ENOENT;
	for (struct dirent *at; on && d != NULL && (at = readdir(d)) != NULL;)
		if (at->d_name[0] != '.'
			&& text_print(shelf, sizeof shelf, "%s/%s", directory, at->d_name))
			on = walk_shelf(shelf, visit, arg);
	if (d != NULL)
		closedir(d);
	return on;
}

struct sweep {
	blob_named *named;
	void *arg;
	int64_t age;
	size_t removed;
};

static bool sweep_file(void *arg, const char *shelf, const char *name)
{
	struct sweep *s = arg;
	char path[PATH_MOST];
	struct stat at;
	if (!text_print(path, sizeof path, "%s/%s", shelf, name)
		|| (is_name(name) && s->named(s->arg, name)))
		return true;
	pthread_mutex_lock(&lock);
	bool old = stat(path, &at) == 0
		&& time_now() - (int64_t)at.st_mtim.tv_sec * SECOND
			>= (is_name(name) ? s->age : DRAFT_MOST);
	if (old && unlink(path) == 0)
		s->removed++;
	pthread_mutex_unlock(&lock);
	return true;
}

size_t blob_sweep(const char *directory, int64_t age, blob_named *named, void *arg)
{
	struct sweep s = {named, arg, age, 0};
	(void)walk(directory, sweep_file, &s);
	return s.removed;
}

/* ---- copying: a second name where that can be, as nothing ever changes ---- */

static bool copy_bytes(const char *from, const char *to)
{
	char chunk[65536];
	ssize_t size = -1;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	while (out >= 0 && (size = TEMP_FAILURE_RETRY(read(in, chunk, sizeof chunk))) > 0)
		if (TEMP_FAILURE_RETRY(write(out, chunk, (size_t)size)) != size)
			break;
	bool ok = size == 0 && fsync(out) == 0;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return ok;
}

static bool copy_file(void *arg, const char *shelf, const char *name)
{
	const char *to = arg;
	char from[PATH_MOST], path[PATH_MOST], draft[PATH_MOST];
	struct stat there;
	if (!is_name(name))
		return true;
	if (!text_print(from, sizeof from, "%s/%s", shelf, name) || !path_of(to, name, path)
		|| !text_print(draft, sizeof draft, "%.*s.draft", PATH_MOST - 8, path)
		|| !make_shelf(to, name))
		return false;
	if (stat(path, &there) == 0 || link(from, path) == 0)
		return sync_shelf(to, name);
	bool ok = copy_bytes(from, draft) && rename(draft, path) == 0 && sync_shelf(to, name);
	/* Swept away meanwhile: then no record names it any more. */
	return ok || access(from, F_OK) != 0;
}

enum err blob_copy(const char *from, const char *to)
{
	return walk(from, copy_file, (void *)(uintptr_t)to) ? OK : ERR_STORE;
}

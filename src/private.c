/* private.c: writes and reads small files that only their owner may read. */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool write_all(int fd, struct bytes b)
{
	for (size_t done = 0; done < b.size;) {
		ssize_t n = TEMP_FAILURE_RETRY(
			write(fd, (const char *)b.data + done, b.size - done));
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return fsync(fd) == 0;
}

/* A new name is durable when its directory is. */
static bool sync_directory_of(struct arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *dir = slash ? arena_text_n(arena, file, (size_t)(slash - file) + 1) : ".";
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

enum err private_write(
	struct arena *arena, const char *file, struct bytes content, const char **why)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		enum err e = errno == EEXIST ? ERR_CONFLICT : ERR_STORE;
		*why = arena_format(arena, "%s: %s.", file, strerror(errno));
		return e;
	}
	bool good = write_all(fd, content) && sync_directory_of(arena, file);
	int error = errno;
	close(fd);
	if (good)
		return OK;
	(void)unlink(file);
	*why = arena_format(arena, "%s: %s.", file, strerror(error));
	return ERR_STORE;
}

enum err private_read(struct arena *arena, const char *file, struct bytes *out, const char **why)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		enum err e = errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE;
		*why = arena_format(arena, "%s: %s.", file, strerror(errno));
		return e;
	}
	char *content = arena_alloc(arena, PRIVATE_MAX + 1);
	size_t size = 0;
	ssize_t n = 1;
	while (n > 0 && size <= PRIVATE_MAX) {
		n = TEMP_FAILURE_RETRY(read(fd, content + size, PRIVATE_MAX + 1 - size));
		size += n > 0 ? (size_t)n : 0;
	}
	int error = n < 0 ? errno : EFBIG;
	close(fd);
	if (n < 0 || size > PRIVATE_MAX) {
		*why = arena_format(arena, "%s: %s.", file, strerror(error));
		return ERR_STORE;
	}
	*out = (struct bytes){content, size};
	return OK;
}

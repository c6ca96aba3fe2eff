/* erased.c: the list of what was erased for ever: a file beside the store, of no use to who reads it, from which a backup
 * that is brought back learns what must go again. A line is the keyed hash of what it was, in hex, and a number. */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_TEXT (2 * SHA256_SIZE)
#define LINE_MOST (HASH_TEXT + 8)

struct erased_list {
	const char *text;
	size_t size;
};

/* A new name is durable when its directory is. */
static bool sync_directory_of(const char *file)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	const char *slash = strrchr(file, '/');
	int fd = open(slash == NULL ? "." : arena_text_n(arena, file, (size_t)(slash - file) + 1),
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

static bool is_torn(const struct erased_list *list)
{
	return list->size > 0 && list->text[list->size - 1] != '\n';
}

static const char *hash_of(struct arena *arena, const uint8_t key[32], const char *what)
{
	uint8_t sum[SHA256_SIZE];
	const char *label = arena_format(arena, "erased:%s", what);
	crypto_hmac(key, 32, label, strlen(label), sum);
	return hex_encode(arena, sum, sizeof sum);
}

enum err erased_read(struct arena *arena, const char *file, struct erased_list **out)
{
	struct erased_list *list = arena_alloc(arena, sizeof *list);
	struct stat is;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	*list = (struct erased_list){.text = ""};
	*out = list;
	if (fd < 0)
		return errno == ENOENT ? OK : ERR_STORE;
	bool good = fstat(fd, &is) == 0 && is.st_size >= 0 && (size_t)is.st_size <= ERASED_MOST;
	size_t size = good ? (size_t)is.st_size : 0;
	char *text = arena_alloc(arena, size + 1);
	while (good && list->size < size) {
		ssize_t n = TEMP_FAILURE_RETRY(read(fd, text + list->size, size - list->size));
		good = n > 0;
		list->size += good ? (size_t)n : 0;
	}
	close(fd);
	text[list->size] = '\0';
	list->text = text;
	return good ? OK : ERR_STORE;
}

bool erased_is_empty(const struct erased_list *list)
{
	return list->size == 0;
}

/* What was cut off in the middle of a line is none: it begins anew after it. */
bool erased_has(struct arena *arena, const struct erased_list *list, const uint8_t key[32],
	const char *what, uint32_t *number)
{
	const char *hash = hash_of(arena, key, what);
	for (const char *at = list->text; (at = strstr(at, hash)) != NULL; at += HASH_TEXT) {
		const char *end = at + HASH_TEXT;
		if ((at != list->text && at[-1] != '\n') || *end != ' ')
			continue;
		unsigned long n = strtoul(end + 1, NULL, 10);
		*number = n <= UINT32_MAX ? (uint32_t)n : 0;
		return true;
	}
	return false;
}

static bool write_line(int fd, const char *line)
{
	size_t size = strlen(line);
	return TEMP_FAILURE_RETRY(write(fd, line, size)) == (ssize_t)size && fsync(fd) == 0;
}

enum err erased_add(const char *file, const uint8_t key[32], const char *what, uint32_t number)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct erased_list *list;
	uint32_t known;
	enum err e = erased_read(arena, file, &list);
	if (e != OK || erased_has(arena, list, key, what, &known))
		return e;
	if (list->size + LINE_MOST > ERASED_MOST)
		return ERR_TOO_MUCH;
	const char *line = arena_format(
		arena, "%s%s %u\n", is_torn(list) ? "\n" : "", hash_of(arena, key, what), number);
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write_line(fd, line);
	if (fd >= 0 && close(fd) != 0)
		good = false;
	return good && sync_directory_of(file) ? OK : ERR_STORE;
}

/* Lines of the one that are not in the other. */
enum err erased_merge(const char *from, const char *to)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct erased_list *list, *there;
	enum err e = erased_read(arena, from, &list);
	if (e == OK)
		e = erased_read(arena, to, &there);
	if (e != OK || list->size == 0)
		return e;
	int fd = open(to, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool good = fd >= 0 && (!is_torn(there) || write_line(fd, "\n"));
	for (const char *at = list->text; good && *at != '\0';) {
		size_t size = strcspn(at, "\n");
		const char *line = arena_text_n(arena, at, size);
		if (size > HASH_TEXT && size < LINE_MOST && strstr(there->text, line) == NULL)
			good = write_line(fd, arena_format(arena, "%s\n", line));
		at += size + (at[size] == '\n');
	}
	if (fd >= 0 && close(fd) != 0)
		good = false;
	return good && sync_directory_of(to) ? OK : ERR_STORE;
}

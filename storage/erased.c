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
#define LINE_MOST (HASH_TEXT + 12)

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

/* Ends what was cut off in the middle of a line, so that it is none. */
static const char *end_of_torn(const struct erased_list *list)
{
	return list->size > 0 && list->text[list->size - 1] != '\n' ? "?\n" : "";
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

bool erased_has(struct arena *arena, const struct erased_list *list, const uint8_t key[32],
	const char *what, uint32_t *number)
{
	const char *hash = hash_of(arena, key, what);
	for (const char *at = list->text; (at = strstr(at, hash)) != NULL; at += HASH_TEXT) {
		char *end;
		unsigned long n = strtoul(at + HASH_TEXT, &end, 10);
		if ((at != list->text && at[-1] != '\n') || at[HASH_TEXT] != ' ' || *end != '\n')
			continue;
		*number = n <= UINT32_MAX ? (uint32_t)n : 0;
		return true;
	}
	return false;
}

/* On disk when it answers OK, also what stood there already: that may be half a write ago. */
static enum err append(const char *file, const struct erased_list *there, struct bytes lines)
{
	if (there->size + lines.size > ERASED_MOST)
		return ERR_TOO_MUCH;
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool good = fd >= 0
		&& TEMP_FAILURE_RETRY(write(fd, lines.data, lines.size)) == (ssize_t)lines.size
		&& fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	return good && sync_directory_of(file) ? OK : ERR_STORE;
}

enum err erased_add(const char *file, const uint8_t key[32], const char *what, uint32_t number)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct erased_list *list;
	uint32_t known;
	enum err e = erased_read(arena, file, &list);
	if (e != OK)
		return e;
	const char *line = erased_has(arena, list, key, what, &known)
		? ""
		: arena_format(
			arena, "%s%s %u\n", end_of_torn(list), hash_of(arena, key, what), number);
	return append(file, list, (struct bytes){line, strlen(line)});
}

/* Whole lines of the one that are not in the other. */
enum err erased_merge(const char *from, const char *to)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct erased_list *list, *there;
	struct text lines;
	enum err e = erased_read(arena, from, &list);
	if (e == OK)
		e = erased_read(arena, to, &there);
	if (e != OK || list->size == 0)
		return e;
	text_init(&lines, arena, ERASED_MOST);
	text_add(&lines, end_of_torn(there));
	for (const char *at = list->text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		const char *line = arena_text_n(arena, at, (size_t)(end - at) + 1);
		if (end - at > HASH_TEXT && end - at < LINE_MOST
			&& strstr(there->text, line) == NULL)
			text_add(&lines, line);
	}
	return lines.failed ? ERR_TOO_MUCH
			    : append(to, there, (struct bytes){lines.at, lines.size});
}

/* vector.h: reading files of test vectors: our own copies, and those of a folder named by KRING_FIXTURES. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_FILE_MOST ((size_t)2 << 20)

static inline char *vector_own(struct arena *a)
{
	char *folder = arena_text(a, __FILE__);
	*strrchr(folder, '/') = '\0';
	return arena_format(a, "%s/../wire/vectors", folder);
}

/* What only KRING_FIXTURES has is skipped without it, before there is an arena: skip() does not come back. */
static inline bool vector_are_given(void)
{
	const char *root = getenv("KRING_FIXTURES");
	return root != NULL && *root != '\0';
}

/* NULL: the variable is not set. */
static inline char *vector_given(struct arena *a)
{
	return vector_are_given() ? arena_format(a, "%s/vectors", getenv("KRING_FIXTURES")) : NULL;
}

/* data NULL: there is no such file. */
static inline struct bytes vector_bytes(struct arena *a, const char *root, const char *path)
{
	FILE *f = fopen(arena_format(a, "%s/%s", root, path), "rb");
	if (f == NULL)
		return (struct bytes){0};
	char *at = arena_alloc(a, VECTOR_FILE_MOST);
	size_t size = fread(at, 1, VECTOR_FILE_MOST - 1, f);
	fclose(f);
	return (struct bytes){at, size};
}

static inline const json_node *vector_json(struct arena *a, const char *root, const char *path)
{
	static const struct json_limits wide = {
		.bytes = VECTOR_FILE_MOST, .values = 200000, .string = VECTOR_FILE_MOST};
	const json_node *read = NULL;
	struct bytes bytes = vector_bytes(a, root, path);
	if (bytes.data == NULL)
		return NULL;
	/* NUL never comes this far: what is said of it holds for any control byte. */
	for (char *at = arena_text_n(a, bytes.data, bytes.size), *nul = at;; nul += 6) {
		nul = strstr(nul, "\\u0000");
		if (nul == NULL) {
			bytes.data = at;
			break;
		}
		nul[5] = '1';
	}
	if (json_read(a, bytes, &wide, &read) != OK)
		fail_msg("%s/%s is not JSON", root, path);
	return read;
}

static inline const char *vector_text(const json_node *of, const char *name)
{
	return json_text(json_member(of, name));
}

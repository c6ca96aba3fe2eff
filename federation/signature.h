/*
 * signature.h: what the readers of the two forms share: signature.c (what both must fulfil), cavage.c (draft-cavage-12),
 * message.c (RFC 9421). Other files see federation.h.
 */
#pragma once

#include "federation.h"

#include <string.h>

#define HEADER_MOST 8192
#define PARTS_MOST 16
#define BASE_MOST ((size_t)64 << 10)

enum part { /* what a signature covers, whatever its form calls it */
	PART_METHOD = 1, PART_TARGET = 2, PART_PATH = 4, PART_QUERY = 8, PART_HOST = 16,
	PART_DATE = 32, PART_CREATED = 64, PART_DIGEST = 128, PART_CONTENT_DIGEST = 256
};

struct review {
	struct arena *arena;
	const struct signed_request *request;
	int64_t now;
	unsigned covered;       /* enum part */
	const char *date;       /* the covered Date */
	int64_t created, expires; /* ms; 0: not said */
	const char **why;
};

enum err review_fails(const struct review *, enum err, const char *why) MUST_USE; /* gives the error back */
const char *review_header(const struct review *, const char *name); /* trimmed; NULL: absent */
bool review_is_name(const char *); /* a header's, lower case */

enum err cavage_parse(struct review *, const char *header, struct signature *out) MUST_USE;
enum err message_parse(struct review *, const char *input, const char *header, struct signature *out) MUST_USE;
enum err message_base(struct review *, const struct structured *input, const char **base) MUST_USE;

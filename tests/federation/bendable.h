/* bendable.h: a request that can be bent: signed, changed, read and judged; and the keys of the tests of signatures. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include <string.h>

#define NOW INT64_C(1763715492000) /* 2025-11-21T08:58:12Z */
#define KEY_ID "https://far.example.org/u/bob#main-key"
#define HEADERS 16

static struct key *rsa, *other_rsa, *ed25519;

struct bendable {
	struct arena *arena;
	struct signed_request q;
	struct {
		const char *name, *value;
	} headers[HEADERS];
	int64_t now;
	const struct key *key;
};

static inline const char *header_of(void *arg, const char *name)
{
	const struct bendable *b = arg;
	for (size_t i = 0; i < HEADERS; i++)
		if (text_equal_fold(b->headers[i].name, name))
			return b->headers[i].value;
	return NULL;
}

/* value NULL: gone. */
static inline void set_header(struct bendable *b, const char *name, const char *value)
{
	size_t i = 0;
	while (i < HEADERS && b->headers[i].name != NULL
		&& !text_equal_fold(b->headers[i].name, name))
		i++;
	assert_true(i < HEADERS);
	b->headers[i].name = name;
	b->headers[i].value = value;
}

static inline void add_lines(struct bendable *b, const char *const *lines)
{
	for (size_t i = 0; lines[i] != NULL; i++) {
		const char *colon = strchr(lines[i], ':');
		set_header(b, arena_text_n(b->arena, lines[i], (size_t)(colon - lines[i])),
			arena_text(b->arena, colon + 2));
	}
}

static const char long_body[] =
	"{\"id\":\"https://far.example.org/a/1\",\"type\":\"Like\",\"actor\":\"https://far.example.org/u/bob\"}";

enum base { CAVAGE_POST, CAVAGE_GET, RFC_POST, RFC_GET, BASES };

static inline void plain(struct bendable *b, struct arena *a, enum base base)
{
	bool post = base == CAVAGE_POST || base == RFC_POST;
	*b = (struct bendable){.arena = a, .now = NOW, .key = rsa};
	b->q = (struct signed_request){.method = post ? "POST" : "GET",
		.target = post ? "/inbox" : "/c/board/outbox?page=2",
		.origin = "https://near.example.org",
		.host = "near.example.org",
		.has_body = post,
		.header = header_of,
		.arg = b};
	if (post)
		b->q.body = (struct bytes){arena_text(a, long_body), sizeof long_body - 1};
	set_header(b, "Host", "near.example.org");
	set_header(b, "Content-Type", "application/activity+json");
}

static inline void signed_by_us(struct bendable *b, struct arena *a, enum base base)
{
	const char *const *lines;
	plain(b, a, base);
	assert_int_equal(signature_make(a, &b->q, base >= RFC_POST ? FORM_RFC9421 : FORM_CAVAGE,
				 rsa, KEY_ID, NOW, &lines),
		OK);
	add_lines(b, lines);
}

/* OK: read and verified. */
static inline enum err judged(struct bendable *b)
{
	struct signature s;
	const char *why = NULL;
	enum err e = signature_parse(b->arena, &b->q, b->now, &s, &why);
	if (e != OK) {
		assert_non_null(why);
		assert_true(e == ERR_SIGN_IN || e == ERR_INVALID);
		return e;
	}
	return signature_verify(&s, b->key) ? OK : ERR_SIGN_IN;
}

static inline int make_keys(void **state)
{
	(void)state;
	rsa = key_generate(KEY_RSA);
	other_rsa = key_generate(KEY_RSA);
	ed25519 = key_generate(KEY_ED25519);
	return 0;
}

static inline int drop_keys(void **state)
{
	(void)state;
	key_drop(rsa);
	key_drop(other_rsa);
	key_drop(ed25519);
	return 0;
}

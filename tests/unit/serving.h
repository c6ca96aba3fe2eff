/*
 * serving.h: a server on loopback for the tests of src/server: a store in memory, pages that only name what they were
 * given, and a client that sends exactly the bytes it is told.
 */
#pragma once

#include "../../src/server/inside.h"
#include "schema.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- pages: "[name]" and then every leaf of the tree as path=value; -------------------------- */

static void dump(struct text *t, const char *path, const struct node *n, struct arena *arena)
{
	for (; n != NULL; n = n->next) {
		const char *at = arena_format(
			arena, "%s.%s", path, n->name != NULL ? n->name : "-");
		if (n->kind == NODE_OBJECT || n->kind == NODE_LIST)
			dump(t, at, n->first, arena);
		else if (n->kind == NODE_TEXT || n->kind == NODE_HTML)
			text_format(t, "%s=%s;\n", at, n->text);
		else
			text_format(t, "%s=%lld;\n", at, (long long)n->number);
	}
}

bool page_exists(const char *name)
{
	return !text_is(name, "missing");
}

enum err page_render(struct arena *arena, const char *page, const struct node *root,
	const char *language, struct bytes *html)
{
	struct text t;
	text_init(&t, arena, 1 << 20);
	text_format(&t, "[%s %s]\n", page, language);
	dump(&t, "", root->first, arena);
	*html = (struct bytes){t.at, t.size};
	return t.failed ? ERR_TOO_MUCH : OK;
}

bool i18n_has(const char *language)
{
	return text_is(language, "nl") || text_is(language, "en");
}

const char *i18n(const char *language, const char *msgid)
{
	return text_is(language, "nl") && text_is(msgid, "This is needed.") ? "Dit is nodig."
									    : msgid;
}

const char *i18n_choose(const char *accept, const char *otherwise)
{
	return accept == NULL ? otherwise : text_starts(accept, "nl") ? "nl" : "en";
}

static const struct asset the_asset = {"app.css", "/static/app.0123.css", "text/css; charset=utf-8",
	"\"0123\"", {"plain", 5}, {"gz", 2}};

const struct asset *asset_by_path(const char *path)
{
	return text_is(path, the_asset.path) ? &the_asset : NULL;
}

/* ---- server ---------------------------------------------------------------------------------- */

static enum err serving_signed_in(struct txn *t, uint64_t actor, struct signed_in *out)
{
	(void)t;
	if (actor == 666) /* suspended */
		return ERR_NOT_FOUND;
	*out = (struct signed_in){"anna", "Anna", "/@anna", actor == 1, actor == 2};
	return OK;
}

struct serving {
	struct arena *arena; /* of answers */
	struct site site;
	struct store *store;
	struct pool *pool;
	struct server *server;
	struct server_settings set;
};

static inline struct serving serving_prepare(const struct route *const *lists, const char *base_url)
{
	struct serving s = {.arena = arena_create()};
	s.site = (struct site){.domain = "ex.test",
		.base_url = base_url,
		.name = "Kring",
		.summary = "",
		.language = "en",
		.version = "0"};
	s.pool = pool_create("work", 2, 64);
	s.set = (struct server_settings){.crypto = s.pool,
		.address = "127.0.0.1",
		.threads = 2,
		.routes = lists,
		.signed_in = serving_signed_in};
	log_open(LOG_ERROR, 2);
	return s;
}

static inline void serving_start(struct serving *s)
{
	const char *why = NULL;
	struct store_settings store = {.owner = &s->site};
	assert_int_equal(store_open(s->arena, &store, &s->store, &why), OK);
	s->set.site = &s->site;
	s->set.store = s->store;
	enum err e = server_start(&s->set, &s->server, &why);
	if (e != OK)
		fail_msg("server_start: %s", why);
}

static inline void serving_stop(struct serving *s)
{
	server_stop(s->server);
	pool_destroy(s->pool);
	store_close(s->store);
	arena_destroy(s->arena);
}

/* ---- client ---------------------------------------------------------------------------------- */

static inline int client_open(const struct serving *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(server_port(s->server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = {.tv_sec = 20};
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static inline bool client_send(int fd, const void *data, size_t size)
{
	const char *at = data;
	while (size > 0) {
		ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

/* Until the other side closes. */
static inline char *client_read_all(struct arena *arena, int fd)
{
	struct text t;
	char some[4096];
	ssize_t n;
	text_init(&t, arena, 8 << 20);
	while ((n = recv(fd, some, sizeof some, 0)) > 0)
		text_add_n(&t, some, (size_t)n);
	return t.at;
}

/* One answer on a connection that stays: its head, and as much body as it says. */
static inline char *client_read_one(struct arena *arena, int fd, bool head_only)
{
	struct text t;
	char some;
	text_init(&t, arena, 8 << 20);
	while (strstr(t.at, "\r\n\r\n") == NULL && recv(fd, &some, 1, 0) == 1)
		text_char(&t, some);
	const char *length = strcasestr(t.at, "\r\nContent-Length: ");
	long left = length != NULL && !head_only ? strtol(length + 18, NULL, 10) : 0;
	while (left-- > 0 && recv(fd, &some, 1, 0) == 1)
		text_char(&t, some);
	return t.at;
}

static inline char *raw_n(const struct serving *s, const void *bytes, size_t size)
{
	int fd = client_open(s);
	client_send(fd, bytes, size); /* a refusal may come before the end */
	char *answer = client_read_all(s->arena, fd);
	close(fd);
	return answer;
}

static inline char *raw(const struct serving *s, const char *text)
{
	return raw_n(s, text, strlen(text));
}

/* `more` are whole header lines, each with its CR LF. */
static inline char *ask(const struct serving *s, const char *method, const char *target,
	const char *more, const char *body)
{
	const char *length = body != NULL
		? arena_format(s->arena, "Content-Length: %zu\r\n", strlen(body))
		: "";
	return raw(s,
		arena_format(s->arena,
			"%s %s HTTP/1.1\r\nHost: ex.test\r\nConnection: close\r\n%s%s\r\n%s",
			method, target, more, length, body != NULL ? body : ""));
}

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define OURS "Origin: https://ex.test\r\n"

static inline int status_of(const char *answer)
{
	int status = 0;
	return sscanf(answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static inline const char *body_of(const char *answer)
{
	const char *gap = strstr(answer, "\r\n\r\n");
	return gap != NULL ? gap + 4 : "";
}

static inline const char *header_of(const struct serving *s, const char *answer, const char *name)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *at = strcasestr(answer, arena_format(s->arena, "\r\n%s: ", name));
	if (at == NULL || end == NULL || at >= end)
		return NULL;
	at += strlen(name) + 4;
	return arena_text_n(s->arena, at, strcspn(at, "\r"));
}

#define assert_has(answer, words)                                                                  \
	do {                                                                                       \
		const char *answer_ = (answer);                                                    \
		if (strstr(answer_, (words)) == NULL)                                              \
			fail_msg("\"%s\" is not in:\n%.2000s", (words), answer_);                  \
	} while (0)
#define assert_lacks(answer, words)                                                                \
	do {                                                                                       \
		const char *answer_ = (answer);                                                    \
		if (strstr(answer_, (words)) != NULL)                                              \
			fail_msg("\"%s\" is in:\n%.2000s", (words), answer_);                      \
	} while (0)

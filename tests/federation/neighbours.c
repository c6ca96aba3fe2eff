/* neighbours.c: see neighbours.h. */
#include "neighbours.h"
#include "roll.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct node_world node;
static struct key *keys[4]; /* made once: an RSA key takes its time */

static struct key *key_at(size_t i)
{
	if (keys[i] == NULL)
		keys[i] = key_generate(KEY_RSA);
	return key_hold(keys[i]);
}

const char *node_words(const char *format, ...)
{
	struct text t;
	va_list list;
	text_init(&t, node.arena, 1 << 20);
	va_start(list, format);
	text_format_v(&t, format, list);
	va_end(list);
	for (char *p = t.at; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	return t.at;
}

static struct neighbour neighbour_make(const char *uri, const char *host, size_t key)
{
	return (struct neighbour){uri, host, key_at(key), key_generate(KEY_ED25519)};
}

static void neighbour_drop(struct neighbour *p)
{
	key_drop(p->rsa);
	key_drop(p->ed25519);
}

static enum err make_node_actor(struct txn *t, void *arg)
{
	struct key_pair pair = {key_at(0), key_generate(KEY_ED25519)};
	struct refusal why = {0};
	struct actor a;
	(void)arg;
	enum err e = actor_create(t, ACTOR_APPLICATION, node.site.domain, NULL, &pair, &why, &a);
	key_drop(pair.rsa);
	key_drop(pair.ed25519);
	if (e == OK)
		node.site.actor = a.id;
	return e;
}

static int64_t now = INT64_C(1763715492000); /* 2025-11-21 */

void node_later(int64_t ms)
{
	node.now = now += ms;
	time_freeze(now);
}

int node_open(void **state)
{
	const char *why = NULL;
	(void)state;
	log_open(LOG_ERROR, 2);
	node_later(HOUR);
	wire_reset();
	node = (struct node_world){.now = now, .arena = arena_create()};
	node.site = (struct site){.domain = "ex.org",
		.base_url = "https://ex.org",
		.name = "Ex",
		.summary = "We",
		.language = "en",
		.version = "1"};
	if (roll_open(node.arena, &node.site, NULL, &node.site.roll, &why) != OK)
		return -1;
	struct store_settings store = {.owner = &node.site};
	if (store_open(node.arena, &store, &node.store, &why) != OK)
		return -1;
	node_write(make_node_actor, NULL);
	node.crypto = pool_create("crypto", 2, 100);
	struct federation_settings f = {
		.site = &node.site, .store = node.store, .crypto = node.crypto, .deliver = true};
	if (federation_start(&f, &node.federation, &why) != OK)
		die("federation: %s", why);
	static const struct route *lists[] = {federation_routes, NULL};
	struct server_settings s = {.site = &node.site,
		.store = node.store,
		.crypto = node.crypto,
		.address = "127.0.0.1",
		.threads = 1,
		.routes = lists};
	if (server_start(&s, &node.server, &why) != OK)
		die("server: %s", why);
	node.alice = neighbour_make("https://good.example/users/alice", "good.example", 1);
	node.bob = neighbour_make("https://evil.example/users/bob", "evil.example", 2);
	node.group = neighbour_make("https://groups.example/c/club", "groups.example", 3);
	return 0;
}

int node_close(void **state)
{
	(void)state;
	server_stop(node.server);
	federation_stop(node.federation);
	pool_destroy(node.crypto);
	store_close(node.store);
	roll_close(node.site.roll);
	neighbour_drop(&node.alice);
	neighbour_drop(&node.bob);
	neighbour_drop(&node.group);
	arena_destroy(node.arena);
	wire_reset();
	time_freeze(0);
	return 0;
}

void node_write(write_fn *body, void *arg)
{
	enum err e = store_write(node.store, body, arg);
	if (e != OK)
		die("a write of the test failed: %s", err_name(e));
}

struct making {
	enum actor_kind kind;
	const char *name;
	uint64_t id;
};

static enum err make_actor(struct txn *t, void *arg)
{
	struct making *m = arg;
	struct key_pair pair = {key_at(0), key_generate(KEY_ED25519)};
	struct refusal why = {0};
	struct actor a;
	enum err e = actor_create(t, m->kind, m->name, NULL, &pair, &why, &a);
	key_drop(pair.rsa);
	key_drop(pair.ed25519);
	m->id = e == OK ? a.id : 0;
	return e;
}

uint64_t node_person(const char *name)
{
	struct making m = {ACTOR_PERSON, name, 0};
	node_write(make_actor, &m);
	return m.id;
}

uint64_t node_group(const char *name)
{
	struct making m = {ACTOR_GROUP, name, 0};
	node_write(make_actor, &m);
	return m.id;
}

void node_serve(const struct neighbour *p, const char *type)
{
	struct text pem;
	text_init(&pem, node.arena, 8192);
	text_json(&pem, key_pem(node.arena, p->rsa));
	const char *name = strrchr(p->uri, '/') + 1;
	wire_answer(p->uri, 200, NULL,
		node_words(
			"{'@context':'https://www.w3.org/ns/activitystreams','id':'%s','type':'%s','preferredUsername':'%s',"
			"'inbox':'%s/inbox','outbox':'%s/outbox','followers':'%s/followers','endpoints':{'sharedInbox':"
			"'https://%s/inbox'},'publicKey':{'id':'%s#main-key','owner':'%s','publicKeyPem':'%s'},"
			"'assertionMethod':[{'id':'%s#ed','type':'Multikey','controller':'%s','publicKeyMultibase':'%s'}]}",
			p->uri, type, name, p->uri, p->uri, p->uri, p->host, p->uri, p->uri, pem.at,
			p->uri, p->uri, key_multibase(node.arena, p->ed25519)));
}

uint64_t node_know(const struct neighbour *p)
{
	uint64_t id = 0;
	node_serve(p, strstr(p->uri, "/c/") != NULL ? "Group" : "Person");
	if (federation_find_actor(node.federation, p->uri, &id) != OK)
		die("%s is not to be had", p->uri);
	return id;
}

struct looking {
	const char *uri;
	uint64_t id;
	struct post *post;
};

static enum err look(struct txn *t, void *arg)
{
	struct looking *l = arg;
	struct post p;
	enum err e = l->uri != NULL ? post_by_uri(t, l->uri, &p) : post_load(t, l->id, &p);
	l->id = e == OK ? p.id : 0;
	if (e != OK || l->post == NULL)
		return OK;
	struct bytes b;
	e = record_write(node.arena, &post_shape, &p, &b);
	if (e == OK)
		e = record_read(node.arena, &post_shape, b, l->post);
	l->post->id = p.id;
	return e;
}

uint64_t node_post_id(const char *uri)
{
	struct looking l = {.uri = uri};
	return store_read(node.store, look, &l) == OK ? l.id : 0;
}

bool node_post(uint64_t id, struct post *out)
{
	struct looking l = {.id = id, .post = out};
	return store_read(node.store, look, &l) == OK && l.id != 0;
}

/* ---- HTTP, by hand --------------------------------------------------------------------------- */

static void exchange(const char *request, size_t size, struct text *answer)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(server_port(node.server))};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char buffer[4096];
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		die("no connection to our own server");
	for (size_t done = 0; done < size;) {
		ssize_t n = send(fd, request + done, size - done, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
		text_add_n(answer, buffer, (size_t)n);
	close(fd);
}

struct response node_raw(
	const char *method, const char *path, const char *const *headers, const char *body)
{
	struct text request, answer;
	text_init(&request, node.arena, 4 << 20);
	text_init(&answer, node.arena, 4 << 20);
	text_format(
		&request, "%s %s HTTP/1.1\r\nHost: ex.org\r\nConnection: close\r\n", method, path);
	for (size_t i = 0; headers != NULL && headers[i] != NULL; i++)
		text_format(&request, "%s\r\n", headers[i]);
	if (body != NULL)
		text_format(&request, "Content-Length: %zu\r\n", strlen(body));
	text_add(&request, "\r\n");
	text_add(&request, body);
	exchange(request.at, request.size, &answer);
	char *end = strstr(answer.at, "\r\n\r\n");
	int64_t status = 0;
	if (end == NULL || answer.size < 12
		|| !text_to_i64(arena_text_n(node.arena, answer.at + 9, 3), 100, 599, &status))
		die("no answer to %s %s", method, path);
	*end = '\0';
	return (struct response){(int)status, answer.at, end + 4};
}

static const char *const *signed_headers(const struct neighbour *p, const char *method,
	const char *path, const char *body, const char *further)
{
	const char **all = arena_array(node.arena, 12, sizeof *all);
	size_t count = 0;
	all[count++] = further;
	if (p == NULL)
		return all;
	struct signed_request q = {.method = method,
		.target = path,
		.origin = "https://ex.org",
		.host = "ex.org",
		.body = {body, body != NULL ? strlen(body) : 0},
		.has_body = body != NULL};
	const char *const *headers;
	if (signature_make(node.arena, &q, FORM_CAVAGE, p->rsa,
		    arena_format(node.arena, "%s#main-key", p->uri), time_now(), &headers)
		!= OK)
		die("cannot sign");
	for (; *headers != NULL && count < 11; headers++)
		all[count++] = *headers;
	return all;
}

struct response node_get(const char *path, const char *accept, const struct neighbour *signer)
{
	const char *further = arena_format(
		node.arena, "Accept: %s", accept != NULL ? accept : ACTIVITY_TYPE);
	return node_raw("GET", path, signed_headers(signer, "GET", path, NULL, further), NULL);
}

struct response node_send(const char *path, const struct neighbour *p, const char *body)
{
	return node_raw("POST", path,
		signed_headers(p, "POST", path, body, "Content-Type: " ACTIVITY_TYPE), body);
}

/* ---- pages, and who is signed in ------------------------------------------------------------- */

#define SECRET "sssssssssssssssssssssssssssssssssssssssssss" /* of the session */

static enum err make_founder(struct txn *t, void *arg)
{
	struct founder *f = arg;
	struct account_draft jan = {.name = "jan", .title = "Jan"};
	struct community_draft board = {.name = "board", .title = "Board"};
	struct actor a;
	enum err e = account_create(t, &jan, NULL, &a);
	f->jan = board.founder = a.id;
	if (e == OK)
		e = community_create(t, &board, NULL, &a);
	f->board = a.id;
	struct session session = {.actor = f->jan, .created = NOW, .used = NOW, .handle = "h"};
	struct place place = place_hash(TABLE_SESSION, SECRET);
	return e == OK ? txn_save(t, &place, &session_shape, &session) : e;
}

struct founder node_pages(const struct route *const *routes)
{
	struct founder f;
	const char *why = NULL;
	struct server_settings s = {.site = &node.site,
		.store = node.store,
		.crypto = node.crypto,
		.address = "127.0.0.1",
		.threads = 1,
		.signed_in = account_signed_in,
		.routes = routes};
	page_load();
	server_stop(node.server);
	if (server_start(&s, &node.server, &why) != OK)
		die("server: %s", why);
	node_write(make_founder, &f);
	return f;
}

struct response node_form(const char *path, const char *body)
{
	uint8_t mac[SHA256_SIZE];
	crypto_hmac(node.site.secret, sizeof node.site.secret, "csrf:h", 6, mac);
	const char *const headers[] = {"Cookie: __Host-kring=" SECRET, "Origin: https://ex.org",
		"Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded",
		"Accept: text/html", NULL};
	return node_raw("POST", path, headers,
		arena_format(
			node.arena, "%s&csrf=%s", body, hex_encode(node.arena, mac, sizeof mac)));
}

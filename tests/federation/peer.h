/* peer.h: another node for tests: a small HTTP/1.1 server, one thread a connection, with or without TLS, that can also
 * behave badly. Its certificate is made on the spot for *.peer.localhost and is its own authority. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEER_CONNECTIONS 2048
#define PEER_REQUEST ((size_t)256 << 10)

struct peer_call {
	struct peer *peer;
	int fd;
	SSL *tls;
	const char *method, *target, *head; /* head: all of it, as sent */
	struct bytes body;
	bool closes;
};
typedef void peer_fn(struct peer_call *);

struct peer {
	peer_fn *handle;
	SSL_CTX *tls; /* NULL: plain */
	int fd;
	uint16_t port;
	pthread_t thread, threads[PEER_CONNECTIONS];
	int fds[PEER_CONNECTIONS];
	atomic_size_t connections, calls;
	atomic_int now, most; /* calls at once */
	atomic_bool stopping;
	char ca[64]; /* file with its certificate */
};

static inline bool peer_write(struct peer_call *c, const void *data, size_t size)
{
	const char *at = data;
	while (size > 0) {
		ssize_t sent = c->tls != NULL
			? SSL_write(c->tls, at, (int)(size > 16384 ? 16384 : size))
			: send(c->fd, at, size, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		at += sent;
		size -= (size_t)sent;
	}
	return true;
}

/* Status, further headers (each with its \r\n), body. */
static inline void peer_answer(
	struct peer_call *c, int status, const char *headers, const char *body)
{
	char head[1024];
	if (!text_print(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status,
		    strlen(body), headers))
		abort();
	(void)(peer_write(c, head, strlen(head)) && peer_write(c, body, strlen(body)));
}

/* The value of a header of the request, up to its line's end; "" when it is not there. */
static inline void peer_header(const struct peer_call *c, const char *name, char *out, size_t room)
{
	size_t size = strlen(name);
	*out = '\0';
	for (const char *line = strstr(c->head, "\r\n"); line != NULL;
		line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, size) == 0 && line[2 + size] == ':') {
			const char *value = line + 2 + size + 1 + strspn(line + 2 + size + 1, " ");
			snprintf(out, room, "%.*s", (int)strcspn(value, "\r"), value);
			return;
		}
}

static inline ssize_t peer_read(struct peer_call *c, char *at, size_t room)
{
	return c->tls != NULL ? SSL_read(c->tls, at, (int)room) : recv(c->fd, at, room, 0);
}

/* One request; false at the end of the connection. */
static inline bool peer_serve_one(struct peer_call *c, char *buffer)
{
	size_t size = 0, wanted = 0;
	char *end = NULL;
	while (end == NULL || size < wanted) {
		ssize_t got = peer_read(c, buffer + size, PEER_REQUEST - size - 1);
		if (got <= 0)
			return false;
		size += (size_t)got;
		buffer[size] = '\0';
		if (end == NULL && (end = strstr(buffer, "\r\n\r\n")) != NULL) {
			char length[32];
			c->head = buffer;
			peer_header(c, "Content-Length", length, sizeof length);
			wanted = (size_t)(end - buffer) + 4 + strtoul(length, NULL, 10);
			if (wanted >= PEER_REQUEST)
				return false;
		}
	}
	char *blank = strchr(buffer, ' '), *second = strchr(blank + 1, ' ');
	c->body = (struct bytes){end + 4, size - (size_t)(end + 4 - buffer)};
	c->method = strndup(buffer, (size_t)(blank - buffer));
	c->target = strndup(blank + 1, (size_t)(second - blank - 1));
	int now = atomic_fetch_add(&c->peer->now, 1) + 1, most = atomic_load(&c->peer->most);
	while (now > most && !atomic_compare_exchange_weak(&c->peer->most, &most, now))
		;
	atomic_fetch_add(&c->peer->calls, 1);
	c->peer->handle(c);
	atomic_fetch_sub(&c->peer->now, 1);
	free((void *)(uintptr_t)c->method);
	free((void *)(uintptr_t)c->target);
	return !c->closes;
}

struct peer_start {
	struct peer *peer;
	size_t number;
};

static inline void *peer_connection(void *arg)
{
	struct peer_start start = *(struct peer_start *)arg;
	free(arg);
	struct peer_call c = {.peer = start.peer, .fd = start.peer->fds[start.number]};
	char *buffer = malloc(PEER_REQUEST);
	bool good = true;
	sigset_t broken;
	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE); /* here only: the wire must look after itself */
	pthread_sigmask(SIG_BLOCK, &broken, NULL);
	if (c.peer->tls != NULL) {
		c.tls = SSL_new(c.peer->tls);
		SSL_set_fd(c.tls, c.fd);
		good = SSL_accept(c.tls) == 1;
	}
	while (good && !atomic_load(&c.peer->stopping) && peer_serve_one(&c, buffer))
		;
	free(buffer);
	if (c.tls != NULL)
		SSL_free(c.tls);
	shutdown(c.fd, SHUT_RDWR);
	return NULL;
}

static inline void *peer_run(void *arg)
{
	struct peer *p = arg;
	for (;;) {
		int fd = accept(p->fd, NULL, NULL);
		size_t number = atomic_load(&p->connections);
		if (fd < 0 || number == PEER_CONNECTIONS)
			return NULL;
		struct peer_start *start = malloc(sizeof *start);
		*start = (struct peer_start){p, number};
		p->fds[number] = fd;
		pthread_attr_t attr;
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, (size_t)256 << 10);
		pthread_create(&p->threads[number], &attr, peer_connection, start);
		pthread_attr_destroy(&attr);
		atomic_store(&p->connections, number + 1);
	}
}

static long peer_lifetime = 86400; /* s, of the certificates made from now on; below 0: expired */

static inline void peer_certificate(struct peer *p)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509V3_CTX ctx;
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), peer_lifetime);
	X509_set_pubkey(cert, key);
	X509_NAME *name = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)"peer.localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	static const struct {
		int nid;
		const char *value;
	} extensions[] = {{NID_basic_constraints, "critical,CA:TRUE"},
		{NID_subject_alt_name, "DNS:peer.localhost,DNS:*.peer.localhost"}};
	for (size_t i = 0; i < COUNT(extensions); i++) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(
			NULL, &ctx, extensions[i].nid, extensions[i].value);
		X509_add_ext(cert, e, -1);
		X509_EXTENSION_free(e);
	}
	X509_sign(cert, key, EVP_sha256());
	p->tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(p->tls, cert);
	SSL_CTX_use_PrivateKey(p->tls, key);
	snprintf(p->ca, sizeof p->ca, "%s", "/tmp/kring-peer-XXXXXX");
	int fd = mkstemp(p->ca);
	FILE *f = fdopen(fd, "w");
	PEM_write_X509(f, cert);
	fclose(f);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static inline struct peer *peer_open(peer_fn *handle, bool tls)
{
	struct peer *p = calloc(1, sizeof *p);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	p->handle = handle;
	if (tls)
		peer_certificate(p);
	p->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(p->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(p->fd, 1024) != 0
		|| getsockname(p->fd, (struct sockaddr *)&at, &size) != 0)
		abort();
	p->port = ntohs(at.sin_port);
	pthread_create(&p->thread, NULL, peer_run, p);
	return p;
}

static inline void peer_close(struct peer *p)
{
	atomic_store(&p->stopping, true);
	shutdown(p->fd, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->fd);
	for (size_t i = 0; i < atomic_load(&p->connections); i++)
		shutdown(p->fds[i], SHUT_RDWR);
	for (size_t i = 0; i < atomic_load(&p->connections); i++) {
		pthread_join(p->threads[i], NULL);
		close(p->fds[i]);
	}
	if (p->tls != NULL) {
		SSL_CTX_free(p->tls);
		unlink(p->ca);
	}
	free(p);
}

/* https://<host>.peer.localhost:<port><path>, or http. */
static inline char *peer_url(
	struct arena *a, const struct peer *p, const char *host, const char *path)
{
	return arena_format(a, "%s://%s.peer.localhost:%d%s", p->tls != NULL ? "https" : "http",
		host, p->port, path);
}

/* Sleeps until the peer stops or the time is over. */
static inline void peer_hang(struct peer_call *c, int ms)
{
	for (int i = 0; i < ms / 10 && !atomic_load(&c->peer->stopping); i++)
		usleep(10000);
}

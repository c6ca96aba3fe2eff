/* socket.c: listening; who is connected, their deadlines, and the bodies they send, within limits. */
#include "inside.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 1024
#define BODY_FIRST ((size_t)4 << 10)
#define IDLE_LEAST 250 /* ms */

/* ---- listening ------------------------------------------------------------------------------- */

static int open_at(const struct addrinfo *at, const char **why)
{
	int on = 1, off = 0;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*why = "no socket could be made for the address to listen on";
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at->ai_family == AF_INET6)
		(void)setsockopt(
			fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); /* "::" is everybody */
	*why = "the address to listen on is in use, or is not of this machine";
	if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

static uint16_t port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = {.v6 = {0}};
	socklen_t size = sizeof at;
	if (getsockname(fd, &at.any, &size) != 0)
		return 0;
	return ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
}

int socket_listen(const char *address, uint16_t port, uint16_t *got, const char **why)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				.ai_socktype = SOCK_STREAM},
			*at = NULL;
	char service[8];
	*why = "the address to listen on is no IP address";
	if (!text_print(service, sizeof service, "%d", (int)port)
		|| getaddrinfo(address, service, &hints, &at) != 0)
		return -1;
	int fd = open_at(at, why);
	freeaddrinfo(at);
	if (fd >= 0)
		*got = port_of(fd);
	return fd;
}

/* ---- connections ----------------------------------------------------------------------------- */

void socket_waits(struct connection *c, int64_t most)
{
	int64_t now = time_steady();
	atomic_store(&c->deadline, now + most);
	atomic_store(&c->idle, now);
}

struct connection *socket_opened(struct server *s, int fd, const struct sockaddr *at)
{
	struct connection *c = calloc(1, sizeof *c);
	if (c == NULL)
		die("out of memory for a connection");
	c->fd = fd;
	c->peer[0] = '?';
	if (at->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)at)->sin_addr,
			c->peer, sizeof c->peer);
	else if (at->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)at)->sin6_addr,
			c->peer, sizeof c->peer);
	socket_waits(c, s->set.headers_in);
	pthread_mutex_lock(&s->lock);
	c->next = s->connections;
	if (c->next != NULL)
		c->next->before = c;
	s->connections = c;
	s->connection_count++;
	pthread_mutex_unlock(&s->lock);
	return c;
}

void socket_closed(struct server *s, struct connection *c)
{
	pthread_mutex_lock(&s->lock);
	if (c->next != NULL)
		c->next->before = c->before;
	if (c->before != NULL)
		c->before->next = c->next;
	else
		s->connections = c->next;
	s->connection_count--;
	pthread_mutex_unlock(&s->lock);
	free(c);
}

/* ---- deadlines: libmicrohttpd's own is an idle timer; a byte every few seconds holds it off for ever (§0b) ---- */

void socket_nap(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	nanosleep(&t, NULL);
}

/* How long who asks nothing may stay: in a crowd, the shorter the less room is left to others. */
static int64_t idle_most(const struct server *s)
{
	size_t all = s->set.connections, used = s->connection_count;
	if (used < all - all / 4)
		return INT64_MAX;
	int64_t most = used < all ? (int64_t)((all - used) * 4 * SECOND / all) : 0;
	return most > IDLE_LEAST ? most : IDLE_LEAST;
}

/* True: there is a crowd. */
static bool sweep_once(struct server *s)
{
	int64_t now = time_steady();
	pthread_mutex_lock(&s->lock);
	int64_t most = idle_most(s);
	for (struct connection *c = s->connections; c != NULL; c = c->next) {
		int64_t deadline = atomic_load(&c->deadline), idle = atomic_load(&c->idle);
		if (deadline == 0 || (now < deadline && (idle == 0 || now - idle < most)))
			continue;
		shutdown(c->fd, SHUT_RDWR); /* its own thread sees the end and closes */
		atomic_store(&c->deadline, 0);
		atomic_fetch_add(&s->shut, 1);
	}
	pthread_mutex_unlock(&s->lock);
	return most != INT64_MAX;
}

#define TICK 50 /* short, so that a stop need not wait */

void socket_sweep(void *server)
{
	struct server *s = server;
	bool often = s->set.headers_in < SECOND || s->set.body_in < SECOND
		|| s->set.reply_out < SECOND;
	bool crowd = false;
	for (int64_t waited = 0; !atomic_load(&s->swept); waited += TICK) {
		if (often || crowd || waited % (SECOND / 4) == 0)
			crowd = sweep_once(s);
		socket_nap(TICK);
	}
}

/* ---- bodies ---------------------------------------------------------------------------------- */

void socket_give_back(struct exchange *x)
{
	atomic_fetch_sub(&x->server->bodies, x->body_room);
	x->body_room = 0;
}

static bool reserve(struct exchange *x, size_t need)
{
	struct server *s = x->server;
	size_t room = x->body_room * 2 > need ? x->body_room * 2 : need;
	room = room > BODY_FIRST ? room : BODY_FIRST;
	size_t more = room - x->body_room;
	if (atomic_fetch_add(&s->bodies, more) + more > s->set.bodies) {
		atomic_fetch_sub(&s->bodies, more);
		return false;
	}
	char *grown = realloc(x->body, room);
	if (grown == NULL)
		die("out of memory for a body");
	x->body = grown;
	x->body_room = room;
	return true;
}

/* Room grows with what has come, not with what was promised: a promise costs its maker nothing. */
void socket_take(struct exchange *x, const char *data, size_t size)
{
	size_t have = x->call.body.size;
	if (x->refused == 0 && size > x->body_max - have)
		x->refused = 413;
	if (x->refused == 0 && have + size > x->body_room && !reserve(x, have + size))
		x->refused = 503;
	if (x->refused != 0) {
		x->closing = true;
		return; /* the rest is read and dropped, until the deadline */
	}
	memcpy(x->body + have, data, size);
	x->call.body = (struct bytes){x->body, have + size};
}

/* load.c: many callers at once from one thread, and libmicrohttpd alone to compare with: see bench.h. */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MOST ((size_t)1 << 20)
#define CONNECTIONS_MOST 256

struct caller {
	int fd;
	char *at; /* the answer so far */
	size_t size, wanted;
	double asked;
};

static int dial(uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		bench_fail("port %d: %s", port, strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	return fd;
}

static void ask(struct load *l, struct caller *c, size_t number)
{
	const struct bytes *request = &l->requests[number % l->request_count];
	c->size = c->wanted = 0;
	c->asked = bench_now();
	if (send(c->fd, request->data, request->size, MSG_NOSIGNAL) != (ssize_t)request->size)
		bench_fail("a request could not be sent: %s", strerror(errno));
}

/* How many bytes the answer has, once its head is there. */
static size_t measure(const struct load *l, const struct caller *c)
{
	const char *end = memmem(c->at, c->size, "\r\n\r\n", 4);
	if (end == NULL)
		return 0;
	if (atoi(c->at + strlen("HTTP/1.1 ")) != l->status)
		bench_fail("answered with %.300s", c->at);
	const char *length = strcasestr(c->at, "\r\nContent-Length:");
	if (length == NULL || length > end)
		bench_fail("an answer without its length");
	return (size_t)(end + 4 - c->at) + strtoul(length + 17, NULL, 10);
}

/* True when the answer is whole. */
static bool hear(struct load *l, struct caller *c)
{
	ssize_t got = recv(c->fd, c->at + c->size, ANSWER_MOST - c->size - 1, 0);
	if (got <= 0)
		bench_fail("a connection ended: %s", got < 0 ? strerror(errno) : "closed");
	c->size += (size_t)got;
	c->at[c->size] = '\0';
	if (c->wanted == 0)
		c->wanted = measure(l, c);
	return c->wanted != 0 && c->size >= c->wanted;
}

static bool is_over(const struct load *l, size_t asked, double start)
{
	return l->most > 0 ? asked >= l->most : bench_now() - start >= l->seconds;
}

static void keep_last(struct load *l, const struct caller *c)
{
	char *copy = malloc(c->size + 1);
	memcpy(copy, c->at, c->size + 1);
	free((void *)(uintptr_t)l->last.data);
	l->last = (struct bytes){copy, c->size};
}

void load_run(struct load *l)
{
	struct caller lines[CONNECTIONS_MOST];
	struct epoll_event events[64];
	size_t asked = 0, open = l->connections;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < l->connections; i++) {
		lines[i] = (struct caller){.fd = dial(l->port), .at = malloc(ANSWER_MOST)};
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = &lines[i]};
		epoll_ctl(epoll, EPOLL_CTL_ADD, lines[i].fd, &e);
	}
	double start = bench_now();
	l->done = 0;
	for (size_t i = 0; i < l->connections; i++)
		ask(l, &lines[i], asked++);
	while (open > 0) {
		int count = epoll_wait(epoll, events, COUNT(events), 20000);
		if (count == 0)
			bench_fail("no answer within 20 s; %zu of %zu came", l->done, asked);
		for (int i = 0; i < count; i++) {
			struct caller *c = events[i].data.ptr;
			if (!hear(l, c))
				continue;
			if (l->took != NULL)
				l->took[l->done] = (int64_t)((bench_now() - c->asked) * 1e6);
			l->done++;
			if (!is_over(l, asked, start)) {
				ask(l, c, asked++);
				continue;
			}
			if (--open == 0)
				keep_last(l, c);
		}
	}
	l->elapsed = bench_now() - start;
	for (size_t i = 0; i < l->connections; i++) {
		close(lines[i].fd);
		free(lines[i].at);
	}
	close(epoll);
}

double load_rate(const struct load *l)
{
	return (double)l->done / l->elapsed;
}

const char *load_from(struct arena *arena, size_t i)
{
	return arena_format(arena, "X-Forwarded-For: 10.%d.%d.%d\r\n", (int)(i / 62500 % 250) + 1,
		(int)(i / 250 % 250) + 1, (int)(i % 250) + 1);
}

struct bytes *load_gets(struct arena *arena, const char *const *paths, size_t count,
	const char *headers, size_t total)
{
	struct bytes *out = arena_array(arena, total, sizeof *out);
	for (size_t i = 0; i < total; i++) {
		const char *s = arena_format(arena,
			"GET %s HTTP/1.1\r\nHost: " PLACE_DOMAIN "\r\n%s%s\r\n", paths[i % count],
			headers, load_from(arena, i % 4096));
		out[i] = (struct bytes){s, strlen(s)};
	}
	return out;
}

/* ---- libmicrohttpd alone --------------------------------------------------------------------- */

struct plain {
	struct MHD_Response *response;
};

static enum MHD_Result plain_answer(void *cls, struct MHD_Connection *con, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **slot)
{
	static int seen;
	struct plain *p = cls;
	(void)url, (void)method, (void)version, (void)data, (void)size;
	if (*slot == NULL) {
		*slot = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(con, 200, p->response);
}

/* The same headers, but for those that libmicrohttpd writes itself. */
static struct MHD_Response *plain_response(struct bytes answer)
{
	char *head = strndup(answer.data, answer.size), *end = strstr(head, "\r\n\r\n"), *save;
	size_t skip = (size_t)(end - head) + 4;
	void *body = (char *)(uintptr_t)answer.data + skip;
	struct MHD_Response *r = MHD_create_response_from_buffer(
		answer.size - skip, body, MHD_RESPMEM_PERSISTENT);
	*end = '\0';
	strtok_r(head, "\r\n", &save);
	for (char *line; (line = strtok_r(NULL, "\r\n", &save)) != NULL;) {
		char *value = strstr(line, ": ");
		if (value == NULL)
			continue;
		*value = '\0';
		if (!text_equal_fold(line, "Date") && !text_equal_fold(line, "Content-Length")
			&& !text_equal_fold(line, "Connection"))
			MHD_add_response_header(r, line, value + 2);
	}
	free(head);
	return r;
}

static _Noreturn void plain_run(struct bytes answer, int fd)
{
	struct plain p = {plain_response(answer)};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
		plain_answer, &p, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE,
		(unsigned)bench_cores(), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16 << 10,
		MHD_OPTION_END);
	if (d == NULL)
		_exit(1);
	for (;;)
		pause();
}

pid_t plain_serve(struct bytes answer, uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1024) != 0
		|| getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		bench_fail("no port for libmicrohttpd: %s", strerror(errno));
	*port = ntohs(at.sin_port);
	pid_t pid = fork();
	if (pid == 0)
		plain_run(answer, fd);
	close(fd);
	return pid;
}

void plain_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* place.c: a node in a directory of its own: made, filled, served by the program, looked at: see bench.h. */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLICE 512

static uint16_t free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0
		|| getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		bench_fail("no port: %s", strerror(errno));
	close(fd);
	return ntohs(at.sin_port);
}

struct place_of_node *place_make(const char *ca_file)
{
	struct arena *arena = arena_create();
	struct place_of_node *p = arena_alloc(arena, sizeof *p);
	struct config config;
	const char *why = NULL;
	char *dir = arena_text(arena, "/var/tmp/kring-bench-XXXXXX"); /* on a disk */
	p->arena = arena;
	if (mkdtemp(dir) == NULL)
		bench_fail("%s: %s", dir, strerror(errno));
	p->dir = arena_format(arena, "%s/node", dir);
	p->port = free_port();
	config_default(arena, &config);
	config.domain = PLACE_DOMAIN;
	config.name = "Bench";
	config.listen = arena_format(arena, "127.0.0.1:%d", p->port);
	config.trusted_proxy = "127.0.0.1";
	config.allow_loopback = true;
	config.ca_file = ca_file != NULL ? ca_file : "";
	if (config_check(arena, &config, &why) != OK
		|| node_init(arena, p->dir, &config, &why) != OK)
		bench_fail("no node: %s", why);
	return p;
}

struct kring *place_open(struct place_of_node *p, bool serving)
{
	struct kring *node;
	const char *why = NULL;
	if (node_open(p->arena, p->dir, serving, &node, &why) != OK)
		bench_fail("the node does not open: %s", why);
	return node;
}

/* ---- serving --------------------------------------------------------------------------------- */

/* The program that was built with this bench. */
static const char *program(struct arena *arena)
{
	char self[4096];
	ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
	if (size <= 0)
		bench_fail("where am I?");
	self[size] = '\0';
	*strrchr(self, '/') = '\0';
	return arena_format(arena, "%s/kring", self);
}

static void run_program(const struct place_of_node *p, const char *path)
{
	char *log = arena_format(p->arena, "%s/../log", p->dir);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, 2);
	execl(path, path, "--data", p->dir, "serve", NULL);
	_exit(127);
}

static bool answers(uint16_t port)
{
	static const char request[] = "GET /health HTTP/1.1\r\nHost: " PLACE_DOMAIN "\r\n\r\n";
	char answer[256] = "";
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool good = connect(fd, (struct sockaddr *)&at, sizeof at) == 0
		&& send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0
		&& recv(fd, answer, sizeof answer - 1, 0) > 0
		&& text_starts(answer, "HTTP/1.1 200");
	close(fd);
	return good;
}

double place_serve(struct place_of_node *p)
{
	const char *path = program(p->arena);
	double start = bench_now();
	p->pid = fork();
	if (p->pid == 0)
		run_program(p, path);
	while (!answers(p->port)) {
		if (bench_now() - start > 60 || waitpid(p->pid, NULL, WNOHANG) != 0)
			bench_fail("the node does not serve; see %s/../log", p->dir);
		usleep(500);
	}
	return bench_now() - start;
}

void place_stop(struct place_of_node *p)
{
	if (p->pid == 0)
		return;
	kill(p->pid, SIGTERM);
	waitpid(p->pid, NULL, 0);
	p->pid = 0;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
	(void)s, (void)kind, (void)at;
	return remove(path);
}

void place_remove(struct place_of_node *p)
{
	char *dir = arena_text(p->arena, p->dir);
	place_stop(p);
	*strrchr(dir, '/') = '\0';
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_destroy(p->arena);
}

int64_t place_memory(const struct place_of_node *p)
{
	char line[256];
	long long kib = -1;
	FILE *f = fopen(arena_format(p->arena, "/proc/%d/status", (int)p->pid), "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "RssAnon: %lld", &kib) == 1)
			break;
	if (f != NULL)
		fclose(f);
	if (kib < 0)
		bench_fail("the memory of the node cannot be read");
	return kib << 10;
}

int64_t place_number(const struct place_of_node *p, const char *name)
{
	char line[256], found[128];
	long long value, out = -1;
	FILE *f = popen(
		arena_format(p->arena, "%s --data %s stats", program(p->arena), p->dir), "r");
	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "%127s %lld", found, &value) == 2 && strcmp(found, name) == 0)
			out = value;
	if (f == NULL || pclose(f) != 0 || out < 0)
		bench_fail("the node does not tell %s", name);
	return out;
}

const char *place_copy(struct place_of_node *p, const char *name)
{
	char *to = arena_format(p->arena, "%s/../%s", p->dir, name);
	mkdir(to, 0700);
	int in = open(arena_format(p->arena, "%s/store/data.mdb", p->dir), O_RDONLY);
	int out = open(
		arena_format(p->arena, "%s/data.mdb", to), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t sent;
	while ((sent = sendfile(out, in, NULL, (size_t)64 << 20)) > 0)
		;
	if (sent < 0)
		bench_fail("the store cannot be copied: %s", strerror(errno));
	close(in);
	close(out);
	return to;
}

/* ---- filling --------------------------------------------------------------------------------- */

struct filling {
	size_t from, to;
	enum err (*run)(struct txn *, size_t, void *);
	void *arg;
};

static enum err fill_slice(struct txn *t, void *arg)
{
	struct filling *f = arg;
	enum err e = OK;
	for (size_t i = f->from; e == OK && i < f->to; i++)
		e = f->run(t, i, f->arg);
	return e;
}

void place_fill(
	struct kring *node, size_t count, enum err (*run)(struct txn *, size_t, void *), void *arg)
{
	for (size_t from = 0; from < count; from += SLICE) {
		struct filling f = {from, from + SLICE < count ? from + SLICE : count, run, arg};
		enum err e = store_write(node->store, fill_slice, &f);
		if (e != OK)
			bench_fail("filling at %zu: %s", from, err_name(e));
	}
}

static enum err last_line(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	*(uint64_t *)arg = place_id(key, 0);
	return OK;
}

static enum err skip_outbox(struct txn *t, void *arg)
{
	uint64_t place = 0;
	struct walk walk = {.prefix = place_0(TABLE_JOURNAL), .backward = true, .max = 1};
	(void)arg;
	enum err e = txn_walk(t, &walk, last_line, &place);
	return e == OK ? journal_rewind(t, "outbox", place) : e;
}

void place_skip_outbox(struct kring *node)
{
	enum err e = store_write(node->store, skip_outbox, NULL);
	if (e != OK)
		bench_fail("skipping the outbox: %s", err_name(e));
}

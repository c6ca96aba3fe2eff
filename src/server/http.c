/*
 * http.c: the only file with libmicrohttpd. Requests come in through its epoll threads, bodies are collected within
 * limits, calls go away to other threads and come back, replies go out.
 *
 * libmicrohttpd calls on_target (request line), then on_call (headers complete; each piece of body; body complete;
 * once more after a resume), then on_completed, always.
 */
#include "inside.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS_USUAL 5000
#define CONNECTION_MEMORY                                                                          \
	((size_t)16 << 10) /* the longest real signature headers fit; more is 431 */
#define BODIES_USUAL ((size_t)64 << 20)
#define IDLE (15 * SECOND)
#define STOP_PATIENCE (10 * SECOND)
#define THREADS_MAX 64

#if MHD_VERSION >= 0x01000000
#define STRICTNESS MHD_OPTION_CLIENT_DISCIPLINE_LVL
#define REFUSES_NUL true
#else
#define STRICTNESS MHD_OPTION_STRICT_FOR_CLIENT
#define REFUSES_NUL false
#endif

const struct server_settings *http_settings(const struct exchange *x)
{
	return &x->server->set;
}

struct kept *http_kept(const struct exchange *x)
{
	return x->server->kept;
}

const struct table_of_routes *http_routes(const struct exchange *x)
{
	return x->server->routes;
}

/* ---- one call -------------------------------------------------------------------------------- */

static struct connection *connection_of(struct MHD_Connection *con)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		con, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info->socket_context;
}

static void connection_until(struct exchange *x, int64_t deadline)
{
	struct connection *c = connection_of(x->connection);
	atomic_store(&c->deadline, deadline);
	atomic_store(&c->idle, 0);
}

static void exchange_drop(struct exchange *x)
{
	if (atomic_fetch_sub(&x->refs, 1) > 1)
		return;
	reply_close(&x->call);
	free(x->body);
	arena_destroy(x->call.arena);
}

/* The request line was read: the target exactly as it came, which routes and signatures go by. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *con)
{
	struct server *s = cls;
	struct arena *arena = arena_create();
	struct exchange *x = arena_alloc(arena, sizeof *x);
	x->server = s;
	x->connection = con;
	x->began = time_steady();
	x->declared = -1;
	x->target_end = target != NULL ? target + strlen(target) + 1 : NULL;
	atomic_init(&x->refs, 1);
	atomic_init(&x->stage, STAGE_HERE);
	struct connection *c = connection_of(con);
	int64_t headers_by = x->began + s->set.headers_in, deadline = atomic_load(&c->deadline);
	if (deadline == 0 || headers_by < deadline)
		atomic_store(&c->deadline, headers_by);
	x->call = (struct call){.arena = arena,
		.site = s->set.site,
		.store = s->set.store,
		.server = x,
		.target = arena_text(arena, target != NULL ? target : ""),
		.language = s->set.site->language};
	return x;
}

static enum MHD_Result on_line(
	void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	struct exchange *x = arg;
	if (x->lines.count == LINES_MAX)
		return MHD_NO;
	/* Copied: an abandoned call outlives its connection. */
	struct arena *arena = x->call.arena;
	x->lines.at[x->lines.count++] = (struct named){
		arena_text(arena, name), arena_text(arena, value != NULL ? value : "")};
	return MHD_YES;
}

/* Files go at the pace of a bad line: 128 KiB a second. */
static int64_t slowest(uint64_t size)
{
	return (int64_t)(size >> 17) * SECOND;
}

/* ---- replies --------------------------------------------------------------------------------- */

/* The file is libmicrohttpd's from here on. */
static struct MHD_Response *file_response(struct reply *f)
{
	struct MHD_Response *r = MHD_create_response_from_fd_at_offset64(f->size, f->file, f->from);
	if (r != NULL)
		f->file = -1;
	return r;
}

static enum MHD_Result send_response(
	struct exchange *x, int status, struct bytes body, const struct header *headers)
{
	void *data = (void *)(uintptr_t)body.data; /* 0.9.75 forgot a const */
	/* The call's arena outlives the response: on_completed comes last. */
	struct MHD_Response *r = x->call.reply.has_file
		? file_response(&x->call.reply)
		: MHD_create_response_from_buffer_with_free_callback_cls(
			body.size, data, NULL, NULL);
	if (r == NULL)
		die("out of memory for a response");
	enum MHD_Result ok = MHD_YES;
	for (const struct header *h = headers; ok == MHD_YES && h != NULL; h = h->next)
		ok = MHD_add_response_header(r, h->name, h->value);
	if (ok == MHD_YES && x->closing)
		ok = MHD_add_response_header(r, "Connection", "close");
	if (ok == MHD_YES)
		ok = MHD_queue_response(x->connection, (unsigned)status, r);
	MHD_destroy_response(r);
	connection_until(x, time_steady() + x->server->set.reply_out + slowest(x->call.reply.size));
	return ok;
}

/* To what is no request, or comes when we stop: a line, and the end of the connection. Whoever holds an abandoned call
 * may be writing its reply and its arena: neither is touched. */
static enum MHD_Result send_line(struct exchange *x, int status)
{
	const char *line = status == 503 ? "Stopping or too busy.\n"
		: status == 421          ? "This name is not ours.\n"
					 : "This is no request we can answer.\n";
	bool secure = status != 421 && text_starts(x->call.site->base_url, "https://");
	struct header retry = {"Retry-After", "5", NULL};
	struct header strict = {STRICT_TRANSPORT, status == 503 ? &retry : NULL};
	struct header sniff = {"X-Content-Type-Options", "nosniff", secure ? &strict : strict.next};
	struct header kept = {"Cache-Control", "private, no-store", &sniff};
	struct header type = {"Content-Type", "text/plain; charset=utf-8", &kept};
	x->closing = true;
	x->refused = status;
	atomic_fetch_add(&x->server->refused, 1);
	return send_response(x, status, (struct bytes){line, strlen(line)}, &type);
}

static enum MHD_Result send_reply(struct exchange *x)
{
	struct reply *r = &x->call.reply;
	reply_finish(x);
	if (atomic_load(&x->server->stopping))
		x->closing = true;
	return send_response(x, r->status, r->body, r->headers);
}

/* ---- headers complete ------------------------------------------------------------------------ */

static const char *last_line(const struct exchange *x, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < x->lines.count; i++)
		if (text_equal_fold(x->lines.at[i].name, name))
			value = x->lines.at[i].value;
	return value;
}

/* A refusal before the body has come; what follows on this connection is never read as a request. */
static enum MHD_Result send_early(struct exchange *x, int status)
{
	x->closing = true;
	x->refused = status;
	x->has_body = false;
	(void)run_call(x); /* refused, or nowhere: never away */
	return send_reply(x);
}

static enum MHD_Result on_headers(struct exchange *x, const char *method, const char *version)
{
	struct server *s = x->server;
	struct call *c = &x->call;
	char *path;
	x->started = true;
	int lines = MHD_get_connection_values(x->connection, MHD_HEADER_KIND, NULL, NULL);
	lines = lines > 0 ? lines : 0;
	x->lines.at = arena_array(
		c->arena, lines < LINES_MAX ? (size_t)lines : LINES_MAX, sizeof *x->lines.at);
	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, on_line, x);
	int refused = lines > LINES_MAX ? 431 : guard_check(x, method, version);
	/* 0.9.75 takes a NUL in the target for its end; then the version does not stand right behind it. */
	if (!REFUSES_NUL && refused == 0 && version != x->target_end)
		refused = 400;
	if (refused == 0
		&& !text_unescape_url(c->arena, x->path_raw, strlen(x->path_raw), false, &path))
		refused = 400;
	/* Who watches this machine asks it by its own name. */
	if (refused == 0 && !guard_host(x) && !text_is(path, "/health")
		&& !text_is(path, "/metrics"))
		refused = 421;
	if (refused == 0 && atomic_load(&s->stopping))
		refused = 503;
	if (refused != 0)
		return send_line(x, refused);
	c->path = path;
	c->peer = pace_peer(c->arena, connection_of(x->connection)->peer, s->set.trusted_proxy,
		last_line(x, "X-Forwarded-For"));
	answer_accept(x);
	route_find(s->routes, x);
	if (x->has_body && c->route == NULL)
		return send_early(x, 0);
	x->body_max = c->route != NULL && c->route->max_body != 0 ? c->route->max_body : BODY_USUAL;
	if (x->declared > 0 && (size_t)x->declared > x->body_max)
		return send_early(x, 413);
	if (x->has_body && atomic_load(&s->bodies) >= s->set.bodies)
		return send_early(x, 503);
	/* Who is not known here could fill the memory for all bodies with three of them. */
	bool large = x->declared < 0 ? x->body_max > BODY_LARGE : x->declared > (int64_t)BODY_LARGE;
	if (x->has_body && large && !run_is_known(x))
		return send_early(x, 0);
	connection_until(x,
		time_steady() + s->set.body_in
			+ (x->declared > 0 ? slowest((uint64_t)x->declared) : 0));
	return MHD_YES;
}

/* ---- away and back --------------------------------------------------------------------------- */

bool http_away(struct exchange *x)
{
	struct server *s = x->server;
	pthread_mutex_lock(&s->away_lock);
	bool open = !s->closed;
	if (open) {
		x->away_next = s->away;
		if (s->away != NULL)
			s->away->away_before = x;
		s->away = x;
		atomic_fetch_add(&x->refs, 1);
		atomic_store(&x->stage, STAGE_AWAY);
		MHD_suspend_connection(x->connection);
	}
	pthread_mutex_unlock(&s->away_lock);
	return open;
}

static void away_unlink(struct server *s, struct exchange *x)
{
	if (x->away_next != NULL)
		x->away_next->away_before = x->away_before;
	if (x->away_before != NULL)
		x->away_before->away_next = x->away_next;
	else
		s->away = x->away_next;
}

void http_back(struct exchange *x, enum err e)
{
	int away = STAGE_AWAY;
	x->result = e;
	/* Abandoned, the server may be gone: only the call itself is still ours, to let go. */
	if (atomic_compare_exchange_strong(&x->stage, &away, STAGE_BACK)) {
		struct server *s = x->server;
		pthread_mutex_lock(&s->away_lock);
		away_unlink(s, x);
		MHD_resume_connection(x->connection);
		pthread_mutex_unlock(&s->away_lock);
	}
	exchange_drop(x);
}

/* Whoever is still away when we must go: their connections are answered, their calls end when they end. */
static void away_abandon(struct server *s)
{
	pthread_mutex_lock(&s->away_lock);
	s->closed = true;
	for (struct exchange *x = s->away, *next; x != NULL; x = next) {
		int away = STAGE_AWAY;
		next = x->away_next;
		if (!atomic_compare_exchange_strong(&x->stage, &away, STAGE_ABANDONED))
			continue; /* just coming back by itself */
		away_unlink(s, x);
		MHD_resume_connection(x->connection);
	}
	pthread_mutex_unlock(&s->away_lock);
}

/* ---- what libmicrohttpd calls ---------------------------------------------------------------- */

static enum MHD_Result on_complete_request(struct exchange *x)
{
	switch ((enum stage)atomic_load(&x->stage)) {
	case STAGE_HERE:
		atomic_fetch_add(&x->server->busy, 1);
		x->busy = true;
		connection_until(x, 0);
		return run_call(x) ? send_reply(x) : MHD_YES;
	case STAGE_AWAY:
		return MHD_YES;
	case STAGE_BACK:
		run_finish(x);
		return send_reply(x);
	case STAGE_ABANDONED:
		break;
	}
	return send_line(x, 503);
}

static enum MHD_Result on_call(void *cls, struct MHD_Connection *con, const char *url,
	const char *method, const char *version, const char *data, size_t *size, void **slot)
{
	(void)cls, (void)con, (void)url;
	struct exchange *x = *slot;
	if (!x->started)
		return on_headers(x, method, version);
	if (*size == 0)
		return on_complete_request(x);
	socket_take(x, data, *size);
	*size = 0;
	return MHD_YES;
}

static const char *method_name(enum method m)
{
	static const char *const names[] = {
		"?", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
	return names[m];
}

static void log_call(struct exchange *x, int status, size_t bytes)
{
	const char *route = x->call.route != NULL ? x->call.route->path : "-";
	bool failed = x->refused == 0 && atomic_load(&x->stage) != STAGE_ABANDONED
		&& x->result != OK;
	log_line(status >= 500 ? LOG_WARN : LOG_INFO, "call",
		"method=%s route=%s status=%d ms=%lld bytes=%zu%s%s", method_name(x->call.method),
		route, status, (long long)(time_steady() - x->began), bytes,
		failed ? " error=" : "", failed ? err_name(x->result) : "");
}

static void on_completed(
	void *cls, struct MHD_Connection *con, void **slot, enum MHD_RequestTerminationCode code)
{
	(void)code;
	struct server *s = cls;
	struct exchange *x = *slot;
	if (x == NULL)
		return;
	*slot = NULL;
	bool abandoned = atomic_load(&x->stage) == STAGE_ABANDONED;
	/* Whoever holds an abandoned call may be writing its reply. */
	size_t sent = x->call.reply.has_file ? x->call.reply.size : x->call.reply.body.size;
	int status = abandoned || x->call.reply.status == 0 ? x->refused : x->call.reply.status;
	if (x->started) {
		log_call(x, status, abandoned ? 0 : sent);
		atomic_fetch_add(&s->calls, 1);
		if (status >= 100 && status < 600)
			atomic_fetch_add(&s->classes[status / 100], 1);
	}
	socket_give_back(x);
	if (x->busy)
		atomic_fetch_sub(&s->busy, 1);
	socket_waits(connection_of(con), IDLE + s->set.headers_in);
	exchange_drop(x);
}

static void on_connection(void *cls, struct MHD_Connection *con, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = socket_opened(cls,
			MHD_get_connection_info(con, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
			MHD_get_connection_info(con, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
				->client_addr);
	else /* before libmicrohttpd closes the socket: the sweeper never shuts what is somebody else's by then */
		socket_closed(cls, *context);
}

static PRINTF(2, 0) void on_log(void *cls, const char *format, va_list args)
{
	(void)cls;
	char line[256];
	if (text_print_v(line, sizeof line, format, args))
		log_line(LOG_DEBUG, "http", "said=\"%s\"", line);
}

/* ---- start and stop -------------------------------------------------------------------------- */

static int64_t otherwise(int64_t asked, int64_t usual)
{
	return asked > 0 ? asked : usual;
}

static void settle(struct server *s, const struct server_settings *set)
{
	s->set = *set;
	s->set.connections = set->connections > 0 ? set->connections : CONNECTIONS_USUAL;
	s->set.bodies = set->bodies > 0 ? set->bodies : BODIES_USUAL;
	s->set.headers_in = otherwise(set->headers_in, 10 * SECOND);
	s->set.body_in = otherwise(set->body_in, 30 * SECOND);
	s->set.reply_out = otherwise(set->reply_out, 60 * SECOND);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	s->set.threads = set->threads > 0 ? set->threads : cores > 0 ? (int)cores : 1;
	s->set.threads = s->set.threads < THREADS_MAX ? s->set.threads : THREADS_MAX;
}

static struct MHD_Daemon *start_daemon(struct server *s, int fd)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME
		| MHD_USE_ERROR_LOG;
	return MHD_start_daemon(flags, 0, NULL, NULL, on_call, s, MHD_OPTION_EXTERNAL_LOGGER,
		on_log, NULL, /* first: the others may speak */
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)s->set.threads,
		MHD_OPTION_THREAD_STACK_SIZE, STACK_SIZE, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)s->set.connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(IDLE / SECOND), STRICTNESS, 1,
		MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
}

static void server_free(struct server *s)
{
	routes_destroy(s->routes);
	kept_destroy(s->kept);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->away_lock);
	free(s);
}

enum err server_start(const struct server_settings *set, struct server **out, const char **why)
{
	struct server *s = calloc(1, sizeof *s);
	if (s == NULL)
		die("out of memory for the server");
	settle(s, set);
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->away_lock, NULL);
	s->routes = routes_build(set->routes);
	s->kept = kept_create();
	int fd = socket_listen(set->address, set->port, &s->port, why);
	if (fd >= 0) {
		s->daemon = start_daemon(s, fd);
		if (s->daemon == NULL) {
			close(fd);
			*why = "the HTTP threads did not start";
		}
	}
	if (s->daemon == NULL) {
		server_free(s);
		return ERR_INVALID;
	}
	s->sweeper = thread_start("sweep", socket_sweep, s);
	log_line(LOG_INFO, "http", "listening port=%d threads=%d", (int)s->port, s->set.threads);
	*out = s;
	return OK;
}

uint16_t server_port(const struct server *s)
{
	return s->port;
}

static void wait_until_idle(struct server *s, int64_t patience)
{
	int64_t until = time_steady() + patience;
	while (time_steady() < until && atomic_load(&s->busy) > 0)
		socket_nap(5);
}

static bool someone_away(struct server *s)
{
	pthread_mutex_lock(&s->away_lock);
	bool some = s->away != NULL;
	pthread_mutex_unlock(&s->away_lock);
	return some;
}

void server_stop(struct server *s)
{
	if (s == NULL)
		return;
	atomic_store(&s->stopping, true);
	MHD_socket fd = MHD_quiesce_daemon(s->daemon);
	shutdown(fd, SHUT_RDWR); /* who comes now is refused; closed it may be only after them */
	wait_until_idle(s, STOP_PATIENCE);
	away_abandon(s);
	while (someone_away(s)) /* those are on their way to http_back's last line */
		socket_nap(1);
	wait_until_idle(s, SECOND);
	MHD_stop_daemon(s->daemon);
	close(fd);
	atomic_store(&s->swept, true);
	thread_join(s->sweeper);
	log_line(
		LOG_INFO, "http", "stopped calls=%llu", (unsigned long long)atomic_load(&s->calls));
	server_free(s);
}

void server_numbers(struct server *s, struct view *v)
{
	static const char *const names[] = {
		NULL, NULL, "status_2xx", "status_3xx", "status_4xx", "status_5xx"};
	pthread_mutex_lock(&s->lock);
	size_t connections = s->connection_count;
	pthread_mutex_unlock(&s->lock);
	view_number(v, "connections", (int64_t)connections);
	view_number(v, "calls", (int64_t)atomic_load(&s->calls));
	view_number(v, "calls_running", atomic_load(&s->busy));
	view_number(v, "requests_refused", (int64_t)atomic_load(&s->refused));
	view_number(v, "connections_shut", (int64_t)atomic_load(&s->shut));
	view_number(v, "body_bytes", (int64_t)atomic_load(&s->bodies));
	for (size_t i = 2; i < COUNT(names); i++)
		view_number(v, names[i], (int64_t)atomic_load(&s->classes[i]));
}

/* transport.c: the wire: the only file with libcurl. One thread owns the connections; a request is checked by its form,
 * its name resolved by dns.c, its address checked and pinned, and every socket checked again when it is opened. */
#include "federation.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define OPEN_MOST 4096 /* requests taken */
#define CONNECTIONS_MOST 1200
#define PER_HOST_MOST 2 /* connections; and GETs at once */
#define GETS_MOST 64    /* at once */
#define IDLE_MOST 256   /* easies kept for reuse */
#define EVENTS 128
#define HEADERS_MOST 100
#define HEADER_BYTES_MOST ((size_t)64 << 10)
#define BODY_USUAL ((size_t)1 << 20)
#define DEADLINE_USUAL (20 * SECOND)
#define RESOLVE_MOST (5 * SECOND)
#define CONNECT_MOST (10 * SECOND)
#define SILENCE_MOST 10L /* s without a byte */
#define LOOK 250         /* ms between looks at what waits outside curl */

enum job_state { JOB_WAITING, JOB_RESOLVING, JOB_RUNNING, JOB_ANSWERED };

struct job {
	struct transport *transport;
	struct arena *arena;
	struct request request;
	struct url url;
	bool loopback;
	enum job_state state;
	int64_t until, resolve_until; /* steady */
	answer_fn *done;
	void *arg;
	struct dns_answer addresses;
	CURL *easy;
	struct curl_slist *headers, *pinned;
	char *body;
	size_t size, room, header_count, header_bytes;
	bool too_big, refused;
	struct job *next;          /* in a line */
	struct job *newer, *older; /* of all that are open */
};

struct line_of {
	struct job *first, **last;
};

struct transport {
	struct arena *arena; /* of the next three */
	const char *ca_file, *agent, *own; /* own: our base_url */
	bool loopback;
	struct dns *dns;
	struct thread *thread;
	int epoll, wake, timer;
	CURLM *multi;
	CURLSH *share;
	pthread_mutex_t lock; /* of the next four */
	struct line_of asked, resolved;
	size_t open;
	bool closing;
	/* the wire thread's own */
	struct job *jobs;
	struct line_of waiting;      /* GETs, for their turn */
	struct job *gets[GETS_MOST]; /* that have it */
	CURL *idle[IDLE_MOST];
	size_t idle_count;
	int64_t looked;
	atomic_uint_least64_t sent, failed;
};

static void line_init(struct line_of *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static void line_put(struct line_of *l, struct job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
}

static struct job *line_take_all(struct line_of *l)
{
	struct job *first = l->first;
	line_init(l);
	return first;
}

static void line_remove(struct line_of *l, const struct job *j)
{
	for (struct job **at = &l->first; *at != NULL; at = &(*at)->next)
		if (*at == j) {
			*at = j->next;
			if (*at == NULL)
				l->last = at;
			return;
		}
}

static void wake(struct transport *t)
{
	uint64_t one = 1;
	if (write(t->wake, &one, sizeof one) != (ssize_t)sizeof one && errno != EAGAIN)
		die("the wire thread cannot be woken: error %d", errno);
}

/* ---- the turn of GETs: no host sees more than two of ours at once -------------------------------------------------- */

static bool get_takes_turn(struct transport *t, struct job *j)
{
	size_t same = 0, place = GETS_MOST;
	for (size_t i = 0; i < GETS_MOST; i++) {
		if (t->gets[i] == NULL)
			place = i;
		else if (text_is(t->gets[i]->url.authority, j->url.authority))
			same++;
	}
	if (place == GETS_MOST || same >= PER_HOST_MOST)
		return false;
	t->gets[place] = j;
	return true;
}

static void get_leaves(struct transport *t, const struct job *j)
{
	if (j->state == JOB_WAITING)
		line_remove(&t->waiting, j);
	for (size_t i = 0; i < GETS_MOST; i++)
		if (t->gets[i] == j)
			t->gets[i] = NULL;
}

/* ---- the end of a job ---------------------------------------------------------------------------------------------- */

static void job_link(struct job *j)
{
	struct transport *t = j->transport;
	j->older = t->jobs;
	if (t->jobs != NULL)
		t->jobs->newer = j;
	t->jobs = j;
}

static void job_free(struct job *j)
{
	if (j->newer != NULL)
		j->newer->older = j->older;
	else
		j->transport->jobs = j->older;
	if (j->older != NULL)
		j->older->newer = j->newer;
	arena_destroy(j->arena);
	free(j);
}

static void easy_put(struct transport *t, CURL *easy)
{
	if (t->idle_count == IDLE_MOST) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy); /* nothing of this request stays; connections live in the multi */
	t->idle[t->idle_count++] = easy;
}

/* Answers and forgets; a job whose name is still being resolved is forgotten when the resolver lets go of it. */
static void job_end(struct job *j, const struct answer *a)
{
	struct transport *t = j->transport;
	struct answer full = *a;
	bool held = j->state == JOB_RESOLVING;
	full.url = j->request.url;
	if (a->err != OK)
		atomic_fetch_add(&t->failed, 1);
	pthread_mutex_lock(&t->lock);
	t->open--;
	pthread_mutex_unlock(&t->lock);
	j->done(j->arg, &full);
	if (j->easy != NULL)
		easy_put(t, j->easy);
	curl_slist_free_all(j->headers);
	curl_slist_free_all(j->pinned);
	free(j->body);
	get_leaves(t, j);
	j->state = JOB_ANSWERED;
	if (!held)
		job_free(j);
}

static void job_fail(struct job *j, enum err e, const char *why)
{
	job_end(j, &(struct answer){ .err = e, .why = why });
}

/* ---- what curl calls ------------------------------------------------------------------------------------------------ */

/* Counts decoded bytes: a bomb of gzip is small on the wire. */
static size_t on_body(char *data, size_t one, size_t count, void *arg)
{
	struct job *j = arg;
	size_t size = one * count, most = j->request.max != 0 ? j->request.max : BODY_USUAL;
	if (size > most - j->size) {
		j->too_big = true;
		return 0;
	}
	if (size > j->room - j->size) {
		size_t room = j->room < 4096 ? 4096 : j->room * 2;
		while (room < j->size + size)
			room *= 2;
		char *more = realloc(j->body, room);
		if (more == NULL)
			die("out of memory for an answer");
		j->body = more;
		j->room = room;
	}
	memcpy(j->body + j->size, data, size);
	j->size += size;
	return size;
}

static size_t on_header(char *data, size_t one, size_t count, void *arg)
{
	struct job *j = arg;
	(void)data;
	j->header_bytes += one * count;
	j->header_count++;
	if (j->header_bytes <= HEADER_BYTES_MOST && j->header_count <= HEADERS_MOST)
		return one * count;
	j->too_big = true;
	return 0;
}

/* Asked for every attempt: what is connected to is what was checked, whatever happened in between. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct job *j = arg;
	if (purpose != CURLSOCKTYPE_IPCXN || !transport_address_ok(&address->addr, j->loopback)) {
		j->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int on_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct transport *t = arg;
	struct epoll_event event = { .data.fd = fd };
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(t->epoll, EPOLL_CTL_DEL, fd, NULL); /* it may be closed already */
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
	if (epoll_ctl(t->epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
		return -1;
	curl_multi_assign(t->multi, fd, t);
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct transport *t = arg;
	struct itimerspec at = { 0 };
	(void)multi;
	if (ms >= 0) {
		at.it_value.tv_sec = ms / 1000;
		at.it_value.tv_nsec = ms % 1000 * 1000000 + (ms == 0);
	}
	return timerfd_settime(t->timer, 0, &at, NULL);
}

/* ---- starting ------------------------------------------------------------------------------------------------------- */

static void add_header(struct curl_slist **list, const char *header)
{
	struct curl_slist *longer = curl_slist_append(*list, header);
	if (longer == NULL)
		die("out of memory for a header");
	*list = longer;
}

static struct curl_slist *headers_of(const struct request *q)
{
	struct curl_slist *list = NULL;
	switch (q->kind) {
	case FETCH_ACTIVITY:
		add_header(&list, "Accept: " ACTIVITY_TYPE ", application/ld+json; "
				  "profile=\"https://www.w3.org/ns/activitystreams\"");
		break;
	case FETCH_JRD:
		add_header(&list, "Accept: application/jrd+json, application/json");
		break;
	case FETCH_NODEINFO:
		add_header(&list, "Accept: application/json");
		break;
	case FETCH_POST:
		add_header(&list, "Accept: " ACTIVITY_TYPE);
		add_header(&list, "Content-Type: " ACTIVITY_TYPE);
		add_header(&list, "Expect:");
		break;
	}
	for (size_t i = 0; q->headers != NULL && q->headers[i] != NULL; i++)
		add_header(&list, q->headers[i]);
	return list;
}

/* "+host:port:address,…": curl uses these and forgets them with its own names' time to live. */
static const char *pin(const struct job *j)
{
	struct text t;
	text_init(&t, j->arena, 1024);
	text_format(&t, "+%s:%d:", j->url.host, j->url.port);
	for (size_t i = 0; i < j->addresses.count; i++) {
		bool v6 = strchr(j->addresses.at[i], ':') != NULL;
		text_format(&t, "%s%s%s%s", i > 0 ? "," : "", v6 ? "[" : "", j->addresses.at[i], v6 ? "]" : "");
	}
	return t.at;
}

static void set_safety(CURL *e, struct job *j)
{
	struct transport *t = j->transport;
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, j->url.https ? "https" : "http");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, ""); /* the environment's proxy would see names we have not checked */
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_CAPATH, (char *)NULL); /* with one curl would not keep the parsed bundle */
	if (t->ca_file != NULL)
		curl_easy_setopt(e, CURLOPT_CAINFO, t->ca_file);
	curl_easy_setopt(e, CURLOPT_CA_CACHE_TIMEOUT, 86400L);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, j);
	/* Long enough for this request, too short for another: a name is pinned anew each time. */
	curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, 60L);
	if (j->addresses.count > 0) {
		add_header(&j->pinned, pin(j));
		curl_easy_setopt(e, CURLOPT_RESOLVE, j->pinned);
	}
}

static void set_limits(CURL *e, struct job *j, int64_t left)
{
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)left);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MOST);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, SILENCE_MOST);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, j);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, j);
}

static void set_request(CURL *e, struct job *j)
{
	const struct request *q = &j->request;
	curl_easy_setopt(e, CURLOPT_PRIVATE, j);
	curl_easy_setopt(e, CURLOPT_URL, arena_format(j->arena, "%s%s", j->url.origin, j->url.target));
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L); /* what was signed */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_SHARE, j->transport->share);
	curl_easy_setopt(e, CURLOPT_USERAGENT, j->transport->agent);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, j->headers);
	if (q->kind == FETCH_POST) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.size);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, q->body.size > 0 ? q->body.data : "");
	} else {
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
	}
}

static void job_run(struct job *j)
{
	struct transport *t = j->transport;
	int64_t left = j->until - time_steady();
	CURL *e = t->idle_count > 0 ? t->idle[--t->idle_count] : curl_easy_init();
	if (e == NULL)
		die("out of memory for a request");
	j->state = JOB_RUNNING;
	j->easy = e;
	j->headers = headers_of(&j->request);
	set_request(e, j);
	set_limits(e, j, left > 1 ? left : 1);
	set_safety(e, j);
	atomic_fetch_add(&t->sent, 1);
	if (curl_multi_add_handle(t->multi, e) != CURLM_OK)
		job_fail(j, ERR_AGAIN, "not started");
}

static void on_resolved(void *arg, const struct dns_answer *answer)
{
	struct job *j = arg;
	struct transport *t = j->transport;
	pthread_mutex_lock(&t->lock);
	j->addresses = *answer;
	line_put(&t->resolved, j);
	pthread_mutex_unlock(&t->lock);
	wake(t);
}

/* Names of this machine are never asked for. */
static void job_resolve(struct job *j)
{
	if (j->loopback) {
		static const struct dns_answer here = { .err = OK, .count = 2, .at = { "127.0.0.1", "::1" } };
		if (text_ends(j->url.host, "localhost"))
			j->addresses = here;
		job_run(j);
		return;
	}
	j->state = JOB_RESOLVING;
	j->resolve_until = time_steady() + RESOLVE_MOST;
	dns_ask(j->transport->dns, j->url.host, on_resolved, j);
}

/* ---- the wire thread ------------------------------------------------------------------------------------------------ */

static void job_arrive(struct job *j)
{
	struct transport *t = j->transport;
	job_link(j);
	if (j->request.kind == FETCH_POST || get_takes_turn(t, j))
		job_resolve(j);
	else
		line_put(&t->waiting, j);
}

static void job_addressed(struct job *j)
{
	bool answered = j->state == JOB_ANSWERED;
	j->state = JOB_WAITING;
	if (answered)
		job_free(j);
	else if (j->addresses.err != OK)
		job_fail(j, j->addresses.err, j->addresses.err == ERR_FORBIDDEN ? "address refused" : "name not found");
	else
		job_run(j);
}

static void waiting_go_on(struct transport *t)
{
	for (struct job *j = t->waiting.first, *next; j != NULL; j = next) {
		next = j->next;
		if (get_takes_turn(t, j)) {
			line_remove(&t->waiting, j);
			job_resolve(j);
		}
	}
}

static void read_mail(struct transport *t)
{
	uint64_t count;
	(void)!read(t->wake, &count, sizeof count);
	pthread_mutex_lock(&t->lock);
	struct job *asked = line_take_all(&t->asked), *resolved = line_take_all(&t->resolved);
	pthread_mutex_unlock(&t->lock);
	for (struct job *j = resolved, *next; j != NULL; j = next) {
		next = j->next;
		job_addressed(j);
	}
	for (struct job *j = asked, *next; j != NULL; j = next) {
		next = j->next;
		job_arrive(j);
	}
}

/* What an HTTP answer says. A sink that talks too long after a POST has answered all the same. */
static void job_done(struct job *j, CURLcode code)
{
	struct answer a = { .err = OK };
	long status = 0;
	char *type = NULL, *location = NULL;
	curl_off_t after = 0;
	curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(j->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(j->easy, CURLINFO_REDIRECT_URL, &location);
	curl_easy_getinfo(j->easy, CURLINFO_RETRY_AFTER, &after);
	bool enough = j->request.kind == FETCH_POST && j->too_big && status >= 200;
	if (code != CURLE_OK && !enough) {
		a.err = j->refused ? ERR_FORBIDDEN : j->too_big ? ERR_TOO_MUCH : ERR_REMOTE;
		a.why = j->refused ? "address refused" : j->too_big ? "answer too big" : curl_easy_strerror(code);
	} else {
		a.status = (int)status;
		a.type = type != NULL ? text_lower(j->arena, type) : NULL;
		a.location = location != NULL ? arena_text(j->arena, location) : NULL;
		a.retry_after = after > 0 && after < INT32_MAX ? (int64_t)after * SECOND : 0;
		a.body = (struct bytes){ j->body, j->size };
	}
	curl_multi_remove_handle(j->transport->multi, j->easy);
	job_end(j, &a);
}

static void read_results(struct transport *t)
{
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(t->multi, &left)) != NULL;) {
		struct job *j = NULL;
		CURLcode code = m->data.result;
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &j);
		job_done(j, code);
	}
}

/* curl minds the time of what it runs; this minds the rest. */
static void look_after(struct transport *t)
{
	int64_t now = time_steady();
	if (now >= t->looked && now - t->looked < LOOK)
		return;
	t->looked = now;
	for (struct job *j = t->jobs, *older; j != NULL; j = older) {
		older = j->older;
		if ((j->state == JOB_WAITING && j->until <= now) ||
		    (j->state == JOB_RESOLVING && (j->until <= now || j->resolve_until <= now)))
			job_fail(j, ERR_REMOTE, j->state == JOB_WAITING ? "waited too long" : "name not resolved in time");
	}
}

static void handle(struct transport *t, const struct epoll_event *event)
{
	int running, what = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) | (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
			    (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	uint64_t count;
	if (event->data.fd == t->wake) {
		read_mail(t);
	} else if (event->data.fd == t->timer) {
		(void)!read(t->timer, &count, sizeof count);
		curl_multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	} else {
		curl_multi_socket_action(t->multi, event->data.fd, what, &running);
	}
}

static bool is_closing(struct transport *t)
{
	pthread_mutex_lock(&t->lock);
	bool closing = t->closing;
	pthread_mutex_unlock(&t->lock);
	return closing;
}

static void answer_all(struct transport *t)
{
	read_mail(t);
	for (struct job *j = t->jobs, *older; j != NULL; j = older) {
		older = j->older;
		if (j->state == JOB_ANSWERED)
			continue;
		if (j->state == JOB_RUNNING)
			curl_multi_remove_handle(t->multi, j->easy);
		job_fail(j, ERR_AGAIN, "stopping");
	}
}

static void run(void *arg)
{
	struct transport *t = arg;
	struct epoll_event events[EVENTS];
	sigset_t broken; /* TLS writes without MSG_NOSIGNAL */
	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &broken, NULL);
	while (!is_closing(t)) {
		int count = epoll_wait(t->epoll, events, EVENTS, t->jobs != NULL ? LOOK : -1);
		if (count < 0 && errno != EINTR)
			die("epoll_wait: error %d", errno);
		for (int i = 0; i < count; i++)
			handle(t, &events[i]);
		read_results(t);
		look_after(t);
		waiting_go_on(t);
	}
	answer_all(t);
}

/* ---- for everyone --------------------------------------------------------------------------------------------------- */

static bool headers_clean(const char *const *headers)
{
	for (size_t i = 0; headers != NULL && headers[i] != NULL; i++)
		for (const char *c = headers[i]; *c != '\0'; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				return false;
	return true;
}

enum err transport_send(struct transport *t, const struct request *request, answer_fn *done, void *arg)
{
	struct arena *arena = arena_create();
	struct url u;
	bool loopback = false;
	enum err e = url_parse(arena, request->url, &u);
	if (e == OK && !headers_clean(request->headers))
		e = ERR_INVALID;
	if (e == OK)
		e = transport_url_ok(&u, t->own, t->loopback, &loopback);
	if (e != OK) {
		arena_destroy(arena);
		return e;
	}
	struct job *j = calloc(1, sizeof *j);
	if (j == NULL)
		die("out of memory for a request");
	*j = (struct job){ .transport = t, .arena = arena, .request = *request, .url = u, .loopback = loopback, .done = done, .arg = arg };
	j->request.url = arena_text(arena, request->url);
	j->until = time_steady() + (request->deadline > 0 ? request->deadline : DEADLINE_USUAL);
	pthread_mutex_lock(&t->lock);
	bool taken = !t->closing && t->open < OPEN_MOST;
	if (taken) {
		t->open++;
		line_put(&t->asked, j);
	}
	pthread_mutex_unlock(&t->lock);
	if (taken) {
		wake(t);
		return OK;
	}
	arena_destroy(arena);
	free(j);
	return ERR_AGAIN;
}

/* A pool larger than the process may open would fail in odd places. */
static long connections_most(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur / 2 > CONNECTIONS_MOST)
		return CONNECTIONS_MOST;
	return (long)(files.rlim_cur / 2);
}

static bool multi_start(struct transport *t)
{
	t->multi = curl_multi_init();
	t->share = curl_share_init();
	if (t->multi == NULL || t->share == NULL)
		return false;
	curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
	curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
	curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
	curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, connections_most());
	curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections_most());
	curl_multi_setopt(t->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)PER_HOST_MOST);
	return true;
}

static bool watch_own(struct transport *t, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	return fd >= 0 && epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void release(struct transport *t)
{
	for (size_t i = 0; i < t->idle_count; i++)
		curl_easy_cleanup(t->idle[i]);
	if (t->multi != NULL)
		curl_multi_cleanup(t->multi);
	if (t->share != NULL)
		curl_share_cleanup(t->share);
	curl_global_cleanup();
	for (size_t i = 0; i < 3; i++) {
		int fd = i == 0 ? t->epoll : i == 1 ? t->wake : t->timer;
		if (fd >= 0)
			close(fd);
	}
	pthread_mutex_destroy(&t->lock);
	arena_destroy(t->arena);
	free(t);
}

enum err transport_start(const struct federation_settings *set, struct transport **out, const char **why)
{
	struct transport *t = calloc(1, sizeof *t);
	if (t == NULL)
		die("out of memory for the wire");
	t->arena = arena_create();
	t->ca_file = arena_text(t->arena, set->ca_file);
	t->own = arena_text(t->arena, set->site->base_url);
	t->agent = arena_format(t->arena, "Kring/%s (+%s/)", set->site->version, set->site->base_url);
	t->loopback = set->site->loopback;
	line_init(&t->asked);
	line_init(&t->resolved);
	line_init(&t->waiting);
	pthread_mutex_init(&t->lock, NULL);
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !watch_own(t, t->wake) || !watch_own(t, t->timer) || !multi_start(t)) {
		release(t);
		*why = "The connections to other nodes could not be set up.";
		return ERR_AGAIN;
	}
	t->dns = dns_start();
	t->thread = thread_start("wire", run, t);
	*out = t;
	return OK;
}

void transport_close(struct transport *t)
{
	pthread_mutex_lock(&t->lock);
	t->closing = true;
	pthread_mutex_unlock(&t->lock);
	wake(t);
	if (t->thread != NULL)
		thread_join(t->thread);
	t->thread = NULL;
}

void transport_stop(struct transport *t)
{
	if (t == NULL)
		return;
	transport_close(t);
	dns_stop(t->dns);
	while (t->jobs != NULL) /* answered, but their names were still being resolved */
		job_free(t->jobs);
	release(t);
}

void transport_numbers(struct transport *t, struct view *v)
{
	pthread_mutex_lock(&t->lock);
	size_t open = t->open;
	pthread_mutex_unlock(&t->lock);
	view_number(v, "requests_open", (int64_t)open);
	view_number(v, "requests_sent", (int64_t)atomic_load(&t->sent));
	view_number(v, "requests_failed", (int64_t)atomic_load(&t->failed));
}

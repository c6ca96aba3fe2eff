/* transport.c: the wire: the only file with libcurl. One thread owns the connections; every address is pinned, and every
 * socket checked again when it is opened. */
#include "wire.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONNECTIONS_MOST 1200
#define EVENTS 128
#define HEADERS_MOST 100
#define HEADER_BYTES_MOST ((size_t)64 << 10)
#define BODY_USUAL ((size_t)1 << 20)
#define CONNECT_MOST (10 * SECOND)
#define SILENCE_MOST 10L /* s without a byte */
#define MAIL_MOST (2 * MINUTE)
#define MAIL_SILENCE_MOST 30L /* some servers let who sends wait */

/* ---- what curl calls ------------------------------------------------------------------------- */

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
	struct epoll_event event = {.data.fd = fd};
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(t->epoll, EPOLL_CTL_DEL, fd, NULL); /* it may be closed already */
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U)
		| (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
	if (epoll_ctl(t->epoll, known != NULL ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
		return -1;
	curl_multi_assign(t->multi, fd, t);
	return 0;
}

/* Asked for several times in each transfer, so no system call is made of it. */
static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct transport *t = arg;
	(void)multi;
	t->due = ms < 0 ? INT64_MAX : time_steady() + ms;
	return 0;
}

/* ---- starting -------------------------------------------------------------------------------- */

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
		add_header(&list,
			"Accept: " ACTIVITY_TYPE ", application/ld+json; "
			"profile=\"https://www.w3.org/ns/activitystreams\"");
		break;
	case FETCH_JRD:
		add_header(&list, "Accept: application/jrd+json, application/json");
		break;
	case FETCH_FILE:
		add_header(
			&list, "Accept: image/webp, image/png, image/jpeg, image/gif, */*;q=0.1");
		break;
	case FETCH_FEED:
		add_header(&list,
			"Accept: application/atom+xml, application/rss+xml, application/xml;q=0.9, "
			"text/xml;q=0.9, text/html;q=0.5, */*;q=0.1");
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
		text_format(&t, "%s%s%s%s", i > 0 ? "," : "", v6 ? "[" : "", j->addresses.at[i],
			v6 ? "]" : "");
	}
	return t.at;
}

static void set_safety(CURL *e, struct job *j)
{
	struct transport *t = j->transport;
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, j->url.https ? "https" : "http");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY,
		""); /* the environment's proxy would see names we have not checked */
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_CAPATH,
		(char *)NULL); /* with one curl would not keep the parsed bundle */
	if (t->ca_file != NULL)
		curl_easy_setopt(e, CURLOPT_CAINFO, t->ca_file);
	curl_easy_setopt(e, CURLOPT_CA_CACHE_TIMEOUT, 86400L);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, j);
	/* A name is pinned anew for each request; curl's walk through all it keeps, to drop the old ones, is made now and
	 * then only. */
	curl_easy_setopt(
		e, CURLOPT_DNS_CACHE_TIMEOUT, atomic_load(&t->sent) % 256 == 0 ? 60L : -1L);
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
	curl_easy_setopt(
		e, CURLOPT_URL, arena_format(j->arena, "%s%s", j->url.origin, j->url.target));
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L); /* what was signed */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
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

void transport_run(struct job *j)
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

void transport_release(struct job *j)
{
	struct transport *t = j->transport;
	curl_slist_free_all(j->headers);
	curl_slist_free_all(j->pinned);
	if (j->easy == NULL)
		return;
	curl_multi_remove_handle(t->multi, j->easy);
	if (t->idle_count == IDLE_MOST) {
		curl_easy_cleanup(j->easy);
		return;
	}
	curl_easy_reset(j->easy); /* nothing of this request stays; connections live in the multi */
	t->idle[t->idle_count++] = j->easy;
}

/* ---- the wire thread ------------------------------------------------------------------------- */

static const char *said(struct job *j, const char *name)
{
	struct curl_header *header;
	return curl_easy_header(j->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK
		? arena_text(j->arena, header->value)
		: NULL;
}

/* What an HTTP answer says. A sink that talks too long after a POST has answered all the same. */
static void job_done(struct job *j, CURLcode code)
{
	struct answer a = {.err = OK};
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
		a.why = j->refused   ? "address refused"
			: j->too_big ? "answer too big"
				     : curl_easy_strerror(code);
	} else {
		a.status = (int)status;
		a.type = type != NULL ? text_lower(j->arena, type) : NULL;
		a.location = location != NULL ? arena_text(j->arena, location) : NULL;
		a.retry_after = after > 0 && after < INT32_MAX ? (int64_t)after * SECOND : 0;
		a.body = (struct bytes){j->body, j->size};
	}
	if (j->request.kind == FETCH_FEED) {
		a.etag = said(j, "ETag");
		a.modified = said(j, "Last-Modified");
	}
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

static void handle(struct transport *t, const struct epoll_event *event)
{
	int running,
		what = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0)
		| (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
		| (event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	if (event->data.fd == t->wake) {
		job_read_mail(t);
	} else {
		curl_multi_socket_action(t->multi, event->data.fd, what, &running);
	}
}

/* What curl wanted to be called for, when it is time. */
static void keep_time(struct transport *t)
{
	int running;
	if (t->due > time_steady())
		return;
	t->due = INT64_MAX; /* it says anew what comes next */
	curl_multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static int wait_of(const struct transport *t)
{
	int64_t left = t->due == INT64_MAX ? INT64_MAX : t->due - time_steady();
	if (t->jobs == NULL && left > INT32_MAX)
		return -1;
	return left <= 0 ? 0 : t->jobs != NULL && left > LOOK ? LOOK : (int)left;
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
	job_read_mail(t);
	for (struct job *j = t->jobs, *older; j != NULL; j = older) {
		older = j->older;
		if (j->state != JOB_ANSWERED)
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
		int count = epoll_wait(t->epoll, events, EVENTS, wait_of(t));
		if (count < 0 && errno != EINTR)
			die("epoll_wait: error %d", errno);
		for (int i = 0; i < count; i++)
			handle(t, &events[i]);
		keep_time(t);
		read_results(t);
		job_look_after(t);
		job_go_on(t);
	}
	answer_all(t);
}

/* ---- mail (RFC 5321): on the thread of who sends it, for curl waits when it says goodbye --------- */

struct parcel { /* a mail on its way */
	struct transport *transport;
	const struct mail_request *request;
	struct mail_answer *answer;
	size_t sent;
	char error[CURL_ERROR_SIZE];
};

static size_t on_mail(char *at, size_t one, size_t count, void *arg)
{
	struct parcel *p = arg;
	struct bytes message = p->request->message;
	size_t room = one * count, left = message.size - p->sent, size = left < room ? left : room;
	memcpy(at, (const char *)message.data + p->sent, size);
	p->sent += size;
	return size;
}

/* The last it said of what we asked; its goodbye says nothing of that. */
static size_t on_reply(char *line, size_t one, size_t count, void *arg)
{
	struct parcel *p = arg;
	struct mail_answer *a = p->answer;
	size_t size = one * count, keep = size < sizeof a->words ? size : sizeof a->words - 1;
	if (size < 3 || memcmp(line, "221", 3) == 0)
		return size;
	int64_t status = 0;
	(void)text_to_i64((const char[]){line[0], line[1], line[2], '\0'}, 0, 999, &status);
	a->status = (int)status;
	for (size_t i = 0; i < keep; i++)
		a->words[i] = line[i] < ' ' || line[i] > '~' ? ' ' : line[i];
	a->words[keep] = '\0';
	return size;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct parcel *p = arg;
	(void)a, (void)b, (void)c, (void)d;
	return is_closing(p->transport);
}

static void set_mail_server(CURL *e, const struct parcel *p, const char *url)
{
	const struct mail_settings *set = p->request->set;
	/* Nobody listens in on this machine; to any other it goes encrypted or not at all. */
	bool here = mail_is_loopback(set->server);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_USE_SSL, here ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (p->transport->ca_file != NULL)
		curl_easy_setopt(e, CURLOPT_CAINFO, p->transport->ca_file);
	if (set->user != NULL) {
		curl_easy_setopt(e, CURLOPT_USERNAME, set->user);
		curl_easy_setopt(e, CURLOPT_PASSWORD, set->password);
	}
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)MAIL_MOST);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MOST);
	curl_easy_setopt(e, CURLOPT_SERVER_RESPONSE_TIMEOUT, MAIL_SILENCE_MOST);
}

static void set_mail(CURL *e, struct parcel *p, const struct curl_slist *to)
{
	curl_easy_setopt(e, CURLOPT_MAIL_FROM, p->request->from);
	curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_mail);
	curl_easy_setopt(e, CURLOPT_READDATA, p);
	curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)p->request->message.size);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_reply);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, p);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, p);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, p->error);
}

/* What the server says of the recipient or the whole message is about this mail; all else is about the server. */
static enum err mail_outcome_of(struct parcel *p, CURLcode code)
{
	struct mail_answer *a = p->answer;
	int status = a->status;
	if (code == CURLE_OK)
		return OK;
	bool ours = text_starts(p->error, "RCPT failed") || text_starts(p->error, "DATA failed")
		|| p->sent == p->request->message.size;
	if (status < 400
		&& !text_print(a->words, sizeof a->words, "%s",
			*p->error ? p->error : curl_easy_strerror(code)))
		a->words[sizeof a->words - 1] = '\0';
	return !ours || status < 400 ? ERR_REMOTE : status < 500 ? ERR_AGAIN : ERR_GONE;
}

enum err transport_mail(
	struct transport *t, const struct mail_request *request, struct mail_answer *answer)
{
	if (!mime_address_ok(request->from) || !mime_address_ok(request->to))
		return ERR_INVALID;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct parcel p = {.transport = t, .request = request, .answer = answer};
	struct curl_slist *to = NULL;
	CURL *e = curl_easy_init();
	if (e == NULL)
		die("out of memory for a mail");
	*answer = (struct mail_answer){0};
	add_header(&to, request->to);
	set_mail_server(e, &p, arena_format(arena, "%s/%s", request->set->server, request->hello));
	set_mail(e, &p, to);
	enum err err = mail_outcome_of(&p, curl_easy_perform(e));
	curl_easy_cleanup(e);
	curl_slist_free_all(to);
	return err;
}

/* ---- for everyone ---------------------------------------------------------------------------- */

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
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
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
	if (t->epoll >= 0)
		close(t->epoll);
	if (t->wake >= 0)
		close(t->wake);
	pthread_mutex_destroy(&t->lock);
	arena_destroy(t->arena);
	free(t);
}

enum err transport_start(
	const struct federation_settings *set, struct transport **out, const char **why)
{
	struct transport *t = calloc(1, sizeof *t);
	if (t == NULL)
		die("out of memory for the wire");
	t->arena = arena_create();
	t->ca_file = arena_text(t->arena, set->ca_file);
	t->own = arena_text(t->arena, set->site->base_url);
	t->agent = arena_format(
		t->arena, "Kring/%s (+%s/)", set->site->version, set->site->base_url);
	t->loopback = set->site->loopback;
	line_init(&t->asked);
	line_init(&t->resolved);
	line_init(&t->waiting);
	pthread_mutex_init(&t->lock, NULL);
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->due = INT64_MAX;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !watch_own(t, t->wake)
		|| !multi_start(t)) {
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
	job_wake(t);
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
	view_number(v, "requests_overdue", (int64_t)atomic_load(&t->overdue));
}

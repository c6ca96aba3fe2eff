/*
 * inside.h: what the files of server share with each other; nothing outside server includes it.
 *
 *   http.c    libmicrohttpd: suspend and resume, start and stop
 *   socket.c  listening; connections, their deadlines, bodies within limits
 *   guard.c   is this a request at all? method, target, headers
 *   route.c   which route
 *   run.c     who asks, may they, what they filled in; then reader, writer or pool
 *   input.c   query, forms, multipart and JSON into one list; what a route takes
 *   session.c sessions, tokens, CSRF
 *   cookie.c  cookies, language, notice
 *   pace.c    how often
 *   kept.c    public answers, until the store changes
 *   answer.c  views and failures into replies
 *   reply.c   the reply's parts and the headers that go with them
 */
#pragma once

#include "server.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#define TARGET_MAX 2048
#define SEGMENTS_MAX 16
#define LINES_MAX 100    /* headers of one request */
#define PAIRS_MAX 512    /* inputs of one request */
#define BODY_USUAL ((size_t)64 << 10)
#define BODY_LARGE ((size_t)1 << 20) /* more is read from who is signed in only */
#define STRICT_TRANSPORT "Strict-Transport-Security", "max-age=31536000" /* where our own address is https */

struct named { /* a header as received, or an input: in order */
	const char *name, *value;
};
struct named_list {
	struct named *at;
	size_t count;
};

struct fault { /* an input that was refused */
	const char *label; /* msgid or NULL */
	struct refusal why;
};

/* Where a call is. ABANDONED: the server stopped before whoever has it was done; the last one to let go frees it. */
enum stage { STAGE_HERE, STAGE_AWAY, STAGE_BACK, STAGE_ABANDONED };

struct MHD_Connection;
struct MHD_Daemon;

/* One call as the server sees it; call->server points back here. */
struct exchange {
	struct call call;
	struct server *server;
	/* http.c */
	struct MHD_Connection *connection;
	atomic_int refs, stage;
	atomic_int holds;        /* of a work handler: itself, and whoever was told to answer later */
	const char *target_end;  /* where the version should stand in libmicrohttpd's buffer */
	char *body;              /* as it comes; call.body when complete */
	size_t body_room, body_max;
	int64_t began;
	int refused;             /* status that needs no route: the guard's, or a limit's */
	bool later;              /* the work handler's thread only: somebody else answers */
	bool started, closing;   /* closing: this connection ends with this reply */
	bool busy;               /* counted in server.busy */
	int64_t declared;        /* Content-Length; -1: none said */
	bool has_body;
	struct exchange *away_next, *away_before; /* among those away */
	/* guard.c */
	struct named_list lines;
	const char *path_raw;    /* target without its query */
	const char *query;       /* raw, without "?"; NULL when there is none */
	/* route.c */
	const struct spot *spot;  /* where the path ends in the table; NULL: nowhere */
	struct named parts[SEGMENTS_MAX];
	size_t part_count;
	enum err result;         /* of the handler */
	struct view *view;
	uint64_t version;        /* of the store, asked before anything was read */
	/* input.c */
	struct named_list inputs;
	struct upload uploads[UPLOADS_MAX];
	const char *upload_inputs[UPLOADS_MAX]; /* the input of each */
	size_t upload_count;
	bool inputs_read;
	const struct route *filled; /* whose form a draft was typed in */
	struct fault faults[INPUTS_MAX];
	size_t fault_count;
	/* session.c */
	bool checked; /* a reader was asked, as they may */
	struct signed_in signed_in; /* when call.viewer.local; text in the arena */
	bool bad_token;
	bool old_token;          /* this site's own form, of another session: shown again it is good */
	const char *notice;      /* msgid, shown once and then taken out of its cookie */
	bool language_chosen;    /* by ?lang=: kept in a cookie */
	int64_t wait;            /* ms until the pace allows another */
};

/* ---- the server: http.c and socket.c only ---------------------------------------------------- */

struct connection { /* one socket */
	struct connection *next, *before;
	int fd;
	_Atomic int64_t deadline; /* steady ms; 0: none, the call is with us */
	_Atomic int64_t idle;     /* steady ms since when a request is waited for; 0: one is here */
	char peer[INET6_ADDRSTRLEN];
};

struct server {
	struct server_settings set;
	struct table_of_routes *routes;
	struct kept *kept;
	struct MHD_Daemon *daemon;
	struct thread *sweeper;
	uint16_t port;
	pthread_mutex_t lock; /* of connections */
	struct connection *connections;
	size_t connection_count;
	pthread_mutex_t away_lock; /* of away and closed; libmicrohttpd's own locks may be taken under it */
	struct exchange *away;
	bool closed;          /* nothing goes away any more */
	atomic_bool stopping, swept;
	atomic_size_t bodies; /* bytes held */
	atomic_int busy;      /* calls between complete request and sent reply */
	atomic_uint_fast64_t calls, refused, shut, classes[6];
};

static inline struct exchange *exchange_of(const struct call *c)
{
	return c->server;
}

/* ---- guard.c --------------------------------------------------------------------------------- */

/* The shapes of security.md §2.5. 0, or the status to refuse with; fills method, path_raw, query, declared, has_body. */
int guard_check(struct exchange *, const char *method, const char *version);
bool guard_host(const struct exchange *); /* the one Host is ours */

/* ---- route.c --------------------------------------------------------------------------------- */

struct table_of_routes;
struct table_of_routes *routes_build(const struct route *const *lists);
void routes_destroy(struct table_of_routes *);
/* Each route of the table, those of one path together. */
typedef void route_visit(void *arg, const struct route *);
void routes_each(const struct table_of_routes *, route_visit *, void *arg);
/* Sets call.route, call.path and the parts; call.route stays NULL and spot tells 404 (NULL) from 405. */
void route_find(const struct table_of_routes *, struct exchange *);
/* The one of them, or of a path of one segment, that a form is sent to. NULL: there is none. */
const struct route *route_of_spot(const struct spot *);
const struct route *route_of_form(const struct table_of_routes *, const char *path);
const char *route_allow(const struct exchange *); /* "GET, HEAD, OPTIONS" of the spot */
bool route_is_open(const struct exchange *); /* CORS paths: no cookies there, tokens only */

/* ---- run.c ----------------------------------------------------------------------------------- */

bool run_keeps(const struct exchange *); /* a draft is to be kept, and nothing placed */
bool run_is_known(struct exchange *); /* signed in, asked before a large body is read */
/* True: the reply is ready. False: the call went away (http_away) and comes back by http_back. */
bool run_call(struct exchange *);
void run_finish(struct exchange *); /* after it came back: makes the reply */

/* ---- http.c ---------------------------------------------------------------------------------- */

bool http_away(struct exchange *) MUST_USE;  /* before the call is handed to another thread; false: stopping */
void http_back(struct exchange *, enum err); /* from any thread, once */
const struct server_settings *http_settings(const struct exchange *);
struct kept *http_kept(const struct exchange *);
const struct table_of_routes *http_routes(const struct exchange *);

/* ---- socket.c -------------------------------------------------------------------------------- */

#define STACK_SIZE ((size_t)512 << 10)
int socket_listen(const char *address, uint16_t port, uint16_t *got, const char **why); /* -1 */
struct connection *socket_opened(struct server *, int fd, const struct sockaddr *);
void socket_closed(struct server *, struct connection *);
void socket_take(struct exchange *, const char *data, size_t size); /* past a limit: sets refused, drops the rest */
void socket_give_back(struct exchange *); /* the body's room, to the limit of all together */
void socket_nap(int64_t ms);
void socket_waits(struct connection *, int64_t most); /* for a request, so many ms */
void socket_sweep(void *server); /* the sweeper's thread */

/* ---- input.c --------------------------------------------------------------------------------- */

bool input_add(struct exchange *, const char *name, const char *value); /* false: too many, or no name */
int input_read(struct exchange *);   /* query and body into inputs; 0 or a status. Other nodes send no forms: query only */
enum err input_check(struct exchange *); /* what the route takes; fills faults */
bool input_is_secret(const struct route *, const char *name); /* never shown again */

/* ---- session.c ------------------------------------------------------------------------------- */

enum err session_identify(struct exchange *, struct txn *) MUST_USE; /* sets call.viewer and signed_in, by cookie or token */
bool session_csrf_ok(struct exchange *);
const char *session_csrf(const struct exchange *); /* the form's token, or NULL when nobody is signed in */

/* ---- cookie.c -------------------------------------------------------------------------------- */

bool cookie_is_read(const struct exchange *);
void cookie_language(struct exchange *); /* call.language, by ?lang=, cookie, Accept-Language */
void cookie_notice(struct exchange *);   /* takes the notice out of its cookie */

/* ---- pace.c ---------------------------------------------------------------------------------- */

int64_t pace_wait(const char *what, const char *who, int most, int64_t window_ms); /* 0: allowed, or ms to wait */
int64_t pace_of(struct exchange *);  /* the route's, or that of keeping drafts, for its viewer or address */
/* The caller's address as text: the socket's, or the rightmost hop that is not the trusted proxy. */
const char *pace_peer(struct arena *, const char *socket, const char *trusted, const char *forwarded);
size_t pace_count(void);             /* buckets in use: tests */

/* ---- kept.c ---------------------------------------------------------------------------------- */

struct kept *kept_create(void);
void kept_destroy(struct kept *);
bool kept_find(struct exchange *); /* true: call.reply is made. After session_identify */
void kept_add(struct exchange *);  /* the reply, when it is for anyone */

/* ---- answer.c -------------------------------------------------------------------------------- */

void answer_accept(struct exchange *);  /* wants_activity, wants_json by the Accept header */
bool answer_is_page(const struct exchange *); /* its route's view becomes a page */
/* exchange.view: a page's, with what each page has, or plain JSON. */
void answer_begin(struct exchange *, struct txn *, bool page);
enum err answer_view(struct exchange *, int status) MUST_USE; /* exchange.view becomes the reply's body */
void answer_error(struct exchange *, enum err);
void answer_status(struct exchange *, int status); /* what no enum err says: 400 405 413 415 421 501 505 */
void answer_options(struct exchange *);
void answer_retry(struct exchange *); /* after 429 and 503: when */

/* ---- reply.c --------------------------------------------------------------------------------- */

void reply_reset(struct call *);
void reply_close(struct call *); /* its file, when it was not sent */
void reply_finish(struct exchange *);  /* the headers of security.md §5.3, CORS, Vary, Cache-Control, 304 */

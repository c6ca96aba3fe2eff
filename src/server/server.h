/*
 * server.h: a call, its route, its viewer and its reply: what a feature needs to answer.
 *
 * The method decides. A GET route has `read`: it runs on the http thread in a read transaction and writes a view,
 * which becomes JSON or a page. A changing route has `write`: a write_fn run by the writer after its inputs were
 * checked; the reply goes out after the durable commit. What must sign, verify, hash a password or wait has `work`:
 * it runs on the crypto pool outside any transaction and may answer later.
 */
#pragma once

#include "data.h"
#include "store.h"
#include "webui.h"

/* ---- site: what this node is; immutable after start, owned by main, found by txn_owner and call->site ---- */

struct roll;
struct site {
	const char *domain;   /* "ex.org"; with a port for loopback names only */
	const char *base_url; /* "https://ex.org": no trailing slash; begins every local URI */
	const char *name;     /* the association */
	const char *summary;  /* one sentence, may be "" */
	const char *language; /* "nl" or "en" */
	const char *version;  /* of the program */
	const char *mail_from;/* address that its mail comes from; NULL: it sends none */
	const char *mail_server, *mail_sink; /* where it goes, as set; the directory of a sink, or NULL */
	int64_t mail_per_hour;
	bool mail_bounces;    /* each mail comes from an address of its own: bounce.c */
	bool loopback;        /* http and private addresses are allowed to loopback (demo, tests) */
	bool roll_second_factor; /* who sees the roll signs in with a code too: route.roll */
	const char *blobs;    /* the directory of blob.c: pictures and other files */
	const char *erased;   /* the file of erased.c; NULL: none is kept (tests) */
	uint64_t actor;       /* the node's own Application actor */
	uint8_t secret[32];   /* for sealing keys, CSRF tokens, notices */
	struct roll *roll;    /* who is a member: features/roll.h, and no other file's business */
};
const struct site *txn_site(const struct txn *); /* what store_settings.owner pointed to */

/* ---- call ------------------------------------------------------------------------------------ */

enum method { METHOD_GET = 1, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_OPTIONS };

/* Who asks. Someone signed in here, a signed remote actor, or nobody (all zero). */
struct viewer {
	uint64_t actor;     /* 0: nobody */
	bool local;         /* signed in here: an account, and active */
	bool member;        /* and in the circle of members of the association, today */
	bool admin;
	bool remote;        /* proved by an HTTP signature on this request */
	const char *session;/* the session's public handle, for CSRF; NULL without one */
	const char *scope;  /* of a bearer token, which counts under /api/ only: what it may do; NULL otherwise */
};

struct reply {
	int status;          /* 0: route.c fills in */
	const char *type;    /* content type, with charset where it has one */
	struct bytes body;   /* lives in the call's arena, or for ever when `kept` */
	bool kept;
	const char *page;    /* overrides route->page: webui/pages/<page>.html */
	const char *location;
	const char *cache;   /* Cache-Control; NULL: route.c's default: private, no-store unless nobody asks */
	const char *etag;    /* quoted; answers 304 by itself */
	struct header *headers; /* further ones, newest first */
	/* A file in the place of the body (reply_file): its descriptor, what of it goes out, how large it is. */
	int file;
	uint64_t from, size, whole;
	bool has_file;
};
struct header {
	const char *name, *value;
	struct header *next;
};

struct call {
	struct arena *arena;
	const struct site *site;
	struct store *store;
	enum method method;
	const char *target;  /* raw target as received: what signatures cover */
	const char *path;    /* decoded and checked, no query */
	const char *language;/* of this answer: choice, Accept-Language, then the site's */
	const char *peer;    /* address of the caller, for rate limits only: never logged, never stored */
	bool wants_activity; /* Accept names an ActivityPub type, and prefers it to HTML (protocol.md §3) */
	bool wants_json;     /* Accept prefers JSON, or the path is under /api */
	struct bytes body;   /* raw bytes, at most the route's max_body */
	bool typed;          /* a form was sent, or is filled with a draft: its inputs count, and not what it begins with */
	struct viewer viewer;
	const struct route *route;
	struct refusal refusal; /* write and work handlers fill it and return ERR_INVALID */
	struct reply reply;
	void *prepared;      /* by the route's `prepare`, in the arena */
	const char *paid[4]; /* pace.c: what was asked of the pace, and allowed */
	void *server;        /* http.c's and route.c's own */
};

struct upload { /* a file of a form; its name is what its sender calls it: never a path, only ever shown */
	const char *name;
	struct bytes bytes;
};
#define UPLOADS_MAX 8 /* of one form */
const struct upload *call_file(const struct call *, const char *input); /* NULL: none was chosen */

const char *call_header(const struct call *, const char *name); /* any case; NULL if absent. Security headers are single */
const char *call_part(const struct call *, const char *name);   /* {name} of the route's path, never NULL */
uint64_t call_part_id(const struct call *, const char *name);   /* 0 when it is no id */
/* An input from the query, an urlencoded or multipart form, or a JSON body: one way for all (client-api.md rule 9).
 * Declared inputs are already checked. NULL when absent. */
const char *call_input(const struct call *, const char *name);
const char *call_input_nth(const struct call *, const char *name, size_t n); /* of several, as "x[]", from 0; NULL past the last */
const char *call_input_at(const struct call *, size_t n, const char **name); /* each, in order; NULL past the last */
int64_t call_number(const struct call *, const char *name, int64_t otherwise);
uint64_t call_input_id(const struct call *, const char *name); /* 0: absent, or no id */
bool call_flag(const struct call *, const char *name);
const char *call_url(struct call *, const char *path); /* absolute: base_url + path */

void reply_header(struct call *, const char *name, const char *value); /* CR, LF, NUL: dies (our own mistake) */
bool reply_is_own_path(const char *path); /* "/x", and nothing that a browser reads as another host */
void reply_see_other(struct call *, const char *path); /* 303 to an own path: anything else becomes "/" */
void reply_bytes(struct call *, int status, const char *type, struct bytes);
/* A file, closed when it was sent; Range is answered. The reply needs an etag. */
void reply_file(struct call *, const char *type, int fd, uint64_t size);
/* The same thing in another form, at `url`: a Link header with rel=alternate. On a page the view's "alternate" says so too. */
void reply_alternate(struct call *, const char *url, const char *type);
#define ALTERNATE_ACTIVITY "application/activity+json"
#define ALTERNATE_PAGE "text/html"
void reply_notice(struct call *, const char *msgid);   /* shown once on the next page */
/* Secure, HttpOnly, Lax; 0 seconds clears. On https the name goes out with __Host- before it: a cookie of this host
 * and path "/" only, which no sister host can plant. call_cookie reads it back; NULL where cookies are not read. */
void reply_cookie(struct call *, const char *name, const char *value, int64_t seconds);
const char *call_cookie(const struct call *, const char *name);

/* A work handler that waits for something says call_later and returns OK; call_answer then ends the call exactly
 * once, from any thread. */
void call_later(struct call *);
void call_answer(struct call *, enum err);

/* ---- route ----------------------------------------------------------------------------------- */

enum access {
	ANYONE,    /* also nobody */
	SIGNED_IN, /* here: members, guests and applicants */
	MEMBER,    /* and in the circle of members, today */
	ADMIN,
	FEDERATION /* other nodes: no cookies, no CSRF; the handler verifies the signature itself */
};
enum wants { WANTS_ANY, WANTS_ACTIVITY, WANTS_PAGE }; /* two routes may share a path and differ in this */

enum input_kind { INPUT_TEXT = 1, INPUT_LINE, INPUT_NUMBER, INPUT_FLAG, INPUT_ID, INPUT_CHOICE, INPUT_PASSWORD, INPUT_EMAIL };
struct input {
	const char *name;
	enum input_kind kind;
	bool required;
	int64_t min, max;       /* TEXT, LINE, PASSWORD: code points; NUMBER: value */
	const char *choices;    /* CHOICE: "public|followers" */
	const char *label;      /* msgid used in the refusal: "Title" */
};
#define INPUTS_MAX 24

struct route {
	enum method method;
	const char *path;       /* "/c/{name}/new": a part matches one segment; literal text beats a part */
	enum access access;
	enum wants wants;
	enum err (*read)(struct call *, struct txn *, struct view *);
	enum err (*write)(struct call *, struct txn *); /* may run again: start from a clean reply */
	enum err (*work)(struct call *); /* beside `read`: what that answers ERR_SIGN_IN to */
	/* Before `write`, when the form came with files: on a thread of its own, as it may take seconds. ERR_INVALID
	 * with a refusal shows the form again, ERR_TOO_MUCH says that something is over its limit. */
	enum err (*prepare)(struct call *);
	const char *page;       /* webui/pages/<page>.html, never under /api/; NULL: the handler fills reply itself, or JSON */
	/* When inputs are refused: this reader renders `page` again with what was typed under "input", the reasons under
	 * "errors" { field, text } in order and under "error" by field, "refused" set, status 422. NULL: the plain error
	 * answer. A route with this alone changes nothing: it shows what was typed, status 200. */
	enum err (*form)(struct call *, struct txn *, struct view *);
	/* What is typed here is not lost: it can be kept as a draft (struct drafting), and what cannot be written now is
	 * shown again. Of a GET: its form may be filled with a draft. */
	bool drafts;
	/* It shows the roll: to whom it does, when they sign in with a second factor, if the site asks that. Others are led to
	 * /settings/second; whom it shows nothing it answers as without this. */
	bool roll;
	struct input takes[INPUTS_MAX];
	size_t max_body;        /* 0: 64 KiB. More than 1 MiB is read from who is signed in only */
	int per_minute;         /* calls per viewer (or address) of this handler; 0: 600 */
};

/* ---- server: http.c, route.c, session.c, clock.c --------------------------------------------- */

/* Who a session or token belongs to, in words for each page. Text may live in the transaction. */
struct signed_in {
	const char *name, *title, *url;
	bool admin, member, roll; /* roll: sees the pages about members */
	bool second;              /* with a second factor */
	int64_t news; /* notifications they did not see yet */
};
/* Asked once per call: ERR_NOT_FOUND for who is unknown, suspended or gone, and the session counts for
 * nothing. Kept by the feature that keeps accounts; server knows nothing of them. */
typedef enum err signed_in_fn(struct txn *, uint64_t actor, struct signed_in *out);
/* What every page shows of the site, beside its name: written into the view's "site". */
typedef void face_fn(struct txn *, struct view *);

/* Drafts of forms (route.drafts), kept by a feature: server knows what was typed, and nothing of what it is. */
struct drafting {
	enum err (*keep)(struct call *, struct txn *);  /* in place of `write`, when the form says "keep"; it may be half done */
	enum err (*open)(struct call *, struct txn *);  /* before a form is read that says "draft": call_fill what was kept */
	enum err (*place)(struct call *, struct txn *); /* after `write`, when the form says "draft": it is one no longer */
	void (*show)(struct call *, struct txn *, struct view *); /* on a page with such a form */
};
void call_fill(struct call *, const char *name, const char *value); /* as if it had been typed */

struct server_settings {
	const struct site *site;
	struct store *store;
	struct pool *crypto;
	struct pool *files;    /* runs `prepare`; NULL: crypto does */
	const char *address;   /* "127.0.0.1", "::" */
	uint16_t port;         /* 0: any; server_port tells */
	int threads;           /* 0: cores */
	const char *trusted_proxy; /* address whose X-Forwarded-For is believed; NULL: nobody's */
	const struct route *const *routes; /* lists, each ended by a zero method; NULL-ended */
	signed_in_fn *signed_in; /* NULL: nobody signs in */
	face_fn *face;         /* NULL: nothing more */
	const struct drafting *drafting; /* NULL: nothing is kept */
	size_t connections;    /* 0: 5 000. Over 3/4 of it, who asks nothing for a second is shut; sooner the fuller it is */
	size_t bodies;         /* bytes of request bodies held at one time; 0: 64 MiB. Over it: 503 */
	/* Absolute deadlines in ms (security.md §0b), after which the socket is shut: until the headers are complete,
	 * until the body is, until the reply is sent. 0: 10 s, 30 s, 60 s. */
	int64_t headers_in, body_in, reply_out;
};
struct server;
enum err server_start(const struct server_settings *, struct server **out, const char **why) MUST_USE;
uint16_t server_port(const struct server *);
/* Stops listening, lets running calls end (10 s at most; later ones get 503), then frees. */
void server_stop(struct server *);
void server_numbers(struct server *, struct view *); /* for /metrics and `kring stats` */

/* session.c: the cookie, the bearer token, CSRF. Records are below because commands make tokens too. */
#define SESSION_IDLE (14 * DAY)
#define SESSION_WHOLE (60 * DAY)
struct session {
	uint64_t actor;
	int64_t created, used; /* ms */
	const char *handle;    /* public name of the session: CSRF is HMAC(secret, handle) */
	const char *agent;     /* "Firefox, Linux", or "": what its owner sees in the list */
};
struct token {
	uint64_t actor;
	int64_t created, used;
	const char *scope, *label;
};
extern const struct shape session_shape, token_shape;
enum err session_begin(struct txn *, struct call *, uint64_t actor) MUST_USE; /* sets the cookie */
enum err session_end(struct txn *, struct call *) MUST_USE;
/* One of a person's sessions or tokens, by the hash in TABLE_ACCESS, in hex. ERR_NOT_FOUND: it is no one of theirs. */
enum err session_end_one(struct txn *, uint64_t actor, const char *hash) MUST_USE;
enum err session_end_all(struct txn *, uint64_t actor) MUST_USE; /* tokens too */
enum err token_create(struct txn *, struct arena *, uint64_t actor, const char *scope, const char *label, const char **out) MUST_USE; /* 100 per actor, then ERR_TOO_MUCH */
enum err token_end(struct txn *, const char *token) MUST_USE; /* ERR_NOT_FOUND: there is no such token */
/* Pace of one thing (a handler, an account, an address): false when it went over `most` in `window_ms`. */
bool pace_allows(const char *what, const char *who, int most, int64_t window_ms);
/* The same, once in a call for each `what`: a write that runs again does not pay again. */
bool call_allows(struct call *, const char *what, const char *who, int most, int64_t window_ms);
const char *call_network(const struct call *); /* whom paces count: the caller's address, or an IPv6 one's /64 */

/* clock.c: chores on time; each runs on the clock's thread and submits its writes. The first run of each comes
 * within its first `every`, or the first minute when that is longer, spread over it. */
struct chore {
	const char *name;
	int64_t every; /* ms */
	void (*run)(struct store *, void *arg);
	void *arg;
};
extern const struct chore session_chores[]; /* session.c: forgets what ended */
struct clock;
struct clock *clock_start(struct store *, const struct chore *const *lists); /* lists ended by a NULL name; NULL-ended */
void clock_stop(struct clock *);

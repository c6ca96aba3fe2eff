/*
 * federation.h: the only directory that knows HTTP signatures, inboxes and remote nodes.
 *
 *   in:  http → inbox.c (limits, signature.c, actor.c for keys) → append (durable) → 202 → apply → a feature's verb
 *   out: journal → outbox.c (activity, audience, inboxes) → delivery.c (durable queue per host) → transport.c
 *
 * Only what main.c, the commands and tests need is at the top; what the files of this directory share follows.
 */
#pragma once

#include "features.h"

/* ---- federation.c: start, stop, and the few things others ask -------------------------------- */

/* Where mail goes (features.h, mail.c): to a server, or into files of a directory, for development. */
struct mail_settings {
	const char *server;         /* smtp://host:587 (STARTTLS, but to loopback), smtps://host:465; NULL: none */
	const char *user, *password;/* NULL: without */
	const char *directory;      /* made when missing; NULL: none */
	int64_t per_hour;
};

struct federation;
struct federation_settings {
	const struct site *site;
	struct store *store;
	struct pool *crypto;
	const char *ca_file;     /* extra CA bundle (tests), NULL: the system's */
	bool deliver;            /* false: only fetches (a command beside a running node) */
	int64_t retry_unit;      /* ms of the first retry step; 0: 10 s. Tests shorten it */
	struct mail_settings mail;
	size_t inbox_max;        /* rows waiting to be applied; 0: 50 000. Over it: 503 */
	size_t inbox_bytes;      /* of their JSON; 0: 512 MiB. Over it: 503 */
};
/* The resolver obeys RES_OPTIONS; set before the first thread (main.c does). */
enum err federation_start(const struct federation_settings *, struct federation **out, const char **why) MUST_USE;
void federation_stop(struct federation *); /* NULL ok; nothing queued is lost */
extern const struct route federation_routes[], lookup_routes[], linking_routes[], mailer_routes[], aggregator_routes[]; /* collection.c, lookup.c, linking.c, mailer.c, aggregator.c; they find the federation by federation_running */
extern const struct chore aggregator_chores[];
void federation_numbers(struct federation *, struct view *);
/* A handle or URI to an actor's record, fetched when unknown. Waits: pool and command threads only. */
enum err federation_find_actor(struct federation *, const char *handle_or_uri, uint64_t *actor) MUST_USE;
enum err federation_find_post(struct federation *, const char *uri, uint64_t *post) MUST_USE;
/* Sends a mail to `to` at once; *words: what the server said, or what went wrong, in the arena. Waits. */
enum err federation_mail_test(struct federation *, struct arena *, const char *to, const char **words) MUST_USE;
/* What could not be applied, a line each (the first thousand); and all of it back to the inbox, once more. */
enum err parked_list(struct store *, struct text *out, size_t *count) MUST_USE;
enum err parked_retry(struct federation *, size_t *count) MUST_USE;
void federation_settle(struct federation *); /* inbox applied, outbox expanded, first tries made: tests, the demo, drain */

/* ---- shared inside this directory ------------------------------------------------------------ */

struct transport;
struct delivery;
struct mailer;
struct inbox;
struct resolver;
#define READERS_MOST 16
struct federation {
	struct federation_settings set;
	struct transport *transport;
	struct delivery *delivery;
	struct mailer *mailer;
	struct inbox *inbox;
	struct journal_reader readers[READERS_MOST]; /* the outbox, then the features' */
	size_t reader_count;
	struct journal *journal; /* runs them */
	struct key_pair node_keys; /* of site->actor: signs every GET */
	struct resolver *resolver; /* what failed lately, which signature form a host takes */
	struct pool *proxy; /* fetches pictures that pages show */
	struct pool *feeds; /* aggregator.c's */
	struct pool *lookups; /* lookup.c's: who searches for an address waits there for the net */
	struct letter_keys *letter_keys; /* letter.c's: of the journal's thread in the writer's transactions */
};
struct federation *federation_running(void); /* the one of this process; routes find it here */

/* reading.c: what activity.c, object.c and actor.c read foreign JSON with. The first refusal stays. */
struct reading {
	struct arena *arena;
	struct refusal *why; /* may be NULL */
	enum err err;
};
#define URI_MOST 2048
#define TYPE_MOST 64
#define TYPES_MOST 8
#define LINKS_MOST 32
#define LANGUAGE_MOST 35
#define ADDRESSES_MOST 256 /* to and cc together */
void reading_refuse(struct reading *, const char *field, const char *text);
bool reading_is_uri(const char *);
const json_node *reading_member(struct reading *, const json_node *, const char *name);
const json_node *reading_one(struct reading *, const json_node *, const char *name);
const char *reading_id_of(const json_node *); /* a string's or an object's id */
const char *reading_own_id(struct reading *, const json_node *);
const char *reading_uri(struct reading *, const json_node *, const char *name);
const char *reading_type(const json_node *);
struct names reading_uris(struct reading *, const json_node *, const char *name, size_t most);
const char *reading_text(struct reading *, const json_node *, const char *name, size_t bytes);
const char *reading_words(struct reading *, const json_node *, const char *name, size_t points);
const char *reading_map(struct reading *, const json_node *, const char *name, const char **language);
const char *reading_link(struct reading *, const json_node *, const char *name, bool html);
int64_t reading_time(struct reading *, const json_node *, const char *name);
int64_t reading_past(struct reading *, const json_node *, const char *name);
int64_t reading_number(struct reading *, const json_node *, const char *name);
bool reading_flag(struct reading *, const json_node *, const char *name);
const char *reading_no_fragment(struct arena *, const char *uri);
bool reading_same_host(const char *a, const char *b); /* fragments aside */

/* activity.c: JSON ↔ struct activity. Tolerant in: scalar or array, id or object everywhere (protocol.md §0.8). */
enum err activity_read(struct arena *, struct bytes json, struct activity *out, struct refusal *) MUST_USE; /* limits of security.md §2.6 */
enum err activity_from_node(struct arena *, const json_node *, struct activity *out, struct refusal *) MUST_USE;
enum err object_from_node(struct arena *, const json_node *, struct object *out, struct refusal *) MUST_USE;
enum err actor_from_node(struct arena *, const json_node *, struct actor *claims, struct refusal *) MUST_USE; /* with keys */
bool activity_is_public(const char *uri); /* the three spellings of as:Public */
#define ACTIVITY_TYPE "application/activity+json"
#define PUBLIC_URI "https://www.w3.org/ns/activitystreams#Public"
void activity_context(struct view *); /* writes "@context" */
bool activity_is_type(const char *type);
/* `object` may be an array of several: the one at `i`, as an activity of its own (polls answered with several choices). */
enum err activity_part(struct arena *, const json_node *, size_t i, struct activity *out, struct refusal *) MUST_USE;
#define ACTIVITY_PARTS 20
size_t activity_parts(const json_node *); /* 1 but for a Create of several objects */
bool activity_is_plain(const json_node *); /* no member at the top that re-shapes a graph (security.md R18) */

/* object.c: objects read, and ours written */
bool object_is_type(const char *type);
uint32_t actor_kind_of(const char *type); /* enum actor_kind, or 0 */
const char *actor_type_of(uint32_t kind);

/* structured.c: structured fields (RFC 9651, which holds RFC 8941): the headers of RFC 9421 are made of them */
enum structured_kind {
	STRUCTURED_INTEGER = 1, STRUCTURED_DECIMAL, STRUCTURED_STRING, STRUCTURED_TOKEN, STRUCTURED_BYTES,
	STRUCTURED_BOOLEAN, STRUCTURED_DATE, STRUCTURED_DISPLAY, STRUCTURED_LIST
};
struct structured {
	enum structured_kind kind;
	bool again;           /* this name came more than once; the last value stands */
	const char *name;     /* of a member of a dictionary, of a parameter */
	int64_t number;       /* INTEGER, DATE (s), BOOLEAN; DECIMAL in thousandths */
	const char *text;     /* STRING, TOKEN, DISPLAY */
	struct bytes bytes;   /* BYTES */
	struct structured *items, *parameters; /* LIST; any */
	size_t item_count, parameter_count;
};
/* A whole field value, at most 128 KiB, 1 024 members, 256 parameters each. ERR_INVALID: it is none. */
enum err structured_item(struct arena *, const char *field, struct structured *out) MUST_USE;
enum err structured_list(struct arena *, const char *field, struct structured *out) MUST_USE;
enum err structured_dictionary(struct arena *, const char *field, struct structured *out) MUST_USE; /* a LIST of named items */
const struct structured *structured_parameter(const struct structured *, const char *name); /* NULL: none */
void structured_write(struct text *, const struct structured *); /* an item or inner list, canonical; t->failed when it cannot be */

/* signature.c, cavage.c, message.c: both forms read; sign.c: made */
enum signature_form { FORM_CAVAGE = 1, FORM_RFC9421 };
struct signed_request { /* what was received, or is to be sent */
	const char *method; /* "POST" */
	const char *target; /* raw target */
	const char *origin; /* "https://host": for @target-uri */
	const char *host;   /* Host header */
	struct bytes body;
	bool has_body;      /* POST: a digest must be covered */
	const char *(*header)(void *arg, const char *name); /* receiving; single values joined as received */
	void *arg;
};
struct signature { /* parsed, not yet verified */
	enum signature_form form;
	const char *key_id;
	const char *base;    /* the exact bytes signed, with the query … */
	const char *base_no_query; /* … and without, when there is one (cavage) */
	struct bytes bytes;
	const char *algorithm; /* as named, or NULL */
	int64_t created;     /* ms */
};
/* Everything that costs nothing first: form, duplicates, coverage, window, digest. ERR_SIGN_IN: none or not good;
 * ERR_INVALID: malformed. *why gets a word for the log. A key id may be acct:name@host, as Mastodon sent it long ago: it names
 * an account and not one of its keys, so no door of ours finds a key for it (security.md §4.5). */
enum err signature_parse(struct arena *, const struct signed_request *, int64_t now, struct signature *out, const char **why) MUST_USE;
bool signature_verify(const struct signature *, const struct key *); /* the algorithm is the key's, and not another one's by name */
/* The bytes RFC 9421 signs: `input` is the inner list of Signature-Input with its parameters. */
enum err signature_base(struct arena *, const struct signed_request *, const struct structured *input, const char **base,
	const char **why) MUST_USE;
/* The headers to send with it, "Name: value" each, NULL-ended: Date, Digest or Content-Digest, Signature, Signature-Input. */
enum err signature_make(struct arena *, const struct signed_request *, enum signature_form, const struct key *, const char *key_id,
	int64_t now, const char *const **headers) MUST_USE;
/* proof.c: eddsa-jcs-2022 (FEP-8b32). Add: returns the document with its proof. Check: ERR_NOT_FOUND no proof we know,
 * ERR_SIGN_IN a bad one, or one made before `since` (0: of any age). */
enum err proof_add(struct arena *, struct bytes json, const struct key *, const char *key_id, int64_t now, struct bytes *out) MUST_USE;
enum err proof_check(struct arena *, const json_node *document, const char *key_id, const struct key *, int64_t since, int64_t now) MUST_USE;
const char *proof_key_id(const json_node *document); /* verificationMethod of its proof, or NULL */
/* Whose id is forgotten may come again (seen.c), so a proof speaks for no longer than any site remembers (retention.c). */
#define PROOF_AGE_MOST (7 * DAY)

/* dns.c: names to addresses, on threads of its own: a name that takes long holds up nobody else */
#define DNS_ADDRESSES 8
struct dns;
struct dns_answer {
	enum err err; /* ERR_REMOTE: no such name; ERR_FORBIDDEN: one of its addresses is none we connect to; ERR_AGAIN: too many wait */
	size_t count;
	char at[DNS_ADDRESSES][48]; /* printed */
};
typedef void dns_fn(void *arg, const struct dns_answer *);
struct dns *dns_start(void);
void dns_stop(struct dns *); /* answers what was asked first; NULL ok */
void dns_ask(struct dns *, const char *host, dns_fn *, void *arg); /* answers once: at once from memory, or on a thread of dns.c */

/* transport.c: the only file with libcurl; job.c: a request before and after it */
enum fetch_kind { FETCH_ACTIVITY = 1, FETCH_JRD, FETCH_NODEINFO, FETCH_FILE, FETCH_FEED, FETCH_POST };
struct request {
	enum fetch_kind kind;
	const char *url;
	struct bytes body;               /* FETCH_POST */
	const char *const *headers;      /* further ones, NULL-ended; must live until done */
	size_t max;                      /* of the decoded answer; 0: 1 MiB */
	int64_t deadline;                /* ms in all; 0: 20 s */
};
struct answer { /* lives during the callback only */
	enum err err;      /* OK: an HTTP status came; ERR_REMOTE: net, TLS, DNS, time; ERR_FORBIDDEN: address refused; ERR_TOO_MUCH: too big */
	int status;
	const char *type;  /* Content-Type, lower case */
	const char *url;   /* asked for: redirects are the caller's, hop by hop */
	const char *location;
	int64_t retry_after; /* ms, or 0 */
	const char *etag, *modified; /* FETCH_FEED: ETag, Last-Modified; or NULL */
	struct bytes body;
	const char *why;   /* a few words for the log */
};
typedef void answer_fn(void *arg, const struct answer *);
enum err transport_start(const struct federation_settings *, struct transport **out, const char **why) MUST_USE;
void transport_close(struct transport *); /* every open request gets its callback with ERR_AGAIN; none is taken any more. Twice is fine */
void transport_stop(struct transport *); /* closes and frees: after everything that may still send has stopped */
/* OK: done runs once, on the wire thread: pass on, do not work. ERR_INVALID, ERR_FORBIDDEN: by its form, no such address.
 * ERR_AGAIN: too many or stopping. What request points to must live until then. */
enum err transport_send(struct transport *, const struct request *, answer_fn *done, void *arg) MUST_USE;
/* A mail to the server of the settings, on the caller's thread: waits two minutes at most, or until transport_close. */
struct mail_request {
	const struct mail_settings *set;
	const char *hello, *from, *to; /* hello: our name */
	struct bytes message;
};
struct mail_answer {
	int status;      /* the server's last code, or 0 */
	char words[512]; /* what it said with it, or what went wrong; may name the address */
};
/* ERR_GONE: the recipient or the message is refused for good; ERR_AGAIN: for now; ERR_REMOTE: the server itself fails;
 * ERR_INVALID: an address is none. */
enum err transport_mail(struct transport *, const struct mail_request *, struct mail_answer *) MUST_USE;
/* mailer.c: the mail that waits, sent by a thread */
struct mailer *mailer_start(struct federation *);
void mailer_stop(struct mailer *); /* after transport_close; NULL ok */
void mailer_numbers(struct mailer *, struct view *);
bool mail_is_loopback(const char *server); /* smtp://localhost:25 and the like */
/* address.c: the one address check (security.md §3.1). loopback: a loopback address and nothing else. */
bool transport_address_ok(const void *sockaddr, bool loopback);
/* The same question about a URL's form: https, port 443, a name; loopback may be more when it is allowed at all. */
enum err transport_url_ok(const struct url *, const char *own_origin, bool loopback_allowed, bool *loopback) MUST_USE;
void transport_numbers(struct transport *, struct view *);

/* document.c: local actors and posts, without @context */
enum err actor_document(struct txn *, const struct actor *, struct view *) MUST_USE; /* ERR_GONE: a tombstone is due */
enum err document_post(struct txn *, const struct post *, struct view *) MUST_USE; /* a tombstone when it is gone */
enum err document_tombstone(const char *uri, const char *former, int64_t when, struct view *) MUST_USE;
const char *document_type(const struct post *); /* "Note" */
void document_addresses(struct view *, const struct audience *); /* to and cc */

/* What one inbound activity, key or question may still cost. */
struct budget {
	int fetches;
	int64_t until; /* steady */
};

/* actor.c, keys.c: remote actors: fetch, cache, keys, refresh */
enum err actor_known(struct federation *, struct arena *, const char *uri, struct actor *out) MUST_USE; /* from the store only */
/* These wait for the net, no longer than the budget lasts: pool threads only. */
enum err actor_fetch(struct federation *, struct arena *, const char *uri, struct budget *budget, struct actor *out) MUST_USE; /* always reads it anew */
enum err actor_find(struct federation *, struct arena *, const char *uri, struct budget *budget, struct actor *out) MUST_USE;  /* stored ≤ 1 day old, else fetched */
bool actor_is_old(const struct actor *); /* of another node, fetched more than a day ago */
/* The key named key_id, with its owner checked both ways: as its host said it within the last day, or before, while that is
 * away. refetch: the stored one failed; at most once a minute per key. */
enum err actor_key(struct federation *, struct arena *, const char *key_id, bool refetch, struct actor *owner, struct key **out) MUST_USE;

/* The same from the store only, without waiting: ERR_NOT_FOUND when it would have to be fetched, ERR_FORBIDDEN: one of ours. */
enum err actor_key_known(struct federation *, struct arena *, const char *key_id, struct actor *owner, struct key **out) MUST_USE;

/* lookup.c: what a handle or address names, fetched; *path: its page here, when the viewer may read it. Waits: pool threads only. */
enum err lookup_address(struct federation *, struct arena *, const char *address, const struct viewer *, const char **path) MUST_USE;

/* resolve.c, thread.c: signed GETs with redirects, content type, id == url (security.md §3.7, §3.8; protocol.md §11.3).
 * ERR_REMOTE: not to be had now; ERR_INVALID, ERR_FORBIDDEN: not what it should be, or not for us. */
enum err resolve_fetch(struct federation *, struct arena *, const char *uri, struct budget *budget, const json_node **out) MUST_USE;
/* A GET with its redirects, each address checked: *out is OK's 200 or 304, or what another answer said; *final: where it was. */
enum err resolve_any(struct federation *, struct arena *, const struct request *, struct budget *, struct answer *out,
	const char **final) MUST_USE;
/* Any bytes, at most `max`, with redirects: for what is looked at by its content only. */
enum err resolve_file(struct federation *, struct arena *, const char *address, size_t max, struct budget *budget,
	struct bytes *out) MUST_USE;
enum err resolve_webfinger(struct federation *, struct arena *, const char *handle, struct budget *budget, const char **uri) MUST_USE;
enum err resolve_post(struct federation *, struct arena *, const char *uri, struct budget *budget, uint64_t *post) MUST_USE; /* with its parents, within the budget */

struct resolver *resolver_create(int64_t retry_unit);
void resolver_destroy(struct resolver *); /* NULL ok */
/* One flight per thing: waits while another thread has it (ERR_AGAIN: too long). ERR_*: it failed within the last five
 * minutes, or its host was away within the last six retry units, and how. */
enum err resolver_enter(struct resolver *, const char *what, const struct budget *) MUST_USE;
void resolver_leave(struct resolver *, const char *what, enum err how); /* remembers failures that are the other side's */
bool resolve_is_own(const struct federation *, const char *uri);
bool resolve_allowed(const struct federation *, struct arena *, const char *uri); /* by its form; https but on loopback */
bool resolve_is_activity_type(const char *content_type);
enum err resolve_get(struct federation *, struct arena *, const struct request *, struct answer *out) MUST_USE; /* waits; no checks */
struct budget resolve_budget(void); /* ten requests, a minute */
enum err resolve_take(struct budget *, int64_t *deadline) MUST_USE; /* one request; ERR_TOO_MUCH, ERR_REMOTE: it is spent */

/* inbox.c; apply.c, task.c: what becomes of it */
struct received { /* a row of TABLE_INBOX, of TABLE_LATER and of TABLE_PARKED */
	const char *id, *type, *actor;
	struct bytes raw;
	uint64_t signer; /* actor record */
	const char *host; /* the signer's: whose room it takes */
	bool forwarded;  /* the signer is not the actor */
	bool proved;     /* by an integrity proof of actor itself */
	int64_t at;
	uint32_t tries;
	uint32_t crashes; /* of ours, with this among the first rows */
};
extern const struct shape received_shape;
enum err inbox_start(struct federation *, struct inbox **out) MUST_USE;
void inbox_stop(struct inbox *); /* NULL ok */
void inbox_settle(struct inbox *);
void inbox_numbers(struct inbox *, struct view *);
enum err inbox_receive(struct call *); /* the work handler of every inbox route */
/* Who signed a GET, or nobody: sets call->viewer. Bad signatures are ERR_SIGN_IN. Waits for an unknown key. */
enum err inbox_viewer(struct call *) MUST_USE;
const char *task_host(const struct received *); /* "" of a row that cannot be read */
void inbox_took(struct inbox *, const char *host, size_t bytes); /* a row of that signer with so much JSON was committed */
/* Runs on a thread that may wait for the net; some 70 wait, 32 of one network. ERR_TOO_MUCH over it. */
enum err inbox_later(struct inbox *, const char *peer, void (*run)(void *), void *arg) MUST_USE;

/* room.c: how much may wait, and what does */
bool room_full(struct inbox *);                       /* for everyone */
bool room_full_for(struct inbox *, const char *host); /* it holds a tenth */
long room_rows(struct inbox *, const char *host);
void room_take(struct inbox *, const char *host, size_t bytes);
void room_leave(struct inbox *, const char *host, size_t bytes);
void room_empty(struct inbox *);

/* seen.c: which activities came already */
enum err seen_add(struct txn *, const struct received *, bool *known) MUST_USE;
enum err seen_drop(struct txn *, const struct received *) MUST_USE; /* as if it had never come */
/* Undone by who did it: that may say it again under the same id, but nobody for them. ERR_NOT_FOUND: it never came. */
enum err seen_end(struct txn *, const char *id) MUST_USE;
/* What an actor undid or deleted before it came, by its id: as long as that is known. since: 0, or later only. */
enum err seen_take_back(struct txn *, const char *actor, const char *id) MUST_USE;
bool seen_taken_back(struct txn *, const char *actor, const char *id, int64_t since);
bool seen_forget(struct store *, int64_t before); /* a part of what is older; true: there is no more */

/* forget.c: rows that were kept long enough, some at a time */
bool forget_old(struct store *); /* true: there are no more */
extern const struct personal forget_personal; /* of who leaves: what was sent */
bool forget_waits(struct txn *, uint64_t actor); /* something they said still has to go out */

/* judge.c: may it be believed, and what must be fetched first (protocol.md §11; security.md R1, R2, R6, R15, R39) */
enum need { NEED_NOTHING, NEED_ACTIVITY, NEED_ACTOR, NEED_OBJECT, NEED_PROFILE, NEED_POST, NEED_PROOF, NEED_ABSENCE, NEED_COUNT };
struct judged {
	struct arena *arena;
	const json_node *node;   /* the whole document */
	struct activity activity;
	bool authentic;          /* by signature, proof or fetched from its own host */
	bool inner_proved;       /* the announced activity carries its actor's own proof, or was fetched */
	bool done[NEED_COUNT];   /* fetched already: asked for once */
	bool refused;            /* one of several parts, left out */
	enum need need;          /* out: ERR_REMOTE */
	const char *uri;         /* out: of what is needed */
	bool shown;              /* out, with NEED_ABSENCE: it is a post for everyone */
	const char *parent;      /* out: an unknown parent of what was created, or NULL */
};
/* One activity, in the writer's transaction. ERR_REMOTE with need set: nothing was written, fetch it and come again. */
enum err judge_apply(struct txn *, struct judged *) MUST_USE;
enum err judge_fetch(struct federation *, struct judged *, struct budget *budget) MUST_USE; /* what it needs; waits */
/* To the verb of a feature, by type and type of the object; ERR_NOT_FOUND: nobody's. */
enum err judge_dispatch(struct txn *, const struct activity *) MUST_USE;

/* outbox.c: the journal reader that turns lines into activities and queue rows */
struct kept { /* a row of TABLE_ACTIVITY: what we sent, as sent */
	struct bytes json;
	uint64_t actor;
	bool open; /* may be fetched by anyone */
	uint64_t post; /* whose words it holds: as long as anyone may read those, or `reader` may; 0: none's */
	uint64_t reader; /* elsewhere, whom alone it is for: closed.c; 0: it is no copy */
	uint64_t line;   /* it follows from this one */
};
extern const struct shape kept_shape;
#define OUTBOX_READER "outbox"
enum err outbox_follow(struct txn *, const struct line *, void *federation);
void outbox_after(void *federation); /* the rest of long lists of followers, in steps; then the delivery is woken */
enum err outbox_activity_of(struct txn *, const struct post *, struct view *) MUST_USE; /* Create of a post, for collections */

/* letter.c: one activity being written, signed and kept. Besides its own activity a line has others that follow from it:
 * in TABLE_ACTIVITY the number has the variant on top, in an address it follows the number: <base>/a/<place>-announce. */
enum variant { VARIANT_SELF, VARIANT_ANNOUNCE, VARIANT_POST, VARIANT_UNDO, VARIANT_CLOSED,
	VARIANT_QUESTION, VARIANT_QUESTION_POST, VARIANT_QUESTION_UNDO /* of the Question beside a post */, VARIANT_COUNT };
#define VARIANT_SHIFT 60
struct saying { /* a journal line and what it is about */
	struct federation *f;
	struct txn *t;
	struct arena *arena;
	const struct site *site;
	const struct line *line;
	struct actor actor;      /* who acts */
	struct actor community;  /* where; id 0: nowhere */
	struct post post;        /* of acts on posts */
	struct actor author;     /* of that post */
	struct audience audience;
	bool open;
};
struct letter {
	struct view *v;
	struct saying *s;
	const struct actor *from;
	uint64_t key;
	const char *id;
	uint64_t reader, copied; /* closed.c: whom alone it is for, and the post whose words it holds */
};
#define LETTER_MOST ((size_t)60 << 10) /* Misskey's inbox takes 64 KiB */
const char *letter_id(struct arena *, const struct site *, uint64_t id, enum variant);
bool letter_read_id(const char *word, uint64_t *key); /* "123-announce" */
struct letter_keys *letter_keys_create(void); /* the keys of proofs: unsealing one costs more than signing with it */
void letter_keys_destroy(struct letter_keys *);
struct letter letter_begin(struct saying *, const struct actor *from, const char *type, uint64_t id, enum variant);
void letter_address(struct view *, const char *name, const char *first, const char *second); /* NULL: left out */
void letter_address_all(const struct saying *, struct view *); /* to and cc of what is done to a post or in a community */
void letter_audience(const struct saying *, struct view *);    /* its community */
void letter_undone(const struct saying *, struct view *, const char *id, const char *type); /* begins the object of an Undo */
/* Signed, kept as it will be sent; the time is the line's, so that a replay says the same bytes. json may be NULL. */
enum err letter_keep(struct letter *, struct bytes *json) MUST_USE;
/* Everything a local community hears is passed on; never what a group said, never an Announce (loop guard). */
enum err letter_pass_on(struct saying *, struct bytes inner, const char *inner_id) MUST_USE;
/* The place whose `variant` last announced the post: what an Undo names. */
uint64_t letter_announced(struct txn *, uint64_t post, enum variant variant);
/* The Question beside a post by its id: who unwraps activities reads the post itself. */
enum err letter_pass_on_question(struct saying *) MUST_USE;
bool letter_stays(const struct saying *); /* its community is ours */

/* closed.c: what members write, to those who read along elsewhere */
enum err closed_follow(struct saying *) MUST_USE; /* a line about a post, or about one of them */
/* The members of the copy at <base>/m/<number>, as it is today. ERR_NOT_FOUND: none for this one. */
enum err closed_show(struct txn *, uint64_t number, uint64_t reader, struct view *) MUST_USE;

/* between.c: lines about actors; each OK when there is nothing to say */
enum err between_actors(struct saying *) MUST_USE; /* Follow, Accept, Reject, Block and what undoes them */
enum err between_ban(struct saying *, bool undo) MUST_USE;
enum err between_flag(struct saying *) MUST_USE;
enum err between_profile(struct saying *) MUST_USE;
enum err between_end(struct saying *) MUST_USE;
enum err between_move(struct saying *) MUST_USE;

/* proxy.c: pictures of other nodes, for pages of this one; readers, and the work beside them */
struct pool *proxy_start(void);
enum err proxy_of_post(struct call *, struct txn *, struct view *) MUST_USE;
enum err proxy_of_actor(struct call *, struct txn *, struct view *) MUST_USE;
enum err proxy_fetch(struct call *) MUST_USE;

/* aggregator.c: feeds of other sites, for curated.c */
struct pool *aggregator_start(void);

/* discovery.c: readers of the well-known addresses */
enum err discovery_webfinger(struct call *, struct txn *, struct view *) MUST_USE;
enum err discovery_host_meta(struct call *, struct txn *, struct view *) MUST_USE;
enum err discovery_host_meta_json(struct call *, struct txn *, struct view *) MUST_USE;
enum err discovery_nodeinfo(struct call *, struct txn *, struct view *) MUST_USE;
enum err discovery_nodeinfo_2_0(struct call *, struct txn *, struct view *) MUST_USE;
enum err discovery_nodeinfo_2_1(struct call *, struct txn *, struct view *) MUST_USE;

/* audience.c: whom an activity reaches */
struct recipients {
	struct txn *t;
	uint64_t activity, actor; /* key in TABLE_ACTIVITY, who signs */
	uint64_t place;           /* of the line: what an actor does goes in this order */
};
struct recipients letter_recipients(const struct letter *);
enum err audience_actor(const struct recipients *, uint64_t actor) MUST_USE;
enum err audience_one(const struct recipients *, uint64_t actor) MUST_USE; /* into their own inbox, not their site's */
/* The first thousand now; the rest stands in TABLE_FANOUT and is done by audience_step. */
enum err audience_followers(const struct recipients *, uint64_t of) MUST_USE;
enum err audience_following(const struct recipients *, uint64_t of) MUST_USE; /* whom it follows: its end */
enum err audience_reached(const struct recipients *, uint64_t of) MUST_USE; /* wherever its words went: its end */
enum err audience_step(struct txn *, void *more) MUST_USE; /* bool *more: there is another step to do */

/* delivery.c, lane.c, pick.c, attempt.c, outcome.c: rows per (host, activity), host health, retries over days */
struct delivery_row {
	const char *inbox;
	uint64_t actor;  /* who signs */
	uint32_t tries;
	int64_t next;    /* ms; not before */
	int64_t since;   /* queued */
};
struct host {
	const char *name;     /* authority */
	uint32_t form;        /* signature form that last worked; 0 unknown */
	int64_t form_until;
	uint32_t failures;    /* in a row */
	int64_t down_since, next; /* 0: up */
	int64_t last_ok, last_seen; /* last_seen: a verified request from it */
	int64_t gone_until;   /* a record under the hash of an inbox: it answered 410 */
};
extern const struct shape delivery_row_shape, host_shape;
int64_t outcome_step(uint32_t tries, int64_t unit); /* ms to the next try, ±20 %: 10 s to 12 h where the unit is 10 s */
enum err delivery_start(struct federation *, struct delivery **out) MUST_USE;
void delivery_stop(struct delivery *); /* closes the transport; before transport_stop. What is queued stays queued */
void delivery_settle(struct delivery *);
void delivery_wake(void *delivery); /* new rows were committed */
enum err delivery_put(const struct recipients *, const char *inbox) MUST_USE; /* from outbox.c's transaction */
uint64_t delivery_activity(struct bytes key); /* of a row of TABLE_QUEUE */
/* A verified request came from it: it lives. *back: it was given time, which is over; delivery_wake once committed. */
enum err delivery_seen(struct txn *, const char *host, bool *back) MUST_USE;
void delivery_numbers(struct delivery *, struct view *);
extern const struct table_use federation_tables[]; /* for `kring check` */

/*
 * base.h: the words every file may use. It knows nothing of the net, the store or the features.
 *
 * Text is NUL-terminated UTF-8, checked where it enters (http, json); bytes carry their size.
 * Times are int64_t milliseconds since 1970 (UTC) unless a name says otherwise; ids are time-sorted.
 * Outputs come last and are untouched when a function fails.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(at, first) __attribute__((format(printf, at, first)))
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- err.c: how things fail ------------------------------------------------------------------ */

enum err {
	OK = 0,
	ERR_NOT_FOUND, /* it does not exist, or this viewer may not know that it does */
	ERR_FORBIDDEN, /* it exists and is known, but may not be done */
	ERR_SIGN_IN,   /* who asks is unknown: sign in, sign the request */
	ERR_INVALID,   /* the caller's words are wrong; a struct refusal says which */
	ERR_CONFLICT,  /* it was true already, or changed meanwhile */
	ERR_GONE,      /* it was here and never comes back (tombstone) */
	ERR_TOO_MUCH,  /* a limit of size, count or pace */
	ERR_AGAIN,     /* not now: busy, stopping, disk full; retry later */
	ERR_REMOTE,    /* another node failed us */
	ERR_STORE,     /* the store is broken or unreadable */
	ERR_COUNT
};

const char *err_name(enum err e);    /* "not_found" …: for log lines and tests */
int err_status(enum err e);          /* HTTP status: 200 404 403 401 422 409 410 429 503 502 500 */
const char *err_message(enum err e); /* one plain English sentence (a msgid) */

/* Why an input was refused: `field` is the input's name or NULL, `text` a msgid. Static strings only. */
struct refusal {
	const char *field;
	const char *text;
};
/* Fill *why (may be NULL) and return ERR_INVALID: `return refuse(why, "title", "A title is too long.");` */
enum err refuse(struct refusal *why, const char *field, const char *text);

/* ---- arena.c: memory that lives as long as one call, job or chore ---------------------------- */

struct arena;
struct bytes {
	const void *data; /* may be NULL when size is 0 */
	size_t size;
};

struct arena *arena_create(void);   /* never NULL: out of memory logs and aborts */
void arena_destroy(struct arena *); /* NULL ok */
void arena_reset(struct arena *);   /* keeps one block */
void *arena_alloc(struct arena *, size_t size);             /* zeroed, aligned for any type */
void *arena_array(struct arena *, size_t count, size_t size); /* zeroed; aborts on overflow */
/* What `old` holds, in more room; it need not move while it is the newest. The new part is not zeroed. */
void *arena_grow(struct arena *, void *old, size_t old_size, size_t size);
void *arena_copy(struct arena *, const void *data, size_t size); /* a NUL follows the copy */
char *arena_text(struct arena *, const char *s);            /* NULL in, NULL out */
char *arena_text_n(struct arena *, const char *s, size_t size);
char *arena_format(struct arena *, const char *format, ...) PRINTF(2, 3);
struct bytes arena_bytes(struct arena *, struct bytes);
size_t arena_size(const struct arena *); /* bytes taken: for limits and tests */

#define ARENA_CLEANUP __attribute__((cleanup(arena_cleanup)))
void arena_cleanup(struct arena **);

/* Out of memory or a broken promise of our own: log and abort; the supervisor restarts. */
_Noreturn void die(const char *format, ...) PRINTF(1, 2);

/* ---- text.c: building and reading text ------------------------------------------------------- */

/* A growing buffer in an arena. Past `max` bytes it stops and `failed` stays set: check once at the end. */
struct text {
	struct arena *arena;
	char *at; /* always NUL-terminated after text_init */
	size_t size, room, max;
	bool failed;
};

void text_init(struct text *, struct arena *, size_t max);
void text_add(struct text *, const char *s); /* NULL adds nothing */
void text_add_n(struct text *, const char *s, size_t size);
void text_char(struct text *, char c);
void text_format(struct text *, const char *format, ...) PRINTF(2, 3);
void text_format_v(struct text *, const char *format, va_list) PRINTF(2, 0);
void text_html(struct text *, const char *s); /* & < > " ' escaped: for text and attributes */
void text_url(struct text *, const char *s);  /* percent-encoded but for RFC 3986 unreserved */
void text_json(struct text *, const char *s); /* the inside of a JSON string, without quotes */

bool text_is_utf8(const char *s, size_t size);   /* shortest form, no surrogates, no NUL */
/* What is foreign in it steers no terminal and starts no line: controls but those in `kept` become "?", and of what is no
 * UTF-8 every byte that is not ASCII. */
void text_tame(char *s, const char *kept);
size_t text_count(const char *s);                /* code points */
char *text_cut(struct arena *, const char *s, size_t points); /* at most so many code points */
char *text_trim(struct arena *, const char *s);  /* white space at both ends gone */
char *text_lower(struct arena *, const char *s); /* ASCII only: hosts, names, header names */
bool text_equal_fold(const char *a, const char *b); /* ASCII case ignored; NULL equals nothing */
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
bool text_is(const char *a, const char *b);      /* equal, and neither is NULL */
bool text_to_u64(const char *s, uint64_t *out);  /* whole string, decimal, no sign, no leading zero */
bool text_to_i64(const char *s, int64_t min, int64_t max, int64_t *out);
/* Percent-decoding; false on a bad escape, on %00 and on bytes that are not UTF-8. */
bool text_unescape_url(struct arena *, const char *s, size_t size, bool plus_is_space, char **out);
/* snprintf that returns false instead of a length when it did not fit. */
bool text_print(char *at, size_t room, const char *format, ...) PRINTF(3, 4) MUST_USE;
bool text_print_v(char *at, size_t room, const char *format, va_list) PRINTF(3, 0) MUST_USE;

/* ---- url.c ----------------------------------------------------------------------------------- */

/* URL, parsed once and compared everywhere in this form (security.md R4, R5). Strings are in the arena. */
struct url {
	bool https;
	const char *host;   /* lower case, no trailing dot, no brackets around IPv6 */
	uint16_t port;      /* 443 or 80 when absent */
	const char *target; /* path and query, "/" at least, exactly as written */
	const char *origin; /* "https://host" or "https://host:port" when the port is not the default */
	const char *authority; /* "host" or "host:port" likewise: what the Host header says */
};
/* http and https only; no userinfo, no fragment, no blank, control or non-ASCII byte, none of \ " < >, no dot
 * segments (nor %2e ones), at most 2048 bytes; a host whose last label is a number is a plain dotted IPv4.
 * ERR_INVALID otherwise. */
enum err url_parse(struct arena *, const char *s, struct url *out) MUST_USE;
bool url_same_host(const char *a, const char *b); /* both parse and have one origin */
bool url_is_loopback(const struct url *);         /* localhost, *.localhost, 127/8, [::1] by name */

/* ---- time.c ---------------------------------------------------------------------------------- */

int64_t time_now(void);              /* wall clock, ms; moved by time_freeze in tests */
int64_t time_steady(void);           /* monotonic, ms: for delays and deadlines */
void time_freeze(int64_t now_ms);    /* tests: both clocks stand still here; 0 sets them running again */
#define TIME_ISO 25
#define TIME_HTTP 30
void time_iso(int64_t ms, char out[TIME_ISO]);          /* 2026-11-21T08:58:12.000Z, always three digits */
bool time_parse_iso(const char *s, int64_t *ms);        /* RFC 3339 with any fraction and offset */
void time_http(int64_t ms, char out[TIME_HTTP]);        /* Sat, 21 Nov 2026 08:58:12 GMT */
bool time_parse_http(const char *s, int64_t *ms);       /* IMF-fixdate only */
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Time-sorted 63-bit id: milliseconds << 16 | sequence. Strictly rising within a process; id_floor keeps it
 * above what an earlier process gave out (called once when a store opens). */
uint64_t id_next(void);
void id_floor(uint64_t highest_known);
int64_t id_time(uint64_t id); /* its ms */
#define ID_TEXT 21
const char *id_text(uint64_t id, char out[ID_TEXT]);

/* ---- queue.c: hand-over between threads, and pools ------------------------------------------- */

struct queue;
struct queue *queue_create(size_t max);
void queue_destroy(struct queue *); /* must be empty of owned things: pop them first */
enum err queue_push(struct queue *, void *item) MUST_USE; /* ERR_TOO_MUCH when full, ERR_AGAIN when closed */
void *queue_pop(struct queue *, int wait_ms); /* NULL: nothing in time, or closed and empty; -1 waits for ever */
void queue_close(struct queue *); /* pushes are refused; what is in can still be popped */
size_t queue_size(struct queue *);

/* A fixed set of threads that run submitted work in order of arrival. */
struct pool;
struct pool *pool_create(const char *name, int threads, size_t max_waiting);
enum err pool_submit(struct pool *, void (*run)(void *), void *arg) MUST_USE; /* errors as queue_push */
void pool_destroy(struct pool *); /* runs what was accepted, then joins; NULL ok */

struct thread; /* a named thread with the stack size we allow (512 KiB) */
struct thread *thread_start(const char *name, void (*run)(void *), void *arg);
void thread_join(struct thread *); /* frees it */

/* ---- log.c: one key=value line per call, at the edges only ----------------------------------- */

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
void log_open(enum log_level most, int fd); /* fd 2 by default */
/* log_line(LOG_INFO, "inbox", "host=%s type=%s", host, type): time, level and control bytes are seen to.
 * Never a member's name, e-mail address or IP address; never a token or key. */
void log_line(enum log_level, const char *where, const char *format, ...) PRINTF(3, 4);

/* ---- encode.c: bytes as text and back -------------------------------------------------------- */

char *base64_encode(struct arena *, const void *data, size_t size);
bool base64_decode(struct arena *, const char *s, struct bytes *out); /* strict RFC 4648 with padding */
char *base58_encode(struct arena *, const void *data, size_t size);   /* bitcoin alphabet; ≤ 1 KiB or dies */
bool base58_decode(struct arena *, const char *s, struct bytes *out);
char *hex_encode(struct arena *, const void *data, size_t size);

/* ---- crypto.c: the only file with OpenSSL and argon2 ----------------------------------------- */

#define SHA256_SIZE 32
void crypto_sha256(const void *data, size_t size, uint8_t out[SHA256_SIZE]);
void crypto_hmac(const void *key, size_t key_size, const void *data, size_t size, uint8_t out[SHA256_SIZE]);
void crypto_random(void *out, size_t size); /* dies when there is no randomness */
bool crypto_equal(const void *a, const void *b, size_t size); /* constant time */
void crypto_wipe(void *, size_t size);
#define TOKEN_TEXT 44
void crypto_token(char out[TOKEN_TEXT]); /* 256 random bits, base64url, 43 characters */

enum key_kind { KEY_RSA = 1, KEY_ED25519 = 2 };
struct key; /* immutable, shared by threads, counted */

/* Public keys are kept as PKCS#1 DER (RSA) or 32 raw bytes (Ed25519): loading costs a microsecond. RSA is
 * accepted with 2048…4096 bits and an odd exponent 3 ≤ e ≤ 2^32 (e=3 only with strict PKCS#1 v1.5 checks,
 * which OpenSSL does); Ed25519 points of small order are refused. */
bool key_allowed(enum key_kind, struct bytes stored);       /* key.c: the rules above, in strict DER */
struct key *key_public(enum key_kind, struct bytes stored); /* NULL when malformed or refused */
struct key *key_private(struct bytes der);       /* PKCS#8 DER, as key_private_der gives */
struct key *key_generate(enum key_kind);         /* RSA-2048 (0.4 s) or Ed25519 */
struct key *key_hold(struct key *);
void key_drop(struct key *); /* NULL ok */
enum key_kind key_kind(const struct key *);
bool key_is_private(const struct key *);
struct bytes key_stored(struct arena *, const struct key *);      /* what key_public takes */
struct bytes key_private_der(struct arena *, const struct key *); /* secret: seal it before it is kept */
/* In key.c, without OpenSSL: how public keys are written. */
struct key *key_from_pem(const char *pem);       /* SPKI or PKCS#1, one block; blanks for newlines and rubbish after it tolerated */
struct key *key_from_multibase(const char *z);   /* FEP-521a: z6Mk… or an RSA multikey */
char *key_pem(struct arena *, const struct key *);       /* SPKI PEM, 64 columns, \n */
char *key_multibase(struct arena *, const struct key *);
#define SIGNATURE_MAX 512
/* RSA: PKCS#1 v1.5 with SHA-256. Ed25519: pure. */
enum err key_sign(const struct key *, const void *data, size_t size, uint8_t out[SIGNATURE_MAX], size_t *out_size) MUST_USE;
bool key_verify(const struct key *, const void *data, size_t size, struct bytes signature);
bool key_verify_sha512(const struct key *, const void *data, size_t size, struct bytes signature); /* RSA only */

/* AES-256-GCM with a random nonce; `label` is bound in, so a sealed value fits one place only. */
struct bytes crypto_seal(struct arena *, const uint8_t key[32], const char *label, struct bytes plain);
bool crypto_open(struct arena *, const uint8_t key[32], const char *label, struct bytes sealed, struct bytes *out);

/* ---- totp.c, qr.c: codes from an app, and the picture it reads ------------------------------- */

#define TOTP_TEXT 7
bool totp_code(const uint8_t *secret, size_t size, uint64_t counter, char out[TOTP_TEXT]);
/* RFC 6238, SHA-1, 30 s, 6 digits, one step early or late; never one at or before *last, which it moves on. */
bool totp_matches(const uint8_t *secret, size_t size, int64_t now, const char *code, uint64_t *last);
char *base32_encode(struct arena *, const void *data, size_t size); /* RFC 4648, without padding */
char *qr_svg(struct arena *, const char *s, const char *label);     /* an <svg>; NULL past 1 000 characters */

/* ---- crypto.c again: passwords --------------------------------------------------------------- */

/* argon2id m=19 MiB t=2 p=1, PHC string. Slow on purpose: pool threads only. */
char *password_hash(struct arena *, const char *password);
bool password_matches(const char *hash, const char *password); /* hash NULL: same work, then false */

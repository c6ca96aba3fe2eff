/*
 * store.h: one ordered map from bytes to bytes, in transactions; records, the journal and its readers on top.
 *
 * A write is a function that may run again: it touches nothing but the transaction and its own arg's outputs.
 * One writer thread gathers waiting writes and commits them with one sync; what store_write answers OK is on disk.
 * Keys are at most 128 bytes (schema.h lists them), values at most STORE_VALUE_MAX.
 */
#pragma once

#include "base.h"

struct store;
struct txn;

#define STORE_VALUE_MAX (1024 * 1024 + 16 * 1024) /* a body of 1 MiB and the record around it; over it ERR_TOO_MUCH */

/* ---- store.c --------------------------------------------------------------------------------- */

struct store_settings {
	const char *path; /* a directory, made when missing (0700); NULL: in memory, for tests */
	size_t map_size;  /* bytes of address space; 0: 64 GiB, or what the machine allows. Over it: ERR_AGAIN */
	size_t max_waiting; /* writes; 0: 10 000. Over it: ERR_AGAIN */
	const void *owner;   /* whatever the owner wants to find again from a transaction: txn_owner */
};

/* Opens, takes the directory's lock, runs the migrations. On failure *why says so in a sentence (static or in the
 * arena): in use by another process, a newer store, not a store, unreadable. */
enum err store_open(struct arena *, const struct store_settings *, struct store **out, const char **why) MUST_USE;
void store_close(struct store *); /* runs what was accepted, then closes; NULL ok */

typedef enum err write_fn(struct txn *, void *arg);
typedef enum err read_fn(struct txn *, void *arg);
typedef void done_fn(void *arg, enum err); /* on the writer thread: pass on, do not work */

/* Run fn in a write transaction; answers after its durable commit, or fn's own error with nothing written.
 * ERR_AGAIN: too many waiting, stopping, or the disk or map is full (reads go on). Not from inside a write_fn. */
enum err store_write(struct store *, write_fn *, void *arg) MUST_USE;
/* The same without waiting. When it returns OK, done runs exactly once. */
enum err store_submit(struct store *, write_fn *, void *arg, done_fn *, void *done_arg) MUST_USE;
/* A consistent view; keep it under a second, never over a wait. Calls may nest on different threads only. */
enum err store_read(struct store *, read_fn *, void *arg) MUST_USE;

/* Bytes handed out by txn_get and txn_walk live until the next change in, or the end of, the transaction.
 * Things in txn_arena live until it ends. */
struct arena *txn_arena(struct txn *);
bool txn_writes(const struct txn *);
const void *txn_owner(const struct txn *); /* store_settings.owner */

struct place { /* a key */
	uint8_t size;
	uint8_t at[128];
};
struct walk {
	struct place prefix;
	const struct place *from; /* start at this key (or the next one in direction), not before it; NULL: the edge */
	bool backward;
	size_t max;               /* rows at most; 0: no rows. Use WALK_ALL knowingly */
};
#define WALK_ALL SIZE_MAX
/* OK goes on, anything else stops and is returned; ERR_CONFLICT is the polite "enough" and becomes OK. */
typedef enum err visit_fn(void *arg, struct bytes key, struct bytes value);

enum err txn_get(struct txn *, const struct place *, struct bytes *value) MUST_USE; /* ERR_NOT_FOUND */
/* values[i].data is NULL where absent. One round trip on a distant engine. */
enum err txn_get_many(struct txn *, size_t count, const struct place *keys, struct bytes *values) MUST_USE;
enum err txn_put(struct txn *, const struct place *, struct bytes value) MUST_USE;
enum err txn_del(struct txn *, const struct place *) MUST_USE; /* OK also when absent */
enum err txn_walk(struct txn *, const struct walk *, visit_fn *, void *arg) MUST_USE; /* do not write while walking */
/* Counter: a little-endian int64 value; absent is 0; never below 0 (stays 0, and says so in the log). */
enum err txn_add(struct txn *, const struct place *, int64_t delta, int64_t *now) MUST_USE; /* now may be NULL */
enum err txn_count(struct txn *, const struct place *, int64_t *now) MUST_USE; /* read a counter; absent is 0 */
/* A value that is one id (`→ u64` in schema.h): 8 bytes, big-endian. */
enum err txn_get_id(struct txn *, const struct place *, uint64_t *id) MUST_USE; /* ERR_NOT_FOUND */
enum err txn_put_id(struct txn *, const struct place *, uint64_t id) MUST_USE;

/* All that is kept anew in another file, which then takes the place of this one: what was deleted is nowhere in it any
 * more. Writes wait as long as it takes, reads for a moment; it waits for a backup that is being made. ERR_AGAIN: no room
 * for it, all is as it was. Not from inside a transaction. */
enum err store_renew(struct store *) MUST_USE;

/* ---- backup.c -------------------------------------------------------------------------------- */

/* Hot, compact, fsynced under another name and then renamed over `file`. ERR_INVALID: a store in memory. */
enum err store_backup(struct store *, const char *file, const char **why) MUST_USE;
/* Into an empty or missing directory, by way of a temporary one and a rename. ERR_CONFLICT: not empty; ERR_INVALID:
 * no backup of ours or of a newer Kring; ERR_STORE: damaged. */
enum err store_restore(const char *path, const char *file, const char **why) MUST_USE;

/* ---- blob.c: files by content hash, in a directory of their own ---- */

#define BLOB_NAME 65                  /* SHA-256 in hex */
#define BLOB_MOST ((size_t)64 << 20)
/* On disk when it answers OK: before the record that names it. ERR_AGAIN: the disk is full, or broken. */
enum err blob_put(const char *directory, struct bytes, char name[BLOB_NAME]) MUST_USE;
int blob_open(const char *directory, const char *name, uint64_t *size); /* -1: it is not there */
/* Whole, and what its name says: else ERR_NOT_FOUND or ERR_STORE. */
enum err blob_read(struct arena *, const char *directory, const char *name, struct bytes *out) MUST_USE;
/* Removes what was put longer than `age` ms ago and no record names; how many. A record comes within `age` of its file. */
uint64_t blob_room(const char *directory); /* bytes that are free there; UINT64_MAX when that cannot be told */
typedef bool blob_named(void *arg, const char *name);
size_t blob_sweep(const char *directory, int64_t age, blob_named *, void *arg);
/* All that is not there yet: once before the store is copied and once after, a backup has what its records name. */
enum err blob_copy(const char *from, const char *to) MUST_USE;

/* ---- erased.c: what was erased for ever: a file beside the store, that a backup brought back has to obey ---- */

#define ERASED_MOST ((size_t)16 << 20) /* bytes of it */
struct erased_list;
/* `what`, such as "account 17", is kept as its keyed hash, with a number. Once is enough; on disk when it answers OK. */
enum err erased_add(const char *file, const uint8_t key[32], const char *what, uint32_t number) MUST_USE;
enum err erased_read(struct arena *, const char *file, struct erased_list **out) MUST_USE; /* no file: an empty one */
bool erased_is_empty(const struct erased_list *);
bool erased_has(struct arena *, const struct erased_list *, const uint8_t key[32], const char *what, uint32_t *number);
enum err erased_merge(const char *from, const char *to) MUST_USE; /* what `to` lacks is added to it */

struct store_numbers {
	uint64_t writes, commits, replays; /* since open */
	uint64_t waiting;
	uint64_t used_bytes, map_bytes, rows;
	int64_t commit_p50_us, commit_p99_us; /* of the last 1 024 commits */
	uint32_t version;
};
void store_numbers(struct store *, struct store_numbers *);
/* Rises with each commit, before its writers are answered: what was read after it was asked is true while it stays. */
uint64_t store_version(const struct store *);

/* ---- keys (place.c): one table byte, then big-endian fields, so that keys sort as numbers do ---- */

struct place place_0(uint8_t table);
struct place place_1(uint8_t table, uint64_t a);
struct place place_2(uint8_t table, uint64_t a, uint64_t b);
struct place place_3(uint8_t table, uint64_t a, uint64_t b, uint64_t c);
struct place place_text(uint8_t table, const char *s);  /* s itself, at most 100 bytes: cut never, dies over it */
struct place place_hash(uint8_t table, const char *uri); /* the first 16 bytes of SHA-256(uri) */
struct place place_hash_1(uint8_t table, const char *uri, uint64_t a);
struct place place_key(struct bytes key); /* as a walk gives it */
struct place place_join(struct place first, struct place more); /* the fields of the second behind those of the first */
uint64_t place_id(struct bytes key, size_t field); /* the field-th u64 after the table byte, from 0; 0 when too short */
uint64_t place_id_at(struct bytes key, size_t offset); /* the u64 at a byte offset; 0 when too short */

/* ---- record.c: struct ↔ bytes by field table ------------------------------------------------- */

/* Unknown tags are skipped, missing ones stay zero: adding a field needs no migration. Tags are never reused. */
enum field_kind { F_U64 = 1, F_I64, F_U32, F_FLAG, F_TEXT, F_BYTES, F_U64S };
struct u64s { /* a short list of ids */
	const uint64_t *at;
	size_t count;
};
struct field {
	uint16_t tag;
	uint8_t kind;
	uint16_t offset;
	uint32_t max; /* bytes of TEXT/BYTES, items of U64S; longer is ERR_TOO_MUCH on write, ERR_STORE on read */
};
struct shape {
	const char *name;
	size_t size; /* sizeof the struct */
	const struct field *fields; /* tags rising */
	size_t count;
};
enum err record_write(struct arena *, const struct shape *, const void *record, struct bytes *out) MUST_USE;
/* Total: any bytes give a record or ERR_STORE. Text and bytes are copied into the arena; *record is set whole. */
enum err record_read(struct arena *, const struct shape *, struct bytes, void *record) MUST_USE;
/* The two steps together, in the transaction's arena. */
enum err txn_load(struct txn *, const struct place *, const struct shape *, void *record) MUST_USE;
enum err txn_save(struct txn *, const struct place *, const struct shape *, const void *record) MUST_USE;

/* ---- journal.c: the ordered log of acts, and its readers ------------------------------------- */

/* Numbers only have a meaning above (feature.h, enum act); the journal carries them. */
struct line {
	uint64_t place;  /* set by journal_append: rising, time-sorted; the id of what follows from it */
	int64_t at;      /* ms; set when 0 */
	uint32_t act;
	uint64_t actor;  /* who */
	uint64_t object; /* what */
	uint64_t target; /* to whom or where */
	const char *uri; /* the activity's own id when another node made it */
	struct bytes raw;/* that activity as received, when it may be passed on; ≤ 1 MiB */
	const char *note;/* a word the act needs (old address of an edited thing, reason); ≤ 2 048 bytes */
};
enum err journal_append(struct txn *, struct line *) MUST_USE;
enum err journal_read(struct txn *, uint64_t place, struct line *out) MUST_USE; /* text lives in txn_arena */
/* For who follows it by themselves, in read transactions: at most `max` lines after `place`, and the place of the newest
 * (0: there is none). Whose last line is not there any more cannot know what was trimmed: it starts anew. */
enum err journal_after(struct txn *, uint64_t place, size_t max, struct line *out, size_t *count) MUST_USE;
enum err journal_newest(struct txn *, uint64_t *place) MUST_USE;
enum err journal_decode(struct arena *, struct bytes key, struct bytes value, struct line *out) MUST_USE; /* of a walk */
/* Of a line that was read: all but its numbers goes. */
enum err journal_bare(struct txn *, uint64_t place) MUST_USE;
/* Everyone who ever read the journal is past this place. */
enum err journal_passed(struct txn *, uint64_t place, bool *passed) MUST_USE;

/* A reader follows lines in order, some at a time, each group in one write transaction that also moves its place:
 * what it puts is exactly as durable and as often there as the line. It may run again and must not wait. */
struct journal_reader {
	const char *name; /* its place is kept under it */
	enum err (*follow)(struct txn *, const struct line *, void *arg); /* an error stops this reader, is logged and retried; ERR_STORE of a record alone passes the line over */
	void (*after)(void *arg); /* after each commit that moved it; may be NULL */
	void *arg;
};
struct journal; /* the thread that runs the readers; commits wake it */
struct journal *journal_start(struct store *, const struct journal_reader *, size_t count);
void journal_stop(struct journal *); /* NULL ok */
/* Waits until every reader is at the end, or has just tried and stopped at an error: tests and orderly stop. */
void journal_settle(struct journal *);
enum err journal_rewind(struct txn *, const char *reader, uint64_t place) MUST_USE; /* 0: from the start */
/* Deletes at most `max` lines before `before` that all of these readers have read; the newest line always stays. */
enum err journal_trim(struct txn *, uint64_t before, size_t max, const char *const *readers, size_t count) MUST_USE;

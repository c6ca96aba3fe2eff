/*
 * engine.h: what an engine must do. Seen by the files of storage only; both engines pass one
 * conformance suite (tests/engine). Reads may run on many threads, one write transaction at a time
 * on the writer's thread. Keys are 1…128 bytes and sort as memcmp does, the shorter first. Bytes
 * handed out live until the next change in, or the end of, the transaction.
 */
#pragma once

#include "store.h"

struct engine_txn;
struct engine_cursor;

struct engine {
	const char *name;
	/* ERR_CONFLICT in use, ERR_INVALID not ours, ERR_STORE unreadable; *why is static. */
	enum err (*open)(const struct store_settings *, void **env, const char **why);
	void (*close)(void *env);
	enum err (*begin)(void *env, bool write, struct engine_txn **out);
	/* Durable when OK. ERR_AGAIN: full, nothing written. ERR_STORE: it must not write again. */
	enum err (*commit)(struct engine_txn *);
	void (*abort)(struct engine_txn *);
	enum err (*get)(struct engine_txn *, struct bytes key, struct bytes *value);
	enum err (*put)(struct engine_txn *, struct bytes key, struct bytes value);
	enum err (*del)(struct engine_txn *, struct bytes key); /* ERR_NOT_FOUND: wrote nothing */
	/* First row with key >= from (forward) or <= from (backward); then next in that direction.
	 * ERR_NOT_FOUND at the end. An empty `from` is before every key. */
	enum err (*seek)(struct engine_txn *, struct bytes from, bool backward,
		struct engine_cursor **out);
	void (*row)(struct engine_cursor *, struct bytes *key, struct bytes *value); /* here */
	enum err (*step)(struct engine_cursor *);
	void (*unseek)(struct engine_cursor *);
	/* A consistent, compact copy into a new file while writes go on; the caller makes it
	 * durable. */
	enum err (*backup)(void *env, int fd, const char **why);
	enum err (*check)(void *env, const char **why); /* reads it all; ERR_STORE: not whole */
	void (*numbers)(void *env, struct store_numbers *); /* used_bytes, map_bytes, rows */
	/* Every row anew in another file, put in the place of this one: of what was deleted nothing
	 * is left in it. The writer only, between transactions; ERR_AGAIN: no room, all is as it
	 * was. NULL: this engine keeps nothing that was deleted. */
	enum err (*renew)(void *env);
	void (*tidy)(void *env); /* dead readers; called every ten seconds or so */
};

extern const struct engine engine_lmdb, engine_memory;

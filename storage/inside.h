/*
 * inside.h: what the files of storage share with each other; nothing above storage includes it.
 */
#pragma once

#include "engine.h"

/* ---- store.c, txn.c ----------------------------------------------------------------------- */

struct txn {
	const struct engine *engine;
	struct engine_txn *at;
	struct arena *arena;
	const void *owner; /* store_settings.owner */
	struct txn *next;  /* among the idle ones */
	bool writes;
	bool wrote;        /* something that must not stay when the write fails */
	bool wakes;        /* the journal's readers have something to do after the commit */
	size_t bytes;      /* put so far, by all that share the transaction */
	unsigned walking;  /* walks under way: no writing meanwhile */
	enum err fault;    /* the engine's first failure: nothing of this may be committed */
};

void txn_begun(struct txn *); /* ready for the next user of the same transaction */

/* The watcher is called on the writer thread after each commit of a transaction that says
 * txn.wakes. NULL: none. */
void store_watch(struct store *, void (*wake)(void *), void *arg);
enum err store_copy(struct store *, int fd, const char **why) MUST_USE; /* the engine's copy */

/* ---- journal.c ---------------------------------------------------------------------------- */

/* New ids stay above the places of an earlier process. */
enum err journal_floor(struct store *) MUST_USE;

/* ---- migrate.c ---------------------------------------------------------------------------- */

/* One step brings a store from version - 1 to version, slice by slice, each in a transaction of
 * its own: it goes on behind *at (size 0: from the start), moves *at, and says so in *more while
 * something is left. */
struct step {
	uint32_t version;
	const char *name;
	enum err (*run)(struct txn *, struct place *at, bool *more);
};
struct steps {
	const struct step *at; /* numbered 1, 2, 3 … */
	uint32_t count;        /* and so the version they lead to */
};
extern const struct steps migrate_steps; /* those of this program */

/* Before the first step on a store with something in it, a backup goes to
 * `directory`/before-v<version>.kring; NULL: nowhere. *why may be in the arena. */
enum err migrate_run(struct store *, const struct steps *, const char *directory, struct arena *,
		     const char **why) MUST_USE;
enum err migrate_version(struct txn *, uint32_t *version) MUST_USE; /* 0: a store without one */

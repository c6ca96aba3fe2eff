/*
 * search.h: what the files of searching share: search.c (the index, in SQLite), indexer.c (what stands in it, and the
 * thread that keeps it so) and found.c (the page).
 *
 * The index is derived: DIR/search.sqlite may be deleted at any time and is made anew from the store. The journal place
 * it is true for is kept in the commit that made it so.
 */
#pragma once

#include "features.h"

enum entry_kind { ENTRY_POST = 1, ENTRY_PERSON, ENTRY_COMMUNITY, ENTRY_FILE /* a post too */ };
enum reach { /* who may find it: asked in the query; what is found is asked again (entry_may_find) */
	REACH_ALL = 0,
	REACH_SIGNED_IN,
	REACH_CIRCLE, /* who follows entry.circle, or has that number (circle_numbers) */
	REACH_SELF    /* its author */
};
struct entry {
	uint64_t id; /* of the post or actor */
	uint32_t kind, reach;
	uint64_t owner;     /* author; an actor itself */
	uint64_t circle;    /* REACH_CIRCLE: community or author, or circle_number of a post */
	uint64_t community; /* that a post stands in; 0: none */
	const char *language;
	const char *title, *words; /* plain */
};

/* ---- indexer.c ------------------------------------------------------------------------------- */

/* False: it is not to be found at all. */
bool entry_of_post(struct txn *, const struct post *, struct entry *out);
bool entry_of_actor(struct txn *, const struct actor *, struct entry *out);
bool entry_may_find(struct txn *, const struct viewer *, uint64_t id, uint32_t kind);
struct index *search_index(void); /* of the search that runs in this process, or NULL */

/* ---- search.c: the only file that calls sqlite3 ---------------------------------------------- */

enum index_stage { STAGE_NEW, STAGE_ACTORS, STAGE_POSTS, STAGE_READY };
struct index_state {
	uint64_t line;   /* the last line of the journal it knows */
	uint64_t cursor; /* of the walk that fills it */
	uint32_t stage;
};
struct index;
/* Makes the file when it is missing; ERR_STORE: it cannot be (why is logged). One that is damaged or of another version
 * is begun anew. */
enum err index_open(const char *path, struct index **out) MUST_USE;
void index_close(struct index *); /* NULL ok */
enum err index_empty(struct index *) MUST_USE; /* begun anew, waiting for readers; the one writer only */
bool index_broken(struct index *);             /* a reader found it damaged: index_empty is due */

/* One writer: begin, changes, end. The first failure stays until the end, which then writes nothing. */
void index_begin(struct index *);
/* *again: what decides over its posts changed, so they are looked at again. */
void index_put(struct index *, const struct entry *);
void index_drop(struct index *, uint64_t id);
enum err index_end(struct index *, const struct index_state *) MUST_USE;
struct index_state index_state(struct index *);
/* A number that stands with an actor whose posts have to be looked at again when it changes; *was 0 at first. */
void index_mark(struct index *, uint64_t actor, uint64_t mark, uint64_t *was);
/* Authors whose posts have to be looked at again, and how far that is. */
void index_todo_put(struct index *, uint64_t author, uint64_t cursor);
void index_todo_drop(struct index *, uint64_t author);
bool index_todo(struct index *, uint64_t *author, uint64_t *cursor);
void index_tidy(struct index *); /* removes what deleted words left behind: some, each time */

#define SEARCH_WORDS_MOST 200 /* code points that are searched for */
struct index_query {
	const char *words; /* as typed: no syntax but "quotes" around words that belong together */
	uint32_t kind;
	uint64_t community; /* 0: any */
	uint64_t who;       /* 0: nobody */
	const struct u64s *circles; /* whom they follow and their circle_numbers, rising */
	size_t offset, max;
};
struct hit {
	uint64_t id;
	const char *title, *words; /* HTML: escaped, what was found in <mark> */
};
/* Best first among the 1 000 newest. ERR_NOT_FOUND: there is no word in it; ERR_TOO_MUCH: it took too long;
 * ERR_AGAIN: the index is damaged and will be made anew. */
enum err index_find(struct index *, struct arena *, const struct index_query *, struct hit **out, size_t *count) MUST_USE;
void index_count(struct index *, int64_t *entries, int64_t *bytes);

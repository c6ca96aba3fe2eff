/*
 * curated.h: what feeds of other sites bring to a community: it waits until its core team ticks it.
 *
 * curated.c  feeds and items: their records, what is placed, what goes
 * intake.c   what a visit brought
 * curation.c the pages of the core team
 */
#pragma once

#include "features.h"

enum curated_how { /* kept: numbers are never reused */
	CURATED_READ = 1,
	CURATED_SAME,      /* nothing changed since */
	CURATED_AWAY,      /* no answer, or later */
	CURATED_NOT_THERE,
	CURATED_GONE,      /* for good */
	CURATED_REFUSED,   /* by that site, or an address that is none we ask */
	CURATED_TOO_LARGE,
	CURATED_NO_FEED
};
struct curated_feed {
	uint64_t id, community;
	const char *address, *title, *link; /* link: its page, or NULL */
	const char *language; /* as the core team chose, or NULL */
	const char *said;     /* the language it says it is in, or NULL */
	const char *etag, *modified;
	int64_t added, read;  /* ms; read: when it last answered well */
	int64_t next;         /* ms; 0: it is asked no more */
	int64_t pause, wanted;/* ms between two visits: as it goes now, and as it asks for */
	uint32_t how;         /* the last visit: enum curated_how */
	uint32_t failures;    /* in a row */
};
struct curated_item {
	uint64_t id, feed; /* ids rise as they come */
	const char *key, *link, *title, *summary, *language; /* key: by which its feed knows it again */
	int64_t published, decided; /* ms or 0 */
};
enum curated_state { CURATED_WAITS = 1, CURATED_NOT_PLACED };
extern const struct shape curated_feed_shape, curated_item_shape;
struct curated_answer { /* what a visit to a feed brought */
	enum curated_how how;
	const char *address; /* of the feed, which a page may have named */
	const char *etag, *modified;
	int64_t pause;       /* ms for which that site wants to be left alone, or 0 */
	struct syndication feed; /* CURATED_READ */
};
/* The feed that is due, taken: nobody takes it again for some minutes. id 0: none is. */
enum err curated_next(struct txn *, struct curated_feed *out) MUST_USE;
enum err curated_took(struct txn *, uint64_t community, uint64_t feed, const struct curated_answer *) MUST_USE;
/* ERR_INVALID with a reason; ERR_CONFLICT: it reads that one. */
enum err curated_add(struct txn *, uint64_t community, const char *language, const struct curated_answer *,
	struct refusal *, struct curated_feed *out) MUST_USE;
enum err curated_end(struct txn *, uint64_t community, uint64_t feed) MUST_USE; /* with what waits of it */
enum err curated_again(struct txn *, uint64_t community, uint64_t feed) MUST_USE; /* it is asked at once, whatever was */
enum err curated_speaks(struct txn *, uint64_t community, uint64_t feed, const char *language) MUST_USE; /* NULL: as it says */
enum err curated_feeds(struct txn *, uint64_t community, struct u64s *out) MUST_USE;
enum err curated_feed_load(struct txn *, uint64_t community, uint64_t feed, struct curated_feed *out) MUST_USE;
/* Newest first, before that id (0: the newest). */
enum err curated_list(struct txn *, uint64_t community, enum curated_state, uint64_t before, size_t max, struct u64s *out) MUST_USE;
enum err curated_item_load(struct txn *, uint64_t community, enum curated_state, uint64_t item, struct curated_item *out) MUST_USE;
size_t curated_waiting(struct txn *, uint64_t community); /* CURATED_FULL: no more come in */
#define CURATED_FULL 200
/* A post by `who` in the community, with its title, first words, link and source named. ERR_NOT_FOUND: it waits no more. */
enum err curated_place(struct txn *, uint64_t who, uint64_t community, uint64_t item, struct refusal *, struct post *out) MUST_USE;
enum err curated_decide(struct txn *, uint64_t community, uint64_t item, enum curated_state) MUST_USE; /* not this one; back */
enum err curated_forget(struct txn *, uint64_t community) MUST_USE; /* all of it: it is no more */
/* What its files share. */
#define CURATED_FEEDS 20             /* of one community */
#define CURATED_WAITS_FOR (30 * DAY) /* then what nobody decided on goes, and what was not placed */
#define CURATED_ADDRESS 2048         /* bytes of an address, a short word */
#define CURATED_WORD 500
enum err curated_feed_save(struct txn *, struct curated_feed *, int64_t next) MUST_USE; /* asked again then; 0: no more */
enum err curated_unmark(struct txn *, const struct curated_feed *, const struct curated_item *) MUST_USE; /* as if it had never come */
extern const struct chore curated_chores[];
extern const struct table_use curated_tables[];
/* For federation/aggregator.c, on a thread that may wait: may the viewer add one to {name}; it is added, or why not. */
enum err curation_may(struct call *) MUST_USE;
enum err curation_add(struct call *, const struct curated_answer *) MUST_USE;
enum err curation_feeds_show(struct call *, struct txn *, struct view *) MUST_USE; /* the page */

/*
 * article.h: texts that are checked: who writes, who checks, until when it is right.
 *
 * article.c its record and its places; review.c its verbs; desk.c its forms; edition.c how it is read
 */
#pragma once

#include "features.h"

#define ARTICLE_SUMMARY_MOST 350 /* code points: who checked it is said after it */
#define ARTICLE_WRITERS 8        /* beside its author */
enum article_state {
	ARTICLE_DRAFT = 1,
	ARTICLE_REVIEW,   /* an editor is to decide; it may be placed already */
	ARTICLE_CHECKED,
	ARTICLE_OUTDATED, /* its check is over */
	ARTICLE_PLACED    /* as somebody's own words: an editor saw it, nobody checked it */
};
struct article {
	uint64_t id; /* its own while it is written; then its post's, and it is `placed` */
	bool placed;
	uint32_t state;
	uint64_t author, community;
	struct u64s writers; /* who write it with its author */
	const char *title, *summary, *source, *language; /* until it is placed: then they are the post's */
	struct circles circles;
	const char *sources; /* each on a line: words, an address, or both */
	const char *series;  /* what it is a part of, or NULL */
	int64_t publish;     /* not before; 0: once it is decided */
	uint32_t verdict;    /* ARTICLE_CHECKED, ARTICLE_PLACED: decided, and it waits for its hour */
	uint64_t reviewer;   /* who is asked to check it, or did */
	bool agrees;         /* they find that it is right */
	int64_t checked, due;/* ms; 0: its words are not checked */
	const char *reason;  /* why it came back */
	int64_t changed;
	int64_t told;        /* when other nodes last heard of another state or other sources */
	uint64_t ask;        /* the question to a coach that it came from, or 0 */
};
extern const struct shape article_shape;
bool article_is_written_by(const struct article *, uint64_t who);
bool article_may_see(struct txn *, uint64_t who, const struct article *); /* while it is no post */
enum err article_load(struct txn *, uint64_t id, struct article *) MUST_USE;
/* The words of *a: a new draft (id 0: it is set), a changed one, or of a placed one with its post. ERR_CONFLICT: it is
 * no longer as it was at `version` (its `changed`; 0: whatever it is). */
enum err article_write(struct txn *, uint64_t who, struct article *a, int64_t version, struct refusal *) MUST_USE;
enum err article_hand_in(struct txn *, uint64_t who, uint64_t id, uint64_t reviewer, struct refusal *) MUST_USE;
enum err article_take_back(struct txn *, uint64_t who, uint64_t id) MUST_USE;
enum err article_agree(struct txn *, uint64_t who, uint64_t id, bool on) MUST_USE; /* who is asked to check it */
/* An editor: ARTICLE_CHECKED (right for so many months), ARTICLE_PLACED, or back with a reason: ARTICLE_DRAFT.
 * *post (may be NULL): what it is now, 0 while it waits. */
enum err article_decide(struct txn *, uint64_t who, uint64_t id, enum article_state verdict, int64_t months,
	const char *reason, struct refusal *, uint64_t *post) MUST_USE;
enum err article_remove(struct txn *, uint64_t who, uint64_t id) MUST_USE; /* a draft; a placed one is a post: post_remove */
/* By whom one is written or to be checked, or what a community is to decide on: newest first. */
enum err article_list(struct txn *, uint64_t of, size_t max, struct u64s *out) MUST_USE;
enum err article_placed(struct txn *, uint64_t community, uint64_t before, size_t max, struct u64s *posts) MUST_USE;
/* What its files share. */
enum err article_keep(struct txn *, struct article *) MUST_USE; /* and in the lists where it stands now */
enum err article_drop(struct txn *, const struct article *) MUST_USE;
struct post_draft article_words(const struct article *);        /* as the post it is to be; points into it */
enum err article_say_again(struct txn *, struct article *) MUST_USE; /* keeps it, and tells other nodes */
enum err article_tell_desk(struct txn *, const struct article *, uint64_t who) MUST_USE; /* that it waits */
extern const struct chore article_chores[];
enum err article_enter(struct txn *, const struct post *, const struct object *) MUST_USE;
enum err article_end(struct txn *, const struct post *) MUST_USE;
/* edition.c: how it is read */
void article_show_sources(struct view *, struct arena *, const char *sources); /* "sources": { words, url } */
void article_show_state(struct txn *, struct view *, const struct article *);  /* what parts/article-state.html shows */
extern const struct detail article_details[];
enum err edition_list(struct call *, struct txn *, struct view *) MUST_USE;  /* /@{name}/articles */
enum err edition_print(struct call *, struct txn *, struct view *) MUST_USE; /* /articles/{id}/print */
extern const struct route article_routes[]; /* desk.c */

/* question.h: a post that asks (question.c), and who may know (expertise.c). */
#pragma once

#include "features.h"

struct solution { /* what is kept of a question */
	uint64_t post;
	uint64_t accepted; /* the answer, or 0 */
	uint64_t by;       /* who chose it, or took that back */
	int64_t at, offered;
	uint64_t asker; /* its author; of one without a name who really asks */
	int64_t told;   /* when other nodes last heard of another answer */
};
extern const struct shape question_shape;
enum err question_load(struct txn *, uint64_t post, struct solution *) MUST_USE;
enum err question_save(struct txn *, const struct solution *) MUST_USE;
bool question_may_choose(struct txn *, uint64_t who, const struct post *question); /* who asks, who moderates */
enum err question_choose(struct txn *, uint64_t who, uint64_t answer, bool on) MUST_USE; /* idempotent */
void question_show_choice(struct txn *, struct view *, const struct post *, const struct viewer *); /* of an answer: buttons */
void question_show_line(struct txn *, struct view *, const struct post *, const struct viewer *);   /* of any post: its tags */
struct expertise {
	uint64_t actor;
	const char *subjects; /* words with commas between them */
	int64_t asked;        /* when they were last asked something */
};
extern const struct shape expertise_shape;
enum err expertise_load(struct txn *, uint64_t actor, struct expertise *) MUST_USE;
enum err expertise_set(struct txn *, uint64_t actor, const char *subjects, struct refusal *) MUST_USE; /* "": none */
/* Who ticked what it is about, and may read and answer it: those that know most of it, then who was asked longest ago.
 * They count as asked from now on. */
enum err expertise_find(struct txn *, const struct post *, uint64_t asker, uint64_t *who, size_t max, size_t *count) MUST_USE;

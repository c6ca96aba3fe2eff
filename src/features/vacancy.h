/*
 * vacancy.h: what the files of the noticeboard share.
 *
 * vacancy.c      what stands there: a post with a type; closed by hand or on its day; how a page and other nodes see it
 * vacancyform.c  its forms
 * noticeboard.c  the lists, of the site and of a community
 * alert.c        what someone wants to hear of when it is new
 * answer.c       answers between two: the one who asks and the one who answers
 * organisation.c pages of organisations, each kept by several
 */
#pragma once

#include "features.h"

/* ---- vacancy.c ------------------------------------------------------------------------------- */

#define VACANCY_LINE_MOST 100 /* code points of one fact */
enum vacancy_type { VACANCY_JOB = 1, VACANCY_ASSIGNMENT, VACANCY_OFFER, VACANCY_REQUEST };
enum vacancy_where { VACANCY_ON_SITE = 1, VACANCY_PARTLY, VACANCY_REMOTE };
enum vacancy_end { VACANCY_OPEN, VACANCY_OVER, VACANCY_FILLED, VACANCY_WITHDRAWN };
struct vacancy { /* what a post has besides its words: post.own */
	uint32_t type, where;
	uint64_t organisation; /* 0: the employer has no page here */
	const char *employer;  /* what it is called */
	const char *place, *region, *hours, *pay, *apply; /* plain lines, an address; or NULL */
	const char *tags;      /* blanks between */
	int64_t closes;        /* the end of its last day */
	int64_t closed;
	uint32_t end;          /* enum vacancy_end */
	int64_t changed;       /* what is not its words, or 0 */
};
extern const struct shape vacancy_shape;
struct vacancy_draft {
	uint64_t author, community;
	const char *title, *source, *language;
	const struct circles *circles; /* NULL: as it is */
	struct vacancy vacancy; /* but for closed, end, changed */
};
enum err vacancy_create(struct txn *, const struct vacancy_draft *, struct refusal *, struct post *out) MUST_USE;
/* By who may manage it; it goes out in its author's name. */
enum err vacancy_change(struct txn *, uint64_t who, uint64_t post, const struct vacancy_draft *, struct refusal *) MUST_USE;
/* `end` VACANCY_OPEN: open again, for a month when its day is over. */
enum err vacancy_close(struct txn *, uint64_t who, uint64_t post, enum vacancy_end) MUST_USE;
enum err vacancy_of(struct txn *, const struct post *, struct vacancy *out) MUST_USE; /* ERR_NOT_FOUND: it is none */
/* Both, of one that is there and that the viewer may read. */
enum err vacancy_find(struct txn *, const struct viewer *, uint64_t post, struct post *, struct vacancy *) MUST_USE;
bool vacancy_may_manage(struct txn *, uint64_t who, const struct post *, const struct vacancy *); /* its author, its organisation's editors */
/* The open ones of all (0), of a community or an organisation; all of an author. Newest first. */
enum err vacancy_list(struct txn *, uint64_t of, uint64_t before, size_t max, struct u64s *out) MUST_USE;
bool vacancy_day(struct arena *, const char *said, int64_t *end); /* "2026-12-01": when that day is over here */
const char *vacancy_type_words(const char *language, uint32_t type);
/* "vacancy" { … }: what parts/vacancy-facts.html shows. */
void vacancy_show(struct txn *, struct view *, const struct vacancy *);
/* A list of lines: those of `ids` that the viewer may read; parts/vacancy-line.html shows one. */
void vacancy_lines(struct txn *, struct view *, const char *name, const struct u64s *ids, const struct viewer *);
extern const struct route vacancy_routes[]; /* vacancyform.c */

/* ---- noticeboard.c --------------------------------------------------------------------------- */

/* "regions" { words, chosen }: those that open ones of a community (0: of all) that the viewer may read are in. */
void noticeboard_regions_show(struct txn *, struct view *, uint64_t community, const struct viewer *, const char *chosen);

/* ---- alert.c --------------------------------------------------------------------------------- */

#define ALERTS_MOST 10 /* of one person */
struct alert {
	uint64_t id, actor;
	uint32_t type;      /* 0: any */
	const char *words;  /* tags or words of the title, blanks between: one is enough; or NULL */
	const char *region; /* or NULL: anywhere */
	bool remote;        /* and whatever can be done from anywhere */
	const char *token;  /* of the link that ends it */
};
extern const struct shape alert_shape;
enum err alert_add(struct txn *, struct alert *, struct refusal *) MUST_USE; /* sets id and token */
enum err alert_remove(struct txn *, uint64_t actor, uint64_t id) MUST_USE;
enum err alert_tell(struct txn *, uint64_t post, const struct line *) MUST_USE; /* it is new: who waits for it hears of it */
enum err alert_forget(struct txn *, uint64_t actor) MUST_USE;
void alert_show(struct txn *, struct view *, uint64_t actor, const char *language); /* "alerts" */

/* ---- answer.c -------------------------------------------------------------------------------- */

#define ANSWER_MOST 5000      /* code points */
#define ANSWER_WORDS_MOST 40  /* messages between the two */
#define ANSWERS_KEPT (90 * DAY) /* after it closed */
struct answer {
	uint64_t id, post;
	uint64_t who;       /* an account here, or 0 */
	const char *name, *email, *language; /* of who has none; never shown to anyone but by name */
	bool confirmed;     /* the address is theirs */
	int64_t at;
};
extern const struct shape answer_shape;
struct answer_words {
	uint64_t by; /* who manages it, or 0: who answers */
	const char *text;
	int64_t at;
};
extern const struct shape answer_words_shape;
/* From who is signed in; a second one goes on where the first ended. */
enum err answer_send(struct txn *, uint64_t who, uint64_t post, const char *text, struct refusal *) MUST_USE;
/* From who has no account: it waits until the link in a mail was used. */
enum err answer_ask(struct txn *, struct answer *, const char *text, struct refusal *) MUST_USE;
enum err answer_confirm(struct txn *, uint64_t post, uint64_t answer, struct refusal *) MUST_USE;
/* More of the same: by who manages it (`by`), or (0) by who answered. */
enum err answer_more(struct txn *, uint64_t post, uint64_t answer, uint64_t by, const char *text, struct refusal *) MUST_USE;
enum err answer_load(struct txn *, uint64_t post, uint64_t answer, struct answer *) MUST_USE;
/* Of one vacancy; and so many more may wait for their link to be opened. */
#define ANSWERS_MOST 500
#define ANSWERS_LISTED (2 * ANSWERS_MOST)
enum err answer_list(struct txn *, uint64_t post, size_t max, struct u64s *out) MUST_USE; /* newest first */
enum err answer_by(struct txn *, uint64_t who, uint64_t post, struct answer *) MUST_USE;
enum err answer_words_list(struct txn *, uint64_t answer, struct u64s *out) MUST_USE; /* oldest first */
enum err answer_words_load(struct txn *, uint64_t answer, uint64_t words, struct answer_words *) MUST_USE;
enum err answer_count(struct txn *, uint64_t post, int64_t *count) MUST_USE; /* confirmed ones */
enum err answer_end(struct txn *, uint64_t post) MUST_USE;     /* all of a post: it is gone */
enum err answer_forget(struct txn *, uint64_t actor) MUST_USE; /* all that someone sent */
extern const struct route answer_routes[]; /* answerform.c */

/* ---- organisation.c -------------------------------------------------------------------------- */

#define ORGANISATION_TITLE_MOST 100
#define ORGANISATION_LINKS_MOST 8
struct organisation {
	uint64_t id;
	const char *name; /* in its address: /o/<name> */
	const char *title, *source, *html, *place;
	const char *links; /* addresses, one a line */
	uint64_t logo;     /* media, or 0 */
	const char *logo_path;
	uint64_t changed_by;
	int64_t created, changed;
};
extern const struct shape organisation_shape;
enum err organisation_load(struct txn *, uint64_t id, struct organisation *) MUST_USE;
enum err organisation_by_name(struct txn *, const char *name, struct organisation *) MUST_USE;
/* id 0: a new one, which `who` edits from now on. Its title, place, source and links are taken from *o. */
enum err organisation_write(struct txn *, uint64_t who, struct organisation *o, struct refusal *) MUST_USE;
enum err organisation_remove(struct txn *, uint64_t who, uint64_t id) MUST_USE;
bool organisation_is_editor(struct txn *, uint64_t who, uint64_t id);
enum err organisation_editor(struct txn *, uint64_t who, uint64_t id, uint64_t actor, bool on, struct refusal *) MUST_USE;
enum err organisation_editors(struct txn *, uint64_t id, struct u64s *out) MUST_USE;
enum err organisation_of(struct txn *, uint64_t actor, struct u64s *out) MUST_USE; /* those that someone edits */
enum err organisation_forget(struct txn *, uint64_t actor) MUST_USE;

/*
 * project.h: what the files of projects share.
 *
 * project.c     what people improve together: its record and roles, who helps, its verbs, how other nodes see it
 * projects.c    how it stands on a page, and the list of a community
 * projectform.c its forms
 */
#pragma once

#include "features.h"

#define PROJECT_ROLES_MOST 8
#define PROJECT_ROLE_MOST 60   /* code points of its name */
#define PROJECT_ASKS_MOST 200
#define PROJECT_WANTED_MOST 50
#define PROJECT_REASON_MOST 500
#define PROJECT_WORDS_MOST 300 /* of who helps */
#define PROJECT_HELPERS_MOST 200
#define PROJECT_TEASER 200 /* code points */

enum project_state { PROJECT_LOOKING = 1, PROJECT_RUNNING, PROJECT_DONE, PROJECT_STOPPED };
struct project { /* what a project has besides its words: post.own */
	uint32_t state;
	const char *reason; /* plain, or NULL */
	uint64_t by;        /* who said so */
	int64_t at;         /* 0: it is as it began */
	uint64_t idea;      /* post it came from, or 0 */
	const char *roles;  /* one a line: its number, how many, its name, what is asked; with tabs between. NULL: none */
	int64_t changed;    /* its roles */
};
extern const struct shape project_shape;
struct role_wanted {
	uint64_t number; /* the same for as long as it is there */
	uint32_t wanted;
	const char *name, *asks; /* asks: "" when nothing is */
};
struct roles_wanted {
	struct role_wanted at[PROJECT_ROLES_MOST];
	size_t count;
};
struct helper {
	const char *words; /* to who began it; or NULL */
	bool shown;        /* their name: circle_sees_names */
	int64_t at;
};

struct helping { /* who helps in a project */
	struct txn *t;
	struct {
		uint64_t role, who;
		struct helper helper;
	} at[PROJECT_HELPERS_MOST];
	size_t count;
};

void project_roles(struct arena *, const struct project *, struct roles_wanted *out);
const struct role_wanted *project_role(const struct roles_wanted *, uint64_t number); /* NULL: there is none */
/* Those of a form, checked: one that people help in stays. Numbers of 0 are new. */
enum err project_set_roles(struct txn *, uint64_t post, struct project *, const struct roles_wanted *, struct refusal *) MUST_USE;
enum err project_of(struct txn *, const struct post *, struct project *out) MUST_USE; /* ERR_NOT_FOUND: it is none */
bool project_is_over(const struct project *);
bool project_may_help(struct txn *, uint64_t who, const struct post *, const struct project *);
enum err project_helps(struct txn *, uint64_t post, uint64_t role, uint64_t who, struct helper *out) MUST_USE; /* ERR_NOT_FOUND: they do not */
enum err project_helping(struct txn *, uint64_t post, struct helping *out) MUST_USE;
enum err project_taken(struct txn *, uint64_t post, uint64_t role, size_t *out) MUST_USE; /* how many help in it */
/* Takes a role, or says other words about it. */
enum err project_help(struct txn *, uint64_t who, const struct post *, const struct project *, uint64_t role,
	const char *words, bool shown, struct refusal *) MUST_USE;
/* By themselves; or by who manages it: then they hear it, with the words. */
enum err project_step_back(struct txn *, uint64_t by, uint64_t who, const struct post *, uint64_t role, const char *words,
	struct refusal *) MUST_USE;
/* Who helps hears it when it is over. */
enum err project_decide(struct txn *, uint64_t who, struct post *, struct project *, enum project_state, const char *reason,
	struct refusal *) MUST_USE;
enum project_state project_state_of(const char *word, enum project_state otherwise); /* "looking" … */
const char *project_state_word(enum project_state);
void project_state_show(struct view *, const struct project *);
void project_page(struct txn *, struct view *, const struct post *, const struct viewer *); /* "project": parts/project.html */
enum err project_list(struct call *, struct txn *, struct view *) MUST_USE; /* /@{name}/projects */
extern const struct route project_routes[];

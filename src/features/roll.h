/*
 * roll.h: the roll of the association: who is a member, in which role, and what was done with it.
 *
 * It never leaves this node. It is a store of its own (DIR/roll) behind this header, which federation/, src/api/ and
 * whatever writes for others may not include: tests/style/layers.test names who may. What the rest needs to know
 * circle.c tells: never who is a member, only what this viewer may read and do.
 *
 * `r` is a transaction of the roll's own store. A roll_read may stand inside one of the main store. A roll_write may
 * not: that one may run again. So the main store is written first, then the roll.
 */
#pragma once

#include "features.h"

/* ---- roll.c: the store, and who is in it ------------------------------------------------------ */

struct roll;
/* In a directory of its own, or in memory when path is NULL. The site outlives it; its secret opens what is sealed. */
enum err roll_open(struct arena *, const struct site *, const char *path, struct roll **out, const char **why) MUST_USE;
void roll_close(struct roll *); /* NULL ok */
struct store *roll_store(struct roll *); /* to check and to copy */
/* On a thread of the roll's own, for what takes seconds. ERR_TOO_MUCH: something runs already. What runs is waited for
 * at the end. */
enum err roll_work(const struct site *, void (*run)(void *), void *arg) MUST_USE;
enum err roll_write(const struct site *, write_fn *, void *arg) MUST_USE;
enum err roll_submit(const struct site *, write_fn *, void *arg, done_fn *, void *done_arg) MUST_USE; /* as store_submit */
enum err roll_read(const struct site *, read_fn *, void *arg) MUST_USE; /* ERR_NOT_FOUND: this site has no roll (small tests) */
extern const struct table_use roll_tables[]; /* for `kring check` */

/* Bytes under a key of their own, by an id of the roll; when that key is gone, so are they. */
enum err roll_seal(struct txn *r, uint64_t id, struct bytes plain, struct bytes *sealed) MUST_USE;
enum err roll_unseal(struct txn *r, uint64_t id, struct bytes sealed, struct bytes *plain) MUST_USE;
enum err roll_unkey(struct txn *r, uint64_t id) MUST_USE;

enum person_status {
	PERSON_APPLICANT = 1, /* asked to join */
	PERSON_GUEST,         /* has an account, for what is for everyone */
	PERSON_MEMBER,
	PERSON_LAPSED,        /* was a member */
	PERSON_REFUSED
};
struct person {
	uint64_t id;
	uint64_t actor;  /* the account here, or 0 */
	uint32_t status; /* as it was written: person_status_at tells what it comes to */
	int64_t from, until; /* ms: a member from then on, and no longer from then on; 0: no bound */
	int64_t added, changed;
	struct bytes sealed; /* the words that follow, under a key of this person alone */
	const char *number, *name, *email, *type, *phone, *street, *postcode, *town, *country, *born, *note, *reason;
};
extern const struct shape person_shape, person_words_shape;
enum person_status person_status_at(const struct person *, int64_t now);
const char *person_status_words(const char *language, enum person_status);

/* Who does something with the roll, for the audit log: an actor here, or 0 for the command line. */
struct doer {
	uint64_t actor;
	const char *reason; /* or NULL; ≤ 500 bytes, and no word of the roll in it */
	bool in_bulk;       /* part of an act that has a record of its own: none for each person */
};
/* A new one; its id is set. ERR_CONFLICT: the number, the address or the account is another's. */
enum err person_add(struct txn *r, const struct doer *, struct person *) MUST_USE;
enum err person_save(struct txn *r, const struct doer *, const struct person *) MUST_USE; /* whole, as person_load gave it */
enum err person_remove(struct txn *r, const struct doer *, uint64_t id) MUST_USE; /* with its roles and its key */
enum err person_load(struct txn *r, uint64_t id, struct person *) MUST_USE;
/* As it is kept, its words sealed under its own key: of no use once that person is removed. And back to that. */
enum err person_copy(struct txn *r, uint64_t id, struct bytes *out) MUST_USE;
enum err person_put_back(struct txn *r, const struct doer *, struct bytes copy) MUST_USE; /* errors as person_save */
enum err person_by_actor(struct txn *r, uint64_t actor, struct person *) MUST_USE;
enum err person_by_number(struct txn *r, const char *number, struct person *) MUST_USE;
enum err person_by_email(struct txn *r, const char *email, struct person *) MUST_USE; /* any case */
enum err person_list(struct txn *r, uint64_t after, size_t max, struct u64s *out) MUST_USE; /* ids, oldest first; 1 000 at most */

/* ---- role.c: what someone is in the association, and in each community ------------------------ */

enum role { /* of the association the last three, of a community the others; who moderates is public: community.c */
	ROLE_MEMBER = 1, /* of this community */
	ROLE_EXPERT = 2,
	ROLE_EDITOR = 4,
	ROLE_MANAGER = 8,
	ROLE_CORE = 16,
	ROLE_BOARD = 32,
	ROLE_ADMIN = 64,
	ROLE_TREASURER = 128
};
#define ROLES_SEE_ROLL (ROLE_BOARD | ROLE_ADMIN | ROLE_TREASURER) /* look, and keep it */
#define ROLES_GIVE_ROLES (ROLE_BOARD | ROLE_ADMIN)               /* and read what was done with it */
struct roles {
	uint32_t bits; /* of enum role */
	int64_t changed;
};
extern const struct shape roles_shape;
const char *role_name(enum role);                     /* "member" … "treasurer"; NULL: none */
const char *role_words(const char *language, enum role); /* "Treasurer" */
bool role_parse(const char *name, enum role *out);
bool role_is_of_community(enum role);
/* community 0: of the association. ERR_INVALID: that role is not of that kind. */
enum err role_set(struct txn *r, const struct doer *, uint64_t person, uint64_t community, enum role, bool on) MUST_USE;
uint32_t role_of(struct txn *r, uint64_t person, uint64_t community); /* bits */
enum err role_end_all(struct txn *r, const struct doer *, uint64_t person) MUST_USE;
enum err role_forget(struct txn *r, uint64_t person) MUST_USE; /* all of them: part of person_remove */
/* Someone leaves a community themselves, with all they are there; and for as long as ROLE_BACK comes back. Again: as it
 * was. ERR_NOT_FOUND: they were not in it; it is longer ago. */
#define ROLE_BACK HOUR
enum err role_leave(struct txn *r, const struct doer *, uint64_t person, uint64_t community) MUST_USE;
bool role_has_left(struct txn *r, uint64_t person, uint64_t community);
enum err role_come_back(struct txn *r, const struct doer *, uint64_t person, uint64_t community) MUST_USE;
enum err role_prune(struct txn *r, size_t max, size_t *pruned) MUST_USE; /* those that cannot any more */
/* How many members there are today; of a community: how many people have a role in it. */
enum err role_count(struct txn *r, uint64_t community, int64_t *people) MUST_USE;

/* Where an account of this node stands today; all zero for who is not on the roll. Roles count for members and guests. */
struct standing {
	enum person_status status;
	uint32_t roles, here; /* in the association, in the community */
};
void roll_standing(const struct site *, uint64_t actor, uint64_t community, struct standing *out);
int64_t roll_count(const struct site *, uint64_t community); /* role_count, kept for a minute */
/* The accounts of those whose roles here or in the association hold one of `here` or `roles`, at most max. */
size_t roll_holders(const struct site *, uint64_t community, uint32_t here, uint32_t roles, uint64_t *actors, size_t max);

/* ---- linked.c: accounts elsewhere that are a member's own -------------------------------------- */

#define LINKED_MOST 5 /* of one person */
struct linked {
	uint64_t person, actor; /* actor: elsewhere */
	const char *code;       /* that proves it; NULL once it did */
	int64_t asked, proved;  /* ms; proved 0: not yet */
};
extern const struct shape linked_shape;
enum err linked_of(struct txn *r, uint64_t person, struct linked out[LINKED_MOST], size_t *count) MUST_USE;
/* A code is made, good for a week. ERR_CONFLICT: it stands there already; ERR_TOO_MUCH: they have as many as may be. */
enum err linked_ask(struct txn *r, uint64_t person, uint64_t actor) MUST_USE;
/* ERR_NOT_FOUND: not asked, or too long ago; ERR_CONFLICT: it is somebody else's. */
enum err linked_prove(struct txn *r, const struct doer *, uint64_t person, uint64_t actor) MUST_USE;
enum err linked_end(struct txn *r, const struct doer *, uint64_t person, uint64_t actor) MUST_USE; /* doer NULL: no record of it */
enum err linked_forget(struct txn *r, uint64_t person) MUST_USE; /* all: part of person_remove */
uint64_t linked_account(const struct site *, uint64_t elsewhere); /* the account here of whose it is; 0: nobody's */

/* ---- readers.c: accounts elsewhere that a core team let in ------------------------------------- */

#define READING_MOST 2000 /* of one community, with its members' own */
struct admitted {
	uint64_t by;
	int64_t at;
};
extern const struct shape admitted_shape;
enum err admitted_set(struct txn *r, const struct doer *, uint64_t community, uint64_t actor, bool on) MUST_USE;
bool admitted_is(const struct site *, uint64_t community, uint64_t actor);
/* Those that were let in, and all that are a member's: circle.c says which of them read along. */
size_t readers_known(const struct site *, uint64_t community, uint64_t *actors, size_t max);

/* ---- audit.c: what was done, never to be changed ---------------------------------------------- */

enum audit_act { /* kept: numbers are never reused */
	AUDIT_ADD = 1,
	AUDIT_CHANGE,
	AUDIT_REMOVE,
	AUDIT_ROLE,
	AUDIT_UNROLE,
	AUDIT_VIEW,
	AUDIT_EXPORT,
	AUDIT_IMPORT,
	AUDIT_UNDO,
	AUDIT_REQUEST = 20, /* to join: it came in, or was withdrawn */
	AUDIT_ACCEPT,
	AUDIT_REFUSE,
	AUDIT_INVITE,
	AUDIT_JOINING, /* how one joins was changed */
	AUDIT_LINK = 30, /* an account elsewhere; which one stays unsaid */
	AUDIT_UNLINK,
	AUDIT_ADMIT,     /* one elsewhere reads along */
	AUDIT_UNADMIT,
	/* auditlog.c: of acts in the journal; words: what changed, or whom it is about (an actor's id) */
	AUDIT_SETTINGS = 35,
	AUDIT_MODERATOR,
	AUDIT_UNMODERATOR,
	AUDIT_SUSPEND,
	AUDIT_UNSUSPEND
};
/* Ids only: what a person was called leaves no trace here when it is erased. */
struct audit {
	uint64_t number; /* 1, 2, 3 … */
	int64_t at;
	uint64_t actor;  /* who did it; 0: at the command line */
	uint32_t act;
	uint64_t person, community;
	const char *words; /* the names of the fields that changed, the role; or NULL */
	const char *reason;
	struct bytes hash; /* SHA-256 of the hash before it and of this record without it */
};
extern const struct shape audit_shape;
/* Sets number and hash, and at when it is 0. */
enum err audit_add(struct txn *r, struct audit *) MUST_USE;
enum err audit_load(struct txn *r, uint64_t number, struct audit *) MUST_USE;
enum err audit_last(struct txn *r, struct audit *) MUST_USE; /* ERR_NOT_FOUND: nothing was done yet */
/* Who looks at the roll is in the log before they see it, for each thing once in an hour. `what` is a word of ours:
 * "list". */
enum err audit_looked(struct txn *r, uint64_t actor, const char *what) MUST_USE; /* ERR_SIGN_IN: not in this hour */
enum err audit_look(const struct call *, const char *what) MUST_USE; /* the viewer may, and does: nothing when it is there */
/* The work of a page whose read says ERR_SIGN_IN by audit_looked: it is in the log, and read once more. */
enum err audit_look_first(struct call *, const char *what) MUST_USE;
/* The oldest that were made before `before` go, at most max; the newest stays. What is left still follows from them. */
enum err audit_trim(struct txn *r, int64_t before, size_t max, size_t *gone) MUST_USE;
/* Reads the chain from its start: ERR_STORE with *broken, the first record that does not follow from the one before. */
enum err audit_check(struct txn *r, uint64_t *broken) MUST_USE;

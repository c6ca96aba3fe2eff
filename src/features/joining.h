/*
 * joining.h: how people come in: how one may, who asked and what was answered, who was invited. Who asked, who was refused
 * and who was invited is the roll's and lies in its store: roll.h says who may include this.
 */
#pragma once

#include "roll.h"

/* ---- joining.c: how one joins the association, or a community: chosen by who decides there ---- */

enum join_mode { /* kept: numbers are never reused */
	JOIN_INVITATION = 1,
	JOIN_OPEN,
	JOIN_REQUEST,
	JOIN_FILE /* of the association alone: who is on the roll by its e-mail address */
};
#define JOIN_QUESTIONS 5
#define JOIN_QUESTION_MOST 200
struct joining { /* of community 0: of the association */
	uint32_t mode;  /* enum join_mode */
	bool guests;    /* of the association: anyone may have an account for what is for everyone */
	bool unopened;  /* of a community: people put themselves on a list */
	int64_t goal;   /* how many of them there shall be; 0: it is not said */
	int64_t days;   /* within which requests are answered; 0: it is not said */
	const char *intro, *intro_html; /* Markdown, clean HTML */
	const char *questions; /* one on each line, JOIN_QUESTIONS at most */
};
extern const struct shape joining_shape;
void joining_of(struct txn *, uint64_t community, struct joining *out); /* what holds when nothing was chosen: by invitation */
enum err joining_set(struct txn *, uint64_t community, const struct joining *, struct refusal *) MUST_USE;
const char *join_mode_word(enum join_mode);
bool join_mode_parse(const char *word, uint32_t *out);
/* The board and the administration; of a community its managers too. While the roll names none of the first: who runs
 * the site. */
bool joining_may(struct txn *, uint64_t who, uint64_t community);
/* Who hears of a request: at most max accounts. */
size_t joining_deciders(struct txn *, uint64_t community, uint64_t *actors, size_t max);
/* The "place" of a call, which its viewer decides about: a community, or id 0; when it names none, the first there is.
 * ERR_NOT_FOUND: none. */
enum err joining_find(struct call *, struct txn *, struct actor *out) MUST_USE;
enum err joining_look(struct call *, const char *what) MUST_USE; /* audit_look_first, for who decides there */
/* Which of parts/joining-tabs.html this page is; "place", and "places" { title, id, current } that `who` decides about. */
void joining_tabs_show(struct txn *, struct view *, uint64_t who, const char *name, uint64_t community);
/* "unopened", "listed" (0: few), "goal". */
void joining_list_show(struct txn *, struct view *, uint64_t community, const struct joining *);

/* ---- application.c: who asked, and what was answered; of the roll ------------------------------ */

enum application_state { /* kept */
	APPLICATION_ASKED = 1, /* its address is not confirmed yet: forgotten after a day */
	APPLICATION_WAITING,
	APPLICATION_LISTED,    /* until the community opens */
	APPLICATION_ACCEPTED,
	APPLICATION_REFUSED,
	APPLICATION_WITHDRAWN
};
enum application_kind { APPLY_MEMBER = 1, APPLY_GUEST, APPLY_FILE, APPLY_LIST }; /* kept */
#define APPLICATION_MOTIVE_MOST 2000 /* code points, of what is asked and what is answered */
#define APPLICATION_ANSWER_MOST 1000
#define APPLICATION_MARK "\x1e"      /* between answers: no input has it */
struct application {
	uint64_t id;
	uint64_t community; /* 0: the association */
	uint64_t person;    /* 0 until its address is confirmed */
	uint64_t invite;    /* by which it came, or 0 */
	uint32_t state, kind;
	int64_t asked, confirmed, decided;
	uint64_t by;        /* who decided; 0: nobody had to, or the command line */
	bool back;          /* they were let in to a community, and that was taken back */
	struct bytes sealed; /* what follows */
	const char *name, *email, *language, *motive, *questions, *answers, *reason;
};
extern const struct shape application_shape, application_words_shape;
enum err application_add(struct txn *r, struct application *) MUST_USE; /* ASKED; sets id and asked */
enum err application_load(struct txn *r, uint64_t id, struct application *) MUST_USE;
void application_keep(struct arena *, struct application *); /* its words are copied: they outlive the transaction */
/* It and its person (all zero while there is none), copied into the arena. */
enum err application_read(const struct site *, struct arena *, uint64_t id, struct application *, struct person *) MUST_USE;
/* Whose address it is has it, or `actor` asked signed in: now it has a person, and waits, is listed or accepted, as
 * `mode` says. What this person asked there before is superseded. Again: as it was. ERR_GONE: its invitation is over. */
enum err application_confirm(struct txn *r, uint64_t id, const struct joining *, uint64_t actor, struct application *out) MUST_USE;
/* WAITING and REFUSED ones are accepted, WAITING ones refused, and LISTED ones accepted too; of a community ACCEPTED ones
 * are refused, who is out then: ERR_FORBIDDEN when they have a role there. ERR_CONFLICT for others. */
enum err application_decide(struct txn *r, const struct doer *, uint64_t id, bool accept, const char *reason,
	struct application *out) MUST_USE;
enum err application_withdraw(struct txn *r, uint64_t id) MUST_USE;
enum err application_list(struct txn *r, uint64_t community, enum application_state, uint64_t before, size_t max, struct u64s *out) MUST_USE; /* newest first */
enum err application_of_person(struct txn *r, uint64_t person, struct u64s *out) MUST_USE; /* oldest first, 100 at most */
enum err application_count(struct txn *r, uint64_t community, enum application_state, int64_t *count) MUST_USE; /* 10 000 and more are 10 000 */
enum err application_forget(struct txn *r, uint64_t person) MUST_USE; /* all of theirs: part of person_remove */
enum err application_told(struct txn *r, uint64_t id, uint32_t state) MUST_USE; /* that it was in then; 0: whatever it is */
enum err application_untold(struct txn *r, size_t max, struct u64s *out) MUST_USE;
enum err application_again(struct txn *r, uint64_t id) MUST_USE; /* it is told once more */
/* Unconfirmed for a day, refused or withdrawn by then: at most max of them. */
enum err application_prune(struct txn *r, int64_t refused, size_t max, size_t *pruned) MUST_USE;

/* ---- joinmail.c: what they are told, and who decides; after it was done, and once more when that was cut short ---- */

void application_tell(const struct site *, struct store *, uint64_t id);
/* The address at which their account is made, good for two weeks; the same one each time. Whoever opens it reads the mail
 * of `email`: it opens nothing once the roll has another address (join_address_proof). */
enum err join_account_link(struct txn *, uint64_t person, const char *email, const char **path) MUST_USE;
const char *join_address_proof(struct arena *, const struct site *, const char *email); /* says nothing without our secret */
enum err join_status_link(struct txn *, uint64_t application, const char **path) MUST_USE;

/* ---- join.c: the pages of who wants to come in ---- */

void join_state_show(struct view *, const struct application *); /* "state": one of its flags */
void join_answers_show(struct arena *, struct view *, const struct application *); /* "answers" { question, answer } */

/* ---- jointext.c: answers that are kept ---- */

struct join_text {
	uint64_t id;
	const char *title, *text;
};
extern const struct shape join_text_shape;
/* Of a place; three in `language` to begin with, where none is kept. */
enum err join_text_list(struct txn *, uint64_t community, struct u64s *out) MUST_USE;
enum err join_text_load(struct txn *, uint64_t community, uint64_t id, const char *language, struct join_text *out) MUST_USE;

/* ---- invite.c: invitations: a link, or a mail to one address ----------------------------------- */

#define INVITE_USES_MOST 500
#define INVITE_DAYS_MOST 90
struct invite {
	uint64_t id;
	uint64_t community; /* 0: the association */
	uint64_t by;        /* 0: the command line */
	bool guest;
	uint32_t uses, used; /* most, so far */
	int64_t made, until, withdrawn;
	struct bytes sealed;
	const char *email;   /* whom it was sent to, or NULL: whoever has the link */
	const char *words;   /* to whom is invited */
};
extern const struct shape invite_shape, invite_words_shape;
enum err invite_load(struct txn *r, uint64_t id, struct invite *) MUST_USE;
bool invite_is_open(const struct invite *);
enum err invite_use(struct txn *r, uint64_t id, struct invite *out) MUST_USE; /* one more; ERR_GONE: over, used up or withdrawn */
/* Of who leaves: those to this address go; those they made stay, without their words and name. Part of leaving. */
enum err invite_forget(struct txn *r, uint64_t by, const char *email) MUST_USE;
enum err invite_list(struct txn *r, uint64_t before, size_t max, struct u64s *out) MUST_USE; /* newest first */
struct invite_draft {
	uint64_t community, by;
	bool guest;
	const char *email, *words, *language;
	int64_t uses, days;
};
/* *url is its address, said this once; a mail goes when it is for an address. */
enum err invite_make(const struct site *, struct store *, struct arena *, const struct invite_draft *, struct refusal *,
	uint64_t *id, const char **url) MUST_USE;
enum err invite_withdraw(const struct site *, struct store *, uint64_t by, uint64_t id) MUST_USE;

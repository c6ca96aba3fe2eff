/*
 * features.h: every record and every verb of every feature: the catalogue of what this node can do.
 *
 * A verb takes who does it and does it whole: checks, records, indexes, counters and one journal line, in the caller's
 * write transaction. The page's route, the client API, the commands and federation/inbox.c all call the same verb.
 * `raw` is the activity as another node sent it (empty for acts done here); it is kept in the journal to be passed on.
 */
#pragma once

#include "feature.h"

/* What brought an act here: nothing for a local click. */
struct origin {
	const char *uri;  /* the activity's id */
	struct bytes raw; /* the activity itself */
	uint64_t via;     /* the group that announced it, or 0 */
};
/* features.c: what a group passes on reaches that group only (protocol.md §11.2): false when it names another's. */
bool origin_reaches(const struct origin *, uint64_t community);
bool origin_vouches(const struct origin *, uint64_t community); /* and it was passed on: the group stands for who acts */
/* features.c: what posts of this kind have besides their words; one that has nothing for those that have none. */
const struct detail *detail_of(uint32_t kind);
/* journals an act: uri and raw come from the origin unless the line has them. *uri (may be NULL) is the
 * activity's id: the origin's, or for an act done here what the outbox will give it: <base>/a/<place>. */
enum err act_journal(struct txn *, const struct origin *, struct line *, const char **uri) MUST_USE;

/* Whom something is for: each circle lies within the one before. */
enum circle { CIRCLE_EVERYONE, CIRCLE_MEMBERS, CIRCLE_CORE };
struct circles {
	uint32_t read; /* enum circle: who may read it */
	uint32_t act;  /* who may answer, vote, sign up; never wider than who may read */
	bool abroad;   /* for members, and it may go to those who read along elsewhere; of a community: its members may choose so */
};

/* ---- actor.c, profile.c: who someone is, here or elsewhere ----------------------------------- */

enum actor_kind { ACTOR_PERSON = 1, ACTOR_GROUP, ACTOR_APPLICATION, ACTOR_SERVICE, ACTOR_ORGANIZATION };
struct actor {
	uint64_t id;
	uint32_t kind;
	bool local;
	bool gone;       /* answers 410; the name stays taken */
	bool suspended;  /* by us: nothing of it is shown or accepted */
	bool locked;     /* approves followers by hand */
	bool discoverable, indexable;
	bool restricted; /* Group: only moderators start conversations */
	bool own_members; /* Group: its members are those with a role in it, not all of the association */
	struct circles circles; /* Group: of what is begun in it and says nothing else; `act`: who may begin */
	const char *name; /* preferredUsername: [a-z0-9_.-], lower case when local */
	const char *host; /* domain with a port where there is one */
	const char *uri;  /* https://host/u/name, https://host/c/name, https://host/actor; a remote's own */
	const char *url;  /* the page for people: https://host/@name */
	const char *title;   /* display name, plain */
	const char *summary; /* clean HTML */
	const char *source;  /* its Markdown, local only */
	const char *inbox, *shared_inbox, *outbox, *followers, *featured, *moderators;
	const char *icon, *image; /* addresses or NULL */
	uint64_t icon_media, image_media; /* of a local one */
	const char *moved_to;
	const char *aliases; /* alsoKnownAs, blanks between */
	const char *language;
	const char *rsa_id, *ed25519_id; /* key ids */
	struct bytes rsa, ed25519;       /* public keys as key_stored gives them */
	int64_t created, updated; /* ms */
	int64_t fetched;          /* remote: when last read from its own host */
	/* of a local community, and of the node itself for the whole site: */
	uint32_t colour;          /* COLOUR_CHOSEN | 0xRRGGBB; 0: one of the palette, by its id */
	const char *rules, *rules_source; /* clean HTML, its Markdown */
	const char *contact;      /* of the site: how who runs it is reached; one line */
};
#define COLOUR_CHOSEN (1U << 24)
extern const struct shape actor_shape;
struct actor_keys { /* sealed PKCS#8 of a local actor, label "keys:<id>:rsa" and ":ed25519" */
	struct bytes rsa, ed25519;
};
extern const struct shape actor_keys_shape;

enum err actor_load(struct txn *, uint64_t id, struct actor *) MUST_USE;           /* also gone ones: look */
enum err actor_save(struct txn *, const struct actor *) MUST_USE;                  /* the record only, of a known id */
enum err actor_by_uri(struct txn *, const char *uri, struct actor *) MUST_USE;
enum err actor_by_name(struct txn *, const char *name, struct actor *) MUST_USE;   /* local; any case */
/* "name", "@name", "name@host", "acct:name@host": local or already known. */
enum err actor_by_handle(struct txn *, const char *handle, struct actor *) MUST_USE;
const char *actor_handle(struct arena *, const struct actor *); /* "name@host" */
const char *actor_path(struct arena *, const struct actor *);   /* its page here: "/@name", "/@name@host" */
/* The parts of such a handle, lower case; *host NULL when it names none. ERR_INVALID for anything else. */
enum err actor_parse_handle(struct arena *, const char *handle, const char **name, const char **host) MUST_USE;
bool actor_is_alias(const struct actor *, const char *uri); /* alsoKnownAs names uri */
/* A remote actor as its own host describes it: made or renewed, under one id for ever. Claims were checked by
 * federation/actor.c (id, key owner, addresses of one host). Keys change only through here. */
enum err actor_save_remote(struct txn *, const struct actor *claims, uint64_t *id) MUST_USE;
/* A local actor with its keys; name free, well-formed and never used before. Base of account_create, community_create.
 * A key may be NULL: then it never signs with that kind. The node itself is an ACTOR_APPLICATION named site->domain. */
struct key_pair {
	struct key *rsa, *ed25519;
};
enum err actor_create(struct txn *, enum actor_kind, const char *name, const char *title, const struct key_pair *,
	struct refusal *, struct actor *out) MUST_USE;
enum err actor_keys_load(struct txn *, uint64_t id, struct key_pair *) MUST_USE; /* caller drops both */
struct community_change {
	bool restricted, own_members;
	struct circles circles;
};
struct profile_change {
	const char *title, *source; /* NULL: leave; source is Markdown */
	const char *colour, *rules, *contact; /* likewise; #RRGGBB, Markdown, a line */
	const char *language;
	int locked, discoverable, indexable; /* -1: leave */
	const struct community_change *community; /* NULL: leave; of a Group only */
	uint64_t icon, image;         /* media the one who changes it has sent; 0: leave */
	bool drop_icon, drop_image;
};
bool profile_members_stay(struct txn *, const struct actor *); /* of a Group with posts: own_members is not taken back */
enum err profile_update(struct txn *, uint64_t who, uint64_t actor, const struct profile_change *, struct refusal *) MUST_USE;
/* For pages about someone: "relation" { self, following, asked, blocked, can_follow, can_block, can_unblock,
 * from_elsewhere, can_suspend, can_restore }; with "actor" and "uri" beside it what parts/relation.html needs. */
void profile_relation_show(struct call *, struct txn *, struct view *, const struct actor *);
void profile_tab_show(struct view *, const char *name); /* which of parts/settings-tabs.html this page is */
/* Gone for good: posts become tombstones, follows end, sessions end; local or remote. */
enum err actor_remove(struct txn *, uint64_t actor, const struct origin *) MUST_USE;
/* Of one that is gone and of whom nobody has to hear any more: its name, addresses and keys. */
enum err actor_drop_name(struct txn *, struct actor *) MUST_USE;
enum err actor_end(struct txn *, uint64_t actor, const struct origin *) MUST_USE; /* the same, and what it wrote stays */
/* Nothing of it is shown or accepted here until that is lifted; ends sessions, and follows with who is elsewhere. */
enum err actor_suspend(struct txn *, uint64_t actor, bool on) MUST_USE;
/* `actor` says it moved to `to` (whose aliases name it; checked): local followers follow on. */
enum err actor_move(struct txn *, uint64_t actor, uint64_t to, const struct origin *) MUST_USE;
#define ACTOR_TITLE_MOST 60 /* code points of a local one, in one line */
bool actor_title_fits(const char *title);
const char *actor_title(const struct actor *); /* what it is called; its name when it says nothing else */
const char *actor_colour(struct arena *, const struct actor *); /* RRGGBB: chosen, or of the palette */
/* id, name, title, initial, colour, handle, path (its page here), url, icon, local, group, gone; parts/actor.html */
void actor_show(struct view *, const char *name, const struct actor *);

/* ---- face.c: how the site and its communities look, and what they say of themselves ------------ */

face_fn face_show;
/* Who may change the look and the texts of a community, or of the site (the node's own actor). */
bool face_may_change(struct txn *, uint64_t who, const struct actor *);

/* ---- account.c: how a local person signs in -------------------------------------------------- */

struct account {
	uint64_t actor;
	const char *email;
	const char *password; /* PHC string, or NULL: cannot sign in by password */
	bool admin, suspended;
	const char *language;
	int64_t created;
	uint32_t mail_off; /* lists it left: a bit for each enum mail_list */
	bool welcome; /* new here: the overview tells what to begin with */
	int64_t seen; /* ms: up to when they saw what is new; 0: they never said so */
	int64_t came; /* signed in last; 0: not since that is kept */
};
extern const struct shape account_shape;
struct account_draft {
	const char *name, *title, *email, *password_hash, *language;
	bool admin, welcome;
	struct key_pair keys;
};
enum err account_create(struct txn *, const struct account_draft *, struct refusal *, struct actor *out) MUST_USE;
enum err account_load(struct txn *, uint64_t actor, struct account *) MUST_USE;
enum err account_note_came(struct txn *, uint64_t actor) MUST_USE; /* they sign in */
/* The last that is known of them: a sign-in, a session or app in use, something they wrote. */
enum err account_last_seen(struct txn *, const struct account *, int64_t *at) MUST_USE;
enum err account_signed_in(struct txn *, uint64_t actor, struct signed_in *out) MUST_USE; /* server_settings.signed_in */
/* By name or e-mail. Same ERR_NOT_FOUND for unknown and suspended. */
enum err account_find(struct txn *, const char *name_or_email, struct account *) MUST_USE;
/* password.c: 10 code points to 256 bytes, not the name, not the site's, not what is guessed first. */
#define PASSWORD_MOST 256 /* bytes */
enum err account_password_check(struct arena *, const struct site *, const char *name, const char *password,
	struct refusal *) MUST_USE;
enum err account_set_admin(struct txn *, uint64_t actor, bool on) MUST_USE;
enum err account_close(struct txn *, uint64_t actor) MUST_USE; /* nobody signs in to it any more */
enum err account_remove(struct txn *, uint64_t actor) MUST_USE; /* with its sessions; part of actor_remove */
enum err account_set_language(struct txn *, uint64_t actor, const char *language) MUST_USE; /* of pages and mails */
enum err account_set_password(struct txn *, uint64_t actor, const char *hash) MUST_USE; /* ends sessions and tokens */
enum err account_set_welcome(struct txn *, uint64_t actor, bool on) MUST_USE;
enum err account_set_seen(struct txn *, uint64_t actor, int64_t at) MUST_USE;

enum mail_list { MAIL_NEEDED, MAIL_SIGN_INS, MAIL_NOTICES, MAIL_DIGEST, MAIL_EVENTS }; /* what may be left: all but the first; 31 at most */
bool account_takes_mail(struct txn *, uint64_t actor, enum mail_list);
enum err account_set_mail(struct txn *, uint64_t actor, enum mail_list, bool on) MUST_USE;

/* An address in its one form, or NULL: plain, in small letters, at a full host name. */
const char *account_email_clean(struct arena *, const char *typed);
/* Confirms it too. ERR_INVALID: it is another account's. */
enum err account_set_email(struct txn *, uint64_t actor, const char *email, struct refusal *) MUST_USE;
/* A mail it must get, in its language; OK when it has no address. `kind`, view: as for mail_send. */
enum err account_mail(struct txn *, const struct account *, const char *kind, struct view *) MUST_USE;

/* ---- second.c: the code besides password or link --------------------------------------------- */

bool second_is_on(struct txn *, uint64_t actor);
/* OK when it is off, or `typed` is right: a code of the app, or one on paper, which are used up then. ERR_INVALID. */
enum err second_check(struct txn *, uint64_t actor, const char *typed, struct refusal *) MUST_USE;
bool second_pace_ok(uint64_t actor); /* 5 tries in 15 minutes: ask before second_check */
enum err second_remove(struct txn *, uint64_t actor) MUST_USE; /* off, and nothing of it is left */

/* ---- signin.c: coming in by mail -------------------------------------------------------------- */

/* To who reads the mail of this account: a link that signs in, once, for 15 minutes, and goes on to `next`, an own path. */
enum err signin_mail(struct txn *, const struct account *, const char *next) MUST_USE;
/* They did read it: they come in, by way of the code when that is on. ERR_NOT_FOUND: nobody signs in to it. */
enum err signin_by_mail(struct txn *, struct call *, uint64_t actor, const char *next) MUST_USE;

/* ---- link.c: addresses with a secret, for one person and one purpose ------------------------- */

enum link_purpose { LINK_UNSUBSCRIBE = 1, LINK_SIGN_IN, LINK_EMAIL, LINK_EMAIL_BACK,
	LINK_JOIN_CONFIRM = 10, LINK_JOIN_ACCOUNT, LINK_JOIN_STATUS, LINK_INVITE, LINK_LEAVING = 15,
	LINK_ATTENDANCE = 20, LINK_ATTENDANCE_NEW, LINK_CALENDAR, LINK_COACH = 25, LINK_ANSWER = 28, LINK_ALERT,
	LINK_DIGEST = 165, LINK_DIGEST_NEW };
#define LINK_OFTEN UINT32_MAX /* uses: as often as one likes */
struct link {
	uint32_t purpose;
	uint64_t subject;    /* whom or what it is for: an account, an event; 0: nothing that is kept here */
	const char *payload; /* what its purpose needs to know; 512 bytes at most */
	int64_t until;       /* ms */
	uint32_t uses;       /* how many are left */
};
extern const struct shape link_shape;
/* *token, in the transaction's arena, is what the address ends with: 256 bits. Paces are the caller's to mind. */
enum err link_make(struct txn *, const struct link *, const char **token) MUST_USE;
/* The same one whenever it is made for this purpose, subject and payload; until and uses are set anew. */
enum err link_lasting(struct txn *, const struct link *, const char **token) MUST_USE;
const char *link_token(struct txn *, const struct link *); /* which one that is, made or not */
/* ERR_NOT_FOUND: no such link, for another purpose, over, or used up. Looking uses nothing up: programs that read mail
 * open its links, so a GET looks and a POST uses. */
enum err link_find(struct txn *, enum link_purpose, const char *token, struct link *out) MUST_USE;
enum err link_use(struct txn *, enum link_purpose, const char *token, struct link *out) MUST_USE;
enum err link_end(struct txn *, uint64_t subject, enum link_purpose) MUST_USE; /* all; purpose 0: of all purposes */

/* ---- mail.c: what goes out by e-mail; federation/mailer.c sends it --------------------------- */

struct mail_draft {
	const char *to;       /* an address */
	const char *kind;     /* webui/pages/mail/<kind>.html: its h1 is the subject */
	const char *language; /* of who reads it; NULL or unknown: the site's */
	int64_t until;        /* no use after it; 0: it is tried for three days */
	enum mail_list list;  /* MAIL_NEEDED: it must come; else its owner may leave it with one click */
	uint64_t actor;       /* whose account it is for; needed with a list */
	struct u64s posts;    /* that it shows, of a list: 16 at most; see mail_next */
};
struct view *mail_begin(struct txn *); /* what the page is filled from: the site; add the rest */
/* Into the queue, in this transaction. OK also when nothing will go: no mail server is set, the address has refused
 * too often, or its owner left the list. ERR_AGAIN: too many wait. */
enum err mail_send(struct txn *, const struct mail_draft *, struct view *) MUST_USE;
bool mail_refused(struct txn *, const char *address); /* it gets none for now */
/* How many more may come into the queue now of what can wait, so that it goes out at once: the rest of three quarters of
 * an hour's mail, as somebody waits for what else there is. One at a time while the server is in trouble. */
enum err mail_room(struct txn *, int64_t *count) MUST_USE;
struct mail { /* in the queue */
	uint64_t id;
	int64_t next; /* try */
	bool bulk;    /* of a list: waits for what is needed, and leaves it a quarter of the hour */
	const char *to, *language, *html, *leave; /* leave: address to leave its list at, or NULL */
	int64_t created, until;
	uint32_t tries, list;
	uint64_t actor;    /* whom it tells what they may read; 0: it goes whatever became of them, as about a sign-in */
	struct u64s posts; /* that it shows */
	bool withdrawn;    /* by mail_next */
};
extern const struct shape mail_shape;
/* A mail that is not queued, to try the server with. */
enum err mail_test(struct txn *, const char *to, struct mail *out) MUST_USE;
/* The next that is due. ERR_NOT_FOUND: none; ERR_TOO_MUCH: one is, but so many were sent in this hour. Withdrawn: its actor
 * may not sign in any more, or not read a post it shows; it is not to be sent but dropped. */
enum err mail_next(struct txn *, int64_t per_hour, struct mail *out) MUST_USE;
enum err mail_write(struct arena *, const struct site *, const struct mail *, struct bytes *out) MUST_USE; /* as sent */
enum mail_outcome { MAIL_SENT = 1, MAIL_LATER, MAIL_REFUSED, MAIL_DROPPED };
/* unit: ms of the first wait. But for MAIL_LATER nothing of it stays; of who refused it, a hash. */
enum err mail_end(struct txn *, const struct mail *, enum mail_outcome, int64_t unit) MUST_USE;
enum err mail_waiting(struct txn *, int64_t *count) MUST_USE;
struct mail_state { /* for who runs the site; mailroom.c */
	int64_t waiting, next;  /* next: ms, the first try among them */
	int64_t this_hour, sent, put_off, refused, dropped;
	int64_t refusing, shut; /* addresses: refused last time; get none for now */
};
enum err mail_state(struct txn *, struct mail_state *out) MUST_USE;
enum err mail_note_refusal(struct txn *, const struct place *address) MUST_USE; /* its row of TABLE_MAIL_REFUSED */
/* bounce.c: the address that a mail comes from on its way, and what a message that came back to it says: ERR_NOT_FOUND when
 * it came to none of ours; counted: somebody could not be reached, for good. */
const char *bounce_address(struct arena *, const struct site *, const char *to);
enum err bounce_read(struct txn *, const char *message, bool *counted) MUST_USE;
enum err mail_forgive(struct txn *, const char *address) MUST_USE; /* whatever it refused before is over */
struct mail_said { /* by the mail server, or of it */
	bool good;
	int64_t at;
	const char *words; /* no address in them */
};
extern const struct shape mail_said_shape;
/* `name`: "test", or "trouble", which a mail that is taken ends. */
enum err mail_said_load(struct txn *, const char *name, struct mail_said *out) MUST_USE;
enum err mail_said_save(struct txn *, const char *name, const struct mail_said *) MUST_USE;

/* ---- community.c ----------------------------------------------------------------------------- */

struct community_draft {
	const char *name, *title, *source; /* source: Markdown of the summary */
	uint64_t founder;                  /* first moderator, or 0 */
	bool restricted;
	struct key_pair keys;
};
enum err community_create(struct txn *, const struct community_draft *, struct refusal *, struct actor *out) MUST_USE;
bool community_moderated_by(struct txn *, const struct actor *community, const struct actor *who);
enum err community_moderator(struct txn *, uint64_t who, uint64_t community, uint64_t actor, bool on, const struct origin *) MUST_USE;
enum err community_moderators(struct txn *, uint64_t community, struct u64s *out) MUST_USE;
/* ids of local communities, oldest first. */
enum err community_list(struct txn *, struct u64s *out) MUST_USE;
/* The one that {name} names, of here, when the viewer is of its core team; ERR_FORBIDDEN when not. */
enum err community_of_core(struct call *, struct txn *, struct actor *out) MUST_USE;
/* What parts/community-head.html and parts/who-may-write.html show. */
enum err community_head_show(struct call *, struct txn *, struct view *, const struct actor *) MUST_USE;
/* That of the community of here that {name} is: how each of its pages begins. */
enum err community_here_show(struct call *, struct txn *, struct view *, struct actor *out) MUST_USE;
/* The page of a community, local or known here: profile.c's /@{name} hands it over, with reply.page set. */
enum err community_page(struct call *, struct txn *, struct view *, const struct actor *) MUST_USE;

/* ---- joining.c, welcome.c: how one joins (joining.h has the rest) ------------------------------ */

bool joining_is_open(struct txn *, uint64_t community); /* not one that people only put themselves on the list of */
const char *joining_path(struct arena *, const struct actor *community); /* of the page that tells how; NULL: the association's */
/* "join" { path, asks, inside, way_in (to who is outside), unopened, listed, goal } and "joining_place": what pages of a community say of joining it. */
void joining_community_show(struct call *, struct txn *, struct view *, const struct actor *);
void joining_door_show(struct call *, struct txn *, struct view *); /* "may_join": a visitor may become a member of the association */
/* "welcome": three things to begin with, for who is new; "waiting_requests": how many wait for this viewer's answer, which
 * it returns. */
int64_t welcome_show(struct call *, struct txn *, struct view *);

/* ---- follow.c: following; who follows whom is never shown outside but as a number ------------ */

enum follow_state { FOLLOW_PENDING = 1, FOLLOW_ACCEPTED };
struct follow {
	uint64_t follower, followed;
	uint32_t state;
	const char *uri;  /* id of the Follow activity */
	struct bytes raw; /* the Follow as received, while pending: what Accept embeds */
	int64_t at;
};
extern const struct shape follow_shape;
/* Idempotent: a repeated Follow is accepted again. Accepts by itself unless `whom` is local and locked; a remote
 * `whom` stays pending until its Accept. Never the node actor, oneself, or when blocked. */
enum err follow_start(struct txn *, uint64_t who, uint64_t whom, const struct origin *) MUST_USE;
enum err follow_end(struct txn *, uint64_t who, uint64_t whom, const struct origin *) MUST_USE;
enum err follow_accept(struct txn *, uint64_t whom, uint64_t who, const struct origin *) MUST_USE; /* whom answers who */
enum err follow_reject(struct txn *, uint64_t whom, uint64_t who, const struct origin *) MUST_USE; /* also: remove a follower */
bool follow_is(struct txn *, uint64_t who, uint64_t whom); /* accepted */
uint32_t follow_state_of(struct txn *, uint64_t who, uint64_t whom); /* 0: does not follow */
/* Without a journal line. All: of an actor that is gone; what binds a local one to other nodes stays, as the list of
 * whom its end is told. */
enum err follow_forget(struct txn *, uint64_t who, uint64_t whom) MUST_USE;
enum err follow_forget_all(struct txn *, const struct actor *gone) MUST_USE;
enum err follow_drop_all(struct txn *, uint64_t actor) MUST_USE; /* those that stayed too */
enum err follow_count(struct txn *, uint64_t whom, int64_t *followers) MUST_USE;
/* What is told of it; -1: nothing, as of others this site knows no count, and whoever is let in to a community of its own
 * members follows it. */
int64_t follow_told(struct txn *, const struct actor *whom);
void follow_told_show(struct txn *, struct view *, const struct actor *whom); /* "followers"; 0: fewer than a page tells of */
enum err follow_followers(struct txn *, uint64_t whom, uint64_t after, size_t max, struct u64s *out) MUST_USE;   /* accepted, by id */
enum err follow_waiting(struct txn *, uint64_t whom, size_t max, struct u64s *out) MUST_USE; /* who asks to, by id */
enum err follow_following(struct txn *, uint64_t who, uint64_t after, size_t max, struct u64s *out) MUST_USE;

/* ---- post.c: posts and replies; Note, Article, Page, Question -------------------------------- */

enum post_kind { POST_NOTE = 1, POST_ARTICLE, POST_PAGE, POST_QUESTION /* a poll */, POST_EVENT = 10, POST_ASKED,
	POST_VACANCY = 13, POST_IDEA, POST_FILE = 20, POST_PROJECT };
enum visibility { VISIBLE_PUBLIC = 1, VISIBLE_UNLISTED, VISIBLE_FOLLOWERS, VISIBLE_DIRECT };
struct post {
	uint64_t id;
	uint32_t kind, visibility;
	struct circles circles; /* what is not for everyone is VISIBLE_FOLLOWERS too: nowhere taken for public */
	uint64_t author;
	uint64_t community;    /* Group it belongs to, local or remote, or 0 */
	uint64_t root, parent; /* of its conversation; root == id for a start. parent 0 with parent_uri set: not known here */
	const char *parent_uri;
	const char *uri, *url; /* own: https://host/p/<id>, https://host/@name/<id> */
	const char *title;     /* plain, or NULL */
	const char *content;   /* clean HTML */
	const char *source;    /* Markdown, own posts */
	const char *summary;   /* content warning of a Note, abstract of an Article: plain */
	const char *language;
	struct u64s mentions;  /* actors */
	struct bytes extra;    /* attachments, hashtags, poll options: extra.c's form of struct extra */
	struct bytes own;      /* of some kinds: the record that the feature of its kind keeps in it */
	bool sensitive, locked;
	bool gone;             /* tombstone: text is cleared; uri, times, mentions, place in the conversation stay */
	bool counted;          /* among the replies of what it answers: with what it is compared may change */
	bool fetched;          /* read from its own host before its Create came: not yet passed on by its community */
	uint64_t removed_by;   /* moderator, when not the author: hidden in the community */
	int64_t published, updated; /* ms; updated 0 when never edited */
	int64_t removed;
};
extern const struct shape post_shape;
struct revision { /* an earlier text, kept when a post is edited */
	const char *title, *content, *summary;
	int64_t at;
};
extern const struct shape revision_shape;

struct poll_draft {
	struct names options; /* 2 to POST_OPTIONS, different, one line each of at most POLL_OPTION_MOST code points */
	bool any_of;          /* several may be chosen */
	bool closing;         /* the numbers are shown when it has closed, not before */
	int64_t end_time;
};
struct post_draft {
	uint64_t author;
	uint64_t community, parent;
	const char *title, *source, *summary, *language;
	uint32_t kind;       /* 0: Article with a title, else Note */
	uint32_t visibility; /* 0: public, or the parent's (never wider than it) */
	const struct circles *circles; /* NULL: those of the community, or of what it answers (never wider than it) */
	bool sensitive;
	const struct u64s *to; /* people it is for, beside those its words name; or NULL */
	const struct poll_draft *poll; /* NULL: none, or the one that it has already */
	struct bytes own;    /* checked by the feature of its kind; empty: none, or what it has already */
	const struct names *tags; /* NULL: those in its words only; as struct extra has them */
	const struct u64s *media; /* pictures and files of the author, at most MEDIA_SLOTS; NULL: as they are */
	const struct object *remote; /* a post of another node: its text, ids, times and addressees come from here */
};
/* Local or remote; ERR_CONFLICT when the uri is known already (then *out is the known one), ERR_GONE when it was deleted.
 * OK also for the first Create of what was fetched before: its line is journaled, with raw. */
enum err post_create(struct txn *, const struct post_draft *, const struct origin *, struct refusal *, struct post *out) MUST_USE;
enum err post_edit(struct txn *, uint64_t who, uint64_t post, const struct post_draft *, const struct origin *, struct refusal *) MUST_USE;
enum err post_remove(struct txn *, uint64_t who, uint64_t post, const char *reason, const struct origin *) MUST_USE; /* author, moderator */
/* What an author wrote and who may remove: all of it, or in one community (0: everywhere; a ban's 2 000 newest). */
enum err post_remove_all(struct txn *, uint64_t who, uint64_t author, uint64_t community, const char *reason,
	const struct origin *) MUST_USE;
/* What a moderator hid is shown again, where it stood; it is at no top any more. */
enum err post_restore(struct txn *, uint64_t who, uint64_t post, const struct origin *) MUST_USE;
enum err post_lock(struct txn *, uint64_t who, uint64_t post, bool on, const struct origin *) MUST_USE;
/* To the top of its community when `who` moderates that, else of the author's own page. */
enum err post_pin(struct txn *, uint64_t who, uint64_t post, bool on, const struct origin *) MUST_USE;
/* The same with the place named: `where` is the post's community or its author. */
enum err post_pin_at(struct txn *, uint64_t who, uint64_t where, uint64_t post, bool on, const struct origin *) MUST_USE;
enum err post_load(struct txn *, uint64_t id, struct post *) MUST_USE;
enum err post_by_uri(struct txn *, const char *uri, struct post *) MUST_USE;
/* Whether it is there and the viewer may read it; for nobody it costs little to pass over one that is not for everyone. */
bool post_load_for(struct txn *, const struct viewer *, uint64_t id, struct post *);
/* Pages: newest first (conversation: oldest first). before/after 0: the edge. */
enum err post_of_author(struct txn *, uint64_t actor, uint64_t before, size_t max, struct u64s *out) MUST_USE;
enum err post_of_community(struct txn *, uint64_t community, uint64_t before, size_t max, struct u64s *out) MUST_USE;
enum err post_of_conversation(struct txn *, uint64_t root, uint64_t after, size_t max, struct u64s *out) MUST_USE;
enum err post_pinned(struct txn *, uint64_t actor, size_t max, struct u64s *out) MUST_USE;
void post_show(struct txn *, struct view *, const char *name, const struct post *, const struct viewer *); /* whole, for pages */
void post_line(struct txn *, struct view *, const char *name, const struct post *, const struct viewer *); /* one line of a list */
/* The newest answer that the viewer may read, of the last hundred. */
bool post_last_answer(struct txn *, const struct viewer *, const struct post *root, struct post *out);
/* A list of lines: those of `ids` that the viewer may read; parts/post-line.html shows one. */
void post_lines(struct txn *, struct view *, const char *name, const struct u64s *ids, const struct viewer *);
const char *post_name(struct txn *, const struct post *, size_t points); /* its title, its warning, or its first words */
bool post_was_left(struct txn *, const struct post *); /* who wrote it here left, and it stayed: for this site's pages only */
const char *post_path(struct txn *, const struct post *); /* its page here: "/@name/<id>", "/@name@host/<id>"; NULL: none */
enum err post_tally(struct txn *, uint64_t post, uint32_t kind, int64_t *now) MUST_USE;

struct extra {
	const struct attachment *attachments;
	size_t attachment_count;
	struct names hashtags; /* lower case, without # */
	const struct option *options;
	size_t option_count;
	bool any_of, closing; /* struct poll_draft's */
	int64_t voters, end_time, closed;
	/* An event elsewhere; starts 0: it is none. What follows may be NULL; a zone is known here. */
	int64_t starts, ends;
	const char *zone, *place, *address;
	bool cancelled;
};
struct bytes extra_write(struct arena *, const struct extra *);
void extra_read(struct arena *, struct bytes, struct extra *out); /* total: what cannot be read is left out */

/* ---- message.c: direct messages ---------------------------------------------------------------- */

bool message_is(struct txn *, const struct post *); /* a direct one, of a person: what a community says to one alone is none */
bool message_may(struct txn *, uint64_t who, const struct actor *to); /* whether they may write to that one */

/* ---- summary.c: what a conversation came to, in a box above it, written by a moderator --------- */

struct summary { /* stays on this site */
	const char *source, *html; /* Markdown, clean HTML */
	uint64_t by;
	int64_t at;
};
extern const struct shape summary_shape;
void summary_show(struct txn *, struct view *, uint64_t root); /* "summary_box", when there is one */
enum err summary_drop(struct txn *, uint64_t root) MUST_USE;
/* note.c: a post as ActivityPub says it, both ways. Shows the members of the object, or of its Tombstone. */
enum err note_show(struct txn *, uint64_t post, struct view *) MUST_USE;
/* The members of a Question beside a post (struct detail): all but its choices. */
enum err note_show_question(struct txn *, const struct post *, const char *content, struct view *) MUST_USE;
extern const struct kind note_kinds[];

/* ---- what the files about posts share: post draft change orphan extra note incoming conversation compose ---- */

#define POST_TITLE_MOST 200  /* code points of a local title */
#define POST_TEXT_MOST 50000 /* bytes of Markdown */
#define POST_MENTIONS 64
#define POST_HASHTAGS 32
#define POST_ATTACHMENTS 16
#define POST_OPTIONS 20
const char *post_language(struct txn *, const struct post *); /* of what is said here beside its words: its own, or the site's */
extern const char *const post_languages[5][2]; /* what is offered to write in: its code, what it calls itself */
/* What a draft says (checked; Markdown made HTML) into the text members of *out; the rest is left alone. */
enum err draft_write(struct txn *, const struct post_draft *, const struct actor *author, struct refusal *, struct post *out) MUST_USE;
/* As they are typed, with blanks or commas between, in the form that hashtags have: a list, and one text (NULL: none). */
#define POST_TAGS_MOST 10
#define POST_TAG_MOST 50 /* code points */
#define POST_TAGS_BYTES (POST_TAGS_MOST * (4 * POST_TAG_MOST + 1))
enum err draft_tags(struct arena *, const char *typed, struct names *out, const char **joined, struct refusal *) MUST_USE;
/* A remote object as a post: all but id, root, parent. ERR_FORBIDDEN: not the author's to say. */
enum err note_read(struct txn *, const struct object *, const struct actor *author, struct post *out) MUST_USE;
enum err post_save(struct txn *, const struct post *) MUST_USE;
enum err post_enter(struct txn *, const struct post *) MUST_USE; /* into the lists of its community and of those that follow it */
enum err post_leave(struct txn *, const struct post *) MUST_USE;
/* Into the list of a group that took in a remote start, and out of it. Whose it is stays what its author said: the
 * group may take it off its list, no more. ERR_FORBIDDEN: it does not stand there. */
enum err post_join(struct txn *, uint64_t community, uint64_t post) MUST_USE;
enum err post_unjoin(struct txn *, uint64_t community, const struct post *) MUST_USE;
/* Into the conversation of what it answers, its parent: never seen wider than that, and of no other community: else
 * who may not write in one could still answer into it. */
void post_place(struct post *, const struct post *parent, bool local);
/* Counts a reply, or no longer; the post remembers which, and is the caller's to save. */
enum err post_count_reply(struct txn *, struct post *, bool on) MUST_USE;
/* due.c: the oldest rows (table, ms, id) whose time has come, at most max: each goes, and `one` does what was due. */
#define DUE_MOST 100
typedef enum err due_fn(struct txn *, uint64_t id);
enum err due_take(struct txn *, uint8_t table, size_t max, due_fn *one) MUST_USE;
/* Ids in the second field of rows (table, of, id), from `edge` on (exclusive; 0: the edge), at most 1 000. */
enum err post_ids(struct txn *, uint8_t table, uint64_t of, uint64_t edge, bool backward, size_t max, struct u64s *out) MUST_USE;
enum err post_part(struct txn *, const struct leaver *, struct place *at) MUST_USE; /* personal.forget: what they wrote */
enum err orphan_keep(struct txn *, const struct post *) MUST_USE;  /* waits for parent_uri */
enum err orphan_adopt(struct txn *, const struct post *parent) MUST_USE;
extern const struct verb incoming_verbs[];
extern const struct route post_routes[];
enum err conversation_page(struct call *, struct txn *, struct view *) MUST_USE;   /* /@{name}/{id} */
enum err conversation_object(struct call *, struct txn *, struct view *) MUST_USE; /* the same for other nodes: to /p/{id} */
enum err conversation_short(struct call *, struct txn *, struct view *) MUST_USE;  /* /p/{id} for people: to its page */
/* The conversation that `any` is in, with a form that answers `any` when may_reply. */
enum err conversation_show(struct call *, struct txn *, struct view *, const struct post *any) MUST_USE;

/* ---- circle.c: who may read, who may act: asked on every read and every act, for pages, feeds, API and ActivityPub ---- */

bool circle_may_read(struct txn *, const struct viewer *, const struct post *);
bool circle_may_reply(struct txn *, uint64_t who, const struct post *);
bool circle_may_act(struct txn *, uint64_t who, const struct post *); /* vote, sign up, like */
bool circle_in_act(struct txn *, uint64_t who, const struct post *);  /* among those for whom that is, whatever became of it */
bool circle_may_post(struct txn *, uint64_t who, const struct actor *community);
bool circle_may_moderate(struct txn *, uint64_t who, const struct post *);
bool circle_may_manage(struct txn *, uint64_t who, const struct post *); /* its author, who moderates; not what was hidden */
/* The names of who acted and let them be seen: who signed up, who helps. They tell who is in the circle it is for. */
bool circle_sees_names(struct txn *, uint64_t who, const struct post *);
/* The innermost circle of a community that someone is in; community 0: of the association. Asks the roll. A core team is
 * who looks after the community, with the board. People of other nodes are in CIRCLE_EVERYONE, whatever they say. */
enum circle circle_of(struct txn *, uint64_t who, uint64_t community);
bool circle_may_edit(struct txn *, uint64_t who, uint64_t community);  /* decides on its articles; its moderators do, too */
bool circle_may_coach(struct txn *, uint64_t who, uint64_t community); /* answers questions to its coaches */
enum err circle_editors(struct txn *, uint64_t community, struct u64s *out) MUST_USE; /* or its moderators, when it has none */
bool circle_sees_roll(struct txn *, uint64_t who); /* the pages about members, by a role: members.c */
int64_t circle_count(struct txn *, uint64_t community, enum circle); /* heads in it, today; 0 for everyone */
const char *circle_words(enum circle);                               /* a msgid: "Members" */
bool circle_parse(const char *word, uint32_t *out);                  /* "everyone", "members", "core" */
/* For lists and indexes that cannot ask of each post: what has this number may be read by who has it among his. 0: by
 * anyone. CIRCLE_ASK: by number it cannot be said; ask circle_may_read. Blocks and bans are not in it: ask before showing. */
#define CIRCLE_ASK 3
uint64_t circle_number(const struct post *);
enum err circle_numbers(struct txn *, const struct viewer *, struct u64s *out) MUST_USE; /* rising, 0 first */
/* Who reads along: accounts elsewhere that follow the community and are a member's own, or were let in by its core team.
 * What members write there reaches them when its author and the community chose so, and then as the community's words. */
enum err circle_readers(struct txn *, const struct actor *community, struct u64s *out) MUST_USE;
bool circle_goes_abroad(struct txn *, const struct post *, struct actor *community);
bool circle_may_have_copy(struct txn *, uint64_t elsewhere, const struct post *); /* today; asks the roll */
/* Sets who may read and act, so that no other field says more; `parent` may be NULL. */
void circle_set(struct post *, struct circles, const struct post *parent);
/* Radio buttons: "circles" { any, reads, acts: lists of { value, words, chosen } } of those that `who` may choose from for
 * a post in `community` (0: none) that answers `parent` (or NULL). */
void circle_show_choice(struct call *, struct txn *, struct view *, uint64_t community, const struct circles *now,
	const struct post *parent);
/* What was chosen, or `otherwise`; ERR_INVALID with a reason: not a circle that they may choose. */
enum err circle_chosen(struct call *, struct txn *, uint64_t community, const struct post *parent, struct circles otherwise,
	struct circles *out) MUST_USE;
/* ?as=visitor: the page is made as for nobody, and says so ("as_visitor"). Returns who really asks: put that back after. */
struct viewer circle_as_visitor(struct call *, struct view *);
/* "for_everyone", "for_members", "for_core", "for_followers", "for_named": one of them, in words by parts/circle.html. */
void circle_show(struct view *, const struct post *);
#define AS_INPUT {"as", INPUT_CHOICE, .choices = "visitor", .label = "As a visitor"}
struct circles circle_default(const struct actor *community, const struct post *parent); /* either may be NULL */
#define CIRCLE_INPUTS                                                                         \
	{"reads", INPUT_CHOICE, .choices = "everyone|members|core", .label = "Who may read"},  \
		{"acts", INPUT_CHOICE, .choices = "everyone|members|core", .label = "Who may answer"}, \
		{"abroad", INPUT_FLAG, .label = "Also to who reads along elsewhere"}

/* ---- reach.c: whom a post names, and where it goes -------------------------------------------- */

/* One answer for the object's to and cc, and for the outbox. What is not for everyone names nobody and goes nowhere. */
struct audience {
	struct names to, cc;     /* URIs as they stand in the object */
	struct u64s actors;      /* deliver to these */
	struct u64s followers_of;/* and to the followers of these */
	bool open;               /* public or unlisted: anyone may fetch it */
};
enum err post_audience(struct txn *, const struct post *, struct audience *out) MUST_USE;

/* ---- project.c: what people improve together (project.h is its files') ------------------------ */

/* "projects" that came from an idea, "begin_project": where one is begun of it, or "". */
void project_of_idea_show(struct txn *, struct view *, const struct post *idea, const struct viewer *);

/* ---- reaction.c: likes, dislikes, boosts ----------------------------------------------------- */

enum reaction_kind { REACTION_LIKE = 1, REACTION_DISLIKE, REACTION_BOOST };
struct reaction {
	uint64_t post, actor;
	uint32_t kind;
	const char *uri; /* of the activity */
	int64_t at;
};
extern const struct shape reaction_shape;
enum err reaction_add(struct txn *, uint64_t who, uint64_t post, enum reaction_kind, const struct origin *) MUST_USE; /* idempotent */
enum err reaction_remove(struct txn *, uint64_t who, uint64_t post, enum reaction_kind, const struct origin *) MUST_USE;
enum err reaction_load(struct txn *, uint64_t who, uint64_t post, enum reaction_kind, struct reaction *) MUST_USE;
bool reaction_is(struct txn *, uint64_t who, uint64_t post, enum reaction_kind);
/* Kinds of TABLE_TALLY: the reaction kinds, and these. */
#define TALLY_REPLIES 10
#define TALLY_FOLLOWERS 11 /* of an actor, in the place of the post: accepted ones */
#define TALLY_REPLIES_MEMBERS 12 /* replies that only members may read, and only the core team: no number for others */
#define TALLY_REPLIES_CORE 13

/* ---- poll.c: a post that asks: one vote each, of people here and elsewhere; nobody sees who chose what ---- */

#define POLL_OPTION_MOST 100
struct vote {
	uint64_t post, actor;
	struct u64s chosen; /* options, from 0 */
	int64_t at;
};
extern const struct shape vote_shape;
/* The options of a draft into *out. */
enum err poll_write(struct txn *, const struct poll_draft *, struct refusal *, struct extra *out) MUST_USE;
/* The fields of parts/poll-fields.html, `needed` or not, and what they say: no options when none was filled in. */
void poll_form_show(struct call *, struct view *, bool needed);
void poll_form_read(struct call *, struct poll_draft *out);
#define POLL_INPUTS {"days", INPUT_NUMBER, .min = 1, .max = 30, .label = "How long it is open"}
/* One vote each; of a poll where several may be chosen, more of them later. ERR_CONFLICT: voted already; ERR_GONE:
 * it has closed; ERR_INVALID: no such option, or several of one. */
enum err poll_vote(struct txn *, uint64_t who, uint64_t post, const struct u64s *chosen, const struct origin *) MUST_USE;
/* Of someone here in a poll of here that is still open. */
enum err poll_unvote(struct txn *, uint64_t who, uint64_t post) MUST_USE;
bool poll_is_closed(const struct extra *);
bool poll_shows_counts(const struct extra *); /* to everyone */
enum err poll_voters(struct txn *, uint64_t post, uint64_t after, size_t max, struct u64s *out) MUST_USE; /* by id; of a poll of here */

/* ---- event.c and its files (event.h is theirs): what people come to, and who comes ------------ */

/* "upcoming": what comes anywhere here, that the viewer may read; parts/event-upcoming.html */
enum err event_upcoming_show(struct call *, struct txn *, struct view *) MUST_USE;
enum err event_mine_show(struct call *, struct txn *, struct view *) MUST_USE; /* "mine", "has_mine": where the viewer comes */
/* Where the Question beside a post stands (feature.h): it is that post by another name. */
const char *post_question_uri(struct arena *, const struct post *);

/* ---- coach.c, letterbox.c, asking.c: questions to those who know ------------------------------------------ */

enum coach_room { COACH_OPEN = 1, COACH_LIMITED, COACH_CLOSED };
struct coach { /* what one says of oneself as a coach; circle_may_coach tells who is one */
	uint64_t community, actor;
	const char *topics;
	uint32_t room; /* enum coach_room */
	uint32_t days; /* within which one answers */
};
enum ask_way {
	ASK_PUBLIC = 1, /* a question in the community, for everyone */
	ASK_MEMBERS,    /* for members */
	ASK_PRIVATE,    /* for the coach alone; what came as a message is too */
	ASK_ANONYMOUS   /* for members, under the name of the community */
};
enum ask_consent { CONSENT_ASKED = 1, CONSENT_YES, CONSENT_NO };
struct ask {
	uint64_t id, community;
	uint64_t asker;   /* here or elsewhere */
	uint32_t way;
	uint64_t post;    /* where it was asked: a question, a direct message; 0: only here */
	const char *text; /* Markdown, when only here */
	uint64_t coach;   /* to whom; 0: to any of them */
	int64_t at, due, answered;
	uint64_t by;
	const char *answer; /* Markdown */
	uint32_t consent;   /* to publish it without a name; 0: not asked */
	uint64_t article;   /* the draft that was made of it */
	bool reminded;
};
extern const struct shape coach_shape, ask_shape;
enum err coach_load(struct txn *, uint64_t community, uint64_t actor, struct coach *) MUST_USE;
enum err coach_set(struct txn *, const struct coach *, struct refusal *) MUST_USE; /* of oneself */
enum err coach_list(struct txn *, uint64_t community, struct u64s *out) MUST_USE;
bool coach_any(struct txn *, uint64_t community);
bool coach_has_room(struct txn *, const struct coach *);
int64_t coach_days(struct txn *, uint64_t community, uint64_t coach); /* the term; coach 0: of any of them; 0: no room */
const char *coach_term(struct arena *, const char *language, int64_t days); /* in words */
enum err ask_add(struct txn *, struct ask *, struct refusal *) MUST_USE; /* community, asker, way, coach, text: the rest is set */
enum err ask_load(struct txn *, uint64_t id, struct ask *) MUST_USE;
enum err ask_list(struct txn *, uint64_t of, struct u64s *out) MUST_USE; /* newest first; of who asks, or of a community */
bool ask_may_answer(struct txn *, uint64_t who, const struct ask *);     /* and so see it */
const char *ask_words(struct txn *, const struct ask *); /* Markdown */
const char *ask_name(struct txn *, const struct ask *);  /* its first words, plain; "" when it is gone */
/* It goes back the way it came: into the conversation, as a direct message, or on its page. */
enum err ask_answer(struct txn *, uint64_t who, uint64_t id, const char *text, bool consent, struct refusal *) MUST_USE;
enum err ask_remove(struct txn *, uint64_t who, uint64_t id) MUST_USE; /* who asked */
enum err ask_consent(struct txn *, uint64_t id, bool yes) MUST_USE; /* of who asked: the caller knows that it is them */
bool ask_may_publish(struct txn *, uint64_t id);
enum err ask_article(struct txn *, uint64_t who, uint64_t id, uint64_t *article) MUST_USE; /* who answered: a draft */
/* What its files share. */
#define ASKS_OPEN_MOST 5        /* questions of one person that wait */
#define ASK_BYTES 20000         /* of a question or an answer */
#define ASK_KEPT (365 * DAY)    /* after the answer */
enum err ask_keep(struct txn *, const struct ask *) MUST_USE;
enum err ask_drop(struct txn *, const struct ask *) MUST_USE;
enum err ask_tell(struct txn *, const struct ask *, uint64_t whom, uint64_t who) MUST_USE; /* that there is news; not to who made it */
enum err ask_tell_coaches(struct txn *, const struct ask *) MUST_USE;
enum err ask_count_open(struct txn *, uint64_t of, uint64_t coach, size_t *out) MUST_USE;
enum err ask_write_back(struct txn *, const struct ask *, const char *words, const char *language) MUST_USE; /* to a message */
extern const struct journal_reader coach_readers[];
extern const struct chore coach_chores[];
extern const struct route coach_routes[];

/* ---- block.c, moderation.c: blocks, reports, blocked hosts ----------------------------------- */

struct block {
	uint64_t blocker, blocked;
	const char *uri, *reason;
	int64_t at;
};
struct report {
	uint64_t id, reporter;
	struct u64s actors, posts; /* local ones it names */
	const char *comment;
	int64_t at, closed;
};
struct domain {
	const char *host, *reason;
	int64_t at;
};
extern const struct shape block_shape, report_shape, domain_shape;
/* blocker: a person, or a community that bans. Ends follows both ways. */
enum err block_add(struct txn *, uint64_t who, uint64_t blocker, uint64_t blocked, const char *reason, const struct origin *) MUST_USE;
enum err block_remove(struct txn *, uint64_t who, uint64_t blocker, uint64_t blocked, const struct origin *) MUST_USE;
bool block_is(struct txn *, uint64_t blocker, uint64_t blocked);
bool block_between(struct txn *, uint64_t a, uint64_t b); /* either way */
enum err report_count_open(struct txn *, int64_t *count) MUST_USE; /* among the latest */
enum err report_add(struct txn *, uint64_t who, const struct report *, const struct origin *) MUST_USE;
enum err domain_block(struct txn *, const char *host, const char *reason, bool on) MUST_USE;
bool domain_blocked(struct txn *, const char *host); /* the host or a parent domain of it */

/* ---- notify.c: what people hear of, kept 90 days, and how they want to be told ---------------- */

enum notice_kind { NOTICE_REPLY = 1, NOTICE_MENTION, NOTICE_FOLLOW, NOTICE_REQUEST, NOTICE_POLL, NOTICE_HIDDEN,
	NOTICE_CONVERSATION, /* began in a community of which they want to hear at once */
	NOTICE_JOIN_REQUEST = 20, NOTICE_JOIN_ANSWER, NOTICE_OPENED,
	NOTICE_LINKED = 26, /* `who`, elsewhere, is theirs: shown to be so */
	NOTICE_EVENT_MOVED = 30, NOTICE_EVENT_CANCELLED, NOTICE_EVENT_ON, NOTICE_EVENT_DAY, NOTICE_EVENT_HOUR, NOTICE_EVENT_PLACE,
	NOTICE_ARTICLE_REVIEW = 40, NOTICE_ARTICLE_DECIDED, NOTICE_ARTICLE_DUE,
	NOTICE_OFFERED, /* nobody answered it, and they know about it */
	NOTICE_ACCEPTED,
	NOTICE_COACH, /* news of a question to a coach, for who asks and who answers */
	NOTICE_VACANCY = 46, NOTICE_VACANCY_CLOSED, NOTICE_ANSWER, NOTICE_ANSWERED,
	NOTICE_IDEA /* what becomes of it, with the reason */, NOTICE_PROJECT_HELP = 64, NOTICE_PROJECT_ENDED,
	NOTICE_PROJECT_LET_GO /* of a role, with the words */ };
struct notice {
	uint64_t place; /* its order: the journal's place, or id_next(); one of each per person */
	uint32_t kind;
	uint64_t who;   /* did it, or 0 */
	uint64_t post;  /* it is about, or 0 */
	const char *note; /* a reason; of some kinds what it is called that it is about, when that is no post yet */
	int64_t at;
};
extern const struct shape notice_shape;
enum notify_way { NOTIFY_NEVER = 1, NOTIFY_AT_ONCE, NOTIFY_DAILY, NOTIFY_WEEKLY }; /* by mail */
struct notify_settings {
	uint32_t mine;   /* what is for them: NEVER, AT_ONCE, DAILY */
	uint32_t digest; /* what is new where they are: NEVER, DAILY, WEEKLY */
	int64_t paused;  /* no mail until then */
	uint64_t seen;   /* the newest notice they saw */
	/* When the mail that gathers comes, by the site's clock: one more than the hour, and than the weekday (0 is Sunday).
	 * 0: at eight; on Monday. */
	uint32_t hour, weekday;
	int64_t chosen;  /* ms: when they said so */
};
extern const struct shape notify_settings_shape;
void notify_settings(struct txn *, uint64_t actor, struct notify_settings *out); /* what holds when nothing was chosen */
enum err notify_set(struct txn *, uint64_t actor, const struct notify_settings *) MUST_USE;
enum err notify_community(struct txn *, uint64_t actor, uint64_t community, uint32_t *how) MUST_USE; /* theirs, else the digest's */
enum err notify_set_community(struct txn *, uint64_t actor, uint64_t community, uint32_t how) MUST_USE; /* 0: as the digest */
/* Nothing for who is not here, for what they did themselves, or between who block each other. Twice is once. */
enum err notify_add(struct txn *, uint64_t recipient, const struct notice *) MUST_USE;
enum err notify_list(struct txn *, uint64_t actor, uint64_t before, size_t max, struct u64s *places) MUST_USE; /* newest first */
enum err notify_load(struct txn *, uint64_t actor, uint64_t place, struct notice *out) MUST_USE;
enum err notify_unread(struct txn *, uint64_t actor, int64_t *count) MUST_USE; /* 50 and more are 50 */
enum err notify_seen(struct txn *, uint64_t actor, uint64_t place) MUST_USE;
enum err notify_forget(struct txn *, uint64_t actor) MUST_USE; /* all of it */
bool notify_is_mailed(uint32_t kind); /* by its own feature: no mail here gathers it */
/* One item of a list, for a page or a mail: words, fresh (after `seen`), asks, note, at, who, post. False: it is about
 * something that is not there any more, or not for the viewer; nothing was shown. */
uint64_t notify_needs(const struct notice *); /* the post that one must be able to read to hear of it; 0: none */
bool notify_show(struct txn *, struct view *, const struct notice *, uint64_t seen, const struct viewer *, const char *language);

/* ---- digest.c: the mail that gathers, each day or week at their hour ---------------------------- */

struct digest { /* what was sent to someone */
	int64_t daily, weekly; /* ms: up to when conversations were told of */
	uint64_t noticed;      /* the newest notice that was */
	int64_t was_daily, was_weekly; /* before the last one */
	uint64_t was_noticed;
};
extern const struct shape digest_shape;
#define NOTIFY_HOUR 8    /* for who chose none: with the first coffee */
#define NOTIFY_WEEKDAY 1 /* Monday */
/* What is due for them now, once: a day's mail, with the week's news in it on their weekday. Nothing goes when there is
 * nothing. */
enum err digest_send(struct txn *, uint64_t actor) MUST_USE;
enum err digest_again(struct txn *, uint64_t actor) MUST_USE; /* the last one was withdrawn: it is due as before */

/* ---- leaving.c, leavingsteps.c, leavingagain.c: someone goes, with what is theirs; farewell.c: the pages ---- */

enum keep { KEEP_STARTS = 1, KEEP_ANSWERS = 2, KEEP_FILES = 4, KEEP_MARKS = 8, KEEP_ALL = 15 };
enum leaving_step { /* kept: numbers are never reused */
	LEAVING_ASKED = 1, /* may still be taken back, until `due` */
	LEAVING_WORDS,     /* what each feature keeps of them */
	LEAVING_END,       /* the account and the actor itself */
	LEAVING_ROLL,
	LEAVING_SENT,      /* copies of what went out, once all who read the journal have passed it */
	LEAVING_WIPE,      /* files, search, and the stores anew */
	LEAVING_TELL,      /* other nodes are told: until each answered, or gave up */
	LEAVING_NAME,      /* their name and address */
	LEAVING_WIPE_NAME,
	LEAVING_DONE
};
struct leaving {
	uint64_t actor;
	uint32_t step, keep;
	int64_t asked, due, begun, done;
	uint64_t since;       /* leaver's */
	uint64_t by;          /* the actor who asked for it; 0: the command line */
	const char *feature;  /* of LEAVING_WORDS: whose turn it is */
	struct bytes at;      /* and where */
	const char *email;    /* as it was; until LEAVING_NAME is over */
	uint64_t line;        /* of the journal: the one that tells of the end */
};
extern const struct shape leaving_shape;
struct leaving_host {
	const char *name;
	uint32_t asked, confirmed, refused; /* letters to it */
	int64_t at;                         /* of its last answer */
};
extern const struct shape leaving_host_shape;
struct leaving_counts { /* of posts */
	int64_t starts, answers, apart; /* apart: messages to someone, for followers: they go in any case */
};
enum err leaving_count(struct txn *, uint64_t actor, struct leaving_counts *) MUST_USE;
/* Asks for it, or for another choice. ERR_CONFLICT with a reason: a community has nobody else, or the site no other
 * administrator; ERR_GONE: it has begun. */
enum err leaving_ask(struct txn *, uint64_t by, uint64_t actor, uint32_t keep, int64_t due, struct refusal *) MUST_USE;
enum err leaving_take_back(struct txn *, uint64_t actor) MUST_USE; /* ERR_GONE: too late */
enum err leaving_load(struct txn *, uint64_t actor, struct leaving *) MUST_USE;
enum err leaving_list(struct txn *, size_t max, struct u64s *actors) MUST_USE; /* newest first */
enum err leaving_hosts(struct txn *, uint64_t actor, size_t max, struct leaving_host *out, size_t *count) MUST_USE;
/* What stands in the list of who was erased (erased.c) and is there all the same, as after an old backup was brought
 * back, goes again. Not from inside a transaction, waits for disks. */
enum err leaving_again(struct store *, const struct site *, size_t *count) MUST_USE;
/* Someone on the roll goes for ever, in the list first; who leaves by leaving_ask does of itself. */
enum err leaving_note_person(const struct site *, uint64_t person) MUST_USE;
/* As far as it goes now; not from inside a transaction, waits for disks. It goes on by itself, also after a crash. */
void leaving_go(struct store *, uint64_t actor);
/* For the delivery, in its transactions: a letter of theirs is for this host; it answered. Nothing for who stays. */
bool leaving_tells(struct txn *, uint64_t actor); /* they go, and others are being told */
enum err leaving_told(struct txn *, uint64_t actor, const char *host) MUST_USE;
enum err leaving_heard(struct txn *, uint64_t actor, const char *host, bool taken) MUST_USE;
/* What lies beyond the features keeps something of people too: federation/forget.c. Set before there are threads. */
void leaving_beyond(const struct personal *, bool (*waits)(struct txn *, uint64_t actor));
bool leaving_was_a_name(struct txn *, const char *name); /* of someone who left */
#define FORMER_NAME "former_member" /* what all of those are called from then on */
/* For personal.show: who someone is, as an address, and a post, as its own; "" when it is not there any more. */
const char *own_actor(struct txn *, uint64_t actor);
const char *own_post(struct txn *, uint64_t post);
/* Some rows of a table, from *at on; those that `is` says yes to go: by `end`, or deleted. As personal.forget. */
typedef bool leaving_is_fn(void *arg, struct arena *scratch, struct bytes key, struct bytes value);
typedef enum err leaving_end_fn(struct txn *, void *arg, const struct place *key);
enum err leaving_sweep(struct txn *, uint8_t table, struct place *at, leaving_is_fn *is, leaving_end_fn *end, void *arg) MUST_USE;

enum err leaving_forget(struct txn *, uint64_t actor) MUST_USE; /* that they left, and who was told */

/* ---- consent.c: what people are asked to agree to, and what they answered when ------------------ */

struct consent_text { /* never changed: other words are another version */
	uint64_t question, version;
	const char *title, *words; /* plain */
	int64_t at;
};
struct consent {
	uint64_t question, version;
	bool agrees;
	int64_t at;
};
enum err consent_ask(struct txn *, uint64_t question, const char *title, const char *words) MUST_USE; /* 0: a new one */
enum err consent_answer(struct txn *, uint64_t actor, uint64_t question, uint64_t version, bool agrees) MUST_USE;
enum err consent_of(struct txn *, uint64_t actor, uint64_t question, struct consent *out) MUST_USE; /* the last answer */

/* ---- own.c: what is kept of someone; retention.c: how long what is kept ------------------------- */

/* Whole: all of it, for a process of its own; else what a server can make at once, which says so when it is not all. */
enum err own_file(struct txn *, uint64_t actor, bool whole, struct bytes *json) MUST_USE;
/* Says in the view, where the list stands, that it has more: <name>_cut. */
void own_cut(struct txn *, const struct own_view *, struct view *, const char *name);
/* Ids of a list of theirs, the newest first. Name NULL: it is told of by who asks. */
enum err own_ids(struct txn *, struct view *, const char *name, uint8_t table, uint64_t of, const struct own_view *,
	struct u64s *out) MUST_USE;
/* A list of the view, from a table that is not theirs alone: the newest rows that `is`, given the actor's id, says yes to
 * are shown by `one`, whose arg is a struct own_rows. That there was too much to look at, or to show, it says: own_cut. */
struct own_rows {
	struct txn *t;
	struct view *v;
};
enum err own_rows_show(struct txn *, struct view *, const char *name, uint8_t table, const struct own_view *,
	leaving_is_fn *is, visit_fn *one) MUST_USE;
/* Of each table: the member of the file that tells of it, or a sentence that says why none does. */
extern const char *const own_told[256];
enum keep_clock { KEEP_NOTICES, KEEP_TRAFFIC, KEEP_PICTURES, KEEP_REFUSED, KEEP_LAPSED, KEEP_THINKING, KEEP_LEFT,
	KEEP_GUESTS, KEEP_AUDIT };
#define IDLE_WARNED (30 * DAY) /* idle.c: that a guest is told before */
int64_t keep_days(struct txn *, enum keep_clock); /* as the site chose, or what holds when it did not */
enum err keep_set(struct txn *, enum keep_clock, int64_t days) MUST_USE; /* ERR_INVALID: out of bounds */
void keep_show(struct txn *, struct view *, const char *language); /* parts/kept.html */

/* ---- timeline.c: pages that gather; overview.c: my own ----------------------------------------- */

/* Newest first: posts of the followed and of their communities that `viewer` may read. `older` (NULL ok): what to go on
 * before, 0 at the end; a page that has less, and yet an older one, is where looking stopped. */
enum err timeline_home(struct txn *, const struct viewer *, uint64_t before, size_t max, struct u64s *out,
	uint64_t *older) MUST_USE;
enum err timeline_public(struct txn *, const struct viewer *, uint64_t before, size_t max, struct u64s *out,
	uint64_t *older) MUST_USE;
/* Of a person, or the conversations of a community: a page of those alone that `viewer` may read, so that neither its
 * length nor its ends tell of others. */
enum err timeline_of(struct txn *, const struct viewer *, const struct actor *, uint64_t before, size_t max,
	struct u64s *out, uint64_t *older) MUST_USE;

/* A page of them: what parts/conversation-list.html shows, "nothing". */
void timeline_show(struct txn *, struct view *, const struct viewer *, const struct u64s *ids, uint64_t before,
	uint64_t older);

/* ---- linked.c, readers.c: what federation/linking.c asks when it has found an account elsewhere; on a thread that may wait ---- */

enum err linked_check(struct call *, uint64_t actor) MUST_USE;  /* may it be linked or let in at all? */
enum err linked_begin(struct call *, uint64_t actor) MUST_USE;  /* the viewer says it is theirs: a code to prove it with */
enum err linked_expects(struct call *, uint64_t actor, const char **address) MUST_USE; /* what its profile has to point to */
enum err linked_proved(struct call *, uint64_t actor) MUST_USE;
enum err linked_show(struct call *, struct txn *, struct view *) MUST_USE; /* the page */
enum err readers_may(struct call *) MUST_USE; /* the viewer is of the core team of {name} */
enum err readers_admit(struct call *, uint64_t actor) MUST_USE;
enum err readers_show(struct call *, struct txn *, struct view *) MUST_USE;

/* ---- hidden.c: what can be shown again --------------------------------------------------------- */

enum err hidden_post(struct txn *, uint64_t post, bool on) MUST_USE;   /* by a moderator */
enum err hidden_actor(struct txn *, uint64_t actor, bool on) MUST_USE; /* suspended */

/* ---- now.c: what is going on in a community ---------------------------------------------------- */

/* "now" { event or poll or answer or waits, post, named, who, at, open }, "has_now"; parts/now.html shows them. */
enum err now_show(struct txn *, struct view *, const struct actor *community, const struct viewer *) MUST_USE;

/* ---- directory.c: who can be found here, and for what: opt-in for each thing ------------------- */

enum seen { SEEN_BY_ME, SEEN_BY_MEMBERS, SEEN_BY_EVERYONE };
struct card { /* stays on this site. That it is there says nothing of a membership: guests have one too */
	uint64_t actor;
	const char *expertise, *region, *help, *seeks, *contact; /* plain; commas between words; NULL: nothing */
	uint32_t name_seen, photo_seen, expertise_seen, region_seen, help_seen, seeks_seen, contact_seen; /* enum seen */
	int64_t changed;
};
extern const struct shape card_shape;
enum err directory_load(struct txn *, uint64_t actor, struct card *out) MUST_USE; /* who said nothing has an empty one */
enum err directory_save(struct txn *, const struct card *) MUST_USE;
enum err directory_forget(struct txn *, uint64_t actor) MUST_USE; /* part of actor_remove */

/* ---- feed.c: Atom and RSS: /@name.atom, /@name.rss, and the same of a conversation's page; preview.c ---- */

bool feed_of_conversation(struct txn *, const struct post *root); /* it has a feed: begun or held here, and public */
struct preview {
	const char *title, *description, *image; /* plain; any may be NULL */
	const char *path;                        /* of the page */
	const char *kind;                        /* og:type: website, profile, article */
};
void preview_show(struct call *, struct view *, const struct preview *); /* for public pages only; layout.html */

/* ---- search.c, indexer.c, found.c: searching (search.h is theirs) ------------------------------ */

struct search;
/* NULL: the index cannot be opened (logged); the node does without. `path` is a file, made when missing. */
struct search *search_start(struct store *, const char *path);
void search_stop(struct search *);    /* NULL ok */
void search_rebuild(struct search *); /* from the start, in the background */
void search_renew(void); /* the same of the one of this process, when there is one: what was deleted leaves no trace */
void search_settle(struct search *);  /* waits until it knows what was committed, or failed: tests */
bool search_is_ready(void);           /* of this process: not while it is made */
void search_numbers(struct search *, struct view *);
bool search_file_is_sound(const char *path); /* also when there is none; reads all of it */
void search_file_forget(const char *path);   /* of a node that does not run: it is made anew when it does */

/* ---- remote.c: from our pages to another site (follow box), and from there to here -------------- */

/* The page here of what an address names: its id, its handle, or its page on this site. NULL: not known here. */
const char *remote_page(struct call *, struct txn *, const char *address);

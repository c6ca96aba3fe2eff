/*
 * feature.h: the contract of a feature: what people may ask of it, what it keeps, what it answers to other nodes,
 * what it does on time. One file, one feature.
 */
#pragma once

#include "schema.h"
#include "server.h"

/* ---- what an activity or object of another node says, in plain words (filled by federation/activity.c) ---- */

struct names { /* a list of URIs or words */
	const char *const *at;
	size_t count;
};
struct tag {
	const char *type; /* Mention, Hashtag, Emoji, Link */
	const char *href, *name;
};
struct attachment {
	const char *type, *media_type, *url, *name; /* name: alt text */
	int64_t width, height;
	const char *blurhash;
	int64_t focus_x, focus_y; /* thousandths, -1000 (left, below) to 1000 */
	uint64_t media;           /* its record, when it is ours */
};
struct option { /* of a Question */
	const char *name;
	int64_t votes;
};

/* All text is checked UTF-8 within the limits of security.md §2.6; absent is NULL or 0. `content` and `summary` are
 * still foreign HTML: markup_clean before it is kept. */
struct object {
	const char *id, *type;
	const char *attributed_to, *url, *in_reply_to, *context, *audience;
	const char *name, *content, *summary, *language;
	const char *source, *source_type;
	struct names to, cc;
	const struct tag *tags;
	size_t tag_count;
	const struct attachment *attachments;
	size_t attachment_count;
	const struct option *options; /* Question */
	size_t option_count;
	bool any_of;                  /* several may be chosen */
	int64_t voters;
	int64_t published, updated, end_time, closed;
	int64_t start_time;           /* Event, with end_time; what follows may be NULL */
	const char *zone, *place, *address;
	bool cancelled;
	bool sensitive, comments_closed;
	const struct actor *actor;    /* when the object is an actor: its claims; id and local are unset */
};

struct activity {
	const char *id, *type;
	const char *actor;             /* uri */
	const char *object_id;         /* also when the object is embedded */
	const struct object *object;   /* embedded and to be trusted (same host, proved or fetched), or NULL */
	const struct activity *inner;  /* embedded activity: of Undo, Accept, Reject, Announce */
	struct names objects;          /* every id in `object`, for Flag */
	const char *target, *origin, *audience, *content; /* content: a reason or comment, plain words */
	struct names to, cc;
	int64_t published;
	bool remove_data;              /* Lemmy's ban with removal */
	struct bytes raw;              /* the JSON as received */
	/* set by inbox.c before a verb sees it */
	uint64_t actor_id;             /* its record: known and not blocked */
	/* The group whose Announce brought it, or 0. What an author says of an own post is proved all the same; for
	 * anything else it may be the group's word only, and counts for what is the group's. */
	uint64_t via;
};

/* A verb answers one kind of activity, in the writer's transaction. ERR_NOT_FOUND, ERR_INVALID, ERR_FORBIDDEN,
 * ERR_CONFLICT and ERR_GONE drop it (logged); ERR_AGAIN and ERR_STORE retry it. Several may fit, as a bare id names
 * anything: they are asked in order until one answers something else than ERR_NOT_FOUND. */
struct verb {
	const char *type;        /* "Create" */
	const char *object_type; /* "Note"; NULL: any. For Undo, Accept, Reject: the inner activity's type */
	enum err (*receive)(struct txn *, const struct activity *);
};

/* A kind of record that has an ActivityPub shape. */
struct kind {
	const char *type;        /* "Note" */
	enum err (*show)(struct txn *, uint64_t id, struct view *); /* members of the object, without @context */
};

/* What posts of one kind have besides their words: kept, shown and ended by the feature of that kind. Any may be NULL. */
struct post;
struct said { /* what its object says to other nodes: as the post does, until a detail says otherwise */
	const char *summary, *content;
	int64_t updated;
};
struct detail {
	uint32_t kind; /* enum post_kind */
	/* It was written or changed, here (said NULL) or elsewhere: after its record was kept. */
	enum err (*enter)(struct txn *, const struct post *, const struct object *said);
	enum err (*end)(struct txn *, const struct post *); /* it will be deleted: what was kept of it goes */
	/* Members of the post on a page; parts/post-body.html shows them with parts/<feature>.html. */
	void (*page)(struct txn *, struct view *, const struct post *, const struct viewer *);
	void (*object)(struct txn *, struct view *, const struct post *); /* members of its ActivityPub object */
	void (*say)(struct txn *, const struct post *, struct said *);    /* puts other words in it */
	/* The members of a Question that goes out beside it, at post_question_uri: what can be answered with one tap where
	 * its own type cannot. ERR_NOT_FOUND: there is none. */
	enum err (*question)(struct txn *, struct view *, const struct post *);
	/* Who besides the followers hears of its changes: by id, `after` and on. */
	enum err (*heard_by)(struct txn *, uint64_t post, uint64_t after, size_t max, struct u64s *out);
	const char *form; /* changed at /p/{id}/<form>; NULL: where all posts are */
	/* What this viewer can do with it now, as a msgid: "Vote"; NULL: read it. */
	const char *(*step)(struct txn *, const struct post *, const struct viewer *);
	/* More people may read it than before: what was kept or said of it among fewer goes. Before its record is kept. */
	enum err (*widened)(struct txn *, struct post *);
};

/* What a feature keeps of a person of here: shown to them, and gone when they leave. Either may be NULL. */
struct leaver {
	uint64_t actor;
	uint32_t keep;           /* of enum keep: what stays, without a name on it */
	uint64_t since;          /* ids from here on were made to tell of the end: they stay until that is told */
	const char *name, *email;/* as they were; email may be NULL */
};
struct own_view {
	uint64_t actor;
	const char *language; /* of words about what is kept */
	size_t most;          /* of each list, the newest */
	bool *cut;            /* set when a list has more: own_cut */
};
struct personal {
	/* Members and lists of the view that is open. */
	enum err (*show)(struct txn *, struct view *, const struct own_view *);
	/* Some of it, from *at on (of size 0: the start); it leaves there where to go on, or size 0. May run twice. */
	enum err (*forget)(struct txn *, const struct leaver *, struct place *at);
};

struct table_use { /* what `kring check` decodes */
	uint8_t table;
	const struct shape *shape; /* NULL: a number, a flag or a counter */
};

struct feature {
	const char *name;
	const struct route *routes;     /* ended by method 0; all of these may be NULL */
	const struct verb *verbs;       /* ended by NULL type */
	const struct table_use *tables; /* ended by table 0 */
	const struct chore *chores;     /* ended by NULL name */
	const struct journal_reader *readers; /* ended by NULL name: what it does of what was done, after it was */
	const struct kind *kinds;       /* ended by NULL type: what federation/ serves of its records */
	const struct detail *details;       /* ended by kind 0 */
	const struct personal *personal;
};
extern const struct feature *const features[]; /* features.c: the list; NULL-ended */
extern const struct feature feature_profile,
	feature_account,
	feature_article,
	feature_alert,
	feature_answer,
	feature_face,
	feature_consent,
	feature_farewell,
	feature_handover,
	feature_follow,
	feature_join,
	feature_joining,
	feature_joinmail,
	feature_jointext,
	feature_invite,
	feature_requests,
	feature_welcome,
	feature_membership,
	feature_hidden,
	feature_leaving,
	feature_email,
	feature_idea,
	feature_library,
	feature_idle,
	feature_project,
	feature_event,
	feature_attendance,
	feature_calendar,
	feature_link,
	feature_linked,
	feature_mail,
	feature_mailroom,
	feature_message,
	feature_media,
	feature_memberfile,
	feature_members,
	feature_readers,
	feature_memberdesk,
	feature_memberpage,
	feature_auditlog,
	feature_second,
	feature_signin,
	feature_coach,
	feature_community,
	feature_curated,
	feature_digest,
	feature_drafts,
	feature_directory,
	feature_noticeboard,
	feature_notify,
	feature_expertise,
	feature_own,
	feature_organisation,
	feature_poll,
	feature_question,
	feature_post,
	feature_reaction,
	feature_summary,
	feature_overview,
	feature_timeline,
	feature_vacancy,
	feature_moderation,
	feature_remote,
	feature_retention,
	feature_setup,
	feature_feed,
	feature_found;

/* ---- acts: what the journal tells its readers ------------------------------------------------ */

/* actor does it; object and target are record ids. A line with `raw` came from another node. */
enum act {
	ACT_CREATE = 1,    /* actor, object post, target community or 0 */
	ACT_UPDATE,        /* actor, object post, target community or 0 */
	ACT_DELETE,        /* actor (author or moderator), object post, target community or 0; note: reason */
	ACT_LIKE,          /* actor, object post, target community or 0 */
	ACT_UNLIKE,        /* note: uri of the Like */
	ACT_DISLIKE,
	ACT_UNDISLIKE,
	ACT_ANNOUNCE,      /* a boost by actor, object post */
	ACT_UNANNOUNCE,    /* note: uri of the Announce */
	ACT_FOLLOW,        /* actor follows object (an actor); uri: the Follow's id */
	ACT_UNFOLLOW,      /* note: uri of the Follow */
	ACT_ACCEPT,        /* actor accepts the follow of object (an actor); uri and raw: the Follow */
	ACT_REJECT,        /* actor refuses or ends the follow of object; uri and raw: the Follow */
	ACT_BLOCK,         /* actor, object actor, target community or 0 */
	ACT_UNBLOCK,       /* note: uri of the Block */
	ACT_FLAG,          /* actor reports object (report) */
	ACT_PIN,           /* actor, object post, target the actor whose featured it joins */
	ACT_UNPIN,
	ACT_MODERATOR,     /* actor makes object (an actor) moderator of target */
	ACT_UNMODERATOR,
	ACT_UPDATE_ACTOR,  /* actor changed object (itself, or its community); note: the names of what changed */
	ACT_DELETE_ACTOR,  /* actor is gone */
	ACT_MOVE,          /* actor moved to object */
	ACT_LOCK,          /* actor closes the conversation object of target */
	ACT_UNLOCK,
	ACT_NARROW = 40,   /* actor: author; object post, that was for everyone: what went out of it is called back */
	ACT_WIDEN,         /* actor: author; object post, that is for everyone now: goes out as a new one */
	ACT_RESTORE = 90,  /* a moderator shows object post again, target community or 0 */
	ACT_VOTE = 60,     /* actor chose note, an option of the poll object, which stands elsewhere */
	ACT_RECALL = 140,  /* object, elsewhere, may read less of what members write: what it was sent is called back */
	ACT_CHOOSE = 150,  /* actor says of object (a post) that it is the answer to its question */
	ACT_UNCHOOSE,
	/* between the organiser of an event here and target, an actor elsewhere */
	ACT_EVENT_ACCEPT = 145, /* actor lets target come to object; uri: of the Join */
	ACT_EVENT_REJECT,  /* actor cannot let target come; uri: of the Join */
	ACT_EVENT_TELL,    /* actor tells target about object; note: what, as clean HTML */
	/* of this node alone: nobody else is told */
	ACT_SUSPEND = 110, /* the node's actor suspends object (an actor) */
	ACT_UNSUSPEND,
	ACT_KNOWN /* object (an actor) is new here, or was read anew and says other things of itself */
};

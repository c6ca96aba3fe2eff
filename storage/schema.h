/*
 * schema.h: the map of the database. Every key layout, one line each; numbers are never reused.
 * `u64` is 8 bytes big-endian; `hash` the first 16 bytes of SHA-256 of a URI or name; `text` the bytes themselves.
 * Record layouts stand with the feature that keeps them (features.h, federation.h); storage keeps only its own.
 */
#pragma once

enum table {
	/* storage */
	TABLE_META = 1,        /* text name                       → version, node secrets' check, … */
	TABLE_JOURNAL = 2,     /* u64 place                       → line */
	TABLE_READER = 3,      /* text reader                     → u64 place */
	/* accounts, actors */
	TABLE_ACTOR = 10,      /* u64 actor                       → actor (local and remote) */
	TABLE_ACTOR_URI = 11,  /* hash uri                        → u64 actor */
	TABLE_NAME = 12,       /* text name                       → u64 actor: local names, never given out again */
	TABLE_HANDLE = 13,     /* hash "name@host"                → u64 actor: remote names */
	TABLE_KEYS = 14,       /* u64 actor                       → keys: sealed private keys of a local actor */
	TABLE_ACCOUNT = 15,    /* u64 actor                       → account: how a local person signs in */
	TABLE_EMAIL = 16,      /* hash e-mail                     → u64 actor */
	TABLE_SESSION = 17,    /* hash of the cookie              → session */
	TABLE_TOKEN = 18,      /* hash of the bearer token        → token */
	TABLE_COMMUNITY = 19,  /* u64 community                   → 1: local communities, in order of making */
	TABLE_ACCESS = 21,     /* u64 actor, hash of cookie or token → u8 TABLE_SESSION or TABLE_TOKEN: what it signs in with */
	TABLE_MODERATOR = 20,  /* u64 community, u64 actor        → 1 */
	/* following */
	TABLE_FOLLOWER = 30,   /* u64 followed, u64 follower      → follow */
	TABLE_FOLLOWING = 31,  /* u64 follower, u64 followed      → follow (the same record) */
	TABLE_FOLLOW_URI = 32, /* hash uri of a Follow            → u64 follower, u64 followed */
	/* posts */
	TABLE_POST = 40,       /* u64 post                        → post */
	TABLE_POST_URI = 41,   /* hash uri                        → u64 post */
	TABLE_BY_AUTHOR = 42,  /* u64 actor, u64 post             → 1 */
	TABLE_BY_COMMUNITY = 43, /* u64 community, u64 post       → 1: starting posts only */
	TABLE_BY_ROOT = 44,    /* u64 root, u64 post              → u64 parent: the conversation in order of time */
	TABLE_REACTION = 45,   /* u64 post, u64 kind, u64 actor   → reaction: likes, dislikes, boosts */
	TABLE_REACTION_URI = 46, /* hash uri of the activity      → u64 post, u64 kind, u64 actor */
	TABLE_TALLY = 47,      /* u64 post or actor, u64 kind     → counter: replies, likes, boosts; followers */
	TABLE_FEATURED = 48,   /* u64 actor, u64 post             → 1: pinned */
	TABLE_GONE = 49,       /* hash uri                        → i64 ms: deleted before we ever saw it, or ours and deleted */
	TABLE_ORPHAN = 50,     /* hash parent uri, u64 post       → 1: replies that wait for their parent */
	TABLE_HISTORY = 51,    /* u64 post, u64 ms                → revision */
	/* moderation */
	TABLE_BLOCK = 60,      /* u64 blocker, u64 blocked        → block */
	TABLE_REPORT = 61,     /* u64 report                      → report */
	TABLE_DOMAIN = 62,     /* text host                       → domain: blocked hosts */
	TABLE_HIDDEN = 105,    /* u64 post                        → 1: a moderator hid it */
	TABLE_SUSPENDED = 106, /* u64 actor                       → 1: who is suspended */
	/* kinds of posts */
	TABLE_VOTE = 150,      /* u64 post, u64 actor             → vote */
	TABLE_POLL_END = 151,  /* u64 ms, u64 post                → 1: polls of here that are open */
	TABLE_POLL_NEWS = 152, /* u64 post                        → i64 ms: votes since then that other nodes have not heard of */
	TABLE_ARTICLE = 165,   /* u64 article: its own id while it is written, then its post's → article */
	TABLE_ARTICLE_OF = 166, /* u64 actor, u64 article         → 1: who writes or checks it; a community that is to decide on it */
	TABLE_ARTICLE_DUE = 167, /* u64 ms, u64 article           → 1: it may be due to be placed, asked after, outdated */
	TABLE_ARTICLE_IN = 168, /* u64 community, u64 post        → 1: articles that are placed */
	TABLE_QUESTION = 169,  /* u64 post                        → question */
	TABLE_QUESTION_WAITS = 170, /* u64 ms, u64 post           → 1: who knows about it is asked then, if nobody answered */
	TABLE_EXPERTISE = 171, /* u64 actor                       → expertise */
	TABLE_ASK = 172,       /* u64 ask                         → ask: a question to a coach */
	TABLE_ASK_OF = 173,    /* u64 actor, u64 ask              → 1: who asks; the community whose coaches are asked */
	TABLE_COACH = 174,     /* u64 community, u64 actor        → coach */
	/* the noticeboard */
	TABLE_VACANCY_IN = 175, /* u64 0, community, organisation or author; u64 post → 1: open ones; an author's, all */
	TABLE_VACANCY_END = 176, /* u64 ms, u64 post              → 1: open ones by their last day */
	TABLE_ALERT = 177,     /* u64 actor, u64 alert            → alert: what someone wants to hear of */
	TABLE_ANSWER = 178,    /* u64 post, u64 answer            → answer: between two */
	TABLE_ANSWER_WORDS = 179, /* u64 answer, u64 words        → answer_words */
	TABLE_ORGANISATION = 180, /* u64 organisation             → organisation */
	TABLE_ORGANISATION_NAME = 181, /* text name               → u64 organisation */
	TABLE_EDITOR = 182,    /* u64 organisation, u64 actor     → 1; and the other way round: ids are of one series */
	TABLE_ANSWER_BY = 183, /* u64 actor, u64 answer           → u64 post */
	TABLE_ANSWER_AGE = 184, /* u64 ms, u64 post, u64 answer   → 1: when it is looked at to be forgotten */
	TABLE_IDEA_IN = 240,   /* u64 community, u64 post         → 1: ideas of here */
	TABLE_LIBRARY_IN = 241, /* u64 community, u64 post         → 1: files of the library of here */
	TABLE_LIBRARY_VERSION = 242, /* u64 post, u64 number         → version */
	TABLE_PROJECT_IN = 243, /* u64 community, u64 post        → 1: projects of here */
	TABLE_PROJECT_HELPER = 244, /* u64 post, u64 role, u64 actor → helper */
	TABLE_PROJECT_OF = 245, /* u64 idea, u64 post             → 1: the projects that came from it */
	/* events */
	TABLE_EVENT = 155,     /* u64 post                        → event */
	TABLE_AGENDA = 156,    /* u64 community (0: of all), u64 ms, u64 post → 1: events of here by when they begin */
	TABLE_ATTENDANCE = 157, /* u64 event, u64 number          → attendance: in order of signing up */
	TABLE_ATTENDEE = 158,  /* hash of who it is, u64 event    → u64 number */
	TABLE_ATTENDING = 159, /* u64 actor, u64 event            → u64 number */
	TABLE_ATTENDING_COUNT = 160, /* u64 event, u64 state      → counter */
	TABLE_EVENT_TASK = 161, /* u64 ms, u64 event, u64 kind    → u64 number: up to whom it is done */
	TABLE_CALENDAR = 162,  /* u64 actor                       → u64: which of their secret calendar addresses holds */
	/* what people hear of */
	TABLE_NOTICE = 185,    /* u64 actor, u64 place            → notice */
	TABLE_NOTIFY = 186,    /* u64 actor                       → notify_settings */
	TABLE_MESSAGE = 230,   /* u64 actor, u64 post             → u64 root: their direct messages, by the newest of each conversation */
	TABLE_MESSAGE_OF = 231, /* u64 actor, u64 root            → u64 post: that newest one */
	TABLE_SUMMARY = 90,    /* u64 root of a conversation      → summary: the box above it */
	TABLE_NOTIFY_COMMUNITY = 187, /* u64 community, u64 actor → u64 enum notify_way */
	TABLE_DIGEST = 190,    /* u64 actor                       → digest */
	/* people */
	TABLE_DRAFT = 203,     /* u64 draft                       → draft: what was typed and is not placed yet */
	TABLE_DRAFT_OF = 204,  /* u64 actor, u64 draft            → 1 */
	TABLE_DRAFT_DUE = 205, /* u64 ms, u64 draft               → 1: when it is forgotten */
	TABLE_CARD = 220,      /* u64 actor                       → card: what they let others find them by */
	TABLE_PROVED = 221,    /* u64 actor elsewhere, u64 person → 1: shown to be theirs, and not yet in the roll */
	TABLE_COPY = 222,      /* u64 post, u64 actor elsewhere   → u64 number in its address: who has a copy (closed.c) */
	TABLE_COPY_OF = 223,   /* u64 actor elsewhere, u64 post   → 1 */
	TABLE_COPY_AT = 224,   /* u64 number in its address       → u64 post, u64 actor elsewhere, u64 community */
	/* feeds of other sites that a community reads */
	TABLE_CURATED_FEED = 225, /* u64 community, u64 feed      → curated_feed */
	TABLE_CURATED_DUE = 226, /* u64 ms, u64 feed              → u64 community: when it is asked next */
	TABLE_CURATED_ITEM = 227, /* u64 community, u64 state, u64 item → curated_item: that waits, or was not placed */
	TABLE_CURATED_MARK = 228, /* u64 community, hash of an item → u64 ms, u64 feed: it came already; by which, and last seen when */
	/* federation */
	TABLE_INBOX = 80,      /* u64 place                       → received: accepted, not yet applied */
	TABLE_SEEN = 81,       /* hash activity id                → i64 ms */
	TABLE_SEEN_AGE = 82,   /* u64 ms, hash                    → 1: which to forget first */
	TABLE_ACTIVITY = 83,   /* u64 id                          → activity: what we sent, as sent */
	TABLE_QUEUE = 84,      /* hash host, u64 actor, u64 place, u64 activity, hash inbox → delivery: in order for each actor */
	TABLE_HOST = 85,       /* hash host                       → host: health, signature form, software */
	TABLE_PARKED = 86,     /* u64 place                       → received: failed too often, kept for the admin */
	TABLE_FANOUT = 87,     /* u64 place, u64 activity, u64 actor, u64 followed → u64 follower: up to whom it is queued */
	TABLE_LATER = 88,      /* u64 ms, u64 place               → received: what it needs could not be fetched yet */
	TABLE_ANNOUNCED = 89,  /* u64 post, u64 variant           → u64 place: of the line that its community last announced it for */
	/* the roll: a store of its own (roll.h), with the storage's own tables beside these */
	TABLE_PERSON = 120,    /* u64 person                      → person: its words are sealed */
	TABLE_PERSON_KEY = 121, /* u64 person, application or invite → the key of its words, sealed; without it they are gone */
	TABLE_PERSON_ACTOR = 122, /* u64 actor                    → u64 person */
	TABLE_PERSON_WORD = 123, /* hash of a keyed number or e-mail → u64 person */
	TABLE_ROLE = 124,      /* u64 person, u64 community (0: the association) → roles */
	TABLE_ROLE_LEFT = 93,  /* u64 person, u64 community       → roles: that they gave up there themselves within the hour */
	TABLE_AUDIT = 125,     /* u64 number                      → audit */
	TABLE_AUDIT_BASE = 207, /* none                           → audit: the number and hash of the newest that went */
	TABLE_IMPORT_COLUMN = 140, /* hash of a column's name     → u64 enum member_column: as it was chosen */
	TABLE_IMPORT = 143,    /* u64 import                      → import: of the last week */
	TABLE_ROLL_LOOK = 145, /* hash of what is looked at, u64 actor → u64 ms: the last look at it that the audit log has */
	TABLE_ROLL_OPENED = 118, /* u64 actor, u64 person         → u64 ms: when they said why they look at that person */
	TABLE_AUDIT_PLACE = 119, /* none                          → u64 place: up to there the audit log has the journal */
	TABLE_IMPORT_ROW = 144, /* u64 import, u64 person         → the person before it, sealed as it was; 1 byte: it is new */
	TABLE_APPLICATION = 141, /* u64 application               → application: its words are sealed */
	TABLE_APPLICATION_OF = 142, /* u64 community, u64 state, u64 application → 1 */
	TABLE_APPLICATION_PERSON = 146, /* u64 person, u64 application → 1 */
	TABLE_APPLICATION_TELL = 147, /* u64 application          → u64 state: that is not told yet */
	TABLE_INVITE = 148,    /* u64 invite                      → invite: its words are sealed */
	TABLE_LINKED = 128,    /* u64 person, u64 actor elsewhere → linked */
	TABLE_LINKED_TO = 129, /* u64 actor elsewhere             → u64 person: proved */
	TABLE_ADMITTED = 253,  /* u64 community, u64 actor elsewhere → admitted */
	TABLE_LINK_ASKED = 254, /* u64 actor elsewhere, u64 person → 1: to be proved */
	/* joining; who asked lies in the roll */
	TABLE_JOINING = 195,   /* u64 community (0: the association) → joining: how one may */
	TABLE_JOIN_ACCOUNT = 196, /* u64 actor                    → u64 person: whose account it is; until the roll knows */
	TABLE_JOIN_TEXT = 197, /* u64 community or 0, u64 id      → join_text: an answer that is kept */
	/* leaving, and what one agreed to */
	TABLE_LEAVING = 210,   /* u64 actor                       → leaving: whose account goes, and how far that is */
	TABLE_LEAVING_HOST = 211, /* u64 actor, hash host         → leaving_host: who was told, and what was answered */
	TABLE_REACHED = 212,   /* u64 actor, hash inbox           → text inbox: of other nodes, where a person's words went */
	TABLE_FORMER_NAME = 213, /* keyed hash of a name          → i64 ms: it was someone's, and is nobody's again */
	TABLE_CONSENT = 214,   /* u64 actor, u64 place            → consent */
	TABLE_CONSENT_TEXT = 216, /* u64 question, u64 version     → consent_text */
	TABLE_IDLE = 206,      /* u64 actor                       → i64 ms: a guest who did not come back was told then */
	TABLE_KEEP = 215,      /* text clock                      → u64 days: as the site chose, retention.c */
	/* media */
	TABLE_MEDIA = 100,     /* u64 media                       → media: pictures, films, documents */
	TABLE_BLOB = 101,      /* hash of a file's name, u64 media → 1: who names it */
	TABLE_MEDIA_LOOSE = 102, /* u64 media                     → 1: sent, and not placed yet */
	TABLE_MEDIA_URL = 103, /* hash url                        → u64 media: of another node, kept a while */
	TABLE_MEDIA_BYTES = 107, /* u64 actor                     → counter: what its files weigh */
	TABLE_MEDIA_CACHED = 104, /* u64 media                    → 1: those, in order of their coming */
	/* links and mail */
	TABLE_LINK = 130,      /* hash of the token               → link */
	TABLE_LINK_OF = 131,   /* u64 subject, u64 purpose, hash of the token → 1 */
	TABLE_LINK_AGE = 132,  /* u64 ms, hash of the token       → 1: which ends first */
	TABLE_MAIL = 133,      /* u64 ms, u64 id                  → mail: when it is due; lists after what is needed */
	TABLE_MAIL_REFUSED = 134, /* hash address                 → refusals */
	TABLE_MAIL_COUNT = 135,/* text "waiting", an outcome, an hour → counter: mails that wait; that ended so; that were sent in it */
	TABLE_MAIL_SAID = 235, /* text "test" or "trouble"        → mail_said: what the mail server said last */
	TABLE_SECOND = 136,    /* u64 actor                       → second: its other factor */
	TABLE_END = 255
};

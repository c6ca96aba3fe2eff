/*
 * event.h: what the files of events share.
 *
 * event.c      what an event is: its record, its verbs, how a page and other nodes see it
 * eventform.c  the forms: new, change, cancel, recap
 * attendance.c the one list of who comes, whatever door they came by; what other nodes say about it
 * attend.c     the pages of that list: signing up, the link in a mail, the organiser's table
 * remind.c     what happens on time: attendees are told, a series goes on, personal things are forgotten
 * calendar.c   the agenda, and files for calendars
 */
#pragma once

#include "features.h"

/* ---- event.c --------------------------------------------------------------------------------- */

#define EVENT_QUESTIONS 5
#define EVENT_QUESTION_MOST 150 /* code points */
#define EVENT_LINE_MOST 200
#define EVENT_CAPACITY_MOST 5000
struct event {
	uint64_t post, community;
	int64_t start, end; /* ms; end 0: not said */
	const char *zone;
	const char *place, *address; /* NULL: online only */
	const char *link;            /* for who comes; NULL: none */
	const char *cost, *questions; /* questions: one a line; or NULL */
	const char *reason;          /* why it is cancelled, or NULL */
	uint32_t capacity;           /* 0: any number */
	uint32_t closes;             /* signing up: hours before the start */
	bool no_sign_up, waiting, members_first, cancelled;
	struct repeat repeat;        /* from this one on */
	uint64_t next;               /* the one after it in its series, once it is made */
	uint64_t recap;              /* post */
	int64_t sequence, changed;   /* for calendars */
	/* What attendees still have to hear: from when on, which notice, when it began before. */
	int64_t news_at, was_start;
	uint32_t news;
	int64_t asked; /* since when the Question beside it stands elsewhere, 0: it never did; it is closed while nobody there may answer */
};
extern const struct shape event_shape;
struct event_draft {
	uint64_t author, community;
	const char *title, *source, *language;
	const struct circles *circles;
	const struct u64s *media;
	struct event event; /* from start to repeat but for reason and cancelled */
};
enum err event_create(struct txn *, const struct event_draft *, struct refusal *, struct post *out) MUST_USE;
/* Who comes hears of another time or place. */
enum err event_change(struct txn *, uint64_t post, const struct event_draft *, struct refusal *) MUST_USE;
enum err event_cancel(struct txn *, uint64_t who, uint64_t post, bool on, const char *reason) MUST_USE;
enum err event_load(struct txn *, uint64_t post, struct event *) MUST_USE;
enum err event_save(struct txn *, const struct event *) MUST_USE;
/* Both, of one that is there and that the viewer may read. */
enum err event_find(struct txn *, const struct viewer *, uint64_t post, struct post *, struct event *) MUST_USE;
const char *event_when(struct arena *, const char *language, const struct event *);
const char *event_where(struct arena *, const char *language, const struct event *);
bool event_is_over(const struct event *);
int64_t event_closing(const struct event *); /* when signing up ends */
/* What parts/event-facts.html shows, on a page or in a mail: without what only attendees see. */
void event_show(struct view *, const struct event *);
enum err event_say(struct txn *, const struct post *) MUST_USE;

/* ---- attendance.c ---------------------------------------------------------------------------- */

enum attending { ATTENDING_NONE, ATTENDING_YES, ATTENDING_WAITING, ATTENDING_MAYBE, ATTENDING_NO };
enum door { DOOR_WEB = 1, DOOR_MAIL, DOOR_JOIN, DOOR_POLL };
struct attendance {
	uint64_t event, number;
	uint64_t actor;            /* 0: a guest, with a name and an address */
	uint32_t state, door;
	const char *name, *email, *language;
	const char *answers;       /* as many lines as there are questions, or NULL */
	const char *uri;           /* of the Join */
	bool shown;                /* their name, to who is signed in here */
	bool came;
	int64_t at, queued;        /* when this was said; since when they want a place */
};
#define ATTENDANCE_ANSWERS_MOST 8192
extern const struct shape attendance_shape;
struct attend {
	uint64_t event, actor; /* actor 0: the guest whose address it is */
	uint32_t state, door;  /* YES, MAYBE or NO; who cannot be seated waits */
	const char *name, *email, *language, *answers, *uri;
	int shown;             /* -1: leave */
};
/* ERR_GONE: it is over, closed or cancelled; ERR_CONFLICT: full; ERR_FORBIDDEN: not for them; ERR_INVALID: an answer lacks. */
enum err attend(struct txn *, const struct attend *, struct refusal *, struct attendance *out) MUST_USE;
/* Off the list, as if never on it. */
enum err attendance_remove(struct txn *, const struct attendance *) MUST_USE;
enum err attendance_remove_all(struct txn *, uint64_t event) MUST_USE;
enum err attendance_load(struct txn *, uint64_t event, uint64_t number, struct attendance *) MUST_USE;
enum err attendance_save(struct txn *, const struct attendance *) MUST_USE; /* but for its state */
enum err attendance_of(struct txn *, uint64_t event, uint64_t actor, struct attendance *) MUST_USE;
enum err attendance_list(struct txn *, uint64_t event, uint64_t after, size_t max, struct u64s *numbers) MUST_USE;
int64_t attendance_count(struct txn *, uint64_t event, enum attending);
/* Free places are given to who waits, and they are told. */
enum err attendance_move_up(struct txn *, const struct event *) MUST_USE;
bool attendance_may(struct txn *, uint64_t actor, const struct post *); /* 0: a guest */
enum err attendance_heard_by(struct txn *, uint64_t event, uint64_t after, size_t max, struct u64s *out) MUST_USE;
extern const char *const attendance_choices[3]; /* what may be chosen, in the order of enum attending without waiting */

/* ---- remind.c -------------------------------------------------------------------------------- */

enum event_task { TASK_DAY = 1, TASK_HOUR, TASK_NEWS, TASK_NEXT, TASK_FORGET };
enum err event_plan(struct txn *, const struct event *before, const struct event *now) MUST_USE; /* either NULL */
/* One attendee hears it, through the door they came by. `kind`: a notice of an event, or 0: a receipt of what they said. */
enum err event_tell(struct txn *, const struct post *, const struct event *, const struct attendance *, uint32_t kind) MUST_USE;
enum err attendance_link(struct txn *, const struct event *, const struct attendance *, const char **url) MUST_USE;
extern const struct chore event_chores[];
extern const struct journal_reader event_readers[];

/* ---- calendar.c, eventform.c, attend.c ------------------------------------------------------- */

enum err agenda_set(struct txn *, const struct event *, bool on) MUST_USE;
/* By when they begin, those that end after `from`; or that began between the two. */
enum err agenda_list(struct txn *, const struct viewer *, uint64_t community, int64_t from, int64_t to, size_t max,
	struct u64s *out) MUST_USE;
void event_line_show(struct txn *, struct view *, const struct post *, const struct event *, const struct viewer *);
extern const struct route event_form_routes[], attend_routes[];

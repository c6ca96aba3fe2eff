/* attendance.c: the one list of who comes to an event, by whatever door: the web, mail, a Join, a tap in a poll. */
#include "event.h"

#include <string.h>

#define LISTED_MOST 10000 /* of one event, who cannot come among them */
#define AT_ONCE 500
#define ENDED_AT_ONCE 1000

const char *const attendance_choices[3] = {"I am coming", "Maybe", "I cannot come"};

static const struct field fields[] = {
	{1, F_U64, offsetof(struct attendance, event), 0},
	{2, F_U64, offsetof(struct attendance, number), 0},
	{3, F_U64, offsetof(struct attendance, actor), 0},
	{4, F_U32, offsetof(struct attendance, state), 0},
	{5, F_U32, offsetof(struct attendance, door), 0},
	{6, F_TEXT, offsetof(struct attendance, name), 4 * EVENT_LINE_MOST},
	{7, F_TEXT, offsetof(struct attendance, email), 320},
	{8, F_TEXT, offsetof(struct attendance, language), 35},
	{9, F_TEXT, offsetof(struct attendance, answers), ATTENDANCE_ANSWERS_MOST},
	{10, F_TEXT, offsetof(struct attendance, uri), 2048},
	{11, F_FLAG, offsetof(struct attendance, shown), 0},
	{12, F_FLAG, offsetof(struct attendance, came), 0},
	{13, F_I64, offsetof(struct attendance, at), 0},
	{14, F_I64, offsetof(struct attendance, queued), 0},
};
const struct shape attendance_shape = {
	"attendance", sizeof(struct attendance), fields, COUNT(fields)};

/* ---- rows ------------------------------------------------------------------------------------ */

static struct place row_of(const struct attendance *a)
{
	return place_2(TABLE_ATTENDANCE, a->event, a->number);
}

/* Each once on a list: an actor, or an address. */
static struct place person_of(struct txn *t, uint64_t event, uint64_t actor, const char *email)
{
	const char *who = actor != 0
		? arena_format(txn_arena(t), "actor:%llu", (unsigned long long)actor)
		: arena_format(txn_arena(t), "mail:%s", email != NULL ? email : "");
	return place_hash_1(TABLE_ATTENDEE, who, event);
}

enum err attendance_load(struct txn *t, uint64_t event, uint64_t number, struct attendance *out)
{
	struct place place = place_2(TABLE_ATTENDANCE, event, number);
	return txn_load(t, &place, &attendance_shape, out);
}

enum err attendance_save(struct txn *t, const struct attendance *a)
{
	struct place place = row_of(a);
	return txn_save(t, &place, &attendance_shape, a);
}

static enum err find(
	struct txn *t, uint64_t event, uint64_t actor, const char *email, struct attendance *out)
{
	uint64_t number;
	struct place place = person_of(t, event, actor, email);
	enum err e = txn_get_id(t, &place, &number);
	return e == OK ? attendance_load(t, event, number, out) : e;
}

enum err attendance_of(struct txn *t, uint64_t event, uint64_t actor, struct attendance *out)
{
	return find(t, event, actor, NULL, out);
}

enum err attendance_list(
	struct txn *t, uint64_t event, uint64_t after, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_ATTENDANCE, event, after, false, max, out);
}

static struct place count_of(uint64_t event, uint32_t state)
{
	return place_2(TABLE_ATTENDING_COUNT, event, state);
}

int64_t attendance_count(struct txn *t, uint64_t event, enum attending state)
{
	int64_t n;
	struct place place = count_of(event, state);
	return txn_count(t, &place, &n) == OK ? n : 0;
}

static enum err count(struct txn *t, uint64_t event, uint32_t state, int64_t by)
{
	struct place place = count_of(event, state);
	return state != ATTENDING_NONE ? txn_add(t, &place, by, NULL) : OK;
}

static enum err enter(struct txn *t, const struct attendance *a, uint32_t before)
{
	struct place person = person_of(t, a->event, a->actor, a->email);
	struct place mine = place_2(TABLE_ATTENDING, a->actor, a->event);
	enum err e = attendance_save(t, a);
	if (e == OK)
		e = txn_put_id(t, &person, a->number);
	if (e == OK && a->actor != 0)
		e = txn_put_id(t, &mine, a->number);
	if (e == OK && before != a->state)
		e = count(t, a->event, before, -1);
	return e == OK && before != a->state ? count(t, a->event, a->state, 1) : e;
}

static enum err drop(struct txn *t, const struct attendance *a)
{
	struct place row = row_of(a), person = person_of(t, a->event, a->actor, a->email);
	struct place mine = place_2(TABLE_ATTENDING, a->actor, a->event);
	enum err e = txn_del(t, &row);
	if (e == OK)
		e = txn_del(t, &person);
	if (e == OK)
		e = txn_del(t, &mine);
	return e == OK ? count(t, a->event, a->state, -1) : e;
}

enum err attendance_remove(struct txn *t, const struct attendance *a)
{
	struct event event;
	enum err e = drop(t, a);
	if (e == OK)
		e = event_load(t, a->event, &event);
	return e == OK ? attendance_move_up(t, &event) : e;
}

enum err attendance_remove_all(struct txn *t, uint64_t event)
{
	struct u64s numbers = {.count = AT_ONCE};
	struct attendance a;
	enum err e = OK;
	while (e == OK && numbers.count == AT_ONCE) {
		e = attendance_list(t, event, 0, AT_ONCE, &numbers);
		for (size_t i = 0; e == OK && i < numbers.count; i++) {
			e = attendance_load(t, event, numbers.at[i], &a);
			if (e == OK)
				e = drop(t, &a);
		}
	}
	return e;
}

/* ---- signing up ------------------------------------------------------------------------------ */

bool attendance_may(struct txn *t, uint64_t actor, const struct post *p)
{
	struct viewer nobody = {0};
	if (p->gone || p->removed_by != 0)
		return false;
	if (actor == 0)
		return p->circles.act == CIRCLE_EVERYONE && circle_may_read(t, &nobody, p);
	return circle_may_act(t, actor, p)
		&& (p->community == 0 || !block_between(t, actor, p->community));
}

static size_t lines(const char *s)
{
	size_t n = s != NULL;
	for (; s != NULL && *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

/* As many lines as there are questions, none of them empty. */
static bool is_answered(const char *questions, const char *answers)
{
	if (questions == NULL)
		return true;
	if (answers == NULL || *answers == '\0' || *answers == '\n' || text_ends(answers, "\n")
		|| strstr(answers, "\n\n") != NULL)
		return false;
	return lines(answers) == lines(questions);
}

static enum err allowed(struct txn *t, const struct attend *d, const struct post *p,
	const struct event *event, struct refusal *why)
{
	bool comes = d->state == ATTENDING_YES || d->state == ATTENDING_MAYBE;
	bool asked = d->door == DOOR_WEB || d->door == DOOR_MAIL;
	if (event_is_over(event) || (comes && (event->cancelled || event->no_sign_up)))
		return ERR_GONE;
	if (comes && event_closing(event) <= time_now())
		return ERR_GONE;
	if (!attendance_may(t, d->actor, p))
		return ERR_FORBIDDEN;
	if (d->state == ATTENDING_YES && asked && !is_answered(event->questions, d->answers))
		return refuse(why, "reply", "Please answer each question.");
	return OK;
}

/* Who is on the list stays on it; who comes back takes the end of the queue. */
static enum err seat(
	struct txn *t, const struct event *event, const struct attend *d, struct attendance *a)
{
	uint32_t before = a->state;
	a->state = d->state;
	if (d->state != ATTENDING_YES || before == ATTENDING_YES)
		return OK;
	if (before != ATTENDING_WAITING)
		a->queued = time_now();
	if (event->capacity == 0
		|| attendance_count(t, event->post, ATTENDING_YES) < (int64_t)event->capacity)
		return OK;
	a->state = ATTENDING_WAITING;
	return event->waiting ? OK : ERR_CONFLICT;
}

static void take_words(const struct attend *d, struct attendance *a)
{
	if (d->name != NULL)
		a->name = d->name;
	if (d->email != NULL)
		a->email = d->email;
	if (d->language != NULL)
		a->language = d->language;
	if (d->answers != NULL)
		a->answers = d->answers;
	if (d->uri != NULL)
		a->uri = d->uri;
	if (d->shown >= 0)
		a->shown = d->shown > 0;
	if (d->state == ATTENDING_NO) {
		a->answers = NULL;
		a->shown = false;
	}
}

static enum err begin(struct txn *t, const struct attend *d, struct attendance *a)
{
	int64_t listed = 0;
	for (uint32_t s = ATTENDING_YES; s <= ATTENDING_NO; s++)
		listed += attendance_count(t, d->event, s);
	*a = (struct attendance){.event = d->event, .number = id_next(), .actor = d->actor};
	return listed < LISTED_MOST ? OK : ERR_TOO_MUCH;
}

enum err attend(struct txn *t, const struct attend *d, struct refusal *why, struct attendance *out)
{
	struct post p;
	struct event event;
	struct attendance a;
	struct viewer viewer = {.actor = d->actor};
	enum err e = event_find(t, &viewer, d->event, &p, &event);
	if (e == OK)
		e = allowed(t, d, &p, &event, why);
	if (e == OK && (e = find(t, d->event, d->actor, d->email, &a)) == ERR_NOT_FOUND)
		e = begin(t, d, &a);
	if (e != OK)
		return e;
	uint32_t before = a.state;
	a.door = d->door;
	a.at = time_now();
	e = seat(t, &event, d, &a);
	if (e != OK)
		return e;
	take_words(d, &a);
	e = enter(t, &a, before);
	if (e == OK && before == ATTENDING_YES && a.state != ATTENDING_YES)
		e = attendance_move_up(t, &event);
	if (e == OK && a.door != DOOR_WEB)
		e = event_tell(t, &p, &event, &a, 0);
	if (e == OK)
		*out = a;
	return e;
}

/* ---- moving up ------------------------------------------------------------------------------- */

struct queue_place {
	struct attendance a;
	bool member;
};

static bool comes_before(
	const struct event *event, const struct queue_place *a, const struct queue_place *b)
{
	if (event->members_first && a->member != b->member)
		return a->member;
	if (a->a.queued != b->a.queued)
		return a->a.queued < b->a.queued;
	return a->a.number < b->a.number;
}

static enum err gather_waiting(
	struct txn *t, const struct event *event, struct queue_place *all, size_t *count)
{
	struct u64s numbers = {.count = AT_ONCE};
	uint64_t after = 0;
	size_t most = *count, n = 0;
	enum err e = OK;
	while (e == OK && numbers.count == AT_ONCE && n < most) {
		e = attendance_list(t, event->post, after, AT_ONCE, &numbers);
		for (size_t i = 0; e == OK && i < numbers.count && n < most; i++) {
			struct queue_place *q = &all[n];
			e = attendance_load(t, event->post, after = numbers.at[i], &q->a);
			if (e != OK || q->a.state != ATTENDING_WAITING)
				continue;
			q->member = q->a.actor != 0
				&& circle_of(t, q->a.actor, event->community) >= CIRCLE_MEMBERS;
			n++;
		}
	}
	*count = n;
	return e;
}

static enum err give_place(
	struct txn *t, const struct post *p, const struct event *event, struct attendance *a)
{
	a->state = ATTENDING_YES;
	enum err e = enter(t, a, ATTENDING_WAITING);
	return e == OK ? event_tell(t, p, event, a, NOTICE_EVENT_PLACE) : e;
}

enum err attendance_move_up(struct txn *t, const struct event *event)
{
	struct post p;
	size_t count = (size_t)attendance_count(t, event->post, ATTENDING_WAITING);
	int64_t free = event->capacity == 0
		? (int64_t)count
		: (int64_t)event->capacity - attendance_count(t, event->post, ATTENDING_YES);
	if (count == 0 || free <= 0 || event->cancelled || event->start <= time_now())
		return OK;
	struct queue_place *all = arena_array(txn_arena(t), count, sizeof *all);
	enum err e = gather_waiting(t, event, all, &count);
	if (e == OK)
		e = post_load(t, event->post, &p);
	for (; e == OK && free > 0 && count > 0; free--) {
		size_t first = 0;
		for (size_t i = 1; i < count; i++)
			if (comes_before(event, &all[i], &all[first]))
				first = i;
		e = give_place(t, &p, event, &all[first].a);
		all[first] = all[--count];
	}
	return e;
}

/* ---- other nodes ----------------------------------------------------------------------------- */

/* Whoever follows nothing here, and comes, hears of its changes as well. */
enum err attendance_heard_by(
	struct txn *t, uint64_t event, uint64_t after, size_t max, struct u64s *out)
{
	struct u64s numbers;
	struct attendance a;
	enum err e = attendance_list(t, event, after, max, &numbers);
	uint64_t *actors = arena_array(txn_arena(t), max, sizeof *actors);
	size_t count = 0;
	for (size_t i = 0; e == OK && i < numbers.count; i++) {
		e = attendance_load(t, event, numbers.at[i], &a);
		if (e == OK && a.actor != 0)
			actors[count++] = a.actor;
	}
	if (e == OK)
		*out = (struct u64s){actors, count};
	return e;
}

/* An event of here that this is about; what came by way of a group is no word of who signs up. */
static enum err about_event(
	struct txn *t, const struct activity *a, const char *uri, struct post *p)
{
	struct actor author;
	enum err e = post_by_uri(t, uri, p);
	if (e == OK && p->kind != POST_EVENT)
		e = ERR_NOT_FOUND;
	if (e == OK)
		e = actor_load(t, p->author, &author);
	if (e == OK && (a->via != 0 || !author.local))
		e = ERR_FORBIDDEN;
	return e;
}

static enum err answer(struct txn *t, const struct activity *a, const struct post *p, uint32_t act)
{
	struct line line = {.act = act,
		.actor = p->author,
		.object = p->id,
		.target = a->actor_id,
		.uri = a->id};
	return act_journal(t, NULL, &line, NULL);
}

static enum err receive_join(struct txn *t, const struct activity *a)
{
	struct post p;
	struct attendance out;
	enum err e = about_event(t, a, a->object_id, &p);
	if (e != OK)
		return e;
	struct attend d = {.event = p.id,
		.actor = a->actor_id,
		.state = ATTENDING_YES,
		.door = DOOR_JOIN,
		.uri = a->id,
		.shown = -1};
	e = attend(t, &d, NULL, &out);
	return e == ERR_GONE || e == ERR_FORBIDDEN || e == ERR_CONFLICT || e == ERR_TOO_MUCH
		? answer(t, a, &p, ACT_EVENT_REJECT)
		: e;
}

static enum err leave(struct txn *t, const struct activity *a, const char *uri)
{
	struct post p;
	struct attendance kept;
	enum err e = about_event(t, a, uri, &p);
	if (e == OK)
		e = attendance_of(t, p.id, a->actor_id, &kept);
	return e == OK ? attendance_remove(t, &kept) : e;
}

static enum err receive_leave(struct txn *t, const struct activity *a)
{
	return leave(t, a, a->object_id);
}

static enum err receive_undo(struct txn *t, const struct activity *a)
{
	return a->inner != NULL ? leave(t, a, a->inner->object_id) : ERR_INVALID;
}

static enum err refused(struct txn *t, const struct post *p, uint64_t who, enum err e)
{
	const char *words = e == ERR_CONFLICT ? i18n(p->language, "Sorry: this is full.")
		: e == ERR_GONE ? i18n(p->language, "Sorry: you cannot sign up for this any more.")
				: NULL;
	struct text html;
	if (words == NULL)
		return e;
	text_init(&html, txn_arena(t), 2000);
	text_add(&html, "<p>");
	text_html(&html, words);
	text_format(&html, " <a href=\"%s\">", p->url);
	text_html(&html, text_cut(txn_arena(t), p->title, 100));
	text_add(&html, "</a></p>");
	struct line line = {.act = ACT_EVENT_TELL,
		.actor = p->author,
		.object = p->id,
		.target = who,
		.note = html.at};
	return act_journal(t, NULL, &line, NULL);
}

static enum err say(struct txn *t, const struct activity *a, const struct post *p, uint32_t state)
{
	struct attendance out;
	struct attend d = {.event = p->id,
		.actor = a->actor_id,
		.state = state,
		.door = DOOR_POLL,
		.shown = -1};
	enum err e = attend(t, &d, NULL, &out);
	return e == OK ? OK : refused(t, p, a->actor_id, e);
}

/* Friendica answers an event with these, Mobilizon with Join. */
static enum err receive_reply(struct txn *t, const struct activity *a)
{
	static const struct {
		const char *type;
		uint32_t state;
	} replies[] = {{"Accept", ATTENDING_YES}, {"TentativeAccept", ATTENDING_MAYBE},
		{"TentativeJoin", ATTENDING_MAYBE}, {"Reject", ATTENDING_NO}};
	struct post p;
	enum err e = a->inner == NULL ? about_event(t, a, a->object_id, &p) : ERR_NOT_FOUND;
	for (size_t i = 0; e == OK && i < COUNT(replies); i++)
		if (text_is(a->type, replies[i].type))
			return say(t, a, &p, replies[i].state);
	return e;
}

static bool chose(const char *name, size_t i)
{
	return text_is(name, attendance_choices[i])
		|| text_is(name, i18n("nl", attendance_choices[i]));
}

/* A note with a name and no words, in answer to the Question beside an event (protocol.md §6.4). */
static enum err receive_choice(struct txn *t, const struct activity *a)
{
	static const uint32_t states[] = {ATTENDING_YES, ATTENDING_MAYBE, ATTENDING_NO};
	const struct object *o = a->object;
	struct post p;
	if (o == NULL || o->name == NULL || o->content != NULL || o->in_reply_to == NULL)
		return ERR_NOT_FOUND;
	enum err e = about_event(t, a, o->in_reply_to, &p);
	if (e != OK)
		return e;
	if (o->attributed_to != NULL && !text_is(o->attributed_to, a->actor))
		return ERR_FORBIDDEN;
	for (size_t i = 0; i < COUNT(states); i++)
		if (chose(o->name, i))
			return say(t, a, &p, states[i]);
	return ERR_INVALID;
}

static const struct verb verbs[] = {
	{"Join", NULL, receive_join},
	{"Leave", NULL, receive_leave},
	{"Undo", "Join", receive_undo},
	{"Undo", "Accept", receive_undo}, /* Friendica takes its answer back so */
	{"Undo", "TentativeAccept", receive_undo},
	{"Undo", "Reject", receive_undo},
	{"Accept", NULL, receive_reply},
	{"TentativeAccept", NULL, receive_reply},
	{"TentativeJoin", NULL, receive_reply},
	{"Reject", NULL, receive_reply},
	{"Create", "Note", receive_choice},
	{0},
};

/* ---- what is kept of someone ------------------------------------------------------------------ */

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	static const char *const words[] = {
		"", "I am coming", "On the waiting list", "Maybe", "I cannot come"};
	struct u64s events;
	struct attendance a;
	enum err e = own_ids(t, v, "attending", TABLE_ATTENDING, who->actor, who, &events);
	view_list(v, "attending");
	for (size_t i = 0; e == OK && i < events.count; i++) {
		if (attendance_of(t, events.at[i], who->actor, &a) != OK)
			continue;
		view_begin(v, NULL);
		view_text(v, "post", own_post(t, a.event));
		view_text(v, "answer", i18n(who->language, words[a.state]));
		view_text(v, "answers", a.answers != NULL ? a.answers : "");
		view_flag(v, "name_shown", a.shown);
		view_flag(v, "was_there", a.came);
		view_time(v, "at", a.at);
		view_end(v);
	}
	view_list_end(v);
	return e;
}

/* As a guest, with the same address; what they said as themselves ends with the actor: remind.c. */
static bool is_by_address(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct leaver *who = arg;
	struct attendance a;
	(void)key;
	return record_read(scratch, &attendance_shape, value, &a) == OK && a.actor == 0
		&& text_equal_fold(a.email, who->email);
}

static enum err end_one(struct txn *t, void *arg, const struct place *key)
{
	struct attendance a;
	(void)arg;
	enum err e = txn_load(t, key, &attendance_shape, &a);
	if (e == OK)
		e = attendance_remove(t, &a);
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct leaver leaver = *who;
	return leaving_sweep(t, TABLE_ATTENDANCE, at, is_by_address, end_one, &leaver);
}

static const struct personal personal = {own_show, forget};

static const struct table_use uses[] = {
	{TABLE_ATTENDANCE, &attendance_shape},
	{TABLE_ATTENDEE, NULL},
	{TABLE_ATTENDING, NULL},
	{TABLE_ATTENDING_COUNT, NULL},
	{0},
};
const struct feature feature_attendance = {
	.name = "attendance",
	.routes = attend_routes,
	.verbs = verbs,
	.tables = uses,
	.personal = &personal,
};

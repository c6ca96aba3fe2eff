/* alert.c: what someone wants to hear of when it comes on the noticeboard. Nobody has one until they ask for it. */
#include "vacancy.h"

#include <string.h>

#define WORDS_MOST 200 /* code points */
#define REGION_BYTES (4 * VACANCY_LINE_MOST)
#define TOKEN_MOST 64
#define KEPT_FOR (3650 * DAY)
#define AT_ONCE 500

static const struct field alert_fields[] = {
	{1, F_U64, offsetof(struct alert, id), 0},
	{2, F_U64, offsetof(struct alert, actor), 0},
	{3, F_U32, offsetof(struct alert, type), 0},
	{4, F_TEXT, offsetof(struct alert, words), 4 * WORDS_MOST},
	{5, F_TEXT, offsetof(struct alert, region), REGION_BYTES},
	{6, F_FLAG, offsetof(struct alert, remote), 0},
	{7, F_TEXT, offsetof(struct alert, token), TOKEN_MOST},
};
const struct shape alert_shape = {"alert", sizeof(struct alert), alert_fields, COUNT(alert_fields)};

/* ---- keeping --------------------------------------------------------------------------------- */

static enum err load(struct txn *t, uint64_t actor, uint64_t id, struct alert *out)
{
	struct place place = place_2(TABLE_ALERT, actor, id);
	return txn_load(t, &place, &alert_shape, out);
}

static enum err list(struct txn *t, uint64_t actor, struct u64s *out)
{
	return post_ids(t, TABLE_ALERT, actor, 0, false, ALERTS_MOST, out);
}

static const char *line(struct arena *arena, const char *s)
{
	const char *trimmed = s != NULL ? text_trim(arena, s) : "";
	return *trimmed != '\0' ? trimmed : NULL;
}

static bool same(const struct alert *a, const struct alert *b)
{
	return a->type == b->type && a->remote == b->remote
		&& (a->words == b->words || text_equal_fold(a->words, b->words))
		&& (a->region == b->region || text_equal_fold(a->region, b->region));
}

enum err alert_add(struct txn *t, struct alert *a, struct refusal *why)
{
	struct u64s mine;
	struct alert other;
	a->words = line(txn_arena(t), a->words);
	a->region = line(txn_arena(t), a->region);
	if (a->words != NULL && text_count(a->words) > WORDS_MOST)
		return refuse(why, "words", "Use at most 200 signs.");
	if (a->region != NULL && text_count(a->region) > VACANCY_LINE_MOST)
		return refuse(why, "region", "Use at most 100 signs.");
	enum err e = list(t, a->actor, &mine);
	for (size_t i = 0; e == OK && i < mine.count; i++) {
		e = load(t, a->actor, mine.at[i], &other);
		if (e == OK && same(a, &other))
			return OK;
	}
	if (e == OK && mine.count == ALERTS_MOST)
		return refuse(why, NULL, "You have 10 alerts already. End one of them first.");
	if (e != OK)
		return e;
	char id[ID_TEXT];
	a->id = id_next();
	struct link link = {.purpose = LINK_ALERT,
		.subject = a->actor,
		.payload = id_text(a->id, id),
		.until = time_now() + KEPT_FOR,
		.uses = LINK_OFTEN};
	struct place place = place_2(TABLE_ALERT, a->actor, a->id);
	e = link_make(t, &link, &a->token);
	return e == OK ? txn_save(t, &place, &alert_shape, a) : e;
}

enum err alert_remove(struct txn *t, uint64_t actor, uint64_t id)
{
	struct place place = place_2(TABLE_ALERT, actor, id);
	struct bytes row;
	enum err e = txn_get(t, &place, &row);
	return e == OK ? txn_del(t, &place) : e;
}

enum err alert_forget(struct txn *t, uint64_t actor)
{
	struct u64s mine;
	enum err e = list(t, actor, &mine);
	for (size_t i = 0; e == OK && i < mine.count; i++)
		e = alert_remove(t, actor, mine.at[i]);
	return e == OK ? link_end(t, actor, LINK_ALERT) : e;
}

/* ---- telling --------------------------------------------------------------------------------- */

static bool names(const char *title, const struct names *tags, const char *word)
{
	for (size_t i = 0; i < tags->count; i++)
		if (text_equal_fold(tags->at[i], word))
			return true;
	return title != NULL && strcasestr(title, word) != NULL;
}

static bool words_fit(struct arena *arena, const struct alert *a, const struct post *p)
{
	struct extra x;
	if (a->words == NULL)
		return true;
	extra_read(arena, p->extra, &x);
	for (const char *at = a->words; *at != '\0';) {
		size_t size = strcspn(at, " ,;#");
		if (size > 0 && names(p->title, &x.hashtags, arena_text_n(arena, at, size)))
			return true;
		at += size + (at[size] != '\0');
	}
	return false;
}

static bool fits(
	struct arena *arena, const struct alert *a, const struct post *p, const struct vacancy *v)
{
	bool near = a->region == NULL || text_equal_fold(a->region, v->region)
		|| text_equal_fold(a->region, v->place);
	return (a->type == 0 || a->type == v->type)
		&& (near || (a->remote && v->where == VACANCY_REMOTE)) && words_fit(arena, a, p);
}

struct round {
	struct txn *t;
	struct place from;
	struct alert alerts[AT_ONCE];
	size_t count;
};

static enum err take(void *arg, struct bytes key, struct bytes value)
{
	struct round *r = arg;
	r->from = place_2(TABLE_ALERT, place_id(key, 0), place_id(key, 1) + 1);
	return record_read(txn_arena(r->t), &alert_shape, value, &r->alerts[r->count++]);
}

static enum err tell_some(struct txn *t, const struct round *r, const struct post *p,
	const struct vacancy *v, const struct line *line)
{
	enum err e = OK;
	for (size_t i = 0; e == OK && i < r->count; i++) {
		const struct alert *a = &r->alerts[i];
		struct viewer viewer = {.actor = a->actor, .local = true};
		struct notice n = {.place = line->place,
			.kind = NOTICE_VACANCY,
			.who = p->author,
			.post = p->id,
			.note = a->token,
			.at = line->at};
		if (fits(txn_arena(t), a, p, v) && circle_may_read(t, &viewer, p))
			e = notify_add(t, a->actor, &n);
	}
	return e;
}

enum err alert_tell(struct txn *t, uint64_t post, const struct line *line)
{
	struct post p;
	struct vacancy v;
	struct round *r = arena_alloc(txn_arena(t), sizeof *r);
	enum err e = post_load(t, post, &p);
	if (e == OK)
		e = vacancy_of(t, &p, &v);
	if (e != OK || v.end != VACANCY_OPEN)
		return e == ERR_NOT_FOUND ? OK : e;
	r->t = t;
	r->from = place_0(TABLE_ALERT);
	do {
		struct place from = r->from;
		struct walk w = {.prefix = place_0(TABLE_ALERT), .from = &from, .max = AT_ONCE};
		r->count = 0;
		e = txn_walk(t, &w, take, r);
		if (e == OK)
			e = tell_some(t, r, &p, &v, line);
	} while (e == OK && r->count == AT_ONCE);
	return e;
}

static enum err follow_line(struct txn *t, const struct line *line, void *arg)
{
	(void)arg;
	switch ((enum act)line->act) {
	case ACT_CREATE:
		return alert_tell(t, line->object, line);
	case ACT_DELETE_ACTOR: {
		enum err e = alert_forget(t, line->actor);
		if (e == OK)
			e = answer_forget(t, line->actor);
		return e == OK ? organisation_forget(t, line->actor) : e;
	}
	default:
		return OK;
	}
}

static const struct journal_reader readers[] = {{"alerts", follow_line, NULL, NULL}, {0}};

/* ---- pages ----------------------------------------------------------------------------------- */

static void show_one(struct view *v, const struct alert *a, const char *language)
{
	view_begin(v, NULL);
	view_id(v, "id", a->id);
	view_text(v, "type", a->type != 0 ? vacancy_type_words(language, a->type) : "");
	view_text(v, "words", a->words != NULL ? a->words : "");
	view_text(v, "region", a->region != NULL ? a->region : "");
	view_flag(v, "remote", a->remote);
	view_end(v);
}

void alert_show(struct txn *t, struct view *v, uint64_t actor, const char *language)
{
	struct u64s mine;
	struct alert a;
	bool some = false;
	view_list(v, "alerts");
	if (list(t, actor, &mine) == OK)
		for (size_t i = 0; i < mine.count; i++) {
			if (load(t, actor, mine.at[i], &a) != OK)
				continue;
			show_one(v, &a, language);
			some = true;
		}
	view_list_end(v);
	view_flag(v, "has_alerts", some);
}

static uint32_t type_of(const char *said)
{
	static const char *const types[] = {NULL, "job", "assignment", "offer", "request"};
	for (uint32_t i = 1; i < COUNT(types); i++)
		if (text_is(said, types[i]))
			return i;
	return 0;
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	view_text(v, "heading", i18n(call->language, "Alerts of the noticeboard"));
	alert_show(t, v, call->viewer.actor, call->language);
	noticeboard_regions_show(t, v, 0, &call->viewer, NULL);
	view_begin(v, "chosen");
	view_flag(v, "job", type_of(call_input(call, "type")) == VACANCY_JOB);
	view_flag(v, "assignment", type_of(call_input(call, "type")) == VACANCY_ASSIGNMENT);
	view_flag(v, "offer", type_of(call_input(call, "type")) == VACANCY_OFFER);
	view_flag(v, "request", type_of(call_input(call, "type")) == VACANCY_REQUEST);
	view_flag(v, "remote", call_flag(call, "remote"));
	view_end(v);
	return OK;
}

static enum err add_write(struct call *call, struct txn *t)
{
	struct alert a = {.actor = call->viewer.actor,
		.type = type_of(call_input(call, "type")),
		.words = call_input(call, "words"),
		.region = call_input(call, "region"),
		.remote = call_flag(call, "remote")};
	enum err e = alert_add(t, &a, &call->refusal);
	if (e != OK)
		return e;
	reply_notice(call, "You hear of what is new.");
	reply_see_other(call, "/vacancies/alerts");
	return OK;
}

static enum err end_write(struct call *call, struct txn *t)
{
	enum err e = alert_remove(t, call->viewer.actor, call_part_id(call, "id"));
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	reply_notice(call, "This alert has ended.");
	reply_see_other(call, "/vacancies/alerts");
	return OK;
}

/* By the link in a mail or beside a notification: without signing in. */
static enum err off_find(struct call *call, struct txn *t, struct link *link, struct alert *out)
{
	uint64_t id;
	enum err e = link_find(t, LINK_ALERT, call_part(call, "token"), link);
	if (e == OK && !text_to_u64(link->payload, &id))
		e = ERR_NOT_FOUND;
	return e == OK ? load(t, link->subject, id, out) : e;
}

static enum err off_read(struct call *call, struct txn *t, struct view *v)
{
	struct link link;
	struct alert a;
	enum err e = off_find(call, t, &link, &a);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	view_text(v, "heading", i18n(call->language, "Alerts of the noticeboard"));
	view_text(v, "token", call_part(call, "token"));
	if (e == OK) {
		view_list(v, "alerts");
		show_one(v, &a, call->language);
		view_list_end(v);
	}
	view_flag(v, "on", e == OK);
	return OK;
}

static enum err off_write(struct call *call, struct txn *t)
{
	struct link link;
	struct alert a;
	enum err e = off_find(call, t, &link, &a);
	if (e == OK)
		e = alert_remove(t, a.actor, a.id);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	reply_see_other(
		call, arena_format(call->arena, "/vacancies/off/%s", call_part(call, "token")));
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/vacancies/alerts", SIGNED_IN, .read = list_read, .page = "alerts",
		.takes = {{"type", INPUT_LINE, .max = 20, .label = "What it is"},
			{"words", INPUT_LINE, .max = WORDS_MOST, .label = "Tags or words"},
			{"region", INPUT_LINE, .max = VACANCY_LINE_MOST, .label = "Region"},
			{"remote", INPUT_FLAG, .label = "Where it is done"}}},
	{METHOD_POST, "/vacancies/alerts", SIGNED_IN, .write = add_write, .page = "alerts",
		.form = list_read,
		.takes = {{"type", INPUT_CHOICE, .choices = "any|job|assignment|offer|request",
				  .label = "What it is"},
			{"words", INPUT_LINE, .max = WORDS_MOST, .label = "Tags or words"},
			{"region", INPUT_LINE, .max = VACANCY_LINE_MOST, .label = "Region"},
			{"remote", INPUT_FLAG, .label = "Where it is done"}},
		.per_minute = 30},
	{METHOD_POST, "/vacancies/alerts/{id}/end", SIGNED_IN, .write = end_write},
	{METHOD_GET, "/vacancies/off/{token}", ANYONE, .read = off_read, .page = "alert-off",
		.per_minute = 60},
	{METHOD_POST, "/vacancies/off/{token}", FEDERATION, .write = off_write, .max_body = 1024,
		.per_minute = 60},
	{0},
};

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	alert_show(t, v, who->actor, who->language);
	return OK;
}

static const struct personal personal = {.show = own_show}; /* they end with the actor */

static const struct table_use uses[] = {{TABLE_ALERT, &alert_shape}, {0}};
const struct feature feature_alert = {.name = "alert",
	.routes = routes,
	.tables = uses,
	.readers = readers,
	.personal = &personal};

/* calendar.c: the agenda of a community or of all, and the same as files that calendars follow. */
#include "event.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 3
#define PAGE_SHOWN 30
#define LOOKED_AT 500
#define LONGEST (31 * DAY)
#define BACK (90 * DAY)
#define MINE_MOST 200 /* the newest of those one comes to, looked at for what is to be */
#define FILE_MOST 200 /* events of one file */
#define WORDS_POINTS 1000
#define ADDRESS_FOR (10 * 366 * DAY)

/* ---- the list -------------------------------------------------------------------------------- */

enum err agenda_set(struct txn *t, const struct event *e, bool on)
{
	static const struct bytes one = {"\1", 1};
	struct place all = place_3(TABLE_AGENDA, 0, (uint64_t)e->start, e->post);
	struct place of = place_3(TABLE_AGENDA, e->community, (uint64_t)e->start, e->post);
	enum err err = on ? txn_put(t, &all, one) : txn_del(t, &all);
	if (err == OK)
		err = on ? txn_put(t, &of, one) : txn_del(t, &of);
	return err;
}

struct listing {
	uint64_t at[LOOKED_AT];
	size_t count;
	int64_t to;
	bool backward;
};

static enum err list_one(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct listing *l = arg;
	if (!l->backward && (int64_t)place_id(key, 1) > l->to)
		return ERR_CONFLICT;
	l->at[l->count++] = place_id(key, 2);
	return OK;
}

static enum err list(struct txn *t, const struct viewer *viewer, uint64_t community, struct walk *w,
	struct listing *l, int64_t ends_after, size_t max, struct u64s *out)
{
	struct post p;
	struct event event;
	uint64_t *kept = arena_array(txn_arena(t), max, sizeof *kept);
	size_t count = 0;
	w->prefix = place_1(TABLE_AGENDA, community);
	w->max = LOOKED_AT;
	enum err e = txn_walk(t, w, list_one, l);
	for (size_t i = 0; e == OK && i < l->count && count < max; i++) {
		if (event_find(t, viewer, l->at[i], &p, &event) != OK || p.removed_by != 0
			|| (event.end > event.start ? event.end : event.start + HOUR) < ends_after)
			continue;
		kept[count++] = l->at[i];
	}
	*out = (struct u64s){kept, count};
	return e;
}

enum err agenda_list(struct txn *t, const struct viewer *viewer, uint64_t community, int64_t from,
	int64_t to, size_t max, struct u64s *out)
{
	struct listing *l = arena_alloc(txn_arena(t), sizeof *l);
	struct place first = place_3(
		TABLE_AGENDA, community, (uint64_t)(from > LONGEST ? from - LONGEST : 0), 0);
	struct walk w = {.from = &first};
	l->to = to;
	return list(t, viewer, community, &w, l, from, max, out);
}

/* Newest first, of those that were. */
static enum err list_past(struct txn *t, const struct viewer *viewer, uint64_t community,
	int64_t before, size_t max, struct u64s *out)
{
	struct listing *l = arena_alloc(txn_arena(t), sizeof *l);
	struct place last = place_3(TABLE_AGENDA, community, (uint64_t)before, 0);
	struct walk w = {.from = &last, .backward = true};
	l->backward = true;
	return list(t, viewer, community, &w, l, 0, max, out);
}

/* ---- lines of it ----------------------------------------------------------------------------- */

void event_line_show(struct txn *t, struct view *v, const struct post *p, const struct event *e,
	const struct viewer *viewer)
{
	struct attendance a;
	struct actor community;
	bool known = viewer->local && attendance_of(t, p->id, viewer->actor, &a) == OK;
	view_text(v, "path", post_path(t, p));
	view_text(v, "words", p->title);
	view_text(v, "lang", p->language);
	event_show(v, e);
	view_flag(v, "comes", known && a.state == ATTENDING_YES);
	view_flag(v, "waits", known && a.state == ATTENDING_WAITING);
	view_flag(v, "may_come", known && a.state == ATTENDING_MAYBE);
	view_flag(v, "for_members", p->circles.read == CIRCLE_MEMBERS);
	view_flag(v, "for_core", p->circles.read == CIRCLE_CORE);
	view_flag(v, "for_everyone", p->circles.read == CIRCLE_EVERYONE);
	view_text(v, "of",
		e->community != 0 && actor_load(t, e->community, &community) == OK
			? actor_title(&community)
			: "");
}

static void show_lines(struct txn *t, struct view *v, const char *name, const struct u64s *ids,
	const struct viewer *viewer)
{
	struct post p;
	struct event e;
	view_list(v, name);
	for (size_t i = 0; i < ids->count; i++) {
		if (event_find(t, viewer, ids->at[i], &p, &e) != OK)
			continue;
		view_begin(v, NULL);
		event_line_show(t, v, &p, &e, viewer);
		view_end(v);
	}
	view_list_end(v);
}

enum err event_upcoming_show(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	enum err e = agenda_list(t, &call->viewer, 0, time_now(), INT64_MAX, SHOWN, &ids);
	if (e != OK)
		return e;
	show_lines(t, v, "upcoming", &ids, &call->viewer);
	view_flag(v, "has_upcoming", ids.count > 0);
	return OK;
}

struct mine {
	uint64_t id;
	int64_t start;
};

static int sooner(const void *a, const void *b)
{
	const struct mine *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

enum err event_mine_show(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	struct mine *mine = arena_array(txn_arena(t), MINE_MOST, sizeof *mine);
	uint64_t shown[SHOWN];
	size_t count = 0, first = 0;
	enum err e = post_ids(t, TABLE_ATTENDING, call->viewer.actor, 0, true, MINE_MOST, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		struct post p;
		struct event event;
		struct attendance a;
		if (event_find(t, &call->viewer, ids.at[i], &p, &event) == OK
			&& !event_is_over(&event)
			&& attendance_of(t, p.id, call->viewer.actor, &a) == OK
			&& a.state != ATTENDING_NO)
			mine[count++] = (struct mine){p.id, event.start};
	}
	if (count > 1)
		qsort(mine, count, sizeof *mine, sooner);
	for (; first < count && first < SHOWN; first++)
		shown[first] = mine[first].id;
	show_lines(t, v, "mine", &(struct u64s){shown, first}, &call->viewer);
	view_flag(v, "has_mine", count > 0);
	return e;
}

/* ---- the page -------------------------------------------------------------------------------- */

/* The community of the path, or none: then it is of all. */
static enum err where(struct call *call, struct txn *t, struct actor *out)
{
	*out = (struct actor){0};
	if (strstr(call->route->path, "{name}") == NULL)
		return OK;
	enum err e = actor_by_name(t, call_part(call, "name"), out);
	if (e == OK && (out->kind != ACTOR_GROUP || !out->local || out->suspended))
		e = ERR_NOT_FOUND;
	return e == OK && out->gone ? ERR_GONE : e;
}

static const char *calendar_token(struct txn *t, uint64_t actor, struct link *link)
{
	char nonce[ID_TEXT];
	uint64_t at;
	struct place place = place_1(TABLE_CALENDAR, actor);
	*link = (struct link){.purpose = LINK_CALENDAR,
		.subject = actor,
		.until = time_now() + ADDRESS_FOR,
		.uses = LINK_OFTEN};
	if (txn_get_id(t, &place, &at) != OK)
		return NULL;
	link->payload = arena_text(txn_arena(t), id_text(at, nonce));
	return link_token(t, link);
}

/* Two spellings: one to copy, one that opens the calendar. */
static void show_address(struct call *call, struct view *v, const char *name, const char *path)
{
	const char *url = call_url(call, path), *rest = strstr(url, "://");
	view_begin(v, name);
	view_text(v, "url", url);
	view_format(v, "webcal", "webcal%s", rest);
	view_end(v);
}

static enum err agenda_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor c;
	struct u64s ids = {0};
	struct link link;
	int64_t now = time_now();
	bool past = call_flag(call, "past");
	enum err e = where(call, t, &c);
	if (e == OK)
		e = past ? list_past(t, &call->viewer, c.id, now, PAGE_SHOWN, &ids)
			 : agenda_list(t, &call->viewer, c.id, now, INT64_MAX, PAGE_SHOWN, &ids);
	if (e != OK)
		return e;
	const char *path = c.id != 0 ? arena_format(call->arena, "/c/%s/agenda", c.name)
				     : "/agenda";
	if (c.id != 0)
		e = community_head_show(call, t, v, &c);
	else
		view_text(v, "heading", i18n(call->language, past ? "Earlier events" : "Agenda"));
	if (e != OK)
		return e;
	view_flag(v, "on_agenda", c.id != 0);
	view_text(v, "agenda_path", path);
	view_flag(v, "past", past);
	show_lines(t, v, "events", &ids, &call->viewer);
	view_flag(v, "nothing", ids.count == 0);
	show_address(call, v, "open_calendar", arena_format(call->arena, "%s.ics", path));
	const char *token = call->viewer.local ? calendar_token(t, call->viewer.actor, &link)
					       : NULL;
	view_flag(v, "may_have_own", call->viewer.local);
	if (token != NULL)
		show_address(call, v, "own_calendar",
			c.id != 0 ? arena_format(call->arena, "/calendar/%s/%s.ics", token, c.name)
				  : arena_format(call->arena, "/calendar/%s.ics", token));
	return OK;
}

/* A new secret; the one before it opens nothing any more. */
static enum err address_write(struct call *call, struct txn *t)
{
	struct link link;
	const char *token;
	uint64_t me = call->viewer.actor;
	struct place place = place_1(TABLE_CALENDAR, me);
	enum err e = link_end(t, me, LINK_CALENDAR);
	if (e == OK)
		e = txn_put_id(t, &place, id_next());
	if (e == OK && calendar_token(t, me, &link) != NULL)
		e = link_lasting(t, &link, &token);
	if (e != OK)
		return e;
	reply_notice(call,
		"This is the address of your calendar. Who has it sees what you see: keep it to yourself.");
	reply_see_other(call, call_input(call, "to") != NULL ? call_input(call, "to") : "/agenda");
	return OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static struct ical_event as_file(
	struct txn *t, const struct post *p, const struct event *e, bool comes)
{
	struct arena *arena = txn_arena(t);
	char id[ID_TEXT];
	const char *words = markup_plain(arena, p->content != NULL ? p->content : "", WORDS_POINTS);
	const char *url = arena_format(arena, "%s%s", txn_site(t)->base_url, post_path(t, p));
	const char *at = e->place != NULL || e->address != NULL ? event_where(arena, p->language, e)
								: NULL;
	if (comes && e->link != NULL) {
		at = at != NULL ? at : e->link;
		words = arena_format(arena, "%s\n\n%s", e->link, words);
	}
	return (struct ical_event){
		.uid = arena_format(arena, "%s@%s", id_text(p->id, id), txn_site(t)->domain),
		.title = p->title,
		.description = arena_format(arena, "%s\n\n%s", words, url),
		.place = at,
		.url = url,
		.zone = e->zone,
		/* The newest of a series stands for those that are still to be made. */
		.rule = e->next == 0 && !e->cancelled && e->repeat.count != 1
			? ical_rule(arena, &e->repeat, e->start, e->zone)
			: NULL,
		.start = e->start,
		.end = e->end,
		.updated = e->changed,
		.sequence = e->sequence,
		.cancelled = e->cancelled};
}

static void serve(struct call *call, const char *name, const struct ical_event *all, size_t count)
{
	uint8_t sum[SHA256_SIZE];
	struct bytes file = ical_write(call->arena, name, all, count);
	crypto_sha256(file.data, file.size, sum);
	reply_bytes(call, 200, "text/calendar; charset=utf-8", file);
	call->reply.etag = arena_format(call->arena, "\"%s\"", hex_encode(call->arena, sum, 16));
}

static bool comes_to(struct txn *t, uint64_t event, const struct viewer *viewer)
{
	struct attendance a;
	return viewer->local && attendance_of(t, event, viewer->actor, &a) == OK
		&& a.state == ATTENDING_YES;
}

static enum err serve_agenda(
	struct call *call, struct txn *t, const struct viewer *viewer, const struct actor *c)
{
	struct u64s ids;
	struct post p;
	struct event e;
	size_t count = 0;
	enum err err = agenda_list(t, viewer, c->id, time_now() - BACK, INT64_MAX, FILE_MOST, &ids);
	if (err != OK)
		return err;
	struct ical_event *all = arena_array(call->arena, ids.count, sizeof *all);
	for (size_t i = 0; i < ids.count; i++)
		if (event_find(t, viewer, ids.at[i], &p, &e) == OK)
			all[count++] = as_file(t, &p, &e, comes_to(t, p.id, viewer));
	serve(call, c->id != 0 ? actor_title(c) : call->site->name, all, count);
	return OK;
}

/* Asked as nobody, whoever asks: an open calendar's address is passed on. */
static enum err open_file(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	static const struct viewer nobody = {0};
	struct actor c;
	enum err e = where(call, t, &c);
	if (e == OK)
		e = serve_agenda(call, t, &nobody, &c);
	if (e == OK)
		call->reply.cache = "public, max-age=300";
	return e;
}

/* The address says who asks; whether they are still here, and in which circles, is asked each time. */
static enum err secret_file(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	struct link link;
	struct actor c;
	struct signed_in who;
	enum err e = link_find(t, LINK_CALENDAR, call_part(call, "token"), &link);
	if (e == OK)
		e = account_signed_in(t, link.subject, &who);
	if (e == OK)
		e = where(call, t, &c);
	if (e != OK)
		return e;
	struct viewer viewer = {.actor = link.subject, .local = true, .member = who.member};
	call->reply.cache = "private, no-store";
	return serve_agenda(call, t, &viewer, &c);
}

static enum err serve_one(
	struct call *call, struct txn *t, const struct post *p, const struct event *e, bool comes)
{
	struct ical_event one = as_file(t, p, e, comes);
	serve(call, p->title, &one, 1);
	call->reply.cache = "private, no-store";
	reply_header(call, "Content-Disposition", "attachment; filename=\"event.ics\"");
	return OK;
}

static enum err event_file(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	struct post p;
	struct event e;
	enum err err = event_find(t, &call->viewer, call_part_id(call, "id"), &p, &e);
	return err == OK ? serve_one(call, t, &p, &e, comes_to(t, p.id, &call->viewer)) : err;
}

static enum err attendee_file(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	struct link link;
	struct post p;
	struct event e;
	struct attendance a;
	uint64_t number;
	enum err err = link_find(t, LINK_ATTENDANCE, call_part(call, "token"), &link);
	if (err == OK && !text_to_u64(link.payload, &number))
		err = ERR_NOT_FOUND;
	if (err == OK)
		err = attendance_load(t, link.subject, number, &a);
	struct viewer viewer = {.actor = err == OK ? a.actor : 0};
	if (err == OK)
		err = event_find(t, &viewer, link.subject, &p, &e);
	return err == OK ? serve_one(call, t, &p, &e, a.state == ATTENDING_YES) : err;
}

#define PAST                                                                                       \
	{                                                                                          \
		{                                                                                  \
			"past", INPUT_FLAG, .label = "Earlier events"                              \
		}                                                                                  \
	}
static const struct route routes[] = {
	{METHOD_GET, "/agenda", ANYONE, .read = agenda_read, .page = "event-agenda", .takes = PAST},
	{METHOD_GET, "/c/{name}/agenda", ANYONE, .read = agenda_read, .page = "event-agenda",
		.takes = PAST},
	{METHOD_POST, "/agenda/address", SIGNED_IN, .write = address_write, .per_minute = 20},
	{METHOD_GET, "/agenda.ics", ANYONE, .read = open_file},
	{METHOD_GET, "/c/{name}/agenda.ics", ANYONE, .read = open_file},
	{METHOD_GET, "/calendar/{token}.ics", ANYONE, .read = secret_file, .per_minute = 60},
	{METHOD_GET, "/calendar/{token}/{name}.ics", ANYONE, .read = secret_file, .per_minute = 60},
	{METHOD_GET, "/p/{id}/event.ics", ANYONE, .read = event_file},
	{METHOD_GET, "/attending/{token}.ics", ANYONE, .read = attendee_file, .per_minute = 60},
	{0},
};
static const struct table_use uses[] = {{TABLE_AGENDA, NULL}, {TABLE_CALENDAR, NULL}, {0}};
const struct feature feature_calendar = {.name = "calendar", .routes = routes, .tables = uses};

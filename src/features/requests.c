/* requests.c: the requests to join, for who decides about them: the board, the administration, and of a community its
 * managers; for anyone else they are not there. */
#include "joining.h"

#define PAGE 30
#define TEASER_POINTS 160
#define LOOK "requests"

/* ---- looking: one record in the audit log for all that is looked at in an hour ------------------ */

struct looking {
	struct call *call;
	uint64_t place, before, id;
	enum application_state state;
	struct u64s ids;
	struct application *found;
	size_t count;
	uint32_t here; /* roles of who asks, in the community it is about */
};

static const char *const states[] = {[APPLICATION_WAITING] = "waiting",
	[APPLICATION_LISTED] = "listed",
	[APPLICATION_ACCEPTED] = "accepted",
	[APPLICATION_REFUSED] = "refused"};

static enum application_state state_of(const struct call *call)
{
	const char *said = call_input(call, "state");
	for (size_t i = APPLICATION_WAITING; i < COUNT(states); i++)
		if (text_is(states[i], said))
			return (enum application_state)i;
	return APPLICATION_WAITING;
}

static enum err list_run(struct txn *r, void *arg)
{
	struct looking *l = arg;
	struct arena *arena = l->call->arena;
	enum err e = audit_looked(r, l->call->viewer.actor, LOOK);
	if (e == OK)
		e = application_list(r, l->place, l->state, l->before, PAGE, &l->ids);
	l->found = arena_array(arena, PAGE, sizeof *l->found);
	for (size_t i = 0; e == OK && i < l->ids.count; i++) {
		struct application *a = &l->found[l->count++];
		e = application_load(r, l->ids.at[i], a);
		if (e == OK)
			application_keep(arena, a);
	}
	return e;
}

static enum err look_work(struct call *call)
{
	return joining_look(call, LOOK);
}

/* ---- the list ----------------------------------------------------------------------------------- */

static const char *teaser(struct arena *arena, const char *words)
{
	if (text_count(words) <= TEASER_POINTS)
		return words;
	return arena_format(arena, "%s…", text_cut(arena, words, TEASER_POINTS));
}

static void show_line(struct arena *arena, struct view *v, const struct application *a)
{
	view_begin(v, NULL);
	view_id(v, "id", a->id);
	view_text(v, "name", a->name);
	view_text(v, "email", a->email);
	view_time(v, "asked", a->confirmed);
	view_flag(v, "as_guest", a->kind == APPLY_GUEST);
	view_flag(v, "invited", a->invite != 0);
	join_state_show(v, a);
	view_time(v, "decided", a->decided);
	view_text(v, "reason", a->reason);
	view_text(v, "motive", teaser(arena, a->motive != NULL ? a->motive : ""));
	view_end(v);
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct looking l = {
		.call = call, .state = state_of(call), .before = call_input_id(call, "before")};
	struct actor place;
	enum err e = joining_find(call, t, &place);
	l.place = e == OK ? place.id : 0;
	if (e == OK)
		e = roll_read(call->site, list_run, &l);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Requests to join"));
	joining_tabs_show(t, v, call->viewer.actor, "requests", l.place);
	view_text(v, "chosen", states[l.state]);
	struct application as = {.state = l.state};
	join_state_show(v, &as);
	view_list(v, "requests");
	for (size_t i = 0; i < l.count; i++)
		show_line(call->arena, v, &l.found[i]);
	view_list_end(v);
	view_flag(v, "some", l.count > 0);
	view_flag(v, "later_page", l.before != 0);
	if (l.count == PAGE)
		view_id(v, "older", l.ids.at[l.count - 1]);
	return OK;
}

/* ---- one of them -------------------------------------------------------------------------------- */

static enum err earlier_run(struct txn *r, void *arg)
{
	struct looking *l = arg;
	struct application a;
	struct u64s ids = {0};
	enum err e = audit_looked(r, l->call->viewer.actor, LOOK);
	if (e == OK)
		e = application_load(r, l->id, &a);
	if (e == OK && a.person != 0)
		e = application_of_person(r, a.person, &ids);
	l->here = e == OK ? role_of(r, a.person, a.community) : 0;
	l->found = arena_array(l->call->arena, ids.count, sizeof *l->found);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		struct application *one = &l->found[l->count];
		if (ids.at[i] == l->id)
			continue;
		e = application_load(r, ids.at[i], one);
		/* What another place answered is that place's own. */
		l->count += e == OK && one->community == a.community
			&& one->state != APPLICATION_WITHDRAWN;
		if (e == OK)
			application_keep(l->call->arena, one);
	}
	return e;
}

static enum err find_request(
	struct call *call, struct txn *t, struct application *a, struct person *p)
{
	uint64_t id = call_part_id(call, "id");
	enum err e = application_read(call->site, call->arena, id, a, p);
	if (e == OK
		&& (a->state == APPLICATION_ASKED
			|| !joining_may(t, call->viewer.actor, a->community)))
		e = ERR_NOT_FOUND;
	return e;
}

static enum err show_texts(struct call *call, struct txn *t, struct view *v, uint64_t place)
{
	struct u64s ids;
	struct join_text text;
	uint64_t chosen = call_input_id(call, "text");
	const char *typed = call_input(call, "reason");
	enum err e = join_text_list(t, place, &ids);
	view_list(v, "texts");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = join_text_load(t, place, ids.at[i], call->language, &text);
		if (e != OK)
			break;
		view_begin(v, NULL);
		view_id(v, "id", ids.at[i]);
		view_text(v, "title", text.title);
		view_flag(v, "chosen", ids.at[i] == chosen);
		view_end(v);
		typed = typed == NULL && ids.at[i] == chosen ? text.text : typed;
	}
	view_list_end(v);
	view_text(v, "typed", typed != NULL ? typed : "");
	return e;
}

/* What the roll knows of who asks, and no more than helps: for who decides of the association. A community's managers are
 * told nothing of it. */
static void show_match(struct view *v, const struct person *p)
{
	enum person_status status = person_status_at(p, time_now());
	view_begin(v, "on_roll");
	view_flag(v, "is_member", status == PERSON_MEMBER);
	view_flag(v, "was_member", status == PERSON_LAPSED);
	view_flag(v, "is_guest", status == PERSON_GUEST);
	view_text(v, "number", p->number != NULL ? p->number : "");
	view_end(v);
}

/* Whoever was let in to a community, and is no more than that there. */
static bool may_take_back(const struct application *a, uint32_t here)
{
	return a->state == APPLICATION_ACCEPTED && a->community != 0 && here == ROLE_MEMBER;
}

static enum err request_read(struct call *call, struct txn *t, struct view *v)
{
	struct application a;
	struct person p;
	struct actor place = {.title = call->site->name}, by;
	struct looking l = {.call = call, .id = call_part_id(call, "id")};
	enum err e = find_request(call, t, &a, &p);
	if (e == OK)
		e = roll_read(call->site, earlier_run, &l);
	if (e == OK && a.community != 0)
		e = actor_load(t, a.community, &place);
	if (e == OK)
		e = show_texts(call, t, v, a.community);
	if (e != OK)
		return e;
	view_text(v, "heading", a.name);
	joining_tabs_show(t, v, call->viewer.actor, "requests", a.community);
	view_id(v, "id", a.id);
	view_id(v, "place_id", a.community);
	view_text(v, "place_title", actor_title(&place));
	view_text(v, "email", a.email);
	view_time(v, "asked", a.confirmed);
	view_flag(v, "as_guest", a.kind == APPLY_GUEST);
	view_flag(v, "invited", a.invite != 0);
	view_text(v, "motive", a.motive != NULL ? a.motive : "");
	join_answers_show(call->arena, v, &a);
	join_state_show(v, &a);
	view_flag(v, "open", a.state == APPLICATION_WAITING || a.state == APPLICATION_LISTED);
	view_flag(v, "may_accept",
		a.state != APPLICATION_ACCEPTED && a.state != APPLICATION_WITHDRAWN);
	view_time(v, "decided", a.decided);
	view_text(v, "said", a.reason != NULL ? a.reason : "");
	if (a.by != 0 && actor_load(t, a.by, &by) == OK)
		actor_show(v, "by", &by);
	if (a.community == 0 || joining_may(t, call->viewer.actor, 0))
		show_match(v, &p);
	view_flag(v, "may_take_back", may_take_back(&a, l.here));
	view_flag(v, "has_earlier", l.count > 0);
	view_list(v, "earlier");
	for (size_t i = 0; i < l.count; i++)
		show_line(call->arena, v, &l.found[i]);
	view_list_end(v);
	return OK;
}

struct deciding {
	struct call *call;
	struct application a;
	bool accept;
};

static enum err may_run(struct txn *t, void *arg)
{
	struct deciding *d = arg;
	struct person p;
	return find_request(d->call, t, &d->a, &p);
}

static enum err decide_run(struct txn *r, void *arg)
{
	struct deciding *d = arg;
	struct doer by = {.actor = d->call->viewer.actor};
	struct application a;
	return application_decide(r, &by, d->a.id, d->accept, call_input(d->call, "reason"), &a);
}

static enum err decide(struct call *call, bool accept)
{
	struct deciding d = {.call = call, .accept = accept};
	const char *reason = call_input(call, "reason");
	char id[ID_TEXT];
	enum err e = store_read(call->store, may_run, &d);
	if (e == OK && !accept && (reason == NULL || *text_trim(call->arena, reason) == '\0'))
		e = refuse(&call->refusal, "reason", "Say why. They read it.");
	if (e == OK)
		e = roll_write(call->site, decide_run, &d);
	if (e == ERR_CONFLICT)
		e = refuse(&call->refusal, NULL, "Somebody answered this already.");
	if (e == ERR_FORBIDDEN)
		e = refuse(&call->refusal, NULL,
			"They have a role in this community. The board takes it away first.");
	if (e != OK)
		return e;
	application_tell(call->site, call->store, d.a.id);
	reply_notice(call,
		accept ? "Let in. A mail tells them."
			: d.a.state == APPLICATION_ACCEPTED
			? "Taken back. A mail tells them why. You can still let them in later."
			: "Refused. A mail tells them why. You can still let them in later.");
	reply_see_other(
		call, arena_format(call->arena, "/joining?place=%s", id_text(d.a.community, id)));
	return OK;
}

static enum err accept_work(struct call *call)
{
	return decide(call, true);
}

static enum err refuse_work(struct call *call)
{
	return decide(call, false);
}

#define ANSWER_INPUTS                                                                              \
	.page = "request", .form = request_read, .per_minute = 120,                                \
	.takes = {{"reason", INPUT_TEXT, .max = APPLICATION_MOTIVE_MOST, .label = "Your answer"}}

static const struct route routes[] = {
	{METHOD_GET, "/joining", SIGNED_IN, .roll = true, .read = list_read, .work = look_work,
		.page = "requests",
		.takes = {{"place", INPUT_LINE, .max = 20, .label = "Place"},
			{"state", INPUT_CHOICE, .choices = "waiting|listed|accepted|refused",
				.label = "Which"},
			{"before", INPUT_ID, .label = "Older"}}},
	{METHOD_GET, "/joining/requests/{id}", SIGNED_IN, .roll = true, .read = request_read,
		.work = look_work, .page = "request",
		.takes = {{"text", INPUT_LINE, .max = 20, .label = "Text"}}},
	{METHOD_POST, "/joining/requests/{id}/accept", SIGNED_IN, .roll = true, .work = accept_work,
		ANSWER_INPUTS},
	{METHOD_POST, "/joining/requests/{id}/refuse", SIGNED_IN, .roll = true, .work = refuse_work,
		ANSWER_INPUTS},
	{0},
};

const struct feature feature_requests = {.name = "requests", .routes = routes};

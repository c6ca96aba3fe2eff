/* joining.c: how one joins the association and its communities: chosen by who decides there, and who that is. */
#include "joining.h"

#include <string.h>

#define INTRO_MOST 3000 /* code points */
#define GOAL_MOST 1000000
#define DAYS_MOST 90
#define DECIDERS (ROLE_BOARD | ROLE_ADMIN)
#define COUNT_SHOWN_FROM 5 /* fewer on a list say nothing good */
#define OPENED_AT_ONCE 100
#define COMMUNITIES_MOST 1000

static const struct field joining_fields[] = {
	{1, F_U32, offsetof(struct joining, mode), 0},
	{2, F_FLAG, offsetof(struct joining, guests), 0},
	{3, F_FLAG, offsetof(struct joining, unopened), 0},
	{4, F_I64, offsetof(struct joining, goal), 0},
	{5, F_I64, offsetof(struct joining, days), 0},
	{6, F_TEXT, offsetof(struct joining, intro), 4 * INTRO_MOST},
	{7, F_TEXT, offsetof(struct joining, intro_html), 64 << 10},
	{8, F_TEXT, offsetof(struct joining, questions),
		4 * JOIN_QUESTIONS *(JOIN_QUESTION_MOST + 1)},
};
const struct shape joining_shape = {
	"joining", sizeof(struct joining), joining_fields, COUNT(joining_fields)};

/* ---- what holds ------------------------------------------------------------------------------ */

static const char *const modes[] = {[JOIN_INVITATION] = "invitation",
	[JOIN_OPEN] = "open",
	[JOIN_REQUEST] = "request",
	[JOIN_FILE] = "file"};

const char *join_mode_word(enum join_mode mode)
{
	return modes[mode];
}

bool join_mode_parse(const char *word, uint32_t *out)
{
	for (uint32_t i = JOIN_INVITATION; i < COUNT(modes); i++)
		if (text_is(modes[i], word)) {
			*out = i;
			return true;
		}
	return false;
}

void joining_of(struct txn *t, uint64_t community, struct joining *out)
{
	struct place place = place_1(TABLE_JOINING, community);
	if (txn_load(t, &place, &joining_shape, out) != OK || out->mode < JOIN_INVITATION
		|| out->mode > JOIN_FILE)
		*out = (struct joining){.mode = JOIN_INVITATION};
	if (out->intro == NULL)
		out->intro = out->intro_html = "";
	if (out->questions == NULL)
		out->questions = "";
}

bool joining_is_open(struct txn *t, uint64_t community)
{
	struct joining j;
	joining_of(t, community, &j);
	return !j.unopened;
}

/* One on each line, without blanks around it and lines that say nothing. */
static enum err tidy_questions(
	struct arena *arena, const char *typed, struct refusal *why, const char **out)
{
	struct text t;
	size_t count = 0;
	text_init(&t, arena, 4 * JOIN_QUESTIONS * (JOIN_QUESTION_MOST + 1));
	while (typed != NULL && *typed != '\0') {
		size_t size = strcspn(typed, "\n");
		const char *line = text_trim(arena, arena_text_n(arena, typed, size));
		typed += size + (typed[size] == '\n');
		if (*line == '\0')
			continue;
		if (text_count(line) > JOIN_QUESTION_MOST)
			return refuse(why, "questions", "A question has at most 200 characters.");
		if (++count > JOIN_QUESTIONS)
			return refuse(why, "questions", "Ask five questions at most.");
		text_format(&t, "%s%s", t.size > 0 ? "\n" : "", line);
	}
	*out = t.at;
	return OK;
}

enum err joining_set(
	struct txn *t, uint64_t community, const struct joining *said, struct refusal *why)
{
	struct joining j = *said;
	char *html;
	struct place place = place_1(TABLE_JOINING, community);
	if (community != 0 && j.mode == JOIN_FILE)
		return refuse(why, "mode", "Please choose one of these.");
	j.intro = text_trim(txn_arena(t), j.intro != NULL ? j.intro : "");
	if (text_count(j.intro) > INTRO_MOST
		|| markup_from_markdown(txn_arena(t), j.intro, NULL, NULL, &html) != OK)
		return refuse(why, "intro", "This text is too long.");
	j.intro_html = html;
	enum err e = tidy_questions(txn_arena(t), j.questions, why, &j.questions);
	return e == OK ? txn_save(t, &place, &joining_shape, &j) : e;
}

/* ---- who decides ----------------------------------------------------------------------------- */

bool joining_may(struct txn *t, uint64_t who, uint64_t id)
{
	struct actor actor, community;
	struct account account;
	struct standing s;
	if (who == 0 || actor_load(t, who, &actor) != OK || actor.gone || actor.suspended
		|| account_load(t, who, &account) != OK || account.suspended)
		return false;
	if (id != 0
		&& (actor_load(t, id, &community) != OK || community.kind != ACTOR_GROUP
			|| !community.local || community.gone))
		return false;
	roll_standing(txn_site(t), who, id, &s);
	if ((s.roles & DECIDERS) != 0 || (id != 0 && (s.here & ROLE_MANAGER) != 0))
		return true;
	/* Who runs the site is not therefore of the board; but somebody must begin. */
	uint64_t one;
	return account.admin && roll_holders(txn_site(t), 0, 0, DECIDERS, &one, 1) == 0;
}

struct admins {
	struct txn *t;
	struct arena *arena; /* of one account */
	uint64_t *actors;
	size_t count, max;
};

static enum err add_admin(void *arg, struct bytes key, struct bytes value)
{
	struct admins *x = arg;
	struct account account;
	arena_reset(x->arena);
	if (record_read(x->arena, &account_shape, value, &account) == OK && account.admin)
		x->actors[x->count++] = place_id(key, 0);
	return x->count < x->max ? OK : ERR_CONFLICT;
}

/* A community's own managers; where there are none, the board; and where there is no board yet, who set up the site. */
size_t joining_deciders(struct txn *t, uint64_t community, uint64_t *actors, size_t max)
{
	const struct site *site = txn_site(t);
	size_t count = community != 0 ? roll_holders(site, community, ROLE_MANAGER, 0, actors, max)
				      : 0;
	if (count == 0)
		count = roll_holders(site, 0, 0, DECIDERS, actors, max);
	if (count > 0 || max == 0)
		return count;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct admins x = {.t = t, .arena = arena, .actors = actors, .max = max};
	struct walk all = {.prefix = place_0(TABLE_ACCOUNT), .max = WALK_ALL};
	return txn_walk(t, &all, add_admin, &x) == OK ? x.count : 0;
}

enum err joining_find(struct call *call, struct txn *t, struct actor *out)
{
	struct actor a = {.title = txn_site(t)->name};
	uint64_t who = call->viewer.actor, place = call_input_id(call, "place");
	struct u64s all = {0};
	if (call_input(call, "place") == NULL && !joining_may(t, who, 0)) {
		enum err e = community_list(t, &all);
		if (e != OK)
			return e;
		for (size_t i = 0; i < all.count && place == 0; i++)
			place = joining_may(t, who, all.at[i]) ? all.at[i] : 0;
	}
	if (!joining_may(t, who, place))
		return ERR_NOT_FOUND;
	enum err e = place != 0 ? actor_load(t, place, &a) : OK;
	if (e == OK)
		*out = a;
	return e;
}

static enum err find_run(struct txn *t, void *arg)
{
	struct actor place;
	return joining_find(arg, t, &place);
}

enum err joining_look(struct call *call, const char *what)
{
	enum err e = store_read(call->store, find_run, call);
	return e == OK ? audit_look_first(call, what) : e;
}

/* The association and the communities that `who` decides about, as "places" { title, id, current }. */
static enum err show_places(struct txn *t, struct view *v, uint64_t who, uint64_t current)
{
	struct u64s all;
	struct actor a = {.title = txn_site(t)->name};
	enum err e = community_list(t, &all);
	size_t count = 0;
	view_list(v, "places");
	for (size_t i = 0; e == OK && i <= all.count; i++) {
		uint64_t id = i == 0 ? 0 : all.at[i - 1];
		if (!joining_may(t, who, id) || (id != 0 && actor_load(t, id, &a) != OK))
			continue;
		count++;
		view_begin(v, NULL);
		view_text(v, "title", actor_title(&a));
		view_id(v, "id", id);
		view_flag(v, "current", id == current);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "several", count > 1);
	return e;
}

void joining_tabs_show(
	struct txn *t, struct view *v, uint64_t who, const char *name, uint64_t community)
{
	view_begin(v, "tab");
	view_flag(v, name, true);
	view_end(v);
	view_id(v, "place", community);
	(void)show_places(t, v, who, community);
}

/* ---- what pages say of it -------------------------------------------------------------------- */

struct counting {
	uint64_t community;
	int64_t count;
};

static enum err count_run(struct txn *r, void *arg)
{
	struct counting *c = arg;
	return application_count(r, c->community, APPLICATION_LISTED, &c->count);
}

void joining_list_show(struct txn *t, struct view *v, uint64_t community, const struct joining *j)
{
	struct counting c = {.community = community};
	if (!j->unopened || roll_read(txn_site(t), count_run, &c) != OK)
		c.count = 0;
	view_flag(v, "unopened", j->unopened);
	view_number(v, "listed", c.count >= COUNT_SHOWN_FROM ? c.count : 0);
	view_number(v, "goal", j->goal);
}

const char *joining_path(struct arena *arena, const struct actor *community)
{
	return community != NULL && community->local && community->own_members
		? arena_format(arena, "/c/%s/join", community->name)
		: "/join";
}

void joining_community_show(
	struct call *call, struct txn *t, struct view *v, const struct actor *community)
{
	struct joining j;
	uint64_t who = call->viewer.local ? call->viewer.actor : 0;
	if (!community->local)
		return;
	joining_of(t, community->id, &j);
	bool inside = who != 0 && circle_of(t, who, community->id) >= CIRCLE_MEMBERS;
	view_begin(v, "join");
	view_format(v, "path", "/c/%s/join", community->name);
	joining_list_show(t, v, community->id, &j);
	view_flag(v, "asks",
		community->own_members && !inside && !j.unopened && j.mode != JOIN_INVITATION);
	view_flag(v, "inside", community->own_members && inside && !j.unopened);
	view_text(v, "way_in", inside || j.unopened ? NULL : joining_path(call->arena, community));
	view_end(v);
	if (joining_may(t, who, community->id))
		view_id(v, "joining_place", community->id);
}

void joining_door_show(struct call *call, struct txn *t, struct view *v)
{
	struct joining j;
	joining_of(t, 0, &j);
	view_flag(v, "may_join",
		!call->viewer.local && call->site->mail_from != NULL && j.mode != JOIN_INVITATION);
}

/* ---- the settings ---------------------------------------------------------------------------- */

static void show_mode(struct view *v, uint32_t mode)
{
	view_begin(v, "mode");
	for (uint32_t i = JOIN_INVITATION; i < COUNT(modes); i++)
		view_flag(v, modes[i], i == mode);
	view_end(v);
}

static enum err settings_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	struct joining j;
	enum err e = joining_find(call, t, &a);
	if (e != OK)
		return e;
	joining_of(t, a.id, &j);
	if (call_input(call, "mode") != NULL)
		(void)join_mode_parse(call_input(call, "mode"), &j.mode);
	view_text(v, "heading", i18n(call->language, "How one joins"));
	joining_tabs_show(t, v, call->viewer.actor, "settings", a.id);
	view_text(v, "title", actor_title(&a));
	view_flag(v, "whole_site", a.id == 0);
	view_flag(v, "own_members", a.own_members);
	view_format(v, "setup_path", "/@%s/settings", a.name);
	view_flag(v, "by_mail", call->site->mail_from != NULL);
	show_mode(v, j.mode);
	view_flag(v, "guests", j.guests);
	view_text(v, "intro", j.intro);
	view_text(v, "questions", j.questions);
	view_number(v, "days", j.days);
	struct counting c = {.community = a.id};
	if (roll_read(call->site, count_run, &c) == OK)
		view_number(v, "listed", c.count);
	view_flag(v, "unopened", j.unopened);
	view_number(v, "goal", j.goal);
	return OK;
}

struct setting {
	struct call *call;
	struct actor a;
	struct joining j;
};

static enum err settings_run(struct txn *t, void *arg)
{
	struct setting *s = arg;
	struct call *call = s->call;
	struct joining was;
	enum err e = joining_find(call, t, &s->a);
	if (e != OK)
		return e;
	joining_of(t, s->a.id, &was);
	s->j = (struct joining){.mode = was.mode,
		.guests = s->a.id == 0 && call_flag(call, "guests"),
		.unopened = s->a.id != 0 && (was.unopened || call_flag(call, "unopened")),
		.goal = s->a.id != 0 ? call_number(call, "goal", 0) : 0,
		.days = call_number(call, "days", 0),
		.intro = call_input(call, "intro"),
		.questions = call_input(call, "questions")};
	(void)join_mode_parse(call_input(call, "mode"), &s->j.mode);
	s->a.name = arena_text(call->arena, s->a.name);
	return joining_set(t, s->a.id, &s->j, &call->refusal);
}

static enum err log_run(struct txn *r, void *arg)
{
	const struct setting *s = arg;
	struct audit a = {.actor = s->call->viewer.actor,
		.act = AUDIT_JOINING,
		.community = s->a.id,
		.words = s->j.unopened ? "unopened" : join_mode_word(s->j.mode)};
	return audit_add(r, &a);
}

static enum err settings_work(struct call *call)
{
	struct setting s = {.call = call};
	enum err e = store_write(call->store, settings_run, &s);
	if (e == OK)
		e = roll_write(call->site, log_run, &s);
	if (e != OK)
		return e;
	char id[ID_TEXT];
	reply_notice(call, "Saved.");
	reply_see_other(
		call, arena_format(call->arena, "/joining/settings?place=%s", id_text(s.a.id, id)));
	return OK;
}

/* ---- opening: whoever put themselves on the list is in ----------------------------------------- */

struct opening {
	const struct site *site;
	struct store *store;
	uint64_t by, community;
	uint64_t ids[OPENED_AT_ONCE];
	size_t count;
};

static enum err admit_run(struct txn *r, void *arg)
{
	struct opening *o = arg;
	struct doer by = {.actor = o->by};
	struct application a;
	struct u64s ids;
	enum err e = application_list(r, o->community, APPLICATION_LISTED, 0, OPENED_AT_ONCE, &ids);
	o->count = 0;
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = application_decide(r, &by, ids.at[i], true, NULL, &a);
		o->ids[o->count++] = ids.at[i];
	}
	return e;
}

static enum err admit(struct opening *o)
{
	enum err e = OK;
	do {
		e = roll_write(o->site, admit_run, o);
		for (size_t i = 0; e == OK && i < o->count; i++)
			application_tell(o->site, o->store, o->ids[i]);
	} while (e == OK && o->count == OPENED_AT_ONCE);
	return e;
}

static enum err open_run(struct txn *t, void *arg)
{
	struct setting *s = arg;
	enum err e = joining_find(s->call, t, &s->a);
	if (e != OK)
		return e;
	joining_of(t, s->a.id, &s->j);
	s->a.name = arena_text(s->call->arena, s->a.name);
	s->j.unopened = false;
	return joining_set(t, s->a.id, &s->j, &s->call->refusal);
}

static enum err open_work(struct call *call)
{
	struct setting s = {.call = call};
	enum err e = store_write(call->store, open_run, &s);
	if (e == OK)
		e = roll_write(call->site, log_run, &s);
	struct opening o = {.site = call->site,
		.store = call->store,
		.by = call->viewer.actor,
		.community = s.a.id};
	if (e == OK)
		e = admit(&o);
	if (e != OK)
		return e;
	reply_notice(call, "The community is open. Whoever was on the list hears of it.");
	reply_see_other(call, arena_format(call->arena, "/@%s", s.a.name));
	return OK;
}

/* What was cut short: lists of communities that are open, and mails that did not go. */
struct round {
	const struct site *site;
	uint64_t open[COMMUNITIES_MOST];
	size_t count;
};

static enum err round_run(struct txn *t, void *arg)
{
	struct round *x = arg;
	struct u64s all;
	enum err e = community_list(t, &all);
	x->site = txn_site(t);
	x->count = 0;
	for (size_t i = 0; e == OK && i < all.count && i < COMMUNITIES_MOST; i++)
		if (joining_is_open(t, all.at[i]))
			x->open[x->count++] = all.at[i];
	return e;
}

static void open_rest(struct store *store, void *arg)
{
	(void)arg;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct round *x = arena_alloc(arena, sizeof *x);
	enum err e = store_read(store, round_run, x);
	for (size_t i = 0; e == OK && i < x->count; i++) {
		struct opening o = {.site = x->site, .store = store, .community = x->open[i]};
		struct counting c = {.community = x->open[i]};
		e = roll_read(x->site, count_run, &c);
		if (e == OK && c.count > 0)
			e = admit(&o);
	}
	if (e != OK && e != ERR_NOT_FOUND)
		log_line(LOG_WARN, "joining", "chore=open error=%s", err_name(e));
}

static const struct chore chores[] = {{"joining", 10 * MINUTE, open_rest, NULL}, {0}};

#define PLACE                                                                                      \
	{                                                                                          \
		"place", INPUT_LINE, .max = 20, .label = "Place"                                   \
	}
static const struct route routes[] = {
	{METHOD_GET, "/joining/settings", SIGNED_IN, .read = settings_read, .page = "joining",
		.takes = {PLACE}},
	{METHOD_POST, "/joining/settings", SIGNED_IN, .work = settings_work, .page = "joining",
		.form = settings_read,
		.takes = {PLACE,
			{"mode", INPUT_CHOICE, .choices = "invitation|open|request|file",
				.label = "How one joins"},
			{"guests", INPUT_FLAG, .label = "Guests"},
			{"unopened", INPUT_FLAG, .label = "Not open yet"},
			{"goal", INPUT_NUMBER, .min = 0, .max = GOAL_MOST, .label = "Goal"},
			{"days", INPUT_NUMBER, .min = 0, .max = DAYS_MOST, .label = "Days"},
			{"intro", INPUT_TEXT, .max = INTRO_MOST, .label = "What people read first"},
			{"questions", INPUT_TEXT, .max = JOIN_QUESTIONS * (JOIN_QUESTION_MOST + 20),
				.label = "Questions"}}},
	{METHOD_POST, "/joining/open", SIGNED_IN, .work = open_work, .takes = {PLACE}},
	{0},
};

static const struct table_use tables[] = {{TABLE_JOINING, &joining_shape}, {0}};
const struct feature feature_joining = {
	.name = "joining", .routes = routes, .tables = tables, .chores = chores};

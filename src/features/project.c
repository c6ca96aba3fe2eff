/* project.c: what people improve together: for what, which roles are wanted, who takes one, and how it ends. */
#include "project.h"

#include <string.h>

#define ROLE_BYTES (4 * (PROJECT_ROLE_MOST + PROJECT_ASKS_MOST) + 64)

static const struct field project_fields[] = {
	{1, F_U32, offsetof(struct project, state), 0},
	{2, F_TEXT, offsetof(struct project, reason), 4 * PROJECT_REASON_MOST},
	{3, F_U64, offsetof(struct project, by), 0},
	{4, F_I64, offsetof(struct project, at), 0},
	{5, F_U64, offsetof(struct project, idea), 0},
	{6, F_TEXT, offsetof(struct project, roles), PROJECT_ROLES_MOST *ROLE_BYTES},
	{7, F_I64, offsetof(struct project, changed), 0},
};
const struct shape project_shape = {
	"project", sizeof(struct project), project_fields, COUNT(project_fields)};

static const struct field helper_fields[] = {
	{1, F_TEXT, offsetof(struct helper, words), 4 * PROJECT_WORDS_MOST},
	{2, F_FLAG, offsetof(struct helper, shown), 0},
	{3, F_I64, offsetof(struct helper, at), 0},
};
static const struct shape helper_shape = {
	"helper", sizeof(struct helper), helper_fields, COUNT(helper_fields)};

static const struct bytes one = {"\1", 1};
static const char *const states[] = {NULL, "looking", "running", "done", "stopped"};

/* ---- roles ----------------------------------------------------------------------------------- */

/* Up to the next tab or the end of the line, which it leaves behind. */
static const char *next_part(struct arena *arena, const char **at)
{
	size_t size = strcspn(*at, "\t\n");
	const char *part = arena_text_n(arena, *at, size);
	*at += size + ((*at)[size] == '\t');
	return part;
}

void project_roles(struct arena *arena, const struct project *p, struct roles_wanted *out)
{
	*out = (struct roles_wanted){.count = 0};
	for (const char *at = p->roles; at != NULL && *at != '\0' && out->count < COUNT(out->at);) {
		struct role_wanted *r = &out->at[out->count];
		uint64_t wanted = 0;
		bool sound = text_to_u64(next_part(arena, &at), &r->number)
			&& text_to_u64(next_part(arena, &at), &wanted);
		r->wanted = (uint32_t)wanted;
		r->name = next_part(arena, &at);
		r->asks = next_part(arena, &at);
		at += *at == '\n';
		out->count += sound && *r->name != '\0';
	}
}

const struct role_wanted *project_role(const struct roles_wanted *roles, uint64_t number)
{
	for (size_t i = 0; i < roles->count; i++)
		if (roles->at[i].number == number)
			return &roles->at[i];
	return NULL;
}

/* Nothing in it ends a part. */
static const char *one_line(struct arena *arena, const char *s)
{
	char *line = text_trim(arena, s);
	for (char *at = line; *at != '\0'; at++)
		*at = (unsigned char)*at < ' ' ? ' ' : *at;
	return line;
}

static bool has_role(const struct role_wanted *all, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].number == number)
			return true;
	return false;
}

enum err project_set_roles(struct txn *t, uint64_t post, struct project *p,
	const struct roles_wanted *wish, struct refusal *why)
{
	struct roles_wanted was;
	struct text lines;
	uint64_t next = 1;
	size_t taken = 0;
	project_roles(txn_arena(t), p, &was);
	for (size_t i = 0; i < was.count; i++) {
		enum err e = post != 0 ? project_taken(t, post, was.at[i].number, &taken) : OK;
		if (e != OK)
			return e;
		if (taken > 0 && !has_role(wish->at, wish->count, was.at[i].number))
			return refuse(why, "role",
				"People help in a role that you took off. Keep it, or ask them to step back first.");
		next = was.at[i].number >= next ? was.at[i].number + 1 : next;
	}
	text_init(&lines, txn_arena(t), PROJECT_ROLES_MOST * ROLE_BYTES);
	for (size_t i = 0; i < wish->count; i++) {
		const struct role_wanted *r = &wish->at[i];
		if (text_count(r->name) > PROJECT_ROLE_MOST)
			return refuse(why, "role", "The name of a role has at most 60 signs.");
		if (text_count(r->asks) > PROJECT_ASKS_MOST)
			return refuse(why, "role", "What a role asks has at most 200 signs.");
		if (r->wanted < 1 || r->wanted > PROJECT_WANTED_MOST)
			return refuse(
				why, "role", "Of each role, one to fifty people can be wanted.");
		bool known = r->number != 0 && has_role(was.at, was.count, r->number)
			&& !has_role(wish->at, i, r->number);
		text_format(&lines, "%llu\t%u\t%s\t%s\n",
			(unsigned long long)(known ? r->number : next), r->wanted,
			one_line(txn_arena(t), r->name), one_line(txn_arena(t), r->asks));
		next += !known;
	}
	p->roles = wish->count > 0 ? lines.at : NULL;
	return OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

enum err project_of(struct txn *t, const struct post *p, struct project *out)
{
	if (p->kind != POST_PROJECT || p->gone)
		return ERR_NOT_FOUND;
	return record_read(txn_arena(t), &project_shape, p->own, out);
}

bool project_is_over(const struct project *p)
{
	return p->state == PROJECT_DONE || p->state == PROJECT_STOPPED;
}

static enum err enter(struct txn *t, const struct post *p, const struct object *said)
{
	struct project project = {0};
	struct place in = place_2(TABLE_PROJECT_IN, p->community, p->id);
	if (said != NULL)
		return OK;
	enum err e = project_of(t, p, &project);
	struct place of = place_2(TABLE_PROJECT_OF, project.idea, p->id);
	if (e == OK && project.idea != 0)
		e = txn_put(t, &of, one);
	return e == OK ? txn_put(t, &in, one) : e;
}

static enum err helping_visit(void *arg, struct bytes key, struct bytes value)
{
	struct helping *h = arg;
	h->at[h->count].role = place_id(key, 1);
	h->at[h->count].who = place_id(key, 2);
	return record_read(txn_arena(h->t), &helper_shape, value, &h->at[h->count++].helper);
}

enum err project_helping(struct txn *t, uint64_t post, struct helping *out)
{
	struct walk walk = {
		.prefix = place_1(TABLE_PROJECT_HELPER, post), .max = PROJECT_HELPERS_MOST};
	out->t = t;
	out->count = 0;
	return txn_walk(t, &walk, helping_visit, out);
}

static enum err count_visit(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	++*(size_t *)arg;
	return OK;
}

enum err project_taken(struct txn *t, uint64_t post, uint64_t role, size_t *out)
{
	struct walk walk = {
		.prefix = place_2(TABLE_PROJECT_HELPER, post, role), .max = PROJECT_HELPERS_MOST};
	*out = 0;
	return txn_walk(t, &walk, count_visit, out);
}

enum err project_helps(
	struct txn *t, uint64_t post, uint64_t role, uint64_t who, struct helper *out)
{
	struct place place = place_3(TABLE_PROJECT_HELPER, post, role, who);
	return txn_load(t, &place, &helper_shape, out);
}

static enum err end(struct txn *t, const struct post *p)
{
	struct project project;
	struct helping *h = arena_alloc(txn_arena(t), sizeof *h);
	struct place in = place_2(TABLE_PROJECT_IN, p->community, p->id);
	enum err e = record_read(txn_arena(t), &project_shape, p->own, &project);
	struct place of = place_2(TABLE_PROJECT_OF, project.idea, p->id);
	if (e == OK)
		e = project_helping(t, p->id, h);
	for (size_t i = 0; e == OK && i < h->count; i++)
		e = project_step_back(t, h->at[i].who, h->at[i].who, p, h->at[i].role, NULL, NULL);
	if (e == OK)
		e = txn_del(t, &of);
	return e == OK ? txn_del(t, &in) : e;
}

static enum err widened(struct txn *t, struct post *p)
{
	struct project project;
	enum err e = project_of(t, p, &project);
	project.reason = NULL;
	return e == OK ? record_write(txn_arena(t), &project_shape, &project, &p->own) : e;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

bool project_may_help(
	struct txn *t, uint64_t who, const struct post *p, const struct project *project)
{
	return who != 0 && !project_is_over(project) && circle_may_act(t, who, p);
}

static const char *role_and_words(
	struct arena *arena, const struct role_wanted *role, const char *words)
{
	return *words != '\0' ? arena_format(arena, "%s: %s", role->name, words) : role->name;
}

enum err project_help(struct txn *t, uint64_t who, const struct post *p,
	const struct project *project, uint64_t number, const char *said, bool shown,
	struct refusal *why)
{
	struct roles_wanted roles;
	struct helper now;
	struct helping *h = arena_alloc(txn_arena(t), sizeof *h);
	const char *words = said != NULL ? text_trim(txn_arena(t), said) : "";
	struct helper helper = {
		.words = *words != '\0' ? words : NULL, .shown = shown, .at = time_now()};
	size_t taken = 0;
	project_roles(txn_arena(t), project, &roles);
	const struct role_wanted *role = project_role(&roles, number);
	if (role == NULL)
		return ERR_NOT_FOUND;
	if (!project_may_help(t, who, p, project))
		return ERR_FORBIDDEN;
	if (text_count(words) > PROJECT_WORDS_MOST)
		return refuse(why, "words", "Use at most 300 signs.");
	enum err e = project_helps(t, p->id, number, who, &now);
	bool already = e == OK;
	if (e == OK || e == ERR_NOT_FOUND)
		e = project_taken(t, p->id, number, &taken);
	if (e == OK)
		e = project_helping(t, p->id, h);
	if (e == OK && !already && (taken >= role->wanted || h->count == PROJECT_HELPERS_MOST))
		return refuse(why, "role", "There are enough people for this role now.");
	struct place place = place_3(TABLE_PROJECT_HELPER, p->id, number, who);
	if (e == OK)
		e = txn_save(t, &place, &helper_shape, &helper);
	struct notice n = {.place = id_next(),
		.kind = NOTICE_PROJECT_HELP,
		.who = who,
		.post = p->id,
		.note = role_and_words(txn_arena(t), role, words),
		.at = helper.at};
	return e == OK && !already ? notify_add(t, p->author, &n) : e;
}

/* Why they are not let go now, though nothing is wrong with the form. */
static enum err too_late(struct refusal *why, const char *words)
{
	(void)refuse(why, "role", words);
	return ERR_CONFLICT;
}

enum err project_step_back(struct txn *t, uint64_t by, uint64_t who, const struct post *p,
	uint64_t number, const char *said, struct refusal *why)
{
	struct project project;
	struct roles_wanted roles;
	struct helper was;
	struct place place = place_3(TABLE_PROJECT_HELPER, p->id, number, who);
	const char *words = said != NULL ? text_trim(txn_arena(t), said) : "";
	if (by == who)
		return txn_del(t, &place);
	enum err e = project_of(t, p, &project);
	if (e != OK)
		return e;
	project_roles(txn_arena(t), &project, &roles);
	const struct role_wanted *role = project_role(&roles, number);
	if (role == NULL)
		return ERR_NOT_FOUND;
	if (project_is_over(&project))
		return too_late(why, "The project is over: its roles ended with it.");
	if (text_count(words) > PROJECT_WORDS_MOST)
		return refuse(why, "words", "Use at most 300 signs.");
	e = project_helps(t, p->id, number, who, &was);
	if (e == ERR_NOT_FOUND)
		return too_late(why, "They do not help in this role any more.");
	if (e == OK)
		e = txn_del(t, &place);
	struct notice n = {.place = id_next(),
		.kind = NOTICE_PROJECT_LET_GO,
		.who = by,
		.post = p->id,
		.note = role_and_words(txn_arena(t), role, words),
		.at = time_now()};
	return e == OK ? notify_add(t, who, &n) : e;
}

/* Each once, whatever roles they have. */
static enum err tell_helpers(struct txn *t, const struct post *p, const struct project *project)
{
	struct helping *h = arena_alloc(txn_arena(t), sizeof *h);
	struct notice n = {.place = id_next(),
		.kind = NOTICE_PROJECT_ENDED,
		.who = project->by,
		.post = p->id,
		.note = project->reason,
		.at = project->at};
	enum err e = project_helping(t, p->id, h);
	for (size_t i = 0; e == OK && i < h->count; i++)
		e = notify_add(t, h->at[i].who, &n);
	return e;
}

enum err project_decide(struct txn *t, uint64_t who, struct post *p, struct project *project,
	enum project_state state, const char *said, struct refusal *why)
{
	const char *words = said != NULL ? text_trim(txn_arena(t), said) : "";
	struct line line = {
		.act = ACT_UPDATE, .actor = p->author, .object = p->id, .target = p->community};
	bool was_over = project_is_over(project);
	if (state == PROJECT_STOPPED && *words == '\0')
		return refuse(why, "reason", "Give a reason: who helps reads it.");
	if (text_count(words) > PROJECT_REASON_MOST)
		return refuse(why, "reason", "A reason has at most 500 signs.");
	project->state = state;
	project->reason = *words != '\0' ? words : NULL;
	project->by = who;
	project->at = time_now();
	enum err e = record_write(txn_arena(t), &project_shape, project, &p->own);
	if (e == OK)
		e = post_save(t, p);
	if (e == OK)
		e = act_journal(t, NULL, &line, NULL);
	return e == OK && project_is_over(project) && !was_over ? tell_helpers(t, p, project) : e;
}

/* ---- how it is shown ------------------------------------------------------------------------- */

enum project_state project_state_of(const char *word, enum project_state otherwise)
{
	for (uint32_t i = 1; i < COUNT(states); i++)
		if (text_is(word, states[i]))
			return (enum project_state)i;
	return otherwise;
}

const char *project_state_word(enum project_state state)
{
	return states[state];
}

static const char *state_words(const char *language, uint32_t state)
{
	switch (state) {
	case PROJECT_RUNNING:
		return i18n(language, "Running");
	case PROJECT_DONE:
		return i18n(language, "Done");
	case PROJECT_STOPPED:
		return i18n(language, "Stopped");
	default:
		return i18n(language, "Looking for people");
	}
}

void project_state_show(struct view *v, const struct project *p)
{
	for (uint32_t i = 1; i < COUNT(states); i++)
		view_flag(v, states[i], p->state == i);
}

/* Roles as words, without who has them: that stays here. */
static void say_roles(struct text *content, const char *language, const struct roles_wanted *roles)
{
	text_add(content, "<p><strong>");
	text_html(content, i18n(language, "Roles wanted"));
	text_add(content, "</strong></p><ul>");
	for (size_t i = 0; i < roles->count; i++) {
		const struct role_wanted *r = &roles->at[i];
		text_add(content, "<li>");
		text_html(content, r->name);
		text_format(content, " (%u)", r->wanted);
		text_add(content, *r->asks != '\0' ? ": " : "");
		text_html(content, r->asks);
		text_add(content, "</li>");
	}
	text_add(content, "</ul>");
}

/* It stands alone where the rest is not shown. */
static const char *summarised(struct arena *arena, const char *words,
	const struct roles_wanted *roles, const char *content)
{
	struct text summary;
	text_init(&summary, arena, 65536);
	text_add(&summary, words);
	for (size_t i = 0; i < roles->count; i++)
		text_format(&summary, "%s%s (%u)", i == 0 ? " · " : ", ", roles->at[i].name,
			roles->at[i].wanted);
	text_format(&summary, " · %s", markup_plain(arena, content, PROJECT_TEASER));
	return summary.at;
}

static void say(struct txn *t, const struct post *p, struct said *out)
{
	struct project project;
	struct roles_wanted roles = {.count = 0};
	struct text content;
	struct arena *arena = txn_arena(t);
	const char *language = post_language(t, p);
	if (project_of(t, p, &project) != OK)
		return;
	const char *state = state_words(language, project.state);
	const char *words = project.reason != NULL
		? arena_format(arena, "%s: %s", state, project.reason)
		: state;
	text_init(&content, arena, strlen(out->content) + 65536);
	text_add(&content, "<p><strong>");
	text_html(&content, words);
	text_add(&content, "</strong></p>");
	text_add(&content, out->content);
	if (!project_is_over(&project))
		project_roles(arena, &project, &roles);
	if (roles.count > 0)
		say_roles(&content, language, &roles);
	text_format(&content, "<p><a href=\"%s\">%s</a></p>", p->url, p->url);
	out->summary = summarised(arena, words, &roles, out->content);
	out->content = content.at;
	int64_t changed = project.at > project.changed ? project.at : project.changed;
	if (changed > out->updated)
		out->updated = changed;
}

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_visit(void *arg, struct bytes key, struct bytes value)
{
	struct own_rows *o = arg;
	struct helper helper;
	struct post p;
	struct project project;
	struct roles_wanted roles = {.count = 0};
	if (record_read(txn_arena(o->t), &helper_shape, value, &helper) != OK)
		return OK;
	if (post_load(o->t, place_id(key, 0), &p) == OK && project_of(o->t, &p, &project) == OK)
		project_roles(txn_arena(o->t), &project, &roles);
	view_begin(o->v, NULL);
	view_text(o->v, "post", own_post(o->t, place_id(key, 0)));
	const struct role_wanted *role = project_role(&roles, place_id(key, 1));
	view_text(o->v, "role", role != NULL ? role->name : "");
	view_text(o->v, "text", helper.words != NULL ? helper.words : "");
	view_flag(o->v, "name_shown", helper.shown);
	view_time(o->v, "at", helper.at);
	view_end(o->v);
	return OK;
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	(void)scratch, (void)value;
	return place_id(key, 2) == *(const uint64_t *)arg;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	return own_rows_show(t, v, "helping", TABLE_PROJECT_HELPER, who, is_theirs, own_visit);
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	uint64_t actor = who->actor;
	return leaving_sweep(t, TABLE_PROJECT_HELPER, at, is_theirs, NULL, &actor);
}

static const struct personal personal = {own_show, forget};
static const struct detail details[] = {
	{.kind = POST_PROJECT,
		.enter = enter,
		.end = end,
		.widened = widened,
		.page = project_page,
		.say = say,
		.form = "project"},
	{0},
};
static const struct table_use uses[] = {
	{TABLE_PROJECT_IN, NULL},
	{TABLE_PROJECT_HELPER, &helper_shape},
	{TABLE_PROJECT_OF, NULL},
	{0},
};
const struct feature feature_project = {.name = "project",
	.routes = project_routes,
	.tables = uses,
	.details = details,
	.personal = &personal};

/* memberpage.c: one person of the roll on a page: opened for a reason, changed, given roles and relieved of them. */
#include "joining.h"
#include "memberfile.h"

#include <string.h>

#define OPEN_FOR HOUR
#define LINE_POINTS 200
#define NOTE_POINTS 1000

/* Why one looks: words of ours, so that nobody's name comes into the log. */
static const struct {
	const char *word, *words;
} reasons[] = {{"asked", "They asked me to"}, {"change", "Something about them changed"},
	{"money", "It is about their contribution"},
	{"check", "I check whether all of it is right"}, {"role", "They get or leave a role"}};
#define REASONS "asked|change|money|check|role"

const char *members_reason(const char *word)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (text_is(reasons[i].word, word))
			return reasons[i].words;
	return word;
}

static const struct line_of {
	const char *name;
	size_t offset;
	const char *words;
	const char *type; /* of the input */
} lines[] = {
#define LINE(f, words, type)                                                                       \
	{                                                                                          \
#f, offsetof(struct person, f), words, type                                        \
	}
	LINE(name, "Name", "text"),
	LINE(number, "Member number", "text"),
	LINE(email, "E-mail address", "email"),
	LINE(type, "Kind of member", "text"),
	LINE(phone, "Telephone", "tel"),
	LINE(street, "Street and number", "text"),
	LINE(postcode, "Postal code", "text"),
	LINE(town, "Town", "text"),
	LINE(country, "Country", "text"),
	LINE(born, "Born", "text"),
};

static const char *word_of(const struct person *p, const struct line_of *l)
{
	const char *word;
	memcpy(&word, (const char *)p + l->offset, sizeof word);
	return word != NULL ? word : "";
}

static void set_word(struct person *p, const struct line_of *l, const char *word)
{
	memcpy((char *)p + l->offset, &word, sizeof word);
}

/* ---- who is looked at ------------------------------------------------------------------------ */

struct looking {
	struct call *call;
	uint64_t id;
	struct person person;
	bool opened; /* and a reason was given within the hour */
	struct u64s communities;
	uint32_t roles;             /* in the association */
	uint32_t *here;             /* in each of communities */
	struct application request; /* of who asked and is not let in: the newest; id 0: none */
};

static bool asks(const struct person *p)
{
	return p->status == PERSON_APPLICANT || p->status == PERSON_REFUSED;
}

static enum err find_request(struct txn *r, struct looking *l)
{
	struct u64s ids;
	enum err e = application_of_person(r, l->id, &ids);
	if (e == OK && ids.count > 0)
		e = application_load(r, ids.at[ids.count - 1], &l->request);
	application_keep(l->call->arena, &l->request);
	return e;
}

static enum err load_run(struct txn *r, void *arg)
{
	struct looking *l = arg;
	uint64_t at = 0;
	struct place opened = place_2(TABLE_ROLL_OPENED, l->call->viewer.actor, l->id);
	enum err e = person_load(r, l->id, &l->person);
	if (e != OK)
		return e;
	for (size_t i = 0; i < COUNT(lines); i++)
		set_word(&l->person, &lines[i],
			arena_text(l->call->arena, word_of(&l->person, &lines[i])));
	l->person.note = arena_text(l->call->arena, l->person.note);
	l->opened = txn_get_id(r, &opened, &at) == OK && (int64_t)at + OPEN_FOR > time_now();
	l->roles = role_of(r, l->id, 0);
	l->here = arena_array(l->call->arena, l->communities.count + 1, sizeof *l->here);
	for (size_t i = 0; i < l->communities.count; i++)
		l->here[i] = role_of(r, l->id, l->communities.at[i]);
	return asks(&l->person) ? find_request(r, l) : OK;
}

static enum err look(struct call *call, struct looking *l)
{
	l->call = call;
	l->id = call_part_id(call, "id");
	return members_may(call, ROLES_SEE_ROLL) ? roll_read(call->site, load_run, l)
						 : ERR_NOT_FOUND;
}

/* The same for who changes something: without a reason nothing is. */
static enum err look_opened(struct call *call, struct looking *l)
{
	enum err e = look(call, l);
	return e == OK && !l->opened ? ERR_FORBIDDEN : e;
}

static const char *path_of(struct call *call, uint64_t id)
{
	char text[ID_TEXT];
	return arena_format(call->arena, "/members/%s", id_text(id, text));
}

/* ---- the page -------------------------------------------------------------------------------- */

static void show_reasons(struct call *call, struct view *v)
{
	view_list(v, "reasons");
	for (size_t i = 0; i < COUNT(reasons); i++) {
		view_begin(v, NULL);
		view_text(v, "value", reasons[i].word);
		view_text(v, "words", i18n(call->language, reasons[i].words));
		view_end(v);
	}
	view_list_end(v);
}

static const char *said_or(struct call *call, const char *name, const char *otherwise)
{
	const char *said = call->typed ? call_input(call, name) : NULL;
	return said != NULL ? said : otherwise;
}

static void show_fault(struct call *call, struct view *v, const char *name)
{
	if (text_is(call->refusal.field, name))
		view_text(v, "fault", i18n(call->language, call->refusal.text));
}

static void show_lines(struct call *call, struct view *v, const struct person *p)
{
	view_list(v, "lines");
	for (size_t i = 0; i < COUNT(lines); i++) {
		view_begin(v, NULL);
		view_text(v, "name", lines[i].name);
		view_text(v, "words", i18n(call->language, lines[i].words));
		view_text(v, "type", lines[i].type);
		view_text(v, "value", said_or(call, lines[i].name, word_of(p, &lines[i])));
		show_fault(call, v, lines[i].name);
		view_end(v);
	}
	view_list_end(v);
	view_text(v, "note", said_or(call, "note", p->note != NULL ? p->note : ""));
}

static void show_membership(struct call *call, struct view *v, const struct person *p)
{
	static const struct {
		const char *word;
		enum person_status status;
	} all[] = {{"member", PERSON_MEMBER}, {"guest", PERSON_GUEST}};
	view_text(
		v, "status", person_status_words(call->language, person_status_at(p, time_now())));
	view_list(v, "statuses");
	for (size_t i = 0; i < COUNT(all); i++) {
		const char *said = said_or(call, "status", NULL);
		view_begin(v, NULL);
		view_text(v, "value", all[i].word);
		view_text(v, "words", person_status_words(call->language, all[i].status));
		view_flag(v, "chosen",
			said != NULL ? text_is(said, all[i].word) : p->status == all[i].status);
		view_end(v);
	}
	view_list_end(v);
	view_text(v, "from", said_or(call, "from", member_day_write(call->arena, p->from)));
	view_text(v, "until",
		said_or(call, "until",
			member_day_write(call->arena, p->until != 0 ? p->until - 1 : 0)));
}

static void show_role(
	struct call *call, struct view *v, enum role role, const struct actor *community)
{
	view_begin(v, NULL);
	view_format(v, "role", "%s%s%s", role_name(role), community != NULL ? "@" : "",
		community != NULL ? community->name : "");
	view_text(v, "words", role_words(call->language, role));
	view_text(v, "title", community != NULL ? actor_title(community) : "");
	view_end(v);
}

/* Those of the association, then of each community: the ones they have, or may be given. */
static void show_roles(
	struct call *call, struct txn *t, struct view *v, const struct looking *l, bool held)
{
	struct actor community;
	for (size_t k = 0; k <= l->communities.count; k++) {
		bool own = k == 0;
		if (!own && actor_load(t, l->communities.at[k - 1], &community) != OK)
			continue;
		uint32_t bits = own ? l->roles : l->here[k - 1];
		for (enum role role = ROLE_MEMBER; role_name(role) != NULL; role *= 2)
			if (role_is_of_community(role) != own && ((bits & role) != 0) == held)
				show_role(call, v, role, own ? NULL : &community);
	}
}

static enum err person_read(struct call *call, struct txn *t, struct view *v)
{
	struct looking l = {0};
	struct actor account;
	enum err e = community_list(t, &l.communities);
	if (e == OK)
		e = look(call, &l);
	if (e != OK)
		return e;
	const char *name = l.person.name != NULL && *l.person.name != '\0'
		? l.person.name
		: i18n(call->language, "Without a name");
	view_text(v, "heading", name);
	view_text(v, "path", path_of(call, l.id));
	members_tab_show(call, v, "person");
	view_flag(v, "opened", l.opened);
	show_reasons(call, v);
	if (!l.opened)
		return OK;
	show_lines(call, v, &l.person);
	show_membership(call, v, &l.person);
	view_flag(v, "asks", asks(&l.person));
	if (l.request.id != 0 && joining_may(t, call->viewer.actor, l.request.community))
		view_id(v, "request", l.request.id);
	if (l.person.actor != 0 && actor_load(t, l.person.actor, &account) == OK)
		actor_show(v, "account", &account);
	view_flag(v, "may_give", members_may(call, ROLES_GIVE_ROLES));
	view_list(v, "roles");
	show_roles(call, t, v, &l, true);
	view_list_end(v);
	view_list(v, "free_roles");
	show_roles(call, t, v, &l, false);
	view_list_end(v);
	return OK;
}

/* ---- opened ---------------------------------------------------------------------------------- */

static enum err open_run(struct txn *r, void *arg)
{
	struct looking *l = arg;
	struct call *call = l->call;
	struct place place = place_2(TABLE_ROLL_OPENED, call->viewer.actor, l->id);
	struct audit a = {.actor = call->viewer.actor,
		.act = AUDIT_VIEW,
		.person = l->id,
		.reason = call_input(call, "reason")};
	enum err e = txn_put_id(r, &place, (uint64_t)time_now());
	return e == OK ? audit_add(r, &a) : e;
}

static enum err open_work(struct call *call)
{
	struct looking l = {0};
	enum err e = look(call, &l);
	if (e == OK)
		e = roll_write(call->site, open_run, &l);
	if (e == OK)
		reply_see_other(call, path_of(call, l.id));
	return e;
}

/* ---- changed --------------------------------------------------------------------------------- */

static enum err save_run(struct txn *r, void *arg)
{
	struct looking *l = arg;
	struct doer by = {.actor = l->call->viewer.actor};
	return person_save(r, &by, &l->person);
}

static enum err save(struct call *call, struct looking *l)
{
	enum err e = roll_write(call->site, save_run, l);
	if (e == ERR_CONFLICT)
		return refuse(&call->refusal, "number",
			"This number or e-mail address is another person’s.");
	if (e == OK) {
		reply_notice(call, "Saved.");
		reply_see_other(call, path_of(call, l->id));
	}
	return e;
}

static enum err words_work(struct call *call)
{
	struct looking l = {0};
	enum err e = look_opened(call, &l);
	for (size_t i = 0; e == OK && i < COUNT(lines); i++) {
		const char *said = call_input(call, lines[i].name);
		if (said != NULL)
			set_word(&l.person, &lines[i], text_trim(call->arena, said));
	}
	if (e != OK)
		return e;
	const char *note = call_input(call, "note"), *email = l.person.email;
	if (note != NULL)
		l.person.note = text_trim(call->arena, note);
	if (l.person.name == NULL || *l.person.name == '\0')
		return refuse(&call->refusal, "name", "Give a name.");
	if (email != NULL && *email != '\0' && !mime_address_ok(email))
		return refuse(&call->refusal, "email", "This is not an e-mail address.");
	return save(call, &l);
}

static enum err day_said(struct call *call, const char *name, int64_t *day)
{
	const char *said = call_input(call, name);
	*day = 0;
	if (said == NULL || *said == '\0' || member_day_read(text_trim(call->arena, said), day))
		return OK;
	return refuse(&call->refusal, name, "This date is not clear. Write it as 31-12-2025.");
}

/* Nobody else gives roles, and with these ones left they do not either. */
static bool is_last_keeper(const struct looking *l, uint32_t left)
{
	uint64_t actors[2];
	return (l->roles & ROLES_GIVE_ROLES) != 0 && (left & ROLES_GIVE_ROLES) == 0
		&& roll_holders(l->call->site, 0, 0, ROLES_GIVE_ROLES, actors, COUNT(actors)) == 1
		&& actors[0] == l->person.actor;
}

static enum err membership_work(struct call *call)
{
	struct looking l = {0};
	int64_t from, until;
	enum err e = look_opened(call, &l);
	if (e == OK)
		e = day_said(call, "from", &from);
	if (e == OK)
		e = day_said(call, "until", &until);
	if (e != OK)
		return e;
	if (asks(&l.person))
		return refuse(&call->refusal, "status",
			"Who asked to join is let in by their request, not here.");
	if (until != 0 && until < from)
		return refuse(&call->refusal, "until", "The membership ends before it begins.");
	if (until != 0 && is_last_keeper(&l, 0))
		return refuse(&call->refusal, "until", "Somebody must be left who gives roles.");
	l.person.status = text_is(call_input(call, "status"), "guest") ? PERSON_GUEST
								       : PERSON_MEMBER;
	l.person.from = from;
	l.person.until = until != 0 ? until + DAY : 0; /* to the end of that day */
	return save(call, &l);
}

/* ---- roles ----------------------------------------------------------------------------------- */

struct giving {
	struct call *call;
	uint64_t id, community;
	const char *name; /* of the community */
	enum role role;
	bool off;
};

static enum err community_run(struct txn *t, void *arg)
{
	struct giving *g = arg;
	struct actor a;
	enum err e = actor_by_name(t, g->name, &a);
	if (e != OK || a.kind != ACTOR_GROUP || !a.local)
		return refuse(&g->call->refusal, "role", "Choose one of these roles.");
	g->community = a.id;
	return OK;
}

static enum err give_run(struct txn *r, void *arg)
{
	struct giving *g = arg;
	struct doer by = {.actor = g->call->viewer.actor};
	return role_set(r, &by, g->id, g->community, g->role, !g->off);
}

static enum err roles_work(struct call *call)
{
	struct looking l = {0};
	struct giving g = {.call = call, .off = call_flag(call, "off")};
	enum err e = members_may(call, ROLES_GIVE_ROLES) ? look_opened(call, &l) : ERR_NOT_FOUND;
	if (e != OK)
		return e;
	const char *said = call_input(call, "role"), *at = strchr(said, '@');
	const char *role = at != NULL ? arena_text_n(call->arena, said, (size_t)(at - said)) : said;
	g.id = l.id;
	g.name = at != NULL ? at + 1 : NULL;
	if (!role_parse(role, &g.role) || role_is_of_community(g.role) != (at != NULL))
		return refuse(&call->refusal, "role", "Choose one of these roles.");
	if (g.off && is_last_keeper(&l, l.roles & ~(uint32_t)g.role))
		return refuse(&call->refusal, "role", "Somebody must be left who gives roles.");
	if (at != NULL)
		e = store_read(call->store, community_run, &g);
	if (e == OK)
		e = roll_write(call->site, give_run, &g);
	if (e == OK) {
		reply_notice(call, g.off ? "The role is taken away." : "The role is given.");
		reply_see_other(call, path_of(call, l.id));
	}
	return e;
}

#define WORDS(of, label_)                                                                          \
	{                                                                                          \
		of, INPUT_LINE, .max = LINE_POINTS, .label = (label_)                              \
	}
#define PAGE .page = "member", .form = person_read, .per_minute = 60
static const struct route routes[] = {
	{METHOD_GET, "/members/{id}", ANYONE, .roll = true, .read = person_read, .page = "member",
		.per_minute = 120},
	{METHOD_POST, "/members/{id}/open", ANYONE, .roll = true, .work = open_work, PAGE,
		.takes = {{"reason", INPUT_CHOICE, .required = true, .choices = REASONS,
			.label = "Why do you look?"}}},
	{METHOD_POST, "/members/{id}", ANYONE, .roll = true, .work = words_work, PAGE,
		.takes = {WORDS("name", "Name"), WORDS("number", "Member number"),
			WORDS("email", "E-mail address"), WORDS("type", "Kind of member"),
			WORDS("phone", "Telephone"), WORDS("street", "Street and number"),
			WORDS("postcode", "Postal code"), WORDS("town", "Town"),
			WORDS("country", "Country"), WORDS("born", "Born"),
			{"note", INPUT_TEXT, .max = NOTE_POINTS, .label = "Note"}}},
	{METHOD_POST, "/members/{id}/membership", ANYONE, .roll = true, .work = membership_work,
		PAGE,
		.takes = {{"status", INPUT_CHOICE, .choices = "member|guest", .label = "Status"},
			{"from", INPUT_LINE, .max = 20, .label = "Member since"},
			{"until", INPUT_LINE, .max = 20, .label = "Member until"}}},
	{METHOD_POST, "/members/{id}/roles", ANYONE, .roll = true, .work = roles_work, PAGE,
		.takes = {{"role", INPUT_LINE, .required = true, .max = 60, .label = "Role"},
			{"off", INPUT_FLAG, .label = "Take away"}}},
	{0},
};

const struct feature feature_memberpage = {.name = "memberpage", .routes = routes};

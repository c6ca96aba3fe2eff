/*
 * auditlog.c: the log of what was done with the roll, on a page for the board; and what the journal tells of settings,
 * moderators and accounts that were closed, put beside it.
 */
#include "memberfile.h"

#include <string.h>

#define SHOWN 50
#define LINES 200
#define LOOK "log"

/* ---- what comes from the journal: each line once, as its place is kept in the same commit ------- */

static const struct {
	enum act act;
	enum audit_act as;
} heard[] = {{ACT_UPDATE_ACTOR, AUDIT_SETTINGS}, {ACT_MODERATOR, AUDIT_MODERATOR},
	{ACT_UNMODERATOR, AUDIT_UNMODERATOR}, {ACT_SUSPEND, AUDIT_SUSPEND},
	{ACT_UNSUSPEND, AUDIT_UNSUSPEND}};

struct hearing {
	struct arena *arena; /* of what was found */
	const struct site *site;
	uint64_t place;
	struct audit found[LINES];
	size_t count, lines;
};

/* People change their own page themselves: that is theirs. */
static bool concerns(struct txn *t, const struct line *line)
{
	struct actor a;
	if (line->raw.size > 0)
		return false; /* another node's */
	return line->act != ACT_UPDATE_ACTOR
		|| (actor_load(t, line->object, &a) == OK && a.kind != ACTOR_PERSON);
}

static void take(struct txn *t, struct hearing *h, const struct line *line)
{
	char id[ID_TEXT];
	for (size_t i = 0; i < COUNT(heard); i++)
		if (line->act == heard[i].act && concerns(t, line)) {
			bool settings = line->act == ACT_UPDATE_ACTOR;
			h->found[h->count++] = (struct audit){.at = line->at,
				.actor = line->actor,
				.act = heard[i].as,
				.community = settings ? line->object : line->target,
				.words = arena_text(h->arena,
					settings ? line->note : id_text(line->object, id))};
		}
}

static enum err place_run(struct txn *r, void *arg)
{
	struct hearing *h = arg;
	struct place place = place_0(TABLE_AUDIT_PLACE);
	enum err e = txn_get_id(r, &place, &h->place);
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err keep_run(struct txn *r, void *arg)
{
	const struct hearing *h = arg;
	struct place place = place_0(TABLE_AUDIT_PLACE);
	enum err e = OK;
	for (size_t i = 0; e == OK && i < h->count; i++) {
		struct audit a = h->found[i];
		e = audit_add(r, &a);
	}
	return e == OK ? txn_put_id(r, &place, h->place) : e;
}

static enum err hear_run(struct txn *t, void *arg)
{
	struct hearing *h = arg;
	struct line *lines = arena_array(txn_arena(t), LINES, sizeof *lines);
	h->site = txn_site(t);
	h->count = h->lines = 0;
	if (h->site->roll == NULL)
		return OK;
	enum err e = roll_read(h->site, place_run, h);
	if (e == OK)
		e = journal_after(t, h->place, LINES, lines, &h->lines);
	for (size_t i = 0; e == OK && i < h->lines; i++) {
		h->place = lines[i].place;
		take(t, h, &lines[i]);
	}
	return e;
}

static void hear(struct store *store, void *arg)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct hearing *h;
	enum err e;
	(void)arg;
	do {
		arena_reset(arena);
		h = arena_alloc(arena, sizeof *h);
		h->arena = arena;
		e = store_read(store, hear_run, h);
		if (e == OK && h->lines > 0)
			e = roll_write(h->site, keep_run, h);
	} while (e == OK && h->lines == LINES);
	if (e != OK)
		log_line(LOG_WARN, "auditlog", "error=%s", err_name(e));
}

static const struct chore chores[] = {{"audit", 20 * SECOND, hear, NULL}, {0}};

/* ---- the page -------------------------------------------------------------------------------- */

static const char *const acts[] = {[AUDIT_ADD] = "entered on the roll",
	[AUDIT_CHANGE] = "changed on the roll",
	[AUDIT_REMOVE] = "taken off the roll",
	[AUDIT_ROLE] = "was given a role",
	[AUDIT_UNROLE] = "lost a role",
	[AUDIT_VIEW] = "looked at",
	[AUDIT_EXPORT] = "the roll was taken out as a file",
	[AUDIT_IMPORT] = "a member file was written",
	[AUDIT_UNDO] = "a member file was taken back",
	[AUDIT_REQUEST] = "request to join",
	[AUDIT_ACCEPT] = "request granted",
	[AUDIT_REFUSE] = "request refused",
	[AUDIT_INVITE] = "invitation",
	[AUDIT_JOINING] = "how one joins was changed",
	[AUDIT_LINK] = "linked an account elsewhere",
	[AUDIT_UNLINK] = "took the link to an account elsewhere away",
	[AUDIT_ADMIT] = "an account elsewhere reads along",
	[AUDIT_UNADMIT] = "an account elsewhere reads along no more",
	[AUDIT_SETTINGS] = "settings changed",
	[AUDIT_MODERATOR] = "became moderator",
	[AUDIT_UNMODERATOR] = "is no longer moderator",
	[AUDIT_SUSPEND] = "account closed",
	[AUDIT_UNSUSPEND] = "account open again"};

struct page {
	struct call *call;
	struct audit *records;
	const char **names; /* of the persons they are about; NULL: not on the roll any more */
	size_t count;
	uint64_t before, next;
	bool check;
	uint64_t broken;
	enum err checked;
};

static enum err page_run(struct txn *r, void *arg)
{
	struct page *p = arg;
	struct arena *arena = p->call->arena;
	struct audit last;
	enum err e = audit_looked(r, p->call->viewer.actor, LOOK);
	if (e == OK)
		e = audit_last(r, &last);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	uint64_t number = p->before != 0 && p->before <= last.number ? p->before - 1 : last.number;
	for (; e == OK && number > 0 && p->count < SHOWN; number--) {
		struct audit *a = &p->records[p->count];
		struct person person;
		e = audit_load(r, number, a);
		if (e == ERR_NOT_FOUND) { /* older ones were kept long enough */
			number = 0;
			e = OK;
			break;
		}
		if (e != OK)
			break;
		a->words = arena_text(arena, a->words);
		a->reason = arena_text(arena, a->reason);
		if (a->person != 0 && person_load(r, a->person, &person) == OK)
			p->names[p->count] = arena_text(arena,
				person.name != NULL && *person.name != '\0' ? person.name
									    : person.number);
		p->count++;
	}
	p->next = number > 0 ? number + 1 : 0;
	p->checked = p->check ? audit_check(r, &p->broken) : OK;
	return e;
}

/* Names of things that changed and of roles are words of ours, in any language. */
static const char *in_words(struct call *call, const char *words, const char *between)
{
	struct text t;
	text_init(&t, call->arena, 2000);
	while (words != NULL && *words != '\0') {
		size_t size = strcspn(words, " ");
		text_format(&t, "%s%s", t.size > 0 ? between : "",
			i18n(call->language, arena_text_n(call->arena, words, size)));
		words += size + (words[size] == ' ');
	}
	return t.at;
}

static bool is_about_actor(const struct audit *a)
{
	return a->act >= AUDIT_MODERATOR && a->act <= AUDIT_UNSUSPEND;
}

static void show_actor(struct txn *t, struct view *v, const char *name, uint64_t id)
{
	struct actor a;
	if (id != 0 && actor_load(t, id, &a) == OK)
		actor_show(v, name, &a);
}

static void show_record(
	struct call *call, struct txn *t, struct view *v, const struct audit *a, const char *name)
{
	uint64_t about = 0;
	bool known = a->act < COUNT(acts) && acts[a->act] != NULL;
	view_begin(v, NULL);
	view_id(v, "number", a->number);
	view_time(v, "at", a->at);
	show_actor(t, v, "who", a->actor);
	view_text(v, "act", known ? i18n(call->language, acts[a->act]) : "");
	view_flag(v, "about_person", a->person != 0);
	view_id(v, "person", name != NULL ? a->person : 0);
	view_text(v, "name", name != NULL ? name : "");
	show_actor(t, v, "community", a->community);
	if (is_about_actor(a) && text_to_u64(a->words, &about))
		show_actor(t, v, "about", about);
	else
		view_text(
			v, "words", in_words(call, a->words, a->act == AUDIT_IMPORT ? " " : ", "));
	view_text(v, "reason",
		i18n(call->language, a->reason != NULL ? members_reason(a->reason) : ""));
	view_end(v);
}

static enum err log_read(struct call *call, struct txn *t, struct view *v)
{
	struct page p = {.call = call,
		.records = arena_array(call->arena, SHOWN, sizeof *p.records),
		.names = arena_array(call->arena, SHOWN, sizeof *p.names),
		.before = (uint64_t)call_number(call, "before", 0),
		.check = call_input(call, "check") != NULL};
	enum err e = members_may(call, ROLES_GIVE_ROLES) ? roll_read(call->site, page_run, &p)
							 : ERR_NOT_FOUND;
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Log"));
	members_tab_show(call, v, "log");
	view_list(v, "records");
	for (size_t i = 0; i < p.count; i++)
		show_record(call, t, v, &p.records[i], p.names[i]);
	view_list_end(v);
	view_flag(v, "some", p.count > 0);
	view_flag(v, "sound", p.check && p.checked == OK);
	view_number(v, "broken", p.checked != OK ? (int64_t)p.broken : 0);
	view_flag(v, "newer", p.before != 0);
	view_number(v, "next", (int64_t)p.next);
	return OK;
}

static enum err look_work(struct call *call)
{
	return members_may(call, ROLES_GIVE_ROLES) ? audit_look_first(call, LOOK) : ERR_NOT_FOUND;
}

static const struct route routes[] = {
	{METHOD_GET, "/members/audit", ANYONE, .roll = true, .read = log_read, .work = look_work,
		.page = "members-audit",
		.takes = {{"before", INPUT_NUMBER, .min = 1, .max = INT64_MAX, .label = "Older"},
			{"check", INPUT_CHOICE, .choices = "1", .label = "Check"}},
		.per_minute = 60},
	{0},
};

const struct feature feature_auditlog = {.name = "auditlog", .routes = routes, .chores = chores};

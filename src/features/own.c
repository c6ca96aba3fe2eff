/* own.c: all that this site keeps about someone, for their own eyes: a page to read, and a file to take along. */
#include "joining.h"
#include "memberfile.h"

#include <string.h>

#define PAGE_MOST 50    /* of a list on the page */
#define FILE_MOST 20000 /* in the file that a server makes */
#define WHOLE_MOST 100000000
#define WHOLE_BYTES ((size_t)256 << 20)
/* Rows of a table that is not theirs alone. With all sanitizers on, 20 000 were read in 40 ms; an association of 5 000 has
 * some 100 000 likes. */
#define PAGE_LOOKS 20000
#define FILE_LOOKS 1000000

static size_t looks_of(const struct own_view *who)
{
	return who->most > FILE_MOST ? WHOLE_MOST : who->most > PAGE_MOST ? FILE_LOOKS : PAGE_LOOKS;
}

void own_cut(struct txn *t, const struct own_view *who, struct view *v, const char *name)
{
	*who->cut = true;
	if (name != NULL)
		view_flag(v, arena_format(txn_arena(t), "%s_cut", name), true);
}

struct ids {
	uint64_t *at; /* NULL: they are counted */
	size_t count;
};

static enum err take_id(void *arg, struct bytes key, struct bytes value)
{
	struct ids *x = arg;
	(void)value;
	if (x->at != NULL)
		x->at[x->count] = place_id(key, 1);
	x->count++;
	return OK;
}

enum err own_ids(struct txn *t, struct view *v, const char *name, uint8_t table, uint64_t of,
	const struct own_view *who, struct u64s *out)
{
	struct ids x = {0};
	struct walk walk = {.prefix = place_1(table, of), .backward = true, .max = who->most + 1};
	*out = (struct u64s){0};
	enum err e = txn_walk(t, &walk, take_id, &x);
	if (e != OK || x.count == 0)
		return e;
	if (x.count > who->most)
		own_cut(t, who, v, name);
	walk.max = x.count < who->most ? x.count : who->most;
	x = (struct ids){.at = arena_array(txn_arena(t), walk.max, sizeof *x.at)};
	e = txn_walk(t, &walk, take_id, &x);
	if (e == OK)
		*out = (struct u64s){x.at, x.count};
	return e;
}

const char *own_actor(struct txn *t, uint64_t actor)
{
	struct actor a;
	if (actor == 0 || actor_load(t, actor, &a) != OK || (a.local && a.gone))
		return "";
	return a.url != NULL ? a.url : a.uri;
}

const char *own_post(struct txn *t, uint64_t post)
{
	struct post p;
	return post != 0 && post_load(t, post, &p) == OK ? p.uri : "";
}

/* A table of everyone's. */
struct sieve {
	struct own_rows rows;
	struct arena *scratch; /* of one row */
	uint64_t actor;
	size_t looks, left; /* rows to look at, and to show */
	bool cut;
	leaving_is_fn *is;
	visit_fn *one;
};

static enum err sieve_row(void *arg, struct bytes key, struct bytes value)
{
	struct sieve *s = arg;
	s->cut = s->looks-- == 0;
	if (s->cut)
		return ERR_CONFLICT;
	bool is = s->is(&s->actor, s->scratch, key, value);
	arena_reset(s->scratch);
	if (!is)
		return OK;
	s->cut = s->left-- == 0;
	return s->cut ? ERR_CONFLICT : s->one(&s->rows, key, value);
}

enum err own_rows_show(struct txn *t, struct view *v, const char *name, uint8_t table,
	const struct own_view *who, leaving_is_fn *is, visit_fn *one)
{
	ARENA_CLEANUP struct arena *scratch = arena_create();
	struct sieve s = {{t, v}, scratch, who->actor, looks_of(who), who->most, false, is, one};
	struct walk walk = {.prefix = place_0(table), .backward = true, .max = s.looks + 1};
	view_list(v, name);
	enum err e = txn_walk(t, &walk, sieve_row, &s);
	view_list_end(v);
	if (s.cut)
		own_cut(t, who, v, name);
	return e;
}

/* ---- the roll -------------------------------------------------------------------------------- */

struct lookup {
	struct txn *t;
	struct view *v;
	const struct own_view *who;
	struct arena *scratch; /* of one record */
	uint64_t person;
	size_t looks, left;
};

static const char *act_words(const char *language, uint32_t act)
{
	switch (act) {
	case AUDIT_ADD:
		return i18n(language, "Entered in the roll");
	case AUDIT_CHANGE:
		return i18n(language, "Changed");
	case AUDIT_ROLE:
		return i18n(language, "A role was given");
	case AUDIT_UNROLE:
		return i18n(language, "A role was taken back");
	case AUDIT_VIEW:
		return i18n(language, "Looked at");
	case AUDIT_LINK:
		return i18n(language, "An account elsewhere was linked");
	case AUDIT_UNLINK:
		return i18n(language, "An account elsewhere was taken off");
	default:
		return i18n(language, "Something else");
	}
}

static enum err show_audit(void *arg, struct bytes key, struct bytes value)
{
	struct lookup *l = arg;
	struct audit a;
	(void)key;
	arena_reset(l->scratch);
	l->looks--;
	if (record_read(l->scratch, &audit_shape, value, &a) != OK || a.person != l->person)
		return OK;
	view_begin(l->v, NULL);
	view_time(l->v, "at", a.at);
	view_text(l->v, "act", act_words(l->who->language, a.act));
	view_text(l->v, "what", a.words != NULL ? a.words : "");
	view_flag(l->v, "by_yourself", a.actor == l->who->actor);
	view_end(l->v);
	return --l->left > 0 ? OK : ERR_CONFLICT;
}

static void show_roles(struct txn *r, const struct lookup *l, const char *where, uint64_t community)
{
	uint32_t bits = role_of(r, l->person, community);
	for (uint32_t bit = 1; bit <= ROLE_TREASURER; bit <<= 1)
		if ((bits & bit) != 0) {
			view_begin(l->v, NULL);
			view_text(l->v, "role", role_name((enum role)bit));
			view_text(l->v, "label", role_words(l->who->language, (enum role)bit));
			view_text(l->v, "community", where);
			view_end(l->v);
		}
}

static void show_words(struct view *v, const struct person *p, const char *language)
{
	const struct {
		const char *name, *label, *value;
	} words[] = {{"number", column_words(COLUMN_NUMBER), p->number},
		{"name", column_words(COLUMN_NAME), p->name},
		{"email", column_words(COLUMN_EMAIL), p->email},
		{"type", column_words(COLUMN_TYPE), p->type},
		{"phone", column_words(COLUMN_PHONE), p->phone},
		{"street", column_words(COLUMN_STREET), p->street},
		{"postcode", column_words(COLUMN_POSTCODE), p->postcode},
		{"town", column_words(COLUMN_TOWN), p->town},
		{"country", column_words(COLUMN_COUNTRY), p->country},
		{"born", column_words(COLUMN_BORN), p->born}, {"note", "Note", p->note},
		{"reason", "Reason", p->reason}};
	view_time(v, "from", p->from);
	view_time(v, "until", p->until);
	view_time(v, "entered", p->added);
	view_time(v, "changed", p->changed);
	view_list(v, "words");
	for (size_t i = 0; i < COUNT(words); i++)
		if (words[i].value != NULL && *words[i].value != '\0') {
			view_begin(v, NULL);
			view_text(v, "field", words[i].name);
			view_text(v, "label", i18n(language, words[i].label));
			view_text(v, "value", words[i].value);
			view_end(v);
		}
	view_list_end(v);
}

static enum err show_applications(struct txn *r, const struct lookup *l)
{
	static const char *const states[] = {[APPLICATION_ASKED] = "asked",
		[APPLICATION_WAITING] = "waiting",
		[APPLICATION_LISTED] = "listed",
		[APPLICATION_ACCEPTED] = "accepted",
		[APPLICATION_REFUSED] = "refused",
		[APPLICATION_WITHDRAWN] = "withdrawn"};
	struct u64s ids;
	struct application a;
	enum err e = application_of_person(r, l->person, &ids);
	view_list(l->v, "requests");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		if (application_load(r, ids.at[i], &a) != OK)
			continue;
		view_begin(l->v, NULL);
		view_text(l->v, "community", own_actor(l->t, a.community));
		view_text(l->v, "state", a.state < COUNT(states) ? states[a.state] : NULL);
		view_text(l->v, "name", a.name);
		view_text(l->v, "email", a.email);
		view_text(l->v, "motive", a.motive);
		join_answers_show(txn_arena(l->t), l->v, &a);
		view_text(l->v, "reason", a.reason);
		view_time(l->v, "at", a.asked);
		view_time(l->v, "decided", a.decided);
		view_end(l->v);
	}
	view_list_end(l->v);
	return e;
}

static bool is_sent_by(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	struct invite invite;
	(void)key;
	return record_read(scratch, &invite_shape, value, &invite) == OK
		&& invite.by == *(const uint64_t *)arg;
}

static enum err show_invitation(void *arg, struct bytes key, struct bytes value)
{
	struct own_rows *o = arg;
	struct invite invite;
	(void)value;
	if (invite_load(o->t, place_id(key, 0), &invite) != OK)
		return OK;
	view_begin(o->v, NULL);
	view_text(o->v, "email", invite.email);
	view_text(o->v, "words", invite.words);
	view_number(o->v, "used", invite.used);
	view_time(o->v, "at", invite.made);
	view_end(o->v);
	return OK;
}

static enum err show_person(struct txn *r, struct lookup *l)
{
	struct person p;
	struct u64s communities;
	struct walk audits = {.prefix = place_0(TABLE_AUDIT), .backward = true, .max = l->looks};
	enum err e = person_by_actor(r, l->who->actor, &p);
	if (e == OK)
		e = community_list(l->t, &communities);
	if (e != OK)
		return e;
	l->person = p.id;
	view_begin(l->v, "membership");
	view_text(l->v, "status",
		person_status_words(l->who->language, person_status_at(&p, time_now())));
	show_words(l->v, &p, l->who->language);
	view_list(l->v, "roles");
	show_roles(r, l, "", 0);
	for (size_t i = 0; i < communities.count; i++)
		show_roles(r, l, own_actor(l->t, communities.at[i]), communities.at[i]);
	view_list_end(l->v);
	view_list(l->v, "log");
	e = txn_walk(r, &audits, show_audit, l);
	view_list_end(l->v);
	if (l->left == 0 || l->looks == 0)
		own_cut(l->t, l->who, l->v, "log");
	if (e == OK)
		e = show_applications(r, l);
	view_end(l->v);
	return e;
}

/* Who runs the site may invite before they are on the roll. */
static enum err show_roll(struct txn *r, void *arg)
{
	struct lookup *l = arg;
	enum err e = show_person(r, l);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	return own_rows_show(
		r, l->v, "invitations", TABLE_INVITE, l->who, is_sent_by, show_invitation);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static enum err show(struct txn *t, struct view *v, const struct own_view *who)
{
	ARENA_CLEANUP struct arena *scratch = arena_create();
	struct lookup l = {.t = t,
		.v = v,
		.who = who,
		.scratch = scratch,
		.looks = looks_of(who),
		.left = who->most};
	for (const struct feature *const *f = features; *f != NULL; f++) {
		const struct personal *p = (*f)->personal;
		enum err e = p != NULL && p->show != NULL ? p->show(t, v, who) : OK;
		if (e != OK)
			return e;
	}
	enum err e = roll_read(txn_site(t), show_roll, &l);
	return e == ERR_NOT_FOUND ? OK : e;
}

static const char own_incomplete[] =
	"There is more than this file holds: a list that ends before all of it says so beside it, as a name with _cut "
	"behind it. Ask whoever runs this site for the whole file.";

/* A sentence of told.c each once: a member has no blank in its name. */
static void show_rest(struct view *v)
{
	view_list(v, "not_in_this_file");
	for (size_t i = 0; i < COUNT(own_told); i++) {
		size_t k = 0;
		while (k < i && own_told[k] != own_told[i])
			k++;
		if (k == i && own_told[i] != NULL && strchr(own_told[i], ' ') != NULL)
			view_text(v, NULL, own_told[i]);
	}
	view_list_end(v);
}

/* What does not fit is left out, the oldest first, and the file says so. */
enum err own_file(struct txn *t, uint64_t actor, bool whole, struct bytes *out)
{
	for (size_t most = whole ? WHOLE_MOST : FILE_MOST; most > 0; most /= 4) {
		struct view *v = view_create(txn_arena(t), VIEW_JSON);
		bool cut = false;
		if (whole)
			view_most(v, WHOLE_BYTES);
		view_text(v, "site", txn_site(t)->base_url);
		view_time(v, "made", time_now());
		view_number(v, "newest_of_each_kind", (int64_t)most);
		struct own_view who = {actor, "en", most, &cut};
		enum err e = show(t, v, &who);
		if (e != OK)
			return e;
		if (cut)
			view_text(v, "incomplete", own_incomplete);
		show_rest(v);
		*out = view_json(v);
		if (out->size > 0)
			return OK;
	}
	return ERR_TOO_MUCH;
}

static enum err own_read(struct call *call, struct txn *t, struct view *v)
{
	view_text(v, "heading", i18n(call->language, "My data"));
	profile_tab_show(v, "own");
	view_begin(v, "data");
	bool cut = false; /* it says so of itself */
	struct own_view who = {call->viewer.actor, call->language, PAGE_MOST, &cut};
	enum err e = show(t, v, &who);
	view_end(v);
	return e;
}

static enum err file_read(struct call *call, struct txn *t, struct view *v)
{
	struct bytes file;
	(void)v;
	enum err e = own_file(t, call->viewer.actor, false, &file);
	if (e != OK)
		return e;
	reply_bytes(call, 200, "application/json", arena_bytes(call->arena, file));
	reply_header(call, "Content-Disposition", "attachment; filename=\"kring.json\"");
	call->reply.cache = "no-store";
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/settings/data", SIGNED_IN, .read = own_read, .page = "own",
		.per_minute = 20},
	{METHOD_GET, "/settings/data.json", SIGNED_IN, .read = file_read, .per_minute = 6},
	{0},
};

const struct feature feature_own = {.name = "own", .routes = routes};

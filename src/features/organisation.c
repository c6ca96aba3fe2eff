/* organisation.c: pages of organisations, each kept by several people of here; who they are is seen by themselves only. */
#include "compose.h"
#include "media.h"
#include "vacancy.h"

#include <string.h>

#define SOURCE_MOST 5000 /* code points */
#define PLACE_MOST 100
#define NAME_MOST 40
#define LINKS_BYTES 4096
#define EDITORS_MOST 20
#define EDITED_MOST 20 /* by one person */
#define SHOWN_MOST 500
#define SAME_NAME_MOST 50

static const struct field fields[] = {
	{1, F_U64, offsetof(struct organisation, id), 0},
	{2, F_TEXT, offsetof(struct organisation, name), NAME_MOST + 4},
	{3, F_TEXT, offsetof(struct organisation, title), 4 * ORGANISATION_TITLE_MOST},
	{4, F_TEXT, offsetof(struct organisation, source), 4 * SOURCE_MOST},
	{5, F_TEXT, offsetof(struct organisation, html), 64 * 1024},
	{6, F_TEXT, offsetof(struct organisation, place), 4 * PLACE_MOST},
	{7, F_TEXT, offsetof(struct organisation, links), LINKS_BYTES},
	{8, F_U64, offsetof(struct organisation, logo), 0},
	{9, F_TEXT, offsetof(struct organisation, logo_path), 2048},
	{10, F_U64, offsetof(struct organisation, changed_by), 0},
	{11, F_I64, offsetof(struct organisation, created), 0},
	{12, F_I64, offsetof(struct organisation, changed), 0},
};
const struct shape organisation_shape = {
	"organisation", sizeof(struct organisation), fields, COUNT(fields)};
static const struct bytes one = {"\1", 1};

/* ---- finding --------------------------------------------------------------------------------- */

enum err organisation_load(struct txn *t, uint64_t id, struct organisation *out)
{
	struct place place = place_1(TABLE_ORGANISATION, id);
	return txn_load(t, &place, &organisation_shape, out);
}

enum err organisation_by_name(struct txn *t, const char *name, struct organisation *out)
{
	uint64_t id;
	if (strlen(name) > NAME_MOST + 3)
		return ERR_NOT_FOUND;
	struct place place = place_text(TABLE_ORGANISATION_NAME, name);
	enum err e = txn_get_id(t, &place, &id);
	return e == OK ? organisation_load(t, id, out) : e;
}

bool organisation_is_editor(struct txn *t, uint64_t who, uint64_t id)
{
	struct bytes there;
	struct place place = place_2(TABLE_EDITOR, id, who);
	return who != 0 && txn_get(t, &place, &there) == OK;
}

enum err organisation_editors(struct txn *t, uint64_t id, struct u64s *out)
{
	return post_ids(t, TABLE_EDITOR, id, 0, false, EDITORS_MOST, out);
}

enum err organisation_of(struct txn *t, uint64_t actor, struct u64s *out)
{
	return post_ids(t, TABLE_EDITOR, actor, 0, false, EDITED_MOST, out);
}

static bool is_admin(struct txn *t, uint64_t who)
{
	struct account account;
	return account_load(t, who, &account) == OK && account.admin;
}

static bool may_change(struct txn *t, uint64_t who, uint64_t id)
{
	return organisation_is_editor(t, who, id) || is_admin(t, who);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* "Stichting De Brug" is at /o/stichting-de-brug; a second one at /o/stichting-de-brug-2. */
static enum err choose_name(struct txn *t, struct organisation *o)
{
	char name[NAME_MOST + 1];
	size_t size = 0;
	for (const char *c = o->title; *c != '\0' && size < NAME_MOST; c++) {
		char small = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
		bool plain = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
		if (plain)
			name[size++] = small;
		else if (size > 0 && name[size - 1] != '-')
			name[size++] = '-';
	}
	while (size > 0 && name[size - 1] == '-')
		size--;
	name[size] = '\0';
	for (int n = 1; n <= SAME_NAME_MOST; n++) {
		struct organisation other;
		const char *first = size > 0 ? name : "page";
		o->name = n == 1 ? arena_text(txn_arena(t), first)
				 : arena_format(txn_arena(t), "%s-%d", first, n);
		enum err e = text_is(o->name, "new") ? OK
						     : organisation_by_name(t, o->name, &other);
		if (e != OK)
			return e == ERR_NOT_FOUND ? OK : e;
	}
	return ERR_TOO_MUCH;
}

static enum err check_links(struct txn *t, struct organisation *o, struct refusal *why)
{
	struct arena *arena = txn_arena(t);
	struct text kept;
	size_t count = 0;
	text_init(&kept, arena, LINKS_BYTES - 1);
	for (const char *at = o->links != NULL ? o->links : ""; *at != '\0';) {
		struct url url;
		size_t size = strcspn(at, "\n");
		const char *link = text_trim(arena, arena_text_n(arena, at, size));
		at += size + (at[size] != '\0');
		if (*link == '\0')
			continue;
		if (url_parse(arena, link, &url) != OK)
			return refuse(
				why, "links", "Give whole addresses, that begin with https://");
		if (++count > ORGANISATION_LINKS_MOST)
			return refuse(why, "links", "Give at most 8 addresses.");
		text_format(&kept, "%s%s", count > 1 ? "\n" : "", link);
	}
	o->links = kept.at;
	return kept.failed ? refuse(why, "links", "This text is too long.") : OK;
}

static enum err check(struct txn *t, struct organisation *o, struct refusal *why)
{
	struct arena *arena = txn_arena(t);
	char *html;
	o->title = text_trim(arena, o->title != NULL ? o->title : "");
	o->source = text_trim(arena, o->source != NULL ? o->source : "");
	o->place = text_trim(arena, o->place != NULL ? o->place : "");
	if (*o->title == '\0' || text_count(o->title) > ORGANISATION_TITLE_MOST)
		return refuse(why, "title", "A name has 1 to 100 characters.");
	if (text_count(o->place) > PLACE_MOST)
		return refuse(why, "place", "Use at most 100 signs.");
	if (text_count(o->source) > SOURCE_MOST
		|| markup_from_markdown(arena, o->source, NULL, NULL, &html) != OK)
		return refuse(why, "source", "This text is too long.");
	o->html = html;
	return check_links(t, o, why);
}

static enum err save(struct txn *t, uint64_t who, struct organisation *o)
{
	struct place place = place_1(TABLE_ORGANISATION, o->id);
	o->changed_by = who;
	o->changed = time_now();
	return txn_save(t, &place, &organisation_shape, o);
}

static enum err editor_set(struct txn *t, uint64_t id, uint64_t actor, bool on)
{
	struct place here = place_2(TABLE_EDITOR, id, actor),
		     back = place_2(TABLE_EDITOR, actor, id);
	enum err e = on ? txn_put(t, &here, one) : txn_del(t, &here);
	if (e != OK)
		return e;
	return on ? txn_put(t, &back, one) : txn_del(t, &back);
}

static enum err begin(struct txn *t, uint64_t who, struct organisation *o, struct refusal *why)
{
	struct u64s mine;
	enum err e = organisation_of(t, who, &mine);
	if (e == OK && mine.count == EDITED_MOST)
		return refuse(why, NULL, "You edit 20 pages already.");
	if (e == OK)
		e = choose_name(t, o);
	if (e != OK)
		return e;
	o->id = id_next();
	o->created = time_now();
	struct place name = place_text(TABLE_ORGANISATION_NAME, o->name);
	e = txn_put_id(t, &name, o->id);
	return e == OK ? editor_set(t, o->id, who, true) : e;
}

enum err organisation_write(
	struct txn *t, uint64_t who, struct organisation *o, struct refusal *why)
{
	struct organisation now = {0};
	enum err e = o->id != 0 ? organisation_load(t, o->id, &now) : OK;
	if (e == OK && o->id != 0 && !may_change(t, who, o->id))
		e = ERR_FORBIDDEN;
	now.title = o->title;
	now.source = o->source;
	now.place = o->place;
	now.links = o->links;
	if (e == OK)
		e = check(t, &now, why);
	if (e == OK && now.id == 0)
		e = begin(t, who, &now, why);
	if (e == OK)
		e = save(t, who, &now);
	if (e == OK)
		*o = now;
	return e;
}

/* What it has on the noticeboard stays, by its name. */
enum err organisation_remove(struct txn *t, uint64_t who, uint64_t id)
{
	struct organisation o;
	struct u64s editors;
	enum err e = organisation_load(t, id, &o);
	if (e == OK && !may_change(t, who, id))
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = media_face_set(t, &o.logo, &o.logo_path, 0, MEDIA_ICON, 0, who);
	if (e == OK)
		e = organisation_editors(t, id, &editors);
	for (size_t i = 0; e == OK && i < editors.count; i++)
		e = editor_set(t, id, editors.at[i], false);
	if (e != OK)
		return e;
	struct place name = place_text(TABLE_ORGANISATION_NAME, o.name);
	struct place place = place_1(TABLE_ORGANISATION, id);
	e = txn_del(t, &name);
	return e == OK ? txn_del(t, &place) : e;
}

enum err organisation_editor(
	struct txn *t, uint64_t who, uint64_t id, uint64_t actor, bool on, struct refusal *why)
{
	struct organisation o;
	struct actor a;
	struct account account;
	struct u64s editors, theirs;
	enum err e = organisation_load(t, id, &o);
	if (e == OK && !may_change(t, who, id))
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = organisation_editors(t, id, &editors);
	if (e != OK || organisation_is_editor(t, actor, id) == on)
		return e;
	if (!on && editors.count == 1)
		return refuse(why, NULL, "Somebody must edit this page. You can delete it.");
	if (on && editors.count == EDITORS_MOST)
		return refuse(why, "editor", "A page has at most 20 editors.");
	if (on
		&& (actor_load(t, actor, &a) != OK || a.gone || a.suspended
			|| account_load(t, actor, &account) != OK || block_between(t, who, actor)))
		return refuse(why, "editor", "Nobody here has this name.");
	e = on ? organisation_of(t, actor, &theirs) : OK;
	if (e == OK && on && theirs.count == EDITED_MOST)
		return refuse(why, "editor", "They edit 20 pages already.");
	if (e == OK)
		e = editor_set(t, id, actor, on);
	return e == OK ? save(t, who, &o) : e;
}

/* A page that is left without editors is for who runs the site. */
enum err organisation_forget(struct txn *t, uint64_t actor)
{
	struct u64s mine;
	struct organisation o;
	enum err e = organisation_of(t, actor, &mine);
	for (size_t i = 0; e == OK && i < mine.count; i++) {
		e = editor_set(t, mine.at[i], actor, false);
		if (e == OK && organisation_load(t, mine.at[i], &o) == OK && o.changed_by == actor)
			e = save(t, 0, &o);
	}
	return e;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void show(struct call *call, struct view *v, const struct organisation *o)
{
	const char *logo = o->logo_path != NULL ? strstr(o->logo_path, "/media/") : NULL;
	view_id(v, "id", o->id);
	view_text(v, "name", o->name);
	view_text(v, "title", o->title);
	view_format(v, "path", "/o/%s", o->name);
	view_text(v, "where", o->place != NULL ? o->place : "");
	view_text(v, "initial", text_cut(call->arena, o->title, 1));
	view_format(v, "colour", "%06x", colour_palette[(o->id >> 7) % (COLOUR_PALETTE - 1)]);
	view_text(v, "avatar", logo != NULL ? logo : "");
	view_flag(v, "group", true); /* parts/emblem.html: a square */
	view_text(v, "tagline", markup_plain(call->arena, o->html != NULL ? o->html : "", 160));
}

static void show_links(struct call *call, struct view *v, const struct organisation *o)
{
	view_list(v, "links");
	for (const char *at = o->links != NULL ? o->links : ""; *at != '\0';) {
		struct url url;
		size_t size = strcspn(at, "\n");
		const char *link = arena_text_n(call->arena, at, size);
		at += size + (at[size] != '\0');
		if (url_parse(call->arena, link, &url) != OK)
			continue;
		view_begin(v, NULL);
		view_text(v, "address", link);
		view_text(v, "host", url.host);
		view_end(v);
	}
	view_list_end(v);
}

static enum err show_editors(struct txn *t, struct view *v, const struct organisation *o)
{
	struct u64s editors;
	struct actor a;
	enum err e = organisation_editors(t, o->id, &editors);
	view_list(v, "editors");
	for (size_t i = 0; e == OK && i < editors.count; i++)
		if (actor_load(t, editors.at[i], &a) == OK && !a.gone)
			actor_show(v, NULL, &a);
	view_list_end(v);
	if (o->changed_by != 0 && actor_load(t, o->changed_by, &a) == OK && !a.gone)
		actor_show(v, "changed_by", &a);
	view_time(v, "changed", o->changed);
	return e;
}

static enum err find(struct call *call, struct txn *t, struct organisation *out)
{
	return organisation_by_name(t, call_part(call, "name"), out);
}

static enum err page_read(struct call *call, struct txn *t, struct view *v)
{
	struct organisation o;
	struct u64s ids;
	enum err e = find(call, t, &o);
	if (e == OK)
		e = vacancy_list(t, o.id, 0, 100, &ids);
	if (e != OK)
		return e;
	bool edits = call->viewer.local && may_change(t, call->viewer.actor, o.id);
	view_text(v, "heading", o.title);
	view_begin(v, "organisation");
	show(call, v, &o);
	view_html(v, "html", o.html != NULL ? o.html : "");
	show_links(call, v, &o);
	view_end(v);
	vacancy_lines(t, v, "vacancies", &ids, &call->viewer);
	view_flag(v, "edits", edits);
	struct preview preview = {.title = o.title,
		.description = markup_plain(call->arena, o.html != NULL ? o.html : "", 160),
		.image = o.logo_path,
		.path = call->path,
		.kind = "website"};
	preview_show(call, v, &preview);
	return edits ? show_editors(t, v, &o) : OK;
}

struct listing {
	struct call *call;
	struct txn *t;
	struct view *v;
	bool some;
};

static enum err list_one(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	struct organisation o;
	(void)key;
	if (organisation_load(l->t, place_id_at(value, 0), &o) != OK)
		return OK;
	view_begin(l->v, NULL);
	show(l->call, l->v, &o);
	view_end(l->v);
	l->some = true;
	return OK;
}

/* By name, as it stands in their addresses. */
static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct listing l = {.call = call, .t = t, .v = v};
	struct walk w = {.prefix = place_0(TABLE_ORGANISATION_NAME), .max = SHOWN_MOST};
	view_text(v, "heading", i18n(call->language, "Organisations"));
	view_list(v, "organisations");
	enum err e = txn_walk(t, &w, list_one, &l);
	view_list_end(v);
	view_flag(v, "some", l.some);
	return e;
}

static void show_form(struct call *call, struct view *v, const struct organisation *o)
{
	view_begin(v, "is");
	compose_value(call, v, "title", o->title);
	compose_value(call, v, "source", o->source);
	compose_value(call, v, "place", o->place);
	compose_value(call, v, "links", o->links);
	view_text(v, "logo", o->logo_path != NULL ? strstr(o->logo_path, "/media/") : "");
	view_end(v);
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct organisation none = {0};
	(void)t;
	view_text(v, "heading", i18n(call->language, "New page of an organisation"));
	view_text(v, "action", "/organisations/new");
	view_text(v, "back", "/organisations");
	show_form(call, v, &none);
	return OK;
}

static enum err edit_find(struct call *call, struct txn *t, struct organisation *out)
{
	enum err e = find(call, t, out);
	return e == OK && !may_change(t, call->viewer.actor, out->id) ? ERR_FORBIDDEN : e;
}

static enum err edit_read(struct call *call, struct txn *t, struct view *v)
{
	struct organisation o;
	enum err e = edit_find(call, t, &o);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Change the page of an organisation"));
	view_format(v, "action", "/o/%s/edit", o.name);
	view_format(v, "back", "/o/%s", o.name);
	view_flag(v, "there", true);
	show_form(call, v, &o);
	return OK;
}

/* Its logo is a picture of the site: it is for everyone, as the page is. */
static enum err take_logo(struct call *call, struct txn *t, struct organisation *o)
{
	bool drop;
	uint64_t id = media_face(call, MEDIA_ICON, &drop);
	if (id == 0 && !drop)
		return OK;
	enum err e = media_face_set(
		t, &o->logo, &o->logo_path, txn_site(t)->actor, MEDIA_ICON, id, call->viewer.actor);
	return e == OK ? save(t, call->viewer.actor, o) : e;
}

static enum err write(struct call *call, struct txn *t, uint64_t id)
{
	struct organisation o = {.id = id,
		.title = call_input(call, "title"),
		.source = call_input(call, "source"),
		.place = call_input(call, "place"),
		.links = call_input(call, "links")};
	enum err e = organisation_write(t, call->viewer.actor, &o, &call->refusal);
	if (e == OK)
		e = take_logo(call, t, &o);
	if (e != OK)
		return e;
	reply_notice(call, "The page is kept.");
	reply_see_other(call, arena_format(call->arena, "/o/%s", o.name));
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	return write(call, t, 0);
}

static enum err edit_write(struct call *call, struct txn *t)
{
	struct organisation o;
	enum err e = edit_find(call, t, &o);
	return e == OK ? write(call, t, o.id) : e;
}

static enum err remove_read(struct call *call, struct txn *t, struct view *v)
{
	struct organisation o;
	enum err e = edit_find(call, t, &o);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Delete this page?"));
	view_begin(v, "organisation");
	show(call, v, &o);
	view_end(v);
	return OK;
}

static enum err remove_write(struct call *call, struct txn *t)
{
	struct organisation o;
	enum err e = edit_find(call, t, &o);
	if (e == OK)
		e = organisation_remove(t, call->viewer.actor, o.id);
	if (e != OK)
		return e;
	reply_notice(call, "The page is deleted.");
	reply_see_other(call, "/organisations");
	return OK;
}

static enum err editor_write(struct call *call, struct txn *t)
{
	struct organisation o;
	struct actor a;
	bool off = text_is(call_input(call, "what"), "off");
	enum err e = edit_find(call, t, &o);
	if (e != OK)
		return e;
	if (actor_by_handle(t, call_input(call, "editor"), &a) != OK || !a.local)
		return refuse(&call->refusal, "editor", "Nobody here has this name.");
	e = organisation_editor(t, call->viewer.actor, o.id, a.id, !off, &call->refusal);
	if (e != OK)
		return e;
	reply_notice(call, off ? "They no longer edit this page." : "They edit this page, too.");
	reply_see_other(call,
		off && a.id == call->viewer.actor ? "/organisations"
						  : arena_format(call->arena, "/o/%s", o.name));
	return OK;
}

#define FORM_INPUTS                                                                                \
	{                                                                                          \
		{"title", INPUT_LINE, .required = true, .max = ORGANISATION_TITLE_MOST,            \
			.label = "Name"},                                                          \
			{"source", INPUT_TEXT, .max = SOURCE_MOST, .label = "About"},              \
			{"place", INPUT_LINE, .max = PLACE_MOST, .label = "Place"},                \
		{                                                                                  \
			"links", INPUT_TEXT, .max = 4000, .label = "Links"                         \
		}                                                                                  \
	}

static const struct route routes[] = {
	{METHOD_GET, "/organisations", ANYONE, .read = list_read, .page = "organisations"},
	{METHOD_GET, "/organisations/new", SIGNED_IN, .read = new_read,
		.page = "organisation-form"},
	{METHOD_POST, "/organisations/new", SIGNED_IN, .write = new_write,
		.page = "organisation-form", .form = new_read, .takes = FORM_INPUTS,
		.prepare = media_prepare, .max_body = MEDIA_FORM_MOST, .per_minute = 10},
	{METHOD_GET, "/o/{name}", ANYONE, .read = page_read, .page = "organisation"},
	{METHOD_GET, "/o/{name}/edit", SIGNED_IN, .read = edit_read, .page = "organisation-form"},
	{METHOD_POST, "/o/{name}/edit", SIGNED_IN, .write = edit_write, .page = "organisation-form",
		.form = edit_read, .takes = FORM_INPUTS, .prepare = media_prepare,
		.max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_GET, "/o/{name}/delete", SIGNED_IN, .read = remove_read,
		.page = "organisation-delete"},
	{METHOD_POST, "/o/{name}/delete", SIGNED_IN, .write = remove_write},
	{METHOD_POST, "/o/{name}/editors", SIGNED_IN, .write = editor_write, .page = "organisation",
		.form = page_read,
		.takes = {{"editor", INPUT_LINE, .required = true, .max = 300,
				  .label = "Name of who edits it too"},
			{"what", INPUT_CHOICE, .choices = "on|off", .label = "What changes"}},
		.per_minute = 30},
	{0},
};
static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s ids;
	struct organisation o;
	enum err e = organisation_of(t, who->actor, &ids);
	view_list(v, "organisations");
	for (size_t i = 0; e == OK && i < ids.count && i < who->most; i++)
		if (organisation_load(t, ids.at[i], &o) == OK)
			view_text(v, NULL, o.title);
	view_list_end(v);
	return e;
}

static const struct personal personal = {.show = own_show}; /* it ends with the actor: alert.c */

static const struct table_use uses[] = {
	{TABLE_ORGANISATION, &organisation_shape},
	{TABLE_ORGANISATION_NAME, NULL},
	{TABLE_EDITOR, NULL},
	{0},
};
const struct feature feature_organisation = {
	.name = "organisation", .routes = routes, .tables = uses, .personal = &personal};

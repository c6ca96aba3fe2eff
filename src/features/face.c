/* face.c: how the site and its communities look and what they say of themselves: colour, about, rules, fixed pages. */
#include "media.h"

#include <string.h>

#define SOURCE_MOST 5000 /* code points */
#define CONTACT_MOST 200
#define COLOURS_MOST 24 /* in one sheet */

/* ---- the site itself ------------------------------------------------------------------------- */

static enum err site_load(struct txn *t, struct actor *out)
{
	return actor_load(t, txn_site(t)->actor, out);
}

void face_show(struct txn *t, struct view *v)
{
	struct actor site;
	if (site_load(t, &site) == OK)
		view_text(v, "colour", actor_colour(txn_arena(t), &site));
}

bool face_may_change(struct txn *t, uint64_t who, const struct actor *a)
{
	struct actor by;
	struct account account;
	if (!a->local || a->gone || actor_load(t, who, &by) != OK)
		return false;
	if (a->kind == ACTOR_GROUP)
		return community_moderated_by(t, a, &by);
	return a->id == txn_site(t)->actor && by.local && !by.gone && !by.suspended
		&& account_load(t, who, &account) == OK && account.admin;
}

/* ---- colours --------------------------------------------------------------------------------- */

static enum err sheet_read(struct call *call, struct txn *t, struct view *v)
{
	(void)t, (void)v;
	const char *list = call_part(call, "list");
	struct text css;
	text_init(&css, call->arena, COLOURS_MOST * 256);
	for (size_t i = 0; *list != '\0'; i++) {
		uint32_t rgb;
		size_t size = strcspn(list, "-");
		const char *word = arena_text_n(call->arena, list, size);
		/* One spelling each: what is kept by caches for ever is not many things. */
		if (i == COLOURS_MOST || !colour_read(word, &rgb)
			|| !text_is(word, arena_format(call->arena, "%06x", rgb)))
			return ERR_NOT_FOUND;
		colour_sheet(&css, rgb);
		list += size + (list[size] == '-');
	}
	reply_bytes(call, 200, "text/css; charset=utf-8", (struct bytes){css.at, css.size});
	call->reply.cache = "public, max-age=31536000, immutable";
	return OK;
}

static const char *const colour_names[COLOUR_PALETTE] = {"Pine green", "Blue", "Violet", "Plum",
	"Rust", "Ochre", "Moss green", "Slate", "Indigo", "Brick red"};

/* ---- looks and texts, changed ---------------------------------------------------------------- */

/* A colour comes from the list, from the field beside it, or from the button that takes what was suggested. */
static const char *colour_said(const struct call *call)
{
	const char *taken = call_input(call, "take"), *said = call_input(call, "palette");
	if (taken != NULL && *taken != '\0')
		return taken;
	return text_is(said, "own") || said == NULL ? call_input(call, "colour") : said;
}

static void colours_show(struct call *call, struct view *v, const struct actor *a)
{
	const char *said = colour_said(call), *now = actor_colour(call->arena, a);
	uint32_t chosen = 0;
	bool fits = colour_read(said != NULL ? said : now, &chosen) && colour_fits(chosen);
	view_list(v, "palette");
	bool listed = false;
	for (size_t i = 0; i < COLOUR_PALETTE; i++) {
		bool is = fits && colour_palette[i] == chosen;
		listed = listed || is;
		view_begin(v, NULL);
		view_format(v, "colour", "%06x", colour_palette[i]);
		view_text(v, "words", i18n(call->language, colour_names[i]));
		view_flag(v, "chosen", is);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "own_chosen", !listed);
	view_text(v, "own_colour",
		listed                 ? ""
			: said != NULL ? said
				       : arena_format(call->arena, "#%s", now));
	if (said != NULL && colour_read(said, &chosen) && !fits) {
		view_begin(v, "suggestion");
		view_format(v, "colour", "%06x", colour_nearest(chosen));
		view_end(v);
	}
}

static void look_show(struct call *call, struct view *v, const struct actor *a)
{
	actor_show(v, "actor", a);
	view_text(v, "tint", actor_colour(call->arena, a));
	view_begin(v, "face");
	view_text(v, "title", a->title);
	view_text(v, "source", a->source);
	view_text(v, "rules", a->rules_source);
	view_text(v, "contact", a->contact);
	view_end(v);
	view_flag(v, "whole_site", a->kind == ACTOR_APPLICATION);
	colours_show(call, v, a);
}

static enum err look_find(struct call *call, struct txn *t, struct actor *out)
{
	enum err e = text_is(call->path, "/site/look")
		? site_load(t, out)
		: actor_by_name(t, call_part(call, "name"), out);
	if (e == OK && out->kind != ACTOR_APPLICATION && out->kind != ACTOR_GROUP)
		e = ERR_NOT_FOUND;
	if (e == OK && !face_may_change(t, call->viewer.actor, out))
		e = ERR_FORBIDDEN;
	return e;
}

static enum err look_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	enum err e = look_find(call, t, &a);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Look and texts"));
	look_show(call, v, &a);
	return OK;
}

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static enum err look_write(struct call *call, struct txn *t)
{
	struct actor a;
	enum err e = look_find(call, t, &a);
	if (e != OK)
		return e;
	bool site = a.kind == ACTOR_APPLICATION;
	struct profile_change change = {.title = site ? NULL : call_input(call, "title"),
		.source = or_empty(call_input(call, "source")),
		.rules = or_empty(call_input(call, "rules")),
		.contact = site ? or_empty(call_input(call, "contact")) : NULL,
		.colour = colour_said(call),
		.locked = -1,
		.discoverable = -1,
		.indexable = -1};
	if (change.colour != NULL && *change.colour == '\0')
		change.colour = NULL;
	if (!site) {
		change.icon = media_face(call, MEDIA_ICON, &change.drop_icon);
		change.image = media_face(call, MEDIA_IMAGE, &change.drop_image);
	}
	e = profile_update(t, call->viewer.actor, a.id, &change, &call->refusal);
	if (e != OK)
		return e;
	reply_notice(call, "The look and the texts are kept.");
	reply_see_other(call, site ? "/about" : actor_path(call->arena, &a));
	return OK;
}

/* ---- what the site says of itself ------------------------------------------------------------ */

static enum err said_read(struct call *call, struct txn *t, struct view *v, const char *heading)
{
	struct actor site;
	enum err e = site_load(t, &site);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, heading));
	view_text(v, "contact", or_empty(site.contact));
	view_text(v, "one_line", call->site->summary);
	view_html(v, "about", or_empty(site.summary));
	view_html(v, "rules", or_empty(site.rules));
	view_text(v, "version", call->site->version);
	view_flag(v, "may_change", call->viewer.admin);
	view_begin(v, "tab");
	view_flag(v, call->path + 1, true);
	view_end(v);
	return OK;
}

static enum err about_read(struct call *call, struct txn *t, struct view *v)
{
	return said_read(call, t, v, "About this site");
}

static enum err rules_read(struct call *call, struct txn *t, struct view *v)
{
	return said_read(call, t, v, "House rules");
}

static enum err privacy_read(struct call *call, struct txn *t, struct view *v)
{
	return said_read(call, t, v, "Privacy");
}

static enum err accessibility_read(struct call *call, struct txn *t, struct view *v)
{
	return said_read(call, t, v, "Accessibility");
}

static enum err colophon_read(struct call *call, struct txn *t, struct view *v)
{
	return said_read(call, t, v, "Colophon");
}

/* ---- routes ---------------------------------------------------------------------------------- */

#define FORM_MOST ((size_t)256 << 10) /* two texts, percent-encoded */
#define LOOK_INPUTS                                                                                \
	{                                                                                          \
		{"title", INPUT_LINE, .max = ACTOR_TITLE_MOST, .label = "Name"},                   \
			{"source", INPUT_TEXT, .max = SOURCE_MOST, .label = "About"},              \
			{"rules", INPUT_TEXT, .max = SOURCE_MOST, .label = "House rules"},         \
			{"contact", INPUT_LINE, .max = CONTACT_MOST, .label = "Contact"},          \
			{"palette", INPUT_LINE, .max = 7, .label = "Colour"},                      \
			{"colour", INPUT_LINE, .max = 20, .label = "Colour"},                      \
		{                                                                                  \
			"take", INPUT_LINE, .max = 7, .label = "Colour"                            \
		}                                                                                  \
	}

static const struct route routes[] = {
	{METHOD_GET, "/colour/{list}.css", FEDERATION, .read = sheet_read, .per_minute = 6000},
	{METHOD_GET, "/c/{name}/look", SIGNED_IN, .read = look_read, .page = "look"},
	{METHOD_POST, "/c/{name}/look", SIGNED_IN, .write = look_write, .page = "look",
		.form = look_read, .prepare = media_prepare, .takes = LOOK_INPUTS,
		.max_body = MEDIA_FORM_MOST},
	{METHOD_GET, "/site/look", ADMIN, .read = look_read, .page = "look"},
	{METHOD_POST, "/site/look", ADMIN, .write = look_write, .page = "look", .form = look_read,
		.takes = LOOK_INPUTS, .max_body = FORM_MOST},
	{METHOD_GET, "/about", ANYONE, .read = about_read, .page = "site-about"},
	{METHOD_GET, "/rules", ANYONE, .read = rules_read, .page = "site-rules"},
	{METHOD_GET, "/privacy", ANYONE, .read = privacy_read, .page = "site-privacy"},
	{METHOD_GET, "/accessibility", ANYONE, .read = accessibility_read,
		.page = "site-accessibility"},
	{METHOD_GET, "/colophon", ANYONE, .read = colophon_read, .page = "site-colophon"},
	{0},
};

const struct feature feature_face = {.name = "face", .routes = routes};

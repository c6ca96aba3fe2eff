/* compose.c: the forms around posts: start, answer, change, remove, pin, close; their routes. */
#include "article.h"
#include "compose.h"
#include "media.h"

#include <string.h>

#define REVISIONS_SHOWN 50

enum err compose_done(struct call *call, struct txn *t, const struct post *p, const char *notice)
{
	char id[ID_TEXT];
	const char *path = post_path(t, p);
	if (notice != NULL)
		reply_notice(call, notice);
	if (p->root != p->id)
		path = arena_format(call->arena, "%s#p%s", path, id_text(p->id, id));
	reply_see_other(call, path);
	return OK;
}

void compose_languages(struct call *call, struct view *v, const char *chosen)
{
	const char *said = call != NULL ? call_input(call, "language") : NULL;
	view_list(v, "languages");
	for (size_t i = 0; i < COUNT(post_languages); i++) {
		view_begin(v, NULL);
		view_text(v, "code", post_languages[i][0]);
		view_text(v, "words", post_languages[i][1]);
		view_flag(v, "chosen", text_is(said != NULL ? said : chosen, post_languages[i][0]));
		view_end(v);
	}
	view_list_end(v);
}

void compose_value(struct call *call, struct view *v, const char *name, const char *now)
{
	const char *said = call->typed ? call_input(call, name) : now;
	view_text(v, name, said != NULL ? said : "");
}

/* What other nodes' communities do not know stays out. */
void compose_new_show(struct call *call, struct view *v, const struct actor *community,
	const char *kind, const char *heading)
{
	const char *path = arena_format(
		call->arena, "/c/%s/new", actor_path(call->arena, community) + 2);
	bool message = strcmp(kind, "message") == 0;
	view_text(v, "heading", i18n(call->language, heading));
	actor_show(v, "community", community);
	view_text(v, "tint", actor_colour(call->arena, community));
	view_format(v, "action", "%s%s%s", path, message ? "" : "/", message ? "" : kind);
	view_begin(v, "tabs");
	view_flag(v, kind, true);
	view_flag(v, "here", community->local);
	view_text(v, "new_path", path);
	view_end(v);
}

void compose_new_choices(
	struct call *call, struct txn *t, struct view *v, const struct actor *community)
{
	struct circles usual = circle_default(community, NULL);
	compose_languages(call, v, call->language);
	circle_show_choice(call, t, v, community->id, &usual, NULL);
}

struct post_draft compose_words(struct call *call, uint32_t kind, const struct circles *circles)
{
	return (struct post_draft){.author = call->viewer.actor,
		.kind = kind,
		.circles = circles,
		.title = call_input(call, "title"),
		.source = call_input(call, "text"),
		.language = call_input(call, "language")};
}

/* ---- start ----------------------------------------------------------------------------------- */

enum err compose_community(struct call *call, struct txn *t, bool abroad, struct actor *out)
{
	struct actor a;
	enum err e = actor_by_handle(t, call_part(call, "name"), &a);
	if (e == OK && (a.kind != ACTOR_GROUP || a.suspended || !(a.local || abroad)))
		e = ERR_NOT_FOUND;
	if (e == OK && a.gone)
		e = ERR_GONE;
	if (e == OK && !circle_may_post(t, call->viewer.actor, &a))
		e = ERR_FORBIDDEN;
	if (e == OK)
		*out = a;
	return e;
}

enum err compose_place(struct call *call, struct txn *t, bool abroad, struct actor *community,
	struct circles *circles)
{
	enum err e = compose_community(call, t, abroad, community);
	return e == OK ? circle_chosen(
		       call, t, community->id, NULL, circle_default(community, NULL), circles)
		       : e;
}

/* What was typed as it will look; what is wrong with it is said by sending it. */
static void preview(struct call *call, struct txn *t, struct view *v)
{
	struct actor me;
	struct post p = {0};
	struct refusal why = {0};
	struct post_draft draft = {
		.title = call_input(call, "title"), .source = call_input(call, "text")};
	if (!text_ends(call->path, "/preview") || actor_load(t, call->viewer.actor, &me) != OK
		|| draft_write(t, &draft, &me, &why, &p) != OK)
		return;
	view_begin(v, "preview");
	view_text(v, "post_title", p.title != NULL ? p.title : "");
	view_html(v, "content", p.content);
	view_text(v, "lang", call_input(call, "language"));
	view_end(v);
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	enum err e = compose_community(call, t, true, &community);
	if (e != OK)
		return e;
	compose_new_show(call, v, &community, "message", "New conversation");
	media_form_show(call, t, v, NULL);
	compose_new_choices(call, t, v, &community);
	preview(call, t, v);
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct post p;
	struct circles circles;
	struct u64s media;
	enum err e = compose_place(call, t, true, &community, &circles);
	if (e == OK)
		e = media_take(call, t, 0, &media);
	if (e != OK)
		return e;
	struct post_draft draft = compose_words(call, 0, &circles);
	draft.community = community.id;
	draft.media = &media;
	e = post_create(t, &draft, NULL, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your message is placed.") : e;
}

/* ---- answer ---------------------------------------------------------------------------------- */

enum err compose_post(struct call *call, struct txn *t, struct post *out)
{
	struct post p;
	enum err e = post_load(t, call_part_id(call, "id"), &p);
	if (e == OK && !circle_may_read(t, &call->viewer, &p))
		e = ERR_NOT_FOUND;
	if (e == OK && p.gone)
		e = ERR_GONE;
	if (e == OK)
		*out = p;
	return e;
}

static enum err reply_form(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	enum err e = compose_post(call, t, &p);
	return e == OK ? conversation_show(call, t, v, &p) : e;
}

static enum err reply_write(struct call *call, struct txn *t)
{
	struct post parent, p;
	struct circles circles;
	struct u64s media;
	struct poll_draft poll;
	enum err e = compose_post(call, t, &parent);
	if (e == OK)
		e = circle_chosen(call, t, parent.community, &parent, circle_default(NULL, &parent),
			&circles);
	if (e == OK)
		e = media_take(call, t, 0, &media);
	if (e != OK)
		return e;
	poll_form_read(call, &poll);
	bool asks = poll.options.count > 0 && parent.visibility != VISIBLE_DIRECT;
	struct post_draft draft = {.author = call->viewer.actor,
		.parent = parent.id,
		.poll = asks ? &poll : NULL,
		.circles = &circles,
		.media = &media,
		.source = call_input(call, "text"),
		.language = call->language};
	e = post_create(t, &draft, NULL, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your answer is placed.") : e;
}

/* ---- change ---------------------------------------------------------------------------------- */

enum err compose_own(struct call *call, struct txn *t, struct post *out)
{
	enum err e = compose_post(call, t, out);
	return e == OK && out->author != call->viewer.actor ? ERR_FORBIDDEN : e;
}

static enum err edit_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	enum err e = compose_own(call, t, &p);
	if (e != OK)
		return e;
	struct article article;
	if (article_load(t, p.id, &article) == OK) { /* its form asks for more */
		reply_see_other(call,
			arena_format(call->arena, "/articles/%s/edit", call_part(call, "id")));
		return OK;
	}
	if (detail_of(p.kind)->form != NULL) {
		reply_see_other(call,
			arena_format(call->arena, "/p/%s/%s", call_part(call, "id"),
				detail_of(p.kind)->form));
		return OK;
	}
	view_text(v, "heading", i18n(call->language, "Change your message"));
	view_begin(v, "post");
	view_id(v, "id", p.id);
	view_text(v, "path", post_path(t, &p));
	view_text(v, "post_title", p.title != NULL ? p.title : "");
	view_text(v, "text", p.source != NULL ? p.source : "");
	view_flag(v, "article", p.kind == POST_ARTICLE);
	view_end(v);
	media_form_show(call, t, v, &p);
	compose_languages(call, v, p.language);
	struct post parent;
	bool answers = p.parent != 0 && post_load(t, p.parent, &parent) == OK;
	view_flag(v, "may_widen", p.circles.read != CIRCLE_EVERYONE);
	if (p.visibility != VISIBLE_DIRECT)
		circle_show_choice(call, t, v, p.community, &p.circles, answers ? &parent : NULL);
	return OK;
}

static enum err edit_write(struct call *call, struct txn *t)
{
	struct post p, parent;
	struct circles circles;
	struct u64s media;
	enum err e = compose_own(call, t, &p);
	if (e == OK && detail_of(p.kind)->form != NULL)
		e = ERR_NOT_FOUND;
	bool answers = e == OK && p.parent != 0 && post_load(t, p.parent, &parent) == OK;
	if (e == OK)
		e = circle_chosen(
			call, t, p.community, answers ? &parent : NULL, p.circles, &circles);
	if (e == OK)
		e = media_take(call, t, p.id, &media);
	if (e != OK)
		return e;
	struct post_draft draft = compose_words(call, 0, &circles);
	draft.media = &media;
	draft.summary = p.summary;
	draft.sensitive = p.sensitive;
	e = post_edit(t, call->viewer.actor, p.id, &draft, NULL, &call->refusal);
	return e == OK ? compose_done(call, t, &p, "Your change is kept.") : e;
}

/* ---- how it was before ----------------------------------------------------------------------- */

static void version_show(struct view *v, const struct post *p, const struct revision *r, bool now)
{
	view_begin(v, NULL);
	view_time(v, "at", r->at);
	view_flag(v, "now", now);
	view_text(v, "words", r->title != NULL ? r->title : r->summary != NULL ? r->summary : "");
	view_html(v, "content", r->content != NULL ? r->content : "");
	view_text(v, "lang", p->language != NULL ? p->language : "");
	view_end(v);
}

static enum err history_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct u64s kept;
	struct actor community;
	enum err e = compose_post(call, t, &p);
	if (e == OK)
		e = post_ids(t, TABLE_HISTORY, p.id, 0, true, REVISIONS_SHOWN, &kept);
	if (e == OK && kept.count == 0)
		e = ERR_NOT_FOUND;
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Earlier versions"));
	if (p.community != 0 && actor_load(t, p.community, &community) == OK
		&& !community.suspended) {
		actor_show(v, "community", &community);
		view_text(v, "tint", actor_colour(call->arena, &community));
	}
	view_text(v, "post_path", post_path(t, &p));
	view_list(v, "versions");
	struct revision r = {
		.title = p.title, .content = p.content, .summary = p.summary, .at = p.updated};
	version_show(v, &p, &r, true);
	for (size_t i = 0; e == OK && i < kept.count; i++) {
		struct place place = place_2(TABLE_HISTORY, p.id, kept.at[i]);
		e = txn_load(t, &place, &revision_shape, &r);
		if (e == OK)
			version_show(v, &p, &r, false);
	}
	view_list_end(v);
	return e;
}

/* ---- remove ---------------------------------------------------------------------------------- */

static enum err find_removable(struct call *call, struct txn *t, struct post *out)
{
	enum err e = compose_post(call, t, out);
	uint64_t me = call->viewer.actor;
	return e == OK && out->author != me && !circle_may_moderate(t, me, out) ? ERR_FORBIDDEN : e;
}

static enum err delete_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	enum err e = find_removable(call, t, &p);
	if (e != OK)
		return e;
	bool mine = p.author == call->viewer.actor;
	view_text(v, "heading",
		i18n(call->language, mine ? "Delete this message?" : "Hide this message?"));
	view_flag(v, "own", mine);
	view_flag(v, "from_report", call_flag(call, "report"));
	post_line(t, v, "post", &p, &call->viewer);
	return OK;
}

static enum err delete_write(struct call *call, struct txn *t)
{
	struct post p, root;
	struct actor community;
	enum err e = find_removable(call, t, &p);
	if (e == OK)
		e = post_remove(t, call->viewer.actor, p.id, call_input(call, "reason"), NULL);
	if (e != OK)
		return e;
	if (p.author != call->viewer.actor) { /* back to where it can be shown again */
		e = compose_done(call, t, &p, "The message is hidden.");
		if (e == OK && call_flag(call, "report"))
			reply_see_other(call, "/reports"); /* which is still to be closed */
		return e;
	}
	reply_notice(call, "Your message is deleted.");
	if (p.root != p.id && post_load(t, p.root, &root) == OK)
		reply_see_other(call, post_path(t, &root));
	else if (p.community != 0 && actor_load(t, p.community, &community) == OK)
		reply_see_other(call, actor_path(call->arena, &community));
	else
		reply_see_other(call, "/overview");
	return OK;
}

static enum err restore_write(struct call *call, struct txn *t)
{
	struct post p;
	enum err e = compose_post(call, t, &p);
	if (e == OK)
		e = post_restore(t, call->viewer.actor, p.id, NULL);
	return e == OK ? compose_done(call, t, &p, "Everyone sees the message again.") : e;
}

/* ---- pin, close ------------------------------------------------------------------------------ */

static enum err pin(struct call *call, struct txn *t, bool on)
{
	struct post p;
	enum err e = compose_post(call, t, &p);
	if (e == OK)
		e = post_pin(t, call->viewer.actor, p.id, on, NULL);
	return e == OK ? compose_done(call, t, &p,
		       on ? "It stands at the top now." : "It no longer stands at the top.")
		       : e;
}

static enum err pin_on(struct call *call, struct txn *t)
{
	return pin(call, t, true);
}

static enum err pin_off(struct call *call, struct txn *t)
{
	return pin(call, t, false);
}

static enum err lock(struct call *call, struct txn *t, bool on)
{
	struct post p;
	enum err e = compose_post(call, t, &p);
	if (e == OK)
		e = post_lock(t, call->viewer.actor, p.id, on, NULL);
	return e == OK ? compose_done(call, t, &p,
		       on ? "This conversation is closed." : "This conversation is open again.")
		       : e;
}

static enum err lock_on(struct call *call, struct txn *t)
{
	return lock(call, t, true);
}

static enum err lock_off(struct call *call, struct txn *t)
{
	return lock(call, t, false);
}

/* ---- routes ---------------------------------------------------------------------------------- */

#define TEXT_INPUT                                                                                 \
	{                                                                                          \
		"text", INPUT_TEXT, .required = true, .min = 1, .max = POST_TEXT_MOST,             \
				    .label = "Message"                                             \
	}
#define TITLE_INPUT                                                                                \
	{                                                                                          \
		"title", INPUT_LINE, .max = POST_TITLE_MOST, .label = "Title"                      \
	}
#define LANGUAGE_INPUT                                                                             \
	{                                                                                          \
		"language", INPUT_LINE, .max = 35, .label = "Language"                             \
	}

#define FROM_REPORT                                                                                \
	{                                                                                          \
		"report", INPUT_FLAG, .label = "Reports"                                           \
	}

const struct route post_routes[] = {
	{METHOD_GET, "/@{name}/{id}", ANYONE, WANTS_PAGE, .read = conversation_page,
		.page = "conversation",
		.takes = {{"after", INPUT_ID, .label = "Newer replies"},
			{"answer", INPUT_ID, .label = "Answer"}, AS_INPUT}},
	{METHOD_GET, "/@{name}/{id}", ANYONE, WANTS_ACTIVITY, .read = conversation_object},
	{METHOD_GET, "/p/{id}", ANYONE, WANTS_PAGE, .read = conversation_short},
	{METHOD_GET, "/c/{name}/new", SIGNED_IN, .read = new_read, .page = "compose",
		.drafts = true},
	{METHOD_POST, "/c/{name}/new", SIGNED_IN, .write = new_write, .page = "compose",
		.form = new_read, .drafts = true,
		.takes = {TITLE_INPUT, TEXT_INPUT, LANGUAGE_INPUT, CIRCLE_INPUTS},
		.prepare = media_prepare, .max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_POST, "/c/{name}/new/preview", SIGNED_IN, .page = "compose", .form = new_read,
		.drafts = true, .takes = {TITLE_INPUT, TEXT_INPUT, LANGUAGE_INPUT, CIRCLE_INPUTS},
		.prepare = media_prepare, .max_body = MEDIA_FORM_MOST},
	{METHOD_GET, "/p/{id}/reply", SIGNED_IN, .read = reply_form, .page = "conversation",
		.drafts = true},
	{METHOD_POST, "/p/{id}/reply", SIGNED_IN, .write = reply_write, .page = "conversation",
		.form = reply_form, .drafts = true,
		.takes = {TEXT_INPUT, POLL_INPUTS, CIRCLE_INPUTS}, .prepare = media_prepare,
		.max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_GET, "/p/{id}/edit", SIGNED_IN, .read = edit_read, .page = "edit"},
	{METHOD_POST, "/p/{id}/edit", SIGNED_IN, .write = edit_write, .page = "edit",
		.form = edit_read,
		.takes = {TITLE_INPUT, TEXT_INPUT, LANGUAGE_INPUT, CIRCLE_INPUTS},
		.prepare = media_prepare, .max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_GET, "/p/{id}/history", ANYONE, .read = history_read, .page = "history"},
	{METHOD_GET, "/p/{id}/delete", SIGNED_IN, .read = delete_read, .page = "delete",
		.takes = {FROM_REPORT}},
	{METHOD_POST, "/p/{id}/delete", SIGNED_IN, .write = delete_write, .page = "delete",
		.form = delete_read,
		.takes = {{"reason", INPUT_LINE, .max = 500, .label = "Reason"}, FROM_REPORT}},
	{METHOD_POST, "/p/{id}/restore", SIGNED_IN, .write = restore_write},
	{METHOD_POST, "/p/{id}/pin", SIGNED_IN, .write = pin_on},
	{METHOD_POST, "/p/{id}/unpin", SIGNED_IN, .write = pin_off},
	{METHOD_POST, "/p/{id}/lock", SIGNED_IN, .write = lock_on},
	{METHOD_POST, "/p/{id}/unlock", SIGNED_IN, .write = lock_off},
	{0},
};

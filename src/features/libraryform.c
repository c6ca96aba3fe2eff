/* libraryform.c: files of the library, put there and changed: what is said of them, and their versions. */
#include "compose.h"
#include "library.h"
#include "media.h"

static void show_words(
	struct call *call, struct view *v, const struct post *p, const struct shelved *s)
{
	view_begin(v, "is");
	compose_value(call, v, "title", p->title);
	compose_value(call, v, "text", p->source);
	compose_value(call, v, "tags", s->tags);
	view_end(v);
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	enum err e = compose_community(call, t, false, &community);
	if (e != OK)
		return e;
	const struct post none = {0};
	const struct shelved empty = {0};
	compose_new_show(call, v, &community, "file", "New file in the library");
	view_flag(v, "is_new", true);
	view_format(v, "back", "%s/library", actor_path(call->arena, &community));
	media_file_show(call, t, v);
	show_words(call, v, &none, &empty);
	compose_new_choices(call, t, v, &community);
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct circles circles;
	struct post p;
	enum err e = compose_place(call, t, false, &community, &circles);
	if (e != OK)
		return e;
	struct post_draft draft = compose_words(call, POST_FILE, &circles);
	draft.community = community.id;
	if (media_file(call) == 0) /* said first: it is what the form is about */
		return refuse(&call->refusal, "file", "Choose a file.");
	e = library_add(t, &draft, call_input(call, "tags"), media_file(call), &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your file stands in the library.") : e;
}

static enum err find_managed(struct call *call, struct txn *t, struct post *p, struct shelved *out)
{
	enum err e = compose_post(call, t, p);
	if (e == OK)
		e = library_of(t, p, out);
	return e == OK && !circle_may_manage(t, call->viewer.actor, p) ? ERR_FORBIDDEN : e;
}

static enum err find_own(struct call *call, struct txn *t, struct post *p, struct shelved *out)
{
	enum err e = compose_own(call, t, p);
	return e == OK ? library_of(t, p, out) : e;
}

static enum err edit_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct shelved s;
	enum err e = find_own(call, t, &p, &s);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Change what is said of this file"));
	view_format(v, "action", "/p/%s/file", call_part(call, "id"));
	view_text(v, "back", post_path(t, &p));
	show_words(call, v, &p, &s);
	compose_languages(call, v, p.language);
	view_flag(v, "may_widen", p.circles.read != CIRCLE_EVERYONE);
	circle_show_choice(call, t, v, p.community, &p.circles, NULL);
	return OK;
}

static enum err edit_write(struct call *call, struct txn *t)
{
	struct post p;
	struct shelved s;
	struct circles circles;
	struct names tags;
	enum err e = find_own(call, t, &p, &s);
	if (e == OK)
		e = circle_chosen(call, t, p.community, NULL, p.circles, &circles);
	if (e == OK)
		e = draft_tags(
			call->arena, call_input(call, "tags"), &tags, &s.tags, &call->refusal);
	if (e != OK)
		return e;
	struct post_draft draft = compose_words(call, POST_FILE, &circles);
	draft.tags = &tags;
	e = record_write(txn_arena(t), &library_shape, &s, &draft.own);
	if (e == OK)
		e = post_edit(t, p.author, p.id, &draft, NULL, &call->refusal);
	return e == OK ? compose_done(call, t, &p, "Your change is kept.") : e;
}

static enum err version_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct shelved s;
	enum err e = find_managed(call, t, &p, &s);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "New version"));
	post_line(t, v, "post", &p, &call->viewer);
	media_file_show(call, t, v);
	return OK;
}

static enum err version_write(struct call *call, struct txn *t)
{
	struct post p;
	struct shelved s;
	enum err e = find_managed(call, t, &p, &s);
	if (e == OK)
		e = library_add_version(t, call->viewer.actor, &p, &s, media_file(call),
			call_input(call, "note"), &call->refusal);
	return e == OK ? compose_done(call, t, &p, "The new version is in use.") : e;
}

static enum err restore_write(struct call *call, struct txn *t)
{
	struct post p;
	struct shelved s;
	enum err e = find_managed(call, t, &p, &s);
	if (e == OK)
		e = library_use(t, &p, &s, (uint64_t)call_number(call, "version", 0));
	return e == OK ? compose_done(call, t, &p, "That version is in use again.") : e;
}

static enum err remove_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct shelved s;
	struct version version;
	struct media m;
	uint64_t number = (uint64_t)call_number(call, "version", 0);
	enum err e = find_managed(call, t, &p, &s);
	if (e == OK)
		e = library_version(t, p.id, number, &version, &m);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Take this version off?"));
	post_line(t, v, "post", &p, &call->viewer);
	view_list(v, "versions");
	library_version_show(t, v, &s, p.id, number);
	view_list_end(v);
	return OK;
}

static enum err remove_write(struct call *call, struct txn *t)
{
	struct post p;
	struct shelved s;
	enum err e = find_managed(call, t, &p, &s);
	if (e == OK)
		e = library_take_off(t, &p, &s, (uint64_t)call_number(call, "version", 0));
	if (e == ERR_CONFLICT)
		return compose_done(call, t, &p,
			"It is the only version. Add another one first, or delete the file as a whole.");
	return e == OK ? compose_done(call, t, &p, "That version is gone.") : e;
}

#define WORDS_INPUTS                                                                               \
	{"title", INPUT_LINE, .required = true, .max = POST_TITLE_MOST, .label = "Title"},         \
		{"text", INPUT_TEXT, .max = POST_TEXT_MOST, .label = "What it is"},                \
		{"tags", INPUT_LINE, .max = 500, .label = "Tags"},                                 \
		{"language", INPUT_LINE, .max = 35, .label = "Language"}, CIRCLE_INPUTS
#define VERSION_INPUT                                                                              \
	{                                                                                          \
		"version", INPUT_NUMBER, .required = true, .min = 1, .max = 1000000,               \
					 .label = "Version"                                        \
	}

const struct route library_routes[] = {
	{METHOD_GET, "/@{name}/library", ANYONE, .read = library_list, .page = "library",
		.takes = {{"tag", INPUT_LINE, .max = POST_TAG_MOST, .label = "Tag"},
			{"before", INPUT_ID, .label = "Older"}}},
	{METHOD_GET, "/c/{name}/new/file", SIGNED_IN, .read = new_read, .page = "file-form"},
	{METHOD_POST, "/c/{name}/new/file", SIGNED_IN, .write = new_write, .page = "file-form",
		.form = new_read, .takes = {WORDS_INPUTS}, .prepare = media_prepare,
		.max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_GET, "/p/{id}/file", SIGNED_IN, .read = edit_read, .page = "file-form"},
	{METHOD_POST, "/p/{id}/file", SIGNED_IN, .write = edit_write, .page = "file-form",
		.form = edit_read, .takes = {WORDS_INPUTS}, .max_body = (size_t)256 << 10,
		.per_minute = 30},
	{METHOD_GET, "/p/{id}/file/version", SIGNED_IN, .read = version_read,
		.page = "file-version"},
	{METHOD_POST, "/p/{id}/file/version", SIGNED_IN, .write = version_write,
		.page = "file-version", .form = version_read,
		.takes = {{"note", INPUT_LINE, .max = VERSION_NOTE_MOST,
			.label = "What is new in it"}},
		.prepare = media_prepare, .max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_POST, "/p/{id}/file/restore", SIGNED_IN, .write = restore_write,
		.takes = {VERSION_INPUT}},
	{METHOD_GET, "/p/{id}/file/remove", SIGNED_IN, .read = remove_read, .page = "file-remove",
		.takes = {VERSION_INPUT}},
	{METHOD_POST, "/p/{id}/file/remove", SIGNED_IN, .write = remove_write,
		.takes = {VERSION_INPUT}},
	{0},
};

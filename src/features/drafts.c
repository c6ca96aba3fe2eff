/*
 * drafts.c: what was typed in a form and is not placed yet: kept for its writer alone, on this site alone, until it is
 * placed, thrown away, or left alone for three months. It is the form's inputs, whatever form that is.
 */
#include "drafts.h"
#include "media.h"

#include <string.h>

#define DRAFT_BYTES ((size_t)128 << 10)
#define PATH_MOST 300
#define WORDS_SHOWN 80
#define PREVIEW "/preview" /* of a form is the same form */

struct draft {
	uint64_t id, actor;
	const char *path;   /* of its form */
	const char *words;  /* what it is called in lists */
	struct bytes typed; /* name and value of each input, both ended by NUL */
	struct u64s media;  /* files in it */
	int64_t at, due;
};

static const struct field fields[] = {
	{1, F_U64, offsetof(struct draft, id), 0},
	{2, F_U64, offsetof(struct draft, actor), 0},
	{3, F_TEXT, offsetof(struct draft, path), PATH_MOST},
	{4, F_TEXT, offsetof(struct draft, words), 4 * WORDS_SHOWN},
	{5, F_BYTES, offsetof(struct draft, typed), DRAFT_BYTES},
	{6, F_U64S, offsetof(struct draft, media), MEDIA_SLOTS},
	{7, F_I64, offsetof(struct draft, at), 0},
	{8, F_I64, offsetof(struct draft, due), 0},
};
static const struct shape draft_shape = {"draft", sizeof(struct draft), fields, COUNT(fields)};
static const struct bytes one = {"\1", 1};

/* ---- keeping --------------------------------------------------------------------------------- */

static enum err load(struct txn *t, uint64_t actor, uint64_t id, struct draft *out)
{
	struct place place = place_1(TABLE_DRAFT, id);
	struct draft d;
	enum err e = txn_load(t, &place, &draft_shape, &d);
	if (e == OK && d.actor != actor)
		e = ERR_NOT_FOUND;
	if (e == OK)
		*out = d;
	return e;
}

static enum err list(struct txn *t, uint64_t actor, struct u64s *out)
{
	return post_ids(t, TABLE_DRAFT_OF, actor, 0, true, DRAFTS_MOST, out);
}

/* The files of a draft are nobody's loose ends, for as long as it is there. */
static enum err hold_files(struct txn *t, const struct draft *d, bool on)
{
	enum err e = OK;
	for (size_t i = 0; e == OK && i < d->media.count; i++)
		e = media_hold(t, d->media.at[i], on);
	return e;
}

static enum err drop(struct txn *t, const struct draft *d)
{
	struct place place = place_1(TABLE_DRAFT, d->id);
	struct place of = place_2(TABLE_DRAFT_OF, d->actor, d->id);
	struct place due = place_2(TABLE_DRAFT_DUE, (uint64_t)d->due, d->id);
	enum err e = hold_files(t, d, false);
	if (e == OK)
		e = txn_del(t, &place);
	if (e == OK)
		e = txn_del(t, &of);
	return e == OK ? txn_del(t, &due) : e;
}

static enum err save(struct txn *t, struct draft *d)
{
	d->at = time_now();
	d->due = d->at + DRAFT_KEPT;
	struct place place = place_1(TABLE_DRAFT, d->id);
	struct place of = place_2(TABLE_DRAFT_OF, d->actor, d->id);
	struct place due = place_2(TABLE_DRAFT_DUE, (uint64_t)d->due, d->id);
	enum err e = txn_save(t, &place, &draft_shape, d);
	if (e == OK)
		e = txn_put(t, &of, one);
	if (e == OK)
		e = txn_put(t, &due, one);
	return e == OK ? hold_files(t, d, true) : e;
}

/* ---- what was typed -------------------------------------------------------------------------- */

/* Not of the words: what makes the form a form, and what signs in. */
static bool is_apart(const char *name)
{
	static const char *const apart[] = {
		"csrf", "draft", "keep", "sent_to", "next", "name", "password", "lang"};
	for (size_t i = 0; i < COUNT(apart); i++)
		if (text_is(apart[i], name))
			return true;
	return false;
}

static void type(struct text *into, const char *name, const char *value)
{
	text_add_n(into, name, strlen(name) + 1);
	text_add_n(into, value, strlen(value) + 1);
}

/* The next of what was typed, taken from *rest. */
static bool next_typed(struct bytes *rest, const char **name, const char **value)
{
	const char *at = rest->data, *said = memchr(at, '\0', rest->size);
	size_t size = said != NULL ? rest->size - (size_t)(++said - at) : 0;
	const char *end = size > 0 ? memchr(said, '\0', size) : NULL;
	if (end == NULL)
		return false;
	*name = at;
	*value = said;
	*rest = (struct bytes){end + 1, rest->size - (size_t)(end + 1 - at)};
	return true;
}

/* Its inputs, and the files that were sent with them now or before. */
static enum err read_typed(struct call *call, struct txn *t, struct draft *d)
{
	struct arena *arena = txn_arena(t);
	uint64_t *media = arena_array(arena, MEDIA_SLOTS, sizeof *media);
	const char *name, *value;
	struct text typed;
	text_init(&typed, arena, DRAFT_BYTES);
	d->media = (struct u64s){media, 0};
	for (size_t i = 0; (value = call_input_at(call, i, &name)) != NULL; i++)
		if (!is_apart(name) && !media_is_slot(name))
			type(&typed, name, value);
	for (size_t i = 0; i < MEDIA_SLOTS; i++) {
		struct media m;
		char id[ID_TEXT];
		uint64_t file = media_slot(call, i, &name);
		if (file == 0 || media_load(t, file, &m) != OK || !media_is_free(&m, d->actor, 0))
			continue;
		type(&typed, name, id_text(file, id));
		media[d->media.count++] = file;
	}
	d->typed = (struct bytes){typed.at, typed.size};
	return typed.failed ? ERR_TOO_MUCH : OK;
}

static const char *words_of(struct call *call, struct arena *arena)
{
	static const char *const names[] = {"title", "text", "option", "place", "to"};
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *said = call_input(call, names[i]);
		const char *words = said != NULL ? text_trim(arena, said) : "";
		if (*words != '\0')
			return text_cut(arena, arena_text_n(arena, words, strcspn(words, "\n")),
				WORDS_SHOWN);
	}
	return NULL;
}

/* What is typed of this form, in the place of what was kept of it before. */
static enum err write_down(
	struct call *call, struct txn *t, uint64_t actor, const char *path, struct draft *out)
{
	struct draft d;
	struct u64s mine;
	enum err e = load(t, actor, call_input_id(call, "draft"), &d);
	bool known = e == OK && text_is(d.path, path);
	if (e == ERR_NOT_FOUND)
		e = OK;
	if (e == OK && known)
		e = drop(t, &d);
	if (e == OK)
		e = list(t, actor, &mine);
	if (e == OK && mine.count >= DRAFTS_MOST)
		return refuse(&call->refusal, NULL,
			"You have 20 drafts already. Place one of them, or throw it away.");
	if (e != OK)
		return e;
	struct draft next = {.id = known ? d.id : id_next(),
		.actor = actor,
		.path = path,
		.words = words_of(call, txn_arena(t))};
	if (next.words == NULL)
		return refuse(&call->refusal, "text", "Write something first.");
	e = read_typed(call, t, &next);
	if (e == ERR_TOO_MUCH)
		return refuse(&call->refusal, "text", "This text is too long.");
	if (e == OK)
		e = save(t, &next);
	*out = next;
	return e;
}

/* ---- what the server asks -------------------------------------------------------------------- */

static enum err keep(struct call *call, struct txn *t)
{
	struct draft d = {0};
	char id[ID_TEXT];
	enum err e = write_down(call, t, call->viewer.actor, call->path, &d);
	if (e != OK)
		return e;
	if (call->wants_json) {
		struct view *v = view_create(call->arena, VIEW_JSON);
		view_text(v, "draft", id_text(d.id, id));
		reply_bytes(call, 200, "application/json", view_json(v));
		return OK;
	}
	reply_notice(call, "Your draft is kept. Only you see it.");
	reply_see_other(call, "/drafts");
	return OK;
}

static enum err open(struct call *call, struct txn *t)
{
	struct draft d;
	const char *name, *value;
	enum err e = load(t, call->viewer.actor, call_input_id(call, "draft"), &d);
	if (e != OK || !text_is(d.path, call->path))
		return e == OK ? ERR_NOT_FOUND : e;
	while (next_typed(&d.typed, &name, &value))
		call_fill(call, name, value);
	return OK;
}

static enum err place(struct call *call, struct txn *t)
{
	struct draft d;
	enum err e = load(t, call->viewer.actor, call_input_id(call, "draft"), &d);
	return e == OK ? drop(t, &d) : e == ERR_NOT_FOUND ? OK : e;
}

static void show_one(struct view *v, const char *name, const struct draft *d)
{
	view_begin(v, name);
	view_id(v, "id", d->id);
	view_text(v, "words", d->words);
	view_format(v, "path", "%s?draft=%llu%s", d->path, (unsigned long long)d->id,
		text_ends(d->path, "/reply") ? "#answer" : "");
	view_time(v, "at", d->at);
}

static void show(struct call *call, struct txn *t, struct view *v)
{
	struct draft d;
	struct u64s mine;
	if (load(t, call->viewer.actor, call_input_id(call, "draft"), &d) == OK) {
		show_one(v, "draft", &d);
		view_end(v);
		return;
	}
	if (call->typed || list(t, call->viewer.actor, &mine) != OK)
		return;
	view_list(v, "drafts_here");
	for (size_t i = 0; i < mine.count; i++)
		if (load(t, call->viewer.actor, mine.at[i], &d) == OK
			&& text_is(d.path, call->path)) {
			show_one(v, NULL, &d);
			view_end(v);
		}
	view_list_end(v);
}

const struct drafting drafts_kept = {keep, open, place, show};

/* ---- through the page to sign in ------------------------------------------------------------- */

void drafts_pass(struct call *call, struct view *v)
{
	const char *name, *value;
	if (call_input(call, "sent_to") == NULL)
		return;
	view_list(v, "sent");
	for (size_t i = 0; (value = call_input_at(call, i, &name)) != NULL; i++)
		if (text_is(name, "sent_to") || !is_apart(name)) {
			view_begin(v, NULL);
			view_text(v, "name", name);
			view_text(v, "value", value);
			view_end(v);
		}
	view_list_end(v);
}

/* Whatever is wrong with it is no reason to stay outside. */
enum err drafts_take(struct txn *t, struct call *call, uint64_t actor, const char **next)
{
	struct draft d = {0};
	const char *path = call_input(call, "sent_to");
	if (!reply_is_own_path(path) || strlen(path) > PATH_MOST)
		return OK;
	if (text_ends(path, PREVIEW))
		path = arena_text_n(txn_arena(t), path, strlen(path) - strlen(PREVIEW));
	enum err e = write_down(call, t, actor, path, &d);
	if (e == OK)
		*next = arena_format(txn_arena(t), "%s?draft=%llu", path, (unsigned long long)d.id);
	call->refusal = (struct refusal){0};
	return e == ERR_INVALID ? OK : e;
}

/* ---- the list of them ------------------------------------------------------------------------ */

/* Where it will stand, in words: "Poll, Fieldwork". */
static void show_where(struct call *call, struct txn *t, struct view *v, const struct draft *d)
{
	static const struct {
		const char *end, *words;
	} kinds[] = {{"/poll", "Poll"}, {"/event", "Event"}, {"/question", "Question"},
		{"/vacancy", "Noticeboard"}, {"/idea", "Idea"}, {"/project", "Project"},
		{"/reply", "Answer"}, {"", "Message"}};
	struct actor community;
	struct post p;
	size_t kind = 0;
	while (!text_ends(d->path, kinds[kind].end))
		kind++;
	view_text(v, "kind", i18n(call->language, kinds[kind].words));
	size_t size = strcspn(d->path + 1, "/") + 1; /* "/c", "/p", "/messages" */
	const char *which = d->path[size] == '/' ? d->path + size + 1 : "";
	which = arena_text_n(txn_arena(t), which, strcspn(which, "/"));
	uint64_t id;
	if (text_starts(d->path, "/c/") && actor_by_handle(t, which, &community) == OK)
		view_text(v, "where", actor_title(&community));
	else if (text_starts(d->path, "/p/") && text_to_u64(which, &id)
		&& post_load(t, id, &p) == OK && circle_may_read(t, &call->viewer, &p))
		view_text(v, "where", post_name(t, &p, WORDS_SHOWN));
}

enum err drafts_show(struct call *call, struct txn *t, struct view *v, size_t most)
{
	struct u64s mine;
	struct draft d;
	enum err e = list(t, call->viewer.actor, &mine);
	view_list(v, "drafts");
	for (size_t i = 0; e == OK && i < mine.count && i < most; i++) {
		e = load(t, call->viewer.actor, mine.at[i], &d);
		if (e != OK)
			break;
		show_one(v, NULL, &d);
		show_where(call, t, v, &d);
		view_time(v, "due", d.due);
		view_end(v);
	}
	view_list_end(v);
	view_number(v, "draft_count", (int64_t)mine.count);
	return e;
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	view_text(v, "heading", i18n(call->language, "My drafts"));
	return drafts_show(call, t, v, DRAFTS_MOST);
}

static enum err delete_write(struct call *call, struct txn *t)
{
	struct draft d;
	enum err e = load(t, call->viewer.actor, call_part_id(call, "id"), &d);
	if (e == OK)
		e = drop(t, &d);
	if (e != OK)
		return e;
	reply_notice(call, "The draft is thrown away.");
	reply_see_other(call, "/drafts");
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/drafts", SIGNED_IN, .read = list_read, .page = "drafts"},
	{METHOD_POST, "/drafts/{id}/delete", SIGNED_IN, .write = delete_write},
	{0},
};

/* ---- on time, and of a person ---------------------------------------------------------------- */

static enum err end_one(struct txn *t, uint64_t id)
{
	struct place place = place_1(TABLE_DRAFT, id);
	struct draft d;
	enum err e = txn_load(t, &place, &draft_shape, &d);
	return e == OK ? drop(t, &d) : e == ERR_NOT_FOUND ? OK : e;
}

static enum err end_due(struct txn *t, void *arg)
{
	(void)arg;
	return due_take(t, TABLE_DRAFT_DUE, DUE_MOST, end_one);
}

static void on_time(struct store *store, void *arg)
{
	(void)arg;
	enum err e = store_write(store, end_due, NULL);
	if (e != OK)
		log_line(LOG_WARN, "drafts", "error=%s", err_name(e));
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct u64s mine;
	struct draft d;
	const char *name, *value;
	enum err e = list(t, who->actor, &mine);
	view_list(v, "drafts");
	for (size_t i = 0; e == OK && i < mine.count; i++) {
		e = load(t, who->actor, mine.at[i], &d);
		if (e != OK)
			break;
		show_one(v, NULL, &d);
		view_list(v, "typed");
		while (next_typed(&d.typed, &name, &value)) {
			view_begin(v, NULL);
			view_text(v, "name", name);
			view_text(v, "value", value);
			view_end(v);
		}
		view_list_end(v);
		view_end(v);
	}
	view_list_end(v);
	return e;
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct u64s mine;
	struct draft d;
	(void)at;
	enum err e = list(t, who->actor, &mine);
	for (size_t i = 0; e == OK && i < mine.count; i++) {
		e = load(t, who->actor, mine.at[i], &d);
		if (e == OK)
			e = drop(t, &d);
	}
	return e;
}

static const struct personal personal = {own_show, forget};
static const struct chore chores[] = {{"drafts", HOUR, on_time, NULL}, {0}};
static const struct table_use tables[] = {
	{TABLE_DRAFT, &draft_shape}, {TABLE_DRAFT_OF, NULL}, {TABLE_DRAFT_DUE, NULL}, {0}};
const struct feature feature_drafts = {.name = "drafts",
	.routes = routes,
	.tables = tables,
	.chores = chores,
	.personal = &personal};

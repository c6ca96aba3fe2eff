/* jointext.c: answers to requests that are kept, to be used again and changed at will. */
#include "joining.h"

#define TITLE_MOST 60
#define TEXTS_MOST 20 /* of one place */

static const struct field text_fields[] = {
	{1, F_U64, offsetof(struct join_text, id), 0},
	{2, F_TEXT, offsetof(struct join_text, title), 4 * TITLE_MOST},
	{3, F_TEXT, offsetof(struct join_text, text), 4 * APPLICATION_MOTIVE_MOST},
};
const struct shape join_text_shape = {
	"join_text", sizeof(struct join_text), text_fields, COUNT(text_fields)};

/* To begin with, where nothing is kept yet. */
static const struct {
	const char *title, *text;
} given[] = {
	{"Welcome",
		"Good that you join us! Have a look around, and ask when something is not clear."},
	{"Tell us more",
		"Thank you for your request. We would like to know a little more. Please ask again, "
		"and tell who you are and what you are looking for."},
	{"Not the right place",
		"Thank you for your request. We cannot let you in, because you do not meet what we ask "
		"of members. You may always read along and follow us."},
};

static enum err keep(struct txn *t, uint64_t community, const struct join_text *text)
{
	struct place place = place_2(TABLE_JOIN_TEXT, community, text->id);
	return txn_save(t, &place, &join_text_shape, text);
}

enum err join_text_load(
	struct txn *t, uint64_t community, uint64_t id, const char *language, struct join_text *out)
{
	struct place place = place_2(TABLE_JOIN_TEXT, community, id);
	if (id == 0 || id > COUNT(given))
		return txn_load(t, &place, &join_text_shape, out);
	*out = (struct join_text){
		id, i18n(language, given[id - 1].title), i18n(language, given[id - 1].text)};
	return OK;
}

enum err join_text_list(struct txn *t, uint64_t community, struct u64s *out)
{
	struct u64s kept;
	enum err e = post_ids(t, TABLE_JOIN_TEXT, community, 0, false, TEXTS_MOST, &kept);
	if (e != OK)
		return e;
	uint64_t *ids = arena_array(txn_arena(t), COUNT(given), sizeof *ids);
	for (size_t i = 0; i < COUNT(given); i++)
		ids[i] = i + 1;
	*out = kept.count > 0 ? kept : (struct u64s){ids, COUNT(given)};
	return OK;
}

/* What was given is kept as well once one of them is changed. */
static enum err keep_given(struct txn *t, uint64_t community, const char *language,
	uint64_t without, uint64_t changed, const struct join_text *as)
{
	enum err e = OK;
	for (uint64_t id = 1; e == OK && id <= COUNT(given); id++) {
		struct join_text text;
		if (id == without)
			continue;
		e = join_text_load(t, community, id, language, &text);
		text = id == changed && as != NULL ? *as : text;
		text.id = id_next();
		e = e == OK ? keep(t, community, &text) : e;
	}
	return e;
}

/* ---- the page -------------------------------------------------------------------------------- */

static enum err texts_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	struct join_text text;
	struct actor at;
	enum err e = joining_find(call, t, &at);
	uint64_t place = e == OK ? at.id : 0;
	if (e == OK)
		e = join_text_list(t, place, &ids);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Answers to use again"));
	joining_tabs_show(t, v, call->viewer.actor, "texts", place);
	view_list(v, "texts");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = join_text_load(t, place, ids.at[i], call->language, &text);
		if (e != OK)
			break;
		view_begin(v, NULL);
		view_id(v, "id", ids.at[i]);
		view_text(v, "title", text.title);
		view_text(v, "text", text.text);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "may_add", ids.count < TEXTS_MOST);
	return e;
}

static enum err back(struct call *call, const char *notice)
{
	char id[ID_TEXT];
	reply_notice(call, notice);
	reply_see_other(call,
		arena_format(call->arena, "/joining/texts?place=%s",
			id_text(call_input_id(call, "place"), id)));
	return OK;
}

static enum err texts_write(struct call *call, struct txn *t)
{
	struct u64s ids;
	struct actor at;
	uint64_t id = call_input_id(call, "id");
	struct join_text text = {id, call_input(call, "title"), call_input(call, "text")};
	enum err e = joining_find(call, t, &at);
	uint64_t place = e == OK ? at.id : 0;
	if (e == OK)
		e = join_text_list(t, place, &ids);
	if (e != OK)
		return e;
	bool given_ones = ids.at[0] <= COUNT(given), is_new = id == 0;
	bool there = is_new;
	for (size_t i = 0; i < ids.count; i++)
		there = there || ids.at[i] == id;
	if (!there)
		return ERR_NOT_FOUND;
	if (is_new && ids.count == TEXTS_MOST)
		return refuse(&call->refusal, NULL, "There are twenty already. Delete one first.");
	if (given_ones)
		e = keep_given(t, place, call->language, 0, id, &text);
	if (is_new)
		text.id = id_next();
	if (e == OK && (is_new || !given_ones))
		e = keep(t, place, &text);
	return e == OK ? back(call, "Saved.") : e;
}

static enum err delete_write(struct call *call, struct txn *t)
{
	struct actor at;
	uint64_t id = call_input_id(call, "id");
	enum err e = joining_find(call, t, &at);
	uint64_t place = e == OK ? at.id : 0;
	struct place row = place_2(TABLE_JOIN_TEXT, place, id);
	if (e == OK)
		e = id <= COUNT(given) ? keep_given(t, place, call->language, id, 0, NULL)
				       : txn_del(t, &row);
	return e == OK ? back(call, "Deleted.") : e;
}

#define PLACE                                                                                      \
	{                                                                                          \
		"place", INPUT_LINE, .max = 20, .label = "Place"                                   \
	}
static const struct route routes[] = {
	{METHOD_GET, "/joining/texts", SIGNED_IN, .read = texts_read, .page = "join-texts",
		.takes = {PLACE}},
	{METHOD_POST, "/joining/texts", SIGNED_IN, .write = texts_write, .page = "join-texts",
		.form = texts_read,
		.takes = {PLACE, {"id", INPUT_LINE, .max = 20, .label = "Answer"},
			{"title", INPUT_LINE, .required = true, .min = 1, .max = TITLE_MOST,
				.label = "Title"},
			{"text", INPUT_TEXT, .required = true, .min = 1,
				.max = APPLICATION_MOTIVE_MOST, .label = "Text"}}},
	{METHOD_POST, "/joining/texts/delete", SIGNED_IN, .write = delete_write,
		.takes = {PLACE, {"id", INPUT_ID, .required = true, .label = "Answer"}}},
	{0},
};

static const struct table_use tables[] = {{TABLE_JOIN_TEXT, &join_text_shape}, {0}};
const struct feature feature_jointext = {.name = "jointext", .routes = routes, .tables = tables};

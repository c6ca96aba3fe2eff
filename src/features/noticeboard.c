/* noticeboard.c: what is open, of the whole site and of one community, by type, region, tag and what can be done from anywhere. */
#include "vacancy.h"

#include <string.h>

#define LOOKED_AT 1000 /* open ones of one board */
#define REGIONS_MOST 100
#define SHOWN 20

static const char *const types[] = {NULL, "job", "assignment", "offer", "request"};

struct filter {
	uint32_t type;      /* 0: any */
	const char *region; /* NULL: any */
	const char *tag;    /* NULL: any; without # */
	bool remote;
};

static const char *said(const struct call *call, const char *name)
{
	const char *s = call_input(call, name);
	return s != NULL && *s != '\0' ? s : NULL;
}

static struct filter filter_of(struct call *call)
{
	struct filter f = {.region = said(call, "region"), .remote = call_flag(call, "remote")};
	const char *tag = said(call, "tag"), *type = said(call, "type");
	if (tag != NULL)
		f.tag = text_lower(call->arena, tag + (*tag == '#'));
	for (uint32_t i = 1; i < COUNT(types); i++)
		if (text_is(type, types[i]))
			f.type = i;
	return f;
}

static bool has_tag(struct txn *t, const struct post *p, const char *tag)
{
	struct extra x;
	extra_read(txn_arena(t), p->extra, &x);
	for (size_t i = 0; i < x.hashtags.count; i++)
		if (text_is(x.hashtags.at[i], tag))
			return true;
	return false;
}

static bool fits(
	struct txn *t, const struct filter *f, const struct post *p, const struct vacancy *v)
{
	return (f->type == 0 || f->type == v->type)
		&& (f->region == NULL || text_equal_fold(f->region, v->region))
		&& (!f->remote || v->where == VACANCY_REMOTE)
		&& (f->tag == NULL || has_tag(t, p, f->tag));
}

/* ---- regions --------------------------------------------------------------------------------- */

static bool is_in(const char *const *all, size_t count, const char *region)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_fold(all[i], region))
			return true;
	return false;
}

void noticeboard_regions_show(struct txn *t, struct view *view, uint64_t community,
	const struct viewer *viewer, const char *chosen)
{
	const char *regions[REGIONS_MOST];
	size_t count = 0;
	struct u64s ids;
	struct post p;
	struct vacancy v;
	view_list(view, "regions");
	enum err e = vacancy_list(t, community, 0, LOOKED_AT, &ids);
	for (size_t i = 0; e == OK && i < ids.count && count < REGIONS_MOST; i++) {
		if (vacancy_find(t, viewer, ids.at[i], &p, &v) != OK || v.region == NULL
			|| is_in(regions, count, v.region))
			continue;
		regions[count++] = v.region;
		view_begin(view, NULL);
		view_text(view, "words", v.region);
		view_flag(view, "chosen", text_equal_fold(chosen, v.region));
		view_end(view);
	}
	view_list_end(view);
}

/* ---- a board --------------------------------------------------------------------------------- */

/* A page of those that fit and that the viewer may read; *more: there is another one after it. */
static enum err find_open(struct call *call, struct txn *t, uint64_t community,
	const struct filter *f, struct u64s *out, bool *more)
{
	uint64_t *found = arena_array(call->arena, SHOWN, sizeof *found);
	struct u64s ids;
	struct post p;
	struct vacancy v;
	size_t count = 0;
	*more = false;
	enum err e = vacancy_list(t, community, call_input_id(call, "before"), LOOKED_AT, &ids);
	for (size_t i = 0; e == OK && i < ids.count && !*more; i++) {
		if (vacancy_find(t, &call->viewer, ids.at[i], &p, &v) != OK || !fits(t, f, &p, &v))
			continue;
		*more = count == SHOWN;
		if (!*more)
			found[count++] = ids.at[i];
	}
	*out = (struct u64s){found, count};
	return e;
}

static void add_word(struct text *query, const char *name, const char *value)
{
	if (value == NULL)
		return;
	text_format(query, "%s%s=", query->size > 0 ? "&" : "?", name);
	text_url(query, value);
}

static void show_filter(struct call *call, struct view *v, const struct filter *f)
{
	struct text query;
	text_init(&query, call->arena, 4096);
	add_word(&query, "type", types[f->type]);
	add_word(&query, "region", f->region);
	add_word(&query, "tag", f->tag);
	add_word(&query, "remote", f->remote ? "on" : NULL);
	view_begin(v, "filter");
	for (uint32_t i = 1; i < COUNT(types); i++)
		view_flag(v, types[i], f->type == i);
	view_text(v, "type", f->type != 0 ? types[f->type] : "");
	view_text(v, "region", f->region != NULL ? f->region : "");
	view_text(v, "tag", f->tag != NULL ? f->tag : "");
	view_flag(v, "remote", f->remote);
	view_end(v);
	view_flag(v, "filtered", query.size > 0);
	view_format(v, "further", "%s%s", query.at, query.size > 0 ? "&" : "?");
}

static enum err show_board(struct call *call, struct txn *t, struct view *v, uint64_t community)
{
	struct filter f = filter_of(call);
	struct u64s ids;
	bool more;
	enum err e = find_open(call, t, community, &f, &ids, &more);
	if (e != OK)
		return e;
	view_text(v, "board_path", call->path);
	show_filter(call, v, &f);
	noticeboard_regions_show(t, v, community, &call->viewer, f.region);
	vacancy_lines(t, v, "vacancies", &ids, &call->viewer);
	view_flag(v, "nothing", ids.count == 0);
	view_flag(v, "later_page", call_input_id(call, "before") != 0);
	if (more)
		view_id(v, "older", ids.at[ids.count - 1]);
	return OK;
}

static enum err site_read(struct call *call, struct txn *t, struct view *v)
{
	view_text(v, "heading", i18n(call->language, "Noticeboard"));
	if (call->viewer.local)
		alert_show(t, v, call->viewer.actor, call->language);
	return show_board(call, t, v, 0);
}

static enum err community_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	enum err e = community_here_show(call, t, v, &a);
	if (e != OK)
		return e;
	view_flag(v, "on_vacancies", true);
	view_format(v, "place_path", "/c/%s/new/vacancy", a.name);
	return show_board(call, t, v, a.id);
}

/* Of one's own: closed ones too, with what was answered. */
static enum err mine_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	uint64_t before = call_input_id(call, "before");
	view_text(v, "heading", i18n(call->language, "My notices"));
	enum err e = vacancy_list(t, call->viewer.actor, before, SHOWN, &ids);
	if (e != OK)
		return e;
	vacancy_lines(t, v, "vacancies", &ids, &call->viewer);
	view_flag(v, "nothing", ids.count == 0);
	view_flag(v, "later_page", before != 0);
	if (ids.count == SHOWN)
		view_id(v, "older", ids.at[ids.count - 1]);
	return OK;
}

#define FILTER_INPUTS                                                                              \
	{                                                                                          \
		{"type", INPUT_CHOICE, .choices = "job|assignment|offer|request",                  \
			.label = "What it is"},                                                    \
			{"region", INPUT_LINE, .max = VACANCY_LINE_MOST, .label = "Region"},       \
			{"tag", INPUT_LINE, .max = 50, .label = "Tag"},                            \
			{"remote", INPUT_FLAG, .label = "Where it is done"},                       \
		{                                                                                  \
			"before", INPUT_ID, .label = "Older ones"                                  \
		}                                                                                  \
	}

static const struct route routes[] = {
	{METHOD_GET, "/vacancies", ANYONE, .read = site_read, .page = "noticeboard",
		.takes = FILTER_INPUTS},
	{METHOD_GET, "/vacancies/mine", SIGNED_IN, .read = mine_read, .page = "noticeboard-mine",
		.takes = {{"before", INPUT_ID, .label = "Older ones"}}},
	{METHOD_GET, "/@{name}/vacancies", ANYONE, .read = community_read,
		.page = "community-noticeboard", .takes = FILTER_INPUTS},
	{0},
};
const struct feature feature_noticeboard = {.name = "noticeboard", .routes = routes};

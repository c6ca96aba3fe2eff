/* summary.c: what a conversation came to, in a box above its answers, written by who looks after it. */
#include "features.h"

#define SOURCE_MOST 5000 /* code points */

static const struct field summary_fields[] = {
	{1, F_TEXT, offsetof(struct summary, source), 4 * SOURCE_MOST},
	{2, F_TEXT, offsetof(struct summary, html), 64 * 1024},
	{3, F_U64, offsetof(struct summary, by), 0},
	{4, F_I64, offsetof(struct summary, at), 0},
};
const struct shape summary_shape = {
	"summary", sizeof(struct summary), summary_fields, COUNT(summary_fields)};

static enum err load(struct txn *t, uint64_t root, struct summary *out)
{
	struct place place = place_1(TABLE_SUMMARY, root);
	return txn_load(t, &place, &summary_shape, out);
}

void summary_show(struct txn *t, struct view *v, uint64_t root)
{
	struct summary s;
	struct actor by;
	if (load(t, root, &s) != OK || actor_load(t, s.by, &by) != OK)
		return;
	view_begin(v, "summary_box");
	view_html(v, "html", s.html);
	view_time(v, "at", s.at);
	actor_show(v, "by", &by);
	view_end(v);
}

enum err summary_drop(struct txn *t, uint64_t root)
{
	struct place place = place_1(TABLE_SUMMARY, root);
	return txn_del(t, &place);
}

/* ---- the form -------------------------------------------------------------------------------- */

static enum err find(struct call *call, struct txn *t, struct post *out)
{
	enum err e = post_load(t, call_part_id(call, "id"), out);
	if (e == OK && (!circle_may_read(t, &call->viewer, out) || out->root != out->id))
		e = ERR_NOT_FOUND;
	if (e == OK && out->gone)
		e = ERR_GONE;
	return e == OK && !circle_may_moderate(t, call->viewer.actor, out) ? ERR_FORBIDDEN : e;
}

static enum err summary_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct summary s = {0};
	enum err e = find(call, t, &p);
	if (e != OK)
		return e;
	e = load(t, p.id, &s);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	view_text(v, "heading", i18n(call->language, "Sum up the conversation"));
	view_text(v, "summary_source", s.source != NULL ? s.source : "");
	post_line(t, v, "post", &p, &call->viewer);
	return OK;
}

static enum err keep(struct call *call, struct txn *t, const struct post *p, const char *source)
{
	struct place place = place_1(TABLE_SUMMARY, p->id);
	struct summary s = {.source = source, .by = call->viewer.actor, .at = time_now()};
	char *html;
	if (*source == '\0')
		return summary_drop(t, p->id);
	if (markup_from_markdown(call->arena, source, NULL, NULL, &html) != OK)
		return refuse(&call->refusal, "text", "This text is too long.");
	s.html = html;
	return txn_save(t, &place, &summary_shape, &s);
}

static enum err summary_write(struct call *call, struct txn *t)
{
	struct post p;
	const char *said = call_input(call, "text");
	enum err e = find(call, t, &p);
	if (e == OK)
		e = keep(call, t, &p, text_trim(call->arena, said != NULL ? said : ""));
	if (e != OK)
		return e;
	reply_notice(call, "The summary is kept.");
	reply_see_other(call, post_path(t, &p));
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/p/{id}/summary", SIGNED_IN, .read = summary_read, .page = "summary"},
	{METHOD_POST, "/p/{id}/summary", SIGNED_IN, .write = summary_write, .page = "summary",
		.form = summary_read,
		.takes = {{"text", INPUT_TEXT, .max = SOURCE_MOST, .label = "In short"}},
		.max_body = (size_t)128 << 10},
	{0},
};

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_visit(void *arg, struct bytes key, struct bytes value)
{
	struct own_rows *o = arg;
	struct summary s;
	if (record_read(txn_arena(o->t), &summary_shape, value, &s) != OK)
		return OK;
	view_begin(o->v, NULL);
	view_text(o->v, "post", own_post(o->t, place_id(key, 0)));
	view_text(o->v, "text", s.source);
	view_time(o->v, "at", s.at);
	view_end(o->v);
	return OK;
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	struct summary s;
	(void)key;
	return record_read(scratch, &summary_shape, value, &s) == OK
		&& s.by == *(const uint64_t *)arg;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	return own_rows_show(t, v, "summaries", TABLE_SUMMARY, who, is_theirs, own_visit);
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	uint64_t actor = who->actor;
	return who->keep & KEEP_STARTS
		? OK
		: leaving_sweep(t, TABLE_SUMMARY, at, is_theirs, NULL, &actor);
}

static const struct personal personal = {own_show, forget};
static const struct table_use tables[] = {{TABLE_SUMMARY, &summary_shape}, {0}};
const struct feature feature_summary = {
	.name = "summary", .routes = routes, .tables = tables, .personal = &personal};

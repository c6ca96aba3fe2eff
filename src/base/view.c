/* view.c: what a handler shows, written once: as JSON text, or as the tree a page is filled from. */
#include "data.h"

#define DEPTH_MAX 32
#define JSON_MAX ((size_t)16 << 20)
#define NODES_MAX 200000

struct view {
	struct arena *arena;
	enum view_kind kind;
	bool failed;
	size_t depth; /* open objects and lists, the root among them */
	size_t nodes;
	struct open {
		bool list, filled;
		struct node *node; /* tree sink */
	} open[DEPTH_MAX];
	struct text json;
};

struct view *view_create(struct arena *arena, enum view_kind kind)
{
	struct view *v = arena_alloc(arena, sizeof *v);
	*v = (struct view){.arena = arena, .kind = kind, .depth = 1};
	if (kind == VIEW_TREE) {
		v->open[0].node = arena_alloc(arena, sizeof *v->open[0].node);
	} else {
		text_init(&v->json, arena, JSON_MAX);
		text_char(&v->json, '{');
	}
	return v;
}

enum view_kind view_kind(const struct view *v)
{
	return v->kind;
}

void view_most(struct view *v, size_t bytes)
{
	v->json.max = bytes;
}

/* Objects want names and lists want none; after a misuse nothing more is written. */
static bool may_add(struct view *v, const char *name)
{
	if (v->depth == 0 || v->open[v->depth - 1].list != (name == NULL))
		v->failed = true;
	return !v->failed;
}

/* JSON sink: everything in front of a value. */
static bool json_lead(struct view *v, const char *name)
{
	if (!may_add(v, name))
		return false;
	struct open *o = &v->open[v->depth - 1];
	if (o->filled)
		text_char(&v->json, ',');
	o->filled = true;
	if (name != NULL) {
		text_char(&v->json, '"');
		text_json(&v->json, name);
		text_add(&v->json, "\":");
	}
	return true;
}

static void json_quoted(struct view *v, const char *name, const char *value)
{
	if (!json_lead(v, name))
		return;
	text_char(&v->json, '"');
	text_json(&v->json, value);
	text_char(&v->json, '"');
}

static void json_plain(struct view *v, const char *name, const char *value)
{
	if (json_lead(v, name))
		text_add(&v->json, value);
}

/* Tree sink: a new last child of what is open, or NULL after a misuse. */
static struct node *tree_add(struct view *v, const char *name, enum node_kind kind)
{
	if (!may_add(v, name))
		return NULL;
	if (++v->nodes > NODES_MAX) {
		v->failed = true;
		return NULL;
	}
	struct node *parent = v->open[v->depth - 1].node, *n = arena_alloc(v->arena, sizeof *n);
	n->kind = kind;
	n->name = arena_text(v->arena, name);
	if (parent->last != NULL)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	return n;
}

static void tree_text(struct view *v, const char *name, enum node_kind kind, const char *value)
{
	struct node *n = tree_add(v, name, kind);
	if (n != NULL)
		n->text = arena_text(v->arena, value);
}

static void tree_number(struct view *v, const char *name, enum node_kind kind, int64_t value)
{
	struct node *n = tree_add(v, name, kind);
	if (n != NULL)
		n->number = value;
}

static void open_one(struct view *v, const char *name, bool list)
{
	struct node *node = NULL;
	if (v->depth == DEPTH_MAX) {
		v->failed = true;
		return;
	}
	if (v->kind == VIEW_TREE)
		node = tree_add(v, name, list ? NODE_LIST : NODE_OBJECT);
	else
		json_plain(v, name, list ? "[" : "{");
	if (!v->failed)
		v->open[v->depth++] = (struct open){.list = list, .node = node};
}

static void close_one(struct view *v, bool list)
{
	if (v->failed || v->depth <= 1 || v->open[v->depth - 1].list != list) {
		v->failed = true; /* the root is closed by view_json alone */
		return;
	}
	v->depth--;
	if (v->kind == VIEW_JSON)
		text_char(&v->json, list ? ']' : '}');
}

void view_begin(struct view *v, const char *name)
{
	open_one(v, name, false);
}

void view_end(struct view *v)
{
	close_one(v, false);
}

void view_list(struct view *v, const char *name)
{
	open_one(v, name, true);
}

void view_list_end(struct view *v)
{
	close_one(v, true);
}

void view_text(struct view *v, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (v->kind == VIEW_TREE)
		tree_text(v, name, NODE_TEXT, value);
	else
		json_quoted(v, name, value);
}

void view_format(struct view *v, const char *name, const char *format, ...)
{
	struct text t;
	text_init(&t, v->arena, JSON_MAX);
	va_list args;
	va_start(args, format);
	text_format_v(&t, format, args);
	va_end(args);
	if (t.failed)
		v->failed = true;
	else
		view_text(v, name, t.at);
}

void view_html(struct view *v, const char *name, const char *clean)
{
	if (clean == NULL)
		return;
	if (v->kind == VIEW_TREE)
		tree_text(v, name, NODE_HTML, clean);
	else
		json_quoted(v, name, clean);
}

void view_number(struct view *v, const char *name, int64_t value)
{
	if (v->kind == VIEW_TREE)
		tree_number(v, name, NODE_NUMBER, value);
	else if (json_lead(v, name))
		text_format(&v->json, "%lld", (long long)value);
}

void view_flag(struct view *v, const char *name, bool value)
{
	if (v->kind == VIEW_TREE)
		tree_number(v, name, NODE_FLAG, value);
	else
		json_plain(v, name, value ? "true" : "false");
}

void view_time(struct view *v, const char *name, int64_t ms)
{
	char iso[TIME_ISO];
	if (ms == 0)
		return;
	if (v->kind == VIEW_TREE) {
		tree_number(v, name, NODE_TIME, ms);
	} else {
		time_iso(ms, iso);
		json_quoted(v, name, iso);
	}
}

void view_id(struct view *v, const char *name, uint64_t id)
{
	char text[ID_TEXT];
	view_text(v, name, id_text(id, text));
}

void view_null(struct view *v, const char *name)
{
	if (v->kind == VIEW_JSON)
		json_plain(v, name, "null");
}

void view_raw(struct view *v, const char *name, struct bytes json)
{
	if (v->kind == VIEW_JSON && json.size > 0 && json_lead(v, name))
		text_add_n(&v->json, json.data, json.size);
}

bool view_ok(const struct view *v)
{
	return !v->failed && !v->json.failed && v->depth <= 1;
}

struct bytes view_json(struct view *v)
{
	if (v->kind != VIEW_JSON || v->depth > 1)
		v->failed = true;
	if (v->depth == 1 && !v->failed) {
		v->depth = 0;
		text_char(&v->json, '}');
	}
	return view_ok(v) ? (struct bytes){v->json.at, v->json.size} : (struct bytes){0};
}

const struct node *view_root(struct view *v)
{
	if (v->kind != VIEW_TREE || v->depth != 1)
		v->failed = true;
	return view_ok(v) ? v->open[0].node : NULL;
}

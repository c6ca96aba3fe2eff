/* route.c: finds the route of a call and runs it: a reader here, a writer on the writer's thread, work on the pool. */
#include "inside.h"

#include <string.h>

#define ROUTES_PER_SPOT 12

/* One segment of a pattern: "new", "{name}" or "@{name}.rss". Siblings stand in the order they are tried. */
struct spot {
	const char *prefix, *suffix; /* around the part; a literal is all prefix */
	const char *part;            /* its name; NULL: a literal */
	struct spot *child, *next;
	const struct route *routes[ROUTES_PER_SPOT];
	size_t count;
};

struct table_of_routes {
	struct arena *arena;
	struct spot root;
};

const struct site *txn_site(const struct txn *t)
{
	return txn_owner(t);
}

/* ---- own routes ------------------------------------------------------------------------------ */

static enum err show_health(struct call *c, struct txn *t, struct view *v)
{
	(void)t, (void)v;
	reply_bytes(c, 200, "text/plain; charset=utf-8", (struct bytes){"ok\n", 3});
	c->reply.cache = "no-store";
	return OK;
}

static enum err show_asset(struct call *c, struct txn *t, struct view *v)
{
	(void)t, (void)v;
	const struct asset *a = asset_by_path(c->path);
	if (a == NULL)
		return ERR_NOT_FOUND;
	const char *accepted = call_header(c, "Accept-Encoding");
	bool packed = a->gzip.size > 0 && accepted != NULL && strstr(accepted, "gzip") != NULL
		&& strstr(accepted, "gzip;q=0") == NULL;
	reply_bytes(c, 200, a->type, packed ? a->gzip : a->plain);
	c->reply.kept = true;
	c->reply.etag = a->etag;
	c->reply.cache =
		"public, max-age=31536000, immutable"; /* another content has another address */
	reply_header(c, "Vary", "Accept-Encoding");
	if (packed)
		reply_header(c, "Content-Encoding", "gzip");
	return OK;
}

static const struct route own_routes[] = {
	{METHOD_GET, "/health", FEDERATION, .read = show_health, .per_minute = 6000},
	{METHOD_GET, "/static/{file}", FEDERATION, .read = show_asset, .per_minute = 6000},
	{0},
};

/* ---- building: once, at start; a mistake in a table is our own and dies ---------------------- */

static void segment_read(struct arena *arena, const char *s, size_t size, struct spot *out)
{
	const char *open = memchr(s, '{', size), *close = memchr(s, '}', size);
	*out = (struct spot){.prefix = arena_text_n(arena, s, size), .suffix = ""};
	if (open == NULL && close == NULL)
		return;
	if (open == NULL || close == NULL || close < open + 2)
		die("route segment %s is not well-formed", out->prefix);
	out->prefix = arena_text_n(arena, s, (size_t)(open - s));
	out->part = arena_text_n(arena, open + 1, (size_t)(close - open - 1));
	out->suffix = arena_text_n(arena, close + 1, size - (size_t)(close + 1 - s));
}

static bool same_segment(const struct spot *a, const struct spot *b)
{
	return text_is(a->prefix, b->prefix) && text_is(a->suffix, b->suffix)
		&& (a->part == NULL) == (b->part == NULL);
}

/* A literal beats a part, and more letters around a part beat fewer. */
static bool comes_before(const struct spot *a, const struct spot *b)
{
	if ((a->part == NULL) != (b->part == NULL))
		return a->part == NULL;
	return strlen(a->prefix) + strlen(a->suffix) > strlen(b->prefix) + strlen(b->suffix);
}

static struct spot *spot_child(
	struct arena *arena, struct spot *parent, const struct spot *wanted, const char *path)
{
	for (struct spot *s = parent->child; s != NULL; s = s->next)
		if (same_segment(s, wanted)) {
			if (s->part != NULL && !text_is(s->part, wanted->part))
				die("route %s: the part is called {%s} elsewhere", path, s->part);
			return s;
		}
	struct spot **at = &parent->child;
	while (*at != NULL && !comes_before(wanted, *at))
		at = &(*at)->next;
	struct spot *made = arena_copy(arena, wanted, sizeof *wanted);
	made->next = *at;
	*at = made;
	return made;
}

static void spot_add(struct spot *s, const struct route *r)
{
	bool reads_first = r->read != NULL && r->work != NULL;
	int handlers = (r->read != NULL) + (r->write != NULL) + (r->work != NULL) - reads_first;
	handlers += handlers == 0 && r->form != NULL; /* it only shows again what was typed */
	if (handlers != 1 || (r->method == METHOD_GET && r->write != NULL)
		|| (r->method != METHOD_GET && r->read != NULL) || r->method == METHOD_HEAD
		|| r->method == METHOD_OPTIONS || (r->form != NULL && r->page == NULL))
		die("route %s: its method does not fit its handler", r->path);
	for (size_t i = 0; i < s->count; i++)
		if (s->routes[i]->method == r->method && s->routes[i]->wants == r->wants)
			die("route %s is there twice", r->path);
	if (s->count == ROUTES_PER_SPOT)
		die("route %s: too many of one path", r->path);
	s->routes[s->count++] = r;
}

/* Where a token counts and a cookie does not, and any origin may ask (CORS). */
static bool is_open(const char *path)
{
	static const char *const open[] = {
		"/api/", "/oauth/token", "/oauth/revoke", "/.well-known/", "/nodeinfo/"};
	for (size_t i = 0; i < COUNT(open); i++)
		if (text_starts(path, open[i]))
			return true;
	return false;
}

static void table_add(struct table_of_routes *table, const struct route *r)
{
	struct spot *spot = &table->root;
	const char *at = r->path;
	if (*at != '/')
		die("route %s does not start with a slash", at);
	if (r->page != NULL && is_open(at))
		die("route %s: a page is not for apps", at);
	for (size_t depth = 0; at[0] == '/' && at[1] != '\0'; depth++) {
		struct spot wanted;
		size_t size = strcspn(++at, "/");
		if (depth == SEGMENTS_MAX || size == 0)
			die("route %s has too many segments, or an empty one", r->path);
		segment_read(table->arena, at, size, &wanted);
		spot = spot_child(table->arena, spot, &wanted, r->path);
		at += size;
	}
	spot_add(spot, r);
}

struct table_of_routes *routes_build(const struct route *const *lists)
{
	struct arena *arena = arena_create();
	struct table_of_routes *table = arena_alloc(arena, sizeof *table);
	table->arena = arena;
	for (const struct route *r = own_routes; r->method != 0; r++)
		table_add(table, r);
	for (; *lists != NULL; lists++)
		for (const struct route *r = *lists; r->method != 0; r++)
			table_add(table, r);
	return table;
}

void routes_destroy(struct table_of_routes *table)
{
	if (table != NULL)
		arena_destroy(table->arena);
}

static void spot_each(const struct spot *s, route_visit *visit, void *arg)
{
	for (size_t i = 0; i < s->count; i++)
		visit(arg, s->routes[i]);
	for (const struct spot *child = s->child; child != NULL; child = child->next)
		spot_each(child, visit, arg); /* SEGMENTS_MAX deep */
}

void routes_each(const struct table_of_routes *table, route_visit *visit, void *arg)
{
	spot_each(&table->root, visit, arg);
}

/* ---- finding --------------------------------------------------------------------------------- */

struct segments {
	const char *at[SEGMENTS_MAX];
	size_t count;
};

/* Percent-decoded one by one; false when no route can have such a path. One slash at the end says nothing. */
static bool split(struct arena *arena, const char *path, struct segments *out)
{
	for (const char *at = path + 1; *at != '\0';) {
		size_t size = strcspn(at, "/");
		char *plain;
		if (size == 0 || out->count == SEGMENTS_MAX
			|| !text_unescape_url(arena, at, size, false, &plain))
			return false;
		out->at[out->count++] = plain;
		at += size;
		at += *at == '/';
	}
	return true;
}

static bool spot_matches(const struct spot *s, const char *segment)
{
	if (s->part == NULL)
		return text_is(s->prefix, segment);
	return strlen(segment) > strlen(s->prefix) + strlen(s->suffix)
		&& text_starts(segment, s->prefix) && text_ends(segment, s->suffix);
}

/* Depth first, without recursion: `way` is the spot tried at each depth. */
static const struct spot *walk_table(
	const struct spot *root, const struct segments *segments, const struct spot **way)
{
	size_t depth = 0, count = segments->count;
	if (count == 0)
		return root->count > 0 ? root : NULL;
	way[0] = root->child;
	for (;;) {
		const struct spot *s = way[depth];
		while (s != NULL && !spot_matches(s, segments->at[depth]))
			s = s->next;
		way[depth] = s;
		if (s == NULL) {
			if (depth == 0)
				return NULL;
			depth--;
			way[depth] = way[depth]->next;
		} else if (depth + 1 < count) {
			way[++depth] = s->child;
		} else if (s->count > 0) {
			return s;
		} else {
			way[depth] = s->next;
		}
	}
}

static void take_parts(
	struct exchange *x, const struct segments *segments, const struct spot *const *way)
{
	for (size_t i = 0; i < segments->count; i++) {
		const struct spot *s = way[i];
		if (s->part == NULL)
			continue;
		const char *start = segments->at[i] + strlen(s->prefix);
		size_t size = strlen(start) - strlen(s->suffix);
		x->parts[x->part_count++] = (struct named){
			s->part, arena_text_n(x->call.arena, start, size)};
	}
}

/* How well a route fits what the caller can read; two of one path differ in this only. */
static int fitness(const struct route *r, bool activity)
{
	if (r->wants == WANTS_ANY)
		return 2;
	return (r->wants == WANTS_ACTIVITY) == activity ? 3 : 1;
}

void route_find(const struct table_of_routes *table, struct exchange *x)
{
	struct segments segments = {.count = 0};
	const struct spot *way[SEGMENTS_MAX] = {NULL};
	if (!split(x->call.arena, x->path_raw, &segments))
		return;
	x->spot = walk_table(&table->root, &segments, way);
	if (x->spot == NULL)
		return;
	take_parts(x, &segments, way);
	enum method m = x->call.method == METHOD_HEAD ? METHOD_GET : x->call.method;
	int best = 0;
	for (size_t i = 0; i < x->spot->count; i++) {
		const struct route *r = x->spot->routes[i];
		if (r->method == m && fitness(r, x->call.wants_activity) > best) {
			best = fitness(r, x->call.wants_activity);
			x->call.route = r;
		}
	}
}

const struct route *route_of_spot(const struct spot *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->routes[i]->method == METHOD_POST && s->routes[i]->form != NULL)
			return s->routes[i];
	return NULL;
}

const struct route *route_of_form(const struct table_of_routes *table, const char *path)
{
	const struct spot *s = table->root.child;
	while (s != NULL && (s->part != NULL || !text_is(s->prefix, path + 1)))
		s = s->next;
	return s != NULL ? route_of_spot(s) : NULL;
}

const char *route_allow(const struct exchange *x)
{
	static const char *const names[] = {[METHOD_GET] = "GET, HEAD",
		[METHOD_POST] = "POST",
		[METHOD_PUT] = "PUT",
		[METHOD_PATCH] = "PATCH",
		[METHOD_DELETE] = "DELETE"};
	struct text t;
	text_init(&t, x->call.arena, 128);
	for (size_t m = METHOD_GET; m <= METHOD_DELETE; m++)
		for (size_t i = 0; i < x->spot->count; i++)
			if (x->spot->routes[i]->method == m && names[m] != NULL) {
				text_format(&t, "%s, ", names[m]);
				break;
			}
	text_add(&t, "OPTIONS");
	return t.at;
}

bool route_is_open(const struct exchange *x)
{
	return is_open(x->call.path);
}

const char *call_part(const struct call *c, const char *name)
{
	const struct exchange *x = exchange_of(c);
	for (size_t i = 0; i < x->part_count; i++)
		if (text_is(x->parts[i].name, name))
			return x->parts[i].value;
	die("route %s has no part {%s}", c->route != NULL ? c->route->path : "?", name);
}

uint64_t call_part_id(const struct call *c, const char *name)
{
	uint64_t id;
	return text_to_u64(call_part(c, name), &id) && id <= INT64_MAX ? id : 0;
}

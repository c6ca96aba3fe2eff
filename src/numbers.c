/* numbers.c: what a node counts, a line each: for `kring stats`, and for Prometheus at /metrics. */
#include "numbers.h"

#include <stdatomic.h>
#include <string.h>

#define NUMBERS_MOST ((size_t)64 << 10)

static void add_number(
	struct text *out, const char *prefix, const char *group, const struct node *n)
{
	if (n->kind == NODE_NUMBER && n->name)
		text_format(out, "%s%s%s%s %lld\n", prefix, group ? group : "", group ? "_" : "",
			n->name, (long long)n->number);
}

static void show_store(struct view *v, struct store *store)
{
	struct store_numbers n;
	store_numbers(store, &n);
	view_begin(v, "store");
	view_number(v, "rows", (int64_t)n.rows);
	view_number(v, "used_bytes", (int64_t)n.used_bytes);
	view_number(v, "map_bytes", (int64_t)n.map_bytes);
	view_number(v, "writes", (int64_t)n.writes);
	view_number(v, "commits", (int64_t)n.commits);
	view_number(v, "waiting", (int64_t)n.waiting);
	view_number(v, "commit_p50_us", n.commit_p50_us);
	view_number(v, "commit_p99_us", n.commit_p99_us);
	view_number(v, "version", n.version);
	view_end(v);
}

enum err numbers_write(
	const struct kring *node, struct arena *arena, const char *prefix, struct text *out)
{
	struct view *v = view_create(arena, VIEW_TREE);
	show_store(v, node->store);
	federation_numbers(node->federation, v);
	if (node->search)
		search_numbers(node->search, v);
	if (node->server)
		server_numbers(node->server, v);
	if (!view_ok(v))
		return ERR_STORE;
	for (const struct node *n = view_root(v)->first; n; n = n->next) {
		add_number(out, prefix, NULL, n);
		for (const struct node *in = n->kind == NODE_OBJECT ? n->first : NULL; in;
			in = in->next)
			add_number(out, prefix, n->name, in);
	}
	return out->failed ? ERR_TOO_MUCH : OK;
}

/* ---- /metrics ---- */

static _Atomic(const struct kring *) serving; /* the one of this process */

void numbers_serve(const struct kring *node)
{
	atomic_store(&serving, node);
}

/* Who asks this machine by its own name, on this machine, and not for somebody else. A proxy before us asks by the
 * site's name. */
static bool is_from_here(const struct call *call)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
	const char *host = call_header(call, "Host");
	if (!text_is(call->peer, "127.0.0.1") && !text_is(call->peer, "::1")
		&& !text_is(call->peer, "::ffff:127.0.0.1"))
		return false;
	if (call_header(call, "X-Forwarded-For") || call_header(call, "Forwarded"))
		return false;
	for (size_t i = 0; host && i < COUNT(names); i++) {
		size_t size = strlen(names[i]);
		if (text_starts(host, names[i]) && (host[size] == '\0' || host[size] == ':'))
			return true;
	}
	return false;
}

static enum err show_metrics(struct call *call, struct txn *t, struct view *v)
{
	const struct kring *node = atomic_load(&serving);
	struct text out;
	(void)t, (void)v;
	if (!is_from_here(call))
		return ERR_NOT_FOUND;
	if (!node)
		return ERR_AGAIN; /* just starting */
	text_init(&out, call->arena, NUMBERS_MOST);
	enum err e = numbers_write(node, call->arena, "kring_", &out);
	if (e != OK)
		return e;
	reply_bytes(call, 200, "text/plain; version=0.0.4; charset=utf-8",
		(struct bytes){out.at, out.size});
	call->reply.cache = "no-store";
	return OK;
}

const struct route numbers_routes[] = {
	{METHOD_GET, "/metrics", FEDERATION, .read = show_metrics, .per_minute = 600},
	{0},
};

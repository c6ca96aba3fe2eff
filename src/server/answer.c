/* answer.c: turns a view, or a failure, into the reply: a page in the caller's language, JSON, or an activity. */
#include "inside.h"

#include <string.h>

#define JSON_TYPE "application/json; charset=utf-8"
#define PAGE_TYPE "text/html; charset=utf-8"

/* ---- what the caller can read (protocol.md §3) ----------------------------------------------- */

/* Thousandths; anything odd counts as 1, as if it were not there. */
static int quality(const char *params)
{
	for (const char *at = params; (at = strchr(at, ';')) != NULL;) {
		at += 1 + strspn(at + 1, " \t");
		if ((*at != 'q' && *at != 'Q') || at[1] != '=')
			continue;
		if (at[2] != '0')
			return 1000;
		int q = 0, step = 100;
		for (at += at[3] == '.' ? 4 : 3; step > 0 && *at >= '0' && *at <= '9';
			at++, step /= 10)
			q += (*at - '0') * step;
		return q;
	}
	return 1000;
}

/* Once through the header; a comma inside quotes (of a profile) divides nothing. */
static const char *next_range(const char *at)
{
	bool quoted = false;
	for (; *at != '\0' && (quoted || *at != ','); at++)
		quoted ^= *at == '"';
	return at;
}

static void raise_to(int *q, int value)
{
	*q = value > *q ? value : *q;
}

void answer_accept(struct exchange *x)
{
	struct call *c = &x->call;
	int html = 0, activity = 0, json = 0;
	const char *at = call_header(c, "Accept");
	while (at != NULL && *at != '\0') {
		at += strspn(at, " \t,");
		const char *end = next_range(at);
		char *range = arena_text_n(c->arena, at, (size_t)(end - at));
		int q = quality(range);
		range[strcspn(range, "; \t")] = '\0';
		if (text_equal_fold(range, "text/html")
			|| text_equal_fold(range, "application/xhtml+xml"))
			raise_to(&html, q);
		else if (text_equal_fold(range, "application/activity+json")
			|| text_equal_fold(range, "application/ld+json"))
			raise_to(&activity, q);
		else if (text_equal_fold(range, "application/json"))
			raise_to(&json, q);
		at = end;
	}
	bool api = text_starts(c->path, "/api/");
	c->wants_json = api || json > html;
	c->wants_activity = !api && ((activity > 0 && activity >= html) || (html == 0 && json > 0));
}

bool answer_is_page(const struct exchange *x)
{
	return x->call.route->page != NULL && !x->call.wants_json;
}

/* ---- what each page has ---------------------------------------------------------------------- */

static void show_language(struct exchange *x, struct view *v)
{
	static const struct {
		const char *code, *name;
	} languages[] = {{"nl", "Nederlands"}, {"en", "English"}};
	struct call *c = &x->call;
	for (size_t i = 0; i < COUNT(languages); i++) {
		if (text_is(languages[i].code, c->language) || !i18n_has(languages[i].code))
			continue;
		struct text url;
		text_init(&url, c->arena, 2 * TARGET_MAX);
		text_format(&url, "%s?lang=%s", x->path_raw, languages[i].code);
		/* The rest of the query stays: a page of results is still that page in the other language. */
		for (const char *at = x->query; at != NULL && *at != '\0'; at += at[0] == '&') {
			size_t size = strcspn(at, "&");
			if (size > 0 && strncmp(at, "lang=", 5) != 0) {
				text_char(&url, '&');
				text_add_n(&url, at, size);
			}
			at += size;
		}
		view_begin(v, "other_language");
		view_text(v, "code", languages[i].code);
		view_text(v, "name", languages[i].name);
		view_text(v, "url", url.at);
		view_end(v);
		return;
	}
}

static void show_inputs(struct exchange *x, struct view *v)
{
	const struct route *r = x->filled != NULL ? x->filled : x->call.route;
	view_begin(v, "input");
	for (size_t i = 0; r != NULL && i < INPUTS_MAX && r->takes[i].name != NULL; i++)
		if (!input_is_secret(r, r->takes[i].name))
			view_text(v, r->takes[i].name, call_input(&x->call, r->takes[i].name));
	view_end(v);
	view_list(v, "errors");
	for (size_t i = 0; i < x->fault_count; i++) {
		const struct fault *f = &x->faults[i];
		const char *text = i18n(x->call.language, f->why.text);
		view_begin(v, NULL);
		view_text(v, "field", f->why.field);
		if (f->label != NULL)
			view_format(v, "text", "%s: %s", i18n(x->call.language, f->label), text);
		else
			view_text(v, "text", text);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "refused", x->fault_count > 0);
	view_begin(v, "error"); /* the same by field: next to each */
	for (size_t i = 0; i < x->fault_count; i++)
		if (x->faults[i].why.field != NULL)
			view_text(v, x->faults[i].why.field,
				i18n(x->call.language, x->faults[i].why.text));
	view_end(v);
}

static void show_frame(struct exchange *x, struct txn *t)
{
	struct call *c = &x->call;
	struct view *v = x->view;
	view_begin(v, "site");
	view_text(v, "name", c->site->name);
	view_text(v, "domain", c->site->domain);
	view_text(v, "url", c->site->base_url);
	view_text(v, "language", c->site->language);
	if (http_settings(x)->face != NULL)
		http_settings(x)->face(t, v);
	view_end(v);
	if (c->viewer.local) {
		view_begin(v, "viewer");
		view_text(v, "name", x->signed_in.name);
		view_text(v, "title", x->signed_in.title);
		view_text(v, "url", x->signed_in.url);
		view_flag(v, "admin", x->signed_in.admin);
		view_flag(v, "roll", x->signed_in.roll);
		view_number(v, "news", x->signed_in.news);
		view_end(v);
	}
	view_text(v, "csrf", session_csrf(x));
	view_text(v, "language", c->language);
	view_text(v, "path", c->path);
	cookie_notice(x);
	if (x->notice != NULL)
		view_text(v, "notice", i18n(c->language, x->notice));
	show_inputs(x, v);
	show_language(x, v);
}

void answer_begin(struct exchange *x, struct txn *t, bool page)
{
	const struct drafting *d = http_settings(x)->drafting;
	x->view = view_create(x->call.arena, page ? VIEW_TREE : VIEW_JSON);
	if (page)
		show_frame(x, t);
	if (page && d != NULL && x->call.viewer.local && x->call.route != NULL
		&& x->call.route->drafts)
		d->show(&x->call, t, x->view);
}

/* ---- colours: a page asks for the rules of those it shows and app.css lacks ------------------- */

#define COLOURS_MOST 24 /* more stay without */

struct colours {
	const char *at[COLOURS_MOST];
	size_t count;
};

static bool is_in_palette(const char *colour)
{
	uint32_t rgb;
	if (!colour_read(colour, &rgb))
		return true;
	for (size_t i = 0; i < COLOUR_PALETTE; i++)
		if (colour_palette[i] == rgb)
			return true;
	return false;
}

/* In order, each once: the same colours are the same address. */
static void colour_add(struct colours *all, const char *colour)
{
	size_t at = all->count;
	for (size_t i = 0; i < all->count; i++) {
		if (text_is(all->at[i], colour))
			return;
		if (at == all->count && strcmp(all->at[i], colour) > 0)
			at = i;
	}
	if (all->count == COLOURS_MOST)
		return;
	memmove(&all->at[at + 1], &all->at[at], (all->count++ - at) * sizeof all->at[0]);
	all->at[at] = colour;
}

static void colours_gather(const struct node *n, struct colours *all)
{
	for (const struct node *child = n->first; child != NULL; child = child->next) {
		bool colour = text_is(child->name, "colour") || text_is(child->name, "tint");
		if (colour && child->kind == NODE_TEXT && !is_in_palette(child->text))
			colour_add(all, child->text);
		if (child->kind == NODE_OBJECT || child->kind == NODE_LIST)
			colours_gather(child, all);
	}
}

static void show_colours(struct exchange *x)
{
	struct colours all = {.count = 0};
	struct text list;
	colours_gather(view_root(x->view), &all);
	text_init(&list, x->call.arena, 8 * COLOURS_MOST);
	for (size_t i = 0; i < all.count; i++)
		text_format(&list, "%s%s", i > 0 ? "-" : "", all.at[i]);
	if (all.count > 0)
		view_text(x->view, "colours", list.at);
}

static const char *json_type(const struct exchange *x)
{
	const struct route *r = x->call.route;
	bool activity = r != NULL && (r->wants == WANTS_ACTIVITY || r->access == FEDERATION);
	return activity ? "application/activity+json" : JSON_TYPE;
}

static enum err page_reply(struct exchange *x, int status, const char *page)
{
	struct call *c = &x->call;
	struct bytes html;
	if (view_root(x->view) == NULL)
		return ERR_STORE;
	show_colours(x);
	enum err e = page_render(c->arena, page, view_root(x->view), c->language, &html);
	if (e == OK)
		reply_bytes(c, status, PAGE_TYPE, html);
	return e;
}

enum err answer_view(struct exchange *x, int status)
{
	struct call *c = &x->call;
	if (view_kind(x->view) == VIEW_TREE)
		return page_reply(
			x, status, c->reply.page != NULL ? c->reply.page : c->route->page);
	struct bytes json = view_json(x->view);
	if (!view_ok(x->view))
		return ERR_STORE;
	reply_bytes(c, status, c->reply.type != NULL ? c->reply.type : json_type(x), json);
	return OK;
}

/* ---- failures -------------------------------------------------------------------------------- */

static const char *status_message(int status)
{
	static const struct {
		int status;
		const char *message;
	} messages[] = {
		{400, "This request cannot be understood."},
		{405, "This cannot be done here."},
		{413, "This is larger than we take."},
		{415, "We do not read this kind of content."},
		{421, "This name is not ours."},
		{501, "This method is not known here."},
		{503, "We cannot do this right now. Please try again in a moment."},
		{505, "This version of HTTP is not spoken here."},
	};
	for (size_t i = 0; i < COUNT(messages); i++)
		if (messages[i].status == status)
			return messages[i].message;
	return messages[0].message;
}

static void json_failure(struct exchange *x, int status, const char *message)
{
	struct call *c = &x->call;
	struct view *v = view_create(c->arena, VIEW_JSON);
	view_text(v, "error", i18n(c->language, message));
	if (x->fault_count > 0) {
		view_begin(v, "details");
		for (size_t i = 0; i < x->fault_count; i++) {
			if (x->faults[i].why.field == NULL)
				continue;
			view_list(v, x->faults[i].why.field);
			view_begin(v, NULL);
			view_text(v, "error", "ERR_INVALID");
			view_text(v, "description", i18n(c->language, x->faults[i].why.text));
			view_end(v);
			view_list_end(v);
		}
		view_end(v);
	}
	reply_bytes(c, status, JSON_TYPE, view_json(v));
}

static enum err failure_begin(struct txn *t, void *arg)
{
	answer_begin(arg, t, true);
	return OK;
}

static void page_failure(struct exchange *x, int status, const char *message)
{
	struct call *c = &x->call;
	const char *plain = arena_format(c->arena, "%d %s\n", status, message);
	reply_bytes(c, status, "text/plain; charset=utf-8", (struct bytes){plain, strlen(plain)});
	if (!page_exists("error") || store_read(c->store, failure_begin, x) != OK)
		return; /* words alone, then */
	view_number(x->view, "status", status);
	view_text(x->view, "message", i18n(c->language, message));
	view_flag(x->view, arena_format(c->arena, "is_%d", status), true);
	view_flag(x->view, "sent", c->method == METHOD_POST);
	if (!c->viewer.local && (status == 403 || status == 404))
		view_text(x->view, "sign_in",
			"/sign-in"); /* perhaps it is there for who may see it */
	(void)page_reply(x, status, "error");
}

static bool speaks_json(const struct exchange *x)
{
	const struct call *c = &x->call;
	return c->wants_json || c->wants_activity || route_is_open(x)
		|| (c->route != NULL && c->route->access == FEDERATION);
}

void answer_retry(struct exchange *x)
{
	struct call *c = &x->call;
	if (c->reply.status == 429 || c->reply.status == 503)
		reply_header(c, "Retry-After",
			arena_format(c->arena, "%lld", (long long)(x->wait / SECOND) + 1));
}

static void failure(struct exchange *x, int status, const char *message)
{
	struct call *c = &x->call;
	c->reply = (struct reply){0};
	if (speaks_json(x))
		json_failure(x, status, message);
	else
		page_failure(x, status, message);
	if (status == 405)
		reply_header(c, "Allow", route_allow(x));
	answer_retry(x);
	if (status == 401 && route_is_open(x))
		reply_header(c, "WWW-Authenticate", "Bearer");
}

/* The words apps look for (client-api.md rule 8); people get our own. */
static const char *error_message(const struct exchange *x, enum err e)
{
	const struct call *c = &x->call;
	if (x->bad_token || (e == ERR_SIGN_IN && route_is_open(x)))
		return "The access token is invalid";
	if (e == ERR_NOT_FOUND && text_starts(c->path, "/api/"))
		return "Record not found";
	bool said = (e == ERR_INVALID || e == ERR_FORBIDDEN || e == ERR_CONFLICT)
		&& c->refusal.text != NULL;
	return said ? c->refusal.text : err_message(e);
}

void answer_error(struct exchange *x, enum err e)
{
	struct call *c = &x->call;
	x->result = e;
	if (e != ERR_SIGN_IN || speaks_json(x)) {
		failure(x, err_status(e), error_message(x, e));
		return;
	}
	if (c->viewer.local) { /* they have to sign in better: run.c */
		c->reply = (struct reply){0};
		reply_see_other(c, "/settings/second?for=members");
		return;
	}
	/* To the sign-in page and back here afterwards; what was sent with a form cannot be sent again by a link. */
	struct text to;
	text_init(&to, c->arena, 4 * TARGET_MAX);
	text_add(&to, "/sign-in");
	if (c->method == METHOD_GET || c->method == METHOD_HEAD) {
		text_add(&to, "?next=");
		text_url(&to, c->target);
	}
	c->reply = (struct reply){0};
	reply_see_other(c, strlen(to.at) <= TARGET_MAX ? to.at : "/sign-in");
}

void answer_status(struct exchange *x, int status)
{
	failure(x, status, status_message(status));
}

void answer_options(struct exchange *x)
{
	reply_bytes(&x->call, 204, NULL, (struct bytes){0});
	reply_header(&x->call, "Allow", route_allow(x));
}

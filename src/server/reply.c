/* reply.c: the parts of a reply, and the headers every reply of its kind carries (security.md §5.3). */
#include "inside.h"

#include <string.h>
#include <unistd.h>

const char *call_header(const struct call *c, const char *name)
{
	const struct named_list *lines = &exchange_of(c)->lines;
	for (size_t i = 0; i < lines->count; i++)
		if (text_equal_fold(lines->at[i].name, name))
			return lines->at[i].value;
	return NULL;
}

const char *call_url(struct call *c, const char *path)
{
	return arena_format(c->arena, "%s%s", c->site->base_url, path);
}

static bool is_line(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

void reply_close(struct call *c)
{
	if (c->reply.has_file && c->reply.file >= 0)
		close(c->reply.file);
	c->reply.has_file = false;
}

void reply_reset(struct call *c)
{
	reply_close(c);
	c->reply = (struct reply){0};
	c->refusal = (struct refusal){0};
}

void reply_header(struct call *c, const char *name, const char *value)
{
	if (*name == '\0' || !is_line(name) || !is_line(value))
		die("header %s of a reply would be more than a line", name);
	struct header *h = arena_alloc(c->arena, sizeof *h);
	*h = (struct header){
		arena_text(c->arena, name), arena_text(c->arena, value), c->reply.headers};
	c->reply.headers = h;
}

void reply_alternate(struct call *c, const char *url, const char *type)
{
	reply_header(c, "Link",
		arena_format(c->arena, "<%s>; rel=\"alternate\"; type=\"%s\"", url, type));
}

/* Not "//x", "/\x", or with a control in between (R57). */
bool reply_is_own_path(const char *path)
{
	if (path == NULL || path[0] != '/' || path[1] == '/' || strlen(path) > TARGET_MAX)
		return false;
	for (const char *at = path; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || *at == '\\')
			return false;
	return true;
}

void reply_see_other(struct call *c, const char *path)
{
	c->reply.status = 303;
	c->reply.location = reply_is_own_path(path) ? arena_text(c->arena, path) : "/";
	c->reply.body = (struct bytes){0};
}

void reply_bytes(struct call *c, int status, const char *type, struct bytes body)
{
	c->reply.status = status;
	c->reply.type = type;
	c->reply.body = body;
}

void reply_file(struct call *c, const char *type, int fd, uint64_t size)
{
	reply_close(c);
	reply_bytes(c, 200, arena_text(c->arena, type), (struct bytes){0});
	c->reply.file = fd;
	c->reply.size = c->reply.whole = size;
	c->reply.has_file = true;
}

/* ---- what goes out with every reply ---------------------------------------------------------- */

static bool has(const struct call *c, const char *name)
{
	for (const struct header *h = c->reply.headers; h != NULL; h = h->next)
		if (text_equal_fold(h->name, name))
			return true;
	return false;
}

static void usual(struct call *c, const char *name, const char *value)
{
	if (!has(c, name))
		reply_header(c, name, value);
}

/* Entity tags are compared weakly: one address of ours has one representation. */
static bool etag_matches(const char *list, const char *etag)
{
	etag += text_starts(etag, "W/") ? 2 : 0;
	size_t size = strlen(etag);
	for (const char *at = list + strspn(list, " \t,"); *at != '\0'; at += strspn(at, " \t,")) {
		if (*at == '*')
			return true;
		at += text_starts(at, "W/") ? 2 : 0;
		size_t length = *at == '"' ? strcspn(at + 1, "\"") + 1 : strcspn(at, " \t,");
		length += at[length] == '"';
		if (length == size && memcmp(at, etag, size) == 0)
			return true;
		at += length;
	}
	return false;
}

static void finish_unchanged(struct call *c)
{
	const char *known = call_header(c, "If-None-Match");
	bool reads = c->method == METHOD_GET || c->method == METHOD_HEAD;
	if (c->reply.etag == NULL)
		return;
	usual(c, "ETag", c->reply.etag);
	if (reads && known != NULL && c->reply.status == 200
		&& etag_matches(known, c->reply.etag)) {
		c->reply.status = 304;
		c->reply.body = (struct bytes){0};
		reply_close(c);
	}
}

/* "bytes=FROM-TO", "bytes=FROM-" or "bytes=-LAST", one of them: several are answered with the whole (RFC 9110 §14.2). */
static bool range_read(struct call *c, const char *s, uint64_t *from, uint64_t *to)
{
	uint64_t whole = c->reply.whole, last = 0;
	if (!text_starts(s, "bytes=") || strchr(s, ',') != NULL)
		return false;
	s += strlen("bytes=");
	size_t size = strcspn(s, "-");
	if (s[size] != '-')
		return false;
	const char *first = arena_text_n(c->arena, s, size), *rest = s + size + 1;
	if (size == 0) {
		if (!text_to_u64(rest, &last))
			return false;
		*from = last < whole ? whole - last : 0;
		*to = last > 0 ? whole : 0;
		return true;
	}
	if (!text_to_u64(first, from) || (*rest != '\0' && !text_to_u64(rest, &last)))
		return false;
	*to = *rest == '\0' || last >= whole ? whole : last + 1;
	return *rest == '\0' || last >= *from;
}

/* A film is looked at from its middle. */
static void finish_range(struct call *c)
{
	uint64_t from = 0, to = 0;
	struct reply *r = &c->reply;
	if (!r->has_file || r->status != 200)
		return;
	usual(c, "Accept-Ranges", "bytes");
	const char *range = call_header(c, "Range"), *unless = call_header(c, "If-Range");
	if (range == NULL || (unless != NULL && !text_is(unless, r->etag))
		|| !range_read(c, range, &from, &to))
		return;
	if (from >= to) {
		r->status = 416;
		reply_close(c);
		usual(c, "Content-Range",
			arena_format(c->arena, "bytes */%llu", (unsigned long long)r->whole));
		return;
	}
	r->status = 206;
	r->from = from;
	r->size = to - from;
	usual(c, "Content-Range",
		arena_format(c->arena, "bytes %llu-%llu/%llu", (unsigned long long)from,
			(unsigned long long)to - 1, (unsigned long long)r->whole));
}

/* Apps in a browser ask from their own origin, and ask first whether they may (client-api.md rule 14). */
static void finish_cors(struct call *c)
{
	usual(c, "Access-Control-Allow-Origin", "*");
	usual(c, "Access-Control-Expose-Headers",
		"Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id");
	if (c->method != METHOD_OPTIONS)
		return;
	const char *wanted = call_header(c, "Access-Control-Request-Headers");
	usual(c, "Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS");
	usual(c, "Access-Control-Allow-Headers",
		wanted != NULL ? wanted : "authorization, content-type, idempotency-key");
	usual(c, "Access-Control-Max-Age", "7200");
}

/* A page may load from us only, and nothing in it runs that is not a file of ours. */
static void finish_page(struct call *c)
{
	/* An app's sign-in opens these in a window of its own and is sent on to its own address; these two rules would
	 * cut that off (client-api.md rule 12). */
	bool handshake = text_starts(c->path, "/oauth/") || text_is(c->path, "/sign-in");
	usual(c, "Content-Security-Policy",
		arena_format(c->arena,
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
			"font-src 'self'; connect-src 'self'; %sbase-uri 'none'; frame-ancestors 'none'; "
			"manifest-src 'self'; worker-src 'self'",
			handshake ? "" : "form-action 'self'; "));
	usual(c, "X-Frame-Options", "DENY");
	usual(c, "Referrer-Policy", "same-origin");
	usual(c, "Permissions-Policy",
		"accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()");
	usual(c, "Cross-Origin-Resource-Policy", "same-origin");
	if (!handshake)
		usual(c, "Cross-Origin-Opener-Policy", "same-origin");
	usual(c, "Content-Language", c->language);
}

static const char *cache_of(const struct exchange *x, bool page)
{
	const struct call *c = &x->call;
	bool reads = c->method == METHOD_GET || c->method == METHOD_HEAD;
	if (c->reply.cache != NULL)
		return c->reply.cache;
	if (!reads || c->viewer.actor != 0 || x->notice != NULL || c->reply.status >= 400
		|| call_header(c, "Authorization") != NULL)
		return "private, no-store";
	return page || c->reply.status != 200 ? "no-cache" : "public, max-age=180";
}

/* A page that anyone may have is sent again only when it changed. */
static void tag_page(struct exchange *x)
{
	struct call *c = &x->call;
	uint8_t hash[SHA256_SIZE];
	if (c->reply.etag != NULL || c->reply.status != 200
		|| !text_is(cache_of(x, true), "no-cache"))
		return;
	crypto_sha256(c->reply.body.data, c->reply.body.size, hash);
	c->reply.etag = arena_format(c->arena, "W/\"%02x%02x%02x%02x%02x%02x%02x%02x\"", hash[0],
		hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]);
}

void reply_finish(struct exchange *x)
{
	struct call *c = &x->call;
	bool page = text_starts(c->reply.type, "text/html"), open = route_is_open(x);
	if (c->reply.status == 0)
		c->reply.status = 200;
	if (page)
		tag_page(x);
	finish_unchanged(c);
	finish_range(c);
	if (x->language_chosen)
		reply_cookie(c, "lang", c->language, 365 * DAY / SECOND);
	if (x->notice != NULL && page)
		reply_cookie(c, "notice", "", 0);
	if (c->reply.location != NULL)
		usual(c, "Location", c->reply.location);
	if (c->reply.type != NULL)
		usual(c, "Content-Type", c->reply.type);
	usual(c, "Cache-Control", cache_of(x, page));
	usual(c, "Vary",
		page           ? "Accept, Accept-Language, Cookie"
			: open ? "Accept, Authorization"
			       : "Accept, Cookie");
	usual(c, "X-Content-Type-Options", "nosniff");
	if (text_starts(c->site->base_url, "https://"))
		usual(c, STRICT_TRANSPORT);
	if (page)
		finish_page(c);
	if (open)
		finish_cors(c);
}

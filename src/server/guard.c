/* guard.c: refuses what is no well-formed request, before anything else looks at it (security.md §0a, §2.5). */
#include "inside.h"

#include <string.h>

static bool is_token_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		|| (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *s)
{
	const char *at = s;
	while (is_token_char((unsigned char)*at))
		at++;
	return at > s && *at == '\0';
}

static bool is_value(const char *s)
{
	for (const char *at = s; *at != '\0'; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return false;
	return text_is_utf8(s, strlen(s)); /* text is UTF-8 everywhere behind this door */
}

/* Two of these and two readers may each believe another one. */
static bool is_single(const char *name)
{
	static const char *const names[] = {
		"Host",
		"Content-Length",
		"Transfer-Encoding",
		"Content-Type",
		"Content-Encoding",
		"Cookie",
		"Authorization",
		"Signature",
		"Signature-Input",
		"Digest",
		"Date",
		"Content-Digest",
		"Origin",
		"Sec-Fetch-Site",
	};
	for (size_t i = 0; i < COUNT(names); i++)
		if (text_equal_fold(name, names[i]))
			return true;
	return false;
}

static bool lines_ok(const struct named_list *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct named *line = &lines->at[i];
		if (!is_token(line->name) || !is_value(line->value))
			return false;
		if (!is_single(line->name))
			continue;
		for (size_t j = 0; j < i; j++)
			if (text_equal_fold(lines->at[j].name, line->name))
				return false;
	}
	return true;
}

/* ---- target ---------------------------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9'    ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;
}

/* The byte at s, an escape taken as what it stands for; -1 for a broken escape. */
static int byte_at(const char *s, size_t *size)
{
	*size = 1;
	if (*s != '%')
		return (unsigned char)*s;
	int high = hex(s[1]), low = high < 0 ? -1 : hex(s[2]);
	*size = 3;
	return low < 0 ? -1 : high << 4 | low;
}

/* In a path an escape may not hide what divides paths, ends texts or lines, or steps upwards. */
static bool path_ok(const char *s, const char *end)
{
	size_t dots = 0, others = 0, size;
	for (; s < end; s += size) {
		bool escaped = *s == '%';
		int c = byte_at(s, &size);
		if (c < ' ' || c == 0x7f || c == '\\' || c == '#' || (escaped && c == '/'))
			return false;
		if (c != '/') {
			dots += c == '.';
			others += c != '.';
			continue;
		}
		if (others == 0 && (dots == 1 || dots == 2))
			return false;
		dots = others = 0;
	}
	return others > 0 || (dots != 1 && dots != 2);
}

static bool query_ok(const char *s)
{
	size_t size;
	for (; *s != '\0'; s += size) {
		bool escaped = *s == '%';
		int c = byte_at(s, &size);
		if ((escaped && c <= 0) || *s == '#')
			return false;
	}
	return true;
}

static bool target_ok(struct exchange *x)
{
	const char *target = x->call.target;
	if (target == NULL || *target != '/' || strnlen(target, TARGET_MAX + 1) > TARGET_MAX)
		return false;
	for (const char *at = target; *at != '\0'; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
			return false;
	const char *mark = strchr(target, '?');
	const char *end = mark != NULL ? mark : target + strlen(target);
	x->path_raw = arena_text_n(x->call.arena, target, (size_t)(end - target));
	x->query = mark != NULL ? mark + 1 : NULL;
	return path_ok(target, end) && (mark == NULL || query_ok(mark + 1));
}

/* ---- method and body ------------------------------------------------------------------------- */

static enum method method_of(const char *name)
{
	static const struct {
		const char *name;
		enum method method;
	} methods[] = {
		{"GET", METHOD_GET},
		{"HEAD", METHOD_HEAD},
		{"POST", METHOD_POST},
		{"PUT", METHOD_PUT},
		{"PATCH", METHOD_PATCH},
		{"DELETE", METHOD_DELETE},
		{"OPTIONS", METHOD_OPTIONS},
	};
	for (size_t i = 0; i < COUNT(methods); i++)
		if (text_is(name, methods[i].name))
			return methods[i].method;
	return 0;
}

/* Digits only: "+5", "0x5", "5, 5" and "" have been read as a length somewhere. */
static bool length_ok(const char *s, int64_t *out)
{
	size_t size = strlen(s);
	if (size == 0 || size > 15 || strspn(s, "0123456789") != size)
		return false;
	int64_t n = 0;
	for (; *s != '\0'; s++)
		n = n * 10 + (*s - '0');
	*out = n;
	return true;
}

static int body_check(struct exchange *x)
{
	const char *length = call_header(&x->call, "Content-Length");
	const char *coding = call_header(&x->call, "Transfer-Encoding");
	const char *content = call_header(&x->call, "Content-Encoding");
	x->declared = -1;
	if (length != NULL && (coding != NULL || !length_ok(length, &x->declared)))
		return 400;
	if (coding != NULL && !text_equal_fold(coding, "chunked"))
		return 400;
	x->has_body = coding != NULL || x->declared > 0;
	enum method m = x->call.method;
	if (x->has_body && (m == METHOD_GET || m == METHOD_HEAD || m == METHOD_OPTIONS))
		return 400;
	if (content != NULL && !text_equal_fold(content, "identity"))
		return 415;
	return 0;
}

int guard_check(struct exchange *x, const char *method, const char *version)
{
	bool old = text_is(version, "HTTP/1.0");
	x->closing |= old; /* health checks speak it; keeping the connection is for 1.1 */
	if (!target_ok(x) || !lines_ok(&x->lines))
		return 400;
	if (!old && !text_is(version, "HTTP/1.1"))
		return 505;
	if (!old && call_header(&x->call, "Host") == NULL)
		return 400;
	if (old && call_header(&x->call, "Transfer-Encoding") != NULL)
		return 400; /* 1.0 knows no chunks */
	x->call.method = method_of(method);
	if (x->call.method == 0)
		return 501;
	return body_check(x);
}

bool guard_host(const struct exchange *x)
{
	return text_equal_fold(call_header(&x->call, "Host"), x->call.site->domain);
}

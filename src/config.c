/* config.c: the settings table, kring.ini in and out; the only file that calls inih. */
#include "config.h"
#include "data.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ini.h>
#include <string.h>
#include <unistd.h>

#define NAME_MOST 100   /* code points */
#define VALUE_MOST 1024 /* bytes; inih takes lines of about 200 */

enum setting_kind { WORDS, NUMBER, YES_NO, LEVEL };
struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;
	const char *otherwise;
	const char *help;
	int64_t min, max; /* NUMBER */
};

#define AT(field) offsetof(struct config, field)
static const struct setting settings[] = {
	{"domain", WORDS, AT(domain), "",
		"Name of this site on the net, as in @name@domain. It can never change.", 0, 0},
	{"base_url", WORDS, AT(base_url), "",
		"Where it is reached: https://domain when empty. http only for loopback names.", 0,
		0},
	{"name", WORDS, AT(name), "", "Name of the association.", 0, 0},
	{"summary", WORDS, AT(summary), "", "One sentence about it, for the home page.", 0, 0},
	{"language", WORDS, AT(language), "nl",
		"Language of the site when a reader has not chosen: nl or en.", 0, 0},
	{"timezone", WORDS, AT(timezone), "Europe/Amsterdam",
		"Zone in which dates and hours are shown.", 0, 0},
	{"listen", WORDS, AT(listen), "127.0.0.1:8080",
		"Address and port to serve on; `serve --listen` wins over it.", 0, 0},
	{"trusted_proxy", WORDS, AT(trusted_proxy), "",
		"Address of the proxy whose X-Forwarded-For is believed; empty: none.", 0, 0},
	{"ca_file", WORDS, AT(ca_file), "",
		"File with the certificate authorities to trust instead of the system's.", 0, 0},
	{"allow_loopback", YES_NO, AT(allow_loopback), "no",
		"Fetch from and deliver to loopback addresses: for the demo and tests only.", 0, 0},
	{"mail", WORDS, AT(mail), "",
		"Where mail goes: smtp://HOST:587 (STARTTLS, but to this machine), "
		"smtps://HOST:465, sink (files in DIR/mail, for development), or empty: nowhere.",
		0, 0},
	{"mail_from", WORDS, AT(mail_from), "",
		"Address that mail comes from; kring@domain when empty.", 0, 0},
	{"mail_user", WORDS, AT(mail_user), "",
		"Name to sign in with at the mail server; empty: without.", 0, 0},
	{"mail_password_file", WORDS, AT(mail_password_file), "",
		"File whose first line is the password that goes with it.", 0, 0},
	{"mail_per_hour", NUMBER, AT(mail_per_hour), "200",
		"Most mails in an hour, as your provider allows; the rest waits. What is sent to "
		"many leaves a quarter of them to what someone waits for.",
		1, 1000000},
	{"mail_bounces", YES_NO, AT(mail_bounces), "no",
		"Mail comes from an address of its own for each recipient (kring+…@…), so that "
		"`kring mail bounce` can read what comes back later: your mail server has to take those.",
		0, 0},
	{"roll_second_factor", YES_NO, AT(roll_second_factor), "yes",
		"Who may see the members, by a role, signs in with a code too (Settings, Sign-in code).",
		0, 0},
	{"threads", NUMBER, AT(threads), "0", "Threads that answer calls; 0: one for each core.", 0,
		256},
	{"map_gib", NUMBER, AT(map_gib), "0",
		"Largest size of the store in GiB; 0: 64, or what the machine allows.", 0, 1 << 16},
	{"retry_unit", NUMBER, AT(retry_unit), "10000",
		"Milliseconds before a failed delivery is tried again; later tries wait longer.", 1,
		3600000},
	{"log", LEVEL, AT(log), "info", "How much is logged: error, warn, info or debug.", 0, 0},
};

/* ---- values ---- */

static const char *const levels[] = {"error", "warn", "info", "debug"};

static bool set_level(const char *value, enum log_level *out)
{
	for (size_t i = 0; i < COUNT(levels); i++) {
		if (text_is(value, levels[i])) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static bool set_value(
	struct arena *arena, struct config *c, const struct setting *s, const char *value)
{
	void *field = (char *)c + s->offset;
	switch (s->kind) {
	case WORDS:
		*(const char **)field = arena_text(arena, value);
		return strlen(value) <= VALUE_MOST && text_is_utf8(value, strlen(value));
	case NUMBER:
		return text_to_i64(value, s->min, s->max, field);
	case YES_NO:
		*(bool *)field = text_is(value, "yes");
		return *(bool *)field || text_is(value, "no");
	case LEVEL:
		return set_level(value, field);
	}
	return false;
}

static void add_value(struct text *t, const struct config *c, const struct setting *s)
{
	const void *field = (const char *)c + s->offset;
	switch (s->kind) {
	case WORDS:
		text_add(t, *(const char *const *)field);
		break;
	case NUMBER:
		text_format(t, "%lld", (long long)*(const int64_t *)field);
		break;
	case YES_NO:
		text_add(t, *(const bool *)field ? "yes" : "no");
		break;
	case LEVEL:
		text_add(t, levels[*(const enum log_level *)field]);
		break;
	}
}

void config_default(struct arena *arena, struct config *out)
{
	for (size_t i = 0; i < COUNT(settings); i++)
		if (!set_value(arena, out, &settings[i], settings[i].otherwise))
			die("setting %s: its default does not fit", settings[i].name);
}

/* ---- kring.ini ---- */

struct reading {
	struct arena *arena;
	struct config *config;
	bool seen[COUNT(settings)]; /* twice is a mistake, and how inih says that a value goes on */
};

static int read_one(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	for (size_t i = 0; i < COUNT(settings); i++) {
		if (*section || r->seen[i] || !text_is(name, settings[i].name))
			continue;
		r->seen[i] = true;
		return set_value(r->arena, r->config, &settings[i], value);
	}
	return 0;
}

enum err config_read(struct arena *arena, const char *dir, struct config *out, const char **why)
{
	struct config c;
	config_default(arena, &c);
	const char *file = arena_format(arena, "%s/kring.ini", dir);
	struct reading r = {.arena = arena, .config = &c};
	int line = ini_parse(file, read_one, &r);
	if (line < 0) {
		enum err e = errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE;
		*why = e == ERR_NOT_FOUND
			? arena_format(arena, "%s is not a node; `kring init` makes one.", dir)
			: arena_format(arena, "%s: %s.", file, strerror(errno));
		return e;
	}
	if (line > 0) {
		*why = arena_format(arena,
			"%s, line %d: this is no setting, stands there twice, or its value does "
			"not fit; see `kring config`.",
			file, line);
		return ERR_INVALID;
	}
	enum err e = config_check(arena, &c, why);
	if (e == OK)
		*out = c;
	else
		*why = arena_format(arena, "%s: %s", file, *why);
	return e;
}

static const char *file_text(struct arena *arena, const struct config *c)
{
	struct text t;
	text_init(&t, arena, COUNT(settings) * (VALUE_MOST + 64));
	text_add(&t, "; Settings of this node. `kring config` explains each of them.\n");
	for (size_t i = 0; i < COUNT(settings); i++) {
		text_format(&t, "%s = ", settings[i].name);
		add_value(&t, c, &settings[i]);
		text_char(&t, '\n');
	}
	return t.failed ? NULL : t.at;
}

/* A line break, " ;" or a line too long for inih would be read as something else: so it is read
 * here first. */
enum err config_write(
	struct arena *arena, const struct config *c, struct bytes *out, const char **why)
{
	struct config again;
	struct reading r = {.arena = arena, .config = &again};
	const char *text = file_text(arena, c);
	config_default(arena, &again);
	if (!text || ini_parse_string(text, read_one, &r) != 0
		|| !text_is(text, file_text(arena, &again))) {
		*why = "These settings cannot stand in kring.ini: a value is longer than about "
		       "150 bytes, or has a line break, \" ;\" or a blank at an end.";
		return ERR_INVALID;
	}
	*out = (struct bytes){text, strlen(text)};
	return OK;
}

void config_document(struct text *t)
{
	for (size_t i = 0; i < COUNT(settings); i++)
		text_format(t, "%s = %s\n    %s\n", settings[i].name, settings[i].otherwise,
			settings[i].help);
}

/* ---- what fits together ---- */

static bool is_address(const char *s)
{
	struct in6_addr ip;
	return inet_pton(AF_INET, s, &ip) == 1 || inet_pton(AF_INET6, s, &ip) == 1;
}

bool config_split_listen(
	struct arena *arena, const char *listen, const char **address, uint16_t *port)
{
	const char *colon = strrchr(listen, ':');
	int64_t number;
	if (!colon || !text_to_i64(colon + 1, 0, UINT16_MAX, &number))
		return false;
	size_t size = (size_t)(colon - listen);
	bool v6 = size >= 2 && listen[0] == '[' && colon[-1] == ']';
	const char *at = v6 ? arena_text_n(arena, listen + 1, size - 2)
			    : arena_text_n(arena, listen, size);
	if (!is_address(at) || v6 != (strchr(at, ':') != NULL))
		return false;
	*address = at;
	*port = (uint16_t)number;
	return true;
}

/* A name or address as others write it: lower case, and a port only for loopback. */
static bool is_authority(struct arena *arena, const char *domain)
{
	struct url url;
	return url_parse(arena, arena_format(arena, "https://%s", domain), &url) == OK
		&& text_is(url.authority, domain);
}

static bool is_full_name(const char *host)
{
	const char *dot = strrchr(host, '.');
	return dot && dot[1] >= 'a' && dot[1] <= 'z';
}

static const char *check_site(struct arena *arena, struct config *c)
{
	struct url url;
	if (!is_authority(arena, c->domain))
		return arena_format(arena,
			"\"%s\" is no domain: it looks like ex.org, in lower case, no more.",
			c->domain);
	if (!*c->base_url)
		c->base_url = arena_format(arena, "https://%s", c->domain);
	if (url_parse(arena, c->base_url, &url) != OK || !text_is(url.origin, c->base_url))
		return arena_format(arena,
			"\"%s\" is no base URL: it looks like https://ex.org, in lower case, and "
			"nothing else.",
			c->base_url);
	if (!text_is(url.authority, c->domain))
		return arena_format(arena,
			"The domain %s and the base URL %s name different sites.", c->domain,
			c->base_url);
	if (*c->mail && !*c->mail_from)
		c->mail_from = arena_format(arena, "kring@%s", url.host);
	if (url_is_loopback(&url))
		return NULL;
	if (!url.https || url.port != 443 || !is_full_name(url.host))
		return arena_format(arena,
			"%s does not fit: a full name such as ex.org is needed, by https and "
			"without a port (only loopback names may differ).",
			c->base_url);
	return NULL;
}

static bool is_mail_server(struct arena *arena, const char *server)
{
	struct url url;
	bool tls = text_starts(server, "smtps://");
	if (!tls && !text_starts(server, "smtp://"))
		return false;
	const char *as_http = arena_format(arena, "http%s", strstr(server, "://"));
	return url_parse(arena, as_http, &url) == OK && text_is(url.origin, as_http);
}

static const char *check_rest(struct arena *arena, const struct config *c)
{
	const char *address;
	uint16_t port;
	if (!*c->name || text_count(c->name) > NAME_MOST)
		return arena_format(arena,
			"The name of the association is missing, or longer than %d characters.",
			NAME_MOST);
	if (!text_is(c->language, "nl") && !text_is(c->language, "en"))
		return arena_format(arena, "The language is nl or en, not \"%s\".", c->language);
	if (!config_split_listen(arena, c->listen, &address, &port))
		return arena_format(arena,
			"\"%s\" is no address and port to listen on, such as 127.0.0.1:8080.",
			c->listen);
	if (*c->trusted_proxy && !is_address(c->trusted_proxy))
		return arena_format(
			arena, "The trusted proxy \"%s\" is no IP address.", c->trusted_proxy);
	if (*c->ca_file && access(c->ca_file, R_OK) != 0)
		return arena_format(
			arena, "The ca_file %s cannot be read: %s.", c->ca_file, strerror(errno));
	if (*c->mail && !text_is(c->mail, "sink") && !is_mail_server(arena, c->mail))
		return arena_format(arena,
			"The mail server \"%s\" looks like smtp://mail.ex.org:587, or "
			"smtps://mail.ex.org:465, and nothing else.",
			c->mail);
	if (*c->mail && !mime_address_ok(c->mail_from))
		return arena_format(
			arena, "mail_from \"%s\" is no plain e-mail address.", c->mail_from);
	if (!*c->mail_user != !*c->mail_password_file)
		return "mail_user and mail_password_file go together.";
	if (!*c->timezone || *c->timezone == '/' || strstr(c->timezone, "..")
		|| access(arena_format(arena, "/usr/share/zoneinfo/%s", c->timezone), R_OK) != 0)
		return arena_format(arena,
			"The timezone \"%s\" is not known here; is the package tzdata installed?",
			c->timezone);
	return NULL;
}

enum err config_check(struct arena *arena, struct config *c, const char **why)
{
	const char *wrong = check_site(arena, c);
	if (!wrong)
		wrong = check_rest(arena, c);
	if (wrong)
		*why = wrong;
	return wrong ? ERR_INVALID : OK;
}

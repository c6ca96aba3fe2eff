/* config.c: the settings table, kring.ini in and out; the only file that calls inih. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum setting_kind { WORDS, NUMBER, YES_NO, LEVEL };
struct setting {
	const char *name;
	enum setting_kind kind;
	size_t offset;
	const char *otherwise;
	int64_t min, max;
	const char *help;
};

#define AT(field) offsetof(struct config, field)
static const struct setting settings[] = {
	{"domain", WORDS, AT(domain), "", 0, 0, "Name of this site on the net, as in @name@domain. It can never change."},
	{"base_url", WORDS, AT(base_url), "", 0, 0, "Where it is reached: https://domain when empty. http only for loopback names."},
	{"name", WORDS, AT(name), "", 0, 0, "Name of the association."},
	{"summary", WORDS, AT(summary), "", 0, 0, "One sentence about it, for the home page."},
	{"language", WORDS, AT(language), "nl", 0, 0, "Language of the site when a reader has not chosen: nl or en."},
	{"timezone", WORDS, AT(timezone), "Europe/Amsterdam", 0, 0, "Zone in which dates and hours are shown."},
	{"listen", WORDS, AT(listen), "127.0.0.1:8080", 0, 0, "Address and port to serve on; `serve --listen` wins over it."},
	{"trusted_proxy", WORDS, AT(trusted_proxy), "", 0, 0, "Address of the proxy whose X-Forwarded-For is believed; empty: none."},
	{"ca_file", WORDS, AT(ca_file), "", 0, 0, "File with the certificate authorities to trust instead of the system's."},
	{"allow_loopback", YES_NO, AT(allow_loopback), "no", 0, 0, "Fetch from and deliver to loopback addresses: for the demo and tests only."},
	{"threads", NUMBER, AT(threads), "0", 0, 256, "Threads that answer calls; 0: one for each core."},
	{"map_gib", NUMBER, AT(map_gib), "0", 0, 1 << 16, "Largest size of the store in GiB; 0: 64, or what the machine allows."},
	{"retry_unit", NUMBER, AT(retry_unit), "10000", 1, 3600000, "Milliseconds before a failed delivery is tried again; later tries wait longer."},
	{"log", LEVEL, AT(log), "info", 0, 0, "How much is logged: error, warn, info or debug."},
};

static const char *const levels[] = {"error", "warn", "info", "debug"};

static bool set_value(struct arena *arena, struct config *c, const struct setting *s, const char *value)
{
	char *field = (char *)c + s->offset;
	switch (s->kind) {
	case WORDS:
		*(const char **)(void *)field = arena_text(arena, value);
		return text_is_utf8(value, strlen(value)) && strlen(value) <= 1024;
	case NUMBER:
		return text_to_i64(value, s->min, s->max, (int64_t *)(void *)field);
	case YES_NO:
		*(bool *)field = text_is(value, "yes");
		return text_is(value, "yes") || text_is(value, "no");
	case LEVEL:
		for (size_t i = 0; i < COUNT(levels); i++)
			if (text_is(value, levels[i])) {
				*(enum log_level *)(void *)field = (enum log_level)i;
				return true;
			}
		return false;
	}
	return false;
}

struct reading {
	struct arena *arena;
	struct config *config;
	const char *wrong; /* name of the setting that does not fit */
};

static int read_one(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	for (size_t i = 0; i < COUNT(settings); i++)
		if (!*section && text_is(name, settings[i].name) && set_value(r->arena, r->config, &settings[i], value))
			return 1;
	if (!r->wrong)
		r->wrong = arena_text(r->arena, name);
	return 0;
}

enum err config_read(struct arena *arena, const char *dir, struct config *out, const char **why)
{
	struct config c = {0};
	for (size_t i = 0; i < COUNT(settings); i++)
		if (!set_value(arena, &c, &settings[i], settings[i].otherwise))
			die("setting %s: its default does not fit", settings[i].name);
	const char *file = arena_format(arena, "%s/kring.ini", dir);
	struct reading r = {.arena = arena, .config = &c};
	int line = ini_parse(file, read_one, &r);
	if (line < 0) {
		*why = arena_format(arena, "%s cannot be read: is %s a node? `kring init` makes one.", file, dir);
		return ERR_NOT_FOUND;
	}
	if (line > 0) {
		*why = arena_format(arena, "%s, line %d: %s is no setting, or its value does not fit (see `kring config`).", file,
			line, r.wrong ? r.wrong : "this");
		return ERR_INVALID;
	}
	enum err e = config_check(arena, &c, why);
	if (e == OK)
		*out = c;
	return e;
}

static bool name_fits(const char *host)
{
	size_t label = 0;
	for (const char *c = host; *c; c++) {
		if (*c == '.' && (!label || c[-1] == '-'))
			return false;
		if (*c == '-' && !label)
			return false;
		label = *c == '.' ? 0 : label + 1;
		if (label > 63 || !strchr("abcdefghijklmnopqrstuvwxyz0123456789-.", *c))
			return false;
	}
	return label > 0 && strlen(host) <= 253;
}

enum err config_check(struct arena *arena, struct config *c, const char **why)
{
	struct url url;
	if (!*c->name || text_count(c->name) > 100) {
		*why = "The name of the association is missing, or longer than 100 characters.";
		return ERR_INVALID;
	}
	if (!text_is(c->language, "nl") && !text_is(c->language, "en")) {
		*why = "The language is nl or en.";
		return ERR_INVALID;
	}
	if (!c->base_url || !*c->base_url)
		c->base_url = arena_format(arena, "https://%s", c->domain);
	if (url_parse(arena, c->base_url, &url) != OK || !text_is(url.target, "/") || !text_is(url.origin, c->base_url)) {
		*why = arena_format(arena, "%s is no base URL: it looks like https://ex.org, without a slash at the end.", c->base_url);
		return ERR_INVALID;
	}
	if (!text_is(url.authority, c->domain)) {
		*why = arena_format(arena, "The domain %s and the base URL %s name different sites.", c->domain, c->base_url);
		return ERR_INVALID;
	}
	if (!url_is_loopback(&url) && (!url.https || url.port != 443 || !name_fits(url.host) || !strchr(url.host, '.'))) {
		*why = arena_format(arena, "%s does not fit: a full name such as ex.org, https, and no port "
			"(a port or http is for loopback names only).", c->base_url);
		return ERR_INVALID;
	}
	return OK;
}

bool config_split_listen(struct arena *arena, const char *listen, const char **address, uint16_t *port)
{
	const char *colon = strrchr(listen, ':');
	int64_t number;
	if (!colon || colon == listen || !text_to_i64(colon + 1, 0, 65535, &number))
		return false;
	bool brackets = listen[0] == '[' && colon[-1] == ']';
	*address = arena_text_n(arena, listen + brackets, (size_t)(colon - listen) - 2 * brackets);
	*port = (uint16_t)number;
	return true;
}

static void write_value(struct text *t, const struct config *c, const struct setting *s)
{
	const char *field = (const char *)c + s->offset;
	switch (s->kind) {
	case WORDS:
		text_add(t, *(const char *const *)(const void *)field);
		break;
	case NUMBER:
		text_format(t, "%lld", (long long)*(const int64_t *)(const void *)field);
		break;
	case YES_NO:
		text_add(t, *(const bool *)field ? "yes" : "no");
		break;
	case LEVEL:
		text_add(t, levels[*(const enum log_level *)(const void *)field]);
		break;
	}
}

enum err config_write(struct arena *arena, const char *dir, const struct config *c, const char **why)
{
	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		*why = arena_format(arena, "%s cannot be made: %s.", dir, strerror(errno));
		return ERR_STORE;
	}
	struct text t;
	text_init(&t, arena, 1 << 16);
	text_add(&t, "; Settings of this node. `kring config` explains each of them.\n");
	for (size_t i = 0; i < COUNT(settings); i++) {
		text_format(&t, "%s = ", settings[i].name);
		write_value(&t, c, &settings[i]);
		text_char(&t, '\n');
	}
	const char *file = arena_format(arena, "%s/kring.ini", dir);
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST) {
		*why = arena_format(arena, "%s is there already: %s is a node.", file, dir);
		return ERR_CONFLICT;
	}
	bool good = fd >= 0 && write(fd, t.at, t.size) == (ssize_t)t.size && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	if (!good) {
		*why = arena_format(arena, "%s cannot be written: %s.", file, strerror(errno));
		return ERR_STORE;
	}
	return OK;
}

void config_document(struct text *t)
{
	for (size_t i = 0; i < COUNT(settings); i++)
		text_format(t, "%s = %s\n    %s\n", settings[i].name, settings[i].otherwise, settings[i].help);
}

/* command.c: what a node can be told in words. Each command parses its words, calls a verb, says what it did. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node.h"

/* ---- words ---- */

struct option_word {
	const char *name;   /* "--title" */
	const char **value; /* or */
	bool *flag;
};

static int misused(struct command_call *c, const char *format, ...) PRINTF(2, 3);
static int misused(struct command_call *c, const char *format, ...)
{
	va_list args;
	char line[512];
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	text_format(&c->err, "kring: %s\n", line);
	return 2;
}

static int failed(struct command_call *c, enum err e, const struct refusal *why)
{
	text_format(&c->err, "kring: %s\n", e == ERR_INVALID && why && why->text ? why->text : err_message(e));
	return 1;
}

static bool take_option(struct command_call *c, int *at, const struct option_word *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!text_is(c->argv[*at], options[i].name))
			continue;
		if (options[i].flag)
			*options[i].flag = true;
		else if (*at + 1 < c->argc)
			*options[i].value = c->argv[++*at];
		else
			return false;
		return true;
	}
	return false;
}

/* `wanted` words in order, then or between them the options. */
static bool take_words(struct command_call *c, const char **words, int wanted, const struct option_word *options, size_t count)
{
	int taken = 0;
	for (int i = 0; i < c->argc; i++) {
		if (text_starts(c->argv[i], "--")) {
			if (!take_option(c, &i, options, count)) {
				misused(c, "%s is not understood, or wants a word after it.", c->argv[i]);
				return false;
			}
		} else if (taken < wanted) {
			words[taken++] = c->argv[i];
		} else {
			misused(c, "%s is a word too many.", c->argv[i]);
			return false;
		}
	}
	if (taken < wanted)
		misused(c, "a word is missing: see --help.");
	return taken == wanted;
}

/* ---- init, config ---- */

static int run_init(struct command_call *c)
{
	struct config config = {.summary = "", .language = "nl", .timezone = "Europe/Amsterdam", .listen = "127.0.0.1:8080",
		.trusted_proxy = "", .ca_file = "", .retry_unit = 10000, .log = LOG_INFO};
	const char *why = NULL;
	const struct option_word options[] = {
		{"--domain", &config.domain, NULL}, {"--name", &config.name, NULL}, {"--base-url", &config.base_url, NULL},
		{"--language", &config.language, NULL}, {"--listen", &config.listen, NULL}, {"--ca-file", &config.ca_file, NULL},
		{"--allow-loopback", NULL, &config.allow_loopback},
	};
	if (!take_words(c, NULL, 0, options, COUNT(options)))
		return 2;
	if (!config.domain || !config.name)
		return misused(c, "--domain and --name are needed.");
	if (config_check(c->arena, &config, &why) != OK)
		return misused(c, "%s", why);
	if (node_init(c->dir, &config, &why) != OK) {
		text_format(&c->err, "kring: %s\n", why);
		return 1;
	}
	text_format(&c->out, "%s is a node for %s now. Next: `kring --data %s member add NAME --email E --admin "
		"--password-stdin`, then `kring --data %s serve`.\n", c->dir, config.base_url, c->dir, c->dir);
	return 0;
}

static int run_config(struct command_call *c)
{
	if (!take_words(c, NULL, 0, NULL, 0))
		return 2;
	config_document(&c->out);
	return 0;
}

/* ---- community, member, token ---- */

static struct key_pair new_keys(void)
{
	return (struct key_pair){key_generate(KEY_RSA), key_generate(KEY_ED25519)};
}

static void drop_keys(struct key_pair *keys)
{
	key_drop(keys->rsa);
	key_drop(keys->ed25519);
}

struct making {
	struct community_draft community;
	struct account_draft account;
	const char *name, *founder;
	struct arena *arena;
	const char *handle, *url, *token;
	struct refusal why;
};

static void keep_address(struct making *m, const struct actor *actor)
{
	m->handle = arena_text(m->arena, actor_handle(m->arena, actor));
	m->url = arena_text(m->arena, actor->url);
}

static enum err make_community(struct txn *t, void *arg)
{
	struct making *m = arg;
	struct actor actor, founder;
	if (m->founder) {
		enum err e = actor_by_name(t, m->founder, &founder);
		if (e != OK)
			return e;
		m->community.founder = founder.id;
	}
	enum err e = community_create(t, &m->community, &m->why, &actor);
	if (e == OK)
		keep_address(m, &actor);
	return e;
}

static int run_community_add(struct command_call *c)
{
	struct making m = {.arena = c->arena};
	const struct option_word options[] = {
		{"--title", &m.community.title, NULL}, {"--summary", &m.community.source, NULL},
		{"--moderator", &m.founder, NULL}, {"--restricted", NULL, &m.community.restricted},
	};
	if (!take_words(c, &m.community.name, 1, options, COUNT(options)))
		return 2;
	if (!m.community.title)
		return misused(c, "--title is needed.");
	m.community.keys = new_keys();
	enum err e = store_write(c->node->store, make_community, &m);
	drop_keys(&m.community.keys);
	if (e != OK)
		return failed(c, e, &m.why);
	text_format(&c->out, "@%s\n%s\n", m.handle, m.url);
	return 0;
}

static enum err make_member(struct txn *t, void *arg)
{
	struct making *m = arg;
	struct actor actor;
	enum err e = account_create(t, &m->account, &m->why, &actor);
	if (e == OK)
		keep_address(m, &actor);
	return e;
}

static int run_member_add(struct command_call *c)
{
	struct making m = {.arena = c->arena};
	bool with_password = false;
	const struct option_word options[] = {
		{"--email", &m.account.email, NULL}, {"--title", &m.account.title, NULL},
		{"--admin", NULL, &m.account.admin}, {"--password-stdin", NULL, &with_password},
	};
	if (!take_words(c, &m.account.name, 1, options, COUNT(options)))
		return 2;
	if (!m.account.email)
		return misused(c, "--email is needed.");
	if (!m.account.title)
		m.account.title = m.account.name;
	if (with_password) {
		char *password = arena_text_n(c->arena, c->input.data, c->input.size);
		password[strcspn(password, "\r\n")] = '\0';
		if (text_count(password) < 10 || strlen(password) > 256)
			return misused(c, "a password has at least 10 characters, and at most 256 bytes.");
		m.account.password_hash = password_hash(c->arena, password);
		crypto_wipe(password, strlen(password));
	}
	m.account.keys = new_keys();
	enum err e = store_write(c->node->store, make_member, &m);
	drop_keys(&m.account.keys);
	if (e != OK)
		return failed(c, e, &m.why);
	text_format(&c->out, "@%s\n%s\n", m.handle, m.url);
	return 0;
}

static enum err make_token(struct txn *t, void *arg)
{
	struct making *m = arg;
	struct actor actor;
	struct account account;
	enum err e = actor_by_name(t, m->name, &actor);
	if (e == OK)
		e = account_load(t, actor.id, &account);
	return e == OK ? token_create(t, m->arena, actor.id, "read write follow", "kring token", &m->token) : e;
}

static int run_token(struct command_call *c)
{
	struct making m = {.arena = c->arena};
	if (!take_words(c, &m.name, 1, NULL, 0))
		return 2;
	enum err e = store_write(c->node->store, make_token, &m);
	if (e != OK)
		return failed(c, e, NULL);
	text_format(&c->out, "%s\n", m.token);
	return 0;
}

/* ---- post, follow ---- */

struct posting {
	const char *community, *as;
	struct post_draft draft;
	struct arena *arena;
	const char *url;
	struct refusal why;
};

static enum err make_post(struct txn *t, void *arg)
{
	struct posting *p = arg;
	struct actor author, community;
	struct post post;
	enum err e = actor_by_name(t, p->as, &author);
	if (e == OK)
		e = actor_by_handle(t, p->community, &community);
	if (e != OK)
		return e;
	if (community.kind != ACTOR_GROUP)
		return refuse(&p->why, "community", "That is not a community.");
	p->draft.author = author.id;
	p->draft.community = community.id;
	e = post_create(t, &p->draft, NULL, &p->why, &post);
	if (e == OK)
		p->url = arena_text(p->arena, post.url);
	return e;
}

static int run_post(struct command_call *c)
{
	struct posting p = {.arena = c->arena};
	const struct option_word options[] = {{"--as", &p.as, NULL}, {"--title", &p.draft.title, NULL},
		{"--language", &p.draft.language, NULL}};
	if (!take_words(c, &p.community, 1, options, COUNT(options)))
		return 2;
	if (!p.as)
		return misused(c, "--as MEMBER is needed.");
	p.draft.source = arena_text_n(c->arena, c->input.data, c->input.size);
	enum err e = store_write(c->node->store, make_post, &p);
	if (e != OK)
		return failed(c, e, &p.why);
	text_format(&c->out, "%s\n", p.url);
	return 0;
}

struct following {
	const char *as;
	uint64_t whom;
	bool accepted;
};

static enum err make_follow(struct txn *t, void *arg)
{
	struct following *f = arg;
	struct actor who;
	enum err e = actor_by_name(t, f->as, &who);
	if (e == OK)
		e = follow_start(t, who.id, f->whom, NULL);
	if (e == OK)
		f->accepted = follow_is(t, who.id, f->whom);
	return e;
}

static int run_follow(struct command_call *c)
{
	struct following f = {0};
	const char *whom;
	const struct option_word options[] = {{"--as", &f.as, NULL}};
	if (!take_words(c, &whom, 1, options, COUNT(options)))
		return 2;
	if (!f.as)
		return misused(c, "--as NAME is needed: a member or a community of this node.");
	enum err e = federation_find_actor(c->node->federation, whom, &f.whom);
	if (e == OK)
		e = store_write(c->node->store, make_follow, &f);
	if (e != OK)
		return failed(c, e, NULL);
	text_add(&c->out, f.accepted ? "Followed.\n" : "Asked to follow; the answer comes from there.\n");
	return 0;
}

/* ---- check, backup, restore, stats ---- */

static int run_check(struct command_call *c)
{
	if (!take_words(c, NULL, 0, NULL, 0))
		return 2;
	size_t findings = node_check(c->node, &c->out);
	text_format(&c->out, findings ? "%zu findings: the store is not sound.\n" : "The store is sound.\n", findings);
	return findings ? 1 : 0;
}

/* Copies a small private file byte for byte; the target must not be there. */
static bool copy_private(const char *from, const char *to)
{
	char bytes[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	ssize_t size = out >= 0 ? read(in, bytes, sizeof bytes) : -1;
	bool good = size >= 0 && size < (ssize_t)sizeof bytes && write(out, bytes, (size_t)size) == size && fsync(out) == 0;
	int error = errno;
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) != 0)
		good = false;
	crypto_wipe(bytes, sizeof bytes);
	errno = error;
	return good;
}

static int copy_failed(struct command_call *c, const char *file)
{
	text_format(&c->err, "kring: %s: %s.\n", file, strerror(errno));
	return 1;
}

static int run_backup(struct command_call *c)
{
	const char *file, *why = NULL;
	if (!take_words(c, &file, 1, NULL, 0))
		return 2;
	const char *ini = arena_format(c->arena, "%s.ini", file), *secret = arena_format(c->arena, "%s.secret", file);
	enum err e = store_backup(c->node->store, file, &why);
	if (e != OK) {
		text_format(&c->err, "kring: %s\n", why);
		return 1;
	}
	unlink(ini);
	unlink(secret);
	if (!copy_private(arena_format(c->arena, "%s/kring.ini", c->dir), ini))
		return copy_failed(c, ini);
	if (!copy_private(arena_format(c->arena, "%s/secret", c->dir), secret))
		return copy_failed(c, secret);
	text_format(&c->out, "%s\n%s\n%s\nKeep the last one apart from the first: together they hold every key.\n", file, ini,
		secret);
	return 0;
}

static int run_restore(struct command_call *c)
{
	const char *file, *why = NULL;
	struct config config;
	if (!take_words(c, &file, 1, NULL, 0))
		return 2;
	const char *ini = arena_format(c->arena, "%s/kring.ini", c->dir);
	const char *secret = arena_format(c->arena, "%s/secret", c->dir);
	if (access(ini, F_OK) == 0) {
		text_format(&c->err, "kring: %s is a node already; restore into a new directory.\n", c->dir);
		return 1;
	}
	if (mkdir(c->dir, 0700) != 0 && errno != EEXIST)
		return copy_failed(c, c->dir);
	if (store_restore(arena_format(c->arena, "%s/store", c->dir), file, &why) != OK) {
		text_format(&c->err, "kring: %s\n", why);
		return 1;
	}
	if (!copy_private(arena_format(c->arena, "%s.secret", file), secret))
		return copy_failed(c, secret);
	if (!copy_private(arena_format(c->arena, "%s.ini", file), ini))
		return copy_failed(c, ini);
	if (config_read(c->arena, c->dir, &config, &why) != OK) {
		text_format(&c->err, "kring: %s\n", why);
		return 1;
	}
	text_format(&c->out, "%s is %s again. `kring --data %s check` reads it through.\n", c->dir, config.base_url, c->dir);
	return 0;
}

static void say_numbers(struct text *out, const struct node *n, const char *before)
{
	for (const struct node *child = n->first; child; child = child->next) {
		const char *name = child->name ? child->name : "";
		if (child->kind == NODE_OBJECT)
			for (const struct node *inner = child->first; inner; inner = inner->next)
				text_format(out, "%s%s_%s %lld\n", before, name, inner->name ? inner->name : "", (long long)inner->number);
		else if (child->kind == NODE_NUMBER)
			text_format(out, "%s%s %lld\n", before, name, (long long)child->number);
	}
}

static int run_stats(struct command_call *c)
{
	struct store_numbers n;
	if (!take_words(c, NULL, 0, NULL, 0))
		return 2;
	store_numbers(c->node->store, &n);
	struct view *v = view_create(c->arena, VIEW_TREE);
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
	federation_numbers(c->node->federation, v);
	if (c->node->server)
		server_numbers(c->node->server, v);
	if (!view_ok(v))
		return failed(c, ERR_STORE, NULL);
	say_numbers(&c->out, view_root(v), "");
	return 0;
}

/* ---- the list ---- */

const struct command commands[] = {
	{"init", "--domain D --name N [--base-url U] [--language nl|en] [--listen ADDR:PORT] [--ca-file FILE] [--allow-loopback]",
		"Makes DIR a node: settings (kring.ini), secret, store. The domain can never change afterwards.",
		run_init, .bare = true},
	{"config", "", "Prints every setting of kring.ini: its default and what it does.", run_config, .bare = true},
	{"community add", "NAME --title T [--summary S] [--moderator MEMBER] [--restricted]",
		"Makes a community. NAME is its address for ever. Restricted: only moderators start conversations.",
		run_community_add},
	{"member add", "NAME --email E [--title T] [--admin] [--password-stdin]",
		"Makes a member. With --password-stdin the password (10 characters at least) is read from standard input.",
		run_member_add, .takes_input = true},
	{"token", "NAME", "Prints a new bearer token with which an app acts for the member.", run_token},
	{"post", "COMMUNITY --as MEMBER [--title T] [--language nl|en] < text",
		"Posts the Markdown text on standard input in a community, and prints its address.", run_post, .takes_input = true},
	{"follow", "ACTOR --as NAME",
		"Lets a member or community NAME of this node follow ACTOR: @name@host or the address of an actor.", run_follow},
	{"check", "", "Reads the whole store and says whether it is sound; exit code 1 when it is not.", run_check},
	{"backup", "FILE", "Writes a copy of the store to FILE while the node goes on, its settings to FILE.ini and its secret to FILE.secret.",
		run_backup, .takes_file = true},
	{"restore", "FILE", "Makes DIR a node again from what `backup FILE` wrote.", run_restore, .bare = true, .takes_file = true},
	{"stats", "", "Prints the numbers of the store, the deliveries and the server, one a line.", run_stats},
	{0},
};

const struct command *command_find(int argc, const char *const *argv, int *words)
{
	for (const struct command *c = commands; c->name; c++) {
		const char *space = strchr(c->name, ' ');
		size_t first = space ? (size_t)(space - c->name) : strlen(c->name);
		if (strlen(argv[0]) != first || strncmp(argv[0], c->name, first) != 0)
			continue;
		if (space && (argc < 2 || !text_is(argv[1], space + 1)))
			continue;
		*words = space ? 2 : 1;
		return c;
	}
	return NULL;
}

/* node.c: a node starts in order and stops in reverse. */
#include "api.h"
#include "command.h"
#include "drafts.h"
#include "numbers.h"
#include "private.h"
#include "roll.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SECRET_SIZE sizeof(((struct site *)0)->secret)

/* ---- the directory ---- */

/* Files of another owner would be unreadable to the node afterwards, or ours to it. */
static enum err check_owner(struct arena *arena, const char *dir, const char **why)
{
	struct stat s;
	if (stat(dir, &s) != 0) {
		*why = arena_format(arena, "%s: %s.", dir, strerror(errno));
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE;
	}
	if (s.st_uid == geteuid())
		return OK;
	*why = arena_format(arena, "%s belongs to another user: run this as that user.", dir);
	return ERR_FORBIDDEN;
}

/* But for the list of who was erased, which outlives the rest. */
static bool is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	bool empty = d != NULL;
	while (empty && (entry = readdir(d)) != NULL)
		empty = text_is(entry->d_name, ".") || text_is(entry->d_name, "..")
			|| text_is(entry->d_name, "erased");
	if (d)
		closedir(d);
	return empty;
}

enum err node_directory(struct arena *arena, const char *dir, const char **why)
{
	if (mkdir(dir, 0700) == 0)
		return OK;
	if (errno != EEXIST) {
		*why = arena_format(arena, "%s: %s.", dir, strerror(errno));
		return ERR_STORE;
	}
	enum err e = check_owner(arena, dir, why);
	if (e != OK)
		return e;
	if (!is_empty(dir)) {
		const char *ini = arena_format(arena, "%s/kring.ini", dir);
		*why = arena_format(arena,
			access(ini, F_OK) == 0 ? "%s is a node already."
					       : "%s is not an empty directory.",
			dir);
		return ERR_CONFLICT;
	}
	if (chmod(dir, 0700) == 0)
		return OK;
	*why = arena_format(arena, "%s: %s.", dir, strerror(errno));
	return ERR_STORE;
}

/* ---- the secret: random bytes in DIR/secret, never in the store or its copies ---- */

static enum err make_secret(struct kring *node, const char **why)
{
	const char *file = arena_format(node->arena, "%s/secret", node->dir);
	struct bytes secret = {node->site.secret, SECRET_SIZE};
	crypto_random(node->site.secret, SECRET_SIZE);
	return private_write(node->arena, file, secret, why);
}

static enum err read_secret(struct kring *node, const char **why)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	const char *file = arena_format(node->arena, "%s/secret", node->dir);
	struct bytes secret;
	enum err e = private_read(arena, file, &secret, why);
	if (e == OK && secret.size == SECRET_SIZE)
		memcpy(node->site.secret, secret.data, SECRET_SIZE);
	else
		*why = arena_format(node->arena,
			"%s is missing, unreadable or not %zu bytes: without it the keys in the "
			"store cannot be used.",
			file, SECRET_SIZE);
	if (e == OK)
		crypto_wipe((void *)(uintptr_t)secret.data, secret.size);
	return e == OK && secret.size != SECRET_SIZE ? ERR_STORE : e;
}

/* ---- what every node has: settings, store, its own actor ---- */

static struct kring *create(const char *dir)
{
	struct arena *arena = arena_create();
	struct kring *node = arena_alloc(arena, sizeof *node);
	node->arena = arena;
	node->dir = arena_text(arena, dir);
	return node;
}

static void configure(struct kring *node, const struct config *c)
{
	node->config = *c;
	node->site = (struct site){
		.domain = c->domain,
		.base_url = c->base_url,
		.name = c->name,
		.summary = c->summary,
		.language = c->language,
		.version = KRING_VERSION,
		.mail_from = *c->mail ? c->mail_from : NULL,
		.mail_server = c->mail,
		.mail_sink = text_is(c->mail, "sink")
			? arena_format(node->arena, "%s/mail", node->dir)
			: NULL,
		.mail_per_hour = c->mail_per_hour,
		.mail_bounces = c->mail_bounces,
		.loopback = c->allow_loopback,
		.roll_second_factor = c->roll_second_factor,
		.blobs = arena_format(node->arena, "%s/blobs", node->dir),
		.erased = arena_format(node->arena, "%s/erased", node->dir),
	};
}

static enum err open_store(struct kring *node, const char **why)
{
	struct store_settings set = {
		.path = arena_format(node->arena, "%s/store", node->dir),
		.map_size = (size_t)node->config.map_gib << 30,
		.owner = &node->site,
	};
	enum err e = store_open(node->arena, &set, &node->store, why);
	if (e == OK)
		e = roll_open(node->arena, &node->site,
			arena_format(node->arena, "%s/roll", node->dir), &node->site.roll, why);
	return e;
}

struct birth {
	struct kring *node;
	struct key_pair keys;
	struct refusal refusal;
	struct actor actor;
};

static enum err create_actor(struct txn *t, void *arg)
{
	struct birth *b = arg;
	const struct site *site = &b->node->site;
	return actor_create(
		t, ACTOR_APPLICATION, site->domain, site->name, &b->keys, &b->refusal, &b->actor);
}

static enum err find_actor(struct txn *t, void *arg)
{
	struct kring *node = arg;
	struct actor actor;
	enum err e = actor_by_uri(
		t, arena_format(txn_arena(t), "%s/actor", node->site.base_url), &actor);
	if (e == OK)
		node->site.actor = actor.id;
	return e;
}

static enum err make_actor(struct kring *node, const char **why)
{
	struct birth b = {.node = node};
	b.keys = (struct key_pair){key_generate(KEY_RSA), key_generate(KEY_ED25519)};
	enum err e = store_write(node->store, create_actor, &b);
	*why = b.refusal.text ? b.refusal.text : "The node's own actor could not be made.";
	key_drop(b.keys.rsa);
	key_drop(b.keys.ed25519);
	return e;
}

/* ---- init, open ---- */

enum err node_init(
	struct arena *arena, const char *dir, const struct config *config, const char **why)
{
	struct bytes ini;
	enum err e = config_write(arena, config, &ini, why);
	if (e == OK)
		e = node_directory(arena, dir, why);
	if (e != OK)
		return e;
	struct kring *node = create(dir);
	configure(node, config);
	e = make_secret(node, why);
	if (e == OK)
		e = open_store(node, why);
	if (e == OK)
		e = make_actor(node, why);
	if (e == OK)
		e = private_write(arena, arena_format(arena, "%s/kring.ini", dir), ini, why);
	if (e != OK)
		*why = arena_text(arena, *why);
	node_close(node);
	return e;
}

static enum err read_settings(struct kring *node, const char **why)
{
	struct config config;
	enum err e = config_read(node->arena, node->dir, &config, why);
	if (e == OK)
		e = check_owner(node->arena, node->dir, why);
	if (e != OK)
		return e;
	configure(node, &config);
	return read_secret(node, why);
}

static enum err read_mail_settings(struct kring *node, struct mail_settings *out, const char **why)
{
	const struct config *c = &node->config;
	struct bytes password;
	*out = (struct mail_settings){
		.server = node->site.mail_sink == NULL && *c->mail ? c->mail : NULL,
		.directory = node->site.mail_sink,
		.per_hour = c->mail_per_hour};
	if (!*c->mail || !*c->mail_user)
		return OK;
	enum err e = private_read(node->arena, c->mail_password_file, &password, why);
	if (e != OK)
		return e;
	const char *line = arena_text_n(node->arena, password.data, password.size);
	out->user = c->mail_user;
	out->password = arena_text_n(node->arena, line, strcspn(line, "\r\n"));
	return OK;
}

static enum err start_federation(struct kring *node, bool deliver, const char **why)
{
	const struct config *c = &node->config;
	int64_t threads = c->threads ? c->threads : sysconf(_SC_NPROCESSORS_ONLN);
	node->crypto = pool_create("crypto", (int)threads, 1024);
	node->files = pool_create(
		"files", 1, 32); /* one at a time: kring-picture may take 448 MiB */
	struct federation_settings set = {
		.site = &node->site,
		.store = node->store,
		.crypto = node->crypto,
		.ca_file = *c->ca_file ? c->ca_file : NULL,
		.deliver = deliver,
		.retry_unit = c->retry_unit,
	};
	enum err e = read_mail_settings(node, &set.mail, why);
	if (e != OK)
		return e;
	return federation_start(&set, &node->federation, why);
}

enum err node_open(
	struct arena *arena, const char *dir, bool serving, struct kring **out, const char **why)
{
	struct kring *node = create(dir);
	enum err e = read_settings(node, why);
	if (e == OK)
		e = open_store(node, why);
	if (e == OK) {
		i18n_zone(
			node->config.timezone); /* both before there are threads that show pages */
		page_load();
		*why = "The store has no actor of this node: is its kring.ini another one's?";
		e = store_read(node->store, find_actor, node);
	}
	if (e == OK)
		e = start_federation(node, serving, why);
	if (e != OK) {
		*why = arena_text(arena, *why);
		node_close(node);
		return e;
	}
	*out = node;
	return OK;
}

/* ---- serve ---- */

/* Tells systemd how it stands with us (sd_notify(3), by hand); without systemd, nobody. */
static void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (!path || !text_print(to.sun_path, sizeof to.sun_path, "%s", path))
		return;
	if (to.sun_path[0] == '@') /* the abstract namespace */
		to.sun_path[0] = '\0';
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0
		|| sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to, size) < 0)
		log_line(LOG_WARN, "notify", "error=\"%s\"", strerror(errno));
	if (fd >= 0)
		close(fd);
}

const struct route *const *node_routes(struct arena *arena)
{
	size_t count = 0, lists = 0;
	while (features[count])
		count++;
	const struct route **routes = arena_array(arena, count + 8, sizeof *routes);
	for (size_t i = 0; i < count; i++)
		if (features[i]->routes)
			routes[lists++] = features[i]->routes;
	routes[lists++] = api_routes;
	routes[lists++] = numbers_routes;
	routes[lists++] = lookup_routes;
	routes[lists++] = linking_routes;
	routes[lists++] = mailer_routes;
	routes[lists++] = aggregator_routes;
	routes[lists] = federation_routes;
	return routes;
}

static enum err start_server(struct kring *node, const char **why)
{
	const struct config *c = &node->config;
	struct server_settings set = {
		.site = &node->site,
		.store = node->store,
		.crypto = node->crypto,
		.files = node->files,
		.threads = (int)c->threads,
		.trusted_proxy = *c->trusted_proxy ? c->trusted_proxy : NULL,
		.signed_in = account_signed_in,
		.face = face_show,
		.drafting = &drafts_kept,
	};
	set.routes = node_routes(node->arena);
	if (!config_split_listen(node->arena, c->listen, &set.address, &set.port)) {
		*why = "The address to listen on does not fit."; /* config_check saw to it */
		return ERR_INVALID;
	}
	return server_start(&set, &node->server, why);
}

/* What a flood took goes back to the system when it is over: glibc would keep it for the next one. */
static void give_back(struct store *s, void *arg)
{
	(void)s, (void)arg;
	malloc_trim(0);
}

static const struct chore memory_chores[] = {{"memory", 20 * SECOND, give_back, NULL}, {0}};

static struct clock *start_clock(struct kring *node)
{
	size_t count = 0, lists = 0;
	while (features[count])
		count++;
	const struct chore **chores = arena_array(node->arena, count + 4, sizeof *chores);
	chores[lists++] = session_chores;
	chores[lists++] = memory_chores;
	chores[lists++] = aggregator_chores;
	for (size_t i = 0; i < count; i++)
		if (features[i]->chores)
			chores[lists++] = features[i]->chores;
	return clock_start(node->store, chores);
}

const char *node_index(struct arena *arena, const char *dir)
{
	return arena_format(arena, "%s/search.sqlite", dir);
}

enum err node_serve(struct kring *node, struct arena *arena, const char **why)
{
	/* Commands come last: they ask for what the server counts. */
	size_t again;
	node->search = search_start(node->store, node_index(node->arena, node->dir));
	enum err e = leaving_again(node->store, &node->site, &again);
	if (e != OK)
		*why = "Who was erased stands in the store, and cannot be erased again.";
	if (e == OK)
		e = start_server(node, why);
	if (e == OK)
		e = control_start(node, arena, &node->control, why);
	if (e != OK) {
		*why = arena_text(arena, *why);
		return e;
	}
	numbers_serve(node);
	node->clock = start_clock(node);
	notify("READY=1");
	return OK;
}

void node_close(struct kring *node)
{
	if (!node)
		return;
	if (node->server)
		notify("STOPPING=1");
	if (node->clock)
		clock_stop(node->clock);
	control_stop(node->control);
	if (node->server)
		server_stop(node->server);
	numbers_serve(NULL);
	search_stop(node->search);
	federation_stop(node->federation);
	pool_destroy(node->files);
	pool_destroy(node->crypto);
	store_close(node->store);
	roll_close(node->site.roll);
	crypto_wipe(node->site.secret, SECRET_SIZE);
	arena_destroy(node->arena);
}

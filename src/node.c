/* node.c: a node starts in order and stops in reverse. */
#include "node.h"

#include "api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTS_MAX 32

/* ---- the secret: 32 random bytes in DIR/secret, never in the store or its backups ---- */

static enum err secret_make(struct arena *arena, const char *dir, const char **why)
{
	uint8_t secret[32];
	crypto_random(secret, sizeof secret);
	const char *file = arena_format(arena, "%s/secret", dir);
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, secret, sizeof secret) == sizeof secret && fsync(fd) == 0;
	if (fd >= 0 && close(fd) != 0)
		good = false;
	crypto_wipe(secret, sizeof secret);
	if (!good)
		*why = arena_format(arena, "%s cannot be written: %s.", file, strerror(errno));
	return good ? OK : ERR_STORE;
}

static enum err secret_read(struct arena *arena, const char *dir, uint8_t out[32], const char **why)
{
	const char *file = arena_format(arena, "%s/secret", dir);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	uint8_t bytes[33];
	ssize_t size = fd >= 0 ? read(fd, bytes, sizeof bytes) : -1;
	if (fd >= 0)
		close(fd);
	if (size != 32) {
		*why = arena_format(arena, "%s is missing or not 32 bytes: without it the keys in the store cannot be read.", file);
		return ERR_STORE;
	}
	memcpy(out, bytes, 32);
	crypto_wipe(bytes, sizeof bytes);
	return OK;
}

/* ---- the node actor ---- */

struct birth {
	const char *domain, *title;
	struct key_pair keys;
	struct refusal refusal;
	struct actor actor;
};

static enum err create_node_actor(struct txn *t, void *arg)
{
	struct birth *b = arg;
	return actor_create(t, ACTOR_APPLICATION, b->domain, b->title, &b->keys, &b->refusal, &b->actor);
}

static enum err find_node_actor(struct txn *t, void *arg)
{
	struct kring *node = arg;
	struct actor actor;
	enum err e = actor_by_uri(t, arena_format(txn_arena(t), "%s/actor", node->site.base_url), &actor);
	if (e == OK)
		node->site.actor = actor.id;
	return e;
}

static enum err open_store(struct kring *node, const char **why)
{
	struct store_settings set = {
		.path = arena_format(node->arena, "%s/store", node->dir),
		.map_size = (size_t)node->config.map_gib << 30,
		.owner = &node->site,
	};
	return store_open(node->arena, &set, &node->store, why);
}

static enum err read_site(struct kring *node, const char **why)
{
	const struct config *c = &node->config;
	enum err e = config_read(node->arena, node->dir, &node->config, why);
	if (e != OK)
		return e;
	node->site = (struct site){.domain = c->domain, .base_url = c->base_url, .name = c->name, .summary = c->summary,
		.language = c->language, .version = KRING_VERSION, .loopback = c->allow_loopback};
	return secret_read(node->arena, node->dir, node->site.secret, why);
}

static struct kring *node_create(const char *dir)
{
	struct arena *arena = arena_create();
	struct kring *node = arena_alloc(arena, sizeof *node);
	node->arena = arena;
	node->dir = arena_text(arena, dir);
	return node;
}

/* A reason outlives the node it is about: kept as long as the program. */
static const char *keep_reason(const char *why)
{
	static struct arena *kept;
	if (!kept)
		kept = arena_create();
	return arena_text(kept, why);
}

enum err node_init(const char *dir, const struct config *config, const char **why)
{
	struct kring *node = node_create(dir);
	struct birth birth = {.domain = config->domain, .title = config->name};
	enum err e = config_write(node->arena, dir, config, why);
	if (e == OK)
		e = secret_make(node->arena, dir, why);
	if (e == OK)
		e = read_site(node, why);
	if (e == OK)
		e = open_store(node, why);
	if (e == OK) {
		birth.keys = (struct key_pair){key_generate(KEY_RSA), key_generate(KEY_ED25519)};
		*why = "The node's own actor could not be made.";
		e = store_write(node->store, create_node_actor, &birth);
		if (e != OK && birth.refusal.text)
			*why = birth.refusal.text;
		key_drop(birth.keys.rsa);
		key_drop(birth.keys.ed25519);
	}
	if (e != OK)
		*why = keep_reason(*why);
	node_close(node);
	return e;
}

enum err node_open(const char *dir, bool serving, struct kring **out, const char **why)
{
	struct kring *node = node_create(dir);
	enum err e = read_site(node, why);
	if (e == OK)
		e = open_store(node, why);
	if (e == OK) {
		i18n_zone(node->config.timezone);
		page_load();
		*why = "The store has no actor of this node: was `kring init` interrupted?";
		e = store_read(node->store, find_node_actor, node);
	}
	if (e == OK) {
		node->crypto = pool_create("crypto", (int)(node->config.threads ? node->config.threads : sysconf(_SC_NPROCESSORS_ONLN)), 1024);
		struct federation_settings set = {
			.site = &node->site, .store = node->store, .crypto = node->crypto,
			.ca_file = *node->config.ca_file ? node->config.ca_file : NULL,
			.deliver = serving, .retry_unit = node->config.retry_unit,
		};
		e = federation_start(&set, &node->federation, why);
	}
	if (e != OK) {
		*why = keep_reason(*why);
		node_close(node);
		return e;
	}
	*out = node;
	return OK;
}

enum err node_serve(struct kring *node, const char *listen, const char **why)
{
	const struct route **routes = arena_array(node->arena, LISTS_MAX, sizeof *routes);
	const struct chore **chores = arena_array(node->arena, LISTS_MAX, sizeof *chores);
	size_t route_lists = 0, chore_lists = 0;
	for (size_t i = 0; features[i]; i++) {
		if (i + 3 == LISTS_MAX)
			die("more than %d features", LISTS_MAX - 3);
		if (features[i]->routes)
			routes[route_lists++] = features[i]->routes;
		if (features[i]->chores)
			chores[chore_lists++] = features[i]->chores;
	}
	routes[route_lists++] = api_routes;
	routes[route_lists] = federation_routes;

	struct server_settings set = {
		.site = &node->site, .store = node->store, .crypto = node->crypto, .threads = (int)node->config.threads,
		.trusted_proxy = *node->config.trusted_proxy ? node->config.trusted_proxy : NULL, .routes = routes,
		.member = account_member,
	};
	const char *where = listen ? listen : node->config.listen;
	if (!config_split_listen(node->arena, where, &set.address, &set.port)) {
		*why = arena_format(node->arena, "%s is no address and port, such as 127.0.0.1:8080.", where);
		return ERR_INVALID;
	}
	enum err e = control_start(node, &node->control, why);
	if (e == OK)
		e = server_start(&set, &node->server, why);
	if (e == OK)
		node->clock = clock_start(node->store, chores);
	return e;
}

void node_close(struct kring *node)
{
	if (!node)
		return;
	if (node->clock)
		clock_stop(node->clock);
	control_stop(node->control);
	if (node->server)
		server_stop(node->server);
	federation_stop(node->federation);
	pool_destroy(node->crypto);
	store_close(node->store);
	crypto_wipe(node->site.secret, sizeof node->site.secret);
	arena_destroy(node->arena);
}

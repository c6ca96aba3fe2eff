/* keep.c: commands about the node itself: made, served, checked, copied, brought back, counted. */
#include "command.h"
#include "numbers.h"
#include "private.h"
#include "roll.h"

#include <signal.h>
#include <unistd.h>

static const char *file_named(struct command_call *c, const char *start, const char *end)
{
	return arena_format(c->arena, "%s%s", start, end);
}

/* ---- init, config ---- */

int keep_init(struct command_call *c)
{
	struct config config;
	const char *why = NULL;
	config_default(c->arena, &config);
	const struct command_option options[] = {
		{"--domain", &config.domain, NULL},
		{"--name", &config.name, NULL},
		{"--base-url", &config.base_url, NULL},
		{"--language", &config.language, NULL},
		{"--listen", &config.listen, NULL},
		{"--ca-file", &config.ca_file, NULL},
		{"--allow-loopback", NULL, &config.allow_loopback},
	};
	if (!command_words(c, NULL, 0, options, COUNT(options)))
		return 2;
	if (!*config.domain || !*config.name)
		return command_misused(c, "--domain and --name are needed.");
	if (config_check(c->arena, &config, &why) != OK)
		return command_misused(c, "%s", why);
	enum err e = node_init(c->arena, c->dir, &config, &why);
	if (e != OK) {
		command_failed(c, "%s", why);
		return e == ERR_INVALID ? 2 : 1;
	}
	text_format(&c->out,
		"%s is the node of %s now. Next:\n"
		"  kring --data %s member add NAME --email E --admin --password-stdin\n"
		"  kring --data %s serve\n",
		c->dir, config.base_url, c->dir, c->dir);
	return 0;
}

int keep_config(struct command_call *c)
{
	if (!command_words(c, NULL, 0, NULL, 0))
		return 2;
	config_document(&c->out);
	return 0;
}

/* ---- serve ---- */

static void wait_for(const sigset_t *stops)
{
	int signal_number = 0;
	while (sigwait(stops, &signal_number) != 0)
		;
	log_line(LOG_INFO, "stop", "signal=%d", signal_number);
}

int keep_serve(struct command_call *c)
{
	const char *listen = NULL, *why = NULL, *address;
	uint16_t port;
	struct kring *node = NULL;
	const struct command_option options[] = {{"--listen", &listen, NULL}};
	if (!command_words(c, NULL, 0, options, COUNT(options)))
		return 2;
	if (listen && !config_split_listen(c->arena, listen, &address, &port))
		return command_misused(
			c, "%s is no address and port, such as 127.0.0.1:8080.", listen);

	sigset_t stops;
	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stops, NULL); /* before any thread starts: they inherit it */

	enum err e = node_open(c->arena, c->dir, true, &node, &why);
	if (e == OK) {
		log_open(node->config.log, STDERR_FILENO);
		if (listen)
			node->config.listen = listen;
		e = node_serve(node, c->arena, &why);
	}
	if (e == OK) {
		log_line(LOG_INFO, "start", "version=%s url=%s port=%u", KRING_VERSION,
			node->site.base_url, server_port(node->server));
		wait_for(&stops);
		pthread_sigmask(SIG_UNBLOCK, &stops, NULL); /* a second signal need not wait */
	}
	node_close(node);
	return e == OK ? 0 : command_failed(c, "%s", why);
}

/* ---- check, stats ---- */

int keep_check(struct command_call *c)
{
	if (!command_words(c, NULL, 0, NULL, 0))
		return 2;
	size_t findings = node_check(c->node, &c->out);
	if (findings == 0)
		text_add(&c->out, "The store is sound.\n");
	else
		text_format(&c->out, "The store is not sound: findings=%zu\n", findings);
	return findings ? 1 : 0;
}

int keep_rebuild_search(struct command_call *c)
{
	if (!command_words(c, NULL, 0, NULL, 0))
		return 2;
	if (c->node->search)
		search_rebuild(c->node->search);
	else
		search_file_forget(node_index(c->arena, c->dir));
	text_add(&c->out,
		c->node->search ? "The index is being made anew.\n"
				: "The index will be made anew when the node serves.\n");
	return 0;
}

int keep_stats(struct command_call *c)
{
	if (!command_words(c, NULL, 0, NULL, 0))
		return 2;
	enum err e = numbers_write(c->node, c->arena, "", &c->out);
	return e == OK ? 0 : command_failed(c, "%s", err_message(e));
}

int keep_inbox(struct command_call *c)
{
	bool retry = false;
	size_t count = 0;
	const struct command_option options[] = {{"--retry", NULL, &retry}};
	if (!command_words(c, NULL, 0, options, COUNT(options)))
		return 2;
	enum err e = retry ? parked_retry(c->node->federation, &count)
			   : parked_list(c->node->store, &c->out, &count);
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	if (count == 0)
		text_add(&c->out, "Nothing waits to be tried again.\n");
	else if (retry)
		text_format(&c->out, "Tried once more: %zu.\n", count);
	return 0;
}

/* ---- backup, restore ---- */

/* What a backup writes over is lost, and it might be the node's own files. */
static bool is_free(struct command_call *c, const char *file)
{
	if (access(file, F_OK) != 0)
		return true;
	command_failed(c, "%s is there already; choose another name.", file);
	return false;
}

/* Files that came while the store was copied are named by the copy: so once more. */
static enum err copy_whole(
	struct command_call *c, const char *file, const char *blobs, const char **why)
{
	enum err e = blob_copy(c->node->site.blobs, blobs);
	if (e == OK)
		e = store_backup(c->node->store, file, why);
	else
		*why = "The pictures and other files could not be copied.";
	if (e == OK && blob_copy(c->node->site.blobs, blobs) != OK) {
		*why = "The pictures and other files could not be copied.";
		e = ERR_STORE;
	}
	return e;
}

struct head {
	struct arena *arena;
	const char *words;
};

static enum err read_head(struct txn *r, void *arg)
{
	struct head *h = arg;
	struct audit last;
	enum err e = audit_last(r, &last);
	if (e == OK)
		h->words = arena_format(h->arena, "%llu %s", (unsigned long long)last.number,
			hex_encode(h->arena, last.hash.data, last.hash.size));
	return e == ERR_NOT_FOUND ? OK : e;
}

int keep_backup(struct command_call *c)
{
	const char *file, *why = NULL;
	struct bytes settings, secret;
	if (!command_words(c, &file, 1, NULL, 0))
		return 2;
	const char *ini = file_named(c, file, ".ini");
	const char *key = file_named(c, file, ".secret");
	const char *roll = file_named(c, file, ".roll");
	const char *blobs = file_named(c, file, ".blobs");
	const char *erased = file_named(c, file, ".erased");
	if (!is_free(c, file) || !is_free(c, roll) || !is_free(c, ini) || !is_free(c, key)
		|| !is_free(c, blobs) || !is_free(c, erased))
		return 1;
	enum err e = private_read(c->arena, file_named(c, c->dir, "/kring.ini"), &settings, &why);
	if (e == OK)
		e = private_read(c->arena, file_named(c, c->dir, "/secret"), &secret, &why);
	if (e != OK)
		return command_failed(c, "%s", why);
	e = copy_whole(c, file, blobs, &why);
	if (e == OK)
		e = store_backup(roll_store(c->node->site.roll), roll, &why);
	if (e == OK)
		e = erased_merge(c->node->site.erased, erased);
	if (e == OK)
		e = private_write(c->arena, ini, settings, &why);
	if (e == OK)
		e = private_write(c->arena, key, secret, &why);
	crypto_wipe((void *)(uintptr_t)secret.data, secret.size);
	struct head head = {c->arena, "0"};
	if (e == OK)
		e = roll_read(&c->node->site, read_head, &head);
	if (e != OK)
		return command_failed(c, "%s", why != NULL ? why : err_message(e));
	/* Written down elsewhere it shows, later, that nothing was taken out of the log before. */
	text_format(&c->out, "log of the roll: %s\n", head.words);
	text_format(&c->out,
		"%s\n%s\n%s%s%s\n%s\n"
		"Keep the last one apart from the others: with it, all that is sealed in them "
		"opens.\n",
		file, roll, access(blobs, F_OK) == 0 ? blobs : "",
		access(blobs, F_OK) == 0 ? "\n" : "", ini, key);
	return 0;
}

static enum err merge_erased(
	struct command_call *c, const char *file, const char *erased, const char **why)
{
	const char *list = file_named(c, c->dir, "/erased");
	enum err e = erased_merge(file_named(c, file, ".erased"), list);
	if (e == OK && erased != NULL)
		e = erased_merge(erased, list);
	if (e != OK)
		*why = "The list of who was erased could not be written.";
	return e;
}

/* kring.ini comes last: without it there is no node. */
static enum err restore(
	struct command_call *c, const char *file, const char *erased, const char **why)
{
	struct bytes settings, secret;
	enum err e = private_read(c->arena, file_named(c, file, ".ini"), &settings, why);
	if (e == OK)
		e = private_read(c->arena, file_named(c, file, ".secret"), &secret, why);
	if (e == OK)
		e = node_directory(c->arena, c->dir, why);
	if (e == OK)
		e = store_restore(file_named(c, c->dir, "/store"), file, why);
	if (e == OK
		&& blob_copy(file_named(c, file, ".blobs"), file_named(c, c->dir, "/blobs"))
			!= OK) {
		*why = "The pictures and other files could not be brought back.";
		e = ERR_STORE;
	}
	if (e == OK)
		e = store_restore(
			file_named(c, c->dir, "/roll"), file_named(c, file, ".roll"), why);
	if (e == OK)
		e = merge_erased(c, file, erased, why);
	if (e == OK)
		e = private_write(c->arena, file_named(c, c->dir, "/secret"), secret, why);
	if (e == OK)
		e = private_write(c->arena, file_named(c, c->dir, "/kring.ini"), settings, why);
	return e;
}

/* Nobody who was erased after the backup comes back with it: else there is no node. */
static enum err erase_again(
	struct command_call *c, struct kring *node, size_t *count, const char **why)
{
	enum err e = leaving_again(node->store, &node->site, count);
	if (e == OK)
		return OK;
	(void)unlink(file_named(c, c->dir, "/kring.ini"));
	*why = "Who was erased after this backup could not be erased again: nothing is served.";
	return e;
}

int keep_restore(struct command_call *c)
{
	const char *file, *why = NULL, *erased = NULL;
	struct kring *node = NULL;
	size_t again = 0;
	const struct command_option options[] = {{"--erased", &erased, NULL}};
	if (!command_words(c, &file, 1, options, COUNT(options)))
		return 2;
	if (erased != NULL && access(erased, R_OK) != 0)
		return command_failed(c, "%s cannot be read.", erased);
	enum err e = restore(c, file, erased, &why);
	if (e == OK)
		e = node_open(c->arena, c->dir, false, &node, &why);
	if (e == OK)
		e = erase_again(c, node, &again, &why);
	if (e == OK)
		text_format(&c->out,
			"Erased again: %zu.\n"
			"%s is the node of %s again. `kring --data %s check` reads it through.\n",
			again, c->dir, node->site.base_url, c->dir);
	node_close(node);
	return e == OK ? 0 : command_failed(c, "%s", why);
}

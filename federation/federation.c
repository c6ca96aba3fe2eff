/* federation.c: starts and stops its parts in order, and answers the few things others ask of them. */
#include "federation.h"

#include <stdatomic.h>
#include <stdlib.h>

#define LOOKUPS 2
#define LOOKUPS_WAITING 16

static _Atomic(struct federation *) running;

struct federation *federation_running(void)
{
	return atomic_load(&running);
}

const struct table_use federation_tables[] = {
	{TABLE_INBOX, &received_shape},
	{TABLE_SEEN, NULL},
	{TABLE_SEEN_AGE, NULL},
	{TABLE_ACTIVITY, &kept_shape},
	{TABLE_QUEUE, &delivery_row_shape},
	{TABLE_HOST, &host_shape},
	{TABLE_PARKED, &received_shape},
	{TABLE_FANOUT, NULL},
	{TABLE_ANNOUNCED, NULL},
	{TABLE_LATER, &received_shape},
	{0},
};

static enum err load_keys(struct txn *t, void *arg)
{
	struct federation *f = arg;
	return actor_keys_load(t, f->set.site->actor, &f->node_keys);
}

/* What follows from what was done: our own letters first, then what each feature makes of it. */
static void gather_readers(struct federation *f)
{
	f->readers[f->reader_count++] = (struct journal_reader){
		OUTBOX_READER, outbox_follow, outbox_after, f};
	for (const struct feature *const *all = features; *all != NULL; all++)
		for (const struct journal_reader *r = (*all)->readers; r != NULL && r->name; r++) {
			if (f->reader_count == READERS_MOST)
				die("too many readers of the journal");
			f->readers[f->reader_count++] = *r;
		}
}

static enum err start_parts(struct federation *f, const char **why)
{
	*why = "The keys of the node cannot be read.";
	enum err e = store_read(f->set.store, load_keys, f);
	if (e != OK)
		return e;
	e = transport_start(&f->set, &f->transport, why);
	if (e != OK || !f->set.deliver)
		return e;
	*why = "The delivery queue cannot be read.";
	e = delivery_start(f, &f->delivery);
	if (e != OK)
		return e;
	*why = "The inbox cannot be read.";
	e = inbox_start(f, &f->inbox);
	if (e != OK)
		return e;
	f->proxy = proxy_start();
	f->feeds = aggregator_start();
	f->lookups = pool_create("lookup", LOOKUPS, LOOKUPS_WAITING);
	if (f->set.site->mail_from != NULL)
		f->mailer = mailer_start(f);
	f->journal = journal_start(f->set.store, f->readers, f->reader_count);
	return OK;
}

/* What was left of a long list when we stopped goes on at once. */
enum err federation_start(
	const struct federation_settings *settings, struct federation **out, const char **why)
{
	struct federation *f = calloc(1, sizeof *f);
	if (f == NULL)
		die("out of memory for the federation");
	f->set = *settings;
	f->resolver = resolver_create(settings->retry_unit);
	f->letter_keys = letter_keys_create();
	gather_readers(f);
	leaving_beyond(&forget_personal, forget_waits);
	atomic_store(&running, f);
	enum err e = start_parts(f, why);
	if (e != OK) {
		federation_stop(f);
		return e;
	}
	if (f->set.deliver)
		outbox_after(f);
	*why = NULL;
	*out = f;
	return OK;
}

/* The wire closes first: who waits for an answer gets one, and nobody waits for ever. It is freed last: others look at
 * it until they have ended. */
void federation_stop(struct federation *f)
{
	if (f == NULL)
		return;
	if (f->transport != NULL)
		transport_close(f->transport);
	pool_destroy(f->proxy);
	f->proxy = NULL;
	pool_destroy(f->feeds);
	f->feeds = NULL;
	pool_destroy(f->lookups);
	journal_stop(f->journal);
	mailer_stop(f->mailer);
	if (f->delivery != NULL)
		delivery_stop(f->delivery);
	if (f->inbox != NULL)
		inbox_stop(f->inbox);
	if (f->transport != NULL)
		transport_stop(f->transport);
	atomic_store(&running, NULL);
	resolver_destroy(f->resolver);
	letter_keys_destroy(f->letter_keys);
	key_drop(f->node_keys.rsa);
	key_drop(f->node_keys.ed25519);
	free(f);
}

void federation_numbers(struct federation *f, struct view *v)
{
	if (f->inbox != NULL)
		inbox_numbers(f->inbox, v);
	if (f->delivery != NULL)
		delivery_numbers(f->delivery, v);
	if (f->mailer != NULL)
		mailer_numbers(f->mailer, v);
	transport_numbers(f->transport, v);
}

struct question {
	const char *handle;
	uint64_t id;
};

static enum err ask_handle(struct txn *t, void *arg)
{
	struct question *q = arg;
	struct actor a;
	enum err e = actor_by_handle(t, q->handle, &a);
	if (e != OK)
		return e;
	q->id = a.id;
	return a.gone ? ERR_GONE : OK;
}

enum err federation_find_actor(struct federation *f, const char *handle_or_uri, uint64_t *actor)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct budget budget = resolve_budget();
	const char *uri = handle_or_uri;
	struct actor found;
	if (!reading_is_uri(handle_or_uri)) {
		struct question q = {.handle = handle_or_uri};
		enum err e = store_read(f->set.store, ask_handle, &q);
		if (e == OK)
			*actor = q.id;
		if (e != ERR_NOT_FOUND)
			return e;
		e = resolve_webfinger(f, arena, handle_or_uri, &budget, &uri);
		if (e != OK)
			return e;
	}
	enum err e = actor_find(f, arena, uri, &budget, &found);
	if (e == OK)
		*actor = found.id;
	return e;
}

enum err federation_find_post(struct federation *f, const char *uri, uint64_t *post)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct budget budget = resolve_budget();
	return resolve_post(f, arena, uri, &budget, post);
}

/* Applying may journal, and journalling may deliver to ourselves what we then apply: so twice. */
void federation_settle(struct federation *f)
{
	for (int i = 0; i < 2; i++) {
		if (f->inbox != NULL)
			inbox_settle(f->inbox);
		if (f->journal != NULL)
			journal_settle(f->journal);
		if (f->delivery != NULL)
			delivery_settle(f->delivery);
	}
}

/* leavingagain.c: what must not come back with an old backup: who was erased stands in a list of its own, and goes again. */
#include "leaving.h"
#include "roll.h"

#define AGAIN_AT_ONCE 500

static const char *entry(struct arena *arena, const char *kind, uint64_t id)
{
	return arena_format(arena, "%s %llu", kind, (unsigned long long)id);
}

enum err leaving_note(const struct site *site, const char *kind, uint64_t id, uint32_t keep)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	return site->erased != NULL
		? erased_add(site->erased, site->secret, entry(arena, kind, id), keep)
		: OK;
}

enum err leaving_note_person(const struct site *site, uint64_t person)
{
	return leaving_note(site, "person", person, 0);
}

struct again {
	struct arena *arena;
	const struct site *site;
	struct erased_list *list;
	uint64_t after, last; /* from where on, and up to where it came */
	uint64_t ids[AGAIN_AT_ONCE];
	uint32_t keeps[AGAIN_AT_ONCE];
	size_t count, seen;
};

static enum err find_again(void *arg, struct bytes key, struct bytes value)
{
	struct again *a = arg;
	(void)value;
	a->last = place_id(key, 0);
	a->seen++;
	if (erased_has(a->arena, a->list, a->site->secret, entry(a->arena, "account", a->last),
		    &a->keeps[a->count]))
		a->ids[a->count++] = a->last;
	return OK;
}

/* Whatever it leaves without anybody to look after it: they are not there to do so. */
static enum err ask_again(struct txn *t, uint64_t actor, uint32_t keep)
{
	struct leaving l;
	struct account account = {0};
	int64_t now = time_now();
	enum err e = leaving_load(t, actor, &l);
	if (e == OK && l.step != LEAVING_ASKED)
		return OK; /* it goes on by itself */
	if (e == OK || e == ERR_NOT_FOUND)
		e = account_load(t, actor, &account);
	l = (struct leaving){.actor = actor,
		.step = LEAVING_ASKED,
		.keep = keep & KEEP_ALL,
		.asked = now,
		.due = now,
		.email = account.email};
	return e == OK ? leaving_save(t, &l) : e;
}

static enum err accounts_again(struct txn *t, void *arg)
{
	struct again *a = arg;
	struct place from = place_1(TABLE_ACCOUNT, a->after + 1);
	struct walk walk = {.prefix = place_0(TABLE_ACCOUNT), .from = &from, .max = AGAIN_AT_ONCE};
	a->count = a->seen = 0;
	enum err e = txn_walk(t, &walk, find_again, a);
	for (size_t i = 0; e == OK && i < a->count; i++)
		e = ask_again(t, a->ids[i], a->keeps[i]);
	return e;
}

static enum err persons_again(struct txn *r, void *arg)
{
	struct again *a = arg;
	struct doer by = {.reason = "erased"};
	struct u64s ids;
	uint32_t keep;
	enum err e = person_list(r, a->after, AGAIN_AT_ONCE, &ids);
	a->count = 0;
	a->seen = e == OK ? ids.count : 0;
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		a->last = ids.at[i];
		if (!erased_has(a->arena, a->list, a->site->secret,
			    entry(a->arena, "person", a->last), &keep))
			continue;
		a->count++;
		e = person_remove(r, &by, a->last);
	}
	return e;
}

enum err leaving_again(struct store *store, const struct site *site, size_t *count)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct again *a = arena_alloc(arena, sizeof *a);
	*a = (struct again){.arena = arena, .site = site};
	*count = 0;
	enum err e = site->erased != NULL ? erased_read(arena, site->erased, &a->list) : OK;
	if (e != OK || a->list == NULL || erased_is_empty(a->list))
		return e;
	do {
		e = store_write(store, accounts_again, a);
		a->after = a->last;
		for (size_t i = 0; e == OK && i < a->count; i++)
			leaving_go(store, a->ids[i]);
		*count += e == OK ? a->count : 0;
	} while (e == OK && a->seen == AGAIN_AT_ONCE);
	a->after = 0;
	do {
		e = e == OK ? roll_write(site, persons_again, a) : e;
		a->after = a->last;
		*count += e == OK ? a->count : 0;
	} while (e == OK && a->seen == AGAIN_AT_ONCE);
	return e;
}

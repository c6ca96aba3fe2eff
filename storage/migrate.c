/*
 * migrate.c: the version of a store, and the numbered steps that bring an older one forward.
 *
 * Forward only and resumable: each slice of a step commits together with the place it got to. The
 * way back is the backup made before, and the program of before.
 */
#include "inside.h"
#include "schema.h"

#include <unistd.h>

/* Version 1 is the empty start: a store that has rows but no version is not ours. */
static enum err anything(void *arg, struct bytes key, struct bytes value)
{
	(void)key;
	(void)value;
	*(bool *)arg = true;
	return ERR_CONFLICT;
}

static enum err start(struct txn *t, struct place *at, bool *more)
{
	bool found = false;
	struct walk all = {.max = 1};
	(void)at;
	(void)more;
	enum err e = txn_walk(t, &all, anything, &found);
	return e == OK && found ? ERR_INVALID : e;
}

static const struct step list[] = {
	{1, "empty start", start},
};
const struct steps migrate_steps = {list, COUNT(list)};

/* ---- running them ---- */

struct progress { /* kept while a step is between two slices */
	uint32_t version;
	struct bytes at;
};
static const struct field progress_fields[] = {
	{1, F_U32, offsetof(struct progress, version), 0},
	{2, F_BYTES, offsetof(struct progress, at), sizeof((struct place *)0)->at},
};
static const struct shape progress_shape = {
	"progress",
	sizeof(struct progress),
	progress_fields,
	COUNT(progress_fields),
};

enum err migrate_version(struct txn *t, uint32_t *version)
{
	struct place key = place_text(TABLE_META, "version");
	uint64_t n = 0;
	enum err e = txn_get_id(t, &key, &n);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	*version = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	return OK;
}

static enum err read_version(struct txn *t, void *arg)
{
	return migrate_version(t, arg);
}

struct slice {
	const struct step *step;
	bool more;
};

static enum err run_slice(struct txn *t, void *arg)
{
	struct slice *s = arg;
	struct place key = place_text(TABLE_META, "migration");
	struct place version = place_text(TABLE_META, "version");
	struct progress p = {0};
	struct place at = {0};
	enum err e = txn_load(t, &key, &progress_shape, &p);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if (e == OK && p.version == s->step->version) {
		at.size = (uint8_t)p.at.size;
		for (size_t i = 0; i < p.at.size; i++)
			at.at[i] = ((const uint8_t *)p.at.data)[i];
	}
	s->more = false;
	e = s->step->run(t, &at, &s->more);
	if (e != OK)
		return e;
	if (s->more) {
		p = (struct progress){s->step->version, {at.at, at.size}};
		return txn_save(t, &key, &progress_shape, &p);
	}
	e = txn_put_id(t, &version, s->step->version);
	return e == OK ? txn_del(t, &key) : e;
}

static enum err run_step(
	struct store *store, const struct step *step, struct arena *arena, const char **why)
{
	struct slice s = {.step = step};
	do {
		enum err e = store_write(store, run_slice, &s);
		if (e == ERR_INVALID && step->version == 1)
			*why = "The directory holds a database that is not a store of Kring.";
		else if (e != OK)
			*why = arena_format(arena, "Migration %u (%s) failed: %s.", step->version,
				step->name, err_name(e));
		if (e != OK)
			return e;
	} while (s.more);
	log_line(LOG_INFO, "store", "version=%u step=\"%s\"", step->version, step->name);
	return OK;
}

/* A backup that is there already is of before the first try: it must not be written over with
 * one of halfway. */
static enum err keep_copy(struct store *store, uint32_t version, const char *directory,
	struct arena *arena, const char **why)
{
	const char *file = arena_format(arena, "%s/before-v%u.kring", directory, version);
	if (access(file, F_OK) == 0)
		return OK;
	return store_backup(store, file, why);
}

enum err migrate_run(struct store *store, const struct steps *steps, const char *directory,
	struct arena *arena, const char **why)
{
	uint32_t version = 0;
	enum err e = store_read(store, read_version, &version);
	if (e != OK) {
		*why = "The store's version cannot be read.";
		return e;
	}
	if (version > steps->count) {
		*why = arena_format(arena,
			"The store was written by a newer Kring: it has version %u, this program knows %u. "
			"Use that program, or restore a backup made before it.",
			version, steps->count);
		return ERR_INVALID;
	}
	if (version > 0 && version < steps->count && directory)
		e = keep_copy(store, version + 1, directory, arena, why);
	for (; e == OK && version < steps->count; version++)
		e = run_step(store, &steps->at[version], arena, why);
	return e;
}

/* memberimport.c: a member file written into the roll, and taken out of it again. */
#include "memberfile.h"

#define BATCH 500

static const struct field import_fields[] = {
	{1, F_U64, offsetof(struct import, actor), 0},
	{2, F_I64, offsetof(struct import, at), 0},
	{3, F_I64, offsetof(struct import, done), 0},
	{4, F_U32, offsetof(struct import, added), 0},
	{5, F_U32, offsetof(struct import, changed), 0},
	{6, F_U32, offsetof(struct import, ended), 0},
	{7, F_U32, offsetof(struct import, skipped), 0},
	{8, F_U64, offsetof(struct import, id), 0},
};
const struct shape import_shape = {
	"import", sizeof(struct import), import_fields, COUNT(import_fields)};

static enum err note(struct txn *r, const struct doer *by, enum audit_act act, const char *words)
{
	struct audit a = {.actor = by->actor, .act = act, .words = words, .reason = by->reason};
	return audit_add(r, &a);
}

static void note_progress(struct progress *p, size_t done, size_t all)
{
	if (p == NULL)
		return;
	atomic_store(&p->done, done);
	atomic_store(&p->all, all);
}

/* ---- writing --------------------------------------------------------------------------------- */

struct batch {
	const struct doer *by;
	const struct plan *plan;
	bool gone;
	size_t from, to;
	struct import before, after;
};

static enum err keep_new(struct txn *r, struct batch *b, const struct plan_row *row)
{
	struct person p = row->person;
	enum err e = person_add(r, b->by, &p);
	if (e == ERR_CONFLICT) {
		b->after.skipped++;
		return OK;
	}
	struct place place = place_2(TABLE_IMPORT_ROW, b->after.id, p.id);
	b->after.added++;
	return e == OK ? txn_put(r, &place, (struct bytes){"", 1}) : e;
}

static enum err keep_changed(struct txn *r, struct batch *b, const struct plan_row *row)
{
	struct person now;
	struct bytes copy = {0};
	struct place place = place_2(TABLE_IMPORT_ROW, b->after.id, row->person.id);
	enum err e = person_load(r, row->person.id, &now);
	if (e == OK && now.changed != row->person.changed)
		e = ERR_CONFLICT;
	if (e == OK)
		e = person_copy(r, row->person.id, &copy);
	if (e == OK)
		e = person_save(r, b->by, &row->person);
	if (e == ERR_CONFLICT || e == ERR_NOT_FOUND) {
		b->after.skipped++;
		return OK;
	}
	if (row->kind == PLAN_GONE)
		b->after.ended++;
	else
		b->after.changed++;
	return e == OK ? txn_put(r, &place, copy) : e;
}

static enum err batch_run(struct txn *r, void *arg)
{
	struct batch *b = arg;
	const size_t *counts = b->plan->counts;
	enum err e = OK;
	b->after = b->before;
	if (b->from == 0)
		e = note(r, b->by, AUDIT_IMPORT,
			arena_format(txn_arena(r), "new %zu changed %zu gone %zu", counts[PLAN_NEW],
				counts[PLAN_CHANGED], b->gone ? counts[PLAN_GONE] : 0));
	for (size_t i = b->from; e == OK && i < b->to; i++) {
		const struct plan_row *row = &b->plan->rows[i];
		if (row->kind == PLAN_NEW)
			e = keep_new(r, b, row);
		else if (row->kind == PLAN_CHANGED || (row->kind == PLAN_GONE && b->gone))
			e = keep_changed(r, b, row);
	}
	struct place place = place_1(TABLE_IMPORT, b->after.id);
	b->after.done = time_now();
	return e == OK ? txn_save(r, &place, &import_shape, &b->after) : e;
}

enum err memberfile_apply(const struct site *site, const struct doer *by, const struct plan *plan,
	bool gone, struct progress *progress, struct import *out)
{
	struct doer in_bulk = *by;
	struct batch b = {.by = &in_bulk, .plan = plan, .gone = gone};
	enum err e = OK;
	in_bulk.in_bulk = true;
	b.before = (struct import){.id = id_next(), .actor = by->actor, .at = time_now()};
	*out = b.before;
	note_progress(progress, 0, plan->count);
	for (; e == OK && b.from < plan->count; b.from = b.to) {
		b.to = b.from + BATCH < plan->count ? b.from + BATCH : plan->count;
		e = roll_write(site, batch_run, &b);
		if (e == OK)
			*out = b.before = b.after;
		note_progress(progress, b.to, plan->count);
	}
	return e;
}

/* ---- undoing --------------------------------------------------------------------------------- */

struct rows {
	uint64_t ids[BATCH];
	size_t count;
};

static enum err see_row(void *arg, struct bytes key, struct bytes value)
{
	struct rows *rows = arg;
	(void)value;
	rows->ids[rows->count++] = place_id(key, key.size > 9);
	return OK;
}

static enum err rows_of(
	struct txn *r, struct place prefix, bool backward, size_t max, struct rows *out)
{
	struct walk walk = {.prefix = prefix, .backward = backward, .max = max};
	out->count = 0;
	return txn_walk(r, &walk, see_row, out);
}

enum err import_last(struct txn *r, struct import *out)
{
	struct rows found;
	struct import last;
	enum err e = rows_of(r, place_0(TABLE_IMPORT), true, 1, &found);
	if (e == OK && found.count == 0)
		e = ERR_NOT_FOUND;
	struct place place = place_1(TABLE_IMPORT, e == OK ? found.ids[0] : 0);
	if (e == OK)
		e = txn_load(r, &place, &import_shape, &last);
	if (e == OK && last.at + IMPORT_UNDO <= time_now())
		e = ERR_NOT_FOUND;
	if (e == OK)
		*out = last;
	return e;
}

struct undoing {
	const struct doer *by;
	struct import import;
	bool first, over;
	size_t before, left; /* persons that were changed since */
};

static enum err undo_one(struct txn *r, struct undoing *u, uint64_t id)
{
	struct person p;
	struct bytes was;
	struct place place = place_2(TABLE_IMPORT_ROW, u->import.id, id);
	enum err e = person_load(r, id, &p);
	if (e == OK && p.changed > u->import.done)
		e = ERR_CONFLICT;
	if (e == OK)
		e = txn_get(r, &place, &was);
	if (e == OK)
		e = was.size == 1 ? person_remove(r, u->by, id)
				  : person_put_back(r, u->by, arena_bytes(txn_arena(r), was));
	if (e == ERR_CONFLICT)
		u->left++;
	if (e == ERR_CONFLICT || e == ERR_NOT_FOUND) /* or erased */
		e = OK;
	return e == OK ? txn_del(r, &place) : e;
}

static enum err undo_run(struct txn *r, void *arg)
{
	struct undoing *u = arg;
	struct rows rows;
	struct place all = place_1(TABLE_IMPORT_ROW, u->import.id),
		     place = place_1(TABLE_IMPORT, u->import.id);
	u->left = u->before;
	enum err e = u->first ? note(r, u->by, AUDIT_UNDO, NULL) : OK;
	if (e == OK)
		e = rows_of(r, all, false, BATCH, &rows);
	for (size_t i = 0; e == OK && i < rows.count; i++)
		e = undo_one(r, u, rows.ids[i]);
	if (e != OK)
		return e;
	u->over = rows.count < BATCH;
	return u->over ? txn_del(r, &place) : OK;
}

static enum err last_run(struct txn *r, void *arg)
{
	return import_last(r, arg);
}

enum err memberfile_undo(const struct site *site, const struct doer *by, struct progress *progress,
	struct import *out, size_t *left)
{
	struct doer in_bulk = *by;
	struct undoing u = {.by = &in_bulk, .first = true};
	in_bulk.in_bulk = true;
	size_t done = 0;
	enum err e = roll_read(site, last_run, &u.import);
	size_t all = u.import.added + u.import.changed + u.import.ended;
	note_progress(progress, 0, all);
	while (e == OK && !u.over) {
		e = roll_write(site, undo_run, &u);
		done += BATCH;
		note_progress(progress, done < all ? done : all, all);
		u.before = u.left;
		u.first = false;
	}
	*out = u.import;
	*left = u.left;
	return e;
}

/* ---- after a week ---------------------------------------------------------------------------- */

struct ageing {
	const struct site *site;
	bool over;
};

static enum err age_run(struct txn *r, void *arg)
{
	struct ageing *a = arg;
	struct rows imports, rows;
	struct import import;
	a->over = true;
	enum err e = rows_of(r, place_0(TABLE_IMPORT), false, 1, &imports);
	if (e != OK || imports.count == 0)
		return e;
	struct place place = place_1(TABLE_IMPORT, imports.ids[0]);
	e = txn_load(r, &place, &import_shape, &import);
	if (e != OK || import.at + IMPORT_UNDO > time_now())
		return e;
	a->over = false;
	e = rows_of(r, place_1(TABLE_IMPORT_ROW, import.id), false, BATCH, &rows);
	for (size_t i = 0; e == OK && i < rows.count; i++) {
		struct place row = place_2(TABLE_IMPORT_ROW, import.id, rows.ids[i]);
		e = txn_del(r, &row);
	}
	return e == OK && rows.count < BATCH ? txn_del(r, &place) : e;
}

static enum err find_site(struct txn *t, void *arg)
{
	((struct ageing *)arg)->site = txn_site(t);
	return OK;
}

static void forget(struct store *store, void *arg)
{
	struct ageing a = {.over = false};
	(void)arg;
	enum err e = store_read(store, find_site, &a);
	while (e == OK && !a.over && a.site->roll != NULL)
		e = roll_write(a.site, age_run, &a);
	if (e != OK)
		log_line(LOG_WARN, "memberfile", "chore=forget error=%s", err_name(e));
}

static const struct chore chores[] = {{"imports", HOUR, forget, NULL}, {0}};
const struct feature feature_memberfile = {.name = "memberfile", .chores = chores};

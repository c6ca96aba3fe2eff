/*
 * memberdesk.c: the member file on pages: sent, its columns named, looked at, written, and taken back. Until it is written
 * it lies in memory for half an hour and nowhere else: what is not for the roll is never kept.
 */
#include "memberfile.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DESKS 4
#define DESK_FOR (30 * MINUTE)
#define ROWS_SHOWN 50 /* of each kind */
#define FEW 20        /* so many are shown unasked */
#define LOOK "file"

enum desk_state {
	DESK_FREE,
	DESK_LOOKING,
	DESK_WRITING,
	DESK_TAKING_BACK,
	DESK_WRITTEN,
	DESK_TAKEN_BACK
};
struct desk { /* of one person at a time */
	const struct site *site;
	uint64_t actor;
	enum desk_state state;
	int64_t until; /* steady: a file or an outcome is forgotten then */
	void *file;
	size_t size;
	struct arena *arena; /* of the plan, while it is written */
	struct plan plan;
	bool gone;
	struct progress progress;
	struct import import;
	size_t left;
	enum err err;
};
static struct desk desks[DESKS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over all of them but what runs */

static bool runs(const struct desk *d)
{
	return d->state == DESK_WRITING || d->state == DESK_TAKING_BACK;
}

static void clear(struct desk *d)
{
	if (d->file != NULL)
		crypto_wipe(d->file, d->size);
	free(d->file);
	*d = (struct desk){0};
}

/* Theirs, or NULL. Under the lock. */
static struct desk *find(const struct call *call)
{
	struct desk *mine = NULL;
	for (size_t i = 0; i < DESKS; i++) {
		struct desk *d = &desks[i];
		if (d->state != DESK_FREE && !runs(d) && time_steady() >= d->until)
			clear(d);
		if (d->state != DESK_FREE && d->site == call->site
			&& d->actor == call->viewer.actor)
			mine = d;
	}
	return mine;
}

/* Theirs, or a free one, as theirs. NULL: all are taken. Under the lock. */
static struct desk *take(const struct call *call)
{
	struct desk *d = find(call);
	for (size_t i = 0; d == NULL && i < DESKS; i++)
		if (desks[i].state == DESK_FREE)
			d = &desks[i];
	if (d == NULL || runs(d))
		return NULL;
	clear(d);
	d->site = call->site;
	d->actor = call->viewer.actor;
	d->until = time_steady() + DESK_FOR;
	return d;
}

/* A copy of the file that is looked at. */
static bool file_of(const struct call *call, struct bytes *out)
{
	pthread_mutex_lock(&lock);
	const struct desk *d = find(call);
	bool there = d != NULL && d->state == DESK_LOOKING;
	if (there)
		*out = (struct bytes){arena_copy(call->arena, d->file, d->size), d->size};
	pthread_mutex_unlock(&lock);
	return there;
}

static bool may(const struct call *call)
{
	return members_may(call, ROLES_SEE_ROLL);
}

/* ---- what is shown --------------------------------------------------------------------------- */

static bool column_said(const struct call *call, size_t i, enum member_column *out)
{
	const char *said = call_input(call, arena_format(call->arena, "column%zu", i + 1));
	for (enum member_column c = COLUMN_NONE; c < COLUMNS; c++)
		if (text_is(said, column_word(c))) {
			*out = c;
			return true;
		}
	return false;
}

static void show_columns(struct call *call, struct view *v, const struct plan *plan)
{
	const struct csv_row *names = &plan->csv.rows[0];
	view_list(v, "columns");
	for (size_t i = 0; i < names->count; i++) {
		enum member_column chosen = plan->columns[i];
		(void)column_said(call, i, &chosen); /* of a choice that was refused */
		view_begin(v, NULL);
		view_number(v, "n", (int64_t)i + 1);
		view_text(v, "name", names->cells[i]);
		view_text(v, "sample",
			plan->csv.count > 1 && i < plan->csv.rows[1].count
				? text_cut(call->arena, plan->csv.rows[1].cells[i], 40)
				: "");
		view_list(v, "choices");
		for (enum member_column c = COLUMN_NONE; c < COLUMNS; c++) {
			view_begin(v, NULL);
			view_text(v, "value", column_word(c));
			view_text(v, "words", i18n(call->language, column_words(c)));
			view_flag(v, "chosen", chosen == c);
			view_end(v);
		}
		view_list_end(v);
		view_end(v);
	}
	view_list_end(v);
}

static const char *changes(struct call *call, uint32_t changed)
{
	struct text t;
	text_init(&t, call->arena, 1000);
	for (enum member_column c = COLUMN_NUMBER; c < COLUMNS; c++)
		if ((changed & 1u << c) != 0)
			text_format(&t, "%s%s", t.size > 0 ? ", " : "",
				i18n(call->language, column_words(c)));
	return t.at;
}

static void show_row(struct call *call, struct view *v, const struct plan_row *row)
{
	view_begin(v, NULL);
	view_number(v, "row", (int64_t)row->number);
	view_text(v, "name", row->person.name != NULL ? row->person.name : "");
	view_text(v, "number", row->person.number != NULL ? row->person.number : "");
	view_text(v, "email", row->person.email != NULL ? row->person.email : "");
	if (row->doubt != NULL)
		view_text(v, "doubt", i18n(call->language, row->doubt));
	if (row->kind == PLAN_CHANGED)
		view_text(v, "changes", changes(call, row->changed));
	view_end(v);
}

static void show_kind(struct call *call, struct view *v, const char *name, const struct plan *plan,
	enum plan_kind kind)
{
	size_t shown = 0;
	view_begin(v, name);
	view_list(v, "rows");
	for (size_t i = 0; i < plan->count && shown < ROWS_SHOWN; i++)
		if (plan->rows[i].kind == kind) {
			show_row(call, v, &plan->rows[i]);
			shown++;
		}
	view_list_end(v);
	view_flag(v, "few", plan->counts[kind] <= FEW);
	view_number(v, "count", (int64_t)plan->counts[kind]);
	view_number(v, "more", (int64_t)(plan->counts[kind] - shown));
	view_end(v);
}

static enum err show_plan(struct call *call, struct view *v, struct bytes file)
{
	struct plan plan;
	struct refusal why = {0};
	size_t row;
	enum err e = memberfile_plan(call->arena, call->site, file, &why, &row, &plan);
	if (e != OK)
		return e;
	view_begin(v, "plan");
	show_columns(call, v, &plan);
	view_flag(v, "has_key", plan_has_key(&plan));
	view_flag(v, "by_email", plan_has_key(&plan) && !plan_has(&plan, COLUMN_NUMBER));
	show_kind(call, v, "fresh", &plan, PLAN_NEW);
	show_kind(call, v, "changed", &plan, PLAN_CHANGED);
	show_kind(call, v, "gone", &plan, PLAN_GONE);
	show_kind(call, v, "doubtful", &plan, PLAN_DOUBTFUL);
	view_number(v, "same", (int64_t)plan.counts[PLAN_SAME]);
	view_flag(v, "to_write",
		plan.counts[PLAN_NEW] + plan.counts[PLAN_CHANGED] + plan.counts[PLAN_GONE] > 0);
	view_text(v, "seal", memberfile_seal(call->arena, &plan));
	view_end(v);
	return OK;
}

static void show_import(struct view *v, const char *name, const struct import *i, size_t left)
{
	view_begin(v, name);
	view_time(v, "at", i->at);
	view_number(v, "added", i->added);
	view_number(v, "changed", i->changed);
	view_number(v, "ended", i->ended);
	view_number(v, "skipped", i->skipped);
	view_number(v, "left", (int64_t)left);
	view_end(v);
}

static enum err looked_run(struct txn *r, void *arg)
{
	const struct call *call = arg;
	return audit_looked(r, call->viewer.actor, LOOK);
}

/* A plan tells who is on the roll. */
static enum err look(const struct call *call)
{
	return may(call) ? audit_look(call, LOOK) : ERR_NOT_FOUND;
}

static enum err last_run(struct txn *r, void *arg)
{
	return import_last(r, arg);
}

/* What lies on their desk: how far it is, or how it ended. */
static bool show_desk(struct call *call, struct view *v)
{
	pthread_mutex_lock(&lock);
	const struct desk *d = find(call);
	struct desk now = {.state = d != NULL ? d->state : DESK_FREE};
	if (d != NULL && !runs(d)) {
		now.import = d->import;
		now.left = d->left;
		now.err = d->err;
	}
	if (d != NULL && runs(d)) {
		view_begin(v, "running");
		view_flag(v, "back", d->state == DESK_TAKING_BACK);
		view_number(v, "done", (int64_t)atomic_load(&d->progress.done));
		view_number(v, "all", (int64_t)atomic_load(&d->progress.all));
		view_end(v);
		reply_header(call, "Refresh", "2");
	}
	pthread_mutex_unlock(&lock);
	if (now.state == DESK_WRITTEN)
		show_import(v, "written", &now.import, 0);
	if (now.state == DESK_TAKEN_BACK)
		show_import(v, "taken_back", &now.import, now.left);
	view_flag(v, "failed", now.err != OK);
	return runs(&now);
}

static enum err desk_read(struct call *call, struct txn *t, struct view *v)
{
	struct bytes file;
	struct import last;
	(void)t;
	if (!may(call))
		return ERR_NOT_FOUND;
	view_text(v, "heading", i18n(call->language, "Member file"));
	members_tab_show(call, v, "import");
	if (call->prepared != NULL)
		view_number(v, "bad_row", (int64_t) * (size_t *)call->prepared);
	if (show_desk(call, v))
		return OK;
	if (file_of(call, &file)) {
		enum err e = roll_read(call->site, looked_run, call);
		return e == OK ? show_plan(call, v, file) : e;
	}
	enum err e = roll_read(call->site, last_run, &last);
	if (e == OK) {
		show_import(v, "last", &last, 0);
		view_time(v, "undo_until", last.at + IMPORT_UNDO);
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

/* ---- what is done ---------------------------------------------------------------------------- */

static enum err look_work(struct call *call)
{
	return may(call) ? audit_look_first(call, LOOK) : ERR_NOT_FOUND;
}

static enum err back(struct call *call)
{
	reply_see_other(call, "/members/import");
	return OK;
}

static enum err lay_down(struct call *call, struct bytes file)
{
	pthread_mutex_lock(&lock);
	struct desk *d = take(call);
	if (d != NULL && (d->file = malloc(file.size + 1)) != NULL) {
		memcpy(d->file, file.data, file.size);
		d->size = file.size;
		d->state = DESK_LOOKING;
	}
	bool laid = d != NULL && d->file != NULL;
	pthread_mutex_unlock(&lock);
	return laid ? back(call) : ERR_AGAIN;
}

static enum err send_work(struct call *call)
{
	const struct upload *f = call_file(call, "file");
	size_t *row = arena_alloc(call->arena, sizeof *row);
	struct plan plan;
	enum err e = look(call);
	if (e != OK)
		return e;
	if (f == NULL || f->bytes.size == 0)
		return refuse(&call->refusal, "file", "Choose a file.");
	if (f->bytes.size > CSV_BYTES)
		return refuse(&call->refusal, "file", "A member file has at most 8 MB.");
	e = memberfile_plan(call->arena, call->site, f->bytes, &call->refusal, row, &plan);
	if (e == ERR_INVALID) {
		call->refusal.field = "file";
		call->prepared = *row > 0 ? row : NULL;
	}
	return e == OK ? lay_down(call, f->bytes) : e;
}

struct choosing {
	const struct call *call;
	const struct plan *plan;
	enum member_column columns[CSV_COLUMNS];
};

static enum err choose_run(struct txn *r, void *arg)
{
	const struct choosing *c = arg;
	const struct csv_row *names = &c->plan->csv.rows[0];
	enum err e = OK;
	for (size_t i = 0; e == OK && i < names->count; i++)
		if (c->columns[i] != c->plan->columns[i])
			e = memberfile_choose(r, names->cells[i], c->columns[i]);
	return e;
}

static enum err columns_work(struct call *call)
{
	struct plan plan;
	struct choosing c = {.call = call, .plan = &plan};
	struct bytes file;
	size_t row;
	bool taken[COLUMNS] = {false};
	enum err e = look(call);
	if (e != OK || !file_of(call, &file))
		return e == OK ? back(call) : e;
	e = memberfile_plan(call->arena, call->site, file, &call->refusal, &row, &plan);
	for (size_t i = 0; e == OK && i < plan.csv.rows[0].count; i++) {
		if (!column_said(call, i, &c.columns[i]))
			c.columns[i] = plan.columns[i];
		if (taken[c.columns[i]])
			return refuse(&call->refusal, arena_format(call->arena, "column%zu", i + 1),
				"Two columns cannot be the same thing.");
		taken[c.columns[i]] = c.columns[i] != COLUMN_NONE;
	}
	if (e == OK)
		e = roll_write(call->site, choose_run, &c);
	return e == OK ? back(call) : e;
}

static enum err stop_work(struct call *call)
{
	if (!may(call))
		return ERR_NOT_FOUND;
	pthread_mutex_lock(&lock);
	struct desk *d = find(call);
	if (d != NULL && !runs(d))
		clear(d);
	pthread_mutex_unlock(&lock);
	return back(call);
}

/* ---- what takes a while ---------------------------------------------------------------------- */

/* On the roll's own thread: the desk is its alone while it runs. */
static void run(void *arg)
{
	struct desk *d = arg;
	struct doer by = {.actor = d->actor};
	struct import done = {0};
	size_t left = 0;
	bool writes = d->state == DESK_WRITING;
	enum err e = writes ? memberfile_apply(d->site, &by, &d->plan, d->gone, &d->progress, &done)
			    : memberfile_undo(d->site, &by, &d->progress, &done, &left);
	if (e != OK)
		log_line(LOG_WARN, "memberdesk", "%s=%s", writes ? "import" : "undo", err_name(e));
	arena_destroy(d->arena);
	pthread_mutex_lock(&lock);
	d->arena = NULL;
	d->import = done;
	d->left = left;
	d->err = e == ERR_NOT_FOUND ? OK : e;
	d->until = time_steady() + DESK_FOR;
	d->state = writes ? DESK_WRITTEN : DESK_TAKEN_BACK;
	pthread_mutex_unlock(&lock);
}

/* One at a time for the whole roll. */
static enum err begin(
	struct call *call, enum desk_state state, struct arena *arena, const struct plan *plan)
{
	pthread_mutex_lock(&lock);
	struct desk *d = take(call);
	if (d != NULL) {
		d->state = state;
		d->arena = arena;
		d->plan = plan != NULL ? *plan : (struct plan){0};
		d->gone = call_flag(call, "gone");
	}
	enum err e = d != NULL ? roll_work(call->site, run, d) : ERR_AGAIN;
	if (e != OK && d != NULL)
		clear(d);
	pthread_mutex_unlock(&lock);
	if (e != OK)
		arena_destroy(arena);
	return e == OK ? back(call) : ERR_AGAIN;
}

static enum err apply_work(struct call *call)
{
	struct bytes file;
	struct plan plan;
	size_t row;
	enum err e = look(call);
	if (e != OK || !file_of(call, &file))
		return e == OK ? back(call) : e;
	struct arena *arena = arena_create();
	file = arena_bytes(arena, file);
	e = memberfile_plan(arena, call->site, file, &call->refusal, &row, &plan);
	if (e == OK && !text_is(memberfile_seal(call->arena, &plan), call_input(call, "seal")))
		e = refuse(&call->refusal, NULL,
			"The roll or the columns changed since you looked. Please look once more.");
	if (e == OK)
		return begin(call, DESK_WRITING, arena, &plan);
	arena_destroy(arena);
	return e;
}

static enum err undo_work(struct call *call)
{
	return may(call) ? begin(call, DESK_TAKING_BACK, NULL, NULL) : ERR_NOT_FOUND;
}

#define PAGE .page = "members-import"
static const struct route routes[] = {
	{METHOD_GET, "/members/import", ANYONE, .roll = true, .read = desk_read, .work = look_work,
		PAGE},
	{METHOD_POST, "/members/import", ANYONE, .roll = true, .work = send_work, .form = desk_read,
		PAGE, .max_body = CSV_BYTES + ((size_t)64 << 10), .per_minute = 20},
	{METHOD_POST, "/members/import/columns", ANYONE, .roll = true, .work = columns_work,
		.form = desk_read, PAGE, .per_minute = 60},
	{METHOD_POST, "/members/import/apply", ANYONE, .roll = true, .work = apply_work,
		.form = desk_read, PAGE,
		.takes = {{"seal", INPUT_LINE, .max = 64, .label = "Preview"},
			{"gone", INPUT_FLAG, .label = "No longer in the file"}},
		.per_minute = 20},
	{METHOD_POST, "/members/import/undo", ANYONE, .roll = true, .work = undo_work,
		.per_minute = 20},
	{METHOD_POST, "/members/import/stop", ANYONE, .roll = true, .work = stop_work,
		.per_minute = 60},
	{0},
};

const struct feature feature_memberdesk = {.name = "memberdesk", .routes = routes};

/*
 * memberfile.h: the member file: what the administration of the association sends is compared with the roll, shown,
 * and only then written; and the roll as a file. The roll's own (roll.h says who may include it).
 */
#pragma once

#include "roll.h"

#include <stdatomic.h>

/* ---- memberfile.c: a file, its columns, and what it comes to ---------------------------------- */

enum member_column { /* kept: numbers are never reused */
	COLUMN_NONE, /* left alone, and not kept */
	COLUMN_NUMBER,
	COLUMN_NAME,
	COLUMN_FIRST,
	COLUMN_MIDDLE,
	COLUMN_LAST,
	COLUMN_EMAIL,
	COLUMN_TYPE,
	COLUMN_FROM,
	COLUMN_UNTIL,
	COLUMN_PHONE,
	COLUMN_STREET,
	COLUMN_HOUSE,
	COLUMN_POSTCODE,
	COLUMN_TOWN,
	COLUMN_COUNTRY,
	COLUMN_BORN,
	COLUMNS
};
const char *column_words(enum member_column); /* a msgid */
const char *column_word(enum member_column);  /* "number": for forms */

enum plan_kind { PLAN_SAME, PLAN_NEW, PLAN_CHANGED, PLAN_GONE, PLAN_DOUBTFUL, PLAN_KINDS };
struct plan_row {
	size_t number;         /* of the spreadsheet; 0: gone */
	enum plan_kind kind;
	const char *doubt;     /* a msgid: why nothing is done with it */
	uint32_t changed;      /* bits 1 << enum member_column */
	struct person person;  /* as it will be */
};
struct plan {
	struct csv csv;
	enum member_column columns[CSV_COLUMNS]; /* what each column of the file is */
	struct plan_row *rows;
	size_t count, counts[PLAN_KINDS];
};
/* Reads the file and the roll, and writes neither. *row: that a refusal is about, or 0. */
enum err memberfile_plan(struct arena *, const struct site *, struct bytes file, struct refusal *why, size_t *row,
	struct plan *out) MUST_USE;
bool plan_has(const struct plan *, enum member_column);
bool plan_has_key(const struct plan *); /* the member number, or else the e-mail address; without either there are no rows */
/* How columns of these names are read from now on. */
enum err memberfile_choose(struct txn *r, const char *name, enum member_column) MUST_USE;

struct people {
	struct person *at;
	size_t count;
};
enum err people_all(struct txn *r, struct arena *, struct people *out) MUST_USE; /* oldest first */
/* Everyone who is or was a member, for who looks after the money: CSV that memberfile_plan reads back. */
enum err memberfile_export(struct arena *, const struct site *, const struct doer *, const char *language,
	struct bytes *out, size_t *people) MUST_USE;

/* How a day is written and read: 2025-12-31, 31-12-2025. */
bool member_day_read(const char *, int64_t *ms);
const char *member_day_write(struct arena *, int64_t ms); /* "": none */
/* The same for the same plan over the same roll: what was shown is what is written. */
const char *memberfile_seal(struct arena *, const struct plan *);

/* ---- memberimport.c: written, and undone ------------------------------------------------------ */

#define IMPORT_UNDO (7 * DAY)
struct progress { /* for who waits; NULL where nobody does */
	atomic_size_t done, all;
};
struct import {
	uint64_t id;
	uint64_t actor; /* who did it; 0: the command line */
	int64_t at, done;
	uint32_t added, changed, ended, skipped; /* skipped: changed by someone else in between */
};
extern const struct shape import_shape;
/* Some hundreds of rows in each transaction, one record in the audit log. `gone`: who is not in the file is a member
 * until the end of today. */
enum err memberfile_apply(const struct site *, const struct doer *, const struct plan *, bool gone, struct progress *,
	struct import *out) MUST_USE;
enum err import_last(struct txn *r, struct import *out) MUST_USE; /* that can still be undone; ERR_NOT_FOUND */
/* The last one. Who was changed since stays so: *left. ERR_NOT_FOUND: there is none of the last week. */
enum err memberfile_undo(const struct site *, const struct doer *, struct progress *, struct import *out, size_t *left) MUST_USE;

/* ---- members.c: the pages about members: for who has one of these roles, and for nobody else there ---- */

/* Not by an app's token: the roll is seen by people. */
bool members_may(const struct call *, uint32_t roles);
void members_tab_show(const struct call *, struct view *, const char *name); /* parts/members-tabs.html */
const char *members_reason(const char *word); /* memberpage.c: a msgid of why somebody looked; the word itself when it is none */

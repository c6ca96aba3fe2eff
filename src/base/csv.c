/* csv.c: tables as spreadsheets write them: RFC 4180, with any of three separators, in UTF-8 or Windows-1252. */
#include "data.h"

#include <string.h>

static const uint16_t windows[32] = {0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178};

static enum err no_text(struct refusal *why)
{
	(void)refuse(why, NULL,
		"This is no CSV file. Open it in a spreadsheet and save it as CSV first.");
	return ERR_INVALID;
}

/* What is no UTF-8 is taken for Windows-1252, if it can be that. */
static enum err decode(struct arena *arena, struct bytes b, struct refusal *why, char **out)
{
	const uint8_t *at = b.data;
	struct text t;
	if (b.size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
		at += 3;
		b.size -= 3;
	}
	if (text_is_utf8((const char *)at, b.size)) {
		*out = arena_text_n(arena, (const char *)at, b.size);
		return OK;
	}
	text_init(&t, arena, 3 * b.size + 1);
	for (size_t i = 0; i < b.size; i++) {
		bool upper = at[i] >= 0x80 && at[i] < 0xa0;
		uint32_t point = upper ? windows[at[i] - 0x80] : at[i];
		char utf8[5];
		if (point == 0)
			return no_text(why);
		text_add_n(&t, utf8, entity_utf8(point, utf8));
	}
	*out = t.at;
	return OK;
}

/* The one that stands most often in the first line, outside quotes. */
static char separator_of(const char *s)
{
	static const char all[] = ";,\t";
	size_t counts[3] = {0}, best = 0;
	bool quoted = false;
	for (; *s != '\0' && (quoted || (*s != '\n' && *s != '\r')); s++) {
		const char *is = strchr(all, *s);
		quoted ^= *s == '"';
		if (is != NULL && !quoted)
			counts[is - all]++;
	}
	for (size_t i = 1; i < COUNT(counts); i++)
		best = counts[i] > counts[best] ? i : best;
	return all[best];
}

struct reading {
	char *at; /* what was read is written over: a cell takes no more room than it did */
	char separator;
	bool row_ends, open; /* after the cell; its quote never ends */
};

static char *read_cell(struct reading *x)
{
	char *from = x->at, *to = x->at, *start = x->at;
	bool quoted = *from == '"';
	from += quoted;
	for (;; from++) {
		if (quoted && from[0] == '"' && from[1] == '"')
			from++;
		else if (quoted && *from == '"') {
			quoted = false;
			continue;
		}
		if (*from == '\0'
			|| (!quoted && (*from == x->separator || *from == '\n' || *from == '\r')))
			break;
		*to++ = *from;
	}
	x->open = quoted;
	x->row_ends = *from != x->separator;
	from += from[0] == '\r' && from[1] == '\n';
	x->at = from + (*from != '\0');
	*to = '\0';
	return start;
}

static bool is_blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

/* False: its quote never ends. */
static bool read_row(struct reading *x, const char **cells, struct csv_row *row, bool *blank)
{
	*blank = true;
	do {
		const char *cell = read_cell(x);
		*blank = *blank && is_blank(cell);
		if (row->count < CSV_COLUMNS)
			cells[row->count++] = cell;
		else
			row->more = row->more || !is_blank(cell);
	} while (!x->row_ends);
	return !x->open;
}

static void skip_hint(struct reading *x) /* "sep=;" in a line of its own */
{
	if (text_starts(x->at, "sep=") && x->at[4] != '\0' && strchr("\r\n", x->at[5]) != NULL) {
		x->separator = x->at[4];
		x->at += 5;
		x->at += x->at[0] == '\r';
		x->at += x->at[0] == '\n';
	}
}

enum err csv_read(struct arena *arena, struct bytes b, struct refusal *why, struct csv *out)
{
	struct reading x = {0};
	const char *cells[CSV_COLUMNS];
	size_t room = 64, number = 0;
	struct csv csv = {.rows = arena_array(arena, room, sizeof *csv.rows)};
	if (b.size > CSV_BYTES)
		return refuse(why, NULL, "A member file has at most 8 MB.");
	if (b.size > 0 && memchr(b.data, '\0', b.size) != NULL)
		return no_text(why);
	enum err e = decode(arena, b, why, &x.at);
	if (e != OK)
		return e;
	x.separator = separator_of(x.at);
	skip_hint(&x);
	while (*x.at != '\0') {
		number++;
		struct csv_row row = {.number = number};
		bool blank;
		if (!read_row(&x, cells, &row, &blank)) {
			out->bad_row = number;
			return refuse(
				why, NULL, "A quotation mark opens in this row and never closes.");
		}
		if (blank)
			continue;
		if (csv.count > CSV_ROWS) /* and the row of names */
			return refuse(why, NULL, "A member file has at most 20,000 rows.");
		if (csv.count == room) {
			csv.rows = arena_grow(arena, csv.rows, room * sizeof *csv.rows,
				2 * room * sizeof *csv.rows);
			room *= 2;
		}
		row.cells = arena_copy(arena, cells, row.count * sizeof *cells);
		csv.rows[csv.count++] = row;
	}
	csv.separator = x.separator;
	*out = csv;
	return csv.count > 0 ? OK : refuse(why, NULL, "This file is empty.");
}

/* A spreadsheet would take a cell that begins so for a formula, and run it. */
static bool is_formula(const char *s)
{
	return *s != '\0' && strchr("=+-@\t\r", *s) != NULL;
}

void csv_write(struct text *out, char separator, const char *s)
{
	bool guard = is_formula(s);
	bool quote = guard || strpbrk(s, "\"\r\n;,\t") != NULL;
	if (separator != '\0')
		text_char(out, separator);
	if (quote)
		text_char(out, '"');
	if (guard)
		text_char(out, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			text_char(out, '"');
		text_char(out, *s);
	}
	if (quote)
		text_char(out, '"');
}

const char *csv_plain(const char *s)
{
	return *s == '\'' && is_formula(s + 1) ? s + 1 : s;
}

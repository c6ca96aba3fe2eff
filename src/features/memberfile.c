/* memberfile.c: the file of the member administration beside the roll: which column is what, and what it comes to. */
#include "memberfile.h"

#include <stdlib.h>
#include <string.h>

#define FIELD_POINTS 200
#define PIECE 1000 /* people read at a time */

/* ---- columns --------------------------------------------------------------------------------- */

static const struct {
	const char *word, *words;
	const char *names; /* by which it is known: without capitals, blanks and signs */
} columns[COLUMNS] = {
	[COLUMN_NONE] = {"none", "Leave out", ""},
	[COLUMN_NUMBER] = {"number", "Member number",
		" lidnummer lidnr nummer ledennummer relatienummer relatienr relatiecode lidcode "
		"membernumber memberno memberid number "},
	[COLUMN_NAME] = {"name", "Name",
		" naam volledigenaam weergavenaam naamvolledig name fullname displayname "
		"membername "},
	[COLUMN_FIRST] = {"first", "First name",
		" voornaam roepnaam voornamen voorletters firstname givenname "},
	[COLUMN_MIDDLE] = {"middle", "Name prefix",
		" tussenvoegsel tussenvoegsels voorvoegsel voorvoegsels infix middlename prefix "},
	[COLUMN_LAST] = {"last", "Last name", " achternaam familienaam lastname surname "},
	[COLUMN_EMAIL] = {"email", "E-mail address",
		" email emailadres mail mailadres emailaddress emailprive "},
	[COLUMN_TYPE] = {"type", "Kind of member",
		" type lidtype soort soortlid lidsoort typelid lidmaatschap soortlidmaatschap "
		"lidmaatschapstype typelidmaatschap categorie membertype membership "
		"membershiptype category "},
	[COLUMN_FROM] = {"from", "Member since",
		" lidsinds lidvanaf vanaf begindatum ingangsdatum startdatum inschrijfdatum "
		"datumingang datumlid aanmelddatum membersince since from startdate joined "
		"joindate "},
	[COLUMN_UNTIL] = {"until", "Member until",
		" lidtot tot einddatum lidtotenmet totenmet uitschrijfdatum opzegdatum "
		"beeindigdop datumeinde until enddate memberuntil expires expirydate expiry "},
	[COLUMN_PHONE] = {"phone", "Telephone",
		" telefoon telefoonnummer telnr mobiel mobielnummer tel gsm phone phonenumber "
		"telephone mobile "},
	[COLUMN_STREET] = {"street", "Street",
		" straat straatnaam adres adresregel1 straatenhuisnummer straatnummer street "
		"address addressline1 "},
	[COLUMN_HOUSE] = {"house", "House number", " huisnummer huisnr nr housenumber "},
	[COLUMN_POSTCODE] = {"postcode", "Postal code", " postcode zip zipcode postalcode "},
	[COLUMN_TOWN] = {"town", "Town", " plaats woonplaats stad gemeente town city "},
	[COLUMN_COUNTRY] = {"country", "Country", " land country "},
	[COLUMN_BORN] = {"born", "Born", " geboortedatum geboren dateofbirth birthdate born "},
};

const char *column_words(enum member_column c)
{
	return columns[c].words;
}

const char *column_word(enum member_column c)
{
	return columns[c].word;
}

/* "E-mail adres" is "emailadres": what people vary in is left out. */
static const char *bare_name(struct arena *arena, const char *name)
{
	char *bare = text_lower(arena, name), *to = bare;
	for (const char *from = bare; *from != '\0'; from++)
		if ((*from >= 'a' && *from <= 'z') || (*from >= '0' && *from <= '9'))
			*to++ = *from;
	*to = '\0';
	return bare;
}

static enum member_column recognise(struct arena *arena, const char *bare)
{
	const char *whole = arena_format(arena, " %s ", bare);
	for (enum member_column c = COLUMN_NUMBER; *bare != '\0' && c < COLUMNS; c++)
		if (strstr(columns[c].names, whole) != NULL)
			return c;
	return COLUMN_NONE;
}

static struct place chosen_place(struct txn *r, const char *name)
{
	return place_hash(TABLE_IMPORT_COLUMN, bare_name(txn_arena(r), name));
}

enum err memberfile_choose(struct txn *r, const char *name, enum member_column column)
{
	struct place place = chosen_place(r, name);
	return txn_put_id(r, &place, column);
}

/* What was chosen goes before what is only recognised; a second column of one kind is left out. */
static void find_columns(struct txn *r, struct arena *arena, struct plan *plan)
{
	const struct csv_row *names = &plan->csv.rows[0];
	bool taken[COLUMNS] = {false}, chosen[CSV_COLUMNS] = {false};
	for (size_t i = 0; i < names->count; i++) {
		uint64_t column;
		struct place place = chosen_place(r, names->cells[i]);
		chosen[i] = *bare_name(arena, names->cells[i]) != '\0'
			&& txn_get_id(r, &place, &column) == OK && column < COLUMNS;
		if (!chosen[i] || taken[column])
			continue;
		plan->columns[i] = (enum member_column)column;
		taken[column] = column != COLUMN_NONE;
	}
	for (size_t i = 0; i < names->count; i++) {
		enum member_column c = recognise(arena, bare_name(arena, names->cells[i]));
		if (chosen[i] || taken[c])
			continue;
		plan->columns[i] = c;
		taken[c] = c != COLUMN_NONE;
	}
}

/* ---- finding by a word ----------------------------------------------------------------------- */

struct finder { /* words, in any case, to numbers above 0 */
	struct spot {
		const char *word;
		size_t value;
	} * spots;
	size_t mask;
	uint64_t seed;
};

static void finder_init(struct finder *f, struct arena *arena, size_t words)
{
	size_t room = 16;
	while (room < 2 * words)
		room *= 2;
	f->spots = arena_array(arena, room, sizeof *f->spots);
	f->mask = room - 1;
	crypto_random(&f->seed, sizeof f->seed);
}

/* Where it stands, or would. */
static struct spot *finder_spot(const struct finder *f, const char *word)
{
	uint64_t hash = f->seed;
	for (const char *at = word; *at != '\0'; at++) {
		uint8_t c = (uint8_t)*at;
		hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * UINT64_C(0x100000001b3);
	}
	size_t i = (hash ^ hash >> 32) & f->mask;
	while (f->spots[i].word != NULL && !text_equal_fold(f->spots[i].word, word))
		i = (i + 1) & f->mask;
	return &f->spots[i];
}

static size_t finder_get(const struct finder *f, const char *word)
{
	return word != NULL && *word != '\0' ? finder_spot(f, word)->value : 0;
}

static void finder_put(struct finder *f, const char *word, size_t value)
{
	if (word != NULL && *word != '\0')
		*finder_spot(f, word) = (struct spot){word, value};
}

/* ---- everyone -------------------------------------------------------------------------------- */

static const size_t words[] = {offsetof(struct person, number), offsetof(struct person, name),
	offsetof(struct person, email), offsetof(struct person, type),
	offsetof(struct person, phone), offsetof(struct person, street),
	offsetof(struct person, postcode), offsetof(struct person, town),
	offsetof(struct person, country), offsetof(struct person, born),
	offsetof(struct person, note), offsetof(struct person, reason)};

static struct person copy_of(struct arena *arena, const struct person *p)
{
	struct person copy = *p;
	for (size_t i = 0; i < COUNT(words); i++) {
		const char *word;
		memcpy(&word, (const char *)p + words[i], sizeof word);
		word = arena_text(arena, word);
		memcpy((char *)&copy + words[i], &word, sizeof word);
	}
	copy.sealed = (struct bytes){0};
	return copy;
}

enum err people_all(struct txn *r, struct arena *arena, struct people *out)
{
	struct u64s ids;
	uint64_t last = 0;
	size_t room = PIECE;
	struct people all = {arena_array(arena, room, sizeof *all.at), 0};
	enum err e;
	while ((e = person_list(r, last, PIECE, &ids)) == OK && ids.count > 0) {
		if (all.count + ids.count > room) {
			all.at = arena_grow(
				arena, all.at, room * sizeof *all.at, 2 * room * sizeof *all.at);
			room *= 2;
		}
		for (size_t i = 0; e == OK && i < ids.count; i++) {
			struct person p;
			e = person_load(r, ids.at[i], &p);
			if (e == OK)
				all.at[all.count++] = copy_of(arena, &p);
		}
		if (e != OK)
			return e;
		last = ids.at[ids.count - 1];
	}
	if (e == OK)
		*out = all;
	return e;
}

/* ---- days ------------------------------------------------------------------------------------ */

/* Up to three numbers with one of - / . between them: day first, or year first; a time behind it says nothing. */
bool member_day_read(const char *s, int64_t *day)
{
	long n[3] = {0};
	size_t digits[3];
	const char *at = s;
	char iso[TIME_ISO];
	for (size_t i = 0; i < 3; i++) {
		digits[i] = strspn(at, "0123456789");
		if (digits[i] == 0 || digits[i] > 4)
			return false;
		n[i] = strtol(at, NULL, 10);
		at += digits[i];
		if (i < 2 && (*at == '\0' || strchr("-/.", *at++) == NULL))
			return false;
	}
	if (*at != '\0' && *at != ' ' && *at != 'T')
		return false;
	bool year_first = digits[0] == 4;
	long year = year_first ? n[0] : n[2], day_of = year_first ? n[2] : n[0];
	if (digits[1] > 2 || (year_first ? digits[2] > 2 : digits[0] > 2 || digits[2] != 4)
		|| year < 1900 || year > 2200)
		return false;
	return text_print(iso, sizeof iso, "%04ld-%02ld-%02ldT00:00:00Z", year, n[1], day_of)
		&& time_parse_iso(iso, day);
}

const char *member_day_write(struct arena *arena, int64_t ms)
{
	char iso[TIME_ISO];
	if (ms == 0)
		return "";
	time_iso(ms, iso);
	return arena_text_n(arena, iso, 10);
}

static int64_t day_of(int64_t ms)
{
	return ms / DAY - (ms % DAY < 0);
}

/* ---- one row --------------------------------------------------------------------------------- */

struct planning {
	struct arena *arena;
	struct plan *plan;
	struct people people;
	uint32_t *roles;                   /* of each of them in the association */
	struct finder by_number, by_email; /* in the roll: its place there and 1 */
	struct finder numbers, emails;     /* in the file: how often */
	int64_t now;
	bool has[COLUMNS];
	int at[COLUMNS];
};

/* In one line, without the blanks around it; NULL: the file has no such column. */
static const char *cell(const struct planning *p, const struct csv_row *row, enum member_column c)
{
	if (!p->has[c])
		return NULL;
	if ((size_t)p->at[c] >= row->count)
		return "";
	char *line = text_trim(p->arena, csv_plain(row->cells[p->at[c]]));
	for (char *at = line; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	return line;
}

static const char *joined(struct arena *arena, const char *a, const char *b)
{
	if (a == NULL || *a == '\0')
		return b;
	return b == NULL || *b == '\0' ? a : arena_format(arena, "%s %s", a, b);
}

static const char *name_of(const struct planning *p, const struct csv_row *row)
{
	const char *name = cell(p, row, COLUMN_NAME);
	if (name != NULL && *name != '\0')
		return name;
	name = joined(p->arena, cell(p, row, COLUMN_FIRST), cell(p, row, COLUMN_MIDDLE));
	return joined(p->arena, name, cell(p, row, COLUMN_LAST));
}

static bool differs(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") != 0;
}

static void set(struct plan_row *out, const char **field, const char *value, enum member_column c)
{
	if (value == NULL || !differs(*field, value))
		return;
	*field = value;
	out->changed |= 1u << c;
}

static const char *too_long(const struct planning *p, const struct csv_row *row)
{
	for (enum member_column c = COLUMN_NUMBER; c < COLUMNS; c++) {
		const char *s = cell(p, row, c);
		if (s != NULL && text_count(s) > FIELD_POINTS)
			return "A cell in this row is too long.";
	}
	return row->more ? "This row has more cells than there are columns." : NULL;
}

/* What is wrong with the row itself, whoever it is about. */
static const char *doubt_of_row(const struct planning *p, const struct csv_row *row,
	const char *number, const char *email, int64_t *from, int64_t *until)
{
	const char *start = cell(p, row, COLUMN_FROM), *end = cell(p, row, COLUMN_UNTIL);
	if (p->has[COLUMN_NUMBER] && *number == '\0')
		return "There is no member number in this row.";
	if (!p->has[COLUMN_NUMBER] && *email == '\0')
		return "There is no e-mail address in this row.";
	if (finder_get(&p->numbers, number) > 1)
		return "This member number is in the file more than once.";
	if (email != NULL && *email != '\0' && !mime_address_ok(email))
		return "This is not an e-mail address.";
	if (finder_get(&p->emails, email) > 1)
		return "This e-mail address is in the file more than once.";
	if ((start != NULL && *start != '\0' && !member_day_read(start, from))
		|| (end != NULL && *end != '\0' && !member_day_read(end, until)))
		return "This date is not clear. Write it as 31-12-2025.";
	if (*from != 0 && *until != 0 && *until < *from)
		return "The membership ends before it begins.";
	return too_long(p, row);
}

/* Whether it is the person it seems to be. */
static const char *doubt_of_person(const struct planning *p, const char *number, const char *email,
	const char *name, const struct person **found)
{
	size_t by_number = finder_get(&p->by_number, number);
	size_t by_email = finder_get(&p->by_email, email);
	size_t at = by_number != 0 ? by_number : by_email;
	if (by_number != 0 && by_email != 0 && by_number != by_email)
		return "This e-mail address is of another person on the roll.";
	if (at == 0)
		return name == NULL || *name == '\0' ? "There is no name in this row." : NULL;
	const struct person *is = &p->people.at[at - 1];
	if (number != NULL && by_number == 0 && is->number != NULL && *is->number != '\0')
		return "This e-mail address is known under another member number.";
	if (by_number != 0 && by_email == 0 && email != NULL && *email != '\0' && is->email != NULL
		&& *is->email != '\0' && name != NULL && *name != '\0' && is->name != NULL
		&& !text_equal_fold(is->name, name))
		return "This member number is known under another name and e-mail address.";
	if (is->status == PERSON_REFUSED)
		return "This person was refused as a member.";
	*found = is;
	return NULL;
}

static void set_days(const struct planning *p, struct plan_row *out, int64_t from, int64_t until)
{
	struct person *is = &out->person;
	if (from != 0 && (is->from == 0 || day_of(is->from) != day_of(from))) {
		is->from = from;
		out->changed |= 1u << COLUMN_FROM;
	}
	if (until != 0)
		until += DAY;      /* to the end of that day */
	if (!p->has[COLUMN_UNTIL]) /* who is in the file is a member */
		until = is->until != 0 && is->until <= p->now ? 0 : is->until;
	if ((is->until != 0) != (until != 0)
		|| (until != 0 && day_of(is->until - 1) != day_of(until - 1))) {
		is->until = until;
		out->changed |= 1u << COLUMN_UNTIL;
	}
}

static void set_all(const struct planning *p, const struct csv_row *row, struct plan_row *out)
{
	struct person *is = &out->person;
	const char *name = name_of(p, row);
	set(out, &is->number, cell(p, row, COLUMN_NUMBER), COLUMN_NUMBER);
	set(out, &is->name, name != NULL && *name != '\0' ? name : NULL, COLUMN_NAME);
	set(out, &is->email, cell(p, row, COLUMN_EMAIL), COLUMN_EMAIL);
	set(out, &is->type, cell(p, row, COLUMN_TYPE), COLUMN_TYPE);
	set(out, &is->phone, cell(p, row, COLUMN_PHONE), COLUMN_PHONE);
	set(out, &is->street,
		joined(p->arena, cell(p, row, COLUMN_STREET), cell(p, row, COLUMN_HOUSE)),
		COLUMN_STREET);
	set(out, &is->postcode, cell(p, row, COLUMN_POSTCODE), COLUMN_POSTCODE);
	set(out, &is->town, cell(p, row, COLUMN_TOWN), COLUMN_TOWN);
	set(out, &is->country, cell(p, row, COLUMN_COUNTRY), COLUMN_COUNTRY);
	set(out, &is->born, cell(p, row, COLUMN_BORN), COLUMN_BORN);
}

/* A file does not put out who has a role in the association while it can be taken back: one of them has to do that. */
static void spare_roles(const struct planning *p, struct plan_row *out, const struct person *is)
{
	const struct person *next = &out->person;
	if (p->roles[is - p->people.at] == 0 || (out->changed & 1u << COLUMN_UNTIL) == 0
		|| next->until == 0 || next->until > p->now + IMPORT_UNDO)
		return;
	out->kind = PLAN_DOUBTFUL;
	out->doubt = "This person has a role in the association. Take the role away first.";
}

static void plan_one(struct planning *p, const struct csv_row *row, struct plan_row *out)
{
	const char *number = cell(p, row, COLUMN_NUMBER), *email = cell(p, row, COLUMN_EMAIL);
	const struct person *found = NULL;
	int64_t from = 0, until = 0;
	out->number = row->number;
	out->doubt = doubt_of_row(p, row, number, email, &from, &until);
	if (out->doubt == NULL)
		out->doubt = doubt_of_person(p, number, email, name_of(p, row), &found);
	if (out->doubt != NULL) {
		out->kind = PLAN_DOUBTFUL;
		out->person = (struct person){
			.number = number, .name = name_of(p, row), .email = email};
		return;
	}
	if (found != NULL)
		out->person = *found;
	set_all(p, row, out);
	set_days(p, out, from, until);
	bool joins = found != NULL && found->status != PERSON_MEMBER;
	out->person.status = PERSON_MEMBER;
	out->kind = found == NULL            ? PLAN_NEW
		: out->changed != 0 || joins ? PLAN_CHANGED
					     : PLAN_SAME;
	if (found != NULL)
		spare_roles(p, out, found);
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Of who is known by nothing that the file has, it says nothing. */
static void plan_gone(struct planning *p)
{
	struct plan *plan = p->plan;
	for (size_t i = 0; i < p->people.count; i++) {
		const struct person *is = &p->people.at[i];
		const char *key = p->has[COLUMN_NUMBER] ? is->number : is->email;
		const struct finder *file = p->has[COLUMN_NUMBER] ? &p->numbers : &p->emails;
		if (key == NULL || *key == '\0' || person_status_at(is, p->now) != PERSON_MEMBER
			|| finder_get(file, key) > 0)
			continue;
		struct plan_row *out = &plan->rows[plan->count++];
		*out = (struct plan_row){.kind = PLAN_GONE, .person = *is};
		out->person.until = (day_of(p->now) + 1) * DAY;
		out->changed = 1u << COLUMN_UNTIL;
		spare_roles(p, out, is);
	}
}

static void index_people(struct planning *p)
{
	finder_init(&p->by_number, p->arena, p->people.count);
	finder_init(&p->by_email, p->arena, p->people.count);
	for (size_t i = 0; i < p->people.count; i++) {
		finder_put(&p->by_number, p->people.at[i].number, i + 1);
		finder_put(&p->by_email, p->people.at[i].email, i + 1);
	}
}

static void index_file(struct planning *p)
{
	const struct csv *csv = &p->plan->csv;
	finder_init(&p->numbers, p->arena, csv->count);
	finder_init(&p->emails, p->arena, csv->count);
	for (size_t i = 1; i < csv->count; i++) {
		const char *number = cell(p, &csv->rows[i], COLUMN_NUMBER);
		const char *email = cell(p, &csv->rows[i], COLUMN_EMAIL);
		finder_put(&p->numbers, number, finder_get(&p->numbers, number) + 1);
		finder_put(&p->emails, email, finder_get(&p->emails, email) + 1);
	}
}

static enum err plan_run(struct txn *r, void *arg)
{
	struct planning *p = arg;
	struct plan *plan = p->plan;
	find_columns(r, p->arena, plan);
	for (size_t i = 0; i < plan->csv.rows[0].count; i++) {
		p->has[plan->columns[i]] = plan->columns[i] != COLUMN_NONE;
		p->at[plan->columns[i]] = (int)i;
	}
	enum err e = people_all(r, p->arena, &p->people);
	p->roles = arena_array(p->arena, p->people.count + 1, sizeof *p->roles);
	for (size_t i = 0; e == OK && i < p->people.count; i++)
		p->roles[i] = role_of(r, p->people.at[i].id, 0);
	return e;
}

enum err memberfile_plan(struct arena *arena, const struct site *site, struct bytes file,
	struct refusal *why, size_t *row, struct plan *out)
{
	struct plan plan = {0};
	struct planning p = {.arena = arena, .plan = &plan, .now = time_now()};
	*row = 0;
	enum err e = csv_read(arena, file, why, &plan.csv);
	*row = e == ERR_INVALID ? plan.csv.bad_row : 0;
	if (e == OK)
		e = roll_read(site, plan_run, &p);
	if (e != OK)
		return e;
	if (plan_has_key(&plan)) {
		plan.rows = arena_array(arena, plan.csv.count + p.people.count, sizeof *plan.rows);
		index_people(&p);
		index_file(&p);
		for (size_t i = 1; i < plan.csv.count; i++)
			plan_one(&p, &plan.csv.rows[i], &plan.rows[plan.count++]);
		plan_gone(&p);
	}
	for (size_t i = 0; i < plan.count; i++)
		plan.counts[plan.rows[i].kind]++;
	*out = plan;
	return OK;
}

bool plan_has(const struct plan *plan, enum member_column column)
{
	for (size_t i = 0; i < plan->csv.rows[0].count; i++)
		if (plan->columns[i] == column)
			return true;
	return false;
}

bool plan_has_key(const struct plan *plan)
{
	return plan_has(plan, COLUMN_NUMBER) || plan_has(plan, COLUMN_EMAIL);
}

const char *memberfile_seal(struct arena *arena, const struct plan *plan)
{
	struct text t;
	uint8_t sum[SHA256_SIZE];
	text_init(&t, arena, plan->count * 64 + 1);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_row *row = &plan->rows[i];
		text_format(&t, "%zu %d %x %llx %llx\n", row->number, row->kind, row->changed,
			(unsigned long long)row->person.id,
			(unsigned long long)row->person.changed);
	}
	crypto_sha256(t.at, t.size, sum);
	return hex_encode(arena, sum, 16);
}

/* ---- the roll as a file ---------------------------------------------------------------------- */

struct exporting {
	struct arena *arena;
	const struct doer *by;
	struct people people;
};

static enum err export_run(struct txn *r, void *arg)
{
	struct exporting *x = arg;
	struct audit a = {.actor = x->by->actor, .act = AUDIT_EXPORT, .reason = x->by->reason};
	enum err e = people_all(r, x->arena, &x->people);
	return e == OK ? audit_add(r, &a) : e;
}

static void export_one(struct text *t, struct arena *arena, char sign, const struct person *p)
{
	const char *const cells[] = {p->number, p->name, p->email, p->type,
		member_day_write(arena, p->from),
		member_day_write(arena, p->until != 0 ? p->until - 1 : 0), p->phone, p->street,
		p->postcode, p->town, p->country};
	for (size_t i = 0; i < COUNT(cells); i++)
		csv_write(t, i > 0 ? sign : '\0', cells[i] != NULL ? cells[i] : "");
	text_add(t, "\r\n");
}

enum err memberfile_export(struct arena *arena, const struct site *site, const struct doer *by,
	const char *language, struct bytes *out, size_t *count)
{
	static const enum member_column shown[] = {COLUMN_NUMBER, COLUMN_NAME, COLUMN_EMAIL,
		COLUMN_TYPE, COLUMN_FROM, COLUMN_UNTIL, COLUMN_PHONE, COLUMN_STREET,
		COLUMN_POSTCODE, COLUMN_TOWN, COLUMN_COUNTRY};
	struct exporting x = {.arena = arena, .by = by};
	struct text t;
	char sign = text_is(language, "nl") ? ';' : ','; /* as spreadsheets there expect */
	enum err e = roll_write(site, export_run, &x);
	if (e != OK)
		return e;
	text_init(&t, arena, (size_t)256 << 20);
	text_add(&t, "\xef\xbb\xbf");
	for (size_t i = 0; i < COUNT(shown); i++)
		csv_write(&t, i > 0 ? sign : '\0', i18n(language, column_words(shown[i])));
	text_add(&t, "\r\n");
	*count = 0;
	for (size_t i = 0; i < x.people.count; i++)
		if (x.people.at[i].status == PERSON_MEMBER) {
			export_one(&t, arena, sign, &x.people.at[i]);
			++*count;
		}
	*out = (struct bytes){t.at, t.size};
	return t.failed ? ERR_TOO_MUCH : OK;
}

/* vacancy.c: a post on the noticeboard: a job, an assignment, something offered or asked for, until its last day. */
#include "vacancy.h"

#include <string.h>
#include <time.h>

#define LINE_BYTES (4 * VACANCY_LINE_MOST)
#define APPLY_MOST 500 /* bytes */
#define OPEN_MOST (366 * DAY)
#define REOPENED_FOR 30 /* days */
#define TEASER_POINTS 200

static const struct field vacancy_fields[] = {
	{1, F_U32, offsetof(struct vacancy, type), 0},
	{2, F_U32, offsetof(struct vacancy, where), 0},
	{3, F_U64, offsetof(struct vacancy, organisation), 0},
	{4, F_TEXT, offsetof(struct vacancy, employer), LINE_BYTES},
	{5, F_TEXT, offsetof(struct vacancy, place), LINE_BYTES},
	{6, F_TEXT, offsetof(struct vacancy, region), LINE_BYTES},
	{7, F_TEXT, offsetof(struct vacancy, hours), LINE_BYTES},
	{8, F_TEXT, offsetof(struct vacancy, pay), LINE_BYTES},
	{9, F_TEXT, offsetof(struct vacancy, apply), APPLY_MOST},
	{10, F_TEXT, offsetof(struct vacancy, tags), POST_TAGS_BYTES},
	{11, F_I64, offsetof(struct vacancy, closes), 0},
	{12, F_I64, offsetof(struct vacancy, closed), 0},
	{13, F_U32, offsetof(struct vacancy, end), 0},
	{14, F_I64, offsetof(struct vacancy, changed), 0},
};
const struct shape vacancy_shape = {
	"vacancy", sizeof(struct vacancy), vacancy_fields, COUNT(vacancy_fields)};

/* ---- keeping --------------------------------------------------------------------------------- */

enum err vacancy_of(struct txn *t, const struct post *p, struct vacancy *out)
{
	if (p->kind != POST_VACANCY || p->gone)
		return ERR_NOT_FOUND;
	return record_read(txn_arena(t), &vacancy_shape, p->own, out);
}

enum err vacancy_find(struct txn *t, const struct viewer *viewer, uint64_t id, struct post *p,
	struct vacancy *out)
{
	enum err e = post_load(t, id, p);
	if (e == OK && !circle_may_read(t, viewer, p))
		e = ERR_NOT_FOUND;
	if (e == OK && p->gone)
		e = ERR_GONE;
	return e == OK ? vacancy_of(t, p, out) : e;
}

bool vacancy_may_manage(struct txn *t, uint64_t who, const struct post *p, const struct vacancy *v)
{
	if (who == 0 || p->removed_by != 0)
		return false;
	return who == p->author
		|| (v->organisation != 0 && organisation_is_editor(t, who, v->organisation));
}

enum err vacancy_list(struct txn *t, uint64_t of, uint64_t before, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_VACANCY_IN, of, before, true, max, out);
}

static enum err row_set(struct txn *t, const struct place *place, bool on)
{
	return on ? txn_put(t, place, (struct bytes){"\1", 1}) : txn_del(t, place);
}

/* Open ones stand in the lists where people look; its author finds it for as long as it is there. */
static enum err lists_set(struct txn *t, const struct post *p, const struct vacancy *v, bool on)
{
	const uint64_t of[] = {0, p->community, v->organisation};
	struct place author = place_2(TABLE_VACANCY_IN, p->author, p->id);
	struct place end = place_2(TABLE_VACANCY_END, (uint64_t)v->closes, p->id);
	bool open = on && v->end == VACANCY_OPEN;
	enum err e = row_set(t, &author, on);
	if (e == OK)
		e = row_set(t, &end, open);
	for (size_t i = 0; e == OK && i < COUNT(of); i++) {
		struct place place = place_2(TABLE_VACANCY_IN, of[i], p->id);
		if (i == 0 || of[i] != 0)
			e = row_set(t, &place, open);
	}
	return e;
}

static enum err enter(struct txn *t, const struct post *p, const struct object *said)
{
	struct vacancy v;
	enum err e = said == NULL ? vacancy_of(t, p, &v) : ERR_NOT_FOUND;
	return e == OK ? lists_set(t, p, &v, true) : e == ERR_NOT_FOUND ? OK : e;
}

static enum err end(struct txn *t, const struct post *p)
{
	struct vacancy v;
	enum err e = record_read(txn_arena(t), &vacancy_shape, p->own, &v);
	if (e == OK)
		e = lists_set(t, p, &v, false);
	return e == OK ? answer_end(t, p->id) : e;
}

/* ---- checking -------------------------------------------------------------------------------- */

bool vacancy_day(struct arena *arena, const char *said, int64_t *end)
{
	int64_t noon;
	struct tm day;
	if (said == NULL || strlen(said) != 10
		|| !time_parse_iso(arena_format(arena, "%sT12:00:00Z", said), &noon))
		return false;
	time_t seconds = (time_t)(noon / SECOND);
	if (gmtime_r(&seconds, &day) == NULL)
		return false;
	day.tm_mday++;
	day.tm_hour = 0;
	day.tm_isdst = -1;
	*end = (int64_t)mktime(&day) * SECOND;
	return true;
}

static const char *line(struct arena *arena, const char *s)
{
	const char *trimmed = s != NULL ? text_trim(arena, s) : "";
	return *trimmed != '\0' ? trimmed : NULL;
}

static enum err check_lines(struct arena *arena, struct vacancy *v, struct refusal *why)
{
	struct {
		const char *name, **line;
	} lines[] = {{"employer", &v->employer}, {"place", &v->place}, {"region", &v->region},
		{"hours", &v->hours}, {"pay", &v->pay}};
	for (size_t i = 0; i < COUNT(lines); i++) {
		*lines[i].line = line(arena, *lines[i].line);
		if (*lines[i].line != NULL && text_count(*lines[i].line) > VACANCY_LINE_MOST)
			return refuse(why, lines[i].name, "Use at most 100 signs.");
	}
	return OK;
}

/* `who` chose the organisation; 0: it is the one that it was. */
static enum err check_employer(struct txn *t, uint64_t who, struct vacancy *v, struct refusal *why)
{
	struct organisation o;
	bool works = v->type == VACANCY_JOB || v->type == VACANCY_ASSIGNMENT;
	if (v->organisation != 0) {
		if ((who != 0 && !organisation_is_editor(t, who, v->organisation))
			|| organisation_load(t, v->organisation, &o) != OK)
			return refuse(why, "organisation",
				"Choose an organisation of which you edit the page.");
		v->employer = o.title;
	}
	return works && v->employer == NULL
		? refuse(why, "employer", "Say for which employer or organisation it is.")
		: OK;
}

static enum err check(
	struct txn *t, uint64_t who, struct vacancy *v, struct names *tags, struct refusal *why)
{
	struct arena *arena = txn_arena(t);
	struct url url;
	int64_t now = time_now();
	if (v->type < VACANCY_JOB || v->type > VACANCY_REQUEST)
		return refuse(why, "type", "Choose what it is.");
	if (v->where < VACANCY_ON_SITE || v->where > VACANCY_REMOTE)
		return refuse(why, "where", "Choose where it is done.");
	enum err e = check_lines(arena, v, why);
	if (e == OK)
		e = check_employer(t, who, v, why);
	if (e == OK)
		e = draft_tags(arena, v->tags, tags, &v->tags, why);
	if (e != OK)
		return e;
	if (v->where != VACANCY_REMOTE && v->place == NULL)
		return refuse(why, "place", "Say in which place it is.");
	v->apply = line(arena, v->apply);
	if (v->apply != NULL
		&& (strlen(v->apply) > APPLY_MOST || url_parse(arena, v->apply, &url) != OK))
		return refuse(why, "apply", "Give a whole address, that begins with https://");
	if (v->closes <= now || v->closes > now + OPEN_MOST)
		return refuse(why, "closes", "Choose a day within a year from now.");
	return OK;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static enum err write_own(struct txn *t, const struct vacancy *v, struct bytes *out)
{
	return record_write(txn_arena(t), &vacancy_shape, v, out);
}

static struct post_draft draft_of(
	const struct vacancy_draft *d, struct bytes own, const struct names *tags)
{
	return (struct post_draft){.author = d->author,
		.community = d->community,
		.kind = POST_VACANCY,
		.title = d->title,
		.source = d->source,
		.language = d->language,
		.circles = d->circles,
		.own = own,
		.tags = tags};
}

enum err vacancy_create(
	struct txn *t, const struct vacancy_draft *d, struct refusal *why, struct post *out)
{
	struct vacancy v = d->vacancy;
	struct names tags;
	struct bytes own;
	enum err e = check(t, d->author, &v, &tags, why);
	if (e == OK)
		e = write_own(t, &v, &own);
	if (e != OK)
		return e;
	struct post_draft draft = draft_of(d, own, &tags);
	return post_create(t, &draft, NULL, why, out);
}

enum err vacancy_change(struct txn *t, uint64_t who, uint64_t id, const struct vacancy_draft *d,
	struct refusal *why)
{
	struct post p;
	struct vacancy was, v = d->vacancy;
	struct names tags;
	struct bytes own;
	v.changed = time_now();
	enum err e = post_load(t, id, &p);
	if (e == OK)
		e = vacancy_of(t, &p, &was);
	if (e == OK && !vacancy_may_manage(t, who, &p, &was))
		e = ERR_FORBIDDEN;
	if (e == OK && was.end != VACANCY_OPEN)
		e = ERR_CONFLICT; /* it is opened again first */
	if (e == OK)
		e = check(t, v.organisation != was.organisation ? who : 0, &v, &tags, why);
	if (e == OK)
		e = write_own(t, &v, &own);
	if (e != OK)
		return e;
	struct post_draft draft = draft_of(d, own, &tags);
	e = post_edit(t, p.author, id, &draft, NULL, why);
	if (e == OK)
		e = lists_set(t, &p, &was, false);
	if (e == OK)
		e = post_load(t, id, &p);
	return e == OK ? lists_set(t, &p, &v, true) : e;
}

static enum err say_again(struct txn *t, const struct post *p)
{
	struct line line = {
		.act = ACT_UPDATE, .actor = p->author, .object = p->id, .target = p->community};
	return act_journal(t, NULL, &line, NULL);
}

static enum err set_end(struct txn *t, struct post *p, struct vacancy *v, enum vacancy_end end)
{
	int64_t now = time_now();
	enum err e = lists_set(t, p, v, false);
	v->end = end;
	v->closed = end == VACANCY_OPEN ? 0 : end == VACANCY_OVER ? v->closes : now;
	if (end == VACANCY_OPEN && v->closes <= now)
		v->closes = now + REOPENED_FOR * DAY;
	v->changed = now;
	if (e == OK)
		e = write_own(t, v, &p->own);
	if (e == OK)
		e = post_save(t, p);
	if (e == OK)
		e = lists_set(t, p, v, true);
	return e == OK ? say_again(t, p) : e;
}

enum err vacancy_close(struct txn *t, uint64_t who, uint64_t id, enum vacancy_end end)
{
	struct post p;
	struct vacancy v;
	enum err e = post_load(t, id, &p);
	if (e == OK)
		e = vacancy_of(t, &p, &v);
	if (e == OK && !vacancy_may_manage(t, who, &p, &v))
		e = ERR_FORBIDDEN;
	return e == OK && v.end != end ? set_end(t, &p, &v, end) : e;
}

/* ---- on time --------------------------------------------------------------------------------- */

static enum err close_one(struct txn *t, uint64_t id)
{
	struct post p;
	struct vacancy v;
	enum err e = post_load(t, id, &p);
	if (e == OK)
		e = vacancy_of(t, &p, &v);
	if (e != OK || v.end != VACANCY_OPEN || v.closes > time_now())
		return e == ERR_NOT_FOUND ? OK : e;
	struct notice n = {
		.place = id_next(), .kind = NOTICE_VACANCY_CLOSED, .post = id, .at = time_now()};
	e = set_end(t, &p, &v, VACANCY_OVER);
	return e == OK ? notify_add(t, p.author, &n) : e;
}

static enum err close_due(struct txn *t, void *arg)
{
	(void)arg;
	return due_take(t, TABLE_VACANCY_END, DUE_MOST, close_one);
}

static void on_time(struct store *store, void *arg)
{
	(void)arg;
	enum err e = store_write(store, close_due, NULL);
	if (e != OK)
		log_line(LOG_WARN, "vacancy", "error=%s", err_name(e));
}

static const struct chore chores[] = {{"vacancy", MINUTE, on_time, NULL}, {0}};

/* ---- other nodes ----------------------------------------------------------------------------- */

const char *vacancy_type_words(const char *language, uint32_t type)
{
	switch (type) {
	case VACANCY_ASSIGNMENT:
		return i18n(language, "Assignment");
	case VACANCY_OFFER:
		return i18n(language, "Offered");
	case VACANCY_REQUEST:
		return i18n(language, "Wanted");
	default:
		return i18n(language, "Job");
	}
}

static void add_fact(struct text *t, const char *words)
{
	if (words != NULL && *words != '\0')
		text_format(t, "%s%s", t->size > 0 ? " · " : "", words);
}

static void add_end(struct text *t, const char *language, const struct vacancy *v)
{
	if (v->end == VACANCY_FILLED)
		add_fact(t, i18n(language, "Filled"));
	else if (v->end != VACANCY_OPEN)
		add_fact(t, i18n(language, "Closed"));
}

/* With its year, also when that is this one: elsewhere it is read later. */
static void add_day(struct text *t, const char *language, int64_t ms)
{
	time_t seconds = (time_t)(ms / SECOND);
	struct tm day;
	char year[16];
	text_char(t, ' ');
	i18n_time(t, language, ms, false);
	if (localtime_r(&seconds, &day) != NULL
		&& text_print(year, sizeof year, " %d", day.tm_year + 1900)
		&& !text_ends(t->at, year))
		text_add(t, year);
}

/* All of it in one line of words, in the language of the post. */
static const char *facts(struct txn *t, const struct post *p, const struct vacancy *v)
{
	const char *language = post_language(t, p);
	struct text line;
	text_init(&line, txn_arena(t), 8192);
	add_end(&line, language, v);
	add_fact(&line, vacancy_type_words(language, v->type));
	add_fact(&line, v->employer);
	add_fact(&line, v->place);
	add_fact(&line, text_is(v->region, v->place) ? NULL : v->region);
	if (v->where == VACANCY_REMOTE)
		add_fact(&line, i18n(language, "From anywhere"));
	else if (v->where == VACANCY_PARTLY)
		add_fact(&line, i18n(language, "Partly from home"));
	add_fact(&line, v->hours);
	add_fact(&line, v->pay);
	if (v->end == VACANCY_OPEN) {
		add_fact(&line, i18n(language, "Last day:"));
		add_day(&line, language, v->closes - 1);
	}
	return line.at;
}

static void say(struct txn *t, const struct post *p, struct said *out)
{
	struct vacancy v;
	struct arena *arena = txn_arena(t);
	struct text content;
	if (vacancy_of(t, p, &v) != OK)
		return;
	const char *words = facts(t, p, &v);
	text_init(&content, arena, strlen(out->content) + 65536);
	text_add(&content, "<p><strong>");
	text_html(&content, words);
	text_add(&content, "</strong></p>");
	text_add(&content, out->content);
	if (v.apply != NULL) {
		text_add(&content, "<p><a href=\"");
		text_html(&content, v.apply);
		text_add(&content, "\" rel=\"nofollow noopener noreferrer\">");
		text_html(&content, v.apply);
		text_add(&content, "</a></p>");
	}
	out->summary = arena_format(
		arena, "%s. %s", words, markup_plain(arena, out->content, TEASER_POINTS));
	out->content = content.at;
	/* Other nodes take a change for one when it is newer than what they have. */
	if (v.changed > out->updated)
		out->updated = v.changed;
}

static void object(struct txn *t, struct view *view, const struct post *p)
{
	struct vacancy v;
	if (vacancy_of(t, p, &v) != OK)
		return;
	view_time(view, "endTime", v.closed != 0 ? v.closed : v.closes);
	if (v.place == NULL)
		return;
	view_begin(view, "location");
	view_text(view, "type", "Place");
	view_text(view, "name", v.place);
	view_end(view);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static void show_schema(struct view *view, const struct vacancy *v)
{
	bool works = v->type == VACANCY_JOB || v->type == VACANCY_ASSIGNMENT;
	char until[TIME_ISO];
	time_iso(v->closed != 0 ? v->closed : v->closes, until);
	view_text(view, "schema",
		works                              ? "JobPosting"
			: v->type == VACANCY_OFFER ? "Offer"
						   : "Demand");
	view_flag(view, "works", works);
	view_text(view, "contract", v->type == VACANCY_ASSIGNMENT ? "CONTRACTOR" : "OTHER");
	view_text(view, "until", until);
}

void vacancy_show(struct txn *t, struct view *view, const struct vacancy *v)
{
	struct organisation o;
	view_flag(view, "job", v->type == VACANCY_JOB);
	view_flag(view, "assignment", v->type == VACANCY_ASSIGNMENT);
	view_flag(view, "offer", v->type == VACANCY_OFFER);
	view_flag(view, "request", v->type == VACANCY_REQUEST);
	view_text(view, "employer", or_empty(v->employer));
	bool has = v->organisation != 0 && organisation_load(t, v->organisation, &o) == OK;
	view_text(
		view, "organisation_path", has ? arena_format(txn_arena(t), "/o/%s", o.name) : "");
	view_text(view, "where", or_empty(v->place));
	view_text(view, "region", text_is(v->region, v->place) ? "" : or_empty(v->region));
	view_flag(view, "remote", v->where == VACANCY_REMOTE);
	view_flag(view, "partly", v->where == VACANCY_PARTLY);
	view_text(view, "hours", or_empty(v->hours));
	view_text(view, "pay", or_empty(v->pay));
	view_text(view, "apply", or_empty(v->apply));
	view_time(view, "last_day", v->closes - 1);
	view_flag(view, "open", v->end == VACANCY_OPEN);
	view_flag(view, "filled", v->end == VACANCY_FILLED);
	view_flag(view, "over", v->end == VACANCY_OVER || v->end == VACANCY_WITHDRAWN);
	show_schema(view, v);
}

void vacancy_lines(struct txn *t, struct view *view, const char *name, const struct u64s *ids,
	const struct viewer *viewer)
{
	struct post p;
	struct vacancy v;
	view_list(view, name);
	for (size_t i = 0; i < ids->count; i++) {
		if (vacancy_find(t, viewer, ids->at[i], &p, &v) != OK)
			continue;
		view_begin(view, NULL);
		post_line(t, view, "post", &p, viewer);
		vacancy_show(t, view, &v);
		view_end(view);
	}
	view_list_end(view);
}

static void page(
	struct txn *t, struct view *view, const struct post *p, const struct viewer *viewer)
{
	struct vacancy v;
	int64_t answers = 0;
	if (vacancy_of(t, p, &v) != OK)
		return;
	bool manages = viewer->local && vacancy_may_manage(t, viewer->actor, p, &v);
	bool open = v.end == VACANCY_OPEN && p->removed_by == 0;
	view_begin(view, "vacancy");
	vacancy_show(t, view, &v);
	char posted[TIME_ISO];
	time_iso(p->published, posted);
	view_text(view, "posted", posted);
	view_flag(view, "manages", manages);
	if (manages && answer_count(t, p->id, &answers) == OK)
		view_number(view, "answers", answers);
	view_flag(view, "may_answer",
		open && !manages
			&& (viewer->local
				|| (viewer->actor == 0 && txn_site(t)->mail_from != NULL)));
	view_end(view);
}

static const struct detail details[] = {
	{.kind = POST_VACANCY,
		.enter = enter,
		.end = end,
		.page = page,
		.object = object,
		.say = say,
		.form = "vacancy"},
	{0},
};
static const struct table_use uses[] = {
	{TABLE_VACANCY_IN, NULL},
	{TABLE_VACANCY_END, NULL},
	{0},
};
const struct feature feature_vacancy = {
	.name = "vacancy",
	.routes = vacancy_routes,
	.tables = uses,
	.chores = chores,
	.details = details,
};

/*
 * library.c: files of a community that are there to stay: what each is, its tags, and its versions. A file is a post: so it
 * is talked about, and for the circle of its choice; whoever may read the post may have every version of it.
 */
#include "library.h"
#include "media.h"

#include <string.h>

#define VERSIONS_MOST 50
#define SHOWN 20
#define LOOKED_AT 1000 /* for one page */
#define TAGGED 300     /* newest files, whose tags are offered */
#define TAGS_SHOWN 20
#define TEASER_POINTS 200

static const struct field shelved_fields[] = {
	{1, F_U64, offsetof(struct shelved, now), 0},
	{2, F_U64, offsetof(struct shelved, last), 0},
	{3, F_TEXT, offsetof(struct shelved, tags), POST_TAGS_BYTES},
	{4, F_I64, offsetof(struct shelved, changed), 0},
};
const struct shape library_shape = {
	"shelved", sizeof(struct shelved), shelved_fields, COUNT(shelved_fields)};

static const struct field version_fields[] = {
	{1, F_U64, offsetof(struct version, media), 0},
	{2, F_U64, offsetof(struct version, by), 0},
	{3, F_TEXT, offsetof(struct version, note), 4 * VERSION_NOTE_MOST},
	{4, F_I64, offsetof(struct version, at), 0},
};
static const struct shape version_shape = {
	"version", sizeof(struct version), version_fields, COUNT(version_fields)};

/* ---- keeping --------------------------------------------------------------------------------- */

enum err library_of(struct txn *t, const struct post *p, struct shelved *out)
{
	if (p->kind != POST_FILE || p->gone)
		return ERR_NOT_FOUND;
	return record_read(txn_arena(t), &library_shape, p->own, out);
}

enum err library_version(
	struct txn *t, uint64_t post, uint64_t number, struct version *v, struct media *m)
{
	struct place place = place_2(TABLE_LIBRARY_VERSION, post, number);
	enum err e = txn_load(t, &place, &version_shape, v);
	return e == OK ? media_load(t, v->media, m) : e;
}

static enum err versions(struct txn *t, uint64_t post, struct u64s *out) /* newest first */
{
	return post_ids(t, TABLE_LIBRARY_VERSION, post, 0, true, VERSIONS_MOST, out);
}

static enum err enter(struct txn *t, const struct post *p, const struct object *said)
{
	struct place place = place_2(TABLE_LIBRARY_IN, p->community, p->id);
	return said == NULL ? txn_put(t, &place, (struct bytes){"\1", 1}) : OK;
}

static enum err drop_version(struct txn *t, uint64_t post, uint64_t number)
{
	struct version v;
	struct place place = place_2(TABLE_LIBRARY_VERSION, post, number);
	enum err e = txn_load(t, &place, &version_shape, &v);
	if (e == OK)
		e = media_remove(t, v.media);
	return e == OK ? txn_del(t, &place) : e;
}

static enum err end(struct txn *t, const struct post *p)
{
	struct u64s all;
	struct place place = place_2(TABLE_LIBRARY_IN, p->community, p->id);
	enum err e = versions(t, p->id, &all);
	for (size_t i = 0; e == OK && i < all.count; i++)
		e = drop_version(t, p->id, all.at[i]);
	return e == OK ? txn_del(t, &place) : e;
}

/* The version in use is what is read from now on: not what it was before, nor what was said of that. */
static enum err widened(struct txn *t, struct post *p)
{
	struct u64s all;
	struct shelved s = {0};
	struct version now;
	enum err e = library_of(t, p, &s);
	if (e == OK)
		e = versions(t, p->id, &all);
	for (size_t i = 0; e == OK && i < all.count; i++)
		e = all.at[i] != s.now ? drop_version(t, p->id, all.at[i]) : OK;
	struct place place = place_2(TABLE_LIBRARY_VERSION, p->id, s.now);
	if (e == OK)
		e = txn_load(t, &place, &version_shape, &now);
	now.note = NULL;
	return e == OK ? txn_save(t, &place, &version_shape, &now) : e;
}

/* The version in use is what the post has attached: searched by its name, and told to other nodes. */
static enum err keep(struct txn *t, struct post *p, const struct shelved *s, const struct media *m)
{
	struct extra x;
	struct attachment file = media_attachment(t, m);
	file.name = m->name;
	extra_read(txn_arena(t), p->extra, &x);
	x.attachments = &file;
	x.attachment_count = 1;
	p->extra = extra_write(txn_arena(t), &x);
	enum err e = record_write(txn_arena(t), &library_shape, s, &p->own);
	return e == OK ? post_save(t, p) : e;
}

enum err library_use(struct txn *t, struct post *p, struct shelved *s, uint64_t number)
{
	struct version v;
	struct media m;
	struct line line = {
		.act = ACT_UPDATE, .actor = p->author, .object = p->id, .target = p->community};
	enum err e = library_version(t, p->id, number, &v, &m);
	if (e != OK)
		return e;
	s->now = number;
	s->changed = time_now();
	e = keep(t, p, s, &m);
	return e == OK ? act_journal(t, NULL, &line, NULL) : e;
}

/* ---- verbs ----------------------------------------------------------------------------------- */

static enum err add_version(struct txn *t, uint64_t who, const struct post *p, struct shelved *s,
	uint64_t file, const char *note, struct refusal *why)
{
	struct u64s all;
	struct media m;
	const char *words = note != NULL ? text_trim(txn_arena(t), note) : "";
	struct version v = {
		.media = file, .by = who, .note = *words != '\0' ? words : NULL, .at = time_now()};
	if (file == 0)
		return refuse(why, "file", "Choose a file.");
	if (text_count(words) > VERSION_NOTE_MOST)
		return refuse(why, "note", "Use at most 300 signs.");
	enum err e = versions(t, p->id, &all);
	if (e == OK && all.count == VERSIONS_MOST)
		return refuse(why, "file",
			"A file has at most 50 versions. Take an earlier one off first.");
	if (e == OK)
		e = media_load(t, file, &m);
	if (e == ERR_NOT_FOUND || (e == OK && !media_is_free(&m, who, 0)))
		return refuse(why, "file", "This file is no longer here: please choose it again.");
	struct place place = place_2(TABLE_LIBRARY_VERSION, p->id, ++s->last);
	if (e == OK)
		e = media_place(t, &m, MEDIA_SHELF, p->id);
	return e == OK ? txn_save(t, &place, &version_shape, &v) : e;
}

enum err library_add_version(struct txn *t, uint64_t who, struct post *p, struct shelved *s,
	uint64_t file, const char *note, struct refusal *why)
{
	enum err e = add_version(t, who, p, s, file, note, why);
	return e == OK ? library_use(t, p, s, s->last) : e;
}

enum err library_add(struct txn *t, const struct post_draft *d, const char *typed, uint64_t file,
	struct refusal *why, struct post *p)
{
	struct post_draft draft = *d;
	struct shelved s = {.now = 1};
	struct names tags;
	struct version v;
	struct media m;
	enum err e = draft_tags(txn_arena(t), typed, &tags, &s.tags, why);
	if (e == OK)
		e = record_write(txn_arena(t), &library_shape, &s, &draft.own);
	draft.tags = &tags;
	if (e == OK)
		e = post_create(t, &draft, NULL, why, p);
	if (e == OK)
		e = add_version(t, d->author, p, &s, file, NULL, why);
	if (e == OK)
		e = library_version(t, p->id, s.now, &v, &m);
	return e == OK ? keep(t, p, &s, &m) : e;
}

/* The last one stays: without it there is no file. In use comes the newest that is left. */
enum err library_take_off(struct txn *t, struct post *p, struct shelved *s, uint64_t number)
{
	struct u64s all;
	enum err e = versions(t, p->id, &all);
	if (e == OK && all.count < 2)
		return ERR_CONFLICT;
	if (e == OK)
		e = drop_version(t, p->id, number);
	return e == OK && s->now == number ? library_use(t, p, s, all.at[all.at[0] == number]) : e;
}

/* ---- how it is shown ------------------------------------------------------------------------- */

static const char *ending(struct arena *arena, const struct media *m)
{
	char *end = arena_text(arena, media_extension(m->type));
	for (char *at = end; *at != '\0'; at++)
		*at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
	return end;
}

static void show_file(struct txn *t, struct view *v, const struct media *m)
{
	int64_t kilobytes = (int64_t)(m->size / 1024) + 1;
	view_text(v, "name", m->name != NULL ? m->name : "");
	view_text(v, "address", media_path(txn_arena(t), m, false));
	view_text(v, "format", ending(txn_arena(t), m));
	view_number(v, "kilobytes", kilobytes < 1024 ? kilobytes : 0);
	view_number(v, "megabytes", kilobytes < 1024 ? 0 : (kilobytes + 512) / 1024);
	view_text(v, "preview", m->small != NULL ? media_path(txn_arena(t), m, true) : "");
	view_number(v, "width", m->small_width);
	view_number(v, "height", m->small_height);
}

void library_version_show(
	struct txn *t, struct view *v, const struct shelved *s, uint64_t post, uint64_t number)
{
	struct version version;
	struct media m;
	struct actor by;
	if (library_version(t, post, number, &version, &m) != OK)
		return;
	view_begin(v, NULL);
	view_number(v, "number", (int64_t)number);
	view_flag(v, "in_use", number == s->now);
	view_text(v, "note", version.note != NULL ? version.note : "");
	view_text(v, "by",
		version.by != 0 && actor_load(t, version.by, &by) == OK && !by.gone
			? actor_title(&by)
			: "");
	view_time(v, "at", version.at);
	show_file(t, v, &m);
	view_end(v);
}

static void show_tag(struct txn *t, struct view *v, const char *tag, const char *chosen)
{
	struct text query;
	text_init(&query, txn_arena(t), 1024);
	text_url(&query, tag);
	view_begin(v, NULL);
	view_text(v, "tag", tag);
	view_text(v, "query", query.at);
	view_flag(v, "chosen", text_is(tag, chosen));
	view_end(v);
}

static void show_tags(struct txn *t, struct view *v, const struct shelved *s)
{
	struct names tags = {0};
	const char *joined;
	view_list(v, "tags");
	if (draft_tags(txn_arena(t), s->tags, &tags, &joined, NULL) == OK)
		for (size_t i = 0; i < tags.count; i++)
			show_tag(t, v, tags.at[i], NULL);
	view_list_end(v);
	view_flag(v, "tagged", tags.count > 0);
}

static void page(struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct shelved s;
	struct version now;
	struct media m;
	struct actor community;
	struct u64s all;
	if (library_of(t, p, &s) != OK || library_version(t, p->id, s.now, &now, &m) != OK
		|| versions(t, p->id, &all) != OK || actor_load(t, p->community, &community) != OK)
		return;
	view_begin(v, "shelved");
	show_file(t, v, &m);
	show_tags(t, v, &s);
	view_format(v, "library", "%s/library", actor_path(txn_arena(t), &community));
	view_number(v, "number", (int64_t)s.now);
	view_time(v, "at", now.at);
	view_flag(v, "may_manage", viewer->local && circle_may_manage(t, viewer->actor, p));
	view_flag(v, "several", all.count > 1);
	view_list(v, "versions");
	for (size_t i = 0; i < all.count; i++)
		library_version_show(t, v, &s, p->id, all.at[i]);
	view_list_end(v);
	view_end(v);
}

/* Other nodes read what kind of file it is, and where it is kept. */
static void say(struct txn *t, const struct post *p, struct said *out)
{
	struct shelved s;
	struct version now;
	struct media m;
	struct text content;
	struct arena *arena = txn_arena(t);
	if (library_of(t, p, &s) != OK || library_version(t, p->id, s.now, &now, &m) != OK)
		return;
	const char *file = arena_format(
		arena, "%s (%s)", m.name != NULL ? m.name : p->title, ending(arena, &m));
	const char *words = markup_plain(arena, out->content, TEASER_POINTS);
	text_init(&content, arena, strlen(out->content) + 16384);
	text_add(&content, "<p><strong>");
	text_html(&content, file);
	text_add(&content, "</strong></p>");
	text_add(&content, out->content);
	text_format(&content, "<p><a href=\"%s\">%s</a></p>", p->url, p->url);
	out->summary = arena_format(arena, "%s%s%s", file, *words != '\0' ? " · " : "", words);
	out->content = content.at;
	if (s.changed > out->updated)
		out->updated = s.changed;
}

/* ---- the list -------------------------------------------------------------------------------- */

static bool has_tag(const struct shelved *s, const char *tag)
{
	size_t size = strlen(tag);
	for (const char *at = s->tags; at != NULL && *at != '\0';) {
		size_t word = strcspn(at, " ");
		if (word == size && strncmp(at, tag, size) == 0)
			return true;
		at += word + (at[word] != '\0');
	}
	return false;
}

static bool may_list(
	struct call *call, struct txn *t, uint64_t id, struct post *p, struct shelved *s)
{
	return post_load(t, id, p) == OK && p->removed_by == 0
		&& circle_may_read(t, &call->viewer, p) && library_of(t, p, s) == OK;
}

struct tags {
	const char *at[TAGS_SHOWN];
	size_t count;
};

static void gather_tags(struct arena *arena, struct tags *all, const struct shelved *s)
{
	struct names tags = {0};
	const char *joined;
	if (draft_tags(arena, s->tags, &tags, &joined, NULL) != OK)
		return;
	for (size_t i = 0; i < tags.count && all->count < TAGS_SHOWN; i++) {
		size_t k = 0;
		while (k < all->count && !text_is(all->at[k], tags.at[i]))
			k++;
		if (k == all->count)
			all->at[all->count++] = tags.at[i];
	}
}

/* Those of the newest files that this viewer may read. */
static enum err show_all_tags(
	struct call *call, struct txn *t, struct view *v, uint64_t community, const char *chosen)
{
	struct u64s ids;
	struct post p;
	struct shelved s;
	struct tags all = {.count = 0};
	enum err e = post_ids(t, TABLE_LIBRARY_IN, community, 0, true, TAGGED, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		if (may_list(call, t, ids.at[i], &p, &s))
			gather_tags(call->arena, &all, &s);
	view_list(v, "all_tags");
	for (size_t i = 0; i < all.count; i++)
		show_tag(t, v, all.at[i], chosen);
	view_list_end(v);
	view_flag(v, "has_tags", all.count > 0);
	return e;
}

static void show_line(struct call *call, struct txn *t, struct view *v, const struct post *p,
	const struct shelved *s)
{
	struct version now;
	struct media m;
	if (library_version(t, p->id, s->now, &now, &m) != OK)
		return;
	view_begin(v, NULL);
	post_line(t, v, "post", p, &call->viewer);
	view_text(v, "teaser",
		markup_plain(call->arena, p->content != NULL ? p->content : "", TEASER_POINTS));
	show_file(t, v, &m);
	show_tags(t, v, s);
	view_time(v, "at", now.at);
	view_end(v);
}

static enum err show_list(
	struct call *call, struct txn *t, struct view *v, uint64_t community, const char *tag)
{
	struct u64s ids;
	struct post p;
	struct shelved s;
	size_t shown = 0;
	uint64_t before = call_input_id(call, "before"), last = 0;
	bool more = false;
	enum err e = post_ids(t, TABLE_LIBRARY_IN, community, before, true, LOOKED_AT, &ids);
	view_list(v, "files");
	for (size_t i = 0; e == OK && i < ids.count && !more; i++) {
		if (!may_list(call, t, ids.at[i], &p, &s) || (tag != NULL && !has_tag(&s, tag)))
			continue;
		more = shown == SHOWN;
		if (more)
			break;
		show_line(call, t, v, &p, &s);
		last = p.id;
		shown++;
	}
	view_list_end(v);
	view_flag(v, "nothing", e == OK && shown == 0);
	view_flag(v, "later_page", before != 0);
	if (more)
		view_id(v, "older", last);
	return e;
}

enum err library_list(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	struct text query;
	const char *typed = call_input(call, "tag");
	enum err e = community_here_show(call, t, v, &a);
	if (e != OK)
		return e;
	const char *tag = typed != NULL ? text_lower(call->arena, text_trim(call->arena, typed))
					: "";
	tag += *tag == '#';
	text_init(&query, call->arena, 1024);
	if (*tag != '\0') {
		text_add(&query, "tag=");
		text_url(&query, tag);
		text_char(&query, '&');
	}
	view_flag(v, "on_library", true);
	view_format(v, "add_path", "/c/%s/new/file", a.name);
	view_text(v, "tag", tag);
	view_format(v, "further", "%s/library?%s", actor_path(call->arena, &a), query.at);
	e = show_all_tags(call, t, v, a.id, tag);
	return e == OK ? show_list(call, t, v, a.id, *tag != '\0' ? tag : NULL) : e;
}

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_visit(void *arg, struct bytes key, struct bytes value)
{
	struct own_rows *o = arg;
	struct version version;
	if (record_read(txn_arena(o->t), &version_shape, value, &version) != OK)
		return OK;
	view_begin(o->v, NULL);
	view_text(o->v, "post", own_post(o->t, place_id(key, 0)));
	view_number(o->v, "number", (int64_t)place_id(key, 1));
	view_text(o->v, "note", version.note != NULL ? version.note : "");
	view_time(o->v, "at", version.at);
	view_end(o->v);
	return OK;
}

static bool is_by(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	struct version version;
	(void)key;
	return record_read(scratch, &version_shape, value, &version) == OK
		&& version.by == *(const uint64_t *)arg;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	return own_rows_show(t, v, "versions", TABLE_LIBRARY_VERSION, who, is_by, own_visit);
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	uint64_t actor = ((const struct leaver *)arg)->actor;
	return is_by(&actor, scratch, key, value);
}

/* A file that stays is of nobody from then on; one that goes is the last word on its post when it has no other. */
static enum err end_theirs(struct txn *t, void *arg, const struct place *key)
{
	const struct leaver *who = arg;
	struct bytes at = {key->at, key->size};
	struct post p;
	struct shelved s;
	struct version version;
	enum err e = post_load(t, place_id(at, 0), &p);
	if (e == OK)
		e = library_of(t, &p, &s);
	if (e == OK)
		e = txn_load(t, key, &version_shape, &version);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e; /* it went with another one of theirs */
	version.by = 0;
	if (who->keep & KEEP_FILES)
		return txn_save(t, key, &version_shape, &version);
	e = library_take_off(t, &p, &s, place_id(at, 1));
	return e == ERR_CONFLICT ? post_remove(t, p.author, p.id, NULL, NULL) : e;
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct leaver theirs = *who;
	return leaving_sweep(t, TABLE_LIBRARY_VERSION, at, is_theirs, end_theirs, &theirs);
}

static const struct personal personal = {own_show, forget};
static const struct detail details[] = {
	{.kind = POST_FILE,
		.enter = enter,
		.end = end,
		.widened = widened,
		.page = page,
		.say = say,
		.form = "file"},
	{0},
};
static const struct table_use uses[] = {
	{TABLE_LIBRARY_IN, NULL}, {TABLE_LIBRARY_VERSION, &version_shape}, {0}};
const struct feature feature_library = {.name = "library",
	.routes = library_routes,
	.tables = uses,
	.details = details,
	.personal = &personal};

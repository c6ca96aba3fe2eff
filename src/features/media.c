/*
 * media.c: pictures, films and documents: of posts, of people and communities, and what is kept here of other nodes'.
 * A record names its files in blob.c's directory; who may read the post may fetch them, nobody else.
 */
#include "media.h"

#include <string.h>
#include <unistd.h>

#define LOOSE_MOST DAY /* what was sent and never placed */
#define CACHED_BYTES ((uint64_t)1 << 30)
#define CACHED_FAILED HOUR /* what could not be had is not asked for again before */
#define SWEEP_AGE (10 * MINUTE)
#define AT_ONCE 500
#define OOXML "application/vnd.openxmlformats-officedocument."
#define OPENDOCUMENT "application/vnd.oasis.opendocument."

static const struct field fields[] = {
	{1, F_U64, offsetof(struct media, id), 0},
	{2, F_U64, offsetof(struct media, owner), 0},
	{3, F_U64, offsetof(struct media, post), 0},
	{4, F_U32, offsetof(struct media, use), 0},
	{5, F_TEXT, offsetof(struct media, type), 100},
	{6, F_TEXT, offsetof(struct media, file), BLOB_NAME},
	{7, F_TEXT, offsetof(struct media, small), BLOB_NAME},
	{8, F_TEXT, offsetof(struct media, small_type), 100},
	{9, F_U64, offsetof(struct media, size), 0},
	{10, F_U32, offsetof(struct media, width), 0},
	{11, F_U32, offsetof(struct media, height), 0},
	{12, F_U32, offsetof(struct media, small_width), 0},
	{13, F_U32, offsetof(struct media, small_height), 0},
	{14, F_U32, offsetof(struct media, colour), 0},
	{15, F_TEXT, offsetof(struct media, blurhash), 100},
	{16, F_TEXT, offsetof(struct media, alt), MEDIA_ALT_MOST * 4},
	{17, F_TEXT, offsetof(struct media, name), 1024},
	{18, F_I64, offsetof(struct media, focus_x), 0},
	{19, F_I64, offsetof(struct media, focus_y), 0},
	{20, F_TEXT, offsetof(struct media, url), 2048},
	{21, F_I64, offsetof(struct media, at), 0},
};
const struct shape media_shape = {"media", sizeof(struct media), fields, COUNT(fields)};

static const struct bytes one = {"\1", 1};

/* Of another node's, before it is asked for anew. */
static int64_t cached_age(struct txn *t)
{
	return keep_days(t, KEEP_PICTURES) * DAY;
}

/* ---- records --------------------------------------------------------------------------------- */

enum err media_load(struct txn *t, uint64_t id, struct media *out)
{
	struct place place = place_1(TABLE_MEDIA, id);
	return txn_load(t, &place, &media_shape, out);
}

enum err media_save(struct txn *t, const struct media *m)
{
	struct place place = place_1(TABLE_MEDIA, m->id);
	return txn_save(t, &place, &media_shape, m);
}

/* The files a record names, so that the sweep leaves them. */
static enum err name_files(struct txn *t, const struct media *m, bool on)
{
	const char *const files[] = {m->file, m->small};
	for (size_t i = 0; i < COUNT(files); i++) {
		if (files[i] == NULL)
			continue;
		struct place place = place_hash_1(TABLE_BLOB, files[i], m->id);
		enum err e = on ? txn_put(t, &place, one) : txn_del(t, &place);
		if (e != OK)
			return e;
	}
	return OK;
}

enum err media_bytes(struct txn *t, uint64_t owner, int64_t *now)
{
	struct place place = place_1(TABLE_MEDIA_BYTES, owner);
	return txn_count(t, &place, now);
}

/* What is kept of other nodes has no owner here. */
static enum err weigh_for(struct txn *t, const struct media *m, bool on)
{
	struct place place = place_1(TABLE_MEDIA_BYTES, m->owner);
	int64_t size = (int64_t)m->size;
	return m->url == NULL ? txn_add(t, &place, on ? size : -size, NULL) : OK;
}

enum err media_keep(struct txn *t, struct media *m)
{
	int64_t bytes;
	enum err enough = media_bytes(t, m->owner, &bytes);
	if (enough != OK)
		return enough;
	if (m->url == NULL && bytes + (int64_t)m->size > MEDIA_QUOTA)
		return ERR_TOO_MUCH;
	m->id = id_next();
	m->at = time_now();
	struct place loose = place_1(
		m->url != NULL ? TABLE_MEDIA_CACHED : TABLE_MEDIA_LOOSE, m->id);
	struct place by_url = place_hash(TABLE_MEDIA_URL, m->url != NULL ? m->url : "");
	enum err e = m->url != NULL ? media_forget(t, m->url) : OK;
	if (e == OK)
		e = media_save(t, m);
	if (e == OK)
		e = name_files(t, m, true);
	if (e == OK)
		e = weigh_for(t, m, true);
	if (e == OK && m->url != NULL)
		e = txn_put_id(t, &by_url, m->id);
	return e == OK ? txn_put(t, &loose, one) : e;
}

enum err media_remove(struct txn *t, uint64_t id)
{
	struct media m;
	enum err e = media_load(t, id, &m);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	struct place place = place_1(TABLE_MEDIA, id), loose = place_1(TABLE_MEDIA_LOOSE, id);
	struct place cached = place_1(TABLE_MEDIA_CACHED, id);
	struct place by_url = place_hash(TABLE_MEDIA_URL, m.url != NULL ? m.url : "");
	e = name_files(t, &m, false);
	if (e == OK)
		e = weigh_for(t, &m, false);
	if (e == OK)
		e = txn_del(t, &place);
	if (e == OK)
		e = txn_del(t, &loose);
	if (e == OK)
		e = txn_del(t, &cached);
	return e == OK && m.url != NULL ? txn_del(t, &by_url) : e;
}

enum err media_hold(struct txn *t, uint64_t id, bool on)
{
	struct place loose = place_1(TABLE_MEDIA_LOOSE, id);
	struct media m;
	enum err e = media_load(t, id, &m);
	if (e != OK || m.use != MEDIA_LOOSE)
		return e == ERR_NOT_FOUND ? OK : e;
	return on ? txn_del(t, &loose) : txn_put(t, &loose, one);
}

enum err media_place(struct txn *t, struct media *m, enum media_use use, uint64_t post)
{
	struct place loose = place_1(TABLE_MEDIA_LOOSE, m->id);
	m->use = use;
	m->post = post;
	enum err e = media_save(t, m);
	return e == OK ? txn_del(t, &loose) : e;
}

/* ---- of posts -------------------------------------------------------------------------------- */

bool media_is_free(const struct media *m, uint64_t owner, uint64_t post)
{
	return m->owner == owner && m->url == NULL
		&& ((m->use == MEDIA_LOOSE && m->post == 0)
			|| (m->use == MEDIA_POST && post != 0 && m->post == post));
}

/* What stands on a shelf stays until library.c takes it off: an earlier version is one too. */
static enum err let_go(struct txn *t, uint64_t id)
{
	struct media m;
	enum err e = media_load(t, id, &m);
	if (e != OK || m.use == MEDIA_SHELF)
		return e == ERR_NOT_FOUND ? OK : e;
	return media_remove(t, id);
}

static bool lists(const struct extra *x, uint64_t media)
{
	for (size_t i = 0; i < x->attachment_count; i++)
		if (x->attachments[i].media == media)
			return true;
	return false;
}

enum err media_follow(struct txn *t, const struct post *p, struct bytes before, struct bytes after)
{
	struct extra was, is;
	extra_read(txn_arena(t), before, &was);
	extra_read(txn_arena(t), after, &is);
	for (size_t i = 0; i < was.attachment_count; i++) {
		const struct attachment *a = &was.attachments[i];
		enum err e = OK;
		if (a->media != 0 && !lists(&is, a->media))
			e = let_go(t, a->media);
		else if (a->media == 0 && p->gone)
			e = media_forget(t, a->url);
		if (e != OK)
			return e;
	}
	for (size_t i = 0; i < is.attachment_count; i++) {
		struct media m;
		if (is.attachments[i].media == 0 || lists(&was, is.attachments[i].media))
			continue;
		enum err e = media_load(t, is.attachments[i].media, &m);
		if (e == OK && !media_is_free(&m, p->author, p->id))
			e = ERR_FORBIDDEN;
		if (e == OK)
			e = media_place(t, &m, MEDIA_POST, p->id);
		if (e != OK)
			return e;
	}
	return OK;
}

struct attachment media_attachment(struct txn *t, const struct media *m)
{
	struct arena *arena = txn_arena(t);
	return (struct attachment){.type = "Document",
		.media_type = m->type,
		.url = arena_format(
			arena, "%s%s", txn_site(t)->base_url, media_path(arena, m, false)),
		.name = m->alt != NULL && *m->alt != '\0' ? m->alt : m->name,
		.width = m->width,
		.height = m->height,
		.blurhash = m->blurhash,
		.focus_x = m->focus_x,
		.focus_y = m->focus_y,
		.media = m->id};
}

enum err media_attachments(
	struct txn *t, uint64_t owner, uint64_t post, const struct u64s *ids, struct extra *out)
{
	struct attachment *all = arena_array(txn_arena(t), MEDIA_SLOTS, sizeof *all);
	if (ids->count > MEDIA_SLOTS)
		return ERR_TOO_MUCH;
	for (size_t i = 0; i < ids->count; i++) {
		struct media m;
		enum err e = media_load(t, ids->at[i], &m);
		if (e != OK || !media_is_free(&m, owner, post))
			return e == OK ? ERR_FORBIDDEN : e;
		all[i] = media_attachment(t, &m);
		if (text_starts(m.type, "image/")) /* a picture's own name says nothing */
			all[i].name = m.alt;
	}
	out->attachments = all;
	out->attachment_count = ids->count;
	return OK;
}

/* ---- of people and communities --------------------------------------------------------------- */

enum err media_face_set(struct txn *t, uint64_t *now, const char **url, uint64_t owner,
	enum media_use use, uint64_t id, uint64_t sender)
{
	struct media m;
	enum err e = *now != 0 ? media_remove(t, *now) : OK;
	if (e == OK) {
		*now = 0;
		*url = NULL;
	}
	if (e != OK || id == 0)
		return e;
	e = media_load(t, id, &m);
	if (e == OK && (!media_is_free(&m, sender, 0) || !text_starts(m.type, "image/")))
		e = ERR_FORBIDDEN;
	if (e != OK)
		return e;
	e = weigh_for(t, &m, false);
	m.owner = owner;
	if (e == OK)
		e = weigh_for(t, &m, true);
	if (e != OK)
		return e;
	*now = id;
	*url = arena_format(
		txn_arena(t), "%s%s", txn_site(t)->base_url, media_path(txn_arena(t), &m, false));
	return media_place(t, &m, use, 0);
}

enum err media_portrait(
	struct txn *t, struct actor *a, enum media_use use, uint64_t id, uint64_t sender)
{
	bool icon = use == MEDIA_ICON;
	return media_face_set(t, icon ? &a->icon_media : &a->image_media,
		icon ? &a->icon : &a->image, a->id, use, id, sender);
}

/* ---- how they are shown ---------------------------------------------------------------------- */

static const struct {
	const char *type, *extension;
} kinds[] = {{"image/jpeg", "jpg"}, {"image/png", "png"}, {"video/mp4", "mp4"},
	{"video/webm", "webm"}, {"application/pdf", "pdf"}, {"text/plain", "txt"},
	{"text/csv", "csv"}, {"text/markdown", "md"}, {OOXML "wordprocessingml.document", "docx"},
	{OOXML "spreadsheetml.sheet", "xlsx"}, {OOXML "presentationml.presentation", "pptx"},
	{OPENDOCUMENT "text", "odt"}, {OPENDOCUMENT "spreadsheet", "ods"},
	{OPENDOCUMENT "presentation", "odp"}};

const char *media_extension(const char *type)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (text_is(type, kinds[i].type))
			return kinds[i].extension;
	return "bin";
}

const char *media_type(const char *extension)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (text_is(extension, kinds[i].extension))
			return kinds[i].type;
	return NULL;
}

const char *media_path(struct arena *arena, const struct media *m, bool small)
{
	char id[ID_TEXT];
	bool has = small && m->small != NULL;
	return arena_format(arena, "/media/%s/%s.%s", id_text(m->id, id), has ? "small" : "whole",
		media_extension(has ? m->small_type : m->type));
}

/* Nine places of a picture are enough for what must stay in sight, and have a class each in the style sheet. */
static const char *focus_class(int64_t x, int64_t y)
{
	static const char *const names[3][3] = {{"focus-top-left", "focus-top", "focus-top-right"},
		{"focus-left", "", "focus-right"},
		{"focus-bottom-left", "focus-bottom", "focus-bottom-right"}};
	return names[y > 333 ? 0 : y < -333 ? 2 : 1][x < -333 ? 0 : x > 333 ? 2 : 1];
}

static void show_picture(struct view *v, const char *src, const char *whole, int64_t width,
	int64_t height, int64_t colour)
{
	view_flag(v, "picture", true);
	view_text(v, "src", src);
	view_text(v, "whole", whole);
	view_flag(v, "sized", width > 0 && height > 0);
	view_number(v, "width", width);
	view_number(v, "height", height);
	view_flag(v, "shaded", colour >= 0);
	view_format(v, "shade", "#%06llx", (unsigned long long)(colour >= 0 ? colour : 0));
}

/* The average colour stands in a blurhash, after the letters for its size: four of 83. */
static int64_t blurhash_colour(const char *hash)
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"#$%*+,-.:;=?@[]^_{|}~";
	int64_t value = 0;
	if (hash == NULL || strlen(hash) < 6)
		return -1;
	for (int i = 2; i < 6; i++) {
		const char *at = strchr(digits, hash[i]);
		if (at == NULL)
			return -1;
		value = value * 83 + (at - digits);
	}
	return value <= 0xffffff ? value : -1;
}

static void show_own(struct txn *t, struct view *v, const struct attachment *a)
{
	struct media m;
	if (media_load(t, a->media, &m) != OK)
		return;
	const char *whole = media_path(txn_arena(t), &m, false);
	view_text(v, "focus", focus_class(m.focus_x, m.focus_y));
	if (text_starts(m.type, "image/"))
		show_picture(v, media_path(txn_arena(t), &m, true), whole, m.small_width,
			m.small_height, m.colour);
	if (text_starts(m.type, "video/"))
		view_text(v, "src", whole);
	view_flag(v, "film", text_starts(m.type, "video/"));
	view_flag(v, "document", text_is(m.type, "application/pdf"));
	view_text(v, "type", m.type);
	view_text(v, "address", whole);
	view_number(v, "kilobytes", (int64_t)(m.size / 1024) + 1);
}

static bool is_a(const struct attachment *a, const char *media_type, const char *type)
{
	return a->media_type != NULL ? text_starts(a->media_type, media_type)
				     : text_is(a->type, type);
}

bool media_is_picture(const struct attachment *a)
{
	return is_a(a, "image/", "Image");
}

bool media_is_film(const struct attachment *a)
{
	return is_a(a, "video/", "Video");
}

bool media_is_sound(const struct attachment *a)
{
	return is_a(a, "audio/", "Audio");
}

/* Of another node: what is seen or played here is fetched by this one, so that it never sees who does. */
static void show_foreign(
	struct txn *t, struct view *v, const struct post *p, const struct attachment *a, size_t n)
{
	char id[ID_TEXT];
	struct url url;
	const char *src = arena_format(txn_arena(t), "/media/post/%s/%zu", id_text(p->id, id), n);
	view_text(v, "focus", focus_class(a->focus_x, a->focus_y));
	if (media_is_picture(a))
		show_picture(v, src, arena_format(txn_arena(t), "%s/whole", src), a->width,
			a->height, blurhash_colour(a->blurhash));
	else if (media_is_film(a) || media_is_sound(a))
		view_text(v, "src", src);
	view_flag(v, "film", media_is_film(a));
	view_flag(v, "sound", media_is_sound(a));
	view_text(v, "address", a->url);
	view_text(v, "host", url_parse(txn_arena(t), a->url, &url) == OK ? url.authority : a->url);
}

void media_show(struct txn *t, struct view *v, const struct post *p, const struct extra *x)
{
	view_list(v, "media");
	for (size_t i = 0; i < x->attachment_count; i++) {
		const struct attachment *a = &x->attachments[i];
		bool named = a->name != NULL && *a->name != '\0';
		view_begin(v, NULL);
		view_flag(v, "own", a->media != 0);
		view_text(v, "alt", named ? a->name : "");
		view_text(v, "words", named ? a->name : a->url);
		if (a->media != 0)
			show_own(t, v, a);
		else
			show_foreign(t, v, p, a, i);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "has_media", x->attachment_count > 0);
}

/* ---- serving --------------------------------------------------------------------------------- */

/* *open: anyone may, and so may whatever keeps copies on the way. */
static bool may_fetch(struct txn *t, const struct viewer *viewer, const struct media *m, bool *open)
{
	struct post p;
	struct actor a;
	const struct viewer nobody = {0};
	*open = false;
	if (m->url != NULL)
		return false; /* by its post or actor only */
	if (m->use == MEDIA_LOOSE)
		return viewer->actor != 0 && viewer->actor == m->owner;
	if (m->use != MEDIA_POST && m->use != MEDIA_SHELF) {
		*open = actor_load(t, m->owner, &a) == OK && !a.gone && !a.suspended;
		return *open;
	}
	if (post_load(t, m->post, &p) != OK || p.gone)
		return false;
	*open = circle_may_read(t, &nobody, &p);
	return *open || circle_may_read(t, viewer, &p);
}

/* By what its sender called it (RFC 6266, RFC 8187), ending as its content does. */
static const char *disposition(struct arena *arena, const struct media *m)
{
	const char *end = media_extension(m->type), *name = m->name != NULL ? m->name : "document";
	struct text header;
	text_init(&header, arena, 4096);
	text_format(&header, "attachment; filename=\"document.%s\"; filename*=UTF-8''", end);
	text_url(&header, name);
	if (!text_ends(text_lower(arena, name), arena_format(arena, ".%s", end)))
		text_format(&header, ".%s", end);
	return header.at;
}

enum err media_serve(struct call *call, const struct media *m, bool small, bool open)
{
	const char *file = small && m->small != NULL ? m->small : m->file;
	const char *type = small && m->small != NULL ? m->small_type : m->type;
	uint64_t size;
	int fd = blob_open(call->site->blobs, file, &size);
	if (fd < 0)
		return ERR_NOT_FOUND;
	reply_file(call, type, fd, size);
	call->reply.etag = arena_format(call->arena, "\"%.32s\"", file);
	/* Whose circle changes asks again: what may no longer be seen is not kept by their browser either. */
	call->reply.cache = open ? "public, max-age=604800, immutable" : "private, no-cache";
	reply_header(call, "Content-Security-Policy", "default-src 'none'; sandbox");
	reply_header(call, "Cross-Origin-Resource-Policy", open ? "cross-origin" : "same-origin");
	/* Nothing but a picture or a film in a post is opened by the browser itself. */
	bool seen = (small && m->small != NULL)
		|| (m->use != MEDIA_SHELF
			&& (text_starts(type, "image/") || text_starts(type, "video/")));
	if (!seen)
		reply_header(call, "Content-Disposition", disposition(call->arena, m));
	return OK;
}

static enum err media_read(struct call *call, struct txn *t, struct view *v)
{
	(void)v;
	struct media m;
	bool open;
	const char *asked = call_part(call, "file");
	bool small = text_starts(asked, "small.");
	enum err e = media_load(t, call_part_id(call, "id"), &m);
	if (e != OK || !may_fetch(t, &call->viewer, &m, &open)
		|| !text_is(asked, strrchr(media_path(call->arena, &m, small), '/') + 1))
		return ERR_NOT_FOUND;
	return media_serve(call, &m, small, open);
}

/* ---- of other nodes, kept a while ------------------------------------------------------------ */

enum err media_cached(struct txn *t, const char *url, struct media *out)
{
	struct place place = place_hash(TABLE_MEDIA_URL, url);
	struct media m;
	uint64_t id;
	enum err e = txn_get_id(t, &place, &id);
	if (e == OK)
		e = media_load(t, id, &m);
	if (e != OK)
		return e;
	int64_t age = time_now() - m.at;
	if (!text_is(m.url, url) || age > (m.file != NULL ? cached_age(t) : CACHED_FAILED))
		return ERR_NOT_FOUND;
	*out = m;
	return m.file != NULL ? OK : ERR_REMOTE;
}

enum err media_forget(struct txn *t, const char *url)
{
	struct place place = place_hash(TABLE_MEDIA_URL, url);
	uint64_t id;
	enum err e = txn_get_id(t, &place, &id);
	return e == OK ? media_remove(t, id) : e == ERR_NOT_FOUND ? OK : e;
}

/* ---- chores ---------------------------------------------------------------------------------- */

struct old {
	uint64_t ids[AT_ONCE];
	size_t count;
};

static enum err old_visit(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct old *o = arg;
	o->ids[o->count++] = place_id(key, 0);
	return OK;
}

static enum err oldest(struct txn *t, uint8_t table, struct old *out)
{
	struct walk walk = {.prefix = place_0(table), .max = AT_ONCE};
	out->count = 0;
	return txn_walk(t, &walk, old_visit, out);
}

static enum err drop_loose(struct txn *t, void *arg)
{
	(void)arg;
	struct old *o = arena_alloc(txn_arena(t), sizeof *o);
	enum err e = oldest(t, TABLE_MEDIA_LOOSE, o);
	for (size_t i = 0; e == OK && i < o->count; i++) {
		struct media m;
		struct actor owner;
		e = media_load(t, o->ids[i], &m);
		if (e == OK
			&& (time_now() - m.at > LOOSE_MOST || actor_load(t, m.owner, &owner) != OK
				|| owner.gone))
			e = media_remove(t, m.id);
	}
	return e;
}

struct weigh {
	struct txn *t;
	uint64_t bytes;
};

static enum err weigh_visit(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct weigh *w = arg;
	struct media m;
	enum err e = media_load(w->t, place_id(key, 0), &m);
	w->bytes += e == OK ? m.size : 0;
	return e == ERR_NOT_FOUND ? OK : e;
}

/* The oldest go, when they are too old, or all of them too large. */
static enum err drop_cached(struct txn *t, void *arg)
{
	(void)arg;
	struct old *o = arena_alloc(txn_arena(t), sizeof *o);
	struct weigh w = {.t = t};
	struct walk walk = {.prefix = place_0(TABLE_MEDIA_CACHED), .max = WALK_ALL};
	enum err e = txn_walk(t, &walk, weigh_visit, &w);
	if (e == OK)
		e = oldest(t, TABLE_MEDIA_CACHED, o);
	for (size_t i = 0; e == OK && i < o->count; i++) {
		struct media m;
		if (media_load(t, o->ids[i], &m) != OK)
			continue;
		if (time_now() - m.at <= cached_age(t) && w.bytes <= CACHED_BYTES)
			break;
		w.bytes -= m.size < w.bytes ? m.size : w.bytes;
		e = media_remove(t, m.id);
	}
	return e;
}

static enum err named_visit(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	*(bool *)arg = true;
	return ERR_CONFLICT;
}

struct naming {
	const char *name;
	bool named;
};

static enum err named_read(struct txn *t, void *arg)
{
	struct naming *n = arg;
	struct walk walk = {.prefix = place_hash(TABLE_BLOB, n->name), .max = 1};
	return txn_walk(t, &walk, named_visit, &n->named);
}

/* What cannot be looked up is not thrown away. */
static bool is_named(void *store, const char *name)
{
	struct naming n = {.name = name};
	return store_read(store, named_read, &n) != OK || n.named;
}

static enum err find_site(struct txn *t, void *arg)
{
	*(const struct site **)arg = txn_site(t);
	return OK;
}

void media_sweep(struct store *store, void *arg)
{
	(void)arg;
	const struct site *site = NULL;
	enum err e = store_write(store, drop_loose, NULL);
	if (e == OK)
		e = store_write(store, drop_cached, NULL);
	if (e == OK)
		e = store_read(store, find_site, &site);
	if (e == OK && site->blobs != NULL)
		blob_sweep(site->blobs, SWEEP_AGE, is_named, store);
	if (e != OK)
		log_line(LOG_WARN, "media", "sweep=%s", err_name(e));
}

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_visit(void *arg, struct bytes key, struct bytes value)
{
	struct own_rows *o = arg;
	struct media m;
	(void)key;
	if (record_read(txn_arena(o->t), &media_shape, value, &m) != OK)
		return OK;
	view_begin(o->v, NULL);
	view_text(o->v, "name", m.name != NULL ? m.name : "");
	view_text(o->v, "alt", m.alt != NULL ? m.alt : "");
	view_text(o->v, "type", m.type);
	view_number(o->v, "bytes", (int64_t)m.size);
	view_text(o->v, "path", media_path(txn_arena(o->t), &m, false));
	view_text(o->v, "post", own_post(o->t, m.post));
	view_time(o->v, "at", m.at);
	view_end(o->v);
	return OK;
}

static bool is_owned(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	struct media m;
	(void)key;
	return record_read(scratch, &media_shape, value, &m) == OK
		&& m.owner == *(const uint64_t *)arg;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	return own_rows_show(t, v, "files", TABLE_MEDIA, who, is_owned, own_visit);
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct leaver *who = arg;
	struct media m;
	(void)key;
	return record_read(scratch, &media_shape, value, &m) == OK && m.owner == who->actor
		&& m.url == NULL && m.use == MEDIA_LOOSE;
}

static enum err end_theirs(struct txn *t, void *arg, const struct place *key)
{
	(void)arg;
	return media_remove(t, place_id((struct bytes){key->at, key->size}, 0));
}

/* What stands in a post goes or stays with it, portraits go with the actor. */
static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct leaver theirs = *who;
	return leaving_sweep(t, TABLE_MEDIA, at, is_theirs, end_theirs, &theirs);
}

static const struct personal personal = {own_show, forget};

static const struct route routes[] = {
	{METHOD_GET, "/media/{id}/{file}", ANYONE, .read = media_read, .per_minute = 3000},
	{0},
};
static const struct table_use tables[] = {
	{TABLE_MEDIA, &media_shape},
	{TABLE_BLOB, NULL},
	{TABLE_MEDIA_LOOSE, NULL},
	{TABLE_MEDIA_BYTES, NULL},
	{TABLE_MEDIA_URL, NULL},
	{TABLE_MEDIA_CACHED, NULL},
	{0},
};
static const struct chore chores[] = {
	{"media", 5 * MINUTE, media_sweep, NULL},
	{0},
};
const struct feature feature_media = {.name = "media",
	.routes = routes,
	.tables = tables,
	.chores = chores,
	.personal = &personal};

/*
 * upload.c: files in forms. They are looked at, made anew and kept before anything is written; a form that is refused
 * comes back with what was sent in it. Nothing is believed of a file but its bytes.
 */
#include "media.h"
#include "picture.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_LEAST ((uint64_t)256 << 20) /* that stays free on the disk */

static const struct slot {
	const char *file, *kept, *drop, *alt, *focus; /* names of its inputs */
	struct picture_wish wish;
} slots[] = {
	{"file1", "media1", "drop1", "alt1", "focus1", {2048, 640, false}},
	{"file2", "media2", "drop2", "alt2", "focus2", {2048, 640, false}},
	{"file3", "media3", "drop3", "alt3", "focus3", {2048, 640, false}},
	{"file4", "media4", "drop4", "alt4", "focus4", {2048, 640, false}},
	{"icon", NULL, "drop_icon", NULL, NULL, {400, 128, true}},
	{"image", NULL, "drop_image", NULL, NULL, {1500, 640, false}},
	{"file", "media", NULL, NULL, NULL, {4096, 640, false}},
};
#define ICON MEDIA_SLOTS
#define IMAGE (MEDIA_SLOTS + 1)
#define SHELF (MEDIA_SLOTS + 2)

struct prepared {
	uint64_t ids[COUNT(slots)];
};

/* ---- by their first bytes -------------------------------------------------------------------- */

/* A film or document that is passed on as it is, or NULL. */
static const char *sniff(struct bytes b)
{
	const char *at = b.data;
	if (b.size >= 16 && memcmp(at + 4, "ftyp", 4) == 0
		&& (memcmp(at + 8, "isom", 4) == 0 || memcmp(at + 8, "iso", 3) == 0
			|| memcmp(at + 8, "mp4", 3) == 0 || memcmp(at + 8, "avc1", 4) == 0
			|| memcmp(at + 8, "M4V ", 4) == 0 || memcmp(at + 8, "MSNV", 4) == 0
			|| memcmp(at + 8, "dash", 4) == 0))
		return "video/mp4";
	if (b.size >= 64 && memcmp(at, "\x1a\x45\xdf\xa3", 4) == 0
		&& memmem(at, 64, "\x42\x82\x84webm", 7) != NULL)
		return "video/webm";
	if (b.size >= 32 && memcmp(at, "%PDF-1.", 7) == 0)
		return "application/pdf";
	return NULL;
}

/* Of other nodes only. A frame of MPEG sound, layer III, may come without a tag before it. */
static const char *sniff_sound(struct bytes b)
{
	const unsigned char *at = b.data;
	if (b.size < 16)
		return NULL;
	if (memcmp(at + 4, "ftypM4A ", 8) == 0)
		return "audio/mp4";
	if (memcmp(at, "OggS", 4) == 0)
		return "audio/ogg";
	if (memcmp(at, "fLaC", 4) == 0)
		return "audio/flac";
	return memcmp(at, "ID3", 3) == 0 || (at[0] == 0xff && (at[1] & 0xe6) == 0xe2) ? "audio/mpeg"
										      : NULL;
}

enum err media_pass(struct arena *arena, const char *blobs, struct bytes file, struct media *m)
{
	char name[BLOB_NAME];
	const char *type = sniff(file);
	if (type == NULL)
		type = sniff_sound(file);
	if (type == NULL || text_is(type, "application/pdf"))
		return ERR_INVALID;
	enum err e = blob_put(blobs, file, name);
	if (e != OK)
		return e;
	m->type = type;
	m->file = arena_text(arena, name);
	m->size = file.size;
	return OK;
}

static bool holds(struct bytes b, const char *words)
{
	return memmem(b.data, b.size, words, strlen(words)) != NULL;
}

/* Documents of office programs, by what their container names; none with macros in it. */
static const char *sniff_office(struct bytes b)
{
	static const struct {
		const char *inside, *extension;
	} known[] = {{"word/document.xml", "docx"}, {"xl/workbook.xml", "xlsx"},
		{"ppt/presentation.xml", "pptx"}};
	static const char *const open[] = {"odt", "ods", "odp"};
	const char *at = b.data;
	if (b.size < 100 || memcmp(at, "PK\3\4", 4) != 0 || holds(b, "vbaProject.bin")
		|| holds(b, "Basic/script-lc.xml"))
		return NULL;
	/* Its first entry is called mimetype, and is not packed. */
	for (size_t i = 0; memcmp(at + 30, "mimetype", 8) == 0 && i < COUNT(open); i++) {
		const char *type = media_type(open[i]);
		size_t size = strlen(type);
		if (memcmp(at + 38, type, size) == 0 && memcmp(at + 38 + size, "PK", 2) == 0)
			return type;
	}
	for (size_t i = 0; holds(b, "[Content_Types].xml") && i < COUNT(known); i++)
		if (holds(b, known[i].inside))
			return media_type(known[i].extension);
	return NULL;
}

/* Words in any code that has letters where ASCII has them; what they are for is told by its name. */
static const char *sniff_text(const struct upload *f)
{
	static const char *const known[] = {"txt", "csv", "md"};
	const char *at = f->bytes.data, *end = strrchr(f->name, '.');
	for (size_t i = 0; i < f->bytes.size; i++)
		if (at[i] == '\0'
			|| ((unsigned char)at[i] < ' ' && strchr("\t\n\r\f", at[i]) == NULL))
			return NULL;
	for (size_t i = 0; f->bytes.size > 0 && end != NULL && i < COUNT(known); i++)
		if (text_equal_fold(end + 1, known[i]))
			return media_type(known[i]);
	return NULL;
}

static bool looks_like_picture(struct bytes b)
{
	return b.size >= 12
		&& (memcmp(b.data, "\x89PNG", 4) == 0 || memcmp(b.data, "\xff\xd8\xff", 3) == 0
			|| memcmp(b.data, "GIF8", 4) == 0 || memcmp(b.data, "RIFF", 4) == 0);
}

/* What may stand in the library. */
static const char *sniff_document(const struct upload *f)
{
	const char *type = sniff(f->bytes);
	if (type != NULL)
		return text_is(type, "application/pdf") ? type : NULL;
	type = sniff_office(f->bytes);
	return type != NULL ? type : sniff_text(f);
}

static enum err keep_file(struct call *call, struct bytes bytes, const char **name)
{
	char hash[BLOB_NAME];
	if (call->site->blobs == NULL)
		return ERR_AGAIN;
	enum err e = blob_put(call->site->blobs, bytes, hash);
	if (e == OK)
		*name = arena_text(call->arena, hash);
	return e;
}

enum err media_draw(struct arena *arena, const char *blobs, struct bytes file,
	const struct picture_wish *wish, struct refusal *why, struct media *m)
{
	struct picture p;
	char whole[BLOB_NAME], small[BLOB_NAME];
	enum err e = picture_make(arena, file, wish, why, &p);
	if (e == OK)
		e = blob_put(blobs, p.whole.data, whole);
	if (e == OK)
		e = blob_put(blobs, p.small.data, small);
	if (e != OK)
		return e;
	m->type = p.whole.type;
	m->file = arena_text(arena, whole);
	m->width = (uint32_t)p.whole.width;
	m->height = (uint32_t)p.whole.height;
	m->size = p.whole.data.size + p.small.data.size;
	m->small = arena_text(arena, small);
	m->small_type = p.small.type;
	m->small_width = (uint32_t)p.small.width;
	m->small_height = (uint32_t)p.small.height;
	m->blurhash = arena_text(arena, p.blurhash);
	m->colour = p.colour;
	return OK;
}

static enum err make(
	struct call *call, const struct slot *s, const struct upload *f, struct media *m)
{
	const char *type = s == &slots[SHELF] ? sniff_document(f)
		: s->alt != NULL              ? sniff(f->bytes)
					      : NULL; /* a face is a picture */
	if (call->site->blobs != NULL && blob_room(call->site->blobs) < ROOM_LEAST)
		return refuse(&call->refusal, s->file,
			"This site has no room for files now. Tell the people who run it.");
	*m = (struct media){.owner = call->viewer.actor, .name = f->name};
	if (type == NULL && s == &slots[SHELF] && !looks_like_picture(f->bytes))
		return refuse(&call->refusal, s->file,
			"Such a file cannot be kept here. Choose a PDF, a picture, text (TXT, CSV, MD) or a document of Word, Excel, PowerPoint or LibreOffice without macros.");
	if (type == NULL && f->bytes.size > PICTURE_FILE_MOST)
		return refuse(&call->refusal, s->file, "A picture has at most 8 MB.");
	if (f->bytes.size > MEDIA_FILE_MOST)
		return refuse(&call->refusal, s->file,
			s == &slots[SHELF] ? "A document has at most 16 MB."
					   : "A film or PDF has at most 16 MB.");
	if (type == NULL) {
		enum err e = media_draw(
			call->arena, call->site->blobs, f->bytes, &s->wish, &call->refusal, m);
		call->refusal.field = s->file;
		return e;
	}
	m->type = type;
	m->size = f->bytes.size;
	return keep_file(call, f->bytes, &m->file);
}

/* ---- before the form is written -------------------------------------------------------------- */

struct keeping {
	struct media media[COUNT(slots)];
	bool made[COUNT(slots)];
	uint64_t ids[COUNT(slots)];
};

static enum err keep_all(struct txn *t, void *arg)
{
	struct keeping *k = arg;
	for (size_t i = 0; i < COUNT(slots); i++) {
		struct media m = k->media[i];
		enum err e = k->made[i] ? media_keep(t, &m) : OK;
		if (e != OK)
			return e;
		k->ids[i] = k->made[i] ? m.id : 0;
	}
	return OK;
}

static const char *first_made(const struct keeping *k)
{
	for (size_t i = 0; i < COUNT(slots); i++)
		if (k->made[i])
			return slots[i].file;
	return NULL;
}

enum err media_prepare(struct call *call)
{
	struct keeping *k = arena_alloc(call->arena, sizeof *k);
	struct prepared *p = arena_alloc(call->arena, sizeof *p);
	struct refusal first = {0}, other = call->refusal; /* of an input that is no file */
	enum err e = OK;
	bool some = false;
	for (size_t i = 0; i < COUNT(slots) && e == OK; i++) {
		const struct upload *f = call_file(call, slots[i].file);
		e = f != NULL ? make(call, &slots[i], f, &k->media[i]) : OK;
		k->made[i] = f != NULL && e == OK;
		some |= k->made[i];
		if (e != ERR_INVALID)
			continue;
		first = first.text == NULL ? call->refusal : first;
		e = OK; /* the others are kept, for when this one is changed */
	}
	if (e == OK && some && (e = store_write(call->store, keep_all, k)) == ERR_TOO_MUCH)
		return refuse(&call->refusal, first_made(k),
			"Your files take up all the room you have here, 512 MB. Delete some first.");
	if (e != OK)
		return e;
	memcpy(p->ids, k->ids, sizeof p->ids);
	call->prepared = p;
	call->refusal = first.text != NULL ? first : other;
	return first.text != NULL ? ERR_INVALID : OK;
}

/* ---- when it is written ---------------------------------------------------------------------- */

static uint64_t chosen(const struct call *call, size_t i)
{
	const struct prepared *p = call->prepared;
	if (p != NULL && p->ids[i] != 0)
		return p->ids[i];
	bool drop = slots[i].drop != NULL && call_flag(call, slots[i].drop);
	return slots[i].kept != NULL && !drop ? call_input_id(call, slots[i].kept) : 0;
}

/* "0.5,-1": from the middle, to the right and up; what is not that is the middle. */
static bool focus_read(const char *s, int64_t *x, int64_t *y)
{
	double at[2] = {0, 0};
	char *end = NULL;
	*x = *y = 0;
	if (s == NULL || *s == '\0')
		return true;
	at[0] = strtod(s, &end);
	if (end == s || *end != ',')
		return false;
	const char *second = end + 1;
	at[1] = strtod(second, &end);
	if (end == second || *end != '\0' || !(at[0] >= -1 && at[0] <= 1)
		|| !(at[1] >= -1 && at[1] <= 1))
		return false;
	*x = (int64_t)(at[0] * 1000);
	*y = (int64_t)(at[1] * 1000);
	return true;
}

static enum err describe(struct call *call, struct txn *t, const struct slot *s, struct media *m)
{
	const char *alt = call_input(call, s->alt);
	if (alt != NULL && text_count(alt) > MEDIA_ALT_MOST)
		return refuse(&call->refusal, s->alt, "A description has at most 1500 signs.");
	if (!focus_read(call_input(call, s->focus), &m->focus_x, &m->focus_y))
		return refuse(&call->refusal, s->focus, "Please choose one of these.");
	m->alt = alt != NULL ? text_trim(txn_arena(t), alt) : NULL;
	return media_save(t, m);
}

enum err media_take(struct call *call, struct txn *t, uint64_t post, struct u64s *out)
{
	uint64_t *ids = arena_array(txn_arena(t), MEDIA_SLOTS, sizeof *ids);
	size_t count = 0;
	for (size_t i = 0; i < MEDIA_SLOTS; i++) {
		struct media m;
		uint64_t id = chosen(call, i);
		if (id == 0)
			continue;
		enum err e = media_load(t, id, &m);
		if (e == ERR_NOT_FOUND || (e == OK && !media_is_free(&m, call->viewer.actor, post)))
			return refuse(&call->refusal, slots[i].file,
				"This file is no longer here: please choose it again.");
		for (size_t k = 0; k < count; k++)
			if (ids[k] == id)
				return refuse(
					&call->refusal, slots[i].file, "This file is here twice.");
		if (e == OK)
			e = describe(call, t, &slots[i], &m);
		if (e != OK)
			return e;
		ids[count++] = id;
	}
	*out = (struct u64s){ids, count};
	return OK;
}

bool media_is_slot(const char *input)
{
	for (size_t i = 0; i < MEDIA_SLOTS; i++)
		if (text_is(slots[i].kept, input) || text_is(slots[i].drop, input))
			return true;
	return false;
}

uint64_t media_slot(const struct call *call, size_t i, const char **input)
{
	*input = slots[i].kept;
	return chosen(call, i);
}

uint64_t media_face(const struct call *call, enum media_use use, bool *drop)
{
	size_t i = use == MEDIA_ICON ? ICON : IMAGE;
	uint64_t id = chosen(call, i);
	*drop = id == 0 && call_flag(call, slots[i].drop);
	return id;
}

/* ---- when it is shown ------------------------------------------------------------------------ */

static const struct {
	const char *value, *words;
} places[] = {{"0,0", "the middle"}, {"0,1", "the top"}, {"0,-1", "the bottom"},
	{"-1,0", "the left"}, {"1,0", "the right"}};

static const char *place_of(const struct media *m)
{
	if (m->focus_y > 333)
		return "0,1";
	if (m->focus_y < -333)
		return "0,-1";
	return m->focus_x < -333 ? "-1,0" : m->focus_x > 333 ? "1,0" : "0,0";
}

static void show_places(struct call *call, struct view *v, const char *now)
{
	view_list(v, "places");
	for (size_t i = 0; i < COUNT(places); i++) {
		view_begin(v, NULL);
		view_text(v, "value", places[i].value);
		view_text(v, "label", i18n(call->language, places[i].words));
		view_flag(v, "chosen", text_is(places[i].value, now));
		view_end(v);
	}
	view_list_end(v);
}

static void show_fault(struct call *call, struct view *v, const struct slot *s)
{
	const struct refusal *why = &call->refusal;
	bool ours = text_is(why->field, s->file) || text_is(why->field, s->alt)
		|| text_is(why->field, s->focus);
	view_text(v, "fault", ours ? i18n(call->language, why->text) : "");
}

static bool show_slot(
	struct call *call, struct txn *t, struct view *v, size_t i, uint64_t id, uint64_t post)
{
	const struct slot *s = &slots[i];
	const char *typed = call->typed ? call_input(call, s->alt) : NULL,
		   *place = call_input(call, s->focus);
	struct media m = {0};
	bool kept = id != 0 && media_load(t, id, &m) == OK
		&& media_is_free(&m, call->viewer.actor, post);
	view_begin(v, NULL);
	view_number(v, "n", (int64_t)i + 1);
	view_flag(v, "kept", kept);
	view_id(v, "media", kept ? m.id : 0);
	view_flag(v, "kept_picture", kept && text_starts(m.type, "image/"));
	view_text(v, "kept_src", kept ? media_path(txn_arena(t), &m, true) : "");
	view_text(v, "kept_name", kept && m.name != NULL ? m.name : "");
	view_text(v, "alt", typed != NULL ? typed : kept && m.alt != NULL ? m.alt : "");
	show_fault(call, v, s);
	show_places(call, v, call->typed && place != NULL ? place : place_of(&m));
	view_end(v);
	return kept || (typed != NULL && *typed != '\0') || text_is(call->refusal.field, s->file);
}

void media_form_show(struct call *call, struct txn *t, struct view *v, const struct post *p)
{
	struct extra x = {0};
	bool open = false;
	size_t own = 0;
	uint64_t ids[MEDIA_SLOTS] = {0};
	if (p != NULL)
		extra_read(txn_arena(t), p->extra, &x);
	for (size_t i = 0; i < x.attachment_count && own < MEDIA_SLOTS; i++)
		if (x.attachments[i].media != 0)
			ids[own++] = x.attachments[i].media;
	view_list(v, "media_slots");
	for (size_t i = 0; i < MEDIA_SLOTS; i++)
		open |= show_slot(call, t, v, i, call->typed ? chosen(call, i) : ids[i],
			p != NULL ? p->id : 0);
	view_list_end(v);
	view_flag(v, "media_open", open);
}

uint64_t media_file(const struct call *call)
{
	return chosen(call, SHELF);
}

/* One that was sent already, when its form comes back. */
void media_file_show(struct call *call, struct txn *t, struct view *v)
{
	struct media m;
	uint64_t id = call->typed ? chosen(call, SHELF) : 0;
	bool kept = id != 0 && media_load(t, id, &m) == OK
		&& media_is_free(&m, call->viewer.actor, 0);
	view_begin(v, "file");
	view_flag(v, "kept", kept);
	view_id(v, "media", kept ? id : 0);
	view_text(v, "name", kept && m.name != NULL ? m.name : "");
	view_end(v);
}

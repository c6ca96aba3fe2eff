/*
 * fuzz_record.c: bytes of a store that is not sound give a record within its limits, or an error. Each input is read
 * as every shape that the features, the roll and the federation declare.
 */
#define FUZZ_WORDS                                                                                 \
	"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"
#include "corpus.h"
#include "federation.h"
#include "roll.h"

#define SHAPES_MOST 64

static const struct shape *shapes[SHAPES_MOST];
static size_t shape_count;

static void know(const struct table_use *list)
{
	for (; list != NULL && list->table != 0; list++) {
		HOLDS(shape_count < SHAPES_MOST);
		if (list->shape != NULL)
			shapes[shape_count++] = list->shape;
	}
}

static void know_all(void)
{
	for (size_t i = 0; features[i] != NULL; i++)
		know(features[i]->tables);
	know(federation_tables);
	know(roll_tables);
	shapes[shape_count++] = &person_words_shape;
	HOLDS(shape_count > 10);
}

static void check_field(const struct field *f, const uint8_t *record)
{
	const char *text;
	struct bytes bytes;
	struct u64s list;
	uint8_t sum[SHA256_SIZE]; /* of all the bytes: a sanitizer sees where they lie */
	switch (f->kind) {
	case F_TEXT:
		memcpy(&text, record + f->offset, sizeof text);
		HOLDS(fuzz_touch(text) <= f->max);
		break;
	case F_BYTES:
		memcpy(&bytes, record + f->offset, sizeof bytes);
		HOLDS(bytes.size <= f->max);
		crypto_sha256(bytes.data, bytes.size, sum);
		break;
	case F_U64S:
		memcpy(&list, record + f->offset, sizeof list);
		HOLDS(list.count <= f->max);
		crypto_sha256(list.at, list.count * sizeof *list.at, sum);
		break;
	case F_FLAG:
		HOLDS(record[f->offset] <= 1);
		break;
	default:
		break;
	}
}

/* What was written by an older program may be shorter or longer, but settles at once. */
static void write_and_read(struct arena *a, const struct shape *s, const void *record)
{
	struct bytes first, second;
	void *again = arena_alloc(a, s->size);
	HOLDS(record_write(a, s, record, &first) == OK);
	HOLDS(record_read(a, s, first, again) == OK);
	HOLDS(record_write(a, s, again, &second) == OK);
	HOLDS(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
}

/* A field of its own inside a record of a post. */
static void read_extra(struct arena *a, struct bytes in)
{
	struct extra e;
	extra_read(a, in, &e);
	for (size_t i = 0; i < e.attachment_count; i++) {
		HOLDS(e.attachments[i].type != NULL && e.attachments[i].url != NULL);
		fuzz_touch(e.attachments[i].name);
	}
	for (size_t i = 0; i < e.hashtags.count; i++)
		fuzz_touch(e.hashtags.at[i]);
	for (size_t i = 0; i < e.option_count; i++)
		HOLDS(e.options[i].name != NULL && e.options[i].votes >= 0);
	extra_write(a, &e);
}

static void read_as(struct arena *a, const struct shape *s, struct bytes in)
{
	void *record = arena_alloc(a, s->size);
	enum err e = record_read(a, s, in, record);
	HOLDS(e == OK || e == ERR_STORE);
	for (size_t i = 0; e == OK && i < s->count; i++)
		check_field(&s->fields[i], record);
	if (e == OK)
		write_and_read(a, s, record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	if (shape_count == 0)
		know_all();
	for (size_t i = 0; i < shape_count; i++)
		read_as(a, shapes[i], (struct bytes){data, size});
	read_extra(a, (struct bytes){data, size});
	return 0;
}

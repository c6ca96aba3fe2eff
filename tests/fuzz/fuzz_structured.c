/* fuzz_structured.c: structured fields (RFC 8941, 9651): what is read is written in one way and read back the same. */
#define FUZZ_WORDS                                                                                 \
	";a=1", "?1", ":YWJj:", "%\"%c3%a9\"", "@1700000000", "1.5", "(", ")", ", ", "\\\"", "*t"
#include "corpus.h"
#include "federation.h"

#define DEEP 4

static void touch(const struct structured *s, unsigned depth);

static void touch_all(const struct structured *s, size_t count, unsigned depth)
{
	for (size_t i = 0; i < count; i++)
		touch(&s[i], depth);
}

/* A field nests three levels at most: list, inner list, item; parameters beside. */
static void touch(const struct structured *s, unsigned depth)
{
	HOLDS(depth < DEEP);
	HOLDS(s->kind >= STRUCTURED_INTEGER && s->kind <= STRUCTURED_LIST);
	fuzz_touch(s->name);
	if (s->kind == STRUCTURED_STRING || s->kind == STRUCTURED_TOKEN)
		for (const char *c = s->text; *c != '\0'; c++)
			HOLDS(*c >= ' ' && *c < 0x7f);
	if (s->kind == STRUCTURED_DISPLAY)
		HOLDS(text_is_utf8(s->text, strlen(s->text)));
	if (s->kind == STRUCTURED_INTEGER || s->kind == STRUCTURED_DECIMAL
		|| s->kind == STRUCTURED_DATE)
		HOLDS(s->number >= -INT64_C(999999999999999)
			&& s->number <= INT64_C(999999999999999));
	HOLDS(s->item_count <= 1024 && s->parameter_count <= 256);
	for (size_t i = 0; i < s->parameter_count; i++)
		HOLDS(structured_parameter(s, s->parameters[i].name) != NULL);
	touch_all(s->items, s->item_count, depth + 1);
	touch_all(s->parameters, s->parameter_count, depth + 1);
}

static const char *written(struct arena *a, const struct structured *s)
{
	struct text t;
	text_init(&t, a, 1u << 20);
	structured_write(&t, s);
	return t.failed ? NULL : t.at;
}

static void write_and_read(struct arena *a, const struct structured *s)
{
	struct structured again;
	const char *text = written(a, s);
	HOLDS(text != NULL);
	if (strlen(text) > 120000)
		return; /* may be longer than it was, and over the limit */
	HOLDS(structured_list(a, text, &again) == OK && again.item_count == 1);
	HOLDS(text_is(written(a, &again.items[0]), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	const char *field = arena_text_n(a, (const char *)data, size);
	struct structured s;
	if (structured_item(a, field, &s) == OK) {
		touch(&s, 0);
		HOLDS(s.kind != STRUCTURED_LIST);
		write_and_read(a, &s);
	}
	if (structured_list(a, field, &s) == OK) {
		touch(&s, 0);
		for (size_t i = 0; i < s.item_count && i < 40; i++)
			write_and_read(a, &s.items[i]);
	}
	if (structured_dictionary(a, field, &s) == OK) {
		touch(&s, 0);
		for (size_t i = 0; i < s.item_count && i < 40; i++) {
			HOLDS(s.items[i].name != NULL && *s.items[i].name != '\0');
			write_and_read(a, &s.items[i]);
		}
	}
	return 0;
}

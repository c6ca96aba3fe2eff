/* fuzz_json.c: JSON is read within its limits, and what is read can be written and read again. */
#define FUZZ_WORDS                                                                                 \
	"null", "[", "{\"\":", "1e308", "-0", "\\ud83d\\ude00", "9007199254740993", "]", "}"
#include "corpus.h"
#include "data.h"

#define DEEP 64

static const struct json_limits narrow = {
	.bytes = 300, .values = 20, .depth = 4, .string = 30, .members = 5};

static bool visit(void *arg, const char *name, const json_node *node)
{
	size_t *count = arg;
	fuzz_touch(name);
	(void)node;
	return ++*count < 100000;
}

/* Every accessor with every kind of value. */
static void touch(const json_node *node)
{
	int64_t number;
	size_t count = 0;
	HOLDS(json_is_object(node) + json_is_array(node) + json_is_string(node) <= 1);
	HOLDS((json_text(node) != NULL) == json_is_string(node));
	if (json_is_string(node))
		HOLDS(text_is_utf8(json_text(node), strlen(json_text(node))));
	(void)json_number(node, &number);
	(void)json_flag(node);
	HOLDS(json_members(node, visit, &count) == count);
	HOLDS(json_is_object(node) || count == 0);
	(void)json_member(node, "id");
	HOLDS(json_item(node, json_count(node)) == NULL);
}

/* One way down, the last of each list: as deep as any document goes. */
static void descend(const json_node *node)
{
	size_t depth = 0;
	for (; node != NULL && depth < DEEP; depth++) {
		touch(node);
		const json_node *next = json_member(node, "a");
		if (json_is_array(node) && json_count(node) > 0)
			next = json_item(node, json_count(node) - 1);
		node = next;
	}
	HOLDS(depth < DEEP);
}

static bool same(struct bytes a, struct bytes b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static void write_and_read(struct arena *a, const json_node *node)
{
	const json_node *again;
	struct bytes text = json_write(a, node), canonical, second;
	HOLDS(json_read(a, text, NULL, &again) == OK);
	HOLDS(same(json_write(a, again), text));
	if (json_canonical(a, node, NULL, &canonical) != OK)
		return;
	HOLDS(json_canonical(a, again, NULL, &second) == OK && same(canonical, second));
	if (json_read(a, canonical, NULL, &again)
		== OK) /* not when an integer was rounded past 63 bits */
		HOLDS(json_canonical(a, again, NULL, &second) == OK && same(canonical, second));
	HOLDS(json_canonical(a, node, "a", &second) == OK && second.size <= canonical.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	struct bytes text = {data, size};
	const json_node *node, *few;
	bool read = json_read(a, text, NULL, &node) == OK;
	enum err counted = json_prescan(text, NULL);
	HOLDS(!read || counted == OK);
	if (json_read(a, text, &narrow, &few) == OK) {
		HOLDS(read && size <= narrow.bytes && json_prescan(text, &narrow) == OK);
		touch(few);
	}
	if (!read)
		return 0;
	descend(node);
	write_and_read(a, node);
	return 0;
}

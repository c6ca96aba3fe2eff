/*
 * fuzz_input.c: what a caller filled in, in any of the four ways, is a list of checked names and values.
 * An input's first line is the Content-Type, the second the query, the rest is the body.
 */
#define FUZZ_WORDS                                                                                 \
	"--b", "\r\n--b\r\n", "--b--", "Content-Disposition: form-data; name=\"", "\"\r\n\r\n",    \
		"filename=\"", "&", "=", "%00", "%c3%a9", "+", "boundary=", "{\"a\":{\"b\":[",     \
		"application/json", "\r\n"
#include "corpus.h"
#include "../../src/server/inside.h"

static const struct route route = {METHOD_POST, "/", ANYONE,
	.takes = {
		{"text", INPUT_TEXT, .max = 20},
		{"line", INPUT_LINE, .required = true, .min = 2, .max = 10},
		{"number", INPUT_NUMBER, .min = -3, .max = 30},
		{"flag", INPUT_FLAG},
		{"id", INPUT_ID},
		{"choice", INPUT_CHOICE, .choices = "public|followers|direct"},
		{"password", INPUT_PASSWORD, .min = 10, .max = 200},
		{"email", INPUT_EMAIL, .max = 254},
		{"a[b]", INPUT_TEXT, .max = 5},
	}};

/* A value that the route let pass is what the route says, told anew. */
static void passed(const struct exchange *x, const struct input *in)
{
	const char *value = call_input(&x->call, in->name);
	int64_t number;
	uint64_t id;
	if (value == NULL || *value == '\0') {
		HOLDS(!in->required);
		return;
	}
	size_t points = text_count(value);
	if (in->kind == INPUT_TEXT || in->kind == INPUT_LINE || in->kind == INPUT_PASSWORD)
		HOLDS(points >= (size_t)in->min && points <= (size_t)in->max);
	if (in->kind == INPUT_LINE)
		for (const char *c = value; *c != '\0'; c++)
			HOLDS((unsigned char)*c >= ' ' && *c != 0x7f);
	if (in->kind == INPUT_NUMBER)
		HOLDS(text_to_i64(value, in->min, in->max, &number));
	if (in->kind == INPUT_ID)
		HOLDS(text_to_u64(value, &id) && id > 0);
	if (in->kind == INPUT_CHOICE)
		HOLDS(text_is(value, "public") || text_is(value, "followers")
			|| text_is(value, "direct"));
	if (in->kind == INPUT_EMAIL)
		HOLDS(strchr(value, '@') != NULL && strpbrk(value, " \r\n\t<>\"") == NULL);
}

static void check(struct exchange *x)
{
	enum err e = input_check(x);
	HOLDS(e == OK || (e == ERR_INVALID && x->fault_count > 0));
	HOLDS(x->fault_count <= INPUTS_MAX);
	for (size_t i = 0; i < x->fault_count; i++)
		HOLDS(x->faults[i].why.field != NULL && x->faults[i].why.text != NULL);
	for (size_t i = 0; e == OK && i < INPUTS_MAX && route.takes[i].name != NULL; i++)
		passed(x, &route.takes[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	char *at = arena_text_n(a, (const char *)data, size), *start = at;
	struct exchange *x = arena_alloc(a, sizeof *x);
	struct named type = {"Content-Type", fuzz_line(&at)};
	x->call.arena = a;
	x->call.server = x;
	x->call.route = &route;
	x->lines = (struct named_list){&type, *type.value != '\0'};
	x->query = fuzz_line(&at);
	x->call.body = arena_bytes(
		a, (struct bytes){data + (at - start), size - (size_t)(at - start)});
	int status = input_read(x);
	HOLDS(status == 0 || status == 400 || status == 415);
	HOLDS(x->inputs.count <= PAIRS_MAX);
	for (size_t i = 0; status == 0 && i < x->inputs.count; i++) {
		const struct named *in = &x->inputs.at[i];
		HOLDS(*in->name != '\0' && text_is_utf8(in->name, strlen(in->name)));
		HOLDS(fuzz_touch(in->name) <= 128
			&& text_is_utf8(in->value, fuzz_touch(in->value)));
		HOLDS(call_input(&x->call, in->name) != NULL);
		(void)call_number(&x->call, in->name, 0);
		(void)call_flag(&x->call, in->name);
	}
	HOLDS(x->upload_count <= UPLOADS_MAX);
	for (size_t i = 0; status == 0 && i < x->upload_count; i++) {
		const struct upload *f = call_file(&x->call, x->upload_inputs[i]);
		HOLDS(f != NULL && text_is_utf8(f->name, fuzz_touch(f->name)));
		HOLDS(f->bytes.size <= x->call.body.size);
		HOLDS((const char *)f->bytes.data >= (const char *)x->call.body.data);
	}
	if (status == 0)
		check(x);
	return 0;
}

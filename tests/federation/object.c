/* object.c (federation): what an object of another node says, however it says it, and where reading it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "federation.h"

#include <string.h>

static struct arena *arena;

static int arena_begin(void **state)
{
	(void)state;
	arena = arena_create();
	return 0;
}

static int arena_end(void **state)
{
	(void)state;
	arena_destroy(arena);
	return 0;
}

/* The members, with ' for ". */
static enum err read_object(const char *members, struct object *out)
{
	char *json = arena_format(arena, "{'id':'https://a.example/1',%s}", members);
	const json_node *n;
	struct refusal why = {0};
	for (char *c = json; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	assert_int_equal(json_read(arena, (struct bytes){json, strlen(json)}, NULL, &n), OK);
	*out = (struct object){.type = "untouched"};
	enum err e = object_from_node(arena, n, out, &why);
	if (e != OK) {
		assert_non_null(why.text); /* in the caller's terms */
		assert_string_equal(out->type, "untouched");
	}
	return e;
}

static struct object object(const char *members)
{
	struct object o;
	if (read_object(members, &o) != OK)
		fail_msg("%s", members);
	return o;
}

#define ANN "{'type':'Person','id':'https://a.example/ann'}"
#define BOB "{'type':'Person','id':'https://a.example/bob'}"
#define CLUB "{'type':'Group','id':'https://a.example/club'}"

static void one_person_wrote_it(void **state)
{
	(void)state;
	static const struct {
		const char *owner, *want; /* NULL: refused */
	} cases[] = {
		{"'https://a.example/ann'", "https://a.example/ann"},
		{"['https://a.example/ann']", "https://a.example/ann"},
		{ANN, "https://a.example/ann"},
		{"[" ANN "," CLUB "]",
			"https://a.example/ann"}, /* PeerTube's account and channel */
		{"[" CLUB "," ANN "," CLUB "]", "https://a.example/ann"},
		{"[" ANN "," BOB "]", NULL},
		{"['https://a.example/ann','https://a.example/bob']", NULL},
		{"['https://a.example/ann'," CLUB "]", NULL}, /* a bare address may be anybody */
		{"[" CLUB "," CLUB "]", NULL},
		{"7", NULL},
		{"true", NULL},
		{"{}", NULL},
		{"[" ANN "," CLUB "," CLUB "," CLUB "," CLUB "," CLUB "," CLUB "," CLUB "," CLUB
		 "]",
			NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct object o;
		enum err e = read_object(
			arena_format(arena, "'type':'Note','attributedTo':%s", cases[i].owner), &o);
		if (e != (cases[i].want != NULL ? OK : ERR_INVALID)
			|| (e == OK && strcmp(o.attributed_to, cases[i].want) != 0))
			fail_msg("%s", cases[i].owner);
	}
	assert_null(object("'type':'Note'").attributed_to);
}

static void everybody_in_the_audience_may_read_it(void **state)
{
	(void)state;
	struct object o = object("'type':'Note','to':'https://a.example/ann',"
				 "'audience':['as:Public','https://a.example/club']");
	assert_string_equal(o.audience, "https://a.example/club");
	assert_int_equal(o.to.count, 1);
	assert_int_equal(o.cc.count, 1);
	assert_true(activity_is_public(o.cc.at[0]));
	o = object("'type':'Note','audience':'https://a.example/club'");
	assert_int_equal(o.to.count + o.cc.count, 0);
}

static void words_come_from_where_they_stand(void **state)
{
	(void)state;
	struct object o = object(
		"'type':'Note','contentMap':{'nl':'<p>hoi</p>'},'nameMap':{'nl':'kop'},"
		"'source':{'content':'hoi','mediaType':'text/markdown'}");
	assert_string_equal(o.content, "<p>hoi</p>");
	assert_string_equal(o.language, "nl");
	assert_string_equal(o.name, "kop");
	assert_string_equal(o.source, "hoi");
	assert_string_equal(o.source_type, "text/markdown");
	o = object(
		"'type':'Page','content':'a','contentMap':{'nl':'b'},'language':{'identifier':'fy'}");
	assert_string_equal(o.content, "a");
	assert_string_equal(o.language, "nl");
	o = object("'type':'Page','content':'a','language':{'identifier':'fy'}"); /* Lemmy */
	assert_string_equal(o.language, "fy");
}

/* 128 KiB of text, 500 letters of title: more is refused, or cut. */
static void words_have_an_end(void **state)
{
	(void)state;
	struct object o;
	for (int more = 0; more < 2; more++) {
		size_t size = ((size_t)128 << 10) + (size_t)more;
		char *words = arena_alloc(arena, size + 1);
		memset(words, 'x', size);
		assert_int_equal(
			read_object(arena_format(arena, "'type':'Note','content':'%s'", words), &o),
			more ? ERR_INVALID : OK);
	}
	char *title = arena_alloc(arena, 601);
	memset(title, 'x', 600);
	o = object(arena_format(arena, "'type':'Page','name':'%s'", title));
	assert_true(strlen(o.name) <= 503); /* with what says that it was cut */
}

static const char *many(int count, const char *one)
{
	struct text t;
	text_init(&t, arena, 65536);
	for (int i = 0; i < count; i++)
		text_format(&t, "%s%s", i > 0 ? "," : "", one);
	return t.at;
}

static void lists_have_an_end(void **state)
{
	(void)state;
	struct object o = object(arena_format(arena, "'type':'Note','tag':[%s],'attachment':[%s]",
		many(70, "{'type':'Hashtag','name':'#a'}"),
		many(20, "{'type':'Image','url':'https://a.example/i'}")));
	assert_int_equal(o.tag_count, 64);
	assert_int_equal(o.attachment_count, 16);
	o = object(arena_format(
		arena, "'type':'Question','oneOf':[%s]", many(30, "{'type':'Note','name':'yes'}")));
	assert_int_equal(o.option_count, 20);
}

static void what_says_nothing_is_left_out(void **state)
{
	(void)state;
	struct object o = object(
		"'type':'Note','tag':['x',7,{},{'name':'no type'},{'type':'Mention','href':"
		"'https://a.example/ann','name':'@ann'}],'attachment':[{'type':'Image'},{'url':"
		"'https://a.example/i'},{'type':'Image','url':'javascript:1'},{'type':'Document','url':"
		"'https://a.example/d','mediaType':'image/png','summary':'a bird','width':3,'height':4}]");
	assert_int_equal(o.tag_count, 1);
	assert_string_equal(o.tags[0].type, "Mention");
	assert_string_equal(o.tags[0].href, "https://a.example/ann");
	assert_int_equal(o.attachment_count, 1);
	assert_string_equal(o.attachments[0].name, "a bird");
	assert_int_equal(o.attachments[0].width, 3);
	assert_int_equal(o.attachments[0].height, 4);
}

static void a_poll_says_how_it_is_answered(void **state)
{
	(void)state;
	struct object o = object(
		"'type':'Question','anyOf':[{'name':'a','replies':{'totalItems':3}},{'name':'b'},{}],"
		"'votersCount':4,'endTime':'2025-11-21T08:58:12Z','closed':true");
	assert_true(o.any_of);
	assert_int_equal(o.option_count, 2);
	assert_int_equal(o.options[0].votes, 3);
	assert_int_equal(o.options[1].votes, 0);
	assert_int_equal(o.voters, 4);
	assert_true(o.end_time == INT64_C(1763715492000) && o.closed == o.end_time);
	o = object("'type':'Question','oneOf':[{'name':'a'}],'closed':'2025-11-20T08:58:12Z'");
	assert_false(o.any_of);
	assert_true(o.closed == INT64_C(1763715492000) - DAY);
}

/* Where an answer is not wanted, it is said by false and by nothing else. */
static void answers_are_open_unless_said(void **state)
{
	(void)state;
	assert_true(object("'type':'Page','commentsEnabled':false").comments_closed);
	assert_false(object("'type':'Page','commentsEnabled':true").comments_closed);
	assert_false(object("'type':'Page','commentsEnabled':'no'").comments_closed);
	assert_false(object("'type':'Page'").comments_closed);
}

static void what_is_no_object_is_refused(void **state)
{
	(void)state;
	struct object o;
	assert_int_equal(read_object("'content':'x'", &o), ERR_INVALID);
	assert_int_equal(read_object("'type':7", &o), ERR_INVALID);
	assert_int_equal(read_object("'type':'Note','@graph':[]", &o), ERR_INVALID);
	static const char *const known[] = {
		"Note", "Question", "Event", "Tombstone", "ChatMessage"};
	for (size_t i = 0; i < COUNT(known); i++)
		assert_true(object_is_type(known[i]));
	assert_false(object_is_type("Create"));
	assert_false(object_is_type("note"));
	assert_false(object_is_type(NULL));
}

#define OBJECT_TEST(name) cmocka_unit_test_setup_teardown(name, arena_begin, arena_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OBJECT_TEST(one_person_wrote_it),
		OBJECT_TEST(everybody_in_the_audience_may_read_it),
		OBJECT_TEST(words_come_from_where_they_stand),
		OBJECT_TEST(words_have_an_end),
		OBJECT_TEST(lists_have_an_end),
		OBJECT_TEST(what_says_nothing_is_left_out),
		OBJECT_TEST(a_poll_says_how_it_is_answered),
		OBJECT_TEST(answers_are_open_unless_said),
		OBJECT_TEST(what_is_no_object_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

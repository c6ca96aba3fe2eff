/* activity.c: what is understood of what other nodes say: own samples shaped like theirs, and every file of KRING_FIXTURES. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "federation.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *samples(void)
{
	const char *root = getenv("KRING_SOURCE");
	static char path[4096];
	if (root == NULL)
		return "tests/wire/samples";
	assert_true(text_print(path, sizeof path, "%s/tests/wire/samples", root));
	return path;
}

static struct bytes read_path(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *at = arena_alloc(arena, 2 << 20);
	size_t size = fread(at, 1, 2 << 20, file);
	fclose(file);
	return (struct bytes){at, size};
}

static struct bytes sample(struct arena *arena, const char *name)
{
	return read_path(arena, arena_format(arena, "%s/%s.json", samples(), name));
}

/* What a sample says, by hand. */
static const struct expected {
	const char *name, *type, *object_type, *object_id, *inner, *owner;
	bool open; /* public by the object's or the activity's own addresses */
} expected[] = {
	{"mastodon-create-note", "Create", "Note", "https://masto.example/objects/1", NULL,
		"https://masto.example/users/ada", true},
	{"mastodon-delete-tombstone", "Delete", "Tombstone", "https://masto.example/objects/1",
		NULL, NULL, true},
	{"mastodon-delete-account", "Delete", NULL, "https://masto.example/users/ada", NULL, NULL,
		true},
	{"mastodon-announce", "Announce", NULL, "https://other.example/objects/9", NULL, NULL,
		true},
	{"mastodon-undo-announce", "Undo", NULL, "https://masto.example/acts/1", "Announce", NULL,
		false},
	{"mastodon-flag", "Flag", NULL, "https://ex.org/u/jan", NULL, NULL, false},
	{"mastodon-add-no-id", "Add", NULL, "https://masto.example/objects/1", NULL, NULL, false},
	{"mastodon-move", "Move", NULL, "https://masto.example/users/ada", NULL, NULL, false},
	{"mastodon-update-person", "Update", "Person", "https://masto.example/users/ada", NULL,
		NULL, false},
	{"mastodon-question", "Create", "Question", "https://masto.example/objects/3", NULL,
		"https://masto.example/users/ada", true},
	{"gotosocial-create-scalars", "Create", "Note", "https://gts.example/objects/1", NULL,
		"https://gts.example/users/gus", true},
	{"gotosocial-votes", "Create", "Note", "https://gts.example/objects/7", NULL,
		"https://gts.example/users/gus", false},
	{"gotosocial-accept", "Accept", NULL, "https://ex.org/a/4", "Follow", NULL, false},
	{"gotosocial-delete-uri", "Delete", NULL, "https://gts.example/objects/1", NULL, NULL,
		true},
	{"snac-create", "Create", "Note", "https://snac.example/objects/1", NULL,
		"https://snac.example/users/sam", true},
	{"snac-like", "Like", NULL, "https://ex.org/p/5", NULL, NULL, true},
	{"snac-undo-follow", "Undo", NULL, "https://snac.example/acts/1", "Follow", NULL, false},
	{"lemmy-create-page", "Create", "Page", "https://lemmy.example/post/7", NULL,
		"https://lemmy.example/u/len", true},
	{"lemmy-announce-create", "Announce", NULL, "https://lemmy.example/activities/create/1",
		"Create", NULL, true},
	{"lemmy-announce-like", "Announce", NULL, "https://far.example/activities/like/1", "Like",
		NULL, true},
	{"lemmy-announce-undo-like", "Announce", NULL, "https://far.example/activities/undo/1",
		"Undo", NULL, true},
	{"lemmy-announce-dislike", "Announce", NULL, "https://far.example/activities/like/1",
		"Dislike", NULL, true},
	{"lemmy-remove-reason", "Announce", NULL, "https://lemmy.example/activities/delete/1",
		"Delete", NULL, true},
	{"lemmy-block-ban", "Block", NULL, "https://ex.org/u/jan", NULL, NULL, true},
	{"lemmy-lock", "Announce", NULL, "https://lemmy.example/activities/lock/1", "Lock", NULL,
		true},
	{"lemmy-announce-page", "Announce", "Page", "https://lemmy.example/post/7", NULL,
		"https://lemmy.example/u/len", true},
	{"lemmy-add-mod", "Announce", NULL, "https://lemmy.example/activities/add/1", "Add", NULL,
		true},
	{"piefed-pollvote", "PollVote", NULL, "https://ex.org/p/5", NULL, NULL, false},
	{"piefed-create", "Create", "Page", "https://piefed.example/objects/1", NULL,
		"https://piefed.example/users/pia", true},
	{"mbin-flag-string", "Flag", NULL, "https://ex.org/p/5", NULL, NULL, false},
	{"mbin-reply", "Create", "Note", "https://mbin.example/objects/2", NULL,
		"https://mbin.example/users/max", true},
	{"nodebb-article", "Create", "Article", "https://nodebb.example/objects/1", NULL,
		"https://nodebb.example/users/nia", true},
	{"nodebb-announce-note", "Announce", "Note", "https://nodebb.example/objects/3", NULL,
		"https://nodebb.example/users/nia", true},
	{"wordpress-article", "Create", "Article", "https://wp.example/objects/1", NULL,
		"https://wp.example/users/wim", true},
	{"mobilizon-event", "Create", "Event", "https://mobi.example/events/1", NULL,
		"https://mobi.example/@mia", true},
	{"gancio-event", "Create", "Event", "https://gancio.example/federation/m/7", NULL,
		"https://gancio.example/federation/u/events", true},
	{"friendica-undo-attendance", "Undo", NULL, "https://fri.example/objects/2#accept",
		"Accept", NULL, false},
	{"mobilizon-join", "Join", NULL, "https://ex.org/e/1", NULL, NULL, false},
	{"friendica-article", "Create", "Article", "https://fri.example/objects/1", NULL,
		"https://fri.example/users/fred", true},
	{"friendica-tentative", "TentativeAccept", NULL, "https://ex.org/e/1", NULL, NULL, false},
	{"mobilizon-join-message", "Join", NULL, "https://ex.org/p/1", NULL, NULL, false},
	{"mobilizon-leave", "Leave", NULL, "https://ex.org/p/1", NULL, NULL, false},
	{"mobilizon-undo-join", "Undo", NULL, "https://mobi.example/join/event/5a6c1b5e", "Join",
		NULL, false},
	{"friendica-accept-event", "Accept", NULL, "https://ex.org/p/1", NULL, NULL, false},
	{"friendica-reject-event", "Reject", NULL, "https://ex.org/p/1", NULL, NULL, false},
	{"friendica-event", "Create", "Event", "https://fri.example/objects/9", NULL,
		"https://fri.example/users/fred", true},
	{"wordpress-event", "Create", "Event", "https://wp.example/events/1", NULL,
		"https://wp.example/?author=1", true},
	{"wordpress-join", "Join", NULL, "https://ex.org/p/1", NULL, NULL, false},
	{"mastodon-vote", "Create", "Note", "https://masto.example/users/ada#votes/1", NULL,
		"https://masto.example/users/ada", false},
	{"misskey-reaction", "Like", NULL, "https://ex.org/p/5", NULL, NULL, false},
	{"misskey-quote", "Create", "Note", "https://key.example/objects/2", NULL,
		"https://key.example/users/kim", true},
	{"pleroma-emojireact", "EmojiReact", NULL, "https://ex.org/p/5", NULL, NULL, false},
	{"pleroma-create", "Create", "Note", "https://ple.example/objects/1", NULL,
		"https://ple.example/users/pat", true},
	{"pleroma-chat", "Create", "ChatMessage", "https://ple.example/objects/c1", NULL,
		"https://ple.example/users/pat", false},
	{"peertube-announce", "Announce", NULL, "https://tube.example/videos/1", NULL, NULL, true},
	{"peertube-video", "Create", "Video", "https://tube.example/videos/1", NULL,
		"https://tube.example/users/tim", true},
	{"flohmarkt-item", "Create", "Note", "https://flea.example/objects/1", NULL,
		"https://flea.example/users/flo", true},
	{"mitra-accept-id", "Accept", NULL, "https://ex.org/a/4", NULL, NULL, false},
	{"smithereen-join", "Join", NULL, "https://ex.org/c/board", NULL, NULL, false},
	{"bridgy-note", "Create", "Note", "https://bsky.brid.gy/r/https://web.example/1", NULL,
		"https://bsky.brid.gy/users/x", true},
	{"relay-follow-public", "Follow", NULL, PUBLIC_URI, NULL, NULL, false},
};

static bool names_public(const struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		if (activity_is_public(n->at[i]))
			return true;
	return false;
}

static bool is_open(const struct activity *a)
{
	bool said = names_public(&a->to) || names_public(&a->cc);
	return said
		|| (a->object != NULL
			&& (names_public(&a->object->to) || names_public(&a->object->cc)));
}

static void same(const char *sample_name, const char *a, const char *b)
{
	if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0))
		fail_msg("%s: \"%s\" instead of \"%s\"", sample_name, a != NULL ? a : "(none)",
			b != NULL ? b : "(none)");
}

static void says_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		const struct expected *x = &expected[i];
		struct arena *arena ARENA_CLEANUP = arena_create();
		struct activity a;
		struct refusal why = {0};
		if (activity_read(arena, sample(arena, x->name), &a, &why) != OK)
			fail_msg("%s: %s", x->name, why.text);
		same(x->name, a.type, x->type);
		same(x->name, a.object_id, x->object_id);
		same(x->name, a.object != NULL ? a.object->type : NULL, x->object_type);
		same(x->name, a.inner != NULL ? a.inner->type : NULL, x->inner);
		same(x->name, a.object != NULL ? a.object->attributed_to : NULL, x->owner);
		if (is_open(&a) != x->open)
			fail_msg("%s: wrong audience", x->name);
	}
}

static void refuses_what_must_not_be(void **state)
{
	(void)state;
	static const char *const names[] = {"graph", "reverse", "included", "no-actor", "no-type",
		"no-object", "two-actors", "id-javascript", "owner-number", "owner-true",
		"owner-object-number", "owner-empty-object", "owner-two-uris", "owner-two-people",
		"too-deep", "too-many-addressed", "two-objects"};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct arena *arena ARENA_CLEANUP = arena_create();
		struct activity a;
		struct refusal why = {0};
		if (activity_read(arena, sample(arena, arena_format(arena, "refused-%s", names[i])),
			    &a, &why)
			!= ERR_INVALID)
			fail_msg("%s was taken", names[i]);
		assert_non_null(why.text);
	}
}

static void details_are_kept(void **state)
{
	(void)state;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct activity a;
	assert_int_equal(activity_read(arena, sample(arena, "mastodon-create-note"), &a, NULL), OK);
	assert_string_equal(a.object->language, "de");
	assert_string_equal(a.object->summary, "spoiler");
	assert_true(a.object->sensitive);
	assert_int_equal(a.object->tag_count, 2);
	assert_string_equal(a.object->tags[0].href, "https://ex.org/c/board");
	assert_string_equal(a.object->attachments[0].name, "a cat");
	assert_int_equal(a.object->attachments[0].height, 20);
	assert_int_equal(
		activity_read(arena, sample(arena, "gotosocial-create-scalars"), &a, NULL), OK);
	assert_string_equal(a.object->attachments[0].name, "alt words");
	assert_string_equal(a.object->url, "https://gts.example/@gus/1");
	assert_int_equal(activity_read(arena, sample(arena, "mastodon-question"), &a, NULL), OK);
	assert_int_equal(a.object->option_count, 2);
	assert_false(a.object->any_of);
	assert_int_equal(a.object->options[0].votes, 3);
	assert_int_equal(a.object->voters, 4);
	assert_int_equal(activity_read(arena, sample(arena, "lemmy-create-page"), &a, NULL), OK);
	assert_string_equal(a.object->language, "fr");
	assert_string_equal(a.object->audience, "https://lemmy.example/c/main");
	assert_string_equal(a.object->attachments[0].url, "https://news.example/x");
	assert_true(a.object->comments_closed);
	assert_int_equal(activity_read(arena, sample(arena, "peertube-video"), &a, NULL), OK);
	assert_string_equal(a.object->url, "https://tube.example/w/1");
	assert_int_equal(activity_read(arena, sample(arena, "lemmy-block-ban"), &a, NULL), OK);
	assert_true(a.remove_data);
	assert_string_equal(a.content, "spam");
	assert_string_equal(a.target, "https://lemmy.example/c/main");
	assert_int_equal(activity_read(arena, sample(arena, "mastodon-flag"), &a, NULL), OK);
	assert_int_equal(a.objects.count, 2);
	assert_int_equal(
		activity_read(arena, sample(arena, "lemmy-announce-undo-like"), &a, NULL), OK);
	assert_string_equal(a.inner->inner->type, "Like");
	assert_string_equal(a.inner->actor, "https://far.example/u/fay");
	assert_true(a.inner->raw.size > 0);
}

/* When and where, as each of them says it. */
static void events_have_a_time_and_a_place(void **state)
{
	(void)state;
	static const struct {
		const char *name, *start, *end, *zone, *place, *address, *group;
	} events[] = {
		{"mobilizon-event", "2026-01-01T18:00:00.000Z", "2026-01-01T20:00:00.000Z", NULL,
			"Hall", NULL, "https://mobi.example/@club"},
		{"wordpress-event", "2026-04-01T08:00:00.000Z", "2026-04-01T15:00:00.000Z",
			"Europe/Amsterdam", "Hall", "Gouda", NULL},
		{"friendica-event", "2026-04-01T00:00:00.000Z", "2026-04-02T00:00:00.000Z", NULL,
			"Library", NULL, NULL},
		{"gancio-event", "2026-05-02T18:00:00.000Z", NULL, NULL, "Kraakpand",
			"Dorpsstraat 1, 1234 AB Gouda", NULL},
	};
	for (size_t i = 0; i < COUNT(events); i++) {
		struct arena *arena ARENA_CLEANUP = arena_create();
		struct activity a;
		char start[TIME_ISO], end[TIME_ISO];
		const char *name = events[i].name;
		assert_int_equal(activity_read(arena, sample(arena, name), &a, NULL), OK);
		time_iso(a.object->start_time, start);
		time_iso(a.object->end_time, end);
		same(name, start, events[i].start);
		same(name, a.object->end_time != 0 ? end : NULL, events[i].end);
		same(name, a.object->zone, events[i].zone);
		same(name, a.object->place, events[i].place);
		same(name, a.object->address, events[i].address);
		same(name, a.object->audience, events[i].group);
		assert_int_equal(a.object->cancelled, i == 3);
	}
}

static void several_votes_are_parts(void **state)
{
	(void)state;
	struct arena *arena ARENA_CLEANUP = arena_create();
	const json_node *node;
	struct activity a;
	assert_int_equal(json_read(arena, sample(arena, "gotosocial-votes"), NULL, &node), OK);
	assert_int_equal(activity_parts(node), 2);
	assert_int_equal(activity_part(arena, node, 1, &a, NULL), OK);
	assert_string_equal(a.object->name, "No");
}

static void limits_hold(void **state)
{
	(void)state;
	struct arena *arena ARENA_CLEANUP = arena_create();
	for (int more = -1; more <= 1; more++) {
		struct text uri, json;
		struct activity a;
		text_init(&uri, arena, 4096);
		text_add(&uri, "https://a.example/");
		while (uri.size < (size_t)(2048 + more))
			text_char(&uri, 'x');
		text_init(&json, arena, 1 << 20);
		text_format(&json,
			"{\"id\":\"%s\",\"type\":\"Like\",\"actor\":\"https://a.example/u\",\"object\":\"https://b.example/1\"}",
			uri.at);
		assert_int_equal(activity_read(arena, (struct bytes){json.at, json.size}, &a, NULL),
			more > 0 ? ERR_INVALID : OK);

		text_init(&json, arena, 1 << 20);
		text_add(&json,
			"{\"id\":\"https://a.example/1\",\"type\":\"Create\",\"actor\":\"https://a.example/u\",\"object\":{\"id\":"
			"\"https://a.example/2\",\"type\":\"Note\",\"attributedTo\":\"https://a.example/u\",\"content\":\"");
		for (int i = 0; i < 128 * 1024 + more; i++)
			text_char(&json, 'c');
		text_add(&json, "\"}}");
		assert_int_equal(activity_read(arena, (struct bytes){json.at, json.size}, &a, NULL),
			more > 0 ? ERR_INVALID : OK);

		text_init(&json, arena, 1 << 20);
		text_add(&json,
			"{\"id\":\"https://a.example/1\",\"type\":\"Like\",\"actor\":\"https://a.example/u\",\"object\":"
			"\"https://b.example/1\",\"to\":[\"https://a.example/0\"],\"cc\":[");
		for (int i = 0; i < 255 + more; i++)
			text_format(&json, "%s\"https://a.example/%d\"", i > 0 ? "," : "", i);
		text_add(&json, "]}");
		assert_int_equal(activity_read(arena, (struct bytes){json.at, json.size}, &a, NULL),
			more > 0 ? ERR_INVALID : OK);
	}
}

/* ---- every member as a scalar and as an array of one says the same --------------------------- */

struct mutation {
	struct arena *arena;
	struct text out;
	const char *member; /* to be wrapped or unwrapped */
	bool first, changed;
};

static bool mutate_member(void *arg, const char *name, const json_node *value)
{
	struct mutation *m = arg;
	struct bytes json = json_write(m->arena, value);
	bool mine = strcmp(name, m->member) == 0 && name[0] != '@';
	text_add(&m->out, m->first ? "\"" : ",\"");
	m->first = false;
	text_json(&m->out, name);
	text_add(&m->out, "\":");
	if (mine && json_is_array(value) && json_count(value) == 1)
		json = json_write(m->arena, json_item(value, 0));
	bool wrap = mine && !json_is_array(value);
	text_add(&m->out, wrap ? "[" : "");
	text_add_n(&m->out, json.data, json.size);
	text_add(&m->out, wrap ? "]" : "");
	m->changed |= mine && (!json_is_array(value) || json_count(value) == 1);
	return true;
}

static const char *summary_of(struct arena *arena, const struct activity *a)
{
	const struct object *o = a->object;
	return arena_format(arena, "%s|%s|%s|%s|%s|%zu|%zu|%s|%s|%s|%s|%s|%s|%s|%zu|%zu|%zu|%d",
		a->id != NULL ? a->id : "", a->type, a->actor,
		a->object_id != NULL ? a->object_id : "", a->inner != NULL ? a->inner->type : "",
		a->to.count, a->cc.count, a->target != NULL ? a->target : "",
		o != NULL ? o->type : "", o != NULL && o->id != NULL ? o->id : "",
		o != NULL && o->attributed_to != NULL ? o->attributed_to : "",
		o != NULL && o->content != NULL ? o->content : "",
		o != NULL && o->url != NULL ? o->url : "",
		o != NULL && o->in_reply_to != NULL ? o->in_reply_to : "",
		o != NULL ? o->tag_count : 0, o != NULL ? o->attachment_count : 0,
		o != NULL ? o->option_count : 0, o != NULL && o->sensitive);
}

struct members {
	const char *names[64];
	size_t count;
};

static bool collect(void *arg, const char *name, const json_node *value)
{
	struct members *m = arg;
	(void)value;
	m->names[m->count++] = name;
	return m->count < COUNT(m->names);
}

static void check_mutations(struct arena *arena, const char *path, const json_node *node)
{
	struct members all = {.count = 0};
	struct activity a, b;
	enum err before = activity_from_node(arena, node, &a, NULL);
	json_members(node, collect, &all);
	for (size_t i = 0; i < all.count; i++) {
		struct mutation m = {.arena = arena, .member = all.names[i], .first = true};
		const json_node *changed;
		text_init(&m.out, arena, 4 << 20);
		text_char(&m.out, '{');
		json_members(node, mutate_member, &m);
		text_char(&m.out, '}');
		if (!m.changed
			|| json_read(arena, (struct bytes){m.out.at, m.out.size}, NULL, &changed)
				!= OK)
			continue;
		enum err after = activity_from_node(arena, changed, &b, NULL);
		if (before != after)
			fail_msg("%s: %s changes the answer", path, all.names[i]);
		if (after == OK)
			same(path, summary_of(arena, &b), summary_of(arena, &a));
	}
}

static void check_file(const char *path)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	const json_node *node;
	struct activity a;
	struct object o;
	struct actor claims;
	struct refusal why = {0};
	if (json_read(arena, read_path(arena, path), NULL, &node) != OK || !json_is_object(node))
		return;
	if (activity_from_node(arena, node, &a, &why) != OK)
		assert_non_null(why.text);
	if (object_from_node(arena, node, &o, &why) != OK)
		assert_non_null(why.text);
	if (actor_from_node(arena, node, &claims, &why) != OK)
		assert_non_null(why.text);
	check_mutations(arena, path, node);
}

static size_t check_tree(const char *root)
{
	char *paths[] = {strdup(root), NULL};
	size_t count = 0;
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	for (FTSENT *e; (e = fts_read(tree)) != NULL;)
		if (e->fts_info == FTS_F && text_ends(e->fts_name, ".json")
			&& e->fts_statp->st_size < (2 << 20)) {
			check_file(e->fts_path);
			count++;
		}
	fts_close(tree);
	free(paths[0]);
	return count;
}

static void one_and_a_list_of_one_are_the_same(void **state)
{
	(void)state;
	assert_true(check_tree(samples()) >= COUNT(expected));
}

static void every_fixture_is_read_or_refused(void **state)
{
	(void)state;
	const char *fixtures = getenv("KRING_FIXTURES");
	if (fixtures == NULL)
		skip();
	assert_true(check_tree(fixtures) > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_it_says),
		cmocka_unit_test(refuses_what_must_not_be),
		cmocka_unit_test(details_are_kept),
		cmocka_unit_test(events_have_a_time_and_a_place),
		cmocka_unit_test(several_votes_are_parts),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(one_and_a_list_of_one_are_the_same),
		cmocka_unit_test(every_fixture_is_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* proxy.c: pictures of other nodes come by way of this one, or not at all. */
#include "media.h"
#include "neighbours.h"

#include "schema.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char blobs[64];
static uint64_t alice, noted, private;

#define FACE "https://good.example/face.png"
#define ONE "https://good.example/files/one.png"
#define TWO "https://good.example/files/two.png"
#define THREE "https://good.example/files/three.png"
#define FILM "https://good.example/film.mp4"
#define SOUND "https://good.example/sound.mp3"
#define PAPER "https://good.example/paper.pdf"

static enum err set_face(struct txn *t, void *arg)
{
	struct actor a;
	(void)arg;
	enum err e = actor_load(t, alice, &a);
	a.icon = FACE;
	return e == OK ? actor_save(t, &a) : e;
}

static enum err place(struct txn *t, const char *id, const char *to, uint64_t *out)
{
	static const struct attachment all[] = {{.type = "Document",
							.media_type = "image/png",
							.url = ONE,
							.name = "Een veld",
							.width = 400,
							.height = 300,
							.blurhash = "L0TSUAfQfQfQfQfQfQfQfQfQfQfQ"},
		{.type = "Image", .url = TWO},
		{.type = "Document", .media_type = "video/mp4", .url = FILM},
		{.type = "Document", .media_type = "image/png", .url = THREE},
		{.type = "Audio", .url = SOUND},
		{.type = "Document", .media_type = "application/pdf", .url = PAPER}};
	struct object o = {.id = id,
		.type = "Note",
		.attributed_to = node.alice.uri,
		.content = "<p>Kijk</p>",
		.to = {&to, 1},
		.attachments = all,
		.attachment_count = COUNT(all)};
	struct post_draft d = {.author = alice, .remote = &o};
	struct post p;
	enum err e = post_create(t, &d, NULL, NULL, &p);
	if (e == OK)
		*out = p.id;
	return e;
}

static enum err place_both(struct txn *t, void *arg)
{
	(void)arg;
	enum err e = place(t, "https://good.example/notes/1", PUBLIC_URI, &noted);
	return e == OK ? place(t, "https://good.example/notes/2",
		       "https://good.example/users/alice/followers", &private)
		       : e;
}

static int open_with_posts(void **state)
{
	int bad = node_open(state);
	if (!text_print(blobs, sizeof blobs, "/tmp/kring-proxy-XXXXXX") || mkdtemp(blobs) == NULL)
		return -1;
	node.site.blobs = blobs;
	node_serve(&node.alice, "Person");
	alice = node_know(&node.alice);
	node_write(set_face, NULL);
	node_write(place_both, NULL);
	struct bytes picture = asset_by_name("avatar.png")->plain;
	wire_answer_bytes(FACE, 200, "image/png", picture);
	wire_answer_bytes(ONE, 200, "application/octet-stream", picture);
	return bad;
}

static int close_with_posts(void **state)
{
	char command[96];
	int bad = node_close(state);
	return text_print(command, sizeof command, "rm -rf '%s'", blobs) && system(command) == 0
		? bad
		: -1;
}
#define PROXY_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_posts, close_with_posts)

static struct response get(const char *format, uint64_t id)
{
	char number[ID_TEXT];
	const char *at = strchr(format, '#');
	return node_get(
		node_words("%.*s%s%s", (int)(at - format), format, id_text(id, number), at + 1),
		"*/*", NULL);
}

static void expect_none(struct response r)
{
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.headers, "image/svg+xml"));
}

static void expect_picture(struct response r)
{
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.headers, "image/png"));
	assert_non_null(strstr(r.headers, "nosniff"));
	assert_non_null(strstr(r.headers, "default-src 'none'; sandbox"));
}

static void a_picture_is_fetched_once_and_made_anew(void **state)
{
	(void)state;
	expect_picture(get("/media/post/#/0", noted));
	expect_picture(get("/media/post/#/0", noted));
	assert_int_equal(wire_gets(ONE), 1);
	expect_picture(get("/media/actor/#", alice));
	expect_picture(get("/media/actor/#", alice));
	assert_int_equal(wire_gets(FACE), 1);
}

static void only_what_is_named_here_is_asked_for(void **state)
{
	(void)state;
	size_t before = wire_gets(NULL);
	static const char *const paths[] = {"/media/post/#/5", "/media/post/#/6", "/media/post/#/x",
		"/media/post/#/-1", "/media/post/1#/0", "/media/actor/1#"};
	for (size_t i = 0; i < COUNT(paths); i++)
		assert_int_equal(get(paths[i], noted).status, 404);
	assert_int_equal(get("/media/post/#/0", private).status, 404); /* not for these eyes */
	assert_int_equal(get("/media/actor/#", node.site.actor).status, 404);
	assert_int_equal(wire_gets(NULL), before);
}

static void what_cannot_be_had_is_a_quiet_mark(void **state)
{
	(void)state;
	wire_answer(TWO, 404, "text/html", "no");
	expect_none(get("/media/post/#/1", noted));
	expect_none(get("/media/post/#/1", noted));
	assert_int_equal(wire_gets(TWO), 1);
	wire_answer(THREE, 200, "image/png",
		"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
	expect_none(get("/media/post/#/3", noted));
	assert_int_equal(wire_gets(THREE), 1);
}

/* By its bytes, whatever it is called; a part of it when that is asked, and only once from where it is. */
static void what_plays_comes_by_this_node_too(void **state)
{
	static const char film[] = "\0\0\0\x18"
				   "ftypisom\0\0\2\0 and what is seen of it";
	static const char sound[] = "ID3\4\0 and what is heard of it";
	char number[ID_TEXT];
	(void)state;
	wire_answer_bytes(FILM, 200, "text/html", (struct bytes){film, sizeof film});
	wire_answer_bytes(SOUND, 200, "image/png", (struct bytes){sound, sizeof sound});
	struct response r = get("/media/post/#/2", noted);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.headers, "video/mp4"));
	assert_non_null(strstr(r.headers, "default-src 'none'; sandbox"));
	r = node_raw("GET", node_words("/media/post/%s/2", id_text(noted, number)),
		(const char *const[]){"Range: bytes=4-7", NULL}, NULL);
	assert_int_equal(r.status, 206);
	assert_non_null(strstr(r.headers, "Content-Range: bytes 4-7/"));
	assert_int_equal(wire_gets(FILM), 1);
	r = get("/media/post/#/4", noted);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.headers, "audio/mpeg"));
}

static void what_only_says_that_it_plays_is_none(void **state)
{
	(void)state;
	wire_answer(
		FILM, 200, "video/mp4", "<html><script>alert(1)</script> and more words</html>");
	wire_answer(SOUND, 200, "audio/mpeg", "%PDF-1.7 and what stands in it");
	assert_int_equal(get("/media/post/#/2", noted).status, 404);
	assert_int_equal(get("/media/post/#/4", noted).status, 404);
	assert_int_equal(get("/media/post/#/2", noted).status, 404);
	assert_int_equal(wire_gets(FILM), 1);
}

static void a_whole_picture_comes_the_same_way(void **state)
{
	(void)state;
	expect_picture(get("/media/post/#/0/whole", noted));
	expect_picture(get("/media/post/#/0", noted));
	assert_int_equal(wire_gets(ONE), 1);
}

static void no_redirect_leads_inside(void **state)
{
	(void)state;
	static const char *const inside[] = {"https://127.0.0.1/x", "http://good.example/x",
		"https://[::1]/x", "https://localhost/x", "file:///etc/passwd",
		"https://good.example:22/x"};
	for (size_t i = 0; i < COUNT(inside); i++) {
		size_t before = wire_gets(NULL);
		const char *from = node_words("https://good.example/r%zu", i);
		struct arena *arena ARENA_CLEANUP = arena_create();
		struct budget budget = resolve_budget();
		struct bytes out;
		wire_redirect(from, 302, inside[i]);
		enum err e = resolve_file(node.federation, arena, from, 1000, &budget, &out);
		assert_true(e == ERR_FORBIDDEN || e == ERR_INVALID);
		assert_int_equal(wire_gets(NULL), before + 1);
	}
	const char *round = "https://good.example/round";
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct budget budget = resolve_budget();
	struct bytes out;
	wire_redirect(round, 302, round);
	assert_int_equal(
		resolve_file(node.federation, arena, round, 1000, &budget, &out), ERR_INVALID);
}

struct question {
	enum err err;
};

static enum err bury(struct txn *t, void *arg)
{
	(void)arg;
	return post_remove(
		t, alice, noted, NULL, &(struct origin){.uri = "https://good.example/d"});
}

static enum err ask(struct txn *t, void *arg)
{
	struct media m;
	((struct question *)arg)->err = media_cached(t, ONE, &m);
	return OK;
}

static void a_deleted_post_takes_them_along(void **state)
{
	(void)state;
	struct question q;
	expect_picture(get("/media/post/#/0", noted));
	node_write(ask, &q);
	assert_int_equal(q.err, OK);
	node_write(bury, NULL);
	node_write(ask, &q);
	assert_int_equal(q.err, ERR_NOT_FOUND);
	assert_int_equal(get("/media/post/#/0", noted).status, 404);
}

/* As Mastodon writes them; what makes no sense is left out. */
static void attachments_are_read_whole(void **state)
{
	(void)state;
	const char *json = node_words(
		"{'id':'https://good.example/1','type':'Note','attributedTo':'https://good.example/u','content':'x',"
		"'attachment':[{'type':'Document','mediaType':'image/jpeg','url':'https://good.example/a.jpg',"
		"'name':'Een veld','blurhash':'L0TSUAfQfQfQfQfQfQfQfQfQfQfQ','focalPoint':[-0.5,0.25],'width':800,"
		"'height':600},{'type':'Image','url':'https://good.example/b.jpg','focalPoint':[7,'x']}]}");
	const json_node *node_json;
	struct object o;
	assert_int_equal(
		json_read(node.arena, (struct bytes){json, strlen(json)}, NULL, &node_json), OK);
	assert_int_equal(object_from_node(node.arena, node_json, &o, NULL), OK);
	assert_int_equal(o.attachment_count, 2);
	assert_string_equal(o.attachments[0].blurhash, "L0TSUAfQfQfQfQfQfQfQfQfQfQfQ");
	assert_string_equal(o.attachments[0].name, "Een veld");
	assert_int_equal(o.attachments[0].focus_x, -500);
	assert_int_equal(o.attachments[0].focus_y, 250);
	assert_int_equal(o.attachments[0].width, 800);
	assert_int_equal(o.attachments[1].focus_x, 0);
	assert_int_equal(o.attachments[1].focus_y, 0);
	assert_null(o.attachments[1].blurhash);
}

int main(void)
{
	page_load();
	const struct CMUnitTest tests[] = {
		PROXY_TEST(a_picture_is_fetched_once_and_made_anew),
		PROXY_TEST(only_what_is_named_here_is_asked_for),
		PROXY_TEST(what_cannot_be_had_is_a_quiet_mark),
		PROXY_TEST(what_plays_comes_by_this_node_too),
		PROXY_TEST(what_only_says_that_it_plays_is_none),
		PROXY_TEST(a_whole_picture_comes_the_same_way),
		PROXY_TEST(no_redirect_leads_inside),
		PROXY_TEST(a_deleted_post_takes_them_along),
		PROXY_TEST(attachments_are_read_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

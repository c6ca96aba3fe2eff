/* media.c: who may have a file, and what goes with what: posts, faces, what was never placed, what is of others. */
#include "media.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A picture of `owner`, its files on disk. */
static struct media sent(struct txn *t, uint64_t owner, const char *content)
{
	char whole[BLOB_NAME], small[BLOB_NAME];
	const char *little = arena_format(txn_arena(t), "small %s", content);
	if (blob_put(world.site.blobs, (struct bytes){content, strlen(content)}, whole) != OK
		|| blob_put(world.site.blobs, (struct bytes){little, strlen(little)}, small) != OK)
		die("no file could be kept");
	struct media m = {.owner = owner,
		.type = "image/jpeg",
		.small_type = "image/jpeg",
		.file = arena_text(txn_arena(t), whole),
		.small = arena_text(txn_arena(t), small),
		.size = strlen(content),
		.width = 100,
		.height = 50,
		.small_width = 100,
		.small_height = 50,
		.blurhash = "L0TSUAfQfQfQfQfQfQfQfQfQfQfQ"};
	if (media_keep(t, &m) != OK)
		die("no record could be kept");
	return m;
}

static enum err place(struct txn *t, const struct actor *who, uint64_t community,
	uint32_t visibility, const uint64_t *ids, size_t count, struct post *out)
{
	struct u64s media = {ids, count};
	struct post_draft d = {.author = who->id,
		.community = community,
		.source = "words",
		.visibility = visibility,
		.media = &media};
	return post_create(t, &d, NULL, NULL, out);
}

static enum err ask(struct txn *t, uint64_t who, const struct media *m)
{
	struct viewer viewer = {.actor = who, .local = who != 0};
	const struct node *page;
	struct call *call = world_call(&feature_media, METHOD_GET,
		arena_text(world.arena, media_path(txn_arena(t), m, false)), &viewer,
		(const char *const[]){NULL});
	enum err e = world_read(call, t, &page);
	if (e == OK && call->reply.has_file)
		close(call->reply.file);
	return e;
}

IN_WRITE(the_circle_of_the_post_decides)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct actor carla = world_person(t, "carla");
	struct media m = sent(t, anna.id, "one"), d = sent(t, anna.id, "two"),
		     o = sent(t, anna.id, "three");
	struct post p;
	WANT(ask(t, 0, &m) == ERR_NOT_FOUND);
	WANT(ask(t, bas.id, &m) == ERR_NOT_FOUND);
	WANT(ask(t, anna.id, &m) == OK);
	WANT(follow_start(t, bas.id, anna.id, NULL) == OK);
	WANT(place(t, &anna, 0, VISIBLE_FOLLOWERS, &m.id, 1, &p) == OK);
	WANT(ask(t, 0, &m) == ERR_NOT_FOUND);
	WANT(ask(t, carla.id, &m) == ERR_NOT_FOUND);
	WANT(ask(t, bas.id, &m) == OK);
	WANT(ask(t, anna.id, &m) == OK);
	WANT(follow_end(t, bas.id, anna.id, NULL) == OK);
	WANT(ask(t, bas.id, &m) == ERR_NOT_FOUND);
	WANT(place(t, &anna, 0, VISIBLE_DIRECT, &d.id, 1, &p) == OK);
	WANT(ask(t, bas.id, &d) == ERR_NOT_FOUND);
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, &o.id, 1, &p) == OK);
	WANT(ask(t, 0, &o) == OK);
	WANT(block_add(t, anna.id, anna.id, carla.id, NULL, NULL) == OK);
	WANT(actor_suspend(t, anna.id, true) == OK);
	WANT(ask(t, 0, &o) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(a_file_is_its_owners_to_place_and_once)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct media m = sent(t, anna.id, "one");
	struct post p;
	WANT(place(t, &bas, 0, VISIBLE_PUBLIC, &m.id, 1, &p) == ERR_FORBIDDEN);
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, (uint64_t[]){m.id, 99}, 2, &p) == ERR_NOT_FOUND);
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, (uint64_t[]){m.id, m.id, m.id, m.id, m.id}, 5, &p)
		== ERR_TOO_MUCH);
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, &m.id, 1, &p) == OK);
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, &m.id, 1, &p) == ERR_FORBIDDEN);
	return OK;
}

IN_WRITE(an_edit_that_says_nothing_of_them_leaves_them)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct media m = sent(t, anna.id, "one"), n = sent(t, anna.id, "two");
	struct post p;
	struct extra x;
	struct post_draft words = {.source = "other words"};
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, &m.id, 1, &p) == OK);
	WANT(post_edit(t, anna.id, p.id, &words, NULL, NULL) == OK);
	WANT(ask(t, 0, &m) == OK);
	struct u64s other = {&n.id, 1};
	words.media = &other;
	WANT(post_edit(t, anna.id, p.id, &words, NULL, NULL) == OK);
	WANT(ask(t, 0, &m) == ERR_NOT_FOUND);
	WANT(ask(t, 0, &n) == OK);
	WANT(post_load(t, p.id, &p) == OK);
	extra_read(txn_arena(t), p.extra, &x);
	WANT(x.attachment_count == 1 && x.attachments[0].media == n.id);
	WANT(text_ends(x.attachments[0].url, "/whole.jpg"));
	WANT(text_is(x.attachments[0].blurhash, n.blurhash));
	return OK;
}

IN_WRITE(what_is_deleted_takes_its_files_along)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct media m = sent(t, anna.id, "one"), face = sent(t, anna.id, "face"),
		     last = sent(t, anna.id, "last");
	struct profile_change change = {
		.locked = -1, .discoverable = -1, .indexable = -1, .icon = face.id};
	struct post p, q;
	struct actor a;
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, &m.id, 1, &p) == OK);
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, &last.id, 1, &q) == OK);
	WANT(profile_update(t, anna.id, anna.id, &change, NULL) == OK);
	WANT(ask(t, 0, &face) == OK);
	WANT(actor_load(t, anna.id, &a) == OK);
	WANT(text_starts(a.icon, "https://ex.org/media/") && a.icon_media == face.id);
	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK);
	WANT(media_load(t, m.id, &m) == ERR_NOT_FOUND);
	WANT(actor_remove(t, anna.id, NULL) == OK);
	WANT(media_load(t, last.id, &last) == ERR_NOT_FOUND);
	WANT(media_load(t, face.id, &face) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(a_face_is_a_picture_of_who_changes_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct media m = sent(t, bas.id, "one");
	struct profile_change change = {
		.locked = -1, .discoverable = -1, .indexable = -1, .icon = m.id};
	WANT(profile_update(t, anna.id, anna.id, &change, NULL) == ERR_FORBIDDEN);
	struct media film = {.owner = anna.id, .type = "video/mp4"};
	WANT(media_keep(t, &film) == OK);
	change.icon = film.id;
	WANT(profile_update(t, anna.id, anna.id, &change, NULL) == ERR_FORBIDDEN);
	return OK;
}

/* Pictures of other nodes come by way of this one; what is not shown is a link. */
IN_WRITE(a_page_leads_no_browser_elsewhere)
{
	(void)arg;
	static const struct attachment all[] = {{.type = "Document",
							.media_type = "image/png",
							.url = "https://elsewhere.example/a.png",
							.name = "Een veld",
							.width = 400,
							.height = 300,
							.focus_y = 900,
							.blurhash = "L0TSUAfQfQfQfQfQfQfQfQfQfQfQ"},
		{.type = "Document",
			.media_type = "video/mp4",
			.url = "https://elsewhere.example/b.mp4"}};
	static const char *const everyone[] = {"https://www.w3.org/ns/activitystreams#Public"};
	struct actor eve = world_remote(t, ACTOR_PERSON, "eve", "elsewhere.example");
	struct object o = {.id = "https://elsewhere.example/1",
		.type = "Note",
		.attributed_to = eve.uri,
		.content = "<p>x</p>",
		.to = {everyone, 1},
		.attachments = all,
		.attachment_count = COUNT(all)};
	struct post_draft d = {.author = eve.id, .remote = &o};
	struct viewer nobody = {0};
	struct post p;
	char id[ID_TEXT];
	eve.icon = "https://elsewhere.example/eve.png";
	WANT(actor_save(t, &eve) == OK);
	WANT(post_create(t, &d, NULL, NULL, &p) == OK);
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	post_show(t, v, "post", &p, &nobody);
	const struct node *page = view_root(v), *media = world_node(page, "post.media");
	WANT(text_is(world_text(page, "post.author.avatar"),
		arena_format(txn_arena(t), "/media/actor/%s", id_text(eve.id, id))));
	WANT(media != NULL && media->first != NULL && media->first->next == media->last);
	WANT(text_is(world_text(media->first, "src"),
		arena_format(txn_arena(t), "/media/post/%s/0", id_text(p.id, id))));
	WANT(text_is(world_text(media->first, "alt"), "Een veld"));
	WANT(text_is(world_text(media->first, "shade"), "#ffffff"));
	WANT(text_is(world_text(media->first, "focus"), "focus-top"));
	WANT(world_number(media->last, "picture") == 0);
	WANT(text_is(world_text(media->last, "address"), all[1].url));
	return OK;
}

/* ---- the sweep ---- */

static struct media loose, placed, foreign, failed;
static uint64_t placed_in;

static enum err prepare_sweep(struct txn *t, void *arg)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct post p;
	loose = sent(t, anna.id, "loose");
	placed = sent(t, anna.id, "placed");
	WANT(place(t, &anna, 0, VISIBLE_PUBLIC, &placed.id, 1, &p) == OK);
	placed_in = p.id;
	foreign = sent(t, 0, "foreign");
	foreign.url = "https://elsewhere.example/a.jpg";
	WANT(media_remove(t, foreign.id) == OK);
	WANT(media_keep(t, &foreign) == OK);
	failed = (struct media){.url = "https://elsewhere.example/b.jpg"};
	WANT(media_keep(t, &failed) == OK);
	return OK;
}

static size_t files(void)
{
	char command[128], line[32] = "";
	if (!text_print(command, sizeof command, "find '%s' -type f | wc -l", world.site.blobs))
		return 0;
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	pclose(f);
	return (size_t)atoi(line);
}

static enum err all_are_known(struct txn *t, void *arg)
{
	(void)arg;
	struct media m;
	WANT(media_load(t, loose.id, &m) == OK);
	WANT(media_load(t, placed.id, &m) == OK);
	WANT(media_cached(t, "https://elsewhere.example/a.jpg", &m) == OK);
	WANT(media_cached(t, "https://elsewhere.example/b.jpg", &m) == ERR_REMOTE);
	WANT(media_cached(t, "https://elsewhere.example/c.jpg", &m) == ERR_NOT_FOUND);
	return OK;
}

static enum err a_day_later(struct txn *t, void *arg)
{
	(void)arg;
	struct media m;
	WANT(media_load(t, loose.id, &m) == ERR_NOT_FOUND);
	WANT(media_load(t, placed.id, &m) == OK);
	WANT(media_cached(t, "https://elsewhere.example/a.jpg", &m) == OK);
	WANT(media_cached(t, "https://elsewhere.example/b.jpg", &m) == ERR_NOT_FOUND);
	return OK;
}

static enum err weeks_later(struct txn *t, void *arg)
{
	(void)arg;
	struct media m;
	WANT(media_load(t, foreign.id, &m) == ERR_NOT_FOUND);
	WANT(media_load(t, placed.id, &m) == OK);
	WANT(post_remove(t, placed.owner, placed_in, NULL, NULL) == OK);
	return OK;
}

static void what_nobody_needs_goes(void **state)
{
	(void)state;
	/* The files' own times are the real clock's. */
	time_freeze(0);
	int64_t now = time_now();
	time_freeze(now);
	world_run(prepare_sweep);
	media_sweep(world.store, NULL);
	world_run(all_are_known);
	assert_int_equal(files(), 6);
	time_freeze(now + DAY + HOUR);
	media_sweep(world.store, NULL);
	world_run(a_day_later);
	assert_int_equal(files(), 4);
	time_freeze(now + 15 * DAY);
	media_sweep(world.store, NULL);
	world_run(weeks_later);
	assert_int_equal(files(), 2);
	media_sweep(world.store, NULL);
	assert_int_equal(files(), 0);
}

IN_WRITE(files_weigh_for_their_owner_until_there_is_no_room)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), club = world_group(t, "club");
	struct place moderates = place_2(TABLE_MODERATOR, club.id, anna.id);
	int64_t hers, its;
	WANT(txn_put(t, &moderates, (struct bytes){"\1", 1}) == OK);
	struct media m = sent(t, anna.id, "a picture"), face = sent(t, anna.id, "an emblem");
	WANT(media_bytes(t, anna.id, &hers) == OK && hers == (int64_t)(m.size + face.size));
	struct profile_change change = {
		.icon = face.id, .locked = -1, .discoverable = -1, .indexable = -1};
	WANT(profile_update(t, anna.id, club.id, &change, NULL) == OK);
	WANT(media_bytes(t, anna.id, &hers) == OK && hers == (int64_t)m.size);
	WANT(media_bytes(t, club.id, &its) == OK && its == (int64_t)face.size);
	struct media film = {.owner = anna.id, .type = "video/mp4", .size = MEDIA_QUOTA - m.size};
	WANT(media_keep(t, &film) == OK);
	struct media more = {.owner = anna.id, .type = "video/mp4", .size = 1};
	WANT(media_keep(t, &more) == ERR_TOO_MUCH);
	WANT(media_remove(t, m.id) == OK && media_keep(t, &more) == OK);
	struct media far = {.url = "https://far.example/film", .size = MEDIA_QUOTA};
	WANT(media_keep(t, &far) == OK); /* those have a limit of their own */
	WANT(media_remove(t, film.id) == OK && media_remove(t, more.id) == OK);
	WANT(media_bytes(t, anna.id, &hers) == OK && hers == 0);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILES_TEST(the_circle_of_the_post_decides),
		FILES_TEST(a_file_is_its_owners_to_place_and_once),
		FILES_TEST(an_edit_that_says_nothing_of_them_leaves_them),
		FILES_TEST(what_is_deleted_takes_its_files_along),
		FILES_TEST(a_face_is_a_picture_of_who_changes_it),
		FILES_TEST(a_page_leads_no_browser_elsewhere),
		FILES_TEST(what_nobody_needs_goes),
		FILES_TEST(files_weigh_for_their_owner_until_there_is_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* library.c: tests of files that stay: who may have them, their versions, what is found, what goes with whom. */
#include "media.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct actor anna, bas, cas;
static const struct viewer nobody;

static enum err people(struct txn *t)
{
	anna = world_person(t, "anna");
	bas = world_person(t, "bas");
	cas = world_person(t, "cas");
	(void)world_community(t, "shed", &anna);
	return OK;
}

static struct call *sent(const char *path, const struct actor *who, const char *const *inputs)
{
	struct viewer *viewer = arena_alloc(world.arena, sizeof *viewer);
	*viewer = world_as(who);
	return world_call(&feature_library, METHOD_POST, path, viewer, inputs);
}

static const char *path_of(uint64_t post, const char *what)
{
	char id[ID_TEXT];
	return arena_format(world.arena, "/p/%s/file%s", id_text(post, id), what);
}

/* A file that `who` has sent, and not placed yet. */
static const char *loose(struct txn *t, const struct actor *who, const char *content)
{
	char hash[BLOB_NAME], id[ID_TEXT];
	if (blob_put(world.site.blobs, (struct bytes){content, strlen(content)}, hash) != OK)
		die("no file could be kept");
	struct media m = {.owner = who->id,
		.type = "application/pdf",
		.file = arena_text(world.arena, hash),
		.name = arena_format(world.arena, "%s.pdf", content),
		.size = strlen(content)};
	if (media_keep(t, &m) != OK)
		die("no record could be kept");
	return arena_format(world.arena, "media=%s", id_text(m.id, id));
}

static struct post added(struct txn *t, const char *title, const char *tags, const char *reads)
{
	struct post p = {0};
	const char *const inputs[] = {loose(t, &bas, title),
		arena_format(world.arena, "title=%s", title), "text=How we **mow**.",
		arena_format(world.arena, "tags=%s", tags), "language=en",
		arena_format(world.arena, "reads=%s", reads), NULL};
	struct call *call = sent("/c/shed/new/file", &bas, inputs);
	return call->route->write(call, t) == OK
			&& post_load(t, world_last(t, ACT_CREATE).object, &p) == OK
		? p
		: (struct post){0};
}

static enum err version(struct txn *t, const struct actor *who, uint64_t post, const char *content,
	const char *note)
{
	const char *const inputs[] = {
		loose(t, who, content), arena_format(world.arena, "note=%s", note), NULL};
	struct call *call = sent(path_of(post, "/version"), who, inputs);
	return call->route->write(call, t);
}

static enum err does(
	struct txn *t, const struct actor *who, uint64_t post, const char *what, const char *number)
{
	const char *const inputs[] = {arena_format(world.arena, "version=%s", number), NULL};
	struct call *call = sent(path_of(post, what), who, inputs);
	return call->route->write(call, t);
}

static const struct node *list(struct txn *t, const struct viewer *viewer, const char *tag)
{
	const char *const inputs[] = {arena_format(world.arena, "tag=%s", tag), NULL};
	const struct node *page = NULL;
	struct call *call = world_call(
		&feature_library, METHOD_GET, "/@shed/library", viewer, *tag ? inputs : inputs + 1);
	return world_read(call, t, &page) == OK ? page : NULL;
}

static const struct node *shown(struct txn *t, const struct post *p, const struct viewer *viewer)
{
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	struct post now;
	if (post_load(t, p->id, &now) != OK)
		return NULL;
	post_show(t, v, "start", &now, viewer);
	return view_root(v);
}

/* How /media answers: its Content-Disposition, or why not. */
static enum err fetch(
	struct txn *t, const char *path, const struct viewer *viewer, const char **how)
{
	const struct node *page;
	struct call *call = world_call(
		&feature_media, METHOD_GET, path, viewer, (const char *const[]){NULL});
	enum err e = world_read(call, t, &page);
	*how = "";
	for (const struct header *h = call->reply.headers; e == OK && h != NULL; h = h->next)
		if (text_is(h->name, "Content-Disposition"))
			*how = h->value;
	if (e == OK && call->reply.has_file)
		close(call->reply.file);
	return e;
}

IN_WRITE(a_file_is_listed_by_tag_and_saved_never_opened)
{
	(void)arg;
	const char *how;
	WANT(people(t) == OK);
	struct post mow = added(t, "Mowing plan", "Plan, #Grass", "everyone"),
		    bird = added(t, "Birds & bees", "birds", "everyone");
	WANT(mow.kind == POST_FILE && bird.id != 0);
	const struct node *page = list(t, &nobody, "");
	WANT(world_count(page, "files") == 2 && world_count(page, "all_tags") == 3);
	WANT(text_is(world_text(page, "files.0.name"), "Birds & bees.pdf"));
	WANT(text_is(world_text(page, "files.0.format"), "PDF"));
	page = list(t, &nobody, "#GRASS");
	WANT(world_count(page, "files") == 1);
	WANT(text_is(world_text(page, "files.0.post.words"), "Mowing plan"));
	WANT(world_count(list(t, &nobody, "gras"), "files") == 0);
	WANT(fetch(t, world_text(page, "files.0.address"), &nobody, &how) == OK);
	WANT(text_is(
		how, "attachment; filename=\"document.pdf\"; filename*=UTF-8''Mowing%20plan.pdf"));
	return OK;
}

IN_WRITE(without_a_file_or_a_title_there_is_none)
{
	(void)arg;
	WANT(people(t) == OK);
	const char *const bare[] = {"title=Empty", "language=en", NULL};
	struct call *call = sent("/c/shed/new/file", &bas, bare);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "file"));
	const char *const others[] = {loose(t, &cas, "Theirs"), "title=Mine", NULL};
	call = sent("/c/shed/new/file", &bas, others);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "file"));
	const char *const untitled[] = {loose(t, &bas, "Words"), "title= ", NULL};
	call = sent("/c/shed/new/file", &bas, untitled);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "title"));
	const char *const wordless[] = {loose(t, &bas, "Words"), "title=Words", NULL};
	call = sent("/c/shed/new/file", &bas, wordless);
	WANT(call->route->write(call, t) == OK);
	return OK;
}

IN_WRITE(versions_come_back_and_go)
{
	(void)arg;
	const char *how;
	WANT(people(t) == OK);
	struct viewer b = world_as(&bas);
	struct post p = added(t, "Plan", "", "everyone");
	WANT(version(t, &cas, p.id, "Two", "Not mine") == ERR_FORBIDDEN);
	WANT(version(t, &anna, p.id, "Two", "It has a pond.") == OK);
	WANT(world_lines(t, ACT_UPDATE) == 1);
	const struct node *page = shown(t, &p, &b);
	WANT(world_number(page, "start.shelved.number") == 2);
	WANT(world_count(page, "start.shelved.versions") == 2);
	WANT(text_is(world_text(page, "start.shelved.versions.0.note"), "It has a pond."));
	WANT(text_is(world_text(page, "start.shelved.versions.0.by"), "anna"));
	const char *first = arena_text(
		world.arena, world_text(page, "start.shelved.versions.1.address"));
	WANT(fetch(t, first, &nobody, &how) == OK);
	WANT(does(t, &cas, p.id, "/restore", "1") == ERR_FORBIDDEN);
	WANT(does(t, &bas, p.id, "/restore", "7") == ERR_NOT_FOUND);
	WANT(does(t, &bas, p.id, "/restore", "1") == OK);
	WANT(text_is(world_text(shown(t, &p, &b), "start.shelved.name"), "Plan.pdf"));
	WANT(does(t, &bas, p.id, "/remove", "1") == OK);
	WANT(text_is(world_text(shown(t, &p, &b), "start.shelved.name"), "Two.pdf"));
	WANT(fetch(t, first, &nobody, &how) == ERR_NOT_FOUND);
	WANT(does(t, &bas, p.id, "/remove", "2") == OK); /* the last one: it stays */
	WANT(world_number(shown(t, &p, &b), "start.shelved.number") == 2);
	WANT(version(t, &bas, p.id, "Three", "") == OK);
	WANT(world_number(shown(t, &p, &b), "start.shelved.number") == 3);
	return OK;
}

IN_WRITE(what_is_for_members_is_for_members)
{
	(void)arg;
	const char *how;
	WANT(people(t) == OK);
	world_member(&bas, 0, 0, 0);
	struct viewer member = world_as(&bas), guest = world_as(&cas);
	struct post p = added(t, "Secret plan", "hush", "members");
	const struct node *page = list(t, &member, "");
	WANT(world_count(page, "files") == 1 && world_count(page, "all_tags") == 1);
	const char *path = arena_text(world.arena, world_text(page, "files.0.address"));
	WANT(fetch(t, path, &member, &how) == OK && *how != '\0');
	page = list(t, &guest, "");
	WANT(world_count(page, "files") == 0 && world_count(page, "all_tags") == 0);
	WANT(fetch(t, path, &guest, &how) == ERR_NOT_FOUND);
	WANT(fetch(t, path, &nobody, &how) == ERR_NOT_FOUND);
	struct call *call = world_call(&feature_library, METHOD_GET, path_of(p.id, "/version"),
		&guest, (const char *const[]){NULL});
	WANT(world_read(call, t, &page) == ERR_NOT_FOUND);
	return OK;
}

static enum err seen(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	*(bool *)arg = true;
	return ERR_CONFLICT;
}

/* Some record names a file of this content, so that the sweep leaves it. */
static bool named(struct txn *t, const char *content)
{
	uint8_t sum[SHA256_SIZE];
	bool is = false;
	crypto_sha256(content, strlen(content), sum);
	struct walk walk = {
		.prefix = place_hash(TABLE_BLOB, hex_encode(txn_arena(t), sum, sizeof sum)),
		.max = 1};
	return txn_walk(t, &walk, seen, &is) == OK && is;
}

IN_WRITE(what_was_for_members_stays_so_when_more_may_read_it)
{
	(void)arg;
	const char *how;
	WANT(people(t) == OK);
	world_member(&bas, 0, 0, 0);
	struct viewer member = world_as(&bas);
	struct post p = added(t, "Debtors", "", "members");
	WANT(version(t, &bas, p.id, "Two", "Names of debtors removed") == OK);
	const char *first = arena_text(
		world.arena, world_text(shown(t, &p, &member), "start.shelved.versions.1.address"));
	WANT(fetch(t, first, &member, &how) == OK);
	const char *const wider[] = {
		"title=Debtors", "text=", "language=en", "reads=everyone", "acts=everyone", NULL};
	struct call *call = sent(path_of(p.id, ""), &bas, wider);
	WANT(call->route->write(call, t) == OK);
	const struct node *page = shown(t, &p, &nobody);
	WANT(world_count(page, "start.shelved.versions") == 1
		&& text_is(world_text(page, "start.shelved.versions.0.note"), "")
		&& text_is(world_text(page, "start.shelved.name"), "Two.pdf"));
	WANT(fetch(t, first, &nobody, &how) == ERR_NOT_FOUND && !named(t, "Debtors"));
	WANT(fetch(t, world_text(page, "start.shelved.address"), &nobody, &how) == OK);
	return OK;
}

IN_WRITE(files_go_with_the_last_that_names_them)
{
	(void)arg;
	int64_t bytes;
	WANT(people(t) == OK);
	struct post p = added(t, "Plan", "", "everyone");
	WANT(version(t, &bas, p.id, "Two", "") == OK);
	WANT(named(t, "Plan") && named(t, "Two"));
	WANT(does(t, &bas, p.id, "/remove", "1") == OK);
	WANT(!named(t, "Plan") && named(t, "Two"));
	WANT(post_remove(t, bas.id, p.id, NULL, NULL) == OK);
	WANT(!named(t, "Two"));
	WANT(media_bytes(t, bas.id, &bytes) == OK && bytes == 0);
	WANT(world_count(list(t, &nobody, ""), "files") == 0);
	return OK;
}

static enum err leaves(struct txn *t, const struct actor *who, uint32_t keep)
{
	struct leaver leaver = {.actor = who->id, .keep = keep};
	struct place at = {0};
	enum err e = feature_library.personal->forget(t, &leaver, &at);
	at = (struct place){0};
	return e == OK ? feature_post.personal->forget(t, &leaver, &at) : e;
}

IN_WRITE(who_leaves_takes_their_files_or_their_name)
{
	(void)arg;
	struct post now;
	WANT(people(t) == OK);
	struct viewer b = world_as(&bas);
	struct post p = added(t, "Plan", "", "everyone"), q = added(t, "Map", "", "everyone");
	WANT(version(t, &anna, p.id, "Two", "") == OK
		&& version(t, &anna, q.id, "Map 2", "") == OK);
	WANT(leaves(t, &anna, KEEP_ALL) == OK);
	const struct node *page = shown(t, &p, &b);
	WANT(world_number(page, "start.shelved.number") == 2);
	WANT(text_is(world_text(page, "start.shelved.versions.0.by"), ""));
	WANT(version(t, &anna, p.id, "Three", "") == OK);
	WANT(leaves(t, &anna, 0) == OK);
	WANT(world_number(shown(t, &p, &b), "start.shelved.number") == 2);
	WANT(leaves(t, &bas, KEEP_STARTS) == OK);
	WANT(post_load(t, q.id, &now) == OK && now.gone);
	return OK;
}

IN_WRITE(other_nodes_read_what_it_is_and_get_what_is_for_all)
{
	(void)arg;
	WANT(people(t) == OK);
	world_member(&bas, 0, 0, 0);
	struct post p = added(t, "Plan", "grass", "everyone");
	time_freeze(NOW + HOUR);
	WANT(version(t, &bas, p.id, "A & B", "") == OK);
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	const json_node *o;
	char now[TIME_ISO];
	time_iso(NOW + HOUR, now);
	WANT(note_show(t, p.id, v) == OK);
	WANT(json_read(txn_arena(t), view_json(v), NULL, &o) == OK);
	WANT(text_is(json_text(json_member(o, "type")), "Page"));
	WANT(text_is(json_text(json_member(o, "name")), "Plan"));
	WANT(text_is(json_text(json_member(o, "summary")), "A & B.pdf (PDF) · How we mow."));
	WANT(text_starts(json_text(json_member(o, "content")),
		"<p><strong>A &amp; B.pdf (PDF)</strong></p><p>How we <strong>mow</strong>.</p>"));
	WANT(strstr(json_text(json_member(o, "content")), p.url) != NULL);
	WANT(text_is(json_text(json_member(o, "updated")), now));
	const json_node *file = json_item(json_member(o, "attachment"), 0);
	WANT(text_is(json_text(json_member(file, "type")), "Document"));
	WANT(text_is(json_text(json_member(file, "mediaType")), "application/pdf"));
	WANT(text_is(json_text(json_member(file, "name")), "A & B.pdf"));
	return OK;
}

int main(void)
{
	page_load();
	const struct CMUnitTest tests[] = {
		FILES_TEST(a_file_is_listed_by_tag_and_saved_never_opened),
		FILES_TEST(without_a_file_or_a_title_there_is_none),
		FILES_TEST(versions_come_back_and_go),
		FILES_TEST(what_is_for_members_is_for_members),
		FILES_TEST(what_was_for_members_stays_so_when_more_may_read_it),
		FILES_TEST(files_go_with_the_last_that_names_them),
		FILES_TEST(who_leaves_takes_their_files_or_their_name),
		FILES_TEST(other_nodes_read_what_it_is_and_get_what_is_for_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

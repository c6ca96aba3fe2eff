/* idea.c: tests of ideas: support that counts once, what becomes of one and why, who decides, how other nodes read it. */
#include "world.h"

#include <string.h>

static struct actor anna, bas, group;

static struct call *sent(const char *path, const struct actor *who, const char *const *inputs)
{
	struct viewer *viewer = arena_alloc(world.arena, sizeof *viewer);
	*viewer = (struct viewer){.actor = who->id, .local = true};
	return world_call(&feature_idea, METHOD_POST, path, viewer, inputs);
}

static const char *path_of(const struct post *p, const char *what)
{
	char id[ID_TEXT];
	return arena_format(world.arena, "/p/%s%s", id_text(p->id, id), what);
}

static struct post placed(struct txn *t, const char *title, const char *reads)
{
	struct post p = {0};
	const char *const inputs[] = {arena_format(world.arena, "title=%s", title),
		"text=With **benches**.", "language=en",
		arena_format(world.arena, "reads=%s", reads), NULL};
	struct call *call = sent("/c/plans/new/idea", &bas, inputs);
	return call->route->write(call, t) == OK
			&& post_load(t, world_last(t, ACT_CREATE).object, &p) == OK
		? p
		: (struct post){0};
}

static enum err people(struct txn *t)
{
	anna = world_person(t, "anna");
	bas = world_person(t, "bas");
	group = world_community(t, "plans", &anna);
	return OK;
}

static const struct node *board(struct txn *t, const struct viewer *viewer, const char *state)
{
	const char *const inputs[] = {arena_format(world.arena, "state=%s", state), NULL};
	const struct node *page = NULL;
	struct call *call = world_call(&feature_idea, METHOD_GET, "/@plans/ideas", viewer, inputs);
	return world_read(call, t, &page) == OK ? page : NULL;
}

static enum err decide(struct txn *t, const struct actor *who, const struct post *p,
	const char *state, const char *reason)
{
	const char *const inputs[] = {arena_format(world.arena, "state=%s", state),
		arena_format(world.arena, "reason=%s", reason), NULL};
	struct call *call = sent(path_of(p, "/idea"), who, inputs);
	return call->route->write(call, t);
}

IN_WRITE(support_counts_once_for_each)
{
	(void)arg;
	WANT(people(t) == OK);
	struct viewer nobody = {0};
	struct post first = placed(t, "A garden", "everyone"),
		    second = placed(t, "A pond", "everyone");
	WANT(first.kind == POST_IDEA && text_is(first.title, "A garden") && second.id != 0);
	const struct node *page = board(t, &nobody, "open");
	WANT(world_count(page, "ideas") == 2);
	WANT(text_is(world_text(page, "ideas.0.post.words"), "A pond"));
	WANT(reaction_add(t, anna.id, first.id, REACTION_LIKE, NULL) == OK);
	WANT(reaction_add(t, anna.id, first.id, REACTION_LIKE, NULL) == OK);
	page = board(t, &nobody, "open");
	WANT(text_is(world_text(page, "ideas.0.post.words"), "A garden"));
	WANT(world_number(page, "ideas.0.support") == 1);
	WANT(reaction_remove(t, anna.id, first.id, REACTION_LIKE, NULL) == OK);
	page = board(t, &nobody, "open");
	WANT(world_number(page, "ideas.0.support") == 0);
	return OK;
}

IN_WRITE(a_reason_for_members_is_not_told_to_more)
{
	(void)arg;
	WANT(people(t) == OK);
	world_member(&bas, 0, 0, 0);
	struct viewer nobody = {0}, member = {.actor = bas.id, .local = true};
	struct circles all = {0};
	struct post p = placed(t, "A garden", "members");
	WANT(decide(t, &anna, &p, "not-now", "Ed cannot pay.") == OK);
	WANT(text_is(world_text(board(t, &member, "not-now"), "ideas.0.reason"), "Ed cannot pay."));
	struct post_draft edit = {
		.author = bas.id, .title = "A garden", .source = "Hello", .circles = &all};
	WANT(post_edit(t, bas.id, p.id, &edit, NULL, NULL) == OK);
	const struct node *page = board(t, &nobody, "not-now");
	WANT(world_count(page, "ideas") == 1 && text_is(world_text(page, "ideas.0.reason"), ""));
	return OK;
}

IN_WRITE(who_looks_after_the_community_decides_with_a_reason)
{
	(void)arg;
	WANT(people(t) == OK);
	struct viewer nobody = {0};
	struct u64s ids;
	struct notice n;
	struct post p = placed(t, "A garden", "everyone");
	WANT(decide(t, &bas, &p, "done", "Because") == ERR_FORBIDDEN);
	WANT(decide(t, &anna, &p, "not-now", " ") == ERR_INVALID);
	WANT(decide(t, &anna, &p, "taken-up", "The board pays.") == OK);
	WANT(world_lines(t, ACT_UPDATE) == 1);
	WANT(world_count(board(t, &nobody, "open"), "ideas") == 0);
	const struct node *page = board(t, &nobody, "taken-up");
	WANT(text_is(world_text(page, "ideas.0.reason"), "The board pays."));
	WANT(notify_list(t, bas.id, 0, 1, &ids) == OK && ids.count == 1);
	WANT(notify_load(t, bas.id, ids.at[0], &n) == OK && n.kind == NOTICE_IDEA
		&& text_is(n.note, "The board pays."));
	WANT(post_remove(t, bas.id, p.id, NULL, NULL) == OK);
	WANT(world_count(board(t, &nobody, "taken-up"), "ideas") == 0);
	return OK;
}

IN_WRITE(what_is_for_members_is_for_members)
{
	(void)arg;
	WANT(people(t) == OK);
	world_member(&bas, 0, 0, 0);
	struct actor cas = world_person(t, "cas");
	struct viewer nobody = {0}, member = {.actor = bas.id, .local = true};
	struct post p = placed(t, "A secret", "members");
	WANT(p.id != 0 && world_count(board(t, &nobody, "open"), "ideas") == 0);
	WANT(world_count(board(t, &member, "open"), "ideas") == 1);
	WANT(reaction_add(t, cas.id, p.id, REACTION_LIKE, NULL) == ERR_NOT_FOUND
		|| !reaction_is(t, cas.id, p.id, REACTION_LIKE));
	return OK;
}

IN_WRITE(other_nodes_read_what_became_of_it)
{
	(void)arg;
	WANT(people(t) == OK);
	struct post p = placed(t, "A garden", "everyone");
	time_freeze(NOW + HOUR);
	WANT(decide(t, &anna, &p, "done", "It & more grows.") == OK);
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	const json_node *o;
	char now[TIME_ISO];
	time_iso(NOW + HOUR, now);
	WANT(note_show(t, p.id, v) == OK);
	WANT(json_read(txn_arena(t), view_json(v), NULL, &o) == OK);
	WANT(text_is(json_text(json_member(o, "type")), "Article"));
	WANT(text_is(json_text(json_member(o, "name")), "A garden"));
	WANT(text_is(
		json_text(json_member(o, "summary")), "Done: It & more grows. · With benches."));
	WANT(text_is(json_text(json_member(o, "content")),
		"<p><strong>Done: It &amp; more grows.</strong></p><p>With <strong>benches</strong>.</p>"));
	WANT(text_is(json_text(json_member(o, "updated")), now));
	WANT(text_is(json_text(json_member(o, "url")), p.url));
	return OK;
}

int main(void)
{
	page_load();
	const struct CMUnitTest tests[] = {
		WORLD_TEST(support_counts_once_for_each),
		WORLD_TEST(a_reason_for_members_is_not_told_to_more),
		WORLD_TEST(who_looks_after_the_community_decides_with_a_reason),
		WORLD_TEST(what_is_for_members_is_for_members),
		WORLD_TEST(other_nodes_read_what_became_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

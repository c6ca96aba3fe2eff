/* moderation.c: tests of block.c and moderation.c: blocks, bans, reports, blocked sites. */
#include "world.h"

#include <string.h>

static struct post written(struct txn *t, uint64_t author, const char *source)
{
	struct post_draft draft = {.author = author, .source = source};
	struct refusal why = {0};
	struct post post;
	if (post_create(t, &draft, NULL, &why, &post) != OK)
		die("a post was refused: %s", why.text != NULL ? why.text : "?");
	return post;
}

IN_WRITE(a_block_ends_following_both_ways)
{
	(void)arg;
	struct actor a = world_person(t, "anna"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct origin origin = {.uri = "https://a.example/f"};
	WANT(follow_start(t, x.id, a.id, &origin) == OK && follow_start(t, a.id, x.id, NULL) == OK);
	WANT(follow_accept(t, x.id, a.id, NULL) == OK && follow_is(t, a.id, x.id)
		&& follow_is(t, x.id, a.id));
	WANT(block_add(t, a.id, a.id, x.id, "  rude  ", NULL) == OK);
	WANT(!follow_is(t, a.id, x.id) && !follow_is(t, x.id, a.id));
	WANT(block_between(t, a.id, x.id) && block_between(t, x.id, a.id)
		&& !block_is(t, x.id, a.id));
	struct line line = world_last(t, ACT_BLOCK);
	WANT(line.actor == a.id && line.object == x.id && line.target == 0
		&& text_is(line.note, "rude"));
	WANT(world_lines(t, ACT_REJECT) == 1 && world_lines(t, ACT_UNFOLLOW) == 1);
	WANT(block_add(t, a.id, a.id, x.id, NULL, NULL) == OK && world_lines(t, ACT_BLOCK) == 1);
	WANT(block_remove(t, a.id, a.id, x.id, NULL) == OK && !block_between(t, a.id, x.id));
	WANT(text_is(world_last(t, ACT_UNBLOCK).note,
		arena_format(
			txn_arena(t), "https://ex.org/a/%llu", (unsigned long long)line.place)));
	WANT(block_remove(t, a.id, a.id, x.id, NULL) == OK && world_lines(t, ACT_UNBLOCK) == 1);
	WANT(block_add(t, a.id, a.id, a.id, NULL, NULL) == ERR_INVALID);
	WANT(block_add(t, a.id, a.id, 999, NULL, NULL) == ERR_NOT_FOUND);
	WANT(block_add(t, a.id, x.id, a.id, NULL, NULL) == ERR_FORBIDDEN); /* in another's name */
	return OK;
}

IN_WRITE(a_community_bans_by_its_moderators)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas"),
		     g = world_group(t, "energie");
	struct actor x = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     y = world_remote(t, ACTOR_PERSON, "yo", "b.example");
	struct place moderator = place_2(TABLE_MODERATOR, g.id, a.id),
		     other = place_2(TABLE_MODERATOR, g.id, x.id);
	WANT(txn_put(t, &moderator, (struct bytes){"1", 1}) == OK
		&& txn_put(t, &other, (struct bytes){"1", 1}) == OK);
	WANT(follow_start(t, b.id, g.id, NULL) == OK);
	WANT(block_add(t, b.id, g.id, a.id, NULL, NULL) == ERR_FORBIDDEN);
	WANT(block_add(t, a.id, g.id, b.id, "spam", NULL) == OK && block_is(t, g.id, b.id)
		&& !follow_is(t, b.id, g.id));
	WANT(world_last(t, ACT_BLOCK).target == g.id && world_last(t, ACT_BLOCK).actor == a.id);
	/* A moderator elsewhere does the same by an activity; a stranger does not. */
	struct activity ban = world_activity(&x, "https://a.example/b", "Block", y.uri), undo;
	ban.target = g.uri;
	WANT(world_receive(t, &feature_moderation, &ban) == OK && block_is(t, g.id, y.id));
	WANT(world_last(t, ACT_BLOCK).raw.size == ban.raw.size
		&& text_is(world_last(t, ACT_BLOCK).uri, ban.id));
	undo = world_activity(&y, "https://b.example/u", "Undo", ban.id);
	undo.inner = &ban;
	WANT(world_receive(t, &feature_moderation, &undo) == ERR_FORBIDDEN
		&& block_is(t, g.id, y.id));
	undo = world_activity(&x, "https://a.example/u", "Undo", ban.id);
	undo.inner = &ban;
	WANT(world_receive(t, &feature_moderation, &undo) == OK && !block_is(t, g.id, y.id));
	ban = world_activity(&y, "https://b.example/b", "Block", a.uri);
	ban.target = g.uri;
	WANT(world_receive(t, &feature_moderation, &ban) == ERR_FORBIDDEN);
	ban.target =
		"https://b.example/"; /* from a whole site: its own business (Lemmy 181ff133) */
	WANT(world_receive(t, &feature_moderation, &ban) == ERR_NOT_FOUND
		&& !block_between(t, y.id, a.id));
	return OK;
}

IN_WRITE(a_community_elsewhere_bans_our_member)
{
	(void)arg;
	struct actor a = world_person(t, "anna"),
		     g = world_remote(t, ACTOR_GROUP, "tuin", "b.example");
	struct actor m = world_remote(t, ACTOR_PERSON, "mo", "b.example"),
		     evil = world_remote(t, ACTOR_PERSON, "evil", "c.example");
	WANT(follow_start(t, a.id, g.id, NULL) == OK && follow_accept(t, g.id, a.id, NULL) == OK);
	struct activity ban = world_activity(&evil, "https://c.example/b", "Block", a.uri);
	ban.target = g.uri;
	WANT(world_receive(t, &feature_moderation, &ban) == ERR_FORBIDDEN
		&& follow_is(t, a.id, g.id));
	ban.via = g.id; /* the community itself passed it on */
	WANT(world_receive(t, &feature_moderation, &ban) == OK && !follow_is(t, a.id, g.id));
	WANT(follow_start(t, a.id, g.id, NULL) == ERR_FORBIDDEN);
	struct activity undo = world_activity(&m, "https://b.example/u", "Undo", ban.id);
	undo.inner = &ban;
	WANT(world_receive(t, &feature_moderation, &undo) == OK && !block_between(t, a.id, g.id));
	return OK;
}

IN_WRITE(no_group_bans_for_another)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), g = world_group(t, "energie");
	struct actor m = world_remote(t, ACTOR_PERSON, "mo", "b.example"),
		     evil = world_remote(t, ACTOR_GROUP, "evil", "c.example");
	struct place moderator = place_2(TABLE_MODERATOR, g.id, m.id);
	WANT(txn_put(t, &moderator, (struct bytes){"1", 1}) == OK);
	struct activity ban = world_activity(&m, "https://b.example/b", "Block", a.uri);
	ban.via = evil.id;
	WANT(world_receive(t, &feature_moderation, &ban) == ERR_FORBIDDEN);
	ban.target = g.uri;
	WANT(world_receive(t, &feature_moderation, &ban) == ERR_FORBIDDEN);
	WANT(!block_between(t, a.id, m.id) && !block_between(t, a.id, g.id));
	ban.via = 0;
	WANT(world_receive(t, &feature_moderation, &ban) == OK && block_is(t, g.id, a.id));
	struct activity undo = world_activity(&m, "https://b.example/u", "Undo", ban.id);
	undo.inner = &ban;
	undo.via = evil.id;
	WANT(world_receive(t, &feature_moderation, &undo) == ERR_FORBIDDEN
		&& block_is(t, g.id, a.id));
	return OK;
}

IN_WRITE(the_banned_moderate_no_more)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas"),
		     g = world_group(t, "energie");
	struct place one = place_2(TABLE_MODERATOR, g.id, a.id),
		     two = place_2(TABLE_MODERATOR, g.id, b.id);
	WANT(txn_put(t, &one, (struct bytes){"1", 1}) == OK
		&& txn_put(t, &two, (struct bytes){"1", 1}) == OK);
	WANT(block_add(t, a.id, g.id, b.id, NULL, NULL) == OK);
	WANT(!community_moderated_by(t, &g, &b)
		&& block_remove(t, b.id, g.id, b.id, NULL) == ERR_FORBIDDEN);
	WANT(block_remove(t, a.id, g.id, b.id, NULL) == OK && community_moderated_by(t, &g, &b));
	return OK;
}

IN_WRITE(a_ban_may_take_the_posts_along)
{
	(void)arg;
	struct actor b = world_person(t, "bas"), g = world_group(t, "energie"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct place moderator = place_2(TABLE_MODERATOR, g.id, x.id);
	WANT(txn_put(t, &moderator, (struct bytes){"1", 1}) == OK);
	struct post_draft draft = {.author = b.id, .source = "Koop nu", .community = g.id};
	struct post in, out = written(t, b.id, "Elders");
	WANT(post_create(t, &draft, NULL, NULL, &in) == OK && in.community == g.id);
	struct activity ban = world_activity(&x, "https://a.example/b", "Block", b.uri);
	ban.target = g.uri;
	ban.remove_data = true;
	ban.content = "spam";
	ban.raw = (struct bytes){arena_alloc(txn_arena(t), 100000), 100000};
	WANT(world_receive(t, &feature_moderation, &ban) == OK && block_is(t, g.id, b.id));
	WANT(world_last(t, ACT_DELETE).raw.size == 0); /* not once more with each of them */
	WANT(post_load(t, in.id, &in) == OK && (in.gone || in.removed_by == x.id));
	WANT(post_load(t, out.id, &out) == OK && !out.gone && out.removed_by == 0);
	return OK;
}

IN_WRITE(a_report_reaches_the_admin)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post post = written(t, b.id, "Hallo");
	const char *const names[] = {"https://nowhere.example/1", b.uri, post.uri, x.uri};
	struct activity flag = world_activity(&x, "https://a.example/flag", "Flag", b.uri);
	struct report r;
	flag.objects = (struct names){names, COUNT(names)};
	flag.content = " Not nice ";
	WANT(world_receive(t, &feature_moderation, &flag) == OK);
	struct line line = world_last(t, ACT_FLAG);
	struct place place = place_1(TABLE_REPORT, line.object);
	WANT(line.actor == x.id && txn_load(t, &place, &report_shape, &r) == OK);
	WANT(r.actors.count == 1 && r.actors.at[0] == b.id && r.posts.count == 1
		&& r.posts.at[0] == post.id);
	WANT(text_is(r.comment, "Not nice") && r.reporter == x.id && r.closed == 0);
	WANT(world_receive(t, &feature_moderation, &flag) == OK
		&& world_lines(t, ACT_FLAG) == 1); /* the same again */
	flag.objects = (struct names){names, 1};
	WANT(world_receive(t, &feature_moderation, &flag) == ERR_NOT_FOUND);
	r = (struct report){.actors = {&a.id, 0}};
	WANT(report_add(t, a.id, &r, NULL) == ERR_INVALID);
	uint64_t many[51] = {1};
	r = (struct report){.actors = {many, 51}};
	WANT(report_add(t, a.id, &r, NULL) == ERR_TOO_MUCH);
	r.actors.count = 50;
	WANT(report_add(t, a.id, &r, NULL) == OK);
	/* What xi may not read it cannot show to the administrators (CVE-2024-23649). */
	struct post_draft secret = {
		.author = b.id, .source = "Geheim", .visibility = VISIBLE_DIRECT};
	struct post hidden;
	WANT(post_create(t, &secret, NULL, NULL, &hidden) == OK);
	flag.objects = (struct names){&hidden.uri, 1};
	WANT(world_receive(t, &feature_moderation, &flag) == ERR_NOT_FOUND);
	for (uint64_t i = 1; i <= 50; i++) {
		r = (struct report){.actors = {&i, 1}};
		WANT(report_add(t, b.id, &r, NULL) == OK);
	}
	r = (struct report){.actors = {&a.id, 1}};
	WANT(report_add(t, b.id, &r, NULL) == ERR_TOO_MUCH && report_add(t, x.id, &r, NULL) == OK);
	return OK;
}

IN_WRITE(the_pages_of_reports)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas");
	struct post post = written(t, b.id, "Hallo");
	struct viewer anna = {.actor = a.id, .local = true},
		      chief = {.actor = b.id, .local = true, .admin = true};
	const char *path = arena_format(
		txn_arena(t), "/p/%llu/report", (unsigned long long)post.id);
	const char *const typed[] = {"comment=Onaardig", NULL};
	const struct node *page = NULL;
	WANT(world_read(world_call(&feature_moderation, METHOD_GET, path, &anna, NULL), t, &page)
		== OK);
	WANT(text_is(world_text(page, "action"), path) && world_node(page, "post") != NULL);
	struct call *call = world_call(&feature_moderation, METHOD_POST, path, &anna, typed);
	WANT(call->route->write(call, t) == OK && call->route->write(call, t) == OK);
	call = world_call(&feature_moderation, METHOD_POST, "/p/77/report", &anna, typed);
	WANT(call->route->write(call, t) == ERR_NOT_FOUND);
	call = world_call(&feature_moderation, METHOD_GET, "/reports", &chief, NULL);
	WANT(call->route->access == ADMIN && world_read(call, t, &page) == OK
		&& world_count(page, "reports") == 1);
	WANT(text_is(world_text(page, "reports.0.comment"), "Onaardig"));
	WANT(text_is(world_text(page, "reports.0.reporter.0.name"), "anna"));
	WANT(world_text(page, "reports.0.posts.0.post.words") != NULL);
	WANT(world_number(page, "reports.0.posts.0.may_hide") == 0); /* their own */
	struct account_draft draft = {.name = "vera", .title = "Vera", .admin = true};
	struct refusal why = {0};
	struct actor vera;
	WANT(account_create(t, &draft, &why, &vera) == OK);
	struct viewer other = {.actor = vera.id, .local = true, .admin = true};
	call = world_call(&feature_moderation, METHOD_GET, "/reports", &other, NULL);
	WANT(world_read(call, t, &page) == OK
		&& world_number(page, "reports.0.posts.0.may_hide") == 1
		&& world_number(page, "reports.0.posts.0.is_hidden") == 0);
	path = arena_format(txn_arena(t), "/p/%llu/delete", (unsigned long long)post.id);
	static const char *const reported[] = {"report=true", NULL};
	struct call *hide = world_call(&feature_post, METHOD_POST, path, &other, reported);
	WANT(hide->route->write(hide, t) == OK && text_is(hide->reply.location, "/reports"));
	WANT(world_read(call, t, &page) == OK
		&& world_number(page, "reports.0.posts.0.may_hide") == 0
		&& world_number(page, "reports.0.posts.0.is_hidden") == 1);
	path = arena_format(txn_arena(t), "/reports/%llu/close",
		(unsigned long long)world_last(t, ACT_FLAG).object);
	call = world_call(&feature_moderation, METHOD_POST, path, &chief, NULL);
	WANT(call->route->access == ADMIN && call->route->write(call, t) == OK);
	WANT(world_read(world_call(&feature_moderation, METHOD_GET, "/reports", &chief, NULL), t,
		     &page)
		== OK);
	WANT(world_count(page, "reports") == 0);
	/* What anna may not read she cannot report: it looks as if it were not there. */
	struct post_draft secret = {
		.author = b.id, .source = "Geheim", .visibility = VISIBLE_FOLLOWERS};
	WANT(post_create(t, &secret, NULL, NULL, &post) == OK);
	path = arena_format(txn_arena(t), "/p/%llu/report", (unsigned long long)post.id);
	WANT(world_read(world_call(&feature_moderation, METHOD_GET, path, &anna, NULL), t, &page)
		== ERR_NOT_FOUND);
	call = world_call(&feature_moderation, METHOD_POST, path, &anna, typed);
	WANT(call->route->write(call, t) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(a_site_is_blocked_with_what_is_below_it)
{
	(void)arg;
	static const char *const blocked[] = {"evil.example", "EVIL.example", "a.evil.example",
		"a.b.evil.example", "evil.example.", "evil.example:8443", "https://evil.example/x"};
	static const char *const not [] = {
		"example", "notevil.example", "evil.example.org", "", "evil.example/..", "ex.org"};
	static const char *const wrong[] = {
		"", "ex.org", "EX.org", "https://ex.org/x", "a b", "evil..example"};
	WANT(domain_block(t, " Evil.example ", "spam", true) == OK
		&& domain_block(t, "evil.example", "spam", true) == OK);
	for (size_t i = 0; i < COUNT(blocked); i++)
		WANT(domain_blocked(t, blocked[i]));
	for (size_t i = 0; i < COUNT(not ); i++)
		WANT(!domain_blocked(t, not [i]));
	for (size_t i = 0; i < COUNT(wrong); i++)
		WANT(domain_block(t, wrong[i], NULL, true) == ERR_INVALID);
	WANT(!domain_blocked(t, NULL) && domain_block(t, NULL, NULL, true) == ERR_INVALID);
	WANT(domain_block(t, "evil.example", NULL, false) == OK
		&& !domain_blocked(t, "a.evil.example"));
	return OK;
}

IN_WRITE(the_pages_of_blocks)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas");
	struct viewer anna = {.actor = a.id, .local = true, .admin = true};
	const char *const typed[] = {"host=evil.example", "reason=spam", NULL},
			  *const wrong[] = {"host=ex.org", NULL};
	const struct node *page = NULL;
	struct call *call = world_call(
		&feature_moderation, METHOD_POST, "/@bas/block", &anna, NULL);
	WANT(call->route->write(call, t) == OK && block_is(t, a.id, b.id)
		&& text_is(call->reply.location, "/@bas"));
	call = world_call(&feature_moderation, METHOD_POST, "/@bas/unblock", &anna, NULL);
	WANT(call->route->write(call, t) == OK && !block_is(t, a.id, b.id));
	call = world_call(&feature_moderation, METHOD_POST, "/domains", &anna, typed);
	WANT(call->route->access == ADMIN && call->route->write(call, t) == OK
		&& domain_blocked(t, "evil.example"));
	call = world_call(&feature_moderation, METHOD_POST, "/domains", &anna, wrong);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "host"));
	WANT(world_read(
		     world_call(&feature_moderation, METHOD_GET, "/domains", &anna, NULL), t, &page)
		== OK);
	WANT(world_count(page, "domains") == 1
		&& text_is(world_text(page, "domains.0.reason"), "spam"));
	call = world_call(&feature_moderation, METHOD_POST, "/domains/remove", &anna, typed);
	WANT(call->route->write(call, t) == OK && !domain_blocked(t, "evil.example"));
	return OK;
}

IN_WRITE(a_suspension_shuts_the_door)
{
	(void)arg;
	struct account_draft draft = {.name = "bas", .title = "Bas"};
	struct actor a = world_person(t, "anna"), b, node, found;
	struct actor x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct viewer chief = {.actor = a.id, .local = true, .admin = true}, nobody = {0};
	struct account account;
	struct origin origin = {.uri = "https://a.example/f"};
	struct key_pair none = {0};
	const struct node *page = NULL;
	WANT(account_create(t, &draft, NULL, &b) == OK && account_find(t, "bas", &account) == OK);
	struct call *call = world_call(
		&feature_moderation, METHOD_POST, "/@bas/suspend", &chief, NULL);
	WANT(call->route->access == ADMIN && call->route->write(call, t) == OK);
	WANT(account_find(t, "bas", &account) == ERR_NOT_FOUND);
	WANT(follow_start(t, a.id, b.id, NULL) == ERR_NOT_FOUND);
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@bas", &nobody, NULL), t, &page)
		== ERR_NOT_FOUND);
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@bas", &chief, NULL), t, &page)
		== OK);
	WANT(world_number(page, "relation.can_restore") == 1
		&& world_number(page, "relation.can_suspend") == 0);
	call = world_call(&feature_moderation, METHOD_POST, "/@bas/restore", &chief, NULL);
	WANT(call->route->access == ADMIN && call->route->write(call, t) == OK);
	WANT(account_find(t, "bas", &account) == OK);
	call = world_call(&feature_moderation, METHOD_POST, "/@anna/suspend", &chief, NULL);
	WANT(call->route->write(call, t) == ERR_FORBIDDEN);
	/* Who is elsewhere hears of it and gets nothing more. */
	WANT(follow_start(t, x.id, a.id, &origin) == OK && follow_start(t, a.id, x.id, NULL) == OK);
	WANT(follow_accept(t, x.id, a.id, NULL) == OK && actor_suspend(t, x.id, true) == OK);
	WANT(!follow_is(t, a.id, x.id) && !follow_is(t, x.id, a.id));
	WANT(world_lines(t, ACT_REJECT) == 1 && world_lines(t, ACT_UNFOLLOW) == 1);
	WANT(actor_suspend(t, x.id, true) == OK && world_lines(t, ACT_REJECT) == 1);
	WANT(actor_load(t, x.id, &found) == OK && found.suspended);
	WANT(actor_create(t, ACTOR_APPLICATION, "ex.org", NULL, &none, NULL, &node) == OK);
	WANT(actor_suspend(t, node.id, true) == ERR_FORBIDDEN);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_block_ends_following_both_ways),
		WORLD_TEST(a_community_bans_by_its_moderators),
		WORLD_TEST(a_community_elsewhere_bans_our_member),
		WORLD_TEST(no_group_bans_for_another),
		WORLD_TEST(the_banned_moderate_no_more),
		WORLD_TEST(a_ban_may_take_the_posts_along),
		WORLD_TEST(a_report_reaches_the_admin),
		WORLD_TEST(the_pages_of_reports),
		WORLD_TEST(a_site_is_blocked_with_what_is_below_it),
		WORLD_TEST(the_pages_of_blocks),
		WORLD_TEST(a_suspension_shuts_the_door),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

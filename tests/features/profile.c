/* profile.c: tests of actor.c and profile.c: names, addresses, keys, remote records, changes, ends and moves. */
#include "world.h"

#include <string.h>

static enum err made(struct txn *t, enum actor_kind kind, const char *name)
{
	struct key_pair none = {0};
	struct refusal why = {0};
	struct actor a;
	return actor_create(t, kind, name, NULL, &none, &why, &a);
}

IN_WRITE(names_are_checked_and_given_once)
{
	(void)arg;
	static const char *const wrong[] = {"", "a", "Anna", "an na", "an.na", "an-na", "anna@ex",
		"änna", "a/b", "admin", "api", "root", "moderators",
		"abcdefghijabcdefghijabcdefghij1", NULL};
	WANT(made(t, ACTOR_PERSON, NULL) == ERR_INVALID);
	for (size_t i = 0; wrong[i] != NULL; i++)
		WANT(made(t, ACTOR_PERSON, wrong[i]) == ERR_INVALID
			&& made(t, ACTOR_GROUP, wrong[i]) == ERR_INVALID);
	WANT(made(t, ACTOR_PERSON, "ab") == OK
		&& made(t, ACTOR_PERSON, "abcdefghijabcdefghijabcdefghij") == OK);
	WANT(made(t, ACTOR_PERSON, "admin1") == OK && made(t, ACTOR_PERSON, "dmi") == OK);
	WANT(made(t, ACTOR_GROUP, "ab") == ERR_INVALID); /* one name space */
	WANT(made(t, ACTOR_SERVICE, "robot") == ERR_INVALID);
	WANT(made(t, ACTOR_APPLICATION, "other.org") == ERR_INVALID
		&& made(t, ACTOR_APPLICATION, "ex.org") == OK);
	struct actor a;
	struct key_pair none = {0};
	struct refusal why = {0};
	static const char *const titles[] = {
		" ", "two\nlines", "0123456789012345678901234567890123456789012345678901234567890"};
	for (size_t i = 0; i < COUNT(titles); i++)
		WANT(actor_create(t, ACTOR_GROUP, "energie", titles[i], &none, &why, &a)
				== ERR_INVALID
			&& text_is(why.field, "title"));
	WANT(actor_create(t, ACTOR_GROUP, "energie", titles[2] + 1, &none, &why, &a) == OK);
	WANT(actor_by_name(t, "AB", &a) == OK && text_is(a.name, "ab"));
	WANT(actor_remove(t, a.id, NULL) == OK
		&& made(t, ACTOR_PERSON, "ab") == ERR_INVALID); /* R24 */
	return OK;
}

IN_WRITE(addresses_are_as_the_protocol_says)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), g = world_group(t, "energie"), found;
	WANT(text_is(a.uri, "https://ex.org/u/anna") && text_is(a.url, "https://ex.org/@anna"));
	WANT(text_is(a.inbox, "https://ex.org/u/anna/inbox")
		&& text_is(a.outbox, "https://ex.org/u/anna/outbox"));
	WANT(text_is(a.followers, "https://ex.org/u/anna/followers")
		&& text_is(a.featured, "https://ex.org/u/anna/featured"));
	WANT(a.moderators == NULL && text_is(a.shared_inbox, "https://ex.org/inbox"));
	WANT(text_is(a.rsa_id, "https://ex.org/u/anna#main-key")
		&& text_is(a.ed25519_id, "https://ex.org/u/anna#ed25519-key"));
	WANT(text_is(g.uri, "https://ex.org/c/energie")
		&& text_is(g.moderators, "https://ex.org/c/energie/moderators"));
	WANT(made(t, ACTOR_APPLICATION, "ex.org") == OK
		&& actor_by_uri(t, "https://ex.org/actor", &found) == OK);
	WANT(text_is(found.inbox, "https://ex.org/actor/inbox") && found.kind == ACTOR_APPLICATION);
	WANT(actor_by_uri(t, a.uri, &found) == OK && found.id == a.id && found.created == NOW);
	WANT(actor_by_uri(t, "https://ex.org/u/Anna", &found) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(keys_are_sealed_to_their_actor)
{
	(void)arg;
	struct key_pair keys = {.ed25519 = key_generate(KEY_ED25519)}, back = {0};
	struct actor a;
	struct bytes row;
	WANT(actor_create(t, ACTOR_PERSON, "anna", NULL, &keys, NULL, &a) == OK);
	struct bytes secret = key_private_der(txn_arena(t), keys.ed25519),
		     stored = key_stored(txn_arena(t), keys.ed25519);
	key_drop(keys.ed25519);
	WANT(a.ed25519.size == stored.size
		&& memcmp(a.ed25519.data, stored.data, stored.size) == 0);
	struct place place = place_1(TABLE_KEYS, a.id), other = place_1(TABLE_KEYS, a.id + 1);
	WANT(txn_get(t, &place, &row) == OK
		&& memmem(row.data, row.size, secret.data, secret.size) == NULL);
	WANT(actor_keys_load(t, a.id, &back) == OK && back.rsa == NULL && back.ed25519 != NULL);
	bool signs = key_is_private(back.ed25519);
	key_drop(back.ed25519);
	WANT(signs && actor_keys_load(t, 99, &back) == ERR_NOT_FOUND);
	/* Moved to another actor's place they open nothing. */
	row = arena_bytes(txn_arena(t), row);
	WANT(txn_put(t, &other, row) == OK && actor_keys_load(t, a.id + 1, &back) == ERR_STORE);
	return OK;
}

IN_WRITE(handles_are_read_strictly)
{
	(void)arg;
	struct actor a = world_person(t, "anna"),
		     x = world_remote(t, ACTOR_PERSON, "Xi", "a.example"), found;
	static const char *const here[] = {"anna", "@anna", "ANNA", "anna@ex.org", "@Anna@EX.org",
		"acct:anna@ex.org", "anna@ex.org."};
	static const char *const there[] = {"xi@a.example", "@Xi@A.example", "acct:xi@a.example"};
	static const char *const nobody[] = {"", "@", "@@", "xi", "anna@", "anna@ex.org/",
		"anna@ex.org/.evil.example", "anna@a.example", "an na", "anna@ex.org@ex.org",
		"anna@ex.org:443x", "anna@user:pw@ex.org", "anna%40ex.org", "../anna", "anna?x"};
	for (size_t i = 0; i < COUNT(here); i++)
		WANT(actor_by_handle(t, here[i], &found) == OK && found.id == a.id);
	for (size_t i = 0; i < COUNT(there); i++)
		WANT(actor_by_handle(t, there[i], &found) == OK && found.id == x.id);
	for (size_t i = 0; i < COUNT(nobody); i++)
		WANT(actor_by_handle(t, nobody[i], &found) == ERR_NOT_FOUND);
	WANT(text_is(actor_handle(txn_arena(t), &x), "Xi@a.example"));
	struct actor far = world_remote(t, ACTOR_PERSON, "é", "a.example");
	WANT(text_is(actor_path(txn_arena(t), &far), "/@%C3%A9@a.example"));
	WANT(text_is(actor_path(txn_arena(t), &x), "/@Xi@a.example")
		&& text_is(actor_path(txn_arena(t), &a), "/@anna"));
	return OK;
}

IN_WRITE(a_remote_record_keeps_its_id)
{
	(void)arg;
	struct actor x = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     a = world_person(t, "anna"), found;
	struct actor claims = x;
	uint64_t id = 0;
	time_freeze(NOW + DAY);
	claims.name = "xander";
	claims.title = "  Xander  ";
	claims.summary = "<p onclick=x>Hi<script>alert(1)</script></p>";
	claims.icon = "javascript:alert(1)";
	claims.url = "data:text/html,x";
	claims.moved_to = "javascript:alert(1)";
	WANT(actor_save_remote(t, &claims, &id) == OK && id == x.id
		&& actor_load(t, id, &found) == OK);
	WANT(text_is(found.title, "Xander") && found.icon == NULL && found.url == NULL
		&& found.moved_to == NULL);
	WANT(strstr(found.summary, "script") == NULL && strstr(found.summary, "onclick") == NULL);
	WANT(found.fetched == NOW + DAY && found.created == x.created && !found.local);
	WANT(actor_by_handle(t, "xander@a.example", &found) == OK
		&& actor_by_handle(t, "xi@a.example", &found) == ERR_NOT_FOUND);
	claims.uri = a.uri; /* nobody elsewhere becomes one of ours */
	WANT(actor_save_remote(t, &claims, &id) == ERR_FORBIDDEN);
	claims.uri = "https://a.example/new";
	claims.name = "../x";
	WANT(actor_save_remote(t, &claims, &id) == ERR_INVALID);
	claims.name = "xander"; /* the first one keeps the name */
	WANT(actor_save_remote(t, &claims, &id) == OK && id != x.id);
	WANT(actor_by_handle(t, "xander@a.example", &found) == OK && found.id == x.id);
	found.suspended = true;
	WANT(actor_save(t, &found) == OK);
	found.suspended = false;
	WANT(actor_save_remote(t, &found, &id) == OK);
	WANT(actor_load(t, x.id, &found) == OK
		&& found.suspended); /* they cannot lift it themselves */
	return OK;
}

IN_WRITE(a_long_remote_summary_is_kept_as_words)
{
	(void)arg;
	struct actor x = world_remote(t, ACTOR_PERSON, "xi", "a.example"), found;
	uint64_t id;
	struct text big;
	text_init(&big, txn_arena(t), 1 << 20);
	while (big.size < 30000)
		text_add(&big, "<b>wi&amp;de</b> ");
	x.summary = big.at;
	WANT(actor_save_remote(t, &x, &id) == OK && actor_load(t, id, &found) == OK);
	WANT(text_starts(found.summary, "<p>wi&amp;de") && text_ends(found.summary, "</p>")
		&& strstr(found.summary, "<b>") == NULL);
	return OK;
}

IN_WRITE(a_profile_changes_by_its_owner)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas"),
		     g = world_group(t, "energie"), found;
	struct refusal why = {0};
	struct profile_change c = {.title = " Anna B. ",
		.source = "Hallo *daar* <script>",
		.language = "en",
		.locked = 1,
		.discoverable = 0,
		.indexable = -1};
	WANT(profile_update(t, b.id, a.id, &c, &why) == ERR_FORBIDDEN
		&& world_lines(t, ACT_UPDATE_ACTOR) == 0);
	WANT(profile_update(t, a.id, a.id, &c, &why) == OK && actor_load(t, a.id, &found) == OK);
	WANT(text_is(found.title, "Anna B.") && found.locked && !found.discoverable
		&& !found.indexable);
	WANT(strstr(found.summary, "<em>daar</em>") != NULL
		&& strstr(found.summary, "<script>") == NULL);
	struct line line = world_last(t, ACT_UPDATE_ACTOR);
	WANT(line.actor == a.id && line.object == a.id && world_lines(t, ACT_UPDATE_ACTOR) == 1);
	WANT(profile_update(t, a.id, a.id, &c, &why) == OK
		&& world_lines(t, ACT_UPDATE_ACTOR) == 1); /* nothing new to tell */
	static const char *const wrong[] = {"", "   ", "two\nlines",
		"1234567890123456789012345678901234567890123456789012345678901"};
	for (size_t i = 0; i < COUNT(wrong); i++) {
		c = (struct profile_change){
			.title = wrong[i], .locked = -1, .discoverable = -1, .indexable = -1};
		WANT(profile_update(t, a.id, a.id, &c, &why) == ERR_INVALID
			&& text_is(why.field, "title"));
	}
	c.title = "123456789012345678901234567890123456789012345678901234567890";
	WANT(profile_update(t, a.id, a.id, &c, &why) == OK);
	c = (struct profile_change){
		.language = "xx", .locked = -1, .discoverable = -1, .indexable = -1};
	WANT(profile_update(t, a.id, a.id, &c, &why) == ERR_INVALID
		&& text_is(why.field, "language"));
	c = (struct profile_change){
		.title = "Energie", .locked = 1, .discoverable = -1, .indexable = -1};
	struct place moderator = place_2(TABLE_MODERATOR, g.id, b.id);
	WANT(profile_update(t, b.id, g.id, &c, &why) == ERR_FORBIDDEN);
	WANT(txn_put(t, &moderator, (struct bytes){"1", 1}) == OK
		&& profile_update(t, b.id, g.id, &c, &why) == OK);
	WANT(actor_load(t, g.id, &found) == OK && !found.locked && text_is(found.title, "Energie"));
	return OK;
}

IN_WRITE(who_leaves_is_forgotten)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct actor found;
	struct origin origin = {.uri = "https://a.example/d"};
	uint64_t id;
	int64_t count;
	WANT(follow_start(t, b.id, a.id, NULL) == OK && follow_start(t, x.id, a.id, &origin) == OK);
	WANT(follow_start(t, b.id, x.id, NULL) == OK && follow_accept(t, x.id, b.id, NULL) == OK);
	WANT(actor_remove(t, a.id, NULL) == OK && actor_load(t, a.id, &found) == OK && found.gone);
	WANT(text_is(found.title, i18n("nl", "Former member")) && found.summary == NULL
		&& text_is(found.uri, a.uri) && text_is(found.name, "anna"));
	WANT(!follow_is(t, b.id, a.id)
		&& follow_is(t, x.id, a.id)); /* xi's site still has to be told */
	WANT(world_last(t, ACT_DELETE_ACTOR).actor == a.id
		&& world_lines(t, ACT_DELETE_ACTOR) == 1);
	WANT(actor_remove(t, a.id, NULL) == OK && world_lines(t, ACT_DELETE_ACTOR) == 1);
	struct activity d = world_activity(&x, "https://a.example/d2", "Delete", x.uri),
			not_hers = d;
	not_hers.object_id = b.uri;
	WANT(world_receive(t, &feature_profile, &not_hers) == ERR_FORBIDDEN);
	not_hers.object_id = "https://a.example/p/1";
	WANT(world_receive(t, &feature_profile, &not_hers) == ERR_NOT_FOUND);
	WANT(world_receive(t, &feature_profile, &d) == OK && actor_load(t, x.id, &found) == OK
		&& found.gone);
	WANT(!follow_is(t, b.id, x.id) && follow_count(t, x.id, &count) == OK && count == 0);
	WANT(world_last(t, ACT_DELETE_ACTOR).raw.size == d.raw.size);
	WANT(actor_save_remote(t, &x, &id) == ERR_GONE);
	return OK;
}

IN_WRITE(followers_move_along)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas");
	struct actor x = world_remote(t, ACTOR_PERSON, "xi", "a.example"),
		     y = world_remote(t, ACTOR_PERSON, "yo", "b.example");
	struct actor found, left = world_person(t, "cor"), shut = world_person(t, "dirk");
	uint64_t id;
	WANT(follow_start(t, left.id, x.id, NULL) == OK
		&& follow_accept(t, x.id, left.id, NULL) == OK
		&& actor_remove(t, left.id, NULL) == OK);
	WANT(follow_start(t, shut.id, x.id, NULL) == OK
		&& follow_accept(t, x.id, shut.id, NULL) == OK
		&& actor_suspend(t, shut.id, true) == OK);
	WANT(follow_start(t, a.id, x.id, NULL) == OK && follow_accept(t, x.id, a.id, NULL) == OK);
	WANT(block_add(t, b.id, b.id, y.id, NULL, NULL) == OK);
	WANT(follow_start(t, b.id, x.id, NULL) == OK && follow_accept(t, x.id, b.id, NULL) == OK);
	struct activity move = world_activity(&x, "https://a.example/m", "Move", x.uri);
	move.target = y.uri;
	WANT(world_receive(t, &feature_profile, &move) == ERR_FORBIDDEN); /* yo does not say so */
	y.aliases = "https://c.example/z https://a.example/users/xi2";
	WANT(actor_save_remote(t, &y, &id) == OK
		&& world_receive(t, &feature_profile, &move) == ERR_FORBIDDEN);
	y.aliases = "https://c.example/z https://a.example/users/xi";
	WANT(actor_save_remote(t, &y, &id) == OK);
	struct activity not_his = move;
	not_his.actor_id = b.id;
	WANT(world_receive(t, &feature_profile, &not_his) == ERR_FORBIDDEN);
	WANT(world_receive(t, &feature_profile, &move) == OK);
	WANT(!follow_is(t, a.id, x.id) && follow_state_of(t, a.id, y.id) == FOLLOW_PENDING);
	WANT(!follow_is(t, b.id, x.id)
		&& follow_state_of(t, b.id, y.id) == 0); /* blocked: not along */
	WANT(actor_load(t, x.id, &found) == OK && text_is(found.moved_to, y.uri)
		&& world_lines(t, ACT_MOVE) == 1);
	WANT(follow_start(t, b.id, x.id, NULL) == ERR_FORBIDDEN); /* an empty house */
	WANT(world_receive(t, &feature_profile, &move) == OK && world_lines(t, ACT_MOVE) == 1);
	return OK;
}

IN_WRITE(the_page_of_a_person)
{
	(void)arg;
	struct actor a = world_person(t, "anna"), b = world_person(t, "bas"),
		     x = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct viewer anna = {.actor = a.id, .local = true};
	const struct node *page = NULL;
	struct call *call = world_call(&feature_profile, METHOD_GET, "/@bas", NULL, NULL);
	WANT(world_read(call, t, &page) == OK && call->reply.page == NULL);
	WANT(text_is(world_text(page, "actor.path"), "/@bas")
		&& text_is(world_text(page, "actor.initial"), "b"));
	WANT(world_number(page, "relation.from_elsewhere") == 1
		&& world_number(page, "relation.can_follow") == 0);
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@bas", &anna, NULL), t, &page)
		== OK);
	WANT(world_number(page, "relation.can_follow") == 1
		&& world_number(page, "relation.self") == 0);
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@xi@a.example", &anna, NULL), t,
		     &page)
		== OK);
	/* Known and unknown look alike to whoever is not a member. */
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@xi@a.example", NULL, NULL), t,
		     &page)
		== ERR_SIGN_IN);
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@no@a.example", NULL, NULL), t,
		     &page)
		== ERR_SIGN_IN);
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@no", NULL, NULL), t, &page)
		== ERR_NOT_FOUND);
	/* A page of letters to few tells nobody that there are any, nor when. */
	for (int i = 0; i < 20; i++) {
		struct post_draft letter = {
			.author = b.id, .source = "Geheim", .visibility = VISIBLE_DIRECT};
		struct post p;
		WANT(post_create(t, &letter, NULL, NULL, &p) == OK);
	}
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@bas", NULL, NULL), t, &page)
		== OK);
	WANT(world_number(page, "some") == 0 && world_node(page, "older") == NULL);
	WANT(actor_remove(t, b.id, NULL) == OK && actor_remove(t, x.id, NULL) == OK);
	WANT(world_read(world_call(&feature_profile, METHOD_GET, "/@bas", NULL, NULL), t, &page)
		== ERR_GONE);
	world_group(t, "energie");
	call = world_call(&feature_profile, METHOD_GET, "/@energie", NULL, NULL);
	WANT(world_read(call, t, &page) == OK && text_is(call->reply.page, "community"));
	return OK;
}

IN_WRITE(the_settings_page)
{
	(void)arg;
	struct account_draft draft = {.name = "anna", .title = "Anna"};
	struct account account;
	struct actor a, found;
	const struct node *page = NULL;
	WANT(account_create(t, &draft, NULL, &a) == OK);
	struct viewer anna = {.actor = a.id, .local = true};
	const char *const typed[] = {
		"title=Anna de Boer", "source=", "language=en", "locked=true", NULL};
	struct call *call = world_call(&feature_profile, METHOD_POST, "/settings", &anna, typed);
	WANT(call->route->write(call, t) == OK
		&& text_is(call->reply.location, "/settings?lang=en"));
	WANT(actor_load(t, a.id, &found) == OK && text_is(found.title, "Anna de Boer")
		&& found.locked && !found.discoverable);
	WANT(account_load(t, a.id, &account) == OK && text_is(account.language, "en"));
	WANT(world_read(
		     world_call(&feature_profile, METHOD_GET, "/settings", &anna, NULL), t, &page)
		== OK);
	WANT(text_is(world_text(page, "profile.title"), "Anna de Boer")
		&& world_number(page, "profile.locked") == 1);
	WANT(world_count(page, "profile.languages") == 2
		&& world_number(page, "profile.languages.1.chosen") == 1);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(names_are_checked_and_given_once),
		WORLD_TEST(addresses_are_as_the_protocol_says),
		WORLD_TEST(keys_are_sealed_to_their_actor),
		WORLD_TEST(handles_are_read_strictly),
		WORLD_TEST(a_remote_record_keeps_its_id),
		WORLD_TEST(a_long_remote_summary_is_kept_as_words),
		WORLD_TEST(a_profile_changes_by_its_owner),
		WORLD_TEST(who_leaves_is_forgotten),
		WORLD_TEST(followers_move_along),
		WORLD_TEST(the_page_of_a_person),
		WORLD_TEST(the_settings_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* joinafter.c: tests of what comes after coming in: leaving, what was cut short, and what is left of who is gone. */
#include "door.h"

#include <string.h>

static void one_leaves_and_may_think_again(void **state)
{
	(void)state;
	struct viewer m = world_as(&door.manager), b = world_as(&door.board);
	const struct node *page = door_look(&feature_join, "/c/energie/join", &m, NULL, OK);
	assert_int_equal(world_number(page, "may_leave"), 1);
	page = door_look(&feature_membership, "/c/energie/leave", &m, NULL, OK);
	assert_int_equal(world_number(page, "inside"), 1);
	door_send(&feature_membership, "/c/energie/leave", &b, NULL, ERR_NOT_FOUND);
	for (int i = 0; i < 2; i++) { /* pressed twice */
		door_send(&feature_membership, "/c/energie/leave", &m, NULL, OK);
		assert_int_equal(door_here(&door.manager), 0);
	}
	page = door_look(&feature_membership, "/c/energie/leave", &m, NULL, OK);
	assert_int_equal(world_number(page, "inside"), 0);
	for (int i = 0; i < 2; i++) {
		door_send(&feature_membership, "/c/energie/leave/undo", &m, NULL, OK);
		assert_int_equal(door_here(&door.manager), ROLE_MANAGER);
	}
	assert_int_equal(door_logged(AUDIT_UNROLE), 1);
	door_send(&feature_membership, "/c/energie/leave", &m, NULL, OK);
	time_freeze(door.begun + HOUR);
	struct call *late = door_send(&feature_membership, "/c/energie/leave/undo", &m, NULL, OK);
	assert_string_equal(late->reply.location, "/c/energie/join");
	door_chore(&feature_membership, "membership");
	assert_int_equal(door_here(&door.manager), 0);
}

struct hand {
	const char *email;
	uint64_t id;
};

static enum err hand_body(struct txn *r, void *arg)
{
	struct hand *h = arg;
	struct application a = {.kind = APPLY_MEMBER, .email = h->email, .name = "Half"};
	enum err e = application_add(r, &a);
	h->id = a.id;
	return e;
}

static void what_was_cut_short_is_told_later(void **state)
{
	(void)state;
	struct hand h = {.email = "half@x.nl"};
	assert_int_equal(
		roll_write(&world.site, hand_body, &h), OK); /* and then the node stopped */
	assert_null(door_mail().to);
	door_chore(&feature_joinmail, "joinmail");
	assert_string_equal(door_mail().to, "half@x.nl");
	door_chore(&feature_joinmail, "joinmail");
	assert_null(door_mail().to); /* once */
}

static enum err stray_body(struct txn *t, void *arg)
{
	struct place row = place_1(TABLE_JOIN_ACCOUNT, door.board.id + 1);
	return txn_put_id(t, &row, *(const uint64_t *)arg);
}

static void an_account_finds_its_person_later(void **state)
{
	(void)state;
	uint64_t person = door_add("los@x.nl", PERSON_MEMBER);
	assert_int_equal(store_write(world.store, stray_body, &person), OK);
	door_chore(&feature_join, "join");
	assert_int_equal(door_find("los@x.nl").p.actor, door.board.id + 1);
}

static enum err remove_body(struct txn *r, void *arg)
{
	struct doer console = {0};
	return person_remove(r, &console, *(const uint64_t *)arg);
}

struct rows {
	const char *words;
	size_t count;
	bool found;
};

static enum err row_one(void *arg, struct bytes key, struct bytes value)
{
	struct rows *x = arg;
	(void)key;
	x->count++;
	x->found = x->found || memmem(value.data, value.size, x->words, strlen(x->words)) != NULL;
	return OK;
}

static enum err rows_body(struct txn *r, void *arg)
{
	static const uint8_t tables[] = {TABLE_APPLICATION, TABLE_APPLICATION_OF,
		TABLE_APPLICATION_PERSON, TABLE_APPLICATION_TELL, TABLE_INVITE};
	enum err e = OK;
	for (size_t i = 0; e == OK && i < COUNT(tables); i++) {
		struct walk all = {.prefix = place_0(tables[i]), .max = WALK_ALL};
		e = txn_walk(r, &all, row_one, arg);
	}
	return e;
}

static struct rows rows(const char *words)
{
	struct rows x = {.words = words};
	assert_int_equal(roll_read(&world.site, rows_body, &x), OK);
	return x;
}

struct invited_by {
	uint64_t by, id;
	const char *email;
	bool bare;
};

static enum err forget_body(struct txn *r, void *arg)
{
	const struct invited_by *f = arg;
	return invite_forget(r, f->by, f->email);
}

static enum err invited_body(struct txn *r, void *arg)
{
	struct invited_by *f = arg;
	struct invite i;
	enum err e = invite_load(r, f->id, &i);
	f->bare = e == OK && i.by == 0 && i.words == NULL && invite_is_open(&i);
	return e;
}

/* Else an old mailbox would make an account with an address that it does not read. */
static void a_link_is_of_the_address_it_was_sent_to(void **state)
{
	(void)state;
	static const char *const why[] = {"reason=change", NULL},
				 *const right[] = {"name=Sanne Vis", "email=goed@x.nl", NULL};
	struct viewer b = world_as(&door.board);
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	door_ask("/join", "fout@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	char id[ID_TEXT];
	const char *person = arena_format(
		world.arena, "/members/%s", id_text(door_find("fout@x.nl").p.id, id));
	uint64_t asked = door_count(0, APPLICATION_WAITING).first;
	door_send(&feature_requests, door_request(asked, "/accept"), &b, NULL, OK);
	const char *link = door_path(door_mail(), "/join/");
	const struct node *page = door_look(&feature_join, link, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "makes_account"), 1);
	door_send(&feature_memberpage, arena_format(world.arena, "%s/open", person), &b, why, OK);
	door_send(&feature_memberpage, person, &b, right, OK);
	door_wants("goed@x.nl", PERSON_MEMBER);
	page = door_look(&feature_join, link, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "over"), 1);
	door_account(link, "sanne", ERR_NOT_FOUND);
	assert_int_equal(door_find("goed@x.nl").p.actor, 0);
}

static void nothing_is_left_of_who_is_gone(void **state)
{
	(void)state;
	door_set(0, (struct joining){.mode = JOIN_REQUEST});
	door_ask("/join", "wegwezen@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	assert_int_equal(rows("x").count, 3);
	assert_false(rows("Sanne Vis").found); /* sealed */
	assert_false(rows("wijk").found);
	assert_false(rows("wegwezen").found);
	uint64_t id = door_find("wegwezen@x.nl").p.id;
	assert_int_equal(roll_write(&world.site, remove_body, &id), OK);
	assert_int_equal(rows("x").count, 0);

	door_ask("/join", "nooit@x.nl", NULL, OK); /* never confirmed */
	(void)door_mail();
	time_freeze(door.begun + DAY);
	door_chore(&feature_joinmail, "applications");
	assert_int_equal(rows("x").count, 0);
	door_ask("/join", "nee@x.nl", NULL, OK);
	door_confirm(door_mail());
	(void)door_mail();
	struct viewer b = world_as(&door.board);
	static const char *const words[] = {"reason=Nee", NULL};
	door_send(&feature_requests,
		door_request(door_count(0, APPLICATION_WAITING).first, "/refuse"), &b, words, OK);
	time_freeze(door.begun + 90 * DAY);
	door_chore(&feature_joinmail, "applications");
	assert_int_equal(door_find("nee@x.nl").err, OK);
	time_freeze(door.begun + 91 * DAY);
	door_chore(&feature_joinmail, "applications");
	assert_int_equal(door_find("nee@x.nl").err, ERR_NOT_FOUND); /* refused requests: 90 days */
	assert_int_equal(rows("x").count, 0);
	uint64_t invited;
	door_invite((struct invite_draft){.email = "ooit@x.nl"}, &invited);
	assert_false(rows("ooit").found);
	struct invited_by f = {.by = door.board.id, .email = "Ooit@x.nl"};
	door_invite(
		(struct invite_draft){.uses = 3, .words = "Van mij", .by = door.board.id}, &f.id);
	assert_int_equal(roll_write(&world.site, forget_body, &f), OK);
	assert_int_equal(rows("x").count, 1); /* the link they made still opens, without them */
	assert_int_equal(roll_read(&world.site, invited_body, &f), OK);
	assert_true(f.bare);
	time_freeze(door.begun + 150 * DAY);
	door_chore(&feature_invite, "invite");
	assert_int_equal(rows("x").count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOOR_TEST(one_leaves_and_may_think_again),
		DOOR_TEST(what_was_cut_short_is_told_later),
		DOOR_TEST(an_account_finds_its_person_later),
		DOOR_TEST(a_link_is_of_the_address_it_was_sent_to),
		DOOR_TEST(nothing_is_left_of_who_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* invite.c: tests of invitations: to one address, to many, and how often one opens. */
#include "door.h"

#include <string.h>

static struct call *accept(const char *path, const char *email, enum err wanted)
{
	const char *const inputs[] = {
		"name=Genodigde", arena_format(world.arena, "email=%s", email), NULL};
	return door_send(&feature_invite, path, &nobody, inputs, wanted);
}

static void an_invitation_ends_after_its_uses(void **state)
{
	(void)state;
	uint64_t id;
	const char *path = door_invite(
		(struct invite_draft){.uses = 2, .days = 3, .by = door.board.id}, &id);
	for (int i = 0; i < 3; i++) {
		const char *email = arena_format(world.arena, "g%d@x.nl", i);
		accept(path, email, OK);
	}
	struct posted mails[3];
	for (int i = 0; i < 3; i++)
		mails[i] = door_mail();
	for (int i = 0; i < 2; i++) {
		struct call *call = door_confirm(mails[i]);
		door_account(call->reply.location, arena_format(world.arena, "gast%d", i), OK);
		door_wants(mails[i].to, PERSON_MEMBER);
	}
	const char *third = door_path(mails[2], "/join/");
	door_send(&feature_join, third, &nobody, NULL, ERR_GONE); /* two were in before */
	assert_int_equal(door_find("g2@x.nl").err, ERR_NOT_FOUND);
	const struct node *page = door_look(&feature_invite, path, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "over"), 1);
	accept(path, "g3@x.nl", ERR_NOT_FOUND);

	path = door_invite((struct invite_draft){.uses = 9, .days = 3}, &id);
	time_freeze(door.begun + 3 * DAY);
	page = door_look(&feature_invite, path, &nobody, NULL, OK);
	assert_int_equal(world_number(page, "over"), 1);
	path = door_invite((struct invite_draft){.uses = 9, .days = 3}, &id);
	struct viewer b = world_as(&door.board), g = world_as(&door.guest);
	const char *end = arena_format(
		world.arena, "/joining/invitations/%llu/withdraw", (unsigned long long)id);
	door_send(&feature_invite, end, &g, NULL, ERR_NOT_FOUND);
	door_send(&feature_invite, end, &b, NULL, OK);
	accept(path, "g4@x.nl", ERR_NOT_FOUND);
}

static void an_invited_address_needs_no_more(void **state)
{
	(void)state;
	uint64_t id;
	door_invite(
		(struct invite_draft){
			.email = "Jij@x.nl", .words = "Om de uilen", .by = door.board.id},
		&id);
	struct posted mail = door_mail();
	assert_string_equal(mail.to, "jij@x.nl");
	assert_non_null(strstr(mail.html, "Om de uilen"));
	const char *path = door_path(mail, "/join/invited/");
	const struct node *page = door_look(&feature_invite, path, &nobody, NULL, OK);
	assert_string_equal(world_text(page, "email"), "jij@x.nl");
	assert_string_equal(world_text(page, "by.name"), "board");
	/* Another address in the form counts for nothing. */
	struct call *call = accept(path, "iemandanders@x.nl", OK);
	door_account(call->reply.location, "jij", OK);
	assert_int_equal(door_find("iemandanders@x.nl").err, ERR_NOT_FOUND);
	door_wants("jij@x.nl", PERSON_MEMBER);
	assert_null(door_mail().to);

	/* A guest who is signed in takes one to a community. */
	path = door_invite(
		(struct invite_draft){
			.community = door.energy.id, .uses = 1, .by = door.manager.id},
		&id);
	struct viewer g = world_as(&door.guest);
	call = door_send(&feature_invite, path, &g, NULL, OK);
	assert_string_equal(call->reply.location, "/@energie");
	struct found f = door_find("gast@ex.org");
	assert_int_equal(f.p.status, PERSON_GUEST);
	assert_int_equal(f.here, ROLE_MEMBER);
}

static void many_are_invited_at_once(void **state)
{
	(void)state;
	struct viewer b = world_as(&door.board), m = world_as(&door.manager);
	static const char *const wrong[] = {"emails=a@x.nl\nniets\nb@x.nl", NULL};
	struct call *call = door_send(
		&feature_invite, "/joining/invitations", &b, wrong, ERR_INVALID);
	assert_string_equal(call->refusal.field, "emails");
	assert_null(door_mail().to); /* none when one is wrong */
	static const char *const right[] = {"emails=a@x.nl\nb@x.nl, c@x.nl", "days=5", NULL};
	door_send(&feature_invite, "/joining/invitations", &b, right, OK);
	for (int i = 0; i < 3; i++)
		assert_non_null(door_mail().to);
	const struct node *page = door_look(&feature_invite, "/joining/invitations", &b, NULL, OK);
	assert_int_equal(world_count(page, "invites"), 3);
	page = door_look(&feature_invite, "/joining/invitations", &m, NULL, OK);
	assert_int_equal(world_count(page, "invites"), 0); /* those of the association */
	door_send(&feature_invite, "/joining/invitations", &m, right, ERR_NOT_FOUND);
	char id[ID_TEXT];
	const char *const here[] = {
		arena_format(world.arena, "place=%s", id_text(door.energy.id, id)), "uses=40",
		NULL};
	door_send(&feature_invite, "/joining/invitations", &m, here, OK);
	page = door_look(&feature_invite, "/joining/invitations", &m, NULL, OK);
	assert_int_equal(world_number(page, "invites.0.uses"), 40);
	assert_true(
		text_starts(world_text(page, "invites.0.link"), "https://ex.org/join/invited/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOOR_TEST(an_invitation_ends_after_its_uses),
		DOOR_TEST(an_invited_address_needs_no_more),
		DOOR_TEST(many_are_invited_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

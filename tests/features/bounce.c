/* bounce.c: tests of mail that comes back later: whose it was is found, by who knows the secret, and thrice is enough. */
#include "world.h"

#include <string.h>

#define TO "piet@far.example"

static int open_with_mail(void **state)
{
	int failed = world_open(state);
	world.site.mail_from = "kring@ex.org";
	world.site.mail_bounces = true;
	return failed;
}
#define BOUNCE_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_mail, world_close)

static const char *report(const char *address, const char *action, const char *status)
{
	return arena_format(world.arena,
		"From: MAILER-DAEMON@ex.org\nTo: %s\nContent-Type: multipart/report\n\n--x\n\nSorry.\n--x\n"
		"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; someone\nAction: %s\nStatus: %s\n",
		address, action, status);
}

static void each_has_an_address_of_its_own(void **state)
{
	(void)state;
	const char *piet = bounce_address(world.arena, &world.site, TO);
	const char *other = bounce_address(world.arena, &world.site, "other@far.example");
	assert_true(text_starts(piet, "kring+") && text_ends(piet, "@ex.org"));
	assert_true(mime_address_ok(piet) && strcspn(piet, "@") <= 64);
	assert_string_not_equal(piet, other);
	assert_string_equal(piet, bounce_address(world.arena, &world.site, TO));
	assert_null(strstr(piet, "piet"));
	world.site.mail_from = "a.name.that.is.too.long@ex.org"; /* it would not fit */
	assert_string_equal(bounce_address(world.arena, &world.site, TO), world.site.mail_from);
	world.site.mail_from = "kring@ex.org";
	world.site.mail_bounces = false;
	assert_string_equal(bounce_address(world.arena, &world.site, TO), "kring@ex.org");
}

IN_WRITE(who_is_not_there_gets_no_more)
{
	const char *piet = bounce_address(world.arena, &world.site, TO);
	bool counted = false;
	(void)arg;
	for (int i = 0; i < 3; i++) {
		WANT(!mail_refused(t, TO));
		WANT(bounce_read(t,
			     report(i == 1 ? text_lower(world.arena, piet) : piet, "failed",
				     "5.1.1"),
			     &counted)
				== OK
			&& counted);
	}
	WANT(mail_refused(t, TO));
	WANT(!mail_refused(t, "other@far.example"));
	return OK;
}

IN_WRITE(what_may_still_come_counts_for_nothing)
{
	const char *piet = bounce_address(world.arena, &world.site, TO);
	bool counted = true;
	(void)arg;
	for (int i = 0; i < 5; i++) {
		WANT(bounce_read(t, report(piet, "delayed", "4.4.1"), &counted) == OK && !counted);
		WANT(bounce_read(t, report(piet, "failed", "4.2.2"), &counted) == OK && !counted);
		WANT(bounce_read(t,
			     arena_format(txn_arena(t), "To: %s\n\nI am on holiday.\n", piet),
			     &counted)
				== OK
			&& !counted);
	}
	WANT(!mail_refused(t, TO));
	return OK;
}

IN_WRITE(an_address_that_is_not_ours_is_nobodys)
{
	char *forged = arena_text(world.arena, bounce_address(world.arena, &world.site, TO));
	bool counted = true;
	(void)arg;
	forged[10] = forged[10] == 'a' ? 'b' : 'a';
	WANT(bounce_read(t, report(forged, "failed", "5.1.1"), &counted) == ERR_NOT_FOUND
		&& !counted);
	WANT(bounce_read(t, report("kring@ex.org", "failed", "5.1.1"), &counted) == ERR_NOT_FOUND);
	WANT(bounce_read(t, report("kring+", "failed", "5.1.1"), &counted) == ERR_NOT_FOUND);
	WANT(bounce_read(t, "", &counted) == ERR_NOT_FOUND);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOUNCE_TEST(each_has_an_address_of_its_own),
		BOUNCE_TEST(who_is_not_there_gets_no_more),
		BOUNCE_TEST(what_may_still_come_counts_for_nothing),
		BOUNCE_TEST(an_address_that_is_not_ours_is_nobodys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

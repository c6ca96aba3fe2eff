/* retention.c: tests of the clocks, moved by hand: what is over goes, and not a day before; what a page says of it is so. */
#include "joining.h"
#include "world.h"

#include <string.h>

static struct actor guest, member, alone;

static int open_with_words(void **state)
{
	page_load();
	int failed = world_open(state);
	world.site.mail_from = "kring@ex.org";
	return failed;
}
#define CLOCK_TEST(name) cmocka_unit_test_setup_teardown(name, open_with_words, world_close)

static void after(int64_t days)
{
	time_freeze(NOW + days * DAY);
}

static void run(const struct feature *f, const char *name)
{
	const struct chore *c = f->chores;
	while (c->name != NULL && strcmp(c->name, name) != 0)
		c++;
	assert_non_null(c->name);
	c->run(world.store, NULL);
}

struct setting {
	enum keep_clock clock;
	int64_t days;
};

static enum err set_body(struct txn *t, void *arg)
{
	const struct setting *s = arg;
	return keep_set(t, s->clock, s->days);
}

static void set(enum keep_clock clock, int64_t days)
{
	struct setting s = {clock, days};
	assert_int_equal(store_write(world.store, set_body, &s), OK);
}

/* ---- the roll --------------------------------------------------------------------------------- */

struct asking {
	uint64_t id, person;
	bool asked, listed; /* what is there */
};

static enum err refuse_body(struct txn *r, void *arg)
{
	struct asking *x = arg;
	struct application a = {.name = "Zoe", .email = "zoe@ex.org", .kind = APPLY_MEMBER}, out;
	const struct joining j = {.mode = JOIN_REQUEST};
	struct doer by = {0};
	enum err e = application_add(r, &a);
	x->id = a.id;
	if (e == OK)
		e = application_confirm(r, a.id, &j, 0, &out);
	x->person = e == OK ? out.person : 0;
	return e == OK ? application_decide(r, &by, a.id, false, "no", &out) : e;
}

static enum err look_body(struct txn *r, void *arg)
{
	struct asking *x = arg;
	struct application a;
	struct person p;
	x->asked = application_load(r, x->id, &a) == OK;
	x->listed = person_load(r, x->person, &p) == OK;
	return OK;
}

static bool there(struct asking *x)
{
	run(&feature_joinmail, "applications");
	run(&feature_retention, "retention");
	assert_int_equal(roll_read(&world.site, look_body, x), OK);
	return x->asked || x->listed;
}

static void who_was_refused(void **state)
{
	struct asking x = {0};
	(void)state;
	assert_int_equal(roll_write(&world.site, refuse_body, &x), OK);
	after(89);
	assert_true(there(&x) && x.asked && x.listed);
	after(91);
	assert_false(there(&x));
	/* As the site chose. */
	set(KEEP_REFUSED, 200);
	assert_int_equal(roll_write(&world.site, refuse_body, &x), OK);
	after(91 + 199);
	assert_true(there(&x) && x.asked);
	after(91 + 201);
	assert_false(there(&x));
}

static enum err lapse_body(struct txn *r, void *arg)
{
	struct asking *x = arg;
	struct doer by = {0};
	struct person p = {
		.status = PERSON_MEMBER, .number = "7", .name = "Yan", .until = NOW + DAY};
	enum err e = person_add(r, &by, &p);
	x->person = p.id;
	return e;
}

static void who_is_no_member_any_more(void **state)
{
	struct asking x = {0};
	(void)state;
	assert_int_equal(roll_write(&world.site, lapse_body, &x), OK);
	after(730);
	assert_true(there(&x));
	after(732);
	assert_false(there(&x));
}

/* ---- the log of the roll ---------------------------------------------------------------------- */

struct logging {
	uint64_t first, last, broken;
	enum err checked;
	size_t count;
};

static enum err log_body(struct txn *r, void *arg)
{
	struct audit a = {.act = AUDIT_EXPORT, .reason = "why"};
	(void)arg;
	return audit_add(r, &a);
}

static enum err see_body(struct txn *r, void *arg)
{
	struct logging *l = arg;
	struct audit a;
	enum err e = audit_last(r, &a);
	*l = (struct logging){.last = a.number};
	for (uint64_t n = a.number; e == OK && n > 0 && audit_load(r, n, &a) == OK; n--) {
		l->first = n;
		l->count++;
	}
	l->checked = audit_check(r, &l->broken);
	return e;
}

static struct logging see(void)
{
	struct logging l;
	run(&feature_retention, "retention");
	assert_int_equal(roll_read(&world.site, see_body, &l), OK);
	return l;
}

static enum err change_body(struct txn *r, void *arg)
{
	struct audit a;
	struct place place = place_1(TABLE_AUDIT, *(uint64_t *)arg);
	enum err e = audit_load(r, *(uint64_t *)arg, &a);
	a.reason = "other";
	return e == OK ? txn_save(r, &place, &audit_shape, &a) : e;
}

static void what_was_done(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 1000; day += 100) { /* ten lines */
		after(day);
		assert_int_equal(roll_write(&world.site, log_body, NULL), OK);
	}
	struct logging l = see(); /* at day 900: the lines of days 0 and 100 are over */
	assert_true(l.first == 3 && l.last == 10 && l.count == 8 && l.checked == OK);
	after(1301);
	l = see();
	assert_true(l.first == 7 && l.last == 10 && l.checked == OK);
	/* What is left still shows that it was changed, and what comes follows from it. */
	assert_int_equal(roll_write(&world.site, log_body, NULL), OK);
	uint64_t changed = 8;
	assert_int_equal(roll_write(&world.site, change_body, &changed), OK);
	l = see();
	assert_true(l.last == 11 && l.checked == ERR_STORE && l.broken == 8);
	/* The newest stays, so that the numbers go on. */
	after(9000);
	l = see();
	assert_true(l.first == 11 && l.last == 11 && l.checked == OK);
}

/* ---- guests that do not come back -------------------------------------------------------------- */

static struct actor account_of(struct txn *t, const char *name, bool admin)
{
	struct actor a;
	struct refusal why = {0};
	struct account_draft draft = {.name = name,
		.title = name,
		.email = arena_format(txn_arena(t), "%s@ex.org", name),
		.language = "en",
		.admin = admin};
	if (account_create(t, &draft, &why, &a) != OK)
		die("%s: no account", name);
	a.name = arena_text(world.arena, name);
	return a;
}

static enum err people_body(struct txn *t, void *arg)
{
	struct actor board;
	(void)arg;
	(void)account_of(t, "baas", true);
	guest = account_of(t, "gast", false);
	member = account_of(t, "lid", false);
	alone = account_of(t, "alleen", false);
	struct community_draft draft = {.name = "board", .title = "Board", .founder = alone.id};
	return community_create(t, &draft, NULL, &board);
}

static enum err guest_body(struct txn *r, void *arg)
{
	struct doer console = {0};
	struct person p = {.actor = guest.id, .status = PERSON_GUEST};
	(void)arg;
	return person_add(r, &console, &p);
}

static void people(void)
{
	assert_int_equal(store_write(world.store, people_body, NULL), OK);
	assert_int_equal(roll_write(&world.site, guest_body, NULL), OK);
	world_member(&member, 0, 0, 0);
}

struct state {
	uint64_t actor;
	int64_t mails;
	bool leaves;
};

static enum err state_body(struct txn *t, void *arg)
{
	struct state *s = arg;
	struct leaving l;
	s->leaves = leaving_load(t, s->actor, &l) == OK && l.keep == KEEP_ALL;
	return mail_waiting(t, &s->mails);
}

static struct state look_at(const struct actor *a)
{
	struct state s = {.actor = a->id};
	run(&feature_idle, "idle");
	assert_int_equal(store_read(world.store, state_body, &s), OK);
	return s;
}

static enum err come_body(struct txn *t, void *arg)
{
	(void)arg;
	return account_note_came(t, guest.id);
}

static void a_guest_is_told_and_goes(void **state)
{
	(void)state;
	people();
	after(699);
	assert_int_equal(look_at(&guest).mails, 0);
	after(700);
	assert_int_equal(
		look_at(&guest).mails, 2); /* and who looks after a community, and is on no roll */
	after(729);
	assert_true(look_at(&guest).mails == 2 && !look_at(&guest).leaves);
	after(730);
	assert_true(look_at(&guest).leaves && look_at(&guest).mails == 2);
	assert_false(look_at(&member).leaves || look_at(&alone).leaves);
}

static void a_guest_who_comes_back_stays(void **state)
{
	(void)state;
	people();
	after(705);
	assert_int_equal(look_at(&guest).mails, 2);
	after(720);
	assert_int_equal(store_write(world.store, come_body, NULL), OK);
	after(740);
	assert_false(look_at(&guest).leaves);
	after(720 + 700);
	assert_true(look_at(&guest).mails == 3 && !look_at(&guest).leaves); /* told anew */
	after(720 + 729);
	assert_false(look_at(&guest).leaves);
	after(720 + 731);
	assert_true(look_at(&guest).leaves);
}

static enum err write_body(struct txn *t, void *arg)
{
	struct post p;
	struct refusal why = {0};
	struct post_draft d = {.author = guest.id, .source = "Still here."};
	(void)arg;
	return post_create(t, &d, NULL, &why, &p);
}

static void what_someone_wrote_shows_them(void **state)
{
	(void)state;
	people();
	after(600);
	assert_int_equal(store_write(world.store, write_body, NULL), OK);
	after(1200);
	assert_int_equal(look_at(&guest).mails, 1); /* to the other one */
}

/* ---- who left --------------------------------------------------------------------------------- */

#define LEFT_LATELY 1200
#define WAITS 5
#define LONG_GONE 6

static enum err left_body(struct txn *t, void *arg)
{
	enum err e = OK;
	(void)arg;
	for (uint64_t i = WAITS; e == OK && i < LEFT_LATELY; i++) {
		struct leaving l = {.actor = i,
			.step = i == WAITS ? LEAVING_ASKED : LEAVING_DONE,
			.due = NOW,
			.done = i == LONG_GONE ? NOW - 181 * DAY : NOW - 179 * DAY};
		struct place place = place_1(TABLE_LEAVING, i);
		e = txn_save(t, &place, &leaving_shape, &l);
	}
	return e;
}

static enum err left_look(struct txn *t, void *arg)
{
	struct leaving *l = arg;
	enum err e = leaving_load(t, l->actor, l);
	l->email = l->feature = NULL;
	l->at = (struct bytes){0};
	if (e == ERR_NOT_FOUND)
		l->step = 0;
	return e == ERR_NOT_FOUND ? OK : e;
}

static uint32_t step_of(uint64_t actor)
{
	struct leaving l = {.actor = actor};
	assert_int_equal(store_read(world.store, left_look, &l), OK);
	return l.step;
}

/* However many are gone already, who waits gets their turn, and who left long ago is forgotten. */
static void the_first_of_many_who_left(void **state)
{
	(void)state;
	assert_int_equal(store_write(world.store, left_body, NULL), OK);
	run(&feature_leaving, "leaving");
	assert_true(step_of(WAITS) > LEAVING_ASKED);
	run(&feature_retention, "retention");
	assert_int_equal(step_of(LONG_GONE), 0);
	assert_int_equal(step_of(LONG_GONE + 1), LEAVING_DONE);
	after(2);
	run(&feature_retention, "retention");
	assert_int_equal(step_of(LONG_GONE + 1), 0);
	assert_int_equal(step_of(LEFT_LATELY - 1), 0);
	assert_true(step_of(WAITS) > LEAVING_ASKED);
}

/* ---- the page --------------------------------------------------------------------------------- */

static const char *page_in(struct txn *t, const char *language, const char *wanted, int64_t *days)
{
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	const char *words = NULL;
	keep_show(t, v, language);
	for (size_t i = 0; i < world_count(view_root(v), "clocks"); i++) {
		const char *at = arena_format(txn_arena(t), "clocks.%zu", i);
		const struct node *clock = world_node(view_root(v), at);
		if (text_is(world_text(clock, "name"), wanted)) {
			words = world_text(clock, "words");
			*days = world_number(clock, "days");
		}
	}
	return words;
}

IN_WRITE(the_page_tells_each_clock)
{
	static const char *const names[] = {"notices", "traffic", "pictures", "refused", "lapsed",
		"thinking", "left", "guests", "audit"};
	(void)arg;
	for (size_t i = 0; i < COUNT(names); i++) {
		int64_t days = 0, same = 0;
		const char *en = page_in(t, "en", names[i], &days),
			   *nl = page_in(t, "nl", names[i], &same);
		WANT(en != NULL && nl != NULL && !text_is(en, nl) && days == same && days > 0);
		WANT(days == keep_days(t, (enum keep_clock)i));
	}
	WANT(keep_set(t, KEEP_AUDIT, 100) == ERR_INVALID
		&& keep_set(t, KEEP_GUESTS, 30) == ERR_INVALID);
	WANT(keep_set(t, KEEP_GUESTS, 365) == OK && keep_days(t, KEEP_GUESTS) == 365);
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLOCK_TEST(who_was_refused),
		CLOCK_TEST(who_is_no_member_any_more),
		CLOCK_TEST(what_was_done),
		CLOCK_TEST(a_guest_is_told_and_goes),
		CLOCK_TEST(a_guest_who_comes_back_stays),
		CLOCK_TEST(what_someone_wrote_shows_them),
		CLOCK_TEST(the_first_of_many_who_left),
		CLOCK_TEST(the_page_tells_each_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* dns.c (federation): names become addresses that may be connected to, once a minute, and the slow hold up only their own. */
#include "names.h"

struct told {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t count;
	struct dns_answer last;
};
static struct told told;
static struct dns *dns;

static void tell(void *arg, const struct dns_answer *a)
{
	struct told *t = arg;
	pthread_mutex_lock(&t->lock);
	t->count++;
	t->last = *a;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

static void told_wait(size_t count)
{
	pthread_mutex_lock(&told.lock);
	while (told.count < count)
		pthread_cond_wait(&told.changed, &told.lock);
	pthread_mutex_unlock(&told.lock);
}

static struct dns_answer ask(const char *host)
{
	size_t before = told.count;
	dns_ask(dns, host, tell, &told);
	told_wait(before + 1);
	return told.last;
}

static int dns_open(void **state)
{
	(void)state;
	told = (struct told){
		.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	atomic_store(&asked, 0);
	atomic_store(&flip, false);
	atomic_store(&slow_ms, 0);
	dns = dns_start();
	return 0;
}

static int dns_close(void **state)
{
	(void)state;
	dns_stop(dns);
	return 0;
}

static void answers_are_printed_and_kept(void **state)
{
	(void)state;
	struct dns_answer a = ask("rebind.ex.com");
	assert_int_equal(a.err, OK);
	assert_int_equal(a.count, 1);
	assert_string_equal(a.at[0], "93.184.216.34");
	a = ask("rebind.ex.com"); /* the second answer would lead inside */
	assert_int_equal(a.err, OK);
	assert_string_equal(a.at[0], "93.184.216.34");
	assert_int_equal(atomic_load(&asked), 1);
}

/* One bad address spoils the good one beside it. */
static void a_name_that_leads_inside_is_refused_whole(void **state)
{
	(void)state;
	static const char *const names[] = {"private.ex.com", "mixed.ex.com", "mapped.ex.com"};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct dns_answer a = ask(names[i]);
		assert_int_equal(a.err, ERR_FORBIDDEN);
	}
	assert_int_equal(ask("nowhere.ex.com").err, ERR_REMOTE);
	assert_int_equal(ask("nowhere.ex.com").err, ERR_REMOTE);
	assert_int_equal(atomic_load(&asked), 4);
}

/* Two hundred and fifty-six wait for one name, which is asked for once; one more is told at once. */
static void many_may_wait_for_a_name(void **state)
{
	(void)state;
	atomic_store(&slow_ms, 300);
	for (int i = 0; i < 256; i++)
		dns_ask(dns, "slow.ex.com", tell, &told);
	struct told more = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	dns_ask(dns, "slow.ex.com", tell, &more);
	assert_int_equal(more.count, 1);
	assert_int_equal(more.last.err, ERR_AGAIN);
	told_wait(256);
	assert_int_equal(told.last.err, ERR_REMOTE);
	assert_int_equal(atomic_load(&asked), 1);
}

/* Eight are asked for at once and sixty-four wait their turn: who comes after them comes again. */
static void many_slow_names_are_too_many(void **state)
{
	(void)state;
	ARENA_CLEANUP struct arena *a = arena_create();
	struct told more = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	atomic_store(&slow_ms, 300);
	for (int i = 0; i < 100; i++)
		dns_ask(dns, arena_format(a, "slow%d.ex.com", i), tell, &more);
	pthread_mutex_lock(&more.lock);
	size_t refused = more.count;
	enum err e = more.last.err;
	pthread_mutex_unlock(&more.lock);
	assert_int_equal(e, ERR_AGAIN);
	assert_true(refused >= 100 - 64 - 8 && refused < 100 - 32);
	atomic_store(&slow_ms, 0);
	dns_stop(dns); /* answers what was asked first */
	dns = NULL;
	assert_int_equal(more.count, 100);
}

#define DNS_TEST(name) cmocka_unit_test_setup_teardown(name, dns_open, dns_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DNS_TEST(answers_are_printed_and_kept),
		DNS_TEST(a_name_that_leads_inside_is_refused_whole),
		DNS_TEST(many_may_wait_for_a_name),
		DNS_TEST(many_slow_names_are_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

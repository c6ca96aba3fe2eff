/* outcome.c (federation): what each answer means for the activity and for its host, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "delivery.h"

static void every_status_has_its_meaning(void **state)
{
	(void)state;
	int64_t now = INT64_C(1763715492000), unit = 10 * SECOND, week = 8 * DAY;
	static const struct {
		int status;
		int64_t after;
		enum verdict young, old; /* old: eight days and twelve tries */
	} cases[] = {{200, 0, VERDICT_DELIVERED, VERDICT_DELIVERED},
		{202, 0, VERDICT_DELIVERED, VERDICT_DELIVERED},
		{299, 0, VERDICT_DELIVERED, VERDICT_DELIVERED},
		{301, 0, VERDICT_LATER, VERDICT_DROP}, {308, 0, VERDICT_LATER, VERDICT_DROP},
		{400, 0, VERDICT_DROP, VERDICT_DROP}, {401, 0, VERDICT_LATER, VERDICT_DROP},
		{402, 0, VERDICT_DROP, VERDICT_DROP}, {403, 0, VERDICT_DROP, VERDICT_DROP},
		{404, 0, VERDICT_LATER, VERDICT_DROP}, {405, 0, VERDICT_LATER, VERDICT_DROP},
		{408, 0, VERDICT_LATER, VERDICT_DROP}, {410, 0, VERDICT_GONE, VERDICT_GONE},
		{413, 0, VERDICT_DROP, VERDICT_DROP}, {415, 0, VERDICT_DROP, VERDICT_DROP},
		{418, 0, VERDICT_DROP, VERDICT_DROP}, {422, 0, VERDICT_DROP, VERDICT_DROP},
		{425, 0, VERDICT_LATER, VERDICT_DROP}, {429, 0, VERDICT_WAIT, VERDICT_DROP},
		{429, 90000, VERDICT_WAIT, VERDICT_DROP}, {500, 0, VERDICT_LATER, VERDICT_DROP},
		{501, 0, VERDICT_DROP, VERDICT_DROP}, {502, 0, VERDICT_FAILED, VERDICT_FAILED},
		{503, 0, VERDICT_FAILED, VERDICT_FAILED}, {503, 90000, VERDICT_WAIT, VERDICT_DROP},
		{504, 0, VERDICT_FAILED, VERDICT_FAILED}, {507, 0, VERDICT_LATER, VERDICT_DROP},
		{521, 0, VERDICT_FAILED, VERDICT_FAILED}, {999, 0, VERDICT_LATER, VERDICT_DROP}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct attempt a = {.status = cases[i].status,
			.retry_after = cases[i].after,
			.row = {.since = now}};
		if (outcome_of(&a, now, unit).verdict != cases[i].young)
			fail_msg("%d, young", cases[i].status);
		a.row.since = now - week;
		if (cases[i].young != VERDICT_DROP && cases[i].status != 404)
			assert_int_equal(outcome_of(&a, now, unit).verdict,
				cases[i].young); /* old, but untried */
		a.row.tries = 12;
		if (outcome_of(&a, now, unit).verdict != cases[i].old)
			fail_msg("%d, old", cases[i].status);
	}
}

static void waits_have_their_bounds(void **state)
{
	(void)state;
	int64_t now = INT64_C(1763715492000), unit = 10 * SECOND;
	static const struct {
		int64_t asked, given;
	} cases[] = {{SECOND, MINUTE}, {MINUTE, MINUTE}, {MINUTE + 1, MINUTE + 1}, {DAY, DAY},
		{DAY + SECOND, DAY}, {365 * DAY, DAY}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct attempt a = {
			.status = 429, .retry_after = cases[i].asked, .row = {.since = now}};
		assert_int_equal(outcome_of(&a, now, unit).wait, cases[i].given);
	}
	static const int64_t steps[] = {10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR,
		3 * HOUR, 6 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR};
	for (uint32_t i = 0; i < COUNT(steps); i++)
		for (int k = 0; k < 200; k++) {
			int64_t step = outcome_step(i, unit);
			assert_true(step >= steps[i] * 8 / 10 && step <= steps[i] * 12 / 10);
		}
}

/* Through a week of failures: how often it was asked, and when it was given up. */
static void a_week_of_silence(void **state)
{
	(void)state;
	int64_t now = INT64_C(1763715492000), began = now;
	struct host h = {0};
	unsigned probes = 0;
	while (h.next != HOST_DEAD) {
		struct outcome o = {.verdict = VERDICT_FAILED, .at = now, .unit = 10 * SECOND};
		assert_true(outcome_for_host(&h, &o));
		(void)outcome_for_host(&h, &o); /* another one of the same moment */
		assert_int_equal(h.failures, ++probes);
		assert_true(probes < 40);
		if (h.next != HOST_DEAD)
			now = h.next;
	}
	assert_true(now - began >= 7 * DAY && now - began < 8 * DAY);
	assert_true(probes >= 18 && probes <= 28);
	struct outcome o = {
		.verdict = VERDICT_DELIVERED, .at = now, .unit = 10 * SECOND, .form = FORM_CAVAGE};
	assert_true(outcome_for_host(&h, &o));
	assert_int_equal(h.failures + h.down_since + h.next, 0);
	assert_false(outcome_for_host(&h, &o)); /* nothing to write down again */
}

/* What a row becomes: gone when it is over, else when it may go again and how often it was tried. */
static void rows_end_or_wait(void **state)
{
	(void)state;
	int64_t now = INT64_C(1763715492000);
	static const struct {
		enum verdict verdict;
		bool stays;
		uint32_t tries;
	} cases[] = {{VERDICT_DELIVERED, false, 3}, {VERDICT_DROP, false, 3},
		{VERDICT_GONE, false, 3}, {VERDICT_LATER, true, 4}, {VERDICT_WAIT, true, 4},
		{VERDICT_FAILED, true, 3}, {VERDICT_UNTRIED, true, 3}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct delivery_row row = {.tries = 3, .next = 1};
		struct outcome o = {.verdict = cases[i].verdict, .at = now, .unit = 10 * SECOND};
		assert_int_equal(outcome_for_row(&row, &o), cases[i].stays);
		assert_int_equal(row.tries, cases[i].tries);
		if (cases[i].verdict == VERDICT_LATER)
			assert_true(row.next >= now + 12 * MINUTE && row.next <= now + 18 * MINUTE);
		else
			assert_int_equal(row.next, 1);
	}
	struct delivery_row row = {0};
	struct outcome o = {.verdict = VERDICT_LATER, .at = now, .unit = 10 * SECOND, .wait = HOUR};
	assert_true(outcome_for_row(&row, &o));
	assert_int_equal(row.next, now + HOUR); /* no less than it asked for */
}

/* A try we never made says nothing of the host. */
static void the_untried_change_no_host(void **state)
{
	(void)state;
	struct host h = {.failures = 2, .down_since = 5, .next = 9}, was = h;
	static const enum verdict verdicts[] = {VERDICT_UNTRIED, VERDICT_BURY};
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		struct outcome o = {.verdict = verdicts[i], .at = 20, .unit = 10 * SECOND};
		assert_false(outcome_for_host(&h, &o));
		assert_memory_equal(&h, &was, sizeof h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_its_meaning),
		cmocka_unit_test(waits_have_their_bounds),
		cmocka_unit_test(a_week_of_silence),
		cmocka_unit_test(rows_end_or_wait),
		cmocka_unit_test(the_untried_change_no_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

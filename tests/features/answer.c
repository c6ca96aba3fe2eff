/* answer.c: tests of private answers: who may send them, who reads them, how they come back, when they are gone. */
#include "vacancy.h"
#include "world.h"

#include <string.h>

static struct post placed(struct txn *t, const struct actor *author, uint64_t organisation)
{
	struct post p = {0};
	struct vacancy_draft d = {.author = author->id,
		.title = "Gardener",
		.source = "For two days a week.",
		.vacancy = {.type = VACANCY_JOB,
			.where = VACANCY_REMOTE,
			.employer = "Orchard",
			.organisation = organisation,
			.closes = NOW + 10 * DAY}};
	return vacancy_create(t, &d, NULL, &p) == OK ? p : (struct post){0};
}

static size_t noticed(struct txn *t, const struct actor *a, uint32_t kind)
{
	struct u64s ids = {0};
	struct notice n;
	size_t count = 0;
	if (notify_list(t, a->id, 0, 100, &ids) != OK)
		return 1000;
	for (size_t i = 0; i < ids.count; i++)
		count += notify_load(t, a->id, ids.at[i], &n) == OK && n.kind == kind;
	return count;
}

static size_t written(struct txn *t, uint64_t answer)
{
	struct u64s ids = {0};
	return answer_words_list(t, answer, &ids) == OK ? ids.count : 1000;
}

IN_WRITE(only_the_two_read_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct post p = placed(t, &anna, 0);
	struct answer a;
	const struct node *page;
	WANT(answer_send(t, bas.id, p.id, " I can. ", NULL) == OK);
	WANT(answer_by(t, bas.id, p.id, &a) == OK && written(t, a.id) == 1);
	WANT(noticed(t, &anna, NOTICE_ANSWER) == 1);
	WANT(answer_send(t, bas.id, p.id, "And on Mondays too.", NULL) == OK);
	WANT(written(t, a.id) == 2); /* it goes on where it ended */
	WANT(answer_more(t, p.id, a.id, anna.id, "Come and see!", NULL) == OK);
	WANT(noticed(t, &bas, NOTICE_ANSWERED) == 1 && written(t, a.id) == 3);
	WANT(answer_more(t, p.id, a.id, cas.id, "Me too!", NULL) == ERR_FORBIDDEN);
	char id[ID_TEXT];
	const char *inbox = arena_format(txn_arena(t), "/p/%s/answers", id_text(p.id, id));
	struct viewer owner = {.actor = anna.id, .local = true},
		      other = {.actor = cas.id, .local = true};
	struct call *call = world_call(&feature_answer, METHOD_GET, inbox, &owner, NULL);
	WANT(world_read(call, t, &page) == OK && world_count(page, "answers") == 1);
	WANT(text_is(world_text(page, "answers.0.said.0.words"), "I can."));
	call = world_call(&feature_answer, METHOD_GET, inbox, &other, NULL);
	WANT(world_read(call, t, &page) == ERR_FORBIDDEN);
	/* Nothing of it is told to other nodes, nor in the conversation. */
	WANT(world_lines(t, 0) == 4 && world_lines(t, ACT_CREATE) == 1);
	int64_t replies;
	WANT(post_tally(t, p.id, TALLY_REPLIES, &replies) == OK && replies == 0);
	return OK;
}

IN_WRITE(who_may_not_answer)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = placed(t, &anna, 0);
	WANT(answer_send(t, anna.id, p.id, "Myself", NULL) == ERR_FORBIDDEN);
	struct refusal why = {0};
	WANT(answer_send(t, bas.id, p.id, "  ", &why) == ERR_INVALID && text_is(why.field, "text"));
	WANT(block_add(t, anna.id, anna.id, bas.id, NULL, NULL) == OK);
	WANT(answer_send(t, bas.id, p.id, "I can.", NULL) == ERR_NOT_FOUND);
	WANT(block_remove(t, anna.id, anna.id, bas.id, NULL) == OK);
	WANT(vacancy_close(t, anna.id, p.id, VACANCY_FILLED) == OK);
	WANT(answer_send(t, bas.id, p.id, "I can.", NULL) == ERR_GONE);
	WANT(vacancy_close(t, anna.id, p.id, VACANCY_OPEN) == OK);
	WANT(answer_send(t, bas.id, p.id, "I can.", NULL) == OK);
	return OK;
}

IN_WRITE(somebody_answers_twenty_a_day_at_most)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	for (int i = 0; i < 20; i++)
		WANT(answer_send(t, bas.id, placed(t, &anna, 0).id, "I can.", NULL) == OK);
	struct post p = placed(t, &anna, 0);
	WANT(answer_send(t, bas.id, p.id, "I can.", NULL) == ERR_TOO_MUCH);
	time_freeze(NOW + DAY + HOUR);
	WANT(answer_send(t, bas.id, p.id, "I can.", NULL) == OK);
	return OK;
}

IN_WRITE(all_who_edit_the_page_manage_it)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct organisation o = {.title = "Orchard"};
	WANT(organisation_write(t, anna.id, &o, NULL) == OK);
	struct post p = placed(t, &anna, o.id);
	struct vacancy v;
	WANT(vacancy_of(t, &p, &v) == OK && !vacancy_may_manage(t, bas.id, &p, &v));
	struct place here = place_2(TABLE_EDITOR, o.id, bas.id),
		     back = place_2(TABLE_EDITOR, bas.id, o.id);
	WANT(txn_put(t, &here, (struct bytes){"\1", 1}) == OK
		&& txn_put(t, &back, (struct bytes){"\1", 1}) == OK);
	WANT(vacancy_may_manage(t, bas.id, &p, &v));
	WANT(answer_send(t, cas.id, p.id, "I can.", NULL) == OK);
	WANT(noticed(t, &anna, NOTICE_ANSWER) == 1 && noticed(t, &bas, NOTICE_ANSWER) == 1);
	struct answer a;
	WANT(answer_by(t, cas.id, p.id, &a) == OK);
	WANT(answer_more(t, p.id, a.id, bas.id, "Welcome!", NULL) == OK);
	WANT(vacancy_close(t, bas.id, p.id, VACANCY_FILLED) == OK);
	return OK;
}

/* ---- without an account ---------------------------------------------------------------------- */

static const char *mailed(struct txn *t, const char *part)
{
	struct mail m;
	if (mail_next(t, 1000, &m) != OK || strstr(m.html, part) == NULL)
		return NULL;
	return mail_end(t, &m, MAIL_SENT, SECOND) == OK ? m.html : NULL;
}

static const char *link_in(struct txn *t, const char *html)
{
	const char *at = html != NULL ? strstr(html, "/answers/") : NULL;
	return at != NULL ? arena_text_n(txn_arena(t), at, strcspn(at, "\"")) : "/answers/none";
}

IN_WRITE(a_visitor_confirms_and_is_written_back_to)
{
	(void)arg;
	world.site.mail_from = "kring@ex.org";
	struct actor anna = world_person(t, "anna");
	struct post p = placed(t, &anna, 0);
	struct answer a = {
		.post = p.id, .name = "Eva", .email = "Eva@Mail.example", .language = "nl"};
	struct viewer nobody = {0};
	const struct node *page;
	int64_t count;
	WANT(answer_ask(t, &a, "I would like to.", NULL) == OK);
	/* Until the address is theirs, nobody hears of it. */
	WANT(answer_count(t, p.id, &count) == OK && count == 0);
	WANT(noticed(t, &anna, NOTICE_ANSWER) == 0);
	WANT(answer_more(t, p.id, a.id, 0, "Hello?", NULL) == ERR_NOT_FOUND);
	const char *path = link_in(t, mailed(t, "Gardener"));
	struct call *call = world_call(&feature_answer, METHOD_GET, path, &nobody, NULL);
	WANT(world_read(call, t, &page) == OK && world_number(page, "confirmed") == 0);
	WANT(answer_count(t, p.id, &count) == OK && count == 0); /* to look is not to send */
	call = world_call(&feature_answer, METHOD_POST, path, &nobody, NULL);
	WANT(call->route->write(call, t) == OK);
	WANT(answer_count(t, p.id, &count) == OK && count == 1);
	WANT(noticed(t, &anna, NOTICE_ANSWER) == 1);
	/* Back by mail, with words and a link, and no address of anyone. */
	WANT(answer_more(t, p.id, a.id, anna.id, "Come on Monday.", NULL) == OK);
	const char *html = mailed(t, "Come on Monday.");
	WANT(html != NULL && text_is(link_in(t, html), path));
	static const char *const text[] = {"text=I will be there.", NULL};
	call = world_call(&feature_answer, METHOD_POST, path, &nobody, text);
	WANT(call->route->write(call, t) == OK && written(t, a.id) == 3);
	char id[ID_TEXT];
	struct viewer owner = {.actor = anna.id, .local = true};
	call = world_call(&feature_answer, METHOD_GET,
		arena_format(txn_arena(t), "/p/%s/answers", id_text(p.id, id)), &owner, NULL);
	WANT(world_read(call, t, &page) == OK);
	WANT(text_is(world_text(page, "answers.0.name"), "Eva"));
	WANT(text_is(world_text(page, "answers.0.email"), ""));
	return OK;
}

IN_WRITE(what_a_visitor_must_say)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct post p = placed(t, &anna, 0);
	struct answer a = {.post = p.id, .name = " ", .email = "eva@mail.example"};
	struct refusal why = {0};
	WANT(answer_ask(t, &a, "Me", &why) == ERR_INVALID && text_is(why.field, "name"));
	a = (struct answer){.post = p.id, .name = "Eva", .email = "eva"};
	WANT(answer_ask(t, &a, "Me", &why) == ERR_INVALID && text_is(why.field, "email"));
	return OK;
}

/* ---- in time --------------------------------------------------------------------------------- */

static struct post kept;
static uint64_t asked;

static enum err answered(struct txn *t, void *arg)
{
	(void)arg;
	world.site.mail_from = "kring@ex.org";
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	kept = placed(t, &anna, 0);
	WANT(answer_send(t, bas.id, kept.id, "I can.", NULL) == OK);
	struct answer a = {.post = kept.id, .name = "Eva", .email = "eva@mail.example"};
	WANT(answer_ask(t, &a, "Me", NULL) == OK);
	asked = a.id;
	return OK;
}

static enum err only_confirmed(struct txn *t, void *arg)
{
	(void)arg;
	struct u64s ids;
	WANT(answer_list(t, kept.id, 10, &ids) == OK && ids.count == 1 && ids.at[0] != asked);
	WANT(written(t, asked) == 0);
	return OK;
}

static enum err none(struct txn *t, void *arg)
{
	(void)arg;
	struct u64s ids;
	WANT(answer_list(t, kept.id, 10, &ids) == OK && ids.count == 0);
	return OK;
}

static void what_is_old_is_forgotten(void **state)
{
	(void)state;
	const struct chore *chore = feature_answer.chores;
	world_run(answered);
	time_freeze(NOW + DAY + HOUR);
	chore->run(world.store, chore->arg);
	world_run(only_confirmed);
	/* Its last day, and 90 days: not before. */
	time_freeze(NOW + 100 * DAY - HOUR);
	chore->run(world.store, chore->arg);
	world_run(only_confirmed);
	time_freeze(NOW + 100 * DAY);
	chore->run(world.store, chore->arg);
	world_run(none);
}

static enum err visitors(struct txn *t, uint64_t post, int from, int until)
{
	enum err e = OK;
	for (int i = from; e == OK && i < until; i++) {
		struct answer a = {.post = post,
			.name = "Eva",
			.email = arena_format(txn_arena(t), "eva%d@x.nl", i),
			.language = "nl"};
		e = answer_ask(t, &a, "I can.", NULL);
	}
	return e;
}

IN_WRITE(what_nobody_stands_behind_fills_and_hides_nothing)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct post p = placed(t, &anna, 0);
	struct answer a;
	struct u64s all;
	int64_t count;
	WANT(answer_send(t, bas.id, p.id, "I can.", NULL) == OK);
	WANT(visitors(t, p.id, 0, ANSWERS_MOST) == OK);
	WANT(visitors(t, p.id, ANSWERS_MOST, ANSWERS_MOST + 1) == ERR_INVALID);
	WANT(answer_by(t, bas.id, p.id, &a) == OK);
	WANT(answer_count(t, p.id, &count) == OK && count == 1);
	WANT(answer_list(t, p.id, ANSWERS_LISTED, &all) == OK && all.count == ANSWERS_MOST + 1);
	for (size_t i = 0; i + 2 < all.count; i++)
		WANT(answer_confirm(t, p.id, all.at[i], NULL) == OK);
	struct refusal why = {0};
	WANT(answer_send(t, cas.id, p.id, "Me too.", &why) == ERR_INVALID
		&& text_starts(why.text, "So many people"));
	WANT(visitors(t, p.id, ANSWERS_MOST, ANSWERS_MOST + 9) == OK);
	WANT(answer_confirm(t, p.id, all.at[all.count - 2], &why) == ERR_INVALID);
	return OK;
}

IN_WRITE(they_go_with_the_post_and_with_who_wrote_them)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct post p = placed(t, &anna, 0);
	struct answer a, b;
	WANT(answer_send(t, bas.id, p.id, "I can.", NULL) == OK);
	WANT(answer_send(t, cas.id, p.id, "I can, too.", NULL) == OK);
	WANT(answer_by(t, bas.id, p.id, &a) == OK && answer_by(t, cas.id, p.id, &b) == OK);
	/* Who leaves takes along what they wrote back, and what they sent as a visitor by the same address. */
	struct answer eva = {.post = p.id, .name = "Eva", .email = "Eva@x.nl", .language = "nl"};
	world.site.mail_from = "kring@ex.org";
	WANT(answer_more(t, p.id, a.id, anna.id, "Welcome!", NULL) == OK && written(t, a.id) == 2);
	WANT(answer_ask(t, &eva, "I can.", NULL) == OK && written(t, eva.id) == 1);
	struct leaver leaver = {.actor = anna.id, .keep = KEEP_ALL, .email = "eva@x.nl"};
	struct place at = {0};
	do
		WANT(feature_answer.personal->forget(t, &leaver, &at) == OK);
	while (at.size > 0);
	WANT(written(t, a.id) == 1 && written(t, eva.id) == 0);
	WANT(answer_load(t, p.id, eva.id, &eva) == ERR_NOT_FOUND);
	WANT(answer_forget(t, bas.id) == OK);
	WANT(answer_by(t, bas.id, p.id, &a) == ERR_NOT_FOUND && written(t, a.id) == 0);
	WANT(answer_by(t, cas.id, p.id, &b) == OK);
	WANT(post_remove(t, anna.id, p.id, NULL, NULL) == OK);
	WANT(answer_load(t, p.id, b.id, &b) == ERR_NOT_FOUND && written(t, b.id) == 0);
	return OK;
}

int main(void)
{
	page_load();
	const struct CMUnitTest tests[] = {
		WORLD_TEST(only_the_two_read_it),
		WORLD_TEST(who_may_not_answer),
		WORLD_TEST(somebody_answers_twenty_a_day_at_most),
		WORLD_TEST(all_who_edit_the_page_manage_it),
		WORLD_TEST(a_visitor_confirms_and_is_written_back_to),
		WORLD_TEST(what_a_visitor_must_say),
		WORLD_TEST(what_is_old_is_forgotten),
		WORLD_TEST(what_nobody_stands_behind_fills_and_hides_nothing),
		WORLD_TEST(they_go_with_the_post_and_with_who_wrote_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

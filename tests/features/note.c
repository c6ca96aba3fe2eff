/* note.c: how each kind of post of ours reads in a Mastodon app, told from the JSON we send. A Note and a Question it shows
 * whole, with the summary as a warning before it. Anything else it converts: the name as a heading, the summary, the
 * address; of its content nothing (protocol.md §6.1, §6.2). So what is not a note has to stand alone by those three. */
#include "article.h"
#include "event.h"
#include "library.h"
#include "media.h"
#include "question.h"
#include "roll.h"
#include "vacancy.h"
#include "world.h"

#include <string.h>

struct shown {
	const char *title, *warning, *text, *link, *language, *alt;
	bool sensitive, open;
	size_t pictures, options;
};

static const char *word(const json_node *o, const char *name)
{
	return json_text(json_member(o, name));
}

static bool take_name(void *arg, const char *name, const json_node *value)
{
	(void)value;
	*(const char **)arg = name;
	return false;
}

static bool is_whole(const char *type)
{
	return text_is(type, "Note") || text_is(type, "Question");
}

static void show_attached(const json_node *all, struct shown *s)
{
	for (size_t i = 0; i < json_count(all); i++) {
		const json_node *a = json_item(all, i);
		const char *type = word(a, "type");
		if (word(a, "url") == NULL || word(a, "mediaType") == NULL
			|| !(text_is(type, "Document") || text_is(type, "Image")))
			continue;
		s->pictures++;
		s->alt = word(a, "summary") != NULL ? word(a, "summary") : word(a, "name");
	}
}

static bool is_addressed(const json_node *o, const char *name)
{
	const json_node *all = json_member(o, name);
	for (size_t i = 0; i < json_count(all); i++)
		if (text_is(json_text(json_item(all, i)),
			    "https://www.w3.org/ns/activitystreams#Public"))
			return true;
	return false;
}

static struct shown in_mastodon(struct txn *t, struct bytes json)
{
	struct shown s = {0};
	const json_node *o;
	if (json_read(txn_arena(t), json, NULL, &o) != OK)
		return s;
	if (is_whole(word(o, "type"))) {
		s.text = word(o, "content");
		s.warning = word(o, "summary");
	} else {
		s.title = word(o, "name");
		s.text = word(o, "summary");
	}
	s.link = word(o, "url");
	json_members(json_member(o, "contentMap"), take_name, &s.language);
	s.sensitive = json_flag(json_member(o, "sensitive"));
	s.open = is_addressed(o, "to");
	s.options = json_count(json_member(o, "oneOf")) + json_count(json_member(o, "anyOf"));
	show_attached(json_member(o, "attachment"), &s);
	return s;
}

static struct shown shown(struct txn *t, const struct post *p)
{
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	return note_show(t, p->id, v) == OK ? in_mastodon(t, view_json(v)) : (struct shown){0};
}

/* ---- one of each ----------------------------------------------------------------------------- */

static struct actor anna, board;

static struct post said(struct txn *t, struct post_draft d)
{
	struct post p = {0};
	d.author = anna.id;
	d.community = board.id;
	d.language = "en";
	return post_create(t, &d, NULL, NULL, &p) == OK ? p : (struct post){0};
}

static enum err people(struct txn *t)
{
	struct community_draft d = {.name = "board", .title = "Board"};
	anna = world_person(t, "anna");
	d.founder = anna.id;
	return community_create(t, &d, NULL, &board);
}

static bool says(const char *text, const char *part)
{
	return text != NULL && strstr(text, part) != NULL;
}

static bool links(struct txn *t, const struct shown *s, const struct post *p)
{
	return text_is(s->link, p->url)
		&& text_is(s->link,
			arena_format(txn_arena(t), "https://ex.org/@anna/%llu",
				(unsigned long long)p->id));
}

/* What each of them is, whatever its kind. */
static bool is_sound(struct txn *t, const struct shown *s, const struct post *p)
{
	return p->id != 0 && links(t, s, p) && s->open && text_is(s->language, "en")
		&& s->text != NULL && *s->text != '\0' && strlen(s->text) < 4000;
}

IN_WRITE(a_note_is_shown_whole)
{
	(void)arg;
	WANT(people(t) == OK);
	struct post p = said(t, (struct post_draft){.source = "Words with **weight**. #heat"});
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && s.title == NULL && s.warning == NULL && !s.sensitive);
	WANT(says(s.text, "<p>Words with <strong>weight</strong>.") && s.pictures == 0);
	/* A summary is a warning there: only what was written as one is sent as one. */
	p = said(t, (struct post_draft){.source = "Blood", .summary = "Wounds", .sensitive = true});
	s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && text_is(s.warning, "Wounds") && s.sensitive);
	return OK;
}

IN_WRITE(a_picture_has_its_words)
{
	(void)arg;
	WANT(people(t) == OK);
	struct media m = {.owner = anna.id,
		.type = "image/jpeg",
		.file = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		.width = 400,
		.height = 300,
		.alt = "A heat pump"};
	WANT(media_keep(t, &m) == OK);
	struct u64s media = {&m.id, 1};
	struct post p = said(t, (struct post_draft){.source = "Look", .media = &media});
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && s.pictures == 1 && text_is(s.alt, "A heat pump"));
	return OK;
}

IN_WRITE(a_titled_one_is_title_teaser_and_link)
{
	(void)arg;
	WANT(people(t) == OK);
	struct post p = said(t,
		(struct post_draft){
			.title = "Heat pumps", .source = "All about *them*, at length."});
	struct shown s = shown(t, &p);
	WANT(p.kind == POST_ARTICLE && is_sound(t, &s, &p) && text_is(s.title, "Heat pumps"));
	WANT(text_is(s.text, "All about them, at length.") && s.warning == NULL);
	return OK;
}

IN_WRITE(an_article_stands_by_its_summary_and_who_checked_it)
{
	(void)arg;
	struct article a;
	struct post p;
	uint64_t id;
	WANT(people(t) == OK);
	struct actor eva = world_person(t, "eva");
	world_member(&eva, board.id, ROLE_EDITOR, 0);
	a = (struct article){.author = anna.id,
		.community = board.id,
		.title = "Heat pumps",
		.summary = "What it comes to.",
		.source = "The **whole** of it.",
		.language = "en"};
	WANT(article_write(t, anna.id, &a, 0, NULL) == OK
		&& article_hand_in(t, anna.id, a.id, 0, NULL) == OK
		&& article_decide(t, eva.id, a.id, ARTICLE_PLACED, 12, NULL, NULL, &id) == OK
		&& post_load(t, id, &p) == OK);
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && text_is(s.title, "Heat pumps")
		&& text_starts(s.text, "What it comes to.") && !says(s.text, "whole"));
	return OK;
}

IN_WRITE(a_poll_is_a_poll)
{
	(void)arg;
	static const char *const answers[] = {"Red", "Blue", "Green"};
	struct poll_draft poll = {.options = {answers, 3}, .end_time = NOW + DAY};
	WANT(people(t) == OK);
	struct post p = said(t, (struct post_draft){.source = "Which one?", .poll = &poll});
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && s.options == 3 && says(s.text, "Which one?") && s.title == NULL
		&& s.warning == NULL);
	return OK;
}

IN_WRITE(an_event_says_when_and_where_and_asks_beside_it)
{
	(void)arg;
	WANT(people(t) == OK);
	struct post p = {0};
	struct event_draft d = {.author = anna.id,
		.community = board.id,
		.title = "Walk",
		.source = "Through the woods.",
		.language = "en",
		.event = {.start = NOW + 20 * DAY,
			.zone = "Europe/Amsterdam",
			.place = "Town hall",
			.link = "https://meet.example/secret"}};
	WANT(event_create(t, &d, NULL, &p) == OK);
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && text_is(s.title, "Walk")
		&& text_starts(s.text, "Thursday 11 December 2025, 9:58. Town hall; also online.")
		&& says(s.text, "Through the woods.") && s.warning == NULL);
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	WANT(detail_of(p.kind)->question(t, v, &p) == OK);
	s = in_mastodon(t, view_json(v));
	WANT(is_sound(t, &s, &p) && s.options == 3 && s.warning == NULL
		&& says(s.text, "<strong>Walk</strong><br>Thursday 11 December 2025, 9:58")
		&& says(s.text, "Town hall") && !says(s.text, "meet.example"));
	return OK;
}

IN_WRITE(a_question_is_a_note_and_carries_its_answer)
{
	(void)arg;
	WANT(people(t) == OK);
	struct post p = said(t, (struct post_draft){.kind = POST_ASKED, .source = "Who knows?"});
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && says(s.text, "Who knows?") && s.options == 0 && s.title == NULL
		&& s.warning == NULL);
	struct post a = said(t, (struct post_draft){.parent = p.id, .source = "I do."});
	WANT(question_choose(t, anna.id, a.id, true) == OK);
	s = shown(t, &p);
	WANT(says(s.text, "Answer by") && says(s.text, "I do."));
	return OK;
}

IN_WRITE(a_vacancy_says_what_and_until_when)
{
	(void)arg;
	WANT(people(t) == OK);
	struct post p = {0};
	struct vacancy_draft d = {.author = anna.id,
		.community = board.id,
		.title = "Treasurer",
		.source = "Who counts well.",
		.language = "en",
		.vacancy = {.type = VACANCY_JOB,
			.where = VACANCY_ON_SITE,
			.employer = "Orchard & Sons",
			.place = "Utrecht",
			.hours = "24 hours a week",
			.tags = "care"}};
	WANT(vacancy_day(txn_arena(t), "2025-12-01", &d.vacancy.closes)
		&& vacancy_create(t, &d, NULL, &p) == OK);
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && text_is(s.title, "Treasurer") && s.warning == NULL);
	WANT(says(s.text, "Orchard & Sons") && says(s.text, "Utrecht")
		&& says(s.text, "24 hours a week") && says(s.text, "1 December 2025"));
	return OK;
}

IN_WRITE(an_idea_says_what_became_of_it)
{
	(void)arg;
	static const char *const form[] = {
		"title=A garden", "text=With **benches**.", "language=en", "reads=everyone", NULL};
	static const char *const decision[] = {"state=done", "reason=It is there.", NULL};
	struct post p;
	WANT(people(t) == OK);
	struct viewer me = {.actor = anna.id, .local = true};
	struct call *call = world_call(&feature_idea, METHOD_POST, "/c/board/new/idea", &me, form);
	WANT(call->route->write(call, t) == OK
		&& post_load(t, world_last(t, ACT_CREATE).object, &p) == OK);
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && text_is(s.title, "A garden") && says(s.text, "With benches.")
		&& s.warning == NULL);
	call = world_call(&feature_idea, METHOD_POST,
		arena_format(txn_arena(t), "/p/%llu/idea", (unsigned long long)p.id), &me,
		decision);
	WANT(call->route->write(call, t) == OK);
	s = shown(t, &p);
	WANT(says(s.text, "It is there."));
	return OK;
}

IN_WRITE(a_project_says_whom_it_wants_and_how_it_stands)
{
	(void)arg;
	static const char *const form[] = {"title=A hedge", "text=Of **hawthorn**.", "language=en",
		"reads=everyone", "number=0", "role=Digger", "wanted=3", "asks=A spade.", NULL};
	static const char *const state[] = {"state=running", "reason=We dig on Friday.", NULL};
	struct post p;
	WANT(people(t) == OK);
	struct viewer me = {.actor = anna.id, .local = true};
	struct call *call = world_call(
		&feature_project, METHOD_POST, "/c/board/new/project", &me, form);
	WANT(call->route->write(call, t) == OK
		&& post_load(t, world_last(t, ACT_CREATE).object, &p) == OK);
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && text_is(s.title, "A hedge") && says(s.text, "Of hawthorn.")
		&& says(s.text, "Digger (3)") && s.warning == NULL);
	call = world_call(&feature_project, METHOD_POST,
		arena_format(txn_arena(t), "/p/%llu/project/state", (unsigned long long)p.id), &me,
		state);
	WANT(call->route->write(call, t) == OK);
	s = shown(t, &p);
	WANT(says(s.text, "We dig on Friday."));
	return OK;
}

IN_WRITE(a_file_is_named_and_told_of)
{
	(void)arg;
	WANT(people(t) == OK);
	struct media m = {.owner = anna.id,
		.type = "application/pdf",
		.file = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		.name = "pumps.pdf",
		.size = 1000};
	struct post p = {0};
	struct post_draft d = {.author = anna.id,
		.community = board.id,
		.title = "Handbook of pumps",
		.source = "How to *keep* them.",
		.language = "en"};
	WANT(media_keep(t, &m) == OK && library_add(t, &d, "heat", m.id, NULL, &p) == OK);
	struct shown s = shown(t, &p);
	WANT(is_sound(t, &s, &p) && text_is(s.title, "Handbook of pumps")
		&& says(s.text, "How to keep them.") && s.warning == NULL);
	return OK;
}

IN_WRITE(an_answer_that_asks_is_a_poll_in_the_conversation)
{
	(void)arg;
	static const char *const answers[] = {"Monday", "Tuesday"};
	struct poll_draft poll = {.options = {answers, 2}, .end_time = NOW + DAY};
	WANT(people(t) == OK);
	struct post p = said(t, (struct post_draft){.source = "Let us meet."});
	struct post a = said(
		t, (struct post_draft){.parent = p.id, .source = "When?", .poll = &poll});
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	WANT(note_show(t, a.id, v) == OK);
	struct bytes json = view_json(v);
	struct shown s = in_mastodon(t, json);
	WANT(is_sound(t, &s, &a) && s.options == 2);
	WANT(says(json.data, arena_format(txn_arena(t), "\"inReplyTo\":\"%s\"", p.uri)));
	return OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_note_is_shown_whole),
		WORLD_TEST(a_picture_has_its_words),
		WORLD_TEST(a_titled_one_is_title_teaser_and_link),
		WORLD_TEST(an_article_stands_by_its_summary_and_who_checked_it),
		WORLD_TEST(a_poll_is_a_poll),
		WORLD_TEST(an_event_says_when_and_where_and_asks_beside_it),
		WORLD_TEST(a_question_is_a_note_and_carries_its_answer),
		WORLD_TEST(a_vacancy_says_what_and_until_when),
		WORLD_TEST(an_idea_says_what_became_of_it),
		WORLD_TEST(a_project_says_whom_it_wants_and_how_it_stands),
		WORLD_TEST(a_file_is_named_and_told_of),
		WORLD_TEST(an_answer_that_asks_is_a_poll_in_the_conversation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

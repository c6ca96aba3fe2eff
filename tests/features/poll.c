/* poll.c: tests of polls: asked here and elsewhere, voted for once by each, closed on time. */
#include "world.h"

#include <string.h>

#define PUBLIC "https://www.w3.org/ns/activitystreams#Public"

static const char *const answers[] = {"Yes", " No ", ""};

static struct post_draft ask(uint64_t author, struct poll_draft *poll)
{
	poll->options = (struct names){answers, COUNT(answers)};
	if (poll->end_time == 0)
		poll->end_time = NOW + DAY;
	return (struct post_draft){.author = author, .source = "Shall we?", .poll = poll};
}

static struct post asked(struct txn *t, uint64_t author, struct poll_draft poll)
{
	struct post p = {0};
	struct post_draft d = ask(author, &poll);
	return post_create(t, &d, NULL, NULL, &p) == OK ? p : (struct post){0};
}

static struct extra extra_of(struct txn *t, uint64_t post)
{
	struct post p;
	struct extra x = {0};
	if (post_load(t, post, &p) == OK)
		extra_read(txn_arena(t), p.extra, &x);
	return x;
}

static enum err choose(struct txn *t, uint64_t who, uint64_t post, uint64_t option)
{
	return poll_vote(t, who, post, &(struct u64s){&option, 1}, NULL);
}

IN_WRITE(a_poll_is_a_post_with_answers)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct post p = asked(t, anna.id, (struct poll_draft){.any_of = true});
	struct extra x = extra_of(t, p.id);
	WANT(p.kind == POST_QUESTION && p.title == NULL && x.option_count == 2 && x.any_of);
	WANT(text_is(x.options[1].name, "No") && x.end_time == NOW + DAY && x.closed == 0);
	/* New words leave the answers and what was chosen alone. */
	WANT(choose(t, anna.id, p.id, 1) == OK);
	struct post_draft d = {.author = anna.id, .source = "Shall we, #now?"};
	WANT(post_edit(t, anna.id, p.id, &d, NULL, NULL) == OK);
	x = extra_of(t, p.id);
	WANT(x.option_count == 2 && x.options[1].votes == 1 && x.hashtags.count == 1);
	return OK;
}

IN_WRITE(what_cannot_be_asked_is_refused_in_words)
{
	(void)arg;
	static const char *const one[] = {"Yes"}, *const twice[] = {"Yes", "yes"};
	const char *many[11];
	struct actor anna = world_person(t, "anna");
	struct refusal why = {0};
	struct post p;
	struct poll_draft poll = {.end_time = NOW + DAY};
	struct post_draft d = ask(anna.id, &poll);
	poll.options = (struct names){one, 1};
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID && text_is(why.field, "option"));
	poll.options = (struct names){twice, 2};
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID);
	WANT(text_is(why.text, "Two answers are the same."));
	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = arena_format(txn_arena(t), "answer %zu", i);
	poll.options = (struct names){many, COUNT(many)};
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID);
	poll.options.count = 10;
	WANT(post_create(t, &d, NULL, &why, &p) == OK);
	poll.end_time = NOW;
	WANT(post_create(t, &d, NULL, &why, &p) == ERR_INVALID && text_is(why.field, "days"));
	return OK;
}

IN_WRITE(each_votes_once)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = asked(t, anna.id, (struct poll_draft){0});
	WANT(choose(t, bas.id, p.id, 2) == ERR_INVALID);
	WANT(poll_vote(t, bas.id, p.id, &(struct u64s){(const uint64_t[]){0, 1}, 2}, NULL)
		== ERR_INVALID);
	WANT(poll_vote(t, bas.id, p.id, &(struct u64s){NULL, 0}, NULL) == ERR_INVALID);
	WANT(choose(t, bas.id, p.id, 0) == OK && choose(t, bas.id, p.id, 1) == ERR_CONFLICT);
	WANT(choose(t, anna.id, p.id, 0) == OK);
	struct extra x = extra_of(t, p.id);
	WANT(x.options[0].votes == 2 && x.options[1].votes == 0 && x.voters == 2);
	WANT(world_lines(t, ACT_VOTE) == 0); /* a vote here is told to nobody */
	WANT(poll_unvote(t, bas.id, p.id) == OK && poll_unvote(t, bas.id, p.id) == ERR_NOT_FOUND);
	WANT(choose(t, bas.id, p.id, 1) == OK);
	x = extra_of(t, p.id);
	WANT(x.options[0].votes == 1 && x.options[1].votes == 1 && x.voters == 2);
	return OK;
}

IN_WRITE(of_several_each_counts_once)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct post p = asked(t, anna.id, (struct poll_draft){.any_of = true});
	WANT(poll_vote(t, anna.id, p.id, &(struct u64s){(const uint64_t[]){1, 1}, 2}, NULL) == OK);
	WANT(choose(t, anna.id, p.id, 0) == OK && choose(t, anna.id, p.id, 0) == ERR_CONFLICT);
	struct extra x = extra_of(t, p.id);
	WANT(x.options[0].votes == 1 && x.options[1].votes == 1 && x.voters == 1);
	return OK;
}

IN_WRITE(only_who_may_read_and_answer)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct poll_draft poll = {0};
	struct post_draft d = ask(anna.id, &poll);
	struct post p, note;
	d.visibility = VISIBLE_DIRECT;
	WANT(post_create(t, &d, NULL, NULL, &p) == OK);
	WANT(choose(t, bas.id, p.id, 0) == ERR_NOT_FOUND);
	d = (struct post_draft){.author = anna.id, .source = "No poll"};
	WANT(post_create(t, &d, NULL, NULL, &note) == OK);
	WANT(choose(t, bas.id, note.id, 0) == ERR_NOT_FOUND);
	p = asked(t, anna.id, (struct poll_draft){0});
	WANT(block_add(t, anna.id, anna.id, bas.id, NULL, NULL) == OK);
	WANT(choose(t, bas.id, p.id, 0) == ERR_NOT_FOUND);
	return OK;
}

static struct activity vote_of(
	const struct actor *who, struct object *o, const struct post *p, const char *name)
{
	*o = (struct object){.id = "https://a.example/votes/1",
		.type = "Note",
		.attributed_to = who->uri,
		.in_reply_to = p->uri,
		.name = name};
	struct activity a = world_activity(
		who, "https://a.example/votes/1/create", "Create", o->id);
	a.object = o;
	return a;
}

IN_WRITE(a_note_that_names_an_answer_is_a_vote)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = asked(t, anna.id, (struct poll_draft){0});
	struct object o;
	struct activity a = vote_of(&xi, &o, &p, "No");
	WANT(world_receive(t, &feature_poll, &a) == OK);
	WANT(world_receive(t, &feature_poll, &a) == ERR_CONFLICT);
	struct extra x = extra_of(t, p.id);
	WANT(x.options[1].votes == 1 && x.voters == 1);
	a = vote_of(&xi, &o, &p, "Perhaps");
	WANT(world_receive(t, &feature_poll, &a) == ERR_INVALID);
	a = vote_of(&xi, &o, &p, "Yes");
	a.via = 17; /* a group's word is no vote */
	WANT(world_receive(t, &feature_poll, &a) == ERR_FORBIDDEN);
	a = vote_of(&xi, &o, &p, "Yes");
	o.content = "<p>Yes, because</p>"; /* words are an answer, not a vote */
	WANT(world_receive(t, &feature_poll, &a) == ERR_NOT_FOUND);
	a = vote_of(&xi, &o, &p, "Yes");
	o.attributed_to = anna.uri;
	WANT(world_receive(t, &feature_poll, &a) == ERR_FORBIDDEN);
	return OK;
}

IN_WRITE(a_vote_elsewhere_is_told_there)
{
	(void)arg;
	static const char *const to[] = {PUBLIC};
	struct actor anna = world_person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct option options[] = {{"Yes", 3}, {"No", 1}};
	struct object o = {.id = "https://a.example/q",
		.type = "Question",
		.attributed_to = xi.uri,
		.content = "<p>Shall we?</p>",
		.to = {to, 1},
		.options = options,
		.option_count = 2,
		.voters = 4,
		.end_time = NOW + DAY};
	struct post_draft d = {.author = xi.id, .remote = &o};
	struct origin origin = {"https://a.example/q/create", {"{}", 2}, 0};
	struct post p;
	WANT(post_create(t, &d, &origin, NULL, &p) == OK);
	WANT(choose(t, anna.id, p.id, 1) == OK && choose(t, anna.id, p.id, 0) == ERR_CONFLICT);
	struct line line = world_last(t, ACT_VOTE);
	WANT(line.actor == anna.id && line.object == p.id && text_is(line.note, "No"));
	struct extra x = extra_of(t, p.id);
	WANT(x.options[1].votes == 2 && x.voters == 5);
	WANT(poll_unvote(t, anna.id, p.id) == ERR_FORBIDDEN);
	return OK;
}

/* ---- in answer to something ------------------------------------------------------------------ */

static struct call *answered(
	const struct actor *who, const struct post *p, const char *const *inputs)
{
	struct viewer *me = arena_alloc(world.arena, sizeof *me);
	*me = (struct viewer){.actor = who->id, .local = true};
	return world_call(&feature_post, METHOD_POST,
		arena_format(world.arena, "/p/%llu/reply", (unsigned long long)p->id), me, inputs);
}

static const struct node *page_of(struct txn *t, const char *author, uint64_t id)
{
	static const struct viewer nobody;
	const struct node *page = NULL;
	struct call *call = world_call(&feature_post, METHOD_GET,
		arena_format(world.arena, "/@%s/%llu", author, (unsigned long long)id), &nobody,
		NULL);
	return world_read(call, t, &page) == OK ? page : NULL;
}

IN_WRITE(an_answer_may_ask)
{
	(void)arg;
	static const char *const form[] = {"text=When do we meet?", "option=Monday",
		"option=", "option=Tuesday", "option= ", "days=3", "any_of=on", NULL},
				 *const plain[] = {"text=No idea", "option=", "option=", "days=7",
					 NULL},
				 *const one[] = {"text=When?", "option=Monday", "days=3", NULL};
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = {0}, a;
	struct post_draft d = {.author = anna.id, .source = "Let us meet."};
	WANT(post_create(t, &d, NULL, NULL, &p) == OK);
	struct call *call = answered(&bas, &p, form);
	WANT(call->route->write(call, t) == OK
		&& post_load(t, world_last(t, ACT_CREATE).object, &a) == OK);
	struct extra x = extra_of(t, a.id);
	WANT(a.kind == POST_QUESTION && a.parent == p.id && a.root == p.id && x.option_count == 2
		&& x.any_of && x.end_time == NOW + 3 * DAY
		&& text_is(x.options[1].name, "Tuesday"));
	/* Votes count once, by one's own hand and from elsewhere. */
	struct actor xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct object o;
	struct activity vote = vote_of(&xi, &o, &a, "Monday");
	WANT(choose(t, anna.id, a.id, 1) == OK && choose(t, anna.id, a.id, 1) == ERR_CONFLICT);
	WANT(world_receive(t, &feature_poll, &vote) == OK
		&& world_receive(t, &feature_poll, &vote) == ERR_CONFLICT);
	const struct node *page = page_of(t, "anna", p.id);
	WANT(page != NULL && world_number(page, "replies.0.poll.voters") == 2
		&& world_number(page, "replies.0.poll.options.0.votes") == 1);
	/* It closes on time as any other. */
	struct bytes there;
	struct place ends = place_2(TABLE_POLL_END, (uint64_t)x.end_time, a.id);
	WANT(txn_get(t, &ends, &there) == OK);
	/* Without answers to choose from it is a message; with one alone it is refused. */
	call = answered(&bas, &p, plain);
	WANT(call->route->write(call, t) == OK
		&& post_load(t, world_last(t, ACT_CREATE).object, &a) == OK && a.kind == POST_NOTE);
	call = answered(&bas, &p, one);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "option"));
	return OK;
}

IN_WRITE(an_answer_from_elsewhere_may_ask)
{
	(void)arg;
	static const struct option options[] = {{"Red", 3}, {"Blue", 1}};
	struct actor anna = world_person(t, "anna"),
		     xi = world_remote(t, ACTOR_PERSON, "xi", "a.example");
	struct post p = {0}, a;
	struct post_draft d = {.author = anna.id, .source = "Which one?"};
	WANT(post_create(t, &d, NULL, NULL, &p) == OK);
	static const char *const open[] = {"https://www.w3.org/ns/activitystreams#Public"};
	struct object o = {.id = "https://a.example/q/1",
		.type = "Question",
		.attributed_to = xi.uri,
		.in_reply_to = p.uri,
		.content = "<p>Let us vote</p>",
		.to = {open, 1},
		.options = options,
		.option_count = 2,
		.voters = 4,
		.end_time = NOW + DAY};
	struct activity create = world_activity(&xi, "https://a.example/q/1/c", "Create", o.id);
	create.object = &o;
	WANT(world_receive(t, &feature_post, &create) == OK && post_by_uri(t, o.id, &a) == OK);
	WANT(a.kind == POST_QUESTION && a.parent == p.id);
	const struct node *page = page_of(t, "anna", p.id);
	WANT(page != NULL && world_count(page, "replies.0.poll.options") == 2
		&& world_number(page, "replies.0.poll.voters") == 4);
	WANT(choose(t, anna.id, a.id, 0) == OK && world_last(t, ACT_VOTE).object == a.id);
	return OK;
}

/* ---- on time --------------------------------------------------------------------------------- */

static uint64_t open_poll;

static enum err opened(struct txn *t, void *arg)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas");
	struct post p = asked(t, anna.id, (struct poll_draft){.closing = true});
	struct viewer nobody = {0};
	WANT(choose(t, bas.id, p.id, 1) == OK);
	open_poll = p.id;
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	post_show(t, v, "post", &p, &nobody);
	WANT(world_number(view_root(v), "post.poll.counts") == 0
		&& world_number(view_root(v), "post.poll.voters") == 0);
	v = view_create(txn_arena(t), VIEW_JSON);
	WANT(post_load(t, p.id, &p) == OK && note_show(t, p.id, v) == OK);
	WANT(strstr(view_json(v).data, "\"totalItems\":1") == NULL);
	return OK;
}

static enum err told(struct txn *t, void *arg)
{
	const size_t *updates = arg;
	WANT(world_lines(t, ACT_UPDATE) == *updates);
	return OK;
}

static enum err told_once(struct txn *t, void *arg)
{
	(void)arg;
	return told(t, &(size_t){1});
}

static enum err told_not_yet(struct txn *t, void *arg)
{
	(void)arg;
	return told(t, &(size_t){0});
}

/* One plain line that begins a conversation is its title; more than that is its words. */
IN_WRITE(a_short_question_is_the_title)
{
	(void)arg;
	struct actor anna = world_person(t, "anna");
	struct post p = asked(t, anna.id, (struct poll_draft){0}), more;
	const struct node *page = page_of(t, "anna", p.id);
	struct bytes html;
	WANT(page != NULL && world_number(page, "titled") == 1
		&& text_is(world_text(page, "heading"), "Shall we?")
		&& text_is(world_text(page, "start.content"), ""));
	page_load();
	WANT(page_render(world.arena, "conversation", page, "nl", &html) == OK);
	WANT(strstr(html.data, ">Shall we?</h1>") && !strstr(html.data, "<h1 class")
		&& !strstr(html.data, "class=\"post-body\"")
		&& !strstr(html.data, "Deze poll is gesloten."));
	struct poll_draft poll = {0};
	struct post_draft d = ask(anna.id, &poll);
	d.source = "Shall we?\n\nIt is *far*.";
	WANT(post_create(t, &d, NULL, NULL, &more) == OK);
	page = page_of(t, "anna", more.id);
	WANT(page != NULL && world_number(page, "titled") == 0
		&& *world_text(page, "start.content") != '\0');
	d.source = "Shall *we*?";
	WANT(post_create(t, &d, NULL, NULL, &more) == OK);
	page = page_of(t, "anna", more.id);
	WANT(page != NULL && world_number(page, "titled") == 0);
	return OK;
}

/* What won is said in words, and so is that nothing did; who looks after it may say what was decided. */
IN_WRITE(a_closed_poll_says_what_won)
{
	(void)arg;
	struct actor anna = world_person(t, "anna"), bas = world_person(t, "bas"),
		     cas = world_person(t, "cas");
	struct post one = asked(t, anna.id, (struct poll_draft){.any_of = true}),
		    two = asked(t, anna.id, (struct poll_draft){.any_of = true}),
		    none = asked(t, anna.id, (struct poll_draft){0});
	WANT(choose(t, bas.id, one.id, 1) == OK && choose(t, bas.id, two.id, 0) == OK
		&& choose(t, cas.id, two.id, 1) == OK);
	const struct node *page = page_of(t, "anna", one.id);
	WANT(page != NULL && world_number(page, "start.poll.won") == 0
		&& world_number(page, "start.poll.options.1.most") == 0);
	time_freeze(NOW + DAY);
	page_load();
	struct bytes html;
	page = page_of(t, "anna", one.id);
	WANT(page != NULL && world_number(page, "start.poll.won") == 1
		&& world_number(page, "start.poll.options.1.most") == 1
		&& world_number(page, "start.poll.options.0.most") == 0);
	WANT(page_render(world.arena, "conversation", page, "nl", &html) == OK);
	WANT(strstr(
		html.data, "De meeste stemmen kreeg: <strong class=\"listed\">No</strong></p>"));
	page = page_of(t, "anna", two.id);
	WANT(page != NULL && world_number(page, "start.poll.tied") == 1
		&& page_render(world.arena, "conversation", page, "nl", &html) == OK
		&& strstr(html.data, "Samen bovenaan:"));
	page = page_of(t, "anna", none.id);
	WANT(page != NULL && world_number(page, "start.poll.tied") == 0
		&& world_number(page, "start.poll.won") == 0
		&& page_render(world.arena, "conversation", page, "nl", &html) == OK
		&& strstr(html.data, "Niemand heeft gestemd."));
	return OK;
}

static enum err closed(struct txn *t, void *arg)
{
	(void)arg;
	struct actor cas = world_person(t, "cas");
	struct extra x = extra_of(t, open_poll);
	struct viewer nobody = {0};
	struct post p;
	WANT(x.closed == NOW + DAY && world_lines(t, ACT_UPDATE) == 2);
	WANT(choose(t, cas.id, open_poll, 0) == ERR_GONE);
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	WANT(post_load(t, open_poll, &p) == OK && p.updated == 0);
	post_show(t, v, "post", &p, &nobody);
	WANT(world_number(view_root(v), "post.poll.counts") == 1
		&& world_number(view_root(v), "post.poll.options.1.percent") == 100);
	WANT(post_remove(t, p.author, p.id, NULL, NULL) == OK);
	struct u64s voters;
	WANT(poll_voters(t, open_poll, 0, 10, &voters) == OK && voters.count == 0);
	return OK;
}

static void it_closes_on_time_and_tells(void **state)
{
	(void)state;
	const struct chore *chore = feature_poll.chores;
	world_run(opened);
	chore->run(world.store, chore->arg);
	world_run(told_not_yet);
	time_freeze(NOW + 4 * MINUTE);
	chore->run(world.store, chore->arg);
	chore->run(world.store, chore->arg);
	world_run(told_once);
	time_freeze(NOW + DAY);
	chore->run(world.store, chore->arg);
	chore->run(world.store, chore->arg);
	world_run(closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_poll_is_a_post_with_answers),
		WORLD_TEST(what_cannot_be_asked_is_refused_in_words),
		WORLD_TEST(each_votes_once),
		WORLD_TEST(of_several_each_counts_once),
		WORLD_TEST(only_who_may_read_and_answer),
		WORLD_TEST(a_note_that_names_an_answer_is_a_vote),
		WORLD_TEST(a_vote_elsewhere_is_told_there),
		WORLD_TEST(an_answer_may_ask),
		WORLD_TEST(an_answer_from_elsewhere_may_ask),
		WORLD_TEST(a_short_question_is_the_title),
		WORLD_TEST(a_closed_poll_says_what_won),
		WORLD_TEST(it_closes_on_time_and_tells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* project.c: tests of projects: roles and who takes them, who sees whom, how one ends, where it came from. */
#include "drafts.h"
#include "project.h"
#include "world.h"

#include <string.h>

static struct actor anna, bas, cas;
static const struct viewer nobody;

static struct call *sent(const char *path, const struct actor *who, const char *const *inputs)
{
	struct viewer *viewer = arena_alloc(world.arena, sizeof *viewer);
	*viewer = world_as(who);
	return world_call(&feature_project, METHOD_POST, path, viewer, inputs);
}

static const char *path_of(uint64_t post, const char *what)
{
	char id[ID_TEXT];
	return arena_format(world.arena, "/p/%s/project%s", id_text(post, id), what);
}

static enum err people(struct txn *t)
{
	anna = world_person(t, "anna");
	bas = world_person(t, "bas");
	cas = world_person(t, "cas");
	(void)world_community(t, "shed", &anna);
	return OK;
}

/* With one driver and two people who carry. */
static struct post begun(struct txn *t, const char *title, const char *reads, const char *more)
{
	struct post p = {0};
	const char *const inputs[] = {arena_format(world.arena, "title=%s", title),
		"text=So that it **lasts**.", "language=en",
		arena_format(world.arena, "reads=%s", reads), "number=0", "role=Driver", "wanted=1",
		"asks=A licence", "number=0", "role=Carrier", "wanted=2", "asks=", more, NULL};
	struct call *call = sent("/c/shed/new/project", &bas, inputs);
	return call->route->write(call, t) == OK
			&& post_load(t, world_last(t, ACT_CREATE).object, &p) == OK
		? p
		: (struct post){0};
}

static enum err helps(struct txn *t, const struct actor *who, uint64_t post, const char *role,
	const char *words, const char *more)
{
	const char *const inputs[] = {arena_format(world.arena, "role=%s", role),
		arena_format(world.arena, "words=%s", words), more, NULL};
	struct call *call = sent(path_of(post, "/help"), who, inputs);
	return call->route->write(call, t);
}

static enum err steps_back(struct txn *t, const struct actor *who, uint64_t post, const char *role)
{
	const char *const inputs[] = {arena_format(world.arena, "role=%s", role), NULL};
	struct call *call = sent(path_of(post, "/back"), who, inputs);
	return call->route->write(call, t);
}

static enum err lets_go(struct txn *t, const struct actor *by, const struct actor *who,
	uint64_t post, const char *role, const char *words, const char **why)
{
	char id[ID_TEXT];
	const char *const inputs[] = {arena_format(world.arena, "role=%s", role),
		arena_format(world.arena, "who=%s", id_text(who->id, id)),
		arena_format(world.arena, "words=%s", words), NULL};
	struct call *call = sent(path_of(post, "/let-go"), by, inputs);
	enum err e = call->route->write(call, t);
	*why = call->refusal.text;
	return e;
}

static enum err asked_to_let_go(struct txn *t, const struct actor *by, const struct actor *who,
	uint64_t post, const char *role, const struct node **page)
{
	char id[ID_TEXT];
	struct viewer viewer = world_as(by);
	const char *const inputs[] = {arena_format(world.arena, "role=%s", role),
		arena_format(world.arena, "who=%s", id_text(who->id, id)), NULL};
	struct call *call = world_call(
		&feature_project, METHOD_GET, path_of(post, "/let-go"), &viewer, inputs);
	return world_read(call, t, page);
}

static enum err decides(struct txn *t, const struct actor *who, uint64_t post, const char *state,
	const char *reason)
{
	const char *const inputs[] = {arena_format(world.arena, "state=%s", state),
		arena_format(world.arena, "reason=%s", reason), NULL};
	struct call *call = sent(path_of(post, "/state"), who, inputs);
	return call->route->write(call, t);
}

static const struct node *list(
	struct txn *t, const struct viewer *viewer, const char *state, const char *role)
{
	const char *const inputs[] = {arena_format(world.arena, "state=%s", state),
		arena_format(world.arena, "role=%s", role), NULL};
	const struct node *page = NULL;
	struct call *call = world_call(
		&feature_project, METHOD_GET, "/@shed/projects", viewer, inputs);
	return world_read(call, t, &page) == OK ? page : NULL;
}

static const struct node *shown(struct txn *t, uint64_t post, const struct viewer *viewer)
{
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	struct post now;
	if (post_load(t, post, &now) != OK)
		return NULL;
	post_show(t, v, "start", &now, viewer);
	return view_root(v);
}

static struct notice newest(struct txn *t, const struct actor *who)
{
	struct u64s ids;
	struct notice n = {0};
	if (notify_list(t, who->id, 0, 1, &ids) != OK || ids.count == 0
		|| notify_load(t, who->id, ids.at[0], &n) != OK)
		return (struct notice){0};
	return n;
}

IN_WRITE(roles_are_taken_until_there_are_enough)
{
	(void)arg;
	WANT(people(t) == OK);
	struct viewer c = world_as(&cas);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	WANT(p.kind == POST_PROJECT);
	const struct node *page = list(t, &nobody, "looking", "");
	WANT(world_count(page, "projects") == 1 && world_count(page, "offered") == 2);
	WANT(helps(t, &cas, p.id, "1", "I have a van.", "x=") == OK);
	WANT(newest(t, &bas).kind == NOTICE_PROJECT_HELP && newest(t, &bas).who == cas.id);
	WANT(text_is(newest(t, &bas).note, "Driver: I have a van."));
	WANT(helps(t, &anna, p.id, "1", "", "x=") == ERR_INVALID);
	WANT(helps(t, &cas, p.id, "1", "Two vans.", "x=") == OK); /* other words: the same place */
	WANT(helps(t, &cas, p.id, "9", "", "x=") == ERR_NOT_FOUND);
	page = shown(t, p.id, &c);
	WANT(world_number(page, "start.project.roles.0.taken") == 1);
	WANT(world_number(page, "start.project.roles.0.helps") == 1);
	WANT(world_number(page, "start.project.roles.1.may_take") == 1);
	page = list(t, &nobody, "looking", "driver");
	WANT(world_count(page, "projects") == 0 && world_count(page, "offered") == 1);
	WANT(world_count(list(t, &nobody, "looking", "carrier"), "projects") == 1);
	WANT(steps_back(t, &cas, p.id, "1") == OK && steps_back(t, &cas, p.id, "1") == OK);
	WANT(world_count(list(t, &nobody, "looking", "DRIVER"), "projects") == 1);
	return OK;
}

IN_WRITE(who_manages_it_lets_a_helper_go_who_hears_it)
{
	(void)arg;
	const char *why;
	const struct node *page;
	WANT(people(t) == OK);
	struct viewer b = world_as(&bas);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	WANT(helps(t, &cas, p.id, "1", "", "x=") == OK
		&& helps(t, &bas, p.id, "2", "", "x=") == OK);
	page = shown(t, p.id, &b);
	WANT(world_number(page, "start.project.helpers.0.another") == 1);
	WANT(world_number(page, "start.project.helpers.1.another") == 0);
	WANT(asked_to_let_go(t, &bas, &cas, p.id, "1", &page) == OK);
	WANT(text_is(world_text(page, "who.title"), "cas")
		&& text_is(world_text(page, "role_name"), "Driver"));
	WANT(lets_go(t, &bas, &cas, p.id, "1", " Thank you. ", &why) == OK);
	WANT(newest(t, &cas).kind == NOTICE_PROJECT_LET_GO && newest(t, &cas).who == bas.id);
	WANT(newest(t, &cas).post == p.id && text_is(newest(t, &cas).note, "Driver: Thank you."));
	struct viewer c = world_as(&cas);
	WANT(world_read(
		     world_call(&feature_notify, METHOD_GET, "/notifications", &c, NULL), t, &page)
			== OK
		&& world_number(page, "notices.0.role") == 1);
	page = shown(t, p.id, &b);
	WANT(world_number(page, "start.project.roles.0.taken") == 0
		&& world_number(page, "start.project.roles.1.taken") == 1);
	WANT(helps(t, &cas, p.id, "1", "", "x=") == OK);          /* again */
	WANT(lets_go(t, &anna, &cas, p.id, "1", "", &why) == OK); /* who moderates */
	WANT(newest(t, &cas).who == anna.id && text_is(newest(t, &cas).note, "Driver"));
	return OK;
}

static const char *words_of(size_t count)
{
	char *words = arena_alloc(world.arena, count + 1);
	memset(words, 'a', count);
	words[count] = '\0';
	return words;
}

IN_WRITE(nobody_is_let_go_in_vain)
{
	(void)arg;
	const char *why;
	const struct node *page;
	struct u64s ids;
	WANT(people(t) == OK);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	WANT(helps(t, &cas, p.id, "1", "", "x=") == OK
		&& helps(t, &bas, p.id, "2", "", "x=") == OK);
	WANT(lets_go(t, &cas, &bas, p.id, "2", "", &why) == ERR_FORBIDDEN);
	WANT(asked_to_let_go(t, &cas, &bas, p.id, "2", &page) == ERR_FORBIDDEN);
	WANT(lets_go(t, &bas, &cas, p.id, "1", words_of(PROJECT_WORDS_MOST + 1), &why)
		== ERR_INVALID);
	WANT(lets_go(t, &bas, &cas, p.id, "9", "", &why) == ERR_NOT_FOUND);
	WANT(lets_go(t, &bas, &cas, p.id, "2", "", &why) == ERR_CONFLICT
		&& text_is(why, "They do not help in this role any more."));
	WANT(asked_to_let_go(t, &bas, &cas, p.id, "2", &page) == ERR_NOT_FOUND);
	WANT(notify_list(t, cas.id, 0, 10, &ids) == OK && ids.count == 0);
	WANT(lets_go(t, &bas, &bas, p.id, "2", "", &why) == OK); /* steps back: no notice */
	WANT(newest(t, &bas).kind == NOTICE_PROJECT_HELP);
	WANT(decides(t, &bas, p.id, "done", "") == OK);
	WANT(lets_go(t, &bas, &cas, p.id, "1", "", &why) == ERR_CONFLICT
		&& text_is(why, "The project is over: its roles ended with it."));
	WANT(asked_to_let_go(t, &bas, &cas, p.id, "1", &page) == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(who_helps_is_seen_by_whom_they_chose)
{
	(void)arg;
	WANT(people(t) == OK);
	struct actor dora = world_person(t, "dora");
	struct viewer b = world_as(&bas), d = world_as(&dora), a = world_as(&anna);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	WANT(helps(t, &cas, p.id, "2", "Strong.", "x=") == OK);
	const struct node *page = shown(t, p.id, &b);
	WANT(text_is(world_text(page, "start.project.helpers.0.title"), "cas"));
	WANT(text_is(world_text(page, "start.project.helpers.0.words"), "Strong."));
	WANT(world_count(shown(t, p.id, &a), "start.project.helpers") == 1); /* who moderates */
	page = shown(t, p.id, &d);
	WANT(world_node(page, "start.project.helpers") == NULL);
	WANT(world_count(page, "start.project.roles.1.names") == 0);
	WANT(world_number(page, "start.project.roles.1.taken") == 1);
	WANT(helps(t, &cas, p.id, "2", "Strong.", "shown=true") == OK);
	WANT(world_count(shown(t, p.id, &d), "start.project.roles.1.names") == 1);
	WANT(world_count(shown(t, p.id, &nobody), "start.project.roles.1.names") == 0);
	return OK;
}

IN_WRITE(who_is_a_member_is_not_told_by_what_everyone_may_read)
{
	(void)arg;
	WANT(people(t) == OK);
	struct actor dora = world_person(t, "dora"), eva = world_person(t, "eva");
	world_member(&cas, 0, 0, 0);
	world_member(&dora, 0, 0, 0);
	struct viewer a = world_as(&anna), b = world_as(&bas), member = world_as(&dora),
		      guest = world_as(&eva);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	p.circles.act = CIRCLE_MEMBERS;
	WANT(post_save(t, &p) == OK && helps(t, &cas, p.id, "2", "", "shown=true") == OK);
	WANT(world_count(shown(t, p.id, &member), "start.project.roles.1.names") == 1
		&& world_count(shown(t, p.id, &a), "start.project.roles.1.names") == 1
		&& world_count(shown(t, p.id, &b), "start.project.roles.1.names") == 1);
	const struct node *page = shown(t, p.id, &guest);
	WANT(world_count(page, "start.project.roles.1.names") == 0
		&& world_number(page, "start.project.roles.1.taken") == 1);
	return OK;
}

IN_WRITE(it_ends_with_a_word_to_who_helps_and_stays)
{
	(void)arg;
	WANT(people(t) == OK);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	WANT(helps(t, &cas, p.id, "1", "", "x=") == OK
		&& helps(t, &cas, p.id, "2", "", "x=") == OK);
	WANT(decides(t, &cas, p.id, "done", "") == ERR_FORBIDDEN);
	WANT(decides(t, &bas, p.id, "stopped", " ") == ERR_INVALID);
	WANT(decides(t, &bas, p.id, "running", "") == OK && newest(t, &cas).kind == 0);
	WANT(decides(t, &anna, p.id, "stopped", "No wood.") == OK);
	WANT(newest(t, &cas).kind == NOTICE_PROJECT_ENDED
		&& text_is(newest(t, &cas).note, "No wood."));
	struct u64s ids;
	WANT(notify_list(t, cas.id, 0, 10, &ids) == OK && ids.count == 1);
	WANT(helps(t, &cas, p.id, "2", "", "x=") == ERR_FORBIDDEN);
	const struct node *page = list(t, &nobody, "stopped", "");
	WANT(text_is(world_text(page, "projects.0.reason"), "No wood."));
	WANT(world_count(page, "offered") == 0);
	WANT(world_count(list(t, &nobody, "looking", ""), "projects") == 0);
	return OK;
}

IN_WRITE(a_reason_for_members_is_not_told_to_more)
{
	(void)arg;
	WANT(people(t) == OK);
	world_member(&bas, 0, 0, 0);
	struct viewer member = world_as(&bas);
	struct circles all = {0};
	struct post p = begun(t, "A bridge", "members", "x=");
	WANT(decides(t, &anna, p.id, "running", "Ed cannot pay.") == OK);
	WANT(text_is(
		world_text(shown(t, p.id, &member), "start.project.reason"), "Ed cannot pay."));
	struct post_draft edit = {
		.author = bas.id, .title = "A bridge", .source = "Hello", .circles = &all};
	WANT(post_edit(t, bas.id, p.id, &edit, NULL, NULL) == OK);
	const struct node *page = shown(t, p.id, &nobody);
	WANT(world_number(page, "start.project.running") == 1);
	WANT(text_is(world_text(page, "start.project.reason"), ""));
	return OK;
}

IN_WRITE(a_role_with_people_in_it_stays)
{
	(void)arg;
	WANT(people(t) == OK);
	struct viewer b = world_as(&bas);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	WANT(helps(t, &cas, p.id, "2", "", "x=") == OK);
	const char *const without[] = {"title=A bridge", "text=Words", "number=1", "role=Driver",
		"wanted=1", "asks=", NULL};
	struct call *call = sent(path_of(p.id, ""), &bas, without);
	WANT(call->route->write(call, t) == ERR_INVALID && text_is(call->refusal.field, "role"));
	const char *const with[] = {"title=A bridge", "text=Words", "number=2", "role=Porter",
		"wanted=3", "asks=Boots", "number=0", "role=Cook", "wanted=1", "asks=", NULL};
	call = sent(path_of(p.id, ""), &bas, with);
	WANT(call->route->write(call, t) == OK);
	const struct node *page = shown(t, p.id, &b);
	WANT(text_is(world_text(page, "start.project.roles.0.name"), "Porter"));
	WANT(world_number(page, "start.project.roles.0.taken") == 1);
	WANT(world_number(page, "start.project.roles.1.number")
		== 3); /* never the number of another */
	const char *const many[] = {"title=A bridge", "text=Words", "number=2", "role=Porter",
		"wanted=0", "asks=", NULL};
	call = sent(path_of(p.id, ""), &bas, many);
	WANT(call->route->write(call, t) == ERR_INVALID);
	WANT(sent(path_of(p.id, ""), &anna, with)
			->route->write(sent(path_of(p.id, ""), &anna, with), t)
		== ERR_FORBIDDEN);
	return OK;
}

IN_WRITE(what_is_for_members_is_for_members)
{
	(void)arg;
	WANT(people(t) == OK);
	world_member(&bas, 0, 0, 0);
	struct viewer member = world_as(&bas), guest = world_as(&cas);
	struct post p = begun(t, "A secret", "members", "acts=members");
	WANT(world_count(list(t, &member, "looking", ""), "projects") == 1);
	const struct node *page = list(t, &guest, "looking", "");
	WANT(world_count(page, "projects") == 0 && world_count(page, "offered") == 0);
	WANT(helps(t, &cas, p.id, "1", "", "x=") == ERR_NOT_FOUND);
	return OK;
}

IN_WRITE(an_idea_becomes_a_project)
{
	(void)arg;
	char id[ID_TEXT];
	WANT(people(t) == OK);
	struct viewer *viewer = arena_alloc(world.arena, sizeof *viewer);
	*viewer = world_as(&bas);
	const char *const inputs[] = {"title=A garden", "text=With benches.", "language=en", NULL};
	struct call *call = world_call(
		&feature_idea, METHOD_POST, "/c/shed/new/idea", viewer, inputs);
	WANT(call->route->write(call, t) == OK);
	uint64_t idea = world_last(t, ACT_CREATE).object;
	const char *const from[] = {arena_format(world.arena, "idea=%s", id_text(idea, id)), NULL};
	const struct node *page;
	call = world_call(&feature_project, METHOD_GET, "/c/shed/new/project", viewer, from);
	WANT(world_read(call, t, &page) == OK && text_is(world_text(page, "is.title"), "A garden"));
	struct post p = begun(t, "The garden", "everyone", from[0]);
	WANT(text_is(world_text(shown(t, p.id, &nobody), "start.project.idea.words"), "A garden"));
	WANT(text_is(
		world_text(shown(t, idea, &nobody), "start.idea.projects.0.words"), "The garden"));
	WANT(post_remove(t, bas.id, p.id, NULL, NULL) == OK);
	WANT(world_count(shown(t, idea, &nobody), "start.idea.projects") == 0);
	return OK;
}

/* Also what is not filled in keeps its row. */
IN_WRITE(a_draft_has_its_roles_as_they_were)
{
	(void)arg;
	WANT(people(t) == OK);
	const struct node *page;
	struct viewer b = world_as(&bas);
	const char *const inputs[] = {"title=A bridge", "text=Words", "number=0", "role=Driver",
		"wanted=1", "asks=", "number=0", "role=Carrier", "wanted=2", "asks=Boots", NULL};
	struct call *call = sent("/c/shed/new/project", &bas, inputs);
	WANT(call->route->drafts && drafts_kept.keep(call, t) == OK);
	call = world_call(&feature_drafts, METHOD_GET, "/drafts", &b, (const char *const[]){NULL});
	WANT(world_read(call, t, &page) == OK);
	WANT(text_is(world_text(page, "drafts.0.kind"), "Project"));
	const char *const draft[] = {
		arena_format(world.arena, "draft=%s", world_text(page, "drafts.0.id")), NULL};
	call = world_call(&feature_project, METHOD_GET, "/c/shed/new/project", &b, draft);
	WANT(drafts_kept.open(call, t) == OK && world_read(call, t, &page) == OK);
	WANT(text_is(world_text(page, "is.title"), "A bridge"));
	WANT(text_is(world_text(page, "rows.0.name"), "Driver")
		&& text_is(world_text(page, "rows.0.asks"), ""));
	WANT(text_is(world_text(page, "rows.1.asks"), "Boots")
		&& world_number(page, "rows.1.wanted") == 2);
	return OK;
}

IN_WRITE(who_leaves_helps_no_longer)
{
	(void)arg;
	WANT(people(t) == OK);
	struct viewer b = world_as(&bas);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	WANT(helps(t, &cas, p.id, "1", "", "x=") == OK);
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	struct own_view own = {cas.id, "en", 10, &(bool){false}};
	WANT(feature_project.personal->show(t, v, &own) == OK);
	WANT(text_is(world_text(view_root(v), "helping.0.role"), "Driver"));
	struct leaver leaver = {.actor = cas.id, .keep = KEEP_ALL};
	struct place at = {0};
	WANT(feature_project.personal->forget(t, &leaver, &at) == OK);
	WANT(world_number(shown(t, p.id, &b), "start.project.roles.0.taken") == 0);
	return OK;
}

IN_WRITE(other_nodes_read_the_roles_and_no_names)
{
	(void)arg;
	WANT(people(t) == OK);
	struct post p = begun(t, "A bridge", "everyone", "x=");
	WANT(helps(t, &cas, p.id, "1", "Van", "shown=true") == OK);
	time_freeze(NOW + HOUR);
	WANT(decides(t, &bas, p.id, "running", "Wood & nails are here.") == OK);
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	const json_node *o;
	char now[TIME_ISO];
	time_iso(NOW + HOUR, now);
	WANT(note_show(t, p.id, v) == OK);
	struct bytes said = view_json(v);
	WANT(memmem(said.data, said.size, "cas", 3) == NULL);
	WANT(json_read(txn_arena(t), said, NULL, &o) == OK);
	WANT(text_is(json_text(json_member(o, "type")), "Page"));
	WANT(text_is(json_text(json_member(o, "summary")),
		"Running: Wood & nails are here. · Driver (1), Carrier (2) · So that it lasts."));
	WANT(text_starts(json_text(json_member(o, "content")),
		"<p><strong>Running: Wood &amp; nails are here.</strong></p><p>So that it <strong>lasts</strong>.</p>"
		"<p><strong>Roles wanted</strong></p><ul><li>Driver (1): A licence</li><li>Carrier (2)</li></ul>"));
	WANT(text_is(json_text(json_member(o, "updated")), now));
	return OK;
}

int main(void)
{
	page_load();
	const struct CMUnitTest tests[] = {
		WORLD_TEST(roles_are_taken_until_there_are_enough),
		WORLD_TEST(who_manages_it_lets_a_helper_go_who_hears_it),
		WORLD_TEST(nobody_is_let_go_in_vain),
		WORLD_TEST(who_helps_is_seen_by_whom_they_chose),
		WORLD_TEST(who_is_a_member_is_not_told_by_what_everyone_may_read),
		WORLD_TEST(it_ends_with_a_word_to_who_helps_and_stays),
		WORLD_TEST(a_reason_for_members_is_not_told_to_more),
		WORLD_TEST(a_role_with_people_in_it_stays),
		WORLD_TEST(what_is_for_members_is_for_members),
		WORLD_TEST(an_idea_becomes_a_project),
		WORLD_TEST(a_draft_has_its_roles_as_they_were),
		WORLD_TEST(who_leaves_helps_no_longer),
		WORLD_TEST(other_nodes_read_the_roles_and_no_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

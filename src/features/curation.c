/* curation.c: the pages on which a core team decides what of other sites is placed, and which feeds are read (curated.c). */
#include "compose.h"
#include "curated.h"

#define SHOWN 20

/* ---- what waits, and what was not placed -------------------------------------------------------- */

static enum curated_state shown_state(const struct call *call)
{
	return call_input(call, "show") != NULL ? CURATED_NOT_PLACED : CURATED_WAITS;
}

static void show_item(struct call *call, struct txn *t, struct view *v, uint64_t community,
	enum curated_state state, uint64_t id)
{
	struct curated_item i;
	struct curated_feed f;
	char number[ID_TEXT];
	if (curated_item_load(t, community, state, id, &i) != OK
		|| curated_feed_load(t, community, i.feed, &f) != OK)
		return;
	bool ticked = false;
	const char *said;
	for (size_t n = 0; (said = call_input_nth(call, "item", n)) != NULL; n++)
		ticked = ticked || text_is(said, id_text(id, number));
	view_begin(v, NULL);
	view_id(v, "id", id);
	view_text(v, "title", i.title);
	view_text(v, "summary", i.summary != NULL ? i.summary : "");
	view_text(v, "link", i.link);
	view_text(v, "lang", i.language != NULL ? i.language : f.said != NULL ? f.said : "");
	view_text(v, "source", f.title);
	view_time(v, "at", i.published != 0 ? i.published : id_time(i.id));
	view_flag(v, "ticked", ticked);
	view_end(v);
}

static enum err items_show(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	struct u64s ids, feeds;
	enum curated_state state = shown_state(call);
	uint64_t before = call_input_id(call, "before");
	enum err e = community_of_core(call, t, &a);
	if (e == OK)
		e = community_head_show(call, t, v, &a);
	if (e == OK)
		e = curated_list(t, a.id, state, before, SHOWN + 1, &ids);
	if (e == OK)
		e = curated_feeds(t, a.id, &feeds);
	if (e != OK)
		return e;
	bool more = ids.count > SHOWN;
	ids.count = more ? SHOWN : ids.count;
	view_flag(v, "on_curated", true);
	view_text(v, "own_path", actor_path(call->arena, &a));
	view_flag(v, "not_placed", state == CURATED_NOT_PLACED);
	view_flag(v, "no_feeds", feeds.count == 0);
	view_flag(v, "nothing", ids.count == 0);
	view_flag(v, "full", curated_waiting(t, a.id) == CURATED_FULL);
	view_list(v, "items");
	for (size_t i = 0; i < ids.count; i++)
		show_item(call, t, v, a.id, state, ids.at[i]);
	view_list_end(v);
	view_flag(v, "later_page", before != 0);
	if (more)
		view_id(v, "older", ids.at[SHOWN - 1]);
	return OK;
}

enum choice { CHOICE_PLACE, CHOICE_REFUSE, CHOICE_BACK };

static enum err decide_one(
	struct call *call, struct txn *t, uint64_t community, enum choice choice, uint64_t id)
{
	struct post p;
	if (choice == CHOICE_PLACE)
		return curated_place(t, call->viewer.actor, community, id, &call->refusal, &p);
	return curated_decide(
		t, community, id, choice == CHOICE_BACK ? CURATED_WAITS : CURATED_NOT_PLACED);
}

static enum choice choice_of(const struct call *call)
{
	const char *what = call_input(call, "what");
	return text_is(what, "place")   ? CHOICE_PLACE
		: text_is(what, "back") ? CHOICE_BACK
					: CHOICE_REFUSE;
}

static void tell(struct call *call, enum choice choice, size_t count)
{
	if (count == 0)
		reply_notice(call, "Somebody else decided on it just before you.");
	else if (choice == CHOICE_REFUSE)
		reply_notice(call, "It is not placed. You find it under 'Not placed' for a month.");
	else if (choice == CHOICE_BACK)
		reply_notice(call, "It waits again.");
	else
		reply_notice(
			call, count == 1 ? "Your message is placed." : "Your messages are placed.");
}

/* What somebody else decided on meanwhile is left as it is. */
static enum err items_write(struct call *call, struct txn *t)
{
	struct actor a;
	enum choice choice = choice_of(call);
	size_t count = 0, n = 0;
	const char *said;
	enum err e = community_of_core(call, t, &a);
	for (; e == OK && n < SHOWN && (said = call_input_nth(call, "item", n)) != NULL; n++) {
		uint64_t id;
		e = text_to_u64(said, &id) ? decide_one(call, t, a.id, choice, id) : ERR_NOT_FOUND;
		count += e == OK;
		e = e == ERR_NOT_FOUND ? OK : e;
	}
	if (e == ERR_FORBIDDEN && n > 0)
		return refuse(&call->refusal, NULL,
			"You may not begin conversations in this community, so you cannot place this.");
	if (e == OK && n == 0)
		return refuse(&call->refusal, NULL, "Tick first what this is about.");
	if (e != OK)
		return e;
	tell(call, choice, count);
	reply_see_other(call,
		arena_format(call->arena, "%s/curated%s", actor_path(call->arena, &a),
			choice == CHOICE_BACK ? "?show=not-placed" : ""));
	return OK;
}

/* ---- the feeds ---------------------------------------------------------------------------------- */

static void show_feed(struct view *v, const struct curated_feed *f)
{
	bool good = f->failures == 0;
	view_begin(v, NULL);
	view_id(v, "id", f->id);
	view_text(v, "title", f->title);
	view_text(v, "address", f->address);
	view_text(v, "link", f->link != NULL ? f->link : f->address);
	view_time(v, "read_at", f->read);
	view_flag(v, "good", good);
	view_flag(v, "stopped", f->next == 0);
	view_time(v, "next", good ? 0 : f->next);
	view_flag(v, "away", f->how == CURATED_AWAY);
	view_flag(v, "not_there", f->how == CURATED_NOT_THERE);
	view_flag(v, "gone", f->how == CURATED_GONE);
	view_flag(v, "refuses", f->how == CURATED_REFUSED);
	view_flag(v, "too_large", f->how == CURATED_TOO_LARGE);
	view_flag(v, "no_feed", f->how == CURATED_NO_FEED);
	view_flag(v, "as_it_says", f->language == NULL);
	view_text(v, "says", f->said != NULL ? f->said : "");
	compose_languages(NULL, v, f->language != NULL ? f->language : "");
	view_end(v);
}

enum err curation_feeds_show(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	struct u64s ids;
	struct curated_feed f;
	enum err e = community_of_core(call, t, &a);
	if (e == OK)
		e = community_head_show(call, t, v, &a);
	if (e == OK)
		e = curated_feeds(t, a.id, &ids);
	if (e != OK)
		return e;
	view_flag(v, "on_curated", true);
	view_flag(v, "on_feeds", true);
	view_text(v, "own_path", actor_path(call->arena, &a));
	view_flag(v, "no_feeds", ids.count == 0);
	view_flag(v, "may_add", ids.count < CURATED_FEEDS);
	view_list(v, "feeds");
	for (size_t i = 0; i < ids.count; i++)
		if (curated_feed_load(t, a.id, ids.at[i], &f) == OK)
			show_feed(v, &f);
	view_list_end(v);
	compose_languages(call, v, "");
	return OK;
}

struct adding {
	struct call *call;
	const struct curated_answer *answer;
};

static enum err may_run(struct txn *t, void *arg)
{
	struct actor a;
	return community_of_core(arg, t, &a);
}

enum err curation_may(struct call *call)
{
	return store_read(call->store, may_run, call);
}

static const char *language_chosen(const struct call *call)
{
	const char *said = call_input(call, "language");
	for (size_t i = 0; i < COUNT(post_languages); i++)
		if (text_is(said, post_languages[i][0]))
			return post_languages[i][0];
	return NULL; /* as the feed says */
}

static enum err add_run(struct txn *t, void *arg)
{
	const struct adding *x = arg;
	struct actor a;
	struct curated_feed f;
	enum err e = community_of_core(x->call, t, &a);
	return e == OK
		? curated_add(t, a.id, language_chosen(x->call), x->answer, &x->call->refusal, &f)
		: e;
}

static enum err to_feeds(struct call *call, const char *notice)
{
	reply_notice(call, notice);
	reply_see_other(
		call, arena_format(call->arena, "/@%s/curated/feeds", call_part(call, "name")));
	return OK;
}

enum err curation_add(struct call *call, const struct curated_answer *a)
{
	struct adding x = {call, a};
	struct refusal *why = &call->refusal;
	switch (a->how) {
	case CURATED_READ:
		break;
	case CURATED_AWAY:
	case CURATED_SAME:
		return refuse(
			why, "address", "That site does not answer now. Is the address right?");
	case CURATED_NOT_THERE:
	case CURATED_GONE:
		return refuse(why, "address", "There is nothing at this address.");
	case CURATED_REFUSED:
		return refuse(why, "address",
			"This address cannot be read from here. It has to begin with https:// and be open to everyone.");
	case CURATED_TOO_LARGE:
		return refuse(why, "address", "What stands there is too large.");
	case CURATED_NO_FEED:
		return refuse(why, "address",
			"No feed is found there: no RSS or Atom, and no page that names one.");
	}
	enum err e = store_write(call->store, add_run, &x);
	if (e == ERR_CONFLICT)
		return refuse(why, "address", "This community reads this feed already.");
	return e == OK ? to_feeds(call, "This feed is read from now on.") : e;
}

static enum err end_write(struct call *call, struct txn *t)
{
	struct actor a;
	enum err e = community_of_core(call, t, &a);
	if (e == OK)
		e = curated_end(t, a.id, call_part_id(call, "id"));
	return e == OK ? to_feeds(call, "This feed is read no more.") : e;
}

static enum err again_write(struct call *call, struct txn *t)
{
	struct actor a;
	enum err e = community_of_core(call, t, &a);
	if (e == OK)
		e = curated_again(t, a.id, call_part_id(call, "id"));
	return e == OK ? to_feeds(call, "This feed is read again within a minute.") : e;
}

static enum err language_write(struct call *call, struct txn *t)
{
	struct actor a;
	enum err e = community_of_core(call, t, &a);
	if (e == OK)
		e = curated_speaks(t, a.id, call_part_id(call, "id"), language_chosen(call));
	return e == OK ? to_feeds(call, "Saved.") : e;
}

static const struct route routes[] = {
	{METHOD_GET, "/@{name}/curated", SIGNED_IN, .read = items_show, .page = "curated",
		.takes = {{"show", INPUT_CHOICE, .choices = "not-placed", .label = "Which"},
			{"before", INPUT_ID, .label = "Older"}}},
	{METHOD_POST, "/@{name}/curated", SIGNED_IN, .write = items_write, .page = "curated",
		.form = items_show,
		.takes = {{"what", INPUT_CHOICE, .required = true, .choices = "place|refuse|back",
			.label = "What becomes of it"}}},
	{METHOD_GET, "/@{name}/curated/feeds", SIGNED_IN, .read = curation_feeds_show,
		.page = "curated-feeds"},
	{METHOD_POST, "/@{name}/curated/feeds/{id}/end", SIGNED_IN, .write = end_write},
	{METHOD_POST, "/@{name}/curated/feeds/{id}/again", SIGNED_IN, .write = again_write,
		.per_minute = 20},
	{METHOD_POST, "/@{name}/curated/feeds/{id}/language", SIGNED_IN, .write = language_write,
		.takes = {{"language", INPUT_LINE, .max = 35, .label = "Language"}}},
	{0},
};
const struct feature feature_curated = {
	.name = "curated", .routes = routes, .tables = curated_tables, .chores = curated_chores};

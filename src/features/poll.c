/* poll.c: a post that asks: options, one vote of each person here and elsewhere, an end, and its result. */
#include "compose.h"

#include <string.h>

#define OPTIONS_LEAST 2
#define OPTIONS_MOST 10  /* of a poll of here: what a phone shows at once */
#define OPTIONS_OPEN 4   /* of the form; the rest is folded away */
#define OPTIONS_ASKED 50 /* inputs that are looked at, empty ones too */
#define DAYS_USUAL 7
#define TOLD_AFTER (3 * MINUTE) /* how old a vote is when other nodes hear the numbers again */
#define TOLD_AT_ONCE 100
#define VOTERS_AT_ONCE 1000

static const struct field vote_fields[] = {
	{1, F_U64, offsetof(struct vote, post), 0},
	{2, F_U64, offsetof(struct vote, actor), 0},
	{3, F_U64S, offsetof(struct vote, chosen), POST_OPTIONS},
	{4, F_I64, offsetof(struct vote, at), 0},
};
const struct shape vote_shape = {"vote", sizeof(struct vote), vote_fields, COUNT(vote_fields)};

bool poll_is_closed(const struct extra *x)
{
	return x->closed != 0 || (x->end_time != 0 && x->end_time <= time_now());
}

bool poll_shows_counts(const struct extra *x)
{
	return !x->closing || poll_is_closed(x);
}

enum err poll_voters(struct txn *t, uint64_t post, uint64_t after, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_VOTE, post, after, false, max, out);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool is_twice(const struct option *all, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_fold(all[i].name, name))
			return true;
	return false;
}

enum err poll_write(
	struct txn *t, const struct poll_draft *d, struct refusal *why, struct extra *out)
{
	struct arena *arena = txn_arena(t);
	struct option *all = arena_array(arena, OPTIONS_MOST, sizeof *all);
	size_t count = 0;
	for (size_t i = 0; i < d->options.count; i++) {
		const char *name = text_trim(arena, d->options.at[i]);
		if (*name == '\0')
			continue;
		if (count == OPTIONS_MOST)
			return refuse(why, "option", "A poll has at most 10 answers.");
		if (text_count(name) > POLL_OPTION_MOST)
			return refuse(why, "option", "An answer has at most 100 signs.");
		if (is_twice(all, count, name))
			return refuse(why, "option", "Two answers are the same.");
		all[count++].name = name;
	}
	if (count < OPTIONS_LEAST)
		return refuse(why, "option", "Give at least two answers to choose from.");
	if (d->end_time <= time_now())
		return refuse(why, "days", "Choose how long the poll is open.");
	out->options = all;
	out->option_count = count;
	out->any_of = d->any_of;
	out->closing = d->closing;
	out->end_time = d->end_time;
	return OK;
}

/* A poll of here closes on time. */
static enum err enter(struct txn *t, const struct post *p, const struct object *said)
{
	struct extra x;
	extra_read(txn_arena(t), p->extra, &x);
	if (said != NULL || x.closed != 0)
		return OK;
	struct place place = place_2(TABLE_POLL_END, (uint64_t)x.end_time, p->id);
	return txn_put(t, &place, (struct bytes){"\1", 1});
}

static enum err end(struct txn *t, const struct post *p)
{
	struct extra x;
	struct u64s voters = {.count = VOTERS_AT_ONCE};
	extra_read(txn_arena(t), p->extra, &x);
	struct place news = place_1(TABLE_POLL_NEWS, p->id);
	struct place ends = place_2(TABLE_POLL_END, (uint64_t)x.end_time, p->id);
	enum err e = txn_del(t, &news);
	if (e == OK)
		e = txn_del(t, &ends);
	while (e == OK && voters.count == VOTERS_AT_ONCE) {
		e = poll_voters(t, p->id, 0, VOTERS_AT_ONCE, &voters);
		for (size_t i = 0; e == OK && i < voters.count; i++) {
			struct place place = place_2(TABLE_VOTE, p->id, voters.at[i]);
			e = txn_del(t, &place);
		}
	}
	return e;
}

/* ---- voting ---------------------------------------------------------------------------------- */

static enum err vote_load(struct txn *t, uint64_t who, uint64_t post, struct vote *out)
{
	struct place place = place_2(TABLE_VOTE, post, who);
	return txn_load(t, &place, &vote_shape, out);
}

static bool chose(const struct u64s *chosen, uint64_t option)
{
	for (size_t i = 0; i < chosen->count; i++)
		if (chosen->at[i] == option)
			return true;
	return false;
}

/* Counts on the poll: `by` is 1 or -1 for each option, `voters` for the person. */
static enum err count(struct txn *t, struct post *p, struct extra *x, const struct u64s *chosen,
	int64_t by, int64_t voters)
{
	struct option *options = arena_array(txn_arena(t), x->option_count, sizeof *options);
	for (size_t i = 0; i < x->option_count; i++) {
		options[i] = x->options[i];
		if (chose(chosen, i) && options[i].votes + by >= 0)
			options[i].votes += by;
	}
	x->options = options;
	x->voters = x->voters + voters >= 0 ? x->voters + voters : 0;
	p->extra = extra_write(txn_arena(t), x);
	return post_save(t, p);
}

/* Other nodes hear of new numbers some minutes later, and once for all votes until then. */
static enum err news(struct txn *t, const struct post *p)
{
	struct bytes there;
	struct place place = place_1(TABLE_POLL_NEWS, p->id);
	enum err e = txn_get(t, &place, &there);
	return e == ERR_NOT_FOUND ? txn_put_id(t, &place, (uint64_t)time_now()) : e;
}

static enum err may_vote(
	struct txn *t, uint64_t who, uint64_t post, struct post *p, struct extra *x)
{
	struct viewer viewer = {.actor = who};
	enum err e = post_load(t, post, p);
	if (e == OK && (p->kind != POST_QUESTION || !circle_may_read(t, &viewer, p)))
		e = ERR_NOT_FOUND;
	if (e != OK)
		return e;
	extra_read(txn_arena(t), p->extra, x);
	if (p->gone || poll_is_closed(x))
		return ERR_GONE;
	return circle_may_reply(t, who, p) ? OK : ERR_FORBIDDEN;
}

/* The options that are new in `chosen`, each once. */
static enum err fresh(struct txn *t, const struct extra *x, const struct u64s *chosen,
	const struct vote *before, struct u64s *out)
{
	uint64_t *at = arena_array(txn_arena(t), x->option_count, sizeof *at);
	struct u64s some = {at, 0};
	for (size_t i = 0; i < chosen->count; i++) {
		if (chosen->at[i] >= x->option_count)
			return ERR_INVALID;
		if (!chose(&before->chosen, chosen->at[i]) && !chose(&some, chosen->at[i]))
			at[some.count++] = chosen->at[i];
	}
	bool voted = before->chosen.count > 0;
	if (chosen->count == 0 || (!x->any_of && some.count > 1))
		return ERR_INVALID;
	if ((voted && !x->any_of) || some.count == 0)
		return ERR_CONFLICT;
	*out = some;
	return OK;
}

static enum err keep_vote(struct txn *t, uint64_t who, uint64_t post, const struct vote *before,
	const struct u64s *some)
{
	size_t had = before->chosen.count;
	uint64_t *at = arena_array(txn_arena(t), had + some->count, sizeof *at);
	for (size_t i = 0; i < had + some->count; i++)
		at[i] = i < had ? before->chosen.at[i] : some->at[i - had];
	struct vote v = {
		.post = post, .actor = who, .chosen = {at, had + some->count}, .at = time_now()};
	struct place place = place_2(TABLE_VOTE, post, who);
	return txn_save(t, &place, &vote_shape, &v);
}

/* A poll of another node hears each choice as a note that names it (protocol.md §6.4). */
static enum err tell(struct txn *t, uint64_t who, const struct post *p, const struct extra *x,
	const struct u64s *some)
{
	enum err e = OK;
	for (size_t i = 0; e == OK && i < some->count; i++) {
		struct line line = {.act = ACT_VOTE,
			.actor = who,
			.object = p->id,
			.note = x->options[some->at[i]].name};
		e = act_journal(t, NULL, &line, NULL);
	}
	return e;
}

enum err poll_vote(struct txn *t, uint64_t who, uint64_t post, const struct u64s *chosen,
	const struct origin *origin)
{
	struct post p;
	struct extra x;
	struct actor author;
	struct vote before = {0};
	struct u64s some;
	enum err e = may_vote(t, who, post, &p, &x);
	if (e == OK)
		e = actor_load(t, p.author, &author);
	if (e == OK && origin != NULL && (origin->via != 0 || !author.local))
		e = ERR_FORBIDDEN; /* a vote is between two nodes: its person's and the poll's */
	if (e == OK && (e = vote_load(t, who, post, &before)) == ERR_NOT_FOUND)
		e = OK;
	if (e == OK)
		e = fresh(t, &x, chosen, &before, &some);
	if (e == OK)
		e = keep_vote(t, who, post, &before, &some);
	if (e == OK)
		e = count(t, &p, &x, &some, 1, before.chosen.count == 0);
	if (e != OK)
		return e;
	return author.local ? news(t, &p) : tell(t, who, &p, &x, &some);
}

enum err poll_unvote(struct txn *t, uint64_t who, uint64_t post)
{
	struct post p;
	struct extra x;
	struct actor voter, author;
	struct vote v;
	enum err e = may_vote(t, who, post, &p, &x);
	if (e == OK)
		e = vote_load(t, who, post, &v);
	if (e == OK)
		e = actor_load(t, who, &voter);
	if (e == OK)
		e = actor_load(t, p.author, &author);
	if (e == OK && (!voter.local || !author.local))
		e = ERR_FORBIDDEN; /* other nodes know of no vote taken back */
	struct place place = place_2(TABLE_VOTE, post, who);
	if (e == OK)
		e = txn_del(t, &place);
	if (e == OK)
		e = count(t, &p, &x, &v.chosen, -1, -1);
	return e == OK ? news(t, &p) : e;
}

/* ---- other nodes ----------------------------------------------------------------------------- */

/* A note that has a name and no words, in answer to a poll, is a vote. */
static enum err receive_vote(struct txn *t, const struct activity *a)
{
	struct post p;
	struct extra x;
	struct origin origin = {a->id, a->raw, a->via};
	const struct object *o = a->object;
	if (o == NULL || o->name == NULL || o->content != NULL || o->in_reply_to == NULL)
		return ERR_NOT_FOUND;
	enum err e = post_by_uri(t, o->in_reply_to, &p);
	if (e != OK || p.kind != POST_QUESTION)
		return e == OK ? ERR_NOT_FOUND : e;
	if (o->attributed_to != NULL && !text_is(o->attributed_to, a->actor))
		return ERR_FORBIDDEN;
	extra_read(txn_arena(t), p.extra, &x);
	for (uint64_t i = 0; i < x.option_count; i++)
		if (strcmp(x.options[i].name, o->name) == 0)
			return poll_vote(t, a->actor_id, p.id, &(struct u64s){&i, 1}, &origin);
	return ERR_INVALID;
}

static const struct verb verbs[] = {{"Create", "Note", receive_vote}, {0}};

static void object(struct txn *t, struct view *v, const struct post *p)
{
	struct extra x;
	extra_read(txn_arena(t), p->extra, &x);
	bool counts = poll_shows_counts(&x);
	view_list(v, x.any_of ? "anyOf" : "oneOf");
	for (size_t i = 0; i < x.option_count; i++) {
		view_begin(v, NULL);
		view_text(v, "type", "Note");
		view_text(v, "name", x.options[i].name);
		view_begin(v, "replies");
		view_text(v, "type", "Collection");
		view_number(v, "totalItems", counts ? x.options[i].votes : 0);
		view_end(v);
		view_end(v);
	}
	view_list_end(v);
	view_number(v, "votersCount", x.voters);
	view_time(v, "endTime", x.end_time);
	view_time(v, "closed", x.closed);
}

/* ---- on time --------------------------------------------------------------------------------- */

static enum err say_again(struct txn *t, const struct post *p)
{
	struct place place = place_1(TABLE_POLL_NEWS, p->id);
	struct line line = {
		.act = ACT_UPDATE, .actor = p->author, .object = p->id, .target = p->community};
	enum err e = txn_del(t, &place);
	return e == OK ? act_journal(t, NULL, &line, NULL) : e;
}

static enum err close_one(struct txn *t, uint64_t id)
{
	struct post p;
	struct extra x;
	enum err e = post_load(t, id, &p);
	if (e != OK || p.gone)
		return e == ERR_NOT_FOUND ? OK : e;
	extra_read(txn_arena(t), p.extra, &x);
	x.closed = x.end_time;
	p.extra = extra_write(txn_arena(t), &x);
	e = post_save(t, &p);
	return e == OK ? say_again(t, &p) : e;
}

static enum err close_due(struct txn *t, void *arg)
{
	(void)arg;
	return due_take(t, TABLE_POLL_END, DUE_MOST, close_one);
}

struct news {
	uint64_t ids[TOLD_AT_ONCE];
	size_t count;
};

static enum err is_news(void *arg, struct bytes key, struct bytes value)
{
	struct news *old = arg;
	if ((int64_t)place_id_at(value, 0) <= time_now() - TOLD_AFTER)
		old->ids[old->count++] = place_id(key, 0);
	return OK;
}

static enum err tell_news(struct txn *t, void *arg)
{
	(void)arg;
	struct post p;
	struct news *old = arena_alloc(txn_arena(t), sizeof *old);
	struct walk w = {.prefix = place_0(TABLE_POLL_NEWS), .max = TOLD_AT_ONCE};
	enum err e = txn_walk(t, &w, is_news, old);
	for (size_t i = 0; e == OK && i < old->count; i++) {
		e = post_load(t, old->ids[i], &p);
		if (e == OK)
			e = say_again(t, &p);
	}
	return e;
}

static void on_time(struct store *store, void *arg)
{
	(void)arg;
	enum err e = store_write(store, close_due, NULL);
	if (e == OK)
		e = store_write(store, tell_news, NULL);
	if (e != OK)
		log_line(LOG_WARN, "poll", "error=%s", err_name(e));
}

static const struct chore chores[] = {{"poll", 20 * SECOND, on_time, NULL}, {0}};

/* ---- pages ----------------------------------------------------------------------------------- */

/* What won, once it is closed; what nobody chose did not. */
static int64_t most_votes(struct view *v, const struct extra *x)
{
	int64_t most = 1;
	size_t with = 0;
	for (size_t i = 0; i < x->option_count; i++)
		most = x->options[i].votes > most ? x->options[i].votes : most;
	for (size_t i = 0; i < x->option_count; i++)
		with += x->options[i].votes == most;
	view_flag(v, "won", with == 1);
	view_flag(v, "tied", with > 1);
	return most;
}

static void show_options(struct view *v, const struct extra *x, const struct vote *mine)
{
	int64_t all = 0, most = poll_is_closed(x) ? most_votes(v, x) : INT64_MAX;
	for (size_t i = 0; i < x->option_count; i++)
		all += x->options[i].votes;
	all = x->any_of ? x->voters : all;
	view_list(v, "options");
	for (size_t i = 0; i < x->option_count; i++) {
		int64_t votes = x->options[i].votes;
		view_begin(v, NULL);
		view_number(v, "number", (int64_t)i);
		view_text(v, "words", x->options[i].name);
		view_flag(v, "most", votes == most);
		view_number(v, "votes", votes);
		view_number(v, "percent", all > 0 && votes <= all ? votes * 100 / all : 0);
		view_flag(v, "chosen", chose(&mine->chosen, i));
		view_end(v);
	}
	view_list_end(v);
}

static bool waits_for(struct txn *t, const struct post *p, const struct viewer *viewer)
{
	struct extra x;
	struct vote mine;
	extra_read(txn_arena(t), p->extra, &x);
	return viewer->local && !poll_is_closed(&x) && circle_may_reply(t, viewer->actor, p)
		&& vote_load(t, viewer->actor, p->id, &mine) != OK;
}

static const char *step(struct txn *t, const struct post *p, const struct viewer *viewer)
{
	return waits_for(t, p, viewer) ? "Vote" : NULL;
}

static void page(struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct extra x;
	struct actor author;
	struct vote mine = {0};
	extra_read(txn_arena(t), p->extra, &x);
	bool closed = poll_is_closed(&x);
	bool voted = viewer->local && vote_load(t, viewer->actor, p->id, &mine) == OK;
	bool here = actor_load(t, p->author, &author) == OK && author.local;
	view_begin(v, "poll");
	view_flag(v, "closed", closed);
	view_flag(v, "any_of", x.any_of);
	view_flag(v, "may_vote", waits_for(t, p, viewer));
	view_flag(v, "voted", voted);
	view_flag(v, "may_unvote", voted && here && !closed);
	view_flag(v, "counts", poll_shows_counts(&x));
	view_flag(v, "ends", x.end_time != 0);
	view_time(v, "end_time", x.end_time);
	view_number(v, "voters", x.voters);
	show_options(v, &x, &mine);
	view_end(v);
}

static const struct detail details[] = {
	{POST_QUESTION, enter, end, page, object, .heard_by = poll_voters, .step = step},
	{0},
};

/* ---- forms ----------------------------------------------------------------------------------- */

void poll_form_show(struct call *call, struct view *v, bool needed)
{
	static const int days[] = {1, 3, 7, 14, 30};
	struct poll_draft draft;
	bool many = false;
	poll_form_read(call, &draft);
	view_flag(v, "asks_poll", draft.options.count > 0);
	view_list(v, "answers");
	for (size_t i = 0; i < OPTIONS_MOST; i++) {
		const char *said = call_input_nth(call, "option", i);
		many = many || (i >= OPTIONS_OPEN && said != NULL && *said != '\0');
		view_begin(v, NULL);
		view_number(v, "number", (int64_t)i + 1);
		view_text(v, "words", said != NULL ? said : "");
		view_flag(v, "needed", needed && i < OPTIONS_LEAST);
		view_flag(v, "folds", i == OPTIONS_OPEN);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "many", many);
	int64_t chosen = call_number(call, "days", DAYS_USUAL);
	view_list(v, "lengths");
	for (size_t i = 0; i < COUNT(days); i++) {
		view_begin(v, NULL);
		view_number(v, "days", days[i]);
		view_flag(v, "chosen", chosen == days[i]);
		view_end(v);
	}
	view_list_end(v);
}

void poll_form_read(struct call *call, struct poll_draft *out)
{
	const char **options = arena_array(call->arena, OPTIONS_MOST + 1, sizeof *options);
	const char *said;
	size_t count = 0;
	for (size_t i = 0; count <= OPTIONS_MOST && i < OPTIONS_ASKED
		&& (said = call_input_nth(call, "option", i)) != NULL;
		i++)
		if (*text_trim(call->arena, said) != '\0')
			options[count++] = said;
	*out = (struct poll_draft){.any_of = call_flag(call, "any_of"),
		.closing = call_flag(call, "closing"),
		.end_time = time_now() + call_number(call, "days", DAYS_USUAL) * DAY,
		.options = {options, count}};
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	enum err e = compose_community(call, t, true, &community);
	if (e != OK)
		return e;
	compose_new_show(call, v, &community, "poll", "New poll");
	poll_form_show(call, v, true);
	compose_new_choices(call, t, v, &community);
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct circles circles;
	struct post p;
	struct poll_draft poll;
	enum err e = compose_place(call, t, true, &community, &circles);
	if (e != OK)
		return e;
	poll_form_read(call, &poll);
	struct post_draft draft = {.author = call->viewer.actor,
		.community = community.id,
		.circles = &circles,
		.source = call_input(call, "text"),
		.language = call_input(call, "language"),
		.poll = &poll};
	e = post_create(t, &draft, NULL, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your poll is open.") : e;
}

static enum err find(struct call *call, struct txn *t, struct post *out)
{
	enum err e = post_load(t, call_part_id(call, "id"), out);
	return e == OK && !circle_may_read(t, &call->viewer, out) ? ERR_NOT_FOUND : e;
}

static enum err vote_write(struct call *call, struct txn *t)
{
	struct post p;
	uint64_t at[POST_OPTIONS];
	struct u64s chosen = {at, 0};
	const char *said;
	enum err e = find(call, t, &p);
	if (e != OK)
		return e;
	while (chosen.count < POST_OPTIONS
		&& (said = call_input_nth(call, "choice", chosen.count)) != NULL
		&& text_to_u64(said, &at[chosen.count]))
		chosen.count++;
	e = poll_vote(t, call->viewer.actor, p.id, &chosen, NULL);
	if (e == ERR_INVALID)
		return compose_done(call, t, &p, "Choose an answer first.");
	if (e == ERR_CONFLICT)
		return compose_done(call, t, &p, "You voted already.");
	if (e == ERR_GONE && !p.gone)
		return compose_done(call, t, &p, "This poll is closed.");
	return e == OK ? compose_done(call, t, &p, "Your vote is counted.") : e;
}

static enum err unvote_write(struct call *call, struct txn *t)
{
	struct post p;
	enum err e = find(call, t, &p);
	if (e != OK)
		return e;
	e = poll_unvote(t, call->viewer.actor, p.id);
	if (e == ERR_GONE && !p.gone)
		return compose_done(call, t, &p, "This poll is closed.");
	return e == OK || e == ERR_NOT_FOUND ? compose_done(call, t, &p, "You can vote again.") : e;
}

static const struct route routes[] = {
	{METHOD_GET, "/c/{name}/new/poll", SIGNED_IN, .read = new_read, .page = "poll-new",
		.drafts = true},
	{METHOD_POST, "/c/{name}/new/poll", SIGNED_IN, .write = new_write, .page = "poll-new",
		.form = new_read, .drafts = true,
		.takes = {{"text", INPUT_TEXT, .required = true, .min = 1, .max = POST_TEXT_MOST,
				  .label = "Question"},
			POLL_INPUTS, {"language", INPUT_LINE, .max = 35, .label = "Language"},
			CIRCLE_INPUTS},
		.max_body = (size_t)256 << 10, .per_minute = 30},
	{METHOD_POST, "/p/{id}/vote", SIGNED_IN, .write = vote_write, .per_minute = 60},
	{METHOD_POST, "/p/{id}/unvote", SIGNED_IN, .write = unvote_write, .per_minute = 60},
	{0},
};

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_visit(void *arg, struct bytes key, struct bytes value)
{
	struct own_rows *o = arg;
	struct vote vote;
	struct post p;
	struct extra x = {0};
	(void)key;
	if (record_read(txn_arena(o->t), &vote_shape, value, &vote) != OK)
		return OK;
	if (post_load(o->t, vote.post, &p) == OK)
		extra_read(txn_arena(o->t), p.extra, &x);
	view_begin(o->v, NULL);
	view_text(o->v, "post", own_post(o->t, vote.post));
	view_list(o->v, "chosen");
	for (size_t i = 0; i < vote.chosen.count; i++)
		if (vote.chosen.at[i] < x.option_count)
			view_text(o->v, NULL, x.options[vote.chosen.at[i]].name);
	view_list_end(o->v);
	view_time(o->v, "at", vote.at);
	view_end(o->v);
	return OK;
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	(void)scratch, (void)value;
	return place_id(key, 1) == *(const uint64_t *)arg;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	return own_rows_show(t, v, "votes", TABLE_VOTE, who, is_theirs, own_visit);
}

/* What is counted when a poll has closed stays counted: it says nothing of who. */
static enum err end_theirs(struct txn *t, void *arg, const struct place *key)
{
	uint64_t actor = *(const uint64_t *)arg;
	enum err e = poll_unvote(t, actor, place_id((struct bytes){key->at, key->size}, 0));
	return e == OK || e == ERR_STORE ? e : txn_del(t, key);
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	uint64_t actor = who->actor;
	return who->keep & KEEP_MARKS
		? OK
		: leaving_sweep(t, TABLE_VOTE, at, is_theirs, end_theirs, &actor);
}

static const struct personal personal = {own_show, forget};

static const struct table_use uses[] = {
	{TABLE_VOTE, &vote_shape},
	{TABLE_POLL_END, NULL},
	{TABLE_POLL_NEWS, NULL},
	{0},
};
const struct feature feature_poll = {
	.name = "poll",
	.routes = routes,
	.verbs = verbs,
	.tables = uses,
	.personal = &personal,
	.chores = chores,
	.details = details,
};

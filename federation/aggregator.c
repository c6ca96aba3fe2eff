/* aggregator.c: feeds of other sites: one is fetched when a core team adds it, and each when its time has come. What they bring
 * waits in curated.c. */
#include "curated.h"
#include "federation.h"

#include <string.h>

#define FEED_MOST ((size_t)4 << 20)
#define FETCHES 6 /* with redirects, and the page before its feed */
#define TIME (30 * SECOND)
#define PATIENCE (8 * SECOND) /* of who adds one */
#define AT_ONCE 200           /* feeds in one round */

/* One after the other: nobody waits for them. */
struct pool *aggregator_start(void)
{
	return pool_create("feeds", 1, 1);
}

/* ---- a visit ------------------------------------------------------------------------------------- */

/* What went wrong there; our own troubles are told apart before. */
static enum curated_how how_of(enum err e)
{
	switch (e) {
	case ERR_NOT_FOUND:
		return CURATED_NOT_THERE;
	case ERR_GONE:
		return CURATED_GONE;
	case ERR_TOO_MUCH:
		return CURATED_TOO_LARGE;
	case ERR_INVALID:
		return CURATED_NO_FEED;
	case ERR_FORBIDDEN:
		return CURATED_REFUSED;
	default:
		return CURATED_AWAY;
	}
}

struct visit {
	struct federation *f;
	struct arena *arena;
	struct budget budget;
	const char *headers[3];
	bool discovers; /* a page may name its feed */
};

/* ERR_AGAIN, ERR_STORE: it was not made. */
static enum err make(struct visit *v, const char *address, struct curated_answer *out)
{
	struct request request = {
		.kind = FETCH_FEED, .url = address, .headers = v->headers, .max = FEED_MOST};
	struct answer answer;
	const char *final = address;
	enum err e = resolve_any(v->f, v->arena, &request, &v->budget, &answer, &final);
	*out = (struct curated_answer){.address = address,
		.pause = answer.retry_after,
		.etag = answer.etag,
		.modified = answer.modified,
		.how = CURATED_SAME};
	if (e == ERR_AGAIN || e == ERR_STORE || (e == OK && answer.status == 304))
		return e;
	if (e == OK)
		e = syndication_read(v->arena, answer.body, final, &out->feed);
	if (e == ERR_INVALID && answer.status == 200 && v->discovers) {
		const char *named = syndication_link(v->arena, answer.body, final);
		v->discovers = false;
		if (named != NULL)
			return make(v, named, out);
	}
	out->how = e == OK ? CURATED_READ : how_of(e);
	return OK;
}

/* ---- when their time has come -------------------------------------------------------------------- */

struct turn {
	struct arena *arena;
	struct curated_feed feed;
	struct curated_answer answer;
};

static enum err begin(struct txn *t, void *arg)
{
	struct turn *turn = arg;
	struct curated_feed f;
	enum err e = curated_next(t, &f);
	if (e == OK)
		turn->feed = (struct curated_feed){.id = f.id,
			.community = f.community,
			.address = arena_text(turn->arena, f.address),
			.etag = arena_text(turn->arena, f.etag),
			.modified = arena_text(turn->arena, f.modified)};
	return e;
}

static enum err end(struct txn *t, void *arg)
{
	const struct turn *turn = arg;
	return curated_took(t, turn->feed.community, turn->feed.id, &turn->answer);
}

/* False: there is nothing to do, or something is wrong here. A feed that was taken and not brought back has its turn again
 * in some minutes. */
static bool take_turn(struct federation *f)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct turn turn = {.arena = arena};
	size_t count = 0;
	enum err e = store_write(f->set.store, begin, &turn);
	if (e != OK || turn.feed.id == 0)
		return false;
	struct visit v = {f, arena, {FETCHES, time_steady() + TIME}, {NULL}, false};
	if (turn.feed.etag != NULL)
		v.headers[count++] = arena_format(arena, "If-None-Match: %s", turn.feed.etag);
	if (turn.feed.modified != NULL)
		v.headers[count++] = arena_format(
			arena, "If-Modified-Since: %s", turn.feed.modified);
	e = make(&v, turn.feed.address, &turn.answer);
	if (e == OK)
		e = store_write(f->set.store, end, &turn);
	if (e != OK)
		log_line(LOG_WARN, "feeds", "error=%s", err_name(e));
	return e == OK;
}

static void run(void *arg)
{
	for (int i = 0; i < AT_ONCE && take_turn(arg); i++)
		continue;
}

/* When the one before still runs, this one is left out. */
static void look(struct store *store, void *arg)
{
	struct federation *f = federation_running();
	(void)store, (void)arg;
	if (f != NULL && f->feeds != NULL)
		(void)!pool_submit(f->feeds, run, f);
}

const struct chore aggregator_chores[] = {{"feeds", 20 * SECOND, look, NULL}, {0}};

/* ---- one that is added --------------------------------------------------------------------------- */

/* As people say them: without https:// too. */
static const char *address_of(struct arena *arena, const char *said)
{
	const char *s = text_trim(arena, said);
	return strstr(s, "://") != NULL ? s : arena_format(arena, "https://%s", s);
}

static void add(void *arg)
{
	struct call *call = arg;
	struct federation *f = federation_running();
	struct curated_answer answer;
	enum err e = f != NULL ? curation_may(call) : ERR_AGAIN;
	if (e == OK) {
		struct visit v = {
			f, call->arena, {FETCHES, time_steady() + PATIENCE}, {NULL}, true};
		e = make(&v, address_of(call->arena, call_input(call, "address")), &answer);
	}
	if (e == OK)
		e = curation_add(call, &answer);
	call_answer(call, e);
}

static enum err ask(struct call *call)
{
	struct federation *f = federation_running();
	if (f == NULL || f->lookups == NULL)
		return ERR_AGAIN; /* stopping */
	call_later(call);
	if (pool_submit(f->lookups, add, call) != OK)
		call_answer(call, ERR_AGAIN);
	return OK;
}

const struct route aggregator_routes[] = {
	{METHOD_POST, "/@{name}/curated/feeds", SIGNED_IN, .work = ask, .page = "curated-feeds",
		.form = curation_feeds_show,
		.takes = {{"address", INPUT_LINE, .required = true, .min = 4, .max = 2000,
				  .label = "Address"},
			{"language", INPUT_LINE, .max = 35, .label = "Language"}},
		.per_minute = 10},
	{0},
};

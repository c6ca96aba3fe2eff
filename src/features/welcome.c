/* welcome.c: what the overview tells who is new, and who decides about others that are waiting. */
#include "joining.h"

#define PLACES_MOST 1000

struct waiting {
	const struct u64s *communities;
	uint64_t places[PLACES_MOST + 1];
	int64_t counts[PLACES_MOST + 1];
	size_t count;
};

/* Places where somebody waits: few, whatever the number of communities. */
static enum err waiting_run(struct txn *r, void *arg)
{
	struct waiting *w = arg;
	enum err e = OK;
	for (size_t i = 0; e == OK && i <= w->communities->count && i <= PLACES_MOST; i++) {
		uint64_t place = i == 0 ? 0 : w->communities->at[i - 1];
		int64_t count;
		e = application_count(r, place, APPLICATION_WAITING, &count);
		if (e == OK && count > 0) {
			w->places[w->count] = place;
			w->counts[w->count++] = count;
		}
	}
	return e;
}

static int64_t show_waiting(struct call *call, struct txn *t, struct view *v)
{
	struct u64s all;
	struct waiting *w = arena_alloc(call->arena, sizeof *w);
	int64_t requests = 0;
	w->communities = &all;
	if (community_list(t, &all) != OK || roll_read(call->site, waiting_run, w) != OK)
		return 0;
	for (size_t i = 0; i < w->count; i++)
		if (joining_may(t, call->viewer.actor, w->places[i]))
			requests += w->counts[i];
	view_number(v, "waiting_requests", requests);
	return requests;
}

int64_t welcome_show(struct call *call, struct txn *t, struct view *v)
{
	struct account account;
	struct actor me;
	struct u64s followed = {0}, posts = {0};
	uint64_t who = call->viewer.actor;
	int64_t requests = show_waiting(call, t, v);
	if (account_load(t, who, &account) != OK || !account.welcome
		|| actor_load(t, who, &me) != OK || follow_following(t, who, 0, 1, &followed) != OK
		|| post_of_author(t, who, 0, 1, &posts) != OK)
		return requests;
	view_begin(v, "welcome");
	view_text(v, "title", actor_title(&me));
	view_flag(v, "as_member", call->viewer.member);
	view_flag(v, "told", me.source != NULL && *me.source != '\0');
	view_flag(v, "follows", followed.count > 0);
	view_flag(v, "wrote", posts.count > 0);
	view_end(v);
	return requests;
}

static enum err hide_write(struct call *call, struct txn *t)
{
	enum err e = account_set_welcome(t, call->viewer.actor, false);
	if (e == OK)
		reply_see_other(call, "/overview");
	return e;
}

static const struct route routes[] = {
	{METHOD_POST, "/welcome/hide", SIGNED_IN, .write = hide_write},
	{0},
};
const struct feature feature_welcome = {.name = "welcome", .routes = routes};

/* overview.c: my overview: what waits for me, what is new where I am since I last saw it, my events, my drafts. */
#include "article.h"
#include "drafts.h"

#include <string.h>

#define PAGE_SHOWN 20
#define COMMUNITIES_MOST 200
#define NEW_MOST 50 /* conversations of one community that are counted */
#define NEWS_SHOWN 8
#define WAITING_MOST 50
#define DRAFTS_SHOWN 3
#define FIRST_LOOK (7 * DAY) /* who never said that they saw it */

/* ---- what is new, by community --------------------------------------------------------------- */

static enum err count_new(struct txn *t, const struct viewer *viewer, uint64_t community,
	int64_t since, int64_t *count)
{
	struct u64s ids;
	struct post p;
	*count = 0;
	enum err e = post_of_community(t, community, 0, NEW_MOST, &ids);
	for (size_t i = 0; e == OK && i < ids.count && id_time(ids.at[i]) > since; i++)
		*count += post_load(t, ids.at[i], &p) == OK && !p.gone && p.removed_by == 0
			&& p.author != viewer->actor && circle_may_read(t, viewer, &p);
	return e;
}

static enum err show_news(struct call *call, struct txn *t, struct view *v)
{
	struct account account;
	struct u64s followed;
	struct actor a;
	size_t shown = 0;
	enum err e = account_load(t, call->viewer.actor, &account);
	if (e == ERR_NOT_FOUND)
		account = (struct account){0};
	if (e == OK || e == ERR_NOT_FOUND)
		e = follow_following(t, call->viewer.actor, 0, COMMUNITIES_MOST, &followed);
	if (e != OK)
		return e;
	int64_t since = account.seen != 0 ? account.seen : time_now() - FIRST_LOOK;
	view_list(v, "news");
	for (size_t i = 0; e == OK && i < followed.count && shown < NEWS_SHOWN; i++) {
		int64_t count;
		if (actor_load(t, followed.at[i], &a) != OK || a.kind != ACTOR_GROUP || a.gone
			|| a.suspended)
			continue;
		e = count_new(t, &call->viewer, a.id, since, &count);
		if (e != OK || count == 0)
			continue;
		view_begin(v, NULL);
		actor_show(v, "community", &a);
		view_number(v, "count", count);
		view_end(v);
		shown++;
	}
	view_list_end(v);
	view_flag(v, "has_news", shown > 0);
	view_time(v, "news_since", since);
	return e;
}

static enum err seen_write(struct call *call, struct txn *t)
{
	enum err e = account_set_seen(t, call->viewer.actor, time_now());
	if (e == OK)
		reply_see_other(call, "/overview");
	return e;
}

/* ---- what waits for me ----------------------------------------------------------------------- */

static enum err count_articles(
	struct txn *t, uint64_t who, uint64_t of, bool editor, int64_t *count)
{
	struct u64s ids;
	struct article a;
	enum err e = article_list(t, of, WAITING_MOST, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		if (article_load(t, ids.at[i], &a) == OK && a.state == ARTICLE_REVIEW
			&& a.verdict == 0)
			*count += editor ? a.community == of
					 : a.reviewer == who && !a.agrees
					&& !circle_may_edit(t, who, a.community);
	return e;
}

static enum err count_questions(struct txn *t, uint64_t who, uint64_t community, int64_t *count)
{
	struct u64s ids;
	struct ask a;
	enum err e = ask_list(t, community, &ids);
	for (size_t i = 0; e == OK && i < ids.count && i < WAITING_MOST; i++)
		*count += ask_load(t, ids.at[i], &a) == OK && a.answered == 0 && a.asker != who
			&& ask_may_answer(t, who, &a);
	return e;
}

static enum err show_waiting(struct call *call, struct txn *t, struct view *v)
{
	struct u64s communities, followers;
	uint64_t who = call->viewer.actor;
	int64_t articles = 0, questions = 0, reports = 0;
	enum err e = community_list(t, &communities);
	if (e == OK)
		e = count_articles(t, who, who, false, &articles);
	for (size_t i = 0; e == OK && i < communities.count && i < COMMUNITIES_MOST; i++) {
		uint64_t community = communities.at[i];
		if (circle_may_edit(t, who, community))
			e = count_articles(t, who, community, true, &articles);
		if (e == OK && circle_may_coach(t, who, community))
			e = count_questions(t, who, community, &questions);
	}
	if (e == OK && call->viewer.admin)
		e = report_count_open(t, &reports);
	if (e == OK)
		e = follow_waiting(t, who, WAITING_MOST, &followers);
	if (e != OK)
		return e;
	int64_t requests = welcome_show(call, t, v);
	view_number(v, "waiting_followers", (int64_t)followers.count);
	view_number(v, "waiting_articles", articles);
	view_number(v, "waiting_questions", questions);
	view_number(v, "waiting_reports", reports);
	view_flag(
		v, "waiting", requests + articles + questions + reports > 0 || followers.count > 0);
	return OK;
}

/* ---- the page -------------------------------------------------------------------------------- */

static enum err overview_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	uint64_t before = call_input_id(call, "before"), older = 0;
	enum err e = OK;
	view_text(v, "heading", i18n(call->language, "My overview"));
	if (before == 0) {
		e = show_waiting(call, t, v);
		if (e == OK)
			e = show_news(call, t, v);
	}
	if (e == OK)
		e = event_mine_show(call, t, v);
	if (e == OK)
		e = drafts_show(call, t, v, DRAFTS_SHOWN);
	if (e == OK)
		e = timeline_home(t, &call->viewer, before, PAGE_SHOWN, &ids, &older);
	if (e == OK)
		timeline_show(t, v, &call->viewer, &ids, before, older);
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/overview", SIGNED_IN, .read = overview_read, .page = "overview",
		.takes = {{"before", INPUT_ID, .label = "Older messages"}}},
	{METHOD_POST, "/overview/seen", SIGNED_IN, .write = seen_write},
	{0},
};
const struct feature feature_overview = {.name = "overview", .routes = routes};

/* entity.c: records as the client API shows them. */
#include "api.h"

#define POSTS_COUNTED 100 /* more are not told apart */
#define HIDDEN (-1)       /* as Mastodon says of a number that is not shown */

/* Mastodon rounds it, and nobody needs to know the hour somebody joined. */
static int64_t day_of(int64_t ms)
{
	return ms / DAY * DAY;
}

static void empty_list(struct view *v, const char *name)
{
	view_list(v, name);
	view_list_end(v);
}

/* Apps refuse an account without pictures. */
static void pictures(struct call *call, struct view *v, const struct actor *a)
{
	const char *avatar = a->icon ? a->icon : call_url(call, asset_by_name("avatar.png")->path);
	const char *header = a->image ? a->image
				      : call_url(call, asset_by_name("header.png")->path);
	view_text(v, "avatar", avatar);
	view_text(v, "avatar_static", avatar);
	view_text(v, "header", header);
	view_text(v, "header_static", header);
}

/* How many posts whoever asks may read, as far as they are counted, and the day of the newest: neither tells of the
 * others. */
static void posts(struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	struct u64s ids = {0};
	char day[TIME_ISO];
	if (timeline_of(t, &call->viewer, a, 0, POSTS_COUNTED, &ids, NULL) != OK
		|| ids.count == 0) {
		view_number(v, "statuses_count", 0);
		view_null(v, "last_status_at");
		return;
	}
	time_iso(id_time(ids.at[0]), day);
	view_number(v, "statuses_count", (int64_t)ids.count);
	view_text(v, "last_status_at", text_cut(txn_arena(t), day, 10));
}

void entity_account(struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	view_id(v, "id", a->id);
	view_text(v, "username", a->name);
	view_text(v, "acct", a->local ? a->name : actor_handle(call->arena, a));
	view_text(v, "display_name", a->title ? a->title : "");
	view_flag(v, "locked", a->locked);
	view_flag(v, "bot", a->kind == ACTOR_SERVICE || a->kind == ACTOR_APPLICATION);
	view_flag(v, "group", a->kind == ACTOR_GROUP);
	view_flag(v, "discoverable", a->discoverable);
	view_flag(v, "indexable", a->indexable);
	view_flag(v, "hide_collections", true);
	view_time(v, "created_at", day_of(a->created ? a->created : id_time(a->id)));
	view_text(v, "note", a->summary ? a->summary : "");
	view_text(v, "url", a->url ? a->url : a->uri);
	view_text(v, "uri", a->uri);
	pictures(call, v, a);
	view_number(v, "followers_count", follow_told(t, a)); /* or HIDDEN */
	view_number(v, "following_count", HIDDEN);
	posts(call, t, v, a);
	empty_list(v, "emojis");
	empty_list(v, "fields");
	empty_list(v, "roles");
}

void entity_credentials(struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	entity_account(call, t, v, a);
	view_begin(v, "source");
	view_text(v, "privacy", "public");
	view_flag(v, "sensitive", false);
	view_text(v, "language", a->language);
	view_text(v, "note", a->source ? a->source : "");
	empty_list(v, "fields");
	view_number(v, "follow_requests_count", 0);
	view_end(v);
	view_begin(v, "role");
	view_text(v, "id", "0");
	view_text(v, "name", "");
	view_text(v, "color", "");
	view_text(v, "permissions", "0");
	view_flag(v, "highlighted", false);
	view_end(v);
}

/* profile.c: who someone is: the page about them, their own settings, their end and their moving house. */
#include "curated.h"
#include "media.h"

#include <string.h>

#define SOURCE_MOST 5000
#define POSTS_SHOWN 20
#define PINNED_SHOWN 5
#define PAGE 200 /* of followers, walked through whole */

/* ---- changes --------------------------------------------------------------------------------- */

static bool may_change(struct txn *t, uint64_t who, const struct actor *a)
{
	return (who == a->id && a->local && !a->gone && a->kind == ACTOR_PERSON)
		|| face_may_change(t, who, a);
}

static bool flag_set(bool *flag, int to)
{
	bool changed = to >= 0 && *flag != (to > 0);
	if (changed)
		*flag = to > 0;
	return changed;
}

static bool text_set(const char **text, const char *to)
{
	bool changed = to != NULL && !text_is(*text, to);
	if (changed)
		*text = to;
	return changed;
}

static bool community_apply(struct actor *a, const struct community_change *c)
{
	struct circles was = a->circles;
	bool changed = flag_set(&a->restricted, c->restricted);
	changed |= flag_set(&a->own_members, c->own_members);
	a->circles = c->circles;
	return changed || was.read != c->circles.read || was.act != c->circles.act
		|| was.abroad != c->circles.abroad;
}

/* Puts the change into *a, or says what is wrong with it. */
static enum err change_apply(struct arena *arena, struct actor *a, const struct profile_change *c,
	bool *changed, struct refusal *why)
{
	*changed = false;
	if (c->title != NULL) {
		const char *title = text_trim(arena, c->title);
		if (!actor_title_fits(title))
			return refuse(why, "title", "A name has 1 to 60 characters.");
		*changed |= text_set(&a->title, title);
	}
	if (c->source != NULL) {
		char *html;
		const char *source = text_trim(arena, c->source);
		if (text_count(source) > SOURCE_MOST
			|| markup_from_markdown(arena, source, NULL, NULL, &html) != OK)
			return refuse(why, "source", "This text is too long.");
		a->summary = html;
		*changed |= text_set(&a->source, source);
	}
	if (c->rules != NULL) {
		char *html;
		const char *rules = text_trim(arena, c->rules);
		if (text_count(rules) > SOURCE_MOST
			|| markup_from_markdown(arena, rules, NULL, NULL, &html) != OK)
			return refuse(why, "rules", "This text is too long.");
		a->rules = html;
		*changed |= text_set(&a->rules_source, rules);
	}
	if (c->contact != NULL)
		*changed |= text_set(&a->contact, text_trim(arena, c->contact));
	if (c->colour != NULL) {
		uint32_t rgb;
		if (!colour_read(c->colour, &rgb))
			return refuse(why, "colour",
				"A colour is written as # and six digits or letters a to f, such as #0b6b5c.");
		if (!colour_fits(rgb))
			return refuse(why, "colour", "Words in this colour are too faint to read.");
		*changed |= a->colour != (COLOUR_CHOSEN | rgb);
		a->colour = COLOUR_CHOSEN | rgb;
	}
	if (c->language != NULL) {
		if (!i18n_has(c->language))
			return refuse(why, "language", "Choose one of these languages.");
		*changed |= text_set(&a->language, c->language);
	}
	if (a->kind
		== ACTOR_PERSON) /* a community that approves followers would read as a closed one elsewhere */
		*changed |= flag_set(&a->locked, c->locked);
	*changed |= flag_set(&a->discoverable, c->discoverable);
	*changed |= flag_set(&a->indexable, c->indexable);
	if (a->kind == ACTOR_GROUP && c->community != NULL)
		*changed |= community_apply(a, c->community);
	return OK;
}

static enum err portraits_apply(
	struct txn *t, struct actor *a, const struct profile_change *c, uint64_t who, bool *changed)
{
	enum err e = OK;
	if (c->icon != 0 || c->drop_icon)
		e = media_portrait(t, a, MEDIA_ICON, c->icon, who);
	if (e == OK && (c->image != 0 || c->drop_image))
		e = media_portrait(t, a, MEDIA_IMAGE, c->image, who);
	*changed |= c->icon != 0 || c->image != 0 || c->drop_icon || c->drop_image;
	return e;
}

static const char *what_changed(
	struct arena *arena, const struct actor *was, const struct actor *is)
{
	struct text t;
	text_init(&t, arena, 200);
	const struct {
		const char *name;
		bool differs;
	} all[] = {{"name", strcmp(actor_title(was), actor_title(is)) != 0},
		{"text", is->source != NULL && !text_is(was->source, is->source)},
		{"rules",
			is->rules_source != NULL && !text_is(was->rules_source, is->rules_source)},
		{"contact", is->contact != NULL && !text_is(was->contact, is->contact)},
		{"colour", was->colour != is->colour},
		{"readers", was->circles.read != is->circles.read},
		{"writers",
			was->circles.act != is->circles.act || was->restricted != is->restricted},
		{"members", was->own_members != is->own_members},
		{"picture",
			was->icon_media != is->icon_media || was->image_media != is->image_media}};
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].differs)
			text_format(&t, "%s%s", t.size > 0 ? " " : "", all[i].name);
	return t.at;
}

bool profile_members_stay(struct txn *t, const struct actor *a)
{
	struct u64s any = {0};
	return a->own_members
		&& (post_ids(t, TABLE_BY_COMMUNITY, a->id, 0, true, 1, &any) != OK
			|| any.count > 0);
}

/* Else all members of the association would read what was written for a few of them. */
static bool opens_to_all(struct txn *t, const struct actor *a, const struct community_change *c)
{
	return c != NULL && !c->own_members && profile_members_stay(t, a);
}

enum err profile_update(struct txn *t, uint64_t who, uint64_t actor,
	const struct profile_change *change, struct refusal *why)
{
	struct actor a, was;
	bool changed = false;
	enum err e = actor_load(t, actor, &a);
	if (e == OK && !may_change(t, who, &a))
		e = ERR_FORBIDDEN;
	if (e != OK)
		return e;
	was = a;
	if (opens_to_all(t, &a, change->community))
		return refuse(why, "own_members",
			"What is written here is for its own members: they stay its members.");
	e = change_apply(txn_arena(t), &a, change, &changed, why);
	if (e == OK)
		e = portraits_apply(t, &a, change, who, &changed);
	if (e != OK || !changed)
		return e;
	a.updated = time_now();
	struct line line = {.act = ACT_UPDATE_ACTOR,
		.actor = who,
		.object = actor,
		.note = what_changed(txn_arena(t), &was, &a)};
	e = actor_save(t, &a);
	return e == OK ? act_journal(t, NULL, &line, NULL) : e;
}

/* What is left of someone: that they were, and under which name. The keys stay: they sign the last goodbye. */
static void actor_empty(struct actor *a)
{
	a->gone = true;
	a->discoverable = a->indexable = false;
	a->title = a->summary = a->source = a->icon = a->image = a->aliases = NULL;
	a->updated = time_now();
}

enum err actor_remove(struct txn *t, uint64_t actor, const struct origin *origin)
{
	struct actor a;
	enum err e = actor_load(t, actor, &a);
	if (e != OK || a.gone)
		return e;
	if (a.id == txn_site(t)->actor)
		return ERR_FORBIDDEN;
	e = post_remove_all(t, actor, actor, 0, NULL, origin);
	return e == OK ? actor_end(t, actor, origin) : e;
}

enum err actor_end(struct txn *t, uint64_t actor, const struct origin *origin)
{
	struct actor a;
	enum err e = actor_load(t, actor, &a);
	if (e != OK || a.gone)
		return e;
	e = follow_forget_all(t, &a);
	if (e == OK && a.local && a.kind == ACTOR_PERSON)
		e = account_remove(t, actor);
	if (e != OK)
		return e;
	e = media_portrait(t, &a, MEDIA_ICON, 0, actor);
	if (e == OK)
		e = media_portrait(t, &a, MEDIA_IMAGE, 0, actor);
	if (e == OK)
		e = directory_forget(t, actor);
	if (e == OK)
		e = curated_forget(t, actor);
	if (e != OK)
		return e;
	actor_empty(&a);
	if (a.local)
		a.title = i18n(txn_site(t)->language, "Former member");
	struct line line = {.act = ACT_DELETE_ACTOR, .actor = actor, .object = actor};
	e = actor_save(t, &a);
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

/* Between one that is suspended elsewhere and ours nothing stays, and their site is told so. */
static enum err follows_sever(struct txn *t, uint64_t remote)
{
	struct u64s page;
	for (int side = 0; side < 2; side++) {
		uint64_t after = 0;
		do {
			enum err e = side == 0 ? follow_followers(t, remote, after, PAGE, &page)
					       : follow_following(t, remote, after, PAGE, &page);
			for (size_t i = 0; e == OK && i < page.count; i++) {
				after = page.at[i];
				e = side == 0 ? follow_end(t, after, remote, NULL)
					      : follow_reject(t, after, remote, NULL);
			}
			if (e != OK)
				return e;
		} while (page.count > 0);
	}
	return OK;
}

enum err actor_suspend(struct txn *t, uint64_t actor, bool on)
{
	struct actor a;
	enum err e = actor_load(t, actor, &a);
	if (e != OK)
		return e;
	if (a.local && a.kind == ACTOR_APPLICATION)
		return ERR_FORBIDDEN;
	if (a.gone || a.suspended == on)
		return OK;
	if (on)
		e = a.local ? session_end_all(t, actor) : follows_sever(t, actor);
	a.suspended = on;
	struct line line = {.act = on ? ACT_SUSPEND : ACT_UNSUSPEND,
		.actor = txn_site(t)->actor,
		.object = actor};
	if (e == OK)
		e = actor_save(t, &a);
	if (e == OK)
		e = hidden_actor(t, actor, on);
	return e == OK ? act_journal(t, NULL, &line, NULL) : e;
}

/* The local followers of the one that moved go along; those elsewhere are told by their own nodes. */
static enum err followers_move(struct txn *t, const struct actor *from, const struct actor *to)
{
	struct u64s page;
	uint64_t after = 0;
	do {
		enum err e = follow_followers(t, from->id, after, PAGE, &page);
		for (size_t i = 0; e == OK && i < page.count; i++) {
			struct actor follower;
			after = page.at[i];
			e = actor_load(t, after, &follower);
			if (e != OK || !follower.local || follower.gone)
				continue;
			e = follow_start(t, after, to->id, NULL);
			/* Blocked, suspended, or it is themselves: they only stop following. */
			if (e == ERR_FORBIDDEN || e == ERR_NOT_FOUND)
				e = OK;
			if (e == OK)
				e = follow_end(t, after, from->id, NULL);
		}
		if (e != OK)
			return e;
	} while (page.count > 0);
	return OK;
}

enum err actor_move(struct txn *t, uint64_t actor, uint64_t to, const struct origin *origin)
{
	struct actor from, where;
	enum err e = actor_load(t, actor, &from);
	if (e == OK)
		e = actor_load(t, to, &where);
	if (e != OK)
		return e;
	if (from.gone || where.gone || where.suspended)
		return ERR_GONE;
	if (from.id == where.id || !actor_is_alias(&where, from.uri) || where.moved_to != NULL)
		return ERR_FORBIDDEN;
	struct line line = {.act = ACT_MOVE, .actor = actor, .object = to};
	bool again = text_is(from.moved_to, where.uri);
	from.moved_to = where.uri;
	e = again ? OK : actor_save(t, &from);
	if (e == OK)
		e = followers_move(t, &from, &where);
	return e == OK && !again ? act_journal(t, origin, &line, NULL) : e;
}

/* ---- other nodes ----------------------------------------------------------------------------- */

/* inbox.c has read the actor anew from its own host and saved it: there is nothing left to do but to know it. */
static enum err receive_update(struct txn *t, const struct activity *a)
{
	struct actor who;
	enum err e = actor_by_uri(t, a->object_id, &who);
	if (e != OK)
		return e;
	return who.id == a->actor_id ? OK : ERR_FORBIDDEN;
}

/* Delete of a bare id may be of a post: then it is not ours (ERR_NOT_FOUND). */
static enum err receive_delete(struct txn *t, const struct activity *a)
{
	struct actor who;
	struct origin origin = {a->id, a->raw, a->via};
	enum err e = actor_by_uri(t, a->object_id, &who);
	if (e != OK)
		return e;
	return who.id == a->actor_id && !who.local ? actor_remove(t, who.id, &origin)
						   : ERR_FORBIDDEN;
}

static enum err receive_move(struct txn *t, const struct activity *a)
{
	struct actor who, to;
	struct origin origin = {a->id, a->raw, a->via};
	enum err e = actor_by_uri(t, a->object_id, &who);
	if (e == OK)
		e = actor_by_uri(t, a->target, &to);
	if (e != OK)
		return e;
	return who.id == a->actor_id ? actor_move(t, who.id, to.id, &origin) : ERR_FORBIDDEN;
}

static const struct verb verbs[] = {
	{"Update", "Person", receive_update},
	{"Update", "Group", receive_update},
	{"Update", "Application", receive_update},
	{"Update", "Service", receive_update},
	{"Update", "Organization", receive_update},
	{"Delete", "Person", receive_delete},
	{"Delete", "Group", receive_delete},
	{"Delete", "Application", receive_delete},
	{"Delete", "Service", receive_delete},
	{"Delete", "Organization", receive_delete},
	{"Delete", NULL, receive_delete},
	{"Move", NULL, receive_move},
	{0},
};

/* ---- pages ----------------------------------------------------------------------------------- */

static enum err person_posts(
	struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	struct u64s ids, pinned = {0};
	uint64_t before = call_input_id(call, "before"), older = 0;
	enum err e = timeline_of(t, &call->viewer, a, before, POSTS_SHOWN, &ids, &older);
	if (e == OK && before == 0)
		e = post_pinned(t, a->id, PINNED_SHOWN, &pinned);
	if (e != OK)
		return e;
	post_lines(t, v, "pinned", &pinned, &call->viewer);
	post_lines(t, v, "posts", &ids, &call->viewer);
	view_flag(v, "some", ids.count > 0 || older != 0);
	if (older != 0)
		view_id(v, "older", older);
	return OK;
}

/* What the one who looks has to do with whom they look at: which buttons there are. */
void profile_relation_show(struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	uint64_t me = call->viewer.local ? call->viewer.actor : 0;
	uint32_t state = me != 0 ? follow_state_of(t, me, a->id) : 0;
	bool blocked = me != 0 && block_between(t, me, a->id);
	view_begin(v, "relation");
	view_flag(v, "self", me == a->id);
	view_flag(v, "following", state == FOLLOW_ACCEPTED);
	view_flag(v, "asked", state == FOLLOW_PENDING);
	view_flag(v, "blocked", blocked);
	view_flag(v, "can_unblock", me != 0 && block_is(t, me, a->id));
	view_flag(v, "can_follow",
		me != 0 && me != a->id && state == 0 && !blocked && a->moved_to == NULL);
	view_flag(v, "can_write", message_may(t, me, a));
	bool can_block = me != 0 && me != a->id && !blocked;
	bool can_suspend = call->viewer.admin && me != a->id && !a->suspended;
	view_flag(v, "can_block", can_block);
	view_flag(v, "from_elsewhere", me == 0 && a->local);
	view_flag(v, "can_suspend", can_suspend);
	view_flag(v, "may_more", can_block || can_suspend);
	view_flag(v, "can_restore", call->viewer.admin && a->suspended);
	view_end(v);
}

static enum err person_page(struct call *call, struct txn *t, struct view *v, const struct actor *a)
{
	follow_told_show(t, v, a);
	view_text(v, "heading", actor_title(a));
	if (!a->indexable)
		reply_header(call, "X-Robots-Tag", "noindex");
	if (a->local) {
		view_text(v, "alternate", a->uri);
		reply_alternate(call, a->uri, ALTERNATE_ACTIVITY);
	}
	if (a->local && !a->suspended) {
		struct preview preview = {.title = actor_title(a),
			.description = a->summary != NULL
				? markup_plain(call->arena, a->summary, 160)
				: NULL,
			.image = a->icon,
			.path = actor_path(call->arena, a),
			.kind = "profile"};
		preview_show(call, v, &preview);
		view_text(v, "feed", preview.path);
	}
	actor_show(v, "actor", a);
	view_text(v, "uri", a->uri);
	view_html(v, "summary", a->summary);
	view_text(v, "moved_to", a->moved_to);
	profile_relation_show(call, t, v, a);
	return person_posts(call, t, v, a);
}

/* One address for all of them: apps open /@name, be it a person or a community (client-api.md rule 20). */
static enum err profile_read(struct call *call, struct txn *t, struct view *v)
{
	const char *name, *host;
	struct actor a;
	if (actor_parse_handle(call->arena, call_part(call, "name"), &name, &host) != OK)
		return ERR_NOT_FOUND;
	/* Whom this site knows elsewhere is for its members; others get one answer for known and unknown. */
	if (host != NULL && !text_is(host, call->site->domain) && !call->viewer.local)
		return ERR_SIGN_IN;
	enum err e = actor_by_handle(t, call_part(call, "name"), &a);
	if (e != OK)
		return e;
	if (a.gone)
		return ERR_GONE;
	if ((a.suspended && !call->viewer.admin) || (a.local && a.kind == ACTOR_APPLICATION))
		return ERR_NOT_FOUND;
	if (a.kind != ACTOR_GROUP)
		return person_page(call, t, v, &a);
	call->reply.page = "community";
	return community_page(call, t, v, &a);
}

void profile_tab_show(struct view *v, const char *name)
{
	view_begin(v, "tab");
	view_flag(v, name, true);
	view_end(v);
}

static enum err settings_read(struct call *call, struct txn *t, struct view *v)
{
	static const char *const codes[][2] = {{"nl", "Nederlands"}, {"en", "English"}};
	struct actor a;
	enum err e = actor_load(t, call->viewer.actor, &a);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Settings"));
	profile_tab_show(v, "profile");
	actor_show(v, "actor", &a);
	view_begin(v, "profile");
	view_text(v, "title", a.title);
	view_text(v, "source", a.source);
	view_flag(v, "locked", a.locked);
	view_flag(v, "discoverable", a.discoverable);
	view_flag(v, "indexable", a.indexable);
	view_list(v, "languages");
	for (size_t i = 0; i < COUNT(codes); i++) {
		view_begin(v, NULL);
		view_text(v, "code", codes[i][0]);
		view_text(v, "words", codes[i][1]);
		view_flag(v, "chosen", text_is(a.language, codes[i][0]));
		view_end(v);
	}
	view_list_end(v);
	view_end(v);
	return OK;
}

static enum err settings_write(struct call *call, struct txn *t)
{
	struct profile_change change = {.title = call_input(call, "title"),
		.source = call_input(call, "source"),
		.language = call_input(call, "language"),
		.locked = call_flag(call, "locked"),
		.discoverable = call_flag(call, "discoverable"),
		.indexable = call_flag(call, "indexable")};
	if (change.source == NULL)
		change.source = ""; /* an emptied field */
	change.icon = media_face(call, MEDIA_ICON, &change.drop_icon);
	uint64_t me = call->viewer.actor;
	enum err e = profile_update(t, me, me, &change, &call->refusal);
	if (e == OK && change.language != NULL)
		e = account_set_language(t, me, change.language);
	if (e != OK)
		return e;
	reply_notice(call, "Your settings are kept.");
	/* The pages speak it from the next one on: ?lang= is remembered in this browser. */
	reply_see_other(call,
		change.language != NULL
			? arena_format(call->arena, "/settings?lang=%s", change.language)
			: "/settings");
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/@{name}", ANYONE, .read = profile_read, .page = "profile",
		.takes = {{"before", INPUT_ID, .label = "Older posts"}, AS_INPUT}},
	{METHOD_GET, "/settings", SIGNED_IN, .read = settings_read, .page = "profile-settings"},
	{METHOD_POST, "/settings", SIGNED_IN, .write = settings_write, .page = "profile-settings",
		.form = settings_read, .prepare = media_prepare, .max_body = MEDIA_FORM_MOST,
		.takes = {{"title", INPUT_LINE, .required = true, .min = 1, .max = ACTOR_TITLE_MOST,
				  .label = "Name"},
			{"source", INPUT_TEXT, .max = SOURCE_MOST, .label = "About you"},
			{"language", INPUT_CHOICE, .choices = "nl|en", .label = "Language"},
			{"locked", INPUT_FLAG, .label = "I decide who follows me"},
			{"discoverable", INPUT_FLAG, .label = "Others may find me"},
			{"indexable", INPUT_FLAG, .label = "Others may search my messages"}}},
	{0},
};

static const struct table_use tables[] = {
	{TABLE_ACTOR, &actor_shape},
	{TABLE_ACTOR_URI, NULL},
	{TABLE_NAME, NULL},
	{TABLE_HANDLE, NULL},
	{TABLE_KEYS, &actor_keys_shape},
	{0},
};

const struct feature feature_profile = {
	.name = "profile", .routes = routes, .verbs = verbs, .tables = tables};

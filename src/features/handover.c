/* handover.c: one board goes and another comes: roles, sign-ins, and a list of what has to be handed over, to print. */
#include "memberfile.h"

#include <string.h>

#define HOLDERS_MOST 100
#define COMMUNITIES_MOST 200
#define PARTNERS_MOST 200
#define NAMES_MOST 300

static const enum role board_roles[] = {ROLE_BOARD, ROLE_ADMIN, ROLE_TREASURER};
static const char *const role_inputs[] = {"board", "admin", "treasurer"};

/* ---- how it is ------------------------------------------------------------------------------- */

struct admins {
	struct arena *arena;
	uint64_t at[HOLDERS_MOST];
	size_t count;
};

static enum err take_admin(void *arg, struct bytes key, struct bytes value)
{
	struct admins *x = arg;
	struct account a;
	(void)key;
	if (record_read(x->arena, &account_shape, value, &a) == OK && a.admin && !a.suspended
		&& x->count < HOLDERS_MOST)
		x->at[x->count++] = a.actor;
	return OK;
}

static enum err admins_load(struct txn *t, struct admins *x)
{
	struct walk walk = {.prefix = place_0(TABLE_ACCOUNT), .max = WALK_ALL};
	x->arena = txn_arena(t);
	x->count = 0;
	return txn_walk(t, &walk, take_admin, x);
}

static bool has(const uint64_t *ids, size_t count, uint64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static size_t goes_said(const struct call *call, uint64_t out[HOLDERS_MOST])
{
	const char *id;
	size_t count = 0;
	for (size_t i = 0; (id = call_input_nth(call, "goes", i)) != NULL && count < HOLDERS_MOST;
		i++)
		count += text_to_u64(id, &out[count]);
	return count;
}

/* Who runs the site is not therefore of the board; but somebody must begin. */
static bool may_give(const struct call *call)
{
	uint64_t one;
	return members_may(call, ROLES_GIVE_ROLES)
		|| roll_holders(call->site, 0, 0, ROLES_GIVE_ROLES, &one, 1) == 0;
}

struct showing {
	struct txn *t;
	struct view *v;
	uint64_t goes[HOLDERS_MOST]; /* as it was said */
	size_t go_count;
};

static void show_holder(const struct showing *x, uint64_t actor, const char *role)
{
	struct view *v = x->v;
	struct actor a;
	if (actor_load(x->t, actor, &a) != OK || a.gone)
		return;
	view_begin(v, NULL);
	view_flag(v, "goes", has(x->goes, x->go_count, actor));
	view_id(v, "id", a.id);
	view_text(v, "who", actor_title(&a));
	view_format(v, "handle", "@%s", a.name);
	view_text(v, "role", role);
	view_end(v);
}

static enum err show_holders(struct call *call, struct txn *t, struct view *v, bool with_roles)
{
	uint64_t holders[HOLDERS_MOST];
	struct admins *admins = arena_alloc(call->arena, sizeof *admins);
	struct showing *x = arena_alloc(call->arena, sizeof *x);
	enum err e = admins_load(t, admins);
	x->t = t;
	x->v = v;
	x->go_count = goes_said(call, x->goes);
	view_list(v, "holders");
	for (size_t i = 0; e == OK && i < admins->count; i++)
		show_holder(x, admins->at[i], i18n(call->language, "Administrator of this site"));
	for (size_t k = 0; e == OK && with_roles && k < COUNT(board_roles); k++) {
		size_t count = roll_holders(
			call->site, 0, 0, board_roles[k], holders, HOLDERS_MOST);
		for (size_t i = 0; i < count; i++)
			show_holder(x, holders[i], role_words(call->language, board_roles[k]));
	}
	view_list_end(v);
	return e;
}

static void show_partner(struct txn *t, struct view *v, const struct actor *ours, uint64_t theirs)
{
	struct actor a;
	if (actor_load(t, theirs, &a) != OK || a.local || a.gone || a.kind != ACTOR_GROUP)
		return;
	view_begin(v, NULL);
	view_text(v, "ours", actor_title(ours));
	view_text(v, "theirs", actor_handle(txn_arena(t), &a));
	view_text(v, "page", a.url != NULL ? a.url : a.uri);
	view_end(v);
}

/* Who looks after what, and with whom each community is connected. */
static enum err show_communities(struct txn *t, struct view *v)
{
	struct u64s all, ids;
	struct actor c, a;
	enum err e = community_list(t, &all);
	view_list(v, "communities");
	for (size_t i = 0; e == OK && i < all.count && i < COMMUNITIES_MOST; i++) {
		if (actor_load(t, all.at[i], &c) != OK || c.gone)
			continue;
		view_begin(v, NULL);
		view_text(v, "community", actor_title(&c));
		view_list(v, "moderators");
		e = community_moderators(t, c.id, &ids);
		for (size_t k = 0; e == OK && k < ids.count; k++)
			if (actor_load(t, ids.at[k], &a) == OK)
				view_text(v, NULL, actor_title(&a));
		view_list_end(v);
		view_end(v);
	}
	view_list_end(v);
	view_list(v, "partners");
	for (size_t i = 0; e == OK && i < all.count && i < COMMUNITIES_MOST; i++) {
		e = follow_following(t, all.at[i], 0, PARTNERS_MOST, &ids);
		for (size_t k = 0; e == OK && k < ids.count; k++)
			if (actor_load(t, all.at[i], &c) == OK)
				show_partner(t, v, &c, ids.at[k]);
	}
	view_list_end(v);
	return e;
}

static enum err handover_read(struct call *call, struct txn *t, struct view *v)
{
	view_text(v, "heading", i18n(call->language, "Handing over"));
	view_time(v, "today", time_now());
	view_text(v, "mail_from", call->site->mail_from != NULL ? call->site->mail_from : "");
	bool with_roles = may_give(call);
	view_flag(v, "may_give", with_roles);
	enum err e = show_holders(call, t, v, with_roles);
	return e == OK ? show_communities(t, v) : e;
}

/* ---- doing it -------------------------------------------------------------------------------- */

struct handover {
	struct call *call;
	bool gives; /* roles in the association, too */
	uint64_t goes[HOLDERS_MOST], site[HOLDERS_MOST], come[COUNT(board_roles)][HOLDERS_MOST];
	size_t go_count, site_count, come_count[COUNT(board_roles)];
};

/* "anna, @bas": accounts of here. */
static enum err take_names(
	struct txn *t, struct call *call, const char *input, uint64_t *out, size_t *count)
{
	const char *at = call_input(call, input);
	while (at != NULL && *at != '\0') {
		struct account account;
		size_t size = strcspn(at, ",");
		const char *name = text_trim(call->arena, arena_text_n(call->arena, at, size));
		at += size + (at[size] == ',');
		if (*name == '\0')
			continue;
		if (*count == HOLDERS_MOST || account_find(t, name, &account) != OK)
			return refuse(
				&call->refusal, input, "One of these names has no account here.");
		out[(*count)++] = account.actor;
	}
	return OK;
}

/* Whom it names, and whether somebody is left to run the site. */
static enum err check_accounts(struct txn *t, void *arg)
{
	struct handover *h = arg;
	struct admins *admins = arena_alloc(txn_arena(t), sizeof *admins);
	size_t stay = 0;
	enum err e = admins_load(t, admins);
	h->site_count = 0;
	if (e == OK)
		e = take_names(t, h->call, "site", h->site, &h->site_count);
	for (size_t k = 0; e == OK && k < COUNT(board_roles); k++) {
		h->come_count[k] = 0;
		e = take_names(t, h->call, role_inputs[k], h->come[k], &h->come_count[k]);
	}
	for (size_t i = 0; i < admins->count; i++)
		stay += !has(h->goes, h->go_count, admins->at[i]);
	if (e == OK && stay + h->site_count == 0)
		return refuse(&h->call->refusal, "site",
			"The site needs an administrator: name who comes.");
	return e;
}

/* The site's own administrators, and everything that who goes is signed in with. */
static enum err change_accounts(struct txn *t, void *arg)
{
	struct handover *h = arg;
	enum err e = check_accounts(t, h);
	for (size_t i = 0; e == OK && i < h->go_count; i++) {
		e = account_set_admin(t, h->goes[i], false);
		if (e == OK)
			e = session_end_all(t, h->goes[i]);
	}
	for (size_t i = 0; e == OK && i < h->site_count; i++)
		e = account_set_admin(t, h->site[i], true);
	return e;
}

static enum err check_roll(struct txn *r, void *arg)
{
	struct handover *h = arg;
	struct person p;
	for (size_t k = 0; k < COUNT(board_roles); k++)
		for (size_t i = 0; i < h->come_count[k]; i++) {
			if (person_by_actor(r, h->come[k][i], &p) != OK)
				return refuse(&h->call->refusal, role_inputs[k],
					"Someone who comes is not on the roll.");
			/* What was cut short is done once more, maybe by who has no role any more. */
			if (!h->gives && (role_of(r, p.id, 0) & board_roles[k]) == 0)
				return refuse(&h->call->refusal, role_inputs[k],
					"Only the board and the administration give roles in the association.");
		}
	return OK;
}

static enum err change_roles(struct txn *r, void *arg)
{
	struct handover *h = arg;
	struct doer by = {.actor = h->call->viewer.actor, .reason = "handover"};
	struct person p;
	enum err e = OK;
	for (size_t i = 0; e == OK && i < h->go_count; i++)
		for (size_t k = 0; e == OK && k < COUNT(board_roles); k++) {
			e = person_by_actor(r, h->goes[i], &p);
			e = e == OK ? role_set(r, &by, p.id, 0, board_roles[k], false)
				: e == ERR_NOT_FOUND ? OK
						     : e;
		}
	for (size_t k = 0; e == OK && k < COUNT(board_roles); k++)
		for (size_t i = 0; e == OK && i < h->come_count[k]; i++) {
			e = person_by_actor(r, h->come[k][i], &p);
			if (e == OK)
				e = role_set(r, &by, p.id, 0, board_roles[k], true);
		}
	return e;
}

static enum err handover_work(struct call *call)
{
	struct handover *h = arena_alloc(call->arena, sizeof *h);
	h->call = call;
	h->gives = may_give(call);
	if (!call_flag(call, "sure"))
		return refuse(&call->refusal, "sure", "Say that you are sure.");
	h->go_count = goes_said(call, h->goes);
	enum err e = store_read(call->store, check_accounts, h);
	if (e == OK)
		e = roll_read(call->site, check_roll, h);
	/* The roles first: while the accounts are as they were, all of it can be done again. */
	if (e == OK && h->gives)
		e = roll_write(call->site, change_roles, h);
	if (e == OK)
		e = store_write(call->store, change_accounts, h);
	if (e != OK)
		return e;
	reply_notice(call, "It is handed over. Who went is signed out everywhere.");
	reply_see_other(
		call, has(h->goes, h->go_count, call->viewer.actor) ? "/sign-in" : "/handover");
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/handover", ADMIN, .read = handover_read, .page = "handover"},
	{METHOD_POST, "/handover", ADMIN, .work = handover_work, .page = "handover",
		.form = handover_read,
		.takes = {{"goes", INPUT_ID, .label = "Who goes"},
			{"board", INPUT_LINE, .max = NAMES_MOST, .label = "Board"},
			{"admin", INPUT_LINE, .max = NAMES_MOST, .label = "Administration"},
			{"treasurer", INPUT_LINE, .max = NAMES_MOST, .label = "Treasurer"},
			{"site", INPUT_LINE, .max = NAMES_MOST,
				.label = "Administrator of this site"},
			{"sure", INPUT_FLAG, .label = "I am sure"}}},
	{0},
};

const struct feature feature_handover = {.name = "handover", .routes = routes};

/* circle.c: who may read, who may act: one answer for all who ask. */
#include "roll.h"

#define CORE_MOST 200 /* heads of a core team that are counted */

static bool has(const struct u64s *list, uint64_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] == id)
			return true;
	return false;
}

static bool can_act(struct txn *t, uint64_t who, struct actor *out)
{
	return who != 0 && actor_load(t, who, out) == OK && !out->gone && !out->suspended;
}

bool circle_may_moderate(struct txn *t, uint64_t who, const struct post *p)
{
	struct actor actor, community;
	struct account account;
	if (!can_act(t, who, &actor))
		return false;
	if (p->community != 0)
		return actor_load(t, p->community, &community) == OK
			&& community_moderated_by(t, &community, &actor);
	return actor.local && account_load(t, who, &account) == OK && account.admin;
}

bool circle_may_manage(struct txn *t, uint64_t who, const struct post *p)
{
	return who != 0 && p->removed_by == 0
		&& (who == p->author || circle_may_moderate(t, who, p));
}

/* ---- circles --------------------------------------------------------------------------------- */

#define CORE_HERE (ROLE_MANAGER | ROLE_CORE)
#define CORE_OF_ALL (ROLE_BOARD | ROLE_ADMIN)

static bool is_admin(struct txn *t, uint64_t who)
{
	struct account account;
	return account_load(t, who, &account) == OK && account.admin;
}

enum circle circle_of(struct txn *t, uint64_t who, uint64_t id)
{
	struct actor actor, community = {0};
	struct standing s;
	if (!can_act(t, who, &actor) || !actor.local
		|| (id != 0 && (actor_load(t, id, &community) != OK || !community.local)))
		return CIRCLE_EVERYONE;
	roll_standing(txn_site(t), who, id, &s);
	bool looks_after = id != 0 ? community_moderated_by(t, &community, &actor)
				   : is_admin(t, who);
	if (looks_after || (s.here & CORE_HERE) != 0 || (s.roles & CORE_OF_ALL) != 0)
		return CIRCLE_CORE;
	bool member = community.own_members ? s.here != 0 : s.status == PERSON_MEMBER;
	return member ? CIRCLE_MEMBERS : CIRCLE_EVERYONE;
}

bool circle_sees_roll(struct txn *t, uint64_t who)
{
	struct standing s;
	roll_standing(txn_site(t), who, 0, &s);
	return (s.roles & ROLES_SEE_ROLL) != 0;
}

/* Who looks after a community, in public, and who does by a role that only the roll knows: each once. */
static int64_t count_core(struct txn *t, uint64_t community)
{
	uint64_t heads[CORE_MOST];
	struct u64s moderators = {0};
	struct actor a;
	size_t count = roll_holders(
		txn_site(t), community, CORE_HERE, CORE_OF_ALL, heads, COUNT(heads));
	if (community != 0 && community_moderators(t, community, &moderators) != OK)
		return (int64_t)count;
	struct u64s found = {heads, count};
	int64_t more = 0;
	for (size_t i = 0; i < moderators.count; i++)
		more += !has(&found, moderators.at[i]) && can_act(t, moderators.at[i], &a)
			&& a.local;
	return (int64_t)count + more;
}

static bool looks_after(struct txn *t, uint64_t who, uint64_t community, uint32_t role)
{
	struct actor actor, group;
	struct standing s;
	if (!can_act(t, who, &actor) || !actor.local || actor_load(t, community, &group) != OK
		|| !group.local)
		return false;
	roll_standing(txn_site(t), who, community, &s);
	return (s.here & role) != 0
		|| (role == ROLE_EDITOR && community_moderated_by(t, &group, &actor));
}

bool circle_may_edit(struct txn *t, uint64_t who, uint64_t community)
{
	return looks_after(t, who, community, ROLE_EDITOR);
}

bool circle_may_coach(struct txn *t, uint64_t who, uint64_t community)
{
	return looks_after(t, who, community, ROLE_EXPERT);
}

/* Without editors, who moderates does their work. */
enum err circle_editors(struct txn *t, uint64_t community, struct u64s *out)
{
	uint64_t *all = arena_array(txn_arena(t), CORE_MOST, sizeof *all);
	size_t count = roll_holders(txn_site(t), community, ROLE_EDITOR, 0, all, CORE_MOST);
	if (count == 0)
		return community_moderators(t, community, out);
	*out = (struct u64s){all, count};
	return OK;
}

int64_t circle_count(struct txn *t, uint64_t id, enum circle circle)
{
	struct actor community = {0};
	if (id != 0 && actor_load(t, id, &community) != OK)
		return 0;
	if (circle == CIRCLE_CORE)
		return count_core(t, id);
	return circle == CIRCLE_MEMBERS ? roll_count(txn_site(t), community.own_members ? id : 0)
					: 0;
}

const char *circle_words(enum circle circle)
{
	static const char *const words[] = {"Everyone", "Members", "Core team"};
	return words[circle];
}

static uint64_t number_of(uint64_t community, enum circle circle)
{
	return community << 2 | circle;
}

uint64_t circle_number(const struct post *p)
{
	if (p->circles.read != CIRCLE_EVERYONE)
		return number_of(p->community, p->circles.read);
	return p->visibility <= VISIBLE_UNLISTED ? 0 : CIRCLE_ASK;
}

enum err circle_numbers(struct txn *t, const struct viewer *viewer, struct u64s *out)
{
	struct u64s all = {0};
	enum err e = viewer->local ? community_list(t, &all) : OK;
	if (e != OK)
		return e;
	uint64_t *numbers = arena_array(txn_arena(t), 3 + 2 * all.count, sizeof *numbers);
	size_t count = 0;
	numbers[count++] = 0;
	for (size_t i = 0; viewer->local && i <= all.count; i++) {
		uint64_t community = i == 0 ? 0 : all.at[i - 1];
		enum circle inner = circle_of(t, viewer->actor, community);
		for (enum circle c = CIRCLE_MEMBERS; c <= inner; c++)
			numbers[count++] = number_of(community, c);
	}
	*out = (struct u64s){numbers, count};
	return OK;
}

static uint32_t narrower(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

struct circles circle_default(const struct actor *community, const struct post *parent)
{
	struct circles c = {.read = CIRCLE_EVERYONE, .act = CIRCLE_EVERYONE};
	/* What members say among each other stays among them, until they choose otherwise. */
	if (parent != NULL)
		c.read = c.act = narrower(parent->circles.read, parent->circles.act);
	else if (community != NULL && community->local)
		c = community->circles;
	c.act = narrower(c.act, c.read);
	c.abroad = false; /* each author chooses that anew */
	return c;
}

void circle_set(struct post *p, struct circles c, const struct post *parent)
{
	bool was_circled = p->circles.read != CIRCLE_EVERYONE;
	if (parent != NULL) {
		c.read = narrower(c.read, parent->circles.read);
		c.act = narrower(c.act, parent->circles.act);
	}
	c.act = narrower(c.act, c.read);
	c.abroad = c.abroad && c.read == CIRCLE_MEMBERS && p->community != 0;
	p->circles = c;
	if (c.read != CIRCLE_EVERYONE)
		p->visibility = VISIBLE_FOLLOWERS;
	else if (was_circled)
		p->visibility = parent != NULL ? parent->visibility : VISIBLE_PUBLIC;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Followers only: its community's, or its author's when it has none. */
static bool in_circle(struct txn *t, uint64_t who, const struct post *p)
{
	if (p->circles.read != CIRCLE_EVERYONE)
		return circle_of(t, who, p->community) >= p->circles.read;
	if (has(&p->mentions, who))
		return true;
	if (p->visibility == VISIBLE_DIRECT)
		return false;
	return p->community != 0 ? follow_is(t, who, p->community) || circle_may_moderate(t, who, p)
				 : follow_is(t, who, p->author);
}

bool circle_may_read(struct txn *t, const struct viewer *viewer, const struct post *p)
{
	struct actor author;
	uint64_t who = viewer->actor;
	bool open = p->visibility == VISIBLE_PUBLIC || p->visibility == VISIBLE_UNLISTED;
	if (who == 0 && !open) /* first, so that it costs about what is not there does */
		return false;
	if (actor_load(t, p->author, &author) != OK || author.suspended)
		return false;
	if (who != 0 && who == p->author)
		return true;
	if (p->removed_by != 0 && !circle_may_moderate(t, who, p))
		return false;
	if (who != 0 && block_between(t, who, p->author))
		return false;
	return open || in_circle(t, who, p);
}

/* ---- doing ----------------------------------------------------------------------------------- */

/* A lock binds where the community is kept; another node's circle is that node's to guard. */
static bool guarded_here(const struct actor *community, const struct actor *who)
{
	return community->local || who->local;
}

bool circle_may_post(struct txn *t, uint64_t who, const struct actor *community)
{
	struct actor actor;
	if (community->kind != ACTOR_GROUP || community->gone || community->suspended
		|| !can_act(t, who, &actor))
		return false;
	if (block_between(t, who, community->id))
		return false;
	if (who == community->id) /* in its own name: coach.c, for who asks without one */
		return true;
	uint32_t inner = community->local && !joining_is_open(t, community->id)
		? CIRCLE_CORE
		: community->circles.act;
	if (community->local && inner != CIRCLE_EVERYONE
		&& circle_of(t, who, community->id) < inner)
		return false;
	return !community->restricted || !guarded_here(community, &actor)
		|| community_moderated_by(t, community, &actor);
}

bool circle_in_act(struct txn *t, uint64_t who, const struct post *p)
{
	return p->circles.act == CIRCLE_EVERYONE
		|| circle_of(t, who, p->community) >= p->circles.act;
}

bool circle_sees_names(struct txn *t, uint64_t who, const struct post *p)
{
	return who != 0 && (circle_in_act(t, who, p) || circle_may_manage(t, who, p));
}

bool circle_may_act(struct txn *t, uint64_t who, const struct post *p)
{
	struct viewer viewer = {.actor = who};
	return who != 0 && !p->gone && p->removed_by == 0 && circle_may_read(t, &viewer, p)
		&& circle_in_act(t, who, p);
}

static bool may_join_in(struct txn *t, uint64_t who, const struct post *p, const struct actor *c)
{
	if (c == NULL)
		return true;
	return !c->gone && !c->suspended && !block_between(t, who, p->community);
}

bool circle_may_reply(struct txn *t, uint64_t who, const struct post *p)
{
	struct actor actor, author, community;
	struct post root;
	if (!can_act(t, who, &actor) || p->gone || p->removed_by != 0)
		return false;
	if (actor_load(t, p->author, &author) != OK || author.suspended
		|| post_load(t, p->root, &root) != OK)
		return false;
	if (p->community != 0 && actor_load(t, p->community, &community) != OK)
		return false;
	const struct actor *group = p->community != 0 ? &community : NULL;
	if (block_between(t, who, p->author) || block_between(t, who, root.author)
		|| !may_join_in(t, who, p, group))
		return false;
	/* Who follows whom on other nodes is not known here, nor whom they let in. */
	if (!actor.local && !author.local && (group == NULL || !group->local))
		return true;
	/* Of answers that were there when the first post was kept for fewer, that one still says who may go on. */
	if (!circle_may_act(t, who, p) || !circle_in_act(t, who, &root))
		return false;
	if (!root.locked || (group == NULL && who == root.author))
		return true;
	return group != NULL
		&& (!guarded_here(group, &actor) || community_moderated_by(t, group, &actor));
}

/* ---- reading along elsewhere ------------------------------------------------------------------ */

static bool reads_along(struct txn *t, uint64_t who, const struct actor *community)
{
	struct actor a;
	const struct site *site = txn_site(t);
	if (!can_act(t, who, &a) || a.local || domain_blocked(t, a.host)
		|| !follow_is(t, who, community->id) || block_between(t, who, community->id))
		return false;
	uint64_t mine = linked_account(site, who);
	return (mine != 0 && circle_of(t, mine, community->id) >= CIRCLE_MEMBERS)
		|| admitted_is(site, community->id, who);
}

enum err circle_readers(struct txn *t, const struct actor *community, struct u64s *out)
{
	uint64_t *all = arena_array(txn_arena(t), READING_MOST, sizeof *all);
	size_t known = readers_known(txn_site(t), community->id, all, READING_MOST), count = 0;
	for (size_t i = 0; i < known; i++)
		if (reads_along(t, all[i], community))
			all[count++] = all[i];
	*out = (struct u64s){all, count};
	return OK;
}

bool circle_goes_abroad(struct txn *t, const struct post *p, struct actor *community)
{
	struct actor author;
	return p->circles.abroad && p->circles.read == CIRCLE_MEMBERS && !p->gone
		&& p->removed_by == 0 && actor_load(t, p->community, community) == OK
		&& community->local && !community->gone && !community->suspended
		&& community->circles.abroad && actor_load(t, p->author, &author) == OK
		&& author.local && !author.suspended;
}

bool circle_may_have_copy(struct txn *t, uint64_t who, const struct post *p)
{
	struct actor community;
	return circle_goes_abroad(t, p, &community) && reads_along(t, who, &community)
		&& !block_between(t, who, p->author);
}

/* ---- choosing -------------------------------------------------------------------------------- */

struct viewer circle_as_visitor(struct call *call, struct view *v)
{
	struct viewer me = call->viewer;
	bool as_visitor = call_input(call, "as") != NULL;
	if (as_visitor)
		call->viewer = (struct viewer){0};
	view_flag(v, "as_visitor", as_visitor);
	view_flag(v, "may_see_as_visitor", me.local && !as_visitor);
	return me;
}

void circle_show(struct view *v, const struct post *p)
{
	bool circled = p->circles.read != CIRCLE_EVERYONE;
	view_flag(v, "for_everyone", p->visibility <= VISIBLE_UNLISTED);
	view_flag(v, "for_members", p->circles.read == CIRCLE_MEMBERS);
	view_flag(v, "for_core", p->circles.read == CIRCLE_CORE);
	view_flag(v, "for_followers", !circled && p->visibility == VISIBLE_FOLLOWERS);
	view_flag(v, "for_named", !circled && p->visibility == VISIBLE_DIRECT);
}

static const char *const values[] = {"everyone", "members", "core"};

struct range { /* of circles that may be chosen */
	uint32_t widest, narrowest;
};

/* As wide as what is answered, and no narrower than the chooser is in: but what it is already, it may stay. */
static struct range range_of(struct txn *t, uint64_t who, uint64_t community,
	const struct post *parent, struct circles now)
{
	struct actor a;
	struct range r = {parent != NULL ? parent->circles.read : CIRCLE_EVERYONE,
		narrower(now.read, now.act)};
	if (community == 0 || (actor_load(t, community, &a) == OK && a.local))
		r.narrowest = narrower(r.narrowest, circle_of(t, who, community));
	return r;
}

static size_t show_list(struct txn *t, struct view *v, const char *name, uint64_t community,
	struct range r, uint32_t now, const char *said)
{
	struct actor a;
	bool own = community != 0 && actor_load(t, community, &a) == OK && a.own_members;
	size_t count = 0;
	view_list(v, name);
	for (uint32_t c = r.widest; c <= r.narrowest && c < COUNT(values); c++, count++) {
		view_begin(v, NULL);
		view_text(v, "value", values[c]);
		view_flag(v, "everyone", c == CIRCLE_EVERYONE);
		view_flag(v, "members", c == CIRCLE_MEMBERS && !own);
		view_flag(v, "own_members", c == CIRCLE_MEMBERS && own);
		view_flag(v, "core", c == CIRCLE_CORE);
		view_number(v, "heads", circle_count(t, community, c));
		view_flag(v, "chosen", said != NULL ? text_is(said, values[c]) : c == now);
		view_end(v);
	}
	view_list_end(v);
	return count;
}

/* Only where the community lets it, and members' posts may be chosen at all. */
static void show_abroad(struct call *call, struct txn *t, struct view *v, uint64_t community,
	const struct circles *now, struct range r)
{
	struct actor a;
	struct u64s readers = {0};
	if (community == 0 || actor_load(t, community, &a) != OK || !a.local || !a.circles.abroad
		|| r.narrowest < CIRCLE_MEMBERS || r.widest > CIRCLE_MEMBERS
		|| circle_readers(t, &a, &readers) != OK)
		return;
	view_flag(v, "abroad_too", true);
	view_begin(v, "abroad");
	view_number(v, "accounts", (int64_t)readers.count);
	view_flag(v, "chosen", call->typed ? call_flag(call, "abroad") : now->abroad);
	view_end(v);
}

/* Where members alone write, what is for everyone says of its writer that they are one. */
static bool tells_member(struct txn *t, uint64_t community, const struct post *parent)
{
	struct actor a;
	if (parent != NULL)
		return parent->circles.act != CIRCLE_EVERYONE;
	return community != 0 && actor_load(t, community, &a) == OK && a.local
		&& a.circles.act != CIRCLE_EVERYONE;
}

void circle_show_choice(struct call *call, struct txn *t, struct view *v, uint64_t community,
	const struct circles *now, const struct post *parent)
{
	struct range r = range_of(t, call->viewer.actor, community, parent, *now);
	view_begin(v, "circles");
	view_flag(v, "tells_member", tells_member(t, community, parent));
	size_t reads = show_list(t, v, "reads", community, r, now->read, call_input(call, "reads"));
	if (parent == NULL) /* who may answer is said once, at the start */
		show_list(t, v, "acts", community, r, now->act, call_input(call, "acts"));
	view_flag(v, "start", parent == NULL);
	view_flag(v, "any", reads > 1);
	show_abroad(call, t, v, community, now, r);
	view_end(v);
}

bool circle_parse(const char *word, uint32_t *out)
{
	for (uint32_t c = 0; c < COUNT(values); c++)
		if (text_is(word, values[c])) {
			*out = c;
			return true;
		}
	return false;
}

enum err circle_chosen(struct call *call, struct txn *t, uint64_t community,
	const struct post *parent, struct circles otherwise, struct circles *out)
{
	struct range r = range_of(t, call->viewer.actor, community, parent, otherwise);
	struct circles c = otherwise; /* as it stays for what is not said */
	(void)circle_parse(call_input(call, "reads"), &c.read);
	(void)circle_parse(call_input(call, "acts"), &c.act);
	struct actor a;
	c.abroad = call_flag(call, "abroad") && community != 0 && actor_load(t, community, &a) == OK
		&& a.circles.abroad;
	if (c.read < r.widest || c.read > r.narrowest)
		return refuse(&call->refusal, "reads", "Choose who may read this.");
	if (c.act > r.narrowest)
		return refuse(&call->refusal, "acts", "Choose who may answer.");
	*out = c;
	return OK;
}

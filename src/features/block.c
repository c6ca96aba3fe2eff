/* block.c: who is kept apart from whom: blocks between people, bans from a community, blocked sites. */
#include "features.h"

#include <string.h>

#define REASON_MOST 500 /* code points */
#define HOST_MOST 100   /* what place_text takes */

static const struct field block_fields[] = {
	{1, F_U64, offsetof(struct block, blocker), 0},
	{2, F_U64, offsetof(struct block, blocked), 0},
	{3, F_TEXT, offsetof(struct block, uri), 2048},
	{4, F_TEXT, offsetof(struct block, reason), 4 * REASON_MOST},
	{5, F_I64, offsetof(struct block, at), 0},
};
const struct shape block_shape = {"block", sizeof(struct block), block_fields, COUNT(block_fields)};

static const struct field domain_fields[] = {
	{1, F_TEXT, offsetof(struct domain, host), HOST_MOST},
	{2, F_TEXT, offsetof(struct domain, reason), 4 * REASON_MOST},
	{3, F_I64, offsetof(struct domain, at), 0},
};
const struct shape domain_shape = {
	"domain", sizeof(struct domain), domain_fields, COUNT(domain_fields)};

static const char *words(struct txn *t, const char *s, size_t points)
{
	const char *cut = s != NULL ? text_cut(txn_arena(t), text_trim(txn_arena(t), s), points)
				    : NULL;
	return cut != NULL && *cut != '\0' ? cut : NULL;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

bool block_is(struct txn *t, uint64_t blocker, uint64_t blocked)
{
	struct bytes row;
	struct place place = place_2(TABLE_BLOCK, blocker, blocked);
	return txn_get(t, &place, &row) == OK;
}

bool block_between(struct txn *t, uint64_t a, uint64_t b)
{
	return block_is(t, a, b) || block_is(t, b, a);
}

/* For oneself; for a community of ours as its moderator; for one elsewhere as its host or itself says it. */
static enum err block_allowed(struct txn *t, uint64_t who, uint64_t blocker, uint64_t blocked,
	const struct origin *origin)
{
	struct actor by, group, whom;
	if (blocker == blocked)
		return ERR_INVALID;
	if (!origin_reaches(origin, blocker))
		return ERR_FORBIDDEN;
	enum err e = actor_load(t, blocked, &whom);
	if (e == OK)
		e = actor_load(t, blocker, &group);
	if (e != OK || who == blocker)
		return e;
	e = actor_load(t, who, &by);
	if (e != OK)
		return e;
	if (group.kind != ACTOR_GROUP)
		return ERR_FORBIDDEN;
	if (community_moderated_by(t, &group, &by))
		return OK;
	return !group.local
			&& (origin_vouches(origin, group.id) || url_same_host(by.uri, group.uri))
		? OK
		: ERR_FORBIDDEN;
}

enum err block_add(struct txn *t, uint64_t who, uint64_t blocker, uint64_t blocked,
	const char *reason, const struct origin *origin)
{
	enum err e = block_allowed(t, who, blocker, blocked, origin);
	if (e != OK || block_is(t, blocker, blocked))
		return e;
	struct block b = {.blocker = blocker,
		.blocked = blocked,
		.reason = words(t, reason, REASON_MOST),
		.at = time_now()};
	struct line line = {.act = ACT_BLOCK,
		.actor = who,
		.object = blocked,
		.target = blocker != who ? blocker : 0,
		.note = b.reason};
	e = follow_end(t, blocker, blocked, origin);
	if (e == OK)
		e = follow_reject(t, blocker, blocked, origin);
	if (e == OK)
		e = act_journal(t, origin, &line, &b.uri);
	if (e != OK)
		return e;
	struct place place = place_2(TABLE_BLOCK, blocker, blocked);
	return txn_save(t, &place, &block_shape, &b);
}

enum err block_remove(struct txn *t, uint64_t who, uint64_t blocker, uint64_t blocked,
	const struct origin *origin)
{
	struct block b;
	enum err e = block_allowed(t, who, blocker, blocked, origin);
	if (e != OK)
		return e;
	struct place place = place_2(TABLE_BLOCK, blocker, blocked);
	e = txn_load(t, &place, &block_shape, &b);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	struct line line = {.act = ACT_UNBLOCK,
		.actor = who,
		.object = blocked,
		.target = blocker != who ? blocker : 0,
		.note = b.uri};
	e = txn_del(t, &place);
	return e == OK ? act_journal(t, origin, &line, NULL) : e;
}

/* ---- blocked sites --------------------------------------------------------------------------- */

/* "Example.org", "https://example.org/": the bare name, or NULL. A port does not make another site. */
static const char *host_clean(struct arena *arena, const char *s)
{
	struct url u;
	if (s == NULL)
		return NULL;
	s = text_trim(arena, s);
	if (strstr(s, "://") == NULL)
		s = arena_format(arena, "https://%s", s);
	return url_parse(arena, s, &u) == OK && strlen(u.host) <= HOST_MOST ? u.host : NULL;
}

enum err domain_block(struct txn *t, const char *host, const char *reason, bool on)
{
	struct domain d = {.host = host_clean(txn_arena(t), host),
		.reason = words(t, reason, REASON_MOST),
		.at = time_now()};
	if (d.host == NULL || text_is(d.host, host_clean(txn_arena(t), txn_site(t)->domain)))
		return ERR_INVALID;
	struct place place = place_text(TABLE_DOMAIN, d.host);
	return on ? txn_save(t, &place, &domain_shape, &d) : txn_del(t, &place);
}

bool domain_blocked(struct txn *t, const char *host)
{
	const char *at = host_clean(txn_arena(t), host);
	while (at != NULL && *at != '\0') {
		struct bytes row;
		struct place place = place_text(TABLE_DOMAIN, at);
		if (txn_get(t, &place, &row) == OK)
			return true;
		at = strchr(at, '.');
		at = at != NULL ? at + 1 : NULL;
	}
	return false;
}

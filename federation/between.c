/* between.c: what actors say to each other, and about themselves (protocol.md §5.1, §5.6, §5.7). */
#include "federation.h"

static enum err send_to(struct letter *l, uint64_t actor)
{
	enum err e = letter_keep(l, NULL);
	struct recipients r = letter_recipients(l);
	return e == OK ? audience_actor(&r, actor) : e;
}

static void show_act(
	struct view *v, const char *id, const char *type, const char *actor, const char *object)
{
	view_begin(v, "object");
	view_text(v, "id", id);
	view_text(v, "type", type);
	view_text(v, "actor", actor);
	view_text(v, "object", object);
	view_end(v);
}

enum err between_actors(struct saying *s)
{
	struct actor whom;
	enum err e = actor_load(s->t, s->line->object, &whom);
	if (e != OK || whom.local)
		return e;
	static const char *const types[] = {
		[ACT_FOLLOW] = "Follow",
		[ACT_UNFOLLOW] = "Undo",
		[ACT_ACCEPT] = "Accept",
		[ACT_REJECT] = "Reject",
		[ACT_BLOCK] = "Block",
		[ACT_UNBLOCK] = "Undo",
	};
	uint32_t act = s->line->act;
	s->open = false;
	struct letter l = letter_begin(s, &s->actor, types[act], s->line->place, VARIANT_SELF);
	letter_address(l.v, "to", whom.uri, NULL);
	if (act == ACT_FOLLOW || act == ACT_BLOCK)
		view_text(l.v, "object", whom.uri);
	else if (act == ACT_UNFOLLOW || act == ACT_UNBLOCK)
		show_act(l.v, s->line->note, act == ACT_UNFOLLOW ? "Follow" : "Block", s->actor.uri,
			whom.uri);
	else if (s->line->raw.size > 0 && s->line->raw.size < LETTER_MOST)
		view_raw(l.v, "object", s->line->raw);
	else
		show_act(l.v, s->line->uri, "Follow", whom.uri, s->actor.uri);
	return send_to(&l, whom.id);
}

/* A ban: the community tells everybody, and the banned one's node. */
enum err between_ban(struct saying *s, bool undo)
{
	struct actor whom;
	enum err e = actor_load(s->t, s->line->object, &whom);
	if (e != OK)
		return e;
	struct letter l = letter_begin(
		s, &s->actor, undo ? "Undo" : "Block", s->line->place, VARIANT_SELF);
	letter_address_all(s, l.v);
	letter_audience(s, l.v);
	if (undo) {
		letter_undone(s, l.v, s->line->note, "Block");
		letter_address_all(s, l.v);
	}
	view_text(l.v, "object", whom.uri);
	view_text(l.v, "target", s->community.uri);
	if (undo)
		view_end(l.v);
	else
		view_text(l.v, "summary", s->line->note);
	struct bytes json;
	e = letter_keep(&l, &json);
	struct recipients r = letter_recipients(&l);
	if (e == OK)
		e = audience_actor(&r, whom.id);
	if (e == OK)
		e = audience_actor(&r, s->community.id); /* nobody when it is ours */
	return e == OK ? letter_pass_on(s, json, l.id) : e;
}

/* A report goes out in the node's name: who reported stays here. */
enum err between_flag(struct saying *s)
{
	struct report report;
	struct actor node, named;
	struct place place = place_1(TABLE_REPORT, s->line->object);
	enum err e = txn_load(s->t, &place, &report_shape, &report);
	if (e == OK)
		e = actor_load(s->t, s->site->actor, &node);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	s->open = false;
	struct letter l = letter_begin(s, &node, "Flag", s->line->place, VARIANT_SELF);
	view_text(l.v, "content", report.comment != NULL ? report.comment : "");
	view_list(l.v, "object");
	for (size_t i = 0; i < report.actors.count; i++)
		if (actor_load(s->t, report.actors.at[i], &named) == OK)
			view_text(l.v, NULL, named.uri);
	for (size_t i = 0; i < report.posts.count; i++)
		if (post_load(s->t, report.posts.at[i], &s->post) == OK)
			view_text(l.v, NULL, s->post.uri);
	view_list_end(l.v);
	if (report.actors.count > 0 && actor_load(s->t, report.actors.at[0], &named) == OK)
		view_text(l.v, "to", named.uri);
	e = letter_keep(&l, NULL);
	struct recipients r = letter_recipients(&l);
	for (size_t i = 0; e == OK && i < report.actors.count; i++)
		e = audience_actor(&r, report.actors.at[i]);
	for (size_t i = 0; e == OK && i < report.posts.count; i++)
		if (post_load(s->t, report.posts.at[i], &s->post) == OK) {
			e = audience_actor(&r, s->post.author);
			if (e == OK && s->post.community != 0)
				e = audience_actor(&r, s->post.community);
		}
	return e;
}

/* ---- about an actor itself ------------------------------------------------------------------- */

enum err between_profile(struct saying *s)
{
	struct actor whose;
	enum err e = actor_load(s->t, s->line->object, &whose);
	if (e != OK || !whose.local || whose.gone)
		return e;
	struct letter l = letter_begin(s, &whose, "Update", s->line->place, VARIANT_SELF);
	letter_address(l.v, "to", PUBLIC_URI, NULL);
	letter_address(l.v, "cc", whose.followers, NULL);
	view_begin(l.v, "object");
	e = actor_document(s->t, &whose, l.v);
	view_end(l.v);
	if (e == OK)
		e = letter_keep(&l, NULL);
	struct recipients r = letter_recipients(&l);
	return e == OK ? audience_followers(&r, whose.id) : e;
}

enum err between_end(struct saying *s)
{
	struct letter l = letter_begin(s, &s->actor, "Delete", s->line->place, VARIANT_SELF);
	letter_address(l.v, "to", PUBLIC_URI, NULL);
	view_text(l.v, "object", s->actor.uri);
	enum err e = letter_keep(&l, NULL);
	struct recipients r = letter_recipients(&l);
	if (e == OK)
		e = audience_followers(&r, s->actor.id);
	if (e == OK)
		e = audience_following(&r, s->actor.id);
	return e == OK ? audience_reached(&r, s->actor.id) : e;
}

enum err between_move(struct saying *s)
{
	struct actor to;
	enum err e = actor_load(s->t, s->line->object, &to);
	if (e != OK)
		return e;
	struct letter l = letter_begin(s, &s->actor, "Move", s->line->place, VARIANT_SELF);
	letter_address(l.v, "to", s->actor.followers, NULL);
	view_text(l.v, "object", s->actor.uri);
	view_text(l.v, "target", to.uri);
	e = letter_keep(&l, NULL);
	struct recipients r = letter_recipients(&l);
	return e == OK ? audience_followers(&r, s->actor.id) : e;
}

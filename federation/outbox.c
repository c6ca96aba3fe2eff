/* outbox.c: journal lines to activities, as we say them, and to whom (protocol.md §5, §10). */
#include "federation.h"

#include <string.h>

#define VOTERS_TOLD 1000 /* of one poll or event, one by one: the others may follow it */

/* ---- sending --------------------------------------------------------------------------------- */

/* To the community's own node, where it is not ours. */
static enum err to_remote_community(const struct saying *s, const struct recipients *r)
{
	return s->community.id != 0 && !s->community.local ? audience_actor(r, s->community.id)
							   : OK;
}

/* Who voted or signed up elsewhere hears how it goes on, whomever they follow. */
static enum err to_hearers(const struct saying *s, const struct recipients *r)
{
	struct u64s voters = {0};
	const struct detail *detail = detail_of(s->post.kind);
	enum err e = detail->heard_by != NULL
		? detail->heard_by(s->t, s->post.id, 0, VOTERS_TOLD, &voters)
		: OK;
	for (size_t i = 0; e == OK && i < voters.count; i++)
		e = audience_actor(r, voters.at[i]);
	return e;
}

/* To those the post is for. A new one a local community passes on by itself. */
static enum err to_post_audience(const struct saying *s, const struct recipients *r)
{
	enum err e = OK;
	for (size_t i = 0; e == OK && i < s->audience.actors.count; i++)
		e = audience_actor(r, s->audience.actors.at[i]);
	for (size_t i = 0; e == OK && i < s->audience.followers_of.count; i++)
		if (!letter_stays(s) || s->audience.followers_of.at[i] != s->community.id)
			e = audience_followers(r, s->audience.followers_of.at[i]);
	/* Who has it from the community hears of its change and its end from the author as well: microblogs unwrap
	 * nothing. */
	if (e == OK && s->open && letter_stays(s) && s->line->act != ACT_CREATE
		&& s->line->act != ACT_WIDEN)
		e = audience_followers(r, s->community.id);
	struct post parent;
	if (e == OK && s->open && s->post.parent != 0
		&& post_load(s->t, s->post.parent, &parent) == OK)
		e = audience_actor(r, parent.author);
	if (e == OK && s->line->act == ACT_UPDATE)
		e = to_hearers(s, r);
	return e == OK ? to_remote_community(s, r) : e;
}

static enum err send_on(struct saying *s, struct letter *l,
	enum err (*to)(const struct saying *, const struct recipients *))
{
	struct bytes json;
	enum err e = letter_keep(l, &json);
	struct recipients r = letter_recipients(l);
	if (e == OK)
		e = to(s, &r);
	return e == OK ? letter_pass_on(s, json, l->id) : e;
}

/* ---- posts ----------------------------------------------------------------------------------- */

static enum err show_post(struct saying *s, struct view *v)
{
	view_begin(v, "object");
	enum err e = document_post(s->t, &s->post, v);
	view_end(v);
	return e;
}

static enum err write_post(struct saying *s, struct letter *l, const char *type, bool whole)
{
	*l = letter_begin(s, &s->actor, type, s->line->place, VARIANT_SELF);
	document_addresses(l->v, &s->audience);
	letter_audience(s, l->v);
	if (whole)
		return show_post(s, l->v);
	view_text(l->v, "object", s->post.uri);
	return OK;
}

/* The Question that stands beside it, for who can answer it with one tap. */
static enum err say_question(struct saying *s, const char *type)
{
	const struct detail *detail = detail_of(s->post.kind);
	if (detail->question == NULL)
		return OK;
	struct letter l = letter_begin(s, &s->actor, type, s->line->place, VARIANT_QUESTION);
	document_addresses(l.v, &s->audience);
	letter_audience(s, l.v);
	view_begin(l.v, "object");
	enum err e = detail->question(s->t, l.v, &s->post);
	view_end(l.v);
	if (e == OK)
		e = letter_keep(&l, NULL);
	struct recipients r = letter_recipients(&l);
	if (e == OK)
		e = to_post_audience(s, &r);
	if (e == OK)
		e = letter_pass_on_question(s);
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err say_post(struct saying *s)
{
	struct letter l, probe;
	const char *type = s->line->act == ACT_UPDATE ? "Update" : "Create";
	if (s->post.gone)
		return OK; /* its Delete follows */
	enum err e = write_post(s, &probe, type, true);
	if (e != OK)
		return e;
	bool fits = view_ok(probe.v) && view_json(probe.v).size + 1024 <= LETTER_MOST;
	e = write_post(s, &l, type, fits);
	if (e == OK)
		e = send_on(s, &l, to_post_audience);
	return e == OK ? say_question(s, type) : e;
}

static enum err to_deleted_audience(const struct saying *s, const struct recipients *r)
{
	/* A moderator speaks in the community only. */
	if (s->actor.id != s->post.author)
		return to_remote_community(s, r);
	return to_post_audience(s, r);
}

static enum err unsay_question(struct saying *s)
{
	if (detail_of(s->post.kind)->question == NULL || s->actor.id != s->post.author)
		return OK;
	struct letter l = letter_begin(s, &s->actor, "Delete", s->line->place, VARIANT_QUESTION);
	document_addresses(l.v, &s->audience);
	letter_audience(s, l.v);
	view_begin(l.v, "object");
	view_text(l.v, "id", post_question_uri(s->arena, &s->post));
	view_text(l.v, "type", "Tombstone");
	view_end(l.v);
	enum err e = letter_keep(&l, NULL);
	struct recipients r = letter_recipients(&l);
	if (e == OK)
		e = to_post_audience(s, &r);
	return e == OK ? letter_pass_on_question(s) : e;
}

static enum err say_delete(struct saying *s)
{
	struct letter l = letter_begin(s, &s->actor, "Delete", s->line->place, VARIANT_SELF);
	document_addresses(l.v, &s->audience);
	letter_audience(s, l.v);
	if (s->actor.id == s->post.author) {
		view_begin(l.v, "object");
		view_text(l.v, "id", s->post.uri);
		view_text(l.v, "type", "Tombstone");
		view_end(l.v);
	} else {
		view_text(l.v, "object", s->post.uri);
		view_text(l.v, "summary", s->line->note != NULL ? s->line->note : "");
	}
	enum err e = send_on(s, &l, to_deleted_audience);
	return e == OK ? unsay_question(s) : e;
}

/* What a moderator takes back of an own Delete. */
static enum err say_restore(struct saying *s)
{
	struct letter l = letter_begin(s, &s->actor, "Undo", s->line->place, VARIANT_SELF);
	document_addresses(l.v, &s->audience);
	letter_audience(s, l.v);
	letter_undone(s, l.v, arena_format(s->arena, "%s#delete", l.id), "Delete");
	document_addresses(l.v, &s->audience);
	view_text(l.v, "object", s->post.uri);
	view_end(l.v);
	return send_on(s, &l, to_deleted_audience);
}

/* ---- votes ----------------------------------------------------------------------------------- */

static enum err to_asker(const struct saying *s, const struct recipients *r)
{
	return audience_actor(r, s->author.id);
}

/* Between two nodes only: a note that names an option, without words (protocol.md §6.4). */
static enum err say_vote(struct saying *s)
{
	struct letter l = letter_begin(s, &s->actor, "Create", s->line->place, VARIANT_SELF);
	s->community.id = 0;
	s->open = false;
	letter_address(l.v, "to", s->author.uri, NULL);
	view_begin(l.v, "object");
	view_format(l.v, "id", "%s#vote", l.id);
	view_text(l.v, "type", "Note");
	view_text(l.v, "attributedTo", s->actor.uri);
	view_text(l.v, "inReplyTo", s->post.uri);
	view_text(l.v, "name", s->line->note);
	letter_address(l.v, "to", s->author.uri, NULL);
	view_end(l.v);
	return send_on(s, &l, to_asker);
}

/* ---- events: between the organiser's node and an attendee's ----------------------------------- */

static enum err tell_target(struct letter *l, const struct actor *whom)
{
	enum err e = letter_keep(l, NULL);
	struct recipients r = letter_recipients(l);
	return e == OK ? audience_actor(&r, whom->id) : e;
}

/* Accept or Reject of a Join, which may be long ago: it is named, with whose it was. */
static enum err say_joining(struct saying *s, const char *type)
{
	struct actor whom;
	enum err e = actor_load(s->t, s->line->target, &whom);
	if (e != OK || whom.local)
		return e;
	s->open = false;
	struct letter l = letter_begin(s, &s->actor, type, s->line->place, VARIANT_SELF);
	letter_address(l.v, "to", whom.uri, NULL);
	view_begin(l.v, "object");
	view_text(l.v, "id", s->line->uri);
	view_text(l.v, "type", "Join");
	view_text(l.v, "actor", whom.uri);
	view_text(l.v, "object", s->post.uri);
	view_end(l.v);
	return tell_target(&l, &whom);
}

/* A message to one person: of no conversation, so that nobody answers it in public. */
static enum err say_told(struct saying *s)
{
	struct actor whom;
	enum err e = actor_load(s->t, s->line->target, &whom);
	if (e != OK || whom.local)
		return e;
	s->open = false;
	struct letter l = letter_begin(s, &s->actor, "Create", s->line->place, VARIANT_SELF);
	letter_address(l.v, "to", whom.uri, NULL);
	view_begin(l.v, "object");
	view_format(l.v, "id", "%s#message", l.id);
	view_text(l.v, "type", "Note");
	view_text(l.v, "attributedTo", s->actor.uri);
	letter_address(l.v, "to", whom.uri, NULL);
	view_text(l.v, "content", s->line->note);
	view_time(l.v, "published", s->line->at);
	view_list(l.v, "tag");
	view_begin(l.v, NULL);
	view_text(l.v, "type", "Mention");
	view_text(l.v, "href", whom.uri);
	view_format(l.v, "name", "@%s", actor_handle(s->arena, &whom));
	view_end(l.v);
	view_list_end(l.v);
	view_end(l.v);
	return tell_target(&l, &whom);
}

/* ---- reactions, pins, locks: small things about a post --------------------------------------- */

static enum err to_author(const struct saying *s, const struct recipients *r)
{
	enum err e = audience_actor(r, s->author.id);
	return e == OK ? to_remote_community(s, r) : e;
}

static enum err to_author_and_followers(const struct saying *s, const struct recipients *r)
{
	enum err e = to_author(s, r);
	return e == OK ? audience_followers(r, s->actor.id) : e;
}

static void address_author(const struct saying *s, struct view *v, bool followers)
{
	letter_address(v, "to", s->author.uri, s->open ? PUBLIC_URI : NULL);
	letter_address(v, "cc", followers ? s->actor.followers : NULL,
		s->community.id != 0 ? s->community.uri : NULL);
	letter_audience(s, v);
}

static enum err say_reaction(struct saying *s, const char *type, bool undo)
{
	bool boost = strcmp(type, "Announce") == 0;
	struct letter l = letter_begin(
		s, &s->actor, undo ? "Undo" : type, s->line->place, VARIANT_SELF);
	address_author(s, l.v, boost);
	if (undo)
		letter_undone(s, l.v, s->line->note, type);
	view_text(l.v, "object", s->post.uri);
	if (undo)
		view_end(l.v);
	return boost ? (s->community.id = 0, send_on(s, &l, to_author_and_followers))
		     : send_on(s, &l, to_author);
}

static enum err say_lock(struct saying *s, bool undo)
{
	struct letter l = letter_begin(
		s, &s->actor, undo ? "Undo" : "Lock", s->line->place, VARIANT_SELF);
	letter_address_all(s, l.v);
	letter_audience(s, l.v);
	if (undo) {
		letter_undone(s, l.v, arena_format(s->arena, "%s#lock", l.id), "Lock");
		letter_address_all(s, l.v); /* Lemmy reads it whole */
	}
	view_text(l.v, "object", s->post.uri);
	if (undo)
		view_end(l.v);
	return send_on(s, &l, to_author);
}

/* PieFed's word for it; others read it in the question's own words, which say it again. */
static enum err say_choice(struct saying *s, bool undo)
{
	struct letter l = letter_begin(
		s, &s->actor, undo ? "Undo" : "ChooseAnswer", s->line->place, VARIANT_SELF);
	letter_address_all(s, l.v);
	letter_audience(s, l.v);
	if (undo)
		letter_undone(s, l.v, arena_format(s->arena, "%s#choice", l.id), "ChooseAnswer");
	view_text(l.v, "object", s->post.uri);
	if (undo)
		view_end(l.v);
	return send_on(s, &l, to_author);
}

static enum err to_followers(const struct saying *s, const struct recipients *r)
{
	enum err e = s->community.id == 0 ? audience_followers(r, s->actor.id) : OK;
	return e == OK ? to_remote_community(s, r) : e;
}

/* Add and Remove: to the collection of pinned posts or of moderators. */
static enum err say_listing(struct saying *s, const char *object, const char *collection, bool add)
{
	struct letter l = letter_begin(
		s, &s->actor, add ? "Add" : "Remove", s->line->place, VARIANT_SELF);
	letter_address_all(s, l.v);
	letter_audience(s, l.v);
	view_text(l.v, "object", object);
	view_text(l.v, "target", collection);
	return collection != NULL ? send_on(s, &l, to_followers) : OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool is_about_post(uint32_t act)
{
	return (act >= ACT_CREATE && act <= ACT_UNANNOUNCE) || act == ACT_PIN || act == ACT_UNPIN
		|| act == ACT_LOCK || act == ACT_UNLOCK || act == ACT_VOTE || act == ACT_NARROW
		|| act == ACT_WIDEN || act == ACT_RESTORE || act == ACT_CHOOSE
		|| act == ACT_UNCHOOSE || (act >= ACT_EVENT_ACCEPT && act <= ACT_EVENT_TELL);
}

static bool is_reaction(uint32_t act)
{
	return (act >= ACT_LIKE && act <= ACT_UNDISLIKE) || act == ACT_VOTE;
}

/* Of what is not for everyone nothing is said to anyone else: not that it is there, that it changed, that someone liked
 * it; nor who liked what members alone can, as that says who is one. But what was for everyone before is called back
 * from all who have it. */
static enum err stays_home(struct saying *s)
{
	uint32_t circle = is_reaction(s->line->act) ? s->post.circles.act : s->post.circles.read;
	bool home = circle != CIRCLE_EVERYONE;
	if (s->line->act != ACT_NARROW)
		return home ? ERR_NOT_FOUND : OK;
	if (!home)
		return ERR_NOT_FOUND; /* it is for everyone again */
	s->post.circles = (struct circles){.read = CIRCLE_EVERYONE, .act = CIRCLE_EVERYONE};
	s->post.visibility = VISIBLE_PUBLIC;
	return OK;
}

static enum err gather(struct saying *s)
{
	const struct line *line = s->line;
	enum err e = actor_load(s->t, line->actor, &s->actor);
	if (e == OK && is_about_post(line->act)) {
		e = post_load(s->t, line->object, &s->post);
		if (e == OK)
			e = stays_home(s);
		if (e == OK)
			e = actor_load(s->t, s->post.author, &s->author);
		if (e == OK)
			e = post_audience(s->t, &s->post, &s->audience);
		s->open = e == OK && s->audience.open;
	} else {
		s->open = true; /* but for what is between two actors */
	}
	uint64_t where = line->target != 0 ? line->target
		: is_about_post(line->act) ? s->post.community
					   : 0;
	if (e == OK && where != 0 && where != line->actor)
		e = actor_load(s->t, where, &s->community);
	if (e == OK && s->community.id != 0 && s->community.kind != ACTOR_GROUP)
		s->community = (struct actor){0};
	return e;
}

static enum err say_pin(struct saying *s)
{
	const char *collection = s->community.id != 0 ? s->community.featured : s->actor.featured;
	return say_listing(s, s->post.uri, collection, s->line->act == ACT_PIN);
}

static enum err say_moderator(struct saying *s)
{
	struct actor whom;
	enum err e = actor_load(s->t, s->line->object, &whom);
	if (e != OK || s->community.id == 0)
		return e;
	return say_listing(s, whom.uri, s->community.moderators, s->line->act == ACT_MODERATOR);
}

static enum err say(struct saying *s)
{
	switch ((enum act)s->line->act) {
	case ACT_CREATE:
	case ACT_UPDATE:
	case ACT_WIDEN:
		return say_post(s);
	case ACT_DELETE:
	case ACT_NARROW:
		return say_delete(s);
	case ACT_RESTORE:
		return say_restore(s);
	case ACT_LIKE:
		return say_reaction(s, "Like", false);
	case ACT_UNLIKE:
		return say_reaction(s, "Like", true);
	case ACT_DISLIKE:
		return say_reaction(s, "Dislike", false);
	case ACT_UNDISLIKE:
		return say_reaction(s, "Dislike", true);
	case ACT_ANNOUNCE:
		return say_reaction(s, "Announce", false);
	case ACT_UNANNOUNCE:
		return say_reaction(s, "Announce", true);
	case ACT_FOLLOW:
	case ACT_UNFOLLOW:
	case ACT_ACCEPT:
	case ACT_REJECT:
		return between_actors(s);
	case ACT_BLOCK:
	case ACT_UNBLOCK:
		return s->community.id != 0 ? between_ban(s, s->line->act == ACT_UNBLOCK)
					    : between_actors(s);
	case ACT_FLAG:
		return between_flag(s);
	case ACT_PIN:
	case ACT_UNPIN:
		return say_pin(s);
	case ACT_MODERATOR:
	case ACT_UNMODERATOR:
		return say_moderator(s);
	case ACT_UPDATE_ACTOR:
		return between_profile(s);
	case ACT_DELETE_ACTOR:
		return between_end(s);
	case ACT_MOVE:
		return between_move(s);
	case ACT_LOCK:
	case ACT_UNLOCK:
		return say_lock(s, s->line->act == ACT_UNLOCK);
	case ACT_VOTE:
		return say_vote(s);
	case ACT_CHOOSE:
	case ACT_UNCHOOSE:
		return say_choice(s, s->line->act == ACT_UNCHOOSE);
	case ACT_EVENT_ACCEPT:
		return say_joining(s, "Accept");
	case ACT_EVENT_REJECT:
		return say_joining(s, "Reject");
	case ACT_EVENT_TELL:
		return say_told(s);
	case ACT_SUSPEND:
	case ACT_UNSUSPEND:
	case ACT_KNOWN:
	case ACT_RECALL: /* closed.c */
		break;   /* nobody else's business */
	}
	return OK;
}

static bool is_announceable(uint32_t act)
{
	return act != ACT_FOLLOW && act != ACT_UNFOLLOW && act != ACT_ACCEPT && act != ACT_REJECT
		&& act != ACT_FLAG && act != ACT_ANNOUNCE && act != ACT_UNANNOUNCE
		&& act != ACT_VOTE && act != ACT_UPDATE_ACTOR && act != ACT_DELETE_ACTOR
		&& act != ACT_MOVE;
}

enum err outbox_follow(struct txn *t, const struct line *line, void *federation)
{
	struct saying s = {
		.f = federation, .t = t, .arena = txn_arena(t), .site = txn_site(t), .line = line};
	enum err e = closed_follow(&s);
	if (e != ERR_AGAIN && e != ERR_STORE)
		e = gather(&s);
	if (e == ERR_NOT_FOUND)
		return OK; /* what it was about is not there any more */
	if (e != OK)
		return e;
	if (s.actor.local)
		e = say(&s);
	else if (is_announceable(line->act))
		e = letter_pass_on(&s, line->raw, line->uri);
	if (e == OK || e == ERR_AGAIN || e == ERR_STORE)
		return e;
	/* One act that cannot be said must not silence all that follow. */
	if (e != ERR_NOT_FOUND && e != ERR_GONE)
		log_line(LOG_WARN, "outbox", "unsaid=%u error=%s", line->act, err_name(e));
	return OK;
}

void outbox_after(void *arg)
{
	struct federation *f = arg;
	bool more = true;
	while (more && store_write(f->set.store, audience_step, &more) == OK)
		;
	if (f->delivery != NULL)
		delivery_wake(f->delivery);
}

enum err outbox_activity_of(struct txn *t, const struct post *p, struct view *v)
{
	struct audience audience;
	struct actor author;
	enum err e = actor_load(t, p->author, &author);
	if (e == OK)
		e = post_audience(t, p, &audience);
	if (e != OK)
		return e;
	view_format(v, "id", "%s#create", p->uri);
	view_text(v, "type", "Create");
	view_text(v, "actor", author.uri);
	view_time(v, "published", p->published);
	document_addresses(v, &audience);
	view_begin(v, "object");
	e = document_post(t, p, v);
	view_end(v);
	return e;
}

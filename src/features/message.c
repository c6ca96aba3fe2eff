/* message.c: direct messages: posts for whom they name only, and the list of the conversations they make. */
#include "compose.h"

#include <string.h>

#define PEOPLE_MOST 5 /* whom one message begins with */
#define PAGE_SHOWN 20
#define FORGOT_AT_ONCE 500
#define TALK_AT_ONCE 500

bool message_is(struct txn *t, const struct post *p)
{
	struct actor a;
	return p->visibility == VISIBLE_DIRECT
		&& (actor_load(t, p->author, &a) != OK || a.kind != ACTOR_GROUP);
}

/* ---- the list -------------------------------------------------------------------------------- */

/* One row for each who takes part: where their conversation stands by its newest message. */
static enum err list_for(struct txn *t, uint64_t who, const struct post *p)
{
	struct place of = place_2(TABLE_MESSAGE_OF, who, p->root);
	struct actor a;
	uint64_t newest;
	if (actor_load(t, who, &a) != OK || !a.local || a.gone)
		return OK;
	enum err e = txn_get_id(t, &of, &newest);
	if (e == OK && newest >= p->id)
		return OK;
	if (e == OK) {
		struct place was = place_2(TABLE_MESSAGE, who, newest);
		e = txn_del(t, &was);
	}
	if (e == ERR_NOT_FOUND)
		e = OK;
	struct place at = place_2(TABLE_MESSAGE, who, p->id);
	if (e == OK)
		e = txn_put_id(t, &at, p->root);
	return e == OK ? txn_put_id(t, &of, p->id) : e;
}

static enum err list_post(struct txn *t, uint64_t post)
{
	struct post p;
	enum err e = post_load(t, post, &p);
	if (e != OK || p.gone || !message_is(t, &p))
		return e == ERR_NOT_FOUND ? OK : e;
	e = list_for(t, p.author, &p);
	for (size_t i = 0; e == OK && i < p.mentions.count; i++)
		e = list_for(t, p.mentions.at[i], &p);
	return e;
}

static enum err forget(struct txn *t, uint64_t who)
{
	static const uint8_t of_one[] = {TABLE_MESSAGE, TABLE_MESSAGE_OF};
	enum err e = OK;
	for (size_t k = 0; k < COUNT(of_one); k++) {
		struct u64s some = {.count = FORGOT_AT_ONCE};
		while (e == OK && some.count == FORGOT_AT_ONCE) {
			e = post_ids(t, of_one[k], who, 0, false, FORGOT_AT_ONCE, &some);
			for (size_t i = 0; e == OK && i < some.count; i++) {
				struct place row = place_2(of_one[k], who, some.at[i]);
				e = txn_del(t, &row);
			}
		}
	}
	return e;
}

static enum err follow_line(struct txn *t, const struct line *line, void *arg)
{
	(void)arg;
	switch ((enum act)line->act) {
	case ACT_CREATE:
		return list_post(t, line->object);
	case ACT_DELETE_ACTOR:
		return forget(t, line->actor);
	default:
		return OK;
	}
}

static void show_people(struct txn *t, struct view *v, uint64_t me, const struct post *p)
{
	struct actor a;
	view_list(v, "people");
	for (size_t i = 0; i <= p->mentions.count; i++) {
		uint64_t id = i == 0 ? p->author : p->mentions.at[i - 1];
		if (id != me && (i == 0 || id != p->author) && actor_load(t, id, &a) == OK)
			actor_show(v, NULL, &a);
	}
	view_list_end(v);
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	struct post p;
	uint64_t me = call->viewer.actor, before = call_input_id(call, "before");
	bool some = false;
	view_text(v, "heading", i18n(call->language, "Messages"));
	enum err e = post_ids(t, TABLE_MESSAGE, me, before, true, PAGE_SHOWN, &ids);
	if (e != OK)
		return e;
	view_list(v, "talks");
	for (size_t i = 0; i < ids.count; i++) {
		if (post_load(t, ids.at[i], &p) != OK || !circle_may_read(t, &call->viewer, &p))
			continue;
		some = true;
		view_begin(v, NULL);
		view_flag(v, "mine", p.author == me);
		show_people(t, v, me, &p);
		post_line(t, v, "post", &p, &call->viewer);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "some", some || before != 0);
	view_flag(v, "later_page", before != 0);
	if (ids.count == PAGE_SHOWN)
		view_id(v, "older", ids.at[ids.count - 1]);
	return OK;
}

/* ---- to write one ---------------------------------------------------------------------------- */

bool message_may(struct txn *t, uint64_t who, const struct actor *to)
{
	return who != 0 && to->id != who && to->kind == ACTOR_PERSON && !to->gone && !to->suspended
		&& to->moved_to == NULL && !block_between(t, who, to->id);
}

/* The people a line of addresses names, separated by blanks or commas. */
static enum err people_named(
	struct call *call, struct txn *t, const char *line, uint64_t *people, size_t *count)
{
	struct actor a;
	*count = 0;
	for (const char *at = line + strspn(line, " ,;"); *at != '\0'; at += strspn(at, " ,;")) {
		size_t size = strcspn(at, " ,;");
		const char *name = arena_text_n(call->arena, at, size);
		at += size;
		if (*count == PEOPLE_MOST)
			return refuse(&call->refusal, "to", "Write to five people at most.");
		enum err e = actor_by_handle(t, name, &a);
		if (e == ERR_STORE)
			return e;
		if (e != OK || !message_may(t, call->viewer.actor, &a))
			return refuse(&call->refusal, "to",
				"One of these addresses cannot be written to from here. Look it up first: search for it.");
		people[(*count)++] = a.id;
	}
	return *count > 0 ? OK : refuse(&call->refusal, "to", "Whom is it for?");
}

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	(void)t;
	view_text(v, "heading", i18n(call->language, "New message"));
	compose_languages(call, v, call->language);
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	uint64_t *people = arena_array(call->arena, PEOPLE_MOST, sizeof *people);
	size_t count = 0;
	char id[ID_TEXT];
	struct post p;
	enum err e = people_named(call, t, call_input(call, "to"), people, &count);
	if (e != OK)
		return e;
	/* Who is no member got an account for an e-mail address. */
	if (!call->viewer.member
		&& !call_allows(call, "message", id_text(call->viewer.actor, id), 10, DAY))
		return ERR_TOO_MUCH;
	const struct u64s to = {people, count};
	struct post_draft draft = {.author = call->viewer.actor,
		.visibility = VISIBLE_DIRECT,
		.to = &to,
		.source = call_input(call, "text"),
		.language = call_input(call, "language")};
	e = post_create(t, &draft, NULL, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your message is sent.") : e;
}

/* ---- what is kept of someone ------------------------------------------------------------------ */

/* What they wrote themselves is among their posts. */
static enum err own_talk(
	struct txn *t, struct view *v, const struct viewer *viewer, uint64_t root, size_t *left)
{
	struct u64s ids = {.count = TALK_AT_ONCE};
	struct post p;
	uint64_t after = 0;
	enum err e = OK;
	while (e == OK && *left > 0 && ids.count == TALK_AT_ONCE) {
		e = post_of_conversation(t, root, after, TALK_AT_ONCE, &ids);
		for (size_t i = 0; e == OK && *left > 0 && i < ids.count; i++) {
			after = ids.at[i];
			if (post_load(t, after, &p) != OK || p.gone || p.author == viewer->actor
				|| !message_is(t, &p) || !circle_may_read(t, viewer, &p))
				continue;
			--*left;
			view_begin(v, NULL);
			view_text(v, "from", own_actor(t, p.author));
			view_text(v, "address", p.uri);
			view_text(v, "text", p.source != NULL ? p.source : p.content);
			view_time(v, "at", p.published);
			view_end(v);
		}
	}
	return e;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct viewer viewer = {.actor = who->actor, .local = true};
	struct u64s ids;
	uint64_t root;
	size_t left = who->most;
	enum err e = own_ids(t, v, NULL, TABLE_MESSAGE, who->actor, who, &ids);
	view_list(v, "messages");
	for (size_t i = 0; e == OK && i < ids.count && left > 0; i++) {
		struct place place = place_2(TABLE_MESSAGE, who->actor, ids.at[i]);
		e = txn_get_id(t, &place, &root);
		if (e == OK)
			e = own_talk(t, v, &viewer, root, &left);
	}
	view_list_end(v);
	if (left == 0)
		own_cut(t, who, v, "messages");
	return e;
}

static const struct personal personal = {.show = own_show}; /* it ends with the actor */

/* ---- the feature ----------------------------------------------------------------------------- */

#define TO_INPUT                                                                                   \
	{                                                                                          \
		"to", INPUT_LINE, .max = 1000, .label = "To"                                       \
	}

static const struct route routes[] = {
	{METHOD_GET, "/messages", SIGNED_IN, .read = list_read, .page = "messages",
		.takes = {{"before", INPUT_ID, .label = "Older messages"}}},
	{METHOD_GET, "/messages/new", SIGNED_IN, .read = new_read, .page = "message-new",
		.drafts = true, .takes = {TO_INPUT}},
	{METHOD_POST, "/messages/new", SIGNED_IN, .write = new_write, .page = "message-new",
		.form = new_read, .drafts = true,
		.takes = {TO_INPUT,
			{"text", INPUT_TEXT, .required = true, .min = 1, .max = POST_TEXT_MOST,
				.label = "Message"},
			{"language", INPUT_LINE, .max = 35, .label = "Language"}},
		.per_minute = 5},
	{0},
};
static const struct journal_reader readers[] = {{"message", follow_line, NULL, NULL}, {0}};
static const struct table_use tables[] = {{TABLE_MESSAGE, NULL}, {TABLE_MESSAGE_OF, NULL}, {0}};

const struct feature feature_message = {.name = "message",
	.routes = routes,
	.tables = tables,
	.readers = readers,
	.personal = &personal};

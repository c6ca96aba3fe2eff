/* notify.c: what people hear of: few things, kept for a while, and how they want to be told. */
#include "features.h"

#include <string.h>

#define NOTE_MOST 2048
#define PAGE_SHOWN 20
#define UNREAD_SHOWN 50 /* more are not counted */
#define FORGOT_AT_ONCE 500
#define VOTERS_AT_ONCE 500
#define COMMUNITIES_MOST 1000 /* that one follows */
#define TOLD_AT_ONCE 1000     /* who hears at once of each conversation of one community */

static const struct field notice_fields[] = {
	{1, F_U64, offsetof(struct notice, place), 0},
	{2, F_U32, offsetof(struct notice, kind), 0},
	{3, F_U64, offsetof(struct notice, who), 0},
	{4, F_U64, offsetof(struct notice, post), 0},
	{5, F_TEXT, offsetof(struct notice, note), NOTE_MOST},
	{6, F_I64, offsetof(struct notice, at), 0},
};
const struct shape notice_shape = {
	"notice", sizeof(struct notice), notice_fields, COUNT(notice_fields)};

static const struct field settings_fields[] = {
	{1, F_U32, offsetof(struct notify_settings, mine), 0},
	{2, F_U32, offsetof(struct notify_settings, digest), 0},
	{3, F_I64, offsetof(struct notify_settings, paused), 0},
	{4, F_U64, offsetof(struct notify_settings, seen), 0},
	{5, F_U32, offsetof(struct notify_settings, hour), 0},
	{6, F_U32, offsetof(struct notify_settings, weekday), 0},
	{7, F_I64, offsetof(struct notify_settings, chosen), 0},
};
const struct shape notify_settings_shape = {
	"notify_settings", sizeof(struct notify_settings), settings_fields, COUNT(settings_fields)};

/* What each kind says; who did it stands before it, what it is about after it. */
static const struct {
	const char *words;
	const char *asks; /* page of what waits for an answer */
	const char *path; /* where what its note names is dealt with */
	bool stops;       /* its note is the token of the alert that it is by */
	bool role;        /* its note is a role in a project, and a word with it; else a reason */
	bool mailed;      /* by who makes it, in a mail of its own */
} kinds[] = {
	[NOTICE_REPLY] = {"answered you"},
	[NOTICE_MENTION] = {"named you"},
	[NOTICE_FOLLOW] = {"follows you now"},
	[NOTICE_REQUEST] = {"asks to follow you", .asks = "/requests"},
	[NOTICE_POLL] = {"The poll is closed"},
	[NOTICE_HIDDEN] = {"A moderator hid your message"},
	[NOTICE_CONVERSATION] = {"began a conversation"},
	[NOTICE_JOIN_REQUEST] = {"New request to join", .asks = "/joining"},
	[NOTICE_JOIN_ANSWER] = {"Your request to join is answered"},
	[NOTICE_OPENED] = {"is open now"},
	[NOTICE_EVENT_MOVED] = {"The time or the place is another one", .mailed = true},
	[NOTICE_EVENT_CANCELLED] = {"This does not go on", .mailed = true},
	[NOTICE_EVENT_ON] = {"This goes on after all", .mailed = true},
	[NOTICE_EVENT_DAY] = {"This is tomorrow", .mailed = true},
	[NOTICE_EVENT_HOUR] = {"This begins within an hour", .mailed = true},
	[NOTICE_EVENT_PLACE] = {"There is a place for you: you are on the list now",
		.mailed = true},
	[NOTICE_ARTICLE_REVIEW] = {"asks you to look at an article", .path = "/articles"},
	[NOTICE_ARTICLE_DECIDED] = {"There is a decision on your article", .path = "/articles"},
	[NOTICE_OFFERED] =
		{"Nobody has answered this yet. You know about it: do you have an answer?"},
	[NOTICE_COACH] = {"There is news about a question to a coach", .path = "/coach"},
	[NOTICE_ACCEPTED] = {"Your answer was chosen as the answer"},
	[NOTICE_ARTICLE_DUE] = {"Is your article still right?"},
	[NOTICE_LINKED] = {"is linked to your membership"},
	[NOTICE_VACANCY] = {"placed something that fits your alert", .stops = true},
	[NOTICE_VACANCY_CLOSED] = {"It is closed: its last day is over"},
	[NOTICE_ANSWER] = {"There is a private answer for you"},
	[NOTICE_IDEA] = {"decided on your idea"},
	[NOTICE_PROJECT_HELP] = {"helps with your project", .role = true},
	[NOTICE_PROJECT_ENDED] = {"ended a project you help with"},
	[NOTICE_PROJECT_LET_GO] = {"ended your role in a project. You can offer to help again.",
		.role = true},
	[NOTICE_ANSWERED] = {"wrote back to you in private"},
};

bool notify_is_mailed(uint32_t kind)
{
	return kind < COUNT(kinds) && kinds[kind].mailed;
}

/* ---- settings -------------------------------------------------------------------------------- */

void notify_settings(struct txn *t, uint64_t actor, struct notify_settings *out)
{
	struct place place = place_1(TABLE_NOTIFY, actor);
	if (txn_load(t, &place, &notify_settings_shape, out) != OK)
		*out = (struct notify_settings){.mine = NOTIFY_DAILY, .digest = NOTIFY_WEEKLY};
}

enum err notify_set(struct txn *t, uint64_t actor, const struct notify_settings *s)
{
	struct place place = place_1(TABLE_NOTIFY, actor);
	return txn_save(t, &place, &notify_settings_shape, s);
}

enum err notify_community(struct txn *t, uint64_t actor, uint64_t community, uint32_t *how)
{
	struct place place = place_2(TABLE_NOTIFY_COMMUNITY, community, actor);
	struct notify_settings s;
	uint64_t set;
	enum err e = txn_get_id(t, &place, &set);
	notify_settings(t, actor, &s);
	if (e == OK || e == ERR_NOT_FOUND)
		*how = e == OK ? (uint32_t)set : s.digest;
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err notify_set_community(struct txn *t, uint64_t actor, uint64_t community, uint32_t how)
{
	struct place place = place_2(TABLE_NOTIFY_COMMUNITY, community, actor);
	return how == 0 ? txn_del(t, &place) : txn_put_id(t, &place, how);
}

/* ---- at once --------------------------------------------------------------------------------- */

/* A mail of its own for who wants that; nothing about what is long ago, as when the journal is read again. */
static enum err mail_at_once(struct txn *t, const struct actor *a, const struct notice *n)
{
	struct notify_settings s;
	struct account account;
	struct viewer viewer = {.actor = a->id, .local = true};
	uint64_t needs = notify_needs(n);
	notify_settings(t, a->id, &s);
	if (notify_is_mailed(n->kind))
		return OK;
	if ((s.mine != NOTIFY_AT_ONCE && n->kind != NOTICE_CONVERSATION) || s.paused > time_now()
		|| n->at < time_now() - DAY)
		return OK;
	enum err e = account_load(t, a->id, &account);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	if (account.email == NULL || account.suspended)
		return OK;
	struct view *v = mail_begin(t);
	view_list(v, "notices");
	bool shown = notify_show(t, v, n, 0, &viewer, account.language);
	view_list_end(v);
	struct mail_draft draft = {.to = account.email,
		.kind = "notify",
		.language = account.language,
		.until = time_now() + DAY,
		.list = MAIL_NOTICES,
		.actor = a->id,
		.posts = {&needs, needs != 0}};
	return shown ? mail_send(t, &draft, v) : OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

enum err notify_add(struct txn *t, uint64_t recipient, const struct notice *n)
{
	struct actor a;
	struct bytes there;
	struct place place = place_2(TABLE_NOTICE, recipient, n->place);
	if (n->who == recipient || actor_load(t, recipient, &a) != OK || !a.local || a.gone
		|| a.suspended || a.kind != ACTOR_PERSON)
		return OK;
	if (n->who != 0 && block_between(t, recipient, n->who))
		return OK;
	enum err e = txn_get(t, &place, &there);
	if (e != ERR_NOT_FOUND)
		return e;
	e = txn_save(t, &place, &notice_shape, n);
	return e == OK ? mail_at_once(t, &a, n) : e;
}

enum err notify_list(struct txn *t, uint64_t actor, uint64_t before, size_t max, struct u64s *out)
{
	return post_ids(t, TABLE_NOTICE, actor, before, true, max, out);
}

enum err notify_load(struct txn *t, uint64_t actor, uint64_t place, struct notice *out)
{
	struct place at = place_2(TABLE_NOTICE, actor, place);
	return txn_load(t, &at, &notice_shape, out);
}

enum err notify_unread(struct txn *t, uint64_t actor, int64_t *count)
{
	struct notify_settings s;
	struct u64s ids;
	notify_settings(t, actor, &s);
	enum err e = notify_list(t, actor, 0, UNREAD_SHOWN, &ids);
	int64_t n = 0;
	while (e == OK && (size_t)n < ids.count && ids.at[n] > s.seen)
		n++;
	if (e == OK)
		*count = n;
	return e;
}

enum err notify_seen(struct txn *t, uint64_t actor, uint64_t place)
{
	struct notify_settings s;
	notify_settings(t, actor, &s);
	if (place <= s.seen)
		return OK;
	s.seen = place;
	return notify_set(t, actor, &s);
}

struct choices {
	uint64_t actor;
	uint64_t communities[COMMUNITIES_MOST];
	size_t count;
};

static enum err is_mine(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct choices *c = arg;
	if (place_id(key, 1) == c->actor && c->count < COMMUNITIES_MOST)
		c->communities[c->count++] = place_id(key, 0);
	return OK;
}

enum err notify_forget(struct txn *t, uint64_t actor)
{
	struct u64s ids = {.count = FORGOT_AT_ONCE};
	enum err e = OK;
	while (e == OK && ids.count == FORGOT_AT_ONCE) {
		e = notify_list(t, actor, 0, FORGOT_AT_ONCE, &ids);
		for (size_t k = 0; e == OK && k < ids.count; k++) {
			struct place place = place_2(TABLE_NOTICE, actor, ids.at[k]);
			e = txn_del(t, &place);
		}
	}
	struct choices mine = {.actor = actor};
	struct walk all = {.prefix = place_0(TABLE_NOTIFY_COMMUNITY), .max = WALK_ALL};
	if (e == OK)
		e = txn_walk(t, &all, is_mine, &mine);
	for (size_t k = 0; e == OK && k < mine.count; k++)
		e = notify_set_community(t, actor, mine.communities[k], 0);
	struct place settings = place_1(TABLE_NOTIFY, actor);
	return e == OK ? txn_del(t, &settings) : e;
}

/* ---- what happened --------------------------------------------------------------------------- */

/* Nobody hears of what they may not read. */
static enum err about_post(
	struct txn *t, uint64_t recipient, const struct post *p, const struct notice *n)
{
	struct viewer viewer = {.actor = recipient, .local = true};
	return circle_may_read(t, &viewer, p) ? notify_add(t, recipient, n) : OK;
}

/* Those who want to hear at once of each conversation that begins there. */
static enum err tell_community(struct txn *t, const struct post *p, struct notice *n)
{
	struct u64s chose;
	enum err e = post_ids(
		t, TABLE_NOTIFY_COMMUNITY, p->community, 0, false, TOLD_AT_ONCE, &chose);
	n->kind = NOTICE_CONVERSATION;
	for (size_t i = 0; e == OK && i < chose.count; i++) {
		uint32_t how;
		e = notify_community(t, chose.at[i], p->community, &how);
		if (e == OK && how == NOTIFY_AT_ONCE && follow_is(t, chose.at[i], p->community))
			e = about_post(t, chose.at[i], p, n);
	}
	return e;
}

static enum err of_create(struct txn *t, const struct line *line)
{
	struct post p, parent;
	struct notice n = {
		.place = line->place, .who = line->actor, .post = line->object, .at = line->at};
	enum err e = post_load(t, line->object, &p);
	if (e != OK || p.gone || p.author != line->actor)
		return e;
	bool answers = p.parent != 0 && post_load(t, p.parent, &parent) == OK;
	if (answers) {
		n.kind = NOTICE_REPLY;
		e = about_post(t, parent.author, &p, &n);
	}
	if (e == OK && p.root == p.id && p.community != 0)
		e = tell_community(t, &p, &n);
	n.kind = NOTICE_MENTION; /* who is answered has it already: one line, one notice */
	bool named = p.visibility != VISIBLE_DIRECT || message_is(t, &p);
	for (size_t i = 0; named && e == OK && i < p.mentions.count; i++)
		e = about_post(t, p.mentions.at[i], &p, &n);
	return e;
}

/* A poll tells its numbers again when it closes: who asked and who voted hear how it ended. */
static enum err of_update(struct txn *t, const struct line *line)
{
	struct post p;
	struct extra x;
	struct u64s voters = {.count = VOTERS_AT_ONCE};
	enum err e = post_load(t, line->object, &p);
	if (e != OK || p.gone || p.kind != POST_QUESTION)
		return e;
	extra_read(txn_arena(t), p.extra, &x);
	if (x.closed == 0)
		return OK;
	/* Its place is that of the end, so that nobody hears of it twice. */
	struct notice n = {.place = ((uint64_t)x.closed << 16) + (p.id & 0xffff),
		.kind = NOTICE_POLL,
		.post = p.id,
		.at = x.closed};
	e = about_post(t, p.author, &p, &n);
	for (uint64_t after = 0; e == OK && voters.count == VOTERS_AT_ONCE;) {
		e = poll_voters(t, p.id, after, VOTERS_AT_ONCE, &voters);
		for (size_t i = 0; e == OK && i < voters.count; i++)
			e = about_post(t, after = voters.at[i], &p, &n);
	}
	return e;
}

static enum err of_delete(struct txn *t, const struct line *line)
{
	struct post p;
	enum err e = post_load(t, line->object, &p);
	if (e != OK || p.gone || line->actor == p.author)
		return e;
	struct notice n = {.place = line->place,
		.kind = NOTICE_HIDDEN,
		.post = p.id,
		.note = line->note,
		.at = line->at};
	return notify_add(t, p.author, &n);
}

static enum err of_follow(struct txn *t, const struct line *line)
{
	struct notice n = {.place = line->place, .who = line->actor, .at = line->at};
	switch (follow_state_of(t, line->actor, line->object)) {
	case FOLLOW_PENDING:
		n.kind = NOTICE_REQUEST;
		return notify_add(t, line->object, &n);
	case FOLLOW_ACCEPTED:
		n.kind = NOTICE_FOLLOW;
		return notify_add(t, line->object, &n);
	default:
		return OK;
	}
}

static enum err follow_line(struct txn *t, const struct line *line, void *arg)
{
	(void)arg;
	enum err e = OK;
	switch ((enum act)line->act) {
	case ACT_CREATE:
		e = of_create(t, line);
		break;
	case ACT_UPDATE:
		e = of_update(t, line);
		break;
	case ACT_DELETE:
		e = of_delete(t, line);
		break;
	case ACT_FOLLOW:
		e = of_follow(t, line);
		break;
	case ACT_DELETE_ACTOR:
		e = notify_forget(t, line->actor);
		break;
	default:
		break;
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

static const struct journal_reader readers[] = {{"notify", follow_line, NULL, NULL}, {0}};

/* ---- forgetting ------------------------------------------------------------------------------ */

struct old {
	struct place from; /* goes on here */
	struct place rows[FORGOT_AT_ONCE];
	size_t count, seen;
	int64_t before;
};

static enum err is_old(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct old *old = arg;
	struct place place = place_2(TABLE_NOTICE, place_id(key, 0), place_id(key, 1));
	if (id_time(place_id(key, 1)) < old->before)
		old->rows[old->count++] = place;
	old->from = place;
	return ++old->seen == FORGOT_AT_ONCE ? ERR_CONFLICT : OK;
}

static enum err forget_some(struct txn *t, void *arg)
{
	struct old *old = arg;
	struct place from = old->from;
	struct walk w = {.prefix = place_0(TABLE_NOTICE), .from = &from, .max = FORGOT_AT_ONCE};
	old->count = old->seen = 0;
	old->before = time_now() - keep_days(t, KEEP_NOTICES) * DAY;
	enum err e = txn_walk(t, &w, is_old, old);
	for (size_t i = 0; e == OK && i < old->count; i++)
		e = txn_del(t, &old->rows[i]);
	return e;
}

static void forget_old(struct store *store, void *arg)
{
	(void)arg;
	struct arena *arena = arena_create();
	struct old *old = arena_alloc(arena, sizeof *old);
	old->from = place_0(TABLE_NOTICE);
	enum err e = OK;
	do {
		e = store_write(store, forget_some, old);
	} while (e == OK && old->seen == FORGOT_AT_ONCE);
	if (e != OK)
		log_line(LOG_WARN, "notify", "error=%s", err_name(e));
	arena_destroy(arena);
}

static const struct chore chores[] = {{"notices", DAY, forget_old, NULL}, {0}};

/* ---- pages ----------------------------------------------------------------------------------- */

uint64_t notify_needs(const struct notice *n)
{
	return n->kind != NOTICE_HIDDEN ? n->post : 0; /* that is their own, and they hear why */
}

bool notify_show(struct txn *t, struct view *v, const struct notice *n, uint64_t seen,
	const struct viewer *viewer, const char *language)
{
	struct actor who;
	struct post p;
	bool person = n->who != 0 && actor_load(t, n->who, &who) == OK && !who.gone;
	bool post = n->post != 0 && post_load(t, n->post, &p) == OK && !p.gone
		&& circle_may_read(t, viewer, &p);
	if ((n->who != 0 && !person) || (notify_needs(n) != 0 && !post) || n->kind >= COUNT(kinds)
		|| kinds[n->kind].words == NULL)
		return false;
	view_begin(v, NULL);
	view_text(v, "words", i18n(language, kinds[n->kind].words));
	view_flag(v, "fresh", n->place > seen);
	view_text(v, "asks", kinds[n->kind].asks != NULL ? kinds[n->kind].asks : "");
	const char *note = n->note != NULL ? n->note : "";
	view_text(v, "note", kinds[n->kind].path == NULL && !kinds[n->kind].stops ? note : "");
	view_flag(v, "role", kinds[n->kind].role);
	view_text(v, "thing", kinds[n->kind].path != NULL ? note : "");
	view_text(v, "thing_path", kinds[n->kind].path);
	view_text(v, "stop", kinds[n->kind].stops ? note : "");
	view_time(v, "at", n->at);
	if (person)
		actor_show(v, "who", &who);
	else
		view_text(v, "who", "");
	if (post)
		post_line(t, v, "post", &p, viewer);
	else
		view_text(v, "post", "");
	view_end(v);
	return true;
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	struct notify_settings s;
	struct notice n;
	uint64_t before = call_input_id(call, "before"), me = call->viewer.actor;
	view_text(v, "heading", i18n(call->language, "Notifications"));
	notify_settings(t, me, &s);
	enum err e = notify_list(t, me, before, PAGE_SHOWN, &ids);
	if (e != OK)
		return e;
	view_list(v, "notices");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = notify_load(t, me, ids.at[i], &n);
		if (e == OK)
			(void)notify_show(t, v, &n, s.seen, &call->viewer, call->language);
	}
	view_list_end(v);
	view_flag(v, "nothing", ids.count == 0 && before == 0);
	if (ids.count > 0 && before == 0 && ids.at[0] > s.seen)
		view_id(v, "newest", ids.at[0]);
	view_flag(v, "later_page", before != 0);
	view_flag(v, "paged", before != 0 || ids.count == PAGE_SHOWN);
	if (ids.count == PAGE_SHOWN)
		view_id(v, "older", ids.at[ids.count - 1]);
	return e;
}

static enum err seen_write(struct call *call, struct txn *t)
{
	enum err e = notify_seen(t, call->viewer.actor, call_input_id(call, "up_to"));
	if (e == OK)
		reply_see_other(call, "/notifications");
	return e;
}

static const char *const ways[] = {
	[NOTIFY_NEVER] = "never",
	[NOTIFY_AT_ONCE] = "at-once",
	[NOTIFY_DAILY] = "daily",
	[NOTIFY_WEEKLY] = "weekly",
};

static uint32_t way_of(const char *word, uint32_t otherwise)
{
	for (uint32_t i = 1; word != NULL && i < COUNT(ways); i++)
		if (strcmp(ways[i], word) == 0)
			return i;
	return otherwise;
}

/* "how" { never, at_once, daily, weekly }: which one is chosen. */
static void show_way(struct view *v, const char *name, uint32_t way)
{
	view_begin(v, name);
	view_flag(v, "never", way == NOTIFY_NEVER);
	view_flag(v, "at_once", way == NOTIFY_AT_ONCE);
	view_flag(v, "daily", way == NOTIFY_DAILY);
	view_flag(v, "weekly", way == NOTIFY_WEEKLY);
	view_end(v);
}

/* The communities someone follows, those of here and of elsewhere. */
static enum err communities_of(struct txn *t, uint64_t me, struct u64s *out)
{
	struct u64s followed;
	struct actor a;
	enum err e = follow_following(t, me, 0, COMMUNITIES_MOST, &followed);
	if (e != OK)
		return e;
	uint64_t *ids = arena_array(txn_arena(t), followed.count, sizeof *ids);
	size_t count = 0;
	for (size_t i = 0; i < followed.count; i++)
		if (actor_load(t, followed.at[i], &a) == OK && a.kind == ACTOR_GROUP && !a.gone
			&& !a.suspended)
			ids[count++] = a.id;
	*out = (struct u64s){ids, count};
	return OK;
}

static void show_moments(struct call *call, struct view *v, const struct notify_settings *s)
{
	int64_t hour = call_number(call, "hour", s->hour != 0 ? s->hour - 1 : NOTIFY_HOUR);
	int64_t weekday = call_number(
		call, "weekday", s->weekday != 0 ? s->weekday - 1 : NOTIFY_WEEKDAY);
	view_list(v, "hours");
	for (int i = 0; i < 24; i++) {
		view_begin(v, NULL);
		view_number(v, "value", i);
		view_format(v, "words", "%d:00", i);
		view_flag(v, "chosen", i == hour);
		view_end(v);
	}
	view_list_end(v);
	view_list(v, "weekdays");
	for (int i = 1; i <= 7; i++) { /* from Monday on */
		view_begin(v, NULL);
		view_number(v, "value", i % 7);
		view_text(v, "words", i18n_weekday(call->language, i % 7));
		view_flag(v, "chosen", i % 7 == weekday);
		view_end(v);
	}
	view_list_end(v);
}

static void read_moments(const struct call *call, struct notify_settings *s)
{
	struct notify_settings before = *s;
	int64_t hour = call_number(call, "hour", -1), weekday = call_number(call, "weekday", -1);
	if (hour >= 0)
		s->hour = (uint32_t)hour + 1;
	if (weekday >= 0)
		s->weekday = (uint32_t)weekday + 1;
	if (s->hour != before.hour || s->weekday != before.weekday)
		s->chosen = time_now();
}

static enum err settings_read(struct call *call, struct txn *t, struct view *v)
{
	struct notify_settings s;
	struct u64s communities;
	struct actor a;
	uint32_t how;
	uint64_t me = call->viewer.actor;
	notify_settings(t, me, &s);
	if (!account_takes_mail(t, me, MAIL_NOTICES))
		s.mine = NOTIFY_NEVER;
	if (!account_takes_mail(t, me, MAIL_DIGEST))
		s.digest = NOTIFY_NEVER;
	view_text(v, "heading", i18n(call->language, "Mail and notifications"));
	profile_tab_show(v, "notify");
	show_way(v, "mine", s.mine);
	show_way(v, "digest", s.digest);
	show_moments(call, v, &s);
	view_flag(v, "event_mail", account_takes_mail(t, me, MAIL_EVENTS));
	view_flag(v, "is_paused", s.paused > time_now());
	view_time(v, "paused", s.paused);
	enum err e = communities_of(t, me, &communities);
	view_list(v, "communities");
	for (size_t i = 0; e == OK && i < communities.count; i++) {
		e = actor_load(t, communities.at[i], &a);
		if (e == OK)
			e = notify_community(t, me, a.id, &how);
		if (e != OK)
			break;
		view_begin(v, NULL);
		view_id(v, "id", a.id);
		actor_show(v, "community", &a);
		show_way(v, "how", how);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "some", e == OK && communities.count > 0);
	return e;
}

static enum err settings_write(struct call *call, struct txn *t)
{
	struct notify_settings s;
	struct u64s communities;
	uint64_t me = call->viewer.actor;
	char id[ID_TEXT];
	notify_settings(t, me, &s);
	s.mine = way_of(call_input(call, "mine"), s.mine);
	s.digest = way_of(call_input(call, "digest"), s.digest);
	read_moments(call, &s);
	int64_t days = call_number(call, "pause", -1);
	if (days >= 0)
		s.paused = days > 0 ? time_now() + days * DAY : 0;
	enum err e = notify_set(t, me, &s);
	if (e == OK) /* who left a list by the link in a mail, and wants it again */
		e = account_set_mail(t, me, MAIL_NOTICES, true);
	if (e == OK)
		e = account_set_mail(t, me, MAIL_DIGEST, true);
	if (e == OK && call_input(call, "events") != NULL)
		e = account_set_mail(
			t, me, MAIL_EVENTS, text_is(call_input(call, "events"), "mail"));
	if (e == OK)
		e = communities_of(t, me, &communities);
	for (size_t i = 0; e == OK && i < communities.count; i++) {
		const char *name = arena_format(
			call->arena, "community-%s", id_text(communities.at[i], id));
		uint32_t how = way_of(call_input(call, name), 0);
		if (how != 0)
			e = notify_set_community(
				t, me, communities.at[i], how == s.digest ? 0 : how);
	}
	if (e == OK) {
		reply_notice(call, "Your choices are kept.");
		reply_see_other(call, "/settings/notifications");
	}
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/notifications", SIGNED_IN, .read = list_read, .page = "notify",
		.takes = {{"before", INPUT_ID, .label = "Older notifications"}}},
	{METHOD_POST, "/notifications/seen", SIGNED_IN, .write = seen_write,
		.takes = {{"up_to", INPUT_ID, .required = true, .label = "Notifications"}}},
	{METHOD_GET, "/settings/notifications", SIGNED_IN, .read = settings_read,
		.page = "notify-settings"},
	{METHOD_POST, "/settings/notifications", SIGNED_IN, .write = settings_write,
		.page = "notify-settings", .form = settings_read,
		.takes = {{"mine", INPUT_CHOICE, .choices = "never|at-once|daily",
				  .label = "What is for you"},
			{"digest", INPUT_CHOICE, .choices = "never|daily|weekly",
				.label = "What is new"},
			{"hour", INPUT_NUMBER, .min = 0, .max = 23, .label = "At what hour"},
			{"weekday", INPUT_NUMBER, .min = 0, .max = 6,
				.label = "On which day of the week"},
			{"events", INPUT_CHOICE, .choices = "mail|none",
				.label = "Events you come to"},
			{"pause", INPUT_NUMBER, .min = -1, .max = 365, .label = "Pause"}}},
	{0},
};
/* ---- what is kept of a person ---------------------------------------------------------------- */

static const char *way_word(uint32_t way)
{
	static const char *const words[] = {"", "never", "at-once", "daily", "weekly"};
	return way < COUNT(words) ? words[way] : "";
}

static enum err own_communities(struct txn *t, struct view *v, uint64_t actor)
{
	struct u64s communities;
	uint32_t how;
	enum err e = communities_of(t, actor, &communities);
	view_list(v, "notice_communities");
	for (size_t i = 0; e == OK && i < communities.count; i++) {
		e = notify_community(t, actor, communities.at[i], &how);
		view_begin(v, NULL);
		view_text(v, "community", own_actor(t, communities.at[i]));
		view_text(v, "how", e == OK ? way_word(how) : "");
		view_end(v);
	}
	view_list_end(v);
	return e;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct notify_settings s;
	struct u64s ids;
	struct notice n;
	notify_settings(t, who->actor, &s);
	view_begin(v, "notice_settings");
	view_text(v, "mine", way_word(s.mine));
	view_text(v, "digest", way_word(s.digest));
	view_number(v, "hour", s.hour != 0 ? s.hour - 1 : NOTIFY_HOUR);
	view_text(v, "weekday",
		i18n_weekday(who->language, s.weekday != 0 ? (int)s.weekday - 1 : NOTIFY_WEEKDAY));
	view_time(v, "paused", s.paused);
	view_end(v);
	enum err e = own_ids(t, v, "notices", TABLE_NOTICE, who->actor, who, &ids);
	view_list(v, "notices");
	for (size_t k = 0; e == OK && k < ids.count; k++) {
		if (notify_load(t, who->actor, ids.at[k], &n) != OK || n.kind >= COUNT(kinds))
			continue;
		view_begin(v, NULL);
		view_text(v, "what", i18n(who->language, kinds[n.kind].words));
		view_text(v, "who", own_actor(t, n.who));
		view_text(v, "post", own_post(t, n.post));
		view_text(v, "note", n.note);
		view_time(v, "at", n.at);
		view_end(v);
	}
	view_list_end(v);
	return e == OK ? own_communities(t, v, who->actor) : e;
}

static bool is_of_them(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	struct notice n;
	(void)key;
	return record_read(scratch, &notice_shape, value, &n) == OK
		&& n.who == *(const uint64_t *)arg;
}

static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	uint64_t actor = who->actor;
	enum err e = at->size == 0 ? notify_forget(t, actor) : OK;
	return e == OK ? leaving_sweep(t, TABLE_NOTICE, at, is_of_them, NULL, &actor) : e;
}

static const struct personal personal = {own_show, forget};

static const struct table_use uses[] = {
	{TABLE_NOTICE, &notice_shape},
	{TABLE_NOTIFY, &notify_settings_shape},
	{TABLE_NOTIFY_COMMUNITY, NULL},
	{0},
};
const struct feature feature_notify = {
	.name = "notify",
	.routes = routes,
	.tables = uses,
	.chores = chores,
	.readers = readers,
	.personal = &personal,
};

/*
 * indexer.c: what stands in the index that is searched, and the thread that keeps it so. It reads the journal by itself, in
 * read transactions of some lines at a time: whatever SQLite does, the writer never waits for it.
 *
 * A line only says what to look at: what is indexed is the record as it is now. So a line may be followed twice, and an
 * index that lost its place is made anew from the records.
 */
#include "search.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT_ONCE 100 /* rows, lines */
#define LOOK_EVERY (SECOND / 2)
#define PAUSE (10 * SECOND) /* after a failure */
#define WORDS_POINTS 20000
#define SUBJECTS_MOST (3 * AT_ONCE)

struct search {
	struct store *store;
	struct index *index;
	struct thread *thread;
	uint64_t version;     /* of the store, when there was nothing left to do */
	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t woken, settled;
	bool stopping, rebuild;
	uint64_t asked, answered; /* settlings */
	atomic_uint stage;
};
static _Atomic(struct search *) running;

/* ---- what may be found ----------------------------------------------------------------------- */

static const char *language_of(struct txn *t, const char *language)
{
	return language != NULL ? language : txn_site(t)->language;
}

static const char *words_of(struct txn *t, const struct post *p)
{
	struct arena *arena = txn_arena(t);
	struct text words;
	struct extra x;
	text_init(&words, arena, (size_t)256 << 10);
	text_add(&words, p->summary);
	text_add(&words, p->summary != NULL ? " " : "");
	text_add(&words, markup_plain(arena, p->content != NULL ? p->content : "", WORDS_POINTS));
	extra_read(arena, p->extra, &x);
	for (size_t i = 0; i < x.attachment_count; i++)
		if (x.attachments[i].name != NULL)
			text_format(&words, " %s", x.attachments[i].name);
	for (size_t i = 0; i < x.option_count; i++)
		text_format(&words, " %s", x.options[i].name);
	for (size_t i = 0; p->own.size > 0 && i < x.hashtags.count; i++)
		text_format(&words, " %s", x.hashtags.at[i]); /* typed beside the words */
	return words.at;
}

/*
 * A public post is found by anyone when its author lets posts be indexed (protocol.md §6, FEP-5feb), or when someone of
 * here wrote it in a community: that is its archive. Else its author alone finds it. What is for fewer eyes is found by
 * those; messages to someone, and what is left out of lists, are not found.
 */
static bool reach_of_post(const struct post *p, const struct actor *author, struct entry *out)
{
	if (p->visibility == VISIBLE_DIRECT || p->visibility == VISIBLE_UNLISTED)
		return false;
	if (p->visibility == VISIBLE_PUBLIC
		&& (author->indexable || (author->local && p->community != 0)))
		out->reach = REACH_ALL;
	else if (!author->local)
		return false;
	else if (p->visibility == VISIBLE_PUBLIC)
		out->reach = REACH_SELF;
	else
		out->reach = REACH_CIRCLE;
	uint64_t number = circle_number(p);
	out->circle = number != 0 && number != CIRCLE_ASK ? number
		: p->community != 0                       ? p->community
							  : p->author;
	return true;
}

bool entry_of_post(struct txn *t, const struct post *p, struct entry *out)
{
	struct actor author;
	struct entry entry = {.id = p->id,
		.kind = p->kind == POST_FILE ? ENTRY_FILE : ENTRY_POST,
		.owner = p->author,
		.community = p->community,
		.language = language_of(t, p->language)};
	if (p->gone || p->removed_by != 0 || actor_load(t, p->author, &author) != OK
		|| (author.gone && !author.local) || author.suspended
		|| !reach_of_post(p, &author, &entry))
		return false;
	entry.title = p->title;
	entry.words = words_of(t, p);
	*out = entry;
	return true;
}

/* Who does not want to be found is found by those who follow them; who lives elsewhere, by who is signed in. */
bool entry_of_actor(struct txn *t, const struct actor *a, struct entry *out)
{
	struct arena *arena = txn_arena(t);
	if (a->gone || a->suspended || a->kind == ACTOR_APPLICATION)
		return false;
	const char *about = a->summary != NULL ? markup_plain(arena, a->summary, WORDS_POINTS) : "";
	*out = (struct entry){.id = a->id,
		.kind = a->kind == ACTOR_GROUP ? ENTRY_COMMUNITY : ENTRY_PERSON,
		.reach = !a->discoverable ? REACH_CIRCLE
			: a->local        ? REACH_ALL
					  : REACH_SIGNED_IN,
		.owner = a->id,
		.circle = a->id,
		.language = language_of(t, a->language),
		.title = actor_title(a),
		.words = arena_format(arena, "%s %s %s", a->name, actor_handle(arena, a), about)};
	return true;
}

static bool may_find_post(struct txn *t, const struct viewer *viewer, uint64_t id)
{
	struct post p;
	struct entry entry;
	struct actor community;
	if (post_load(t, id, &p) != OK || !entry_of_post(t, &p, &entry)
		|| !circle_may_read(t, viewer, &p))
		return false;
	if (p.community != 0
		&& (actor_load(t, p.community, &community) != OK || community.suspended
			|| community.gone))
		return false;
	return entry.reach != REACH_SELF || viewer->actor == p.author;
}

static bool may_find_actor(struct txn *t, const struct viewer *viewer, uint64_t id)
{
	struct actor a;
	struct entry entry;
	if (actor_load(t, id, &a) != OK || !entry_of_actor(t, &a, &entry))
		return false;
	if (entry.reach == REACH_ALL)
		return viewer->actor == 0 || !block_between(t, viewer->actor, id);
	if (!viewer->local || block_between(t, viewer->actor, id))
		return false;
	return entry.reach == REACH_SIGNED_IN || viewer->actor == id
		|| follow_is(t, viewer->actor, id);
}

bool entry_may_find(struct txn *t, const struct viewer *viewer, uint64_t id, uint32_t kind)
{
	return kind == ENTRY_POST || kind == ENTRY_FILE ? may_find_post(t, viewer, id)
							: may_find_actor(t, viewer, id);
}

/* ---- one step: read from the store, then written to the index -------------------------------- */

struct change {
	uint64_t id;
	uint64_t mark; /* of an actor: what decides over its posts */
	bool there;
	struct entry entry;
};
struct batch {
	struct arena *arena; /* outlives the transaction */
	struct index_state now, next;
	uint64_t author, cursor; /* whose posts are looked at again, after which */
	bool lost;               /* lines were trimmed before they were read */
	struct change changes[SUBJECTS_MOST];
	size_t count;
};

static void keep(struct batch *b, struct change *c)
{
	struct entry *e = &c->entry;
	e->language = arena_text(b->arena, e->language);
	e->title = arena_text(b->arena, e->title);
	e->words = arena_text(b->arena, e->words);
	b->changes[b->count++] = *c;
}

static bool is_in(const struct batch *b, uint64_t id)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->changes[i].id == id)
			return true;
	return false;
}

static enum err look_at_post(struct batch *b, struct txn *t, uint64_t id)
{
	struct post p;
	struct change c = {.id = id};
	if (id == 0 || is_in(b, id))
		return OK;
	enum err e = post_load(t, id, &p);
	if (e == OK)
		c.there = entry_of_post(t, &p, &c.entry);
	else if (e != ERR_NOT_FOUND && e != ERR_STORE) /* of a record alone: it is not found */
		return e;
	keep(b, &c);
	return OK;
}

static enum err look_at_actor(struct batch *b, struct txn *t, uint64_t id)
{
	struct actor a;
	struct change c = {.id = id, .mark = 1};
	if (id == 0 || is_in(b, id))
		return OK;
	enum err e = actor_load(t, id, &a);
	if (e == OK) {
		c.there = entry_of_actor(t, &a, &c.entry);
		c.mark += (uint64_t)c.there * 2 + (uint64_t)a.indexable * 4;
	} else if (e != ERR_NOT_FOUND && e != ERR_STORE) {
		return e;
	}
	keep(b, &c);
	return OK;
}

static enum err look_at_line(struct batch *b, struct txn *t, const struct line *line)
{
	enum err e = look_at_actor(b, t, line->actor);
	if (e != OK)
		return e;
	switch (line->act) {
	case ACT_CREATE:
	case ACT_UPDATE:
	case ACT_DELETE:
	case ACT_RESTORE:
	case ACT_NARROW:
	case ACT_WIDEN:
		return look_at_post(b, t, line->object);
	case ACT_FOLLOW:
	case ACT_ACCEPT:
	case ACT_UPDATE_ACTOR:
	case ACT_DELETE_ACTOR:
	case ACT_MOVE:
	case ACT_SUSPEND:
	case ACT_UNSUSPEND:
	case ACT_KNOWN:
		return look_at_actor(b, t, line->object);
	default:
		return OK;
	}
}

/* Whose last line is gone, by trimming or with another store, cannot know what came after it. */
static enum err knows_place(struct batch *b, struct txn *t)
{
	struct bytes last;
	struct place place = place_1(TABLE_JOURNAL, b->now.line);
	enum err e = b->now.line != 0 ? txn_get(t, &place, &last) : OK;
	b->lost = e == ERR_NOT_FOUND;
	return b->lost ? OK : e;
}

static enum err follow_lines(struct batch *b, struct txn *t)
{
	struct line *lines = arena_array(txn_arena(t), AT_ONCE, sizeof *lines);
	size_t count = 0;
	enum err e = knows_place(b, t);
	if (e == OK && !b->lost)
		e = journal_after(t, b->now.line, AT_ONCE, lines, &count);
	for (size_t i = 0; e == OK && i < count; i++) {
		e = look_at_line(b, t, &lines[i]);
		b->next.line = lines[i].place;
	}
	return e;
}

static enum err take_id(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	struct u64s *ids = arg;
	uint64_t *at = (uint64_t *)(uintptr_t)ids->at;
	at[ids->count++] = place_id(key, 0);
	return OK;
}

static enum err fill(struct batch *b, struct txn *t)
{
	bool actors = b->now.stage == STAGE_ACTORS;
	uint8_t table = actors ? TABLE_ACTOR : TABLE_POST;
	struct u64s ids = {.at = arena_array(txn_arena(t), AT_ONCE, sizeof *ids.at)};
	struct place from = place_1(table, b->now.cursor + 1);
	struct walk walk = {.prefix = place_0(table), .from = &from, .max = AT_ONCE};
	enum err e = txn_walk(t, &walk, take_id, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = actors ? look_at_actor(b, t, ids.at[i]) : look_at_post(b, t, ids.at[i]);
		b->next.cursor = ids.at[i];
	}
	if (ids.count < AT_ONCE)
		b->next = (struct index_state){.line = b->now.line, .stage = b->now.stage + 1};
	return e;
}

static enum err look_again(struct batch *b, struct txn *t)
{
	struct u64s ids;
	enum err e = post_ids(t, TABLE_BY_AUTHOR, b->author, b->cursor, false, AT_ONCE, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		e = look_at_post(b, t, ids.at[i]);
	b->cursor = e == OK && ids.count == AT_ONCE ? ids.at[ids.count - 1] : 0;
	return e;
}

static enum err read_step(struct txn *t, void *arg)
{
	struct batch *b = arg;
	b->next = b->now;
	if (b->now.stage == STAGE_NEW) {
		b->next.stage = STAGE_ACTORS;
		return journal_newest(t, &b->next.line);
	}
	if (b->now.stage != STAGE_READY)
		return fill(b, t);
	return b->author != 0 ? look_again(b, t) : follow_lines(b, t);
}

static enum err write_step(struct search *s, const struct batch *b)
{
	index_begin(s->index);
	for (size_t i = 0; i < b->count; i++) {
		const struct change *c = &b->changes[i];
		uint64_t was = 0;
		if (c->there)
			index_put(s->index, &c->entry);
		else
			index_drop(s->index, c->id);
		if (c->mark != 0)
			index_mark(s->index, c->id, c->mark, &was);
		if (was != 0 && was != c->mark)
			index_todo_put(s->index, c->id, 0);
	}
	if (b->author != 0 && b->cursor == 0)
		index_todo_drop(s->index, b->author);
	else if (b->author != 0)
		index_todo_put(s->index, b->author, b->cursor);
	return index_end(s->index, &b->next);
}

/* *more: there was something to do, so there may be more. */
static enum err step(struct search *s, bool *more)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct batch *b = arena_alloc(arena, sizeof *b);
	b->arena = arena;
	b->now = index_state(s->index);
	if (b->now.stage == STAGE_READY)
		index_todo(s->index, &b->author, &b->cursor);
	bool again = b->author != 0;
	enum err e = store_read(s->store, read_step, b);
	if (e == OK && b->lost) {
		log_line(LOG_WARN, "search", "index=anew why=\"its place in the journal is gone\"");
		e = index_empty(s->index);
		*more = true;
		return e;
	}
	*more = e == OK
		&& (again || b->next.line != b->now.line || b->next.stage != b->now.stage
			|| b->next.cursor != b->now.cursor);
	if (*more)
		e = write_step(s, b);
	atomic_store(&s->stage, index_state(s->index).stage);
	return e;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void wait_a_while(struct search *s, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms % SECOND * 1000000;
	until.tv_sec += ms / SECOND + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	int code = 0;
	while (!s->stopping && !s->rebuild && s->asked == s->answered && code == 0)
		code = pthread_cond_timedwait(&s->woken, &s->lock, &until);
}

static enum err catch_up(struct search *s, bool rebuild)
{
	enum err e = rebuild || index_broken(s->index) ? index_empty(s->index) : OK;
	uint64_t version = store_version(s->store);
	bool more = version != s->version || rebuild || index_state(s->index).stage != STAGE_READY;
	bool did = false;
	while (e == OK && more) {
		e = step(s, &more);
		did = true;
		pthread_mutex_lock(&s->lock);
		more = more && !s->stopping;
		pthread_mutex_unlock(&s->lock);
	}
	if (e == OK)
		s->version = version;
	if (!did)
		index_tidy(s->index);
	return e;
}

static void keep_index(void *arg)
{
	struct search *s = arg;
	pthread_mutex_lock(&s->lock);
	while (!s->stopping) {
		uint64_t asked = s->asked;
		bool rebuild = s->rebuild;
		s->rebuild = false;
		pthread_mutex_unlock(&s->lock);
		enum err e = catch_up(s, rebuild);
		pthread_mutex_lock(&s->lock);
		s->answered = asked;
		pthread_cond_broadcast(&s->settled);
		wait_a_while(s, e == OK ? LOOK_EVERY : PAUSE);
	}
	s->answered = UINT64_MAX;
	pthread_cond_broadcast(&s->settled);
	pthread_mutex_unlock(&s->lock);
}

struct search *search_start(struct store *store, const char *path)
{
	struct index *index;
	if (index_open(path, &index) != OK)
		return NULL;
	struct search *s = calloc(1, sizeof *s);
	if (s == NULL)
		die("out of memory for the search");
	s->store = store;
	s->index = index;
	s->version = UINT64_MAX;
	atomic_store(&s->stage, index_state(index).stage);
	pthread_condattr_t steady;
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->woken, &steady);
	pthread_cond_init(&s->settled, NULL);
	pthread_condattr_destroy(&steady);
	s->thread = thread_start("search", keep_index, s);
	atomic_store(&running, s);
	return s;
}

void search_stop(struct search *s)
{
	if (s == NULL)
		return;
	atomic_store(&running, NULL);
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->woken);
	pthread_mutex_unlock(&s->lock);
	thread_join(s->thread);
	index_close(s->index);
	pthread_cond_destroy(&s->woken);
	pthread_cond_destroy(&s->settled);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct index *search_index(void)
{
	struct search *s = atomic_load(&running);
	return s != NULL ? s->index : NULL;
}

bool search_is_ready(void)
{
	struct search *s = atomic_load(&running);
	return s != NULL && atomic_load(&s->stage) == STAGE_READY;
}

void search_rebuild(struct search *s)
{
	pthread_mutex_lock(&s->lock);
	s->rebuild = true;
	atomic_store(&s->stage, STAGE_NEW);
	pthread_cond_signal(&s->woken);
	pthread_mutex_unlock(&s->lock);
}

void search_renew(void)
{
	struct search *s = atomic_load(&running);
	if (s != NULL)
		search_rebuild(s);
}

void search_settle(struct search *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t ticket = ++s->asked;
	pthread_cond_signal(&s->woken);
	while (s->answered < ticket)
		pthread_cond_wait(&s->settled, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void search_numbers(struct search *s, struct view *v)
{
	int64_t entries, bytes;
	index_count(s->index, &entries, &bytes);
	view_begin(v, "search");
	view_number(v, "entries", entries);
	view_number(v, "bytes", bytes);
	view_number(v, "ready", atomic_load(&s->stage) == STAGE_READY);
	view_end(v);
}

/* world.c: see world.h. */
#include "world.h"

#include "../../src/server/inside.h"
#include "roll.h"

#include <stdlib.h>
#include <string.h>

struct world world;

int world_open(void **state)
{
	(void)state;
	const char *why = NULL;
	time_freeze(NOW);
	log_open(LOG_ERROR, 2);
	world = (struct world){.arena = arena_create()};
	world.site = (struct site){.domain = "ex.org",
		.base_url = "https://ex.org",
		.name = "Ex",
		.summary = "",
		.language = "nl",
		.version = "0"};
	memset(world.site.secret, 7, sizeof world.site.secret);
	struct store_settings settings = {.owner = &world.site};
	if (roll_open(world.arena, &world.site, NULL, &world.site.roll, &why) != OK)
		return -1;
	return store_open(world.arena, &settings, &world.store, &why) == OK ? 0 : -1;
}

int world_close(void **state)
{
	(void)state;
	store_close(world.store);
	roll_close(world.site.roll);
	arena_destroy(world.arena);
	time_freeze(0);
	return 0;
}

static char files[] = "/tmp/kring-files-XXXXXX";

int world_open_files(void **state)
{
	int bad = world_open(state);
	memset(files + sizeof files - 7, 'X', 6);
	world.site.blobs = mkdtemp(files);
	return world.site.blobs != NULL ? bad : -1;
}

int world_close_files(void **state)
{
	char command[64];
	if (!text_print(command, sizeof command, "rm -rf '%s'", files) || system(command) != 0)
		return -1;
	return world_close(state);
}

void world_run(write_fn *body)
{
	enum err e = store_write(world.store, body, NULL);
	if (world.broken != NULL)
		fail_msg("%s:%d: %s", world.file, world.line, world.broken);
	assert_int_equal(e, OK);
}

/* ---- people ---------------------------------------------------------------------------------- */

static struct actor local(struct txn *t, enum actor_kind kind, const char *name)
{
	struct actor a;
	struct refusal why = {0};
	struct key_pair none = {0};
	if (actor_create(t, kind, name, NULL, &none, &why, &a) != OK)
		die("%s: %s", name, why.text != NULL ? why.text : "not made");
	return a;
}

struct actor world_person(struct txn *t, const char *name)
{
	return local(t, ACTOR_PERSON, name);
}

struct actor world_group(struct txn *t, const char *name)
{
	return local(t, ACTOR_GROUP, name);
}

struct actor world_community(struct txn *t, const char *name, const struct actor *founder)
{
	struct community_draft d = {.name = name, .title = name};
	struct actor a;
	if (founder != NULL)
		d.founder = founder->id;
	if (community_create(t, &d, NULL, &a) != OK)
		die("%s: not made", name);
	return a;
}

struct viewer world_as(const struct actor *who)
{
	return (struct viewer){.actor = who->id, .local = true};
}

struct actor world_remote(struct txn *t, enum actor_kind kind, const char *name, const char *host)
{
	struct arena *arena = txn_arena(t);
	const char *uri = arena_format(arena, "https://%s/users/%s", host, name);
	struct actor a,
		claims = {.kind = kind,
			.name = name,
			.host = host,
			.uri = uri,
			.title = name,
			.inbox = arena_format(arena, "%s/inbox", uri),
			.url = arena_format(arena, "https://%s/@%s", host, name)};
	uint64_t id;
	if (actor_save_remote(t, &claims, &id) != OK || actor_load(t, id, &a) != OK)
		die("%s@%s: not made", name, host);
	return a;
}

struct entering {
	uint64_t actor, community;
	uint32_t here, roles;
	enum err err;
};

static enum err give_roles(struct txn *r, const struct person *p, uint64_t community, uint32_t bits)
{
	struct doer console = {0};
	enum err e = OK;
	for (uint32_t bit = 1; e == OK && bit <= ROLE_TREASURER; bit <<= 1)
		if ((bits & bit) != 0)
			e = role_set(r, &console, p->id, community, (enum role)bit, true);
	return e;
}

static enum err enter(struct txn *r, void *arg)
{
	struct entering *w = arg;
	struct doer console = {0};
	struct person p = {.actor = w->actor, .status = PERSON_MEMBER};
	enum err e = person_add(r, &console, &p);
	if (e == OK)
		e = give_roles(r, &p, w->community, w->here);
	return e == OK ? give_roles(r, &p, 0, w->roles) : e;
}

static void write_roll(void *arg)
{
	struct entering *w = arg;
	w->err = roll_write(&world.site, enter, w);
}

/* On a thread of its own: a body that is a write_fn may not wait for another store's writer. */
void world_member(const struct actor *a, uint64_t community, uint32_t here, uint32_t roles)
{
	struct entering w = {.actor = a->id, .community = community, .here = here, .roles = roles};
	thread_join(thread_start("roll", write_roll, &w));
	if (w.err != OK)
		die("%s: not on the roll", a->name);
}

/* ---- other nodes ----------------------------------------------------------------------------- */

struct activity world_activity(
	const struct actor *by, const char *id, const char *type, const char *object_id)
{
	static const char raw[] = "{\"raw\":true}";
	return (struct activity){.id = id,
		.type = type,
		.actor = by->uri,
		.actor_id = by->id,
		.object_id = object_id,
		.raw = {raw, sizeof raw - 1}};
}

enum err world_receive(struct txn *t, const struct feature *feature, const struct activity *a)
{
	const char *type = a->inner != NULL ? a->inner->type
		: a->object != NULL         ? a->object->type
					    : NULL;
	enum err e = ERR_NOT_FOUND;
	for (const struct verb *v = feature->verbs; e == ERR_NOT_FOUND && v->type != NULL; v++)
		if (text_is(v->type, a->type)
			&& (v->object_type == NULL || text_is(v->object_type, type)))
			e = v->receive(t, a);
	return e;
}

struct lines {
	uint64_t places[1000];
	size_t count;
};

static enum err line_visit(void *arg, struct bytes key, struct bytes value)
{
	struct lines *l = arg;
	(void)value;
	if (l->count == COUNT(l->places))
		return ERR_TOO_MUCH;
	l->places[l->count++] = place_id(key, 0);
	return OK;
}

static size_t lines_find(struct txn *t, uint32_t act, struct line *last)
{
	struct lines l = {.count = 0};
	struct walk walk = {.prefix = place_0(TABLE_JOURNAL), .max = WALK_ALL};
	size_t found = 0;
	if (txn_walk(t, &walk, line_visit, &l) != OK)
		die("the journal cannot be read");
	for (size_t i = 0; i < l.count; i++) {
		struct line line;
		if (journal_read(t, l.places[i], &line) != OK)
			die("a line of the journal cannot be read");
		if (act != 0 && line.act != act)
			continue;
		*last = line;
		found++;
	}
	return found;
}

size_t world_lines(struct txn *t, uint32_t act)
{
	struct line last;
	return lines_find(t, act, &last);
}

struct line world_last(struct txn *t, uint32_t act)
{
	struct line last = {0};
	lines_find(t, act, &last);
	return last;
}

/* ---- posts ----------------------------------------------------------------------------------- */

struct post world_post(struct txn *t, struct post_draft draft)
{
	struct post p;
	struct refusal why = {0};
	if (draft.source == NULL)
		draft.source = "Hello";
	if (post_create(t, &draft, NULL, &why, &p) != OK)
		die("a post was refused: %s", why.text != NULL ? why.text : "?");
	return p;
}

const char *const world_everyone[] = {WORLD_PUBLIC};

struct object world_note(
	const struct actor *author, const char *id, const char *const *to, size_t count)
{
	return (struct object){.id = id,
		.type = "Note",
		.attributed_to = author->uri,
		.content = "<p>Hi</p>",
		.to = {to, count}};
}

enum err world_take(
	struct txn *t, const struct actor *author, const struct object *o, struct post *p)
{
	struct origin origin = {arena_format(txn_arena(t), "%s/create", o->id), {"{}", 2}, 0};
	struct post_draft draft = {.author = author->id, .remote = o};
	return post_create(t, &draft, &origin, NULL, p);
}

int64_t world_replies(struct txn *t, uint64_t post)
{
	int64_t n;
	return post_tally(t, post, TALLY_REPLIES, &n) == OK ? n : -1;
}

bool world_lists(struct txn *t, uint64_t community, uint64_t post)
{
	struct u64s ids;
	if (post_of_community(t, community, 0, 100, &ids) != OK)
		return false;
	for (size_t i = 0; i < ids.count; i++)
		if (ids.at[i] == post)
			return true;
	return false;
}

const json_node *world_object(struct txn *t, uint64_t post)
{
	const json_node *root;
	struct view *v = view_create(txn_arena(t), VIEW_JSON);
	if (note_show(t, post, v) != OK || !view_ok(v)
		|| json_read(txn_arena(t), view_json(v), NULL, &root) != OK)
		return NULL;
	return root;
}

const char *world_words(const json_node *object, const char *name)
{
	const char *s = json_text(json_member(object, name));
	return s != NULL ? s : "";
}

size_t world_heard(struct txn *t, uint64_t who, uint32_t kind)
{
	struct u64s ids;
	struct notice n;
	size_t count = 0;
	if (notify_list(t, who, 0, 100, &ids) != OK)
		return SIZE_MAX;
	for (size_t i = 0; i < ids.count; i++)
		count += notify_load(t, who, ids.at[i], &n) == OK && n.kind == kind;
	return count;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static bool path_fits(struct exchange *x, const char *pattern, const char *path)
{
	x->part_count = 0;
	while (*pattern != '\0' && *path != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t name = strcspn(pattern, "}"), value = strcspn(path, "/");
		size_t suffix = strcspn(pattern + name + 1, "/");
		if (value <= suffix
			|| memcmp(path + value - suffix, pattern + name + 1, suffix) != 0)
			return false;
		value -= suffix;
		x->parts[x->part_count++] = (struct named){
			arena_text_n(world.arena, pattern + 1, name - 1),
			arena_text_n(world.arena, path, value)};
		pattern += name + 1;
		path += value;
	}
	return *pattern == *path;
}

void world_cookie(struct call *call, const char *cookies)
{
	struct exchange *x = call->server;
	struct named *line = arena_alloc(world.arena, sizeof *line);
	*line = (struct named){"Cookie", cookies};
	x->lines.at = line;
	x->lines.count = 1;
}

struct call *world_call(const struct feature *feature, enum method method, const char *path,
	const struct viewer *viewer, const char *const *inputs)
{
	struct exchange *x = arena_alloc(world.arena, sizeof *x);
	struct named *pairs = arena_array(world.arena, PAIRS_MAX, sizeof *pairs);
	x->call = (struct call){.arena = world.arena,
		.site = &world.site,
		.store = world.store,
		.method = method,
		.typed = method == METHOD_POST,
		.target = path,
		.path = path,
		.language = "en",
		.peer = "192.0.2.1",
		.server = x};
	x->path_raw = path;
	if (viewer != NULL)
		x->call.viewer = *viewer;
	for (size_t i = 0; inputs != NULL && inputs[i] != NULL; i++) {
		size_t name = strcspn(inputs[i], "=");
		pairs[i] = (struct named){
			arena_text_n(world.arena, inputs[i], name), inputs[i] + name + 1};
		x->inputs.count = i + 1;
	}
	x->inputs.at = pairs;
	x->inputs_read = true;
	for (const struct route *r = feature->routes; r->method != 0; r++)
		if (r->method == method && path_fits(x, r->path, path)) {
			x->call.route = r;
			return &x->call;
		}
	die("no route for %s", path);
}

enum err world_read(struct call *call, struct txn *t, const struct node **page)
{
	struct view *v = view_create(world.arena, VIEW_TREE);
	enum err e = call->route->read(call, t, v);
	if (e == OK && !view_ok(v))
		return ERR_INVALID;
	*page = view_root(v);
	return e;
}

const struct node *world_node(const struct node *node, const char *dotted)
{
	while (node != NULL && *dotted != '\0') {
		size_t size = strcspn(dotted, ".");
		uint64_t index = 0;
		bool numbered = node->kind == NODE_LIST
			&& text_to_u64(arena_text_n(world.arena, dotted, size), &index);
		const struct node *at = node->first;
		for (; at != NULL; at = at->next)
			if (numbered ? index-- == 0
				     : at->name != NULL && strlen(at->name) == size
						&& memcmp(at->name, dotted, size) == 0)
				break;
		node = at;
		dotted += size + (dotted[size] == '.');
	}
	return node;
}

const char *world_text(const struct node *node, const char *dotted)
{
	node = world_node(node, dotted);
	return node != NULL && node->text != NULL ? node->text : "";
}

int64_t world_number(const struct node *node, const char *dotted)
{
	node = world_node(node, dotted);
	return node != NULL ? node->number : 0;
}

size_t world_count(const struct node *node, const char *dotted)
{
	size_t count = 0;
	node = world_node(node, dotted);
	for (node = node != NULL ? node->first : NULL; node != NULL; node = node->next)
		count++;
	return count;
}

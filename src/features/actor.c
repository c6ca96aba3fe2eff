/* actor.c: the records of people, communities and the node itself, here and elsewhere: names, addresses, keys. */
#include "features.h"

#include <string.h>

#define TITLE_MOST 500     /* code points of a remote title */
#define SUMMARY_MOST 20000 /* bytes of clean HTML; longer ones are kept as words only */
#define SUMMARY_POINTS 5000
#define CONTACT_POINTS 200
#define NAME_LOCAL_LEAST 2
#define NAME_LOCAL_MOST 30
#define NAME_REMOTE_MOST 128
#define NAME_KEY_MOST 100 /* what place_text takes */
#define URI_MOST 2048
#define ALIASES_MOST (32 * (URI_MOST + 1))
#define KEY_MOST 1024
#define SEALED_MOST 4096

static const struct field actor_fields[] = {
	{1, F_U64, offsetof(struct actor, id), 0},
	{2, F_U32, offsetof(struct actor, kind), 0},
	{3, F_FLAG, offsetof(struct actor, local), 0},
	{4, F_FLAG, offsetof(struct actor, gone), 0},
	{5, F_FLAG, offsetof(struct actor, suspended), 0},
	{6, F_FLAG, offsetof(struct actor, locked), 0},
	{7, F_FLAG, offsetof(struct actor, discoverable), 0},
	{8, F_FLAG, offsetof(struct actor, indexable), 0},
	{9, F_FLAG, offsetof(struct actor, restricted), 0},
	{10, F_TEXT, offsetof(struct actor, name), NAME_REMOTE_MOST},
	{11, F_TEXT, offsetof(struct actor, host), 260},
	{12, F_TEXT, offsetof(struct actor, uri), URI_MOST},
	{13, F_TEXT, offsetof(struct actor, url), URI_MOST},
	{14, F_TEXT, offsetof(struct actor, title), 4 * TITLE_MOST},
	{15, F_TEXT, offsetof(struct actor, summary), 64 * 1024},
	{16, F_TEXT, offsetof(struct actor, source), 4 * SUMMARY_POINTS},
	{17, F_TEXT, offsetof(struct actor, inbox), URI_MOST},
	{18, F_TEXT, offsetof(struct actor, shared_inbox), URI_MOST},
	{19, F_TEXT, offsetof(struct actor, outbox), URI_MOST},
	{20, F_TEXT, offsetof(struct actor, followers), URI_MOST},
	{21, F_TEXT, offsetof(struct actor, featured), URI_MOST},
	{22, F_TEXT, offsetof(struct actor, moderators), URI_MOST},
	{23, F_TEXT, offsetof(struct actor, icon), URI_MOST},
	{24, F_TEXT, offsetof(struct actor, image), URI_MOST},
	{25, F_TEXT, offsetof(struct actor, moved_to), URI_MOST},
	{26, F_TEXT, offsetof(struct actor, aliases), ALIASES_MOST},
	{27, F_TEXT, offsetof(struct actor, language), 35},
	{28, F_TEXT, offsetof(struct actor, rsa_id), URI_MOST},
	{29, F_TEXT, offsetof(struct actor, ed25519_id), URI_MOST},
	{30, F_BYTES, offsetof(struct actor, rsa), KEY_MOST},
	{31, F_BYTES, offsetof(struct actor, ed25519), KEY_MOST},
	{32, F_I64, offsetof(struct actor, created), 0},
	{33, F_I64, offsetof(struct actor, updated), 0},
	{34, F_I64, offsetof(struct actor, fetched), 0},
	{60, F_U32, offsetof(struct actor, circles.read), 0},
	{61, F_U32, offsetof(struct actor, circles.act), 0},
	{62, F_FLAG, offsetof(struct actor, own_members), 0},
	{70, F_U64, offsetof(struct actor, icon_media), 0},
	{71, F_U64, offsetof(struct actor, image_media), 0},
	{75, F_U32, offsetof(struct actor, colour), 0},
	{76, F_TEXT, offsetof(struct actor, rules), 64 * 1024},
	{77, F_TEXT, offsetof(struct actor, rules_source), 4 * SUMMARY_POINTS},
	{78, F_TEXT, offsetof(struct actor, contact), 4 * CONTACT_POINTS},
	{220, F_FLAG, offsetof(struct actor, circles.abroad), 0},
};
const struct shape actor_shape = {"actor", sizeof(struct actor), actor_fields, COUNT(actor_fields)};

static const struct field keys_fields[] = {
	{1, F_BYTES, offsetof(struct actor_keys, rsa), SEALED_MOST},
	{2, F_BYTES, offsetof(struct actor_keys, ed25519), SEALED_MOST},
};
const struct shape actor_keys_shape = {
	"actor_keys", sizeof(struct actor_keys), keys_fields, COUNT(keys_fields)};

/* ---- finding --------------------------------------------------------------------------------- */

enum err actor_load(struct txn *t, uint64_t id, struct actor *out)
{
	struct place place = place_1(TABLE_ACTOR, id);
	return txn_load(t, &place, &actor_shape, out);
}

enum err actor_save(struct txn *t, const struct actor *a)
{
	struct place place = place_1(TABLE_ACTOR, a->id);
	return txn_save(t, &place, &actor_shape, a);
}

static enum err load_at(struct txn *t, const struct place *place, struct actor *out)
{
	uint64_t id;
	enum err e = txn_get_id(t, place, &id);
	return e == OK ? actor_load(t, id, out) : e;
}

enum err actor_by_uri(struct txn *t, const char *uri, struct actor *out)
{
	if (uri == NULL)
		return ERR_NOT_FOUND;
	struct place place = place_hash(TABLE_ACTOR_URI, uri);
	struct actor found;
	enum err e = load_at(t, &place, &found);
	if (e == OK)
		*out = found;
	return e;
}

enum err actor_by_name(struct txn *t, const char *name, struct actor *out)
{
	if (name == NULL || *name == '\0' || strlen(name) > NAME_KEY_MOST)
		return ERR_NOT_FOUND;
	name = text_lower(txn_arena(t), name);
	struct place place = place_text(TABLE_NAME, name);
	enum err e = load_at(t, &place, out);
	return e == ERR_NOT_FOUND && leaving_was_a_name(t, name) ? ERR_GONE : e;
}

/* Other nodes have names in any script; none may break out of a path or a handle. A colon: a node with a port. */
static bool name_fits(const char *name)
{
	size_t size = strnlen(name, NAME_REMOTE_MOST + 1);
	if (size == 0 || size > NAME_REMOTE_MOST)
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f
			|| strchr("/?#@%&\"'<>\\", name[i]) != NULL)
			return false;
	return true;
}

/* A host as it stands in a handle: nothing around it, nothing after it (security.md R5, R26). */
static const char *host_of(struct arena *arena, const char *s)
{
	struct url u;
	if (url_parse(arena, arena_format(arena, "https://%s", s), &u) != OK
		|| strpbrk(s, "/?") != NULL)
		return NULL;
	return u.authority;
}

enum err actor_parse_handle(
	struct arena *arena, const char *handle, const char **name, const char **host)
{
	if (handle == NULL || strnlen(handle, URI_MOST) == URI_MOST)
		return ERR_INVALID;
	if (text_starts(handle, "acct:"))
		handle += strlen("acct:");
	if (*handle == '@')
		handle++;
	const char *at = strchr(handle, '@');
	char *word = at != NULL ? arena_text_n(arena, handle, (size_t)(at - handle))
				: arena_text(arena, handle);
	word = text_lower(arena, word);
	const char *where = at != NULL ? host_of(arena, at + 1) : NULL;
	if (!name_fits(word) || (at != NULL && where == NULL))
		return ERR_INVALID;
	*name = word;
	*host = where;
	return OK;
}

static struct place place_handle(struct arena *arena, const char *name, const char *host)
{
	return place_hash(
		TABLE_HANDLE, text_lower(arena, arena_format(arena, "%s@%s", name, host)));
}

enum err actor_by_handle(struct txn *t, const char *handle, struct actor *out)
{
	const char *name, *host;
	if (actor_parse_handle(txn_arena(t), handle, &name, &host) != OK)
		return ERR_NOT_FOUND;
	if (host == NULL || text_equal_fold(host, txn_site(t)->domain))
		return actor_by_name(t, name, out);
	struct place place = place_handle(txn_arena(t), name, host);
	return load_at(t, &place, out);
}

const char *actor_handle(struct arena *arena, const struct actor *a)
{
	return arena_format(arena, "%s@%s", a->name, a->host);
}

const char *actor_path(struct arena *arena, const struct actor *a)
{
	if (a->local)
		return arena_format(arena, "/@%s", a->gone ? FORMER_NAME : a->name);
	struct text path; /* names of other nodes are in any script, addresses in ASCII */
	text_init(&path, arena, URI_MOST);
	text_add(&path, "/@");
	text_url(&path, a->name);
	text_format(&path, "@%s", a->host);
	return path.at;
}

const char *actor_title(const struct actor *a)
{
	return a->title != NULL && *a->title != '\0' ? a->title : a->name;
}

/* The bytes of the first code point of checked text. */
static int first_size(const char *s)
{
	int size = *s != '\0';
	while (size > 0 && ((unsigned char)s[size] & 0xc0) == 0x80)
		size++;
	return size;
}

static uint32_t colour_of(const struct actor *a)
{
	if (a->colour != 0)
		return a->colour & 0xffffff;
	/* The site begins with the first; others with one of their own, for ever the same, but not with the last: red
	 * is a warning to many. */
	bool site = a->kind == ACTOR_APPLICATION;
	return colour_palette[site ? 0 : (a->id >> 7 ^ a->id >> 17) % (COLOUR_PALETTE - 1)];
}

const char *actor_colour(struct arena *arena, const struct actor *a)
{
	return arena_format(arena, "%06x", colour_of(a));
}

/* Ours, or that of another node as this one fetches it: no page leads a reader's browser elsewhere. */
static void show_portraits(struct view *v, const struct actor *a)
{
	char id[ID_TEXT];
	const char *image = a->local && a->image != NULL && !a->gone && !a->suspended
		? strstr(a->image, "/media/")
		: NULL;
	view_text(v, "header", image != NULL ? image : "");
	const char *at = a->icon != NULL ? strstr(a->icon, "/media/") : NULL;
	if (a->icon == NULL || a->gone || a->suspended)
		view_text(v, "avatar", "");
	else if (!a->local)
		view_format(v, "avatar", "/media/actor/%s", id_text(a->id, id));
	else
		view_text(v, "avatar", at != NULL ? at : "");
}

void actor_show(struct view *v, const char *name, const struct actor *a)
{
	const char *title = actor_title(a);
	const char *called = a->local && a->gone ? FORMER_NAME : a->name; /* whoever it was */
	view_begin(v, name);
	view_id(v, "id", a->id);
	view_text(v, "name", called);
	view_text(v, "title", title);
	view_format(v, "initial", "%.*s", first_size(title), title); /* stands in for a picture */
	view_format(v, "colour", "%06x", colour_of(a));
	view_format(v, "handle", "%s@%s", called, a->host);
	if (a->local)
		view_format(v, "path", "/@%s", called);
	else
		view_format(v, "path", "/@%s@%s", a->name, a->host);
	view_text(v, "url", a->local && a->gone ? NULL : a->url != NULL ? a->url : a->uri);
	show_portraits(v, a);
	view_flag(v, "local", a->local);
	view_flag(v, "group", a->kind == ACTOR_GROUP);
	view_flag(v, "gone", a->gone);
	view_end(v);
}

/* ---- local actors ---------------------------------------------------------------------------- */

/* Names that would be read as the site itself, or as one of its addresses; a blank around each. */
static const char reserved[] =
	" abuse account accounts actor admin administrator api authorize_interaction"
	" autoconfig bestuur everyone follow former_member help here hostmaster inbox info internal"
	" kring localhost mail mailer_daemon media member members moderator moderators"
	" no_reply nobody nodeinfo noreply null oauth outbox postmaster privacy public"
	" reports requests root security settings sign_in sign_out site staff static"
	" status support system team undefined webmaster well_known www ";

bool actor_title_fits(const char *title)
{
	size_t points = text_count(title);
	if (points == 0 || points > ACTOR_TITLE_MOST)
		return false;
	for (const char *c = title; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return true;
}

static enum err name_check(
	struct txn *t, enum actor_kind kind, const char *name, struct refusal *why)
{
	if (name == NULL)
		return refuse(why, "name", "Choose a name.");
	if (kind == ACTOR_APPLICATION) /* the node itself, called as its host is */
		return text_is(name, txn_site(t)->domain) && strlen(name) <= NAME_KEY_MOST
			? OK
			: refuse(why, "name", "The site is named after its domain.");
	if (kind != ACTOR_PERSON && kind != ACTOR_GROUP)
		return refuse(why, NULL, "Only people and communities can be made here.");
	size_t size = strlen(name);
	if (size < NAME_LOCAL_LEAST || size > NAME_LOCAL_MOST
		|| name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
		return refuse(
			why, "name", "A name has 2 to 30 small letters, digits or underscores.");
	return strstr(reserved, arena_format(txn_arena(t), " %s ", name)) == NULL
		? OK
		: refuse(why, "name", "This name is kept for the site itself.");
}

static void addresses_set(struct arena *arena, const struct site *site, struct actor *a)
{
	const char *base = site->base_url;
	if (a->kind == ACTOR_APPLICATION) {
		a->uri = arena_format(arena, "%s/actor", base);
		a->url = arena_format(arena, "%s/", base);
	} else {
		a->uri = arena_format(
			arena, "%s/%c/%s", base, a->kind == ACTOR_GROUP ? 'c' : 'u', a->name);
		a->url = arena_format(arena, "%s/@%s", base, a->name);
		a->featured = arena_format(arena, "%s/featured", a->uri);
	}
	if (a->kind == ACTOR_GROUP)
		a->moderators = arena_format(arena, "%s/moderators", a->uri);
	a->inbox = arena_format(arena, "%s/inbox", a->uri);
	a->outbox = arena_format(arena, "%s/outbox", a->uri);
	a->followers = arena_format(arena, "%s/followers", a->uri);
	a->shared_inbox = arena_format(arena, "%s/inbox", base);
	a->rsa_id = arena_format(arena, "%s#main-key", a->uri);
	a->ed25519_id = arena_format(arena, "%s#ed25519-key", a->uri);
}

static struct bytes seal(struct txn *t, uint64_t id, const char *word, const struct key *key)
{
	struct arena *arena = txn_arena(t);
	return crypto_seal(arena, txn_site(t)->secret,
		arena_format(arena, "keys:%llu:%s", (unsigned long long)id, word),
		key_private_der(arena, key));
}

static enum err keys_save(struct txn *t, struct actor *a, const struct key_pair *keys)
{
	struct actor_keys sealed = {0};
	if (keys->rsa != NULL) {
		sealed.rsa = seal(t, a->id, "rsa", keys->rsa);
		a->rsa = key_stored(txn_arena(t), keys->rsa);
	}
	if (keys->ed25519 != NULL) {
		sealed.ed25519 = seal(t, a->id, "ed25519", keys->ed25519);
		a->ed25519 = key_stored(txn_arena(t), keys->ed25519);
	}
	struct place place = place_1(TABLE_KEYS, a->id);
	return txn_save(t, &place, &actor_keys_shape, &sealed);
}

static struct key *unseal(struct txn *t, uint64_t id, const char *word, struct bytes sealed)
{
	struct arena *arena = txn_arena(t);
	struct bytes der;
	const char *label = arena_format(arena, "keys:%llu:%s", (unsigned long long)id, word);
	return sealed.size > 0 && crypto_open(arena, txn_site(t)->secret, label, sealed, &der)
		? key_private(der)
		: NULL;
}

enum err actor_keys_load(struct txn *t, uint64_t id, struct key_pair *out)
{
	struct actor_keys sealed;
	struct place place = place_1(TABLE_KEYS, id);
	enum err e = txn_load(t, &place, &actor_keys_shape, &sealed);
	if (e != OK)
		return e;
	struct key_pair keys = {.rsa = unseal(t, id, "rsa", sealed.rsa),
		.ed25519 = unseal(t, id, "ed25519", sealed.ed25519)};
	if ((sealed.rsa.size > 0 && keys.rsa == NULL)
		|| (sealed.ed25519.size > 0 && keys.ed25519 == NULL)) {
		key_drop(keys.rsa);
		key_drop(keys.ed25519);
		return ERR_STORE; /* another secret, or damaged: never sign with half of it */
	}
	*out = keys;
	return OK;
}

static enum err journal_known(struct txn *t, uint64_t id)
{
	struct line line = {.act = ACT_KNOWN, .actor = txn_site(t)->actor, .object = id};
	return journal_append(t, &line);
}

enum err actor_create(struct txn *t, enum actor_kind kind, const char *name, const char *title,
	const struct key_pair *keys, struct refusal *why, struct actor *out)
{
	const struct site *site = txn_site(t);
	enum err e = name_check(t, kind, name, why);
	if (e != OK)
		return e;
	title = title != NULL ? text_trim(txn_arena(t), title) : name;
	if (kind != ACTOR_APPLICATION && !actor_title_fits(title))
		return refuse(why, "title", "A name has 1 to 60 characters.");
	struct place by_name = place_text(TABLE_NAME, name);
	uint64_t taken;
	e = txn_get_id(t, &by_name, &taken);
	if (e == OK || leaving_was_a_name(t, name))
		return refuse(why, "name", "This name is taken, or was once.");
	if (e != ERR_NOT_FOUND)
		return e;
	int64_t now = time_now();
	struct actor a = {.id = id_next(),
		.kind = kind,
		.local = true,
		.locked = kind == ACTOR_APPLICATION, /* nobody follows the node itself */
		.discoverable = kind == ACTOR_GROUP, /* people choose it themselves */
		.name = name,
		.host = site->domain,
		.title = title,
		.language = site->language,
		.created = now,
		.updated = now};
	addresses_set(txn_arena(t), site, &a);
	struct place by_uri = place_hash(TABLE_ACTOR_URI, a.uri);
	e = keys_save(t, &a, keys);
	if (e == OK)
		e = txn_put_id(t, &by_name, a.id);
	if (e == OK)
		e = txn_put_id(t, &by_uri, a.id);
	if (e == OK)
		e = actor_save(t, &a);
	if (e == OK)
		e = journal_known(t, a.id);
	return e == OK ? actor_load(t, a.id, out) : e;
}

enum err actor_drop_name(struct txn *t, struct actor *a)
{
	struct place keys = place_1(TABLE_KEYS, a->id);
	struct actor bare = {.id = a->id,
		.kind = a->kind,
		.local = true,
		.gone = true,
		.name = FORMER_NAME,
		.host = a->host,
		.title = a->title,
		.language = a->language,
		.updated = a->updated};
	addresses_set(txn_arena(t), txn_site(t), &bare);
	bare.rsa_id = bare.ed25519_id = NULL;
	enum err e = txn_del(t, &keys);
	return e == OK ? actor_save(t, &bare) : e;
}

/* ---- remote actors --------------------------------------------------------------------------- */

/* An address that may be shown or asked for, or NULL: no javascript:, no data: (security.md R4). */
static const char *address(struct arena *arena, const char *s)
{
	struct url u;
	return url_parse(arena, s, &u) == OK ? s : NULL;
}

static const char *summary_of(struct arena *arena, const char *html)
{
	if (html == NULL)
		return NULL;
	char *clean = markup_clean(arena, html);
	if (strlen(clean) <= SUMMARY_MOST)
		return clean;
	struct text words;
	text_init(&words, arena, 64 * 1024);
	text_add(&words, "<p>");
	text_html(&words, markup_plain(arena, clean, SUMMARY_POINTS));
	text_add(&words, "</p>");
	return words.failed ? NULL : words.at;
}

/* The first one keeps the name: a person and a group of one host may bear the same. */
static enum err handle_save(struct txn *t, const struct actor *old, const struct actor *a)
{
	struct place place = place_handle(txn_arena(t), a->name, a->host), before;
	uint64_t holder = 0;
	enum err e;
	if (old != NULL) {
		before = place_handle(txn_arena(t), old->name, old->host);
		e = txn_get_id(t, &before, &holder);
		if (e == OK && holder == a->id)
			e = txn_del(t, &before);
		if (e != OK && e != ERR_NOT_FOUND)
			return e;
	}
	struct actor other;
	e = load_at(t, &place, &other);
	if (e == OK && !other.gone)
		return OK;
	return e == OK || e == ERR_NOT_FOUND ? txn_put_id(t, &place, a->id) : e;
}

static bool claims_hold(const struct actor *c)
{
	return c->uri != NULL && c->inbox != NULL && c->host != NULL && c->name != NULL
		&& name_fits(c->name) && c->kind >= ACTOR_PERSON && c->kind <= ACTOR_ORGANIZATION;
}

static bool same(const char *a, const char *b)
{
	return a == b || text_is(a, b);
}

static bool says_the_same(const struct actor *a, const struct actor *b)
{
	return same(a->name, b->name) && same(a->title, b->title) && same(a->summary, b->summary)
		&& a->discoverable == b->discoverable && a->indexable == b->indexable;
}

enum err actor_save_remote(struct txn *t, const struct actor *claims, uint64_t *id)
{
	struct arena *arena = txn_arena(t);
	struct actor old;
	if (!claims_hold(claims))
		return ERR_INVALID;
	enum err e = actor_by_uri(t, claims->uri, &old);
	bool known = e == OK;
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if (known && old.local)
		return ERR_FORBIDDEN;
	if (known && old.gone)
		return ERR_GONE;
	struct actor a = *claims;
	a.id = known ? old.id : id_next();
	a.local = a.gone = false;
	a.suspended = known && old.suspended;
	a.created = known ? old.created : claims->created > 0 ? claims->created : time_now();
	a.fetched = time_now();
	a.title = claims->title != NULL
		? text_cut(arena, text_trim(arena, claims->title), TITLE_MOST)
		: NULL;
	a.summary = summary_of(arena, claims->summary);
	a.source = NULL;
	a.url = address(arena, claims->url);
	a.icon = address(arena, claims->icon);
	a.image = address(arena, claims->image);
	a.moved_to = address(arena, claims->moved_to);
	if (a.aliases != NULL && strlen(a.aliases) > ALIASES_MOST)
		a.aliases = NULL;
	if (a.language != NULL && strlen(a.language) > 35)
		a.language = NULL;
	struct place by_uri = place_hash(TABLE_ACTOR_URI, a.uri);
	e = known ? OK : txn_put_id(t, &by_uri, a.id);
	if (e == OK)
		e = handle_save(t, known ? &old : NULL, &a);
	if (e == OK)
		e = actor_save(t, &a);
	if (e == OK && (!known || !says_the_same(&old, &a)))
		e = journal_known(t, a.id);
	if (e == OK)
		*id = a.id;
	return e;
}

bool actor_is_alias(const struct actor *a, const char *uri)
{
	size_t size = uri != NULL ? strlen(uri) : 0;
	for (const char *at = a->aliases; at != NULL && *at != '\0' && size > 0;) {
		size_t word = strcspn(at, " ");
		if (word == size && memcmp(at, uri, size) == 0)
			return true;
		at += word + (at[word] == ' ');
	}
	return false;
}

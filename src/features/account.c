/* account.c: the accounts of local people, and what is signed in to them. */
#include "features.h"

#include <string.h>

#define EMAIL_MOST 320
#define HASH_MOST 512
#define LISTED_MOST 200         /* sessions and apps of one person */
#define ACCESS_KEY (1 + 8 + 16) /* of TABLE_ACCESS: actor, hash */

static const struct field account_fields[] = {
	{1, F_U64, offsetof(struct account, actor), 0},
	{2, F_TEXT, offsetof(struct account, email), EMAIL_MOST},
	{3, F_TEXT, offsetof(struct account, password), HASH_MOST},
	{4, F_FLAG, offsetof(struct account, admin), 0}, /* 5: whether its address was confirmed */
	{6, F_FLAG, offsetof(struct account, suspended), 0},
	{7, F_TEXT, offsetof(struct account, language), 35},
	{8, F_I64, offsetof(struct account, created), 0},
	{60, F_U32, offsetof(struct account, mail_off), 0},
	{195, F_FLAG, offsetof(struct account, welcome), 0},
	{203, F_I64, offsetof(struct account, seen), 0},
	{206, F_I64, offsetof(struct account, came), 0},
};
const struct shape account_shape = {
	"account", sizeof(struct account), account_fields, COUNT(account_fields)};

/* ---- records --------------------------------------------------------------------------------- */

/* The plain form that every mail server takes (security.md R56), in small letters; NULL for anything else. */
const char *account_email_clean(struct arena *arena, const char *email)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.!#$&'*+-/=?^_`{|}~";
	struct url host;
	if (email == NULL || strnlen(email, EMAIL_MOST + 1) > EMAIL_MOST)
		return NULL;
	email = text_lower(arena, text_trim(arena, email));
	size_t name = strspn(email, allowed);
	if (name == 0 || name > 64 || email[name] != '@')
		return NULL;
	const char *after = email + name + 1;
	if (strpbrk(after, "/?:") != NULL || strchr(after, '.') == NULL
		|| url_parse(arena, arena_format(arena, "https://%s", after), &host) != OK
		|| !text_is(host.host, after))
		return NULL;
	return email;
}

static enum err account_save(struct txn *t, const struct account *a)
{
	struct place place = place_1(TABLE_ACCOUNT, a->actor);
	return txn_save(t, &place, &account_shape, a);
}

static enum err email_take(struct txn *t, const char *email, uint64_t actor, struct refusal *why)
{
	uint64_t holder;
	struct place place = place_hash(TABLE_EMAIL, email);
	enum err e = txn_get_id(t, &place, &holder);
	if (e == OK)
		return refuse(
			why, "email", "There is an account with this e-mail address already.");
	return e == ERR_NOT_FOUND ? txn_put_id(t, &place, actor) : e;
}

enum err account_create(
	struct txn *t, const struct account_draft *draft, struct refusal *why, struct actor *out)
{
	struct actor actor;
	const char *email = account_email_clean(txn_arena(t), draft->email);
	if (draft->email != NULL && email == NULL)
		return refuse(why, "email", "This is not an e-mail address.");
	enum err e = actor_create(
		t, ACTOR_PERSON, draft->name, draft->title, &draft->keys, why, &actor);
	if (e == OK && email != NULL)
		e = email_take(t, email, actor.id, why);
	if (e != OK)
		return e;
	/* Whoever makes an account knows the address: from its owner's mail, or at the command line. */
	struct account account = {.actor = actor.id,
		.email = email,
		.password = draft->password_hash,
		.admin = draft->admin,
		.welcome = draft->welcome,
		.language = draft->language != NULL ? draft->language : txn_site(t)->language,
		.created = time_now()};
	e = account_save(t, &account);
	if (e == OK)
		*out = actor;
	return e;
}

enum err account_load(struct txn *t, uint64_t actor, struct account *out)
{
	struct place place = place_1(TABLE_ACCOUNT, actor);
	return txn_load(t, &place, &account_shape, out);
}

static enum err actor_of(struct txn *t, const char *name_or_email, uint64_t *actor)
{
	struct actor found;
	const char *email = account_email_clean(txn_arena(t), name_or_email);
	if (email != NULL) {
		struct place place = place_hash(TABLE_EMAIL, email);
		enum err e = txn_get_id(t, &place, actor);
		if (e != ERR_NOT_FOUND)
			return e;
	}
	enum err e = actor_by_handle(t, name_or_email, &found);
	if (e == OK)
		*actor = found.id;
	return e;
}

/* Who may come in: one answer for whoever may not (security.md R36, R38). */
static enum err active(struct txn *t, uint64_t id, struct account *account, struct actor *actor)
{
	struct account found;
	struct actor who;
	enum err e = account_load(t, id, &found);
	if (e == OK)
		e = actor_load(t, id, &who);
	if (e != OK)
		return e;
	if (found.suspended || who.gone || who.suspended)
		return ERR_NOT_FOUND;
	*account = found;
	*actor = who;
	return OK;
}

enum err account_find(struct txn *t, const char *name_or_email, struct account *out)
{
	uint64_t id;
	struct actor actor;
	if (name_or_email == NULL)
		return ERR_NOT_FOUND;
	enum err e = actor_of(t, text_trim(txn_arena(t), name_or_email), &id);
	return e == OK ? active(t, id, out, &actor) : e;
}

enum err account_signed_in(struct txn *t, uint64_t actor, struct signed_in *out)
{
	struct account account;
	struct actor a;
	enum err e = active(t, actor, &account, &a);
	if (e != OK)
		return e;
	int64_t news;
	e = notify_unread(t, actor, &news);
	if (e != OK)
		return e;
	*out = (struct signed_in){.news = news,
		.name = a.name,
		.title = a.title,
		.url = actor_path(txn_arena(t), &a),
		.admin = account.admin,
		.member = circle_of(t, actor, 0) >= CIRCLE_MEMBERS,
		.roll = circle_sees_roll(t, actor)};
	out->second = out->roll && second_is_on(t, actor);
	return OK;
}

enum err account_set_language(struct txn *t, uint64_t actor, const char *language)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	if (e != OK || text_is(account.language, language))
		return e;
	account.language = language;
	return account_save(t, &account);
}

enum err account_set_welcome(struct txn *t, uint64_t actor, bool on)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	if (e != OK || account.welcome == on)
		return e;
	account.welcome = on;
	return account_save(t, &account);
}

enum err account_set_seen(struct txn *t, uint64_t actor, int64_t at)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	account.seen = at;
	return e == OK ? account_save(t, &account) : e;
}

bool account_takes_mail(struct txn *t, uint64_t actor, enum mail_list list)
{
	struct account account;
	return account_load(t, actor, &account) == OK && !(account.mail_off & 1U << list);
}

enum err account_set_mail(struct txn *t, uint64_t actor, enum mail_list list, bool on)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	if (e != OK)
		return e;
	account.mail_off = on ? account.mail_off & ~(1U << list) : account.mail_off | 1U << list;
	return account_save(t, &account);
}

enum err account_set_email(struct txn *t, uint64_t actor, const char *email, struct refusal *why)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	bool same = e == OK && text_is(account.email, email);
	if (e == OK && !same)
		e = email_take(t, email, actor, why);
	if (e == OK && !same && account.email != NULL) {
		struct place before = place_hash(TABLE_EMAIL, account.email);
		e = txn_del(t, &before);
	}
	if (e != OK)
		return e;
	account.email = email;
	return account_save(t, &account);
}

enum err account_mail(
	struct txn *t, const struct account *account, const char *kind, struct view *v)
{
	struct mail_draft draft = {.to = account->email,
		.kind = kind,
		.language = account->language,
		.actor = account->actor};
	return account->email != NULL ? mail_send(t, &draft, v) : OK;
}

enum err account_set_password(struct txn *t, uint64_t actor, const char *hash)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	if (e != OK)
		return e;
	account.password = hash;
	e = account_save(t, &account);
	return e == OK ? session_end_all(t, actor) : e;
}

enum err account_set_admin(struct txn *t, uint64_t actor, bool on)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	if (e != OK || account.admin == on)
		return e;
	account.admin = on;
	return account_save(t, &account);
}

enum err account_close(struct txn *t, uint64_t actor)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	if (e != OK)
		return e;
	account.suspended = true;
	e = account_save(t, &account);
	if (e == OK)
		e = link_end(t, actor, 0);
	return e == OK ? session_end_all(t, actor) : e;
}

enum err account_remove(struct txn *t, uint64_t actor)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	if (account.email != NULL) {
		struct place email = place_hash(TABLE_EMAIL, account.email);
		e = txn_del(t, &email);
	}
	struct place place = place_1(TABLE_ACCOUNT, actor);
	if (e == OK)
		e = txn_del(t, &place);
	if (e == OK)
		e = link_end(t, actor, 0);
	if (e == OK)
		e = second_remove(t, actor);
	return e == OK ? session_end_all(t, actor) : e;
}

/* ---- what is signed in ----------------------------------------------------------------------- */

struct listing {
	struct call *call;
	struct txn *t;
	struct view *v;
	uint8_t table; /* what is asked for: sessions or tokens */
	int64_t used;  /* the last time that one of them was */
};

static void session_show(
	struct call *call, struct view *v, const struct session *s, const char *hash)
{
	int64_t now = time_now();
	if (now - s->used > SESSION_IDLE || now - s->created > SESSION_WHOLE)
		return;
	view_begin(v, NULL);
	view_text(v, "hash", hash);
	view_text(v, "agent", s->agent);
	view_time(v, "created", s->created);
	view_time(v, "used", s->used);
	view_flag(v, "current", call != NULL && text_is(s->handle, call->viewer.session));
	view_end(v);
}

static void token_show(struct view *v, const struct token *token, const char *hash)
{
	view_begin(v, NULL);
	view_text(v, "hash", hash);
	view_text(v, "label", token->label);
	view_text(v, "scope", token->scope);
	view_time(v, "created", token->created);
	view_time(v, "used", token->used);
	view_end(v);
}

/* A row of TABLE_ACCESS: the actor, then the hash under which the session or the token is kept. Size 0: it is of the
 * other table. */
static struct place access_place(const struct listing *l, struct bytes key, struct bytes value)
{
	struct place place = place_0(l->table);
	if (key.size != ACCESS_KEY || value.size != 1 || *(const uint8_t *)value.data != l->table)
		return (struct place){0};
	memcpy(place.at + 1, (const uint8_t *)key.data + 9, ACCESS_KEY - 9);
	place.size = ACCESS_KEY - 8;
	return place;
}

static enum err access_show(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	struct session session;
	struct token token;
	struct place place = access_place(l, key, value);
	if (place.size == 0)
		return OK;
	bool is_session = l->table == TABLE_SESSION;
	enum err e = is_session ? txn_load(l->t, &place, &session_shape, &session)
				: txn_load(l->t, &place, &token_shape, &token);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	const char *hash = hex_encode(txn_arena(l->t), place.at + 1, ACCESS_KEY - 9);
	if (is_session)
		session_show(l->call, l->v, &session, hash);
	else
		token_show(l->v, &token, hash);
	return OK;
}

static enum err sessions_read(struct call *call, struct txn *t, struct view *v)
{
	struct listing l = {.call = call, .t = t, .v = v, .table = TABLE_SESSION};
	struct walk walk = {
		.prefix = place_1(TABLE_ACCESS, call->viewer.actor), .max = LISTED_MOST};
	view_text(v, "heading", i18n(call->language, "Where you are signed in"));
	profile_tab_show(v, "sessions");
	view_list(v, "sessions");
	enum err e = txn_walk(t, &walk, access_show, &l);
	view_list_end(v);
	l.table = TABLE_TOKEN;
	view_list(v, "apps");
	if (e == OK)
		e = txn_walk(t, &walk, access_show, &l);
	view_list_end(v);
	return e;
}

static enum err end_one_write(struct call *call, struct txn *t)
{
	enum err e = session_end_one(t, call->viewer.actor, call_part(call, "hash"));
	if (e != OK)
		return e;
	reply_notice(call, "Signed out there.");
	reply_see_other(call, "/settings/sessions");
	return OK;
}

static enum err end_all_write(struct call *call, struct txn *t)
{
	enum err e = session_end_all(t, call->viewer.actor);
	if (e == OK)
		e = session_end(t, call); /* and its cookie */
	if (e == OK)
		reply_see_other(call, "/sign-in");
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/settings/sessions", SIGNED_IN, .read = sessions_read,
		.page = "account-sessions"},
	{METHOD_POST, "/settings/sessions/end-all", SIGNED_IN, .write = end_all_write},
	{METHOD_POST, "/settings/sessions/{hash}/end", SIGNED_IN, .write = end_one_write},
	{0},
};

/* ---- who comes back -------------------------------------------------------------------------- */

enum err account_note_came(struct txn *t, uint64_t actor)
{
	struct account account;
	enum err e = account_load(t, actor, &account);
	account.came = time_now();
	return e == OK ? account_save(t, &account) : e;
}

static enum err access_used(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	struct session session = {0};
	struct token token = {0};
	struct place place = access_place(l, key, value);
	if (place.size == 0)
		return OK;
	enum err e = l->table == TABLE_SESSION ? txn_load(l->t, &place, &session_shape, &session)
					       : txn_load(l->t, &place, &token_shape, &token);
	int64_t used = session.used > token.used ? session.used : token.used;
	l->used = used > l->used ? used : l->used;
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err account_last_seen(struct txn *t, const struct account *a, int64_t *at)
{
	struct u64s newest;
	struct listing l = {.t = t, .used = a->came > a->created ? a->came : a->created};
	struct walk walk = {.prefix = place_1(TABLE_ACCESS, a->actor), .max = LISTED_MOST};
	enum err e = post_of_author(t, a->actor, 0, 1, &newest);
	if (e == OK && newest.count > 0 && id_time(newest.at[0]) > l.used)
		l.used = id_time(newest.at[0]);
	for (size_t i = 0; e == OK && i < 2; i++) {
		l.table = i == 0 ? TABLE_SESSION : TABLE_TOKEN;
		e = txn_walk(t, &walk, access_used, &l);
	}
	if (e == OK)
		*at = l.used;
	return e;
}

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_access(struct txn *t, struct view *v, const struct own_view *who)
{
	struct listing l = {.t = t, .v = v, .table = TABLE_SESSION};
	struct walk walk = {.prefix = place_1(TABLE_ACCESS, who->actor), .max = who->most};
	view_list(v, "sessions");
	enum err e = txn_walk(t, &walk, access_show, &l);
	view_list_end(v);
	l.table = TABLE_TOKEN;
	view_list(v, "apps");
	if (e == OK)
		e = txn_walk(t, &walk, access_show, &l);
	view_list_end(v);
	return e;
}

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct account account;
	struct actor a;
	enum err e = account_load(t, who->actor, &account);
	if (e == OK)
		e = actor_load(t, who->actor, &a);
	if (e != OK)
		return e;
	view_begin(v, "account");
	view_format(v, "address", "@%s", actor_handle(txn_arena(t), &a));
	view_text(v, "page", a.url);
	view_text(v, "name", actor_title(&a));
	view_text(v, "about", a.source != NULL ? a.source : "");
	view_text(v, "email", account.email != NULL ? account.email : "");
	view_text(v, "language", account.language);
	view_time(v, "created", account.created);
	view_time(v, "signed_in", account.came);
	view_flag(v, "administrator", account.admin);
	view_flag(v, "has_password", account.password != NULL);
	view_flag(v, "sign_in_code", second_is_on(t, who->actor));
	view_flag(v, "approves_followers", a.locked);
	view_flag(v, "may_be_found", a.discoverable);
	view_text(v, "moved_to", a.moved_to);
	view_end(v);
	return own_access(t, v, who);
}

static const struct personal personal = {.show = own_show}; /* account_remove ends it */

static const struct table_use tables[] = {
	{TABLE_ACCOUNT, &account_shape},
	{TABLE_EMAIL, NULL},
	{TABLE_SESSION, &session_shape},
	{TABLE_TOKEN, &token_shape},
	{TABLE_ACCESS, NULL},
	{0},
};

const struct feature feature_account = {
	.name = "account", .routes = routes, .tables = tables, .personal = &personal};

/* second.c: the second factor: a code from an app, or one of the codes on paper, besides the password or the link. */
#include "features.h"

#include <string.h>

#define SECRET_SIZE 20 /* RFC 4226, section 4 */
#define CODES 8
#define CODE_BYTES 10
#define CODE_HASH 16
#define SEALED_MOST 1024

struct second {
	bool on;
	struct bytes secret; /* sealed */
	uint64_t last;       /* counter of the newest code that was used */
	struct bytes
		codes; /* on: hashes of those that are left; before: the codes, sealed, to be shown */
	int64_t since;
};
static const struct field second_fields[] = {
	{1, F_FLAG, offsetof(struct second, on), 0},
	{2, F_BYTES, offsetof(struct second, secret), SEALED_MOST},
	{3, F_U64, offsetof(struct second, last), 0},
	{4, F_BYTES, offsetof(struct second, codes), SEALED_MOST},
	{5, F_I64, offsetof(struct second, since), 0},
};
static const struct shape second_shape = {
	"second", sizeof(struct second), second_fields, COUNT(second_fields)};

/* ---- records --------------------------------------------------------------------------------- */

static enum err second_load(struct txn *t, uint64_t actor, struct second *out)
{
	struct place place = place_1(TABLE_SECOND, actor);
	return txn_load(t, &place, &second_shape, out);
}

static enum err second_save(struct txn *t, uint64_t actor, const struct second *s)
{
	struct place place = place_1(TABLE_SECOND, actor);
	return txn_save(t, &place, &second_shape, s);
}

enum err second_remove(struct txn *t, uint64_t actor)
{
	struct place place = place_1(TABLE_SECOND, actor);
	return txn_del(t, &place);
}

bool second_is_on(struct txn *t, uint64_t actor)
{
	struct second s;
	return second_load(t, actor, &s) == OK && s.on;
}

static const char *label_of(struct txn *t, uint64_t actor, const char *what)
{
	return arena_format(txn_arena(t), "second:%llu:%s", (unsigned long long)actor, what);
}

static struct bytes seal(struct txn *t, uint64_t actor, const char *what, struct bytes plain)
{
	return crypto_seal(txn_arena(t), txn_site(t)->secret, label_of(t, actor, what), plain);
}

static bool unseal(
	struct txn *t, uint64_t actor, const char *what, struct bytes sealed, struct bytes *out)
{
	return crypto_open(
		txn_arena(t), txn_site(t)->secret, label_of(t, actor, what), sealed, out);
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* As it was typed: with or without its dashes, in any case. */
static const char *code_clean(struct arena *arena, const char *typed)
{
	struct text t;
	text_init(&t, arena, 64);
	for (; typed != NULL && *typed != '\0'; typed++)
		if (*typed != ' ' && *typed != '-')
			text_char(&t,
				*typed >= 'A' && *typed <= 'Z' ? (char)(*typed - 'A' + 'a')
							       : *typed);
	return t.failed ? "" : t.at;
}

static void code_hash(const char *code, uint8_t out[CODE_HASH])
{
	uint8_t whole[SHA256_SIZE];
	crypto_sha256(code, strlen(code), whole);
	memcpy(out, whole, CODE_HASH);
}

/* One of those on paper: it is gone then. */
static bool paper_code_taken(struct arena *arena, struct second *s, const char *code)
{
	uint8_t hash[CODE_HASH];
	code_hash(code, hash);
	for (size_t at = 0; at + CODE_HASH <= s->codes.size; at += CODE_HASH) {
		const uint8_t *codes = s->codes.data;
		if (!crypto_equal(codes + at, hash, CODE_HASH))
			continue;
		uint8_t *left = arena_copy(arena, codes, s->codes.size);
		memmove(left + at, left + at + CODE_HASH, s->codes.size - at - CODE_HASH);
		s->codes = (struct bytes){left, s->codes.size - CODE_HASH};
		return true;
	}
	return false;
}

enum err second_check(struct txn *t, uint64_t actor, const char *typed, struct refusal *why)
{
	struct second s;
	struct bytes secret;
	enum err e = second_load(t, actor, &s);
	if (e == ERR_NOT_FOUND || (e == OK && !s.on))
		return OK;
	if (e != OK)
		return e;
	const char *code = code_clean(txn_arena(t), typed);
	if (!unseal(t, actor, "secret", s.secret, &secret))
		return ERR_STORE;
	if (!totp_matches(secret.data, secret.size, time_now(), code, &s.last)
		&& !paper_code_taken(txn_arena(t), &s, code))
		return refuse(why, "code", "This code is not right, or was used already.");
	return second_save(t, actor, &s);
}

bool second_pace_ok(uint64_t actor)
{
	char id[ID_TEXT];
	return pace_allows("second", id_text(actor, id), 5, 15 * MINUTE);
}

/* ---- turning it on --------------------------------------------------------------------------- */

static enum err start_write(struct call *call, struct txn *t)
{
	uint8_t secret[SECRET_SIZE], codes[CODES * CODE_BYTES];
	uint64_t actor = call->viewer.actor;
	if (second_is_on(t, actor)) {
		reply_see_other(call, "/settings/second");
		return OK;
	}
	crypto_random(secret, sizeof secret);
	crypto_random(codes, sizeof codes);
	struct second s = {
		.secret = seal(t, actor, "secret", (struct bytes){secret, sizeof secret}),
		.codes = seal(t, actor, "codes", (struct bytes){codes, sizeof codes}),
		.since = time_now()};
	enum err e = second_save(t, actor, &s);
	crypto_wipe(secret, sizeof secret);
	crypto_wipe(codes, sizeof codes);
	if (e == OK)
		reply_see_other(call, "/settings/second");
	return e;
}

/* Of ten bytes sixteen letters and digits, in groups of four. */
static const char *paper_code(struct arena *arena, const uint8_t *bytes)
{
	const char *s = text_lower(arena, base32_encode(arena, bytes, CODE_BYTES));
	return arena_format(arena, "%.4s-%.4s-%.4s-%.4s", s, s + 4, s + 8, s + 12);
}

static struct bytes hashed(struct arena *arena, struct bytes codes)
{
	uint8_t *out = arena_alloc(arena, CODES * CODE_HASH);
	for (size_t i = 0; i < CODES && (i + 1) * CODE_BYTES <= codes.size; i++)
		code_hash(code_clean(arena,
				  paper_code(arena, (const uint8_t *)codes.data + i * CODE_BYTES)),
			out + i * CODE_HASH);
	return (struct bytes){out, CODES * CODE_HASH};
}

static enum err mail_owner(struct txn *t, uint64_t actor, bool on)
{
	struct account account;
	struct view *v = mail_begin(t);
	enum err e = account_load(t, actor, &account);
	view_flag(v, "on", on);
	return e == OK ? account_mail(t, &account, "second-changed", v) : e;
}

static enum err on_write(struct call *call, struct txn *t)
{
	struct second s;
	struct bytes secret, codes;
	uint64_t actor = call->viewer.actor;
	const char *code = code_clean(call->arena, call_input(call, "code"));
	enum err e = second_load(t, actor, &s);
	if (e == OK && s.on)
		e = ERR_NOT_FOUND;
	if (e == ERR_NOT_FOUND) {
		reply_see_other(call, "/settings/second");
		return OK;
	}
	if (e != OK)
		return e;
	if (!second_pace_ok(actor))
		return ERR_TOO_MUCH;
	if (!unseal(t, actor, "secret", s.secret, &secret)
		|| !unseal(t, actor, "codes", s.codes, &codes))
		return ERR_STORE;
	if (!totp_matches(secret.data, secret.size, time_now(), code, &s.last))
		return refuse(&call->refusal, "code",
			"This code is not right. Is the clock of your telephone right?");
	s.on = true;
	s.since = time_now();
	s.codes = hashed(txn_arena(t), codes);
	e = second_save(t, actor, &s);
	if (e == OK)
		e = mail_owner(t, actor, true);
	if (e == OK) {
		reply_notice(call, "From now on you sign in with a code too.");
		reply_see_other(call, "/settings/second");
	}
	return e;
}

/* ---- its page -------------------------------------------------------------------------------- */

/* What the app reads (as text too: not everybody has a camera), and the codes to keep on paper. */
static enum err pending_show(
	struct call *call, struct txn *t, struct view *v, const struct second *s)
{
	struct bytes secret, codes;
	struct actor actor;
	struct text uri;
	uint64_t id = call->viewer.actor;
	enum err e = actor_load(t, id, &actor);
	if (e != OK)
		return e;
	if (!unseal(t, id, "secret", s->secret, &secret)
		|| !unseal(t, id, "codes", s->codes, &codes))
		return ERR_STORE;
	const char *words = base32_encode(call->arena, secret.data, secret.size);
	text_init(&uri, call->arena, 4096);
	text_add(&uri, "otpauth://totp/");
	text_url(&uri, call->site->domain);
	text_char(&uri, ':');
	text_url(&uri, actor.name);
	text_format(&uri, "?secret=%s&issuer=", words);
	text_url(&uri, call->site->domain);
	view_begin(v, "pending");
	view_text(v, "secret", words);
	view_text(v, "uri", uri.at);
	view_html(v, "picture",
		qr_svg(call->arena, uri.at,
			i18n(call->language, "A picture with the secret, for your app")));
	view_list(v, "codes");
	for (size_t i = 0; i < CODES && (i + 1) * CODE_BYTES <= codes.size; i++)
		view_text(v, NULL,
			paper_code(call->arena, (const uint8_t *)codes.data + i * CODE_BYTES));
	view_list_end(v);
	view_end(v);
	return OK;
}

static enum err second_read(struct call *call, struct txn *t, struct view *v)
{
	struct second s = {0};
	view_text(v, "heading", i18n(call->language, "Sign in with a code too"));
	profile_tab_show(v, "second");
	view_flag(v, "for_members", call_input(call, "for") != NULL);
	enum err e = second_load(t, call->viewer.actor, &s);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	if (!s.on)
		return pending_show(call, t, v, &s);
	view_begin(v, "on");
	view_time(v, "since", s.since);
	view_number(v, "left", (int64_t)(s.codes.size / CODE_HASH));
	view_end(v);
	return OK;
}

/* ---- turning it off -------------------------------------------------------------------------- */

struct off {
	struct call *call;
	const char *hash;
	bool by_password;
};

static enum err off_find(struct txn *t, void *arg)
{
	struct off *o = arg;
	struct account account;
	enum err e = account_load(t, o->call->viewer.actor, &account);
	if (e == OK)
		o->hash = arena_text(o->call->arena, account.password);
	return e;
}

static enum err off_run(struct txn *t, void *arg)
{
	struct off *o = arg;
	uint64_t actor = o->call->viewer.actor;
	struct refusal why;
	enum err e = o->by_password ? OK
				    : second_check(t, actor, call_input(o->call, "proof"), &why);
	if (e == ERR_INVALID)
		return refuse(&o->call->refusal, "proof",
			"This is not your password, and no code that is right now.");
	if (e == OK)
		e = second_remove(t, actor);
	return e == OK ? mail_owner(t, actor, false) : e;
}

static enum err off_work(struct call *call)
{
	struct off o = {.call = call};
	if (!second_pace_ok(call->viewer.actor))
		return ERR_TOO_MUCH;
	enum err e = store_read(call->store, off_find, &o);
	if (e != OK)
		return e;
	o.by_password = password_matches(o.hash, call_input(call, "proof"));
	e = store_write(call->store, off_run, &o);
	if (e == OK) {
		reply_notice(call, "You sign in without a code again.");
		reply_see_other(call, "/settings/second");
	}
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/settings/second", SIGNED_IN, .read = second_read, .page = "second",
		.takes = {{"for", INPUT_CHOICE, .choices = "members", .label = "What it is for"}}},
	{METHOD_POST, "/settings/second/start", SIGNED_IN, .write = start_write, .per_minute = 20},
	{METHOD_POST, "/settings/second/on", SIGNED_IN, .write = on_write, .page = "second",
		.form = second_read, .per_minute = 20,
		.takes = {{"code", INPUT_LINE, .required = true, .min = 1, .max = 40,
			.label = "Code"}}},
	{METHOD_POST, "/settings/second/off", SIGNED_IN, .work = off_work, .page = "second",
		.form = second_read, .per_minute = 20,
		.takes = {{"proof", INPUT_PASSWORD, .required = true, .min = 1,
			.max = PASSWORD_MOST, .label = "Password or code"}}},
	{0},
};

static const struct table_use tables[] = {{TABLE_SECOND, &second_shape}, {0}};

const struct feature feature_second = {.name = "second", .routes = routes, .tables = tables};

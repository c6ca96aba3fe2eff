/* signin.c: how a person comes in: by name and password or by a link in a mail, and then with a code when that is on;
 * and another password. */
#include "drafts.h"

#include <string.h>

#define LINK_FOR (15 * MINUTE)           /* by mail */
#define STEP_FOR (10 * MINUTE)           /* from the password to the code */
#define SIGN_IN_MOST ((size_t)256 << 10) /* with what was written before one was signed out */
#define KNOWN "known"                    /* cookie of a browser that was used before */
#define KNOWN_FOR (365 * DAY)
#define BY_MAIL 'm' /* a link's payload: how one came by it, and where one goes on to */
#define BY_PASSWORD 'p'

/* Strangers who try a name must not keep out whose it is: a browser it was used in before counts by itself, and each
 * network does. What is for all comes last: who is refused takes nothing of it. */
static bool pace_ok(const struct call *call, const char *who, bool known)
{
	const char *network = call_network(call);
	bool ok = pace_allows("sign-in address", network, 30, 15 * MINUTE);
	if (ok && known)
		ok = pace_allows("sign-in known", who, 10, 15 * MINUTE);
	else if (ok)
		ok = pace_allows("sign-in account",
			     arena_format(call->arena, "%s %s", who, network), 10, 15 * MINUTE)
			&& pace_allows("sign-in name", who, 50, 15 * MINUTE);
	return ok && pace_allows("sign-in", "", 20, SECOND);
}

/* The ways to write one name are one (security.md R50). By the words alone: what is there and what is not, and whose
 * an e-mail address is, is not told by the pace either. */
static const char *one_spelling(const struct call *call, const char *typed)
{
	const char *name, *host;
	typed = text_lower(call->arena, text_trim(call->arena, typed));
	if (actor_parse_handle(call->arena, typed, &name, &host) != OK)
		return typed;
	return host == NULL || text_is(host, call->site->domain)
		? name
		: arena_format(call->arena, "%s@%s", name, host);
}

static enum err sign_in_link(struct txn *t, uint64_t actor, char how, const char *next,
	int64_t for_ms, const char **path)
{
	const char *token;
	struct link link = {.purpose = LINK_SIGN_IN,
		.subject = actor,
		.payload = arena_format(
			txn_arena(t), "%c%s", how, next != NULL && strlen(next) < 500 ? next : "/"),
		.until = time_now() + for_ms,
		.uses = 1};
	enum err e = link_make(t, &link, &token);
	if (e == OK)
		*path = arena_format(txn_arena(t), "/sign-in/%s", token);
	return e;
}

/* ---- coming in ------------------------------------------------------------------------------- */

/* Only this site can have told a browser that it knows it. */
static const char *known_mark(const struct call *call, uint64_t actor)
{
	uint8_t mac[SHA256_SIZE];
	const char *what = arena_format(call->arena, "known:%llu", (unsigned long long)actor);
	crypto_hmac(call->site->secret, sizeof call->site->secret, what, strlen(what), mac);
	return hex_encode(call->arena, mac, 16);
}

static bool is_known(const struct call *call, uint64_t actor)
{
	const char *mark = known_mark(call, actor), *cookie = call_cookie(call, KNOWN);
	return cookie != NULL && strlen(cookie) == strlen(mark)
		&& crypto_equal(cookie, mark, strlen(mark));
}

static enum err mail_sign_in(struct txn *t, const struct account *account)
{
	struct mail_draft draft = {.to = account->email,
		.kind = "signed-in",
		.language = account->language,
		.list = MAIL_SIGN_INS,
		.actor = account->actor};
	struct view *v = mail_begin(t);
	view_time(v, "at", time_now());
	return account->email != NULL ? mail_send(t, &draft, v) : OK;
}

/* Who came by mail has its owner's word already. */
static enum err come_in(
	struct txn *t, struct call *call, const struct account *account, bool by_mail)
{
	const char *mark = known_mark(call, account->actor);
	bool known = by_mail || is_known(call, account->actor);
	enum err e = session_begin(t, call, account->actor);
	if (e == OK)
		e = account_note_came(t, account->actor);
	if (e == OK && !known)
		e = mail_sign_in(t, account);
	if (e == OK)
		reply_cookie(call, KNOWN, mark, KNOWN_FOR / SECOND);
	return e;
}

enum err signin_by_mail(struct txn *t, struct call *call, uint64_t actor, const char *next)
{
	struct account account;
	struct signed_in who;
	const char *path = next;
	enum err e = account_signed_in(t, actor, &who);
	if (e == OK)
		e = account_load(t, actor, &account);
	if (e == OK)
		e = second_is_on(t, actor) ? sign_in_link(t, actor, BY_MAIL, next, STEP_FOR, &path)
					   : come_in(t, call, &account, true);
	if (e == OK)
		reply_see_other(call, path);
	return e;
}

/* ---- name and password ----------------------------------------------------------------------- */

struct sign_in {
	struct call *call;
	const char *name;
	uint64_t actor;    /* 0: no such account */
	const char *hash;  /* as it was checked */
	const char *fresh; /* a new one to keep */
};

static enum err sign_in_find(struct txn *t, void *arg)
{
	struct sign_in *s = arg;
	struct account account;
	enum err e = account_find(t, s->name, &account);
	if (e == OK) {
		s->actor = account.actor;
		s->hash = arena_text(s->call->arena, account.password);
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

/* The account may have changed since its hash was read: only what still is so counts. */
static enum err still_so(struct txn *t, const struct sign_in *s, struct account *account)
{
	enum err e = account_load(t, s->actor, account);
	if (e == OK && (account->suspended || !text_is(account->password, s->hash)))
		e = ERR_CONFLICT;
	return e;
}

static enum err sign_in_begin(struct txn *t, void *arg)
{
	struct sign_in *s = arg;
	struct account account;
	const char *next = call_input(s->call, "next"), *path;
	s->call->reply = (struct reply){0};
	enum err e = still_so(t, s, &account);
	if (e == OK && call_input(s->call, "sent_to") != NULL)
		e = drafts_take(t, s->call, s->actor, &next);
	if (e != OK)
		return e;
	path = next != NULL ? next : "/";
	e = second_is_on(t, s->actor)
		? sign_in_link(t, s->actor, BY_PASSWORD, next, STEP_FOR, &path)
		: come_in(t, s->call, &account, false);
	if (e == OK)
		reply_see_other(s->call, path);
	return e;
}

static enum err sign_in_work(struct call *call)
{
	struct sign_in s = {.call = call, .name = call_input(call, "name")};
	if (s.name == NULL)
		return refuse(&call->refusal, "name", "Give your name or e-mail address.");
	enum err e = store_read(call->store, sign_in_find, &s);
	if (e != OK)
		return e;
	bool known = s.actor != 0 && is_known(call, s.actor);
	if (!pace_ok(call, one_spelling(call, s.name), known))
		return ERR_TOO_MUCH;
	bool right = password_matches(s.hash, call_input(call, "password"));
	e = right && s.actor != 0 ? store_write(call->store, sign_in_begin, &s) : ERR_CONFLICT;
	if (e == ERR_CONFLICT || e == ERR_NOT_FOUND)
		return refuse(
			&call->refusal, NULL, "This name and password do not belong together.");
	return e;
}

static enum err sign_in_read(struct call *call, struct txn *t, struct view *v)
{
	const char *next = call_input(call, "next");
	(void)t;
	if (call->viewer.local) {
		reply_see_other(call, next != NULL ? next : "/");
		return OK;
	}
	view_text(v, "heading", i18n(call->language, "Sign in"));
	view_text(v, "next", next);
	view_flag(v, "by_mail", call->site->mail_from != NULL);
	drafts_pass(call, v);
	return OK;
}

static enum err sign_out_write(struct call *call, struct txn *t)
{
	enum err e = call->viewer.session != NULL ? session_end(t, call) : OK;
	if (e == OK)
		reply_see_other(call, "/");
	return e;
}

/* ---- a link by mail -------------------------------------------------------------------------- */

struct asking {
	struct arena *arena;
	const char *typed, *next;
};

enum err signin_mail(struct txn *t, const struct account *account, const char *next)
{
	const char *path;
	if (account->email == NULL)
		return OK;
	enum err e = sign_in_link(t, account->actor, BY_MAIL, next, LINK_FOR, &path);
	if (e != OK)
		return e;
	struct mail_draft draft = {.to = account->email,
		.kind = "sign-in",
		.language = account->language,
		.until = time_now() + LINK_FOR,
		.actor = account->actor};
	struct view *v = mail_begin(t);
	view_format(v, "link", "%s%s", txn_site(t)->base_url, path);
	return mail_send(t, &draft, v);
}

static enum err ask_run(struct txn *t, void *arg)
{
	struct asking *a = arg;
	struct account account;
	enum err e = account_find(t, a->typed, &account);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	return signin_mail(t, &account, a->next);
}

static void ask_done(void *arg, enum err e)
{
	struct asking *a = arg;
	if (e != OK)
		log_line(LOG_WARN, "signin", "link=not_made error=%s", err_name(e));
	arena_destroy(a->arena);
}

/* Answered before anybody is looked up: neither the words nor the time tell who has an account here. */
static enum err ask_work(struct call *call)
{
	const char *typed = call_input(call, "name");
	const char *network = call_network(call), *who = one_spelling(call, typed);
	if (!pace_allows("link address", network, 10, HOUR)
		|| !pace_allows(
			"link account", arena_format(call->arena, "%s %s", who, network), 3, HOUR)
		|| !pace_allows("link name", who, 10, HOUR))
		return ERR_TOO_MUCH;
	struct arena *arena = arena_create();
	struct asking *a = arena_alloc(arena, sizeof *a);
	*a = (struct asking){
		arena, arena_text(arena, typed), arena_text(arena, call_input(call, "next"))};
	enum err e = store_submit(call->store, ask_run, a, ask_done, a);
	if (e != OK) {
		arena_destroy(arena);
		return e;
	}
	reply_notice(call,
		"If you have an account here, a mail is on its way. Its link works for 15 minutes.");
	reply_see_other(call, "/sign-in");
	return OK;
}

static enum err ask_read(struct call *call, struct txn *t, struct view *v)
{
	(void)t;
	view_text(v, "heading", i18n(call->language, "Sign in with a link"));
	view_text(v, "next", call_input(call, "next"));
	view_flag(v, "by_mail", call->site->mail_from != NULL);
	return OK;
}

/* ---- the last step: the link, the code when that is on, and perhaps another password ---------- */

struct last {
	struct call *call;
	const char *token, *name, *fresh;
	uint64_t actor;
	bool by_mail, code;
};

static enum err last_find(struct txn *t, void *arg)
{
	struct last *l = arg;
	struct link link;
	struct signed_in who;
	enum err e = link_find(t, LINK_SIGN_IN, l->token, &link);
	if (e == OK)
		e = account_signed_in(t, link.subject, &who);
	if (e != OK)
		return e;
	l->actor = link.subject;
	l->name = arena_text(l->call->arena, who.name);
	l->by_mail = link.payload[0] == BY_MAIL;
	l->code = second_is_on(t, link.subject);
	return OK;
}

static enum err last_run(struct txn *t, void *arg)
{
	struct last *l = arg;
	struct link link;
	struct account account;
	l->call->reply = (struct reply){0};
	enum err e = link_use(t, LINK_SIGN_IN, l->token, &link);
	if (e == OK)
		e = account_load(t, link.subject, &account);
	if (e == OK)
		e = second_check(t, link.subject, call_input(l->call, "code"), &l->call->refusal);
	if (e == OK && l->fresh != NULL)
		e = account_set_password(t, link.subject, l->fresh);
	if (e == OK && l->fresh != NULL)
		e = account_mail(t, &account, "password-changed", mail_begin(t));
	if (e == OK)
		e = come_in(t, l->call, &account, l->by_mail);
	if (e == OK)
		reply_see_other(l->call, link.payload + 1);
	return e;
}

static enum err last_work(struct call *call)
{
	struct last l = {.call = call, .token = call_part(call, "token")};
	const char *password = call_input(call, "password");
	enum err e = store_read(call->store, last_find, &l);
	if (e != OK)
		return e;
	if (l.code && !second_pace_ok(l.actor))
		return ERR_TOO_MUCH;
	if (l.by_mail && password != NULL && *password != '\0') {
		e = account_password_check(
			call->arena, call->site, l.name, password, &call->refusal);
		if (e != OK)
			return e;
		l.fresh = password_hash(call->arena, password);
	}
	return store_write(call->store, last_run, &l);
}

static enum err last_read(struct call *call, struct txn *t, struct view *v)
{
	struct last l = {.call = call, .token = call_part(call, "token")};
	struct signed_in who;
	enum err e = last_find(t, &l);
	if (e == ERR_NOT_FOUND) {
		view_text(v, "heading", i18n(call->language, "This link does not work any more"));
		view_flag(v, "over", true);
		call->reply.status = 410;
		return OK;
	}
	if (e == OK)
		e = account_signed_in(t, l.actor, &who);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Sign in"));
	view_text(v, "token", l.token);
	view_text(v, "title", who.title);
	view_text(v, "name", who.name);
	view_flag(v, "code", l.code);
	view_flag(v, "by_mail", l.by_mail);
	return OK;
}

/* ---- another password ------------------------------------------------------------------------ */

static enum err own_find(struct txn *t, void *arg)
{
	struct sign_in *s = arg;
	struct account account;
	struct actor actor;
	enum err e = account_load(t, s->call->viewer.actor, &account);
	if (e == OK)
		e = actor_load(t, account.actor, &actor);
	if (e != OK)
		return e;
	s->actor = account.actor;
	s->hash = arena_text(s->call->arena, account.password);
	s->name = arena_text(s->call->arena, actor.name);
	return OK;
}

static enum err password_run(struct txn *t, void *arg)
{
	struct sign_in *s = arg;
	struct account account;
	s->call->reply = (struct reply){0};
	enum err e = still_so(t, s, &account);
	if (e == OK)
		e = account_set_password(t, s->actor, s->fresh);
	if (e == OK)
		e = account_mail(t, &account, "password-changed", mail_begin(t));
	return e == OK ? session_begin(t, s->call, s->actor) : e;
}

static enum err password_work(struct call *call)
{
	char id[ID_TEXT];
	struct sign_in s = {.call = call};
	const char *password = call_input(call, "password");
	if (!pace_ok(call, id_text(call->viewer.actor, id), true))
		return ERR_TOO_MUCH;
	enum err e = store_read(call->store, own_find, &s);
	if (e == OK)
		e = account_password_check(
			call->arena, call->site, s.name, password, &call->refusal);
	if (e == OK && !text_is(password, call_input(call, "again")))
		e = refuse(&call->refusal, "again", "This is not the same as the new password.");
	if (e != OK)
		return e;
	if (!password_matches(s.hash, call_input(call, "current")))
		return refuse(&call->refusal, "current", "This is not your password now.");
	s.fresh = password_hash(call->arena, password);
	e = store_write(call->store, password_run, &s);
	if (e != OK)
		return e;
	reply_notice(call, "Your password is changed. You are signed out everywhere else.");
	reply_see_other(call, "/settings/sessions");
	return OK;
}

static enum err password_read(struct call *call, struct txn *t, struct view *v)
{
	(void)t;
	view_text(v, "heading", i18n(call->language, "Change your password"));
	view_flag(v, "by_mail", call->site->mail_from != NULL);
	profile_tab_show(v, "password");
	return OK;
}

#define NEXT_INPUT                                                                                 \
	{                                                                                          \
		"next", INPUT_LINE, .max = 2000, .label = "Next page"                              \
	}
#define NAME_INPUT                                                                                 \
	{                                                                                          \
		"name", INPUT_LINE, .required = true, .min = 1, .max = 320,                        \
				    .label = "Name or e-mail address"                              \
	}

static const struct route routes[] = {
	{METHOD_GET, "/sign-in", ANYONE, .read = sign_in_read, .page = "account-sign-in",
		.takes = {NEXT_INPUT}},
	{METHOD_POST, "/sign-in", ANYONE, .work = sign_in_work, .page = "account-sign-in",
		.form = sign_in_read,
		.takes = {NAME_INPUT,
			{"password", INPUT_PASSWORD, .required = true, .min = 1,
				.max = PASSWORD_MOST, .label = "Password"},
			NEXT_INPUT},
		.max_body = SIGN_IN_MOST},
	{METHOD_GET, "/sign-in/link", ANYONE, .read = ask_read, .page = "signin-link",
		.takes = {NEXT_INPUT}},
	{METHOD_POST, "/sign-in/link", ANYONE, .work = ask_work, .page = "signin-link",
		.form = ask_read, .per_minute = 20, .takes = {NAME_INPUT, NEXT_INPUT}},
	{METHOD_GET, "/sign-in/{token}", ANYONE, .read = last_read, .page = "signin-last"},
	{METHOD_POST, "/sign-in/{token}", ANYONE, .work = last_work, .page = "signin-last",
		.form = last_read, .per_minute = 20,
		.takes = {{"code", INPUT_LINE, .max = 40, .label = "Code"},
			{"password", INPUT_PASSWORD, .max = PASSWORD_MOST,
				.label = "New password"}}},
	{METHOD_POST, "/sign-out", ANYONE, .write = sign_out_write},
	{METHOD_GET, "/settings/password", SIGNED_IN, .read = password_read,
		.page = "account-password"},
	{METHOD_POST, "/settings/password", SIGNED_IN, .work = password_work,
		.page = "account-password", .form = password_read, .per_minute = 30,
		.takes = {{"current", INPUT_PASSWORD, .required = true, .min = 1,
				  .max = PASSWORD_MOST, .label = "Your password now"},
			{"password", INPUT_PASSWORD, .required = true, .min = 1,
				.max = PASSWORD_MOST, .label = "New password"},
			{"again", INPUT_PASSWORD, .required = true, .min = 1, .max = PASSWORD_MOST,
				.label = "New password again"}}},
	{0},
};

const struct feature feature_signin = {.name = "signin", .routes = routes};

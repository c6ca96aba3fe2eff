/* email.c: the address of an account: changed by who reads its mail, and for some days changed back by who read the old
 * one's. */
#include "features.h"

#define CONFIRM_FOR DAY
#define UNDO_FOR (3 * DAY)

/* ---- asking ---------------------------------------------------------------------------------- */

struct change {
	struct call *call;
	const char *hash, *email;
};

static enum err own_find(struct txn *t, void *arg)
{
	struct change *c = arg;
	struct account account;
	enum err e = account_load(t, c->call->viewer.actor, &account);
	if (e == OK)
		c->hash = arena_text(c->call->arena, account.password);
	return e;
}

static enum err mail_link(struct txn *t, const struct account *account, const char *to,
	const struct link *link, const char *kind)
{
	const char *token;
	enum err e = link_make(t, link, &token);
	if (e != OK)
		return e;
	struct mail_draft draft = {.to = to,
		.kind = kind,
		.language = account->language,
		.until = link->until,
		.actor = account->actor};
	struct view *v = mail_begin(t);
	view_format(v, "link", "%s/email/%s", txn_site(t)->base_url, token);
	return mail_send(t, &draft, v);
}

static enum err ask_run(struct txn *t, void *arg)
{
	const struct change *c = arg;
	struct account account;
	struct link link = {.purpose = LINK_EMAIL,
		.subject = c->call->viewer.actor,
		.payload = c->email,
		.until = time_now() + CONFIRM_FOR,
		.uses = 1};
	enum err e = account_load(t, link.subject, &account);
	if (e == OK)
		e = link_end(t, link.subject, LINK_EMAIL); /* the last that was asked for counts */
	return e == OK ? mail_link(t, &account, c->email, &link, "email-confirm") : e;
}

/* Whether an address is somebody's here already is seen by who reads its mail only. */
static enum err ask_work(struct call *call)
{
	char id[ID_TEXT];
	struct change c = {.call = call};
	c.email = account_email_clean(call->arena, call_input(call, "email"));
	if (c.email == NULL)
		return refuse(&call->refusal, "email", "This is not an e-mail address.");
	if (!pace_allows("email account", id_text(call->viewer.actor, id), 10, HOUR))
		return ERR_TOO_MUCH;
	enum err e = store_read(call->store, own_find, &c);
	if (e != OK)
		return e;
	if (c.hash != NULL && !password_matches(c.hash, call_input(call, "password")))
		return refuse(&call->refusal, "password", "This is not your password now.");
	if (!pace_allows("email address", c.email, 3, HOUR))
		return ERR_TOO_MUCH;
	e = store_write(call->store, ask_run, &c);
	if (e == OK) {
		reply_notice(call,
			"A mail is on its way to the new address. It counts once you open the link in it.");
		reply_see_other(call, "/settings/email");
	}
	return e;
}

static enum err ask_read(struct call *call, struct txn *t, struct view *v)
{
	struct account account;
	enum err e = account_load(t, call->viewer.actor, &account);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Your e-mail address"));
	profile_tab_show(v, "email");
	view_text(v, "current", account.email);
	view_flag(v, "returned", account.email != NULL && mail_refused(t, account.email));
	view_flag(v, "with_password", account.password != NULL);
	view_flag(v, "by_mail", call->site->mail_from != NULL);
	view_flag(v, "sign_ins", account_takes_mail(t, account.actor, MAIL_SIGN_INS));
	return OK;
}

static enum err lists_write(struct call *call, struct txn *t)
{
	enum err e = account_set_mail(
		t, call->viewer.actor, MAIL_SIGN_INS, call_flag(call, "sign_ins"));
	if (e == OK) {
		reply_notice(call, "Saved.");
		reply_see_other(call, "/settings/email");
	}
	return e;
}

/* ---- the link -------------------------------------------------------------------------------- */

static enum err find(struct txn *t, const char *token, struct link *out)
{
	enum err e = link_find(t, LINK_EMAIL, token, out);
	return e == ERR_NOT_FOUND ? link_find(t, LINK_EMAIL_BACK, token, out) : e;
}

static enum err confirm_read(struct call *call, struct txn *t, struct view *v)
{
	struct link link;
	const char *token = call_part(call, "token");
	enum err e = find(t, token, &link);
	if (e == ERR_NOT_FOUND) {
		view_text(v, "heading", i18n(call->language, "This link does not work any more"));
		view_flag(v, "over", true);
		call->reply.status = 410;
		return OK;
	}
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Your e-mail address"));
	view_text(v, "token", token);
	view_text(v, "email", link.payload);
	return OK;
}

/* Who had the account before gets word, and a way back. Whoever changed it may be somebody else: a change back ends
 * what they have open. */
static enum err confirm(struct txn *t, const struct link *link, struct refusal *why)
{
	struct account before;
	enum err e = account_load(t, link->subject, &before);
	if (e == OK)
		e = account_set_email(t, link->subject, link->payload, why);
	if (e == OK)
		e = link_end(t, link->subject, LINK_SIGN_IN);
	if (e == OK)
		e = link_end(t, link->subject, LINK_DIGEST);
	if (e != OK || before.email == NULL || text_is(before.email, link->payload))
		return e;
	if (link->purpose == LINK_EMAIL_BACK)
		return session_end_all(t, link->subject);
	struct link back = {.purpose = LINK_EMAIL_BACK,
		.subject = link->subject,
		.payload = before.email,
		.until = time_now() + UNDO_FOR,
		.uses = 1};
	return mail_link(t, &before, before.email, &back, "email-changed");
}

static enum err confirm_write(struct call *call, struct txn *t)
{
	struct link link;
	const char *token = call_part(call, "token");
	enum err e = find(t, token, &link);
	if (e == OK)
		e = link_use(t, link.purpose, token, &link);
	if (e == OK)
		e = confirm(t, &link, &call->refusal);
	if (e == OK) {
		reply_notice(call, "From now on this is your e-mail address here.");
		reply_see_other(call, call->viewer.local ? "/settings/email" : "/sign-in");
	}
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/settings/email", SIGNED_IN, .read = ask_read, .page = "email"},
	{METHOD_POST, "/settings/email", SIGNED_IN, .work = ask_work, .page = "email",
		.form = ask_read, .per_minute = 20,
		.takes = {{"email", INPUT_LINE, .required = true, .min = 3, .max = 320,
				  .label = "E-mail address"},
			{"password", INPUT_PASSWORD, .max = PASSWORD_MOST, .label = "Password"}}},
	{METHOD_POST, "/settings/email/lists", SIGNED_IN, .write = lists_write,
		.takes = {{"sign_ins", INPUT_FLAG, .label = "Sign-ins"}}},
	{METHOD_GET, "/email/{token}", ANYONE, .read = confirm_read, .page = "email-confirm",
		.per_minute = 60},
	{METHOD_POST, "/email/{token}", ANYONE, .write = confirm_write, .page = "email-confirm",
		.form = confirm_read, .per_minute = 60},
	{0},
};

const struct feature feature_email = {.name = "email", .routes = routes};

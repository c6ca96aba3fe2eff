/* farewell.c: the pages of leaving: choosing what stays, being sure, thinking again, and seeing who was told. */
#include "features.h"

#include <string.h>

#define KEEP_TOLD (180 * DAY) /* the address at which one sees who was told */
#define HOSTS_SHOWN 500
#define LEFT_SHOWN 50

/* ---- what was chosen ------------------------------------------------------------------------- */

/* Three ways: everything goes; the name goes; or each kind by itself. */
static uint32_t keep_of(const struct call *call)
{
	static const struct {
		const char *input;
		uint32_t bit;
	} kinds[] = {{"starts", KEEP_STARTS}, {"answers", KEEP_ANSWERS}, {"files", KEEP_FILES},
		{"marks", KEEP_MARKS}};
	const char *how = call_input(call, "how");
	uint32_t keep = 0;
	if (text_is(how, "name"))
		return KEEP_ALL;
	for (size_t i = 0; text_is(how, "choose") && i < COUNT(kinds); i++)
		keep |= call_flag(call, kinds[i].input) ? kinds[i].bit : 0;
	return keep;
}

static void show_keep(struct view *v, uint32_t keep)
{
	view_begin(v, "keep");
	view_flag(v, "nothing", keep == 0);
	view_flag(v, "all", keep == KEEP_ALL);
	view_flag(v, "some", keep != 0 && keep != KEEP_ALL);
	view_flag(v, "starts", (keep & KEEP_STARTS) != 0);
	view_flag(v, "answers", (keep & KEEP_ANSWERS) != 0);
	view_flag(v, "files", (keep & KEEP_FILES) != 0);
	view_flag(v, "marks", (keep & KEEP_MARKS) != 0);
	view_end(v);
}

#define CHOICE_INPUTS                                                                              \
	{"how", INPUT_CHOICE, .required = true, .choices = "everything|name|choose",               \
		.label = "What happens to what you wrote"},                                        \
		{"starts", INPUT_FLAG, .label = "Conversations you began"},                        \
		{"answers", INPUT_FLAG, .label = "Your answers"},                                  \
		{"files", INPUT_FLAG, .label = "Pictures and files in them"},                      \
	{                                                                                          \
		"marks", INPUT_FLAG, .label = "Your likes and votes"                               \
	}

/* ---- how far it is --------------------------------------------------------------------------- */

static enum err show_hosts(struct txn *t, struct view *v, const struct leaving *l)
{
	struct leaving_host *hosts = arena_array(txn_arena(t), HOSTS_SHOWN, sizeof *hosts);
	size_t count = 0;
	int64_t confirmed = 0;
	bool over = l->step > LEAVING_TELL;
	enum err e = leaving_hosts(t, l->actor, HOSTS_SHOWN, hosts, &count);
	view_list(v, "hosts");
	for (size_t i = 0; i < count; i++) {
		const struct leaving_host *h = &hosts[i];
		bool all = h->confirmed >= h->asked;
		confirmed += all;
		view_begin(v, NULL);
		view_text(v, "host", h->name);
		view_flag(v, "took", all);
		view_flag(v, "refused", !all && h->refused > 0);
		view_flag(v, "waits", !all && h->refused == 0 && !over);
		view_flag(v, "silent", !all && h->refused == 0 && over);
		view_time(v, "at", h->at);
		view_end(v);
	}
	view_list_end(v);
	view_number(v, "asked_hosts", (int64_t)count);
	view_number(v, "confirmed_hosts", confirmed);
	return e;
}

static enum err show_leaving(struct txn *t, struct view *v, const struct leaving *l)
{
	view_flag(v, "waits", l->step == LEAVING_ASKED);
	view_flag(v, "erasing", l->step > LEAVING_ASKED && l->step < LEAVING_TELL);
	view_flag(v, "telling", l->step >= LEAVING_TELL && l->step < LEAVING_DONE);
	view_flag(v, "done", l->step == LEAVING_DONE);
	view_time(v, "asked_at", l->asked);
	view_time(v, "due", l->due);
	view_time(v, "begun_at", l->begun);
	view_time(v, "done_at", l->done);
	show_keep(v, l->keep);
	return show_hosts(t, v, l);
}

/* An address with a secret: who left has no account to look with. */
static enum err status_link(struct txn *t, uint64_t actor, const char **url)
{
	char id[ID_TEXT];
	const char *token;
	struct link link = {.purpose = LINK_LEAVING,
		.payload = arena_text(txn_arena(t), id_text(actor, id)),
		.until = time_now() + KEEP_TOLD,
		.uses = LINK_OFTEN};
	enum err e = link_lasting(t, &link, &token);
	if (e == OK)
		*url = arena_format(txn_arena(t), "%s/left/%s", txn_site(t)->base_url, token);
	return e;
}

static enum err status_read(struct call *call, struct txn *t, struct view *v)
{
	struct link link;
	struct leaving l;
	uint64_t actor = 0;
	enum err e = link_find(t, LINK_LEAVING, call_part(call, "token"), &link);
	if (e == OK && !text_to_u64(link.payload, &actor))
		e = ERR_NOT_FOUND;
	if (e == OK)
		e = leaving_load(t, actor, &l);
	if (e != OK)
		return e;
	call->reply.cache = "private, no-store";
	view_text(v, "heading",
		i18n(call->language,
			l.step == LEAVING_ASKED ? "You asked to leave"
						: "Your data is being removed"));
	return show_leaving(t, v, &l);
}

/* ---- choosing -------------------------------------------------------------------------------- */

static enum err leave_read(struct call *call, struct txn *t, struct view *v)
{
	struct leaving l;
	profile_tab_show(v, "own");
	view_text(v, "heading", i18n(call->language, "Leave this site"));
	view_number(v, "think_days", keep_days(t, KEEP_THINKING));
	enum err e = leaving_load(t, call->viewer.actor, &l);
	view_flag(v, "asked", e == OK);
	if (e == ERR_NOT_FOUND)
		return OK;
	return e == OK ? show_leaving(t, v, &l) : e;
}

static enum err sure_read(struct call *call, struct txn *t, struct view *v)
{
	struct account account;
	struct leaving_counts c = {0};
	enum err e = account_load(t, call->viewer.actor, &account);
	if (e == OK)
		e = leaving_count(t, account.actor, &c);
	if (e != OK)
		return e;
	profile_tab_show(v, "own");
	view_text(v, "heading", i18n(call->language, "Are you sure?"));
	view_text(v, "how", call_input(call, "how"));
	show_keep(v, keep_of(call));
	view_number(v, "starts", c.starts);
	view_number(v, "answers", c.answers);
	view_number(v, "apart", c.apart);
	view_number(v, "think_days", keep_days(t, KEEP_THINKING));
	view_flag(v, "with_password", account.password != NULL);
	view_flag(v, "with_code", second_is_on(t, account.actor));
	return OK;
}

/* ---- asking for it --------------------------------------------------------------------------- */

struct asking {
	struct call *call;
	const char *hash; /* of the password, or NULL */
	uint32_t keep;
};

static enum err find_hash(struct txn *t, void *arg)
{
	struct asking *a = arg;
	struct account account;
	enum err e = account_load(t, a->call->viewer.actor, &account);
	if (e == OK)
		a->hash = arena_text(a->call->arena, account.password);
	return e;
}

static enum err tell_by_mail(struct txn *t, uint64_t actor, int64_t due)
{
	struct account account;
	const char *url;
	enum err e = account_load(t, actor, &account);
	if (e == OK)
		e = status_link(t, actor, &url);
	if (e != OK)
		return e;
	struct view *v = mail_begin(t);
	view_time(v, "due", due);
	view_text(v, "status_url", url);
	return account_mail(t, &account, "leaving", v);
}

static enum err ask_run(struct txn *t, void *arg)
{
	struct asking *a = arg;
	struct call *call = a->call;
	uint64_t me = call->viewer.actor;
	int64_t due = time_now() + keep_days(t, KEEP_THINKING) * DAY;
	enum err e = second_check(t, me, call_input(call, "code"), &call->refusal);
	if (e == OK)
		e = leaving_ask(t, me, me, a->keep, due, &call->refusal);
	if (e == ERR_CONFLICT && call->refusal.text != NULL)
		return ERR_INVALID; /* with the reason, on the form */
	return e == OK ? tell_by_mail(t, me, due) : e;
}

static enum err ask_work(struct call *call)
{
	struct asking a = {.call = call, .keep = keep_of(call)};
	char id[ID_TEXT];
	const char *typed = call_input(call, "password");
	if (!pace_allows("leave", id_text(call->viewer.actor, id), 10, HOUR)
		|| !second_pace_ok(call->viewer.actor))
		return ERR_TOO_MUCH;
	enum err e = store_read(call->store, find_hash, &a);
	if (e != OK)
		return e;
	if (a.hash != NULL && !password_matches(a.hash, typed != NULL ? typed : ""))
		return refuse(&call->refusal, "password", "This is not your password now.");
	e = store_write(call->store, ask_run, &a);
	if (e == OK)
		reply_see_other(call, "/settings/leave");
	return e;
}

static enum err stay_write(struct call *call, struct txn *t)
{
	enum err e = leaving_take_back(t, call->viewer.actor);
	if (e != OK)
		return e;
	reply_notice(call, "You stay. Nothing was changed.");
	reply_see_other(call, "/settings/data");
	return OK;
}

/* The address can be kept: it is shown as long as one can sign in. */
static enum err address_write(struct call *call, struct txn *t)
{
	struct leaving l;
	const char *url;
	enum err e = leaving_load(t, call->viewer.actor, &l);
	if (e == OK)
		e = status_link(t, l.actor, &url);
	if (e == OK)
		reply_see_other(call, url + strlen(call->site->base_url));
	return e;
}

/* ---- for who runs the site ------------------------------------------------------------------- */

static enum err left_read(struct call *call, struct txn *t, struct view *v)
{
	struct u64s ids;
	struct leaving l;
	enum err e = leaving_list(t, LEFT_SHOWN, &ids);
	view_text(v, "heading", i18n(call->language, "Who left"));
	view_list(v, "leavings");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		if (leaving_load(t, ids.at[i], &l) != OK)
			continue;
		view_begin(v, NULL);
		e = show_leaving(t, v, &l);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "some", ids.count > 0);
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/settings/leave", SIGNED_IN, .read = leave_read, .page = "leave"},
	{METHOD_GET, "/settings/leave/sure", SIGNED_IN, .read = sure_read, .page = "leave-sure",
		.takes = {CHOICE_INPUTS}},
	{METHOD_POST, "/settings/leave", SIGNED_IN, .work = ask_work, .page = "leave-sure",
		.form = sure_read, .per_minute = 10,
		.takes = {CHOICE_INPUTS,
			{"password", INPUT_PASSWORD, .max = PASSWORD_MOST, .label = "Password"},
			{"code", INPUT_LINE, .max = 40, .label = "Sign-in code"}}},
	{METHOD_POST, "/settings/leave/stay", SIGNED_IN, .write = stay_write},
	{METHOD_POST, "/settings/leave/address", SIGNED_IN, .write = address_write},
	{METHOD_GET, "/left/{token}", ANYONE, .read = status_read, .page = "left-status",
		.per_minute = 60},
	{METHOD_GET, "/left", ADMIN, .read = left_read, .page = "left"},
	{0},
};

const struct feature feature_farewell = {.name = "farewell", .routes = routes};

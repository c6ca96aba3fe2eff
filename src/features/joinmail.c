/* joinmail.c: what who asked to join is told by mail, and who decides about it by a notice: after it was done, and once
 * more when the node stopped in between. */
#include "joining.h"

#include <string.h>

#define CONFIRM_FOR DAY
#define ACCOUNT_FOR (14 * DAY)
#define STATUS_FOR (400 * DAY)
#define DECIDERS_MOST 20
#define UNTOLD_AT_ONCE 500

struct telling {
	struct arena *arena;
	const struct site *site;
	uint64_t id;
	struct application a;
	struct person p;
	struct actor community; /* title: of the association when it is for that */
	struct joining j;
};

/* ---- links ----------------------------------------------------------------------------------- */

static enum err lasting(struct txn *t, const struct link *link, const char *way, const char **path)
{
	const char *token;
	enum err e = link_lasting(t, link, &token);
	if (e == OK)
		*path = arena_format(txn_arena(t), "%s%s", way, token);
	return e;
}

const char *join_address_proof(struct arena *arena, const struct site *site, const char *email)
{
	uint8_t mac[SHA256_SIZE];
	const char *what = arena_format(
		arena, "address:%s", email != NULL ? text_lower(arena, email) : "");
	crypto_hmac(site->secret, sizeof site->secret, what, strlen(what), mac);
	return hex_encode(arena, mac, sizeof mac);
}

enum err join_account_link(struct txn *t, uint64_t person, const char *email, const char **path)
{
	struct link link = {.purpose = LINK_JOIN_ACCOUNT,
		.subject = person,
		.payload = join_address_proof(txn_arena(t), txn_site(t), email),
		.until = time_now() + ACCOUNT_FOR,
		.uses = 1};
	return lasting(t, &link, "/join/", path);
}

enum err join_status_link(struct txn *t, uint64_t application, const char **path)
{
	struct link link = {.purpose = LINK_JOIN_STATUS,
		.subject = application,
		.until = time_now() + STATUS_FOR,
		.uses = LINK_OFTEN};
	return lasting(t, &link, "/join/status/", path);
}

/* ---- mails ----------------------------------------------------------------------------------- */

static void show_link(struct txn *t, struct view *v, const char *name, const char *path)
{
	view_format(v, name, "%s%s", txn_site(t)->base_url, path);
}

/* The roll may have another one by now. */
static const char *address_of(const struct telling *x)
{
	return x->p.email != NULL ? x->p.email : x->a.email;
}

static enum err send(
	struct txn *t, const struct telling *x, const char *kind, int64_t for_ms, struct view *v)
{
	struct account account;
	struct mail_draft draft = {.to = address_of(x),
		.kind = kind,
		.language = x->a.language,
		.until = for_ms != 0 ? time_now() + for_ms : 0};
	if (x->p.actor != 0 && account_load(t, x->p.actor, &account) == OK) {
		draft.to = account.email;
		draft.language = account.language;
		draft.actor = account.actor;
	}
	view_text(v, "place", actor_title(&x->community));
	view_flag(v, "in_community", x->a.community != 0);
	view_flag(v, "back", x->a.back);
	view_flag(v, "as_guest", x->a.kind == APPLY_GUEST && x->a.community == 0);
	view_text(v, "reason", x->a.reason != NULL ? x->a.reason : "");
	view_number(v, "days", x->j.days);
	return draft.to != NULL ? mail_send(t, &draft, v) : OK;
}

static enum err send_account(
	struct txn *t, const struct telling *x, uint64_t person, const char *kind, struct view *v)
{
	const char *path;
	enum err e = join_account_link(t, person, address_of(x), &path);
	if (e != OK)
		return e;
	show_link(t, v, "account", path);
	return send(t, x, kind, ACCOUNT_FOR, v);
}

struct looking_up {
	const char *email;
	uint64_t person, actor;
};

static enum err on_file(struct txn *r, void *arg)
{
	struct looking_up *l = arg;
	struct person p;
	enum err e = person_by_email(r, l->email, &p);
	if (e == OK && person_status_at(&p, time_now()) == PERSON_MEMBER)
		l->person = p.id;
	l->actor = e == OK ? p.actor : 0;
	return e;
}

/* Whatever is known of an address is told to who reads its mail only. */
static enum err tell_asked(struct txn *t, const struct telling *x)
{
	struct account account;
	const char *token;
	struct view *v = mail_begin(t);
	struct looking_up l = {.email = x->a.email};
	enum err e = roll_read(x->site, on_file, &l);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	if (l.actor != 0 || account_find(t, x->a.email, &account) == OK) {
		show_link(t, v, "link",
			arena_format(txn_arena(t), "/sign-in/link?next=%s",
				joining_path(
					txn_arena(t), x->a.community != 0 ? &x->community : NULL)));
		return send(t, x, "join-known", 0, v);
	}
	if (x->a.kind == APPLY_FILE)
		return l.person != 0 ? send_account(t, x, l.person, "join-account", v)
				     : send(t, x, "join-unknown", 0, v);
	struct link link = {.purpose = LINK_JOIN_CONFIRM,
		.subject = x->id,
		.until = time_now() + CONFIRM_FOR,
		.uses = 1};
	e = link_make(t, &link, &token);
	if (e != OK)
		return e;
	show_link(t, v, "link", arena_format(txn_arena(t), "/join/%s", token));
	return send(t, x, "join-confirm", CONFIRM_FOR, v);
}

/* One of each, however often it is told. */
static uint64_t notice_place(const struct application *a, int64_t at)
{
	return ((uint64_t)at << 16) + (a->id & 0xffff);
}

static enum err notify_deciders(struct txn *t, const struct telling *x)
{
	uint64_t actors[DECIDERS_MOST];
	size_t count = joining_deciders(t, x->a.community, actors, COUNT(actors));
	struct notice n = {.place = notice_place(&x->a, x->a.confirmed),
		.kind = NOTICE_JOIN_REQUEST,
		.who = x->a.community,
		.at = x->a.confirmed};
	enum err e = OK;
	for (size_t i = 0; e == OK && i < count; i++)
		e = notify_add(t, actors[i], &n);
	return e;
}

static enum err notify_person(struct txn *t, const struct telling *x, enum notice_kind kind)
{
	struct notice n = {.place = notice_place(&x->a, x->a.decided),
		.kind = kind,
		.who = x->a.community,
		.at = x->a.decided};
	return x->p.actor != 0 && x->a.decided != 0 ? notify_add(t, x->p.actor, &n) : OK;
}

static enum err tell_open(struct txn *t, const struct telling *x, const char *kind)
{
	const char *path;
	struct view *v = mail_begin(t);
	enum err e = join_status_link(t, x->id, &path);
	if (e != OK)
		return e;
	show_link(t, v, "status", path);
	return send(t, x, kind, 0, v);
}

static enum err tell_accepted(struct txn *t, const struct telling *x)
{
	bool opened = x->a.kind == APPLY_LIST;
	const char *kind = opened ? "join-opened" : "join-accepted";
	struct view *v = mail_begin(t);
	enum err e = notify_person(t, x, opened ? NOTICE_OPENED : NOTICE_JOIN_ANSWER);
	if (e != OK)
		return e;
	if (x->p.actor == 0)
		return send_account(t, x, x->p.id, kind, v);
	if (x->a.community != 0)
		e = follow_start(t, x->p.actor, x->a.community, NULL);
	else
		e = account_set_welcome(t, x->p.actor, true);
	show_link(t, v, "link",
		x->a.community != 0 ? actor_path(txn_arena(t), &x->community) : "/overview");
	return e == OK || e == ERR_FORBIDDEN ? send(t, x, kind, 0, v) : e;
}

static enum err tell_refused(struct txn *t, const struct telling *x)
{
	enum err e = notify_person(t, x, NOTICE_JOIN_ANSWER);
	return e == OK ? tell_open(t, x, "join-refused") : e;
}

static enum err tell_state(struct txn *t, const struct telling *x)
{
	switch ((enum application_state)x->a.state) {
	case APPLICATION_ASKED:
		return tell_asked(t, x);
	case APPLICATION_WAITING: {
		enum err e = notify_deciders(t, x);
		return e == OK ? tell_open(t, x, "join-received") : e;
	}
	case APPLICATION_LISTED:
		return tell_open(t, x, "join-listed");
	case APPLICATION_ACCEPTED:
		return tell_accepted(t, x);
	case APPLICATION_REFUSED:
		return tell_refused(t, x);
	case APPLICATION_WITHDRAWN:
		break;
	}
	return OK;
}

/* ---- doing it -------------------------------------------------------------------------------- */

static enum err tell_run(struct txn *t, void *arg)
{
	struct telling *x = arg;
	enum err e = application_read(x->site, x->arena, x->id, &x->a, &x->p);
	if (e != OK)
		return e;
	joining_of(t, x->a.community, &x->j);
	x->community = (struct actor){.title = x->site->name};
	if (x->a.community != 0)
		e = actor_load(t, x->a.community, &x->community);
	return e == OK ? tell_state(t, x) : e;
}

static enum err told_run(struct txn *r, void *arg)
{
	const struct telling *x = arg;
	return application_told(r, x->id, x->a.state);
}

static void told(void *arg, enum err e)
{
	struct telling *x = arg;
	if (e != OK)
		log_line(LOG_WARN, "joinmail", "told=no error=%s", err_name(e));
	arena_destroy(x->arena);
}

/* On the writer of the main store: the roll's own goes on with it. What is not there any more needs no telling. */
static void tell_done(void *arg, enum err e)
{
	struct telling *x = arg;
	if (e == ERR_NOT_FOUND)
		x->a.state = 0;
	if (e == OK || e == ERR_NOT_FOUND)
		e = roll_submit(x->site, told_run, x, told, x);
	if (e != OK)
		told(x, e);
}

void application_tell(const struct site *site, struct store *store, uint64_t id)
{
	struct arena *arena = arena_create();
	struct telling *x = arena_alloc(arena, sizeof *x);
	*x = (struct telling){.arena = arena, .site = site, .id = id};
	enum err e = store_submit(store, tell_run, x, tell_done, x);
	if (e != OK)
		told(x, e); /* the chore does it */
}

/* ---- what was cut short ---------------------------------------------------------------------- */

struct rest {
	const struct site *site;
	int64_t refused; /* who was so by then is forgotten */
	uint64_t ids[UNTOLD_AT_ONCE];
	size_t count, pruned;
};

static enum err untold_run(struct txn *r, void *arg)
{
	struct rest *rest = arg;
	struct u64s ids;
	enum err e = application_untold(r, UNTOLD_AT_ONCE, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++)
		rest->ids[rest->count++] = ids.at[i];
	return e;
}

static enum err site_run(struct txn *t, void *arg)
{
	struct rest *rest = arg;
	rest->site = txn_site(t);
	rest->refused = time_now() - keep_days(t, KEEP_REFUSED) * DAY;
	return OK;
}

static void tell_rest(struct store *store, void *arg)
{
	(void)arg;
	struct rest rest = {0};
	enum err e = store_read(store, site_run, &rest);
	if (e == OK)
		e = roll_read(rest.site, untold_run, &rest);
	for (size_t i = 0; e == OK && i < rest.count; i++)
		application_tell(rest.site, store, rest.ids[i]);
	if (e != OK && e != ERR_NOT_FOUND)
		log_line(LOG_WARN, "joinmail", "chore=tell error=%s", err_name(e));
}

static enum err prune_run(struct txn *r, void *arg)
{
	struct rest *rest = arg;
	return application_prune(r, rest->refused, 100, &rest->pruned);
}

static void prune(struct store *store, void *arg)
{
	(void)arg;
	struct rest rest = {0};
	enum err e = store_read(store, site_run, &rest);
	do
		e = e == OK ? roll_write(rest.site, prune_run, &rest) : e;
	while (e == OK && rest.pruned == 100);
	if (e != OK)
		log_line(LOG_WARN, "joinmail", "chore=prune error=%s", err_name(e));
}

static const struct chore chores[] = {
	{"joinmail", 5 * MINUTE, tell_rest, NULL}, {"applications", HOUR, prune, NULL}, {0}};
const struct feature feature_joinmail = {.name = "joinmail", .chores = chores};

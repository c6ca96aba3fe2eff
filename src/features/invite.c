/* invite.c: invitations: a link, or a mail to one address; they end after days and uses, and can be withdrawn. */
#include "joining.h"

#include <string.h>

#define PAGE 50
#define LOOK "invitations"
#define ADDRESSES_MOST 20 /* in one go */
#define WORDS_MOST 500    /* code points */
#define FORGOTTEN_AFTER (30 * DAY)
#define PRUNED_AT_ONCE 200
#define DAYS_USUAL 14

static const struct field invite_fields[] = {
	{1, F_U64, offsetof(struct invite, id), 0},
	{2, F_U64, offsetof(struct invite, community), 0},
	{3, F_U64, offsetof(struct invite, by), 0},
	{4, F_FLAG, offsetof(struct invite, guest), 0},
	{5, F_U32, offsetof(struct invite, uses), 0},
	{6, F_U32, offsetof(struct invite, used), 0},
	{7, F_I64, offsetof(struct invite, made), 0},
	{8, F_I64, offsetof(struct invite, until), 0},
	{9, F_I64, offsetof(struct invite, withdrawn), 0},
	{10, F_BYTES, offsetof(struct invite, sealed), 4096},
};
const struct shape invite_shape = {
	"invite", sizeof(struct invite), invite_fields, COUNT(invite_fields)};
static const struct field word_fields[] = {
	{1, F_TEXT, offsetof(struct invite, email), 320},
	{2, F_TEXT, offsetof(struct invite, words), 4 * WORDS_MOST},
};
const struct shape invite_words_shape = {
	"invite words", sizeof(struct invite), word_fields, COUNT(word_fields)};

/* ---- records --------------------------------------------------------------------------------- */

enum err invite_load(struct txn *r, uint64_t id, struct invite *out)
{
	struct invite i, words;
	struct bytes plain;
	struct place place = place_1(TABLE_INVITE, id);
	enum err e = txn_load(r, &place, &invite_shape, &i);
	if (e == OK)
		e = roll_unseal(r, id, i.sealed, &plain);
	if (e == OK)
		e = record_read(txn_arena(r), &invite_words_shape, plain, &words);
	if (e != OK)
		return e;
	i.email = words.email;
	i.words = words.words;
	*out = i;
	return OK;
}

static enum err save(struct txn *r, struct invite *i)
{
	struct bytes plain;
	struct place place = place_1(TABLE_INVITE, i->id);
	enum err e = record_write(txn_arena(r), &invite_words_shape, i, &plain);
	if (e == OK)
		e = roll_seal(r, i->id, plain, &i->sealed);
	return e == OK ? txn_save(r, &place, &invite_shape, i) : e;
}

bool invite_is_open(const struct invite *i)
{
	return i->withdrawn == 0 && i->used < i->uses && time_now() < i->until;
}

enum err invite_use(struct txn *r, uint64_t id, struct invite *out)
{
	struct invite i;
	enum err e = invite_load(r, id, &i);
	if (e == ERR_NOT_FOUND || (e == OK && !invite_is_open(&i)))
		return ERR_GONE;
	if (e != OK)
		return e;
	i.used++;
	*out = i;
	return save(r, &i);
}

struct listing {
	uint64_t *ids;
	size_t count;
};

static enum err list_one(void *arg, struct bytes key, struct bytes value)
{
	struct listing *l = arg;
	(void)value;
	l->ids[l->count++] = place_id(key, 0);
	return OK;
}

enum err invite_list(struct txn *r, uint64_t before, size_t max, struct u64s *out)
{
	struct place from = place_1(TABLE_INVITE, before - 1);
	struct listing l = {.ids = arena_array(txn_arena(r), max, sizeof *l.ids)};
	struct walk walk = {.prefix = place_0(TABLE_INVITE),
		.from = before != 0 ? &from : NULL,
		.backward = true,
		.max = max};
	enum err e = txn_walk(r, &walk, list_one, &l);
	if (e == OK)
		*out = (struct u64s){l.ids, l.count};
	return e;
}

static enum err log_act(struct txn *r, uint64_t by, const struct invite *i, const char *words)
{
	struct audit a = {
		.actor = by, .act = AUDIT_INVITE, .community = i->community, .words = words};
	return audit_add(r, &a);
}

/* ---- making ---------------------------------------------------------------------------------- */

struct making {
	const struct invite_draft *draft;
	struct invite i;
	struct arena *arena;
	const char *url;
};

static struct link link_of(const struct invite *i)
{
	return (struct link){
		.purpose = LINK_INVITE, .subject = i->id, .until = i->until, .uses = LINK_OFTEN};
}

static enum err make_run(struct txn *r, void *arg)
{
	struct making *m = arg;
	struct invite i = m->i;
	enum err e = save(r, &i);
	return e == OK ? log_act(r, i.by, &i, i.email != NULL ? "mail" : "link") : e;
}

static enum err send(struct txn *t, const struct making *m)
{
	struct actor place = {.title = txn_site(t)->name}, by;
	struct mail_draft draft = {.to = m->i.email,
		.kind = "join-invite",
		.language = m->draft->language,
		.until = m->i.until};
	struct view *v = mail_begin(t);
	enum err e = m->i.community != 0 ? actor_load(t, m->i.community, &place) : OK;
	if (e != OK)
		return e;
	view_text(v, "place", actor_title(&place));
	view_text(v, "words", m->i.words);
	view_text(v, "link", m->url);
	view_time(v, "until", m->i.until);
	view_flag(v, "as_guest", m->i.guest);
	if (m->i.by != 0 && actor_load(t, m->i.by, &by) == OK)
		view_text(v, "by", actor_title(&by));
	return mail_send(t, &draft, v);
}

static enum err link_run(struct txn *t, void *arg)
{
	struct making *m = arg;
	const char *token;
	struct link link = link_of(&m->i);
	enum err e = link_lasting(t, &link, &token);
	if (e != OK)
		return e;
	m->url = arena_format(m->arena, "%s/join/invited/%s", txn_site(t)->base_url, token);
	return m->i.email != NULL ? send(t, m) : OK;
}

enum err invite_make(const struct site *site, struct store *store, struct arena *arena,
	const struct invite_draft *draft, struct refusal *why, uint64_t *id, const char **url)
{
	const char *email = draft->email != NULL ? account_email_clean(arena, draft->email) : NULL;
	if (draft->email != NULL && email == NULL)
		return refuse(why, "emails", "This is not an e-mail address.");
	if (email != NULL && site->mail_from == NULL)
		return refuse(why, "emails", "This site sends no mail. Make a link instead.");
	struct making m = {.draft = draft, .arena = arena};
	m.i = (struct invite){.id = id_next(),
		.community = draft->community,
		.by = draft->by,
		.guest = draft->guest && draft->community == 0,
		.uses = email != NULL || draft->uses < 1 ? 1 : (uint32_t)draft->uses,
		.made = time_now(),
		.until = time_now() + (draft->days > 0 ? draft->days : DAYS_USUAL) * DAY,
		.email = email,
		.words = draft->words};
	enum err e = roll_write(site, make_run, &m);
	if (e == OK)
		e = store_write(store, link_run, &m);
	if (e != OK)
		return e;
	*id = m.i.id;
	*url = m.url;
	return OK;
}

/* ---- withdrawing ----------------------------------------------------------------------------- */

struct withdrawing {
	uint64_t id, by;
};

static enum err withdraw_run(struct txn *r, void *arg)
{
	const struct withdrawing *w = arg;
	struct invite i;
	enum err e = invite_load(r, w->id, &i);
	if (e != OK || i.withdrawn != 0)
		return e;
	i.withdrawn = time_now();
	e = save(r, &i);
	return e == OK ? log_act(r, w->by, &i, "withdrawn") : e;
}

static enum err unlink_run(struct txn *t, void *arg)
{
	return link_end(t, ((const struct withdrawing *)arg)->id, LINK_INVITE);
}

enum err invite_withdraw(const struct site *site, struct store *store, uint64_t by, uint64_t id)
{
	struct withdrawing w = {id, by};
	enum err e = roll_write(site, withdraw_run, &w);
	return e == OK ? store_write(store, unlink_run, &w) : e;
}

/* ---- the page of who invites ------------------------------------------------------------------- */

struct looking {
	struct call *call;
	uint64_t before;
	struct invite *found;
	size_t count, listed;
	uint64_t last;
};

static enum err list_run(struct txn *r, void *arg)
{
	struct looking *l = arg;
	struct arena *arena = l->call->arena;
	struct u64s ids;
	enum err e = audit_looked(r, l->call->viewer.actor, LOOK);
	if (e == OK)
		e = invite_list(r, l->before, PAGE, &ids);
	l->found = arena_array(arena, PAGE, sizeof *l->found);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		struct invite *one = &l->found[l->count++];
		e = invite_load(r, ids.at[i], one);
		one->email = e == OK ? arena_text(arena, one->email) : NULL;
		one->words = NULL;
	}
	l->listed = e == OK ? ids.count : 0;
	l->last = l->listed > 0 ? ids.at[ids.count - 1] : 0;
	return e;
}

static enum err look_work(struct call *call)
{
	return joining_look(call, LOOK);
}

static void show_invite(struct call *call, struct txn *t, struct view *v, const struct invite *i)
{
	struct actor place = {.title = call->site->name}, by;
	struct link link = link_of(i);
	if (i->community != 0 && actor_load(t, i->community, &place) != OK)
		return;
	view_begin(v, NULL);
	view_id(v, "id", i->id);
	view_text(v, "place", actor_title(&place));
	view_text(v, "email", i->email != NULL ? i->email : "");
	view_flag(v, "as_guest", i->guest);
	view_number(v, "used", i->used);
	view_number(v, "uses", i->uses);
	view_time(v, "until", i->until);
	view_flag(v, "withdrawn", i->withdrawn != 0);
	view_flag(v, "open", invite_is_open(i));
	if (invite_is_open(i) && i->email == NULL)
		view_format(v, "link", "%s/join/invited/%s", call->site->base_url,
			link_token(t, &link));
	if (i->by != 0 && actor_load(t, i->by, &by) == OK)
		view_text(v, "by", actor_title(&by));
	view_end(v);
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct looking l = {.call = call, .before = call_input_id(call, "before")};
	struct actor place;
	enum err e = joining_find(call, t, &place);
	if (e == OK)
		e = roll_read(call->site, list_run, &l);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Invitations"));
	joining_tabs_show(t, v, call->viewer.actor, "invite", place.id);
	view_flag(v, "by_mail", call->site->mail_from != NULL);
	view_flag(v, "for_site", joining_may(t, call->viewer.actor, 0));
	view_list(v, "invites");
	bool some = false;
	for (size_t i = 0; i < l.count; i++) {
		if (!joining_may(t, call->viewer.actor, l.found[i].community))
			continue;
		show_invite(call, t, v, &l.found[i]);
		some = true;
	}
	view_list_end(v);
	view_flag(v, "some", some);
	view_flag(v, "later_page", l.before != 0);
	if (l.listed == PAGE)
		view_id(v, "older", l.last);
	return OK;
}

struct right {
	const struct call *call;
	uint64_t place;
};

static enum err right_run(struct txn *t, void *arg)
{
	const struct right *x = arg;
	return joining_may(t, x->call->viewer.actor, x->place) ? OK : ERR_NOT_FOUND;
}

/* One address on each line; none: NULL once. Addresses are checked before any mail goes. */
static enum err take_addresses(struct call *call, const char **out, size_t *count)
{
	const char *typed = call_input(call, "emails");
	*count = 0;
	while (typed != NULL && *typed != '\0') {
		size_t size = strcspn(typed, "\n,; ");
		const char *one = arena_text_n(call->arena, typed, size);
		typed += size + (typed[size] != '\0');
		if (*one == '\0')
			continue;
		if (*count == ADDRESSES_MOST)
			return refuse(&call->refusal, "emails",
				"Invite twenty people at a time, no more.");
		if (account_email_clean(call->arena, one) == NULL)
			return refuse(
				&call->refusal, "emails", "One of these is not an e-mail address.");
		out[(*count)++] = one;
	}
	if (*count == 0)
		out[(*count)++] = NULL;
	return OK;
}

static enum err make_work(struct call *call)
{
	const char *addresses[ADDRESSES_MOST] = {NULL}, *words = call_input(call, "words"), *url;
	struct right x = {call, call_input_id(call, "place")};
	struct invite_draft draft = {.community = x.place,
		.by = call->viewer.actor,
		.guest = call_flag(call, "guest"),
		.words = words != NULL && *words != '\0' ? words : NULL,
		.language = call->site->language,
		.uses = call_number(call, "uses", 1),
		.days = call_number(call, "days", DAYS_USUAL)};
	char actor[ID_TEXT];
	size_t count;
	uint64_t id;
	enum err e = store_read(call->store, right_run, &x);
	if (e == OK)
		e = take_addresses(call, addresses, &count);
	for (size_t i = 0; e == OK && i < count; i++) {
		if (!pace_allows("invite", id_text(call->viewer.actor, actor), 200, DAY))
			return ERR_TOO_MUCH;
		draft.email = addresses[i];
		e = invite_make(
			call->site, call->store, call->arena, &draft, &call->refusal, &id, &url);
	}
	if (e != OK)
		return e;
	reply_notice(call,
		addresses[0] != NULL ? "The invitations are on their way."
				     : "The link is made. Copy it from the list.");
	reply_see_other(call, "/joining/invitations");
	return OK;
}

struct taking_back {
	struct call *call;
	uint64_t id;
	struct right right;
};

static enum err place_run(struct txn *r, void *arg)
{
	struct taking_back *x = arg;
	struct invite i;
	enum err e = invite_load(r, x->id, &i);
	x->right = (struct right){x->call, e == OK ? i.community : 0};
	return e;
}

static enum err withdraw_work(struct call *call)
{
	struct taking_back x = {.call = call, .id = call_part_id(call, "id")};
	enum err e = roll_read(call->site, place_run, &x);
	if (e == OK)
		e = store_read(call->store, right_run, &x.right);
	if (e == OK)
		e = invite_withdraw(call->site, call->store, call->viewer.actor, x.id);
	if (e != OK)
		return e;
	reply_notice(call, "This invitation does not work any more.");
	reply_see_other(call, "/joining/invitations");
	return OK;
}

/* ---- the page of who is invited ------------------------------------------------------------------ */

struct invited {
	struct call *call;
	struct invite i;
	struct joining j;
	struct application a;
	const char *place, *community, *path;
	const char *mine; /* address of who is signed in */
	bool has_account; /* that the mail went to */
};

static enum err copy_run(struct txn *r, void *arg)
{
	struct invited *x = arg;
	struct invite i;
	enum err e = invite_load(r, x->i.id, &i);
	if (e != OK)
		return e;
	x->i = i;
	x->i.email = arena_text(x->call->arena, i.email);
	x->i.words = arena_text(x->call->arena, i.words);
	x->i.sealed = (struct bytes){0};
	return invite_is_open(&i) ? OK : ERR_NOT_FOUND;
}

static enum err find_run(struct txn *t, void *arg)
{
	struct invited *x = arg;
	struct link link;
	struct account account;
	struct actor place = {.title = x->call->site->name};
	enum err e = link_find(t, LINK_INVITE, call_part(x->call, "token"), &link);
	x->i.id = e == OK ? link.subject : 0;
	if (e == OK)
		e = roll_read(x->call->site, copy_run, x);
	if (e == OK && x->i.community != 0)
		e = actor_load(t, x->i.community, &place);
	if (e != OK)
		return e;
	joining_of(t, x->i.community, &x->j);
	x->place = arena_text(x->call->arena, actor_title(&place));
	x->community = x->i.community != 0 ? actor_path(x->call->arena, &place) : NULL;
	x->has_account = x->i.email != NULL && account_find(t, x->i.email, &account) == OK;
	if (x->call->viewer.local && account_load(t, x->call->viewer.actor, &account) == OK)
		x->mine = arena_text(x->call->arena, account.email);
	return OK;
}

static enum err invited_read(struct call *call, struct txn *t, struct view *v)
{
	struct invited x = {.call = call};
	struct actor by;
	enum err e = find_run(t, &x);
	call->reply.cache = "private, no-store";
	if (e == ERR_NOT_FOUND || e == ERR_GONE) {
		view_text(v, "heading", i18n(call->language, "This link does not work any more"));
		view_flag(v, "over", true);
		call->reply.status = 410;
		return OK;
	}
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "You are invited"));
	view_text(v, "token", call_part(call, "token"));
	view_text(v, "place", x.place);
	view_text(v, "words", x.i.words != NULL ? x.i.words : "");
	view_text(v, "email", x.i.email != NULL ? x.i.email : "");
	view_flag(v, "as_guest", x.i.guest);
	view_flag(v, "known", call->viewer.local);
	view_flag(v, "has_account", x.has_account);
	view_flag(v, "fills_in", call->viewer.local || !x.has_account);
	if (x.i.by != 0 && actor_load(t, x.i.by, &by) == OK)
		actor_show(v, "by", &by);
	return OK;
}

static enum err ask_run(struct txn *r, void *arg)
{
	struct invited *x = arg;
	const struct viewer *me = &x->call->viewer;
	struct application a = x->a;
	enum err e = application_add(r, &a);
	if (e == OK && (me->local || x->i.email != NULL))
		e = application_confirm(r, a.id, &x->j, me->local ? me->actor : 0, &a);
	x->a.id = a.id;
	x->a.state = a.state;
	x->a.person = a.person;
	return e;
}

static enum err come_run(struct txn *t, void *arg)
{
	struct invited *x = arg;
	uint64_t me = x->call->viewer.actor;
	if (!x->call->viewer.local) {
		enum err e = join_account_link(t, x->a.person, x->a.email, &x->path);
		x->path = e == OK ? arena_text(x->call->arena, x->path) : NULL;
		return e;
	}
	enum err e = x->i.community != 0 ? follow_start(t, me, x->i.community, NULL)
					 : account_set_welcome(t, me, true);
	x->path = x->community != NULL ? x->community : "/overview";
	return e == ERR_FORBIDDEN ? OK : e;
}

static enum err take_words(struct invited *x)
{
	struct call *call = x->call;
	const char *name = call_input(call, "name");
	x->a = (struct application){.community = x->i.community,
		.invite = x->i.id,
		.kind = x->i.guest ? APPLY_GUEST : APPLY_MEMBER,
		.language = call->language,
		.name = name,
		.email = x->i.email};
	if (call->viewer.local) {
		x->a.email = x->mine;
		return OK;
	}
	if (x->has_account)
		return refuse(&call->refusal, NULL, "Sign in first: you have an account here.");
	if (name == NULL || *name == '\0')
		return refuse(&call->refusal, "name", "Give your name.");
	if (x->i.email == NULL)
		x->a.email = account_email_clean(call->arena, call_input(call, "email"));
	return x->a.email != NULL
		? OK
		: refuse(&call->refusal, "email", "This is not an e-mail address.");
}

static enum err invited_work(struct call *call)
{
	struct invited x = {.call = call};
	enum err e = store_read(call->store, find_run, &x);
	if (e == OK)
		e = take_words(&x);
	if (e == OK
		&& (!pace_allows("invited", call_part(call, "token"), 60, HOUR)
			|| (x.a.email != NULL && !pace_allows("join address", x.a.email, 3, HOUR))))
		e = ERR_TOO_MUCH;
	if (e == OK)
		e = roll_write(call->site, ask_run, &x);
	if (e != OK)
		return e;
	if (x.a.state == APPLICATION_ASKED) {
		application_tell(call->site, call->store, x.a.id);
		reply_see_other(call, "/join/sent");
		return OK;
	}
	e = store_write(call->store, come_run, &x);
	if (e != OK)
		return e;
	if (call->viewer.local)
		reply_notice(call, "You are in. Welcome!");
	reply_see_other(call, x.path);
	return OK;
}

/* ---- forgetting ---------------------------------------------------------------------------------- */

struct pruning {
	struct arena *arena; /* of one record */
	const struct site *site;
	uint64_t ids[PRUNED_AT_ONCE];
	size_t count;
};

static enum err prune_one(void *arg, struct bytes key, struct bytes value)
{
	struct pruning *p = arg;
	struct invite i;
	arena_reset(p->arena);
	bool over = record_read(p->arena, &invite_shape, value, &i) == OK
		&& i.until + FORGOTTEN_AFTER <= time_now();
	if (over)
		p->ids[p->count++] = place_id(key, 0);
	return p->count < PRUNED_AT_ONCE ? OK : ERR_CONFLICT;
}

static enum err erase(struct txn *r, uint64_t id)
{
	struct place place = place_1(TABLE_INVITE, id);
	enum err e = txn_del(r, &place);
	return e == OK ? roll_unkey(r, id) : e;
}

static enum err prune_run(struct txn *r, void *arg)
{
	struct pruning *p = arg;
	struct walk all = {.prefix = place_0(TABLE_INVITE), .max = WALK_ALL};
	p->count = 0;
	enum err e = txn_walk(r, &all, prune_one, p);
	for (size_t i = 0; e == OK && i < p->count; i++)
		e = erase(r, p->ids[i]);
	return e;
}

static enum err forget_one(struct txn *r, uint64_t id, uint64_t by, const char *email)
{
	struct invite i;
	enum err e = invite_load(r, id, &i);
	if (e != OK || text_equal_fold(i.email, email))
		return e == OK ? erase(r, id) : e;
	if (by == 0 || i.by != by)
		return OK;
	i.by = 0;
	i.words = NULL;
	return save(r, &i);
}

enum err invite_forget(struct txn *r, uint64_t by, const char *email)
{
	struct u64s ids = {.count = PRUNED_AT_ONCE};
	uint64_t before = 0;
	enum err e = OK;
	while (e == OK && ids.count == PRUNED_AT_ONCE) {
		e = invite_list(r, before, PRUNED_AT_ONCE, &ids);
		for (size_t i = 0; e == OK && i < ids.count; i++)
			e = forget_one(r, before = ids.at[i], by, email);
	}
	return e;
}

static enum err site_run(struct txn *t, void *arg)
{
	((struct pruning *)arg)->site = txn_site(t);
	return OK;
}

static void prune(struct store *store, void *arg)
{
	(void)arg;
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct pruning p = {.arena = arena};
	enum err e = store_read(store, site_run, &p);
	do
		e = e == OK ? roll_write(p.site, prune_run, &p) : e;
	while (e == OK && p.count == PRUNED_AT_ONCE);
	if (e != OK)
		log_line(LOG_WARN, "invite", "chore=prune error=%s", err_name(e));
}

static const struct chore chores[] = {{"invite", DAY, prune, NULL}, {0}};

static const struct route routes[] = {
	{METHOD_GET, "/joining/invitations", SIGNED_IN, .roll = true, .read = list_read,
		.work = look_work, .page = "invite",
		.takes = {{"place", INPUT_LINE, .max = 20, .label = "Place"},
			{"before", INPUT_ID, .label = "Older"}}},
	{METHOD_POST, "/joining/invitations", SIGNED_IN, .roll = true, .work = make_work,
		.page = "invite", .form = list_read, .per_minute = 20,
		.takes = {{"place", INPUT_LINE, .max = 20, .label = "Place"},
			{"guest", INPUT_FLAG, .label = "As a guest"},
			{"emails", INPUT_TEXT, .max = 5000, .label = "E-mail addresses"},
			{"words", INPUT_TEXT, .max = WORDS_MOST, .label = "Your words"},
			{"uses", INPUT_NUMBER, .min = 1, .max = INVITE_USES_MOST,
				.label = "How many people"},
			{"days", INPUT_NUMBER, .min = 1, .max = INVITE_DAYS_MOST,
				.label = "Days"}}},
	{METHOD_POST, "/joining/invitations/{id}/withdraw", SIGNED_IN, .roll = true,
		.work = withdraw_work},
	{METHOD_GET, "/join/invited/{token}", ANYONE, .read = invited_read, .page = "invited",
		.per_minute = 60},
	{METHOD_POST, "/join/invited/{token}", ANYONE, .work = invited_work, .page = "invited",
		.form = invited_read, .per_minute = 20,
		.takes = {{"name", INPUT_LINE, .max = ACTOR_TITLE_MOST, .label = "Your name"},
			{"email", INPUT_LINE, .max = 320, .label = "E-mail address"}}},
	{0},
};

const struct feature feature_invite = {.name = "invite", .routes = routes, .chores = chores};

/* linked.c: an account elsewhere that is a member's own: they say which, prove it, and only they and the core team see
 * it. It is proved by a message of that account with a code in it, or by a link from its profile to an address of here. */
#include "roll.h"

#include <string.h>

#define CODE_BYTES 10 /* 16 letters and digits */
#define CODE_MOST 40
#define ASKED_FOR (7 * DAY)
#define ASKED_AT_ONCE 50 /* people who ask for one account */
#define WORDS_MOST 2000  /* code points of a message that are looked at */
#define SETTLED_AT_ONCE 100

static const struct field linked_fields[] = {
	{1, F_U64, offsetof(struct linked, person), 0},
	{2, F_U64, offsetof(struct linked, actor), 0},
	{3, F_TEXT, offsetof(struct linked, code), CODE_MOST},
	{4, F_I64, offsetof(struct linked, asked), 0},
	{5, F_I64, offsetof(struct linked, proved), 0},
};
const struct shape linked_shape = {
	"linked", sizeof(struct linked), linked_fields, COUNT(linked_fields)};

/* ---- in the roll ----------------------------------------------------------------------------- */

static bool is_over(const struct linked *l)
{
	return l->proved == 0 && l->asked + ASKED_FOR < time_now();
}

static enum err load(struct txn *r, uint64_t person, uint64_t actor, struct linked *out)
{
	struct place place = place_2(TABLE_LINKED, person, actor);
	return txn_load(r, &place, &linked_shape, out);
}

static enum err save(struct txn *r, const struct linked *l)
{
	struct place place = place_2(TABLE_LINKED, l->person, l->actor);
	return txn_save(r, &place, &linked_shape, l);
}

struct of {
	struct arena *arena;
	struct linked *at;
	size_t count;
};

static enum err of_one(void *arg, struct bytes key, struct bytes value)
{
	struct of *of = arg;
	(void)key;
	return record_read(of->arena, &linked_shape, value, &of->at[of->count++]);
}

enum err linked_of(struct txn *r, uint64_t person, struct linked out[LINKED_MOST], size_t *count)
{
	struct of of = {txn_arena(r), out, 0};
	struct walk walk = {.prefix = place_1(TABLE_LINKED, person), .max = LINKED_MOST};
	enum err e = txn_walk(r, &walk, of_one, &of);
	if (e == OK)
		*count = of.count;
	return e;
}

static const char *new_code(struct arena *arena)
{
	uint8_t random[CODE_BYTES];
	struct text t;
	crypto_random(random, sizeof random);
	const char *all = text_lower(arena, base32_encode(arena, random, sizeof random));
	text_init(&t, arena, CODE_MOST);
	for (size_t i = 0; all[i] != '\0'; i++)
		text_format(&t, "%s%c", i > 0 && i % 4 == 0 ? "-" : "", all[i]);
	return t.at;
}

enum err linked_ask(struct txn *r, uint64_t person, uint64_t actor)
{
	struct linked all[LINKED_MOST], fresh = {.person = person, .actor = actor};
	size_t count, over = 0;
	enum err e = linked_of(r, person, all, &count);
	for (size_t i = 0; e == OK && i < count; i++)
		if (is_over(&all[i])) {
			e = linked_end(r, NULL, person, all[i].actor);
			over++;
		} else if (all[i].actor == actor) {
			return ERR_CONFLICT;
		}
	if (e == OK && count - over == LINKED_MOST)
		return ERR_TOO_MUCH;
	fresh.code = new_code(txn_arena(r));
	fresh.asked = time_now();
	struct place asked = place_2(TABLE_LINK_ASKED, actor, person);
	if (e == OK)
		e = save(r, &fresh);
	return e == OK ? txn_put(r, &asked, (struct bytes){"\1", 1}) : e;
}

enum err linked_prove(struct txn *r, const struct doer *by, uint64_t person, uint64_t actor)
{
	struct linked l;
	uint64_t other;
	struct place asked = place_2(TABLE_LINK_ASKED, actor, person),
		     to = place_1(TABLE_LINKED_TO, actor);
	enum err e = load(r, person, actor, &l);
	if (e != OK || l.proved != 0)
		return e;
	if (is_over(&l))
		return ERR_NOT_FOUND;
	e = txn_get_id(r, &to, &other);
	if (e == OK)
		return ERR_CONFLICT;
	l.code = NULL;
	l.proved = time_now();
	struct audit a = {.actor = by->actor, .act = AUDIT_LINK, .person = person};
	e = e == ERR_NOT_FOUND ? save(r, &l) : e;
	if (e == OK)
		e = txn_del(r, &asked);
	if (e == OK)
		e = txn_put_id(r, &to, person);
	return e == OK ? audit_add(r, &a) : e;
}

enum err linked_end(struct txn *r, const struct doer *by, uint64_t person, uint64_t actor)
{
	struct linked l;
	struct place row = place_2(TABLE_LINKED, person, actor),
		     asked = place_2(TABLE_LINK_ASKED, actor, person),
		     to = place_1(TABLE_LINKED_TO, actor);
	enum err e = load(r, person, actor, &l);
	if (e == OK)
		e = txn_del(r, &row);
	if (e == OK)
		e = l.proved != 0 ? txn_del(r, &to) : txn_del(r, &asked);
	if (e != OK || l.proved == 0 || by == NULL)
		return e;
	struct audit a = {.actor = by->actor, .act = AUDIT_UNLINK, .person = person};
	return audit_add(r, &a);
}

enum err linked_forget(struct txn *r, uint64_t person)
{
	struct linked all[LINKED_MOST];
	size_t count = 0;
	enum err e = linked_of(r, person, all, &count);
	for (size_t i = 0; e == OK && i < count; i++)
		e = linked_end(r, NULL, person, all[i].actor);
	return e;
}

/* ---- whose it is ----------------------------------------------------------------------------- */

struct owner {
	uint64_t elsewhere, here;
};

static enum err find_owner(struct txn *r, void *arg)
{
	struct owner *o = arg;
	struct person p;
	uint64_t person;
	struct place to = place_1(TABLE_LINKED_TO, o->elsewhere);
	enum err e = txn_get_id(r, &to, &person);
	if (e == OK)
		e = person_load(r, person, &p);
	if (e == OK)
		o->here = p.actor;
	return e;
}

uint64_t linked_account(const struct site *site, uint64_t elsewhere)
{
	struct owner o = {.elsewhere = elsewhere};
	return roll_read(site, find_owner, &o) == OK ? o.here : 0;
}

/* ---- proof by a message ---------------------------------------------------------------------- */

/* Letters and digits only, small: however it was typed, and whatever stands around it. */
static const char *squeeze(struct arena *arena, const char *s)
{
	struct text t;
	text_init(&t, arena, 4 * WORDS_MOST);
	for (s = text_lower(arena, s); *s != '\0'; s++)
		if ((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9'))
			text_char(&t, *s);
	return t.at;
}

struct asking {
	uint64_t elsewhere;
	const char *words; /* squeezed */
	uint64_t people[ASKED_AT_ONCE];
	size_t count;
	uint64_t person; /* whose code stands in them; 0: nobody's */
};

static enum err asking_one(void *arg, struct bytes key, struct bytes value)
{
	struct asking *a = arg;
	(void)value;
	a->people[a->count++] = place_id(key, 1);
	return OK;
}

static enum err find_asking(struct txn *r, void *arg)
{
	struct asking *a = arg;
	struct linked l;
	struct walk walk = {
		.prefix = place_1(TABLE_LINK_ASKED, a->elsewhere), .max = ASKED_AT_ONCE};
	enum err e = txn_walk(r, &walk, asking_one, a);
	for (size_t i = 0; e == OK && i < a->count && a->person == 0; i++)
		if (load(r, a->people[i], a->elsewhere, &l) == OK && !is_over(&l) && l.code != NULL
			&& strstr(a->words, squeeze(txn_arena(r), l.code)) != NULL)
			a->person = l.person;
	return e;
}

/* A message of that very account, whomever it is to: it is no post, so it is kept nowhere. The roll is written later,
 * as it may not be from within this transaction. */
static enum err receive_code(struct txn *t, const struct activity *a)
{
	if (a->via != 0 || a->object == NULL || a->object->content == NULL)
		return ERR_NOT_FOUND;
	struct asking *asking = arena_alloc(txn_arena(t), sizeof *asking);
	asking->elsewhere = a->actor_id;
	asking->words = squeeze(
		txn_arena(t), markup_plain(txn_arena(t), a->object->content, WORDS_MOST));
	if (roll_read(txn_site(t), find_asking, asking) != OK || asking->person == 0)
		return ERR_NOT_FOUND;
	struct place place = place_2(TABLE_PROVED, a->actor_id, asking->person);
	return txn_put(t, &place, (struct bytes){"\1", 1});
}

static const struct verb verbs[] = {{"Create", "Note", receive_code}, {0}};

/* ---- from what was proved to the roll -------------------------------------------------------- */

struct proof {
	const struct site *site;
	uint64_t elsewhere, person, here;
	bool linked;
};
struct proofs {
	const struct site *site;
	struct proof at[SETTLED_AT_ONCE];
	size_t count;
};

static enum err proof_one(void *arg, struct bytes key, struct bytes value)
{
	struct proofs *p = arg;
	(void)value;
	p->at[p->count++] = (struct proof){
		.site = p->site, .elsewhere = place_id(key, 0), .person = place_id(key, 1)};
	return OK;
}

static enum err gather_proofs(struct txn *t, void *arg)
{
	struct proofs *p = arg;
	struct walk walk = {.prefix = place_0(TABLE_PROVED), .max = SETTLED_AT_ONCE};
	p->site = txn_site(t);
	return txn_walk(t, &walk, proof_one, p);
}

static enum err settle_in_roll(struct txn *r, void *arg)
{
	struct proof *p = arg;
	struct person person;
	p->linked = false;
	enum err e = person_load(r, p->person, &person);
	struct doer by = {.actor = e == OK ? person.actor : 0};
	if (e == OK)
		e = linked_prove(r, &by, p->person, p->elsewhere);
	p->here = by.actor;
	p->linked = e == OK;
	/* Another's by now, asked too long ago, or off the roll: then it proves nothing. */
	return e == ERR_CONFLICT || e == ERR_NOT_FOUND ? OK : e;
}

static enum err settle_here(struct txn *t, void *arg)
{
	const struct proof *p = arg;
	struct place place = place_2(TABLE_PROVED, p->elsewhere, p->person);
	struct notice n = {
		.place = id_next(), .kind = NOTICE_LINKED, .who = p->elsewhere, .at = time_now()};
	enum err e = txn_del(t, &place);
	return e == OK && p->linked && p->here != 0 ? notify_add(t, p->here, &n) : e;
}

/* The roll first: a second time it is known there, and says so. */
static enum err settle(struct store *store)
{
	struct proofs all = {.count = 0};
	enum err e = store_read(store, gather_proofs, &all);
	for (size_t i = 0; e == OK && i < all.count; i++) {
		e = roll_write(all.site, settle_in_roll, &all.at[i]);
		if (e == OK)
			e = store_write(store, settle_here, &all.at[i]);
	}
	return e;
}

static void settle_all(struct store *store, void *arg)
{
	(void)arg;
	enum err e = settle(store);
	if (e != OK)
		log_line(LOG_WARN, "linked", "error=%s", err_name(e));
}

static const struct chore chores[] = {{"linked", MINUTE, settle_all, NULL}, {0}};

/* ---- one's own ------------------------------------------------------------------------------- */

struct own { /* whose page it is */
	uint64_t here, elsewhere;
	struct arena *arena;
	struct person person; /* id 0: not on the roll */
	struct linked linked[LINKED_MOST];
	size_t count;
	bool ended;
};

static enum err find_own(struct txn *r, void *arg)
{
	struct own *o = arg;
	enum err e = person_by_actor(r, o->here, &o->person);
	if (e == OK)
		e = linked_of(r, o->person.id, o->linked, &o->count);
	for (size_t i = 0; e == OK && i < o->count; i++)
		o->linked[i].code = arena_text(o->arena, o->linked[i].code);
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err own(const struct call *call, struct own *o)
{
	*o = (struct own){.here = call->viewer.actor, .arena = call->arena};
	return roll_read(call->site, find_own, o);
}

static bool is_member(const struct own *o)
{
	return o->person.id != 0 && person_status_at(&o->person, time_now()) == PERSON_MEMBER;
}

static const char *address_of(struct arena *arena, const struct site *site, const char *code)
{
	return arena_format(arena, "%s/linked/%s", site->base_url, code);
}

static void show_one(struct call *call, struct txn *t, struct view *v, const struct linked *l)
{
	struct actor a;
	if (is_over(l) || actor_load(t, l->actor, &a) != OK)
		return;
	view_begin(v, NULL);
	view_id(v, "id", l->actor);
	actor_show(v, "actor", &a);
	view_time(v, "since", l->proved);
	view_text(v, "code", l->code);
	if (l->code != NULL) {
		view_text(v, "address", address_of(call->arena, call->site, l->code));
		view_time(v, "until", l->asked + ASKED_FOR);
	}
	view_end(v);
}

enum err linked_show(struct call *call, struct txn *t, struct view *v)
{
	struct own o;
	struct actor me;
	enum err e = own(call, &o);
	if (e == OK)
		e = actor_load(t, call->viewer.actor, &me);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Your account elsewhere"));
	profile_tab_show(v, "linked");
	view_flag(v, "may_link", is_member(&o));
	view_text(v, "own_handle", actor_handle(call->arena, &me));
	bool any = false;
	for (int proved = 0; proved < 2; proved++) {
		view_list(v, proved ? "linked" : "asked");
		for (size_t i = 0; i < o.count; i++)
			if ((o.linked[i].proved != 0) == (proved == 1)) {
				show_one(call, t, v, &o.linked[i]);
				any = any || proved == 1;
			}
		view_list_end(v);
	}
	view_flag(v, "any", any);
	return OK;
}

/* Something that was proved waits to be written: linked_work does it first. */
static enum err linked_read(struct call *call, struct txn *t, struct view *v)
{
	struct own o;
	struct bytes there;
	enum err e = own(call, &o);
	for (size_t i = 0; e == OK && i < o.count; i++) {
		struct place proof = place_2(TABLE_PROVED, o.linked[i].actor, o.person.id);
		if (txn_get(t, &proof, &there) == OK)
			return ERR_SIGN_IN;
	}
	return e == OK ? linked_show(call, t, v) : e;
}

static enum err linked_work(struct call *call)
{
	enum err e = settle(call->store);
	if (e == OK)
		reply_see_other(call, "/settings/linked");
	return e;
}

/* ---- what federation/linking.c asks for ------------------------------------------------------ */

struct candidate {
	uint64_t id;
	struct actor actor;
	bool welcome;
};

static enum err find_candidate(struct txn *t, void *arg)
{
	struct candidate *c = arg;
	enum err e = actor_load(t, c->id, &c->actor);
	c->welcome = e == OK && !c->actor.gone && !c->actor.suspended
		&& !domain_blocked(t, c->actor.host);
	return e;
}

enum err linked_check(struct call *call, uint64_t actor)
{
	struct candidate c = {.id = actor};
	enum err e = store_read(call->store, find_candidate, &c);
	if (e != OK)
		return e;
	if (c.actor.local)
		return refuse(&call->refusal, "account",
			"This is an account of this site. Give one on another site.");
	if (!c.welcome || (c.actor.kind != ACTOR_PERSON && c.actor.kind != ACTOR_SERVICE))
		return refuse(&call->refusal, "account", "This account cannot be used here.");
	return OK;
}

static enum err begin_run(struct txn *r, void *arg)
{
	const struct own *o = arg;
	enum err e = linked_ask(r, o->person.id, o->elsewhere);
	return e == ERR_CONFLICT ? OK : e; /* it stands there already */
}

enum err linked_begin(struct call *call, uint64_t actor)
{
	struct own o;
	enum err e = own(call, &o);
	if (e == OK && !is_member(&o))
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = linked_check(call, actor);
	o.elsewhere = actor;
	if (e == OK)
		e = roll_write(call->site, begin_run, &o);
	if (e == ERR_TOO_MUCH)
		return refuse(&call->refusal, "account",
			"You can link five accounts. Take one off first.");
	if (e == OK)
		reply_see_other(call, "/settings/linked");
	return e;
}

enum err linked_expects(struct call *call, uint64_t actor, const char **address)
{
	struct own o;
	enum err e = own(call, &o);
	for (size_t i = 0; e == OK && i < o.count; i++)
		if (o.linked[i].actor == actor && o.linked[i].code != NULL
			&& !is_over(&o.linked[i])) {
			*address = address_of(call->arena, call->site, o.linked[i].code);
			return OK;
		}
	return e == OK ? ERR_NOT_FOUND : e;
}

static enum err proved_run(struct txn *r, void *arg)
{
	const struct own *o = arg;
	struct doer by = {.actor = o->here};
	return linked_prove(r, &by, o->person.id, o->elsewhere);
}

enum err linked_proved(struct call *call, uint64_t actor)
{
	struct own o;
	enum err e = own(call, &o);
	o.elsewhere = actor;
	if (e == OK)
		e = roll_write(call->site, proved_run, &o);
	if (e == ERR_CONFLICT)
		return refuse(&call->refusal, "account",
			"This account is linked to another membership already.");
	if (e == OK) {
		reply_notice(call, "Your account is linked.");
		reply_see_other(call, "/settings/linked");
	}
	return e;
}

/* ---- taking it off --------------------------------------------------------------------------- */

static enum err end_run(struct txn *r, void *arg)
{
	struct own *o = arg;
	struct doer by = {.actor = o->here};
	struct linked l;
	enum err e = load(r, o->person.id, o->elsewhere, &l);
	o->ended = e == OK && l.proved != 0;
	return e == OK ? linked_end(r, &by, o->person.id, o->elsewhere) : e;
}

static enum err recall_run(struct txn *t, void *arg)
{
	const struct own *o = arg;
	struct line line = {.act = ACT_RECALL, .actor = txn_site(t)->actor, .object = o->elsewhere};
	return act_journal(t, NULL, &line, NULL);
}

/* The roll first, here: what is called back afterwards is what it says may not be read any more. */
static enum err end_work(struct call *call)
{
	struct own o;
	enum err e = own(call, &o);
	o.elsewhere = call_part_id(call, "id");
	if (e == OK)
		e = roll_write(call->site, end_run, &o);
	if (e == OK && o.ended)
		e = store_write(call->store, recall_run, &o);
	if (e == OK) {
		reply_notice(call, "It is not linked any more.");
		reply_see_other(call, "/settings/linked");
	}
	return e;
}

/* What a profile elsewhere points to, to show that it is its owner's. For whom it is, or whether for anyone, is not said. */
static enum err address_read(struct call *call, struct txn *t, struct view *v)
{
	(void)t;
	view_text(v, "heading", i18n(call->language, "A link from a profile"));
	return OK;
}

static const struct route routes[] = {
	{METHOD_GET, "/settings/linked", SIGNED_IN, .read = linked_read, .work = linked_work,
		.page = "linked"},
	{METHOD_POST, "/settings/linked/{id}/end", SIGNED_IN, .work = end_work},
	{METHOD_GET, "/linked/{code}", ANYONE, .read = address_read, .page = "linked-address"},
	{0},
};

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err personal_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct own o = {.here = who->actor, .arena = txn_arena(t)};
	enum err e = roll_read(txn_site(t), find_own, &o);
	view_list(v, "linked");
	for (size_t i = 0; e == OK && i < o.count; i++) {
		view_begin(v, NULL);
		view_text(v, "who", own_actor(t, o.linked[i].actor));
		view_time(v, "asked", o.linked[i].asked);
		view_time(v, "proved", o.linked[i].proved);
		view_end(v);
	}
	view_list_end(v);
	return e == ERR_NOT_FOUND ? OK : e;
}

static const struct personal personal = {.show = personal_show}; /* it ends with the roll's */

static const struct table_use tables[] = {{TABLE_PROVED, NULL}, {0}};
const struct feature feature_linked = {
	.name = "linked",
	.routes = routes,
	.verbs = verbs,
	.tables = tables,
	.chores = chores,
	.personal = &personal,
};

/* join.c: the pages of who wants to come in: asking, confirming an address, how it stands, and the account at the end. */
#include "joining.h"

#include <string.h>

#define NAME_MOST ACTOR_TITLE_MOST
#define ONLY_FOR_ONE "private, no-store"
#define ACCOUNTS_AT_ONCE 200
#define PLACES_MOST 100
#define GUESSES_MOST 20

/* ---- where one wants to come in, and as what --------------------------------------------------- */

struct where {
	struct actor at; /* id 0: the association */
	struct joining j;
};

static enum err find_where(struct call *call, struct txn *t, struct where *out)
{
	struct where w = {.at = {.title = call->site->name}};
	enum err e = OK;
	if (text_starts(call->path, "/c/"))
		e = actor_by_name(t, call_part(call, "name"), &w.at);
	if (e == OK && w.at.id != 0 && (w.at.kind != ACTOR_GROUP || w.at.suspended))
		e = ERR_NOT_FOUND;
	if (e == OK && w.at.gone)
		e = ERR_GONE;
	if (e != OK)
		return e;
	joining_of(t, w.at.id, &w.j);
	*out = w;
	return OK;
}

static const char *path_of(struct arena *arena, const struct actor *at)
{
	return at->id == 0 ? "/join" : arena_format(arena, "/c/%s/join", at->name);
}

/* 0: nobody may ask; they are invited. */
static uint32_t kind_of(const struct call *call, const struct where *w)
{
	if (w->j.unopened)
		return APPLY_LIST;
	if (w->at.id == 0 && w->j.guests && !call->viewer.local
		&& text_is(call_input(call, "as"), "guest"))
		return APPLY_GUEST;
	if (w->j.mode == JOIN_FILE)
		return APPLY_FILE;
	return w->j.mode == JOIN_INVITATION ? 0 : APPLY_MEMBER;
}

static bool is_inside(struct call *call, struct txn *t, const struct where *w)
{
	return call->viewer.local && circle_of(t, call->viewer.actor, w->at.id) >= CIRCLE_MEMBERS
		&& !w->j.unopened;
}

/* ---- what the viewer asked there before -------------------------------------------------------- */

struct before {
	uint64_t actor, community;
	struct application a; /* id 0: nothing that is open */
};

static enum err before_run(struct txn *r, void *arg)
{
	struct before *b = arg;
	struct person p;
	struct application a;
	struct u64s ids;
	enum err e = person_by_actor(r, b->actor, &p);
	if (e == OK)
		e = application_of_person(r, p.id, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = application_load(r, ids.at[i], &a);
		bool open = e == OK && a.community == b->community
			&& (a.state == APPLICATION_WAITING || a.state == APPLICATION_LISTED);
		if (open) {
			b->a.id = a.id;
			b->a.state = a.state;
			b->a.confirmed = a.confirmed;
		}
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err find_before(const struct call *call, uint64_t community, struct before *out)
{
	*out = (struct before){.actor = call->viewer.actor, .community = community};
	return call->viewer.local ? roll_read(call->site, before_run, out) : OK;
}

/* ---- the form ---------------------------------------------------------------------------------- */

static const char *const answer_names[JOIN_QUESTIONS] = {
	"answer1", "answer2", "answer3", "answer4", "answer5"};

static void show_questions(struct call *call, struct view *v, const char *questions)
{
	view_list(v, "questions");
	for (size_t i = 0; *questions != '\0' && i < JOIN_QUESTIONS; i++) {
		size_t size = strcspn(questions, "\n");
		view_begin(v, NULL);
		view_text(v, "field", answer_names[i]);
		view_text(v, "words", arena_text_n(call->arena, questions, size));
		view_text(v, "typed", call_input(call, answer_names[i]));
		view_text(v, "problem",
			text_is(call->refusal.field, answer_names[i])
				? i18n(call->language, call->refusal.text)
				: "");
		view_end(v);
		questions += size + (questions[size] == '\n');
	}
	view_list_end(v);
}

static const char *heading_of(const char *language, const struct where *w, uint32_t kind)
{
	if (kind == APPLY_LIST)
		return i18n(language, "Put yourself on the list");
	if (kind == APPLY_GUEST)
		return i18n(language, "Get to know us");
	return i18n(language, w->at.id == 0 ? "Become a member" : "Join this community");
}

static void show_kind(struct view *v, const struct where *w, uint32_t kind)
{
	view_flag(v, "by_invitation", kind == 0);
	view_flag(v, "as_guest", kind == APPLY_GUEST);
	view_flag(v, "by_file", kind == APPLY_FILE);
	view_flag(v, "as_member", kind == APPLY_MEMBER);
	view_flag(v, "to_list", kind == APPLY_LIST);
	view_flag(v, "with_reason", kind == APPLY_MEMBER && w->j.mode == JOIN_REQUEST);
	view_flag(v, "may_be_guest", w->at.id == 0 && w->j.guests && kind != APPLY_GUEST);
}

/* Who is in by a role there can give it up; who moderates is in by that. */
static void show_leave(const struct call *call, struct view *v, const struct where *w)
{
	struct standing s = {0};
	if (call->viewer.local && w->at.own_members)
		roll_standing(call->site, call->viewer.actor, w->at.id, &s);
	view_flag(v, "may_leave", s.here != 0);
	view_format(v, "community_leave", "/c/%s/leave", w->at.name);
}

static enum err join_read(struct call *call, struct txn *t, struct view *v)
{
	struct where w;
	struct before b;
	enum err e = find_where(call, t, &w);
	if (e == OK && w.at.id != 0 && !w.at.own_members && !w.j.unopened) {
		reply_see_other(call, "/join"); /* whoever is a member is one there */
		return OK;
	}
	if (e == OK)
		e = find_before(call, w.at.id, &b);
	if (e != OK)
		return e;
	uint32_t kind = kind_of(call, &w);
	view_text(v, "heading", heading_of(call->language, &w, kind));
	view_text(v, "place", actor_title(&w.at));
	view_text(v, "path", path_of(call->arena, &w.at));
	view_text(v, "community_path", w.at.id != 0 ? actor_path(call->arena, &w.at) : NULL);
	if (w.at.id != 0)
		view_text(v, "tint", actor_colour(call->arena, &w.at));
	show_kind(v, &w, kind);
	view_html(v, "intro", w.j.intro_html);
	view_number(v, "days", w.j.days);
	joining_list_show(t, v, w.at.id, &w.j);
	show_questions(call, v, kind == APPLY_MEMBER ? w.j.questions : "");
	bool known = call->viewer.local, by_mail = call->site->mail_from != NULL;
	view_flag(v, "known", known);
	view_flag(v, "offer", known ? kind != APPLY_FILE : by_mail);
	view_flag(v, "without_mail", !known && !by_mail);
	view_flag(v, "inside", is_inside(call, t, &w));
	show_leave(call, v, &w);
	view_time(v, "pending", b.a.id != 0 ? b.a.confirmed : 0);
	view_flag(v, "pending_listed", b.a.state == APPLICATION_LISTED);
	return OK;
}

/* ---- asking ------------------------------------------------------------------------------------ */

struct asking {
	struct call *call;
	struct where w;
	struct application a;
	const char *email; /* in its one form, as it was typed */
	bool inside;
};

static enum err ask_find(struct txn *t, void *arg)
{
	struct asking *x = arg;
	struct call *call = x->call;
	struct account account;
	struct actor me;
	enum err e = find_where(call, t, &x->w);
	if (e != OK)
		return e;
	x->inside = is_inside(call, t, &x->w);
	x->w.at.name = arena_text(call->arena, x->w.at.name);
	x->w.j.questions = arena_text(call->arena, x->w.j.questions);
	if (!call->viewer.local)
		return OK;
	e = account_load(t, call->viewer.actor, &account);
	if (e == OK)
		e = actor_load(t, call->viewer.actor, &me);
	if (e != OK)
		return e;
	x->a.email = arena_text(call->arena, account.email);
	x->a.name = arena_text(call->arena, actor_title(&me));
	return OK;
}

/* The answers, in the order of the questions. */
static enum err take_answers(struct asking *x)
{
	struct call *call = x->call;
	struct text t;
	const char *q = x->w.j.questions;
	text_init(&t, call->arena, 4 * JOIN_QUESTIONS * (APPLICATION_ANSWER_MOST + 1));
	for (size_t i = 0; *q != '\0' && i < JOIN_QUESTIONS; i++) {
		const char *said = call_input(call, answer_names[i]);
		said = text_trim(call->arena, said != NULL ? said : "");
		if (*said == '\0')
			return refuse(&call->refusal, answer_names[i], "Answer this question.");
		text_format(&t, "%s%s", i > 0 ? APPLICATION_MARK : "", said);
		q += strcspn(q, "\n");
		q += *q == '\n';
	}
	x->a.questions = x->w.j.questions;
	x->a.answers = t.at;
	return OK;
}

static enum err take_person(struct asking *x)
{
	struct call *call = x->call;
	const char *name = call_input(call, "name"), *email = call_input(call, "email");
	if (call->site->mail_from == NULL)
		return refuse(&call->refusal, NULL,
			"This site sends no mail. Ask the people who run it.");
	if (x->a.kind != APPLY_FILE && (name == NULL || *name == '\0'))
		return refuse(&call->refusal, "name", "Give your name.");
	x->a.email = account_email_clean(call->arena, email);
	if (x->a.email == NULL)
		return refuse(&call->refusal, "email", "This is not an e-mail address.");
	x->a.name = name;
	x->a.language = call->language;
	return OK;
}

static enum err take_words(struct asking *x)
{
	struct call *call = x->call;
	const char *motive = call_input(call, "motive");
	x->a.community = x->w.at.id;
	x->a.kind = kind_of(call, &x->w);
	if (x->a.kind == 0 || (call->viewer.local && x->a.kind == APPLY_FILE))
		return refuse(&call->refusal, NULL, "People join here by invitation.");
	enum err e = call->viewer.local ? OK : take_person(x);
	if (e != OK || x->a.kind != APPLY_MEMBER)
		return e;
	x->a.motive = text_trim(call->arena, motive != NULL ? motive : "");
	if (x->w.j.mode == JOIN_REQUEST && *x->a.motive == '\0')
		return refuse(&call->refusal, "motive", "Say in a few words why you want to join.");
	return take_answers(x);
}

/* The same for whoever asks: what is here and what is not is not told by the pace either. */
static bool pace_ok(const struct call *call, const char *email)
{
	char id[ID_TEXT];
	if (call->viewer.local)
		return pace_allows("join account", id_text(call->viewer.actor, id), 10, HOUR);
	return pace_allows("join network", call_network(call), 5, HOUR)
		&& pace_allows("join address", email, 3, HOUR)
		&& pace_allows("join", "", 300, HOUR);
}

static enum err ask_run(struct txn *r, void *arg)
{
	struct asking *x = arg;
	struct application a = x->a;
	enum err e = application_add(r, &a);
	if (e == OK && x->call->viewer.local)
		e = application_confirm(r, a.id, &x->w.j, x->call->viewer.actor, &a);
	if (e == OK) {
		x->a.id = a.id;
		x->a.state = a.state;
	}
	return e;
}

static enum err in_run(struct txn *t, void *arg)
{
	const struct asking *x = arg;
	uint64_t me = x->call->viewer.actor;
	enum err e = x->a.community != 0 ? follow_start(t, me, x->a.community, NULL)
					 : account_set_welcome(t, me, true);
	return e == ERR_FORBIDDEN ? OK : e;
}

static enum err answer_known(struct asking *x)
{
	struct call *call = x->call;
	bool in = x->a.state == APPLICATION_ACCEPTED;
	enum err e = in ? store_write(call->store, in_run, x) : OK;
	if (e != OK)
		return e;
	if (in)
		reply_notice(call, "You are in. Welcome!");
	else
		application_tell(call->site, call->store, x->a.id);
	reply_see_other(call,
		!in                       ? path_of(call->arena, &x->w.at)
			: x->w.at.id != 0 ? arena_format(call->arena, "/@%s", x->w.at.name)
					  : "/overview");
	return OK;
}

/* Answered before anybody is looked up. What a program fills in, a person does not see: it gets the same answer. */
static enum err join_work(struct call *call)
{
	struct asking x = {.call = call};
	const char *trap = call_input(call, "website");
	enum err e = store_read(call->store, ask_find, &x);
	if (e == OK && x.inside) {
		reply_see_other(call, path_of(call->arena, &x.w.at));
		return OK;
	}
	if (e == OK)
		e = take_words(&x);
	if (e == OK && !pace_ok(call, x.a.email))
		e = ERR_TOO_MUCH;
	bool caught = trap != NULL && *trap != '\0';
	if (e == OK && !caught)
		e = roll_write(call->site, ask_run, &x);
	if (e != OK)
		return e;
	if (call->viewer.local && !caught)
		return answer_known(&x);
	if (!caught)
		application_tell(call->site, call->store, x.a.id);
	reply_see_other(call, "/join/sent");
	return OK;
}

static enum err sent_read(struct call *call, struct txn *t, struct view *v)
{
	(void)t;
	view_text(v, "heading", i18n(call->language, "Look in your mail"));
	return OK;
}

/* Who is signed in takes back what waits. */
static enum err mine_run(struct txn *r, void *arg)
{
	return application_withdraw(r, *(const uint64_t *)arg);
}

static enum err mine_work(struct call *call)
{
	struct asking x = {.call = call};
	struct before b;
	enum err e = store_read(call->store, ask_find, &x);
	if (e == OK)
		e = find_before(call, x.w.at.id, &b);
	if (e == OK && b.a.id != 0)
		e = roll_write(call->site, mine_run, &b.a.id);
	if (e != OK)
		return e;
	reply_notice(call, "Taken back.");
	reply_see_other(call, path_of(call->arena, &x.w.at));
	return OK;
}

/* ---- the link: an address confirmed, or an account made ------------------------------------------ */

struct last {
	struct call *call;
	const char *token;
	enum link_purpose purpose;
	uint64_t id; /* application; of an account its person */
	struct application a;
	struct person p;
	struct actor at;
	struct joining j;
	const char *path;  /* where it goes on */
	const char *proof; /* of the address that the link was sent to */
	/* of the account */
	struct account_draft draft;
	uint64_t actor;
	uint64_t places[PLACES_MOST]; /* communities to follow */
	size_t place_count;
};

static enum err last_find(struct txn *t, void *arg)
{
	struct last *l = arg;
	struct link link;
	l->purpose = LINK_JOIN_CONFIRM;
	enum err e = link_find(t, LINK_JOIN_CONFIRM, l->token, &link);
	if (e == ERR_NOT_FOUND) {
		l->purpose = LINK_JOIN_ACCOUNT;
		e = link_find(t, LINK_JOIN_ACCOUNT, l->token, &link);
	}
	if (e == OK) {
		l->id = link.subject;
		l->proof = arena_text(l->call->arena, link.payload);
	}
	return e;
}

static enum err last_where(struct txn *t, void *arg)
{
	struct last *l = arg;
	joining_of(t, l->a.community, &l->j);
	l->at = (struct actor){.title = l->call->site->name};
	enum err e = l->a.community != 0 ? actor_load(t, l->a.community, &l->at) : OK;
	l->at.title = arena_text(l->call->arena, actor_title(&l->at));
	return e;
}

static enum err person_run(struct txn *r, void *arg)
{
	struct last *l = arg;
	struct person p;
	struct application a;
	struct u64s ids;
	enum err e = person_load(r, l->id, &p);
	if (e == OK)
		e = application_of_person(r, l->id, &ids);
	for (size_t i = 0; e == OK && i < ids.count && l->place_count < PLACES_MOST; i++) {
		e = application_load(r, ids.at[i], &a);
		if (e == OK && a.state == APPLICATION_ACCEPTED && a.community != 0)
			l->places[l->place_count++] = a.community;
	}
	enum person_status status = e == OK ? person_status_at(&p, time_now()) : 0;
	if (e == OK
		&& (p.actor != 0 || (status != PERSON_MEMBER && status != PERSON_GUEST)
			|| !text_is(join_address_proof(l->call->arena, l->call->site, p.email),
				l->proof)))
		e = ERR_NOT_FOUND;
	if (e != OK)
		return e;
	l->p = p;
	l->p.name = arena_text(l->call->arena, p.name);
	l->p.email = arena_text(l->call->arena, p.email);
	l->p.sealed = (struct bytes){0};
	return OK;
}

static enum err last_look(struct last *l)
{
	const struct call *call = l->call;
	return l->purpose == LINK_JOIN_CONFIRM
		? application_read(call->site, call->arena, l->id, &l->a, &l->p)
		: roll_read(call->site, person_run, l);
}

static void over(struct call *call, struct view *v)
{
	view_text(v, "heading", i18n(call->language, "This link does not work any more"));
	view_flag(v, "over", true);
	call->reply.status = 410;
}

/* Something to begin with: the first name in small letters, if nobody has it. */
static const char *guess_name(struct txn *t, const char *name)
{
	char word[24];
	size_t size = 0;
	struct actor taken;
	for (; name != NULL && *name != '\0' && *name != ' ' && size + 1 < sizeof word; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			word[size++] = c;
	}
	word[size] = '\0';
	for (int i = 1; size >= 2 && i < GUESSES_MOST; i++) {
		const char *guess = i == 1 ? arena_text(txn_arena(t), word)
					   : arena_format(txn_arena(t), "%s%d", word, i);
		if (actor_by_name(t, guess, &taken) == ERR_NOT_FOUND)
			return guess;
	}
	return "";
}

static enum err last_read(struct call *call, struct txn *t, struct view *v)
{
	struct last l = {.call = call, .token = call_part(call, "token")};
	enum err e = last_find(t, &l);
	call->reply.cache = ONLY_FOR_ONE;
	if (e == OK)
		e = last_look(&l);
	if (e == OK)
		e = last_where(t, &l);
	if (e == ERR_NOT_FOUND) {
		over(call, v);
		return OK;
	}
	if (e != OK)
		return e;
	bool account = l.purpose == LINK_JOIN_ACCOUNT;
	view_text(v, "heading",
		i18n(call->language, account ? "Make your account" : "Is this your address?"));
	view_text(v, "token", l.token);
	view_text(v, "place", l.at.title);
	view_text(v, "email", account ? l.p.email : l.a.email);
	view_flag(v, "makes_account", account);
	if (account) {
		view_text(v, "guess", guess_name(t, l.p.name));
		view_text(v, "title", l.p.name);
	}
	return OK;
}

static enum err confirm_run(struct txn *r, void *arg)
{
	struct last *l = arg;
	struct application a;
	enum err e = application_confirm(r, l->id, &l->j, 0, &a);
	if (e != OK)
		return e;
	l->a.state = a.state;
	l->a.person = a.person;
	return OK;
}

static enum err confirmed_run(struct txn *t, void *arg)
{
	struct last *l = arg;
	struct link link;
	enum err e = link_use(t, LINK_JOIN_CONFIRM, l->token, &link);
	if (e == OK || e == ERR_NOT_FOUND) /* pressed twice */
		e = l->a.state == APPLICATION_ACCEPTED
			? join_account_link(t, l->a.person, l->a.email, &l->path)
			: join_status_link(t, l->id, &l->path);
	l->path = e == OK ? arena_text(l->call->arena, l->path) : NULL;
	return e;
}

static enum err confirm_work(struct last *l)
{
	struct call *call = l->call;
	enum err e = roll_write(call->site, confirm_run, l);
	if (e == OK)
		e = store_write(call->store, confirmed_run, l);
	if (e != OK)
		return e;
	if (l->a.state != APPLICATION_ACCEPTED)
		application_tell(call->site, call->store, l->id);
	reply_see_other(call, l->path);
	return OK;
}

static enum err account_run(struct txn *t, void *arg)
{
	struct last *l = arg;
	struct link link;
	struct actor a;
	l->call->reply = (struct reply){0};
	enum err e = link_use(t, LINK_JOIN_ACCOUNT, l->token, &link);
	if (e == OK)
		e = account_create(t, &l->draft, &l->call->refusal, &a);
	if (e != OK)
		return e;
	struct place row = place_1(TABLE_JOIN_ACCOUNT, a.id);
	e = txn_put_id(t, &row, l->id);
	for (size_t i = 0; e == OK && i < l->place_count; i++) {
		e = follow_start(t, a.id, l->places[i], NULL);
		e = e == ERR_FORBIDDEN || e == ERR_NOT_FOUND || e == ERR_GONE ? OK : e;
	}
	if (e == OK)
		e = session_begin(t, l->call, a.id);
	l->actor = a.id;
	return e;
}

/* Whose account it is: what the roll has to know of it. Again is once. */
struct owner {
	uint64_t actor, person;
};

static enum err own_run(struct txn *r, void *arg)
{
	const struct owner *o = arg;
	struct doer by = {.actor = o->actor};
	struct person p;
	enum err e = person_load(r, o->person, &p);
	if (e != OK || p.actor != 0)
		return e;
	p.actor = o->actor;
	return person_save(r, &by, &p);
}

static enum err owned_run(struct txn *t, void *arg)
{
	const struct owner *o = arg;
	struct place row = place_1(TABLE_JOIN_ACCOUNT, o->actor);
	return txn_del(t, &row);
}

/* Someone who is not on the roll any more has an account, and no more than that. */
static enum err own(const struct site *site, struct store *store, struct owner *o)
{
	enum err e = roll_write(site, own_run, o);
	return e == OK || e == ERR_NOT_FOUND || e == ERR_CONFLICT ? store_write(store, owned_run, o)
								  : e;
}

static enum err account_work(struct last *l)
{
	struct call *call = l->call;
	const char *password = call_input(call, "password");
	l->draft = (struct account_draft){.name = text_lower(call->arena, call_input(call, "name")),
		.title = call_input(call, "title"),
		.email = l->p.email,
		.language = call->language,
		.welcome = true};
	if (password != NULL && *password != '\0') {
		enum err e = account_password_check(
			call->arena, call->site, l->draft.name, password, &call->refusal);
		if (e != OK)
			return e;
		l->draft.password_hash = password_hash(call->arena, password);
	}
	l->draft.keys = (struct key_pair){key_generate(KEY_RSA), key_generate(KEY_ED25519)};
	enum err e = store_write(call->store, account_run, l);
	key_drop(l->draft.keys.rsa);
	key_drop(l->draft.keys.ed25519);
	struct owner o = {.actor = l->actor, .person = l->id};
	if (e == OK)
		e = own(call->site, call->store, &o);
	if (e != OK)
		return e;
	reply_notice(call, "Your account is made. Welcome!");
	reply_see_other(call, "/overview");
	return OK;
}

static enum err last_work(struct call *call)
{
	struct last l = {.call = call, .token = call_part(call, "token")};
	enum err e = store_read(call->store, last_find, &l);
	if (e == OK)
		e = last_look(&l);
	if (e == OK)
		e = store_read(call->store, last_where, &l);
	if (e == OK && !pace_allows("join last", l.token, 20, HOUR))
		e = ERR_TOO_MUCH;
	if (e != OK)
		return e;
	return l.purpose == LINK_JOIN_CONFIRM ? confirm_work(&l) : account_work(&l);
}

struct owners {
	const struct site *site;
	struct owner at[ACCOUNTS_AT_ONCE];
	size_t count;
};

static enum err owner_one(void *arg, struct bytes key, struct bytes value)
{
	struct owners *x = arg;
	if (value.size == 8)
		x->at[x->count++] = (struct owner){place_id(key, 0), place_id_at(value, 0)};
	return OK;
}

static enum err owners_run(struct txn *t, void *arg)
{
	struct owners *x = arg;
	struct walk all = {.prefix = place_0(TABLE_JOIN_ACCOUNT), .max = ACCOUNTS_AT_ONCE};
	x->site = txn_site(t);
	x->count = 0;
	return txn_walk(t, &all, owner_one, x);
}

static void own_rest(struct store *store, void *arg)
{
	(void)arg;
	struct owners x = {0};
	enum err e = store_read(store, owners_run, &x);
	for (size_t i = 0; e == OK && i < x.count; i++)
		e = own(x.site, store, &x.at[i]);
	if (e != OK)
		log_line(LOG_WARN, "join", "chore=own error=%s", err_name(e));
}

/* ---- how it stands ------------------------------------------------------------------------------- */

static enum err status_find(struct txn *t, void *arg)
{
	struct last *l = arg;
	struct link link;
	enum err e = link_find(t, LINK_JOIN_STATUS, l->token, &link);
	if (e == OK)
		l->id = link.subject;
	return e;
}

void join_answers_show(struct arena *arena, struct view *v, const struct application *a)
{
	const char *q = a->questions != NULL ? a->questions : "",
		   *said = a->answers != NULL ? a->answers : "";
	view_list(v, "answers");
	while (*q != '\0') {
		size_t asked = strcspn(q, "\n"), answered = strcspn(said, APPLICATION_MARK);
		view_begin(v, NULL);
		view_text(v, "question", arena_text_n(arena, q, asked));
		view_text(v, "answer", arena_text_n(arena, said, answered));
		view_end(v);
		q += asked + (q[asked] != '\0');
		said += answered + (said[answered] != '\0');
	}
	view_list_end(v);
}

void join_state_show(struct view *v, const struct application *a)
{
	view_begin(v, "state");
	view_flag(v, "waiting", a->state == APPLICATION_WAITING);
	view_flag(v, "listed", a->state == APPLICATION_LISTED);
	view_flag(v, "accepted", a->state == APPLICATION_ACCEPTED);
	view_flag(v, "refused", a->state == APPLICATION_REFUSED);
	view_flag(v, "withdrawn", a->state == APPLICATION_WITHDRAWN);
	view_end(v);
}

static enum err status_read(struct call *call, struct txn *t, struct view *v)
{
	struct last l = {.call = call, .token = call_part(call, "token")};
	enum err e = status_find(t, &l);
	call->reply.cache = ONLY_FOR_ONE;
	if (e == OK)
		e = application_read(call->site, call->arena, l.id, &l.a, &l.p);
	if (e == OK)
		e = last_where(t, &l);
	if (e == ERR_NOT_FOUND) {
		over(call, v);
		return OK;
	}
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Your request"));
	view_text(v, "token", l.token);
	view_text(v, "place", l.at.title);
	view_text(v, "again_path", path_of(call->arena, &l.at));
	join_state_show(v, &l.a);
	view_time(v, "asked", l.a.asked);
	view_time(v, "decided", l.a.decided);
	view_number(v, "days", l.j.days);
	view_text(v, "reason", l.a.reason != NULL ? l.a.reason : "");
	view_text(v, "motive", l.a.motive != NULL ? l.a.motive : "");
	join_answers_show(call->arena, v, &l.a);
	view_flag(v, "without_account", l.p.actor == 0);
	return OK;
}

static enum err again_run(struct txn *r, void *arg)
{
	return application_again(r, *(const uint64_t *)arg);
}

static enum err status_work(struct call *call, write_fn *run, const char *notice)
{
	struct last l = {.call = call, .token = call_part(call, "token")};
	enum err e = store_read(call->store, status_find, &l);
	if (e == OK && !pace_allows("join status", l.token, 3, HOUR))
		e = ERR_TOO_MUCH;
	if (e == OK)
		e = roll_write(call->site, run, &l.id);
	if (e != OK)
		return e;
	application_tell(call->site, call->store, l.id);
	reply_notice(call, notice);
	reply_see_other(call, arena_format(call->arena, "/join/status/%s", l.token));
	return OK;
}

static enum err again_work(struct call *call)
{
	return status_work(call, again_run, "A mail is on its way.");
}

static enum err withdraw_work(struct call *call)
{
	return status_work(call, mine_run, "Taken back.");
}

/* ---- routes -------------------------------------------------------------------------------------- */

#define AS_GUEST                                                                                   \
	{                                                                                          \
		"as", INPUT_CHOICE, .choices = "guest", .label = "As a guest"                      \
	}
#define ANSWER(name)                                                                               \
	{                                                                                          \
		name, INPUT_TEXT, .max = APPLICATION_ANSWER_MOST, .label = "Answer"                \
	}
#define FORM                                                                                       \
	.work = join_work, .page = "join", .form = join_read, .per_minute = 20,                    \
	.max_body = (size_t)128 << 10,                                                             \
	.takes = {{"name", INPUT_LINE, .max = NAME_MOST, .label = "Your name"},                    \
		{"email", INPUT_LINE, .max = 320, .label = "E-mail address"},                      \
		{"motive", INPUT_TEXT, .max = APPLICATION_MOTIVE_MOST, .label = "Why"},            \
		ANSWER("answer1"), ANSWER("answer2"), ANSWER("answer3"), ANSWER("answer4"),        \
		ANSWER("answer5"), AS_GUEST,                                                       \
		{"website", INPUT_LINE, .max = 2000, .label = "Website"}}

static const struct route routes[] = {
	{METHOD_GET, "/join", ANYONE, .read = join_read, .page = "join", .takes = {AS_GUEST}},
	{METHOD_POST, "/join", ANYONE, FORM},
	{METHOD_POST, "/join/withdraw", SIGNED_IN, .work = mine_work, .per_minute = 20},
	{METHOD_GET, "/c/{name}/join", ANYONE, .read = join_read, .page = "join"},
	{METHOD_POST, "/c/{name}/join", ANYONE, FORM},
	{METHOD_POST, "/c/{name}/join/withdraw", SIGNED_IN, .work = mine_work, .per_minute = 20},
	{METHOD_GET, "/join/sent", ANYONE, .read = sent_read, .page = "join-sent"},
	{METHOD_GET, "/join/{token}", ANYONE, .read = last_read, .page = "join-last",
		.per_minute = 60},
	{METHOD_POST, "/join/{token}", ANYONE, .work = last_work, .page = "join-last",
		.form = last_read, .per_minute = 20,
		.takes = {{"name", INPUT_LINE, .max = 30, .label = "Name"},
			{"title", INPUT_LINE, .max = NAME_MOST, .label = "Name that others see"},
			{"password", INPUT_PASSWORD, .max = PASSWORD_MOST, .label = "Password"}}},
	{METHOD_GET, "/join/status/{token}", ANYONE, .read = status_read, .page = "join-status",
		.per_minute = 60},
	{METHOD_POST, "/join/status/{token}/again", ANYONE, .work = again_work, .per_minute = 20},
	{METHOD_POST, "/join/status/{token}/withdraw", ANYONE, .work = withdraw_work,
		.per_minute = 20},
	{0},
};

static const struct chore chores[] = {{"join", 10 * MINUTE, own_rest, NULL}, {0}};
static const struct table_use tables[] = {{TABLE_JOIN_ACCOUNT, NULL}, {0}};
const struct feature feature_join = {
	.name = "join", .routes = routes, .tables = tables, .chores = chores};

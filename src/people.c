/* people.c: commands about people, their roles, communities, and what they do. Each calls one verb. */
#include "command.h"
#include "roll.h"

#include <string.h>

/* What went wrong inside a transaction: a name that is not known here, or why a verb refused. */
struct trouble {
	const char *unknown;
	struct refusal why;
};

static int failed(struct command_call *c, enum err e, const struct trouble *trouble)
{
	if (e == ERR_NOT_FOUND && trouble->unknown)
		return command_failed(c, "%s is not known here.", trouble->unknown);
	if (e == ERR_INVALID && trouble->why.text)
		return command_failed(c, "%s", trouble->why.text);
	return command_failed(c, "%s", err_message(e));
}

static enum err find_local(
	struct txn *t, const char *name, struct trouble *trouble, struct actor *out)
{
	enum err e = actor_by_name(t, name, out);
	if (e == ERR_NOT_FOUND)
		trouble->unknown = name;
	return e;
}

static enum err find_account(
	struct txn *t, const char *name, struct trouble *trouble, struct account *out)
{
	struct actor actor;
	enum err e = find_local(t, name, trouble, &actor);
	if (e == OK)
		e = account_load(t, actor.id, out);
	if (e == ERR_NOT_FOUND)
		trouble->unknown = name; /* or it is a community's */
	return e;
}

static struct key_pair new_keys(void)
{
	return (struct key_pair){key_generate(KEY_RSA), key_generate(KEY_ED25519)};
}

static void drop_keys(struct key_pair *keys)
{
	key_drop(keys->rsa);
	key_drop(keys->ed25519);
}

/* ---- members ---- */

struct joining {
	struct account_draft draft;
	bool guest;
	uint64_t actor;
	struct arena *arena;
	const char *handle, *url;
	struct trouble trouble;
};

static enum err make_member(struct txn *t, void *arg)
{
	struct joining *j = arg;
	struct actor actor;
	enum err e = account_create(t, &j->draft, &j->trouble.why, &actor);
	if (e != OK)
		return e;
	j->actor = actor.id;
	j->handle = arena_text(j->arena, actor_handle(j->arena, &actor));
	j->url = arena_text(j->arena, actor.url);
	return OK;
}

/* Who is on the roll already, by address, is given the account. */
static enum err enter_roll(struct txn *r, void *arg)
{
	struct joining *j = arg;
	struct doer console = {0};
	struct person p = {0};
	enum err e = person_by_email(r, j->draft.email, &p);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	p.actor = j->actor;
	if (e == OK)
		return person_save(r, &console, &p);
	p.status = j->guest ? PERSON_GUEST : PERSON_MEMBER;
	p.from = j->guest ? 0 : time_now();
	p.name = j->draft.title;
	p.email = j->draft.email;
	return person_add(r, &console, &p);
}

/* The first line of the input, hashed; NULL: it is no good password, and that has been said. */
static const char *take_password(struct command_call *c, const char *name)
{
	struct refusal why = {0};
	char *password = arena_text_n(c->arena, c->input.data, c->input.size);
	size_t size = strlen(password);
	password[strcspn(password, "\r\n")] = '\0';
	const char *hash = NULL;
	if (account_password_check(c->arena, &c->node->site, name, password, &why) == OK)
		hash = password_hash(c->arena, password);
	else
		command_failed(c, "%s", why.text);
	crypto_wipe(password, size);
	return hash;
}

int people_add_member(struct command_call *c)
{
	struct joining j = {.arena = c->arena};
	bool with_password = false;
	const struct command_option options[] = {
		{"--email", &j.draft.email, NULL},
		{"--title", &j.draft.title, NULL},
		{"--admin", NULL, &j.draft.admin},
		{"--guest", NULL, &j.guest},
		{"--password-stdin", NULL, &with_password},
	};
	if (!command_words(c, &j.draft.name, 1, options, COUNT(options)))
		return 2;
	if (!j.draft.email)
		return command_misused(c, "--email is needed.");
	if (!j.draft.title)
		j.draft.title = j.draft.name;
	if (with_password) {
		j.draft.password_hash = take_password(c, j.draft.name);
		if (!j.draft.password_hash)
			return 1;
	}
	j.draft.keys = new_keys();
	enum err e = store_write(c->node->store, make_member, &j);
	drop_keys(&j.draft.keys);
	if (e != OK)
		return failed(c, e, &j.trouble);
	e = roll_write(&c->node->site, enter_roll, &j);
	if (e != OK)
		return command_failed(c, "@%s has an account, but is not on the roll: %s", j.handle,
			err_message(e));
	text_format(&c->out, "@%s\n%s\n", j.handle, j.url);
	return 0;
}

struct opening { /* a way in for a member */
	const char *name, *hash;
	struct arena *arena;
	const char *token;
	struct trouble trouble;
};

static enum err make_password(struct txn *t, void *arg)
{
	struct opening *o = arg;
	struct account account;
	enum err e = find_account(t, o->name, &o->trouble, &account);
	if (e == OK) /* who asks for this may have lost the telephone too */
		e = second_remove(t, account.actor);
	return e == OK ? account_set_password(t, account.actor, o->hash) : e;
}

int people_set_password(struct command_call *c)
{
	struct opening o = {.arena = c->arena};
	if (!command_words(c, &o.name, 1, NULL, 0))
		return 2;
	o.hash = take_password(c, o.name);
	if (!o.hash)
		return 1;
	enum err e = store_write(c->node->store, make_password, &o);
	if (e != OK)
		return failed(c, e, &o.trouble);
	text_format(&c->out, "%s has a new password, and is signed out everywhere.\n", o.name);
	return 0;
}

static enum err make_token(struct txn *t, void *arg)
{
	struct opening *o = arg;
	struct account account;
	enum err e = find_account(t, o->name, &o->trouble, &account);
	if (e != OK)
		return e;
	return token_create(
		t, o->arena, account.actor, "read write follow", "kring token", &o->token);
}

int people_token(struct command_call *c)
{
	struct opening o = {.arena = c->arena};
	if (!command_words(c, &o.name, 1, NULL, 0))
		return 2;
	enum err e = store_write(c->node->store, make_token, &o);
	if (e != OK)
		return failed(c, e, &o.trouble);
	text_format(&c->out, "%s\n", o.token);
	return 0;
}

/* ---- roles ---- */

struct appointing {
	const char *words[3]; /* name, role, community or NULL */
	bool off;
	enum role role;
	uint64_t actor, community;
	struct trouble trouble;
};

static enum err find_place(struct txn *t, void *arg)
{
	struct appointing *a = arg;
	struct account account;
	struct actor community = {0};
	enum err e = find_account(t, a->words[0], &a->trouble, &account);
	if (e == OK && a->words[2])
		e = find_local(t, a->words[2], &a->trouble, &community);
	if (e == OK && a->words[2] && community.kind != ACTOR_GROUP)
		return refuse(&a->trouble.why, "community", "That is not a community.");
	if (e != OK)
		return e;
	a->actor = account.actor;
	a->community = community.id;
	return OK;
}

/* Who moderates is no secret: the community itself tells it to all. */
static enum err set_moderator(struct txn *t, void *arg)
{
	struct appointing *a = arg;
	struct origin by_itself = {.via = a->community};
	enum err e = community_moderator(
		t, txn_site(t)->actor, a->community, a->actor, !a->off, &by_itself);
	if (e == ERR_CONFLICT)
		return refuse(&a->trouble.why, NULL, "Someone must look after the community.");
	return e;
}

static enum err set_role(struct txn *r, void *arg)
{
	struct appointing *a = arg;
	struct doer console = {0};
	struct person p;
	enum err e = person_by_actor(r, a->actor, &p);
	return e == OK ? role_set(r, &console, p.id, a->community, a->role, !a->off) : e;
}

int people_role(struct command_call *c)
{
	struct appointing a = {0};
	const struct command_option options[] = {{"--off", NULL, &a.off}};
	size_t wanted = 2;
	for (int i = 0, words = 0; i < c->argc; i++)
		if (!text_starts(c->argv[i], "--") && ++words > 2)
			wanted = 3;
	if (!command_words(c, a.words, (int)wanted, options, COUNT(options)))
		return 2;
	bool moderator = text_is(a.words[1], "moderator");
	if (!moderator && !role_parse(a.words[1], &a.role))
		return command_misused(c, "%s is no role; see --help.", a.words[1]);
	if ((moderator || role_is_of_community(a.role)) != (wanted == 3))
		return command_misused(c,
			wanted == 3 ? "%s is a role in the association: name no community."
				    : "%s is a role in a community: name it.",
			a.words[1]);
	enum err e = store_read(c->node->store, find_place, &a);
	if (e == OK)
		e = moderator ? store_write(c->node->store, set_moderator, &a)
			      : roll_write(&c->node->site, set_role, &a);
	if (e == ERR_NOT_FOUND && !a.trouble.unknown)
		return command_failed(c, "%s is not on the roll.", a.words[0]);
	if (e != OK)
		return failed(c, e, &a.trouble);
	text_format(&c->out, "%s: %s%s%s%s\n", a.words[0], a.words[1], wanted == 3 ? " of " : "",
		wanted == 3 ? a.words[2] : "", a.off ? " no longer" : "");
	return 0;
}

/* ---- communities ---- */

struct founding {
	struct community_draft draft;
	const char *founder;
	struct arena *arena;
	const char *handle, *url;
	struct trouble trouble;
};

static enum err make_community(struct txn *t, void *arg)
{
	struct founding *f = arg;
	struct actor actor;
	struct account founder;
	if (f->founder) {
		enum err e = find_account(t, f->founder, &f->trouble, &founder);
		if (e != OK)
			return e;
		f->draft.founder = founder.actor;
	}
	enum err e = community_create(t, &f->draft, &f->trouble.why, &actor);
	if (e != OK)
		return e;
	f->handle = arena_text(f->arena, actor_handle(f->arena, &actor));
	f->url = arena_text(f->arena, actor.url);
	return OK;
}

int people_add_community(struct command_call *c)
{
	struct founding f = {.arena = c->arena};
	const struct command_option options[] = {
		{"--title", &f.draft.title, NULL},
		{"--summary", &f.draft.source, NULL},
		{"--moderator", &f.founder, NULL},
		{"--restricted", NULL, &f.draft.restricted},
	};
	if (!command_words(c, &f.draft.name, 1, options, COUNT(options)))
		return 2;
	if (!f.draft.title)
		return command_misused(c, "--title is needed.");
	f.draft.keys = new_keys();
	enum err e = store_write(c->node->store, make_community, &f);
	drop_keys(&f.draft.keys);
	if (e != OK)
		return failed(c, e, &f.trouble);
	text_format(&c->out, "@%s\n%s\n", f.handle, f.url);
	return 0;
}

/* ---- what they do ---- */

struct posting {
	const char *community, *as, *circle;
	struct circles circles;
	struct post_draft draft;
	struct arena *arena;
	const char *url;
	struct trouble trouble;
};

static enum err make_post(struct txn *t, void *arg)
{
	struct posting *p = arg;
	struct account author;
	struct actor community;
	struct post post;
	enum err e = find_account(t, p->as, &p->trouble, &author);
	if (e != OK)
		return e;
	e = actor_by_handle(t, p->community, &community);
	if (e == ERR_NOT_FOUND || e == ERR_INVALID)
		p->trouble.unknown = p->community;
	if (e != OK)
		return e == ERR_INVALID ? ERR_NOT_FOUND : e;
	if (community.kind != ACTOR_GROUP)
		return refuse(&p->trouble.why, "community", "That is not a community.");
	p->draft.author = author.actor;
	p->draft.community = community.id;
	e = post_create(t, &p->draft, NULL, &p->trouble.why, &post);
	if (e == OK)
		p->url = arena_text(p->arena, post.url);
	return e;
}

int people_post(struct command_call *c)
{
	struct posting p = {.arena = c->arena};
	const struct command_option options[] = {
		{"--as", &p.as, NULL},
		{"--for", &p.circle, NULL},
		{"--title", &p.draft.title, NULL},
		{"--language", &p.draft.language, NULL},
	};
	if (!command_words(c, &p.community, 1, options, COUNT(options)))
		return 2;
	if (!p.as)
		return command_misused(c, "--as NAME is needed.");
	if (p.circle && !circle_parse(p.circle, &p.circles.read))
		return command_misused(c, "--for everyone, members or core.");
	p.circles.act = p.circles.read;
	p.draft.circles = p.circle ? &p.circles : NULL;
	p.draft.source = arena_text_n(c->arena, c->input.data, c->input.size);
	enum err e = store_write(c->node->store, make_post, &p);
	if (e != OK)
		return failed(c, e, &p.trouble);
	text_format(&c->out, "%s\n", p.url);
	return 0;
}

struct following {
	const char *as;
	uint64_t whom;
	bool accepted;
	struct trouble trouble;
};

static enum err find_follower(struct txn *t, void *arg)
{
	struct following *f = arg;
	struct actor who;
	return find_local(t, f->as, &f->trouble, &who);
}

static enum err make_follow(struct txn *t, void *arg)
{
	struct following *f = arg;
	struct actor who;
	enum err e = find_local(t, f->as, &f->trouble, &who);
	if (e == OK)
		e = follow_start(t, who.id, f->whom, NULL);
	if (e == OK)
		f->accepted = follow_is(t, who.id, f->whom);
	return e;
}

int people_follow(struct command_call *c)
{
	struct following f = {0};
	const char *whom;
	const struct command_option options[] = {{"--as", &f.as, NULL}};
	if (!command_words(c, &whom, 1, options, COUNT(options)))
		return 2;
	if (!f.as)
		return command_misused(
			c, "--as NAME is needed: a member or a community of this node.");
	enum err e = store_read(c->node->store, find_follower, &f); /* before anybody is asked */
	if (e != OK)
		return failed(c, e, &f.trouble);
	e = federation_find_actor(c->node->federation, whom, &f.whom);
	if (e == OK)
		e = store_write(c->node->store, make_follow, &f);
	else if (e == ERR_FORBIDDEN)
		return command_failed(c,
			"%s is not asked for: such an address is never a public one, or it is blocked here.",
			whom);
	if (e == ERR_NOT_FOUND || e == ERR_INVALID)
		return command_failed(
			c, "%s is not found: no such name here or there, or no answer.", whom);
	if (e != OK)
		return command_failed(c, "%s: %s", whom, err_message(e));
	text_add(&c->out,
		f.accepted ? "Followed.\n" : "Asked to follow; the answer comes from there.\n");
	return 0;
}

/* ---- mail ---- */

struct bounce {
	const char *message;
	bool counted;
};

static enum err read_bounce(struct txn *t, void *arg)
{
	struct bounce *b = arg;
	return bounce_read(t, b->message, &b->counted);
}

int people_mail_bounce(struct command_call *c)
{
	struct bounce b = {.message = arena_text_n(c->arena, c->input.data, c->input.size)};
	if (!command_words(c, NULL, 0, NULL, 0))
		return 2;
	enum err e = store_write(c->node->store, read_bounce, &b);
	if (e != OK)
		return command_failed(c, "%s",
			e == ERR_NOT_FOUND
				? "It came to no address that mail of this site comes from."
				: err_message(e));
	text_add(&c->out, b.counted ? "Counted.\n" : "It says nothing final.\n");
	return 0;
}

int people_mail_test(struct command_call *c)
{
	const char *to, *words;
	if (!command_words(c, &to, 1, NULL, 0))
		return 2;
	enum err e = federation_mail_test(c->node->federation, c->arena, to, &words);
	if (e != OK)
		return command_failed(c, "Not sent: %s", words);
	text_format(&c->out, "Sent. The server said: %s\n", words);
	return 0;
}

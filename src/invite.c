/* invite.c: commands about coming in: invitations made, listed and taken back, requests answered, and how one joins. */
#include "command.h"
#include "joining.h"

#include <string.h>

#define LISTED_MOST 500

struct finding {
	const char *name;
	uint64_t community;
};

static enum err find_run(struct txn *t, void *arg)
{
	struct finding *f = arg;
	struct actor a;
	enum err e = actor_by_name(t, f->name, &a);
	if (e == OK && (a.kind != ACTOR_GROUP || !a.local || a.gone))
		e = ERR_NOT_FOUND;
	f->community = e == OK ? a.id : 0;
	return e;
}

/* The exit code when it is not found, which has been said; 0 also for none. */
static int find_community(struct command_call *c, const char *name, uint64_t *community)
{
	struct finding f = {.name = name};
	enum err e = name != NULL ? store_read(c->node->store, find_run, &f) : OK;
	*community = f.community;
	if (e == ERR_NOT_FOUND)
		return command_failed(c, "%s is no community of this node.", name);
	return e == OK ? 0 : command_failed(c, "%s", err_message(e));
}

/* The address may be left out: then words begin with an option or there are none. */
static bool has_word(const struct command_call *c)
{
	return c->argc > 0 && !text_starts(c->argv[0], "--");
}

int join_invite(struct command_call *c)
{
	const char *community = NULL, *uses = NULL, *days = NULL, *url;
	struct invite_draft draft = {.uses = 1, .language = c->node->site.language};
	struct refusal why = {0};
	uint64_t id;
	const struct command_option options[] = {{"--community", &community, NULL},
		{"--uses", &uses, NULL}, {"--days", &days, NULL}, {"--message", &draft.words, NULL},
		{"--guest", NULL, &draft.guest}};
	if (!command_words(c, &draft.email, has_word(c) ? 1 : 0, options, COUNT(options)))
		return 2;
	if ((uses != NULL && !text_to_i64(uses, 1, INVITE_USES_MOST, &draft.uses))
		|| (days != NULL && !text_to_i64(days, 1, INVITE_DAYS_MOST, &draft.days)))
		return command_misused(
			c, "--uses 1 to %d, --days 1 to %d.", INVITE_USES_MOST, INVITE_DAYS_MOST);
	if (draft.words != NULL && text_count(draft.words) > 500)
		return command_misused(c, "The message has 500 characters at most.");
	if (community != NULL && draft.guest)
		return command_misused(c, "--guest or --community, not both.");
	int code = find_community(c, community, &draft.community);
	if (code != 0)
		return code;
	enum err e = invite_make(&c->node->site, c->node->store, c->arena, &draft, &why, &id, &url);
	if (e != OK)
		return command_failed(
			c, "%s", e == ERR_INVALID && why.text != NULL ? why.text : err_message(e));
	char number[ID_TEXT];
	text_format(&c->out, "%s\n%s\n", id_text(id, number),
		draft.email != NULL ? "A mail is on its way." : url);
	return 0;
}

struct listing {
	struct command_call *c;
	size_t count;
};

static enum err list_run(struct txn *r, void *arg)
{
	struct listing *l = arg;
	struct u64s ids;
	struct invite i;
	char number[ID_TEXT], until[TIME_ISO];
	enum err e = invite_list(r, 0, LISTED_MOST, &ids);
	for (size_t k = 0; e == OK && k < ids.count; k++) {
		e = invite_load(r, ids.at[k], &i);
		if (e != OK)
			break;
		time_iso(i.until, until);
		text_format(&l->c->out, "%s %s used=%u/%u until=%.10s %s\n", id_text(i.id, number),
			invite_is_open(&i) ? "open" : "over", i.used, i.uses, until,
			i.email != NULL ? i.email : "link");
		l->count++;
	}
	return e;
}

int join_invitations(struct command_call *c)
{
	struct listing l = {.c = c};
	if (!command_words(c, NULL, 0, NULL, 0))
		return 2;
	enum err e = roll_read(&c->node->site, list_run, &l);
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	if (l.count == 0)
		text_add(&c->out, "Nobody is invited.\n");
	return 0;
}

int join_withdraw(struct command_call *c)
{
	const char *word;
	uint64_t id;
	if (!command_words(c, &word, 1, NULL, 0))
		return 2;
	if (!text_to_u64(word, &id))
		return command_misused(c, "%s is no number of an invitation.", word);
	enum err e = invite_withdraw(&c->node->site, c->node->store, 0, id);
	if (e == ERR_NOT_FOUND)
		return command_failed(c, "There is no such invitation.");
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	text_add(&c->out, "It does not work any more.\n");
	return 0;
}

/* ---- requests ---- */

struct asking {
	struct command_call *c;
	uint64_t community, id;
	bool accept, refused;
	const char *reason;
	struct application a;
	size_t count;
};

static const char *const states[] = {[APPLICATION_WAITING] = "waiting",
	[APPLICATION_LISTED] = "listed",
	[APPLICATION_REFUSED] = "refused"};

/* Newest first. */
static enum err list_requests(struct txn *r, struct asking *x, enum application_state state)
{
	struct u64s ids;
	struct application a;
	char number[ID_TEXT], asked[TIME_ISO];
	enum err e = application_list(r, x->community, state, 0, LISTED_MOST, &ids);
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = application_load(r, ids.at[i], &a);
		if (e != OK)
			break;
		time_iso(a.confirmed, asked);
		text_format(&x->c->out, "%s %s asked=%.10s as=%s %s %s\n", id_text(a.id, number),
			states[state], asked, a.kind == APPLY_GUEST ? "guest" : "member", a.email,
			a.name);
		x->count++;
	}
	if (e == OK && ids.count == LISTED_MOST)
		text_format(
			&x->c->out, "… and maybe more: these are the newest %d.\n", LISTED_MOST);
	return e;
}

static enum err look_run(struct txn *r, void *arg)
{
	const struct asking *x = arg;
	struct audit look = {.act = AUDIT_VIEW, .community = x->community, .words = "requests"};
	return audit_add(r, &look);
}

static enum err requests_run(struct txn *r, void *arg)
{
	struct asking *x = arg;
	if (x->refused)
		return list_requests(r, x, APPLICATION_REFUSED);
	enum err e = list_requests(r, x, APPLICATION_WAITING);
	return e == OK ? list_requests(r, x, APPLICATION_LISTED) : e;
}

int join_requests(struct command_call *c)
{
	const char *community = NULL;
	struct asking x = {.c = c};
	const struct command_option options[] = {
		{"--community", &community, NULL}, {"--refused", NULL, &x.refused}};
	if (!command_words(c, NULL, 0, options, COUNT(options)))
		return 2;
	int code = find_community(c, community, &x.community);
	if (code != 0)
		return code;
	enum err e = roll_write(&c->node->site, look_run, &x); /* before anything is seen */
	if (e == OK)
		e = roll_read(&c->node->site, requests_run, &x);
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	if (x.count == 0)
		text_add(&c->out,
			x.refused ? "Nobody was refused.\n" : "Nobody waits for an answer.\n");
	return 0;
}

static enum err decide_run(struct txn *r, void *arg)
{
	struct asking *x = arg;
	struct doer console = {0};
	enum err e = application_load(r, x->id, &x->a);
	if (e == OK && x->a.state == APPLICATION_ASKED) /* its address is not confirmed yet */
		e = ERR_NOT_FOUND;
	return e == OK ? application_decide(r, &console, x->id, x->accept, x->reason, &x->a) : e;
}

static int decide(struct command_call *c, struct asking *x)
{
	enum err e = roll_write(&c->node->site, decide_run, x);
	if (e == ERR_NOT_FOUND)
		return command_failed(c, "There is no such request.");
	if (e == ERR_CONFLICT)
		return command_failed(c, "It was answered or withdrawn already.");
	if (e == ERR_FORBIDDEN)
		return command_failed(c, "They have a role in this community: take it away first.");
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	application_tell(&c->node->site, c->node->store, x->id);
	text_format(&c->out, "%s. A mail tells them.\n",
		x->accept           ? "Let in"
			: x->a.back ? "Taken back: they are out of the community"
				    : "Refused");
	return 0;
}

static bool takes_number(
	struct command_call *c, const struct command_option *options, size_t count, uint64_t *id)
{
	const char *word;
	if (!command_words(c, &word, 1, options, count))
		return false;
	if (text_to_u64(word, id))
		return true;
	command_misused(c, "%s is no number of a request.", word);
	return false;
}

int join_accept(struct command_call *c)
{
	struct asking x = {.accept = true};
	return takes_number(c, NULL, 0, &x.id) ? decide(c, &x) : 2;
}

int join_refuse(struct command_call *c)
{
	const char *reason = NULL;
	struct asking x = {0};
	const struct command_option options[] = {{"--reason", &reason, NULL}};
	if (!takes_number(c, options, COUNT(options), &x.id))
		return 2;
	char *words = text_trim(c->arena, reason != NULL ? reason : "");
	text_tame(words, "\n\t");
	if (*words == '\0')
		return command_misused(c, "--reason WORDS is needed: they read it.");
	if (text_count(words) > APPLICATION_MOTIVE_MOST)
		return command_misused(
			c, "The reason has %d characters at most.", APPLICATION_MOTIVE_MOST);
	x.reason = words;
	return decide(c, &x);
}

/* ---- how one joins ---- */

struct setting {
	uint64_t community;
	const char *mode;
	bool guests, no_guests;
	struct joining j;
	struct refusal why;
};

static enum err set_run(struct txn *t, void *arg)
{
	struct setting *s = arg;
	joining_of(t, s->community, &s->j);
	if (s->mode == NULL && !s->guests && !s->no_guests)
		return OK;
	if (s->mode != NULL && !join_mode_parse(s->mode, &s->j.mode))
		return refuse(&s->why, "mode", "invitation, request, open or file.");
	s->j.guests = s->community == 0 && (s->guests || (s->j.guests && !s->no_guests));
	return joining_set(t, s->community, &s->j, &s->why);
}

static enum err log_run(struct txn *r, void *arg)
{
	const struct setting *s = arg;
	struct audit a = {.act = AUDIT_JOINING,
		.community = s->community,
		.words = join_mode_word((enum join_mode)s->j.mode)};
	return audit_add(r, &a);
}

int join_mode(struct command_call *c)
{
	const char *community = NULL;
	struct setting s = {0};
	const struct command_option options[] = {{"--community", &community, NULL},
		{"--guests", NULL, &s.guests}, {"--no-guests", NULL, &s.no_guests}};
	if (!command_words(c, &s.mode, has_word(c) ? 1 : 0, options, COUNT(options)))
		return 2;
	int code = find_community(c, community, &s.community);
	if (code != 0)
		return code;
	enum err e = store_write(c->node->store, set_run, &s);
	bool changed = s.mode != NULL || s.guests || s.no_guests;
	if (e == OK && changed)
		e = roll_write(&c->node->site, log_run, &s);
	if (e != OK)
		return command_failed(c, "%s",
			e == ERR_INVALID && s.why.text != NULL ? s.why.text : err_message(e));
	text_format(&c->out, "%s%s\n", join_mode_word((enum join_mode)s.j.mode),
		s.j.guests ? ", and guests" : "");
	return 0;
}

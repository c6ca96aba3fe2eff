/* invite.c: commands about coming in: invitations made, listed and taken back, and how one joins. */
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

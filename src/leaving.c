/* leaving.c: commands about who leaves: all that is kept of them in a file, and erased. */
#include "command.h"
#include "private.h"
#include "roll.h"

#include <string.h>

struct leave {
	const char *name;
	uint32_t keep;
	uint64_t actor, person; /* 0: no account, not on the roll */
	struct leaving_counts counts;
	struct leaving leaving;
	struct refusal why;
	struct arena *arena;
	struct bytes file;
};

static enum err find_account(struct txn *t, void *arg)
{
	struct leave *l = arg;
	struct actor a;
	struct account account;
	enum err e = actor_by_name(t, l->name, &a);
	if (e == OK)
		e = account_load(t, a.id, &account);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	l->actor = a.id;
	return leaving_count(t, a.id, &l->counts);
}

/* Who is on the roll without an account is named by number or address. */
static enum err find_person(struct txn *r, void *arg)
{
	struct leave *l = arg;
	struct person p;
	enum err e = l->actor != 0 ? person_by_actor(r, l->actor, &p)
				   : person_by_number(r, l->name, &p);
	if (e == ERR_NOT_FOUND && l->actor == 0)
		e = person_by_email(r, l->name, &p);
	if (e == OK)
		l->person = p.id;
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err find(struct command_call *c, struct leave *l)
{
	enum err e = store_read(c->node->store, find_account, l);
	if (e == OK)
		e = roll_read(&c->node->site, find_person, l);
	return e == OK && l->actor == 0 && l->person == 0 ? ERR_NOT_FOUND : e;
}

/* "starts,answers": what stays, without the name. */
static bool take_keep(const char *words, uint32_t *keep)
{
	static const struct {
		const char *word;
		uint32_t bit;
	} kinds[] = {{"starts", KEEP_STARTS}, {"answers", KEEP_ANSWERS}, {"files", KEEP_FILES},
		{"marks", KEEP_MARKS}, {"all", KEEP_ALL}};
	while (words != NULL && *words != '\0') {
		size_t size = strcspn(words, ","), i = 0;
		while (i < COUNT(kinds)
			&& (strlen(kinds[i].word) != size
				|| strncmp(kinds[i].word, words, size) != 0))
			i++;
		if (i == COUNT(kinds))
			return false;
		*keep |= kinds[i].bit;
		words += size + (words[size] == ',');
	}
	return true;
}

static void tell_plan(struct command_call *c, const struct leave *l)
{
	const struct leaving_counts *n = &l->counts;
	if (l->actor != 0)
		text_format(&c->out,
			"account: goes\n"
			"conversations begun: %lld, %s\n"
			"answers: %lld, %s\n"
			"messages for some only: %lld, go\n"
			"files: %s\nlikes and votes: %s\n",
			(long long)n->starts, l->keep & KEEP_STARTS ? "stay without a name" : "go",
			(long long)n->answers,
			l->keep & KEEP_ANSWERS ? "stay without a name" : "go", (long long)n->apart,
			l->keep & KEEP_FILES ? "those in what stays, stay" : "go",
			l->keep & KEEP_MARKS ? "stay counted" : "go");
	text_format(&c->out, "on the roll: %s\n", l->person != 0 ? "goes" : "no");
}

static enum err ask(struct txn *t, void *arg)
{
	struct leave *l = arg;
	return leaving_ask(t, 0, l->actor, l->keep, time_now(), &l->why);
}

static enum err look(struct txn *t, void *arg)
{
	struct leave *l = arg;
	return leaving_load(t, l->actor, &l->leaving);
}

static enum err remove_person(struct txn *r, void *arg)
{
	const struct leave *l = arg;
	struct doer console = {.reason = "erased"};
	return person_remove(r, &console, l->person);
}

static int erase_account(struct command_call *c, struct leave *l)
{
	enum err e = store_write(c->node->store, ask, l);
	if (e == ERR_CONFLICT && l->why.text != NULL)
		return command_failed(c, "%s", l->why.text);
	if (e != OK && e != ERR_GONE) /* it has begun: go on */
		return command_failed(c, "%s", err_message(e));
	leaving_go(c->node->store, l->actor);
	e = store_read(c->node->store, look, l);
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	if (l->leaving.step == LEAVING_DONE)
		text_add(&c->out, "Erased, all of it.\n");
	else if (l->leaving.step == LEAVING_TELL)
		text_add(&c->out,
			"Erased here. Other sites are being told; the name stays until then. See /left.\n");
	else
		text_add(
			&c->out, "Begun. It goes on by itself while the node serves; see /left.\n");
	return 0;
}

static int erase_person(struct command_call *c, struct leave *l)
{
	enum err e = leaving_note_person(&c->node->site, l->person);
	if (e == OK)
		e = roll_write(&c->node->site, remove_person, l);
	if (e == OK)
		e = store_renew(roll_store(c->node->site.roll));
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	text_add(&c->out, "Erased from the roll.\n");
	return 0;
}

int leaving_erase(struct command_call *c)
{
	struct leave l = {.arena = c->arena};
	const char *keep = NULL;
	bool apply = false, dry = false;
	const struct command_option options[] = {
		{"--keep", &keep, NULL}, {"--apply", NULL, &apply}, {"--dry-run", NULL, &dry}};
	if (!command_words(c, &l.name, 1, options, COUNT(options)))
		return 2;
	if (apply && dry)
		return command_misused(c, "--apply or --dry-run, not both.");
	if (!take_keep(keep, &l.keep))
		return command_misused(c, "--keep all, or some of starts,answers,files,marks.");
	enum err e = find(c, &l);
	if (e == ERR_NOT_FOUND)
		return command_failed(c, "%s is not known here.", l.name);
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	tell_plan(c, &l);
	if (apply)
		return l.actor != 0 ? erase_account(c, &l) : erase_person(c, &l);
	text_add(&c->out, "Nothing is erased yet; --apply does, and nothing brings it back.\n");
	return 0;
}

/* ---- what is kept of someone ---- */

static enum err read_own(struct txn *t, void *arg)
{
	struct leave *l = arg;
	struct bytes file;
	enum err e = own_file(t, l->actor, true, &file);
	if (e == OK)
		l->file = arena_bytes(l->arena, file);
	return e;
}

static enum err note_look(struct txn *r, void *arg)
{
	const struct leave *l = arg;
	struct audit a = {.act = AUDIT_VIEW, .person = l->person, .words = "own data"};
	return audit_add(r, &a);
}

int leaving_data(struct command_call *c)
{
	struct leave l = {.arena = c->arena};
	const char *words[2], *why = NULL;
	if (!command_words(c, words, 2, NULL, 0))
		return 2;
	l.name = words[1];
	enum err e = find(c, &l);
	if (e == ERR_NOT_FOUND || (e == OK && l.actor == 0))
		return command_failed(c, "%s has no account here.", l.name);
	if (e == OK)
		e = store_read(c->node->store, read_own, &l);
	if (e == OK)
		e = roll_write(&c->node->site, note_look, &l);
	if (e != OK)
		return command_failed(c, "%s", err_message(e));
	if (private_write(c->arena, words[0], l.file, &why) != OK)
		return command_failed(c, "%s", why);
	text_format(&c->out, "All that is kept of %s stands in %s now.\n", l.name, words[0]);
	return 0;
}

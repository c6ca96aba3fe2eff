/* command.c: the list of what the program can be told, and how its words are read. */
#include "command.h"

#include <string.h>

const struct command commands[] = {
	{"init",
		"--domain D --name N [--base-url U] [--language nl|en] [--listen ADDR:PORT]\n"
		"    [--ca-file FILE] [--allow-loopback]",
		"Makes DIR a node: secret, store, settings (kring.ini). The domain can never "
		"change afterwards.",
		keep_init, .bare = true},
	{"config", "", "Prints every setting of kring.ini: its default and what it does.",
		keep_config, .bare = true},
	{"serve", "[--listen ADDR:PORT]",
		"Answers people, apps and other nodes until SIGTERM or Ctrl-C; then it ends "
		"what it began. Once more ends it at once; nothing is lost.",
		keep_serve, .bare = true},
	{"member add", "NAME --email E [--title T] [--admin] [--guest] [--password-stdin]",
		"Makes an account, and enters it in the roll as a member; or as a guest, who sees "
		"what is for everyone. With --password-stdin the password (10 characters at least) is "
		"the first line of standard input.",
		people_add_member, .input = "--password-stdin"},
	{"member password", "NAME < password",
		"Gives a member a new password, the first line of standard input. It ends the "
		"member's sessions and tokens, and turns the sign-in code off.",
		people_set_password, .input = ""},
	{"member import", "FILE [--dry-run] [--apply] [--gone]",
		"Compares FILE, a CSV of the member administration, with the roll and says what is "
		"new, changed, gone or doubtful; with --apply it writes that. With --gone who is not "
		"in the file is a member until the end of today.",
		member_import, .takes_file = true},
	{"member export", "FILE",
		"Writes who is or was a member to FILE, a new CSV for who looks after the money.",
		member_export, .takes_file = true},
	{"member data", "FILE NAME",
		"Writes all that is kept of a member to FILE, a new JSON file, for who asks for it.",
		leaving_data, .takes_file = true},
	{"member erase", "NAME [--keep all|starts,answers,files,marks] [--dry-run] [--apply]",
		"Says what is kept of a member, by name, number or e-mail address; with --apply it "
		"is erased for good, here and, by asking, elsewhere. What --keep names stays, "
		"without the name.",
		leaving_erase},
	{"member undo", "", "Takes back the last import of the last 7 days.", member_undo},
	{"role", "NAME ROLE [COMMUNITY] [--off]",
		"Gives NAME a role, or takes it away. In a community: member, expert, editor, "
		"moderator (public; the others are not), manager, core. In the association: board, "
		"admin, treasurer.",
		people_role},
	{"invite list", "",
		"Lists the invitations: how often each was used, and until when it works.",
		join_invitations},
	{"invite withdraw", "NUMBER", "Ends an invitation.", join_withdraw},
	{"invite",
		"[ADDRESS] [--community C] [--guest] [--uses N] [--days N]\n"
		"    [--message WORDS]",
		"Sends ADDRESS an invitation for one person, or prints a link for N of them (1), for "
		"N days (14): to the association as a member or a guest, or to a community.",
		join_invite},
	{"request list", "[--community C] [--refused]",
		"Lists who asked to join the association, or a community, and waits for an answer, or "
		"who was refused.",
		join_requests},
	{"request accept", "NUMBER",
		"Lets in who asked, also when they were refused before. A mail tells them.",
		join_accept},
	{"request refuse", "NUMBER --reason WORDS",
		"Does not let in who asked; who was let in to a community is out of it again. A mail "
		"tells them why.",
		join_refuse},
	{"joining", "[invitation|request|open|file] [--community C] [--guests|--no-guests]",
		"Sets how one joins the association, or a community, and whether anyone may have an "
		"account as a guest; alone it says how it is.",
		join_mode},
	{"token", "NAME", "Prints a new bearer token, with which an app acts for the member.",
		people_token},
	{"community add", "NAME --title T [--summary S] [--moderator NAME] [--restricted]",
		"Makes a community. NAME is its address for ever. Restricted: only moderators "
		"start conversations.",
		people_add_community},
	{"post",
		"COMMUNITY --as NAME [--title T] [--for everyone|members|core] [--language nl|en]\n"
		"    < text",
		"Posts the Markdown text of standard input in a community, and prints its address.",
		people_post, .input = ""},
	{"follow", "ACTOR --as NAME",
		"Lets a member or community NAME of this node follow ACTOR: @name@host, or the "
		"address of an actor.",
		people_follow},
	{"mail test", "ADDRESS", "Sends a test mail, and prints what the mail server says to it.",
		people_mail_test},
	{"mail bounce", "< message",
		"Reads a message that came back to an address of `mail_bounces`, from the pipe of a mail "
		"server: who is not there gets no mail any more after three.",
		people_mail_bounce, .input = ""},
	{"check", "",
		"Reads the whole store and the roll and says whether they are sound; exit code 1 "
		"when they are not.",
		keep_check},
	{"backup", "FILE",
		"Writes the store to FILE, the roll to FILE.roll, pictures and other files to FILE.blobs, the settings to FILE.ini and the "
		"secret to FILE.secret, while the node goes on. Files that are there are never written over.",
		keep_backup, .takes_file = true},
	{"restore", "FILE [--erased LIST]",
		"Makes DIR, new or empty, a node again from what `backup FILE` wrote. Who was erased since "
		"stays erased: by the list DIR/erased of before, left there or given as LIST, which may also "
		"be that of the newest backup (FILE.erased).",
		keep_restore, .bare = true, .takes_file = true},
	{"stats", "", "Prints the numbers of the store, the deliveries and the server, one a line.",
		keep_stats},
	{"inbox", "[--retry]",
		"Lists what other nodes sent and could not be taken in here, for hours or because it "
		"ended the node; with --retry it is tried once more.",
		keep_inbox},
	{"search rebuild", "",
		"Makes the index that is searched anew, from the store and in the background: at "
		"once when the node serves, else when it does.",
		keep_rebuild_search},
	{0},
};

const struct command *command_find(int argc, const char *const *argv, int *words)
{
	for (const struct command *c = commands; c->name; c++) {
		const char *space = strchr(c->name, ' ');
		size_t first = space ? (size_t)(space - c->name) : strlen(c->name);
		if (strlen(argv[0]) != first || strncmp(argv[0], c->name, first) != 0)
			continue;
		if (space && (argc < 2 || !text_is(argv[1], space + 1)))
			continue;
		*words = space ? 2 : 1;
		return c;
	}
	return NULL;
}

static void complain(struct command_call *c, const char *format, va_list args) PRINTF(2, 0);
static void complain(struct command_call *c, const char *format, va_list args)
{
	text_add(&c->err, "kring: ");
	text_format_v(&c->err, format, args);
	text_char(&c->err, '\n');
}

int command_misused(struct command_call *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	complain(c, format, args);
	va_end(args);
	return 2;
}

int command_failed(struct command_call *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	complain(c, format, args);
	va_end(args);
	return 1;
}

void command_tame(struct command_call *c)
{
	text_tame(c->out.at, "\n\t");
	text_tame(c->err.at, "\n\t");
}

static bool take_option(
	struct command_call *c, int *at, const struct command_option *options, size_t count)
{
	const char *word = c->argv[*at];
	size_t i = 0;
	while (i < count && !text_is(word, options[i].name))
		i++;
	if (i == count) {
		command_misused(c, "%s is not understood; see --help.", word);
		return false;
	}
	if (options[i].flag) {
		*options[i].flag = true;
		return true;
	}
	if (*at + 1 == c->argc) {
		command_misused(c, "%s wants a word after it.", word);
		return false;
	}
	*options[i].value = c->argv[++*at];
	return true;
}

bool command_words(struct command_call *c, const char **words, int wanted,
	const struct command_option *options, size_t count)
{
	int taken = 0;
	for (int i = 0; i < c->argc; i++) {
		if (text_starts(c->argv[i], "--")) {
			if (!take_option(c, &i, options, count))
				return false;
		} else if (taken < wanted) {
			words[taken++] = c->argv[i];
		} else {
			command_misused(c, "%s is a word too many; see --help.", c->argv[i]);
			return false;
		}
	}
	if (taken < wanted)
		command_misused(c, "a word is missing; see --help.");
	return taken == wanted;
}

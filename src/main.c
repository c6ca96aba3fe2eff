/*
 * main.c: the program `kring`: finds the command, runs it here or in the serving node, and ends
 * with its exit code.
 */
#include "command.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_help(void)
{
	printf("kring %s: a community node for associations\n\n"
	       "usage: kring [--data DIR] COMMAND …\n\n",
		KRING_VERSION);
	for (const struct command *c = commands; c->name; c++)
		printf("  %s%s%s\n", c->name, *c->usage ? " " : "", c->usage);
	printf("\nDIR is where the node keeps everything (default: data). `kring COMMAND --help` "
	       "explains a command.\n"
	       "Exit codes: 0 done, 1 not done, 2 not understood.\n");
}

static void print_command_help(const struct command *c)
{
	printf("usage: kring [--data DIR] %s%s%s\n\n%s\n", c->name, *c->usage ? " " : "", c->usage,
		c->help);
}

static bool begins(const char *name, const char *words)
{
	size_t size = strlen(words);
	return strncmp(name, words, size) == 0 && (name[size] == ' ' || name[size] == '\0');
}

/* `COMMAND --help`; the first word of some explains them all. */
static bool help_asked(int count, const char *const *words)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	bool found = false;
	if (count < 2 || count > 3 || !text_is(words[count - 1], "--help"))
		return false;
	const char *wanted = count == 2 ? words[0]
					: arena_format(arena, "%s %s", words[0], words[1]);
	for (const struct command *c = commands; c->name; c++) {
		if (!begins(c->name, wanted))
			continue;
		if (found)
			putchar('\n');
		print_command_help(c);
		found = true;
	}
	return found;
}

/* ---- what goes in ---- */

static bool wants_input(const struct command *c, int argc, const char *const *argv)
{
	if (!c->input || !*c->input)
		return c->input != NULL;
	for (int i = 0; i < argc; i++)
		if (text_is(argv[i], c->input))
			return true;
	return false;
}

static bool read_input(struct arena *arena, struct bytes *out)
{
	struct text t;
	char piece[4096];
	size_t n;
	text_init(&t, arena, COMMAND_INPUT_MAX);
	while (!t.failed && (n = fread(piece, 1, sizeof piece, stdin)) > 0)
		text_add_n(&t, piece, n);
	*out = (struct bytes){t.at, t.size};
	return !t.failed && !ferror(stdin) && text_is_utf8(t.at, t.size);
}

/* The serving node may be in another directory. */
static const char *absolute(struct arena *arena, const char *file)
{
	if (file[0] == '/' || text_starts(file, "--"))
		return file;
	char *here = getcwd(NULL, 0);
	const char *whole = here ? arena_format(arena, "%s/%s", here, file) : file;
	free(here);
	return whole;
}

/* ---- where it runs ---- */

static int run_here(const struct command *command, struct command_call *call)
{
	const char *why = NULL;
	int code;
	if (!command->bare && node_open(call->arena, call->dir, false, &call->node, &why) != OK)
		code = command_failed(call, "%s", why);
	else
		code = command->run(call);
	node_close(call->node);
	command_tame(call);
	fwrite(call->out.at, 1, call->out.size, stdout);
	fwrite(call->err.at, 1, call->err.size, stderr);
	return code;
}

static int run_there(
	const char *dir, int argc, const char *const *argv, struct bytes input, bool *serving)
{
	int code = 1;
	enum err e = control_call(dir, argc, argv, input, &code);
	*serving = e != ERR_NOT_FOUND;
	if (e == ERR_TOO_MUCH) {
		fprintf(stderr, "kring: these are too many words for a serving node.\n");
		return 2;
	}
	if (e == ERR_AGAIN)
		fprintf(stderr, "kring: the serving node stopped before it answered.\n");
	return code;
}

static int run(const char *dir, int argc, const char **argv)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct command_call call = {.dir = dir, .arena = arena};
	int words = 0;
	const struct command *command = command_find(argc, argv, &words);
	if (!command) {
		fprintf(stderr, "kring: there is no command %s; `kring --help` lists them.\n",
			argv[0]);
		return 2;
	}
	for (int i = words; i < argc; i++)
		if (!text_is_utf8(argv[i], strlen(argv[i]))) {
			fprintf(stderr, "kring: a word is not UTF-8 text.\n");
			return 2;
		}
	call.argc = argc - words;
	call.argv = argv + words;
	text_init(&call.out, arena, COMMAND_OUTPUT_MAX);
	text_init(&call.err, arena, COMMAND_OUTPUT_MAX);
	if (command->takes_file && call.argc > 0)
		argv[words] = absolute(arena, argv[words]);
	if (wants_input(command, call.argc, call.argv) && !read_input(arena, &call.input)) {
		fprintf(stderr, "kring: the input is larger than 1 MiB, or not UTF-8 text.\n");
		return 2;
	}
	bool serving = false;
	int code = command->bare ? 0 : run_there(dir, argc, argv, call.input, &serving);
	return serving ? code : run_here(command, &call);
}

/* `--data DIR`, wherever it stands: it goes from the words. */
static void take_data(int *count, const char **words, const char **dir)
{
	for (int i = 0; i + 1 < *count; i++)
		if (text_is(words[i], "--data")) {
			*dir = words[i + 1];
			*count -= 2;
			memmove(&words[i], &words[i + 2], (size_t)(*count - i) * sizeof *words);
			return;
		}
}

int main(int argc, char **argv)
{
	const char *dir = "data";
	const char **words = (const char **)(void *)argv + 1;
	int count = argc - 1, code = 0;
	signal(SIGPIPE, SIG_IGN);
	umask(077); /* whatever we write is ours alone */
	/* What was large goes back to the system when it is freed. Left alone, glibc keeps such
	 * memory once it has seen some: a flood's for ever. */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	setenv("RES_OPTIONS", "timeout:1 attempts:1",
		0); /* a dead name server holds nothing up for long */
	log_open(LOG_WARN, STDERR_FILENO);
	take_data(&count, words, &dir);
	if (count == 1 && (text_is(words[0], "--help") || text_is(words[0], "help"))) {
		print_help();
	} else if (count == 1 && text_is(words[0], "--version")) {
		printf("kring %s\n", KRING_VERSION);
	} else if (count > 0) {
		code = help_asked(count, words) ? 0 : run(dir, count, words);
	} else {
		fprintf(stderr, "usage: kring [--data DIR] COMMAND …; see `kring --help`.\n");
		code = 2;
	}
	if (fflush(stdout) != 0 && code == 0) {
		perror("kring: standard output");
		code = 1;
	}
	return code;
}

/* main.c: the program `kring`: its words, its exit codes (0 done, 1 not done, 2 not understood), and serving. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "node.h"

static void print_help(FILE *out)
{
	fprintf(out, "kring %s: a community node for associations\n\nusage: kring [--data DIR] COMMAND …\n\n", KRING_VERSION);
	fprintf(out, "  serve [--listen ADDR:PORT]\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %s %s\n", c->name, c->usage);
	fprintf(out, "\nDIR is where the node keeps everything (default: data). `kring COMMAND --help` explains a command.\n");
}

static int print_command_help(const struct command *c)
{
	printf("usage: kring [--data DIR] %s %s\n\n%s\n", c->name, c->usage, c->help);
	return 0;
}

/* ---- serve ---- */

static int serve(const char *dir, int argc, const char *const *argv)
{
	const char *listen = NULL, *why = NULL;
	if (argc == 1 && text_is(argv[0], "--help")) {
		printf("usage: kring [--data DIR] serve [--listen ADDR:PORT]\n\n"
			"Answers people, apps and other nodes until it is told to stop (SIGTERM, Ctrl-C); then it ends what it "
			"began.\n");
		return 0;
	}
	if (argc == 2 && text_is(argv[0], "--listen")) {
		listen = argv[1];
	} else if (argc != 0) {
		fprintf(stderr, "usage: kring [--data DIR] serve [--listen ADDR:PORT]\n");
		return 2;
	}
	sigset_t stops;
	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	sigprocmask(SIG_BLOCK, &stops, NULL); /* before any thread starts: they inherit it */

	struct kring *node = NULL;
	enum err e = node_open(dir, true, &node, &why);
	if (e == OK) {
		log_open(node->config.log, STDERR_FILENO);
		e = node_serve(node, listen, &why);
	}
	if (e != OK) {
		fprintf(stderr, "kring: %s\n", why);
		node_close(node);
		return 1;
	}
	log_line(LOG_INFO, "start", "version=%s url=%s port=%u", KRING_VERSION, node->site.base_url,
		server_port(node->server));
	int signal_number = 0;
	while (sigwait(&stops, &signal_number) != 0)
		;
	log_line(LOG_INFO, "stop", "signal=%d", signal_number);
	node_close(node);
	return 0;
}

/* ---- one command: through the control socket when the node serves, else by opening it ---- */

static bool read_input(struct arena *arena, struct bytes *out)
{
	struct text t;
	char piece[4096];
	size_t n;
	text_init(&t, arena, CONTROL_MAX);
	while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
		text_add_n(&t, piece, n);
	*out = (struct bytes){t.at, t.size};
	return !t.failed && text_is_utf8(t.at, t.size);
}

static bool wants_input(const struct command *c, int argc, const char *const *argv)
{
	if (!c->takes_input)
		return false;
	if (strstr(c->usage, "--password-stdin") == NULL)
		return true;
	for (int i = 0; i < argc; i++)
		if (text_is(argv[i], "--password-stdin"))
			return true;
	return false;
}

static int run_here(const struct command *c, struct command_call *call)
{
	const char *why = NULL;
	if (!c->bare && node_open(call->dir, false, &call->node, &why) != OK) {
		fprintf(stderr, "kring: %s\n", why);
		return 1;
	}
	int code = c->run(call);
	fwrite(call->out.at, 1, call->out.size, stdout);
	fwrite(call->err.at, 1, call->err.size, stderr);
	node_close(call->node);
	return code;
}

static int run(const struct command *c, const char *dir, int words, int argc, const char **argv)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct command_call call = {.dir = dir, .argc = argc - words, .argv = argv + words, .arena = arena};
	text_init(&call.out, arena, CONTROL_MAX * 16);
	text_init(&call.err, arena, CONTROL_MAX);
	if (call.argc == 1 && text_is(call.argv[0], "--help"))
		return print_command_help(c);
	if (c->takes_file && call.argc > 0 && call.argv[0][0] != '/') {
		char *here = getcwd(NULL, 0);
		if (here)
			argv[words] = arena_format(arena, "%s/%s", here, argv[words]);
		free(here);
	}
	if (wants_input(c, call.argc, call.argv) && !read_input(arena, &call.input)) {
		fprintf(stderr, "kring: the input is larger than 1 MiB, or not UTF-8 text.\n");
		return 2;
	}
	int code = 1;
	enum err e = c->bare ? ERR_NOT_FOUND : control_call(dir, argc, argv, call.input, &code);
	if (e == ERR_NOT_FOUND)
		return run_here(c, &call);
	if (e != OK)
		fprintf(stderr, "kring: the serving node stopped before it answered.\n");
	return code;
}

int main(int argc, char **argv)
{
	const char *dir = "data";
	const char **words = (const char **)(void *)argv + 1;
	int count = argc - 1;
	signal(SIGPIPE, SIG_IGN);
	setenv("RES_OPTIONS", "timeout:1 attempts:1", 0); /* a dead name server holds nothing up for long */
	log_open(LOG_WARN, STDERR_FILENO);
	if (count >= 2 && text_is(words[0], "--data")) {
		dir = words[1];
		words += 2;
		count -= 2;
	}
	if (count == 1 && (text_is(words[0], "--help") || text_is(words[0], "help"))) {
		print_help(stdout);
		return 0;
	}
	if (count == 1 && text_is(words[0], "--version")) {
		printf("kring %s\n", KRING_VERSION);
		return 0;
	}
	if (count >= 1 && text_is(words[0], "serve"))
		return serve(dir, count - 1, words + 1);
	int used = 0;
	const struct command *command = count ? command_find(count, words, &used) : NULL;
	if (!command) {
		print_help(stderr);
		return 2;
	}
	return run(command, dir, used, count, words);
}

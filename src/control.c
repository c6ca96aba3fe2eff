/*
 * control.c: commands for a serving node, over a unix socket in its directory; only its owner may
 * connect.
 *
 * Asked:    u32 words, then each word and last the input, each as u32 size and bytes (u32 in the
 *           machine's own order).
 * Answered: frames of one letter, u32 size, bytes: 'o' output, 'e' error, and last 'x' with the
 *           exit code as text.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS_MAX 32
#define WORDS_BYTES ((size_t)64 << 10) /* all words together */
#define PATIENCE (10 * SECOND) /* with who asks: for all it says, and again for taking the answer */

struct control {
	struct kring *node;
	struct thread *thread;
	const char *path;
	int listener, stop[2];
};

/* ---- pieces on the wire ---- */

struct wire {
	int fd;
	int64_t until; /* steady ms; 0: as long as it takes */
};

static bool ready(const struct wire *w, short event)
{
	int64_t left = w->until ? w->until - time_steady() : -1;
	struct pollfd on = {.fd = w->fd, .events = event};
	if (w->until && left <= 0)
		return false;
	return TEMP_FAILURE_RETRY(poll(&on, 1, (int)left)) == 1;
}

static bool send_all(const struct wire *w, const void *data, size_t size)
{
	for (const char *at = data; size;) {
		if (!ready(w, POLLOUT))
			return false;
		ssize_t n = TEMP_FAILURE_RETRY(send(w->fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT));
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static bool take_all(const struct wire *w, void *data, size_t size)
{
	for (char *at = data; size;) {
		if (!ready(w, POLLIN))
			return false;
		ssize_t n = TEMP_FAILURE_RETRY(recv(w->fd, at, size, MSG_DONTWAIT));
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static bool send_piece(const struct wire *w, struct bytes b)
{
	uint32_t n = (uint32_t)b.size;
	return send_all(w, &n, sizeof n) && send_all(w, b.data, b.size);
}

static bool send_frame(const struct wire *w, char kind, struct bytes b)
{
	return send_all(w, &kind, 1) && send_piece(w, b);
}

/* A NUL stands behind what it takes. */
static bool take_piece(const struct wire *w, struct arena *arena, size_t *left, struct bytes *out)
{
	uint32_t n;
	if (!take_all(w, &n, sizeof n) || n > *left)
		return false;
	char *at = arena_alloc(arena, (size_t)n + 1);
	if (!take_all(w, at, n))
		return false;
	*left -= n;
	*out = (struct bytes){at, n};
	return true;
}

static bool socket_address(const char *dir, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	return text_print(out->sun_path, sizeof out->sun_path, "%s/control.sock", dir);
}

/* ---- the serving side ---- */

struct asked {
	const char *words[WORDS_MAX];
	uint32_t count;
	struct bytes input;
};

static bool take_asked(const struct wire *w, struct arena *arena, struct asked *a)
{
	size_t left = WORDS_BYTES, input_left = COMMAND_INPUT_MAX;
	if (!take_all(w, &a->count, sizeof a->count) || a->count == 0 || a->count > WORDS_MAX)
		return false;
	for (uint32_t i = 0; i < a->count; i++) {
		struct bytes word;
		if (!take_piece(w, arena, &left, &word) || !text_is_utf8(word.data, word.size))
			return false;
		a->words[i] = word.data;
	}
	return take_piece(w, arena, &input_left, &a->input)
		&& text_is_utf8(a->input.data, a->input.size);
}

static int run_command(struct control *c, struct command_call *call, const struct asked *a)
{
	int used = 0;
	const struct command *command = command_find((int)a->count, a->words, &used);
	if (!command || command->bare)
		return command_misused(call, "this cannot be asked of a serving node.");
	call->node = c->node;
	call->dir = c->node->dir;
	call->argc = (int)a->count - used;
	call->argv = a->words + used;
	call->input = a->input;
	return command->run(call);
}

static void answer_one(struct control *c, int fd)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct wire w = {fd, time_steady() + PATIENCE};
	struct command_call call = {.arena = arena};
	struct asked asked;
	char code[16];
	if (!take_asked(&w, arena, &asked))
		return;
	text_init(&call.out, arena, COMMAND_OUTPUT_MAX);
	text_init(&call.err, arena, COMMAND_OUTPUT_MAX);
	if (!text_print(code, sizeof code, "%d", run_command(c, &call, &asked)))
		die("control: an exit code of many digits");
	crypto_wipe((void *)(uintptr_t)asked.input.data, asked.input.size); /* may be a password */
	command_tame(&call);
	w.until = time_steady() + PATIENCE;
	if (!send_frame(&w, 'o', (struct bytes){call.out.at, call.out.size})
		|| !send_frame(&w, 'e', (struct bytes){call.err.at, call.err.size})
		|| !send_frame(&w, 'x', (struct bytes){code, strlen(code)}))
		log_line(LOG_WARN, "control", "answer not taken");
}

static void serve(void *arg)
{
	struct control *c = arg;
	struct pollfd on[2] = {
		{.fd = c->listener, .events = POLLIN}, {.fd = c->stop[0], .events = POLLIN}};
	for (;;) {
		if (TEMP_FAILURE_RETRY(poll(on, 2, -1)) < 0)
			die("control: poll: %s", strerror(errno));
		if (on[1].revents)
			return;
		int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			answer_one(c, fd);
			close(fd);
		}
	}
}

static int listen_at(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	unlink(address->sun_path); /* the store's lock is ours: whoever made it is dead */
	if (fchmod(fd, 0600) == 0
		&& bind(fd, (const struct sockaddr *)address, sizeof *address) == 0
		&& listen(fd, 16) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

enum err control_start(
	struct kring *node, struct arena *arena, struct control **out, const char **why)
{
	struct sockaddr_un address;
	struct control *c = arena_alloc(node->arena, sizeof *c);
	if (!socket_address(node->dir, &address)) {
		*why = arena_format(arena,
			"The name of %s is too long for its control socket: it may have %zu bytes.",
			node->dir, sizeof address.sun_path - sizeof "/control.sock");
		return ERR_INVALID;
	}
	c->node = node;
	c->path = arena_text(node->arena, address.sun_path);
	c->listener = listen_at(&address);
	if (c->listener < 0 || pipe2(c->stop, O_CLOEXEC) != 0) {
		*why = arena_format(arena, "%s: %s.", address.sun_path, strerror(errno));
		if (c->listener >= 0)
			close(c->listener);
		return ERR_STORE;
	}
	c->thread = thread_start("control", serve, c);
	*out = c;
	return OK;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	close(c->stop[1]);
	thread_join(c->thread);
	close(c->stop[0]);
	close(c->listener);
	unlink(c->path);
}

/* ---- the asking side ---- */

static enum err print_answer(const struct wire *w, int *code)
{
	for (;;) {
		ARENA_CLEANUP struct arena *arena = arena_create();
		char kind;
		size_t left = COMMAND_OUTPUT_MAX;
		struct bytes piece;
		int64_t number;
		if (!take_all(w, &kind, 1) || !take_piece(w, arena, &left, &piece))
			return ERR_AGAIN;
		if (kind != 'x') {
			fwrite(piece.data, 1, piece.size, kind == 'o' ? stdout : stderr);
			continue;
		}
		if (!text_to_i64(piece.data, 0, 2, &number))
			return ERR_AGAIN;
		*code = (int)number;
		return OK;
	}
}

static bool send_words(const struct wire *w, int argc, const char *const *argv)
{
	uint32_t count = (uint32_t)argc;
	bool sent = send_all(w, &count, sizeof count);
	for (int i = 0; sent && i < argc; i++)
		sent = send_piece(w, (struct bytes){argv[i], strlen(argv[i])});
	return sent;
}

enum err control_call(
	const char *dir, int argc, const char *const *argv, struct bytes input, int *code)
{
	struct sockaddr_un address;
	size_t size = 0;
	for (int i = 0; i < argc; i++)
		size += strlen(argv[i]);
	if (!socket_address(dir, &address))
		return ERR_NOT_FOUND;
	struct wire w = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	if (w.fd < 0)
		return ERR_AGAIN;
	enum err e = ERR_NOT_FOUND;
	if (connect(w.fd, (struct sockaddr *)&address, sizeof address) == 0) {
		e = argc <= WORDS_MAX && size <= WORDS_BYTES ? OK : ERR_TOO_MUCH;
		if (e == OK && (!send_words(&w, argc, argv) || !send_piece(&w, input)))
			e = ERR_AGAIN;
		if (e == OK)
			e = print_answer(&w, code);
	}
	close(w.fd);
	return e;
}

/*
 * control.c: commands for a serving node, over a unix socket in its directory (only its owner may connect).
 *
 * Asked:    u32 words, then each word and last the input, each as u32 size and bytes (the machine's own order).
 * Answered: frames of one letter, u32 size, bytes: 'o' output, 'e' error, and last 'x' with the exit code as text.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "node.h"

#define WORDS_MAX 32
#define ANSWER_MAX (16u << 20)

struct control {
	struct kring *node;
	struct thread *thread;
	const char *path;
	int listener, stop[2];
};

static bool send_all(int fd, const void *data, size_t size)
{
	const char *at = data;
	while (size) {
		ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static bool take_all(int fd, void *data, size_t size)
{
	char *at = data;
	while (size) {
		ssize_t n = recv(fd, at, size, 0);
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static bool send_piece(int fd, const void *data, size_t size)
{
	uint32_t n = (uint32_t)size;
	return send_all(fd, &n, sizeof n) && send_all(fd, data, size);
}

static bool take_piece(int fd, struct arena *arena, size_t *left, struct bytes *out)
{
	uint32_t n;
	if (!take_all(fd, &n, sizeof n) || n > *left)
		return false;
	char *at = arena_alloc(arena, (size_t)n + 1);
	if (!take_all(fd, at, n))
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

static bool take_call(int fd, struct arena *arena, const char **words, uint32_t *count, struct bytes *input)
{
	size_t left = CONTROL_MAX;
	if (!take_all(fd, count, sizeof *count) || *count == 0 || *count > WORDS_MAX)
		return false;
	for (uint32_t i = 0; i < *count; i++) {
		struct bytes word;
		if (!take_piece(fd, arena, &left, &word) || !text_is_utf8(word.data, word.size))
			return false;
		words[i] = word.data;
	}
	return take_piece(fd, arena, &left, input);
}

static int run_command(struct control *c, struct command_call *call, const char *const *words, int count)
{
	int used = 0;
	const struct command *command = command_find(count, words, &used);
	call->node = c->node;
	call->dir = c->node->dir;
	call->argc = count - used;
	call->argv = words + used;
	if (!command || command->bare) {
		text_add(&call->err, "This cannot be asked of a serving node.\n");
		return 2;
	}
	return command->run(call);
}

static void answer_one(struct control *c, int fd)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	const char *words[WORDS_MAX];
	uint32_t count;
	struct command_call call = {.arena = arena};
	text_init(&call.out, arena, ANSWER_MAX);
	text_init(&call.err, arena, ANSWER_MAX);
	struct timeval wait = {.tv_sec = 10};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
	if (!take_call(fd, arena, words, &count, &call.input))
		return;
	int code = run_command(c, &call, words, (int)count);
	const char *end = arena_format(arena, "%d", code);
	if (send_all(fd, "o", 1) && send_piece(fd, call.out.at, call.out.size) && send_all(fd, "e", 1)
		&& send_piece(fd, call.err.at, call.err.size) && send_all(fd, "x", 1) && send_piece(fd, end, strlen(end)))
		return;
	log_line(LOG_WARN, "control", "answer not taken");
}

static void serve(void *arg)
{
	struct control *c = arg;
	struct pollfd on[2] = {{.fd = c->listener, .events = POLLIN}, {.fd = c->stop[0], .events = POLLIN}};
	for (;;) {
		if (poll(on, 2, -1) < 0 && errno != EINTR)
			die("control: poll: %s", strerror(errno));
		if (on[1].revents)
			return;
		int fd = on[0].revents ? accept4(c->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
		if (fd >= 0) {
			answer_one(c, fd);
			close(fd);
		}
	}
}

enum err control_start(struct kring *node, struct control **out, const char **why)
{
	struct sockaddr_un address;
	if (!socket_address(node->dir, &address)) {
		*why = "The node's directory has too long a name for its control socket (about 90 characters).";
		return ERR_INVALID;
	}
	struct control *c = arena_alloc(node->arena, sizeof *c);
	*c = (struct control){.node = node, .path = arena_text(node->arena, address.sun_path), .listener = -1};
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(address.sun_path); /* the store's lock is ours: whoever made it is dead */
	mode_t before = umask(0177);
	bool good = c->listener >= 0 && bind(c->listener, (struct sockaddr *)&address, sizeof address) == 0
		&& listen(c->listener, 16) == 0;
	umask(before);
	if (!good || pipe2(c->stop, O_CLOEXEC) != 0) {
		*why = arena_format(node->arena, "%s: %s.", address.sun_path, strerror(errno));
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

static enum err print_answer(int fd, int *code)
{
	for (;;) {
		ARENA_CLEANUP struct arena *arena = arena_create();
		char kind;
		size_t left = ANSWER_MAX;
		struct bytes piece;
		if (!take_all(fd, &kind, 1) || !take_piece(fd, arena, &left, &piece))
			return ERR_AGAIN; /* it stopped in the middle */
		if (kind == 'x') {
			*code = atoi(piece.data);
			return OK;
		}
		fwrite(piece.data, 1, piece.size, kind == 'o' ? stdout : stderr);
	}
}

enum err control_call(const char *dir, int argc, const char *const *argv, struct bytes input, int *code)
{
	struct sockaddr_un address;
	int fd = socket_address(dir, &address) ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		if (fd >= 0)
			close(fd);
		return ERR_NOT_FOUND;
	}
	uint32_t count = (uint32_t)argc;
	bool sent = argc > 0 && argc <= WORDS_MAX && send_all(fd, &count, sizeof count);
	for (int i = 0; sent && i < argc; i++)
		sent = send_piece(fd, argv[i], strlen(argv[i]));
	enum err e = sent && send_piece(fd, input.data, input.size) ? print_answer(fd, code) : ERR_AGAIN;
	close(fd);
	return e;
}

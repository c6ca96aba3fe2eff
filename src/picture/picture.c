/* picture.c: starts kring-picture for one file, waits for it, and believes nothing it says without a look. */
#include "child.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MOST ((int)(30 * SECOND)) /* of the clock: of the processor it has eight */
#define PATH_MOST 4096

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* ---- the program and its files --------------------------------------------------------------- */

/* It stands where this program stands. */
static bool find_program(char out[PATH_MOST])
{
	char self[PATH_MOST - 32];
	ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
	if (size <= 0)
		return false;
	self[size] = '\0';
	char *slash = strrchr(self, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return text_print(out, PATH_MOST, "%s/kring-picture", self);
}

static bool write_all(int fd, struct bytes data)
{
	for (size_t done = 0; done < data.size;) {
		ssize_t n = TEMP_FAILURE_RETRY(
			write(fd, (const char *)data.data + done, data.size - done));
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return lseek(fd, 0, SEEK_SET) == 0;
}

static bool read_all(int fd, struct arena *arena, struct bytes *out)
{
	struct stat s;
	if (fstat(fd, &s) != 0 || s.st_size <= 0 || (size_t)s.st_size > ANSWER_MOST)
		return false;
	size_t size = (size_t)s.st_size;
	char *at = arena_alloc(arena, size);
	for (size_t done = 0; done < size;) {
		ssize_t n = TEMP_FAILURE_RETRY(pread(fd, at + done, size - done, (off_t)done));
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	*out = (struct bytes){at, size};
	return true;
}

/* ---- running it ------------------------------------------------------------------------------ */

static bool start(const char *program, const struct picture_wish *w, int in, int out, pid_t *pid)
{
	char side[16], small[16], name[] = "kring-picture", yes[] = "1", no[] = "0";
	char *argv[] = {name, side, small, w->square ? yes : no, NULL}, *env[] = {NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none;
	if (!text_print(side, sizeof side, "%d", w->side)
		|| !text_print(small, sizeof small, "%d", w->small)
		|| posix_spawn_file_actions_init(&files) != 0)
		return false;
	if (posix_spawnattr_init(&how) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return false;
	}
	sigemptyset(&none); /* signals this thread keeps out would never reach it */
	int bad = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO)
		| posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO)
		| posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO)
		| posix_spawnattr_setsigmask(&how, &none)
		| posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
	if (bad == 0)
		bad = posix_spawn(pid, program, &files, &how, argv, env);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&files);
	return bad == 0;
}

/* True: it ended by itself and says that all went well. */
static bool finish(pid_t pid)
{
	int status = 0, fd = pidfd_open(pid, 0);
	struct pollfd end = {.fd = fd, .events = POLLIN};
	bool ended = fd >= 0 && TEMP_FAILURE_RETRY(poll(&end, 1, WAIT_MOST)) == 1;
	if (!ended)
		(void)kill(pid, SIGKILL);
	if (fd >= 0)
		close(fd);
	if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) != pid)
		return false;
	bool well = ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (!well)
		log_line(LOG_WARN, "picture", "ended=%s signal=%d code=%d", ended ? "yes" : "late",
			WIFSIGNALED(status) ? WTERMSIG(status) : 0,
			WIFEXITED(status) ? WEXITSTATUS(status) : 0);
	return well;
}

/* ---- what it says ---------------------------------------------------------------------------- */

static bool part_read(const struct answer_part *p, const struct picture_wish *w, const char *at,
	struct picture_part *out)
{
	static const char *const types[] = {[PART_JPEG] = "image/jpeg", [PART_PNG] = "image/png"};
	static const char *const starts[] = {[PART_JPEG] = "\xff\xd8\xff", [PART_PNG] = "\x89PNG"};
	if (p->type < PART_JPEG || p->type > PART_PNG || p->width < 1 || p->height < 1
		|| p->width > (uint32_t)w->side || p->height > (uint32_t)w->side || p->size < 16
		|| memcmp(at, starts[p->type], strlen(starts[p->type])) != 0)
		return false;
	*out = (struct picture_part){types[p->type], (int)p->width, (int)p->height, {at, p->size}};
	return true;
}

static bool hash_fits(const char *hash)
{
	size_t size = strnlen(hash, PICTURE_HASH_TEXT);
	return size >= 6 && size < PICTURE_HASH_TEXT
		&& hash[strspn(hash,
			   "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			   "#$%*+,-.:;=?@[]^_{|}~")]
		== '\0';
}

static bool answer_read(struct bytes answer, const struct picture_wish *w, enum outcome *outcome,
	struct picture *out)
{
	struct answer_head head;
	const char *at = answer.data;
	if (answer.size < sizeof head)
		return false;
	memcpy(&head, at, sizeof head);
	*outcome = head.outcome;
	if (head.magic != ANSWER_MAGIC)
		return false;
	if (head.outcome != PICTURE_MADE)
		return true;
	if ((uint64_t)sizeof head + head.whole.size + head.small.size != answer.size
		|| !hash_fits(head.blurhash) || head.colour > 0xffffff)
		return false;
	at += sizeof head;
	memcpy(out->blurhash, head.blurhash, sizeof out->blurhash);
	out->colour = head.colour;
	return part_read(&head.whole, w, at, &out->whole)
		&& part_read(&head.small, w, at + head.whole.size, &out->small);
}

static enum err refuse_for(enum outcome o, struct refusal *why)
{
	switch (o) {
	case PICTURE_UNKNOWN:
		return refuse(why, NULL,
			"This is no picture we can read: choose a JPEG, PNG, WebP or GIF.");
	case PICTURE_LARGE:
		return refuse(why, NULL, "This picture is too large.");
	default:
		return refuse(why, NULL, "This picture is broken.");
	}
}

static enum err make(int in, int out, struct arena *arena, const struct picture_wish *w,
	struct refusal *why, struct picture *picture)
{
	char program[PATH_MOST];
	pid_t pid;
	if (!find_program(program) || !start(program, w, in, out, &pid)) {
		log_line(LOG_ERROR, "picture", "error=\"%s cannot be started\"", "kring-picture");
		return ERR_AGAIN;
	}
	struct bytes answer;
	struct picture made = {0};
	enum outcome outcome = PICTURE_BROKEN;
	/* Whatever it died of, it was the file. */
	if (!finish(pid) || !read_all(out, arena, &answer)
		|| !answer_read(answer, w, &outcome, &made))
		outcome = PICTURE_BROKEN;
	if (outcome != PICTURE_MADE)
		return refuse_for(outcome, why);
	*picture = made;
	return OK;
}

enum err picture_make(struct arena *arena, struct bytes file, const struct picture_wish *w,
	struct refusal *why, struct picture *out)
{
	if (file.size == 0 || file.size > PICTURE_FILE_MOST)
		return refuse_for(file.size == 0 ? PICTURE_UNKNOWN : PICTURE_LARGE, why);
	/* Its memory is counted, so one at a time has it. */
	pthread_mutex_lock(&turn);
	int given = memfd_create("picture", MFD_CLOEXEC), got = memfd_create("answer", MFD_CLOEXEC);
	enum err e = ERR_AGAIN;
	if (given >= 0 && got >= 0 && write_all(given, file))
		e = make(given, got, arena, w, why, out);
	if (given >= 0)
		close(given);
	if (got >= 0)
		close(got);
	pthread_mutex_unlock(&turn);
	return e;
}

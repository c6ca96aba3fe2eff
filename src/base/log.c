/* log.c: one line per call, written at once so that lines of several threads do not mix. */
#include "base.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define LINE_MOST 1024 /* well below PIPE_BUF: one write is one line, in a pipe too */

static atomic_int shown_level = LOG_INFO;
static atomic_int shown_fd = STDERR_FILENO;

void log_open(enum log_level most, int fd)
{
	atomic_store(&shown_level, (int)most);
	atomic_store(&shown_fd, fd);
}

/* A line that was cut ends at a whole code point and says so. */
static void mark_cut(char *line)
{
	static const char mark[] = "...";
	size_t end = strlen(line);
	end = end > sizeof mark ? end - sizeof mark : 0;
	while (end > 0 && ((unsigned char)line[end] >> 6) == 2)
		end--;
	memcpy(line + end, mark, sizeof mark);
}

static void write_all(int fd, const char *at, size_t size)
{
	while (size > 0) {
		ssize_t wrote = write(fd, at, size);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return; /* there is nowhere left to complain */
		at += wrote;
		size -= (size_t)wrote;
	}
}

void log_line(enum log_level level, const char *where, const char *format, ...)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	if ((int)level > atomic_load(&shown_level) || (unsigned)level >= COUNT(names))
		return;
	int kept = errno;
	char now[TIME_ISO], line[LINE_MOST];
	time_iso(time_now(), now);
	size_t room = sizeof line - 1; /* the newline's place */
	bool whole = text_print(line, room, "time=%s level=%s at=%s ", now, names[level], where);
	size_t size = strlen(line);
	va_list args;
	va_start(args, format);
	whole = text_print_v(line + size, room - size, format, args) && whole;
	va_end(args);
	if (!whole)
		mark_cut(line);
	text_tame(line, "");
	size = strlen(line);
	line[size] = '\n';
	write_all(atomic_load(&shown_fd), line, size + 1);
	errno = kept;
}

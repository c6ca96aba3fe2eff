/* room.c: how much may wait in the inbox: of one host at most a tenth, so that who is slow or hostile leaves room to others. */
#include "apply.h"

#include <search.h>
#include <stdlib.h>

#define ROWS_MOST 50000
#define BYTES_MOST ((size_t)512 << 20)
#define SHARE 10 /* of all that may wait, one host's part */

struct share { /* what waits of one host; in a tree by its name (tsearch) */
	const char *host;
	long rows, bytes;
	char name[];
};

static int by_host(const void *a, const void *b)
{
	return strcmp(((const struct share *)a)->host, ((const struct share *)b)->host);
}

static struct share *share_of(struct inbox *in, const char *host)
{
	struct share asked = {.host = host};
	void *found = tfind(&asked, &in->shares, by_host);
	return found != NULL ? *(struct share **)found : NULL;
}

static struct share *share_new(struct inbox *in, const char *host)
{
	size_t size = strlen(host) + 1;
	struct share *s = calloc(1, sizeof *s + size);
	if (s == NULL || !text_print(s->name, size, "%s", host))
		die("out of memory for the inbox");
	s->host = s->name;
	if (tsearch(s, &in->shares, by_host) == NULL)
		die("out of memory for the inbox");
	return s;
}

/* part: of all there is room for. */
static bool is_over(const struct inbox *in, long rows, long bytes, long part)
{
	const struct federation_settings *set = &in->f->set;
	size_t rows_most = set->inbox_max != 0 ? set->inbox_max : ROWS_MOST;
	size_t bytes_most = set->inbox_bytes != 0 ? set->inbox_bytes : BYTES_MOST;
	return rows * part >= (long)rows_most || bytes * part >= (long)bytes_most;
}

bool room_full(struct inbox *in)
{
	pthread_mutex_lock(&in->lock);
	bool full = is_over(in, in->rows, in->bytes, 1);
	pthread_mutex_unlock(&in->lock);
	return full;
}

bool room_full_for(struct inbox *in, const char *host)
{
	pthread_mutex_lock(&in->lock);
	const struct share *s = share_of(in, host);
	bool full = s != NULL && is_over(in, s->rows, s->bytes, SHARE);
	pthread_mutex_unlock(&in->lock);
	return full;
}

long room_rows(struct inbox *in, const char *host)
{
	pthread_mutex_lock(&in->lock);
	const struct share *s = share_of(in, host);
	long rows = s != NULL ? s->rows : 0;
	pthread_mutex_unlock(&in->lock);
	return rows;
}

/* A row may be applied before its sender is told that it was taken: then it leaves first. */
static void change(struct inbox *in, const char *host, long rows, long bytes)
{
	pthread_mutex_lock(&in->lock);
	struct share *s = share_of(in, host);
	if (s == NULL)
		s = share_new(in, host);
	s->rows += rows;
	s->bytes += bytes;
	in->rows += rows;
	in->bytes += bytes;
	if (s->rows == 0 && s->bytes == 0) {
		tdelete(s, &in->shares, by_host);
		free(s);
	}
	pthread_mutex_unlock(&in->lock);
}

void room_take(struct inbox *in, const char *host, size_t bytes)
{
	change(in, host, 1, (long)bytes);
}

void room_leave(struct inbox *in, const char *host, size_t bytes)
{
	change(in, host, -1, -(long)bytes);
}

void room_empty(struct inbox *in)
{
	in->rows = in->bytes = 0;
	while (in->shares != NULL) {
		struct share *s = *(struct share **)in->shares;
		tdelete(s, &in->shares, by_host);
		free(s);
	}
}

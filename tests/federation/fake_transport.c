/* fake_transport.c: transport_* from a table of URL → answer; see fake_transport.h. */
#include "fake_transport.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 400

struct row {
	char *url, *type, *body, *location, *etag;
	size_t size;
	int status;
	enum signature_form needs;
	size_t gets;
};
struct sent {
	char *inbox, *body;
};
static struct row rows[ROWS];
static struct sent posts[ROWS];
static size_t row_count, post_count, get_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct transport {
	struct pool *pool;
	bool closed;
};
struct errand {
	struct request request;
	answer_fn *done;
	void *arg;
};

static void row_empty(struct row *r)
{
	free(r->url);
	free(r->type);
	free(r->body);
	free(r->location);
	free(r->etag);
	*r = (struct row){0};
}

void wire_reset(void)
{
	for (size_t i = 0; i < row_count; i++)
		row_empty(&rows[i]);
	for (size_t i = 0; i < post_count; i++) {
		free(posts[i].inbox);
		free(posts[i].body);
	}
	row_count = post_count = get_count = 0;
}

static struct row *row_of(const char *url, bool make)
{
	for (size_t i = 0; i < row_count; i++)
		if (strcmp(rows[i].url, url) == 0)
			return &rows[i];
	if (!make || row_count == ROWS)
		return NULL;
	rows[row_count].url = strdup(url);
	return &rows[row_count++];
}

void wire_answer(const char *url, int status, const char *type, const char *body)
{
	wire_answer_bytes(url, status, type, (struct bytes){body, body != NULL ? strlen(body) : 0});
}

void wire_answer_bytes(const char *url, int status, const char *type, struct bytes body)
{
	pthread_mutex_lock(&lock);
	struct row *r = row_of(url, true);
	free(r->type);
	free(r->body);
	r->status = status;
	r->type = strdup(type != NULL ? type : ACTIVITY_TYPE);
	r->size = body.size;
	r->body = malloc(body.size + 1);
	if (body.size > 0)
		memcpy(r->body, body.data, body.size);
	pthread_mutex_unlock(&lock);
}

void wire_redirect(const char *url, int status, const char *location)
{
	wire_answer(url, status, "text/html", "");
	pthread_mutex_lock(&lock);
	struct row *r = row_of(url, true);
	free(r->location);
	r->location = strdup(location);
	pthread_mutex_unlock(&lock);
}

void wire_tags(const char *url, const char *etag)
{
	pthread_mutex_lock(&lock);
	struct row *r = row_of(url, true);
	free(r->etag);
	r->etag = strdup(etag);
	pthread_mutex_unlock(&lock);
}

void wire_needs(const char *url, enum signature_form form)
{
	pthread_mutex_lock(&lock);
	row_of(url, true)->needs = form;
	pthread_mutex_unlock(&lock);
}

size_t wire_gets(const char *url)
{
	pthread_mutex_lock(&lock);
	struct row *r = url != NULL ? row_of(url, false) : NULL;
	size_t n = url == NULL ? get_count : r != NULL ? r->gets : 0;
	pthread_mutex_unlock(&lock);
	return n;
}

size_t wire_posts_with(const char *inbox, const char *words)
{
	size_t n = 0;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < post_count; i++)
		n += (inbox == NULL || strcmp(posts[i].inbox, inbox) == 0)
			&& strstr(posts[i].body, words) != NULL;
	pthread_mutex_unlock(&lock);
	return n;
}

size_t wire_posts(const char *inbox)
{
	return wire_posts_with(inbox, "");
}

const char *wire_post(const char *inbox, size_t at)
{
	const char *body = "";
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < post_count; i++)
		if ((inbox == NULL || strcmp(posts[i].inbox, inbox) == 0) && at-- == 0) {
			body = posts[i].body;
			break;
		}
	pthread_mutex_unlock(&lock);
	return body;
}

static enum signature_form form_of(const struct request *q)
{
	enum signature_form form = 0;
	for (size_t i = 0; q->headers != NULL && q->headers[i] != NULL; i++) {
		if (text_starts(q->headers[i], "Signature-Input:"))
			form = FORM_RFC9421;
		else if (text_starts(q->headers[i], "Signature:") && form == 0)
			form = FORM_CAVAGE;
	}
	return form;
}

static bool has_it(const struct request *q, const char *etag)
{
	char wanted[256];
	if (etag == NULL || !text_print(wanted, sizeof wanted, "If-None-Match: %s", etag))
		return false;
	for (size_t i = 0; q->headers != NULL && q->headers[i] != NULL; i++)
		if (strcmp(q->headers[i], wanted) == 0)
			return true;
	return false;
}

static void answer(void *arg)
{
	struct errand *e = arg;
	struct answer a = {.url = e->request.url, .why = "", .status = 404, .type = "text/html"};
	pthread_mutex_lock(&lock);
	if (e->request.kind == FETCH_POST && post_count < ROWS) {
		posts[post_count++] = (struct sent){strdup(e->request.url),
			strndup(e->request.body.data, e->request.body.size)};
		const struct row *r = row_of(e->request.url, false);
		a.status = r != NULL && r->status > 0 ? r->status : 202;
	} else {
		struct row *r = row_of(e->request.url, true);
		get_count++;
		r->gets++;
		if (r->needs != 0 && form_of(&e->request) != r->needs)
			a.status = 401;
		else if (r->status < 0)
			a.err = r->status == WIRE_BUSY ? ERR_AGAIN : ERR_REMOTE;
		else if (has_it(&e->request, r->etag))
			a.status = 304;
		else if (r->status != 0) {
			a.status = r->status;
			a.etag = r->etag;
			a.type = r->type;
			a.location = r->location;
			a.body = (struct bytes){r->body, r->size};
			if (e->request.max != 0 && r->size > e->request.max)
				a = (struct answer){.err = ERR_TOO_MUCH, .url = a.url};
		}
	}
	pthread_mutex_unlock(&lock);
	e->done(e->arg, &a);
	free(e);
}

enum err transport_start(
	const struct federation_settings *set, struct transport **out, const char **why)
{
	(void)set;
	(void)why;
	struct transport *t = calloc(1, sizeof *t);
	t->pool = pool_create("wire", 1, 10000);
	*out = t;
	return OK;
}

void transport_close(struct transport *t)
{
	pthread_mutex_lock(&lock);
	t->closed = true;
	pthread_mutex_unlock(&lock);
}

void transport_stop(struct transport *t)
{
	pool_destroy(t->pool);
	free(t);
}

enum err transport_send(
	struct transport *t, const struct request *request, answer_fn *done, void *arg)
{
	struct errand *e = malloc(sizeof *e);
	*e = (struct errand){*request, done, arg};
	pthread_mutex_lock(&lock);
	enum err err = t->closed ? ERR_AGAIN : pool_submit(t->pool, answer, e);
	pthread_mutex_unlock(&lock);
	if (err != OK)
		free(e);
	return err;
}

enum err transport_mail(
	struct transport *t, const struct mail_request *request, struct mail_answer *answer)
{
	(void)t, (void)request;
	*answer = (struct mail_answer){0};
	return ERR_REMOTE;
}

void transport_numbers(struct transport *t, struct view *v)
{
	(void)t;
	(void)v;
}

/* dns.c: names to addresses by a small pool with a short memory. libcurl's own resolver blocks the wire thread behind a
 * dead name server; and an address must be checked before, and be the one that is connected to. */
#include "federation.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define WAITING_MOST 64
#define ASKERS_MOST 256 /* of one name */
#define KEPT_MOST 4096  /* names remembered */
#define BUCKETS 1024
#define REMEMBERED (60 * SECOND)

struct asker {
	dns_fn *done;
	void *arg;
	struct asker *next;
};

struct name {
	struct dns *dns;
	char *host;
	bool asked;    /* a thread works on it */
	int64_t until; /* steady; how long the answer counts */
	struct dns_answer answer;
	struct asker *askers;
	size_t asker_count;
	struct name *next;
};

struct dns {
	pthread_mutex_t lock;
	struct pool *pool;
	struct name *buckets[BUCKETS];
	size_t kept;
};

static void *must_alloc(size_t size)
{
	void *p = calloc(1, size);
	if (p == NULL)
		die("out of memory for a name");
	return p;
}

static struct name **bucket_of(struct dns *d, const char *host)
{
	size_t hash = 5381;
	for (const char *c = host; *c != '\0'; c++)
		hash = hash * 33 + (unsigned char)*c;
	return &d->buckets[hash % BUCKETS];
}

static void name_free(struct name *n)
{
	free(n->host);
	free(n);
}

/* ---- asking the system ----------------------------------------------------------------------- */

/* One address that is not public spoils the name: picking the good ones would let its owner choose when. */
static void answer_read(const struct addrinfo *list, struct dns_answer *out)
{
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		if (!transport_address_ok(a->ai_addr, false)) {
			out->err = ERR_FORBIDDEN;
			return;
		}
		if (out->count < DNS_ADDRESSES
			&& getnameinfo(a->ai_addr, a->ai_addrlen, out->at[out->count],
				   sizeof out->at[0], NULL, 0, NI_NUMERICHOST)
				== 0)
			out->count++;
	}
	if (out->count == 0)
		out->err = ERR_REMOTE;
}

static void resolve(void *arg)
{
	struct name *n = arg;
	struct dns *d = n->dns;
	struct dns_answer answer = {.err = OK};
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
	if (getaddrinfo(n->host, NULL, &hints, &list) == 0) {
		answer_read(list, &answer);
		freeaddrinfo(list);
	} else {
		answer.err = ERR_REMOTE;
	}
	pthread_mutex_lock(&d->lock);
	struct asker *askers = n->askers;
	n->answer = answer;
	n->until = time_steady() + REMEMBERED;
	n->asked = false;
	n->askers = NULL;
	n->asker_count = 0;
	pthread_mutex_unlock(&d->lock); /* from here on n may be forgotten */
	while (askers != NULL) {
		struct asker *next = askers->next;
		askers->done(askers->arg, &answer);
		free(askers);
		askers = next;
	}
}

/* ---- the memory ------------------------------------------------------------------------------ */

/* Drops what is stale in one bucket, and when too much is kept the rest of it that nobody waits for. */
static void bucket_tidy(struct dns *d, struct name **bucket)
{
	int64_t now = time_steady();
	for (struct name **at = bucket; *at != NULL;) {
		struct name *n = *at;
		if (n->asked || (n->until > now && d->kept < KEPT_MOST)) {
			at = &n->next;
			continue;
		}
		*at = n->next;
		name_free(n);
		d->kept--;
	}
}

static struct name *name_of(struct dns *d, const char *host)
{
	struct name **bucket = bucket_of(d, host);
	bucket_tidy(d, bucket);
	for (struct name *n = *bucket; n != NULL; n = n->next)
		if (strcmp(n->host, host) == 0)
			return n;
	struct name *n = must_alloc(sizeof *n);
	size_t size = strlen(host) + 1;
	n->dns = d;
	n->host = must_alloc(size);
	memcpy(n->host, host, size);
	n->next = *bucket;
	*bucket = n;
	d->kept++;
	return n;
}

void dns_ask(struct dns *d, const char *host, dns_fn *done, void *arg)
{
	struct dns_answer answer = {.err = ERR_AGAIN};
	pthread_mutex_lock(&d->lock);
	struct name *n = name_of(d, host);
	bool known = !n->asked && n->until > time_steady();
	bool waits = !known && n->asker_count < ASKERS_MOST;
	if (waits && !n->asked)
		waits = n->asked = pool_submit(d->pool, resolve, n) == OK;
	if (known)
		answer = n->answer;
	if (waits) {
		struct asker *a = must_alloc(sizeof *a);
		*a = (struct asker){done, arg, n->askers};
		n->askers = a;
		n->asker_count++;
	}
	pthread_mutex_unlock(&d->lock);
	if (!waits)
		done(arg, &answer);
}

struct dns *dns_start(void)
{
	struct dns *d = must_alloc(sizeof *d);
	pthread_mutex_init(&d->lock, NULL);
	d->pool = pool_create("names", THREADS, WAITING_MOST);
	return d;
}

void dns_stop(struct dns *d)
{
	if (d == NULL)
		return;
	pool_destroy(d->pool);
	for (size_t i = 0; i < BUCKETS; i++)
		while (d->buckets[i] != NULL) {
			struct name *n = d->buckets[i];
			d->buckets[i] = n->next;
			name_free(n);
		}
	pthread_mutex_destroy(&d->lock);
	free(d);
}

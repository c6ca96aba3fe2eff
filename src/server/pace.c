/* pace.c: how often: one number per (what, who), in a table that forgets whoever was seen longest ago. */
#include "inside.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>

#define BUCKETS 50000
#define CHAINS 65536
#define NANOS INT64_C(1000000)
#define HOPS_MAX 16
#define DRAFTS_PER_MINUTE 30

/*
 * A token bucket as one time: `full_at`, when it will be full again. Each call moves it one interval further, and is
 * refused when that would be more than a window ahead. Links are indexes, 0 is none.
 */
struct bucket {
	uint64_t key;
	int64_t full_at;       /* ns */
	uint32_t newer, older; /* by last use */
	uint32_t next;         /* in its chain */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bucket buckets[BUCKETS + 1];
static uint32_t chains[CHAINS];
static uint32_t used, newest, oldest;
static uint64_t seed; /* nobody outside can choose who shares a bucket */

static uint64_t mix(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x9e3779b97f4a7c15) ^ h >> 29;
	return (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

static void unlink_use(uint32_t i)
{
	struct bucket *b = &buckets[i];
	if (b->newer != 0)
		buckets[b->newer].older = b->older;
	else
		newest = b->older;
	if (b->older != 0)
		buckets[b->older].newer = b->newer;
	else
		oldest = b->newer;
}

static void link_newest(uint32_t i)
{
	buckets[i].newer = 0;
	buckets[i].older = newest;
	if (newest != 0)
		buckets[newest].newer = i;
	else
		oldest = i;
	newest = i;
}

static uint32_t evict(void)
{
	uint32_t i = oldest;
	unlink_use(i);
	uint32_t *at = &chains[buckets[i].key % CHAINS];
	while (*at != i)
		at = &buckets[*at].next;
	*at = buckets[i].next;
	return i;
}

static struct bucket *bucket_of(uint64_t key)
{
	uint32_t i = chains[key % CHAINS];
	while (i != 0 && buckets[i].key != key)
		i = buckets[i].next;
	if (i != 0) {
		unlink_use(i);
	} else {
		i = used < BUCKETS ? ++used : evict();
		buckets[i] = (struct bucket){.key = key, .next = chains[key % CHAINS]};
		chains[key % CHAINS] = i;
	}
	link_newest(i);
	return &buckets[i];
}

int64_t pace_wait(const char *what, const char *who, int most, int64_t window_ms)
{
	if (most < 1 || window_ms < 1 || window_ms > DAY)
		die("a pace of %d in %lld ms", most, (long long)window_ms);
	int64_t now = time_steady() * NANOS, window = window_ms * NANOS, step = window / most,
		wait = 0;
	pthread_mutex_lock(&lock);
	if (seed == 0)
		crypto_random(&seed, sizeof seed);
	struct bucket *b = bucket_of(mix(mix(seed, what) + 1, who));
	int64_t full_at = (b->full_at > now ? b->full_at : now) + step;
	if (full_at - now > window)
		wait = (full_at - now - window) / NANOS + 1;
	else
		b->full_at = full_at;
	pthread_mutex_unlock(&lock);
	return wait;
}

bool pace_allows(const char *what, const char *who, int most, int64_t window_ms)
{
	return pace_wait(what, who, most, window_ms) == 0;
}

bool call_allows(struct call *c, const char *what, const char *who, int most, int64_t window_ms)
{
	size_t i = 0;
	while (i < COUNT(c->paid) && c->paid[i] != NULL)
		if (text_is(c->paid[i++], what))
			return true;
	if (!pace_allows(what, who, most, window_ms))
		return false;
	if (i == COUNT(c->paid))
		die("a call asks the pace of too many things: %s", what);
	c->paid[i] = what;
	return true;
}

size_t pace_count(void)
{
	pthread_mutex_lock(&lock);
	size_t n = used;
	pthread_mutex_unlock(&lock);
	return n;
}

/* ---- who ------------------------------------------------------------------------------------- */

/* One subscriber holds a /64: counting single IPv6 addresses would count nobody. */
const char *call_network(const struct call *c)
{
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN];
	const char *peer = c->peer != NULL ? c->peer : "";
	if (inet_pton(AF_INET6, peer, &v6) != 1)
		return peer;
	memset(&v6.s6_addr[8], 0, 8);
	return inet_ntop(AF_INET6, &v6, text, sizeof text) != NULL ? arena_text(c->arena, text)
								   : peer;
}

int64_t pace_of(struct exchange *x)
{
	const struct route *r = x->call.route;
	char id[ID_TEXT];
	const char *who = x->call.viewer.actor != 0 ? id_text(x->call.viewer.actor, id)
						    : call_network(&x->call);
	/* The pattern, not the path: "/x", "/x/" and "/x?y" share one bucket (security.md R50). */
	char what[256];
	if (run_keeps(x))
		return pace_wait("draft", who, DRAFTS_PER_MINUTE, MINUTE);
	if (!text_print(what, sizeof what, "%d %s", (int)r->method, r->path))
		die("route %s is too long", r->path);
	return pace_wait(what, who, r->per_minute > 0 ? r->per_minute : 600, MINUTE);
}

/* An address in its one spelling, IPv4 also when it came mapped into IPv6; NULL when it is none. */
static const char *address_of(struct arena *arena, const char *s)
{
	struct in_addr v4;
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN];
	const char *plain = NULL;
	if (inet_pton(AF_INET, s, &v4) == 1) {
		plain = inet_ntop(AF_INET, &v4, text, sizeof text);
	} else if (inet_pton(AF_INET6, s, &v6) == 1) {
		bool mapped = IN6_IS_ADDR_V4MAPPED(&v6);
		plain = mapped ? inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text)
			       : inet_ntop(AF_INET6, &v6, text, sizeof text);
	}
	return arena_text(arena, plain);
}

/* Whoever stands left in the header was written by the caller; only the hop that our own proxy saw is true (R51). */
const char *pace_peer(
	struct arena *arena, const char *socket, const char *trusted, const char *forwarded)
{
	const char *peer = address_of(arena, socket);
	const char *proxy = trusted != NULL ? address_of(arena, trusted) : NULL;
	if (peer == NULL || forwarded == NULL || !text_is(peer, proxy))
		return peer != NULL ? peer : socket;
	const char *end = forwarded + strlen(forwarded);
	for (int hop = 0; hop < HOPS_MAX; hop++) {
		const char *start = end;
		while (start > forwarded && start[-1] != ',')
			start--;
		const char *named = text_trim(
			arena, arena_text_n(arena, start, (size_t)(end - start)));
		const char *address = address_of(arena, named);
		if (address == NULL)
			return peer;
		if (!text_is(address, proxy))
			return address;
		if (start == forwarded)
			return peer;
		end = start - 1;
	}
	return peer;
}

/*
 * peers.c: delivery among hosts that are dead, hang, trickle, break off, fail, send in circles, have let their
 * certificate expire, or whose name server is dead. Those that are well hear of each activity in good time; those that
 * come back hear of all they missed; what stays away stays queued.
 *
 * DEAD=1000 has more of the dead.
 */
#include "../federation/peer.h"

#include <netdb.h>

#define UNIT 100 /* ms for ten seconds */
#define ACTIVITIES 10
#define EVERY 250 /* ms */
#define DELAY_MOST 5000
#define HOSTS_MOST 2048
#define BACK_WITHIN 90000

enum ilk { GOOD, FAILS, HANGS, TRICKLES, CUTS, TURNS, EXPIRED, GONE, NAMELESS, DEAD, KINDS };
static const struct {
	const char *name;
	size_t count; /* of DEAD: by option */
	bool returns;
} kinds[KINDS] = {{"good", 60, true}, {"fails", 10, true}, {"hangs", 50, true},
	{"trickles", 10, true}, {"cuts", 10, true}, {"turns", 5, true}, {"expired", 10, false},
	{"gone", 5, false}, {"nameless", 40, false}, {"dead", 200, false}};

struct host_seen { /* one of the other side */
	enum ilk kind;
	const char *inbox;
	int64_t heard[ACTIVITIES]; /* first; steady ms, 0: not yet */
	unsigned times[ACTIVITIES];
};

static struct rig {
	struct arena *arena;
	struct site site;
	struct store *store;
	struct pool *crypto;
	struct federation federation;
	struct peer *peer, *expired;
	uint64_t actor;
	struct key *key;
	char ca[64];
	atomic_bool well; /* all that can are well again */
	pthread_mutex_t lock;
	struct host_seen hosts[HOSTS_MOST];
	size_t host_count;
	int64_t queued[ACTIVITIES];
} rig;

/* ---- names: a dead name server takes its time to say nothing ---- */

int getaddrinfo(
	const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	(void)name, (void)service, (void)hints, (void)out;
	for (int i = 0; i < 100 && !atomic_load(&rig.well); i++)
		usleep(10000);
	return EAI_AGAIN;
}

void freeaddrinfo(struct addrinfo *list)
{
	(void)list; /* there never is one */
}

/* ---- the other side ---- */

static struct host_seen *host_of(struct peer_call *c)
{
	char host[256];
	peer_header(c, "Host", host, sizeof host);
	size_t size = strcspn(host, ".");
	for (size_t i = 0; i < rig.host_count; i++) {
		const char *at = strstr(rig.hosts[i].inbox, "://") + 3;
		if (strncmp(at, host, size) == 0 && at[size] == '.')
			return &rig.hosts[i];
	}
	return NULL;
}

static void take(struct peer_call *c, struct host_seen *h)
{
	size_t activity = strtoul((const char *)c->body.data + strlen("{\"id\":\""), NULL, 10) - 1;
	pthread_mutex_lock(&rig.lock);
	if (activity < ACTIVITIES && h->times[activity]++ == 0)
		h->heard[activity] = time_steady();
	pthread_mutex_unlock(&rig.lock);
	peer_answer(c, 202, "", "");
}

static void until_well(struct peer_call *c)
{
	while (!atomic_load(&rig.well) && !atomic_load(&c->peer->stopping))
		usleep(10000);
}

static void misbehave(struct peer_call *c, struct host_seen *h)
{
	static const char cut[] = "HTTP/1.1 500 X\r\nContent-Length: 1000\r\n\r\nSo";
	switch (h->kind) {
	case FAILS:
		peer_answer(c, 500, "", "");
		return;
	case HANGS:
		until_well(c);
		c->closes = true;
		return;
	case TRICKLES:
		while (!atomic_load(&rig.well) && !atomic_load(&c->peer->stopping)
			&& peer_write(c, "x", 1))
			usleep(200000);
		c->closes = true;
		return;
	case CUTS:
		peer_write(c, cut, sizeof cut - 1);
		c->closes = true;
		return;
	case TURNS:
		peer_answer(c, 307, "Location: /inbox\r\n", "");
		return;
	default:
		take(c, h);
	}
}

static void behave(struct peer_call *c)
{
	struct host_seen *h = host_of(c);
	if (h == NULL)
		peer_answer(c, 404, "", "");
	else if (h->kind == GONE)
		peer_answer(c, 410, "", "");
	else if (atomic_load(&rig.well))
		take(c, h);
	else
		misbehave(c, h);
}

/* ---- the rig ---- */

static const char *inbox_of(enum ilk kind, size_t i)
{
	const char *name = arena_format(rig.arena, "%s%zu", kinds[kind].name, i);
	if (kind == NAMELESS)
		return arena_format(rig.arena, "https://%s.ex.com/inbox", name);
	if (kind == DEAD)
		return arena_format(rig.arena, "https://%s.peer.localhost:1/inbox", name);
	return peer_url(rig.arena, kind == EXPIRED ? rig.expired : rig.peer, name, "/inbox");
}

static void make_hosts(void)
{
	const char *asked = getenv("DEAD");
	for (enum ilk k = GOOD; k < KINDS; k++) {
		size_t count = k == DEAD && asked ? strtoul(asked, NULL, 10) : kinds[k].count;
		for (size_t i = 0; i < count; i++) {
			assert_true(rig.host_count < HOSTS_MOST);
			rig.hosts[rig.host_count++] = (struct host_seen){
				.kind = k, .inbox = inbox_of(k, i)};
		}
	}
}

/* Both authorities are trusted: of the expired one only its date is wrong. */
static void trust_both(void)
{
	assert_true(text_print(rig.ca, sizeof rig.ca, "%s", "/tmp/kring-peers-XXXXXX"));
	FILE *out = fdopen(mkstemp(rig.ca), "w");
	const char *const files[] = {rig.peer->ca, rig.expired->ca};
	for (size_t i = 0; i < COUNT(files); i++) {
		char buffer[8192];
		FILE *in = fopen(files[i], "r");
		size_t size = fread(buffer, 1, sizeof buffer, in);
		assert_int_equal(fwrite(buffer, 1, size, out), size);
		fclose(in);
	}
	fclose(out);
}

static enum err make_actor(struct txn *t, void *arg)
{
	struct key_pair keys = {.rsa = rig.key};
	struct refusal why = {0};
	struct actor a;
	(void)arg;
	enum err e = actor_create(t, ACTOR_PERSON, "ann", NULL, &keys, &why, &a);
	rig.actor = e == OK ? a.id : 0;
	return e;
}

static void start_delivery(void)
{
	const char *why = NULL;
	rig.federation = (struct federation){.set = {.site = &rig.site,
						     .store = rig.store,
						     .crypto = rig.crypto,
						     .ca_file = rig.ca,
						     .deliver = true,
						     .retry_unit = UNIT}};
	assert_int_equal(transport_start(&rig.federation.set, &rig.federation.transport, &why), OK);
	assert_int_equal(delivery_start(&rig.federation, &rig.federation.delivery), OK);
}

static int rig_open(void **state)
{
	const char *why = NULL;
	(void)state;
	log_open(LOG_ERROR, 2);
	pthread_mutex_init(&rig.lock, NULL);
	rig.arena = arena_create();
	rig.site = (struct site){.domain = "ex.org",
		.base_url = "https://ex.org",
		.name = "Ex",
		.summary = "",
		.language = "en",
		.version = "0",
		.loopback = true};
	struct store_settings settings = {.owner = &rig.site};
	assert_int_equal(store_open(rig.arena, &settings, &rig.store, &why), OK);
	rig.key = key_generate(KEY_RSA);
	assert_int_equal(store_write(rig.store, make_actor, NULL), OK);
	rig.crypto = pool_create("crypto", 2, 1000);
	rig.peer = peer_open(behave, true);
	peer_lifetime = -60;
	rig.expired = peer_open(behave, true);
	trust_both();
	make_hosts();
	start_delivery();
	return 0;
}

static int rig_close(void **state)
{
	(void)state;
	atomic_store(&rig.well, true);
	delivery_stop(rig.federation.delivery);
	transport_stop(rig.federation.transport);
	peer_close(rig.peer);
	peer_close(rig.expired);
	unlink(rig.ca);
	pool_destroy(rig.crypto);
	store_close(rig.store);
	key_drop(rig.key);
	arena_destroy(rig.arena);
	return 0;
}

/* ---- what is said, and what came of it ---- */

static enum err put_one(struct txn *t, void *arg)
{
	uint64_t id = *(uint64_t *)arg;
	const char *json = arena_format(txn_arena(t), "{\"id\":\"%llu\"}", (unsigned long long)id);
	struct place place = place_1(TABLE_ACTIVITY, id);
	struct kept kept = {.json = {json, strlen(json)}, .actor = rig.actor};
	enum err e = txn_save(t, &place, &kept_shape, &kept);
	for (size_t i = 0; e == OK && i < rig.host_count; i++)
		e = delivery_put(&(struct recipients){t, id, rig.actor, id}, rig.hosts[i].inbox);
	return e;
}

static enum err count_row(void *arg, struct bytes key, struct bytes value)
{
	(void)key, (void)value;
	++*(size_t *)arg;
	return OK;
}

static enum err count_rows(struct txn *t, void *arg)
{
	struct walk walk = {.prefix = place_0(TABLE_QUEUE), .max = WALK_ALL};
	return txn_walk(t, &walk, count_row, arg);
}

static size_t rows(void)
{
	size_t count = 0;
	assert_int_equal(store_read(rig.store, count_rows, &count), OK);
	return count;
}

/* How many of the deliveries to such hosts have not come. */
static size_t missing(bool (*counts)(enum ilk))
{
	size_t count = 0;
	pthread_mutex_lock(&rig.lock);
	for (size_t i = 0; i < rig.host_count; i++)
		for (size_t n = 0; n < ACTIVITIES; n++)
			count += counts(rig.hosts[i].kind) && rig.hosts[i].times[n] == 0;
	pthread_mutex_unlock(&rig.lock);
	return count;
}

static bool is_good(enum ilk k)
{
	return k == GOOD;
}

static bool comes_back(enum ilk k)
{
	return kinds[k].returns;
}

static bool stays_away(enum ilk k)
{
	return k == EXPIRED || k == NAMELESS || k == DEAD;
}

static void wait_for(bool (*counts)(enum ilk), int64_t ms)
{
	int64_t end = time_steady() + ms;
	while (missing(counts) > 0 && time_steady() < end)
		usleep(20000);
}

static int rising(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int64_t good_delay(size_t percent)
{
	static int64_t all[HOSTS_MOST * ACTIVITIES];
	size_t count = 0;
	for (size_t i = 0; i < rig.host_count; i++)
		for (size_t n = 0; rig.hosts[i].kind == GOOD && n < ACTIVITIES; n++)
			all[count++] = rig.hosts[i].heard[n] - rig.queued[n];
	qsort(all, count, sizeof *all, rising);
	return all[(count - 1) * percent / 100];
}

static void the_well_are_not_held_up(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= ACTIVITIES; id++) {
		rig.queued[id - 1] = time_steady();
		assert_int_equal(store_write(rig.store, put_one, &id), OK);
		delivery_wake(rig.federation.delivery);
		usleep(EVERY * 1000);
	}
	wait_for(is_good, 4 * DELAY_MOST);
	assert_int_equal(missing(is_good), 0);
	int64_t p99 = good_delay(99);
	printf("# %zu hosts: p50 %lld ms, p99 %lld ms\n", rig.host_count, (long long)good_delay(50),
		(long long)p99);
	assert_true(p99 < DELAY_MOST);
	assert_true(missing(comes_back) > 0); /* the others were as bad as they should be */
}

static void who_comes_back_hears_everything(void **state)
{
	size_t away = 0, kept = rows();
	(void)state;
	for (size_t i = 0; i < rig.host_count; i++)
		away += stays_away(rig.hosts[i].kind);
	assert_true(kept >= away * ACTIVITIES);
	atomic_store(&rig.well, true);
	wait_for(comes_back, BACK_WITHIN);
	for (size_t i = 0; i < rig.host_count; i++)
		for (size_t n = 0; comes_back(rig.hosts[i].kind) && n < ACTIVITIES; n++)
			if (rig.hosts[i].times[n] == 0)
				fail_msg("%s lost activity %zu", rig.hosts[i].inbox, n + 1);
	/* What stays away is neither lost nor delivered. */
	for (int i = 0; rows() > away * ACTIVITIES && i < 500; i++)
		usleep(20000);
	assert_int_equal(rows(), away * ACTIVITIES);
	assert_int_equal(missing(stays_away), away * ACTIVITIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_well_are_not_held_up),
		cmocka_unit_test(who_comes_back_hears_everything),
	};
	return cmocka_run_group_tests(tests, rig_open, rig_close);
}

/* mailer.c: sends the mail that waits (features/mail.c), one after the other: a server of a small association wants no
 * more. Its trouble holds up all mail; a recipient's only that one's. No address is ever logged. */
#include "federation.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK 1000 /* ms between looks at the queue */
#define UNIT_USUAL (10 * SECOND)
#define STEPS 6 /* of retry_unit: the first wait of a mail; a minute as a rule */
#define PAUSE_MOST (15 * MINUTE)

struct mailer {
	struct federation *federation;
	struct thread *thread;
	pthread_mutex_t lock; /* of stopping */
	pthread_cond_t stopped;
	bool stopping;
	int failures; /* of the server, in a row */
	atomic_uint_least64_t sent, later, refused, dropped, failed;
};

static _Atomic(struct mailer *) running; /* of this process: where the page's button finds it */

bool mail_is_loopback(const char *server)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct url u;
	const char *rest = strstr(server, "://");
	return rest != NULL && url_parse(arena, arena_format(arena, "http%s", rest), &u) == OK
		&& url_is_loopback(&u);
}

/* ---- one mail -------------------------------------------------------------------------------- */

static bool write_whole(int fd, struct bytes b)
{
	for (size_t done = 0; done < b.size;) {
		ssize_t n = TEMP_FAILURE_RETRY(
			write(fd, (const char *)b.data + done, b.size - done));
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static enum err put_file(
	const char *directory, uint64_t id, struct bytes message, struct mail_answer *answer)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	const char *file = arena_format(arena, "%s/%llu.eml", directory, (unsigned long long)id);
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return ERR_REMOTE;
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write_whole(fd, message);
	if (fd >= 0)
		close(fd);
	*answer = (struct mail_answer){0};
	if (!text_print(answer->words, sizeof answer->words, "%s: %s", file,
		    good ? "written" : strerror(errno)))
		answer->words[0] = '\0';
	return good ? OK : ERR_REMOTE;
}

static enum err send_one(struct federation *f, struct arena *arena, const struct mail *mail,
	struct mail_answer *answer)
{
	const struct mail_settings *set = &f->set.mail;
	struct mail_request request = {.set = set,
		.hello = strchr(f->set.site->mail_from, '@') + 1,
		.from = bounce_address(arena, f->set.site, mail->to),
		.to = mail->to};
	*answer = (struct mail_answer){0};
	enum err e = mail_write(arena, f->set.site, mail, &request.message);
	if (e != OK)
		return ERR_INVALID;
	return set->directory != NULL ? put_file(set->directory, mail->id, request.message, answer)
				      : transport_mail(f->transport, &request, answer);
}

/* ---- the queue ------------------------------------------------------------------------------- */

static int64_t unit_of(const struct mailer *m)
{
	int64_t unit = m->federation->set.retry_unit;
	return STEPS * (unit > 0 ? unit : UNIT_USUAL);
}

static bool wait_for(struct mailer *m, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / SECOND;
	until.tv_nsec += ms % SECOND * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&m->lock);
	int timed = 0;
	while (!m->stopping && timed == 0)
		timed = pthread_cond_timedwait(&m->stopped, &m->lock, &until);
	bool go_on = !m->stopping;
	pthread_mutex_unlock(&m->lock);
	return go_on;
}

struct work {
	struct arena *arena;
	struct mail mail;
	enum mail_outcome outcome;
	int64_t per_hour, unit;
};

static enum err next_run(struct txn *t, void *arg)
{
	struct work *w = arg;
	struct mail m;
	enum err e = mail_next(t, w->per_hour, &m);
	if (e != OK)
		return e;
	m.to = arena_text(w->arena, m.to);
	m.language = arena_text(w->arena, m.language);
	m.html = arena_text(w->arena, m.html);
	m.leave = arena_text(w->arena, m.leave);
	m.posts.at = arena_copy(w->arena, m.posts.at, m.posts.count * sizeof *m.posts.at);
	w->mail = m;
	return OK;
}

static enum err end_run(struct txn *t, void *arg)
{
	const struct work *w = arg;
	return mail_end(t, &w->mail, w->outcome, w->unit);
}

/* What was sent must not be sent again: nothing else goes out before the store knows. */
static void keep_outcome(struct mailer *m, struct work *w)
{
	while (store_write(m->federation->set.store, end_run, w) != OK)
		if (!wait_for(m, LOOK))
			return;
}

static int64_t pause_of(const struct mailer *m)
{
	int64_t pause = m->failures < 16 ? unit_of(m) << (m->failures - 1) : PAUSE_MOST;
	return pause < PAUSE_MOST ? pause : PAUSE_MOST;
}

static atomic_uint_least64_t *counter_of(struct mailer *m, enum mail_outcome outcome)
{
	switch (outcome) {
	case MAIL_SENT:
		return &m->sent;
	case MAIL_LATER:
		return &m->later;
	case MAIL_REFUSED:
		return &m->refused;
	case MAIL_DROPPED:
		break;
	}
	return &m->dropped;
}

struct last_word {
	const char *name;
	struct mail_said said;
};

static enum err say_run(struct txn *t, void *arg)
{
	const struct last_word *s = arg;
	return mail_said_save(t, s->name, &s->said);
}

/* For the page of who runs the site. Servers repeat whom a mail is for: that is nobody's business there. */
static void note_said(
	struct federation *f, const char *name, bool good, const char *words, const char *to)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct last_word s = {name, {.good = good, .at = time_now()}};
	struct text t;
	text_init(&t, arena, sizeof((struct mail_answer *)NULL)->words);
	for (const char *at; *to != '\0' && (at = strstr(words, to)) != NULL;
		words = at + strlen(to)) {
		text_add_n(&t, words, (size_t)(at - words));
		text_add(&t, "…");
	}
	text_add(&t, words);
	s.said.words = text_trim(arena, t.at);
	if (store_write(f->set.store, say_run, &s) != OK)
		log_line(LOG_WARN, "mail", "error=store");
}

/* ms until the next look; 0: at once. */
static int64_t handle(struct mailer *m, struct work *w)
{
	struct mail_answer answer = {0};
	enum err e = w->mail.withdrawn ? ERR_FORBIDDEN
		: time_now() >= w->mail.until
		? ERR_INVALID
		: send_one(m->federation, w->arena, &w->mail, &answer);
	if (e == ERR_REMOTE) {
		note_said(m->federation, "trouble", false, answer.words, w->mail.to);
		m->failures++;
		atomic_fetch_add(&m->failed, 1);
		log_line(LOG_WARN, "mail", "error=server code=%d failures=%d pause=%lld",
			answer.status, m->failures, (long long)pause_of(m));
		return pause_of(m);
	}
	m->failures = 0;
	w->outcome = e == OK     ? MAIL_SENT
		: e == ERR_GONE  ? MAIL_REFUSED
		: e == ERR_AGAIN ? MAIL_LATER
				 : MAIL_DROPPED;
	atomic_fetch_add(counter_of(m, w->outcome), 1);
	log_line(e == OK ? LOG_INFO : LOG_WARN, "mail", "id=%llu result=%s code=%d tries=%u",
		(unsigned long long)w->mail.id, err_name(e), answer.status, w->mail.tries + 1);
	keep_outcome(m, w);
	return 0;
}

static void run(void *arg)
{
	struct mailer *m = arg;
	struct arena *arena ARENA_CLEANUP = arena_create();
	int64_t wait = 0;
	while (wait_for(m, wait)) {
		arena_reset(arena);
		struct work w = {.arena = arena,
			.per_hour = m->federation->set.mail.per_hour,
			.unit = unit_of(m)};
		enum err e = store_read(m->federation->set.store, next_run, &w);
		wait = e == OK ? handle(m, &w) : LOOK;
		if (e != OK && e != ERR_NOT_FOUND && e != ERR_TOO_MUCH)
			log_line(LOG_ERROR, "mail", "error=%s", err_name(e));
	}
}

/* ---- for federation.c ------------------------------------------------------------------------ */

struct mailer *mailer_start(struct federation *f)
{
	struct mailer *m = calloc(1, sizeof *m);
	pthread_condattr_t steady;
	if (m == NULL)
		die("out of memory for the mailer");
	m->federation = f;
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&steady);
	pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
	pthread_cond_init(&m->stopped, &steady);
	pthread_condattr_destroy(&steady);
	m->thread = thread_start("mailer", run, m);
	atomic_store(&running, m);
	return m;
}

void mailer_stop(struct mailer *m)
{
	if (m == NULL)
		return;
	atomic_store(&running, NULL);
	pthread_mutex_lock(&m->lock);
	m->stopping = true;
	pthread_cond_signal(&m->stopped);
	pthread_mutex_unlock(&m->lock);
	thread_join(m->thread);
	pthread_cond_destroy(&m->stopped);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static enum err count_waiting(struct txn *t, void *arg)
{
	return mail_waiting(t, arg);
}

void mailer_numbers(struct mailer *m, struct view *v)
{
	int64_t waiting = 0;
	if (store_read(m->federation->set.store, count_waiting, &waiting) == OK)
		view_number(v, "mail_waiting", waiting);
	view_number(v, "mail_sent", (int64_t)atomic_load(&m->sent));
	view_number(v, "mail_tried_later", (int64_t)atomic_load(&m->later));
	view_number(v, "mail_refused", (int64_t)atomic_load(&m->refused));
	view_number(v, "mail_dropped", (int64_t)atomic_load(&m->dropped));
	view_number(v, "mail_server_failures", (int64_t)atomic_load(&m->failed));
}

/* ---- the test -------------------------------------------------------------------------------- */

struct test {
	struct arena *arena;
	const char *to;
	struct mail mail;
};

static enum err test_run(struct txn *t, void *arg)
{
	struct test *x = arg;
	enum err e = mail_test(t, x->to, &x->mail);
	if (e == OK)
		x->mail.html = arena_text(x->arena, x->mail.html);
	return e;
}

enum err federation_mail_test(
	struct federation *f, struct arena *arena, const char *to, const char **words)
{
	struct test x = {.arena = arena, .to = to};
	struct mail_answer answer;
	if (f->set.site->mail_from == NULL) {
		*words = "No mail server is set: see `mail` in `kring config`.";
		return ERR_INVALID;
	}
	if (!mime_address_ok(to)) {
		*words = "This is not an e-mail address.";
		return ERR_INVALID;
	}
	enum err e = store_read(f->set.store, test_run, &x);
	*words = err_message(e);
	if (e != OK)
		return e;
	e = send_one(f, arena, &x.mail, &answer);
	*words = text_trim(arena, answer.words);
	return e;
}

/* ---- the button ------------------------------------------------------------------------------ */

/* A server may take its time: so it waits where lookups do. */
static void try_it(void *arg)
{
	struct call *call = arg;
	const struct mailer *m = atomic_load(&running);
	const char *to = text_trim(call->arena, call_input(call, "email")), *words;
	if (m == NULL) {
		call_answer(call, ERR_AGAIN);
		return;
	}
	enum err e = federation_mail_test(m->federation, call->arena, to, &words);
	note_said(m->federation, "test", e == OK, words, to);
	reply_see_other(call, "/site/mail");
	call_answer(call, OK);
}

static enum err test_work(struct call *call)
{
	const struct mailer *m = atomic_load(&running);
	if (m == NULL || m->federation->lookups == NULL)
		return ERR_AGAIN; /* stopping */
	call_later(call);
	if (pool_submit(m->federation->lookups, try_it, call) != OK)
		call_answer(call, ERR_AGAIN);
	return OK;
}

const struct route mailer_routes[] = {
	{METHOD_POST, "/site/mail/test", ADMIN, .work = test_work,
		.takes = {{"email", INPUT_LINE, .required = true, .max = 320,
			.label = "E-mail address"}},
		.per_minute = 6},
	{0},
};

/* mail.c: mail that waits to be sent, in the commit that caused it; lists one may leave; addresses that refuse it. */
#include "features.h"

#include <string.h>

#define HTML_MOST ((uint32_t)64 << 10)
#define WAITING_MOST 50000
#define POSTS_MOST 16
#define KEPT_FOR (3 * DAY) /* then it is given up */
#define LATER_MOST (4 * HOUR)
#define REFUSALS_MOST 3        /* of one address: then it gets none */
#define REFUSED_FOR (30 * DAY) /* after which it is tried again */
#define LEAVE_FOR (400 * DAY)
#define WAITING "waiting" /* row of TABLE_MAIL_COUNT */
/* Added to when it is due: mail of a list comes after what someone waits for. */
#define BULK ((uint64_t)1 << 62)

static const struct field mail_fields[] = {
	{1, F_TEXT, offsetof(struct mail, to), 320},
	{2, F_TEXT, offsetof(struct mail, language), 35},
	{3, F_TEXT, offsetof(struct mail, html), HTML_MOST},
	{4, F_TEXT, offsetof(struct mail, leave), 2048},
	{5, F_I64, offsetof(struct mail, created), 0},
	{6, F_I64, offsetof(struct mail, until), 0},
	{7, F_U32, offsetof(struct mail, tries), 0},
	{8, F_U64, offsetof(struct mail, actor), 0},
	{9, F_U64S, offsetof(struct mail, posts), POSTS_MOST},
	{10, F_U32, offsetof(struct mail, list), 0},
};
const struct shape mail_shape = {"mail", sizeof(struct mail), mail_fields, COUNT(mail_fields)};

static const struct field said_fields[] = {
	{1, F_FLAG, offsetof(struct mail_said, good), 0},
	{2, F_I64, offsetof(struct mail_said, at), 0},
	{3, F_TEXT, offsetof(struct mail_said, words), 1000},
};
const struct shape mail_said_shape = {
	"mail_said", sizeof(struct mail_said), said_fields, COUNT(said_fields)};

struct refusals { /* of an address, by its hash */
	uint32_t count;
	int64_t last;
};
static const struct field refusals_fields[] = {
	{1, F_U32, offsetof(struct refusals, count), 0},
	{2, F_I64, offsetof(struct refusals, last), 0},
};
static const struct shape refusals_shape = {
	"refusals", sizeof(struct refusals), refusals_fields, COUNT(refusals_fields)};

/* What may be left, in words. */
static const char *list_title(const char *language, enum mail_list list)
{
	switch (list) {
	case MAIL_SIGN_INS:
		return i18n(language, "Mail when somebody signs in as you with a new browser");
	case MAIL_NOTICES:
		return i18n(language, "Mail at once about what is for you");
	case MAIL_DIGEST:
		return i18n(language, "Mail each day or week about what is new");
	case MAIL_EVENTS:
		return i18n(language, "Mail about events you come to");
	case MAIL_NEEDED:
		break;
	}
	return NULL;
}

/* What a link to leave a list is about; MAIL_NEEDED: a list of another version. */
static enum mail_list list_of(const struct link *link)
{
	int64_t number;
	return text_to_i64(link->payload, MAIL_NEEDED, MAIL_EVENTS, &number)
		? (enum mail_list)number
		: MAIL_NEEDED;
}

/* ---- putting it in the queue ----------------------------------------------------------------- */

struct view *mail_begin(struct txn *t)
{
	const struct site *site = txn_site(t);
	struct view *v = view_create(txn_arena(t), VIEW_TREE);
	view_begin(v, "site");
	view_text(v, "name", site->name);
	view_text(v, "domain", site->domain);
	view_text(v, "url", site->base_url);
	view_end(v);
	return v;
}

bool mail_refused(struct txn *t, const char *address)
{
	struct refusals r;
	struct place place = place_hash(TABLE_MAIL_REFUSED, address);
	return txn_load(t, &place, &refusals_shape, &r) == OK && r.count >= REFUSALS_MOST
		&& time_now() - r.last < REFUSED_FOR;
}

static enum err leave_link(struct txn *t, const struct mail_draft *d, const char **url)
{
	struct link link = {.purpose = LINK_UNSUBSCRIBE,
		.subject = d->actor,
		.payload = arena_format(txn_arena(t), "%d", (int)d->list),
		.until = time_now() + LEAVE_FOR,
		.uses = LINK_OFTEN};
	const char *token;
	enum err e = link_lasting(t, &link, &token);
	if (e == OK)
		*url = arena_format(
			txn_arena(t), "%s/unsubscribe/%s", txn_site(t)->base_url, token);
	return e;
}

static struct place row_of(const struct mail *m)
{
	return place_2(TABLE_MAIL, (uint64_t)m->next + (m->bulk ? BULK : 0), m->id);
}

static enum err count_waiting(struct txn *t, int64_t change, int64_t *now)
{
	struct place place = place_text(TABLE_MAIL_COUNT, WAITING);
	return txn_add(t, &place, change, now);
}

static enum err make(struct txn *t, const struct mail_draft *d, struct view *v, struct mail *out)
{
	struct mail m = {.to = d->to,
		.id = id_next(),
		.bulk = d->list != MAIL_NEEDED,
		.list = d->list,
		.actor = d->list > MAIL_SIGN_INS ? d->actor : 0,
		.posts = d->posts,
		.created = time_now()};
	struct bytes html;
	enum err e = m.bulk ? leave_link(t, d, &m.leave) : OK;
	if (e != OK)
		return e;
	m.language = d->language != NULL && i18n_has(d->language) ? d->language
								  : txn_site(t)->language;
	m.next = m.created;
	m.until = m.created + KEPT_FOR;
	if (d->until != 0 && d->until < m.until)
		m.until = d->until;
	view_text(v, "language", m.language);
	view_text(v, "leave", m.leave);
	if (!view_ok(v))
		return ERR_STORE;
	e = page_render(txn_arena(t), arena_format(txn_arena(t), "mail/%s", d->kind), view_root(v),
		m.language, &html);
	if (e != OK)
		return e;
	m.html = html.data;
	*out = m;
	return OK;
}

enum err mail_test(struct txn *t, const char *to, struct mail *out)
{
	struct mail_draft draft = {.to = to, .kind = "test"};
	return make(t, &draft, mail_begin(t), out);
}

static enum err queue(struct txn *t, const struct mail_draft *d, struct view *v)
{
	struct mail m;
	int64_t waiting;
	enum err e = make(t, d, v, &m);
	if (e == OK)
		e = count_waiting(t, 1, &waiting);
	if (e != OK || waiting > WAITING_MOST)
		return e == OK ? ERR_AGAIN : e;
	struct place place = row_of(&m);
	return txn_save(t, &place, &mail_shape, &m);
}

enum err mail_send(struct txn *t, const struct mail_draft *d, struct view *v)
{
	if (txn_site(t)->mail_from == NULL || !mime_address_ok(d->to) || mail_refused(t, d->to)
		|| (d->list != MAIL_NEEDED && !account_takes_mail(t, d->actor, d->list)))
		return OK;
	return queue(t, d, v);
}

/* ---- taking it out: for who sends it --------------------------------------------------------- */

struct taking {
	struct txn *t;
	struct mail mail;
	int64_t now;
	enum err err;
};

/* When the row of a key is due. */
static int64_t due_of(struct bytes key)
{
	return (int64_t)(place_id(key, 0) & ~BULK);
}

static enum err take_visit(void *arg, struct bytes key, struct bytes value)
{
	struct taking *x = arg;
	if (due_of(key) > x->now)
		return OK;
	x->err = record_read(txn_arena(x->t), &mail_shape, value, &x->mail);
	x->mail.next = due_of(key);
	x->mail.bulk = (place_id(key, 0) & BULK) != 0;
	x->mail.id = place_id(key, 1);
	return x->err;
}

static struct place hour_of(int64_t ms)
{
	char hour[ID_TEXT];
	return place_text(TABLE_MAIL_COUNT, id_text((uint64_t)(ms / HOUR), hour));
}

/* A quarter of each hour's mail is kept for what somebody waits for. */
static int64_t for_lists(int64_t per_hour)
{
	return per_hour - per_hour / 4;
}

/* It may have waited for hours: what is no longer theirs to read does not go. That an event is off they must know. */
static bool is_withdrawn(struct txn *t, const struct mail *m)
{
	struct signed_in who;
	struct post p;
	if (m->actor == 0)
		return false;
	if (account_signed_in(t, m->actor, &who) != OK)
		return true;
	struct viewer viewer = {.actor = m->actor, .local = true, .member = who.member};
	for (size_t i = 0; i < m->posts.count; i++)
		if (post_load(t, m->posts.at[i], &p) != OK || !circle_may_read(t, &viewer, &p)
			|| (p.gone && m->list != MAIL_EVENTS))
			return true;
	return false;
}

enum err mail_next(struct txn *t, int64_t per_hour, struct mail *out)
{
	struct taking x = {.t = t, .now = time_now(), .err = ERR_NOT_FOUND};
	struct place bulk = place_1(TABLE_MAIL, BULK), hour = hour_of(x.now);
	struct walk needed = {.prefix = place_0(TABLE_MAIL), .max = 1},
		    rest = {.prefix = place_0(TABLE_MAIL), .from = &bulk, .max = 1};
	int64_t sent;
	enum err e = txn_walk(t, &needed, take_visit, &x);
	if (e == OK && x.err == ERR_NOT_FOUND)
		e = txn_walk(t, &rest, take_visit, &x);
	if (e == OK)
		e = x.err;
	if (e == OK)
		e = txn_count(t, &hour, &sent);
	if (e == OK && sent >= (x.mail.bulk ? for_lists(per_hour) : per_hour))
		e = ERR_TOO_MUCH;
	if (e != OK)
		return e;
	*out = x.mail;
	out->withdrawn = is_withdrawn(t, out);
	return OK;
}

enum err mail_write(
	struct arena *arena, const struct site *site, const struct mail *m, struct bytes *out)
{
	char id[ID_TEXT];
	char *subject = NULL;
	const char *host = strchr(site->mail_from, '@') + 1;
	uint8_t mac[SHA256_SIZE]; /* without it an id would tell how many mails we send */
	id_text(m->id, id);
	crypto_hmac(site->secret, sizeof site->secret, id, strlen(id), mac);
	mime_plain(arena, m->html, &subject);
	struct mime message = {.from_name = site->name,
		.from = site->mail_from,
		.to = m->to,
		.subject = subject != NULL ? subject : site->name,
		.id = arena_format(arena, "%s@%s", hex_encode(arena, mac, 16), host),
		.language = m->language,
		.html = m->html,
		.leave = m->leave,
		.date = m->created};
	return mime_write(arena, &message, out);
}

enum err mail_room(struct txn *t, int64_t *count)
{
	int64_t per_hour = txn_site(t)->mail_from != NULL ? txn_site(t)->mail_per_hour : 0;
	struct place hour = hour_of(time_now());
	struct mail_said trouble;
	int64_t waiting, sent;
	enum err e = mail_waiting(t, &waiting);
	if (e == OK)
		e = txn_count(t, &hour, &sent);
	if (e != OK)
		return e;
	*count = for_lists(per_hour) - sent - waiting;
	if (*count > 0 && mail_said_load(t, "trouble", &trouble) == OK)
		*count = waiting == 0 ? 1 : 0;
	return OK;
}

enum err mail_note_refusal(struct txn *t, const struct place *address)
{
	struct refusals r = {0};
	enum err e = txn_load(t, address, &refusals_shape, &r);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	r.count++;
	r.last = time_now();
	return txn_save(t, address, &refusals_shape, &r);
}

enum err mail_forgive(struct txn *t, const char *address)
{
	struct place refused = place_hash(TABLE_MAIL_REFUSED, address);
	return txn_del(t, &refused);
}

/* It was taken: whatever was refused before is over. Older hours need no count. */
static enum err note_sent(struct txn *t, const char *address)
{
	int64_t now = time_now();
	struct place hour = hour_of(now), before = hour_of(now - HOUR),
		     trouble = place_text(TABLE_MAIL_SAID, "trouble");
	enum err e = txn_add(t, &hour, 1, NULL);
	if (e == OK)
		e = txn_del(t, &before);
	if (e == OK)
		e = txn_del(t, &trouble);
	/* Where what comes back is read, that it was taken says nothing yet. */
	return e == OK && !txn_site(t)->mail_bounces ? mail_forgive(t, address) : e;
}

/* Who waits longer each time is tried again at its hour; who waited long enough, no more. */
static enum err try_later(struct txn *t, const struct mail *m, int64_t unit)
{
	struct mail next = *m;
	int64_t wait = m->tries < 20 ? unit << m->tries : LATER_MOST;
	next.tries++;
	next.next = time_now() + (wait < LATER_MOST ? wait : LATER_MOST);
	struct place place = row_of(&next);
	return txn_save(t, &place, &mail_shape, &next);
}

static const char *const outcomes[] = {[MAIL_SENT] = "sent",
	[MAIL_LATER] = "later",
	[MAIL_REFUSED] = "refused",
	[MAIL_DROPPED] = "dropped"};

enum err mail_end(struct txn *t, const struct mail *m, enum mail_outcome outcome, int64_t unit)
{
	struct place place = row_of(m);
	struct bytes row;
	enum err e = txn_get(t, &place, &row);
	if (e == OK)
		e = txn_del(t, &place);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	struct place total = place_text(TABLE_MAIL_COUNT, outcomes[outcome]),
		     refused = place_hash(TABLE_MAIL_REFUSED, m->to);
	e = txn_add(t, &total, 1, NULL);
	if (e != OK)
		return e;
	if (outcome == MAIL_LATER)
		return try_later(t, m, unit);
	if (outcome == MAIL_REFUSED)
		e = mail_note_refusal(t, &refused);
	else if (outcome == MAIL_SENT)
		e = note_sent(t, m->to);
	else if (m->withdrawn && m->list == MAIL_DIGEST)
		e = digest_again(t, m->actor);
	return e == OK ? count_waiting(t, -1, NULL) : e;
}

enum err mail_waiting(struct txn *t, int64_t *count)
{
	struct place place = place_text(TABLE_MAIL_COUNT, WAITING);
	return txn_count(t, &place, count);
}

/* ---- for who runs the site ------------------------------------------------------------------- */

struct counting {
	struct arena *arena; /* of one record */
	struct mail_state *state;
};

static enum err count_refusal(void *arg, struct bytes key, struct bytes value)
{
	struct counting *c = arg;
	struct refusals r;
	(void)key;
	arena_reset(c->arena);
	if (record_read(c->arena, &refusals_shape, value, &r) != OK)
		return OK;
	c->state->refusing++;
	c->state->shut += r.count >= REFUSALS_MOST && time_now() - r.last < REFUSED_FOR;
	return OK;
}

static enum err see_next(void *arg, struct bytes key, struct bytes value)
{
	(void)value;
	int64_t *next = arg, due = due_of(key);
	*next = *next == 0 || due < *next ? due : *next;
	return OK;
}

enum err mail_state(struct txn *t, struct mail_state *out)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct mail_state s = {0};
	struct counting c = {arena, &s};
	struct place bulk = place_1(TABLE_MAIL, BULK);
	struct walk refusals = {.prefix = place_0(TABLE_MAIL_REFUSED), .max = WAITING_MOST},
		    first = {.prefix = place_0(TABLE_MAIL), .max = 1},
		    rest = {.prefix = place_0(TABLE_MAIL), .from = &bulk, .max = 1};
	const struct {
		int64_t *count;
		struct place place;
	} all[] = {{&s.waiting, place_text(TABLE_MAIL_COUNT, WAITING)},
		{&s.this_hour, hour_of(time_now())},
		{&s.sent, place_text(TABLE_MAIL_COUNT, outcomes[MAIL_SENT])},
		{&s.put_off, place_text(TABLE_MAIL_COUNT, outcomes[MAIL_LATER])},
		{&s.refused, place_text(TABLE_MAIL_COUNT, outcomes[MAIL_REFUSED])},
		{&s.dropped, place_text(TABLE_MAIL_COUNT, outcomes[MAIL_DROPPED])}};
	enum err e = txn_walk(t, &refusals, count_refusal, &c);
	if (e == OK)
		e = txn_walk(t, &first, see_next, &s.next);
	if (e == OK)
		e = txn_walk(t, &rest, see_next, &s.next);
	for (size_t i = 0; e == OK && i < COUNT(all); i++)
		e = txn_count(t, &all[i].place, all[i].count);
	if (e == OK)
		*out = s;
	return e;
}

enum err mail_said_load(struct txn *t, const char *name, struct mail_said *out)
{
	struct place place = place_text(TABLE_MAIL_SAID, name);
	return txn_load(t, &place, &mail_said_shape, out);
}

enum err mail_said_save(struct txn *t, const char *name, const struct mail_said *said)
{
	struct place place = place_text(TABLE_MAIL_SAID, name);
	return txn_save(t, &place, &mail_said_shape, said);
}

/* ---- leaving a list, signed in or not -------------------------------------------------------- */

static enum err leave_read(struct call *call, struct txn *t, struct view *v)
{
	struct link link;
	const char *token = call_part(call, "token");
	enum err e = link_find(t, LINK_UNSUBSCRIBE, token, &link);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Mail from this site"));
	view_text(v, "list", list_title(call->language, list_of(&link)));
	view_text(v, "token", token);
	view_flag(v, "subscribed", account_takes_mail(t, link.subject, list_of(&link)));
	return OK;
}

/* The link alone says who: programs that read mail come here without a browser (RFC 8058), and follow nobody on. */
static enum err leave(struct call *call, struct txn *t, bool off)
{
	struct link link;
	const char *token = call_part(call, "token");
	enum err e = link_use(t, LINK_UNSUBSCRIBE, token, &link);
	if (e == OK)
		e = account_set_mail(t, link.subject, list_of(&link), !off);
	if (e != OK)
		return e;
	if (call->body.size > 0 && memmem(call->body.data, call->body.size, "One-Click", 9) != NULL)
		reply_bytes(call, 200, "text/plain; charset=utf-8", (struct bytes){"ok\n", 3});
	else
		reply_see_other(call, arena_format(call->arena, "/unsubscribe/%s", token));
	return OK;
}

static enum err leave_write(struct call *call, struct txn *t)
{
	return leave(call, t, true);
}

static enum err return_write(struct call *call, struct txn *t)
{
	return leave(call, t, false);
}

static const struct route routes[] = {
	{METHOD_GET, "/unsubscribe/{token}", ANYONE, .read = leave_read, .page = "mail-leave",
		.per_minute = 60},
	{METHOD_POST, "/unsubscribe/{token}", FEDERATION, .write = leave_write, .max_body = 1024,
		.per_minute = 60},
	{METHOD_POST, "/unsubscribe/{token}/undo", FEDERATION, .write = return_write,
		.max_body = 1024, .per_minute = 60},
	{0},
};

/* ---- what is kept of a person ---------------------------------------------------------------- */

static enum err own_show(struct txn *t, struct view *v, const struct own_view *who)
{
	struct account account;
	enum err e = account_load(t, who->actor, &account);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	view_flag(v, "mail_refused", account.email != NULL && mail_refused(t, account.email));
	return OK;
}

struct theirs {
	const char *email,
		*profile; /* the path of their page: what is told of them to others leads there */
};

static bool leads_to(const char *html, const char *profile)
{
	size_t size = strlen(profile);
	for (const char *at = html; (at = strstr(at, profile)) != NULL; at += size)
		if (strchr("/\"'<", at[size]) != NULL)
			return true;
	return false;
}

static bool is_theirs(void *arg, struct arena *scratch, struct bytes key, struct bytes value)
{
	const struct theirs *x = arg;
	struct mail m;
	(void)key;
	return record_read(scratch, &mail_shape, value, &m) == OK
		&& ((x->email != NULL && text_is(m.to, x->email)) || leads_to(m.html, x->profile));
}

static enum err end_theirs(struct txn *t, void *arg, const struct place *key)
{
	(void)arg;
	enum err e = txn_del(t, key);
	return e == OK ? count_waiting(t, -1, NULL) : e;
}

/* What waits for them, and what waits to tell others of them. */
static enum err forget(struct txn *t, const struct leaver *who, struct place *at)
{
	struct theirs x = {who->email, arena_format(txn_arena(t), "/@%s", who->name)};
	struct place refused = place_hash(TABLE_MAIL_REFUSED, who->email != NULL ? who->email : "");
	enum err e = at->size == 0 ? txn_del(t, &refused) : OK;
	return e == OK ? leaving_sweep(t, TABLE_MAIL, at, is_theirs, end_theirs, &x) : e;
}

static const struct personal personal = {own_show, forget};

static const struct table_use tables[] = {
	{TABLE_MAIL, &mail_shape},
	{TABLE_MAIL_REFUSED, &refusals_shape},
	{TABLE_MAIL_COUNT, NULL},
	{TABLE_MAIL_SAID, &mail_said_shape},
	{0},
};

const struct feature feature_mail = {
	.name = "mail", .routes = routes, .tables = tables, .personal = &personal};

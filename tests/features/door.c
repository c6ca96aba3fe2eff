/* door.c: see door.h. */
#include "door.h"

#include <string.h>

struct door door;
const struct viewer nobody;

static enum err account_for(struct txn *t, const char *name, struct actor *out)
{
	struct account_draft draft = {.name = name,
		.title = name,
		.email = arena_format(txn_arena(t), "%s@ex.org", name)};
	struct refusal why = {0};
	enum err e = account_create(t, &draft, &why, out);
	out->name = arena_text(world.arena, name);
	return e;
}

static enum err people_body(struct txn *t, void *arg)
{
	(void)arg;
	enum err e = account_for(t, "board", &door.board);
	if (e == OK)
		e = account_for(t, "gast", &door.guest);
	if (e == OK)
		e = account_for(t, "manager", &door.manager);
	door.energy = world_group(t, "energie");
	door.energy.own_members = true;
	if (e == OK)
		e = actor_save(t, &door.energy);
	struct place row = place_1(TABLE_COMMUNITY, door.energy.id);
	return e == OK ? txn_put(t, &row, (struct bytes){"\1", 1}) : e;
}

static enum err guest_body(struct txn *r, void *arg)
{
	struct doer console = {0};
	struct person p = {.actor = door.guest.id, .status = PERSON_GUEST, .email = "gast@ex.org"};
	(void)arg;
	return person_add(r, &console, &p);
}

int door_open(void **state)
{
	static int days;
	int failed = world_open(state);
	page_load();
	door.begun = NOW + (int64_t)days++ * 10 * DAY;
	time_freeze(door.begun);
	world.site.mail_from = "kring@ex.org";
	if (failed != 0 || store_write(world.store, people_body, NULL) != OK
		|| roll_write(&world.site, guest_body, NULL) != OK)
		return -1;
	world_member(&door.board, 0, 0, ROLE_BOARD);
	world_member(&door.manager, door.energy.id, ROLE_MANAGER, 0);
	return 0;
}

static enum err nothing(struct txn *t, void *arg)
{
	(void)t, (void)arg;
	return OK;
}

void door_settle(void)
{
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_write(world.store, nothing, NULL), OK);
		assert_int_equal(roll_write(&world.site, nothing, NULL), OK);
	}
}

struct setting {
	uint64_t community;
	struct joining j;
	enum err err;
};

static enum err set_body(struct txn *t, void *arg)
{
	struct setting *s = arg;
	struct refusal why = {0};
	return joining_set(t, s->community, &s->j, &why);
}

void door_set(uint64_t community, struct joining j)
{
	struct setting s = {.community = community, .j = j};
	assert_int_equal(store_write(world.store, set_body, &s), OK);
}

struct call *door_send(const struct feature *feature, const char *path, const struct viewer *viewer,
	const char *const *inputs, enum err wanted)
{
	struct call *call = world_call(feature, METHOD_POST, path, viewer, inputs);
	enum err e = call->route->work(call);
	if (e != wanted)
		fail_msg("%s: %s, %s wanted (%s: %s)", path, err_name(e), err_name(wanted),
			call->refusal.field != NULL ? call->refusal.field : "",
			call->refusal.text != NULL ? call->refusal.text : "");
	door_settle();
	return call;
}

struct looking {
	struct call *call;
	const struct node *page;
};

static enum err look_body(struct txn *t, void *arg)
{
	struct looking *l = arg;
	return world_read(l->call, t, &l->page);
}

const struct node *door_look(const struct feature *feature, const char *path,
	const struct viewer *viewer, const char *const *inputs, enum err wanted)
{
	struct looking l = {.call = world_call(feature, METHOD_GET, path, viewer, inputs)};
	enum err e = store_read(world.store, look_body, &l);
	if (e == ERR_SIGN_IN && l.call->route->work != NULL) { /* first into the log */
		assert_int_equal(l.call->route->work(l.call), OK);
		e = store_read(world.store, look_body, &l);
	}
	assert_int_equal(e, wanted);
	return e == OK ? l.page : NULL;
}

/* ---- mail ---------------------------------------------------------------------------------------- */

static enum err take_body(struct txn *t, void *arg)
{
	struct posted *x = arg;
	struct mail m;
	*x = (struct posted){0};
	enum err e = mail_next(t, 1000, &m);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	x->to = arena_text(world.arena, m.to);
	x->html = arena_text(world.arena, m.html);
	return mail_end(t, &m, MAIL_SENT, MINUTE);
}

struct posted door_mail(void)
{
	struct posted x;
	assert_int_equal(store_write(world.store, take_body, &x), OK);
	return x;
}

const char *door_path(struct posted mail, const char *begins)
{
	assert_non_null(mail.html);
	const char *at = strstr(mail.html, arena_format(world.arena, "https://ex.org%s", begins));
	if (at == NULL)
		fail_msg("no %s in %s", begins, mail.html);
	at += strlen("https://ex.org");
	return arena_text_n(world.arena, at, strcspn(at, "\""));
}

const char *door_token(const char *path)
{
	return strrchr(path, '/') + 1;
}

bool door_is_token(const char *path)
{
	return strlen(door_token(path)) == 43 || strlen(door_token(path)) == 64;
}

/* ---- the roll and its log -------------------------------------------------------------------------- */

struct finding {
	const char *email;
	uint64_t actor;
	struct found found;
};

static enum err find_body(struct txn *r, void *arg)
{
	struct finding *f = arg;
	struct found *out = &f->found;
	out->err = f->email != NULL ? person_by_email(r, f->email, &out->p)
				    : person_by_actor(r, f->actor, &out->p);
	out->here = out->err == OK ? role_of(r, out->p.id, door.energy.id) : 0;
	return OK;
}

struct found door_find(const char *email)
{
	struct finding f = {.email = email};
	assert_int_equal(roll_read(&world.site, find_body, &f), OK);
	return f.found;
}

uint32_t door_here(const struct actor *a)
{
	struct finding f = {.actor = a->id};
	assert_int_equal(roll_read(&world.site, find_body, &f), OK);
	return f.found.here;
}

void door_wants(const char *email, enum person_status status)
{
	struct found f = door_find(email);
	assert_int_equal(f.err, OK);
	assert_int_equal(f.p.status, status);
}

struct adding {
	const char *email;
	enum person_status status;
	uint64_t id;
};

static enum err add_body(struct txn *r, void *arg)
{
	struct adding *a = arg;
	struct doer console = {0};
	struct person p = {.status = a->status, .email = a->email, .name = "Of the file"};
	enum err e = person_add(r, &console, &p);
	a->id = p.id;
	return e;
}

uint64_t door_add(const char *email, enum person_status status)
{
	struct adding a = {.email = email, .status = status};
	assert_int_equal(roll_write(&world.site, add_body, &a), OK);
	return a.id;
}

struct counting {
	uint64_t of;
	enum application_state state;
	struct counted counted;
};

static enum err count_body(struct txn *r, void *arg)
{
	struct counting *c = arg;
	struct u64s ids;
	enum err e = application_count(r, c->of, c->state, &c->counted.count);
	if (e == OK)
		e = application_list(r, c->of, c->state, 0, 10, &ids);
	c->counted.first = e == OK && ids.count > 0 ? ids.at[0] : 0;
	return e;
}

struct counted door_count(uint64_t community, enum application_state state)
{
	struct counting c = {.of = community, .state = state};
	assert_int_equal(roll_read(&world.site, count_body, &c), OK);
	return c.counted;
}

int64_t door_all(uint64_t community)
{
	int64_t n = 0;
	for (uint32_t s = APPLICATION_ASKED; s <= APPLICATION_WITHDRAWN; s++)
		n += door_count(community, (enum application_state)s).count;
	return n;
}

struct logging {
	uint32_t act;
	size_t count;
	bool sound;
};

static enum err log_body(struct txn *r, void *arg)
{
	struct logging *l = arg;
	struct audit a;
	uint64_t broken;
	l->count = 0;
	for (uint64_t n = 1; audit_load(r, n, &a) == OK; n++)
		l->count += a.act == l->act;
	l->sound = audit_check(r, &broken) == OK;
	return OK;
}

size_t door_logged(enum audit_act act)
{
	struct logging l = {.act = act};
	assert_int_equal(roll_read(&world.site, log_body, &l), OK);
	assert_true(l.sound);
	return l.count;
}

/* ---- the ways of a visitor -------------------------------------------------------------------------- */

struct call *door_ask(const char *path, const char *email, const char *more, enum err wanted)
{
	const char *const inputs[] = {"name=Sanne Vis",
		arena_format(world.arena, "email=%s", email), "motive=Ik woon in de wijk", more,
		NULL};
	return door_send(&feature_join, path, &nobody, inputs, wanted);
}

struct call *door_confirm(struct posted mail)
{
	const char *path = door_path(mail, "/join/");
	assert_true(door_is_token(path));
	for (int i = 0; i < 2; i++) {
		const struct node *page = door_look(&feature_join, path, &nobody, NULL, OK);
		assert_int_equal(world_number(page, "makes_account"), 0);
		assert_string_equal(world_text(page, "email"), mail.to);
	}
	return door_send(&feature_join, path, &nobody, NULL, OK);
}

struct call *door_account(const char *path, const char *name, enum err wanted)
{
	const char *const inputs[] = {
		arena_format(world.arena, "name=%s", name), "title=Sanne", NULL};
	return door_send(&feature_join, path, &nobody, inputs, wanted);
}

const char *door_request(uint64_t id, const char *more)
{
	char text[ID_TEXT];
	return arena_format(world.arena, "/joining/requests/%s%s", id_text(id, text), more);
}

struct telling {
	uint64_t who;
	struct told told;
};

static enum err told_body(struct txn *t, void *arg)
{
	struct telling *x = arg;
	struct u64s places;
	struct notice n;
	enum err e = notify_list(t, x->who, 0, 50, &places);
	if (e == OK && places.count > 0)
		e = notify_load(t, x->who, places.at[0], &n);
	if (e == OK)
		x->told = (struct told){places.count, places.count > 0 ? n.kind : 0};
	return e;
}

struct told door_told(const struct actor *a)
{
	struct telling x = {.who = a->id};
	assert_int_equal(store_read(world.store, told_body, &x), OK);
	return x.told;
}

static enum err token_body(struct txn *t, void *arg)
{
	const char **out = arg;
	struct link link = {.purpose = LINK_INVITE, .subject = *(const uint64_t *)out[1]};
	out[0] = arena_text(world.arena, link_token(t, &link));
	return OK;
}

const char *door_invite(struct invite_draft draft, uint64_t *id)
{
	struct refusal why = {0};
	const char *url;
	assert_int_equal(
		invite_make(&world.site, world.store, world.arena, &draft, &why, id, &url), OK);
	door_settle();
	const char *path = url + strlen("https://ex.org");
	const char *out[] = {NULL, (const char *)id};
	assert_int_equal(store_read(world.store, token_body, out), OK);
	assert_string_equal(door_token(path), out[0]); /* the list can show it again */
	return path;
}

void door_chore(const struct feature *feature, const char *name)
{
	for (const struct chore *c = feature->chores; c->name != NULL; c++)
		if (text_is(c->name, name))
			c->run(world.store, c->arg);
	door_settle();
}

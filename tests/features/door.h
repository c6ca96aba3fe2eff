/*
 * door.h: a small world for tests of coming in: a site with a board, a guest, and a community of its own members with
 * its manager; and what a visitor, who decides, and the post do there.
 */
#pragma once

#include "joining.h"
#include "world.h"

extern struct door {
	int64_t begun; /* ten days later in each test, for paces are the process's */
	struct actor board, guest, manager, energy;
} door;
extern const struct viewer nobody;

int door_open(void **state);
#define DOOR_TEST(name) cmocka_unit_test_setup_teardown(name, door_open, world_close)

void door_set(uint64_t community, struct joining);
void door_settle(void); /* what was told is told, and the roll knows it */
void door_chore(const struct feature *, const char *name);
/* A POST that works, and a GET, which is first written in the log where that is asked; each answers as wanted. */
struct call *door_send(const struct feature *, const char *path, const struct viewer *, const char *const *inputs,
	enum err wanted);
const struct node *door_look(const struct feature *, const char *path, const struct viewer *, const char *const *inputs,
	enum err wanted); /* NULL: not OK */

/* The next letter that goes out; `to` is NULL when there is none. */
struct posted {
	const char *to, *html;
};
struct posted door_mail(void);
const char *door_path(struct posted, const char *begins); /* of the link in it that begins so */
const char *door_token(const char *path);
bool door_is_token(const char *path);

/* Who has an address, by the roll, and what they are in the community. */
struct found {
	enum err err;
	struct person p;
	uint32_t here;
};
struct found door_find(const char *email);
uint32_t door_here(const struct actor *);
void door_wants(const char *email, enum person_status);
uint64_t door_add(const char *email, enum person_status);
size_t door_logged(enum audit_act); /* how often; the log is sound */

/* Requests of the site (0) or a community: how many, and the first. */
struct counted {
	int64_t count;
	uint64_t first;
};
struct counted door_count(uint64_t community, enum application_state);
int64_t door_all(uint64_t community);
const char *door_request(uint64_t id, const char *more); /* the path of one */

/* What someone was told: how often, and the kind of the last. */
struct told {
	size_t count;
	uint32_t kind;
};
struct told door_told(const struct actor *);

/* A visitor asks; opens the link as programs do, and presses the button as its owner does; makes an account. */
struct call *door_ask(const char *path, const char *email, const char *more, enum err wanted);
struct call *door_confirm(struct posted);
struct call *door_account(const char *path, const char *name, enum err wanted);
const char *door_invite(struct invite_draft, uint64_t *id); /* the path it opens at */

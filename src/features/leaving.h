/* leaving.h: what leaving.c, leavingsteps.c and leavingagain.c share; what the rest needs of them stands in features.h. */
#pragma once

#include "features.h"

#define LEAVING_EMAIL 320
enum err leaving_save(struct txn *, const struct leaving *) MUST_USE;
void leaving_on_time(struct store *, void *unused); /* the chore: all that need not wait goes on */
/* In the list of who was erased: an "account" or a "person" by its id. */
enum err leaving_note(const struct site *, const char *kind, uint64_t id, uint32_t keep) MUST_USE;
bool leaving_is_theirs(void *actor, struct arena *, struct bytes key, struct bytes value); /* the key begins with it */

/*
 * api.h: the Mastodon client API: translation only, no rules. Its paths begin with /api/; apps come with a bearer token.
 * Shapes: every array is there, every time has milliseconds, every address is absolute, every id is decimal text.
 */
#pragma once

#include "features.h"

extern const struct route api_routes[];

/* entity.c: records as the API shows them; these write members into the object that is open. */
void entity_account(struct call *, struct txn *, struct view *, const struct actor *);
/* The member's own: with `source` and `role`. */
void entity_credentials(struct call *, struct txn *, struct view *, const struct actor *);

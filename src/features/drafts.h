/* drafts.h: what was typed and is not placed yet, for its writer alone. */
#pragma once

#include "features.h"

#define DRAFTS_MOST 20
#define DRAFT_KEPT (90 * DAY) /* after it was changed */
extern const struct drafting drafts_kept;
enum err drafts_show(struct call *, struct txn *, struct view *, size_t most) MUST_USE; /* "drafts", "draft_count" */
/* Who was signed out while they wrote: what they sent goes through the page to sign in, and is a draft of who signs in
 * there; *next is where it opens, or stays as it is. */
void drafts_pass(struct call *, struct view *);
enum err drafts_take(struct txn *, struct call *, uint64_t actor, const char **next) MUST_USE;

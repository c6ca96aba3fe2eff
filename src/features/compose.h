/* compose.h: what the forms of posts share (compose.c). */
#pragma once

#include "features.h"

/* The community a form writes in, when the viewer may start a conversation there. */
enum err compose_community(struct call *, struct txn *, struct actor *out) MUST_USE;
/* And who may read and act, as the form says or as it is usual there. */
enum err compose_place(struct call *, struct txn *, struct actor *community, struct circles *) MUST_USE;
enum err compose_post(struct call *, struct txn *, struct post *out) MUST_USE; /* of {id}: it is there, and the viewer may read it */
enum err compose_done(struct call *, struct txn *, const struct post *, const char *notice) MUST_USE; /* to its page */
void compose_languages(struct call *, struct view *, const char *chosen); /* call NULL: whatever was typed */
void compose_tabs(struct view *, const struct actor *community, const char *kind); /* parts/compose-tabs.html */

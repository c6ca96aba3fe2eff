/* compose.h: what the forms of posts share (compose.c): where a new one goes, whose it is, what is in its fields. */
#pragma once

#include "features.h"

/* The community a form writes in, when the viewer may start a conversation there. Abroad: also one of another node, which
 * knows messages, polls and events. */
enum err compose_community(struct call *, struct txn *, bool abroad, struct actor *out) MUST_USE;
/* And who may read and act, as the form says or as it is usual there. */
enum err compose_place(struct call *, struct txn *, bool abroad, struct actor *community, struct circles *) MUST_USE;
enum err compose_post(struct call *, struct txn *, struct post *out) MUST_USE; /* of {id}: it is there, and the viewer may read it */
enum err compose_own(struct call *, struct txn *, struct post *out) MUST_USE;  /* and the viewer wrote it */
enum err compose_done(struct call *, struct txn *, const struct post *, const char *notice) MUST_USE; /* to its page */
/* The head of a form for a new one: where it is sent, and parts/compose-tabs.html with this `kind`, the end of its address. */
void compose_new_show(struct call *, struct view *, const struct actor *community, const char *kind, const char *heading);
/* And its end: in which language, and who may read and act, as it is usual there. */
void compose_new_choices(struct call *, struct txn *, struct view *, const struct actor *community);
void compose_value(struct call *, struct view *, const char *name, const char *now); /* as it was typed, or as it is; NULL: nothing */
void compose_languages(struct call *, struct view *, const char *chosen); /* call NULL: whatever was typed */
/* Of a form with "title", "text" and "language", by the viewer; `kind` as in struct post_draft. */
struct post_draft compose_words(struct call *, uint32_t kind, const struct circles *);

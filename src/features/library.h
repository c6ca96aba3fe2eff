/*
 * library.h: what the files of the library share.
 *
 * library.c     a file of a community: its record and its versions, its verbs, the list, how a page and other nodes see it
 * libraryform.c its forms
 */
#pragma once

#include "media.h"

#define VERSION_NOTE_MOST 300 /* code points */
struct shelved { /* what a file has besides its words: post.own */
	uint64_t now;     /* the version in use */
	uint64_t last;    /* the newest number there ever was */
	const char *tags; /* blanks between, or NULL */
	int64_t changed;  /* when another one came in use, or 0 */
};
extern const struct shape library_shape;
struct version {
	uint64_t media, by; /* by 0: who left */
	const char *note;   /* what is new in it, plain, or NULL */
	int64_t at;
};
/* A new one, of the loose file `file`; the draft is as for any post: own and tags are set here. */
enum err library_add(struct txn *, const struct post_draft *, const char *tags, uint64_t file, struct refusal *, struct post *out) MUST_USE;
enum err library_of(struct txn *, const struct post *, struct shelved *out) MUST_USE; /* ERR_NOT_FOUND: it is none */
/* In use from now on; the post and its record are changed in place. */
enum err library_add_version(struct txn *, uint64_t who, struct post *, struct shelved *, uint64_t file, const char *note,
	struct refusal *) MUST_USE;
enum err library_use(struct txn *, struct post *, struct shelved *, uint64_t number) MUST_USE;
enum err library_take_off(struct txn *, struct post *, struct shelved *, uint64_t number) MUST_USE; /* ERR_CONFLICT: the only one */
enum err library_version(struct txn *, uint64_t post, uint64_t number, struct version *, struct media *) MUST_USE;
void library_version_show(struct txn *, struct view *, const struct shelved *, uint64_t post, uint64_t number); /* parts/version.html */
enum err library_list(struct call *, struct txn *, struct view *) MUST_USE; /* /@{name}/library */
extern const struct route library_routes[];

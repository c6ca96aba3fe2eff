/*
 * private.h: small files that only their owner may read: kring.ini, the secret, and their copies
 * in a backup.
 */
#pragma once

#include "base.h"

#define PRIVATE_MAX ((size_t)64 << 10) /* bytes of such a file */

/* Writes a new file (0600) and waits for the disk; an existing one is never replaced:
 * ERR_CONFLICT. On failure there is no file, and *why names it and says in a sentence (in the
 * arena) what is wrong. */
enum err private_write(struct arena *, const char *file, struct bytes, const char **why) MUST_USE;
/* All of it, in the arena with a NUL behind. ERR_NOT_FOUND; ERR_STORE when it is unreadable or
 * too large. */
enum err private_read(struct arena *, const char *file, struct bytes *out,
	const char **why) MUST_USE;

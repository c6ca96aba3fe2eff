/*
 * picture.h: pictures of others, made into pictures of ours. They are decoded by a program of its own,
 * kring-picture, which stands beside this one: it can open no file and no socket, has a maximum of memory and time,
 * and may die over a bad file without anybody noticing. What comes back was drawn anew: turned as its camera said,
 * scaled, without any of the metadata it came with.
 */
#pragma once

#include "base.h"

#define PICTURE_FILE_MOST ((size_t)8 << 20) /* bytes of a picture as it comes in */
#define PICTURE_PIXELS_MOST 40000000        /* and what it unfolds to */
#define PICTURE_SIDE_MOST 16000
#define PICTURE_HASH_TEXT 33 /* a blurhash of at most 4 × 4 parts */

struct picture_wish {
	int side, small; /* the longest side of the picture and of its thumbnail, in pixels; nothing is made larger */
	bool square;     /* the middle of it only: avatars and emblems */
};
struct picture_part {
	const char *type; /* image/jpeg, or image/png for what is see-through or drawn */
	int width, height;
	struct bytes data;
};
struct picture {
	struct picture_part whole, small;
	char blurhash[PICTURE_HASH_TEXT];
	uint32_t colour; /* 0xRRGGBB, on the whole */
};
/* PNG, JPEG, WebP or GIF (of what moves the first frame). Waits, half a minute at most: never on a thread others need.
 * ERR_INVALID: no picture, a broken one or too large, and *why says so; ERR_AGAIN: it cannot be tried now. */
enum err picture_make(struct arena *, struct bytes file, const struct picture_wish *, struct refusal *why,
	struct picture *out) MUST_USE;

/*
 * child.h: what the files of kring-picture share, and the shape of its answer. Nothing of the node is linked into it.
 *
 *   child.c     reads the file, answers
 *   confine.c   gives everything up first
 *   decode.c    PNG, WebP, GIF → canvas
 *   jpeg.c      JPEG → canvas → JPEG
 *   draw.c      crop, scale, turn; canvas → PNG
 *   exif.c      which way up
 *   blurhash.c
 */
#pragma once

#include "picture.h"

/* ---- the answer: this, then the bytes of whole and small ---- */

#define ANSWER_MAGIC 0x6b726e67U
#define ANSWER_MOST ((size_t)24 << 20) /* of the whole answer; the child dies beyond */
enum outcome { PICTURE_MADE = 1, PICTURE_UNKNOWN, PICTURE_BROKEN, PICTURE_LARGE };
enum part_type { PART_JPEG = 1, PART_PNG };
struct answer_part {
	uint32_t type, width, height, size;
};
struct answer_head {
	uint32_t magic, outcome, colour;
	struct answer_part whole, small;
	char blurhash[PICTURE_HASH_TEXT];
};

/* ---- inside ---- */

struct canvas { /* RGBA, not premultiplied, rows without gaps */
	uint8_t *at;
	int width, height;
	bool drawn; /* from a format that keeps sharp edges: kept so when that is small enough */
	int turn;   /* EXIF orientation, 1 to 8 */
};
struct coded {
	enum part_type type;
	uint8_t *at;
	size_t size;
};
/* No file or socket can be opened from here on, and memory, time and output have an end. False: not on this machine. */
bool confine(void) MUST_USE;
/* Header first: what is too large is never unfolded, and a JPEG not much larger than it is wished. */
enum outcome decode(const uint8_t *file, size_t size, const struct picture_wish *, struct canvas *out) MUST_USE;
enum outcome jpeg_decode(const uint8_t *file, size_t size, const struct picture_wish *, struct canvas *out) MUST_USE;
bool jpeg_encode(const struct canvas *, struct coded *out) MUST_USE;
bool canvas_fits(int64_t width, int64_t height);
bool canvas_create(struct canvas *, int width, int height) MUST_USE;
int exif_orientation(const uint8_t *tiff, size_t size); /* 1 when it says nothing that makes sense */
bool draw_square(struct canvas *) MUST_USE;
bool draw_scaled(const struct canvas *, int side, struct canvas *out) MUST_USE; /* a copy, never larger */
bool draw_turned(struct canvas *) MUST_USE;
bool draw_encode(const struct canvas *, struct coded *out) MUST_USE;
void blurhash_write(const struct canvas *, char out[PICTURE_HASH_TEXT], uint32_t *colour);

/* draw.c: crop, scale, turn, and encode: as PNG what is see-through or small enough drawn, else as JPEG. */
#include "child.h"

#include <spng.h>
#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>

#define PNG_BYTES_PER_PIXEL 1 /* what is under these stays a PNG */
#define PNG_SMALL ((size_t)64 << 10)

bool draw_square(struct canvas *c)
{
	int side = c->width < c->height ? c->width : c->height;
	struct canvas out;
	if (!canvas_create(&out, side, side))
		return false;
	size_t left = (size_t)((c->width - side) / 2), top = (size_t)((c->height - side) / 2);
	for (size_t y = 0; y < (size_t)side; y++)
		memcpy(out.at + y * (size_t)side * 4,
			c->at + ((top + y) * (size_t)c->width + left) * 4, (size_t)side * 4);
	out.drawn = c->drawn;
	out.turn = c->turn;
	free(c->at);
	*c = out;
	return true;
}

static bool copy(const struct canvas *from, struct canvas *out)
{
	if (!canvas_create(out, from->width, from->height))
		return false;
	memcpy(out->at, from->at, (size_t)from->width * (size_t)from->height * 4);
	out->drawn = from->drawn;
	out->turn = from->turn;
	return true;
}

/* libwebp's scaler averages areas, and knows that the colour of what is see-through does not count. It needs only
 * that alpha comes last in memory. */
bool draw_scaled(const struct canvas *from, int side, struct canvas *out)
{
	int longest = from->width > from->height ? from->width : from->height;
	if (longest <= side)
		return copy(from, out);
	int width = (int)((int64_t)from->width * side / longest);
	int height = (int)((int64_t)from->height * side / longest);
	WebPPicture p;
	if (!WebPPictureInit(&p))
		return false;
	p.use_argb = 1;
	p.width = from->width;
	p.height = from->height;
	p.argb = (uint32_t *)(void *)from->at;
	p.argb_stride = from->width;
	bool ok = WebPPictureRescale(&p, width > 0 ? width : 1, height > 0 ? height : 1) != 0
		&& canvas_create(out, p.width, p.height);
	for (int y = 0; ok && y < p.height; y++)
		memcpy(out->at + (size_t)y * (size_t)p.width * 4,
			p.argb + (size_t)y * (size_t)p.argb_stride, (size_t)p.width * 4);
	if (ok) {
		out->drawn = from->drawn;
		out->turn = from->turn;
	}
	WebPPictureFree(&p);
	return ok;
}

/* Orientation 2 to 8: mirrored, upside down, on a side. */
bool draw_turned(struct canvas *c)
{
	int turn = c->turn;
	if (turn <= 1)
		return true;
	bool sideways = turn >= 5;
	struct canvas out;
	if (!canvas_create(&out, sideways ? c->height : c->width, sideways ? c->width : c->height))
		return false;
	for (int y = 0; y < out.height; y++)
		for (int x = 0; x < out.width; x++) {
			int from_x = sideways ? y : x, from_y = sideways ? x : y;
			if (turn == 2 || turn == 3 || turn == 7 || turn == 8)
				from_x = c->width - 1 - from_x;
			if (turn == 3 || turn == 4 || turn == 6 || turn == 7)
				from_y = c->height - 1 - from_y;
			memcpy(out.at + ((size_t)y * (size_t)out.width + (size_t)x) * 4,
				c->at + ((size_t)from_y * (size_t)c->width + (size_t)from_x) * 4,
				4);
		}
	out.drawn = c->drawn;
	out.turn = 1;
	free(c->at);
	*c = out;
	return true;
}

static bool is_solid(const struct canvas *c)
{
	size_t pixels = (size_t)c->width * (size_t)c->height;
	for (const uint8_t *p = c->at + 3; pixels > 0; pixels--, p += 4)
		if (*p != 255)
			return false;
	return true;
}

/* The colours alone, on white where the page would show through. */
static uint8_t *flatten(const struct canvas *c, size_t each)
{
	size_t pixels = (size_t)c->width * (size_t)c->height;
	uint8_t *flat = malloc(pixels * each), *to = flat;
	if (flat == NULL)
		return NULL;
	for (const uint8_t *p = c->at; pixels > 0; pixels--, p += 4, to += each) {
		for (int i = 0; i < 3; i++)
			to[i] = (uint8_t)((p[i] * p[3] + 255 * (255 - p[3])) / 255);
		if (each == 4)
			to[3] = 255;
	}
	return flat;
}

static bool png_write(spng_ctx *png, const struct canvas *c, bool solid, struct coded *out)
{
	size_t each = solid ? 3 : 4, size = (size_t)c->width * (size_t)c->height * each;
	struct spng_ihdr head = {.width = (uint32_t)c->width,
		.height = (uint32_t)c->height,
		.bit_depth = 8,
		.color_type = solid ? SPNG_COLOR_TYPE_TRUECOLOR : SPNG_COLOR_TYPE_TRUECOLOR_ALPHA};
	uint8_t *flat = solid ? flatten(c, each) : NULL;
	int error = 0;
	bool ok = (!solid || flat != NULL) && spng_set_option(png, SPNG_ENCODE_TO_BUFFER, 1) == 0
		&& spng_set_ihdr(png, &head) == 0
		&& spng_encode_image(
			   png, solid ? flat : c->at, size, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE)
			== 0;
	free(flat);
	out->type = PART_PNG;
	out->at = ok ? spng_get_png_buffer(png, &out->size, &error) : NULL;
	return out->at != NULL;
}

static bool png_encode(const struct canvas *c, bool solid, struct coded *out)
{
	spng_ctx *png = spng_ctx_new(SPNG_CTX_ENCODER);
	bool ok = png != NULL && png_write(png, c, solid, out);
	spng_ctx_free(png);
	return ok;
}

bool draw_encode(const struct canvas *c, struct coded *out)
{
	bool solid = is_solid(c);
	if (c->drawn || !solid) {
		if (!png_encode(c, solid, out))
			return false;
		if (out->size
			<= (size_t)c->width * (size_t)c->height * PNG_BYTES_PER_PIXEL + PNG_SMALL)
			return true;
		free(out->at);
	}
	struct canvas flat = *c;
	flat.at = flatten(c, 4);
	bool ok = flat.at != NULL && jpeg_encode(&flat, out);
	free(flat.at);
	return ok;
}

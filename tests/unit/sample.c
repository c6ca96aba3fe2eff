/* sample.c: pictures for tests, by the encoders of the libraries whose decoders are under test. */
#include "sample.h"

#include <gif_lib.h>
#include <spng.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <webp/encode.h>
#include <webp/mux.h>

enum look { LOOK_FLAGS, LOOK_CLEAR, LOOK_WHITE, LOOK_BLACK };

static uint8_t *pixels(struct arena *arena, int width, int height, enum look look)
{
	uint8_t *all = arena_array(arena, (size_t)width * (size_t)height, 4), *p = all;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++, p += 4) {
			bool below = y >= height / 2, right = x >= width / 2;
			p[0] = look == LOOK_WHITE || (look != LOOK_BLACK && !below && !right) ? 255
											      : 0;
			p[1] = look == LOOK_WHITE || (look != LOOK_BLACK && below) ? 255 : 0;
			p[2] = look == LOOK_WHITE || (look != LOOK_BLACK && !below && right) ? 255
											     : 0;
			p[3] = look == LOOK_CLEAR && !right ? 0 : 255;
		}
	return all;
}

/* ---- PNG ---- */

static struct bytes png(struct arena *arena, int width, int height, enum look look)
{
	spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);
	struct spng_ihdr head = {
		(uint32_t)width, (uint32_t)height, 8, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 0, 0, 0};
	size_t size = 0;
	int error = 0;
	spng_set_option(ctx, SPNG_ENCODE_TO_BUFFER, 1);
	spng_set_ihdr(ctx, &head);
	if (spng_encode_image(ctx, pixels(arena, width, height, look),
		    (size_t)width * (size_t)height * 4, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE)
		!= 0)
		die("no PNG could be made");
	void *data = spng_get_png_buffer(ctx, &size, &error);
	struct bytes out = arena_bytes(arena, (struct bytes){data, size});
	free(data);
	spng_ctx_free(ctx);
	return out;
}

struct bytes sample_png(struct arena *arena, int width, int height)
{
	return png(arena, width, height, LOOK_FLAGS);
}

struct bytes sample_clear_png(struct arena *arena, int width, int height)
{
	return png(arena, width, height, LOOK_CLEAR);
}

struct bytes sample_bomb_png(struct arena *arena, int side)
{
	return png(arena, side, side, LOOK_WHITE);
}

static void put(uint8_t *at, uint32_t n)
{
	for (int i = 3; i >= 0; i--, n >>= 8)
		at[i] = (uint8_t)n;
}

static uint32_t checksum(const uint8_t *at, size_t size)
{
	uint32_t c = 0xffffffffU;
	for (size_t i = 0; i < size; i++) {
		c ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xedb88320U : c >> 1;
	}
	return ~c;
}

struct bytes sample_huge_png(struct arena *arena, uint32_t width, uint32_t height)
{
	struct bytes small = sample_png(arena, 8, 8);
	uint8_t *at = arena_copy(arena, small.data, small.size);
	put(at + 16, width);
	put(at + 20, height);
	put(at + 29, checksum(at + 12, 17));
	return (struct bytes){at, small.size};
}

/* ---- JPEG ---- */

static struct bytes with_exif(struct arena *arena, struct bytes jpeg, int orientation)
{
	static const uint8_t tiff[] = {0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42,
		0, 0, 0, 8, 0, 2, 0x01, 0x0e, 0, 2, 0, 0, 0, 12, 0, 0, 0, 38, 0x01, 0x12, 0, 3, 0,
		0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 'S', 'E', 'C', 'R', 'E', 'T', 'P', 'L', 'A', 'C',
		'E', 0};
	uint8_t *at = arena_alloc(arena, jpeg.size + sizeof tiff);
	memcpy(at, jpeg.data, 2);
	memcpy(at + 2, tiff, sizeof tiff);
	at[5] = sizeof tiff - 2;
	at[2 + 41] = (uint8_t)orientation;
	memcpy(at + 2 + sizeof tiff, (const uint8_t *)jpeg.data + 2, jpeg.size - 2);
	return (struct bytes){at, jpeg.size + sizeof tiff};
}

struct bytes sample_jpeg(struct arena *arena, int width, int height, int orientation)
{
	tjhandle h = tjInitCompress();
	unsigned char *data = NULL;
	unsigned long size = 0;
	if (tjCompress2(h, pixels(arena, width, height, LOOK_FLAGS), width, 0, height, TJPF_RGBA,
		    &data, &size, TJSAMP_444, 90, 0)
		!= 0)
		die("no JPEG could be made");
	struct bytes out = arena_bytes(arena, (struct bytes){data, size});
	tjFree(data);
	tjDestroy(h);
	return orientation > 0 ? with_exif(arena, out, orientation) : out;
}

/* ---- WebP ---- */

struct bytes sample_webp(struct arena *arena, int width, int height)
{
	uint8_t *data = NULL;
	size_t size = WebPEncodeRGBA(
		pixels(arena, width, height, LOOK_FLAGS), width, height, width * 4, 90, &data);
	struct bytes out = arena_bytes(arena, (struct bytes){data, size});
	WebPFree(data);
	return out;
}

struct bytes sample_moving_webp(struct arena *arena, int width, int height, int frames)
{
	WebPAnimEncoder *all = WebPAnimEncoderNew(width, height, NULL);
	for (int i = 0; i < frames; i++) {
		WebPPicture p;
		WebPPictureInit(&p);
		p.width = width;
		p.height = height;
		p.use_argb = 1;
		WebPPictureImportRGBA(&p,
			pixels(arena, width, height, i == 0 ? LOOK_FLAGS : LOOK_BLACK), width * 4);
		if (!WebPAnimEncoderAdd(all, &p, i * 100, NULL))
			die("no frame could be added");
		WebPPictureFree(&p);
	}
	WebPData data;
	WebPAnimEncoderAdd(all, NULL, frames * 100, NULL);
	if (!WebPAnimEncoderAssemble(all, &data))
		die("no moving WebP could be made");
	struct bytes out = arena_bytes(arena, (struct bytes){data.bytes, data.size});
	WebPDataClear(&data);
	WebPAnimEncoderDelete(all);
	return out;
}

/* ---- GIF ---- */

struct sink {
	struct text text;
};

static int gif_write(GifFileType *gif, const GifByteType *data, int size)
{
	struct sink *s = gif->UserData;
	text_add_n(&s->text, (const char *)data, (size_t)size);
	return size;
}

struct bytes sample_gif(struct arena *arena, int width, int height, int frames)
{
	static const GifColorType flags[] = {{255, 0, 0}, {0, 0, 255}, {0, 255, 0}, {0, 0, 0}};
	struct sink sink;
	int error;
	text_init(&sink.text, arena, (size_t)8 << 20);
	GifFileType *gif = EGifOpen(&sink, gif_write, &error);
	ColorMapObject *colours = GifMakeMapObject(4, flags);
	EGifSetGifVersion(gif, true);
	EGifPutScreenDesc(gif, width, height, 2, 0, colours);
	GifByteType *row = arena_alloc(arena, (size_t)width);
	for (int i = 0; i < frames; i++) {
		EGifPutImageDesc(gif, 0, 0, width, height, false, NULL);
		for (int y = 0; y < height; y++) {
			for (int x = 0; x < width; x++)
				row[x] = i > 0 ? 3 : y >= height / 2 ? 2 : x >= width / 2;
			EGifPutLine(gif, row, width);
		}
	}
	EGifCloseFile(gif, &error);
	GifFreeMapObject(colours);
	return (struct bytes){sink.text.at, sink.text.size};
}

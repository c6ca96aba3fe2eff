/* decode.c: PNG, WebP and GIF, known by their first bytes; the only file with their libraries. */
#include "child.h"

#include <gif_lib.h>
#include <spng.h>
#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

#define CHUNK_MOST ((size_t)4 << 20)

bool canvas_fits(int64_t width, int64_t height)
{
	return width > 0 && height > 0 && width <= PICTURE_SIDE_MOST && height <= PICTURE_SIDE_MOST
		&& width * height <= PICTURE_PIXELS_MOST;
}

bool canvas_create(struct canvas *c, int width, int height)
{
	*c = (struct canvas){calloc((size_t)width * (size_t)height, 4), width, height, false, 1};
	return c->at != NULL;
}

/* ---- PNG ---- */

static enum outcome png_pixels(spng_ctx *png, struct canvas *c)
{
	struct spng_ihdr head;
	struct spng_exif exif;
	size_t size;
	int bad = spng_get_ihdr(png, &head);
	if (bad != 0 && bad != SPNG_EUSER_WIDTH && bad != SPNG_EUSER_HEIGHT)
		return PICTURE_BROKEN;
	if (bad != 0 || !canvas_fits(head.width, head.height))
		return PICTURE_LARGE;
	if (!canvas_create(c, (int)head.width, (int)head.height))
		return PICTURE_LARGE;
	if (spng_get_exif(png, &exif) == 0)
		c->turn = exif_orientation((const uint8_t *)exif.data, exif.length);
	if (spng_decoded_image_size(png, SPNG_FMT_RGBA8, &size) != 0
		|| size != (size_t)c->width * (size_t)c->height * 4
		|| spng_decode_image(png, c->at, size, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS) != 0)
		return PICTURE_BROKEN;
	c->drawn = true;
	return PICTURE_MADE;
}

static enum outcome png_decode(const uint8_t *file, size_t size, struct canvas *c)
{
	spng_ctx *png = spng_ctx_new(0);
	enum outcome o = PICTURE_BROKEN;
	if (png != NULL && spng_set_image_limits(png, PICTURE_SIDE_MOST, PICTURE_SIDE_MOST) == 0
		&& spng_set_chunk_limits(png, CHUNK_MOST, CHUNK_MOST) == 0
		&& spng_set_png_buffer(png, file, size) == 0)
		o = png_pixels(png, c);
	spng_ctx_free(png);
	return o;
}

/* ---- WebP: of what moves the first frame, where it stands on its canvas ---- */

static enum outcome webp_pixels(WebPDemuxer *all, struct canvas *c)
{
	uint32_t width = WebPDemuxGetI(all, WEBP_FF_CANVAS_WIDTH);
	uint32_t height = WebPDemuxGetI(all, WEBP_FF_CANVAS_HEIGHT);
	WebPIterator frame;
	if (!canvas_fits(width, height))
		return PICTURE_LARGE;
	if (!WebPDemuxGetFrame(all, 1, &frame))
		return PICTURE_BROKEN;
	enum outcome o = PICTURE_BROKEN;
	/* Its place on the canvas is the file's word. */
	bool inside = frame.x_offset >= 0 && frame.y_offset >= 0 && frame.width > 0
		&& frame.height > 0 && frame.x_offset <= (int)width - frame.width
		&& frame.y_offset <= (int)height - frame.height;
	int real_width = 0, real_height = 0;
	if (inside
		&& WebPGetInfo(frame.fragment.bytes, frame.fragment.size, &real_width, &real_height)
		&& real_width == frame.width && real_height == frame.height
		&& canvas_create(c, (int)width, (int)height)) {
		size_t row = (size_t)width * 4;
		size_t start = (size_t)frame.y_offset * row + (size_t)frame.x_offset * 4;
		if (WebPDecodeRGBAInto(frame.fragment.bytes, frame.fragment.size, c->at + start,
			    row * (size_t)height - start, (int)row)
			!= NULL)
			o = PICTURE_MADE;
	}
	WebPDemuxReleaseIterator(&frame);
	return o;
}

static enum outcome webp_decode(const uint8_t *file, size_t size, struct canvas *c)
{
	WebPData data = {file, size};
	WebPDemuxer *all = WebPDemux(&data);
	WebPBitstreamFeatures features;
	if (all == NULL)
		return PICTURE_BROKEN;
	enum outcome o = webp_pixels(all, c);
	WebPChunkIterator exif;
	if (o == PICTURE_MADE && WebPDemuxGetChunk(all, "EXIF", 1, &exif)) {
		c->turn = exif_orientation(exif.chunk.bytes, exif.chunk.size);
		WebPDemuxReleaseChunkIterator(&exif);
	}
	if (o == PICTURE_MADE && WebPGetFeatures(file, size, &features) == VP8_STATUS_OK)
		c->drawn = features.format == 2;
	WebPDemuxDelete(all);
	return o;
}

/* ---- GIF: up to its first frame ---- */

struct bytes_left {
	const uint8_t *at;
	size_t size;
};

static int gif_read(GifFileType *gif, GifByteType *out, int wanted)
{
	struct bytes_left *left = gif->UserData;
	size_t n = (size_t)wanted < left->size ? (size_t)wanted : left->size;
	memcpy(out, left->at, n);
	left->at += n;
	left->size -= n;
	return (int)n;
}

static void gif_row(const GifFileType *gif, const ColorMapObject *colours, const uint8_t *row,
	int clear, int y, struct canvas *c)
{
	uint8_t *to = c->at
		+ ((size_t)(gif->Image.Top + y) * (size_t)c->width + (size_t)gif->Image.Left) * 4;
	for (int x = 0; x < gif->Image.Width; x++, to += 4) {
		if (row[x] == clear || row[x] >= colours->ColorCount)
			continue;
		const GifColorType *k = &colours->Colors[row[x]];
		to[0] = k->Red, to[1] = k->Green, to[2] = k->Blue, to[3] = 255;
	}
}

static bool gif_frame(GifFileType *gif, int clear, struct canvas *c)
{
	static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
	const GifImageDesc *at = &gif->Image;
	const ColorMapObject *colours = at->ColorMap != NULL ? at->ColorMap : gif->SColorMap;
	if (colours == NULL || at->Left < 0 || at->Top < 0 || at->Width < 1 || at->Height < 1
		|| at->Left > c->width - at->Width || at->Top > c->height - at->Height)
		return false;
	uint8_t *row = malloc((size_t)at->Width);
	bool ok = row != NULL;
	for (int pass = 0; ok && pass < (at->Interlace ? 4 : 1); pass++) {
		int step = at->Interlace ? steps[pass] : 1;
		for (int y = at->Interlace ? starts[pass] : 0; ok && y < at->Height; y += step) {
			ok = DGifGetLine(gif, row, at->Width) == GIF_OK;
			if (ok)
				gif_row(gif, colours, row, clear, y, c);
		}
	}
	free(row);
	return ok;
}

/* What stands before the first frame may say which colour is none. */
static bool gif_extension(GifFileType *gif, int *clear)
{
	int code;
	GifByteType *block;
	GraphicsControlBlock control;
	if (DGifGetExtension(gif, &code, &block) != GIF_OK)
		return false;
	if (code == GRAPHICS_EXT_FUNC_CODE && block != NULL && block[0] == 4
		&& DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
		*clear = control.TransparentColor;
	while (block != NULL)
		if (DGifGetExtensionNext(gif, &block) != GIF_OK)
			return false;
	return true;
}

static enum outcome gif_pixels(GifFileType *gif, struct canvas *c)
{
	int clear = NO_TRANSPARENT_COLOR;
	GifRecordType type;
	if (!canvas_fits(gif->SWidth, gif->SHeight))
		return PICTURE_LARGE;
	if (!canvas_create(c, gif->SWidth, gif->SHeight))
		return PICTURE_LARGE;
	c->drawn = true;
	while (DGifGetRecordType(gif, &type) == GIF_OK) {
		if (type == IMAGE_DESC_RECORD_TYPE)
			return DGifGetImageDesc(gif) == GIF_OK && gif_frame(gif, clear, c)
				? PICTURE_MADE
				: PICTURE_BROKEN;
		if (type != EXTENSION_RECORD_TYPE || !gif_extension(gif, &clear))
			break;
	}
	return PICTURE_BROKEN;
}

static enum outcome gif_decode(const uint8_t *file, size_t size, struct canvas *c)
{
	struct bytes_left left = {file, size};
	int error;
	GifFileType *gif = DGifOpen(&left, gif_read, &error);
	if (gif == NULL)
		return PICTURE_BROKEN;
	enum outcome o = gif_pixels(gif, c);
	(void)DGifCloseFile(gif, &error);
	return o;
}

/* ---- all ---- */

enum outcome decode(
	const uint8_t *file, size_t size, const struct picture_wish *w, struct canvas *c)
{
	*c = (struct canvas){0};
	if (size >= 8 && memcmp(file, "\x89PNG\r\n\x1a\n", 8) == 0)
		return png_decode(file, size, c);
	if (size >= 3 && memcmp(file, "\xff\xd8\xff", 3) == 0)
		return jpeg_decode(file, size, w, c);
	if (size >= 12 && memcmp(file, "RIFF", 4) == 0 && memcmp(file + 8, "WEBP", 4) == 0)
		return webp_decode(file, size, c);
	if (size >= 6 && (memcmp(file, "GIF87a", 6) == 0 || memcmp(file, "GIF89a", 6) == 0))
		return gif_decode(file, size, c);
	return PICTURE_UNKNOWN;
}

/* jpeg.c: the only file with libjpeg-turbo. */
#include "child.h"

#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#define QUALITY 82

/* ---- which way up: the Exif segment among those before the picture ---- */

static int orientation(const uint8_t *file, size_t size)
{
	for (size_t at = 2; size - at >= 10 && file[at] == 0xff && file[at + 1] != 0xda;) {
		size_t length = (size_t)file[at + 2] << 8 | file[at + 3];
		if (length < 2 || length + 2 > size - at)
			return 1;
		if (file[at + 1] == 0xe1 && length > 8 && memcmp(file + at + 4, "Exif\0", 6) == 0)
			return exif_orientation(file + at + 10, length - 8);
		at += length + 2;
	}
	return 1;
}

/* ---- decoding ---- */

/* The coarsest eighths that leave at least the side that is asked for. */
static tjscalingfactor factor_for(int measure, int side)
{
	int count = 0;
	tjscalingfactor best = {1, 1}, *all = tjGetScalingFactors(&count);
	for (int i = 0; all != NULL && i < count; i++)
		if (all[i].num <= all[i].denom && TJSCALED(measure, all[i]) >= side
			&& TJSCALED(measure, all[i]) < TJSCALED(measure, best))
			best = all[i];
	return best;
}

/* Print colours, as the one program that writes such files has always stored them: upside down. */
static void from_cmyk(struct canvas *c)
{
	size_t pixels = (size_t)c->width * (size_t)c->height;
	for (uint8_t *p = c->at; pixels > 0; pixels--, p += 4) {
		for (int i = 0; i < 3; i++)
			p[i] = (uint8_t)(p[i] * p[3] / 255);
		p[3] = 255;
	}
}

static enum outcome read_pixels(tjhandle h, const uint8_t *file, size_t size,
	const struct picture_wish *w, struct canvas *c)
{
	int width, height, sampling, colours;
	if (tjDecompressHeader3(h, file, size, &width, &height, &sampling, &colours) != 0
		|| width < 1 || height < 1)
		return PICTURE_BROKEN;
	if (!canvas_fits(width, height))
		return PICTURE_LARGE;
	tjscalingfactor f = factor_for((width > height) == w->square ? height : width, w->side);
	if (!canvas_create(c, TJSCALED(width, f), TJSCALED(height, f)))
		return PICTURE_LARGE;
	bool print = colours == TJCS_CMYK || colours == TJCS_YCCK;
	/* What ends early is shown as far as it goes, like browsers do; what is no data at all is not. */
	if (tjDecompress2(h, file, size, c->at, c->width, 0, c->height,
		    print ? TJPF_CMYK : TJPF_RGBA, TJFLAG_LIMITSCANS)
			!= 0
		&& tjGetErrorCode(h) != TJERR_WARNING)
		return PICTURE_BROKEN;
	if (print)
		from_cmyk(c);
	return PICTURE_MADE;
}

enum outcome jpeg_decode(
	const uint8_t *file, size_t size, const struct picture_wish *w, struct canvas *c)
{
	tjhandle h = tjInitDecompress();
	if (h == NULL)
		return PICTURE_BROKEN;
	enum outcome o = read_pixels(h, file, size, w, c);
	tjDestroy(h);
	c->turn = orientation(file, size);
	return o;
}

/* ---- encoding ---- */

bool jpeg_encode(const struct canvas *c, struct coded *out)
{
	unsigned char *data = NULL;
	unsigned long size = 0;
	tjhandle h = tjInitCompress();
	bool ok = h != NULL
		&& tjCompress2(h, c->at, c->width, 0, c->height, TJPF_RGBA, &data, &size,
			   c->drawn ? TJSAMP_444 : TJSAMP_420, QUALITY, 0)
			== 0;
	if (h != NULL)
		tjDestroy(h);
	if (ok)
		*out = (struct coded){PART_JPEG, data, size};
	return ok;
}

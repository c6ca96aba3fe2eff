/* colour.c: one colour of a community or of the association, made so that it can be read, light and dark. */
#include <math.h>
#include <string.h>

#include "data.h"

#define PAPER_LIGHT 0xfbfaf6U /* as in app.css */
#define PAPER_DARK 0x151918U
#define INK_LIGHT 0xffffffU
#define INK_DARK 0x101413U
#define WASH_LIGHT 0.09 /* how much of the colour its wash has */
#define WASH_DARK 0.14
#define DARK_CONTRAST 7 /* more than is asked: light words on a dark ground tire sooner */
#define STEPS 256

const uint32_t colour_palette[COLOUR_PALETTE] = {0x0b6b5c, 0x1d5fa6, 0x6a4c9c, 0x93366f, 0x95490f,
	0x765a00, 0x4b661c, 0x40596b, 0x3f4a9a, 0xa8352f};

bool colour_read(const char *text, uint32_t *out)
{
	uint32_t rgb = 0;
	if (text != NULL && *text == '#')
		text++;
	if (text == NULL || strlen(text) != 6)
		return false;
	for (; *text != '\0'; text++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF",
			   *at = strchr(digits, *text);
		if (at == NULL)
			return false;
		rgb = rgb << 4 | (uint32_t)((at - digits) % 16);
	}
	*out = rgb;
	return true;
}

static double part(uint32_t rgb, int shift)
{
	return (double)(rgb >> shift & 0xff) / 255;
}

static uint32_t join(double r, double g, double b)
{
	return (uint32_t)lround(r * 255) << 16 | (uint32_t)lround(g * 255) << 8
		| (uint32_t)lround(b * 255);
}

/* WCAG 2.2: relative luminance, contrast ratio. */
static double luminance(uint32_t rgb)
{
	static const double weights[] = {0.2126, 0.7152, 0.0722};
	double sum = 0;
	for (int i = 0; i < 3; i++) {
		double c = part(rgb, 16 - 8 * i);
		sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

double colour_contrast(uint32_t a, uint32_t b)
{
	double x = luminance(a), y = luminance(b);
	return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

static uint32_t mix(uint32_t a, uint32_t b, double much)
{
	return join(part(a, 16) * much + part(b, 16) * (1 - much),
		part(a, 8) * much + part(b, 8) * (1 - much),
		part(a, 0) * much + part(b, 0) * (1 - much));
}

static uint32_t wash(uint32_t rgb, bool dark)
{
	return mix(rgb, dark ? PAPER_DARK : PAPER_LIGHT, dark ? WASH_DARK : WASH_LIGHT);
}

/* On the paper, on its own wash, and under the ink of a button. */
static bool reads(uint32_t rgb, bool dark)
{
	double least = dark ? DARK_CONTRAST : COLOUR_CONTRAST;
	return colour_contrast(rgb, wash(rgb, dark)) >= COLOUR_CONTRAST
		&& colour_contrast(rgb, dark ? PAPER_DARK : PAPER_LIGHT) >= least
		&& colour_contrast(rgb, dark ? INK_DARK : INK_LIGHT) >= least;
}

bool colour_fits(uint32_t rgb)
{
	return reads(rgb, false);
}

/* The first on the way to black or to white: the hue stays. */
static uint32_t nearest(uint32_t rgb, bool dark)
{
	for (int i = 0; i <= STEPS; i++) {
		uint32_t tried = mix(dark ? 0xffffff : 0x000000, rgb, (double)i / STEPS);
		if (reads(tried, dark))
			return tried;
	}
	return dark ? 0xffffff : 0x000000;
}

uint32_t colour_nearest(uint32_t rgb)
{
	return nearest(rgb, false);
}

void colour_sheet(struct text *css, uint32_t rgb)
{
	uint32_t light = nearest(rgb, false), dark = nearest(rgb, true);
	text_format(css, ".c-%06x{--own:#%06x;--own-ink:#%06x;--own-wash:#%06x}\n", rgb, light,
		INK_LIGHT, wash(light, false));
	text_format(css,
		"@media (prefers-color-scheme:dark){.c-%06x{--own:#%06x;--own-ink:#%06x;--own-wash:#%06x}}\n",
		rgb, dark, INK_DARK, wash(dark, true));
}

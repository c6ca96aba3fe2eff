/* blurhash.c: a few cosines and their colours, in some thirty letters (the public algorithm, blurha.sh). */
#include "child.h"

#include <math.h>
#include <string.h>

#define PARTS 4

static const char digits[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

struct factor {
	double rgb[3];
};

static double to_linear(uint8_t v)
{
	double s = v / 255.0;
	return s <= 0.04045 ? s / 12.92 : pow((s + 0.055) / 1.055, 2.4);
}

static uint32_t to_srgb(double v)
{
	v = fmin(fmax(v, 0.0), 1.0);
	double s = v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055;
	return (uint32_t)(s * 255 + 0.5);
}

/* What is see-through shows the page, which is light on most screens. */
static struct factor sum(const struct canvas *c, int x, int y, const double table[256])
{
	struct factor f = {{0, 0, 0}};
	for (int row = 0; row < c->height; row++)
		for (int col = 0; col < c->width; col++) {
			const uint8_t *p = c->at
				+ ((size_t)row * (size_t)c->width + (size_t)col) * 4;
			double alpha = p[3] / 255.0;
			double wave = cos(M_PI * x * (col + 0.5) / c->width)
				* cos(M_PI * y * (row + 0.5) / c->height);
			for (int i = 0; i < 3; i++)
				f.rgb[i] += wave * (table[p[i]] * alpha + 1 - alpha);
		}
	double scale = (x == 0 && y == 0 ? 1.0 : 2.0) / ((double)c->width * c->height);
	for (int i = 0; i < 3; i++)
		f.rgb[i] *= scale;
	return f;
}

static char *put(char *at, uint32_t value, int length)
{
	for (int i = length - 1; i >= 0; i--, value /= 83)
		at[i] = digits[value % 83];
	return at + length;
}

static uint32_t quantised(double v, double most)
{
	double s = v / most;
	s = copysign(sqrt(fabs(s)), s);
	return (uint32_t)fmax(0, fmin(18, floor(s * 9 + 9.5)));
}

void blurhash_write(const struct canvas *c, char out[PICTURE_HASH_TEXT], uint32_t *colour)
{
	int across = c->width >= c->height ? PARTS : PARTS - 1;
	int down = c->width >= c->height ? PARTS - 1 : PARTS;
	struct factor f[PARTS * PARTS];
	double table[256], most = 0;
	for (int i = 0; i < 256; i++)
		table[i] = to_linear((uint8_t)i);
	for (int y = 0; y < down; y++)
		for (int x = 0; x < across; x++)
			f[y * across + x] = sum(c, x, y, table);
	for (int i = 1; i < across * down; i++)
		for (int j = 0; j < 3; j++)
			most = fmax(most, fabs(f[i].rgb[j]));
	uint32_t step = (uint32_t)fmax(0, fmin(82, floor(most * 166 - 0.5)));
	*colour = to_srgb(f[0].rgb[0]) << 16 | to_srgb(f[0].rgb[1]) << 8 | to_srgb(f[0].rgb[2]);
	char *at = put(out, (uint32_t)(across - 1 + (down - 1) * 9), 1);
	at = put(at, step, 1);
	at = put(at, *colour, 4);
	for (int i = 1; i < across * down; i++) {
		double scale = (step + 1) / 166.0;
		at = put(at,
			(quantised(f[i].rgb[0], scale) * 19 + quantised(f[i].rgb[1], scale)) * 19
				+ quantised(f[i].rgb[2], scale),
			2);
	}
	*at = '\0';
}

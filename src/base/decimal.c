/* decimal.c: a double as ECMAScript prints it: the fewest digits that read back (RFC 8785 §3.2.2.3). */
#include "data.h"

#include <stdlib.h>
#include <string.h>

/* A positive number as its digits d1.d2d3… times ten to the exponent. */
struct decimal {
	char digits[20];
	int exponent;
};

static bool decimal_equals(const struct decimal *d, double number)
{
	char s[40];
	return text_print(s, sizeof s, "%se%d", d->digits, d->exponent - (int)strlen(d->digits) + 1)
		&& strtod(s, NULL) == number;
}

/* The decimal of `count` digits closest to the number. */
static bool decimal_near(double number, int count, struct decimal *d)
{
	char s[40];
	if (!text_print(s, sizeof s, "%.*e", count - 1, number))
		return false;
	size_t n = 0;
	const char *at = s;
	for (; *at != 'e'; at++)
		if (*at >= '0' && *at <= '9')
			d->digits[n++] = *at;
	d->digits[n] = '\0';
	d->exponent = (int)strtol(at + 1, NULL, 10);
	return true;
}

/* The next larger decimal of as many digits. */
static void decimal_step(struct decimal *d)
{
	size_t i = strlen(d->digits);
	while (i > 0 && d->digits[i - 1] == '9')
		d->digits[--i] = '0';
	if (i > 0) {
		d->digits[i - 1]++;
	} else {
		d->digits[0] = '1';
		d->exponent++;
	}
}

/*
 * Can so many digits name this number and no other? The closest decimal mostly decides; below a power of two
 * the doubles lie closer than above it, so there the next larger one may do when the closest does not.
 */
static bool decimal_fits(double number, int count, struct decimal *d)
{
	if (!decimal_near(number, count, d))
		return false;
	if (decimal_equals(d, number))
		return true;
	decimal_step(d);
	return decimal_equals(d, number);
}

/* The fewest digits that read back as the same double: 17 always do. */
static struct decimal decimal_shortest(double number)
{
	struct decimal best = {.digits = "0"}, d;
	int low = 1, high = 17;
	while (low <= high) {
		int middle = (low + high) / 2;
		if (decimal_fits(number, middle, &d)) {
			best = d;
			high = middle - 1;
		} else {
			low = middle + 1;
		}
	}
	return best;
}

static void zeros(struct text *out, int count)
{
	while (count-- > 0)
		text_char(out, '0');
}

void decimal_write(struct text *out, double number)
{
	if (number < 0)
		text_char(out, '-');
	struct decimal d = decimal_shortest(number < 0 ? -number : number);
	int count = (int)strlen(d.digits), point = d.exponent + 1;
	if (number == 0) {
		text_char(out, '0'); /* minus zero too */
	} else if (point > 21 || point <= -6) {
		text_char(out, d.digits[0]);
		text_format(out, "%s%se%+d", count > 1 ? "." : "", d.digits + 1, d.exponent);
	} else if (point <= 0) {
		text_add(out, "0.");
		zeros(out, -point);
		text_add(out, d.digits);
	} else if (point >= count) {
		text_add(out, d.digits);
		zeros(out, point - count);
	} else {
		text_format(out, "%.*s.%s", point, d.digits, d.digits + point);
	}
}

/* exif.c: which way up a picture was taken: the one thing of its metadata that is read. */
#include "child.h"

#include <string.h>

#define ORIENTATION 0x0112U
#define ENTRIES_MOST 200

struct tiff {
	const uint8_t *at;
	size_t size;
	bool big; /* endian */
};

static uint32_t number(const struct tiff *t, size_t at, size_t bytes)
{
	uint32_t n = 0;
	if (at > t->size || t->size - at < bytes)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		n = n << 8 | t->at[at + (t->big ? i : bytes - 1 - i)];
	return n;
}

int exif_orientation(const uint8_t *at, size_t size)
{
	struct tiff t = {at, size, false};
	if (size < 8 || (memcmp(at, "II*\0", 4) != 0 && memcmp(at, "MM\0*", 4) != 0))
		return 1;
	t.big = at[0] == 'M';
	size_t list = number(&t, 4, 4);
	uint32_t count = number(&t, list, 2);
	for (uint32_t i = 0; i < count && i < ENTRIES_MOST; i++) {
		size_t entry = list + 2 + (size_t)i * 12;
		uint32_t turn = number(&t, entry + 8, 2);
		if (number(&t, entry, 2) == ORIENTATION)
			return turn >= 1 && turn <= 8 ? (int)turn : 1;
	}
	return 1;
}

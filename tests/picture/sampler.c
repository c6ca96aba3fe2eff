/* sampler.c: writes the pictures of sample.h into a directory, for tests of the whole program. */
#include "sample.h"

#include <stdio.h>

static void put(struct arena *arena, const char *directory, const char *name, struct bytes b)
{
	FILE *f = fopen(arena_format(arena, "%s/%s", directory, name), "w");
	if (f == NULL || fwrite(b.data, 1, b.size, f) != b.size || fclose(f) != 0)
		die("%s: not written", name);
}

int main(int argc, char **argv)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	if (argc != 2)
		return 2;
	struct bytes photo = sample_jpeg(arena, 3000, 2000, 6);
	put(arena, argv[1], "turned.jpg", photo);
	put(arena, argv[1], "broken.jpg", (struct bytes){photo.data, 90});
	put(arena, argv[1], "drawn.png", sample_png(arena, 800, 600));
	put(arena, argv[1], "clear.png", sample_clear_png(arena, 300, 300));
	put(arena, argv[1], "moving.gif", sample_gif(arena, 200, 100, 30));
	put(arena, argv[1], "moving.webp", sample_moving_webp(arena, 200, 100, 10));
	put(arena, argv[1], "huge.png", sample_huge_png(arena, 60000, 60000));
	return 0;
}

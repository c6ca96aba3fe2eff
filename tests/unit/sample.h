/* sample.h: pictures of every kind the tests need, made here: no file of a stranger is kept in the repository. */
#pragma once

#include "base.h"

/* Left half red, right half blue, above; green below: whoever turns it is seen. */
struct bytes sample_png(struct arena *, int width, int height);
struct bytes sample_clear_png(struct arena *, int width, int height); /* a see-through left half */
struct bytes sample_huge_png(struct arena *, uint32_t width, uint32_t height); /* says so in its header, and ends */
struct bytes sample_bomb_png(struct arena *, int side); /* white all over: large, and small in bytes */
struct bytes sample_jpeg(struct arena *, int width, int height, int orientation); /* Exif with a place in it; 0: none */
struct bytes sample_webp(struct arena *, int width, int height);
struct bytes sample_moving_webp(struct arena *, int width, int height, int frames); /* the first one is as above */
struct bytes sample_gif(struct arena *, int width, int height, int frames);

/* embed.h: files compiled into the program; the table is made at build time by embed.c. */
#pragma once

#include <stddef.h>

struct embedded {
	const char *name; /* "pages/home.html", "static/app.css", "i18n/nl.po" */
	const unsigned char *data;
	size_t size;
	const unsigned char *gzip; /* NULL when it would not be smaller */
	size_t gzip_size;
	const char *hash; /* 8 hex digits of the content */
};
extern const struct embedded embedded[]; /* sorted by name, ended by a NULL name */

/* Called by page_load, in this order. */
void asset_load(void);
void i18n_load(void);

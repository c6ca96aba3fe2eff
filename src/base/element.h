/* element.h: what clean.c knows of each element; of one that is not found only the words are kept. */
#pragma once

#include "data.h"

enum {
	BLOCK = 1 << 0, /* ends a paragraph; words on both sides stand apart */
	LINES = 1 << 1, /* a block of text: holds no other block */
	VOID = 1 << 2,  /* has no end */
	APART = 1 << 3, /* not kept, but the words on both sides stand apart */
	DROP = 1 << 4,  /* goes with its content */
	RAW = 1 << 5,   /* goes with its content, which is not markup */
	SHELL = 1 << 6, /* holds certain elements only, and no words */
	CELL = 1 << 7,  /* an end tag inside does not reach outside */
	GRID = 1 << 8,  /* part of a table */
};

/* Which parents an element must have, and what it is to its children. */
enum { LIST = 1, TERMS = 2, TABLE = 4, ROWS = 8, ROW = 16, DETAILS = 32, RUBY = 64 };

struct element {
	const char *name;
	uint16_t flags;
	uint8_t in, is;
	uint8_t attributes; /* element.c's own bits */
};

const struct element *element_find(const char *name); /* in lower case; NULL: unknown */
void element_attribute(struct text *, const char *name, const char *value); /* NULL writes nothing */
/* Those attributes of the tag that this element keeps, in one order and one spelling. */
void element_attributes(struct text *, const struct element *, const struct html_tag *);
/* Its class makes its words unseen. */
bool element_hides(struct arena *, const struct element *, const struct html_tag *);

/*
 * numbers.h: what a node counts: its store, its inbox and deliveries, its server.
 */
#pragma once

#include "node.h"

/* "<prefix>store_rows 12", a line each. */
enum err numbers_write(const struct kring *, struct arena *, const char *prefix,
	struct text *out) MUST_USE;
/* GET /metrics, for who asks on this machine by a loopback name; everybody else finds nothing there. */
extern const struct route numbers_routes[];
void numbers_serve(const struct kring *); /* from now on these are told; NULL: not any more */

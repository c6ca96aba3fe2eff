/*
 * config.h: every setting of a node, in one table (config.c). They are read from DIR/kring.ini at start and do not
 * change while the node runs. `kring config` prints the table.
 */
#pragma once

#include "base.h"

struct config {
	const char *domain, *base_url, *name, *summary, *language, *timezone;
	const char *listen;        /* ADDRESS:PORT */
	const char *trusted_proxy; /* "" or an address */
	const char *ca_file;       /* "" or a file */
	bool allow_loopback;
	int64_t threads;           /* 0: as many as cores */
	int64_t map_gib;           /* 0: storage's own choice */
	int64_t retry_unit;        /* ms */
	enum log_level log;
};

/* Reads DIR/kring.ini; what is not there has its default. *why: file, line and what is wrong, in the arena. */
enum err config_read(struct arena *, const char *dir, struct config *out, const char **why) MUST_USE;
/* Makes DIR (0700) and DIR/kring.ini with what `init` was told; ERR_CONFLICT when one is there. */
enum err config_write(struct arena *, const char *dir, const struct config *, const char **why) MUST_USE;
void config_document(struct text *out); /* every setting: name, default, help */
/* Fills base_url when NULL; checks domain, base_url against each other: http and ports for loopback names only. */
enum err config_check(struct arena *, struct config *, const char **why) MUST_USE;
bool config_split_listen(struct arena *, const char *listen, const char **address, uint16_t *port);

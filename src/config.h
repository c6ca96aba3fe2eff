/*
 * config.h: every setting of a node, in one table (config.c). They are read from DIR/kring.ini at
 * start and do not change while the node runs. `kring config` prints the table.
 */
#pragma once

#include "base.h"

struct config { /* no text is NULL */
	const char *domain, *base_url, *name, *summary, *language, *timezone;
	const char *listen;        /* ADDRESS:PORT */
	const char *trusted_proxy; /* "" or an address */
	const char *ca_file;       /* "" or a file */
	bool allow_loopback;
	const char *mail;          /* "", "sink", or smtp://host:port */
	const char *mail_from, *mail_user, *mail_password_file;
	int64_t mail_per_hour;
	bool mail_bounces;         /* each mail from an address of its own */
	bool roll_second_factor;   /* asked of who sees the roll */
	int64_t threads;           /* 0: as many as cores */
	int64_t map_gib;           /* 0: storage's own choice */
	int64_t retry_unit;        /* ms */
	enum log_level log;
};

/* Domain and name have none and are "". */
void config_default(struct arena *, struct config *out);
/* Reads and checks DIR/kring.ini; what is not there has its default. On failure *why is a
 * sentence in the arena: file, line and what is wrong. ERR_NOT_FOUND: there is none. */
enum err config_read(struct arena *, const char *dir, struct config *out,
	const char **why) MUST_USE;
/* The text of a kring.ini; ERR_INVALID when reading it would not give the same settings again. */
enum err config_write(struct arena *, const struct config *, struct bytes *out,
	const char **why) MUST_USE;
void config_document(struct text *out); /* every setting: name, default, help */
/* Gives base_url its value when it is ""; checks each setting, and domain and base_url against
 * each other: http and ports are for loopback names only. */
enum err config_check(struct arena *, struct config *, const char **why) MUST_USE;
/* "127.0.0.1:8080", "[::1]:8080": an IP address and a port, 0 for any that is free. */
bool config_split_listen(struct arena *, const char *listen, const char **address, uint16_t *port);

/* fake_transport.h: the wire, scripted: what other nodes answer is a table, what is sent to them is written down. */
#pragma once

#include "federation.h"

void wire_reset(void);
/* Answers for a URL, the newest counts; an inbox of which nothing is said takes what comes. type NULL: application/activity+json. */
void wire_answer(const char *url, int status, const char *type, const char *body);
#define WIRE_BUSY (-2) /* as a status: we have no room to ask */
void wire_answer_bytes(const char *url, int status, const char *type, struct bytes body);
void wire_redirect(const char *url, int status, const char *location);
void wire_tags(const char *url, const char *etag); /* 304 for who has that already */
void wire_needs(const char *url, enum signature_form form); /* 401 for the other one */
size_t wire_gets(const char *url);        /* how often it was asked; NULL: all */
size_t wire_posts(const char *inbox);     /* deliveries to it; NULL: all */
const char *wire_post(const char *inbox, size_t i); /* body of the i-th */
size_t wire_posts_with(const char *inbox, const char *words);

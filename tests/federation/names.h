/* names.h: getaddrinfo is the test's own: no test asks a real name server. slow… takes its time; the others lead where
 * they say. */
#pragma once

#include "peer.h"

#include <netdb.h>

static atomic_int asked, slow_ms;
static atomic_bool flip; /* rebinding: the second answer is another one */

static inline struct addrinfo *one_address(const char *printed, struct addrinfo *next)
{
	struct addrinfo *a = calloc(1, sizeof *a);
	struct sockaddr_in *v4 = calloc(1, sizeof(struct sockaddr_in6));
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)v4;
	a->ai_next = next;
	a->ai_socktype = SOCK_STREAM;
	a->ai_addr = (struct sockaddr *)(void *)v4;
	if (strchr(printed, ':') != NULL) {
		v6->sin6_family = AF_INET6;
		a->ai_addrlen = sizeof *v6;
		inet_pton(AF_INET6, printed, &v6->sin6_addr);
	} else {
		v4->sin_family = AF_INET;
		a->ai_addrlen = sizeof *v4;
		inet_pton(AF_INET, printed, &v4->sin_addr);
	}
	a->ai_family = a->ai_addr->sa_family;
	return a;
}

int getaddrinfo(
	const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	(void)service, (void)hints;
	atomic_fetch_add(&asked, 1);
	if (text_starts(name, "slow"))
		for (int i = 0; i < atomic_load(&slow_ms); i += 10)
			usleep(10000);
	if (text_starts(name, "private"))
		*out = one_address("10.1.2.3", NULL);
	else if (text_starts(name, "mixed"))
		*out = one_address("93.184.216.34", one_address("127.0.0.1", NULL));
	else if (text_starts(name, "mapped"))
		*out = one_address("::ffff:127.0.0.1", NULL);
	else if (text_starts(name, "rebind"))
		*out = one_address(
			atomic_exchange(&flip, true) ? "127.0.0.1" : "93.184.216.34", NULL);
	else
		return EAI_NONAME;
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;
		free(list->ai_addr);
		free(list);
		list = next;
	}
}

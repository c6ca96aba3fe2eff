/* totp.c: codes that an app makes of a secret and the time (RFC 6238): the only file with liboath. */
#include "base.h"

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 6
#define STEP (30 * SECOND)

bool totp_code(const uint8_t *secret, size_t size, uint64_t counter, char out[TOTP_TEXT])
{
	return oath_hotp_generate((const char *)secret, size, counter, DIGITS, false,
		       OATH_HOTP_DYNAMIC_TRUNCATION, out)
		== OATH_OK;
}

/* Clocks differ by half a minute; a code that was used, or an older one, is over (section 5.2). */
bool totp_matches(const uint8_t *secret, size_t size, int64_t now, const char *code, uint64_t *last)
{
	char right[TOTP_TEXT];
	uint64_t at = (uint64_t)(now / STEP), found = 0;
	if (code == NULL || strlen(code) != DIGITS)
		return false;
	for (uint64_t counter = at - 1; counter <= at + 1; counter++)
		if (totp_code(secret, size, counter, right) && crypto_equal(right, code, DIGITS)
			&& counter > *last)
			found = counter;
	crypto_wipe(right, sizeof right);
	if (found != 0)
		*last = found;
	return found != 0;
}

char *base32_encode(struct arena *arena, const void *data, size_t size)
{
	char *made = NULL;
	size_t length;
	if (oath_base32_encode(data, size, &made, &length) != OATH_OK)
		die("out of memory for base32");
	char *text = arena_text_n(arena, made, strcspn(made, "="));
	crypto_wipe(made, length);
	free(made);
	return text;
}

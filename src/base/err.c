/* err.c: one table says what each way of failing is called, answers over HTTP and tells people. */
#include "base.h"

static const struct {
	const char *name;
	int status;
	const char *message;
} table[ERR_COUNT] = {
	[OK] = {"ok", 200, "All is well."},
	[ERR_NOT_FOUND] = {"not_found", 404, "This does not exist, or you may not see it."},
	[ERR_FORBIDDEN] = {"forbidden", 403, "You may not do this."},
	[ERR_SIGN_IN] = {"sign_in", 401, "Please sign in first."},
	[ERR_INVALID] = {"invalid", 422, "Something in what you sent is not right."},
	[ERR_CONFLICT] = {"conflict", 409, "This was done already, or has changed meanwhile."},
	[ERR_GONE] = {"gone", 410, "This was removed and does not come back."},
	[ERR_TOO_MUCH] = {"too_much", 429, "That is too much at once. Please try again later."},
	[ERR_AGAIN] = {"again", 503, "We cannot do this right now. Please try again in a moment."},
	[ERR_REMOTE] = {"remote", 502, "Another node did not answer as it should."},
	[ERR_STORE] = {"store", 500, "Something went wrong on our side."},
};

/* An unknown value is a fault of our own and answers as one. */
static enum err known(enum err e)
{
	return (unsigned)e < ERR_COUNT ? e : ERR_STORE;
}

const char *err_name(enum err e)
{
	return table[known(e)].name;
}

int err_status(enum err e)
{
	return table[known(e)].status;
}

const char *err_message(enum err e)
{
	return table[known(e)].message;
}

enum err refuse(struct refusal *why, const char *field, const char *text)
{
	if (why != NULL)
		*why = (struct refusal){field, text};
	return ERR_INVALID;
}

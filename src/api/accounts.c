/* accounts.c: /api/v1/accounts: who the token speaks for, and others by id or handle. */
#include "api.h"

#include <string.h>

/* What the granted scopes allow: "read" holds every "read:…". */
static bool scope_allows(const struct viewer *viewer, const char *area, const char *whole)
{
	size_t size;
	for (const char *at = viewer->scope; at != NULL && *at != '\0';
		at += size + (at[size] == ' ')) {
		size = strcspn(at, " ");
		if ((strlen(area) == size && memcmp(at, area, size) == 0)
			|| (strlen(whole) == size && memcmp(at, whole, size) == 0))
			return true;
	}
	return false;
}

static enum err verify_credentials(struct call *call, struct txn *t, struct view *v)
{
	struct actor me;
	if (!scope_allows(&call->viewer, "read:accounts", "read"))
		return ERR_FORBIDDEN;
	enum err e = actor_load(t, call->viewer.actor, &me);
	if (e == OK)
		entity_credentials(call, t, v, &me);
	return e;
}

static enum err show(struct call *call, struct view *v, struct txn *t, const struct actor *a)
{
	/* Whom this site knows elsewhere is for its members, as on the pages. */
	if (a->suspended || (!a->local && !call->viewer.local))
		return ERR_NOT_FOUND;
	if (a->gone)
		return ERR_GONE;
	entity_account(call, t, v, a);
	return OK;
}

static enum err by_id(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	enum err e = actor_load(t, call_part_id(call, "id"), &a);
	return e == OK ? show(call, v, t, &a) : e;
}

static enum err lookup(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	enum err e = actor_by_handle(t, call_input(call, "acct"), &a);
	return e == OK ? show(call, v, t, &a) : e;
}

const struct route api_routes[] = {
	{METHOD_GET, "/api/v1/accounts/verify_credentials", SIGNED_IN, .read = verify_credentials},
	{METHOD_GET, "/api/v1/accounts/lookup", ANYONE, .read = lookup,
		.takes = {{"acct", INPUT_LINE, .required = true, .max = 300, .label = "Address"}}},
	{METHOD_GET, "/api/v1/accounts/{id}", ANYONE, .read = by_id},
	{0},
};

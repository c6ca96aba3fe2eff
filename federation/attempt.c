/* attempt.c: one try to deliver one activity to one inbox: signed now (a date ages), sent, and once more in the other
 * signature form when the first is refused. */
#include "delivery.h"

#define ANSWER_MOST 4096 /* nobody reads what an inbox says */

static void attempt_end(struct attempt *a)
{
	a->event = EVENT_TRIED;
	if (queue_push(a->events, a) != OK)
		die("more deliveries on their way than there can be");
}

static void attempt_fail(struct attempt *a, enum err e, const char *why)
{
	a->err = e;
	a->why = why;
	attempt_end(a);
}

static void attempt_sign(void *arg);

static bool is_refusal(int status)
{
	return status == 400 || status == 401 || status == 403;
}

/* On the wire thread. */
static void attempt_answered(void *arg, const struct answer *answer)
{
	struct attempt *a = arg;
	a->err = answer->err;
	a->status = answer->status;
	a->retry_after = answer->retry_after;
	a->why = answer->why;
	if (answer->err == OK && is_refusal(answer->status) && !a->knocked) {
		a->knocked = true;
		a->form = a->form == FORM_CAVAGE ? FORM_RFC9421 : FORM_CAVAGE;
		if (pool_submit(a->federation->set.crypto, attempt_sign, a) == OK)
			return;
		a->err = ERR_AGAIN; /* refused in one form says nothing of the other */
	}
	attempt_end(a);
}

/* In the crypto pool. */
static void attempt_sign(void *arg)
{
	struct attempt *a = arg;
	struct url u;
	enum err e = url_parse(a->arena, a->row.inbox, &u);
	if (e == OK) {
		struct signed_request q = {.method = "POST",
			.target = u.target,
			.origin = u.origin,
			.host = u.authority,
			.body = a->body->json,
			.has_body = true};
		e = signature_make(
			a->arena, &q, a->form, a->signer, a->key_id, time_now(), &a->headers);
	}
	if (e == OK) {
		struct request request = {.kind = FETCH_POST,
			.url = a->row.inbox,
			.body = a->body->json,
			.headers = a->headers,
			.max = ANSWER_MOST};
		e = transport_send(a->federation->transport, &request, attempt_answered, a);
	}
	if (e != OK)
		attempt_fail(a, e == ERR_FORBIDDEN ? ERR_INVALID : e, "not sent");
}

void attempt_start(struct attempt *a)
{
	a->started = time_steady();
	if (pool_submit(a->federation->set.crypto, attempt_sign, a) != OK)
		attempt_fail(a, ERR_AGAIN, "too much to sign");
}

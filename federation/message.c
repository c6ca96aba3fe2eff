/* message.c: reading HTTP message signatures (RFC 9421): one, with components and parameters we know. */
#include "signature.h"

/* The derived components of §2.2 that a request has, but for @query-param, which needs a parameter. */
static const char *message_derived(struct review *r, const char *name)
{
	const struct signed_request *q = r->request;
	size_t path = strcspn(q->target, "?");
	if (text_is(name, "@method")) {
		r->covered |= PART_METHOD;
		return q->method;
	}
	if (text_is(name, "@target-uri")) {
		r->covered |= PART_TARGET;
		return arena_format(r->arena, "%s%s", q->origin, q->target);
	}
	if (text_is(name, "@authority")) {
		r->covered |= PART_HOST;
		return text_lower(r->arena, q->host);
	}
	if (text_is(name, "@path")) {
		r->covered |= PART_PATH;
		return arena_text_n(r->arena, q->target, path);
	}
	if (text_is(name, "@query")) {
		r->covered |= PART_QUERY;
		return q->target[path] != '\0' ? q->target + path : "?";
	}
	if (text_is(name, "@request-target")) {
		r->covered |= PART_PATH | PART_QUERY;
		return q->target;
	}
	return text_is(name, "@scheme") ? arena_text_n(r->arena, q->origin, strcspn(q->origin, ":"))
					: NULL;
}

static const char *message_part(struct review *r, const char *name)
{
	if (name[0] == '@')
		return message_derived(r, name);
	const char *value = review_is_name(name) ? review_header(r, name) : NULL;
	if (value == NULL || (text_is(name, "host") && !text_equal_fold(value, r->request->host)))
		return NULL;
	if (text_is(name, "content-digest"))
		r->covered |= PART_CONTENT_DIGEST;
	if (text_is(name, "date")) {
		r->covered |= PART_DATE;
		r->date = value;
	}
	return value;
}

enum err message_base(struct review *r, const struct structured *input, const char **base)
{
	struct text t;
	text_init(&t, r->arena, BASE_MOST);
	if (input->kind != STRUCTURED_LIST || input->item_count > PARTS_MOST)
		return review_fails(r, ERR_INVALID, "malformed signature-input");
	for (size_t i = 0; i < input->item_count; i++) {
		const struct structured *part = &input->items[i];
		if (part->kind != STRUCTURED_STRING)
			return review_fails(r, ERR_INVALID, "malformed component");
		if (part->parameter_count > 0)
			return review_fails(r, ERR_SIGN_IN, "component with a parameter");
		for (size_t k = 0; k < i; k++)
			if (strcmp(input->items[k].text, part->text) == 0)
				return review_fails(r, ERR_INVALID, "component covered twice");
		const char *value = message_part(r, part->text);
		if (value == NULL)
			return review_fails(r, ERR_SIGN_IN, "covered component missing or unknown");
		text_format(&t, "\"%s\": %s\n", part->text, value);
	}
	text_add(&t, "\"@signature-params\": ");
	structured_write(&t, input);
	if (t.failed)
		return review_fails(r, ERR_INVALID, "too much covered");
	*base = t.at;
	return OK;
}

/* Only parameters we know, each once and of its type. */
static enum err message_parameters(
	struct review *r, const struct structured *input, struct signature *out)
{
	for (size_t i = 0; i < input->parameter_count; i++) {
		const struct structured *p = &input->parameters[i];
		bool number = text_is(p->name, "created") || text_is(p->name, "expires");
		if (p->again)
			return review_fails(r, ERR_INVALID, "parameter named twice");
		if (p->kind != (number ? STRUCTURED_INTEGER : STRUCTURED_STRING)
			|| (number && p->number <= 0))
			return review_fails(r, ERR_INVALID, "malformed parameter");
		if (text_is(p->name, "created"))
			r->created = p->number * 1000;
		else if (text_is(p->name, "expires"))
			r->expires = p->number * 1000;
		else if (text_is(p->name, "keyid"))
			out->key_id = p->text;
		else if (text_is(p->name, "alg"))
			out->algorithm = p->text;
		else if (!text_is(p->name, "nonce"))
			return review_fails(r, ERR_SIGN_IN,
				"parameter not known"); /* a tag would be another application's */
	}
	if (out->key_id == NULL || r->created == 0)
		return review_fails(r, ERR_SIGN_IN, "parameter missing");
	r->covered |= PART_CREATED;
	if (out->algorithm != NULL && !text_is(out->algorithm, "rsa-v1_5-sha256")
		&& !text_is(out->algorithm, "ed25519"))
		return review_fails(r, ERR_SIGN_IN, "algorithm not accepted");
	return OK;
}

static bool message_covers_target(const struct review *r)
{
	unsigned parts = PART_HOST | PART_PATH;
	if (strchr(r->request->target, '?') != NULL)
		parts |= PART_QUERY;
	return (r->covered & PART_TARGET) || (r->covered & parts) == parts;
}

enum err message_parse(
	struct review *r, const char *input_header, const char *header, struct signature *out)
{
	struct structured inputs, signatures;
	if (header == NULL || strlen(header) > HEADER_MOST
		|| structured_dictionary(r->arena, input_header, &inputs) != OK
		|| structured_dictionary(r->arena, header, &signatures) != OK)
		return review_fails(r, ERR_INVALID, "malformed signature");
	if (inputs.item_count != 1 || signatures.item_count != 1 || inputs.items[0].again
		|| signatures.items[0].again)
		return review_fails(r, ERR_INVALID, "not exactly one signature");
	const struct structured *input = &inputs.items[0], *signature = &signatures.items[0];
	if (!text_is(input->name, signature->name) || signature->kind != STRUCTURED_BYTES)
		return review_fails(r, ERR_INVALID, "malformed signature");
	out->form = FORM_RFC9421;
	out->bytes = signature->bytes;
	enum err e = message_parameters(r, input, out);
	if (e == OK)
		e = message_base(r, input, &out->base);
	if (e == OK && !((r->covered & PART_METHOD) && message_covers_target(r)))
		e = review_fails(r, ERR_SIGN_IN, "method or target not covered");
	return e;
}

/*
 * fuzz_signature.c: nothing verifies but what was signed. Requests signed here are known; an input is a request in
 * text (method, origin, host and target in the first line, headers, an empty line, the body), and whenever its
 * signature holds it must be one of the known requests in everything that its form covers.
 */
#define FUZZ_WORDS                                                                                 \
	"Signature: ", "headers=\"", "(request-target)", "(created)", "(expires)", " host",        \
		" date", " digest", "algorithm=\"rsa-sha512\",", "algorithm=\"hs2019\",",          \
		"sig1=(", ";created=1763715492", "\"@method\" ", "\"@path\" ", "\"@query\" ",      \
		"\"@target-uri\" ", ";req", ";sf",                                                 \
		"Signature-Input: ", "Digest: SHA-256=", "?a=b", "Host: "
#include "corpus.h"
#include "federation.h"

#define NOW 1763715492000LL /* Fri, 21 Nov 2025 08:58:12 GMT */
#define HEADERS_MOST 32
#define KEY_RSA_ID "https://far.example/u/anna#main-key"
#define KEY_ED25519_ID "https://far.example/u/anna#ed25519-key"

/* Made for this test; it signs nothing else. */
static const char rsa_der[] =
	"MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDVOhoLy2J3VuyFyRVihBMwqoLIzvNcesLBbv90"
	"Ch2hn4mKpcXm6R6poPsWoCRjZlyvpRKpUkcmcJf7LSF97al4g7hH1shA+9UHxhRba1wNq5VanWHsah+9BjsIarBD"
	"twBcO6Kww1jTjDPyUI9TzVsbfi/161eKsV7k3fg1EoRCfi+ki0v0C8QznfXfjwg0aJRJ30bSyjuwwbNeuFMFpydb"
	"Tn7LFXIcb/H/wnT//a7ONSn5JOPpPWML2IrC95Tiwi5hmkwrtlu9toc4V9yWVpFA5aDeGApUNQqkHCmbaQK85ZQI"
	"a7AvFJzJP7HjVvLF0y9wr5WAxEY/xdDHUqpphPg5AgMBAAECggEAYSLMXcYkD8iuDE5sKwqO8XMkDFXW4LDeCx/F"
	"SPgYwpm6n0pgqw5VFSKMcCS5Hv0xSSTyqOceGaFeYyMOqF79/rRG3Zc3d/8hb56phHIWp/WcHwEmbHx2A/cUKoPr"
	"05VJGTtjpJIBY7HxsjhH6v3YvOAR+j5hjYG7AJksKwVJ8j3UCQlfltP7utP7Q+S40dpYXdKIo4n0gd1JzdlvAWpX"
	"w9DXJSkeOUW0G28scIsX7+B5YSy0L+HMbQR26GZwuREujWPtzP3QE6JGUUHQThDrvbeJM2QiGpoFIPLIYCbDMGK3"
	"zrw184uN51dC6NPfNfBHTfUmGEtkAMBiJRkMvznhjwKBgQDvSDTpQUZRZRfB6bHsMXxvwHaJg3OSduHqMAjTjN1x"
	"3NjhIwa+vE1oqh8Tr6cKSaovo/Imw06YpIxxkA8Yz+ykqZEzHy3cpkCobQNCIippuBV24B/r3ODD5Quuf2FvQQ42"
	"KEn5LM4ixI2Wkd7DBGC/DdcCuEU4JW3wjNwBESGSewKBgQDkH9/LALODnVjNw8Mhd/F+5iuerSlPNPIMY6CpKKEW"
	"4QhUA2Izk2luvTaNTMIc7WPWNONlCNShjjbUZsTSWxOEyJfjvKI+2L4XL2DRPyqbvbDG/FU32FQlUGnspq0L5n5N"
	"+oHScybYYhJ0FQQRik7UrErcJNqUBBsd7n2XVPYr2wKBgQDrjeWoij2y+xX8KxagMccSLCGFFga79JRJeqf1ugJ1"
	"iLdoSpblRXHeyzp0osKJ+iKza22Cg1noInSvhuWVw3puTw9FiDgZswCLzWUbwY6HLFTVBaXnBzWtItnxGizM3Pok"
	"jlzkExuKVnwb8dWdnb2v1uwHHWfm8dHcsI4T7s1h6QKBgQDOqkGoOx5mIeoNn0frzimt+P+TZPSDmUefCbLHDNPD"
	"UmKlGduhNe7SMAB3yg4g/r7vlEJdib54DcqGagPtPi1UohVYb8/cd6begkGHz13ecd7wpjDdwtGYbF1J00X5/fp2"
	"0ndCHKgYZ+Cn4VIqQc5gxSWcgpayeXXHjAOjUYki+QKBgQCnKZ0hsbebMrserSDdAwXPsJqc8/4Y9cZhc606Y8ek"
	"PgMrGIh8BcsWNJAb41vwFagKiDQu/iGXQIXsoFImjuoKxrQYhY81sPR0agodB8uWT6jCtbBPE17LGeWUDJMVyhFD"
	"57KGAZwN1T0Yq56Eig4E4dXCLomRzL/Zoama6adBpg==";
static const char ed25519_der[] =
	"MC4CAQAwBQYDK2VwBCIEIEtyaW5nLCBhIGtleSBmb3IgdGhpcyB0ZXN0IG9ubHku";

struct message { /* a request as it comes in */
	const char *method, *origin, *host, *target, *body;
	struct named {
		const char *name, *value;
	} headers[HEADERS_MOST];
	size_t count;
};

static struct arena *kept;
static struct key *rsa, *ed25519;
static struct message messages[8];
static size_t message_count;

static const char *header(void *arg, const char *name)
{
	const struct message *l = arg;
	for (size_t i = 0; i < l->count; i++)
		if (text_equal_fold(l->headers[i].name, name))
			return l->headers[i].value;
	return NULL;
}

static struct signed_request request_of(struct message *l)
{
	return (struct signed_request){
		.method = l->method,
		.target = l->target,
		.origin = l->origin,
		.host = l->host,
		.body = {l->body, strlen(l->body)},
		.has_body = !text_is(l->method, "GET"),
		.header = header,
		.arg = l,
	};
}

static bool verifies(struct arena *a, struct message *l, enum signature_form *form)
{
	struct signed_request q = request_of(l);
	struct signature s;
	const char *why = NULL;
	enum err e = signature_parse(a, &q, NOW, &s, &why);
	HOLDS(e == OK || ((e == ERR_SIGN_IN || e == ERR_INVALID) && why != NULL));
	if (e != OK)
		return false;
	HOLDS(s.key_id != NULL && s.base != NULL && s.bytes.size <= SIGNATURE_MAX);
	HOLDS(s.created >= NOW - 2 * HOUR && s.created <= NOW + 2 * HOUR);
	*form = s.form;
	return signature_verify(&s, rsa) || signature_verify(&s, ed25519);
}

/* ---- what was signed ------------------------------------------------------------------------- */

static void add_header(struct message *l, const char *line)
{
	const char *colon = strchr(line, ':');
	HOLDS(colon != NULL && l->count < HEADERS_MOST);
	const char *name = arena_text_n(kept, line, (size_t)(colon - line));
	l->headers[l->count++] = (struct named){name, text_trim(kept, colon + 1)};
}

static struct message *add_message(const char *method, const char *target, const char *body)
{
	HOLDS(message_count < COUNT(messages));
	struct message *l = &messages[message_count++];
	*l = (struct message){method, "https://ex.example", "ex.example", target, body,
		{{"Host", "ex.example"}}, 1};
	return l;
}

static void sign(struct message *l, enum signature_form form, const struct key *key, const char *id)
{
	struct signed_request q = request_of(l);
	const char *const *lines;
	HOLDS(signature_make(kept, &q, form, key, id, NOW, &lines) == OK);
	for (; *lines != NULL; lines++)
		add_header(l, *lines);
}

/* With the times in the signature, as its newest drafts have it; signature_make does not write this form. */
static void sign_hs2019(struct message *l)
{
	uint8_t bytes[SIGNATURE_MAX];
	size_t size;
	const char *base = arena_format(kept,
		"(request-target): get %s\n(created): %lld\n(expires): %lld\nhost: %s", l->target,
		NOW / 1000, NOW / 1000 + 300, l->host);
	HOLDS(key_sign(ed25519, base, strlen(base), bytes, &size) == OK);
	add_header(l,
		arena_format(kept,
			"Signature: keyId=\"%s\",algorithm=\"hs2019\",created=%lld,expires=%lld,"
			"headers=\"(request-target) (created) (expires) host\",signature=\"%s\"",
			KEY_ED25519_ID, NOW / 1000, NOW / 1000 + 300,
			base64_encode(kept, bytes, size)));
}

static struct key *key_of(const char *base64)
{
	struct bytes der;
	HOLDS(base64_decode(kept, base64, &der));
	struct key *key = key_private(der);
	HOLDS(key != NULL);
	return key;
}

static void release(void)
{
	key_drop(rsa);
	key_drop(ed25519);
	arena_destroy(kept);
}

/* What is signed must verify as it is, or nothing that follows would mean anything. */
static void sign_all(void)
{
	kept = arena_create();
	rsa = key_of(rsa_der);
	ed25519 = key_of(ed25519_der);
	atexit(release);
	const char *body = "{\"type\":\"Follow\"}";
	sign(add_message("POST", "/inbox", body), FORM_CAVAGE, rsa, KEY_RSA_ID);
	sign(add_message("GET", "/u/bas?page=2", ""), FORM_CAVAGE, rsa, KEY_RSA_ID);
	sign(add_message("POST", "/inbox", body), FORM_RFC9421, rsa, KEY_RSA_ID);
	sign(add_message("POST", "/u/bas/inbox", body), FORM_RFC9421, ed25519, KEY_ED25519_ID);
	sign(add_message("GET", "/u/bas?page=2", ""), FORM_RFC9421, ed25519, KEY_ED25519_ID);
	sign_hs2019(add_message("GET", "/u/bas", ""));
	for (size_t i = 0; i < message_count; i++) {
		enum signature_form form;
		HOLDS(verifies(kept, &messages[i], &form));
	}
}

/* ---- what comes in --------------------------------------------------------------------------- */

static bool read_message(struct arena *a, char *at, struct message *out)
{
	*out = (struct message){0};
	const char **words[] = {&out->method, &out->origin, &out->host, &out->target};
	char *line = fuzz_line(&at);
	for (size_t i = 0; i < COUNT(words); i++) {
		size_t size = strcspn(line, " ");
		*words[i] = arena_text_n(a, line, size);
		line += size + (line[size] == ' ');
		if (size == 0)
			return false;
	}
	while (*(line = fuzz_line(&at)) != '\0') {
		char *colon = strchr(line, ':');
		if (colon == NULL || out->count == HEADERS_MOST)
			return false;
		*colon = '\0';
		out->headers[out->count++] = (struct named){line, colon + 1};
	}
	out->body = at;
	return true;
}

/* The draft takes a signature over the path alone for one over the path with its query. */
static bool same_target(const char *target, const char *known, enum signature_form form)
{
	if (text_is(target, known))
		return true;
	size_t path = strcspn(target, "?");
	return form == FORM_CAVAGE && strlen(known) == path && memcmp(target, known, path) == 0;
}

static bool same_message(
	struct arena *a, struct message *l, struct message *known, enum signature_form form)
{
	static const char *const covered[] = {"date", "digest", "content-digest"};
	bool draft = form == FORM_CAVAGE;
	if (!(draft ? text_equal_fold(l->method, known->method)
		    : text_is(l->method, known->method)))
		return false;
	if (!same_target(l->target, known->target, form))
		return false;
	if (request_of(l).has_body && !text_is(l->body, known->body))
		return false; /* the body of a GET is nobody's */
	if (!(draft ? text_equal_fold(l->host, known->host) : text_is(l->origin, known->origin)))
		return false;
	for (size_t i = 0; i < COUNT(covered); i++) {
		const char *must = header(known, covered[i]), *is = header(l, covered[i]);
		if (text_is(covered[i], "date") && !draft)
			continue; /* sent, but not covered */
		if (must != NULL && (is == NULL || !text_is(text_trim(a, is), must)))
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	struct message l;
	enum signature_form form;
	bool known = false;
	if (kept == NULL)
		sign_all();
	if (!read_message(a, arena_text_n(a, (const char *)data, size), &l)
		|| !verifies(a, &l, &form))
		return 0;
	for (size_t i = 0; i < message_count; i++)
		known = known || same_message(a, &l, &messages[i], form);
	HOLDS(known);
	return 0;
}

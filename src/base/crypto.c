/* crypto.c: hashes, chance, keys, seals and passwords: the only file with OpenSSL and argon2. */
#include "base.h"

#include <argon2.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CLEANUP(with) __attribute__((cleanup(with)))

/* ---- algorithms: looked up once, a lookup costs more than hashing a small text ------------- */

static EVP_MD *sha256, *sha512;
static EVP_CIPHER *aes_gcm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
	aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (sha256 == NULL || sha512 == NULL || aes_gcm == NULL)
		die("this OpenSSL lacks SHA-2 or AES-GCM");
}

static void ready(void)
{
	if (pthread_once(&fetched, fetch) != 0)
		die("pthread_once failed");
}

/* ---- hashes, chance, secrets --------------------------------------------------------------- */

/* OpenSSL and memcpy want an address even for nothing. */
static const void *some(const void *data)
{
	return data != NULL ? data : "";
}

void crypto_sha256(const void *data, size_t size, uint8_t out[SHA256_SIZE])
{
	ready();
	if (EVP_Digest(some(data), size, out, NULL, sha256, NULL) != 1)
		die("SHA-256 failed");
}

void crypto_hmac(const void *key, size_t key_size, const void *data, size_t size,
                 uint8_t out[SHA256_SIZE])
{
	ready();
	if (key_size > INT_MAX || !HMAC(sha256, some(key), (int)key_size, some(data), size, out, NULL))
		die("HMAC failed");
}

void crypto_random(void *out, size_t size)
{
	if (size > INT_MAX || RAND_bytes(out, (int)size) != 1)
		die("no randomness");
}

bool crypto_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

void crypto_wipe(void *at, size_t size)
{
	OPENSSL_cleanse(at, size);
}

void crypto_token(char out[TOKEN_TEXT])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t raw[33] = { 0 }; /* 256 bits, then the zeros that fill the last digit */
	crypto_random(raw, 32);
	for (int i = 0; i < TOKEN_TEXT - 1; i++) {
		int bit = i * 6;
		int pair = raw[bit / 8] << 8 | raw[bit / 8 + 1];
		out[i] = digits[pair >> (10 - bit % 8) & 63];
	}
	out[TOKEN_TEXT - 1] = '\0';
	crypto_wipe(raw, sizeof raw);
}

/* ---- DER: the little that public keys need, in the one spelling that DER allows ------------ */

enum { DER_INTEGER = 0x02, DER_BITS = 0x03, DER_SEQUENCE = 0x30 };

/* Take the value with this tag from the front of *from. */
static bool der_take(struct bytes *from, uint8_t tag, struct bytes *value)
{
	const uint8_t *at = from->data;
	if (from->size < 2 || at[0] != tag)
		return false;
	size_t head = 2, size = at[1];
	if (size >= 0x80) { /* one or two bytes of length follow, never more than needed */
		size_t more = size - 0x80;
		if (more < 1 || more > 2 || from->size < 2 + more)
			return false;
		size = more == 1 ? at[2] : (size_t)at[2] << 8 | at[3];
		if (size < (more == 1 ? 0x80U : 0x100U))
			return false;
		head += more;
	}
	if (size > from->size - head)
		return false;
	*value = (struct bytes){ at + head, size };
	*from = (struct bytes){ at + head + size, from->size - head - size };
	return true;
}

/* A number above zero, without its leading zero byte. */
static bool der_take_number(struct bytes *from, struct bytes *number)
{
	struct bytes value;
	if (!der_take(from, DER_INTEGER, &value) || value.size == 0)
		return false;
	const uint8_t *at = value.data;
	if (at[0] >= 0x80)
		return false;
	if (at[0] == 0) {
		if (value.size < 2 || at[1] < 0x80)
			return false;
		value = (struct bytes){ at + 1, value.size - 1 };
	}
	*number = value;
	return true;
}

static size_t number_bits(struct bytes number)
{
	const uint8_t *at = number.data;
	return number.size * 8 - (size_t)(__builtin_clz(at[0]) - 24);
}

static bool number_is_odd(struct bytes number)
{
	return (((const uint8_t *)number.data)[number.size - 1] & 1) != 0;
}

/* ---- which public keys are taken ----------------------------------------------------------- */

#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST 4096
#define ED25519_SIZE 32
#define PUBLIC_MOST 528 /* PKCS#1 with 4096 bits and four bytes of exponent */
#define PEM_MOST ((size_t)8 << 10)

/* Short keys can be broken; long ones and long exponents make one verification cost 150. */
static bool rsa_allowed(struct bytes der)
{
	struct bytes pair, n, e;
	if (!der_take(&der, DER_SEQUENCE, &pair) || der.size != 0 || !der_take_number(&pair, &n) ||
	    !der_take_number(&pair, &e) || pair.size != 0)
		return false;
	if (number_bits(n) < RSA_BITS_LEAST || number_bits(n) > RSA_BITS_MOST || !number_is_odd(n))
		return false;
	return number_bits(e) >= 2 && number_bits(e) <= 32 && number_is_odd(e);
}

/* Points of order 1, 2, 4 and 8 verify signatures over anything; each y stands for x and -x. A y of
 * 2^255-19 or more is a second spelling of a small one. */
static bool ed25519_allowed(struct bytes raw)
{
	static const uint8_t small[][ED25519_SIZE] = {
		{ 0 },
		{ 1 },
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
		  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
		  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
		  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
		  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	};
	if (raw.size != ED25519_SIZE)
		return false;
	uint8_t y[ED25519_SIZE];
	memcpy(y, raw.data, sizeof y);
	y[31] &= 0x7f; /* the sign of x */
	for (size_t i = 0; i < COUNT(small); i++)
		if (memcmp(y, small[i], sizeof y) == 0)
			return false;
	size_t ones = 1;
	while (ones < 31 && y[ones] == 0xff)
		ones++;
	bool high = ones == 31 && y[31] == 0x7f && y[0] >= 0xec; /* ec… is -1, of order 2 */
	return !high;
}

/* ---- keys ---------------------------------------------------------------------------------- */

struct key {
	atomic_int holders;
	enum key_kind kind;
	bool private;
	EVP_PKEY *pkey;
	size_t size;
	uint8_t stored[PUBLIC_MOST];
};

/* Takes over `pkey`, also when it is refused (NULL). */
static struct key *key_make(enum key_kind kind, struct bytes stored, EVP_PKEY *pkey, bool private)
{
	bool allowed = kind == KEY_RSA ? rsa_allowed(stored) : ed25519_allowed(stored);
	if (pkey == NULL || !allowed || stored.size > PUBLIC_MOST) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return NULL;
	}
	struct key *k = malloc(sizeof *k);
	if (k == NULL)
		die("out of memory for a key");
	*k = (struct key){ .kind = kind, .private = private, .pkey = pkey, .size = stored.size };
	atomic_init(&k->holders, 1);
	memcpy(k->stored, stored.data, stored.size);
	return k;
}

struct key *key_public(enum key_kind kind, struct bytes stored)
{
	const unsigned char *at = stored.data;
	EVP_PKEY *pkey = NULL;
	if (kind == KEY_RSA && rsa_allowed(stored))
		pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)stored.size);
	else if (kind == KEY_ED25519 && ed25519_allowed(stored))
		pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, at, stored.size);
	return key_make(kind, stored, pkey, false);
}

/* Both halves of a key pair, which is taken over. */
static struct key *key_of_pair(EVP_PKEY *pkey)
{
	uint8_t stored[PUBLIC_MOST], *end = stored;
	size_t size = sizeof stored;
	enum key_kind kind = EVP_PKEY_is_a(pkey, "RSA") ? KEY_RSA : KEY_ED25519;
	if (kind == KEY_RSA) {
		int need = i2d_PublicKey(pkey, NULL);
		bool fits = need > 0 && need <= PUBLIC_MOST && i2d_PublicKey(pkey, &end) == need;
		size = fits ? (size_t)need : 0;
	} else if (!EVP_PKEY_is_a(pkey, "ED25519") ||
	           EVP_PKEY_get_raw_public_key(pkey, stored, &size) != 1) {
		size = 0;
	}
	return key_make(kind, (struct bytes){ stored, size }, pkey, true);
}

struct key *key_private(struct bytes der)
{
	if (der.size == 0 || der.size > PEM_MOST)
		return NULL;
	const unsigned char *at = der.data, *end = at + der.size;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.size);
	EVP_PKEY *pkey = info != NULL && at == end ? EVP_PKCS82PKEY(info) : NULL;
	PKCS8_PRIV_KEY_INFO_free(info);
	ERR_clear_error();
	return pkey != NULL ? key_of_pair(pkey) : NULL;
}

struct key *key_generate(enum key_kind kind)
{
	EVP_PKEY *pkey = kind == KEY_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS_LEAST)
	                                 : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct key *k = pkey != NULL ? key_of_pair(pkey) : NULL;
	if (k == NULL)
		die("a key could not be made");
	return k;
}

struct key *key_hold(struct key *k)
{
	atomic_fetch_add(&k->holders, 1);
	return k;
}

void key_drop(struct key *k)
{
	if (k == NULL || atomic_fetch_sub(&k->holders, 1) > 1)
		return;
	EVP_PKEY_free(k->pkey); /* wipes what is private */
	free(k);
}

enum key_kind key_kind(const struct key *k)
{
	return k->kind;
}

bool key_is_private(const struct key *k)
{
	return k->private;
}

struct bytes key_stored(struct arena *arena, const struct key *k)
{
	return arena_bytes(arena, (struct bytes){ k->stored, k->size });
}

struct bytes key_private_der(struct arena *arena, const struct key *k)
{
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *info = k->private ? EVP_PKEY2PKCS8(k->pkey) : NULL;
	int size = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
	if (size <= 0)
		die("a private key that cannot be written");
	struct bytes out = { arena_copy(arena, der, (size_t)size), (size_t)size };
	OPENSSL_clear_free(der, (size_t)size);
	PKCS8_PRIV_KEY_INFO_free(info);
	return out;
}

/* ---- keys as text -------------------------------------------------------------------------- */

/* The algorithm identifiers; RSA's comes with NULL parameters. */
static const uint8_t rsa_oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	                               0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
static const uint8_t ed25519_oid[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };

static bool bytes_are(struct bytes b, const uint8_t *what, size_t size)
{
	return b.size == size && memcmp(b.data, what, size) == 0;
}

static struct key *key_from_spki(struct bytes der)
{
	struct bytes whole, algorithm, bits;
	if (!der_take(&der, DER_SEQUENCE, &whole) || der.size != 0 ||
	    !der_take(&whole, DER_SEQUENCE, &algorithm) || !der_take(&whole, DER_BITS, &bits) ||
	    whole.size != 0 || bits.size == 0 || *(const uint8_t *)bits.data != 0)
		return NULL;
	struct bytes stored = { (const uint8_t *)bits.data + 1, bits.size - 1 };
	if (bytes_are(algorithm, rsa_oid, sizeof rsa_oid))
		return key_public(KEY_RSA, stored);
	if (bytes_are(algorithm, ed25519_oid, sizeof ed25519_oid))
		return key_public(KEY_ED25519, stored);
	return NULL;
}

/* The bytes of the one block with this label, whatever white space stands in and around it. */
static bool pem_read(struct arena *arena, const char *pem, const char *label, struct bytes *der)
{
	static const char blank[] = " \t\r\n";
	const char *begin = arena_format(arena, "-----BEGIN %s-----", label);
	const char *end = arena_format(arena, "-----END %s-----", label);
	pem += strspn(pem, blank);
	if (!text_starts(pem, begin))
		return false;
	pem += strlen(begin);
	const char *stop = strstr(pem, end);
	if (stop == NULL || stop[strlen(end) + strspn(stop + strlen(end), blank)] != '\0')
		return false;
	struct text body;
	text_init(&body, arena, PEM_MOST);
	while (pem < stop) {
		pem += strspn(pem, blank);
		size_t run = strcspn(pem, blank);
		run = run < (size_t)(stop - pem) ? run : (size_t)(stop - pem);
		text_add_n(&body, pem, run);
		pem += run;
	}
	return !body.failed && base64_decode(arena, body.at, der);
}

struct key *key_from_pem(const char *pem)
{
	if (pem == NULL || strnlen(pem, PEM_MOST + 1) > PEM_MOST)
		return NULL;
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct bytes der;
	if (pem_read(arena, pem, "PUBLIC KEY", &der))
		return key_from_spki(der);
	if (pem_read(arena, pem, "RSA PUBLIC KEY", &der))
		return key_public(KEY_RSA, der);
	return NULL;
}

char *key_pem(struct arena *arena, const struct key *k)
{
	unsigned char *der = NULL;
	int size = i2d_PUBKEY(k->pkey, &der);
	if (size <= 0)
		die("a public key that cannot be written");
	const char *body = base64_encode(arena, der, (size_t)size);
	OPENSSL_free(der);
	struct text t;
	text_init(&t, arena, PEM_MOST);
	text_add(&t, "-----BEGIN PUBLIC KEY-----\n");
	for (size_t left = strlen(body); left > 0;) {
		size_t line = left < 64 ? left : 64;
		text_add_n(&t, body, line);
		text_char(&t, '\n');
		body += line;
		left -= line;
	}
	text_add(&t, "-----END PUBLIC KEY-----\n");
	return t.at;
}

/* Multicodec's prefixes, as varints. */
static const uint8_t rsa_codec[] = { 0x85, 0x24 }, ed25519_codec[] = { 0xed, 0x01 };

struct key *key_from_multibase(const char *z)
{
	struct arena *arena ARENA_CLEANUP = arena_create();
	struct bytes raw;
	if (!text_starts(z, "z") || !base58_decode(arena, z + 1, &raw) || raw.size < 2)
		return NULL;
	struct bytes stored = { (const uint8_t *)raw.data + 2, raw.size - 2 };
	if (memcmp(raw.data, rsa_codec, 2) == 0)
		return key_public(KEY_RSA, stored);
	return memcmp(raw.data, ed25519_codec, 2) == 0 ? key_public(KEY_ED25519, stored) : NULL;
}

char *key_multibase(struct arena *arena, const struct key *k)
{
	uint8_t raw[2 + PUBLIC_MOST];
	memcpy(raw, k->kind == KEY_RSA ? rsa_codec : ed25519_codec, 2);
	memcpy(raw + 2, k->stored, k->size);
	return arena_format(arena, "z%s", base58_encode(arena, raw, 2 + k->size));
}

/* ---- signatures ---------------------------------------------------------------------------- */

static void drop_md_ctx(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

enum err key_sign(const struct key *k, const void *data, size_t size, uint8_t out[SIGNATURE_MAX],
                  size_t *out_size)
{
	if (!k->private)
		return ERR_INVALID;
	ready();
	EVP_MD_CTX *ctx CLEANUP(drop_md_ctx) = EVP_MD_CTX_new();
	uint8_t signature[SIGNATURE_MAX];
	size_t length = sizeof signature;
	const EVP_MD *hash = k->kind == KEY_RSA ? sha256 : NULL;
	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, hash, NULL, k->pkey) != 1 ||
	    EVP_DigestSign(ctx, signature, &length, some(data), size) != 1) {
		ERR_clear_error();
		return ERR_AGAIN;
	}
	memcpy(out, signature, length);
	*out_size = length;
	return OK;
}

static bool verify(const struct key *k, const EVP_MD *hash, const void *data, size_t size,
                   struct bytes signature)
{
	EVP_MD_CTX *ctx CLEANUP(drop_md_ctx) = EVP_MD_CTX_new();
	bool valid = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, hash, NULL, k->pkey) == 1 &&
	             EVP_DigestVerify(ctx, some(signature.data), signature.size, some(data), size) == 1;
	if (!valid)
		ERR_clear_error();
	return valid;
}

bool key_verify(const struct key *k, const void *data, size_t size, struct bytes signature)
{
	ready();
	return verify(k, k->kind == KEY_RSA ? sha256 : NULL, data, size, signature);
}

bool key_verify_sha512(const struct key *k, const void *data, size_t size, struct bytes signature)
{
	ready();
	return k->kind == KEY_RSA && verify(k, sha512, data, size, signature);
}

/* ---- sealing: nonce, ciphertext, tag ------------------------------------------------------- */

#define NONCE_SIZE 12
#define TAG_SIZE 16
#define SEAL_MOST ((size_t)16 << 20)

static void drop_cipher_ctx(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

struct bytes crypto_seal(struct arena *arena, const uint8_t key[32], const char *label,
                         struct bytes plain)
{
	ready();
	if (plain.size > SEAL_MOST)
		die("sealing %zu bytes", plain.size);
	size_t size = NONCE_SIZE + plain.size + TAG_SIZE;
	uint8_t *nonce = arena_alloc(arena, size), *body = nonce + NONCE_SIZE;
	crypto_random(nonce, NONCE_SIZE);
	EVP_CIPHER_CTX *ctx CLEANUP(drop_cipher_ctx) = EVP_CIPHER_CTX_new();
	int n;
	if (ctx == NULL || EVP_EncryptInit_ex2(ctx, aes_gcm, key, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)label, (int)strlen(label)) != 1 ||
	    EVP_EncryptUpdate(ctx, body, &n, some(plain.data), (int)plain.size) != 1 ||
	    EVP_EncryptFinal_ex(ctx, body + plain.size, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, body + plain.size) != 1)
		die("sealing failed");
	return (struct bytes){ nonce, size };
}

bool crypto_open(struct arena *arena, const uint8_t key[32], const char *label, struct bytes sealed,
                 struct bytes *out)
{
	ready();
	if (sealed.size < NONCE_SIZE + TAG_SIZE || sealed.size > SEAL_MOST + NONCE_SIZE + TAG_SIZE)
		return false;
	const uint8_t *nonce = sealed.data, *body = nonce + NONCE_SIZE;
	size_t size = sealed.size - NONCE_SIZE - TAG_SIZE;
	uint8_t *plain = arena_alloc(arena, size + 1), tag[TAG_SIZE];
	memcpy(tag, body + size, TAG_SIZE);
	EVP_CIPHER_CTX *ctx CLEANUP(drop_cipher_ctx) = EVP_CIPHER_CTX_new();
	int n;
	if (ctx == NULL || EVP_DecryptInit_ex2(ctx, aes_gcm, key, nonce, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)label, (int)strlen(label)) != 1 ||
	    EVP_DecryptUpdate(ctx, plain, &n, body, (int)size) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1 ||
	    EVP_DecryptFinal_ex(ctx, plain + size, &n) != 1) {
		crypto_wipe(plain, size); /* what nobody vouches for is not left lying about */
		ERR_clear_error();
		return false;
	}
	*out = (struct bytes){ plain, size };
	return true;
}

/* ---- passwords ----------------------------------------------------------------------------- */

#define ARGON_MEMORY 19456 /* KiB */
#define ARGON_TIME 2
#define ARGON_LANES 1
#define ARGON_SALT 16
#define ARGON_TAG 32
#define ARGON_PREFIX "$argon2id$v=19$m=19456,t=2,p=1$"
#define ARGON_TEXT 128

char *password_hash(struct arena *arena, const char *password)
{
	uint8_t salt[ARGON_SALT];
	char *text = arena_alloc(arena, ARGON_TEXT);
	crypto_random(salt, sizeof salt);
	int failure =
		argon2id_hash_encoded(ARGON_TIME, ARGON_MEMORY, ARGON_LANES, password, strlen(password),
	                          salt, sizeof salt, ARGON_TAG, text, ARGON_TEXT);
	if (failure != ARGON2_OK)
		die("argon2: %s", argon2_error_message(failure));
	return text;
}

bool password_matches(const char *hash, const char *password)
{
	/* Only our own cost is taken: a foreign hash must not choose what memory a sign-in needs. */
	if (text_starts(hash, ARGON_PREFIX) && strnlen(hash, ARGON_TEXT) < ARGON_TEXT &&
	    password != NULL)
		return argon2id_verify(hash, password, strlen(password)) == ARGON2_OK;
	/* Unknown names take as long as known ones. */
	static const uint8_t salt[ARGON_SALT] = { 0 };
	const char *tried = password != NULL ? password : "";
	uint8_t tag[ARGON_TAG];
	int failure = argon2id_hash_raw(ARGON_TIME, ARGON_MEMORY, ARGON_LANES, tried, strlen(tried),
	                                salt, sizeof salt, tag, sizeof tag);
	if (failure != ARGON2_OK)
		die("argon2: %s", argon2_error_message(failure));
	return false;
}

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

void crypto_hmac(
	const void *key, size_t key_size, const void *data, size_t size, uint8_t out[SHA256_SIZE])
{
	ready();
	if (key_size > INT_MAX
		|| !HMAC(sha256, some(key), (int)key_size, some(data), size, out, NULL))
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
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t raw[33] = {0}; /* 256 bits, then the zeros that fill the last digit */
	crypto_random(raw, 32);
	for (int i = 0; i < TOKEN_TEXT - 1; i++) {
		int bit = i * 6;
		int pair = raw[bit / 8] << 8 | raw[bit / 8 + 1];
		out[i] = digits[pair >> (10 - bit % 8) & 63];
	}
	out[TOKEN_TEXT - 1] = '\0';
	crypto_wipe(raw, sizeof raw);
}

/* ---- keys ---------------------------------------------------------------------------------- */

#define RSA_BITS ((size_t)2048)
#define PUBLIC_MOST 528 /* PKCS#1 with 4096 bits and four bytes of exponent */
#define PRIVATE_MOST ((size_t)8 << 10)

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
	if (pkey == NULL || !key_allowed(kind, stored) || stored.size > PUBLIC_MOST) {
		EVP_PKEY_free(pkey);
		ERR_clear_error();
		return NULL;
	}
	struct key *k = malloc(sizeof *k);
	if (k == NULL)
		die("out of memory for a key");
	*k = (struct key){.kind = kind, .private = private, .pkey = pkey, .size = stored.size};
	atomic_init(&k->holders, 1);
	memcpy(k->stored, stored.data, stored.size);
	return k;
}

struct key *key_public(enum key_kind kind, struct bytes stored)
{
	const unsigned char *at = stored.data;
	EVP_PKEY *pkey = NULL;
	if (key_allowed(kind, stored))
		pkey = kind == KEY_RSA
			? d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)stored.size)
			: EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, at, stored.size);
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
	} else if (!EVP_PKEY_is_a(pkey, "ED25519")
		|| EVP_PKEY_get_raw_public_key(pkey, stored, &size) != 1) {
		size = 0;
	}
	return key_make(kind, (struct bytes){stored, size}, pkey, true);
}

struct key *key_private(struct bytes der)
{
	if (der.size == 0 || der.size > PRIVATE_MOST)
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
	EVP_PKEY *pkey = kind == KEY_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", RSA_BITS)
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
	return arena_bytes(arena, (struct bytes){k->stored, k->size});
}

struct bytes key_private_der(struct arena *arena, const struct key *k)
{
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *info = k->private ? EVP_PKEY2PKCS8(k->pkey) : NULL;
	int size = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
	if (size <= 0)
		die("a private key that cannot be written");
	struct bytes out = {arena_copy(arena, der, (size_t)size), (size_t)size};
	OPENSSL_clear_free(der, (size_t)size);
	PKCS8_PRIV_KEY_INFO_free(info);
	return out;
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
	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, hash, NULL, k->pkey) != 1
		|| EVP_DigestSign(ctx, signature, &length, some(data), size) != 1) {
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
	bool valid = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, hash, NULL, k->pkey) == 1
		&& EVP_DigestVerify(ctx, some(signature.data), signature.size, some(data), size)
			== 1;
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

struct bytes crypto_seal(
	struct arena *arena, const uint8_t key[32], const char *label, struct bytes plain)
{
	ready();
	if (plain.size > SEAL_MOST)
		die("sealing %zu bytes", plain.size);
	size_t size = NONCE_SIZE + plain.size + TAG_SIZE;
	uint8_t *nonce = arena_alloc(arena, size), *body = nonce + NONCE_SIZE;
	crypto_random(nonce, NONCE_SIZE);
	EVP_CIPHER_CTX *ctx CLEANUP(drop_cipher_ctx) = EVP_CIPHER_CTX_new();
	int n;
	if (ctx == NULL || EVP_EncryptInit_ex2(ctx, aes_gcm, key, nonce, NULL) != 1
		|| EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)label, (int)strlen(label)) != 1
		|| EVP_EncryptUpdate(ctx, body, &n, some(plain.data), (int)plain.size) != 1
		|| EVP_EncryptFinal_ex(ctx, body + plain.size, &n) != 1
		|| EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, body + plain.size)
			!= 1)
		die("sealing failed");
	return (struct bytes){nonce, size};
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
	if (ctx == NULL || EVP_DecryptInit_ex2(ctx, aes_gcm, key, nonce, NULL) != 1
		|| EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)label, (int)strlen(label)) != 1
		|| EVP_DecryptUpdate(ctx, plain, &n, body, (int)size) != 1
		|| EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1
		|| EVP_DecryptFinal_ex(ctx, plain + size, &n) != 1) {
		crypto_wipe(plain, size); /* what nobody vouches for is not left lying about */
		ERR_clear_error();
		return false;
	}
	*out = (struct bytes){plain, size};
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
	int failure = argon2id_hash_encoded(ARGON_TIME, ARGON_MEMORY, ARGON_LANES, password,
		strlen(password), salt, sizeof salt, ARGON_TAG, text, ARGON_TEXT);
	if (failure != ARGON2_OK)
		die("argon2: %s", argon2_error_message(failure));
	return text;
}

bool password_matches(const char *hash, const char *password)
{
	/* Only our own cost is taken: a foreign hash must not choose what memory a sign-in needs. */
	if (text_starts(hash, ARGON_PREFIX) && strnlen(hash, ARGON_TEXT) < ARGON_TEXT
		&& password != NULL)
		return argon2id_verify(hash, password, strlen(password)) == ARGON2_OK;
	/* Unknown names take as long as known ones. */
	static const uint8_t salt[ARGON_SALT] = {0};
	const char *tried = password != NULL ? password : "";
	uint8_t tag[ARGON_TAG];
	int failure = argon2id_hash_raw(ARGON_TIME, ARGON_MEMORY, ARGON_LANES, tried, strlen(tried),
		salt, sizeof salt, tag, sizeof tag);
	if (failure != ARGON2_OK)
		die("argon2: %s", argon2_error_message(failure));
	return false;
}

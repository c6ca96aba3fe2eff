/*
 * corpus.h: a fuzz target as an ordinary test. Its corpus is run file by file, then mutations of it whose seed is
 * printed (TAP). Built with FUZZING, libFuzzer brings the main function instead.
 *
 *   test-fuzz-fuzz_json                  the corpus in tests/fuzz/corpus/json and FUZZ_ROUNDS mutations by FUZZ_SEED
 *   test-fuzz-fuzz_json FILE…            these files only: to see a finding again
 *
 * A target may name words its mutations are made of: #define FUZZ_WORDS "\"@context\"", "null" before the inclusion.
 */
#pragma once

#include "base.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS_FILES 40
#define CORPUS_BYTES 2048
#define MUTANT_BYTES 8192
#define MUTATIONS 3000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a target promises of any input. */
#define HOLDS(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			fuzz_broken(__FILE__, __LINE__, #what);                                    \
	} while (0)

static _Noreturn void fuzz_broken(const char *file, int line, const char *what);

/* The input as text of a caller: no NUL within, and UTF-8, as everything behind the doors of the server is. */
static inline char *fuzz_text(struct arena *a, const uint8_t *data, size_t size)
{
	char *s = arena_text_n(a, (const char *)data, size);
	for (size_t i = 0; i < size; i++)
		if (s[i] == '\0')
			s[i] = ' ';
	if (!text_is_utf8(s, size))
		for (size_t i = 0; i < size; i++)
			if ((unsigned char)s[i] >= 0x80)
				s[i] = '?';
	return s;
}

/* The next line of a text input, without its end; "" at the end of the input. */
static inline char *fuzz_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');
	*at = end != NULL ? end + 1 : line + strlen(line);
	if (end != NULL)
		*end = '\0';
	return line;
}

/* The size of a text, NULL fine. It reads all of it: a sanitizer sees where it lies. */
static inline size_t fuzz_touch(const char *s)
{
	return s != NULL ? strlen(s) : 0;
}

#ifdef FUZZING

static void fuzz_tell(void)
{
}

#else

#ifndef FUZZ_WORDS
#define FUZZ_WORDS "\r\n"
#endif

struct sample {
	char name[64];
	size_t size;
	uint8_t data[CORPUS_BYTES];
};
static struct sample samples[CORPUS_FILES];
static size_t sample_count;

static uint64_t fuzz_state;
static size_t fuzz_round; /* of the mutations; 0: a file of the corpus */
static const uint8_t *fuzz_input;
static size_t fuzz_size;

/* xorshift64*: the same numbers everywhere for one seed. */
static size_t fuzz_random(size_t below)
{
	fuzz_state ^= fuzz_state >> 12;
	fuzz_state ^= fuzz_state << 25;
	fuzz_state ^= fuzz_state >> 27;
	return below > 0 ? (size_t)((fuzz_state * UINT64_C(2685821657736338717)) >> 33) % below : 0;
}

void __sanitizer_set_death_callback(void (*)(void)) __attribute__((weak));

static void fuzz_tell(void)
{
	fprintf(stderr, "# mutation %zu, %zu bytes, hex:", fuzz_round, fuzz_size);
	for (size_t i = 0; i < fuzz_size; i++)
		fprintf(stderr, "%s%02x", i % 64 == 0 ? "\n# " : "", fuzz_input[i]);
	fprintf(stderr, "\n");
}

/* On the heap and no byte larger: reading past the end is seen. */
static void fuzz_run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	fuzz_input = copy;
	fuzz_size = size;
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static bool corpus_read(const char *path, const char *name)
{
	struct sample *s = &samples[sample_count];
	FILE *f = sample_count < CORPUS_FILES ? fopen(path, "rb") : NULL;
	if (f == NULL || !text_print(s->name, sizeof s->name, "%s", name))
		return false;
	s->size = fread(s->data, 1, sizeof s->data, f);
	bool whole = fgetc(f) == EOF;
	fclose(f);
	sample_count += whole;
	return whole;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct sample *)a)->name, ((const struct sample *)b)->name);
}

/* All files of corpus/<what>; false when one cannot be read, is too large, or there are too many. */
static bool corpus_load(struct arena *a, const char *what)
{
	const char *tests = getenv("KRING_TESTS");
	const char *path = arena_format(
		a, "%s/fuzz/corpus/%s", tests != NULL ? tests : "tests", what);
	DIR *d = opendir(path);
	bool good = d != NULL;
	for (struct dirent *e; good && (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.')
			good = corpus_read(arena_format(a, "%s/%s", path, e->d_name), e->d_name);
	if (d != NULL)
		closedir(d);
	qsort(samples, sample_count, sizeof *samples, by_name);
	return good && sample_count > 0;
}

/* ---- mutations ------------------------------------------------------------------------------- */

struct mutant {
	uint8_t at[MUTANT_BYTES];
	size_t size;
};

static void mutant_insert(struct mutant *m, size_t where, const void *data, size_t size)
{
	if (size > MUTANT_BYTES - m->size)
		return;
	memmove(m->at + where + size, m->at + where, m->size - where);
	memcpy(m->at + where, data, size);
	m->size += size;
}

static void mutant_remove(struct mutant *m, size_t where, size_t size)
{
	memmove(m->at + where, m->at + where + size, m->size - where - size);
	m->size -= size;
}

static void mutate(struct mutant *m)
{
	static const char *const words[] = {FUZZ_WORDS};
	static const uint8_t edges[] = {
		0, 1, 0x7f, 0x80, 0xff, '"', '\\', '\r', '\n', ' ', '<', '%'};
	size_t where = fuzz_random(m->size + 1), left = m->size - where;
	size_t some = fuzz_random(left < 64 ? left + 1 : 65);
	const struct sample *other = &samples[fuzz_random(sample_count)];
	uint8_t piece[CORPUS_BYTES];
	size_t from = fuzz_random(other->size + 1);
	const char *word = words[fuzz_random(COUNT(words))];
	switch (fuzz_random(8)) {
	case 0:
		if (left > 0)
			m->at[where] ^= (uint8_t)(1u << fuzz_random(8));
		break;
	case 1:
		if (left > 0)
			m->at[where] = edges[fuzz_random(sizeof edges)];
		break;
	case 2:
		mutant_insert(m, where, &edges[fuzz_random(sizeof edges)], 1);
		break;
	case 3:
		mutant_remove(m, where, some);
		break;
	case 4: /* the same again, elsewhere */
		memcpy(piece, m->at + where, some);
		mutant_insert(m, fuzz_random(m->size + 1), piece, some);
		break;
	case 5: /* a piece of another */
		mutant_insert(m, where, other->data + from, fuzz_random(other->size - from + 1));
		break;
	case 6:
		mutant_insert(m, where, word, strlen(word));
		break;
	default: /* a piece many times: depth and counts */
		memcpy(piece, m->at + where, some);
		for (size_t n = fuzz_random(200); n > 0; n--)
			mutant_insert(m, where, piece, some);
	}
}

static uint64_t fuzz_number(const char *name, uint64_t otherwise)
{
	uint64_t n;
	const char *said = getenv(name);
	return said != NULL && text_to_u64(said, &n) ? n : otherwise;
}

static void fuzz_mutations(uint64_t seed, size_t rounds)
{
	static struct mutant m;
	fuzz_state = seed | (UINT64_C(1) << 63);
	for (fuzz_round = 1; fuzz_round <= rounds; fuzz_round++) {
		const struct sample *s = &samples[fuzz_random(sample_count)];
		memcpy(m.at, s->data, s->size);
		m.size = s->size;
		for (size_t n = 1 + fuzz_random(6); n > 0; n--)
			mutate(&m);
		fuzz_run(m.at, m.size);
	}
}

int main(int argc, char **argv)
{
	struct arena *a ARENA_CLEANUP = arena_create();
	const char *file = strrchr(__BASE_FILE__, '/');
	const char *what = arena_text(
		a, (file != NULL ? file + 1 : __BASE_FILE__) + strlen("fuzz_"));
	what = arena_text_n(a, what, strcspn(what, "."));
	bool good = true;
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(fuzz_tell);
	for (int i = 1; i < argc; i++)
		good = corpus_read(argv[i], arena_format(a, "%d", i)) && good;
	if (argc == 1)
		good = corpus_load(a, what);
	printf("%s 1 - the corpus of %s can be read\n", good ? "ok" : "not ok", what);
	size_t done = 1;
	for (size_t i = 0; i < sample_count; i++) {
		fuzz_run(samples[i].data, samples[i].size);
		printf("ok %zu - %s\n", ++done, samples[i].name);
	}
	if (argc == 1 && good) {
		uint64_t seed = fuzz_number("FUZZ_SEED", 20261121);
		size_t rounds = (size_t)fuzz_number("FUZZ_ROUNDS", MUTATIONS);
		printf("# FUZZ_SEED=%llu\n", (unsigned long long)seed);
		fflush(stdout);
		fuzz_mutations(seed, rounds);
		printf("ok %zu - %zu mutations\n", ++done, rounds);
	}
	printf("1..%zu\n", done);
	return good ? 0 : 1;
}

#endif

static void fuzz_broken(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
	fuzz_tell();
	abort();
}

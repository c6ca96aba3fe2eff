/* arena.c: memory taken in blocks and given back all at once; and how the process dies. */
#include "base.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer what is not handed out is poisoned: overruns inside a block are seen. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define HIDE(at, size) __asan_poison_memory_region(at, size)
#define SHOW(at, size) __asan_unpoison_memory_region(at, size)
#else
#define HIDE(at, size) ((void)(at), (void)(size))
#define SHOW(at, size) ((void)(at), (void)(size))
#endif

#define ALIGN alignof(max_align_t)
#define BLOCK_FIRST ((size_t)8 << 10)
#define BLOCK_MOST ((size_t)64 << 10)
#define ALLOC_MOST ((size_t)1 << 30) /* no single thing we keep in memory comes near */

struct block {
	struct block *older;
	size_t room, used;
	alignas(max_align_t) unsigned char at[];
};

struct arena {
	struct block *newest;
	size_t taken;
};

_Noreturn void die(const char *format, ...)
{
	char reason[512];
	va_list args;
	va_start(args, format);
	bool whole = text_print_v(reason, sizeof reason, format, args);
	va_end(args);
	log_line(LOG_ERROR, "die", "reason=\"%s%s\"", reason, whole ? "" : "...");
	abort();
}

/* Apart, or gcc takes hiding fresh memory for reading it. */
static __attribute__((noinline)) void block_empty(struct block *b)
{
	HIDE(b->at, b->room);
	b->used = 0;
}

static struct block *block_create(size_t room, struct block *older)
{
	struct block *b = malloc(sizeof *b + room);
	if (b == NULL)
		die("out of memory for %zu bytes", room);
	*b = (struct block){.older = older, .room = room};
	block_empty(b);
	return b;
}

static void block_destroy(struct block *b)
{
	SHOW(b->at, b->room);
	free(b);
}

struct arena *arena_create(void)
{
	struct arena *a = malloc(sizeof *a);
	if (a == NULL)
		die("out of memory for an arena");
	*a = (struct arena){.newest = block_create(BLOCK_FIRST, NULL)};
	return a;
}

void arena_reset(struct arena *a)
{
	while (a->newest->older != NULL) {
		struct block *b = a->newest;
		a->newest = b->older;
		block_destroy(b);
	}
	block_empty(a->newest);
	a->taken = 0;
}

void arena_destroy(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	block_destroy(a->newest);
	free(a);
}

void arena_cleanup(struct arena **a)
{
	arena_destroy(*a);
	*a = NULL;
}

static size_t aligned(size_t size)
{
	if (size > ALLOC_MOST)
		die("an allocation of %zu bytes is beyond every limit", size);
	return size == 0 ? ALIGN : (size + ALIGN - 1) / ALIGN * ALIGN;
}

/* Memory as it comes, for those who fill it at once. */
static void *take(struct arena *a, size_t size)
{
	size_t step = aligned(size);
	struct block *b = a->newest;
	if (step > b->room - b->used) {
		size_t room = b->room < BLOCK_MOST ? b->room * 2 : BLOCK_MOST;
		b = a->newest = block_create(room > step ? room : step, b);
	}
	void *at = b->at + b->used;
	SHOW(at, size);
	b->used += step;
	a->taken += step;
	return at;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size), 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t whole;
	if (__builtin_mul_overflow(count, size, &whole))
		die("an array of %zu times %zu bytes", count, size);
	return arena_alloc(a, whole);
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t size)
{
	struct block *b = a->newest;
	size_t had = aligned(old_size), step = aligned(size);
	/* The newest thing of its block grows where it stands: a text being built moves rarely. */
	if (b->used >= had && old == b->at + b->used - had && step <= b->room - b->used + had) {
		SHOW(old, size);
		b->used += step - had;
		a->taken += step - had;
		return old;
	}
	return memcpy(take(a, size), old, old_size);
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
	if (size > ALLOC_MOST - 1)
		die("a copy of %zu bytes is beyond every limit", size);
	char *copy = take(a, size + 1);
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

char *arena_text(struct arena *a, const char *s)
{
	return s != NULL ? arena_copy(a, s, strlen(s)) : NULL;
}

char *arena_text_n(struct arena *a, const char *s, size_t size)
{
	return arena_copy(a, s, size);
}

char *arena_format(struct arena *a, const char *format, ...)
{
	struct text t;
	text_init(&t, a, ALLOC_MOST / 2);
	va_list args;
	va_start(args, format);
	text_format_v(&t, format, args);
	va_end(args);
	if (t.failed)
		die("a formatted text is beyond every limit");
	return t.at;
}

struct bytes arena_bytes(struct arena *a, struct bytes b)
{
	return (struct bytes){arena_copy(a, b.data, b.size), b.size};
}

size_t arena_size(const struct arena *a)
{
	return a->taken;
}

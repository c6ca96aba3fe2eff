/* stem.c: words as their stems; the only file that calls libstemmer. */
#include "data.h"

#include <libstemmer.h>
#include <limits.h>

/* The library's own type: a cast, because its name is not ours to choose. */
struct stemmer *stemmer_create(const char *language)
{
	const char *name = text_is(language, "nl") ? "dutch"
		: text_is(language, "en")          ? "english"
						   : NULL;
	return name != NULL ? (struct stemmer *)(void *)sb_stemmer_new(name, "UTF_8") : NULL;
}

void stemmer_destroy(struct stemmer *s)
{
	sb_stemmer_delete((struct sb_stemmer *)(void *)s);
}

struct bytes stemmer_word(struct stemmer *s, const char *word, size_t size)
{
	struct sb_stemmer *real = (struct sb_stemmer *)(void *)s;
	if (size > INT_MAX)
		return (struct bytes){word, size};
	const sb_symbol *stem = sb_stemmer_stem(
		real, (const sb_symbol *)(const void *)word, (int)size);
	if (stem == NULL)
		die("out of memory for a stem");
	return (struct bytes){stem, (size_t)sb_stemmer_length(real)};
}

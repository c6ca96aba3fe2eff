/* embed.c: a build-time tool. embed OUT.c FILE… writes the files as C arrays, gzipped twins beside them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static unsigned char *slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END) != 0) {
		perror(path);
		exit(1);
	}
	long end = ftell(f);
	rewind(f);
	unsigned char *data = malloc((size_t)end + 1);
	if (end < 0 || !data || fread(data, 1, (size_t)end, f) != (size_t)end) {
		perror(path);
		exit(1);
	}
	fclose(f);
	*size = (size_t)end;
	return data;
}

static void write_array(
	FILE *out, const char *kind, size_t i, const unsigned char *data, size_t size)
{
	fprintf(out, "static const unsigned char %s%zu[] = {", kind, i);
	for (size_t at = 0; at < size; at++)
		fprintf(out, "%s%u,", at % 24 ? "" : "\n", data[at]);
	fprintf(out, "0};\n");
}

/* gzip with a fixed header, so that the same file always gives the same bytes. */
static unsigned char *gzip(const unsigned char *data, size_t size, size_t *packed)
{
	z_stream z = {0};
	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		exit(1);
	size_t room = deflateBound(&z, (uLong)size);
	unsigned char *out = malloc(room);
	if (!out)
		exit(1);
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)size;
	z.next_out = out;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		exit(1);
	*packed = z.total_out;
	deflateEnd(&z);
	return out;
}

/* "…/webui/pages/home.html" is "pages/home.html". */
static const char *name_of(const char *file)
{
	const char *name = file;
	for (const char *at = file; (at = strstr(at, "webui/")) != NULL; at++)
		name = at + strlen("webui/");
	return name;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: embed OUT.c FILE…\n");
		return 2;
	}
	size_t count = (size_t)argc - 2;
	char **files = argv + 2;
	qsort(files, count, sizeof *files, by_text);
	char(*rows)[512] = calloc(count, sizeof *rows);
	FILE *out = fopen(argv[1], "wb");
	if (!rows || !out) {
		perror(argv[1]);
		exit(1);
	}
	fprintf(out, "#include \"embed.h\"\n");
	for (size_t i = 0; i < count; i++) {
		size_t size, packed;
		unsigned char *data = slurp(files[i], &size);
		unsigned char *small = gzip(data, size, &packed);
		unsigned long hash = crc32(crc32(0, Z_NULL, 0), data, (uInt)size);
		write_array(out, "plain", i, data, size);
		int pays = strstr(files[i], "/static/") && packed < size;
		if (pays)
			write_array(out, "gzip", i, small, packed);
		char twin[64] = "0";
		if (pays)
			snprintf(twin, sizeof twin, "gzip%zu", i);
		snprintf(rows[i], sizeof rows[i], "{\"%s\", plain%zu, %zu, %s, %zu, \"%08lx\"},\n",
			name_of(files[i]), i, size, twin, pays ? packed : 0, hash);
		free(small);
		free(data);
	}
	fprintf(out, "const struct embedded embedded[] = {\n");
	for (size_t i = 0; i < count; i++)
		fputs(rows[i], out);
	fprintf(out, "{0}};\n");
	free(rows);
	int failed = ferror(out);
	return fclose(out) == 0 && !failed ? 0 : 1;
}

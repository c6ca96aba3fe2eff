/* asset.c: the static files of the program under addresses that change with their content. */
#include <string.h>

#include "embed.h"
#include "webui.h"

#define ASSETS_MAX 64

static struct asset assets[ASSETS_MAX];
static size_t asset_count;
static struct arena *asset_arena;

static const char *asset_type(const char *name)
{
	static const char *const types[][2] = {
		{".css", "text/css; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".txt", "text/plain; charset=utf-8"},
		{".webmanifest", "application/manifest+json"},
	};
	for (size_t i = 0; i < COUNT(types); i++)
		if (text_ends(name, types[i][0]))
			return types[i][1];
	die("asset %s: unknown type", name);
}

static void asset_add(const struct embedded *file)
{
	const char *name = file->name + strlen("static/");
	const char *dot = strrchr(name, '.');
	if (asset_count == ASSETS_MAX || !dot)
		die("asset %s: too many, or no type", name);
	assets[asset_count++] = (struct asset){
		.name = name,
		.path = arena_format(
			asset_arena, "/static/%.*s.%s%s", (int)(dot - name), name, file->hash, dot),
		.type = asset_type(name),
		.etag = arena_format(asset_arena, "\"%s\"", file->hash),
		.plain = {file->data, file->size},
		.gzip = {file->gzip, file->gzip_size},
	};
}

void asset_load(void)
{
	if (asset_arena)
		return;
	asset_arena = arena_create();
	for (const struct embedded *file = embedded; file->name; file++)
		if (text_starts(file->name, "static/"))
			asset_add(file);
}

const struct asset *asset_by_path(const char *path)
{
	for (size_t i = 0; i < asset_count; i++)
		if (strcmp(assets[i].path, path) == 0)
			return &assets[i];
	return NULL;
}

const struct asset *asset_by_name(const char *name)
{
	for (size_t i = 0; i < asset_count; i++)
		if (strcmp(assets[i].name, name) == 0)
			return &assets[i];
	return NULL;
}

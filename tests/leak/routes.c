/*
 * routes.c: prints what this program answers, from the table that the server itself finds routes in: for leak.test, which
 * knows of each whom it may show what. A route a line: METHOD PATH ACCESS WANTS, then each input as NAME=KIND:MIN:CHOICES.
 */
#include "../../src/server/inside.h"
#include "node.h"

#include <stdio.h>

static const char *const methods[] = {[METHOD_GET] = "GET",
	[METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE"};
static const char *const accesses[] = {[ANYONE] = "ANYONE",
	[SIGNED_IN] = "SIGNED_IN",
	[MEMBER] = "MEMBER",
	[ADMIN] = "ADMIN",
	[FEDERATION] = "FEDERATION"};
static const char *const wants[] = {
	[WANTS_ANY] = "any", [WANTS_ACTIVITY] = "activity", [WANTS_PAGE] = "page"};
static const char *const kinds[] = {[INPUT_TEXT] = "TEXT",
	[INPUT_LINE] = "LINE",
	[INPUT_NUMBER] = "NUMBER",
	[INPUT_FLAG] = "FLAG",
	[INPUT_ID] = "ID",
	[INPUT_CHOICE] = "CHOICE",
	[INPUT_PASSWORD] = "PASSWORD",
	[INPUT_EMAIL] = "EMAIL"};

static void print(void *arg, const struct route *r)
{
	int *count = arg;
	printf("# %s %s %s %s", methods[r->method], r->path, accesses[r->access], wants[r->wants]);
	for (size_t i = 0; i < INPUTS_MAX && r->takes[i].name != NULL; i++) {
		const struct input *in = &r->takes[i];
		printf(" %s=%s:%lld:%s", in->name, kinds[in->kind], (long long)in->min,
			in->choices != NULL ? in->choices : "");
	}
	printf("\n");
	++*count;
}

int main(void)
{
	ARENA_CLEANUP struct arena *arena = arena_create();
	struct table_of_routes *table = routes_build(node_routes(arena));
	int count = 0;
	routes_each(table, print, &count);
	routes_destroy(table);
	printf("%s 1 - %d routes\n1..1\n", count > 0 ? "ok" : "not ok", count);
	return count > 0 ? 0 : 1;
}

/* preview.c: what other sites and apps show of a link to a page of ours (OpenGraph, ogp.me); of public pages only. */
#include "features.h"

static const char *or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* An image of another site would have its readers' addresses. */
static const char *own_image(const struct call *call, const char *url)
{
	return url != NULL && url_same_host(url, call->site->base_url) ? url : "";
}

void preview_show(struct call *call, struct view *v, const struct preview *p)
{
	view_begin(v, "og"); /* "preview" is what compose.c shows */
	view_text(v, "title", or_empty(p->title));
	view_text(v, "description", or_empty(p->description));
	view_text(v, "url", call_url(call, p->path));
	view_text(v, "kind", p->kind);
	view_text(v, "image", own_image(call, p->image));
	view_text(v, "locale", text_is(call->language, "nl") ? "nl_NL" : "en_GB");
	view_end(v);
}

/* extra.c: what only some posts have (attachments, hashtags, options, when an event elsewhere is), packed as one JSON text. */
#include "features.h"

#define WIDTH_MOST 100000

/* ---- writing --------------------------------------------------------------------------------- */

static void attachments_write(struct view *v, const struct extra *x)
{
	view_list(v, "attachment");
	for (size_t i = 0; i < x->attachment_count; i++) {
		const struct attachment *a = &x->attachments[i];
		view_begin(v, NULL);
		view_text(v, "type", a->type);
		view_text(v, "mediaType", a->media_type);
		view_text(v, "url", a->url);
		view_text(v, "name", a->name);
		view_number(v, "width", a->width);
		view_number(v, "height", a->height);
		view_text(v, "blurhash", a->blurhash);
		if (a->focus_x != 0 || a->focus_y != 0) {
			view_number(v, "focusX", a->focus_x);
			view_number(v, "focusY", a->focus_y);
		}
		if (a->media != 0)
			view_number(v, "media", (int64_t)a->media);
		view_end(v);
	}
	view_list_end(v);
}

static void options_write(struct view *v, const struct extra *x)
{
	view_list(v, "option");
	for (size_t i = 0; i < x->option_count; i++) {
		view_begin(v, NULL);
		view_text(v, "name", x->options[i].name);
		view_number(v, "votes", x->options[i].votes);
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "any", x->any_of);
	view_flag(v, "closing", x->closing);
	view_number(v, "voters", x->voters);
	view_number(v, "end", x->end_time);
	view_number(v, "closed", x->closed);
}

static void event_write(struct view *v, const struct extra *x)
{
	view_begin(v, "event");
	view_number(v, "starts", x->starts);
	view_number(v, "ends", x->ends);
	view_text(v, "zone", x->zone);
	view_text(v, "place", x->place);
	view_text(v, "address", x->address);
	view_flag(v, "cancelled", x->cancelled);
	view_end(v);
}

struct bytes extra_write(struct arena *arena, const struct extra *x)
{
	if (x->attachment_count == 0 && x->hashtags.count == 0 && x->option_count == 0
		&& x->starts == 0)
		return (struct bytes){0};
	struct view *v = view_create(arena, VIEW_JSON);
	if (x->attachment_count > 0)
		attachments_write(v, x);
	if (x->option_count > 0)
		options_write(v, x);
	if (x->starts != 0)
		event_write(v, x);
	if (x->hashtags.count > 0) {
		view_list(v, "tag");
		for (size_t i = 0; i < x->hashtags.count; i++)
			view_text(v, NULL, x->hashtags.at[i]);
		view_list_end(v);
	}
	return view_json(v);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int64_t number_of(const json_node *object, const char *name, int64_t most)
{
	int64_t n = 0;
	return json_number(json_member(object, name), &n) && n >= 0 && n <= most ? n : 0;
}

static int64_t focus_of(const json_node *object, const char *name)
{
	int64_t n = 0;
	return json_number(json_member(object, name), &n) && n >= -1000 && n <= 1000 ? n : 0;
}

static size_t at_most(const json_node *list, size_t most)
{
	size_t count = json_count(list);
	return count < most ? count : most;
}

static void attachments_read(struct arena *arena, const json_node *list, struct extra *out)
{
	size_t count = at_most(list, POST_ATTACHMENTS);
	struct attachment *all = arena_array(arena, count, sizeof *all);
	for (size_t i = 0; i < count; i++) {
		const json_node *n = json_item(list, i);
		all[i] = (struct attachment){
			.type = json_text(json_member(n, "type")),
			.media_type = json_text(json_member(n, "mediaType")),
			.url = json_text(json_member(n, "url")),
			.name = json_text(json_member(n, "name")),
			.width = number_of(n, "width", WIDTH_MOST),
			.height = number_of(n, "height", WIDTH_MOST),
			.blurhash = json_text(json_member(n, "blurhash")),
			.focus_x = focus_of(n, "focusX"),
			.focus_y = focus_of(n, "focusY"),
			.media = (uint64_t)number_of(n, "media", INT64_MAX),
		};
		out->attachment_count += all[i].type != NULL && all[i].url != NULL;
		if (all[i].type == NULL || all[i].url == NULL)
			break;
	}
	out->attachments = all;
}

static void options_read(struct arena *arena, const json_node *root, struct extra *out)
{
	const json_node *list = json_member(root, "option");
	size_t count = at_most(list, POST_OPTIONS);
	struct option *all = arena_array(arena, count, sizeof *all);
	for (size_t i = 0; i < count; i++) {
		const json_node *n = json_item(list, i);
		all[i].name = json_text(json_member(n, "name"));
		all[i].votes = number_of(n, "votes", INT64_MAX);
		if (all[i].name == NULL)
			break;
		out->option_count++;
	}
	out->options = all;
	out->any_of = json_flag(json_member(root, "any"));
	out->closing = json_flag(json_member(root, "closing"));
	out->voters = number_of(root, "voters", INT64_MAX);
	out->end_time = number_of(root, "end", INT64_MAX);
	out->closed = number_of(root, "closed", INT64_MAX);
}

static void event_read(const json_node *event, struct extra *out)
{
	out->starts = number_of(event, "starts", INT64_MAX);
	out->ends = number_of(event, "ends", INT64_MAX);
	out->zone = json_text(json_member(event, "zone"));
	out->place = json_text(json_member(event, "place"));
	out->address = json_text(json_member(event, "address"));
	out->cancelled = json_flag(json_member(event, "cancelled"));
}

void extra_read(struct arena *arena, struct bytes in, struct extra *out)
{
	const json_node *root;
	*out = (struct extra){0};
	if (in.size == 0 || json_read(arena, in, NULL, &root) != OK)
		return;
	attachments_read(arena, json_member(root, "attachment"), out);
	options_read(arena, root, out);
	event_read(json_member(root, "event"), out);
	const json_node *list = json_member(root, "tag");
	size_t count = at_most(list, POST_HASHTAGS);
	const char **tags = arena_array(arena, count, sizeof *tags);
	for (size_t i = 0; i < count && (tags[i] = json_text(json_item(list, i))) != NULL; i++)
		out->hashtags.count++;
	out->hashtags.at = tags;
}

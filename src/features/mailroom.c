/* mailroom.c: how the mail of the site goes, on a page for who runs it: what waits, what was refused, what the server said. */
#include "features.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SINK_SHOWN 20
#define SINK_LOOKED_AT 10000
#define SINK_BYTES ((size_t)256 << 10)

/* ---- the sink: mail in a directory, while one builds ------------------------------------------ */

struct sink {
	uint64_t ids[SINK_SHOWN]; /* newest first */
	size_t count;
};

static void sink_add(struct sink *s, uint64_t id)
{
	size_t at = s->count;
	while (at > 0 && s->ids[at - 1] < id)
		at--;
	if (at == SINK_SHOWN)
		return;
	s->count += s->count < SINK_SHOWN;
	memmove(&s->ids[at + 1], &s->ids[at], (s->count - at - 1) * sizeof *s->ids);
	s->ids[at] = id;
}

static void sink_list(struct arena *arena, const char *directory, struct sink *out)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;
	for (size_t i = 0; d != NULL && i < SINK_LOOKED_AT && (entry = readdir(d)) != NULL; i++) {
		uint64_t id;
		size_t size = strlen(entry->d_name);
		if (text_ends(entry->d_name, ".eml")
			&& text_to_u64(arena_text_n(arena, entry->d_name, size - 4), &id))
			sink_add(out, id);
	}
	if (d != NULL)
		closedir(d);
}

static bool sink_read(struct arena *arena, const char *directory, uint64_t id, struct text *out)
{
	char word[ID_TEXT], piece[8192];
	ssize_t n = 0;
	int fd = open(arena_format(arena, "%s/%s.eml", directory, id_text(id, word)),
		O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	text_init(out, arena, SINK_BYTES);
	while (!out->failed && (n = TEMP_FAILURE_RETRY(read(fd, piece, sizeof piece))) > 0)
		text_add_n(out, piece, (size_t)n);
	close(fd);
	return n >= 0;
}

/* "To: <anna@ex.org>": between its brackets. */
static const char *recipient(struct arena *arena, const char *message)
{
	const char *to = strstr(message, "\r\nTo: <");
	return to != NULL ? arena_text_n(arena, to + 7, strcspn(to + 7, ">\r")) : "";
}

static void show_sink(struct call *call, struct view *v)
{
	struct sink sink = {.count = 0};
	sink_list(call->arena, call->site->mail_sink, &sink);
	view_list(v, "sink");
	for (size_t i = 0; i < sink.count; i++) {
		struct text message;
		if (!sink_read(call->arena, call->site->mail_sink, sink.ids[i], &message))
			continue;
		view_begin(v, NULL);
		view_id(v, "id", sink.ids[i]);
		view_time(v, "at", id_time(sink.ids[i]));
		view_text(v, "to", recipient(call->arena, message.at));
		view_end(v);
	}
	view_list_end(v);
	view_flag(v, "sink_empty", sink.count == 0);
}

static enum err sink_show(struct call *call, struct txn *t, struct view *v)
{
	struct text message;
	uint64_t id = call_part_id(call, "id");
	(void)t, (void)v;
	if (id == 0 || call->site->mail_sink == NULL
		|| !sink_read(call->arena, call->site->mail_sink, id, &message))
		return ERR_NOT_FOUND;
	reply_bytes(
		call, 200, "text/plain; charset=utf-8", (struct bytes){message.at, message.size});
	return OK;
}

/* ---- the page -------------------------------------------------------------------------------- */

static enum err show_said(struct call *call, struct txn *t, struct view *v, const char *name)
{
	struct mail_said said;
	enum err e = mail_said_load(t, name, &said);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	view_begin(v, name);
	view_flag(v, "good", said.good);
	view_time(v, "at", said.at);
	view_text(v, "words", i18n(call->language, said.words != NULL ? said.words : ""));
	view_end(v);
	return OK;
}

static enum err room_read(struct call *call, struct txn *t, struct view *v)
{
	const struct site *site = call->site;
	struct account me;
	struct mail_state s;
	enum err e = account_load(t, call->viewer.actor, &me);
	if (e == OK)
		e = mail_state(t, &s);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Mail"));
	profile_tab_show(v, "mail");
	view_flag(v, "sends", site->mail_from != NULL);
	view_text(v, "server", site->mail_sink == NULL ? site->mail_server : "");
	view_text(v, "from", site->mail_from);
	view_number(v, "per_hour", site->mail_per_hour);
	view_number(v, "waiting", s.waiting);
	view_time(v, "next", s.waiting > 0 ? s.next : 0);
	view_number(v, "this_hour", s.this_hour);
	view_flag(v, "full", s.this_hour >= site->mail_per_hour && s.waiting > 0);
	view_number(v, "sent", s.sent);
	view_number(v, "put_off", s.put_off);
	view_number(v, "bounced", s.refused);
	view_number(v, "dropped", s.dropped);
	view_number(v, "refusing", s.refusing);
	view_number(v, "shut", s.shut);
	view_text(v, "email", me.email);
	e = show_said(call, t, v, "test");
	if (e == OK)
		e = show_said(call, t, v, "trouble");
	view_flag(v, "has_sink", site->mail_sink != NULL);
	if (site->mail_sink != NULL)
		show_sink(call, v);
	return e;
}

static enum err forgive_write(struct call *call, struct txn *t)
{
	const char *email = account_email_clean(call->arena, call_input(call, "email"));
	if (email == NULL)
		return refuse(&call->refusal, "forgive", "This is not an e-mail address.");
	enum err e = mail_forgive(t, email);
	if (e == OK) {
		reply_notice(call, "This address gets mail again.");
		reply_see_other(call, "/site/mail");
	}
	return e;
}

static const struct route routes[] = {
	{METHOD_GET, "/site/mail", ADMIN, .read = room_read, .page = "site-mail"},
	{METHOD_GET, "/site/mail/sink/{id}", ADMIN, .read = sink_show},
	{METHOD_POST, "/site/mail/forgive", ADMIN, .write = forgive_write, .page = "site-mail",
		.form = room_read,
		.takes = {{"email", INPUT_LINE, .required = true, .max = 320,
			.label = "E-mail address"}}},
	{0},
};

const struct feature feature_mailroom = {.name = "mailroom", .routes = routes};

/* answerform.c: answering in private: the form, what came in, and the way back for who has no account here. */
#include "compose.h"
#include "vacancy.h"

/* ---- what two wrote each other --------------------------------------------------------------- */

static enum err show_words(struct txn *t, struct view *v, const struct answer *a)
{
	struct u64s words;
	struct answer_words w;
	struct actor by;
	enum err e = answer_words_list(t, a->id, &words);
	view_list(v, "said");
	for (size_t i = 0; e == OK && i < words.count; i++) {
		e = answer_words_load(t, a->id, words.at[i], &w);
		if (e != OK)
			break;
		view_begin(v, NULL);
		view_flag(v, "back", w.by != 0);
		view_text(v, "by",
			w.by != 0 && actor_load(t, w.by, &by) == OK ? actor_title(&by) : "");
		view_text(v, "words", w.text);
		view_time(v, "at", w.at);
		view_end(v);
	}
	view_list_end(v);
	return e;
}

/* "about": what it is an answer to. */
static void show_about(struct call *call, struct txn *t, struct view *v, const struct post *p)
{
	struct vacancy vacancy;
	view_begin(v, "about");
	view_id(v, "id", p->id);
	view_text(v, "title", post_name(t, p, 80));
	view_text(v, "path", post_path(t, p));
	if (vacancy_of(t, p, &vacancy) == OK)
		vacancy_show(t, v, &vacancy);
	view_end(v);
	(void)call;
}

static enum err show_thread(struct call *call, struct txn *t, struct view *v,
	const struct answer *a, const char *action)
{
	struct actor who;
	struct post p;
	enum err e = post_load(t, a->post, &p);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Private answer"));
	view_text(v, "action", action);
	if (a->who != 0 && actor_load(t, a->who, &who) == OK)
		actor_show(v, "who", &who);
	else
		view_text(v, "who", "");
	view_text(v, "name", a->who == 0 ? a->name : "");
	view_flag(v, "confirmed", a->confirmed);
	show_about(call, t, v, &p);
	return show_words(t, v, a);
}

/* ---- answering ------------------------------------------------------------------------------- */

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct vacancy vacancy;
	struct answer mine;
	enum err e = vacancy_find(t, &call->viewer, call_part_id(call, "id"), &p, &vacancy);
	if (e == OK && vacancy_may_manage(t, call->viewer.actor, &p, &vacancy))
		e = ERR_FORBIDDEN;
	if (e != OK)
		return e;
	view_format(v, "action", "/p/%s/answer", call_part(call, "id"));
	view_flag(v, "visitor", !call->viewer.local);
	if (call->viewer.local && answer_by(t, call->viewer.actor, p.id, &mine) == OK)
		return show_thread(call, t, v, &mine,
			arena_format(call->arena, "/p/%s/answer", call_part(call, "id")));
	if (vacancy.end != VACANCY_OPEN)
		return ERR_GONE;
	if (!call->viewer.local && call->site->mail_from == NULL)
		return ERR_SIGN_IN;
	view_text(v, "heading", i18n(call->language, "Answer in private"));
	view_flag(v, "confirmed", call->viewer.local);
	show_about(call, t, v, &p);
	return OK;
}

static enum err visitor_write(struct call *call, struct txn *t)
{
	struct answer a = {.post = call_part_id(call, "id"),
		.name = call_input(call, "name"),
		.email = call_input(call, "email"),
		.language = call->language};
	struct post p;
	const char *email = account_email_clean(call->arena, a.email != NULL ? a.email : "");
	if (call->site->mail_from == NULL)
		return ERR_SIGN_IN;
	if (!call_allows(call, "answer address", call_network(call), 10, HOUR)
		|| (email != NULL && !call_allows(call, "answer e-mail", email, 5, HOUR)))
		return ERR_TOO_MUCH;
	enum err e = answer_ask(t, &a, call_input(call, "text"), &call->refusal);
	if (e == OK)
		e = post_load(t, a.post, &p);
	return e == OK ? compose_done(call, t, &p,
		       "A mail is on its way to you. Your answer goes out once you open the link in it.")
		       : e;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct post p;
	uint64_t id = call_part_id(call, "id");
	if (!call->viewer.local)
		return visitor_write(call, t);
	enum err e = answer_send(
		t, call->viewer.actor, id, call_input(call, "text"), &call->refusal);
	if (e == OK)
		e = post_load(t, id, &p);
	if (e != OK)
		return e;
	reply_notice(call, "Your answer is sent.");
	reply_see_other(call, arena_format(call->arena, "/p/%s/answer", call_part(call, "id")));
	return OK;
}

/* ---- what came in ---------------------------------------------------------------------------- */

static enum err find_managed(struct call *call, struct txn *t, struct post *p)
{
	struct vacancy v;
	enum err e = vacancy_find(t, &call->viewer, call_part_id(call, "id"), p, &v);
	return e == OK && !vacancy_may_manage(t, call->viewer.actor, p, &v) ? ERR_FORBIDDEN : e;
}

static enum err inbox_read(struct call *call, struct txn *t, struct view *v)
{
	struct post p;
	struct u64s ids;
	struct answer a;
	struct actor who;
	bool some = false;
	enum err e = find_managed(call, t, &p);
	if (e == OK)
		e = answer_list(t, p.id, ANSWERS_LISTED, &ids);
	if (e != OK)
		return e;
	view_text(v, "heading", i18n(call->language, "Private answers"));
	show_about(call, t, v, &p);
	view_list(v, "answers");
	for (size_t i = 0; e == OK && i < ids.count; i++) {
		e = answer_load(t, p.id, ids.at[i], &a);
		if (e != OK || !a.confirmed)
			continue;
		bool here = a.who != 0 && actor_load(t, a.who, &who) == OK;
		view_begin(v, NULL);
		view_id(v, "answer", a.id);
		view_text(v, "name", here ? actor_title(&who) : a.name);
		view_flag(v, "visitor", a.who == 0);
		view_time(v, "at", a.at);
		e = show_words(t, v, &a);
		view_end(v);
		some = true;
	}
	view_list_end(v);
	view_flag(v, "some", some);
	return e;
}

static enum err thread_find(struct call *call, struct txn *t, struct answer *out)
{
	struct post p;
	enum err e = find_managed(call, t, &p);
	if (e == OK)
		e = answer_load(t, p.id, call_part_id(call, "answer"), out);
	return e == OK && !out->confirmed ? ERR_NOT_FOUND : e;
}

static const char *thread_path(struct call *call)
{
	return arena_format(
		call->arena, "/p/%s/answers/%s", call_part(call, "id"), call_part(call, "answer"));
}

static enum err thread_read(struct call *call, struct txn *t, struct view *v)
{
	struct answer a;
	enum err e = thread_find(call, t, &a);
	view_flag(v, "managed", true);
	return e == OK ? show_thread(call, t, v, &a, thread_path(call)) : e;
}

static enum err thread_write(struct call *call, struct txn *t)
{
	struct answer a;
	enum err e = thread_find(call, t, &a);
	if (e == OK)
		e = answer_more(t, a.post, a.id, call->viewer.actor, call_input(call, "text"),
			&call->refusal);
	if (e != OK)
		return e;
	reply_notice(call, "Your answer is sent.");
	reply_see_other(call, thread_path(call));
	return OK;
}

/* ---- by the link of a mail ------------------------------------------------------------------- */

static enum err link_of(struct call *call, struct txn *t, struct answer *out)
{
	struct link link;
	uint64_t post;
	enum err e = link_find(t, LINK_ANSWER, call_part(call, "token"), &link);
	if (e == OK && !text_to_u64(link.payload, &post))
		e = ERR_NOT_FOUND;
	return e == OK ? answer_load(t, post, link.subject, out) : e;
}

static const char *link_path(struct call *call)
{
	return arena_format(call->arena, "/answers/%s", call_part(call, "token"));
}

static enum err link_read(struct call *call, struct txn *t, struct view *v)
{
	struct answer a;
	enum err e = link_of(call, t, &a);
	view_flag(v, "by_link", true);
	return e == OK               ? show_thread(call, t, v, &a, link_path(call))
		: e == ERR_NOT_FOUND ? ERR_GONE
				     : e;
}

static enum err link_write(struct call *call, struct txn *t)
{
	struct answer a;
	const char *text = call_input(call, "text");
	enum err e = link_of(call, t, &a);
	if (e == OK)
		e = !a.confirmed ? answer_confirm(t, a.post, a.id, &call->refusal)
				 : answer_more(t, a.post, a.id, 0, text, &call->refusal);
	if (e != OK)
		return e == ERR_NOT_FOUND ? ERR_GONE : e;
	reply_notice(call, "Your answer is sent.");
	reply_see_other(call, link_path(call));
	return OK;
}

#define TEXT_INPUT                                                                                 \
	{                                                                                          \
		"text", INPUT_TEXT, .max = ANSWER_MOST, .label = "Your answer"                     \
	}

const struct route answer_routes[] = {
	{METHOD_GET, "/p/{id}/answer", ANYONE, .read = new_read, .page = "answer",
		.per_minute = 120},
	{METHOD_POST, "/p/{id}/answer", ANYONE, .write = new_write, .page = "answer",
		.form = new_read,
		.takes = {{"name", INPUT_LINE, .max = ACTOR_TITLE_MOST, .label = "Your name"},
			{"email", INPUT_EMAIL, .label = "Your e-mail address"}, TEXT_INPUT},
		.per_minute = 10},
	{METHOD_GET, "/p/{id}/answers", SIGNED_IN, .read = inbox_read, .page = "answers"},
	{METHOD_GET, "/p/{id}/answers/{answer}", SIGNED_IN, .read = thread_read, .page = "answer"},
	{METHOD_POST, "/p/{id}/answers/{answer}", SIGNED_IN, .write = thread_write,
		.page = "answer", .form = thread_read, .takes = {TEXT_INPUT}, .per_minute = 30},
	{METHOD_GET, "/answers/{token}", ANYONE, .read = link_read, .page = "answer",
		.per_minute = 60},
	{METHOD_POST, "/answers/{token}", ANYONE, .write = link_write, .page = "answer",
		.form = link_read, .takes = {TEXT_INPUT}, .per_minute = 10},
	{0},
};

/* question.c: a post that asks: its accepted answer, and who is asked when nobody has answered it for two days. */
#include "compose.h"
#include "media.h"
#include "question.h"

#define WAITS (48 * HOUR) /* before people are asked who know about it */
#define ASKED_MOST 3      /* people */
#define OFFERED_AT_ONCE 20
#define LOOKED_AT 50 /* answers, for one by somebody else */
#define LISTED 20
#define SEARCHED 500 /* conversations of a community, for its questions; as often as: */
#define ROUNDS_MOST 10
#define ANSWER_POINTS 80

static const struct field question_fields[] = {
	{1, F_U64, offsetof(struct solution, post), 0},
	{2, F_U64, offsetof(struct solution, accepted), 0},
	{3, F_U64, offsetof(struct solution, by), 0},
	{4, F_I64, offsetof(struct solution, at), 0},
	{5, F_I64, offsetof(struct solution, offered), 0},
	{6, F_U64, offsetof(struct solution, asker), 0},
	{7, F_I64, offsetof(struct solution, told), 0},
};
const struct shape question_shape = {
	"question", sizeof(struct solution), question_fields, COUNT(question_fields)};

/* ---- keeping --------------------------------------------------------------------------------- */

enum err question_load(struct txn *t, uint64_t post, struct solution *out)
{
	struct place place = place_1(TABLE_QUESTION, post);
	return txn_load(t, &place, &question_shape, out);
}

enum err question_save(struct txn *t, const struct solution *q)
{
	struct place place = place_1(TABLE_QUESTION, q->post);
	return txn_save(t, &place, &question_shape, q);
}

static struct place waiting(const struct post *p)
{
	return place_2(TABLE_QUESTION_WAITS, (uint64_t)(p->published + WAITS), p->id);
}

static enum err enter(struct txn *t, const struct post *p, const struct object *said)
{
	struct solution q;
	struct place row = waiting(p);
	enum err e = question_load(t, p->id, &q);
	if (e != ERR_NOT_FOUND || said != NULL)
		return e == ERR_NOT_FOUND ? OK : e;
	q = (struct solution){.post = p->id, .asker = p->author};
	e = question_save(t, &q);
	return e == OK ? txn_put(t, &row, (struct bytes){"\1", 1}) : e;
}

static enum err end(struct txn *t, const struct post *p)
{
	struct place place = place_1(TABLE_QUESTION, p->id), row = waiting(p);
	enum err e = txn_del(t, &place);
	return e == OK ? txn_del(t, &row) : e;
}

/* ---- the accepted answer --------------------------------------------------------------------- */

static bool stands(struct txn *t, uint64_t id, const struct viewer *viewer, struct post *out)
{
	return id != 0 && post_load_for(t, viewer, id, out) && out->removed_by == 0;
}

bool question_may_choose(struct txn *t, uint64_t who, const struct post *question)
{
	struct solution q;
	if (who == 0 || question->kind != POST_ASKED || question->gone
		|| question_load(t, question->id, &q) != OK)
		return false;
	return who == q.asker || circle_may_moderate(t, who, question);
}

/* Other nodes hear of it twice: as an act of its own, and in the words of the question. Who asked without a name is
 * not named by this either. */
static enum err tell(struct txn *t, const struct solution *q, const struct post *p, uint64_t answer,
	uint64_t who, bool on)
{
	struct line choice = {.act = on ? ACT_CHOOSE : ACT_UNCHOOSE,
		.actor = who == q->asker ? p->author : who,
		.object = answer,
		.target = p->community};
	struct line words = {
		.act = ACT_UPDATE, .actor = p->author, .object = p->id, .target = p->community};
	enum err e = act_journal(t, NULL, &choice, NULL);
	return e == OK ? act_journal(t, NULL, &words, NULL) : e;
}

static enum err tell_author(struct txn *t, const struct post *answer, uint64_t who)
{
	struct notice n = {
		.place = id_next(), .kind = NOTICE_ACCEPTED, .post = answer->id, .at = time_now()};
	return answer->author != who ? notify_add(t, answer->author, &n) : OK;
}

enum err question_choose(struct txn *t, uint64_t who, uint64_t answer, bool on)
{
	struct viewer viewer = {.actor = who, .local = true};
	struct post a, p;
	struct solution q;
	enum err e = post_load(t, answer, &a);
	if (e == OK && (a.root == a.id || !stands(t, answer, &viewer, &a)))
		e = ERR_NOT_FOUND;
	if (e == OK)
		e = post_load(t, a.root, &p);
	if (e == OK && p.kind != POST_ASKED)
		e = ERR_NOT_FOUND;
	if (e == OK && !question_may_choose(t, who, &p))
		e = ERR_FORBIDDEN;
	if (e == OK)
		e = question_load(t, p.id, &q);
	if (e != OK || (q.accepted == answer) == on)
		return e;
	q.accepted = on ? answer : 0;
	q.by = who;
	q.at = time_now();
	/* Of an answer for fewer eyes nothing is told, nor that it is one. */
	bool open = a.visibility <= VISIBLE_UNLISTED;
	q.told = open ? q.at : q.told;
	e = question_save(t, &q);
	if (e == OK && open)
		e = tell(t, &q, &p, answer, who, on);
	return e == OK && on ? tell_author(t, &a, who) : e;
}

/* ---- at other nodes -------------------------------------------------------------------------- */

/* Who reads it elsewhere finds the answer, when that is for everyone. */
static void say(struct txn *t, const struct post *p, struct said *s)
{
	struct solution q;
	struct post answer;
	struct actor author;
	struct viewer nobody = {0};
	struct text html;
	if (question_load(t, p->id, &q) != OK)
		return;
	if (q.told > s->updated)
		s->updated = q.told;
	if (!stands(t, q.accepted, &nobody, &answer) || actor_load(t, answer.author, &author) != OK)
		return;
	const char *language = post_language(t, p);
	text_init(&html, txn_arena(t), 256 * 1024);
	text_format(&html, "%s<p>%s <a href=\"", s->content, i18n(language, "Answer by"));
	text_html(&html, answer.url != NULL ? answer.url : answer.uri);
	text_add(&html, "\">");
	text_html(&html, actor_title(&author));
	text_add(&html, "</a>: ");
	text_html(&html, post_name(t, &answer, ANSWER_POINTS));
	text_add(&html, "</p>");
	if (!html.failed)
		s->content = html.at;
}

/* ---- on its page ----------------------------------------------------------------------------- */

static void page(struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct solution q;
	struct post answer;
	struct actor author;
	bool known = question_load(t, p->id, &q) == OK;
	bool answered = known && stands(t, q.accepted, viewer, &answer)
		&& actor_load(t, answer.author, &author) == OK;
	view_begin(v, "asked");
	view_flag(v, "answered", answered);
	if (answered) {
		actor_show(v, "by", &author);
		view_html(v, "html", answer.content);
		view_text(v, "lang", answer.language != NULL ? answer.language : "");
		view_id(v, "answer", answer.id);
		view_format(v, "answer_path", "%s#p%llu", post_path(t, &answer),
			(unsigned long long)answer.id);
		view_flag(v, "may_undo", viewer->local && question_may_choose(t, viewer->actor, p));
	}
	view_end(v);
}

void question_show_choice(
	struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct post root;
	struct solution q = {0};
	bool of_question = viewer->local && p->root != p->id && post_load(t, p->root, &root) == OK
		&& root.kind == POST_ASKED && question_load(t, root.id, &q) == OK;
	view_flag(v, "accepted", of_question && q.accepted == p->id);
	view_flag(v, "may_choose",
		of_question && q.accepted != p->id && p->removed_by == 0
			&& question_may_choose(t, viewer->actor, &root));
}

void question_show_line(
	struct txn *t, struct view *v, const struct post *p, const struct viewer *viewer)
{
	struct solution q = {0};
	struct post answer;
	bool asked = p->kind == POST_ASKED && question_load(t, p->id, &q) == OK;
	view_flag(v, "question", asked);
	view_flag(v, "answered", asked && stands(t, q.accepted, viewer, &answer));
}

static const char *step(struct txn *t, const struct post *p, const struct viewer *viewer)
{
	struct solution q;
	struct post answer;
	bool waits = question_load(t, p->id, &q) == OK && q.asker != viewer->actor
		&& !stands(t, q.accepted, viewer, &answer) && circle_may_reply(t, viewer->actor, p);
	return waits ? "Answer" : NULL;
}

static const struct detail details[] = {
	{POST_ASKED, enter, end, page, NULL, say, .step = step},
	{0},
};

/* ---- on time --------------------------------------------------------------------------------- */

/* Somebody else said something to it that the viewer may read. NULL: that anybody may. */
static enum err is_answered(struct txn *t, const struct post *p, const struct solution *q,
	const struct viewer *viewer, bool *out)
{
	struct u64s ids;
	struct post a;
	enum err e = post_of_conversation(t, p->id, p->id, LOOKED_AT, &ids);
	*out = viewer != NULL ? stands(t, q->accepted, viewer, &a) : q->accepted != 0;
	for (size_t i = 0; e == OK && !*out && i < ids.count; i++)
		*out = post_load(t, ids.at[i], &a) == OK && !a.gone && a.removed_by == 0
			&& a.author != q->asker && a.author != p->author
			&& (viewer == NULL || circle_may_read(t, viewer, &a));
	return e;
}

static enum err offer_to(struct txn *t, const struct post *p, struct solution *q)
{
	uint64_t who[ASKED_MOST];
	size_t count = 0;
	enum err e = expertise_find(t, p, q->asker, who, ASKED_MOST, &count);
	struct notice n = {.kind = NOTICE_OFFERED, .post = p->id, .at = time_now()};
	for (size_t i = 0; e == OK && i < count; i++) {
		n.place = id_next();
		e = notify_add(t, who[i], &n);
	}
	q->offered = time_now();
	return e == OK ? question_save(t, q) : e;
}

static enum err offer(struct txn *t, uint64_t id)
{
	struct post p;
	struct solution q;
	bool answered = false;
	enum err e = post_load(t, id, &p);
	if (e == OK)
		e = question_load(t, id, &q);
	if (e == OK)
		e = is_answered(t, &p, &q, NULL, &answered);
	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	return answered || p.gone || p.removed_by != 0 || p.locked ? OK : offer_to(t, &p, &q);
}

static enum err run_due(struct txn *t, void *arg)
{
	(void)arg;
	return due_take(t, TABLE_QUESTION_WAITS, OFFERED_AT_ONCE, offer);
}

static void on_time(struct store *store, void *arg)
{
	(void)arg;
	enum err e = store_write(store, run_due, NULL);
	if (e != OK)
		log_line(LOG_WARN, "question", "error=%s", err_name(e));
}

static const struct chore chores[] = {{"question", MINUTE, on_time, NULL}, {0}};

/* ---- asking ---------------------------------------------------------------------------------- */

static enum err new_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor community;
	enum err e = compose_community(call, t, false, &community);
	if (e != OK)
		return e;
	compose_new_show(call, v, &community, "question", "New question");
	media_form_show(call, t, v, NULL);
	compose_new_choices(call, t, v, &community);
	return OK;
}

static enum err new_write(struct call *call, struct txn *t)
{
	struct actor community;
	struct circles circles;
	struct u64s media;
	struct post p;
	enum err e = compose_place(call, t, false, &community, &circles);
	if (e == OK)
		e = media_take(call, t, 0, &media);
	if (e != OK)
		return e;
	struct post_draft draft = {.author = call->viewer.actor,
		.community = community.id,
		.kind = POST_ASKED,
		.circles = &circles,
		.media = &media,
		.source = call_input(call, "text"),
		.language = call_input(call, "language")};
	e = post_create(t, &draft, NULL, &call->refusal, &p);
	return e == OK ? compose_done(call, t, &p, "Your question is placed.") : e;
}

static enum err choose_write(struct call *call, struct txn *t, bool on)
{
	struct post a;
	uint64_t id = call_part_id(call, "id");
	enum err e = question_choose(t, call->viewer.actor, id, on);
	if (e == OK)
		e = post_load(t, id, &a);
	if (e == OK)
		e = post_load(t, a.root, &a);
	return e == OK ? compose_done(call, t, &a,
		       on ? "This is the answer now." : "It is not the answer any more.")
		       : e;
}

static enum err choose_on(struct call *call, struct txn *t)
{
	return choose_write(call, t, true);
}

static enum err choose_off(struct call *call, struct txn *t)
{
	return choose_write(call, t, false);
}

/* ---- the questions of a community ------------------------------------------------------------ */

static bool is_listed(struct call *call, struct txn *t, uint64_t id, bool open, struct post *out)
{
	struct solution q;
	bool answered = false;
	return stands(t, id, &call->viewer, out) && out->kind == POST_ASKED
		&& question_load(t, id, &q) == OK
		&& (!open
			|| (is_answered(t, out, &q, &call->viewer, &answered) == OK && !answered));
}

static enum err list_show(struct call *call, struct txn *t, struct view *v, const struct actor *c)
{
	struct u64s ids;
	struct post p;
	uint64_t before = call_input_id(call, "before");
	bool open = text_is(call_input(call, "show"), "open"), more = true;
	size_t shown = 0;
	view_list(v, "questions");
	for (int round = 0; round < ROUNDS_MOST && more && shown < LISTED; round++) {
		enum err e = post_of_community(t, c->id, before, SEARCHED, &ids);
		if (e != OK)
			return e;
		more = ids.count == SEARCHED;
		for (size_t i = 0; i < ids.count && shown < LISTED; i++) {
			before = ids.at[i];
			if (!is_listed(call, t, before, open, &p))
				continue;
			post_line(t, v, NULL, &p, &call->viewer);
			shown++;
		}
	}
	more = more || shown == LISTED;
	view_list_end(v);
	view_flag(v, "nothing", shown == 0 && !more);
	view_flag(v, "open", open);
	if (more)
		view_id(v, "older", before);
	return OK;
}

static enum err list_read(struct call *call, struct txn *t, struct view *v)
{
	struct actor a;
	enum err e = community_here_show(call, t, v, &a);
	if (e != OK)
		return e;
	view_flag(v, "on_questions", true);
	view_format(v, "question_new", "/c/%s/new/question", a.name);
	return list_show(call, t, v, &a);
}

static const struct route routes[] = {
	{METHOD_GET, "/c/{name}/new/question", SIGNED_IN, .read = new_read, .page = "question-new",
		.drafts = true},
	{METHOD_POST, "/c/{name}/new/question", SIGNED_IN, .write = new_write,
		.page = "question-new", .form = new_read, .drafts = true,
		.takes = {{"text", INPUT_TEXT, .required = true, .min = 1, .max = POST_TEXT_MOST,
				  .label = "Question"},
			{"language", INPUT_LINE, .max = 35, .label = "Language"}, CIRCLE_INPUTS},
		.prepare = media_prepare, .max_body = MEDIA_FORM_MOST, .per_minute = 30},
	{METHOD_POST, "/p/{id}/choose", SIGNED_IN, .write = choose_on, .per_minute = 60},
	{METHOD_POST, "/p/{id}/unchoose", SIGNED_IN, .write = choose_off, .per_minute = 60},
	{METHOD_GET, "/@{name}/questions", ANYONE, .read = list_read, .page = "community-questions",
		.takes = {{"show", INPUT_CHOICE, .choices = "open|all", .label = "Which questions"},
			{"before", INPUT_ID, .label = "Older"}}},
	{0},
};

static const struct table_use tables[] = {
	{TABLE_QUESTION, &question_shape},
	{TABLE_QUESTION_WAITS, NULL},
	{0},
};
const struct feature feature_question = {
	.name = "question",
	.routes = routes,
	.tables = tables,
	.chores = chores,
	.details = details,
};

/* run.c: runs a call that has its route: who asks, how often, whether they may, what they filled in; then the handler. */
#include "inside.h"

/* ---- before a handler: the cheap refusals first ---------------------------------------------- */

/* Whom the roll is shown, and who has to sign in better for it. */
static bool lacks_second(const struct exchange *x)
{
	const struct call *c = &x->call;
	return c->route->roll && c->site->roll_second_factor && c->viewer.local && x->signed_in.roll
		&& !x->signed_in.second;
}

static enum err check_access(struct exchange *x)
{
	const struct viewer *v = &x->call.viewer;
	enum access access = x->call.route->access;
	if (lacks_second(x))
		return ERR_SIGN_IN;
	if (access == ANYONE || access == FEDERATION)
		return OK;
	if (!v->local)
		return ERR_SIGN_IN;
	bool may = access == SIGNED_IN || (access == MEMBER ? v->member : v->admin);
	return may ? OK : ERR_FORBIDDEN;
}

static enum err check_csrf(struct exchange *x)
{
	if (session_csrf_ok(x))
		return OK;
	x->call.refusal = (struct refusal){
		NULL, "This form is too old, or was not ours. Please go back and try again."};
	return ERR_FORBIDDEN;
}

bool run_keeps(const struct exchange *x)
{
	const struct route *r = x->call.route;
	const char *keep = call_input(&x->call, "keep");
	return r->drafts && r->write != NULL && http_settings(x)->drafting != NULL && keep != NULL
		&& *keep != '\0';
}

/* The transaction may be NULL for FEDERATION: nobody is looked up there. */
static enum err check(struct exchange *x, struct txn *t)
{
	enum err e = session_identify(x, t);
	if (e == OK && (x->wait = pace_of(x)) > 0)
		e = ERR_TOO_MUCH;
	if (e == OK)
		e = check_access(x);
	if (e == OK)
		e = check_csrf(x);
	if (e == OK)
		e = input_check(x);
	if (e != ERR_INVALID || !run_keeps(x))
		return e;
	x->fault_count = 0; /* a draft may be half done */
	x->call.refusal = (struct refusal){0};
	return OK;
}

static enum err check_run(struct txn *t, void *arg)
{
	return check(arg, t);
}

static enum err identify_run(struct txn *t, void *arg)
{
	return session_identify(arg, t);
}

bool run_is_known(struct exchange *x)
{
	return store_read(x->call.store, identify_run, x) == OK && x->call.viewer.local;
}

/* ---- readers --------------------------------------------------------------------------------- */

/* The form of this page, filled with the draft that is asked for. */
static enum err open_draft(struct exchange *x, struct txn *t)
{
	struct call *c = &x->call;
	const struct drafting *d = http_settings(x)->drafting;
	if (!c->route->drafts || d == NULL || call_input(c, "draft") == NULL)
		return OK;
	x->filled = route_of_spot(x->spot);
	return d->open(c, t);
}

static enum err read_run(struct txn *t, void *arg)
{
	struct exchange *x = arg;
	struct call *c = &x->call;
	enum err e = check(x, t);
	x->checked = e == OK;
	if (e == OK)
		e = open_draft(x, t);
	if (e != OK || kept_find(x))
		return e;
	answer_begin(x, t, answer_is_page(x));
	e = c->route->read(c, t, x->view);
	/* A reader that made the reply itself has said all; else its view does. */
	if (e == OK && c->reply.body.data == NULL && c->reply.location == NULL
		&& !c->reply.has_file)
		e = answer_view(x, c->reply.status != 0 ? c->reply.status : 200);
	if (e == OK)
		kept_add(x);
	return e;
}

/* The page of a refused form, filled in as it was. */
static enum err form_run(struct txn *t, void *arg)
{
	struct exchange *x = arg;
	struct call *c = &x->call;
	c->reply = (struct reply){0};
	answer_begin(x, t, true);
	enum err e = c->route->form(c, t, x->view);
	int status = x->fault_count == 0   ? 200
		: x->result == ERR_INVALID ? 422
					   : err_status(x->result);
	return e == OK ? answer_view(x, status) : e;
}

/* Why what was written cannot be placed now, though nothing is wrong with it; NULL: for another reason. */
static const char *hindrance(struct exchange *x, enum err e)
{
	if (e == ERR_SIGN_IN && call_input(&x->call, "sent_to") == NULL
		&& input_add(x, "sent_to", x->path_raw))
		return "You are signed out. Sign in: what you wrote is kept as a draft.";
	if (check_access(x) != OK)
		return NULL;
	if (e == ERR_FORBIDDEN && x->old_token)
		return "This page was opened before you signed in. Look at it once more and send it again.";
	return e == ERR_TOO_MUCH || e == ERR_AGAIN ? err_message(e) : NULL;
}

/* It stands there again, to be sent once more or kept; whoever was signed out takes it along through the page to sign in. */
static bool show_again(struct exchange *x, enum err e)
{
	struct call *c = &x->call;
	const struct route *sign_in = route_of_form(http_routes(x), "/sign-in");
	if (!c->route->drafts || c->route->form == NULL || c->wants_json || sign_in == NULL)
		return false;
	const char *why = hindrance(x, e);
	if (why == NULL)
		return false;
	x->faults[0] = (struct fault){NULL, {NULL, why}};
	x->fault_count = 1;
	if (e == ERR_SIGN_IN)
		c->route = sign_in;
	if (store_read(c->store, form_run, x) != OK)
		return false;
	answer_retry(x);
	return true;
}

static void fail(struct exchange *x, enum err e)
{
	struct call *c = &x->call;
	x->result = e;
	if (c->reply.status >= 400 || show_again(x, e))
		return; /* the handler said in its own words what is wrong, or all stands there again */
	if (e == ERR_INVALID && x->fault_count == 0 && c->refusal.text != NULL)
		x->faults[x->fault_count++] = (struct fault){NULL, c->refusal};
	if (e == ERR_INVALID && c->route->form != NULL && !c->wants_json) {
		enum err shown = store_read(c->store, form_run, x);
		if (shown == OK)
			return;
		e = shown;
	}
	answer_error(x, e);
}

/* ---- writers: may run again, so each run starts from a clean reply --------------------------- */

static enum err write_run(struct txn *t, void *arg)
{
	struct exchange *x = arg;
	struct call *c = &x->call;
	const struct drafting *d = http_settings(x)->drafting;
	reply_reset(c);
	if (run_keeps(x))
		return d->keep(c, t);
	enum err e = c->route->write(c, t);
	bool was_draft = c->route->drafts && d != NULL && call_input(c, "draft") != NULL;
	return e == OK && was_draft ? d->place(c, t) : e;
}

static void write_done(void *arg, enum err e)
{
	http_back(arg, e);
}

/* ---- work on the pool ------------------------------------------------------------------------ */

static enum err submit_write(struct exchange *x)
{
	enum err e = store_submit(x->call.store, write_run, x, write_done, x);
	return e == ERR_TOO_MUCH ? ERR_AGAIN
				 : e; /* a full queue is our trouble, not the caller's pace */
}

static void prepare_run(void *arg)
{
	struct exchange *x = arg;
	enum err e = x->call.route->prepare(&x->call);
	bool writes = x->call.route->write != NULL;
	if (e == OK && x->fault_count > 0)
		e = ERR_INVALID;
	if (e == OK)
		e = writes ? submit_write(x) : store_read(x->call.store, form_run, x);
	if (e != OK || !writes)
		http_back(x, e);
}

static void release(struct exchange *x)
{
	if (atomic_fetch_sub(&x->holds, 1) == 1)
		http_back(x, x->result);
}

void call_later(struct call *c)
{
	struct exchange *x = exchange_of(c);
	x->later = true;
	atomic_fetch_add(&x->holds, 1);
}

void call_answer(struct call *c, enum err e)
{
	struct exchange *x = exchange_of(c);
	x->result = e;
	release(x);
}

static void work_run(void *arg)
{
	struct exchange *x = arg;
	enum err e = x->call.route->work(&x->call);
	if (x->later && e != OK)
		die("route %s: answered later and failed now", x->call.route->path);
	if (!x->later)
		x->result = e;
	release(x);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool has_files(const struct exchange *x)
{
	return x->call.route->prepare != NULL && x->upload_count > 0;
}

static void send_away(struct exchange *x)
{
	struct call *c = &x->call;
	const struct server_settings *set = http_settings(x);
	enum err e;
	if (has_files(x)) {
		e = pool_submit(set->files != NULL ? set->files : set->crypto, prepare_run, x);
	} else if (c->route->write != NULL) {
		e = submit_write(x);
	} else {
		atomic_store(&x->holds, 1);
		e = pool_submit(set->crypto, work_run, x);
	}
	if (e != OK)
		http_back(x, e == ERR_TOO_MUCH ? ERR_AGAIN : e);
}

static enum err run_handler(struct exchange *x, bool *away)
{
	struct call *c = &x->call;
	if (c->route->read != NULL) {
		x->version = store_version(c->store);
		enum err e = store_read(c->store, read_run, x);
		/* A reader that is not enough says so: the work beside it finds out who asks. */
		*away = e == ERR_SIGN_IN && x->checked && c->route->work != NULL;
		return *away ? OK : e;
	}
	enum err e = c->route->access == FEDERATION ? check(x, NULL)
						    : store_read(c->store, check_run, x);
	if (e == OK && c->route->write == NULL && c->route->work == NULL && !has_files(x))
		return store_read(c->store, form_run, x);
	/* The files of a refused form are kept: browsers fill in anything again but them. */
	*away = e == OK || (e == ERR_INVALID && has_files(x));
	return *away ? OK : e;
}

bool run_call(struct exchange *x)
{
	struct call *c = &x->call;
	if (x->refused == 0)
		x->refused = input_read(x);
	c->typed = c->method == METHOD_POST;
	cookie_language(x);
	if (x->refused != 0) {
		answer_status(x, x->refused);
	} else if (x->spot == NULL) {
		answer_error(x, ERR_NOT_FOUND);
	} else if (c->method == METHOD_OPTIONS) {
		answer_options(x);
	} else if (c->route == NULL) {
		answer_status(x, 405);
	} else {
		bool away = false;
		enum err e = run_handler(x, &away);
		if (away && http_away(x)) {
			send_away(x);
			return false;
		}
		e = away ? ERR_AGAIN : e;
		if (e != OK)
			fail(x, e);
	}
	return true;
}

void run_finish(struct exchange *x)
{
	struct call *c = &x->call;
	if (x->result != OK) {
		fail(x, x->result);
	} else if (c->reply.status == 0 && c->reply.location == NULL) {
		if (c->wants_json || c->route->access == FEDERATION)
			reply_bytes(
				c, 200, "application/json; charset=utf-8", (struct bytes){"{}", 2});
		else
			reply_see_other(c, "/");
	}
}

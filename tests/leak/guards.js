// guards.js: what stands between a secret and who asks, each with how it is broken. leak.test says that each still stands in
// the source; MUTATE=all tests/leak/leak.test breaks one after the other in a copy, and wants the test red for it. What two
// guards keep is broken at both, as neither alone would show.
'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execute, top } = require('../interop/rig.js');

const C = 'src/features/circle.c', CONVERSATION = 'src/features/conversation.c', COLLECTION = 'federation/collection.c', COACH = 'src/features/coach.c', ASKING = 'src/features/asking.c', CLOSED = 'federation/closed.c', FIND = '!circle_may_read(t, &call->viewer, &p)';

// [what is broken, [file, text that stands there once, what it becomes], …]
const guards = [
	['who may read', [C, '|| in_circle(t, who, p);', '|| true;']],
	['in which circle one is', [C, 'return circle_of(t, who, p->community) >= p->circles.read;', 'return circle_of(t, who, p->community) >= CIRCLE_EVERYONE;']],
	['the core team is a circle of its own', [C, 'return circle_of(t, who, p->community) >= p->circles.read;', 'return circle_of(t, who, p->community) >= CIRCLE_MEMBERS;']],
	['a guest is no member', [C, 's.here != 0 : s.status == PERSON_MEMBER;', 's.here != 0 : s.status != 0;']],
	['a membership ends', ['src/features/roll.c', 'if (p->until != 0 && now >= p->until)', 'if (false)']],
	['a community with members of its own', [C, 'bool member = community.own_members ?', 'bool member = false ?']],
	['a circle is of here', [C, '|| !actor.local\n\t\t|| (id != 0', '|| (id != 0'], [C, 'bool member = community.own_members ?', 'bool member = !actor.local ? true : community.own_members ?']],
	['who may answer and vote', [C, '|| circle_of(t, who, p->community) >= p->circles.act;', '|| true;']],
	['who may begin', [C, '&& circle_of(t, who, community->id) < inner)', '&& false)']],
	['whom one may write for', [C, 'if (c.read < r.widest || c.read > r.narrowest)', 'if (false)']],
	['a page of a post', [CONVERSATION, `if (e == OK && ${FIND})`, 'if (false)']],
	['answers in a conversation', [CONVERSATION, 'return circle_may_read(t, viewer, p)\n\t\t|| (p->removed_by', 'return true\n\t\t|| (p->removed_by'],
		[CONVERSATION, 'bool shown = !p->gone && circle_may_read(t, viewer, p);', 'bool shown = !p->gone;']],
	['edit, delete, history', ['src/features/compose.c', `if (e == OK && ${FIND})`, 'if (false)']],
	['summaries', ['src/features/summary.c', '!circle_may_read(t, &call->viewer, out) || ', '']],
	['reports', ['src/features/moderation.c', '(post->gone || !circle_may_read(t, &call->viewer, post))', 'post->gone']],
	['likes', ['src/features/reaction.c', `if (e == OK && ${FIND})`, 'if (false)'], ['src/features/reaction.c', 'if (!circle_may_read(t, &viewer, p))', 'if (false)']],
	['events', ['src/features/event.c', '|| !circle_may_read(t, viewer, p)))', '))']],
	['votes', ['src/features/poll.c', '|| !circle_may_read(t, &viewer, p)))', '))'], ['src/features/poll.c', 'return e == OK && !circle_may_read(t, &call->viewer, out) ? ERR_NOT_FOUND : e;', 'return e;']],
	['files of a post', ['src/features/media.c', 'return *open || circle_may_read(t, viewer, &p);', 'return true;']],
	['the answer that was chosen', ['src/features/question.c', 'post_load_for(t, viewer, id, out) && out->removed_by == 0;', 'post_load(t, id, out) == OK && !out->gone && out->removed_by == 0;']],
	['articles beside an article', ['src/features/edition.c', 'out->removed_by == 0\n\t\t&& circle_may_read(t, viewer, out);', 'out->removed_by == 0;']],
	['an article on paper', ['src/features/edition.c', '(p.kind != POST_ARTICLE || !circle_may_read(t, &call->viewer, &p)))', 'p.kind != POST_ARTICLE)']],
	['what one follows', ['src/features/timeline.c', '!post_load_for(t, viewer, id, &p) ||', 'post_load(t, id, &p) != OK || p.gone ||'],
		[CONVERSATION, '&& circle_may_read(t, viewer, &p))\n\t\t\tpost_line', ')\n\t\t\tpost_line']],
	['what the directory tells of someone', ['src/features/directory.c', 'if (!is_seen(c, *seen_of(c, &facets[i]), by))', 'if (false)']],
	['who is in the directory', ['src/features/directory.c', 'return is_seen(c, c->name_seen, by);', 'return true;']],
	['ideas', ['src/features/idea.c', '|| !circle_may_read(t, &call->viewer, &c->post)', '']],
	['the library', ['src/features/library.c', '&& circle_may_read(t, &call->viewer, p) && library_of', '&& library_of']],
	['projects', ['src/features/projects.c', '|| !circle_may_read(t, &call->viewer, &l->post)', '']],
	['the idea of a project', ['src/features/projectform.c', '\n\t\t&& circle_may_read(t, &call->viewer, out);', ';']],
	['links between projects and ideas', ['src/features/projects.c', '|| !circle_may_read(t, viewer, &p))', ')']],
	['the noticeboard', ['src/features/vacancy.c', 'if (e == OK && !circle_may_read(t, viewer, p))', 'if (false)']],
	['who hears of what is new there', ['src/features/alert.c', '&& circle_may_read(t, &viewer, p))', ')'], ['src/features/notify.c', '&& !p.gone\n\t\t&& circle_may_read(t, viewer, &p);', '&& !p.gone;']],
	['feeds', ['src/features/feed.c', '!post_load_for(f->txn, &nobody, ids->at[i], p) || p->removed_by != 0\n\t\t\t|| p->visibility != VISIBLE_PUBLIC)', 'post_load(f->txn, ids->at[i], p) != OK || p->gone || p->removed_by != 0)']],
	['feeds of a conversation', ['src/features/feed.c', '&& root->visibility == VISIBLE_PUBLIC && circle_may_read(t, &nobody, root);', ';']],
	['the search', ['src/features/indexer.c', '\n\t\t|| !circle_may_read(t, viewer, &p))', ')'], ['src/features/search.c', 'may_find(reach, circle, owner)', '1'],
		[CONVERSATION, '&& circle_may_read(t, viewer, &p))\n\t\t\tpost_line', ')\n\t\t\tpost_line']],
	['addresses in the search', ['federation/lookup.c', '!circle_may_read(t, found->viewer, &p)', 'false']],
	['notifications', ['src/features/notify.c', 'return circle_may_read(t, &viewer, p) ? notify_add(t, recipient, n) : OK;', 'return notify_add(t, recipient, n);'],
		['src/features/notify.c', '&& !p.gone\n\t\t&& circle_may_read(t, viewer, &p);', '&& !p.gone;']],
	['the mail that gathers', ['src/features/digest.c', '&& circle_may_read(t, &r->viewer, p);', ';']],
	['what goes to other nodes', ['federation/outbox.c', 'return home ? ERR_NOT_FOUND : OK;', 'return OK;'], ['src/features/reach.c', 'if (p->circles.read != CIRCLE_EVERYONE) {', 'if (false) {']],
	['who likes what members alone can', ['federation/outbox.c', 'uint32_t circle = is_reaction(s->line->act) ? s->post.circles.act : s->post.circles.read;', 'uint32_t circle = s->post.circles.read;']],
	['objects that other nodes ask', [COLLECTION, 'return circle_may_read(s->t, &s->viewer, p) ? OK : ERR_NOT_FOUND; /*', 'return OK; /*']],
	['a conversation that other nodes ask', [COLLECTION, 'if (e != OK || !circle_may_read(s->t, &s->viewer, &root))', 'if (e != OK)']],
	['collections that other nodes ask', [COLLECTION, 'return post_load_for(t, &(struct viewer){0}, id, p);', 'return post_load(t, id, p) == OK && !p->gone;']],
	['replies that other nodes ask', [COLLECTION, 'wanted && post_load_for(u->s->t, &u->s->viewer, id, &p))', 'wanted && post_load(u->s->t, id, &p) == OK && !p.gone)']],
	['who sees the roll', ['src/features/members.c', 'return (s.roles & roles) != 0;', 'return true;']],
	['who sees the requests', ['src/features/joining.c', 'if (!joining_may(t, who, place))', 'if (false)'], ['src/features/requests.c', '|| !joining_may(t, call->viewer.actor, a->community)))', '))']],
	['no app opens a page', ['src/server/session.c', 'route_is_open(x) ? identify_token(x, t)', 'route_is_open(x) || call_header(&x->call, "Authorization") != NULL ? identify_token(x, t)']],
	['what only who runs the site sees', ['src/server/run.c', 'return may ? OK : ERR_FORBIDDEN;', 'return OK;']],
	['questions to a coach', [ASKING, 'bool sees = e == OK && (out->asker == me || ask_may_answer(t, me, out) || out->by == me);', 'bool sees = e == OK;']],
	['who coaches', [COACH, '|| !circle_may_coach(t, who, a->community))\n\t\treturn false;', ')\n\t\treturn false;']],
	['who asks without a name has none', [COACH, 'a->way == ASK_ANONYMOUS ? a->community : a->asker', 'a->asker']],
	['nor for the coach', [ASKING, 'a->way != ASK_ANONYMOUS && actor_load(t, a->asker, &asker) == OK', 'actor_load(t, a->asker, &asker) == OK']],
	['what came in in private', ['src/features/answerform.c', '!vacancy_may_manage(t, call->viewer.actor, p, &v) ? ERR_FORBIDDEN : e', 'false ? ERR_FORBIDDEN : e']],
	['each their own answer in private', ['src/features/answer.c', 'if (e == OK && a.who == who) {', 'if (e == OK) {']],
	['a message is for whom it names', [C, 'if (p->visibility == VISIBLE_DIRECT)\n\t\treturn false;', '']],
	['a copy is one reader\'s', [CLOSED, 'place_id_at(at, 8) != reader', 'false']],
	['who reads along', [CLOSED, 'place_id_at(at, 8) != reader', 'false'], [C, '&& reads_along(t, who, &community)', '']],
	['whose account reads along', [C, 'return (mine != 0 && circle_of(t, mine, community->id) >= CIRCLE_MEMBERS)', 'return mine != 0']],
	['what goes abroad is chosen', [C, 'return p->circles.abroad && p->circles.read == CIRCLE_MEMBERS', 'return p->circles.read == CIRCLE_MEMBERS']],
	['copies are called back', [CLOSED, 'if (!may_keep(s->t, had.at[i], post))', 'if (false)'], [CLOSED, 'if (!may_keep(s->t, reader, posts.at[i]))', 'if (false)']],
	['what a moderator hid', [C, 'if (p->removed_by != 0 && !circle_may_moderate(t, who, p))', 'if (false)']],
	['the list of what is hidden', ['src/features/hidden.c', '\n\t\t\t|| !circle_may_read(t, viewer, &p)', '']],
	['whose list of what is hidden', ['src/features/hidden.c', '\n\t\t\t|| !circle_may_moderate(t, viewer->actor, &p))', ')']],
	['the list of who is suspended', ['src/features/hidden.c', 'return e == OK && call->viewer.admin ? show_actors(t, v) : e;', 'return e == OK ? show_actors(t, v) : e;']],
	['news of an event', ['src/features/remind.c', 'if (!circle_may_read(t, &viewer, p))', 'if (viewer.actor == 0)']],
	['pictures from elsewhere', ['federation/proxy.c', '|| !circle_may_read(t, &call->viewer, &p) || actor_load', '|| actor_load']],
	['what waits from other sites', ['src/features/community.c', 'if (e == OK && circle_of(t, call->viewer.actor, a.id) != CIRCLE_CORE)', 'if (false)']],
	['drafts of a form', ['src/features/drafts.c', 'if (e == OK && d.actor != actor)', 'if (e == OK && actor == 0)']],
	['what a draft answers', ['src/features/drafts.c', '&& post_load(t, id, &p) == OK && circle_may_read(t, &call->viewer, &p))', '&& post_load(t, id, &p) == OK)']],
	['drafts of an article', ['src/features/desk.c', 'return e == OK && !article_may_see(t, me, out)', 'return e == OK && me == 0']],
	['names of who helps', ['src/features/projects.c', '!h->at[i].helper.shown || ', '']],
	['names of who helps are not for all', ['src/features/projects.c', 'bool sees = viewer->local && circle_sees_names(t, viewer->actor, p);', 'bool sees = true;']],
	['words of who helps', ['src/features/projects.c', 'if (manages)\n\t\tshow_helpers(t, v, me, &roles, h);\n\tview_flag(v, "has_helpers", manages &&', 'show_helpers(t, v, me, &roles, h);\n\tview_flag(v, "has_helpers",']],
	['who decides on a project', ['src/features/projectform.c', 'return e == OK && !circle_may_manage(t, call->viewer.actor, p) ? ERR_FORBIDDEN : e;', 'return e;']],
	['versions of a file', ['src/features/libraryform.c', 'return e == OK && !circle_may_manage(t, call->viewer.actor, p) ? ERR_FORBIDDEN : e;', 'return e;']],
	['a copy that waits', ['federation/pick.c', '? circle_may_have_copy(t, b->reader, &p)', '? true']],
	['what waits for another node', ['federation/pick.c', ': circle_may_read(t, &nobody, &p);', ': true;']],
	['reports from elsewhere', ['src/features/moderation.c', 'if (!circle_may_read(t, &viewer, post))', 'if (viewer.actor == 0)']],
	['one\'s own data', ['src/features/own.c', 'bool is = s->is(&s->actor, s->scratch, key, value);', 'bool is = s->is(&s->actor, s->scratch, key, value) || true;']],
	['whom one invited oneself', ['src/features/own.c', '&& invite.by == *(const uint64_t *)arg;', '&& arg != NULL;']],
	['a mail lets in once', ['src/features/digest.c', 'e = link_use(t, LINK_DIGEST_NEW,', 'e = link_find(t, LINK_DIGEST_NEW,']],
	['to follow from elsewhere', ['src/features/remote.c', '&& !post.gone\n\t\t\t&& circle_may_read(t, &call->viewer, &post)\n', '&& !post.gone\n']],
	['where an address leads', ['src/features/remote.c', '&& !post.gone\n\t\t&& circle_may_read(t, &call->viewer, &post))', '&& !post.gone)']],
	['what goes on in a community', [CONVERSATION, 'post_load_for(n->t, n->viewer, id, n->out) && n->out->removed_by == 0;', 'post_load(n->t, id, n->out) == OK && !n->out->gone && n->out->removed_by == 0;']],
	['what is on a list', ['src/features/post.c', '&& post_load(t, id, out) == OK && !out->gone\n\t\t&& circle_may_read(t, viewer, out);', '&& post_load(t, id, out) == OK && !out->gone;']],
	['who is shut out', ['src/features/account.c', 'found.suspended || who.gone || who.suspended', 'who.gone']],
	['what who is shut out wrote', [C, '!= OK || author.suspended)\n\t\treturn false;\n\tif (who != 0', '!= OK)\n\t\treturn false;\n\tif (who != 0']],
	['answers kept for anyone are nobody\'s', ['src/server/kept.c', 'return x->call.viewer.actor == 0 && ', 'return ']],
];

const text = (from, file) => fs.readFileSync(path.join(from, file), 'utf8');

function misplaced(from) {
	return guards.flatMap(([name, ...edits]) => edits.map(([file, was]) => [name, file, text(from, file).split(was).length - 1]))
		.filter(([, , times]) => times !== 1).map(([name, file, times]) => `${name}: ${times} times in ${file}`);
}

async function must(file, args) {
	const done = await execute(file, args, { seconds: 1200 });
	if (done.code !== 0) throw new Error(`${file} ${args.join(' ')}: ${(done.err + done.out).slice(-1500)}`);
}

const base = path.join(top, 'build/leak'), copy = path.join(base, 'source');
const PROGRAMS = ['kring', 'kring-picture', 'test-leak-routes'];

// Builds the copy, and keeps its programs apart.
async function build(out, kept) {
	await must('ninja', ['-j2', '-C', out, ...PROGRAMS]);
	fs.mkdirSync(kept, { recursive: true });
	for (const name of PROGRAMS) fs.copyFileSync(path.join(out, name), path.join(kept, name));
	return kept;
}

const AT_ONCE = 2 * os.availableParallelism(); // each waits more than it works
const SETTING_UP = /^(nodes|fifty|people who ask|followers|posts|answers from|another start)\b/;

// The first thing that the test says is not ok, or null. What did not come so far says nothing: it is asked again.
async function judge(dir) {
	let why = null;
	for (let tries = 0; tries < 3; tries++)
		if (!SETTING_UP.test(why = await ask(dir))) break;
	fs.rmSync(dir, { recursive: true, force: true });
	return why;
}

// With the tests as they stand in the copy: what is worked on meanwhile changes nothing.
function ask(dir) {
	return new Promise((done) => {
		const env = { ...process.env, KRING_SANITIZED: path.join(dir, 'kring'), LEAK_FIRST: '1', MUTATE: '' };
		const child = spawn(process.execPath, [path.join(copy, 'tests/leak/leak.test')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
		let out = '';
		child.stdout.on('data', (d) => { out += d; });
		child.on('close', (code) => {
			const [, what, , why] = out.match(/^not ok \d+ - (.*)(\n# (.*))?/m) || [];
			done(code === 0 ? null : `${what}: ${(why || '').slice(0, 160)}`);
		});
	});
}

async function mutate(which) {
	const wanted = guards.filter(([name]) => which === 'all' || name.includes(which));
	const out = path.join(base, 'built');
	fs.rmSync(copy, { recursive: true, force: true });
	fs.mkdirSync(base, { recursive: true });
	for (const name of fs.readdirSync(top)) if (!['build', '.git', 'node_modules'].includes(name)) fs.cpSync(path.join(top, name), path.join(copy, name), { recursive: true });
	fs.mkdirSync(path.join(copy, 'build/tests'), { recursive: true });
	fs.symlinkSync(path.join(top, 'build/tests/interop'), path.join(copy, 'build/tests/interop')); // snac2, unpacked
	if (!fs.existsSync(path.join(out, 'build.ninja'))) await must('meson', ['setup', '-Dtests=true', '-Dwerror=false', '-Doptimization=1', out, copy]);
	let said = 0, bad = 0;
	const say = (good, name, why) => { said++; bad += !good; console.log(`${good ? 'ok' : 'not ok'} ${said} - ${name}${why ? `\n# ${why}` : ''}`); };
	const sound = await judge(await build(out, path.join(base, 'whole')));
	say(sound === null, 'with all of its guards the test is green', sound);
	const running = [];
	for (const [i, [name, ...edits]] of (sound === null ? wanted : []).entries()) {
		const whole = new Map(edits.map(([file]) => [file, text(copy, file)]));
		for (const [file, was, is] of edits) fs.writeFileSync(path.join(copy, file), text(copy, file).replace(was, () => is));
		const kept = await build(out, path.join(base, `broken-${i}`)).catch((e) => e);
		for (const [file, as] of whole) fs.writeFileSync(path.join(copy, file), as);
		if (kept instanceof Error) { say(false, name, kept.message.slice(-300).replace(/\n/g, ' ')); continue; }
		running.push(judge(kept).then((why) => say(why !== null && !SETTING_UP.test(why), `without "${name}" it is red`, why || 'it is green')));
		if (running.length >= AT_ONCE) await running.shift();
	}
	await Promise.all(running);
	console.log(`1..${said}`);
	return bad ? 1 : 0;
}

module.exports = { guards, misplaced, mutate };

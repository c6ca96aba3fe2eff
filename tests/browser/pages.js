// pages.js: every page of the program, and who looks at it: [name, path, who (null: a visitor), status when not 200, what is
// sent to it]. A path may be made when it is looked at: links of one use, and what must be done just before.
'use strict';
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { PASSWORD, until, words } = require('../interop/rig');
const board = require('./board');
const curated = require('./curated');
const joining = require('./joining');
const shared = require('./shared');
const roll = require('./roll');

const over = (node, name, part, pattern) => until(`mail for ${name}`, () => pattern.exec(node.mail(name, part) || '')?.[0]);

// Such links may be asked for a few times an hour only, and looking does not use them.
let entering, confirming, asked = 0;
async function signInLink(node, name) {
	if (Date.now() - asked > 480_000) { // it is good for a quarter of an hour
		asked = Date.now();
		const visitor = node.visitor(), before = node.mail(name, '/sign-in/');
		await visitor.fill(await visitor.open('/sign-in/link'), /\/sign-in\/link$/, { name });
		await until('another mail', () => node.mail(name, '/sign-in/') !== before);
		entering = over(node, name, '/sign-in/', /\/sign-in\/[\w-]{43}/);
	}
	return entering;
}

async function confirmLink(node, name) {
	if (!confirming) {
		const member = await node.signed(name);
		await member.fill(await member.open('/settings/email'), /\/settings\/email$/, { email: `${name}-new@example.org`, password: PASSWORD });
		confirming = over(node, `${name}-new`, '/email/', /\/email\/[\w-]{43}/);
	}
	return confirming;
}

// More than this member may ask in a minute.
async function tooMuch(node, name, where) {
	const member = await node.signed(name);
	for (let i = 0; i < 61; i++) await member.open(where);
	return where;
}

const typed = (bytes) => ({ postData: 'x'.repeat(bytes) });

// All the room for what is being sent to the node is taken: by forms that do not come to their end, large ones first.
async function crowd(node) {
	const member = await node.signed('tess'), sockets = [], cookie = [...member.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
	const probe = async () => (await member.send('POST', `${node.base}/sign-in/link`, { body: 'x=y', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })).status;
	for (let size = 16 << 20; size >= 4096; size /= 2)
		for (let i = 0; i < 4; i++) {
			const socket = net.connect(node.port, '127.0.0.1').on('error', () => {});
			sockets.push(socket);
			socket.write(`POST /c/veldwerk/new HTTP/1.1\r\nHost: ${node.domain}\r\nCookie: ${cookie}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: ${size + 1}\r\n\r\n`);
			await new Promise((done) => socket.write(Buffer.alloc(size), done));
		}
	await until('the room is taken', async () => await probe() === 503);
	return () => { for (const socket of sockets) socket.destroy(); };
}

// Opens one of these: { where, answer }.
async function go(page, base, [, given, , , send]) {
	const where = await (given.call ? given() : given), over = await send?.busy?.();
	if (send) await page.route(base + where, (route) => route.continue({ method: 'POST', postData: send.postData,
		headers: { ...route.request().headers(), 'content-type': 'application/x-www-form-urlencoded' } }));
	try {
		return { where, answer: await page.goto(base + where) };
	} finally {
		if (send) await page.unroute(base + where);
		over?.();
	}
}

module.exports = function pages({ dotter, zuid, paths }) {
	const uri = encodeURIComponent(paths.uri), from = `/follow-from?uri=${uri}&address=`;
	return [
		['home', '/', null],
		['community', '/@veldwerk', null],
		['community-restricted', '/@excursies', null],
		['community-empty', '/@nieuw', null],
		['community-about', '/@veldwerk/about', null],
		['community-own-colour', '/@beheer', null],
		['site-about', '/about', null],
		['site-rules', '/rules', null],
		['site-privacy', '/privacy', null],
		['site-accessibility', '/accessibility', null],
		['site-colophon', '/colophon', null],
		['history', `/p/${paths.changed}/history`, null],
		['directory', '/directory', null],
		['directory-member', '/directory', 'bas'],
		['directory-found', '/directory?help=telling&region=utrecht', 'bas'],
		['directory-nothing', '/directory?expertise=krokodil', null],
		['directory-settings', '/settings/directory', 'anna'],
		['directory-settings-new', '/settings/directory', 'noor'],
		['linked', '/settings/linked', 'bas'],
		['linked-none', '/settings/linked', 'anna'],
		['linked-address', '/linked/abcd-efgh-ijkl-mnop', null],
		['readers', '/@veldwerk/readers', 'anna'],
		['readers-none', '/@nieuw/readers', 'noor'],
		['look', '/c/excursies/look', 'anna'],
		['look-site', '/site/look', 'anna'],
		['summary', `/p/${paths.orchisId}/summary`, 'anna'],
		['conversation', paths.orchis, null],
		['conversation-via', paths.news, null],
		['article', paths.welcome, null],
		['table', paths.table, null],
		['article-checked', paths.know.article, null],
		['article-checked-writer', paths.know.article, 'noor'],
		['article-print', `${paths.know.article.replace(/^.*\//, '/articles/')}/print`, null],
		['articles', '/articles', 'noor'],
		['articles-waiting', '/articles', 'bas'],
		['articles-empty', '/articles', 'piet'],
		['article-draft', paths.know.rough, 'noor'],
		['article-decide', paths.know.handed, 'bas'],
		['article-edit', `${paths.know.rough}/edit`, 'noor'],
		['article-new', '/c/beheer/new/article', 'bas'],
		['community-articles', '/@beheer/articles', null],
		['community-articles-series', '/@beheer/articles?series=werken%20aan%20de%20wilg', null],
		['community-articles-empty', '/@nieuw/articles', 'noor'],
		['question', paths.know.question, null],
		['question-asker', paths.know.question, 'noor'],
		['question-new', '/c/beheer/new/question', 'bas'],
		['community-questions', '/@beheer/questions', 'bas'],
		['community-questions-open', '/@beheer/questions?show=open', null],
		['expertise', '/settings/expertise', 'bas'],
		['coach-ask', '/c/beheer/coach', 'bas'],
		['coach-ask-visitor', '/c/beheer/coach', null],
		['coach-me', '/c/beheer/coach/me', 'merel'],
		['coach', '/coach', 'merel'],
		['coach-asker', '/coach', 'noor'],
		['coach-one', paths.know.waits, 'merel'],
		['coach-one-asker', paths.know.asked, 'noor'],
		['coach-may', paths.elsewhere.may, null],
		['coach-one-elsewhere', paths.elsewhere.asked, 'merel'],
		['coach-may-over', '/coach/may/nonsense', null, 404],
		['picture', paths.picture, null],
		['media-elsewhere', paths.elsewhere.film, null],
		['pictures', paths.pictures, 'bas'],
		['poll', paths.poll, null],
		['poll-open', paths.poll, 'bas'],
		['poll-voted', paths.poll, 'merel'],
		['poll-closed', paths.ended, 'bas'],
		['poll-new', '/c/veldwerk/new/poll', 'bas'],
		['event', paths.event, null],
		['event-member', paths.event, 'bas'],
		['event-waiting', paths.event, 'anna'],
		['event-organiser', paths.event, 'noor'],
		['event-held', paths.held, null],
		['event-new', '/c/veldwerk/new/event', 'bas'],
		['event-edit', `/p/${paths.eventId}/event`, 'noor'],
		['event-cancel', `/p/${paths.eventId}/event/cancel`, 'noor'],
		['event-recap', `/p/${paths.held.split('/').pop()}/recap`, 'noor'],
		['attend', `/p/${paths.eventId}/attend`, null],
		['attend-member', `/p/${paths.eventId}/attend`, 'bas'],
		['attendees', `/p/${paths.eventId}/attendees`, 'noor'],
		['attending', () => over(dotter, 'guus', '/attending/', /\/attending\/[\w-]{43}/), null],
		['attending-over', '/attending/nonsense', null, 410],
		['agenda', '/agenda', null],
		['agenda-past', '/agenda?past=1', null],
		['agenda-community', '/c/veldwerk/agenda', 'bas'],
		['profile', '/@anna', null],
		['sign-in', '/sign-in', null],
		['sign-in-link', '/sign-in/link', null],
		['sign-in-last', () => signInLink(dotter, 'tess'), null],
		['sign-in-over', '/sign-in/nonsense', null, 410],
		['digest-over', '/digest/nonsense/1', null],
		['email-confirm', () => confirmLink(dotter, 'tess'), null],
		['mail-leave', () => over(dotter, 'bas', '/unsubscribe/', /\/unsubscribe\/[\w-]+/), null],
		['follow-from', `${from}%40sanne%40mastodon.nl`, null],
		['follow-from-wrong', `${from}sanne`, null, 422],
		['search', '/search', null],
		['search-found', '/search?q=telling', null],
		['search-people', '/search?q=wit&type=people', null],
		['search-community', '/search?q=orchis&community=veldwerk', null],
		['search-nothing', '/search?q=krokodil', null],
		['home-member', '/', 'bas'],
		['overview', '/overview', 'anna'],
		['overview-empty', '/overview', 'piet'],
		['drafts', '/drafts', 'merel'],
		['drafts-empty', '/drafts', 'piet'],
		['compose-draft', paths.draft, 'merel'],
		['answer-draft', paths.draftAnswer, 'merel'],
		['notifications', '/notifications', 'bas'],
		['notifications-empty', '/notifications', 'tess'],
		['notify-settings', '/settings/notifications', 'bas'],
		['community-member', '/@veldwerk', 'bas'],
		['community-moderator', '/@nieuw', 'noor'],
		['community-settings', '/@veldwerk/settings', 'anna'],
		['community-as-visitor', '/@veldwerk?as=visitor', 'anna'],
		['community-remote', `/@vogels@${zuid.domain}`, 'anna'],
		['compose', '/c/veldwerk/new', 'bas'],
		['conversation-member', paths.orchis, 'bas'],
		['conversation-moderator', paths.orchis, 'anna'],
		['answer', `${paths.orchis}?answer=${paths.first}#answer`, 'bas'],
		['conversation-closed', paths.closed, 'bas'],
		['edit', `/p/${paths.orchisId}/edit`, 'bas'],
		['delete', `/p/${paths.orchisId}/delete`, 'bas'],
		['hide', `/p/${paths.orchisId}/delete`, 'anna'],
		['report', `/p/${paths.first}/report`, 'bas'],
		['profile-member', '/@noor', 'bas'],
		['search-member', '/search?q=v', 'bas'],
		['search-unknown', '/search?q=%40sanne%40mastodon.nl', 'bas'],
		['profile-remote', `/@carla@${zuid.domain}`, 'anna'],
		['settings', '/settings', 'anna'],
		['requests', '/requests', 'merel'],
		['requests-empty', '/requests', 'bas'],
		['sessions', '/settings/sessions', 'anna'],
		['password', '/settings/password', 'bas'],
		['email', '/settings/email', 'anna'],
		['second', '/settings/second', 'bas'],
		['second-members', '/settings/second?for=members', 'bas'],
		['own', '/settings/data', 'bas'],
		['leave', '/settings/leave', 'bas'],
		['leave-sure', '/settings/leave/sure?how=choose&starts=true', 'bas'],
		['kept', '/privacy/kept', null],
		['kept-set', '/privacy/kept', 'anna'],
		['consents-mine', '/settings/consents', 'bas'],
		['consents', '/consents', 'anna'],
		['consent', paths.consent, 'anna'],
		['handover', '/handover', 'anna'],
		['left', '/left', 'anna'],
		['leave-asked', '/settings/leave', 'olga'],
		['left-status', paths.left, null],
		['second-pending', '/settings/second', 'piet'],
		['messages', '/messages', 'bas'],
		['messages-empty', '/messages', 'piet'],
		['message', paths.message, 'bas'],
		['message-new', '/messages/new?to=bas', 'anna'],
		['site-mail', '/site/mail', 'anna'],
		['reports', '/reports', 'anna'],
		['hidden', '/hidden', 'anna'],
		['hidden-empty', '/hidden', 'bas'],
		['domains', '/domains', 'anna'],
		['members', '/members', 'anna'],
		...joining.pages(paths),
		...roll.pages(),
		['members-found', '/members?q=merel', 'anna'],
		['members-import', '/members/import', 'merel'],
		['members-import-plan', '/members/import', 'anna'],
		['members-audit', '/members/audit', 'anna'],
		['member', paths.roll.person, 'anna'],
		['member-shut', paths.roll.shut, 'anna'],
		['open-unknown', '/authorize_interaction?uri=https%3A%2F%2Fexample.org%2Fnotes%2F1', 'bas', 404],
		...board.pages(paths.board),
		...shared.pages(paths.shared),
		...curated.pages(),
		['error-403', '/c/excursies/new', 'bas', 403],
		['error-404', '/@niemand', null, 404],
		['error-410', `/p/${paths.gone}/edit`, 'merel', 410],
		['error-413', '/sign-in/link', null, 413, typed(70_000)],
		['error-429', () => tooMuch(dotter, 'tess', `${from}x`), 'tess', 429],
		['error-500', paths.broken, null, 500],
		['error-503', '/sign-in/link', null, 503, { ...typed(3), busy: () => crowd(dotter) }],
	];
};

module.exports.go = go;

// The mails themselves, as pages: [name, HTML].
module.exports.mails = function mails({ dotter }) {
	const dir = path.join(dotter.dir, 'mail'), found = new Map();
	for (const file of fs.readdirSync(dir).filter((name) => name.endsWith('.eml')).sort()) {
		const [, type, text] = /Content-Type: (text\/html)[^]*?\r\n\r\n([^]*?)\r\n--/.exec(fs.readFileSync(path.join(dir, file), 'latin1')) || [];
		if (!type) continue;
		const html = Buffer.from(text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (all, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8');
		const kind = /<h1[^>]*>([^<]*)/.exec(html)?.[1] || words(html);
		found.set(kind.toLowerCase().replace(/\W+/g, '-').slice(0, 40), html);
	}
	return [...found];
};

// world.js: an association with everyone in it who may see something else, the nodes around it, and all they do with each
// other; every word that is not for all is a mark.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Kring, PASSWORD, Program, Visitor, check, posts, same, sleep, top, until } = require('../interop/rig.js');
const { Snac, authority, names, proxy } = require('../interop/snac.js');
const { Far, Tap } = require('./far.js');
const { found, mark, own } = require('./marks.js');

const HOST = { here: 'kring.example.org', zuid: 'zuid.example.org', snac: 'snac.example.net', far: 'far.example.com' };
const PORT = { here: 8410, snac: 8411, zuid: 8412, far: 8413, mail: 8414, snacTap: 8421, zuidTap: 8422 };
const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const FIELDS = ['number', 'first', 'last', 'email', 'type', 'phone', 'street', 'house', 'postcode', 'town', 'country', 'born', 'bank'];
const MEMBERS = 50;

// Who there is, with what they may see besides what is open. Whoever is called `of` is on the imported file; who is `out`
// was shut out before anyone asks.
const IN = ['members', 'abroad'];
const PEOPLE = {
	bas: { is: 'a guest', guest: true, sees: [] },
	oud: { is: 'a member until 2020', of: 4, sees: [] },
	carla: { is: 'a member', of: 0, sees: [...IN, 'talk', 'coach', 'word', 'private', 'hid'] },
	ed: { is: 'a member, and one of raad', of: 2, sees: [...IN, 'own', 'coach', 'letter', 'unnamed', 'private'], roles: [['expert', 'veldwerk'], ['editor', 'veldwerk'], ['member', 'raad']] },
	mana: { is: 'a manager of veldwerk', sees: [...IN, 'core'], roles: [['manager', 'veldwerk']] },
	kern: { is: 'of the core team of veldwerk', of: 3, sees: [...IN, 'core'], roles: [['core', 'veldwerk']] },
	dora: { is: 'the treasurer', of: 1, sees: [...IN, 'roll'], roles: [['treasurer']] },
	bo: { is: 'of the board', sees: [...IN, 'core', 'own', 'roll', 'asks'], roles: [['board']] },
	ada: { is: 'of the administration', sees: [...IN, 'core', 'own', 'roll', 'asks'], roles: [['admin']] },
	anna: { is: 'who runs the site and moderates: the roll is not hers', admin: true, sees: [...IN, 'core', 'own', 'few', 'report', 'quiet', 'talk', 'hid'] },
	zoe: { is: 'a guest, who moderates another community', guest: true, sees: [] },
	dicht: { is: 'a member who was shut out', of: 7, out: true, sees: [] },
};
for (const one of Object.values(PEOPLE)) if (!one.out) one.sees.push('known');

// A zone whose clock stands at an hour from `from` on.
function zoneAt(from) {
	const now = new Date().getUTCHours();
	for (let ahead = -11; ahead <= 12; ahead++)
		if (((now + ahead) % 24 + 24) % 24 >= from && ((now + ahead) % 24 + 24) % 24 < from + 6)
			return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
	throw new Error(`no zone where it is ${from} o'clock`);
}

function memberFile() {
	const rows = [];
	for (let i = 0; i < MEMBERS; i++) {
		const row = Object.fromEntries(FIELDS.map((f) => [f, mark(f === 'bank' ? 'never' : 'roll', `${f} of member ${i}`)]));
		row.mail = `${row.email}@example.org`;
		rows.push(row);
	}
	const day = (i) => i === 4 ? '31-12-2020' : '';
	const text = 'Lidnummer;Voornaam;Achternaam;E-mail;Soort lid;Telefoon;Straat;Huisnummer;Postcode;Plaats;Land;Geboortedatum;Bankrekening;Lid tot\r\n' +
		rows.map((r, i) => [r.number, r.first, r.last, r.mail, r.type, r.phone, r.street, r.house, r.postcode, r.town, r.country, r.born, r.bank, day(i)].join(';')).join('\r\n');
	return { rows, text };
}

// Someone signed in, who fills in forms without looking at them.
class Person extends Visitor {
	async csrf() {
		return this.token ??= (await this.read('/settings')).match(/name="csrf" value="([^"]+)"/)[1];
	}

	async does(at, pairs = [], files = []) {
		const edge = `edge-${crypto.randomUUID()}`, all = [...pairs, ['csrf', await this.csrf()]];
		const part = (head, content) => Buffer.concat([Buffer.from(`--${edge}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
		const body = files.length === 0 ? new URLSearchParams(all).toString() : Buffer.concat([
			...all.map(([k, v]) => part(`name="${k}"`, v)), ...files.map(([k, name, content]) => part(`name="${k}"; filename="${name}"`, content)),
			Buffer.from(`--${edge}--\r\n`)]);
		const type = files.length === 0 ? 'application/x-www-form-urlencoded' : `multipart/form-data; boundary=${edge}`;
		return this.send('POST', this.base + at, { body, headers: { 'Content-Type': type, Origin: this.base, 'Sec-Fetch-Site': 'same-origin' } });
	}

	// What has to be taken; where it leads.
	async must(at, pairs, files) {
		const sent = await this.does(at, pairs, files);
		check(sent.status === 303, `${at}: ${sent.status} ${sent.text.slice(0, 400)}`);
		return sent;
	}

	// Where a post stands that was just made.
	async writes(at, pairs, files) {
		const sent = await this.must(at, pairs, files);
		const ids = sent.headers.location.match(/\/(?:@[^/]+|articles)\/(\d+)(?:#p(\d+))?/);
		check(ids, `${at} led to ${sent.headers.location}`);
		return ids[2] || ids[1];
	}
}

class World {
	constructor(dir, binary, later) {
		Object.assign(this, { dir, binary, later, people: {}, ids: {}, of: {}, taps: [] });
	}

	async nodes() {
		const { dir, later } = this;
		const caFile = await authority(dir, HOST.zuid, HOST.far), ca = fs.readFileSync(caFile);
		await names(dir, caFile, Object.fromEntries(Object.values(HOST).map((name, i) => [name, `45.0.0.${i + 1}`])));
		const nginx = proxy(dir, { [HOST.here]: PORT.here, [HOST.zuid]: PORT.zuidTap, [HOST.snac]: PORT.snacTap, [HOST.far]: PORT.far });
		later(() => nginx.stop('SIGKILL'));
		this.far = new Far(HOST.far, PORT.far, undefined, ca);
		this.taps = [new Tap(PORT.zuidTap, PORT.zuid), new Tap(PORT.snacTap, PORT.snac)];
		for (const each of [this.far, ...this.taps]) later(() => { each.server.closeAllConnections(); each.server.close(); });
		this.mailbox = path.join(dir, 'mail.jsonl');
		const office = new Program('/usr/bin/python3', [path.join(top, 'tests/interop/post-office.py'), '127.0.0.1', `${PORT.mail}`, this.mailbox], path.join(dir, 'office.log'));
		later(() => office.stop('SIGKILL'));
		const kring = (name, more = {}) => {
			const node = new Kring({ dir: path.join(dir, name), port: PORT[name], domain: HOST[name], base: `https://${HOST[name]}`, ca });
			later(() => node.stop('SIGKILL'));
			return node.init(`Association ${name}`, { loopback: false, extra: ['--ca-file', caFile],
				settings: { trusted_proxy: '127.0.0.1', retry_unit: 300, log: 'debug', ...more } }).then(() => node);
		};
		this.snac = new Snac(this.binary, path.join(dir, 'snac'), ca);
		later(() => this.snac.program?.stop('SIGKILL'));
		[this.here, this.zuid] = await Promise.all([kring('here', { mail: `smtp://127.0.0.1:${PORT.mail}`, mail_per_hour: 10000, timezone: zoneAt(1) }), kring('zuid'), this.snac.init('alice')]);
		await this.zuid.member('piet', '--admin');
		await this.zuid.community('vogels', 'piet');
		await Promise.all([this.here.start(), this.zuid.start(), this.snac.start()]);
	}

	// Fifty on the roll by a file, and among them those who have an account.
	async members() {
		const { here, dir } = this, file = path.join(dir, 'members.csv');
		this.file = memberFile();
		fs.writeFileSync(file, this.file.text);
		const said = await here.command(['member', 'import', file, '--apply']);
		check(said.includes(`new=${MEMBERS} `), said);
		fs.rmSync(file);
		this.mailOf = {};
		const add = async (name, mail, ...more) => {
			await here.command(['member', 'add', name, '--email', mail, '--title', `Title of ${name}`, '--password-stdin', ...more], `${PASSWORD}\n`);
			this.mailOf[mail] = name;
		};
		for (const [name, is] of Object.entries(PEOPLE)) {
			const row = is.of !== undefined && this.file.rows[is.of];
			if (row) for (const field of FIELDS) if (field !== 'bank') own(row[field], name);
			await add(name, row ? row.mail : `${mark('roll', `mail of ${name}`, name)}@example.org`, ...(is.guest ? ['--guest'] : []), ...(is.admin ? ['--admin'] : []));
		}
		this.quiet = mark('quiet', 'name of one who only follows');
		await add(this.quiet, this.file.rows[5].mail);
		this.veiled = mark('veiled', 'name of one who asks without it');
		await add(this.veiled, this.file.rows[6].mail);
		this.known = mark('known', 'name of one who helps and says so');
		await add(this.known, this.file.rows[8].mail);
		for (const [name, ...more] of [['twinaa'], ['twinbb', '--guest']]) await add(name, `${name}@example.org`, ...more);
		await here.community('veldwerk', 'anna');
		await here.community('raad', 'anna');
		await here.community('zang', 'zoe');
		const roles = [...Object.entries(PEOPLE).flatMap(([name, { roles: has = [] }]) => has.map((r) => [name, ...r])),
			['twinaa', 'expert', 'veldwerk'], ['twinaa', 'member', 'raad']];
		for (const role of roles) await here.command(['role', ...role]);
		for (const name of Object.keys(PEOPLE)) {
			this.people[name] = new Person(here.base, { ca: here.ca });
			await this.people[name].signIn(name, PASSWORD);
			await this.people[name].must('/settings/notifications', [['mine', PEOPLE[name].out ? 'daily' : 'at-once'], ['digest', 'daily'], ['pause', '-1']]);
		}
		await this.people.anna.must('/@raad/settings', [['own_members', 'true'], ['reads', 'members'], ['acts', 'members'], ['abroad', 'true']]);
		await this.people.anna.must('/@veldwerk/settings', [['reads', 'everyone'], ['acts', 'everyone'], ['abroad', 'true']]);
		for (const name of ['bas', 'carla', 'ed', 'kern', 'dicht']) for (const whom of ['veldwerk', 'raad']) await this.people[name].must(`/@${whom}/follow`);
	}

	// People ask to come in: one waits for an answer, one is refused, one is invited.
	async asks() {
		const { here } = this, { bo } = this.people;
		await bo.does('/joining/settings', [['place', '0'], ['mode', 'request'], ['guests', 'true'], ['questions', 'Who are you?']]);
		this.asked = [];
		for (const what of ['waits', 'is refused']) {
			const mail = `${mark('roll', `address of who ${what}`)}@example.org`, visitor = new Visitor(here.base, { ca: here.ca });
			const words = Object.fromEntries(['name', 'motive', 'answer1'].map((field) => [field, mark(field === 'name' ? 'roll' : 'asks', `sealed ${field} of who ${what}`)]));
			this.mailOf[mail] = `who ${what}`;
			await visitor.fill(await visitor.open('/join'), /\/join$/, { email: mail, ...words });
			const link = await until(`mail for who ${what}`, async () => this.linkIn(mail, /\/join\/[\w-]{43}/), 40);
			await visitor.fill(await visitor.open(link), /\/join\/[\w-]+$/);
			await bo.read('/joining');
			const id = (await bo.read('/joining')).match(/\/joining\/requests\/(\d+)/)[1];
			this.asked.push(id);
			if (what !== 'waits') await bo.does(`/joining/requests/${id}/refuse`, [['reason', mark('asks', 'reason of a refusal')]]);
		}
		await bo.does('/joining/invitations', [['place', '0'], ['emails', `${mark('asks', 'address of who is invited')}@example.org`], ['words', mark('asks', 'words of an invitation')]]);
	}

	async neighbours() {
		const { far, here, zuid, snac } = this;
		this.lies = far.person('lies');
		this.follower = far.person('follower');
		this.stranger = far.person('stranger');
		this.reader = far.person('reader'); // carla's own, elsewhere
		const followed = [...['u/anna', 'c/veldwerk', 'u/carla'].map((whom) => [this.follower, whom]), ...['c/veldwerk', 'c/raad'].map((whom) => [this.reader, whom])];
		for (const [who, whom] of followed)
			await far.send(who, `${here.base}/${whom}/inbox`, { id: `${who.uri}#f-${whom.replace('/', '-')}`, type: 'Follow', object: `${here.base}/${whom}` });
		await snac.command('follow', 'alice', `@veldwerk@${HOST.here}`);
		for (const who of ['piet', 'vogels']) await zuid.command(['follow', `@veldwerk@${HOST.here}`, '--as', who]);
		await zuid.command(['follow', `@carla@${HOST.here}`, '--as', 'piet']);
		await here.command(['follow', `@lies@${HOST.far}`, '--as', 'anna']);
		for (const whom of ['anna', 'veldwerk']) await here.command(['follow', whom, '--as', this.quiet]);
		const asked = await until('anna asked to follow', async () => far.got.find((a) => a.type === 'Follow'));
		await far.send(this.lies, `${here.base}/u/anna/inbox`, { id: `${this.lies.uri}#a1`, type: 'Accept', object: asked });
		const follows = async (who, whom) => /^Followed/m.test(await zuid.command(['follow', `@${whom}@${HOST.here}`, '--as', who]));
		const following = path.join(snac.dir, 'user/alice/following');
		await until('the follows are accepted', async () => far.got.filter((a) => a.type === 'Accept').length === followed.length
			&& fs.readdirSync(following).some((f) => f.endsWith('.json') && /"type":\s*"Accept"/.test(fs.readFileSync(path.join(following, f), 'utf8')))
			&& await follows('vogels', 'veldwerk') && await follows('piet', 'veldwerk') && await follows('piet', 'carla'), 40);
		await this.readsAlong();
	}

	// An account elsewhere is a member's own, another one is let in: they get what is written for members, when its writer wants that.
	async readsAlong() {
		const { far, here, reader } = this, { carla, anna } = this.people;
		await carla.must('/settings/linked', [['account', `@reader@${HOST.far}`]]);
		const code = (await carla.read('/settings/linked')).match(/<code class="code">([a-z0-9-]+)<\/code>/)[1], to = [`${here.base}/u/carla`];
		await far.send(reader, `${to}/inbox`, { id: `${reader.uri}/p/code#create`, type: 'Create', to,
			object: { id: `${reader.uri}/p/code`, type: 'Note', attributedTo: reader.uri, to, content: `<p>${code}</p>`, published: new Date().toISOString() } });
		await until('it is linked', async () => (await carla.read('/settings/linked')).includes('Take it off'), 40);
		await anna.must('/@veldwerk/readers', [['account', `@piet@${HOST.zuid}`]]);
	}

	async writes() {
		const { ids, of } = this, { carla, anna } = this.people;
		const keep = (what, kind, author, id) => { ids[what] = id; of[id] = { what, kind, author }; return id; };
		const note = (kind, what) => `Words ${mark(kind, what)}.`;
		const said = (who, name, kind, what, circle, before = '', more = []) => this.people[who].writes(`/c/${name}/new`,
			[['title', `Title ${mark(kind, `title of ${what}`)}`], ['text', before + note(kind, what)], ['reads', circle], ['acts', circle], ...more]);
		const answers = async (who, to, kind, what, circle, more = []) => keep(what, kind, who, await this.people[who].writes(`/p/${to}/reply`, [['text', note(kind, what)], ['reads', circle], ...more]));

		keep('open', 'open', 'bas', await said('bas', 'veldwerk', 'open', 'open', 'everyone'));
		// Everyone reads it; members answer.
		keep('half', 'open', 'carla', await this.people.carla.writes('/c/veldwerk/new', [['text', note('open', 'members answer')], ['reads', 'everyone'], ['acts', 'members']]));
		for (const who of ['ed', 'kern']) await this.people[who].must(`/p/${ids.half}/like`);
		const circles = [['members', 'carla', 'veldwerk', 'members'], ['core', 'kern', 'veldwerk', 'core'], ['own', 'ed', 'raad', 'members']];
		for (const [kind, who, where, circle] of circles) {
			keep(kind, kind, who, await said(who, where, kind, kind, circle));
			await answers(kind === 'members' ? 'kern' : 'anna', ids[kind], kind, `answer:${kind}`, circle);
			await this.people[who].does(`/p/${ids[kind]}/edit`, [['title', `Title ${mark(kind, 'a later title')}`], ['text', note(kind, 'a later text')], ['reads', circle], ['acts', circle]]);
			await anna.does(`/p/${ids[kind]}/summary`, [['text', note(kind, `summary of ${kind}`)]]);
			for (const each of [who, 'bo']) await this.people[each].does(`/p/${ids[kind]}/like`);
			await anna.does(`/p/${ids[kind]}/boost`);
			await anna.does(`/p/${ids[kind]}/pin`);
			await this.people[who].does(`/p/${ids[kind]}/report`, [['comment', `Words ${mark('report', `report of ${kind}`, who)}.`]]);
		}
		for (const [who, kind, circle] of [['carla', 'members', 'members'], ['kern', 'core', 'core'], ['ed', 'open', 'everyone']]) await answers(who, ids.open, kind, `reply:${kind}`, circle);
		await answers('bo', ids['reply:members'], 'members', 'answer to an answer', 'members');
		// Whom it names may not read it.
		keep('names', 'members', 'carla', await said('carla', 'veldwerk', 'members', 'names', 'members', `@bas @follower@${HOST.far} @piet@${HOST.zuid} `));
		await answers('carla', ids.names, 'members', 'names:answer', 'members');
		const pollFor = async (who, kind, circle) => keep(`poll:${kind}`, kind, who, await this.people[who].writes('/c/veldwerk/new/poll',
			[['text', note(kind, 'a question')], ['option', mark(kind, 'an option')], ['option', mark(kind, 'another')], ['days', '3'], ['reads', circle], ['acts', circle]]));
		for (const [who, voter, kind, circle] of [['carla', 'ed', 'members', 'members'], ['ed', 'carla', 'open', 'everyone']])
			await this.people[voter].does(`/p/${await pollFor(who, kind, circle)}/vote`, [['choice', '0']]);
		const date = new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10);
		const eventFor = async (who, kind, circle) => keep(`event:${kind}`, kind, who, await this.people[who].writes('/c/veldwerk/new/event', [['title', `Event ${mark(kind, 'an event')}`],
			['text', note(kind, 'about an event')], ['date', date], ['time', '19:30'], ['place', mark(kind, 'where it is')], ['link', `https://meet.example/${mark(kind, 'its link')}`],
			['sign_up', 'on'], ['reads', circle], ['acts', circle]]));
		for (const [who, other, kind, circle] of [['carla', 'ed', 'members', 'members'], ['ed', 'carla', 'open', 'everyone']])
			await this.people[other].does(`/p/${await eventFor(who, kind, circle)}/attend`, [['answer', 'yes']]);
		const picture = fs.readFileSync(path.join(top, 'webui/static/avatar.png'));
		keep('picture', 'members', 'carla', await carla.writes('/c/veldwerk/new', [['text', note('members', 'with a picture')], ['alt1', mark('members', 'of a picture')], ['reads', 'members'], ['acts', 'members']],
			[['file1', `${mark('members', 'name of a file')}.png`, picture]]));
		// What members answer each other is chosen as the answer, also to what everyone may ask.
		for (const [who, kind, circle] of [['carla', 'members', 'members'], ['ed', 'open', 'everyone']]) {
			const question = keep(`question:${kind}`, kind, who, await this.people[who].writes('/c/veldwerk/new/question', [['text', note(kind, 'an open question')], ['reads', circle], ['acts', circle]]));
			await this.people[who].does(`/p/${await answers('kern', question, 'members', `solution:${kind}`, 'members')}/choose`);
		}
		await this.articles(keep);
		await this.directory();
		await this.noticeboard(keep);
		await this.roll(keep);
		await this.shelf(keep);
		await this.coaches(keep);
		await this.copied(keep, said, answers);
		keep('shut', 'shut', 'dicht', await said('dicht', 'veldwerk', 'shut', 'of who is shut out', 'members'));
		for (const [what, kind, who] of [['hidden', 'hid', 'carla'], ['hidden of who is shut out', 'shut', 'dicht']])
			await anna.must(`/p/${keep(what, kind, who, await said(who, 'veldwerk', kind, what, 'members'))}/delete`, [['reason', 'Not here.']]);
		await this.waits(keep);
		for (const [kind, circle] of [['members', 'members'], ['open', 'everyone']]) keep(`idea:${kind}`, kind, 'carla', await carla.writes('/c/veldwerk/new/idea',
			[['title', `Title ${mark(kind, 'title of an idea')}`], ['text', note(kind, 'an idea')], ['reads', circle], ['acts', circle]]));
		await this.projects(keep);
		// What was for everyone, at the top too, and is not any more.
		keep('narrowed', 'members', 'carla', await said('carla', 'veldwerk', 'open', 'before it was narrowed', 'everyone'));
		await until('it was sent', async () => JSON.stringify(this.far.got).includes(ids.narrowed), 40);
		await anna.must(`/p/${ids.narrowed}/pin`);
		await carla.must(`/p/${ids.narrowed}/edit`, [['title', `Title ${mark('members', 'narrowed title')}`], ['text', note('members', 'narrowed')], ['reads', 'members'], ['acts', 'members']]);
	}

	// A form that is not sent yet; what other sites say, which a core team decides on; and an event that one said to come to, with
	// an answer begun, before it was for members, at another time and place.
	async waits(keep) {
		const { far, people: { bas, carla, kern } } = this, date = (days) => new Date(Date.now() + days * 86400e3).toISOString().slice(0, 10);
		await carla.must('/c/veldwerk/new', [['title', `Title ${mark('draft', 'title in a form', 'carla')}`], ['text', `Words ${mark('draft', 'words in a form', 'carla')}.`], ['keep', 'yes']]);
		keep('a form', 'draft', 'carla', (await carla.read('/drafts')).match(/\/c\/veldwerk\/new\?draft=(\d+)/)[1]);
		far.feed = `<rss version="2.0"><channel><title>${mark('core', 'title of a feed')}</title><link>${far.base}/</link><item><guid>${far.base}/1</guid><link>${far.base}/1</link>
			<title>${mark('core', 'what a feed says')}</title><description>${mark('core', 'more of it')}</description><pubDate>${new Date().toUTCString()}</pubDate></item></channel></rss>`;
		await kern.must('/@veldwerk/curated/feeds', [['address', `${far.base}/feed.xml`]]);
		const event = (circle, title, days, place) => [['title', title], ['text', 'Words.'], ['date', date(days)], ['time', '19:30'], ['place', place], ['sign_up', 'on'], ['reads', circle], ['acts', circle]];
		const id = await carla.writes('/c/veldwerk/new/event', event('everyone', 'Gathering', 31, 'Hall'));
		await bas.must(`/p/${id}/attend`, [['answer', 'yes']]);
		await bas.must(`/p/${id}/reply`, [['text', 'An answer.'], ['keep', 'yes']]);
		await carla.must(`/p/${id}/event`, event('members', mark('members', 'title of an event that moved'), 32, mark('members', 'place of an event that moved')));
	}

	async articles(keep) {
		const made = (kind, what) => mark(kind, what, kind === 'draft' ? 'carla' : undefined);
		const words = (kind, what, circle) => [['title', `Title ${made(kind, `title of ${what}`)}`], ['text', `Words ${made(kind, what)}. #samen`], ['summary', made(kind, `summary of ${what}`)],
			['sources', made(kind, `source of ${what}`)], ['series', made(kind, `series of ${what}`)], ['reads', circle], ['acts', circle]];
		const { carla, kern, ed } = this.people;
		keep('a draft', 'draft', 'carla', await carla.writes('/c/veldwerk/new/article', words('draft', 'a draft', 'everyone')));
		for (const [kind, circle] of [['members', 'members'], ['open', 'everyone']]) {
			const draft = await kern.writes('/c/veldwerk/new/article', words(kind, `article for ${circle}`, circle));
			await kern.does(`/articles/${draft}/hand-in`, [['reviewer', 'ed']]);
			await ed.does(`/articles/${draft}/agree`, [['right', 'yes']]);
			keep(`article:${kind}`, kind, 'kern', await ed.writes(`/articles/${draft}/decide`, [['verdict', 'check'], ['months', '12']]));
		}
	}

	// On the noticeboard, and on the page of an organisation, which is for everyone.
	async noticeboard(keep) {
		const { bas, carla } = this.people;
		await bas.must('/vacancies/alerts', [['type', 'any']]);
		await carla.must('/vacancies/alerts', [['type', 'offer'], ['words', mark('me', 'words of an alert', 'carla')]]);
		await carla.does('/organisations/new', [['title', 'veldwerk']]);
		const organisation = (await carla.read('/c/veldwerk/new/vacancy')).match(/<option value="(\d+)">veldwerk</)[1];
		for (const [kind, circle] of [['members', 'members'], ['open', 'everyone']]) {
			const fact = (what) => mark(kind, `${what} of a job`);
			keep(`vacancy:${kind}`, kind, 'carla', await carla.writes('/c/veldwerk/new/vacancy', [['type', 'job'], ['title', `Title ${fact('title')}`], ['text', `Words ${fact('text')}.`],
				['organisation', organisation], ['where', 'partly'], ['place', fact('place')], ['region', fact('region')], ['hours', fact('hours')], ['pay', fact('pay')], ['tags', fact('tag')],
				['closes', new Date(Date.now() + 20 * 86400e3).toISOString().slice(0, 10)], ['reads', circle], ['acts', circle]]));
		}
		await this.answersInPrivate(keep);
	}

	// To what stands there: by a member, and by someone without an account; and back.
	async answersInPrivate(keep) {
		const { carla, ed } = this.people, { ids, here } = this, at = `/p/${ids['vacancy:open']}/answer`, words = (what) => ['text', `Words ${mark('private', what)}.`];
		const visitor = new Visitor(here.base, { ca: here.ca }), mail = `${mark('veiled', 'address of who answers')}@example.org`;
		await ed.must(at, [words('answer in private')]);
		this.mailOf[mail] = 'who answers';
		await visitor.fill(await visitor.open(at), /\/answer$/, Object.fromEntries([['name', mark('private', 'name of who answers')], ['email', mail], words('answer of a visitor')]));
		const link = await until('mail for who answers', async () => this.linkIn(mail, /\/answers\/[\w-]{43,}/), 40);
		await visitor.fill(await visitor.open(link), /\/answers\/[\w-]+$/);
		const all = [...new Set((await carla.read(`${at}s`)).matchAll(/\/answers\/(\d+)/g))].map(([, id]) => id);
		check(all.length === 2, `${all.length} answers in private`);
		for (const [n, id] of all.entries()) {
			await carla.must(`${at}s/${id}`, [words(`back to answer ${n}`)]);
			keep(`private answer ${n}`, 'private', 'carla', id);
		}
		this.answers = all;
	}

	// A file in the library, with what is new in it.
	async shelf(keep) {
		const { carla } = this.people;
		for (const [kind, circle] of [['members', 'members'], ['open', 'everyone']]) {
			const file = (what) => ['file', `${mark(kind, `name of ${what}`)}.pdf`, `%PDF-1.4 ${mark(kind, `words in ${what}`)} ${'.'.repeat(40)}`];
			const id = keep(`file:${kind}`, kind, 'carla', await carla.writes('/c/veldwerk/new/file', [['title', `Title ${mark(kind, 'title of a file')}`], ['text', `Words ${mark(kind, 'about a file')}.`],
				['tags', mark(kind, 'tag of a file')], ['reads', circle], ['acts', circle]], [file('a document')]));
			await carla.does(`/p/${id}/file/version`, [['note', mark(kind, 'what is new in a file')]], [file('a later document')]);
		}
	}

	// Projects, begun of ideas, in which others help; what one says with it is between the two.
	async projects(keep) {
		const { carla, ed, anna } = this.people, { ids } = this;
		for (const [kind, circle, owner, helper] of [['members', 'members', 'carla', ed], ['open', 'everyone', 'anna', carla]]) {
			const role = [['number', '0'], ['role', mark(kind, 'name of a role')], ['wanted', '3'], ['asks', mark(kind, 'what a role asks')]];
			const id = keep(`project:${kind}`, kind, owner, await this.people[owner].writes('/c/veldwerk/new/project', [['title', `Title ${mark(kind, 'title of a project')}`], ['text', `Words ${mark(kind, 'about a project')}.`],
				['idea', ids[`idea:${kind}`]], ...role, ['reads', circle], ['acts', circle]]));
			await helper.does(`/p/${id}/project/help`, [['role', '1'], ['words', mark(kind === 'open' ? 'talk' : kind, 'a word of who helps')]]);
			for (const [name, ...shown] of kind === 'open' ? [[this.quiet], [this.known, ['shown', 'true']]] : []) {
				const one = new Person(this.here.base, { ca: this.here.ca });
				await one.signIn(name, PASSWORD);
				await one.must(`/p/${id}/project/help`, [['role', '1'], ...shown]);
			}
			await anna.does(`/p/${id}/project/state`, [['state', 'running'], ['reason', mark(kind, 'how a project stands')]]);
		}
		// What everyone thought of, and members alone do.
		const idea = keep('idea:taken up', 'open', 'carla', await carla.writes('/c/veldwerk/new/idea', [['title', 'Idea'], ['text', 'Words.'], ['reads', 'everyone'], ['acts', 'everyone']]));
		keep('project:taken up', 'members', 'carla', await carla.writes('/c/veldwerk/new/project', [['title', `Title ${mark('members', 'what became of an idea')}`], ['text', 'Words.'], ['idea', idea], ['reads', 'members'], ['acts', 'members']]));
	}

	// The roll is looked at: a person is opened; and two write to each other.
	async roll(keep) {
		const { bo, anna } = this.people, { rows } = this.file;
		const list = await bo.read(`/members?q=${rows[0].number}`), [, person] = list.match(/href="\/members\/(\d+)"/);
		keep('a person', 'roll', 'carla', person);
		await bo.does(`/members/${person}/open`, [['reason', 'check']]);
		keep('a message', 'talk', 'anna', await anna.writes('/messages/new', [['to', 'carla'], ['text', `Words ${mark('talk', 'a message')}.`]]));
	}

	// Questions to a coach: in private, for members without a name, and by a message from elsewhere.
	async coaches(keep) {
		const { here, far, people: { carla, ed } } = this, note = (kind, what) => `Words ${mark(kind, what)}.`;
		const veiled = new Person(here.base, { ca: here.ca }), where = '/c/veldwerk/coach', to = [`${here.base}/c/veldwerk`];
		const asks = async (who, way, kind, what) => (await who.must(where, [['text', note(kind, what)], ['way', way]])).headers.location.match(/\/coach\/(\d+)/)[1];
		await ed.must(`${where}/me`, [['topics', mark('open', 'what a coach knows')], ['room', 'open'], ['days', '5']]);
		await veiled.signIn(this.veiled, PASSWORD);
		const unnamed = await asks(veiled, 'anonymous', 'members', 'asked without a name');
		const post = (await veiled.read(`/coach/${unnamed}`)).match(/href="\/@[^/"]+\/(\d+)"/)[1];
		keep('asked without a name', 'members', 'veldwerk', post);
		keep('a question without a name', 'unnamed', 'veldwerk', unnamed);
		await ed.must(`/coach/${unnamed}/answer`, [['text', note('members', 'answer to who has no name')]]);
		const asked = keep('a question to a coach', 'coach', 'carla', await asks(carla, 'private', 'coach', 'asked in private'));
		await ed.must(`/coach/${asked}/answer`, [['text', note('coach', 'answer of a coach')]]);
		keep('a message to elsewhere', 'word', 'carla', await carla.writes('/messages/new', [['to', `@lies@${HOST.far}`], ['text', note('word', 'a message to elsewhere')]]));
		await far.send(this.lies, `${to}/inbox`, { id: `${this.lies.uri}/p/ask#create`, type: 'Create', to,
			object: { id: `${this.lies.uri}/p/ask`, type: 'Note', attributedTo: this.lies.uri, to, content: `<p>${note('letter', 'asked from elsewhere')}</p>`, published: new Date().toISOString(),
				tag: [{ type: 'Mention', href: to[0], name: `@veldwerk@${here.domain}` }] } });
		const letter = await until('the coach has it', async () => (await ed.read('/coach')).match(/href="\/coach\/(\d+)">[^<]*canaryletterx/)?.[1], 40);
		keep('a letter', 'letter', 'veldwerk', letter);
		await ed.must(`/coach/${letter}/answer`, [['text', note('letter', 'answer to elsewhere')], ['consent', 'on']]);
		await until('it goes back', async () => far.got.some((a) => a.type === 'Create' && JSON.stringify(a).split('canaryletterx').length > 1), 40);
	}

	// For members, and for those who read along elsewhere; one of these is called back.
	async copied(keep, said, answers) {
		const { far, ids, people: { carla } } = this, abroad = [['abroad', 'true']];
		keep('copied', 'abroad', 'carla', await said('carla', 'veldwerk', 'abroad', 'copied', 'members', '', abroad));
		await answers('kern', ids.copied, 'abroad', 'answer:copied', 'members', abroad);
		keep('copied to nobody', 'own', 'ed', await said('ed', 'raad', 'own', 'copied to nobody', 'members', '', abroad)); // whose account it is is not of raad
		keep('called back', 'members', 'carla', await said('carla', 'veldwerk', 'abroad', 'called back', 'members', '', abroad));
		await until('they came', async () => this.copies().length >= 6, 40);
		await carla.must(`/p/${ids['called back']}/edit`, [['title', `Title ${mark('members', 'later title of what is called back')}`], ['text', `Words ${mark('members', 'later text of it')}.`], ['reads', 'members'], ['acts', 'members']]);
		await this.broughtTooLate(keep);
	}

	// What cannot be brought, and may not be read any more when it can: a copy, and what everyone could read.
	async broughtTooLate(keep) {
		const { far, people: { carla } } = this, circle = [['reads', 'members'], ['acts', 'members']];
		far.refuses = this.late = [mark('abroad', 'brought too late'), mark('open', 'narrowed before it was brought')];
		const id = keep('brought too late', 'members', 'carla', await carla.writes('/c/veldwerk/new', [['text', `Words ${this.late[0]}.`], ...circle, ['abroad', 'true']]));
		await until('it is refused', async () => far.refused > 0, 40);
		const open = keep('narrowed before it was brought', 'members', 'carla', await carla.writes('/c/veldwerk/new', [['text', `Words ${this.late[1]}.`], ['reads', 'everyone'], ['acts', 'everyone']]));
		for (const late of [id, open]) await carla.must(`/p/${late}/edit`, [['text', `Words ${mark('members', 'not brought any more')}.`], ...circle]);
		await sleep(200); // what was under way
		far.refuses = undefined;
	}

	// { to, number }: each that was sent.
	copies() {
		return this.sent().map((s) => s.match(/^POST \/u\/(reader|piet)\/inbox[\s\S]*"type": ?"Create"[\s\S]*?\/m\/(\d+)"/)).filter(Boolean).map(([, to, number]) => ({ to, number }));
	}

	// What people tell of themselves, each thing to whom they chose.
	async directory() {
		const card = { name: 'members', photo: 'me', expertise: 'members', region: 'everyone', help: 'members', seeks: 'me', contact: 'me' };
		for (const [name, listed] of [['carla', 'members'], ['kern', 'everyone']])
			await this.people[name].must('/settings/directory', Object.entries({ ...card, name: listed }).flatMap(([field, seen]) => [[`${field}_seen`, seen],
				[field, mark(seen === 'everyone' && listed === 'everyone' ? 'open' : seen === 'me' ? 'me' : 'members', `${field} of ${name} in the directory`, name)]]));
	}

	// People elsewhere write, in the open and to a few; members answer them among themselves.
	async talks() {
		const { here, zuid, snac, far, ids } = this, { anna, carla } = this.people;
		const write = (n, to, text, more = {}) => {
			const object = { id: `${this.lies.uri}/p/${n}`, type: 'Note', attributedTo: this.lies.uri, to, content: `<p>${text}</p>`, published: new Date().toISOString(), ...more };
			far.posts.set(`/u/lies/p/${n}`, { '@context': 'https://www.w3.org/ns/activitystreams', ...object });
			return far.send(this.lies, `${here.base}/u/anna/inbox`, { id: `${object.id}#create`, type: 'Create', to, object });
		};
		const followers = mark('few', 'for followers elsewhere'), direct = mark('few', 'direct from elsewhere');
		await write(1, [`${this.lies.uri}/followers`], followers, { attachment: [1, 2].map((n) => ({ type: 'Image', mediaType: 'image/png', url: `${far.base}/${n}.png`, name: mark('few', 'picture from elsewhere') })) });
		await write(2, [`${here.base}/u/anna`], direct, { tag: [{ type: 'Mention', href: `${here.base}/u/anna`, name: `@anna@${here.domain}` }] });
		// Who may not read it has nothing to report of it.
		await far.send(this.stranger, `${here.base}/inbox`, { id: `${this.stranger.uri}#flag`, type: 'Flag', object: [`${here.base}/p/${ids.members}`], content: mark('shut', 'report of who may not read it') });
		const seen = await until('anna sees what was written', async () => {
			const page = (await anna.read('/overview')) + (await anna.read(`/@lies@${HOST.far}`));
			return page.includes(followers) && page.includes(direct) ? page : null;
		}, 40).catch(async () => (await anna.read(`/@lies@${HOST.far}`)) + (await anna.read('/notifications')));
		for (const [, id] of new Set([...seen.matchAll(/\/@lies@[^/"]+\/(\d+)/g)])) {
			const page = (await anna.open(`/@lies@${HOST.far}/${id}`)).text;
			for (const [what, word] of [['followers', followers], ['direct', direct]])
				if (posts(page).some((p) => p.id === id && p.text?.includes(word))) { ids[what] = id; this.of[id] = { what, kind: 'few', author: `lies@${HOST.far}` }; }
		}
		check(ids.followers && ids.direct, 'who may read them is shown the messages of a few');
		const piet = await zuid.visitor('piet');
		const find = async (at) => {
			const page = await piet.read(at), next = page.match(/href="([^"]+)" rel="next"/)?.[1];
			return page.match(/href="(\/@bas@[^"/]+\/\d+)"/)?.[1] ?? (next && find(next));
		};
		const there = await until('zuid has the open conversation', () => find('/@vogels'), 40);
		await piet.fill(await piet.open(there), /\/reply$/, { text: `From zuid ${mark('open', 'answer of zuid')}` });
		const start = `${here.base}/p/${ids.open}`;
		await until('snac has it too', async () => snac.find('canaryopenx') !== undefined && snac.objects().some((o) => o.id === start), 40);
		await snac.answer('alice', start, `From snac ${mark('open', 'answer of snac')}`);
		const page = await until('both answers are here', async () => {
			const all = posts(await anna.read(`/@bas/${ids.open}`));
			return ['From zuid', 'From snac'].every((w) => all.some((p) => p.text?.includes(w))) ? all : null;
		}, 40);
		for (const from of ['From zuid', 'From snac']) {
			const id = await carla.writes(`/p/${page.find((p) => p.text?.includes(from)).id}/reply`, [['text', `Words ${mark('members', `members answer ${from}`)}.`], ['reads', 'members']]);
			ids[`members:${from}`] = id;
			this.of[id] = { what: from, kind: 'members', author: 'carla' };
		}
		// What comes last tells that all before it went.
		ids.last = await this.people.bas.writes('/c/veldwerk/new', [['text', `Last ${mark('open', 'last')}`], ['reads', 'everyone'], ['acts', 'everyone']]);
		this.of[ids.last] = { what: 'last', kind: 'open', author: 'bas' };
		await until('the last of it has arrived everywhere', async () => JSON.stringify(far.got).includes(ids.last)
			&& snac.objects().some((o) => o.id === `${here.base}/p/${ids.last}`) && (await piet.read('/@vogels')).includes('Last canaryopen'), 60);
	}

	// Another start, at an hour at which the mail that gathers is sent: somebody is shut out before.
	async restarts() {
		this.shut = await this.here.command(['token', 'dicht']);
		await this.people.anna.must('/@dicht/suspend');
		const { here } = this, file = path.join(here.dir, 'kring.ini');
		same(await here.stop(), 0, 'how it stopped');
		fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^timezone = .*$/m, `timezone = ${zoneAt(10)}`));
		await here.start();
		await this.laysFile();
	}

	// A member file lies ready, in memory only; and someone on the roll was just looked at.
	async laysFile() {
		const { bo } = this.people;
		const file = this.file.text.split('\r\n').slice(0, 3).concat(`;${mark('roll', 'name in a doubtful row')};;;;;;;;;;;;`).join('\r\n');
		same((await bo.does('/members/import', [], [['file', 'leden.csv', file]])).status, 303, 'a file is sent');
		const [, person] = (await bo.read(`/members?q=${this.file.rows[9].number}`)).match(/href="\/members\/(\d+)"/);
		await bo.must(`/members/${person}/open`, [['reason', 'check']]); // a name among the newest lines of the log
	}

	linkIn(mail, what) {
		return this.mails().filter((m) => m.to[0] === mail).map((m) => JSON.stringify(m).replace(/=\\r\\n|=\\n/g, '').match(what)).find(Boolean)?.[0];
	}

	mails() {
		return fs.existsSync(this.mailbox) ? fs.readFileSync(this.mailbox, 'utf8').trim().split('\n').filter(Boolean).map((l) => JSON.parse(l)) : [];
	}

	sent() {
		return [...this.far.heard, ...this.taps.flatMap((t) => t.heard)];
	}

	// Those who ask: how, and what they may see. Nobody comes from a new address each time, or the pace would answer.
	async viewers() {
		const { here, far } = this, agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
		this.later(() => agent.destroy());
		let peer = 0;
		const from = () => { peer++; return `10.${peer >> 16 & 255}.${peer >> 8 & 255}.${peer & 255}`; };
		const ask = (method, at, headers, body, again = true) => new Promise((done, fail) => {
			const q = http.request({ agent, host: '127.0.0.1', port: PORT.here, method, path: at, headers: { Host: HOST.here, 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': from(), ...headers,
				...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }) }, timeout: 20000 }, (a) => {
				let text = '';
				a.setEncoding('utf8');
				a.on('data', (d) => { text += d; }).on('end', () => done({ status: a.statusCode, headers: a.headers, text })).on('error', fail);
			});
			q.on('timeout', () => q.destroy(new Error(`${method} ${at}: no answer`)));
			q.on('error', (e) => again && q.reusedSocket ? ask(method, at, headers, body, false).then(done, fail) : fail(new Error(`${method} ${at}: ${e.message}`)));
			q.end(body);
		});
		const remote = (who) => ({ sees: [], ask: (method, at, headers, body) => ask(method, at, { ...headers, ...far.signed(who, method, here.base + at, body) }, body) });
		const local = async (name) => {
			const csrf = await this.people[name].csrf();
			const cookie = [...this.people[name].cookies].filter(([k]) => !/notice/.test(k)).map(([k, v]) => `${k}=${v}`).join('; ');
			return { sees: PEOPLE[name].sees, own: PEOPLE[name].out ? undefined : name, ask: (method, at, headers, body) => ask(method, at,
				{ ...headers, Cookie: cookie, Origin: here.base, 'Sec-Fetch-Site': 'same-origin' }, body === undefined ? body : `${body}&csrf=${encodeURIComponent(csrf)}`) };
		};
		const token = async (name, bearer) => {
			bearer ??= await here.command(['token', name]);
			return { sees: PEOPLE[name].sees.filter((s) => !['roll', 'asks'].includes(s)), own: PEOPLE[name].out ? undefined : name, ask: (method, at, headers, body) => ask(method, at, { ...headers, Authorization: `Bearer ${bearer}` }, body) };
		};
		const all = { nobody: { sees: [], ask }, stranger: remote(this.stranger), follower: remote(this.follower), reader: { ...remote(this.reader), reads: true } };
		for (const name of Object.keys(PEOPLE)) all[name] = await local(name);
		all['app of bas'] = await token('bas');
		all['app of bo'] = await token('bo');
		all['app of dicht'] = await token('dicht', this.shut);
		return all;
	}
}

module.exports = { HOST, PEOPLE, PUBLIC, World, found };

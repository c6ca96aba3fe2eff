// site.js: what pages.test and shots look at: two associations with Dutch contents, a browser, and the list of pages.
'use strict';
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PASSWORD, Program, Visitor, ask, execute, forms, freePort, lines, posts, until } = require('../interop/rig');

const top = path.resolve(__dirname, '../..');
const kring = process.env.KRING || path.join(top, 'build/kring');

// ---- the browser: its driver and the rules of accessibility come from the lock file, the browser from Debian

const modules = path.join(top, 'build/tests/browser');

function install() {
	const lock = fs.readFileSync(path.join(__dirname, 'package-lock.json'), 'utf8'), mark = path.join(modules, '.installed');
	if (fs.existsSync(mark) && fs.readFileSync(mark, 'utf8') === lock) return;
	fs.mkdirSync(modules, { recursive: true });
	for (const file of ['package.json', 'package-lock.json', '.npmrc']) fs.copyFileSync(path.join(__dirname, file), path.join(modules, file));
	execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: modules, stdio: ['ignore', 'ignore', 'inherit'] });
	fs.writeFileSync(mark, lock);
}

const find = (name) => require.resolve(name, { paths: [modules] });

async function browse() {
	install();
	return require(find('playwright-core')).chromium.launch({
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true,
		args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
	});
}

// ---- a node

class Node {
	constructor(dir, name, port) {
		Object.assign(this, { dir: path.join(dir, name), domain: `${name}.localhost:${port}`, port, program: null });
		this.base = `http://${this.domain}`;
	}

	async command(args, input = '') {
		const done = await execute(kring, ['--data', this.dir, ...args], { input });
		if (done.code !== 0) throw new Error(`kring ${args.join(' ')}: ${done.code} ${(done.err + done.out).trim().slice(-1500)}`);
		return done.out.trim();
	}

	async start(name, summary) {
		await this.command(['init', '--domain', this.domain, '--base-url', this.base, '--name', name,
			'--listen', `127.0.0.1:${this.port}`, '--language', 'nl', '--allow-loopback']);
		const ini = path.join(this.dir, 'kring.ini');
		fs.writeFileSync(ini, fs.readFileSync(ini, 'utf8').replace(/^summary = .*$/m, `summary = ${summary}`).replace(/^mail = .*$/m, 'mail = sink'));
		this.program = new Program(kring, ['--data', this.dir, 'serve'], `${this.dir}.log`);
		await until(`${this.domain} answers`, async () =>
			(await ask('GET', `http://127.0.0.1:${this.port}/health`)).status < 500, 30);
	}

	member(name, title, ...more) {
		return this.command(['member', 'add', name, '--email', `${name}@example.org`, '--title', title, '--password-stdin', ...more], `${PASSWORD}\n`);
	}

	community(name, title, moderator, summary, ...more) {
		return this.command(['community', 'add', name, '--title', title, '--moderator', moderator, '--summary', summary, ...more]);
	}

	// The path of the new post.
	async post(community, as, title, text) {
		const address = await this.command(['post', community, '--as', as, '--language', 'nl', ...(title ? ['--title', title] : [])], text);
		return (await this.visitor().open(address)).url.slice(this.base.length);
	}

	visitor() {
		return new Visitor(this.base, { headers: { 'Accept-Language': 'en' } });
	}

	// What the newest mail to somebody that has this in it says, as text.
	mail(name, part) {
		const dir = path.join(this.dir, 'mail');
		const all = fs.existsSync(dir) ? fs.readdirSync(dir).filter((file) => file.endsWith('.eml')).sort() : [];
		const texts = all.map((file) => fs.readFileSync(path.join(dir, file), 'utf8')).filter((mail) => mail.includes(`\r\nTo: <${name}@example.org>\r\n`))
			.map((mail) => mail.replace(/=\r\n/g, '').replace(/=3D/g, '='));
		return texts.reverse().find((text) => text.includes(part));
	}

	async signed(name) {
		const visitor = this.visitor();
		await visitor.signIn(name, PASSWORD);
		return visitor;
	}
}

// ---- what stands there

const MEMBERS = ['anna', 'bas', 'noor', 'merel', 'piet'];

const WELCOME = `Fijn dat je er bent! Hier vertellen we elkaar **wat we zagen**, waar en wanneer. Weet je iets niet zeker? Vraag het gerust.

## Zo doen we het

1. Schrijf op waar je was, bijvoorbeeld *Nieuwe Kolk, noordoever*.
2. Noem de dag en het weer.
3. Zet er een link bij als je iets naleest, zoals bij [de soortenlijst](https://example.org/soorten).

> Wie goed kijkt, ziet elke week iets nieuws.

De volgende **telling** is op zaterdag bij de uitkijktoren. Neem een verrekijker mee, en iets warms.`;

const ORCHIS = `Gevonden op een vochtig hooiland langs de Kromme Rijn. Blad gevlekt, ongeveer dertig centimeter hoog, lip met een fijn lijntje.

Ik twijfel tussen gevlekte orchis en rietorchis. Wie kan helpen?`;

const TABLE = `De aantallen van vorige week, geteld vanaf de toren tussen acht en tien uur.

| Soort | Vorig jaar | Nu |
|---|---:|---:|
| Kievit | 14 | 22 |
| Wulp | 2 | 1 |
| Grutto | 6 | 9 |

De ruwe gegevens staan in \`telling-2026-11.csv\`.`;

const LONG_TITLE = 'Verslag van de najaarswandeling langs de Langbroekerwetering, met alle waarnemingen, de route en wat we volgend jaar anders willen doen bij slecht weer en hoogwater';

async function fillDotter(n) {
	await n.member('anna', 'Anna de Wit', '--admin');
	await n.member('bas', 'Bas Jansen');
	await n.member('noor', 'Noor El Idrissi');
	await n.member('merel', 'Merel van den Bosch-Hoogendoorn tot Westerveld');
	await n.member('piet', 'Piet de Boer');
	const piet = await n.signed('piet');
	await piet.fill(await piet.open('/settings/second'), /\/second\/start$/);
	await n.community('veldwerk', 'Veldwerk', 'anna', 'Samen tellen, inventariseren en leren kijken. Iedereen kan meedoen, ook als je net begint.');
	await n.community('excursies', 'Excursies en lezingen', 'anna', 'Wat er te doen is: wandelingen, lezingen en de open dag.', '--restricted');
	await n.community('beheer', 'Beheerploeg Kromme Rijn en Langbroekerwetering', 'bas', 'Knotten, maaien en hooien. Elke eerste zaterdag van de maand, laarzen aan.');
	await n.community('nieuw', 'Net lid', 'noor', 'Voor wie pas lid is en nog niemand kent.');

	await n.post('beheer', 'bas', 'Knotwilgen: wie heeft er een takel?', 'Voor de rij bij de sluis hebben we een takel nodig. Vorig jaar leenden we die van de buren.');
	await n.post('excursies', 'anna', 'Lezing over de otter, donderdag in het dorpshuis', 'Spreker is een onderzoeker die al tien jaar otters volgt. De koffie staat klaar vanaf half acht.');
	const welcome = await n.post('veldwerk', 'anna', 'Welkom bij Veldwerk: zo werkt het', WELCOME);
	await n.post('veldwerk', 'noor', 'Telling van vorige week: meer kieviten dan vorig jaar', TABLE);
	await n.post('veldwerk', 'merel', LONG_TITLE, 'Zeven uur lopen, vier waterhoenen, één ijsvogel. Wie de foto’s wil zien: ze hangen in het clubhuis.');
	const owls = await n.post('veldwerk', 'bas', '', 'Iemand vanmiddag tijd om mee te gaan naar de uilenkasten? Ik vertrek om twee uur bij het hek.');
	const closed = await n.post('veldwerk', 'noor', 'Wie rijdt er mee naar de teldag in Wageningen?', 'Ik heb nog drie plaatsen. Vertrek om zeven uur bij het station.');
	const orchis = await n.post('veldwerk', 'bas', 'Wie kent deze orchis?', ORCHIS);
	return { welcome, closed, orchis, owls };
}

// Colours and texts: one community with a colour outside the palette, the site with a colour of its own.
async function look(anna) {
	await anna.fill(await anna.open('/c/veldwerk/look'), /\/look$/, { palette: '#4b661c',
		rules: '- Schrijf erbij waar en wanneer je iets zag.\n- Noem geen nesten van roofvogels of uilen.\n- Weet je het beter? Leg uit waaraan je het ziet.' });
	await anna.fill(await anna.open('/c/beheer/look'), /\/look$/, { palette: 'own', colour: '#7d2e68' });
	await anna.fill(await anna.open('/site/look'), /\/look$/, { palette: '#1d5fa6', contact: 'bestuur@dedotter.example',
		source: 'Wij tellen, beheren en genieten van de natuur langs de Kromme Rijn. Iedereen kan **lid** worden.', rules: '- Wees vriendelijk.\n- Houd het bij de natuur.' });
}

// A conversation with answers to answers, one that is deleted, likes, a pin, a closed one and a report.
async function talk(n, paths) {
	const [anna, bas, noor, merel] = await Promise.all(['anna', 'bas', 'noor', 'merel'].map((who) => n.signed(who)));
	const answer = async (who, to, text) =>
		who.fill(await who.open(`${paths.orchis}${to ? `?answer=${to}` : ''}`), /\/reply$/, { text });
	const last = (page) => posts(page.text).map((p) => p.id).reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b));

	const first = last(await answer(noor, null, 'Mooie vondst! Hoe zien de **schutbladen** eruit? Bij de rietorchis zijn die langer dan de bloemen.'));
	const second = last(await answer(bas, first, 'Die zijn inderdaad langer, en een beetje paars aangelopen.'));
	await answer(merel, second, 'Dan is het de rietorchis. De vlekken op het blad komen bij de hybride ook voor, dus kijk nog eens naar de stengel: hol of vol?');
	const gone = last(await answer(merel, null, 'Ik denk een tulp.'));
	await merel.fill(await merel.open(`/p/${gone}/delete`), /\/delete$/);
	await answer(anna, null, 'Zet je hem ook op de kaart? Dan gaat de maaiploeg er in juni omheen.');
	for (const who of [anna, noor]) await who.fill(await who.open(paths.orchis), /\/like$/);
	await anna.fill(await anna.open(paths.welcome), /\/pin$/);
	await anna.fill(await anna.open(paths.closed), /\/lock$/);
	await look(anna);
	const changed = posts((await bas.open(paths.owls)).text)[0].id;
	await bas.fill(await bas.open(`/p/${changed}/edit`), /\/edit$/, { text: 'Iemand morgenmiddag tijd om mee te gaan naar de uilenkasten? Ik vertrek om twee uur bij het hek.' });
	const box = forms((await n.visitor().open('/@veldwerk')).text).find((f) => f.action === '/follow-from');
	const id = posts((await noor.open(paths.orchis)).text)[0].id;
	await noor.fill(await noor.open(`/p/${first}/report`), /\/report$/, { comment: 'Dit hoort bij Soorten, niet hier.' }).catch(() => null);
	await anna.fill(await anna.open('/settings'), /^\/settings$/, { source: 'Voorzitter van de natuurvereniging. Telt al **dertig jaar** vogels en leert nog elke week bij.', language: 'en', discoverable: 'true' });
	await merel.fill(await merel.open('/settings'), /^\/settings$/, { locked: 'true', language: 'en', discoverable: 'true' });
	await noor.fill(await noor.open('/@merel'), /\/follow$/);
	await anna.fill(await anna.open('/domains'), /^\/domains$/, { host: 'reclame.example', reason: 'Stuurt alleen reclame.' });
	await anna.fill(await anna.open(`/p/${id}/summary`), /\/summary$/, { text: 'Waarschijnlijk de **rietorchis**: de schutbladen zijn langer dan de bloemen. De maaiploeg gaat eromheen.' });
	const message = (await anna.fill(await anna.open('/messages/new?to=bas'), /\/messages\/new$/, {
		text: 'Dag Bas, zullen we zaterdag samen naar de uilenkasten? Ik heb de ladder.' })).url.slice(n.base.length);
	await noor.fill(await noor.open('/messages/new?to=bas'), /\/messages\/new$/, { to: '@bas, @merel', text: 'Wie van jullie heeft de sleutel van het hek?' });
	return { message, uri: box.fields.uri, orchisId: id, changed, first, second, gone };
}

// Some can be found: by everyone, by members, or by what they chose only.
async function found(n) {
	const card = async (name, fields) => {
		const who = await n.signed(name);
		await who.fill(await who.open('/settings/directory'), /\/settings\/directory$/, fields);
	};
	const all = (seen) => Object.fromEntries(['name', 'photo', 'expertise', 'region', 'help', 'seeks', 'contact'].map((f) => [`${f}_seen`, seen]));
	await card('anna', { ...all('everyone'), expertise: 'vogels, besturen, subsidies aanvragen', region: 'Utrecht', help: 'je eerste telling, een aanvraag schrijven',
		seeks: 'iemand die de website bijhoudt', contact: 'anna@example.org', contact_seen: 'members' });
	await card('bas', { ...all('members'), expertise: 'knotten, zagen', region: 'Kromme Rijnstreek', help: 'gereedschap lenen', seeks: 'een takel', contact: '06 12 34 56 78' });
	await card('merel', { ...all('members'), expertise: 'orchideeën', region: 'Langbroek', help: 'determineren', seeks_seen: 'me', contact_seen: 'me' });
}

// The other association follows, and answers: what its people say is seen "via" its name.
async function fillZuid(n, dotter, paths) {
	await n.member('carla', 'Carla Peters', '--admin');
	await n.member('dirk', 'Dirk Smit'); // nobody elsewhere has heard of him
	await n.community('vogels', 'Vogels van Zuid', 'carla', 'Waarnemingen en vragen van de werkgroep.');
	const there = `@veldwerk@${dotter.domain}`;
	await n.command(['follow', there, '--as', 'carla']);
	await until('the follow is accepted', async () => /^Followed/.test(await n.command(['follow', there, '--as', 'carla'])));
	await dotter.command(['follow', `@vogels@${n.domain}`, '--as', 'anna']);
	const news = await dotter.post('veldwerk', 'anna', 'Zaterdag tellen bij de uitkijktoren',
		'We verzamelen om **acht uur** bij het hek. Wie heeft er nog een telescoop over?');
	const carla = await n.signed('carla');
	const line = await until('it is known at the other site', async () =>
		lines((await carla.open('/overview')).text).find((l) => l.words.startsWith('Zaterdag tellen')));
	await carla.fill(await carla.open(line.path), /\/reply$/, { text: 'Wij komen met vier mensen, en brengen twee telescopen mee.' });
	await until('the answer is known here', async () => posts((await dotter.visitor().open(news)).text).length === 2);
	await n.post('vogels', 'carla', 'Eerste kieviten terug', 'Vanochtend drie paren boven de plas. Noteer je waarnemingen hieronder.');
	return { ...paths, news, line: line.path };
}

// Both, running, with all of this; `dir` is a directory of this run.
async function build(dir) {
	const dotter = new Node(dir, 'dotter', await freePort()), zuid = new Node(dir, 'zuid', await freePort());
	const stop = async () => { for (const n of [dotter, zuid]) if (n.program) await n.program.stop(); };
	try {
		await dotter.start('Natuurvereniging De Dotter', 'Tellen, beheren en genieten van de natuur langs de Kromme Rijn. Sinds 1974, met 2.140 leden.');
		await zuid.start('Vogelwerkgroep Zuid', 'Vogels kijken in het zuiden van de streek.');
		const paths = await fillDotter(dotter);
		Object.assign(paths, await talk(dotter, paths));
		await found(dotter);
		return { dotter, zuid, paths: await fillZuid(zuid, dotter, paths), stop };
	} catch (e) {
		await stop();
		throw e;
	}
}

// ---- the pages: [name, path, who looks (null: a visitor), status when not 200]

function pages({ dotter, zuid, paths }) {
	const uri = encodeURIComponent(paths.uri);
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
		['look', '/c/beheer/look', 'anna'],
		['look-site', '/site/look', 'anna'],
		['summary', `/p/${paths.orchisId}/summary`, 'anna'],
		['conversation', paths.orchis, null],
		['conversation-via', paths.news, null],
		['article', paths.welcome, null],
		['profile', '/@anna', null],
		['sign-in', '/sign-in', null],
		['sign-in-link', '/sign-in/link', null],
		['sign-in-over', '/sign-in/nonsense', null, 410],
		['follow-from', `/follow-from?uri=${uri}&address=%40sanne%40mastodon.nl`, null],
		['follow-from-wrong', `/follow-from?uri=${uri}&address=sanne`, null, 422],
		['not-found', '/@niemand', null, 404],
		['search', '/search', null],
		['search-found', '/search?q=telling', null],
		['search-people', '/search?q=wit&type=people', null],
		['search-community', '/search?q=orchis&community=veldwerk', null],
		['search-nothing', '/search?q=krokodil', null],
		['home-member', '/', 'bas'],
		['overview', '/overview', 'anna'],
		['overview-empty', '/overview', 'piet'],
		['community-member', '/@veldwerk', 'bas'],
		['community-moderator', '/@nieuw', 'noor'],
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
		['second-pending', '/settings/second', 'piet'],
		['messages', '/messages', 'bas'],
		['messages-empty', '/messages', 'piet'],
		['message', paths.message, 'bas'],
		['message-new', '/messages/new?to=bas', 'anna'],
		['reports', '/reports', 'anna'],
		['domains', '/domains', 'anna'],
		['open-unknown', '/authorize_interaction?uri=https%3A%2F%2Fexample.org%2Fnotes%2F1', 'bas', 404],
		['forbidden', '/c/excursies/new', 'bas', 403],
		['gone', `/p/${paths.gone}/edit`, 'merel', 410],
	];
}

// A member of the first association, signed in by the form, as a browser remembers it.
async function signIn(browser, node, name) {
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(`${node.base}/sign-in`);
	await page.fill('#name', name);
	await page.fill('#password', PASSWORD);
	await page.click('main form button');
	await page.waitForURL((url) => url.pathname !== '/sign-in');
	const state = await context.storageState();
	await context.close();
	return state;
}

module.exports = { MEMBERS, Node, PASSWORD, browse, build, find, pages, signIn };

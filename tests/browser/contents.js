// contents.js: what stands at the two associations: people, communities, conversations, polls, pictures, reports.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Neighbour, PUBLIC } = require('../faults/neighbour');
const { PASSWORD, forms, lines, posts, same, until } = require('../interop/rig');
const picture = require('./picture');

const MEMBERS = ['anna', 'bas', 'noor', 'merel', 'piet', 'tess', 'nils', 'olga'];

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

const DAMAGED = 'Ze liggen nu achter het slot'; // the disk loses these words

const LONG_TITLE = 'Verslag van de najaarswandeling langs de Langbroekerwetering, met alle waarnemingen, de route en wat we volgend jaar anders willen doen bij slecht weer en hoogwater';

const HEAD = 'Lidnummer;Naam;E-mail;Soort lid;Lid sinds;Telefoon;Woonplaats;Schoenmaat\r\n';
const row = (i, town) => `${1000 + i};${['Aafke Bron', 'Joris van der Linden', 'Fatma Yılmaz', 'Wietske de Haan', 'Tom Peters'][i]};lid${i}@example.org;gewoon;1-3-20${10 + i};06-1234567${i};${town};4${i}\r\n`;

// Another file, on the desk: what it would change is looked at.
async function plan(n) {
	const anna = await n.signed('anna');
	const csrf = (await anna.open('/settings')).text.match(/name="csrf" value="([^"]+)"/)[1], edge = 'een-rand';
	const part = (what, text) => `--${edge}\r\nContent-Disposition: form-data; ${what}\r\n\r\n${text}\r\n`;
	await anna.send('POST', `${n.base}/members/import`, { headers: { 'Content-Type': `multipart/form-data; boundary=${edge}`, Origin: n.base },
		body: `${part('name="csrf"', csrf)}${part('name="file"; filename="leden.csv"', HEAD + row(0, 'Odijk') + row(1, 'Bunnik') + row(4, 'Zeist') + '1009;Zonder adres;geen adres;;;;;\r\n')}--${edge}--\r\n` });
}

// A roll: a file that was written, one person opened.
async function roll(n, anna) {
	await n.command(['role', 'merel', 'board']);
	const file = path.join(n.dir, 'leden.csv');
	fs.writeFileSync(file, HEAD + [0, 1, 2, 3].map((i) => row(i, 'Bunnik')).join(''));
	await n.command(['member', 'import', file, '--apply']);
	const at = async (who) => (await anna.open(`/members?q=${who}`)).text.match(/href="(\/members\/\d+)"/)[1];
	const person = await at('bas@');
	await anna.fill(await anna.open(person), /open$/, { reason: 'asked' });
	await anna.fill(await anna.open(person), (f) => /roles$/.test(f.action) && !f.fields.off, { role: 'expert@veldwerk' });
	return { person, shut: await at('Fatma') };
}

async function fillDotter(n) {
	await n.member('anna', 'Anna de Wit', '--admin');
	await n.member('bas', 'Bas Jansen');
	await n.member('noor', 'Noor El Idrissi');
	await n.member('merel', 'Merel van den Bosch-Hoogendoorn tot Westerveld');
	await n.member('piet', 'Piet de Boer');
	await n.member('tess', 'Tess Smit');
	await n.member('olga', 'Olga Visser');
	await n.command(['role', 'anna', 'board']);
	await n.community('veldwerk', 'Veldwerk', 'anna', 'Samen tellen, inventariseren en leren kijken. Iedereen kan meedoen, ook als je net begint.');
	await n.community('excursies', 'Excursies en lezingen', 'anna', 'Wat er te doen is: wandelingen, lezingen en de open dag.', '--restricted');
	await n.community('beheer', 'Beheerploeg Kromme Rijn en Langbroekerwetering', 'bas', 'Knotten, maaien en hooien. Elke eerste zaterdag van de maand, laarzen aan.');
	await n.community('nieuw', 'Net lid', 'noor', 'Voor wie pas lid is en nog niemand kent.');

	await n.post('beheer', 'bas', 'Knotwilgen: wie heeft er een takel?', 'Voor de rij bij de sluis hebben we een takel nodig. Vorig jaar leenden we die van de buren.');
	await n.post('excursies', 'anna', 'Lezing over de otter, donderdag in het dorpshuis', 'Spreker is een onderzoeker die al tien jaar otters volgt. De koffie staat klaar vanaf half acht.');
	const welcome = await n.post('veldwerk', 'anna', 'Zo werkt het bij Veldwerk', WELCOME);
	const table = await n.post('veldwerk', 'noor', 'Telling van vorige week: meer kieviten dan vorig jaar', TABLE);
	await n.post('veldwerk', 'merel', LONG_TITLE, 'Zeven uur lopen, vier waterhoenen, één ijsvogel. Wie de foto’s wil zien: ze hangen in het clubhuis.');
	const owls = await n.post('veldwerk', 'bas', '', 'Iemand vanmiddag tijd om mee te gaan naar de uilenkasten? Ik vertrek om twee uur bij het hek.');
	const closed = await n.post('veldwerk', 'noor', 'Wie rijdt er mee naar de teldag in Wageningen?', 'Ik heb nog drie plaatsen. Vertrek om zeven uur bij het station.');
	const orchis = await n.post('veldwerk', 'bas', 'Wie kent deze orchis?', ORCHIS);
	const ended = await ask(n, 'noor', 'veldwerk', 'Welke ochtend tellen we voortaan?', ['Zaterdag', 'Zondag', 'Om en om'], { days: '7' });
	for (const [who, choice] of [['bas', '0'], ['merel', '0'], ['anna', '2']]) await vote(n, who, ended, choice);
	const held = await hold(n, 'noor', 'veldwerk', 'Lezing over kieviten', -5, { place: 'Dorpshuis', text: 'Met foto’s van dit voorjaar.' });
	const broken = await n.post('beheer', 'bas', 'Wie bewaart de sleutels?', `${DAMAGED} in de bestuurskast.`);
	return { welcome, closed, orchis, owls, ended, held, table, broken };
}

// ---- events, polls and pictures

const dayFromNow = (days) => new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);

async function hold(n, who, community, title, days, more) {
	const organiser = await n.signed(who);
	return place(await organiser.fill(await organiser.open(`/c/${community}/new/event`), /\/new\/event$/,
		{ title, date: dayFromNow(days), time: '10:00', end_time: '12:30', ...more }));
}

// One with two places and two questions, that is full; one that was; one for members, that comes back each month.
async function gather(n) {
	const event = await hold(n, 'noor', 'veldwerk', 'Dotterwandeling langs de Kromme Rijn', 20, { place: 'Theehuis Rhijnauwen', address: 'Rhijnauwenselaan 16, Bunnik',
		link: 'https://meet.example.org/dotter', cost: 'Gratis, koffie voor eigen rekening', capacity: '2', questions: 'Wat eet je niet?\nHeb je een verrekijker?',
		text: 'We lopen zes kilometer. Trek **laarzen** aan: het pad is nat.' });
	const eventId = event.split('/').pop();
	const answers = { answer: 'yes', reply: ['Niets', 'Ja'] };
	for (const [who, more] of [['bas', { shown: 'on' }], ['merel', {}], ['anna', {}]]) {
		const visitor = await n.signed(who);
		await visitor.fill(await visitor.open(`/p/${eventId}/attend`), /\/attend$/, { ...answers, ...more });
	}
	const guest = n.visitor();
	await guest.fill(await guest.open(`/p/${eventId}/attend`), /\/attend$/, { name: 'Guus de Gast', email: 'guus@example.org' });
	await hold(n, 'anna', 'veldwerk', 'Ledenavond in het clubhuis', 12, { place: 'Clubhuis', reads: 'members', acts: 'members', repeat: 'weekday', time: '20:00', end_time: '22:00' });
	return { event, eventId };
}

const place = (page) => new URL(page.url).pathname;

async function ask(n, who, community, text, option, more) {
	const asker = await n.signed(who);
	return place(await asker.fill(await asker.open(`/c/${community}/new/poll`), /\/new\/poll$/, { text, option, ...more }));
}

async function vote(n, who, where, choice) {
	const voter = await n.signed(who);
	await voter.fill(await voter.open(where), /\/vote$/, { choice });
}

const png = (seed, width, height) => ({ name: `IMG_${seed}.png`, type: 'image/png', data: picture(width, height, seed) });

async function illustrate(n) {
	const [anna, bas] = [await n.signed('anna'), await n.signed('bas')];
	const placed = place(await bas.fill(await bas.open('/c/veldwerk/new'), /\/new$/, {
		title: 'De plas in het eerste licht', text: 'Vanochtend vroeg, nog geen wind. De smienten lagen achter de rietkraag.',
		file1: png(3), alt1: 'Zon boven heuvels, met ervoor een stille plas.' }));
	const several = place(await anna.fill(await anna.open('/c/excursies/new'), /\/new$/, {
		title: 'Zo was de wandeling van zondag', text: 'Drie foto’s van onderweg. Die van jou erbij? Zet ze in een antwoord.',
		file1: png(5), alt1: 'Groene heuvels bij lage zon.', file2: png(8), alt2: 'Een plas onder een bleke lucht.', file3: png(13, 700, 900) }));
	await bas.fill(await bas.open(several), /\/reply$/, { text: 'Wanneer lopen we weer?', option: ['Zaterdag', 'Zondag', 'Doordeweeks'], days: '7' });
	await anna.fill(await anna.open('/settings'), /^\/settings$/, { icon: png(6, 500, 500) });
	await anna.fill(await anna.open('/c/excursies/look'), /\/look$/, { icon: png(2, 500, 500), image: png(9, 1500, 500) });
	const poll = await ask(n, 'noor', 'veldwerk', 'Waar gaan we in december heen?',
		['Naar de Blauwe Kamer', 'Naar de plas bij Wijk', 'We blijven thuis en drinken warme chocolademelk'], { days: '3', any_of: 'on' });
	for (const [who, choice] of [['anna', '0'], ['merel', ['0', '1']]]) await vote(n, who, poll, choice);
	return { picture: placed, pictures: several, poll };
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
	const advert = await n.post('veldwerk', 'piet', 'Te koop: verrekijker 10x42', 'Nog in de doos. Ophalen in Bunnik.');
	await anna.fill(await anna.open(`/p/${posts((await anna.open(advert)).text)[0].id}/delete`), /\/delete$/, { reason: 'Hoort bij het prikbord.' });
	const box = forms((await n.visitor().open('/@veldwerk')).text).find((f) => f.action === '/follow-from');
	const id = posts((await noor.open(paths.orchis)).text)[0].id;
	await noor.fill(await noor.open(`/p/${first}/report`), /\/report$/, { comment: 'Dit hoort bij Soorten, niet hier.' }).catch(() => null);
	await anna.fill(await anna.open('/settings'), /^\/settings$/, { source: 'Voorzitter van de natuurvereniging. Telt al **dertig jaar** vogels en leert nog elke week bij.', language: 'en', discoverable: 'true' });
	await merel.fill(await merel.open('/settings'), /^\/settings$/, { locked: 'true', language: 'en', discoverable: 'true' });
	await noor.fill(await noor.open('/@merel'), /\/follow$/);
	await anna.fill(await anna.open('/domains'), /^\/domains$/, { host: 'reclame.example', reason: 'Stuurt alleen reclame.' });
	await anna.fill(await anna.open(`/p/${id}/summary`), /\/summary$/, { text: 'Waarschijnlijk de **rietorchis**: de schutbladen zijn langer dan de bloemen. De maaiploeg gaat eromheen.' });
	const piet = await n.signed('piet');
	await piet.fill(await piet.open('/settings/second'), /\/second\/start$/);
	const message = (await anna.fill(await anna.open('/messages/new?to=bas'), /\/messages\/new$/, {
		text: 'Dag Bas, zullen we zaterdag samen naar de uilenkasten? Ik heb de ladder.' })).url.slice(n.base.length);
	await noor.fill(await noor.open('/messages/new?to=bas'), /\/messages\/new$/, { to: '@bas, @merel', text: 'Wie van jullie heeft de sleutel van het hek?' });
	return { roll: await roll(n, anna), message, uri: box.fields.uri, orchisId: id, changed, first, second, gone };
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

// What people know: articles that were checked, a question with its answer, a coach.
async function know(n) {
	await n.command(['role', 'merel', 'expert', 'beheer']);
	const [bas, noor, merel] = await Promise.all(['bas', 'noor', 'merel'].map((who) => n.signed(who)));
	const draft = async (title, fields) => place(await noor.fill(await noor.open('/c/beheer/new/article'), /\/new\/article$/, {
		title, text: '## Wanneer\n\nVan november tot **half maart**, als de boom in rust is.\n\n## Hoe\n\n- Zaag eerst van onderen in.\n- Laat geen stomp staan.\n\n#knotten',
		summary: 'Knot in de winter, zaag van onderen in en laat geen stompen staan. Dan blijft de boom gezond.', ...fields }));
	const decide = async (title, verdict, fields) => {
		const where = await draft(title, fields);
		await noor.fill(await noor.open(where), /\/hand-in$/, verdict === 'check' ? { reviewer: 'merel' } : {});
		if (verdict === 'check') await merel.fill(await merel.open(where), /\/agree$/);
		return place(await bas.fill(await bas.open(where), /\/decide$/, { verdict, months: '12', reason: '' }));
	};
	const series = 'Werken aan de wilg';
	const gear = await decide('Welk gereedschap je nodig hebt', 'place', { series });
	const article = await decide('Knotten zonder schade', 'check', { series, writers: 'bas',
		sources: 'Handboek landschapsbeheer, 2019\nWilgen knotten, stap voor stap https://example.org/knotten' });
	const rough = await draft('Wat te doen met het hout', { day: '2031-03-04', hour: '09:00' });
	const handed = await draft('Een takkenril maken', {});
	await noor.fill(await noor.open(handed), /\/hand-in$/);

	const question = place(await noor.fill(await noor.open('/c/beheer/new/question'), /\/new\/question$/, { text: 'Waarom laat je bij een **zieke** wilg een paar takken staan?' }));
	await bas.fill(await bas.open(question), /\/reply$/, { text: 'Omdat dat mooier is?' });
	const answered = await merel.fill(await merel.open(question), /\/reply$/, { text: 'Die takken voeden de boom tot hij hersteld is.' });
	const answer = posts(answered.text).map((p) => p.id).reduce((a, b) => (BigInt(a) > BigInt(b) ? a : b));
	await noor.fill(await noor.open(question), new RegExp(`/p/${answer}/choose$`));
	await noor.fill(await noor.open('/c/beheer/new/question'), /\/new\/question$/, { text: 'Hoe diep zet je een nieuwe staak?' });

	await merel.fill(await merel.open('/c/beheer/coach/me'), /\/coach\/me$/, { topics: 'zieke bomen, veilig werken', room: 'limited', days: '5' });
	const put = async (text, way) => place(await noor.fill(await noor.open('/c/beheer/coach'), /\/coach$/, { text, way }));
	const asked = await put('Ik durf de zaag niet aan. Hoe leer ik dat *veilig*?', 'private');
	await merel.fill(await merel.open(asked), /\/answer$/, { text: 'Begin met de **handzaag**, en ga een keer met mij mee.', consent: 'on' });
	const waits = await put('Mag ik knotten als er al vogels broeden?', 'private');
	return { article, gear, rough, handed, question, asked, waits };
}

// What somebody began to write.
async function begin(n, paths) {
	const merel = await n.signed('merel'), at = async (form) => new RegExp(`${form}\\?draft=\\d+`).exec((await merel.open('/drafts')).text)[0];
	await merel.fill(await merel.open('/c/veldwerk/new'), /\/new$/, { title: 'Vleermuizen tellen in de kerktoren', text: 'Wie durft er mee de ladder op? Ik heb de sleutel voor', reads: 'members' }, 'draft');
	await merel.fill(await merel.open(paths.welcome), /\/reply$/, { text: 'Mag ik er ook een soort bij zetten die' }, 'draft');
	return { draft: await at('/c/veldwerk/new'), draftAnswer: `${await at('/p/\\d+/reply')}#answer` };
}

// Somebody who is leaving: the address at which they see who was told.
async function leave(n) {
	const olga = await n.signed('olga');
	await olga.fill(await olga.open('/settings/leave/sure?how=name'), /\/settings\/leave$/, { password: PASSWORD });
	return until('the mail to who leaves', () => /\/left\/[\w-]{43,64}/.exec(n.mail('olga', '/left/') || '')?.[0]);
}

// Somebody with an account elsewhere, at a site that is no Kring: asks a coach by message and has an answer, with the question
// whether it may be published; sends a film and a sound along.
async function fromElsewhere(n) {
	const there = await new Neighbour('film').start(), saar = there.person('saar'), merel = await n.signed('merel');
	const group = (name) => `${n.base}/c/${name}`, mention = (name) => ({ type: 'Mention', href: group(name), name: `@${name}@${n.domain}` });
	const deliver = async (what) => same(await there.deliver(saar, n, what), 202, 'taken');
	await deliver(there.create(saar, '<p>Mag ik een zieke wilg in maart nog knotten?</p>', { to: [group('beheer')], cc: [], tag: [mention('beheer')] }));
	const asked = await until('the question is with the coach', async () => /\/coach\/\d+(?=">Mag ik een zieke)/.exec((await merel.open('/coach')).text)?.[0]);
	await merel.fill(await merel.open(asked), /\/answer$/, { text: 'Liever niet: dan broeden er al vogels in.', consent: 'on' });
	const may = await until('the question whether it may be published', () => there.heard.map((a) => /\/coach\/may\/[\w-]{43,64}/.exec(JSON.stringify(a))?.[0]).find(Boolean));
	const file = (type, name, words) => ({ type: 'Document', mediaType: type, url: `${there.base}/${name}`, name: words });
	await deliver(there.create(saar, '<p>De roerdomp liet zich horen, en even zien.</p>', { to: [PUBLIC, group('veldwerk')], audience: group('veldwerk'), tag: [mention('veldwerk')],
		attachment: [file('video/mp4', 'roerdomp.mp4', 'Een roerdomp loopt langs het riet.'), file('audio/mpeg', 'roerdomp.mp3', 'De roep van een roerdomp.')] }));
	const film = await until('what came from elsewhere', async () => lines((await merel.open('/@veldwerk')).text).find((l) => l.words.startsWith('De roerdomp'))?.path);
	return { there, asked, may, film };
}

// What people are asked to agree to, and some answers; where the first question stands.
async function agree(n) {
	const anna = await n.signed('anna');
	for (const [title, words] of [['Foto\u2019s van mij', 'Foto\u2019s van activiteiten waar ik op sta, mogen op onze site. Zeg je nee, dan halen we ze weg.'],
		['Mijn nummer in de appgroep', 'Mijn telefoonnummer mag in de appgroep van het tellen, zolang die er is.']])
		await anna.fill(await anna.open('/consents'), /consents$/, { title, words });
	for (const [name, answer] of [['bas', 'yes'], ['merel', 'no'], ['noor', 'yes']]) {
		const who = await n.signed(name);
		await who.fill(await who.open('/settings/consents'), /consents$/, { answer });
	}
	return /href="(\/consents\?question=\d+)"/.exec((await anna.open('/consents')).text)[1];
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
	const [anna, bas] = await Promise.all(['anna', 'bas'].map((who) => dotter.signed(who)));
	await anna.fill(await anna.open('/@veldwerk/settings'), /\/settings$/, { abroad: 'true' });
	await anna.fill(await anna.open('/@veldwerk/readers'), /\/readers$/, { account: `@carla@${n.domain}` });
	await bas.fill(await bas.open('/settings/linked'), /\/settings\/linked$/, { account: `@carla@${n.domain}` });
	await n.post('vogels', 'carla', 'Eerste kieviten terug', 'Vanochtend drie paren boven de plas. Noteer je waarnemingen hieronder.');
	return { ...paths, news, line: line.path };
}

module.exports = { DAMAGED, MEMBERS, agree, begin, fillDotter, fillZuid, found, fromElsewhere, gather, illustrate, know, leave, plan, talk };

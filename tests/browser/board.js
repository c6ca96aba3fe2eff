// board.js: what stands on the noticeboard of the first association, the pages about it, and how people use it.
'use strict';
const { check, posts, same, until } = require('../interop/rig');
const picture = require('./picture');

const DAY = 86_400_000;
const day = (days) => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);

const FARM = `Wij beheren **veertig hectare** hooiland en bos langs de Kromme Rijn, samen met boeren en vrijwilligers.

- Maaien en hooien
- Knotten en hakken
- Tellen wat er groeit en vliegt`;

const JOB = `Je leidt de ploeg vrijwilligers die elke zaterdag buiten werkt. Je plant het werk, zorgt voor gereedschap en koffie, en houdt bij wat er gedaan is.

Je kent planten en dieren van hooilanden, of wilt ze leren kennen.`;

async function fill(n) {
	const [noor, bas, merel] = await Promise.all(['noor', 'bas', 'merel'].map((who) => n.signed(who)));
	const place = async (who, fields) => {
		const page = await who.fill(await who.open('/c/veldwerk/new/vacancy'), /\/new\/vacancy$/, fields);
		return page.url.slice(n.base.length);
	};
	await noor.fill(await noor.open('/organisations/new'), /\/organisations\/new$/, { title: 'Landschapsbeheer Kromme Rijn', source: FARM, place: 'Bunnik', icon: { name: 'logo.png', type: 'image/png', data: picture(400, 400, 4) },
		links: 'https://kromme-rijn.example/\nhttps://social.example/@krommerijn' });
	await noor.fill(await noor.open('/o/landschapsbeheer-kromme-rijn'), (f) => /\/editors$/.test(f.action) && !f.fields.what, { editor: 'bas' });
	const form = await noor.open('/c/veldwerk/new/vacancy');
	const organisation = /<option value="(\d+)"[^>]*>Landschapsbeheer/.exec(form.text)[1];
	const job = await place(noor, { type: 'job', title: 'Voorman of voorvrouw van de zaterdagploeg', text: JOB, organisation, where: 'place', place: 'Bunnik', region: 'Utrecht',
		hours: '8 uur per week', pay: '180 euro bruto', closes: day(21), apply: 'https://kromme-rijn.example/werk', tags: 'groen beheer', language: 'nl' });
	await place(bas, { type: 'request', title: 'Wie kan onze tellingen in een kaart zetten?', text: 'Twee avonden werk, met een open kaartprogramma.', employer: '', where: 'remote', place: '', region: '',
		hours: '', pay: 'Vrijwillig', closes: day(60), apply: '', tags: 'kaart', language: 'nl' });
	const gone = await place(merel, { type: 'offer', title: 'Takel te leen', text: 'Voor wie wilgen wil knotten. Ophalen in Houten.', employer: '', where: 'place', place: 'Houten', region: 'Utrecht',
		hours: '', pay: '', closes: day(5), apply: '', tags: '', language: 'nl' });
	await merel.fill(await merel.open(gone), (f) => /\/close$/.test(f.action) && f.fields.how === 'filled');
	const id = posts((await merel.open(job)).text)[0].id;
	await merel.fill(await merel.open(`/p/${id}/answer`), /\/answer$/, { text: 'Dit lijkt me prachtig werk. Kan ik een zaterdag meelopen?' });
	const inbox = await noor.open(`/p/${id}/answers`);
	const thread = /\/p\/\d+\/answers\/\d+/.exec(inbox.text)[0];
	await noor.fill(await noor.open(thread), (f) => f.action === thread, { text: 'Graag! Zaterdag om negen uur bij de schuur.' });
	await bas.fill(await bas.open('/vacancies/alerts'), /\/alerts$/, { type: 'job', words: 'groen, beheer', region: 'Utrecht', remote: 'on' });
	const visitor = n.visitor();
	await visitor.fill(await visitor.open(`/p/${id}/answer`), /\/answer$/, { name: 'Eva', email: 'eva@example.org', text: 'Zoekt u nog iemand?' });
	const link = await until('the mail to a visitor', () => /\/answers\/[0-9a-f]{64}/.exec(n.mail('eva', '/answers/') || '')?.[0]);
	const idea = (await bas.fill(await bas.open('/c/veldwerk/new/idea'), /\/new\/idea$/, { title: 'Een bankje bij de uitkijktoren', text: 'Wie niet lang kan staan, kan dan **ook** meetellen.', language: 'nl' })).url.slice(n.base.length);
	const ideaId = posts((await noor.open(idea)).text)[0].id, anna = await n.signed('anna');
	for (const who of [noor, merel]) await who.fill(await who.open(idea), /\/like$/);
	const taken = (await merel.fill(await merel.open('/c/veldwerk/new/idea'), /\/new\/idea$/, { title: 'Samen telescopen kopen', text: 'Tien mensen, twee telescopen.', language: 'nl' })).url.slice(n.base.length);
	await anna.fill(await anna.open(`/p/${posts((await anna.open(taken)).text)[0].id}/idea`), /\/idea$/, { state: 'taken-up', reason: 'Het bestuur zoekt uit wat het kost.' });
	return { job, jobId: id, thread, gone, link, idea, ideaId, taken };
}

const pages = ({ job, jobId, thread, gone, link, idea, ideaId, taken }) => [
	['ideas', '/@veldwerk/ideas', null],
	['ideas-taken-up', '/@veldwerk/ideas?state=taken-up', 'bas'],
	['ideas-empty', '/@nieuw/ideas', 'noor'],
	['idea', idea, 'merel'],
	['idea-visitor', taken, null],
	['idea-new', '/c/veldwerk/new/idea', 'bas'],
	['idea-state', `/p/${ideaId}/idea`, 'anna'],
	['noticeboard', '/vacancies', null],
	['noticeboard-filtered', '/vacancies?type=job&region=Utrecht', null],
	['noticeboard-nothing', '/vacancies?tag=krokodil', 'bas'],
	['noticeboard-community', '/@veldwerk/vacancies', 'bas'],
	['noticeboard-empty', '/@nieuw/vacancies', null],
	['noticeboard-mine', '/vacancies/mine', 'merel'],
	['noticeboard-mine-empty', '/vacancies/mine', 'piet'],
	['vacancy', job, null],
	['vacancy-managed', job, 'noor'],
	['vacancy-filled', gone, 'merel'],
	['vacancy-new', '/c/veldwerk/new/vacancy', 'noor'],
	['vacancy-edit', `/p/${jobId}/vacancy`, 'noor'],
	['answer-visitor', `/p/${jobId}/answer`, null],
	['answer-private', `/p/${jobId}/answer`, 'merel'],
	['answer-link', link, null],
	['answers', `/p/${jobId}/answers`, 'noor'],
	['answer-thread', thread, 'noor'],
	['alerts', '/vacancies/alerts', 'bas'],
	['alerts-empty', '/vacancies/alerts', 'piet'],
	['alert-off', '/vacancies/off/nonsense', null],
	['organisations', '/organisations', null],
	['organisation', '/o/landschapsbeheer-kromme-rijn', null],
	['organisation-editor', '/o/landschapsbeheer-kromme-rijn', 'bas'],
	['organisation-new', '/organisations/new', 'bas'],
	['organisation-edit', '/o/landschapsbeheer-kromme-rijn/edit', 'noor'],
	['organisation-delete', '/o/landschapsbeheer-kromme-rijn/delete', 'noor'],
];

// A member places something, closes it and opens it again.
async function place({ page, seen }, { base, checkRefused, said, title }) {
	await page.goto(`${base}/@veldwerk/vacancies`);
	await page.getByRole('link', { name: 'Zet iets op het prikbord' }).first().click();
	await page.fill('#title', title);
	await page.fill('#text', 'We zoeken iemand die **graag rekent**.');
	await page.fill('#place', 'Zeist');
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	await checkRefused(page, 'employer', 422, seen);
	same(await page.inputValue('#title'), title, 'the title');
	same(await page.inputValue('#place'), 'Zeist', 'the place');
	await page.fill('#employer', 'De Dotter');
	await page.fill('#closes', day(10));
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	same(await said(page), 'Het staat op het prikbord.', 'notice');
	const facts = await page.evaluate(() => {
		const item = document.querySelector('[itemscope][itemtype="https://schema.org/JobPosting"]'), prop = (name) => item.querySelector(`[itemprop="${name}"]`);
		return { title: prop('title').content, place: prop('addressLocality').textContent, employer: prop('name').textContent, until: prop('validThrough').content,
			posted: prop('datePosted').content, words: prop('description').textContent.trim() };
	});
	same([facts.title, facts.place, facts.employer, facts.words].join(' · '), `${title} · Zeist · De Dotter · We zoeken iemand die graag rekent.`, 'what machines read');
	check(new Date(facts.until) > new Date(facts.posted), 'it ends after it began');
	await page.getByRole('button', { name: 'Het is vervuld' }).click();
	same(await said(page), 'Het staat nu als vervuld.', 'notice');
	check(await page.getByText('Dit is vervuld.').isVisible(), 'nothing says that it is filled');
	const address = page.url();
	await until('what is filled is off the board', async () => {
		await page.goto(`${base}/vacancies`);
		return await page.getByRole('link', { name: title }).count() === 0;
	});
	await page.goto(address);
	await page.getByRole('button', { name: 'Open het weer' }).click();
	same(await said(page), 'Het is weer open.', 'notice');
	return address;
}

// Who has no account answers, confirms by mail, and is written back to.
async function answerAsVisitor({ page, seen }, address, { base, checkRefused, said, mail, title }) {
	const name = `eva${Date.now()}`;
	await page.goto(address);
	await page.getByRole('link', { name: 'Reageer privé' }).click();
	await page.fill('#name', 'Eva');
	await page.fill('#text', 'Ik reken graag.');
	await page.evaluate(() => { document.querySelector('main form').noValidate = true; });
	await page.fill('#email', 'eva');
	await page.getByRole('button', { name: 'Verstuur' }).click();
	await checkRefused(page, 'email', 422, seen);
	same(await page.inputValue('#text'), 'Ik reken graag.', 'the text');
	await page.fill('#email', `${name}@example.org`);
	await page.getByRole('button', { name: 'Verstuur' }).click();
	check((await said(page)).startsWith('Er is een mail naar je onderweg.'), 'notice');
	const letter = await until('the mail', () => mail(name, title));
	const link = new RegExp(`${base}/answers/[0-9a-f]{64}`).exec(letter)[0];
	await page.goto(link);
	check(await page.getByText('Ik reken graag.').isVisible(), 'what was written');
	await page.getByRole('button', { name: 'Verstuur' }).click();
	same(await said(page), 'Je reactie is verstuurd.', 'notice');
	return { name, link };
}

async function writeBack({ page }, address, { said, mail }, { name, link }) {
	await page.goto(address);
	await page.getByRole('link', { name: '1 privé-reactie' }).click();
	check(!(await page.content()).includes(`${name}@example.org`), 'the address is shown');
	await page.getByRole('link', { name: 'Schrijf terug' }).click();
	await page.fill('#text', 'Kom dinsdag langs.');
	await page.getByRole('button', { name: 'Verstuur' }).click();
	same(await said(page), 'Je reactie is verstuurd.', 'notice');
	const letter = await until('the mail back', () => mail(name, 'Kom dinsdag langs.'));
	check(letter.includes(link), 'the way back stands in the mail');
}

module.exports = { answerAsVisitor, fill, pages, place, writeBack };

// shared.js: what a community has together, its library and its projects, the pages about them, and how people use them.
'use strict';
const { check, posts, same } = require('../interop/rig');

// A page of a few words, as a PDF without pictures or fonts of its own.
function pdf(words) {
	const stream = `BT /F1 18 Tf 60 760 Td (${words}) Tj ET`;
	return { name: `${words}.pdf`, type: 'application/pdf', data: Buffer.from(`%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length ${stream.length}>>stream
${stream}
endstream endobj
trailer<</Root 1 0 R>>
%%EOF`) };
}

const table = { name: 'telling-november.csv', type: 'text/csv', data: Buffer.from('soort;aantal\r\nsmient;212\r\ngrutto;3\r\n') };

async function fill(n) {
	const [anna, bas, noor] = await Promise.all(['anna', 'bas', 'noor'].map((who) => n.signed(who)));
	const add = async (who, fields) => (await who.fill(await who.open('/c/veldwerk/new/file'), /\/new\/file$/, { language: 'nl', ...fields })).url.slice(n.base.length);
	const plan = await add(bas, { file: pdf('Maaiplan 2026'), title: 'Maaiplan voor de hooilanden', tags: 'beheer maaien',
		text: 'Welk perceel **wanneer** gemaaid wordt, en wie de trekker rijdt. Neem het mee naar buiten.' });
	const planId = posts((await bas.open(plan)).text)[0].id;
	await anna.fill(await anna.open(`/p/${planId}/file/version`), /\/file\/version$/, { file: pdf('Maaiplan 2026, na overleg'), note: 'Perceel 7 pas na 1 augustus: daar broedt de grutto.' });
	await bas.fill(await bas.open(`/p/${planId}/file/version`), /\/file\/version$/, { file: pdf('Maaiplan 2026, met kaart'), note: '' });
	const count = await add(noor, { file: table, title: 'Telling van november', tags: 'tellen', text: '' });
	return { plan, planId, count, ...await begin(n, plan) };
}

const address = (page, n) => page.url.slice(n.base.length);

// One that looks for people and has some, one that came from an idea, one that stopped.
async function begin(n, plan) {
	const [anna, bas, merel, noor] = await Promise.all(['anna', 'bas', 'merel', 'noor'].map((who) => n.signed(who)));
	const start = async (who, fields, from = '/c/veldwerk/new/project') => {
		const at = address(await who.fill(await who.open(from), /\/new\/project$/, { language: 'nl', ...fields }), n);
		return [at, posts((await who.open(at)).text)[0].id];
	};
	const [project, projectId] = await start(bas, { title: 'Een vlonder door de plas', role: ['Timmerman of timmervrouw', 'Chauffeur', 'Sjouwer'], wanted: ['1', '1', '6'],
		asks: ['Je hebt vaker buiten gebouwd.', 'Rijbewijs BE, voor de aanhanger.', ''], number: ['0', '0', '0'],
		text: `Zo kan iedereen **droog** bij de uitkijktoren komen, ook met een rolstoel of een kinderwagen.\n\nWaar gemaaid wordt, staat in [het maaiplan](${n.base}${plan}).` });
	await merel.fill(await merel.open(`/p/${projectId}/project/help?role=1`), /\/help$/, { words: 'Ik bouwde er al twee. Hout kan ik regelen.', shown: 'true' });
	await noor.fill(await noor.open(`/p/${projectId}/project/help?role=3`), /\/help$/, { words: '' });
	const [stopped, stoppedId] = await start(noor, { title: 'Nestkasten in de Dorpsstraat', text: 'Voor gierzwaluwen, onder elke dakgoot.', role: 'Ladderhouder', wanted: '2', asks: '', number: '0' });
	await merel.fill(await merel.open(`/p/${stoppedId}/project/help?role=1`), /\/help$/, { words: '' });
	await noor.fill(await noor.open(`/p/${stoppedId}/project/state`), /\/state$/, { state: 'stopped', reason: 'De huizen worden eerst geschilderd.' });
	const taken = address(await anna.open('/@veldwerk/ideas?state=taken-up'), n) && /href="(\/@[^"/]+\/\d+)"/.exec((await anna.open('/@veldwerk/ideas?state=taken-up')).text.split('<ul class="list">')[1])[1];
	const from = /href="([^"]*\/new\/project\?idea=\d+)"/.exec((await anna.open(taken)).text)[1].replaceAll('&amp;', '&');
	const [telescopes, telescopesId] = await start(anna, { role: 'Penningmeester', wanted: '1', asks: '', number: '0' }, from);
	await anna.fill(await anna.open(`/p/${telescopesId}/project/state`), /\/state$/, { state: 'running', reason: '' });
	const letGo = /href="([^"]*\/project\/let-go[^"]*)"/.exec((await bas.open(project)).text)[1].replaceAll('&amp;', '&');
	return { project, projectId, letGo, stopped, telescopes, from, taken };
}

const pages = ({ plan, planId, count, project, projectId, letGo, stopped, telescopes, from, taken }) => [
	['projects', '/@veldwerk/projects', null],
	['projects-role', '/@veldwerk/projects?role=Chauffeur', 'noor'],
	['projects-nothing', '/@veldwerk/projects?role=Kok', null],
	['projects-stopped', '/@veldwerk/projects?state=stopped', null],
	['projects-empty', '/@nieuw/projects', 'noor'],
	['project', project, 'bas'],
	['project-visitor', project, null],
	['project-helper', project, 'merel'],
	['project-stopped', stopped, 'merel'],
	['project-from-idea', telescopes, null],
	['idea-with-project', taken, 'bas'],
	['project-new', '/c/veldwerk/new/project', 'bas'],
	['project-new-of-idea', from, 'bas'],
	['project-edit', `/p/${projectId}/project`, 'bas'],
	['project-state', `/p/${projectId}/project/state`, 'bas'],
	['project-let-go', letGo, 'bas'],
	['project-help', `/p/${projectId}/project/help?role=2`, 'noor'],
	['library', '/@veldwerk/library', null],
	['library-tag', '/@veldwerk/library?tag=beheer', 'bas'],
	['library-nothing', '/@veldwerk/library?tag=krokodil', null],
	['library-empty', '/@nieuw/library', 'noor'],
	['file', plan, 'bas'],
	['file-visitor', plan, null],
	['file-one', count, null],
	['file-new', '/c/veldwerk/new/file', 'bas'],
	['file-edit', `/p/${planId}/file`, 'bas'],
	['file-version', `/p/${planId}/file/version`, 'anna'],
	['file-remove', `/p/${planId}/file/remove?version=1`, 'bas'],
	['search-files', '/search?q=maaiplan&type=files', null],
];

// A member puts a file in the library, replaces it, takes the new one off, and finds it by its tag.
async function keepFile({ page, seen }, { base, checkRefused, said, tag }) {
	await page.goto(`${base}/@veldwerk/library`);
	await page.getByRole('link', { name: 'Voeg een bestand toe' }).first().click();
	await page.setInputFiles('#file', { name: 'proef.exe', mimeType: 'application/octet-stream', buffer: Buffer.from('MZ\0\0 is geen document, en dat moet gezegd worden') });
	await page.fill('#title', 'Draaiboek van de proef');
	await page.fill('#tags', `proef ${tag}`);
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	await checkRefused(page, 'file', 422, seen);
	same(await page.inputValue('#title'), 'Draaiboek van de proef', 'the title');
	const sent = (words) => page.setInputFiles('#file', { name: pdf(words).name, mimeType: 'application/pdf', buffer: pdf(words).data });
	await sent('Draaiboek');
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	same(await said(page), 'Je bestand staat in de bibliotheek.', 'notice');
	const where = page.url();
	await page.getByRole('link', { name: 'Voeg een nieuwe versie toe' }).click();
	await sent('Draaiboek, later');
	await page.fill('#note', 'Met de koffie erin.');
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	same(await said(page), 'De nieuwe versie is nu in gebruik.', 'notice');
	const at = await page.getByRole('link', { name: /^Download ?: Draaiboek, later\.pdf$/ }).getAttribute('href');
	const got = await page.evaluate(async (file) => { const r = await fetch(file); return { as: r.headers.get('content-disposition'), text: await r.text() }; }, at);
	check(got.as.startsWith('attachment; '), 'it would be opened by the browser');
	check(got.text.includes('Draaiboek, later'), 'it is another file');
	await page.getByText('Alle versies').click();
	check(await page.getByText('Met de koffie erin.').isVisible(), 'what is new in it');
	await page.getByRole('link', { name: /^Haal het eraf ?: versie 2$/ }).click();
	await page.getByRole('button', { name: 'Haal het eraf' }).click();
	same(await said(page), 'Die versie is weg.', 'notice');
	check(await page.getByRole('link', { name: /^Download ?: Draaiboek\.pdf$/ }).isVisible(), 'the first one is in use again');
	await page.locator('main').getByRole('link', { name: tag, exact: true }).click();
	same(await page.locator('main ul.list h3').allInnerTexts().then((all) => all.join()), 'Draaiboek van de proef', 'files with this tag');
	await page.getByRole('link', { name: 'Draaiboek van de proef', exact: true }).click();
	same(page.url(), where, 'its page');
}

// A member begins a project; another one takes a role, changes their mind; it is done.
async function improve({ page, seen }, other, { base, checkRefused, said, title }) {
	await page.goto(`${base}/@veldwerk/projects`);
	await page.getByRole('link', { name: 'Begin een project' }).first().click();
	await page.fill('#title', title);
	await page.fill('#text', 'Zodat het **droog** blijft.');
	await page.fill('#role-1', 'Dakdekker');
	await page.evaluate(() => { document.querySelector('main form').noValidate = true; });
	await page.fill('#wanted-1', '0');
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	same(seen.answers.findLast((a) => a.request().isNavigationRequest()).status(), 422, 'status');
	check(await page.locator('#role-error').isVisible(), 'nothing is said of the roles');
	same(await page.inputValue('#role-1'), 'Dakdekker', 'the role');
	await page.fill('#wanted-1', '1');
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	same(await said(page), 'Je project is geplaatst.', 'notice');
	const where = page.url();

	await other.page.goto(where);
	await other.page.getByRole('link', { name: /^Ik help mee ?: Dakdekker$/ }).click();
	await other.page.fill('#words', 'Ik heb een ladder.');
	await other.page.getByRole('button', { name: 'Ik help mee' }).click();
	same(await said(other.page), 'Mooi: je helpt mee. Wie het project begon, weet het.', 'notice');
	await page.goto(where);
	await page.getByText('Wie er helpt').click();
	check(await page.getByText('Ik heb een ladder.').isVisible(), 'who began it does not see it');
	await page.goto(`${base}/notifications`);
	check(await page.getByText('Dakdekker: Ik heb een ladder.').first().isVisible(), 'no notice of it');
	await other.page.getByRole('button', { name: /^Stap eruit ?: Dakdekker$/ }).click();
	same(await said(other.page), 'Je bent uit deze rol gestapt.', 'notice');
	await other.page.getByRole('link', { name: /^Ik help mee ?: Dakdekker$/ }).click();
	await other.page.getByRole('button', { name: 'Ik help mee' }).click();

	await page.goto(where);
	await page.getByText('Wie er helpt').click();
	await page.getByRole('link', { name: /^Beëindig deze rol ?: / }).click();
	await page.fill('#words', 'Dank je. Er is al een dakdekker.');
	await page.getByRole('button', { name: 'Beëindig deze rol' }).click();
	same(await said(page), 'Deze rol is beëindigd.', 'notice');
	await other.page.goto(`${base}/notifications`);
	check(await other.page.getByText('Dakdekker: Dank je. Er is al een dakdekker.').first().isVisible(), 'who is let go does not hear it');
	await other.page.goto(where);
	await other.page.getByRole('link', { name: /^Ik help mee ?: Dakdekker$/ }).click();
	await other.page.getByRole('button', { name: 'Ik help mee' }).click();

	await page.goto(where);
	await page.getByRole('link', { name: 'Zeg hoe het staat' }).click();
	await page.check('#state-stopped');
	await page.getByRole('button', { name: 'Bewaar', exact: true }).click();
	await checkRefused(page, 'reason', 422, seen);
	check(await page.isChecked('#state-stopped'), 'what was chosen');
	await page.check('#state-done');
	await page.fill('#reason', 'Het dak is dicht.');
	await page.getByRole('button', { name: 'Bewaar', exact: true }).click();
	same(await said(page), 'Hoe het project staat, is bewaard.', 'notice');
	await other.page.goto(`${base}/notifications`);
	check(await other.page.getByText('Het dak is dicht.').first().isVisible(), 'who helps does not hear of the end');
}

module.exports = { fill, improve, keepFile, pages };

// shared.js: what a community keeps together, its library, the pages about it, and how people use it.
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
	return { plan, planId, count };
}

const pages = ({ plan, planId, count }) => [
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
	const got = await page.request.get(await page.getByRole('link', { name: 'Download: Draaiboek, later.pdf' }).getAttribute('href').then((at) => base + at));
	check(got.headers()['content-disposition'].startsWith('attachment; '), 'it would be opened by the browser');
	check((await got.body()).includes('Draaiboek, later'), 'it is another file');
	await page.getByText('Alle versies').click();
	check(await page.getByText('Met de koffie erin.').isVisible(), 'what is new in it');
	await page.getByRole('link', { name: 'Haal weg: versie 2' }).click();
	await page.getByRole('button', { name: 'Haal weg' }).click();
	same(await said(page), 'Die versie is weg.', 'notice');
	check(await page.getByRole('link', { name: 'Download: Draaiboek.pdf' }).isVisible(), 'the first one is in use again');
	await page.locator('main').getByRole('link', { name: tag, exact: true }).click();
	same(await page.locator('main ul.list h3').allInnerTexts().then((all) => all.join()), 'Draaiboek van de proef', 'files with this tag');
	await page.getByRole('link', { name: 'Draaiboek van de proef', exact: true }).click();
	same(page.url(), where, 'its page');
}

module.exports = { fill, keepFile, pages };

// curated.js: what the feeds of other sites brought to the first association, the pages about it, and how its team decides.
'use strict';
const http = require('node:http');
const { check, freePort, same } = require('../interop/rig');

const NEWS = [
	['Wilgen knotten kan weer', 'Vanaf half november mag er weer geknot worden. De eerste werkdag is op de Grote Veldpolder, met soep na afloop.'],
	['Otter gezien bij de stuw', 'Een wandelaar fotografeerde zaterdag een otter. Het is de derde melding dit jaar.'],
	['Nieuwe regels voor maaien langs sloten', 'Het waterschap laat voortaan overal een strook staan, zodat insecten kunnen overwinteren.'],
	['Telweekend in januari', 'Doe mee met de wintertelling. Aanmelden kan tot en met oudejaarsdag.'],
];

const rss = (title, items, name) => `<?xml version="1.0"?><rss version="2.0"><channel><title>${title}</title><link>/</link><language>nl</language>${items.map(([words, more], i) =>
	`<item><title>${words}</title><link>/${name}/${i}</link><guid isPermaLink="false">${name} ${i}</guid><pubDate>${new Date(Date.now() - (i + 2) * 3_600_000).toUTCString()}</pubDate><description>${more}</description></item>`).join('')}</channel></rss>`;

// A site with feeds, for as long as this process is there.
async function publish() {
	const port = await freePort();
	const server = http.createServer((req, res) => {
		const name = /^\/(nieuws|water-\d+)\.xml$/.exec(req.url)?.[1];
		if (!name) res.writeHead(404).end();
		else res.writeHead(200, { 'Content-Type': 'application/rss+xml' }).end(name === 'nieuws' ? rss('Landschap Kromme Rijn', NEWS, name)
			: rss('Waterschap', NEWS.map(([words, more]) => [`Water: ${words}`, more]), name));
	});
	await new Promise((done) => { server.listen(port, '127.0.0.1', done); });
	server.unref();
	return `http://nieuws.localhost:${port}`;
}

async function fill(n) {
	const news = await publish(), anna = await n.signed('anna');
	await anna.fill(await anna.open('/@veldwerk/curated/feeds'), /\/curated\/feeds$/, { address: `${news}/nieuws.xml` });
	const page = await anna.open('/@veldwerk/curated'), last = [...page.text.matchAll(/name="item" value="(\d+)"/g)].at(-1)[1];
	await anna.fill(page, /\/curated$/, { item: last }, 'refuse');
	return { news };
}

const pages = () => [
	['curated', '/@veldwerk/curated', 'anna'],
	['curated-not-placed', '/@veldwerk/curated?show=not-placed', 'anna'],
	['curated-empty', '/@nieuw/curated', 'noor'],
	['curated-feeds', '/@veldwerk/curated/feeds', 'anna'],
	['curated-feeds-none', '/@nieuw/curated/feeds', 'noor'],
];

// Who looks after a community adds a feed, places what it brings, and takes a decision back.
async function decide({ page, seen }, { base, checkRefused, said, news }) {
	await page.goto(`${base}/@excursies`);
	await page.getByText('Beheren', { exact: false }).first().click();
	await page.getByRole('link', { name: 'Nieuws van elders' }).click();
	await page.getByRole('link', { name: 'Voeg een feed toe' }).click();
	await page.fill('#address', `${news}/niets`);
	await page.getByRole('button', { name: 'Lees deze feed' }).click();
	await checkRefused(page, 'address', 422, seen);
	same(await page.inputValue('#address'), `${news}/niets`, 'the address');
	await page.fill('#address', `${news}/water-${Date.now()}.xml`);
	await page.getByRole('button', { name: 'Lees deze feed' }).click();
	same(await said(page), 'Deze feed wordt vanaf nu gelezen.', 'notice');
	await page.getByRole('link', { name: 'Te beslissen', exact: true }).click();
	await page.getByRole('button', { name: 'Plaats wat is aangevinkt' }).click();
	check(await page.getByText('Vink eerst aan waar het om gaat.').first().isVisible(), 'nothing says that nothing is ticked');
	await page.getByLabel('Water: Otter gezien bij de stuw').check();
	await page.getByRole('button', { name: 'Plaats wat is aangevinkt' }).click();
	same(await said(page), 'Je bericht is geplaatst.', 'notice');
	await page.getByLabel('Water: Telweekend in januari').check();
	await page.getByRole('button', { name: 'Deze niet' }).click();
	check((await said(page)).startsWith('Het is niet geplaatst.'), 'notice');
	same(await page.getByRole('checkbox').count(), 2, 'what waits');
	await page.getByRole('link', { name: 'Niet geplaatst', exact: true }).click();
	await page.getByLabel('Water: Telweekend in januari').check();
	await page.getByRole('button', { name: 'Zet terug wat is aangevinkt' }).click();
	same(await said(page), 'Het wacht weer.', 'notice');
	await page.goto(`${base}/@excursies`);
	await page.getByRole('link', { name: 'Water: Otter gezien bij de stuw' }).first().click();
	check(await page.getByRole('link', { name: 'Lees verder bij Waterschap' }).isVisible(), 'the source is not named');
	await page.goto(`${base}/@excursies/curated/feeds`);
	await page.locator('main .list details summary').click();
	await page.getByRole('button', { name: /^Lees hem niet meer/ }).click();
	same(await said(page), 'Deze feed wordt niet meer gelezen.', 'notice');
	check(await page.getByText('Deze community leest nog geen feeds.').isVisible(), 'it is still read');
}

module.exports = { decide, fill, pages };

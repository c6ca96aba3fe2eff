// roll.js: the roll and its circles as people meet them in a browser: a member file written and taken back, something that
// is for members and not there for a visitor, a community left and come back to, and leaving with a choice for each kind.
'use strict';
const { PASSWORD, check, same, until } = require('../interop/rig');

const TOWER = 'Torenwacht';

// A community with members of its own, and one of them.
async function fill(n) {
	const anna = await n.signed('anna');
	await n.community('torenwacht', TOWER, 'bas', 'Wie om de beurt op de toren staat.');
	await anna.fill(await anna.open('/@torenwacht/settings'), /settings$/, { own_members: 'true' });
	await n.command(['role', 'noor', 'member', 'torenwacht']);
}

function pages() {
	return [
		['leave-community', '/c/torenwacht/leave', 'noor'],
		['join-inside', '/c/torenwacht/join', 'noor'],
	];
}

// ---- the member file

async function sends({ page, seen }, { base, checkRefused }, who) {
	const file = `Pas ${who};Wie;Schoenmaat\r\nW${who}1;Wies van ${who};39\r\nW${who}2;Wim van ${who};44\r\n`;
	await page.goto(`${base}/members/import`);
	const away = page.getByRole('button', { name: 'Leg dit bestand weg' });
	if (await away.count() > 0) await away.click();
	await page.setInputFiles('#file', { name: 'leden.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
	await page.getByRole('button', { name: 'Bekijk wat er verandert' }).click();
	check(await page.getByText('In geen kolom staat het lidnummer').isVisible(), 'nothing says that the number lacks');
	await page.selectOption('#column1', 'number');
	await page.selectOption('#column2', 'number');
	await page.getByRole('button', { name: 'Gebruik deze kolommen' }).click();
	await checkRefused(page, null, 422, seen);
	same(await page.inputValue('#column1'), 'number', 'what was chosen');
	await page.selectOption('#column2', 'name');
	await page.getByRole('button', { name: 'Gebruik deze kolommen' }).click();
	await page.getByRole('heading', { name: '2 nieuwe leden' }).waitFor();
}

const ends = (page, words) => page.getByText(words).waitFor({ timeout: 60_000 });
const count = async (page, base, word) => {
	await page.goto(`${base}/members?q=${word}`);
	return page.locator('main').getByText(word, { exact: false }).count();
};

async function writes({ page }, { base }, who) {
	await page.getByRole('button', { name: 'Voer het door' }).click();
	await ends(page, 'Doorgevoerd: 2 nieuw, 0 gewijzigd, 0 beëindigd.');
	check(await count(page, base, `Wies van ${who}`) > 0, 'who is new is not on the roll');
	await page.goto(`${base}/members/import`);
	await page.getByRole('button', { name: 'Neem het terug' }).click();
	await ends(page, 'Teruggedraaid: 2 nieuw, 0 gewijzigd, 0 beëindigd.');
	await page.goto(`${base}/members`);
	same(await page.getByText(`Wies van ${who}`).count(), 0, 'who was taken back');
}

// ---- for members

async function choosesCircle({ page }, visitor, { base, said }, who) {
	const title = `De sleutel van de toren (${who})`;
	await page.goto(`${base}/c/veldwerk/new`);
	await page.fill('#title', title);
	await page.fill('#text', 'Hij hangt achter de balk.');
	await page.check('#reads-members');
	await page.check('#acts-members');
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	same(await said(page), 'Je bericht is geplaatst.', 'notice');
	const own = page.url();
	check(await page.locator('main .tag').getByText('Leden', { exact: true }).first().isVisible(), 'whom it is for');
	await page.goto(`${base}/@veldwerk`);
	check(await page.getByRole('link', { name: title }).first().isVisible(), 'a member sees it');
	await page.getByRole('link', { name: 'Bekijk het als bezoeker' }).click();
	check(await page.getByText('Zo ziet een bezoeker het.').isVisible(), 'as a visitor');
	same(await page.getByRole('link', { name: title }).count(), 0, 'seen as a visitor');
	same((await visitor.page.goto(own)).status(), 404, 'for a visitor');
	await visitor.page.goto(`${base}/@veldwerk`);
	same(await visitor.page.getByText(title).count(), 0, 'for a visitor, in the list');
}

// ---- out of a community, and back

async function leavesCommunity({ page }, { base, said }) {
	await page.goto(`${base}/@torenwacht`);
	await page.getByRole('link', { name: 'Jouw plek erin' }).click();
	await page.getByRole('link', { name: 'Verlaat deze community' }).click();
	await page.getByRole('link', { name: 'Blijven' }).click();
	await page.goto(`${base}/c/torenwacht/leave`);
	await page.getByRole('button', { name: 'Verlaat deze community' }).click();
	await page.getByRole('heading', { level: 1, name: 'Je hebt deze community verlaten' }).waitFor();
	await page.goto(`${base}/@torenwacht`);
	same(await page.getByRole('link', { name: 'Jouw plek erin' }).count(), 0, 'in it still');
	await page.goto(`${base}/c/torenwacht/leave`);
	await page.getByRole('button', { name: 'Maak ongedaan' }).click();
	same(await said(page), 'Je bent weer bij deze community.', 'notice');
	check(await page.getByRole('link', { name: 'Jouw plek erin' }).isVisible(), 'in it again');
}

// ---- leaving, with a choice for each kind

async function leavesSome({ page }, visitor, { node, base, said, paths }, who) {
	const name = `vera_${who.toLowerCase()}`, began = `Wie ruimt de hut op? (${who})`, answered = `Ik was er gisteren (${who}).`;
	await node.member(name, `Vera van ${who}`);
	await page.goto(`${base}/sign-in`);
	await page.fill('#name', name);
	await page.fill('#password', PASSWORD);
	await page.click('main form button');
	await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
	await page.goto(`${base}/c/veldwerk/new`);
	await page.fill('#title', began);
	await page.fill('#text', 'Zaterdag om tien uur.');
	await page.check('#reads-everyone');
	await page.check('#acts-everyone');
	await page.getByRole('button', { name: 'Plaats', exact: true }).click();
	same(await said(page), 'Je bericht is geplaatst.', 'notice');
	const start = new URL(page.url()).pathname.match(/\d+/)[0];
	await page.goto(base + paths.table);
	await page.fill('#text', answered);
	await page.getByRole('button', { name: 'Plaats antwoord' }).click();
	const anna = await node.signed('anna'), think = async (thinking) => anna.fill(await anna.open('/privacy/kept'), /kept$/, { thinking });
	await think('0');
	await page.goto(`${base}/settings/leave`);
	await page.check('#how-choose');
	await page.check('#starts');
	await page.getByRole('button', { name: 'Ga verder' }).click();
	check(await page.getByText('Dit blijft, zonder de naam: begonnen gesprekken;').isVisible(), 'what stays is not said');
	await page.fill('#password', PASSWORD);
	await page.getByRole('button', { name: 'Deze site verlaten' }).click();
	await until('the account is gone', async () => (await node.visitor().open(`/@${name}`)).status === 410, 60);
	await think('1');
	await visitor.page.goto(`${base}/@former_member/${start}`);
	check(await visitor.page.getByRole('heading', { name: began }).first().isVisible(), 'the conversation they began');
	check(await visitor.page.getByText('Oud-lid').first().isVisible(), 'whose it is');
	same(await visitor.page.getByText(`Vera van ${who}`).count(), 0, 'the name');
	await visitor.page.goto(base + paths.table);
	same(await visitor.page.getByText(answered).count(), 0, 'the answer');
}

// `open(who)` gives a browser of someone's, or of nobody's.
async function walk(test, name, open, help) {
	const keeper = await open('anna'), member = await open('noor'), visitor = await open(null), leaver = await open(null);
	if (await test(name('a member file is sent, and its columns are named'), () => sends(keeper, help, help.who)))
		await test(name('it is written, and taken back'), () => writes(keeper, help, help.who));
	await test(name('something for members is not there for a visitor'), () => choosesCircle(member, visitor, help, help.who));
	await test(name('leaves a community, and thinks again'), () => leavesCommunity(member, help));
	await test(name('leaves the site, and some of it stays'), () => leavesSome(leaver, visitor, help, help.who));
	const walks = [keeper, member, visitor, leaver];
	await test(name('nothing went wrong with the roll'), () => same(walks.flatMap((w) => [...w.seen.errors, ...w.seen.foreign]).join('\n'), '', 'errors'));
	for (const one of walks) await one.context.close();
}

module.exports = { fill, pages, walk };

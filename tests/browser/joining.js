// joining.js: people who want to come in: what of it stands at De Dotter, its pages, and the whole way as it is walked.
'use strict';
const { PASSWORD, check, same, until } = require('../interop/rig');

const LINK = { confirm: /\/join\/[\w-]{43,64}(?=")/, status: /\/join\/status\/[\w-]+/, invited: /\/join\/invited\/\w+/ };
const link = (node, name, part, pattern) => until(`mail for ${name}`, () => pattern.exec((node.mail(name, part) || '').replace(/\s+(?=[^<]*>)/g, ' '))?.[0]);
const path = (page) => new URL(page.url).pathname;

// A visitor who asks; where the request stands once the address is confirmed.
async function ask(n, name, fields, where = '/join') {
	const visitor = n.visitor();
	await visitor.fill(await visitor.open(where), /\/join$/, { name, email: `${name.toLowerCase()}@example.org`, ...fields });
	const confirm = await link(n, name.toLowerCase(), '/join/', LINK.confirm);
	return { confirm, press: async () => path(await visitor.fill(await visitor.open(confirm), /\/join\/[\w-]+$/)) };
}

async function fill(n) {
	await n.command(['joining', 'request', '--guests']);
	const anna = await n.signed('anna');
	await anna.fill(await anna.open('/joining/settings'), (f) => f.action === '/joining/settings' && f.method === 'POST', { days: '5', intro: 'Voor wie van de natuur **langs de Kromme Rijn** houdt. Het kost 20 euro per jaar.',
		questions: 'Waar woon je?\nHeb je al eens geteld?' });
	await n.community('plassen', 'Plassenwerkgroep', 'bas', 'Voor wie de plassen bij Wijk in het hart draagt.');
	const plassen = /value="(\d+)"(?: selected)?>Plassenwerkgroep/.exec((await anna.open('/joining')).text)[1];
	await anna.fill(await anna.open(`/joining/settings?place=${plassen}`), (f) => f.action === '/joining/settings' && f.method === 'POST', { unopened: 'true', goal: '200' });
	const answers = { motive: 'Ik loop elke dag langs de rivier en wil leren wat ik zie.', answer1: 'In Odijk', answer2: 'Nog nooit, maar ik wil graag.' };
	const status = await (await ask(n, 'Sara', answers)).press();
	const refused = await (await ask(n, 'Reinier', { ...answers, motive: 'Ik verkoop verrekijkers.' })).press();
	const waiting = (await anna.open('/joining')).text;
	const [request, turned] = ['Sara', 'Reinier'].map((name) => new RegExp(`/joining/requests/\\d+(?=">${name})`).exec(waiting)[0]);
	await anna.fill({ ...await anna.open(turned), text: (await anna.open(turned)).text.replace('/accept"', '/refuse"') }, /\/refuse$/, { reason: 'We zijn een vereniging, geen winkel.' });
	await n.command(['invite', 'wil@example.org', '--message', 'Jij kent elke libel. Kom je ons helpen? Het is een ochtend per maand.']);
	const invited = await link(n, 'wil', '/join/invited/', LINK.invited);
	await anna.fill(await anna.open('/joining/invitations'), /\/joining\/invitations$/, { uses: '25', words: 'Van de open dag' });
	const { confirm } = await ask(n, 'Bente', answers);
	const nils = n.visitor(), open = (await n.command(['invite', '--uses', '3'])).match(LINK.invited)[0];
	await nils.fill(await nils.open(open), /invited/, { name: 'Nils Vos', email: 'nils@example.org' });
	const account = path(await nils.fill(await nils.open(await link(n, 'nils', '/join/', LINK.confirm)), /\/join\/[\w-]+$/));
	await nils.fill(await nils.open(account), /\/join\/[\w-]+$/, { name: 'nils', title: 'Nils Vos', password: PASSWORD });
	const twee = n.visitor();
	await twee.fill(await twee.open(open), /invited/, { name: 'Tom', email: 'tom@example.org' });
	const last = path(await twee.fill(await twee.open(await link(n, 'tom', '/join/', LINK.confirm)), /\/join\/[\w-]+$/));
	return { join: { plassen, status, refused, request, turned, invited, confirm, account: last } };
}

function pages({ join }) {
	return [
		['join', '/join', null],
		['join-guest', '/join?as=guest', null],
		['join-known', '/join', 'nils'],
		['join-list', '/c/plassen/join', null],
		['join-list-known', '/c/plassen/join', 'noor'],
		['join-sent', '/join/sent', null],
		['join-confirm', join.confirm, null],
		['join-account', join.account, null],
		['join-over', '/join/niets', null, 410],
		['join-status', join.status, null],
		['join-status-refused', join.refused, null],
		['join-status-over', '/join/status/niets', null, 410],
		['join-invited', join.invited, null],
		['join-invited-known', join.invited, 'noor'],
		['join-invited-over', '/join/invited/niets', null, 410],
		['community-unopened', '/@plassen', null],
		['joining', '/joining', 'anna'],
		['joining-refused', '/joining?state=refused', 'anna'],
		['joining-nothing', '/joining?state=listed', 'anna'],
		['joining-request', join.request, 'anna'],
		['joining-request-refused', join.turned, 'anna'],
		['joining-texts', '/joining/texts', 'anna'],
		['joining-invitations', '/joining/invitations', 'anna'],
		['joining-settings', '/joining/settings', 'anna'],
		['joining-settings-community', `/joining/settings?place=${join.plassen}`, 'anna'],
		['overview-new', '/overview', 'nils'],
	];
}

// ---- the way itself: { page, seen } is a visitor's, `team` the board's

async function asks({ page, seen }, { sendAsIs, checkRefused, base }, name) {
	await page.goto(`${base}/join`);
	await page.getByRole('heading', { level: 1, name: 'Word lid' }).waitFor();
	await sendAsIs(page, 'main form', { name, email: 'geen adres', motive: 'Omdat ik wil leren.', answer1: 'In Bunnik', answer2: 'Ja' });
	await checkRefused(page, 'email', 422, seen);
	same(await page.inputValue('#motive'), 'Omdat ik wil leren.', 'what was typed');
	await sendAsIs(page, 'main form', { email: `${name.toLowerCase()}@example.org`, answer2: '  ' });
	await checkRefused(page, 'answer2', 422, seen);
	await page.fill('#answer2', 'Een keer, met school');
	await page.getByRole('button', { name: 'Vraag aan' }).click();
	await page.getByRole('heading', { level: 1, name: 'Kijk in je mail' }).waitFor();
}

async function confirms({ page }, { node, base }, name) {
	await page.goto(base + await link(node, name.toLowerCase(), '/join/', LINK.confirm));
	check(await page.getByText(`${name.toLowerCase()}@example.org`).isVisible(), 'which address it is');
	await page.getByRole('button', { name: 'Ja, ga verder' }).click();
	await page.getByText('Je aanvraag wacht op antwoord.').waitFor();
	check(await page.getByText('We antwoorden binnen 5 dagen.').isVisible(), 'within how long');
	return page.url();
}

async function refuses({ page, seen }, { checkRefused, said, base }, name) {
	await page.goto(`${base}/overview`);
	await page.getByRole('link', { name: /wacht(en)? op antwoord/ }).click();
	await page.getByRole('link', { name, exact: true }).click();
	check(await page.getByText('Een keer, met school').isVisible(), 'the answers');
	await page.getByRole('button', { name: 'Weiger', exact: true }).click();
	await checkRefused(page, 'reason', 422, seen);
	await page.selectOption('#text', { label: 'Vertel ons meer' });
	await page.getByRole('button', { name: 'Gebruik deze tekst' }).click();
	check((await page.inputValue('#reason')).startsWith('Bedankt voor je aanvraag.'), 'the text that is kept');
	await page.fill('#reason', 'Vertel ons eerst iets meer.');
	await page.getByRole('button', { name: 'Weiger', exact: true }).click();
	check((await said(page)).startsWith('Geweigerd.'), 'notice');
}

async function letsIn({ page }, { said, base }, name) {
	await page.goto(`${base}/joining?state=refused`);
	await page.getByRole('link', { name, exact: true }).click();
	await page.fill('#reason', 'Welkom, na het gesprek van gisteren.');
	await page.getByRole('button', { name: 'Laat toch toe' }).click();
	check((await said(page)).startsWith('Toegelaten.'), 'notice');
}

async function begins({ page, seen }, { node, base, checkRefused, said }, name) {
	const mail = await until('the mail', () => node.mail(name.toLowerCase(), 'Welkom, na het gesprek'));
	await page.goto(base + LINK.confirm.exec(mail.replace(/\s+(?=[^<]*>)/g, ' '))[0]);
	await page.getByRole('heading', { level: 1, name: 'Maak je account' }).waitFor();
	same(await page.inputValue('#name'), name.toLowerCase(), 'a name to begin with');
	await page.fill('#name', 'anna');
	await page.getByRole('button', { name: 'Maak mijn account' }).click();
	await checkRefused(page, 'name', 422, seen);
	await page.fill('#name', name.toLowerCase());
	await page.fill('#password', PASSWORD);
	await page.getByRole('button', { name: 'Maak mijn account' }).click();
	check((await said(page)).startsWith('Je account is gemaakt'), 'notice');
	same(await page.locator('main .card ol li').count(), 3, 'things to begin with');
	await page.getByRole('button', { name: 'Ik weet de weg' }).click();
	same(await page.locator('main .card ol li').count(), 0, 'things to begin with, hidden');
	await page.goto(`${base}/join`);
	check(await page.getByText('Je bent al lid.').isVisible(), 'a member now');
}

async function walk(test, name, walker, team, help) {
	const who = help.who;
	let status;
	await test(name('a visitor asks to join'), () => asks(walker, help, who));
	await test(name('confirms the address'), async () => { status = await confirms(walker, help, who); });
	if (!status) return;
	await test(name('the board refuses, with a reason'), () => refuses(team, help, who));
	await test(name('who asked reads why'), async () => {
		await walker.page.goto(status);
		check(await walker.page.getByText('Vertel ons eerst iets meer.').isVisible(), 'the reason');
	});
	await test(name('the board lets in after all'), () => letsIn(team, help, who));
	await test(name('an account is made, and three things to begin with'), () => begins(walker, help, who));
	await test(name('puts themselves on a list'), async () => {
		await walker.page.goto(`${help.base}/@plassen`);
		await walker.page.getByRole('link', { name: 'Zet je op de lijst' }).click();
		await walker.page.getByRole('button', { name: 'Zet me op de lijst' }).click();
		check(await walker.page.getByRole('heading', { name: 'Je staat op de lijst' }).isVisible(), 'on the list');
	});
	await test(name('the board invites'), async () => {
		await team.page.goto(`${help.base}/joining/invitations`);
		await team.page.fill('#emails', 'niets');
		await team.page.getByRole('button', { name: 'Nodig uit' }).click();
		await help.checkRefused(team.page, 'emails', 422, team.seen);
		await team.page.fill('#emails', '');
		await team.page.fill('#uses', '2');
		await team.page.getByRole('button', { name: 'Nodig uit' }).click();
		const made = await team.page.locator('main .list input').first().inputValue();
		await team.page.getByRole('button', { name: 'Trek het in' }).first().click();
		await walker.page.goto(made);
		await walker.page.getByRole('heading', { level: 1, name: 'Deze link werkt niet meer' }).waitFor();
	});
}

module.exports = { fill, pages, walk };

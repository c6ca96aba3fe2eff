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
	await n.community('nachtdieren', 'Nachtdieren', 'bas', 'Vleermuizen, uilen en dassen.');
	const bas = await n.signed('bas');
	await bas.fill(await bas.open('/@nachtdieren/settings'), /\/settings$/, { own_members: 'true' });
	await n.command(['role', 'noor', 'expert', 'nachtdieren']);
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
		['community-leave', '/c/nachtdieren/leave', 'noor'],
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

// ---- a guest: an address and a first name, what is for everyone, and away again

async function becomesGuest({ page, seen }, { node, base, sendAsIs, checkRefused, said }, name) {
	const low = name.toLowerCase();
	await page.goto(`${base}/join`);
	await page.getByRole('link', { name: 'Alleen kennismaken? Maak een gastaccount' }).click();
	await sendAsIs(page, 'main form', { name, email: 'geen adres' });
	await checkRefused(page, 'email', 422, seen);
	await page.fill('#email', `${low}@example.org`);
	await page.getByRole('button', { name: 'Maak een gastaccount' }).click();
	await page.getByRole('heading', { level: 1, name: 'Kijk in je mail' }).waitFor();
	await page.goto(base + await link(node, low, '/join/', LINK.confirm));
	const confirm = page.getByRole('button', { name: 'Ja, ga verder' });
	if (await confirm.count() > 0) await confirm.click();
	await page.fill('#name', low);
	await page.fill('#password', PASSWORD);
	await page.getByRole('button', { name: 'Maak mijn account' }).click();
	check((await said(page)).startsWith('Je account is gemaakt'), 'notice');
	check(await page.getByText('Je bent hier als gast: je ziet wat voor iedereen is.').isVisible(), 'nothing says what a guest is');
}

// What is for everyone, and nothing else; an answer where everyone may.
async function looksAround({ page, seen }, { base, said, paths }) {
	await page.goto(`${base}/agenda`);
	check(await page.getByRole('link', { name: 'Dotterwandeling langs de Kromme Rijn' }).first().isVisible(), 'an event for everyone');
	same(await page.getByText('Ledenavond in het clubhuis').count(), 0, 'an event for members');
	await page.goto(`${base}/@veldwerk`);
	await page.getByRole('button', { name: 'Volg', exact: true }).first().click();
	await page.goto(base + paths.table);
	await page.fill('#text', 'Ik zag er een bij de brug.');
	await page.getByRole('button', { name: 'Plaats antwoord' }).click();
	same(await said(page), 'Je antwoord is geplaatst.', 'notice');
	const own = page.url();
	await page.goto(`${base}/members`);
	same(seen.answers.findLast((a) => a.request().isNavigationRequest()).status(), 404, 'the roll');
	await page.goto(`${base}/overview`);
	check(await page.getByRole('link', { name: 'Word lid' }).first().isVisible(), 'no way on to being a member');
	return own;
}

// Chooses what stays, thinks again, and goes after all: at once, where nobody is given time to think.
async function leavesAgain({ page, seen }, { node, base, sendAsIs, checkRefused, said }, name, own) {
	const anna = await node.signed('anna'), think = async (thinking) => anna.fill(await anna.open('/privacy/kept'), /kept$/, { thinking });
	const ask = async () => {
		await page.goto(`${base}/settings/leave`);
		await page.check('#how-everything');
		await page.locator('main form[action="/settings/leave/sure"] button').click();
	};
	await ask();
	await sendAsIs(page, 'main form[action="/settings/leave"]', { password: 'een ander wachtwoord' });
	await checkRefused(page, 'password', 422, seen);
	await page.fill('#password', PASSWORD);
	await page.getByRole('button', { name: 'Deze site verlaten' }).click();
	await page.getByRole('button', { name: 'Ik blijf toch' }).click();
	same(await said(page), 'Je blijft. Er is niets veranderd.', 'notice');
	await think('0');
	await ask();
	await page.fill('#password', PASSWORD);
	await page.getByRole('button', { name: 'Deze site verlaten' }).click();
	const status = await until('the mail', () => /\/left\/[\w-]{43,64}/.exec(node.mail(name.toLowerCase(), '/left/') || '')?.[0]);
	await until('the account is gone', async () => (await node.visitor().open(`/@${name.toLowerCase()}`)).status === 410, 60);
	await think('1');
	await page.goto(base + status);
	await page.getByRole('heading', { level: 1, name: 'Je gegevens worden verwijderd' }).waitFor();
	await page.goto(`${base}/overview`);
	check(page.url().includes('/sign-in'), 'signed in still');
	await page.goto(own);
	same(await page.getByText('Ik zag er een bij de brug.').count(), 0, 'what they wrote');
}

async function guest(test, name, walker, help) {
	const who = help.who;
	let own;
	if (!await test(name('a visitor becomes a guest'), () => becomesGuest(walker, help, who))) return;
	await test(name('reads and answers what is for everyone'), async () => { own = await looksAround(walker, help); });
	await test(name('thinks again, and leaves'), () => leavesAgain(walker, help, who, own));
}

// ---- a community that opens when enough people stand on its list

async function opens(test, name, member, team, visitor, help) {
	const { node, base, said } = help, low = `moeras_${help.who.toLowerCase()}`, title = `Moeras van ${help.who}`;
	const listed = async (words) => {
		await member.page.goto(`${base}/@${low}`);
		check(await member.page.getByText(words).first().isVisible(), `it does not say "${words}"`);
	};
	await test(name('a community waits for enough people'), async () => {
		await node.community(low, title, 'bas', 'Voor wie natte voeten durft te krijgen.');
		await team.page.goto(`${base}/joining/settings`);
		await team.page.selectOption('#which-place', { label: title });
		await team.page.getByRole('button', { name: 'Laat zien' }).click();
		await team.page.check('#unopened');
		await team.page.fill('#goal', '5');
		await team.page.getByRole('button', { name: 'Bewaar', exact: true }).click();
		await listed('Deze community is nog niet open.');
	});
	await test(name('a member and visitors put themselves on its list'), async () => {
		await member.page.getByRole('link', { name: 'Zet je op de lijst' }).click();
		await member.page.getByRole('button', { name: 'Zet me op de lijst' }).click();
		for (const one of ['ad', 'bo', 'cas']) // a number this small is not told
			await (await ask(node, `${one}_${low}`, {}, `/c/${low}/join`)).press();
		await member.page.goto(`${base}/@${low}`);
		same(await member.page.getByText('mensen staan op de lijst').count(), 0, 'told of four');
		await visitor.page.goto(`${base}/c/${low}/join`);
		await visitor.page.fill('#name', 'Ria');
		await visitor.page.fill('#email', `ria_${low}@example.org`);
		await visitor.page.getByRole('button', { name: 'Zet me op de lijst' }).click();
		await visitor.page.goto(base + await link(node, `ria_${low}`, '/join/', LINK.confirm));
		await visitor.page.getByRole('button', { name: 'Ja, ga verder' }).click();
		check(await visitor.page.getByText('Je staat op de lijst').first().isVisible(), 'the visitor is on the list');
		await listed('5 van 5 mensen staan op de lijst.');
	});
	await test(name('it opens: who was on the list is in, hears of it, and writes'), async () => {
		await team.page.goto(`${base}/joining/settings`);
		await team.page.selectOption('#which-place', { label: title });
		await team.page.getByRole('button', { name: 'Laat zien' }).click();
		check(await team.page.getByText('5 van 5 mensen staan op de lijst.').isVisible(), 'how many wait');
		await team.page.getByRole('button', { name: 'Open de community' }).click();
		same(await said(team.page), 'De community is open. Wie op de lijst stond, krijgt bericht.', 'notice');
		await until('the mail to who was on the list', () => node.mail(`ria_${low}`, title));
		await member.page.goto(`${base}/@${low}`);
		same(await member.page.getByText('nog niet open').count(), 0, 'it says still that it is not open');
		await member.page.getByRole('link', { name: 'Nieuw gesprek' }).first().click();
		await member.page.fill('#text', 'Eindelijk open!');
		await member.page.getByRole('button', { name: 'Plaats', exact: true }).click();
		same(await said(member.page), 'Je bericht is geplaatst.', 'notice');
	});
}

module.exports = { fill, guest, opens, pages, walk };

// site.js: what pages.test and shots look at: two associations with Dutch contents, and a browser.
'use strict';
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PASSWORD, Program, Visitor, ask, execute, freePort, sleep, until } = require('../interop/rig');
const joining = require('./joining');
const roll = require('./roll');
const { DAMAGED, MEMBERS, agree, begin, fillDotter, fillZuid, found, fromElsewhere, gather, illustrate, know, leave, plan, talk } = require('./contents');
const board = require('./board');
const shared = require('./shared');
const curated = require('./curated');

const top = path.resolve(__dirname, '../..');
const kring = process.env.KRING || path.join(top, 'build/kring');
const CLOCK = '/usr/lib/*/faketime/libfaketimeMT.so.1';

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
		Object.assign(this, { dir: path.join(dir, name), domain: `${name}.localhost:${port}`, port, program: null, env: {} });
		this.base = `http://${this.domain}`;
	}

	async command(args, input = '') {
		const done = await execute(kring, ['--data', this.dir, ...args], { input, env: this.env });
		if (done.code !== 0) throw new Error(`kring ${args.join(' ')}: ${done.code} ${(done.err + done.out).trim().slice(-1500)}`);
		return done.out.trim();
	}

	async init(name, summary) {
		await this.command(['init', '--domain', this.domain, '--base-url', this.base, '--name', name,
			'--listen', `127.0.0.1:${this.port}`, '--language', 'nl', '--allow-loopback']);
		const ini = path.join(this.dir, 'kring.ini');
		fs.writeFileSync(ini, fs.readFileSync(ini, 'utf8').replace(/^summary = .*$/m, `summary = ${summary}`).replace(/^mail = .*$/m, 'mail = sink').replace(/^trusted_proxy = .*$/m, 'trusted_proxy = 127.0.0.1').replace(/^roll_second_factor = .*$/m, 'roll_second_factor = no'));
	}

	async serve() {
		this.program = new Program(kring, ['--data', this.dir, 'serve'], `${this.dir}.log`, { env: this.env });
		await until(`${this.domain} answers`, async () =>
			(await ask('GET', `http://127.0.0.1:${this.port}/health`)).status < 500, 30);
	}

	// What a failing disk does to whatever record holds these words.
	damage(words) {
		const file = path.join(this.dir, 'store', 'data.mdb'), bytes = fs.readFileSync(file), mark = Buffer.from(words);
		for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at)) bytes.fill(0xff, at, at + mark.length);
		fs.writeFileSync(file, bytes);
	}

	// The program and its commands see the clock of now, or of days ago.
	clock(days) {
		const clock = execFileSync('sh', ['-c', `echo ${CLOCK}`], { encoding: 'utf8' }).trim();
		this.env = days ? { LD_PRELOAD: clock, FAKETIME: `-${days}d` } : {};
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

	// Each comes from a network of their own, says the proxy.
	visitor() {
		this.visitors = (this.visitors || 0) + 1;
		return new Visitor(this.base, { headers: { 'Accept-Language': 'en', 'X-Forwarded-For': `203.0.113.${this.visitors % 250}` } });
	}

	// What the newest mail to somebody that has this in it says, as text.
	mail(name, part) {
		const dir = path.join(this.dir, 'mail');
		const all = fs.existsSync(dir) ? fs.readdirSync(dir).filter((file) => file.endsWith('.eml')).sort() : [];
		const texts = all.map((file) => fs.readFileSync(path.join(dir, file), 'utf8')).filter((mail) => mail.includes(`\r\nTo: <${name}@example.org>\r\n`))
			.map((mail) => mail.replace(/=\r\n/g, '').replace(/=3D/g, '='));
		return texts.reverse().find((text) => text.includes(part));
	}

	// Once each: signing in has a pace.
	signed(name) {
		const enter = async (visitor) => {
			await visitor.signIn(name, PASSWORD);
			return visitor;
		};
		return (this.people ??= {})[name] ??= enter(this.visitor());
	}
}

// Both, running, with all of this; `dir` is a directory of this run.
async function build(dir) {
	const dotter = new Node(dir, 'dotter', await freePort()), zuid = new Node(dir, 'zuid', await freePort());
	const paths = {};
	const stop = async () => {
		paths.elsewhere?.there.stop();
		for (const n of [dotter, zuid]) if (n.program) await n.program.stop();
	};
	try {
		await dotter.init('Natuurvereniging De Dotter', 'Tellen, beheren en genieten van de natuur langs de Kromme Rijn. Sinds 1974, met 2.140 leden.');
		await zuid.init('Vogelwerkgroep Zuid', 'Vogels kijken in het zuiden van de streek.');
		await zuid.serve();
		dotter.clock(9);
		await dotter.serve();
		Object.assign(paths, await fillDotter(dotter));
		await dotter.program.stop();
		dotter.clock(0);
		await dotter.serve();
		Object.assign(paths, await talk(dotter, paths));
		Object.assign(paths, await illustrate(dotter));
		Object.assign(paths, await gather(dotter));
		paths.board = await board.fill(dotter);
		paths.shared = await shared.fill(dotter);
		paths.curated = await curated.fill(dotter);
		await found(dotter);
		Object.assign(paths, { know: await know(dotter) });
		Object.assign(paths, await joining.fill(dotter));
		await roll.fill(dotter);
		Object.assign(paths, await fillZuid(zuid, dotter, paths));
		Object.assign(paths, await begin(dotter, paths));
		paths.consent = await agree(dotter);
		paths.left = await leave(dotter);
		paths.elsewhere = await fromElsewhere(dotter);
		await until('it can be searched', async () => { // which may be asked once a second
			await sleep(1000);
			return (await dotter.visitor().open('/search?q=uitkijktoren')).text.includes('Zaterdag tellen');
		});
		await dotter.program.stop();
		dotter.damage(DAMAGED);
		await dotter.serve();
		await plan(dotter); // which no restart keeps
		return { dotter, zuid, paths, stop };
	} catch (e) {
		await stop();
		throw e;
	}
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

module.exports = { MEMBERS, Node, PASSWORD, browse, build, find, signIn };

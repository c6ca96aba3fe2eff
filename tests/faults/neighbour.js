// neighbour.js: another node as a test needs it: people with keys, documents that may be anything, an inbox that behaves as told.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const { ACTIVITY, freePort, sleep } = require('../interop/rig.js');

const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const CONTEXT = 'https://www.w3.org/ns/activitystreams';

class Neighbour {
	// `behave(activity, answer, name)` answers what is posted to an inbox; without it all is taken with 202.
	constructor(name, behave) {
		Object.assign(this, { name, behave, documents: new Map(), asked: new Map(), heard: [], people: new Map(), number: 0 });
		this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
		this.callers = 0; // each time from another address, where the node trusts us as its proxy
	}

	async start() {
		this.port = await freePort();
		this.base = `http://${this.name}.localhost:${this.port}`;
		this.server = http.createServer((call, answer) => this.serve(call, answer));
		await new Promise((done) => this.server.listen(this.port, '127.0.0.1', done));
		return this;
	}

	stop() {
		this.agent.destroy();
		this.server.closeAllConnections();
		this.server.close();
	}

	// { id, key }: a person with a document.
	person(name, type = 'Person') {
		const id = `${this.base}/u/${name}`;
		const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
		this.documents.set(`/u/${name}`, { '@context': CONTEXT, id, type, preferredUsername: name, inbox: `${id}/inbox`,
			outbox: `${id}/outbox`, followers: `${id}/followers`, publicKey: { id: `${id}#main-key`, owner: id,
				publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) } });
		const person = { id, key: privateKey };
		this.people.set(name, person);
		return person;
	}

	note(person, content, more = {}) {
		const id = more.id || `${this.base}/n/${++this.number}`;
		return { '@context': CONTEXT, id, type: 'Note', attributedTo: person.id, content, to: [PUBLIC], cc: [`${person.id}/followers`],
			published: new Date().toISOString().replace(/\.\d+/, ''), ...more };
	}

	act(person, type, object, more = {}) {
		return { '@context': CONTEXT, id: `${this.base}/a/${++this.number}`, type, actor: person.id, object, to: [PUBLIC], ...more };
	}

	create(person, content, more) {
		const note = this.note(person, content, more);
		return this.act(person, 'Create', note);
	}

	serve(call, answer) {
		const path = call.url.split('?')[0];
		this.asked.set(path, (this.asked.get(path) || 0) + 1);
		if (call.method === 'POST') {
			let body = '';
			call.on('data', (d) => { body += d; });
			call.on('error', () => {});
			call.on('end', () => {
				const activity = JSON.parse(body);
				this.heard.push(activity);
				if (this.behave) this.behave(activity, answer, call.headers.host);
				else answer.writeHead(202).end();
			});
			return;
		}
		const document = this.documents.get(path) ?? this.otherwise?.(path);
		if (document === undefined) answer.writeHead(404).end();
		else if (typeof document === 'function') document(call, answer);
		else answer.writeHead(200, { 'Content-Type': ACTIVITY }).end(typeof document === 'string' ? document : JSON.stringify(document));
	}

	// The headers of a signed POST (draft-cavage-12).
	sign(person, node, path, body) {
		const date = new Date().toUTCString(), digest = `SHA-256=${crypto.createHash('sha256').update(body).digest('base64')}`;
		const words = `(request-target): post ${path}\nhost: ${node.domain}\ndate: ${date}\ndigest: ${digest}`;
		const signature = crypto.sign('sha256', Buffer.from(words), person.key).toString('base64');
		const caller = ++this.callers;
		return { Host: node.domain, 'X-Forwarded-For': `198.19.${caller >> 8 & 255}.${caller & 255}`, Date: date, Digest: digest, 'Content-Type': ACTIVITY,
			Signature: `keyId="${person.id}#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="${signature}"` };
	}

	// Posts an activity, or any bytes; its status, 0 when the connection ended without one.
	send(person, node, activity, path = '/inbox') {
		const body = Buffer.isBuffer(activity) || typeof activity === 'string' ? activity : JSON.stringify(activity);
		return this.post(node, path, this.sign(person, node, path, body), body);
	}

	// The same of what was signed before.
	post(node, path, signed, body) {
		const headers = { ...signed, 'Content-Length': Buffer.byteLength(body) };
		return new Promise((done) => {
			const call = http.request({ method: 'POST', host: '127.0.0.1', port: node.port, path, headers, agent: this.agent, timeout: 30000 },
				(answer) => answer.resume().on('end', () => done(answer.statusCode)).on('error', () => done(0)));
			call.on('timeout', () => call.destroy());
			call.on('error', () => done(0));
			call.end(body);
		});
	}

	// As often as it takes while the node says "later".
	async deliver(person, node, activity, path) {
		for (let tries = 0; tries < 200; tries++) {
			const status = await this.send(person, node, activity, path);
			if (status !== 0 && status !== 429 && status !== 503) return status;
			await sleep(100);
		}
		return 0;
	}
}

// Bytes of memory that are a program's own: the store's pages belong to the system's cache.
function memory(program) {
	const status = fs.readFileSync(`/proc/${program.child.pid}/status`, 'utf8');
	return +(status.match(/RssAnon:\s+(\d+)/) || [0, 0])[1] * 1024; // none when it is ending
}

const quantile = (list, q) => list.length ? [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))] : 0;

module.exports = { CONTEXT, Neighbour, PUBLIC, memory, quantile };

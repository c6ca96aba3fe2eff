// far.js: what stands around the node under test: a node of our own making, whose people sign what they ask and keep all
// they are sent; and taps before the real ones, which keep all that passes.
'use strict';
const crypto = require('node:crypto');
const http = require('node:http');
const { ACTIVITY, ask, check } = require('../interop/rig.js');

const body = (stream) => new Promise((done, fail) => {
	const parts = [];
	stream.on('data', (d) => parts.push(d)).on('error', fail).on('end', () => done(Buffer.concat(parts)));
});

// As it went over the wire, for who looks for words in it.
const spoken = (q, content) => `${q.method} ${q.url}\n${q.rawHeaders.join('\n')}\n\n${content.toString('utf8')}`;

// Passes on what comes at `port` to `to`, and keeps it.
class Tap {
	constructor(port, to) {
		this.heard = [];
		this.server = http.createServer(async (q, r) => {
			const content = await body(q);
			this.heard.push(spoken(q, content));
			const passed = http.request({ host: '127.0.0.1', port: to, method: q.method, path: q.url, headers: q.headers }, (a) => {
				r.writeHead(a.statusCode, a.headers);
				a.pipe(r);
			});
			passed.on('error', () => r.writeHead(502).end());
			passed.end(content);
		}).listen(port, '127.0.0.1');
	}
}

class Far {
	constructor(host, port, base = `https://${host}`, ca) {
		Object.assign(this, { host, base, ca, people: new Map(), posts: new Map(), got: [], heard: [], refused: 0 });
		this.server = http.createServer((q, r) => this.serve(q, r)).listen(port, '127.0.0.1');
	}

	person(name) {
		const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048,
			publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
		const uri = `${this.base}/u/${name}`;
		this.people.set(name, { name, uri, key: pair.privateKey, document: {
			'@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
			id: uri, type: 'Person', preferredUsername: name, name, inbox: `${uri}/inbox`, outbox: `${uri}/outbox`,
			followers: `${uri}/followers`, url: `${this.base}/@${name}`,
			publicKey: { id: `${uri}#main-key`, owner: uri, publicKeyPem: pair.publicKey } } });
		return this.people.get(name);
	}

	async serve(q, r) {
		const url = new URL(q.url, this.base), content = await body(q);
		const answer = (status, type, what) => r.writeHead(status, { 'Content-Type': type }).end(what && JSON.stringify(what));
		const person = this.people.get(url.pathname.split('/')[2]);
		const asked = (url.searchParams.get('resource') || '').match(/^acct:([^@]+)@/);
		if (this.refuses?.some((word) => content.includes(word))) { // for now: it is brought again
			this.refused++;
			return answer(500, 'text/plain');
		}
		this.heard.push(spoken(q, content));
		if (q.method === 'POST') {
			this.got.push(JSON.parse(content.toString('utf8')));
			answer(202, 'text/plain');
		} else if (url.pathname === '/.well-known/webfinger' && asked && this.people.has(asked[1])) {
			answer(200, 'application/jrd+json', { subject: `acct:${asked[1]}@${this.host}`,
				links: [{ rel: 'self', type: ACTIVITY, href: this.people.get(asked[1]).uri }] });
		} else if (person && url.pathname === `/u/${person.name}`) {
			answer(200, ACTIVITY, person.document);
		} else if (this.posts.has(url.pathname)) { // whoever asks
			answer(200, ACTIVITY, this.posts.get(url.pathname));
		} else if (url.pathname === '/feed.xml' && this.feed) {
			r.writeHead(200, { 'Content-Type': 'application/rss+xml' }).end(this.feed);
		} else {
			answer(404, 'text/plain');
		}
	}

	// The headers of a request signed by this person (draft-cavage-12).
	signed(person, method, address, content) {
		const url = new URL(address), date = new Date().toUTCString();
		const digest = content === undefined ? null : `SHA-256=${crypto.createHash('sha256').update(content).digest('base64')}`;
		const base = `(request-target): ${method.toLowerCase()} ${url.pathname}${url.search}\nhost: ${url.host}\ndate: ${date}` +
			(digest ? `\ndigest: ${digest}` : '');
		const signature = crypto.sign('sha256', base, person.key).toString('base64');
		return { Date: date, ...(digest && { Digest: digest }),
			Signature: `keyId="${person.uri}#main-key",algorithm="rsa-sha256",headers="(request-target) host date` +
				`${digest ? ' digest' : ''}",signature="${signature}"` };
	}

	async send(person, inbox, activity) {
		const content = JSON.stringify({ '@context': 'https://www.w3.org/ns/activitystreams', actor: person.uri, ...activity });
		const sent = await ask('POST', inbox, { body: content, ca: this.ca,
			headers: { 'Content-Type': ACTIVITY, ...this.signed(person, 'POST', inbox, content) } });
		check(sent.status < 300, `${inbox} answered ${sent.status}: ${sent.text}`);
	}
}

module.exports = { Far, Tap };

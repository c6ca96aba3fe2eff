// letter.js: requests to an inbox as bytes on a socket: signed by hand in both forms, bent, and sent as they are.
'use strict';
const crypto = require('node:crypto');
const net = require('node:net');

const TYPE = 'application/activity+json', PIECE = 32 << 10;
const sha256 = (body) => crypto.createHash('sha256').update(body).digest('base64');
const name = (line) => line[0].toLowerCase();

// { method, target, lines: [[name, value]], body }: what is sent, in this order.
class Letter {
	constructor({ method = 'POST', target, lines, body }) {
		Object.assign(this, { method, target, lines, body: Buffer.from(body) });
	}

	// What Fedify signed.
	static of({ method, url, headers, body }) {
		const { pathname, search } = new URL(url);
		return new Letter({ method, target: pathname + search, lines: headers, body });
	}

	with(changes) {
		return new Letter({ ...this, ...changes });
	}

	get(which) {
		return this.lines.find((l) => name(l) === which)?.[1];
	}

	has(which) {
		return this.get(which) !== undefined;
	}

	set(which, value) {
		return this.with({ lines: this.lines.map((l) => name(l) === which ? [l[0], value] : l) });
	}

	change(which, from, to) {
		const value = this.get(which);
		if (value === undefined || value.replace(from, to) === value) throw new Error(`${which}: nothing to change`);
		return this.set(which, value.replace(from, to));
	}

	drop(which) {
		return this.with({ lines: this.lines.filter((l) => name(l) !== which) });
	}

	add(...line) {
		return this.with({ lines: [...this.lines, line] });
	}

	// The status of the answer; 0: the connection ended without one. Long ones go piece by piece, until there is an answer.
	send(port) {
		const lines = [...this.lines, ...(this.has('content-length') ? [] : [['Content-Length', `${this.body.length}`]]), ['Connection', 'close']];
		const head = `${this.method} ${this.target} HTTP/1.1\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`;
		return new Promise((done) => {
			let answer = '';
			const all = Buffer.concat([Buffer.from(head, 'latin1'), this.body]);
			const piece = (at) => {
				if (at >= all.length || answer || socket.destroyed) return;
				socket.write(all.subarray(at, at + PIECE));
				setTimeout(piece, 2, at + PIECE);
			};
			const socket = net.connect(port, '127.0.0.1', () => piece(0));
			socket.setTimeout(20000, () => socket.destroy());
			socket.on('data', (d) => { answer += d.toString('latin1'); });
			socket.on('error', () => {});
			socket.on('close', () => done(+(answer.match(/^HTTP\/1\.1 (\d{3})/) || [0, 0])[1]));
		});
	}
}

// Signs by draft-cavage-12: { target, host, body, keyId, sign } and whatever differs from the usual. Null: this key cannot sign these bytes.
function draft(given) {
	const o = { method: 'POST', date: new Date().toUTCString(), digest: `SHA-256=${sha256(given.body)}`, algorithm: 'rsa-sha256',
		names: '(request-target) host date digest', more: [], ...given };
	const values = { '(request-target)': `${o.method.toLowerCase()} ${o.target}`, '(created)': o.created, '(expires)': o.expires, host: o.host,
		date: o.date, digest: o.digest, 'content-type': TYPE, ...Object.fromEntries(o.more.map(([n, v]) => [n.toLowerCase(), v])), ...o.values };
	const signature = o.sign(o.names.split(' ').map((n) => `${n}: ${values[n.toLowerCase()]}`).join('\n'));
	if (!signature) return null;
	const parameters = [`keyId="${o.keyId}"`, ...(o.algorithm === null ? [] : [`algorithm="${o.algorithm}"`]), ...(o.created ? [`created=${o.created}`] : []),
		...(o.expires ? [`expires=${o.expires}`] : []), `headers="${o.names}"`, `signature="${signature.toString('base64')}"`];
	return new Letter({ method: o.method, target: o.target, body: o.body, lines: [['Host', o.host], ['Content-Type', TYPE],
		...(o.date === null ? [] : [['Date', o.date]]), ...(o.digest === null ? [] : [['Digest', o.digest]]), ...o.more, ['Signature', parameters.join(',')]] });
}

// Signs by RFC 9421, likewise.
function message(given) {
	const created = Math.floor(Date.now() / 1000);
	const o = { method: 'POST', date: new Date().toUTCString(), digest: `sha-256=:${sha256(given.body)}:`, label: 'sig1', more: [],
		components: '"@method" "@target-uri" "content-digest"', parameters: `;created=${created};keyid="${given.keyId}";alg="rsa-v1_5-sha256"`, ...given };
	const [path, query] = o.target.split('?');
	const values = { '@method': o.method, '@target-uri': `http://${o.host}${o.target}`, '@authority': o.host, '@path': path,
		'@query': `?${query ?? ''}`, host: o.host, date: o.date, 'content-digest': o.digest, 'content-type': TYPE,
		...Object.fromEntries(o.more.map(([n, v]) => [n.toLowerCase(), v])), ...o.values };
	const parts = o.components ? o.components.split(' ') : [];
	const input = `(${o.components})${o.parameters}`;
	const signature = o.sign([...parts.map((p) => `${p}: ${values[p.split(';')[0].replace(/"/g, '').toLowerCase()]}`), `"@signature-params": ${input}`].join('\n'));
	if (!signature) return null;
	return new Letter({ method: o.method, target: o.target, body: o.body, lines: [['Host', o.host], ['Content-Type', TYPE],
		...(o.date === null ? [] : [['Date', o.date]]), ...(o.digest === null ? [] : [['Content-Digest', o.digest]]), ...o.more,
		['Signature-Input', `${o.label}=${input}`], ['Signature', `${o.label}=:${signature.toString('base64')}:`]] });
}

module.exports = { Letter, draft, message, sha256 };

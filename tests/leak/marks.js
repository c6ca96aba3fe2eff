// marks.js: words that are found again wherever they turn up, as they are or disguised, each with whom it is for.
'use strict';
const crypto = require('node:crypto');

const known = new Map(); // mark → { kind, what, owner }
const hashes = new Map();

// kind: who may see it (letters but x); owner: who may see it as their own.
function mark(kind, what, owner) {
	const made = `canary${kind}x${crypto.randomBytes(6).toString('hex')}`;
	known.set(made, { mark: made, kind, what, owner });
	for (const form of ['hex', 'base64', 'base64url'])
		hashes.set(crypto.createHash('sha256').update(made).digest(form), made);
	return made;
}

const own = (made, owner) => { known.get(made).owner = owner; };

// "canary" in base64, in each of the three ways it can fall; what the bytes beside it have a part in is cut off.
const base64 = [0, 1, 2].map((shift) => Buffer.from('\0'.repeat(shift) + 'canary').toString('base64')
	.slice(Math.ceil(shift * 8 / 6), Math.floor((shift + 6) * 8 / 6)));
const plain = /canary[a-wyz]+?x[0-9a-f]{12}/g;
const disguised = new RegExp(`[0-9a-f]{12}x[a-wyz]+yranac|63616e617279|${base64.join('|')}`);
const digests = /[0-9a-f]{64}|[A-Za-z0-9+/_-]{43}=?/g;

// All that is found: { mark, kind, what, owner }. Case says nothing.
function found(text) {
	const all = [...new Set(text.toLowerCase().match(plain) || [])].map((m) => known.get(m) || { mark: m, kind: 'unknown', what: 'of another run' });
	const hidden = text.match(disguised);
	if (hidden) all.push({ mark: hidden[0], kind: 'disguised', what: `${hidden[0]} in ${text.slice(Math.max(0, hidden.index - 60), hidden.index + 60)}` });
	for (const digest of text.match(digests) || [])
		if (hashes.has(digest)) all.push({ ...known.get(hashes.get(digest)), kind: 'hash' });
	return all;
}

module.exports = { found, known, mark, own };

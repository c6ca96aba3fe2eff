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
const disguises = ['yranac', '63616e617279', ...base64]; // as they stand: "yranac" backwards
const runs = /(?<![\w+/-])[\w+/-]{43,}=?/g; // what may hold a digest, each run once
const SIZES = [43, 44, 64];

function digests(text) {
	const all = [];
	for (const run of text.match(runs) || [])
		for (let at = 0; at + SIZES[0] <= run.length; at++)
			for (const size of SIZES) {
				const made = hashes.get(run.slice(at, at + size));
				if (made) all.push({ ...known.get(made), kind: 'hash' });
			}
	return all;
}

// All that is found: { mark, kind, what, owner }. Case says nothing.
function found(text) {
	const all = [...new Set(text.toLowerCase().match(plain) || [])].map((m) => known.get(m) || { mark: m, kind: 'unknown', what: 'of another run' });
	for (const disguise of disguises) {
		const at = text.indexOf(disguise);
		if (at >= 0) all.push({ mark: disguise, kind: 'disguised', what: `${disguise} in ${text.slice(Math.max(0, at - 60), at + 60)}` });
	}
	return all.concat(digests(text));
}

module.exports = { found, known, mark, own };

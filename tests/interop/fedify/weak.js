// weak.js: keys nobody should be believed with, each with signatures that are right by its own arithmetic.
'use strict';
const crypto = require('node:crypto');

// ---- numbers

function power(base, exponent, modulus) {
	let result = 1n;
	for (base %= modulus; exponent > 0n; exponent >>= 1n, base = base * base % modulus)
		if (exponent & 1n) result = result * base % modulus;
	return result;
}

function inverse(a, modulus) {
	let [r, next, s, t] = [a % modulus, modulus, 1n, 0n];
	while (next > 0n) [r, next, s, t] = [next, r % next, t, s - r / next * t];
	return ((s % modulus) + modulus) % modulus;
}

// The number below the product of the moduli with these remainders (Chinese remainders).
function joined(remainders, moduli) {
	const product = moduli.reduce((a, b) => a * b);
	return moduli.reduce((sum, m, i) => sum + remainders[i] * (product / m) * inverse(product / m, m), 0n) % product;
}

function cubeRoot(n) { // rounded up
	let low = 0n, high = 1n << BigInt(Math.ceil(n.toString(2).length / 3) + 1);
	while (low < high) {
		const middle = (low + high) >> 1n;
		if (middle ** 3n < n) low = middle + 1n;
		else high = middle;
	}
	return low;
}

const number = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const bytes = (n, size) => Buffer.from(n.toString(16).padStart(size * 2, '0'), 'hex');
const prime = (bits, options = {}) => crypto.generatePrimeSync(bits, { bigint: true, ...options });
const size = (n) => Math.ceil(n.toString(2).length / 8);

// ---- writing them down

function der(tag, ...parts) {
	const body = Buffer.concat(parts), length = body.length;
	const long = length < 128 ? [] : [...bytes(BigInt(length), length < 256 ? 1 : 2)];
	return Buffer.concat([Buffer.from([tag, ...(long.length ? [0x80 | long.length, ...long] : [length])]), body]);
}

const integer = (n) => der(2, Buffer.concat([Buffer.from(number(bytes(n, size(n)).subarray(0, 1)) > 127n ? [0] : []), bytes(n, size(n))]));

function pem(n, e) {
	const algorithm = Buffer.from('300d06092a864886f70d0101010500', 'hex');
	const info = der(0x30, algorithm, der(3, Buffer.from([0]), der(0x30, integer(n), integer(e))));
	return `-----BEGIN PUBLIC KEY-----\n${info.toString('base64').match(/.{1,64}/g).join('\n')}\n-----END PUBLIC KEY-----\n`;
}

function multibase(raw) {
	const letters = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
	let text = '';
	for (let n = number(raw); n > 0n; n /= 58n) text = letters[Number(n % 58n)] + text;
	return `z${text}`;
}

// PKCS#1 v1.5: 00 01 ff… 00, what the hash is, the hash; `fill` bytes of ff.
const INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex');

function encoded(words, fill) {
	const hash = crypto.createHash('sha256').update(words).digest();
	return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(fill, 0xff), Buffer.from([0]), INFO, hash]);
}

const whole = (words, n) => number(encoded(words, size(n) - 3 - INFO.length - 32));

// ---- the keys: { name, pem or multibase, sign(words): Buffer, or null for words it cannot sign }

function usual(bits) {
	const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: bits });
	return { name: `rsa${bits}`, pem: publicKey.export({ type: 'spki', format: 'pem' }), sign: (words) => crypto.sign('sha256', words, privateKey) };
}

// Of many primes: made in seconds, where two of 8,192 bits take minutes.
function huge(count) {
	const primes = Array.from({ length: count }, () => prime(1024)), n = primes.reduce((a, b) => a * b), e = 65537n;
	const sign = (words) => {
		const m = whole(words, n);
		return bytes(joined(primes.map((p) => power(m, inverse(e, p - 1n), p)), primes), size(n));
	};
	return { name: `rsa${1024 * count}`, pem: pem(n, e), sign };
}

function one() { // e = 1: whoever writes it down has signed it
	const n = prime(1024) * prime(1024);
	return { name: 'exponent-1', pem: pem(n, 1n), sign: (words) => bytes(whole(words, n), size(n)) };
}

function two() { // e = 2: a square root, where there is one
	const p = prime(1024, { add: 4n, rem: 3n }), q = prime(1024, { add: 4n, rem: 3n }), n = p * q;
	const root = (m, of) => power(m, (of + 1n) / 4n, of);
	const sign = (words) => {
		const m = whole(words, n), s = joined([root(m, p), root(m, q)], [p, q]);
		return s * s % n === m ? bytes(s, size(n)) : null;
	};
	return { name: 'exponent-2', pem: pem(n, 2n), sign };
}

function even() {
	const p = prime(2047), n = 2n * p, e = 65537n;
	return { name: 'modulus-even', pem: pem(n, e), sign: (words) => {
		const m = whole(words, n);
		return bytes(joined([m % 2n, power(m, inverse(e, p - 1n), p)], [2n, p]), size(n));
	} };
}

function cube() { // e = 3 and no private key: a root of something that begins right (Bleichenbacher 2006)
	const n = prime(1024) * prime(1024);
	return { name: 'exponent-3-forged', pem: pem(n, 3n), sign: (words) => {
		const start = encoded(words, 8), rest = BigInt(8 * (size(n) - start.length));
		return bytes(cubeRoot(number(start) << rest), size(n));
	} };
}

function identity() { // Ed25519 with a point of order one: one signature fits all words
	const point = Buffer.alloc(32);
	point[0] = 1;
	return { name: 'ed25519-identity', multibase: multibase(Buffer.concat([Buffer.from([0xed, 1]), point])),
		sign: () => Buffer.concat([point, Buffer.alloc(32)]) };
}

module.exports = { all: () => [usual(512), usual(1024), huge(16), one(), two(), even(), cube(), identity()], usual };

// picture.js: a picture to send: hills, water and a low sun as a PNG, other ones for other seeds.
'use strict';
const zlib = require('node:zlib');

const chunk = (type, data) => {
	const body = Buffer.concat([Buffer.from(type), data]), whole = Buffer.alloc(body.length + 8);
	whole.writeUInt32BE(data.length);
	body.copy(whole, 4);
	whole.writeUInt32BE(crc(body), body.length + 4);
	return whole;
};
const crc = (bytes) => ~bytes.reduce((sum, byte) => {
	sum ^= byte;
	for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
	return sum;
}, ~0) >>> 0;

const mix = (a, b, part) => a.map((from, i) => from + (b[i] - from) * part);

function colourAt(x, y, seed) {
	const hill = (n) => 0.42 + 0.09 * n + 0.05 * Math.sin(x * (5 + n) + seed * (n + 2)) + 0.03 * Math.sin(x * 13 + seed + n);
	if (y > 0.82) return mix([96, 132, 140], [58, 92, 104], (y - 0.82) * 4 + 0.08 * Math.sin(y * 160 + x * 6));
	for (let n = 3; n >= 0; n--) if (y > hill(n)) return mix([150, 170, 150], [44, 74, 48], n / 3);
	const sun = Math.hypot((x - 0.3 - 0.1 * (seed % 4)) * 1.5, y - 0.27);
	return sun < 0.07 ? [255, 240, 205] : mix([250, 222, 176], [140, 176, 200], Math.min(1, sun * 1.3));
}

module.exports = function picture(width = 960, height = 640, seed = 1) {
	const rows = Buffer.alloc(height * (width * 3 + 1));
	for (let y = 0, at = 0; y < height; y++) {
		rows[at++] = 0;
		for (let x = 0; x < width; x++) for (const part of colourAt(x / width, y / height, seed)) rows[at++] = part;
	}
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width);
	head.writeUInt32BE(height, 4);
	head.set([8, 2], 8);
	return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', zlib.deflateSync(rows, { level: 3 })), chunk('IEND', Buffer.alloc(0))]);
};

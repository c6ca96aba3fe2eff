// onlooker.js: somebody else, served all along: asks pages of a node on a thread of its own, a new reader for each
// question so that no pace holds, and keeps how long each answer took.
'use strict';
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const http = require('node:http');

class Onlooker {
	constructor(node, paths, every = 50) {
		this.all = [];
		this.thread = new Worker(__filename, { workerData: { port: node.port, host: node.domain, paths, every } });
		this.thread.on('message', (seen) => this.all.push(seen));
	}

	// What was seen since the last time: { longest, bad }, bad is the first answer that was not 200.
	since() {
		const seen = this.all.splice(0);
		return { count: seen.length, longest: Math.max(0, ...seen.map((s) => s.took)), times: seen.map((s) => s.took),
			bad: seen.map((s) => s.status).find((status) => status !== 200) };
	}

	stop() {
		return this.thread.terminate();
	}
}

if (!isMainThread) {
	const { port, host, paths, every } = workerData;
	let number = 0;
	const look = () => new Promise((done) => {
		const headers = { Host: host, Accept: 'text/html', 'X-Forwarded-For': `198.18.${++number >> 8 & 255}.${number & 255}` };
		const call = http.get({ host: '127.0.0.1', port, path: paths[number % paths.length], headers, agent: false, timeout: 10000 },
			(answer) => answer.resume().on('end', () => done(answer.statusCode)).on('error', (e) => done(e.message)));
		call.on('timeout', () => call.destroy(new Error('no answer in 10 s')));
		call.on('error', (e) => done(e.message));
	});
	(async () => {
		for (;;) {
			const start = process.hrtime.bigint();
			const status = await look();
			parentPort.postMessage({ status, took: Number(process.hrtime.bigint() - start) / 1e6 });
			await new Promise((done) => setTimeout(done, every));
		}
	})();
}

module.exports = { Onlooker };

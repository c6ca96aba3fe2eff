// snac.js: snac2 as other tests need it (Debian's own package; for Debian 12 that of backports).
//
// The package is downloaded once, by apt, into build/tests/interop and unpacked there: nothing is installed. Everything runs
// in namespaces of its own (mounts, net, processes), where all names have public addresses that lead nowhere else, and nginx
// ends TLS with a certificate of an authority made for the run: the node runs as it would on the net.
'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Program, Visitor, ask, check, execute, run, top, until, words } = require('./rig.js');

const cache = path.join(top, 'build/tests/interop');

async function must(file, args, options) {
	const done = await execute(file, args, options);
	if (done.code !== 0) throw new Error(`${file} ${args[0]}: ${done.code} ${(done.err || done.out).trim().slice(-1500)}`);
	return done.out;
}

// ---- outside: the package

// The mirror is the one this machine takes its packages from.
async function download() {
	const found = fs.existsSync(cache) && fs.readdirSync(cache).find((f) => f.startsWith('snac2_') && f.endsWith('.deb'));
	if (found) return path.join(cache, found);
	const sources = await must('apt-get', ['indextargets', '--format', '$(LABEL)|$(REPO_URI)', 'Created-By: Packages']);
	const mirror = (sources.match(/^Debian\|(.+)$/m) || [])[1];
	check(mirror, 'this machine takes no packages from Debian');
	const dir = path.join(cache, 'apt');
	for (const each of ['lists/partial', 'cache/archives/partial'])
		fs.mkdirSync(path.join(dir, each), { recursive: true });
	const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
	const signed = fs.existsSync(keys) ? ` [signed-by=${keys}]` : '';
	const [, name] = fs.readFileSync('/etc/os-release', 'utf8').match(/^VERSION_CODENAME=(\w+)/m) || [];
	check(name, 'this is no release of Debian');
	const suite = name === 'bookworm' ? 'bookworm-backports' : name;
	fs.writeFileSync(path.join(dir, 'list'), `deb${signed} ${mirror} ${suite} main\n`);
	const options = ['-qq', '-o', `Dir::Etc::sourcelist=${dir}/list`, '-o', 'Dir::Etc::sourceparts=-', '-o', `Dir::State::lists=${dir}/lists`,
		'-o', `Dir::Cache=${dir}/cache`, '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=3'];
	await must('apt-get', [...options, 'update'], { seconds: 180 });
	await must('apt-get', [...options, 'download', 'snac2'], { seconds: 180, cwd: cache });
	fs.rmSync(dir, { recursive: true });
	return path.join(cache, fs.readdirSync(cache).find((f) => f.startsWith('snac2_') && f.endsWith('.deb')));
}

async function outside(file) {
	const binary = path.join(cache, 'snac2/usr/bin/snac');
	if (!fs.existsSync(binary)) {
		fs.mkdirSync(cache, { recursive: true });
		const unpacked = path.join(cache, `unpacking.${process.pid}`);
		await must('dpkg-deb', ['-x', await download(), unpacked]);
		fs.rmSync(path.join(cache, 'snac2'), { recursive: true, force: true });
		fs.renameSync(unpacked, path.join(cache, 'snac2'));
	}
	const tried = await execute(binary, []);
	if (!/^snac 2\./m.test(tried.out + tried.err))
		throw new Error(`snac2 does not start here: ${(tried.err || tried.out).trim()}`);
	console.log(`# ${(tried.out + tried.err).match(/^snac \S+/m)[0]}`);
	const space = ['--mount', '--net', '--pid', '--fork', '--kill-child=SIGTERM', '--mount-proc'];
	if (process.getuid() !== 0) space.unshift('--map-root-user');
	const child = spawn('unshare', [...space, process.execPath, file, binary], { stdio: 'inherit' });
	for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGKILL'));
	return new Promise((done) => child.on('exit', (code) => done(code ?? 1)));
}

// ---- inside: names, certificates, proxy

// Of a certificate for these names; the file of its authority.
async function authority(dir, ...more) {
	const at = (name) => path.join(dir, name);
	const openssl = (...args) => must('openssl', args, { cwd: dir });
	await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2',
		'-subj', '/CN=An authority of this run', '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign');
	await openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'site.key', '-out', 'site.csr', '-subj', '/CN=kring.example.org');
	fs.writeFileSync(at('site.ext'), `subjectAltName=${['kring.example.org', 'snac.example.net', ...more].map((n) => `DNS:${n}`).join(',')}\nbasicConstraints=CA:FALSE\n`);
	await openssl('x509', '-req', '-in', 'site.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'site.pem', '-days', '2',
		'-extfile', 'site.ext');
	return at('ca.pem');
}

async function names(dir, ca, addresses) {
	fs.writeFileSync(path.join(dir, 'hosts'), '127.0.0.1 localhost\n' + Object.entries(addresses).map(([name, at]) => `${at} ${name}\n`).join(''));
	await must('mount', ['--bind', path.join(dir, 'hosts'), '/etc/hosts']);
	await must('mount', ['--bind', ca, '/etc/ssl/certs/ca-certificates.crt']);
	await must('mount', ['-t', 'tmpfs', 'tmpfs', '/dev/shm']); // snac names its semaphores by its pid, which others have too
	await must('ip', ['link', 'set', 'lo', 'up']);
	for (const at of new Set(Object.values(addresses))) await must('ip', ['address', 'add', `${at}/32`, 'dev', 'lo']);
}

// `ports`: what stands behind each name; *.a.name too. All listen at port 443 of every address.
function proxy(dir, ports) {
	const site = (name, port) => `server {
		listen 443 ssl http2;
		server_name ${name};
		location / { proxy_pass http://127.0.0.1:${port}; }
	}`;
	fs.writeFileSync(path.join(dir, 'nginx.conf'), `
user root root;
master_process off;
daemon off;
pid ${dir}/nginx.pid;
error_log ${dir}/nginx-error.log;
events { worker_connections 4096; }
http {
	log_format lines '$host $request_method $request_uri $status "$http_user_agent" $server_protocol';
	access_log ${dir}/nginx-access.log lines;
	client_body_temp_path ${dir}/nginx-body;
	proxy_temp_path ${dir}/nginx-proxy;
	fastcgi_temp_path ${dir}/nginx-fastcgi;
	uwsgi_temp_path ${dir}/nginx-uwsgi;
	scgi_temp_path ${dir}/nginx-scgi;
	ssl_certificate ${dir}/site.pem;
	ssl_certificate_key ${dir}/site.key;
	client_max_body_size 16m;
	proxy_http_version 1.1;
	proxy_set_header Host $host;
	proxy_set_header X-Forwarded-For $remote_addr;
	proxy_set_header X-Forwarded-Proto https;
	proxy_set_header Connection "";
	server_names_hash_bucket_size 128;
	${Object.entries(ports).map(([name, port]) => site(name, port)).join('\n')}
}
`);
	return new Program('nginx', ['-p', dir, '-e', `${dir}/nginx-error.log`, '-c', `${dir}/nginx.conf`], `${dir}/nginx.log`);
}

// ---- inside: snac

class Snac {
	constructor(binary, dir, ca) {
		Object.assign(this, { binary, dir, ca, log: `${dir}.log`, people: {} });
	}

	// snac2 2.75 does not end the text of a new key: on Debian 13 other memory stands behind it. What is text we read over (key.c),
	// but of most keys it is not even UTF-8, and then no node can read the actor. So what snac allocates is made zero (glibc fills
	// with the complement).
	command(...args) {
		return must(this.binary, [args[0], this.dir, ...args.slice(1)], { env: { MALLOC_PERTURB_: '255' } });
	}

	async init(...people) {
		await must(this.binary, ['init', this.dir], { input: '127.0.0.1\n8411\nsnac.example.net\n\n\n' });
		for (const name of people) {
			const password = (await this.command('adduser', name)).match(/password is (\S+)/)[1];
			const pass = Buffer.from(`${name}:${password}`).toString('base64');
			this.people[name] = new Visitor('https://snac.example.net', { ca: this.ca, headers: { Authorization: `Basic ${pass}` } });
		}
	}

	async start(debug = 1) {
		this.program = new Program(this.binary, ['httpd', this.dir], this.log, { env: { DEBUG: String(debug) } });
		await until('snac answers', async () => (await ask('GET', 'https://snac.example.net/nodeinfo_2_0', { ca: this.ca })).status === 200);
	}

	// What someone sees who is signed in there.
	home(name) {
		return this.people[name].open(`/${name}/admin`);
	}

	// How many of the posts there have these words.
	async sees(name, text) {
		const bodies = (await this.home(name)).text.split('class="e-content snac-content"').slice(1);
		return bodies.filter((body) => words(body.split('class="snac-controls"')[0]).includes(text)).length;
	}

	// Presses a button of the post with this id.
	async press(name, id, button) {
		return this.people[name].fill(await this.home(name), (f) => /admin\/action$/.test(f.action) && f.fields.id === id
			&& f.buttons.some((b) => b.text === button), {}, button);
	}

	async answer(name, id, content) {
		return this.people[name].fill(await this.home(name), (f) => f.fields.in_reply_to === id && !f.fields.edit_id, { content });
	}

	// Votes in the poll with these words.
	async vote(name, text, choice) {
		const { id } = this.find(text);
		return this.people[name].fill(await this.home(name), (f) => /admin\/vote$/.test(f.action) && f.fields.irt === id, { question: choice });
	}

	async edit(name, id, content) {
		return this.people[name].fill(await this.home(name), (f) => f.fields.edit_id === id, { content });
	}

	// The objects it keeps, as JSON.
	objects() {
		const dir = path.join(this.dir, 'object');
		return fs.readdirSync(dir, { recursive: true }).filter((f) => /\/[0-9a-f]{32}\.json$/.test(f))
			.map((f) => { try { return JSON.parse(fs.readFileSync(path.join(dir, f), 'utf8')); } catch { return {}; } });
	}

	find(text) {
		return this.objects().find((o) => typeof o.content === 'string' && o.content.includes(text));
	}
}

// Runs the body of a test inside, with its file run a second time there.
function withSnac(file, body) {
	if (process.argv[2]) {
		run((t) => body(t, process.argv[2]));
		return;
	}
	outside(file).then((code) => process.exit(code), (e) => {
		console.log(`not ok 1 - snac2 runs here\n# ${e.message.replace(/\n/g, '\n# ')}\n1..1`);
		process.exit(1);
	});
}

module.exports = { Snac, authority, names, proxy, withSnac };

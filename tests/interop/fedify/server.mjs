// server.mjs: a small application on Fedify with two people, fay and gus: it does what peer.js tells it, and notes what it hears.
//
// Whatever is verified here is verified by Fedify's own code. Only the net differs from outside: names under .localhost
// are this machine, and they are asked without TLS.
import dns from 'node:dns';
import http from 'node:http';
import { Temporal } from '@js-temporal/polyfill';
import { createFederation, detachSignature, exportJwk, generateCryptoKeyPair, InProcessMessageQueue, MemoryKvStore, parseNodeInfo, signJsonLd,
	signObject, signRequest, verifyObject, verifyProof, verifyRequest } from '@fedify/fedify';
import { Accept, Activity, Collection, Create, Delete, Follow, isActor, Like, Note, Object as Thing, Person, PUBLIC_COLLECTION, Tombstone, Undo,
	Update } from '@fedify/fedify/vocab';

const port = +process.argv[2];
const base = `http://fedify.localhost:${port}`;

const lookup = dns.lookup;
dns.lookup = (name, options, found) => {
	if (typeof options === 'function') [options, found] = [{}, options];
	if (!/(^|\.)localhost$/.test(name)) return lookup(name, options, found);
	return options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4);
};
const ask = globalThis.fetch;
globalThis.fetch = (what, how) => ask(typeof what === 'string' || what instanceof URL
	? `${what}`.replace(/^https:(\/\/[\w.-]+\.localhost:)/, 'http:$1') : what, how);

// ---- the application

const keys = {};
for (const name of ['fay', 'gus']) keys[name] = [await generateCryptoKeyPair('RSASSA-PKCS1-v1_5'), await generateCryptoKeyPair('Ed25519')];
const notes = new Map(), followers = new Map(), heard = [];
let refused = null, last = 0; // the form of signature that is refused for now

const federation = createFederation({
	kv: new MemoryKvStore(), queue: new InProcessMessageQueue({ pollInterval: { milliseconds: 50 } }), allowPrivateAddress: true, origin: base,
	onOutboxError: (error, activity) => console.error(`not sent: ${activity?.id?.href}: ${error}`),
});
const context = federation.createContext(new URL(base), undefined);
const loaders = { documentLoader: context.documentLoader, contextLoader: context.contextLoader };

federation.setActorDispatcher('/users/{identifier}', async (ctx, identifier) => {
	if (!keys[identifier]) return null;
	const pairs = await ctx.getActorKeyPairs(identifier);
	return new Person({
		id: ctx.getActorUri(identifier), preferredUsername: identifier, name: `${identifier} of Fedify`, inbox: ctx.getInboxUri(identifier),
		followers: ctx.getFollowersUri(identifier), url: ctx.getActorUri(identifier), publicKey: pairs[0].cryptographicKey,
		assertionMethods: pairs.map((pair) => pair.multikey),
	});
}).setKeyPairsDispatcher((ctx, identifier) => keys[identifier] ?? []);
federation.setFollowersDispatcher('/users/{identifier}/followers', () => ({ items: [...followers.values()] }));
federation.setObjectDispatcher(Note, '/users/{identifier}/notes/{id}', (ctx, { id }) => notes.get(id) ?? null);

federation.setInboxListeners('/users/{identifier}/inbox', '/inbox')
	.on(Follow, async (ctx, follow) => {
		const who = await follow.getActor(ctx);
		followers.set(who.id.href, { id: who.id, inboxId: who.inboxId });
		await ctx.sendActivity({ identifier: 'fay' }, who, new Accept({ id: name('accept'), actor: follow.objectId, object: follow }));
	})
	.on(Undo, async (ctx, undo) => {
		followers.delete(undo.actorId.href);
	})
	.on(Activity, (ctx, activity) => {
		for (const it of heard) it.taken ||= it.id === activity.id.href && it.form !== refused;
	})
	.onError((ctx, error) => console.error(`in the inbox: ${error.stack}`));

const name = (kind) => new URL(`/${kind}/${++last}`, base);
const form = (headers) => headers.has('signature-input') ? 'rfc9421' : headers.has('signature') ? 'draft' : 'none';

// Every proof of this document, by Fedify: the ids of their keys' owners; null when one of them does not hold, or there is none.
async function proved(received) {
	if (typeof received !== 'object' || received === null) return null;
	const json = detachSignature(received); // a linked-data signature came after the proof
	const thing = await Thing.fromJsonLd(json, loaders), owners = [];
	for await (const proof of thing.getProofs(loaders)) {
		const key = await verifyProof(json, proof, loaders);
		if (!key) return null;
		owners.push(key.controllerId.href);
	}
	return owners.length > 0 && await verifyObject(thing.constructor, json, loaders) ? owners : null;
}

// What a delivery is worth, asked apart from what Fedify's inbox makes of it: there a good proof makes up for a bad signature.
async function note(request, body) {
	const it = { form: form(request.headers), to: new URL(request.url).pathname, status: null, taken: false };
	heard.push(it);
	try {
		const json = JSON.parse(body);
		const inner = typeof json.object === 'object' ? json.object : null;
		Object.assign(it, { json, id: json.id, type: json.type, actor: json.actor, object: inner?.type ?? null, objectId: inner?.id ?? json.object });
		const key = await verifyRequest(request, loaders);
		it.signer = key?.ownerId?.href ?? null;
		it.proof = await proved(json);
		it.innerProof = inner ? await proved(inner) : null;
	} catch (e) {
		it.error = `${e.stack}`;
	}
	return it;
}

async function serve(request, response) {
	const parts = [];
	for await (const part of request) parts.push(part);
	const body = Buffer.concat(parts), post = request.method === 'POST';
	const make = () => new Request(new URL(request.url, base), { method: request.method, headers: request.headers, ...(post ? { body } : {}) });
	const it = post ? await note(make(), body) : null;
	const answer = it && it.form === refused ? new Response('Not in this form.', { status: 401 })
		: await federation.fetch(make(), { contextData: undefined });
	if (it) it.status = answer.status;
	response.writeHead(answer.status, Object.fromEntries(answer.headers));
	response.end(Buffer.from(await answer.arrayBuffer()));
}

const server = http.createServer((request, response) => serve(request, response).catch((e) => {
	console.error(e.stack);
	response.destroy();
}));
const listening = new Promise((done) => server.listen(port, '127.0.0.1', done));

// ---- what it can be told

const fay = context.getActorUri('fay');
const find = async (whom) => {
	const actor = await context.lookupObject(whom);
	if (!isActor(actor)) throw new Error(`${whom} is not found`);
	return actor;
};
const send = async (whom, activity) => {
	await context.sendActivity({ identifier: 'fay' }, whom === 'followers' ? whom : await find(whom), activity);
	return activity.id.href;
};

const verbs = {
	ready: () => listening,
	heard: () => heard,
	refuse: (which) => { refused = which; },
	followers: () => [...followers.keys()],

	// What Fedify's own reader makes of an actor.
	async lookup(whom) {
		const actor = await find(whom), rsa = [], ed25519 = [];
		for await (const key of actor.getPublicKeys(loaders)) if (key.publicKey) rsa.push([key.id.href, key.publicKey.algorithm.name]);
		for await (const key of actor.getAssertionMethods(loaders)) if (key.publicKey) ed25519.push([key.id.href, key.publicKey.algorithm.name]);
		return { type: actor.constructor.name, id: actor.id.href, name: `${actor.preferredUsername}`, title: `${actor.name}`, inbox: actor.inboxId?.href,
			shared: actor.endpoints?.sharedInbox?.href, followers: actor.followersId?.href, rsa, ed25519 };
	},

	// What it makes of any object; signed: asked for in the name of fay.
	async read(address, signed = false) {
		const documentLoader = signed ? await context.getDocumentLoader({ identifier: 'fay' }) : loaders.documentLoader;
		const { document } = await documentLoader(address), thing = await Thing.fromJsonLd(document, { ...loaders, documentLoader });
		return { type: thing.constructor.name, id: thing.id.href, title: thing.name && `${thing.name}`, content: thing.content && `${thing.content}`,
			by: thing.attributionId?.href, audience: thing.audienceId?.href, published: thing.published && `${thing.published}` };
	},

	// The types and objects of the activities in a collection, page after page.
	async walk(address) {
		const { document } = await loaders.documentLoader(address), found = [];
		for await (const item of context.traverseCollection(await Collection.fromJsonLd(document, loaders), { suppressError: false }))
			found.push([item.constructor.name, item.objectId?.href]);
		return found;
	},

	// Fedify's own way to it takes public addresses only; its reader is asked, which is strict.
	async nodeinfo(address) {
		const { links } = await (await fetch(`${address}/.well-known/nodeinfo`)).json(), found = [];
		for (const { href } of links.filter(({ rel }) => /\/ns\/schema\/2\.\d$/.test(rel))) {
			const info = parseNodeInfo(await (await fetch(href)).json());
			found.push(info && `${info.software.name} ${info.protocols}`);
		}
		return found;
	},

	follow: async (whom) => send(whom, new Follow({ id: name('follow'), actor: fay, object: (await find(whom)).id })),
	unfollow: async (whom, follow) => send(whom, new Undo({ id: name('undo'), actor: fay,
		object: new Follow({ id: new URL(follow), actor: fay, object: (await find(whom)).id }) })),
	like: (whom, what) => send(whom, new Like({ id: name('like'), actor: fay, object: new URL(what) })),

	async write(whom, content, { answers, community } = {}) {
		const id = `${++last}`, tos = [PUBLIC_COLLECTION, ...(community ? [new URL(community)] : [])];
		const made = new Note({ id: context.getObjectUri(Note, { identifier: 'fay', id }), attribution: fay, content, tos,
			ccs: [context.getFollowersUri('fay')], published: Temporal.Now.instant(), ...(answers ? { replyTarget: new URL(answers) } : {}) });
		notes.set(id, made);
		await send(whom, new Create({ id: name('create'), actor: fay, object: made, tos, ccs: made.ccIds }));
		return made.id.href;
	},

	async change(whom, what, content) {
		const id = what.split('/').pop(), changed = notes.get(id).clone({ content, updated: Temporal.Now.instant() });
		notes.set(id, changed);
		return send(whom, new Update({ id: name('update'), actor: fay, object: changed, tos: changed.toIds, ccs: changed.ccIds }));
	},

	async remove(whom, what) {
		notes.delete(what.split('/').pop());
		return send(whom, new Delete({ id: name('delete'), actor: fay, object: new Tombstone({ id: new URL(what) }), tos: [PUBLIC_COLLECTION] }));
	},

	// A like as Fedify writes it down: with a proof, and a linked-data signature over that.
	async proven(what) {
		const like = await signObject(new Like({ id: name('like'), actor: fay, object: new URL(what) }), keys.fay[1].privateKey,
			new URL('#multikey-2', fay), loaders);
		return signJsonLd(await like.toJsonLd({ ...loaders, format: 'compact' }), keys.fay[0].privateKey, new URL('#main-key', fay), loaders);
	},

	// A request as Fedify signs it, to be sent by somebody else: { method, url, headers: [[name, value]], body }.
	async sign(url, json, spec, who = 'fay') {
		const body = JSON.stringify(json);
		const request = await signRequest(new Request(url, { method: 'POST', body, headers: { 'Content-Type': 'application/activity+json' } }),
			keys[who][0].privateKey, new URL('#main-key', context.getActorUri(who)), { spec });
		return { method: request.method, url: request.url, headers: [...request.headers], body };
	},

	keys: async () => ({ id: new URL('#main-key', fay).href, actor: fay.href, rsa: await exportJwk(keys.fay[0].privateKey),
		ed25519: await exportJwk(keys.fay[1].privateKey) }),
};

process.on('message', async ({ number, verb, words }) => {
	try {
		process.send({ number, answer: await verbs[verb](...words) });
	} catch (e) {
		process.send({ number, error: `${verb}: ${e.stack}` });
	}
});
process.on('disconnect', () => process.exit(0));

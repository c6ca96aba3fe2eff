// words.js: which words of the interface a page says in the wrong language: text compared with both sides of the catalogue.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

// [{ id: [one, many], said: [one, many] }] of a .po file.
function catalogue(file) {
	const unquote = (block, key) => [...block.matchAll(new RegExp(`^${key} ((?:"(?:[^"\\\\]|\\\\.)*"\\s*)+)`, 'gm'))]
		.map(([, words]) => [...words.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, w]) => w.replace(/\\(.)/g, '$1')).join(''));
	return fs.readFileSync(file, 'utf8').split(/\n\n+/).map((block) => ({
		id: [...unquote(block, 'msgid'), ...unquote(block, 'msgid_plural')],
		said: [...unquote(block, 'msgstr'), ...unquote(block, 'msgstr\\[\\d\\]')],
	})).filter((entry) => entry.id[0]);
}

// Where hardly a word stands between them, numbers are filled in: "{number} of {all}" is not "Voorman of voorvrouw".
const pattern = (words) => {
	const filled = words.replace(/\{[\w.]+\}/g, '').replace(/[^a-z]/gi, '').length < 4 ? '[\\d.,]+' : '.+';
	return new RegExp(`^${words.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[\w.]+\}/g, filled)}$`);
};

// What is the same in both languages tells nothing: "App", "via {via}".
function patterns(language) {
	const entries = catalogue(path.join(__dirname, '../../webui/i18n/nl.po')), both = new Set();
	for (const { id, said } of entries) for (const one of id) if (said.includes(one)) both.add(one);
	const [ours, theirs] = language === 'nl' ? ['said', 'id'] : ['id', 'said'];
	const own = new Set(entries.flatMap((entry) => entry[ours]));
	const all = entries.flatMap((entry) => entry[theirs]).filter((words) => !both.has(words) && !own.has(words));
	return { whole: new Set(all.filter((words) => !words.includes('{'))), filled: all.filter((words) => words.includes('{')).map(pattern) };
}

const made = {};

function foreign(language) {
	const { whole, filled } = made[language] ??= patterns(language);
	return (texts) => texts.filter((text) => whole.has(text) || filled.some((p) => p.test(text)));
}

module.exports = { foreign };

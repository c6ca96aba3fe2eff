// app.js: small conveniences. Everything works without: drafts kept in this browser, characters left, answering in place.
'use strict';
(() => {
	const store = { // a browser may refuse to keep anything
		get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
		set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* then not */ } },
		drop: (key) => { try { localStorage.removeItem(key); } catch { /* then not */ } },
		keys: () => { try { return Object.keys(localStorage); } catch { return []; } },
	};
	const keyOf = (form) => `draft ${form.getAttribute('action')}`;
	const fields = (form) => [...form.querySelectorAll('input[type=text], input:not([type]), textarea')].filter((f) => f.name && !f.readOnly);

	// ---- drafts: kept while typing, forgotten when they were placed, or when one signs out

	const placed = store.get('sent');
	if (placed) {
		store.drop('sent');
		if (!document.querySelector('.error-summary, .preview') && document.querySelector('.notice[role=status]')) store.drop(placed);
	}
	const keep = (form) => {
		const values = Object.fromEntries(fields(form).map((f) => [f.name, f.value]));
		if (Object.values(values).some((value) => value.trim())) store.set(keyOf(form), JSON.stringify(values));
		else store.drop(keyOf(form));
	};
	const say = (form) => {
		const note = document.createElement('p'), drop = document.createElement('button');
		note.className = 'notice draft-note';
		note.setAttribute('role', 'status');
		note.textContent = `${form.dataset.draft} `;
		drop.type = 'button';
		drop.className = 'button-quiet';
		drop.textContent = form.dataset.discard;
		drop.addEventListener('click', () => {
			for (const f of fields(form)) f.value = '';
			store.drop(keyOf(form));
			note.remove();
			fields(form).at(-1).focus();
		});
		note.append(drop);
		form.prepend(note);
	};
	const restore = (form) => {
		if (fields(form).some((f) => f.value.trim())) return;
		let values = null;
		try { values = JSON.parse(store.get(keyOf(form))); } catch { /* not ours */ }
		if (!values) return;
		for (const f of fields(form)) if (typeof values[f.name] === 'string') f.value = values[f.name];
		say(form);
	};
	for (const form of document.querySelectorAll('form[data-draft]')) {
		restore(form);
		form.addEventListener('input', () => keep(form));
		form.addEventListener('submit', () => store.set('sent', keyOf(form)));
	}
	for (const form of document.querySelectorAll('form[action="/sign-out"]'))
		form.addEventListener('submit', () => { for (const key of store.keys()) if (key.startsWith('draft ')) store.drop(key); });

	// ---- characters left, once they become few

	for (const area of document.querySelectorAll('textarea[data-left]')) {
		const line = document.createElement('p'), most = area.maxLength;
		line.className = 'hint';
		line.setAttribute('aria-live', 'polite');
		area.after(line);
		const count = () => { line.textContent = area.value.length > 0.8 * most ? `${most - area.value.length} ${area.dataset.left}` : ''; };
		area.addEventListener('input', count);
		count();
	}

	// ---- answering in place: the form comes to what is answered

	const answer = document.querySelector('#answer');
	const form = answer?.querySelector('form.reply-form');
	if (form) for (const link of document.querySelectorAll('a[data-answer]')) link.addEventListener('click', (event) => {
		if (event.ctrlKey || event.metaKey || event.shiftKey) return;
		event.preventDefault();
		form.setAttribute('action', `/p/${link.dataset.answer}/reply`);
		answer.querySelector('h2').textContent = link.dataset.heading;
		link.closest('article').after(answer);
		const area = form.querySelector('textarea');
		area.focus();
		area.scrollIntoView({ block: 'center' });
	});

	// ---- an open menu closes with Escape, or when one goes on elsewhere

	document.addEventListener('keydown', (event) => {
		const menu = event.key === 'Escape' && document.activeElement?.closest('details.menu[open]');
		if (menu) { menu.open = false; menu.querySelector('summary').focus(); }
	});
	document.addEventListener('click', (event) => {
		for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
	});
})();

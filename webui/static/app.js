// app.js: small conveniences. Everything works without: drafts kept while one types, characters left, answering in place.
'use strict';
(() => {
	// ---- drafts: what is typed is kept on the site, a moment after; the page says so, and sends it along with what is placed

	const PAUSE = 3000;
	for (const form of document.querySelectorAll('form[data-draft]')) {
		const line = document.createElement('p'), values = () => {
			const all = new FormData(form);
			for (const [name, value] of [...all]) if (typeof value !== 'string') all.delete(name);
			return new URLSearchParams(all);
		};
		let timer, flight, kept = values().toString(), placed = false;
		line.className = 'hint';
		line.setAttribute('role', 'status');
		form.append(line);
		const keep = async () => {
			const now = values();
			if (placed || now.toString() === kept) return;
			kept = now.toString();
			now.set('keep', 'draft');
			const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: now, headers: { Accept: 'application/json' }, keepalive: kept.length < 50000 }).catch(() => null);
			if (!answer?.ok) return;
			let field = form.elements.draft;
			if (!field) {
				field = document.createElement('input');
				field.type = 'hidden';
				field.name = 'draft';
				form.append(field);
			}
			field.value = (await answer.json()).draft;
			kept = values().toString();
			line.textContent = form.dataset.draft;
		};
		form.addEventListener('input', () => {
			clearTimeout(timer);
			line.textContent = '';
			timer = setTimeout(() => { flight = keep().finally(() => { flight = null; }); }, PAUSE);
		});
		form.addEventListener('submit', (event) => {
			placed = true;
			if (!flight) return;
			event.preventDefault(); // which draft it is comes first
			flight.then(() => form.requestSubmit(event.submitter));
		});
		window.addEventListener('pagehide', () => { if (timer) keep(); });
	}

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

	// ---- a name is copied

	if (navigator.clipboard) for (const from of document.querySelectorAll('[data-copy]')) {
		const button = document.createElement('button'), line = document.createElement('span');
		button.type = 'button';
		button.className = 'button-quiet';
		button.textContent = from.dataset.copy;
		line.setAttribute('role', 'status');
		from.after(' ', button, ' ', line);
		button.addEventListener('click', async () => {
			line.textContent = '';
			try {
				await navigator.clipboard.writeText(from.textContent);
				line.textContent = from.dataset.copied;
			} catch {
				getSelection().selectAllChildren(from); // the browser does not want it: the keys still can
			}
		});
	}

	// ---- an open menu closes with Escape, or when one goes on elsewhere

	document.addEventListener('keydown', (event) => {
		const menu = event.key === 'Escape' && document.activeElement?.closest('details.menu[open]');
		if (menu) { menu.open = false; menu.querySelector('summary').focus(); }
	});
	document.addEventListener('click', (event) => {
		for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
	});
})();

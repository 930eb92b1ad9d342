/* The reader's progress: one entry of the browser's storage, under the name that the page gives;
   what it holds is in SECTIONS. Nothing leaves the browser. Where nothing can be stored it lasts as
   long as the page. */
(() => {
	const KEY = document.currentScript.dataset.key;
	const VERSION = 1;
	const NAME = /^[\w.-]{1,80}$/;
	const isTime = (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value);
	const isChoice = (value) => Number.isInteger(value) && value >= 0;
	const SECTIONS = { read: isTime, answers: isChoice, exercises: isTime, checks: isTime };

	/* What is usable of something that should be progress. */
	const clean = (source) => {
		const progress = { format: KEY, version: VERSION };
		for (const [section, fits] of Object.entries(SECTIONS)) {
			const entries = Object.entries(source[section] ?? {}).filter(
				([name, value]) => NAME.test(name) && fits(value),
			);
			progress[section] = Object.fromEntries(
				entries.sort(([one], [other]) => (one < other ? -1 : 1)),
			);
		}
		return progress;
	};

	const parse = (text) => {
		const content = JSON.parse(text);
		if (content?.format !== KEY) throw new TypeError("it holds no progress of this course");
		if (content.version !== VERSION)
			throw new RangeError("it was written by another version of the course");
		return clean(content);
	};

	/* What could not be stored is kept in memory as the whole, and tried again at each change: room
	   may be made meanwhile. */
	let unsaved = null;
	let stored = true;

	/* Progress, or null where it may not be touched: the browser forbids it, or another version of
	   the course wrote it. */
	const readStorage = () => {
		let text;
		try {
			text = localStorage.getItem(KEY);
			return text === null ? clean({}) : parse(text);
		} catch (error) {
			if (!(error instanceof SyntaxError || error instanceof TypeError)) return null;
		}
		try {
			/* what is damaged is set aside, for whoever can mend it by hand; the first time only, it is
			   the fullest then */
			if (localStorage.getItem(`${KEY}-damaged`) === null)
				localStorage.setItem(`${KEY}-damaged`, text);
		} catch {
			return null;
		}
		return clean({});
	};

	const load = () => {
		const kept = readStorage();
		stored = kept !== null && unsaved === null;
		return unsaved ? merge(kept ?? {}, unsaved) : (kept ?? clean({}));
	};

	/* In full: what another tab stored since the last load is gone, so load, change and save in one
	   go. */
	const save = (progress) => {
		unsaved = clean(progress);
		stored = false;
		if (readStorage() === null) return;
		try {
			localStorage.setItem(KEY, JSON.stringify(unsaved));
			[unsaved, stored] = [null, true];
		} catch {
			/* full: it stays in memory */
		}
	};

	const change = (edit) => {
		const progress = load();
		edit(progress);
		save(progress);
	};

	/* Everything of both; where they differ, of the second. */
	const merge = (one, other) =>
		clean(
			Object.fromEntries(
				Object.keys(SECTIONS).map((name) => [name, { ...one[name], ...other[name] }]),
			),
		);

	/* In UTC, to the second. */
	const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

	const html = (tag, attributes = {}, ...children) => {
		const node = document.createElement(tag);
		for (const [name, value] of Object.entries(attributes)) {
			if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
			else node.setAttribute(name, value);
		}
		node.append(...children);
		return node;
	};

	/* a page that the browser kept may be out of date when the reader comes back */
	addEventListener("pageshow", (event) => event.persisted && location.reload());

	globalThis.courseProgress = {
		load,
		save,
		change,
		merge,
		parse,
		now,
		html,
		isStored: () => stored,
	};
})();

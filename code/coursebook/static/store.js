/* The reader's progress in the browser's storage: an entry for each chapter read, each answer, each
   exercise (KEY/answers/NAME). One entry for all would lose answers: a page that opens while the page
   before it is still being stored sees an older whole, and would write that back. Nothing leaves the
   browser. Where nothing can be stored it lasts as long as the page. */
(() => {
	const KEY = document.currentScript.dataset.key;
	const VERSION = 1;
	const NAME = /^[\w.-]{1,80}$/;
	const isTime = (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value);
	const isChoice = (value) => Number.isInteger(value) && value >= 0;
	const SECTIONS = { read: isTime, answers: isChoice, exercises: isTime, checks: isTime };

	/* From a disk, a busy Chromium begins a page now and then with a storage that is empty, and stays so
	   until the page is loaded anew: what is stored is there, but no longer shown. The entry KEY-opened
	   tells this from a reader's first page. */
	const loadAnewIfEmpty = () => {
		if (location.protocol !== "file:" || !("chrome" in globalThis)) return;
		try {
			if (localStorage.getItem(`${KEY}-opened`) !== null) return;
			localStorage.setItem(`${KEY}-opened`, "true");
		} catch {
			return; /* nothing can be stored */
		}
		const [navigation] = performance.getEntriesByType("navigation");
		if (history.length > 1 && navigation.type !== "reload") location.reload();
	};
	loadAnewIfEmpty();

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

	/* Changes that could not be stored: address of an entry, and its value (undefined: delete it).
	   They are tried again at each change: room may be made meanwhile. */
	const pending = new Map();
	const address = (section, name) => `${KEY}/${section}/${name}`;

	/* What is stored, by address; null where the browser forbids it. An entry that cannot be read
	   counts as none, and is replaced when the reader does that again. */
	const readStorage = () => {
		try {
			const entries = new Map();
			for (let i = 0; i < localStorage.length; i++) {
				const key = localStorage.key(i);
				try {
					if (key.startsWith(`${KEY}/`)) entries.set(key, JSON.parse(localStorage.getItem(key)));
				} catch (error) {
					if (!(error instanceof SyntaxError)) throw error;
				}
			}
			return entries;
		} catch {
			return null;
		}
	};

	const load = () => {
		const progress = {};
		for (const [key, value] of [...(readStorage() ?? []), ...pending]) {
			const [section, name] = key.slice(KEY.length + 1).split("/");
			if (Object.hasOwn(SECTIONS, section)) (progress[section] ??= {})[name] = value;
		}
		return clean(progress);
	};

	const isStored = () => pending.size === 0 && readStorage() !== null;

	/* Only what differs is written: what another tab stored meanwhile stays. */
	const write = (before, after) => {
		for (const section of Object.keys(SECTIONS))
			for (const name of Object.keys({ ...before[section], ...after[section] }))
				if (before[section][name] !== after[section][name])
					pending.set(address(section, name), after[section][name]);
		try {
			for (const [key, value] of pending) {
				if (value === undefined) localStorage.removeItem(key);
				else localStorage.setItem(key, JSON.stringify(value));
				pending.delete(key);
			}
		} catch {
			/* full or forbidden: it stays in memory */
		}
	};

	const save = (progress) => write(load(), clean(progress));

	const change = (edit) => {
		const before = load();
		const after = clean(before);
		edit(after);
		write(before, clean(after));
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

	/* Show what is stored: now, and whenever another tab or another page may have changed it. A page
	   that the browser kept keeps the reader's place, so it is not loaded anew. */
	const follow = (show) => {
		addEventListener("storage", show);
		addEventListener("pageshow", (event) => event.persisted && show());
		show();
	};

	globalThis.courseProgress = {
		load,
		save,
		change,
		merge,
		parse,
		now,
		html,
		follow,
		isStored,
	};
})();

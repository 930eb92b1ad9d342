/* The page of search results: sections by BM25, the best of each page together, with an excerpt of
   their prose. It needs Sphinx's language_data.js, and search_text.js, which loads before. */
(() => {
	/* how much a word counts that stands in the heading, and in a program */
	const [IN_TITLE, IN_CODE] = [6, 0.2];
	/* the usual constants of BM25: how soon a word more says nothing new, what length takes away */
	const [SATURATION, LENGTH] = [1.2, 0.75];
	/* the words of the query in a row, in the heading and in the prose */
	const [PHRASE_IN_TITLE, PHRASE] = [3, 1.5];
	const [SECTIONS_OF_A_PAGE, EXCERPT] = [3, 240];

	const stems = new Map();
	const stem = (word) => {
		if (!stems.has(word)) stems.set(word, new Stemmer().stemWord(word));
		return stems.get(word);
	};
	const words = (text) => (text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).map(stem);

	const counts = (title, prose, code) => {
		const count = new Map();
		for (const [list, weight] of [
			[title, IN_TITLE],
			[prose, 1],
			[code, IN_CODE],
		])
			for (const word of list) count.set(word, (count.get(word) ?? 0) + weight);
		return count;
	};

	/* Is one list of words within the other, in a row? */
	const within = (few, many) => ` ${many.join(" ")} `.includes(` ${few.join(" ")} `);

	const read = (texts) => {
		const titles = new Map();
		for (const { page, at, title } of texts) if (!at) titles.set(page, title);
		return texts.map((text) => {
			const [title, prose] = [words(text.title), words(text.prose)];
			const name = text.at ? `${titles.get(text.page)} › ${text.title}` : text.title;
			const count = counts(title, prose, words(text.code));
			return { ...text, name, words: { title, prose }, count, length: prose.length + 20 };
		});
	};

	/* The words that sections are searched for; an unknown one stands for those that begin with it. */
	const wanted = (query, sections) => {
		const all = query.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
		const telling = all.filter((word) => !stopwords.includes(word));
		const known = new Set(sections.flatMap(({ count }) => [...count.keys()]));
		return (telling.length ? telling : all).map((word) => {
			const exact = stem(word);
			if (known.has(exact)) return [exact];
			return [...known].filter((one) => one.startsWith(word)).slice(0, 50);
		});
	};

	const find = (query, sections) => {
		const groups = wanted(query, sections);
		if (!groups.length) return [];
		const phrase = words(query);
		const mean = sections.reduce((sum, { length }) => sum + length, 0) / sections.length;
		const amount = (section, group) =>
			group.reduce((sum, word) => sum + (section.count.get(word) ?? 0), 0);
		const rarity = groups.map((group) => {
			const having = sections.filter((section) => amount(section, group)).length;
			return Math.log(1 + (sections.length - having + 0.5) / (having + 0.5));
		});
		const score = (section) => {
			const scale = SATURATION * (1 - LENGTH + (LENGTH * section.length) / mean);
			const sum = groups.reduce((total, group, place) => {
				const times = amount(section, group);
				return total + (rarity[place] * times * (SATURATION + 1)) / (times + scale);
			}, 0);
			if (phrase.length > 1 && within(phrase, section.words.title)) return sum * PHRASE_IN_TITLE;
			return phrase.length > 1 && within(phrase, section.words.prose) ? sum * PHRASE : sum;
		};
		return sections
			.filter((section) => groups.every((group) => amount(section, group)))
			.map((section) => ({ ...section, score: score(section) }))
			.sort((one, other) => other.score - one.score);
	};

	/* The best sections of each page, pages by their best. */
	const byPage = (found) => {
		const places = new Map();
		for (const section of found) {
			const others = places.get(section.page) ?? [];
			if (others.length < SECTIONS_OF_A_PAGE) places.set(section.page, [...others, section]);
		}
		return [...places.values()];
	};

	const html = (tag, attributes, ...children) => {
		const node = Object.assign(document.createElement(tag), attributes);
		node.append(...children);
		return node;
	};

	/* The part of the prose around the first of the words, with the words marked. */
	const excerpt = (prose, query) => {
		const sought = new Set(words(query).filter((word) => !stopwords.includes(word)));
		const hits = [...prose.matchAll(/[\p{L}\p{N}_]+/gu)].filter(([word]) =>
			sought.has(stem(word.toLowerCase())),
		);
		const near = (hit) => hits.filter(({ index }) => Math.abs(index - hit.index) < EXCERPT / 2);
		const kinds = (hit) => new Set(near(hit).map(([word]) => stem(word.toLowerCase()))).size;
		const best = hits.reduce((one, other) => (kinds(other) > kinds(one) ? other : one), hits[0]);
		const middle = best?.index ?? 0;
		const start = middle < EXCERPT / 2 ? 0 : prose.indexOf(" ", middle - EXCERPT / 2) + 1;
		const cut = prose.indexOf(" ", start + EXCERPT);
		const end = cut < 0 ? prose.length : cut;
		const line = html("p", { className: "context" }, start ? "… " : "");
		let at = start;
		for (const { 0: word, index } of hits) {
			if (index < at || index >= end) continue;
			line.append(prose.slice(at, index), html("mark", {}, word));
			at = index + word.length;
		}
		line.append(prose.slice(at, end), end < prose.length ? " …" : "");
		return line;
	};

	const show = (query, place) => {
		const pages = byPage(find(query, read(bookText)));
		const count = pages.length === 1 ? "1 page" : `${pages.length} pages`;
		const status = pages.length
			? `Found on ${count}, the best first.`
			: "No page has all of these words. Try fewer, or shorter ones.";
		const item = ({ page, at, name, prose }) =>
			html(
				"li",
				{},
				html("a", { href: page + (at && `#${at}`) }, name),
				prose ? excerpt(prose, query) : "",
			);
		place.replaceChildren(
			html("h2", {}, "Search results"),
			html("p", { className: "search-summary", role: "status" }, status),
			html("ul", { className: "search" }, ...pages.flat().map(item)),
		);
	};

	document.addEventListener("DOMContentLoaded", () => {
		const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
		for (const field of document.querySelectorAll("input[name=q]")) field.value = query;
		if (query) show(query, document.getElementById("search-results"));
		else document.querySelector("main form.bd-search input")?.focus();
	});
})();

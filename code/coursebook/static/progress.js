/* The page that sums up what the reader has done: fills its table, saves to a file, loads one,
   starts over. */
(() => {
	const { load, save, merge, parse, html, isStored, follow } = courseProgress;
	const place = document.querySelector(".dn-progress");
	const chapters = [...place.querySelectorAll("[data-chapter]")].map((row) => ({
		row,
		name: row.dataset.chapter,
		questions: JSON.parse(row.dataset.questions),
		exercises: JSON.parse(row.dataset.exercises),
	}));
	const trueOnes = (list) => list.filter(Boolean).length;
	const total = (lists) => lists.flat().length;

	/* A number of them done, as a bar. */
	const bar = (label, all) => {
		const words = html("span");
		const meter = html("progress", { max: all || 1, value: 0 });
		const line = html("label", { class: "dn-bar" }, html("span", {}, label), meter, words);
		return {
			line,
			set: (done, more = "") => {
				meter.value = done;
				words.textContent = `${done} of ${all}${more}`;
			},
		};
	};
	const bars = {
		read: bar("Chapters read", chapters.length),
		right: bar("Questions answered right", total(chapters.map((chapter) => chapter.questions))),
		done: bar("Exercises done", total(chapters.map((chapter) => chapter.exercises))),
	};
	const checked = html("p", { class: "dn-checked" });
	const status = html("p", { class: "dn-status", role: "status", "aria-live": "polite" });

	function show() {
		const progress = load();
		const sums = { read: 0, right: 0, wrong: 0, done: 0 };
		for (const { row, name, questions, exercises } of chapters) {
			const [readCell, quiz, tasks] = row.querySelectorAll("td");
			const given = questions.filter(([key, , choices]) => progress.answers[key] < choices);
			const right = trueOnes(given.map(([key, choice]) => progress.answers[key] === choice));
			const done = trueOnes(exercises.map(([label]) => label in progress.exercises));
			const wrong = given.length - right;
			readCell.replaceChildren(
				name in progress.read
					? html(
							"span",
							{ class: "dn-yes" },
							html("span", { "aria-hidden": "true" }, "✓"),
							html("span", { class: "dn-hidden" }, "yes"),
						)
					: html("span", { class: "dn-hidden" }, "no"),
			);
			quiz.replaceChildren(questions.length ? `${given.length} of ${questions.length}` : "–");
			if (given.length)
				quiz.append(
					html(
						"small",
						{},
						html("span", {}, `${right} right,`),
						" ",
						html("span", {}, `${wrong} wrong`),
					),
				);
			tasks.replaceChildren(exercises.length ? `${done} of ${exercises.length}` : "–");
			row.classList.toggle(
				"dn-finished",
				name in progress.read && right === questions.length && done === exercises.length,
			);
			sums.read += name in progress.read;
			sums.right += right;
			sums.wrong += wrong;
			sums.done += done;
		}
		bars.read.set(sums.read);
		bars.right.set(sums.right, sums.wrong ? `, ${sums.wrong} wrong` : "");
		bars.done.set(sums.done);
		const names = Object.keys(progress.checks);
		checked.replaceChildren(
			...(names.length
				? [`Passed by the checker: ${names.length}. `, html("small", {}, names.join(", "))]
				: []),
		);
	}

	const tell = (words) => {
		status.textContent = words;
	};

	function store() {
		const file = new Blob([`${JSON.stringify(load(), null, 2)}\n`], { type: "application/json" });
		const link = html("a", { href: URL.createObjectURL(file), download: "progress.json" });
		link.click();
		setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
		tell("Saved to progress.json, among your downloads.");
	}

	/* An exercise is done when all its checks have passed. */
	function tick(progress) {
		for (const [label, checks] of chapters.flatMap((chapter) => chapter.exercises)) {
			const times = checks.map((name) => progress.checks[name]);
			if (times.length && times.every(Boolean)) progress.exercises[label] ??= times.sort().at(-1);
		}
		return progress;
	}

	async function read(input) {
		const [file] = input.files;
		if (!file) return;
		try {
			const loaded = parse(await file.text());
			save(tick(merge(load(), loaded)));
			show();
			const count = (section) => Object.keys(loaded[section]).length;
			tell(
				`Loaded from ${file.name}: chapters read ${count("read")}, answers ${count("answers")}, ` +
					`exercises ${count("exercises")}, checks passed ${count("checks")}.`,
			);
		} catch (error) {
			const reason = error instanceof SyntaxError ? "it is no JSON" : error.message;
			tell(`Nothing loaded from ${file.name}: ${reason}.`);
		}
		input.value = "";
	}

	const button = (words, onclick, kind = "") =>
		html("button", { type: "button", class: `dn-button ${kind}`, onclick }, words);
	const input = html("input", {
		type: "file",
		accept: ".json,application/json",
		class: "dn-hidden",
	});
	input.addEventListener("change", () => read(input));
	const start = button("Start over …", () => ask(true));
	const keep = button("Keep it", () => ask(false));
	const sure = html(
		"div",
		{ class: "dn-sure", role: "group", "aria-label": "Start over" },
		html(
			"p",
			{},
			"This deletes what this page shows, in this browser. A file that you saved stays.",
		),
		button(
			"Delete it",
			() => {
				save({});
				show();
				ask(false);
				tell("Deleted. You start from nothing.");
			},
			"dn-grave",
		),
		keep,
	);
	const ask = (open) => {
		sure.hidden = !open;
		start.setAttribute("aria-expanded", open);
		(open ? keep : start).focus();
		tell("");
	};
	sure.hidden = true;
	start.setAttribute("aria-expanded", "false");

	place.prepend(html("div", { class: "dn-bars" }, ...Object.values(bars).map(({ line }) => line)));
	place.append(
		checked,
		html(
			"div",
			{ class: "dn-buttons" },
			button("Save to a file", store),
			html("label", { class: "dn-button" }, "Load a file", input),
			start,
		),
		sure,
		status,
	);
	follow(show);
	if (!isStored())
		tell(
			"This browser does not let the site store anything: " +
				"what you do is kept only until you leave the page.",
		);
})();

/* The results explorer on its page: controls, drawing, table, and the choice kept in the address. */
(() => {
	const { METRICS, VIEWS, BEST, metricsOf, open, baselines, settle, fixed, rows, toLink, fromLink, words } = dropnormViews;
	const { heading, summary, table } = dropnormWords;
	const { draw, style } = dropnormCharts;
	const studies = open(dropnormRuns);
	const axisOf = (study, choice) => study.factors.find(({ name }) => name === choice.along);

	/* Vega-Lite lies beside the data. It is large: asked for when there is something to draw. */
	let vega = null;
	const loadVega = () => vega ??= new Promise((resolve, reject) => {
		const { src } = document.querySelector("script[src*='explorer/data.js']");
		const script = Object.assign(document.createElement("script"), { src: src.replace(/data\.js.*$/, "vega.js") });
		script.onload = () => resolve(dropnormVega);
		script.onerror = () => reject(new Error(`${script.src} could not be loaded`));
		document.head.append(script);
	});

	/* A select with its label. `set` takes pairs of value and text, or of a group's name and such pairs. */
	function select(html, label, changed) {
		const id = `ex-${label.toLowerCase().replace(/\W+/g, "-")}`;
		const input = html("select", { id, onchange: () => changed(input.value) });
		const field = html("div", { class: "ex-field" }, html("label", { for: id }, label), input);
		let listed = "";
		const option = ([key, text]) => (Array.isArray(text) ? html("optgroup", { label: key }, ...text.map(option)) : html("option", { value: key }, text));
		const set = (options, value) => {
			if (listed !== JSON.stringify(options)) input.replaceChildren(...options.map(option));
			listed = JSON.stringify(options);
			input.value = value;
		};
		return { field, set };
	}

	/* All controls of a choice; each calls `change` with what it changes. */
	function controls(ui, change, current) {
		const { html } = ui;
		const now = (name) => current()[name];
		const study = select(html, "Study", (name) => {
			const view = now("view") === "paired" && !baselines(studies[name], studies[name].factors[0]).length ? "ends" : now("view");
			change({ study: name, view, along: undefined, at: {}, show: undefined, base: undefined });
		});
		const question = study.field.appendChild(html("p", { class: "ex-question" }));
		study.field.classList.add("ex-wide");

		const views = Object.entries(VIEWS).map(([value, label]) =>
			html("label", {}, html("input", { type: "radio", name: "ex-view", value, onchange: () => change({ view: value }) }), label));
		const view = html("fieldset", { class: "if-choice ex-views" }, html("legend", {}, "View"), ...views);
		const metric = select(html, "Metric", (name) => change({ [now("view") === "curves" ? "curve" : "metric"]: name }));
		const axis = select(html, "Along the axis", (along) => change({ along, base: undefined }));
		const labels = new Map(Object.values(studies).flatMap(({ factors }) => factors.map(({ name, label }) => [name, label])));
		const factors = [...labels].map(([name, label]) => [
			name, select(html, label[0].toUpperCase() + label.slice(1), (value) => change({ at: { ...now("at"), [name]: value } }, name)),
		]);
		const base = select(html, "Difference to", (key) => change({ base: key }));
		const closeup = html("input", { type: "checkbox", onchange: () => change({ closeup: closeup.checked }) });
		const fields = [study.field, view, ...[metric, axis, ...factors.map(([, one]) => one), base].map(({ field }) => field)];
		const element = html("div", { class: "ex-controls" }, ...fields, html("label", { class: "ex-tick" }, closeup, "Close-up on where most runs lie"));

		function set(choice) {
			const of = studies[choice.study];
			const stored = new Set(of.points.flatMap(({ runs }) => runs)).size;
			study.set(Object.keys(studies).map((name) => [name, name]), choice.study);
			const runs = stored < of.planned ? `${words(stored)} of ${words(of.planned)} runs are stored` : `${words(stored)} runs`;
			question.replaceChildren(html("strong", {}, of.question), ` ${of.setting}. ${runs}.`);
			const bases = baselines(of, axisOf(of, choice));
			for (const input of view.querySelectorAll("input")) {
				input.checked = input.value === choice.view;
				input.disabled = input.value === "paired" && !bases.length;
			}
			const metrics = Object.entries(metricsOf(choice.view));
			const groups = [...new Set(metrics.map(([, { group }]) => group))];
			metric.set(groups.map((group) => [group, metrics.filter(([, one]) => one.group === group).map(([key, { name }]) => [key, name])]),
				choice.view === "curves" ? choice.curve : choice.metric);
			axis.field.hidden = of.factors.length < 2 || choice.view === "curves";
			axis.set(of.factors.map(({ name, label }) => [name, label]), choice.along);
			for (const [name, one] of factors) {
				const factor = of.factors.find((other) => other.name === name);
				one.field.hidden = !factor || !fixed(choice).includes(name);
				if (factor) one.set([...(factor.chosen ? [[BEST, "best on validation"]] : []), ...factor.values.map((value) => [value, words(value)])], choice.at[name]);
			}
			base.field.hidden = choice.view !== "paired";
			const [arms, values] = [bases.filter(({ arm }) => arm), bases.filter(({ arm }) => !arm)];
			base.set([["another condition, same setting", arms], ["same condition, another setting", values]].filter(([, list]) => list.length)
				.map(([group, list]) => [group, list.map(({ key, label }) => [key, label])]), choice.base);
			closeup.checked = choice.closeup;
		}
		return { element, set };
	}

	/* The conditions as boxes to tick, which are the legend, too. */
	function conditions({ html, svg }, change) {
		const element = html("fieldset", { class: "if-choice ex-legend" }, html("legend", {}, "Conditions"));
		let listed = "";
		const swatch = (arm) => {
			const { colour, dash } = style(arm);
			return svg("svg", { viewBox: "0 0 28 10", class: "ex-swatch", "aria-hidden": "true" },
				svg("path", { d: "M0,5H28", stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash.join(" ") }),
				svg("path", { d: "M14,0.5L18.5,5L14,9.5L9.5,5Z", fill: colour }));
		};
		const ticked = () => [...element.querySelectorAll("input:checked")].map(({ value }) => value);
		function set({ arms }, { show, view, base }) {
			if (listed !== JSON.stringify(arms)) {
				const boxes = arms.map((arm) => html("label", {},
					html("input", { type: "checkbox", value: arm[0], onchange: () => change({ show: ticked() }) }), swatch(arm), arm[0], html("span")));
				element.replaceChildren(element.firstChild, ...boxes);
			}
			listed = JSON.stringify(arms);
			element.hidden = arms.length < 2;
			for (const input of element.querySelectorAll("input")) {
				input.checked = show.includes(input.value);
				input.parentNode.lastChild.textContent = view === "paired" && base === input.value ? "(baseline)" : "";
			}
		}
		return { element, set };
	}

	/* The drawing, and what its marks mean. A view that was asked for later is never overtaken by an earlier one. */
	function drawing({ html, clamp }) {
		const chart = html("div", { class: "ex-chart", role: "img" });
		const key = html("p", { class: "ex-key" });
		const note = html("div", { class: "ex-note", hidden: "" });
		let [turn, drawn, shown, width, seen] = [0, null, null, 0, false];

		function point(_, event, item, text) {
			note.hidden = !text;
			if (!text) return;
			note.textContent = text;
			const frame = chart.getBoundingClientRect();
			const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
			note.style.left = `${clamp(x - note.offsetWidth / 2, 0, Math.max(frame.width - note.offsetWidth, 0))}px`;
			note.style.top = `${y - note.offsetHeight - 12}px`;
		}

		function explain({ view, metric }, said) {
			const marks = view === "curves" ? [["—", "thin: one seed; thick: mean"]] : [
				["●", view === "paired" ? "difference of one seed" : "one trained network"],
				["◆", METRICS[metric].median ? "median, 95 % interval (from six seeds on)" : "mean, 95 % interval"],
			];
			if (said.diverged) marks.push(["×", `diverged: ${said.diverged}`]);
			if (said.never) marks.push(["↑", `never got there: ${said.never}`]);
			if (said.off) marks.push(["▾▴", view === "curves" ? "parts of curves lie outside" : `outside of the close-up: ${said.off}`]);
			key.replaceChildren(...marks.map(([sign, text]) => html("span", {}, html("b", { "aria-hidden": "true" }, sign), ` ${text}`)));
		}

		async function paint() {
			width = chart.clientWidth;
			const mine = ++turn;
			if (!shown || !width || !seen) return;
			const [study, choice, found] = shown;
			if (!found.length) {
				chart.replaceChildren();
				key.replaceChildren();
				return;
			}
			const { spec, said } = draw(study, choice, found, width, getComputedStyle(chart).fontFamily);
			const holder = html("div");
			try {
				const embed = await loadVega();
				const result = await embed(holder, spec, { ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: point });
				if (mine !== turn) {
					result.finalize();
					return;
				}
				drawn?.finalize();
				drawn = result;
				note.hidden = true;
				chart.replaceChildren(holder, note);
				explain(choice, said);
			} catch (error) {
				chart.replaceChildren(html("p", {}, "The drawing failed; the table below has its numbers."));
				throw error;
			}
		}
		new ResizeObserver(() => { if (chart.clientWidth !== width) paint(); }).observe(chart);
		new IntersectionObserver((entries, sight) => {
			seen ||= entries.some(({ isIntersecting }) => isIntersecting);
			if (!seen) return;
			sight.disconnect();
			paint();
		}).observe(chart);
		return { elements: [chart, key], chart, set: (...what) => { shown = what; return paint(); } };
	}

	function numbers({ html }, refill) {
		const every = html("input", { type: "checkbox", onchange: refill });
		const body = html("table", { class: "if-table ex-table" });
		const scroll = html("div", { class: "ex-scroll", tabindex: 0, role: "region", "aria-label": "The numbers" }, body);
		const element = html("details", { class: "ex-numbers", open: "" }, html("summary", {}, "The numbers as a table"),
			html("label", { class: "ex-tick" }, every, "with every seed"), scroll);
		function set(study, choice, found, caption) {
			const { columns, groups } = table(study, choice, found, every.checked);
			const line = ([name, ...cells]) => html("tr", {}, html("th", { scope: "row" }, name), ...cells.map((cell) => html("td", {}, cell)));
			const group = ({ arm, lines }) => html("tbody", {},
				...(arm === null ? [] : [html("tr", {}, html("th", { scope: "rowgroup", colspan: columns.length }, arm))]), ...lines.map(line));
			body.replaceChildren(html("caption", {}, caption),
				html("thead", {}, html("tr", {}, ...columns.map((name) => html("th", { scope: "col" }, name)))), ...groups.map(group));
		}
		return { element, set };
	}

	function sharing({ html }) {
		const link = html("input", { type: "text", readonly: "", "aria-label": "Link to this view", onfocus: () => link.select() });
		const told = html("span", { role: "status", "aria-live": "polite" });
		const copy = async () => {
			try {
				await navigator.clipboard.writeText(link.value);
				told.textContent = "Copied.";
			} catch {
				link.focus();
				told.textContent = "The browser does not let this page copy. The link is selected: copy it from there.";
			}
		};
		const element = html("div", { class: "ex-share" }, html("button", { type: "button", onclick: copy }, "Copy link to this view"), link, told);
		const set = (part) => {
			link.value = new URL(part, location.href).href;
			told.textContent = "";
		};
		return { element, set };
	}

	courseFigure("explorer", (ui, figure) => {
		const live = ui.box("explorer");
		let { choice } = settle(studies);
		const change = (wished, kept) => {
			const settled = settle(studies, { ...choice, ...wished }, kept);
			({ choice } = settled);
			show(settled.told);
			history.replaceState(null, "", toLink(studies, choice));
		};
		const fill = () => list.set(studies[choice.study], choice, rows(studies[choice.study], choice), title.textContent);

		const asked = controls(ui, change, () => choice);
		const title = ui.html("p", { class: "ex-title" });
		const arms = conditions(ui, change);
		const picture = drawing(ui);
		live.append(asked.element, title, arms.element, ...picture.elements);
		const say = ui.say(live);
		const list = numbers(ui, fill);
		const share = sharing(ui);
		live.append(list.element, share.element);

		function show(told = []) {
			const study = studies[choice.study];
			const found = rows(study, choice);
			const { what, more } = heading(study, choice);
			const sentence = summary(study, choice, found);
			asked.set(choice);
			arms.set(study, choice);
			title.replaceChildren(ui.html("strong", {}, `${what} `), more);
			say(...told.map((one) => ui.html("em", {}, `${one} `)), sentence);
			picture.chart.setAttribute("aria-label", `${title.textContent.trim()}. ${sentence}`);
			picture.set(study, choice, found);
			fill();
			share.set(toLink(studies, choice));
		}

		/* A link to a view was opened: from elsewhere, or on this page. */
		function visit() {
			const wished = fromLink(location.hash);
			if (!wished) return false;
			const settled = settle(studies, wished);
			({ choice } = settled);
			show(settled.told);
			return true;
		}
		if (!visit()) show();
		addEventListener("hashchange", () => visit() && figure.scrollIntoView());
		if (fromLink(location.hash)) requestAnimationFrame(() => figure.scrollIntoView());

		for (const cell of document.querySelectorAll(".explorer-studies tbody td:first-child code")) {
			const link = ui.html("a", { href: `#study=${cell.textContent}` });
			cell.replaceWith(link);
			link.append(cell);
		}
		figure.explorer = { studies, get choice() { return choice; } };
	});
})();

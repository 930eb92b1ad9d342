/* The results explorer's controls: what a reader chooses, the legend, the table, and the link to a
   view. */
(() => {
	const { metricsOf, words } = dropnormMetrics;
	const { VIEWS, BEST, baselines, fixed } = dropnormViews;
	const { table } = dropnormWords;
	const { style } = dropnormScales;

	/* A select with its label. `set` takes pairs of value and text, or of a group's name and such
	   pairs. */
	function select(html, label, changed) {
		const id = `ex-${label.toLowerCase().replace(/\W+/g, "-")}`;
		const input = html("select", { id, onchange: () => changed(input.value) });
		const field = html("div", { class: "ex-field" }, html("label", { for: id }, label), input);
		let listed = "";
		const option = ([key, text]) =>
			Array.isArray(text)
				? html("optgroup", { label: key }, ...text.map(option))
				: html("option", { value: key }, text);
		const set = (options, value) => {
			if (listed !== JSON.stringify(options)) input.replaceChildren(...options.map(option));
			listed = JSON.stringify(options);
			input.value = value;
		};
		return { field, set };
	}

	/* All controls of a choice; each calls `change` with what it changes. */
	function controls(ui, studies, change, current) {
		const { html } = ui;
		const now = (name) => current()[name];
		const study = select(html, "Study", (name) => {
			const view =
				now("view") === "paired" && !baselines(studies[name], studies[name].factors[0]).length
					? "ends"
					: now("view");
			change({ study: name, view, along: undefined, at: {}, show: undefined, base: undefined });
		});
		const question = study.field.appendChild(html("p", { class: "ex-question" }));
		study.field.classList.add("ex-wide");

		const views = Object.entries(VIEWS).map(([value, label]) =>
			html(
				"label",
				{},
				html("input", {
					type: "radio",
					name: "ex-view",
					value,
					onchange: () => change({ view: value }),
				}),
				label,
			),
		);
		const view = html(
			"fieldset",
			{ class: "if-choice ex-views" },
			html("legend", {}, "View"),
			...views,
		);
		const metric = select(html, "Metric", (name) =>
			change({ [now("view") === "curves" ? "curve" : "metric"]: name }),
		);
		const axis = select(html, "Along the axis", (along) => change({ along, base: undefined }));
		const labels = new Map(
			Object.values(studies).flatMap(({ factors }) =>
				factors.map(({ name, label }) => [name, label]),
			),
		);
		const factors = [...labels].map(([name, label]) => [
			name,
			select(html, label[0].toUpperCase() + label.slice(1), (value) =>
				change({ at: { ...now("at"), [name]: value } }, name),
			),
		]);
		const base = select(html, "Difference to", (key) => change({ base: key }));
		const closeup = html("input", {
			type: "checkbox",
			onchange: () => change({ closeup: closeup.checked }),
		});
		const fields = [
			study.field,
			view,
			...[metric, axis, ...factors.map(([, one]) => one), base].map(({ field }) => field),
		];
		const element = html(
			"div",
			{ class: "ex-controls" },
			...fields,
			html("label", { class: "ex-tick" }, closeup, "Close-up on where most runs lie"),
		);

		function set(choice) {
			const of = studies[choice.study];
			const stored = new Set(of.points.flatMap(({ runs }) => runs)).size;
			study.set(
				Object.keys(studies).map((name) => [name, name]),
				choice.study,
			);
			const runs =
				stored < of.planned
					? `${words(stored)} of ${words(of.planned)} runs are stored`
					: `${words(stored)} runs`;
			question.replaceChildren(html("strong", {}, of.question), ` ${of.setting}. ${runs}.`);
			const bases = baselines(
				of,
				of.factors.find(({ name }) => name === choice.along),
			);
			for (const input of view.querySelectorAll("input")) {
				input.checked = input.value === choice.view;
				input.disabled = input.value === "paired" && !bases.length;
			}
			const metrics = Object.entries(metricsOf(choice.view));
			const groups = [...new Set(metrics.map(([, { group }]) => group))];
			metric.set(
				groups.map((group) => [
					group,
					metrics.filter(([, one]) => one.group === group).map(([key, { name }]) => [key, name]),
				]),
				choice.view === "curves" ? choice.curve : choice.metric,
			);
			axis.field.hidden = of.factors.length < 2 || choice.view === "curves";
			axis.set(
				of.factors.map(({ name, label }) => [name, label]),
				choice.along,
			);
			for (const [name, one] of factors) {
				const factor = of.factors.find((other) => other.name === name);
				one.field.hidden = !factor || !fixed(choice).includes(name);
				if (factor)
					one.set(
						[
							...(factor.chosen ? [[BEST, "best on validation"]] : []),
							...factor.values.map((value) => [value, words(value)]),
						],
						choice.at[name],
					);
			}
			base.field.hidden = choice.view !== "paired";
			const [arms, values] = [bases.filter(({ arm }) => arm), bases.filter(({ arm }) => !arm)];
			base.set(
				[
					["another condition, same setting", arms],
					["same condition, another setting", values],
				]
					.filter(([, list]) => list.length)
					.map(([group, list]) => [group, list.map(({ key, label }) => [key, label])]),
				choice.base,
			);
			closeup.checked = choice.closeup;
		}
		return { element, set };
	}

	/* The conditions as boxes to tick, which are the legend, too. */
	function conditions({ html, svg }, change) {
		const element = html(
			"fieldset",
			{ class: "if-choice ex-legend" },
			html("legend", {}, "Conditions"),
		);
		let listed = "";
		const swatch = (arm) => {
			const { colour, dash } = style(arm);
			return svg(
				"svg",
				{ viewBox: "0 0 28 10", class: "ex-swatch", "aria-hidden": "true" },
				svg("path", {
					d: "M0,5H28",
					stroke: colour,
					"stroke-width": 2.4,
					"stroke-dasharray": dash.join(" "),
				}),
				svg("path", { d: "M14,0.5L18.5,5L14,9.5L9.5,5Z", fill: colour }),
			);
		};
		const ticked = () => [...element.querySelectorAll("input:checked")].map(({ value }) => value);
		function set({ arms }, { show, view, base }) {
			if (listed !== JSON.stringify(arms)) {
				const boxes = arms.map((arm) =>
					html(
						"label",
						{},
						html("input", {
							type: "checkbox",
							value: arm[0],
							onchange: () => change({ show: ticked() }),
						}),
						swatch(arm),
						arm[0],
						html("span"),
					),
				);
				element.replaceChildren(element.firstChild, ...boxes);
			}
			listed = JSON.stringify(arms);
			element.hidden = arms.length < 2;
			for (const input of element.querySelectorAll("input")) {
				input.checked = show.includes(input.value);
				input.parentNode.lastChild.textContent =
					view === "paired" && base === input.value ? "(baseline)" : "";
			}
		}
		return { element, set };
	}

	function numbers({ html }, refill) {
		const every = html("input", { type: "checkbox", onchange: refill });
		const body = html("table", { class: "if-table ex-table" });
		const scroll = html(
			"div",
			{ class: "ex-scroll", tabindex: 0, role: "region", "aria-label": "The numbers" },
			body,
		);
		const element = html(
			"details",
			{ class: "ex-numbers", open: "" },
			html("summary", {}, "The numbers as a table"),
			html("label", { class: "ex-tick" }, every, "with every seed"),
			scroll,
		);
		function set(study, choice, viewRows, caption) {
			const { columns, groups } = table(study, choice, viewRows, every.checked);
			const line = ([name, ...cells]) =>
				html(
					"tr",
					{},
					html("th", { scope: "row" }, name),
					...cells.map((cell) => html("td", {}, cell)),
				);
			const group = ({ arm, lines }) =>
				html(
					"tbody",
					{},
					...(arm === null
						? []
						: [html("tr", {}, html("th", { scope: "rowgroup", colspan: columns.length }, arm))]),
					...lines.map(line),
				);
			body.replaceChildren(
				html("caption", {}, caption),
				html(
					"thead",
					{},
					html("tr", {}, ...columns.map((name) => html("th", { scope: "col" }, name))),
				),
				...groups.map(group),
			);
		}
		return { element, set };
	}

	function sharing({ html }) {
		const link = html("input", {
			type: "text",
			readonly: "",
			"aria-label": "Link to this view",
			onfocus: () => link.select(),
		});
		const status = html("span", { role: "status", "aria-live": "polite" });
		const copy = async () => {
			try {
				await navigator.clipboard.writeText(link.value);
				status.textContent = "Copied.";
			} catch {
				link.focus();
				status.textContent =
					"The browser does not let this page copy. The link is selected: copy it from there.";
			}
		};
		const element = html(
			"div",
			{ class: "ex-share" },
			html("button", { type: "button", onclick: copy }, "Copy link to this view"),
			link,
			status,
		);
		const set = (part) => {
			link.value = new URL(part, location.href).href;
			status.textContent = "";
		};
		return { element, set };
	}

	globalThis.dropnormControls = { controls, conditions, numbers, sharing };
})();

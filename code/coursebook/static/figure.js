/* What the interactive figures share: labelled controls, drawings, tables. courseFigure(name,
   build) builds a view into each <figure class="interactive-name">, in the place of the picture
   there. */
(() => {
	const fill = (node, attributes, children) => {
		for (const [name, value] of Object.entries(attributes)) {
			if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
			else node.setAttribute(name, value);
		}
		node.append(...children);
		return node;
	};
	const html = (tag, attributes = {}, ...children) =>
		fill(document.createElement(tag), attributes, children);
	const svg = (tag, attributes = {}, ...children) =>
		fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

	/* A number for people: a true minus sign, and no minus before zero. */
	const show = (value, digits = 2) => {
		const text = value.toFixed(digits);
		return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
	};

	/* Parts of drawings, with the style sheet's classes without their prefix. */
	const kinds = (names) => `if-${names.replaceAll(" ", " if-")}`;
	const text = (x, y, words, kind = "muted") => svg("text", { x, y, class: kinds(kind) }, words);
	const path = (d, kind, more = {}) => svg("path", { d, class: kinds(kind), ...more });
	const circle = (cx, cy, r, kind) => svg("circle", { cx, cy, r, class: kinds(kind) });
	const rect = (x, y, width, height, kind) =>
		svg("rect", { x, y, width, height, class: kinds(kind) });
	const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

	let ids = 0;

	function parts(live) {
		const add = (parent, node) => parent.appendChild(node);
		const ui = { html, svg, text, path, circle, rect, show, clamp };

		ui.box = (kind, parent = live) => add(parent, html("div", { class: `if-${kind}` }));

		/* A drawing: `draw` replaces its content and says in words what it shows. */
		ui.drawing = (parent, title, width, height) => {
			const [description, content] = [svg("desc"), svg("g")];
			add(
				parent,
				svg(
					"svg",
					{ viewBox: `0 0 ${width} ${height}`, role: "img", class: "if-drawing" },
					svg("title", {}, title),
					description,
					content,
				),
			);
			return (words, ...nodes) => {
				description.textContent = words;
				content.replaceChildren(...nodes);
			};
		};

		/* A place that takes keys: `moves` has a function for each. */
		ui.keys = (parent, label, moves) =>
			add(
				parent,
				html("div", {
					class: "if-keys",
					tabindex: 0,
					role: "group",
					"aria-label": label,
					onkeydown: (event) => {
						if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
						event.preventDefault();
						moves[event.key]();
					},
				}),
			);

		ui.slider = (parent, label, { min, max, step, value, words = show }, changed) => {
			const id = `if-${++ids}`;
			const number = html("span", { class: "if-value", "aria-hidden": "true" });
			const input = html("input", { type: "range", id, min, max, step, value });
			const tell = () => {
				number.textContent = words(Number(input.value));
				input.setAttribute("aria-valuetext", number.textContent);
			};
			input.addEventListener("input", () => {
				tell();
				changed(Number(input.value));
			});
			tell();
			parent.append(
				html("div", { class: "if-slider" }, html("label", { for: id }, label), number, input),
			);
		};

		ui.button = (parent, label, pressed) =>
			add(parent, html("button", { type: "button", onclick: pressed }, label));

		/* Radio buttons, each labelled by a text or the first of a list. */
		ui.choice = (parent, legend, options, changed) => {
			const name = `if-${++ids}`;
			const radios = Object.entries(options).map(([key, label]) =>
				html(
					"label",
					{},
					html("input", { type: "radio", name, value: key, onchange: () => changed(key) }),
					[label].flat()[0],
				),
			);
			radios[0].firstChild.checked = true;
			add(parent, html("fieldset", { class: "if-choice" }, html("legend", {}, legend), ...radios));
		};

		/* Read out by screen readers when it changes. */
		ui.say = (parent = live) => {
			const output = add(parent, html("output", { class: "if-say", "aria-live": "polite" }));
			return (...content) => output.replaceChildren(...content);
		};

		ui.table = (caption, columns, parent = live) => {
			const body = html("tbody");
			add(
				parent,
				html(
					"table",
					{ class: "if-table" },
					html("caption", {}, caption),
					html(
						"thead",
						{},
						html(
							"tr",
							{},
							html("td"),
							...columns.map((name) => html("th", { scope: "col" }, name)),
						),
					),
					body,
				),
			);
			return (rows) =>
				body.replaceChildren(
					...Object.entries(rows).map(([name, cells]) =>
						html(
							"tr",
							{},
							html("th", { scope: "row" }, name),
							...cells.map((cell) => html("td", {}, cell)),
						),
					),
				);
		};
		return ui;
	}

	globalThis.courseFigure = (name, build) => {
		for (const figure of document.querySelectorAll(`figure.interactive-${name}`)) {
			const live = html("div", { class: "if-live" });
			build(parts(live), figure);
			figure.prepend(live);
			figure.classList.add("if-works");
		}
	};
})();

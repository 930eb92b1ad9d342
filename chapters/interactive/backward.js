/* The gradient on its way back through batch norm, node by node. */
courseFigure("backward", (ui, figure) => {
	const maths = dropnormMaths;
	const { svg, text, path, rect, show } = ui;
	const gamma = 1.5;
	const beta = 0.5;
	/* name: symbol, formula, column (0 four numbers, 1 one number), row, arrows from other nodes */
	const nodes = {
		x: ["x", "the batch", 0, 0, {}],
		mu: ["μ", "mean x", 1, 0.5, { x: "M218 30L248 60" }],
		c: ["c", "x − μ", 0, 1, { x: "M119 56V72", mu: "M252 72L222 102" }],
		s: ["s", "c²", 0, 2, { c: "M119 128V144" }],
		v: ["v", "mean s", 1, 2, { s: "M218 174H248" }],
		sigma: ["σ", "√(v + ε)", 1, 3, { v: "M294 200V216" }],
		r: ["r", "1 / σ", 1, 4, { sigma: "M294 272V288" }],
		xhat: ["x̂", "c · r", 0, 4, { c: "M20 102H8V318H16", r: "M252 318H222" }],
		y: ["y", "γ x̂ + β", 0, 5, { xhat: "M119 344V360" }],
	};
	const steps = [
		["", "The forward pass is done. Step on, and the gradient walks back from y to x."],
		["y", "dy comes from the loss."],
		["xhat", "dx̂ = γ · dy, here with γ = 1.5."],
		["r", "dr = Σ dx̂ · c: the four numbers meet in one."],
		["sigma", "dσ = −r² · dr."],
		["v", "dv = dσ / 2σ."],
		["s", "ds = dv / 4: the same for each of the four numbers."],
		["c", "dc = r · dx̂ + 2 c · ds. Two roads arrive, and add up."],
		["mu", "dμ = −Σ dc."],
		["x", "dx = dc + dμ / 4: two roads again."],
	];
	const LAST = steps.length - 1;
	const random = maths.uniform(8);
	const four = () => maths.range(4, () => Math.round(20 * maths.normal(random)) / 10);
	const losses = {
		loss: () => state.loss,
		ones: () => [1, 1, 1, 1],
		along: () => maths.graph(state.x, state.loss).values.xhat,
	};
	const state = (figure.state = { x: four(), loss: four(), kind: "loss", step: 0, gamma, beta });
	const set = (change) => () => {
		Object.assign(state, change());
		state.step = ui.clamp(state.step, 0, LAST);
		update();
	};

	const panels = ui.box("panels");
	const [back, on] = [-1, 1].map((way) => set(() => ({ step: state.step + way })));
	const stage = ui.keys(panels, "The graph of batch norm. The left and right arrow keys step.", {
		ArrowLeft: back,
		ArrowRight: on,
		Home: set(() => ({ step: 0 })),
		End: set(() => ({ step: LAST })),
	});
	const draw = ui.drawing(
		stage,
		"Batch norm as a graph of nine nodes, with values and gradients",
		340,
		420,
	);
	const side = ui.box("side", panels);
	const buttons = ui.box("buttons", side);
	ui.button(buttons, "◂ Back", back);
	ui.button(buttons, "Step ▸", on);
	ui.button(
		buttons,
		"Another batch",
		set(() => ({ x: four(), loss: four() })),
	);
	ui.choice(
		side,
		"The gradient dy from above",
		{ loss: "of some loss", ones: "the same for all four", along: "along x̂" },
		(kind) => set(() => ({ kind }))(),
	);
	const say = ui.say(side);

	const edge = (d, lit) =>
		path(
			d,
			lit ? "flow lit" : "flow",
			lit ? { "marker-start": "url(#if-lit)" } : { "marker-end": "url(#if-arrow)" },
		);

	const arrow = (id, kind) =>
		svg(
			"marker",
			{
				id,
				viewBox: "0 0 8 8",
				refX: 4,
				refY: 4,
				markerWidth: 9,
				markerHeight: 9,
				markerUnits: "userSpaceOnUse",
				orient: "auto-start-reverse",
			},
			path("M0 0L8 4L0 8z", kind),
		);

	function node(name, graph, present, done) {
		const [symbol, formula, column, row] = nodes[name];
		const [x, y, width] = [column ? 252 : 20, 4 + 72 * row, column ? 84 : 198];
		const cells = (data, line, kind) =>
			[data]
				.flat()
				.map((value, i) =>
					text(
						column ? x + width - 8 : x + 62 + 42.5 * i,
						y + line,
						show(value),
						`small end ${kind}`,
					),
				);
		return [
			rect(x, y, width, 52, name === present ? "node present" : "node"),
			text(x + 8, y + 15, symbol, "symbol"),
			text(x + 24, y + 15, formula),
			...cells(graph.values[name], 30, "norm-text"),
			...(done
				? [
						text(x + 8, y + 45, `d${symbol}`, "gradient-text"),
						...cells(graph.gradients[name], 45, "gradient-text"),
					]
				: []),
		];
	}

	function update() {
		const dy = losses[state.kind]();
		const graph = maths.graph(state.x, dy, gamma, beta);
		const closed = maths.closedForm(state.x, dy, gamma);
		Object.assign(state, { dy, dx: graph.gradients.x });
		const reached = steps.slice(1, state.step + 1).map(([name]) => name);
		const [present, words] = steps[state.step];
		draw(
			words,
			svg("defs", {}, arrow("if-arrow", "head"), arrow("if-lit", "head lit")),
			...Object.values(nodes).flatMap(([, , , , arrows]) =>
				Object.entries(arrows).map(([from, d]) => edge(d, from === present)),
			),
			...Object.keys(nodes).flatMap((name) => node(name, graph, present, reached.includes(name))),
			text(20, 243, "upper line: values", "norm-text"),
			text(20, 260, "lower line: gradients d…", "gradient-text"),
		);
		const same = closed.every((value, i) => Math.abs(value - state.dx[i]) < 1e-12);
		say(
			`Step ${state.step} of ${LAST}. ${words} `,
			state.step === LAST
				? `The closed form gives ${closed.map((value) => show(value)).join(", ")}: ` +
						`${same ? "the same" : "not the same"}.`
				: "",
		);
	}

	update();
});

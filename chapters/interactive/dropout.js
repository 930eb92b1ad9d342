/* A network whose hidden units drop, and the mean of its output over many masks. */
courseFigure("dropout", (ui, figure) => {
	const maths = dropnormMaths;
	const { text, path, circle, show } = ui;
	const net = {
		x: [1, 0.5, -0.8],
		weight1: [
			[0.9, 0.4, -0.2],
			[-0.5, 0.8, -0.9],
			[1.2, 0.6, -0.3],
			[0.3, -0.7, -1.1],
			[0.8, 1, 0.1],
			[0.2, -0.4, -0.6],
		],
		weight2: [0.8, -0.9, 0.7, 0.5, -0.4, 1.1],
	};
	const whole = maths.network(net).output;
	const random = maths.uniform(3);
	const state = (figure.state = { net, p: 0.5 });

	const panels = ui.box("panels");
	const drawNetwork = ui.drawing(panels, "The network with the present mask", 340, 262);
	const drawMean = ui.drawing(panels, "Mean of the output over passes", 340, 262);
	const controls = ui.box("controls");
	ui.slider(
		controls,
		"Rate of dropping, p",
		{ min: 0, max: 0.9, step: 0.05, value: state.p },
		(p) => {
			state.p = p;
			start(state.draws);
		},
	);
	const buttons = ui.box("buttons", controls);
	ui.button(buttons, "Draw a mask", () => run(1));
	ui.button(buttons, "Run 200 passes", () => run(200));
	ui.button(buttons, "Start over", () => start());
	const table = ui.table("The output", ["this pass", "mean of passes", "all units"]);
	const say = ui.say();

	function pass(draws = net.weight2.map(random)) {
		if (state.outputs.length >= 1000) state.outputs = [];
		state.draws = draws;
		state.outputs.push(maths.network(net, state.p, draws).output);
	}

	function start(draws) {
		cancelAnimationFrame(state.frame);
		state.outputs = [];
		pass(draws);
		update();
	}

	/* Four passes a frame; all at once for who wants no motion. */
	function run(left) {
		cancelAnimationFrame(state.frame);
		const now = matchMedia("(prefers-reduced-motion: reduce)").matches ? left : Math.min(4, left);
		for (let i = 0; i < now; i++) pass();
		update(left > now);
		if (left > now) state.frame = requestAnimationFrame(() => run(left - now));
	}

	function networkNodes() {
		const { passed, output } = maths.network(net, state.p, state.draws);
		const gone = state.draws.map((draw) => draw < state.p);
		const inputs = net.x.map((value, i) => [34, 76 + 60 * i, value]);
		const hidden = passed.map((value, i) => [166, 40 + 40 * i, value]);
		const edge = ([x1, y1], [x2, y2], weight, off) =>
			path(`M${x1} ${y1}L${x2} ${y2}`, off ? "edge off" : "edge", {
				"stroke-width": 0.6 + 2 * Math.abs(weight),
			});
		const unit = (x, y, r, kind, words) => [
			circle(x, y, r, `unit ${kind}`),
			text(x, y + 4, words, "small middle"),
		];
		return [
			...hidden.flatMap((to, i) => [
				...inputs.map((from, j) => edge(from, to, net.weight1[i][j], gone[i])),
				edge(to, [300, 136], net.weight2[i], gone[i]),
			]),
			...inputs.flatMap(([x, y, value]) => unit(x, y, 18, "plain", show(value, 1))),
			...hidden.flatMap(([x, y, value], i) =>
				gone[i]
					? [circle(x, y, 18, "unit gone"), path(`M${x - 7} ${y - 7}l14 14m0-14l-14 14`, "cross")]
					: unit(x, y, 18, "kept", show(value)),
			),
			...unit(300, 136, 24, "plain", show(output)),
			text(34, 12, "inputs", "muted middle"),
			text(166, 12, "hidden units", "muted middle"),
			text(300, 12, "output", "muted middle"),
		];
	}

	function meanNodes(means) {
		const sd = maths.spread(net, state.p);
		const reach = Math.max(3 * sd, 0.5);
		const at = (k) => (40 + (290 * Math.log10(k)) / 3).toFixed(1);
		const up = (value) => 126 - 100 * ui.clamp((value - whole) / reach, -1, 1);
		const line = (points) =>
			`M${points.map(([k, value]) => `${at(k)} ${up(value).toFixed(1)}`).join("L")}`;
		const ks = maths.range(31, (i) => 10 ** (i / 10));
		const edge = (sign) => ks.map((k) => [k, whole + (sign * 2 * sd) / Math.sqrt(k)]);
		return [
			path(line([...edge(1), ...edge(-1).reverse()]), "band"),
			...[1, 10, 100, 1000].flatMap((k) => [
				path(`M${at(k)} 26V230`, "grid"),
				text(at(k), 244, k, k < 1000 ? "muted middle" : "muted end"),
			]),
			...[-1, 0, 1].map((end) =>
				text(34, 130 - 100 * end, show(whole + end * reach, 1), "muted end"),
			),
			path(
				state.outputs.map((value, i) => `M${at(i + 1)} ${up(value).toFixed(1)}h0`).join(""),
				"dots dropout",
			),
			path("M40 126H330", "rule"),
			path(line(means.map((value, i) => [i + 1, value])), "line dropout"),
			circle(at(means.length), up(means.at(-1)), 5, "now"),
			text(330, 222, "straight line: all units (evaluation)", "ink end"),
			text(330, 40, "line: mean so far · dot: one pass", "dropout-text end"),
			text(40, 12, "output of the network"),
			text(330, 260, "passes", "muted end"),
		];
	}

	function update(busy = false) {
		let total = 0;
		const means = state.outputs.map((value, i) => (total += value) / (i + 1));
		const count = means.length;
		state.mean = means.at(-1);
		const off = state.draws.filter((draw) => draw < state.p).length;
		const mask = `${off} of 6 units dropped, the rest × ${show(1 / (1 - state.p))}.`;
		const passes = count === 1 ? "1 pass" : `${count} passes`;
		const away = show(Math.abs(state.mean - whole), 3);
		const distance = `The mean of ${passes} is ${away} away from the output with all units`;
		drawNetwork(mask, ...networkNodes());
		drawMean(distance, ...meanNodes(means));
		table({
			[`p = ${show(state.p)}, ${passes}`]: [state.outputs.at(-1), state.mean, whole].map((value) =>
				show(value, 3),
			),
		});
		const error = show(maths.spread(net, state.p) / Math.sqrt(count), 3);
		if (!busy) say(`${mask} ${distance}; its standard error is ${error}.`);
	}

	start();
});

/* A batch on two channels before and after batch norm, and running statistics that catch up. */
courseFigure("batch-norm", (ui, figure) => {
	const maths = dropnormMaths;
	const { text, path, circle, show } = ui;
	const random = maths.uniform(2);
	const set = { shift: 3, stretch: 2, power: 4, gamma: 1, beta: 0, momentum: 0.1, training: true };
	const state = (figure.state = { set });

	const panels = ui.box("panels");
	const drawIn = ui.drawing(panels, "The batch before batch norm", 340, 172);
	const drawOut = ui.drawing(panels, "The batch after batch norm", 340, 172);
	const controls = ui.box("controls");
	ui.choice(controls, "Mode", { training: "training", evaluation: "evaluation" }, (mode) => {
		set.training = mode === "training";
		update();
	});
	const buttons = ui.box("buttons", controls);
	ui.button(buttons, "Next batch", () => next(1));
	ui.button(buttons, "20 batches", () => next(20));
	ui.button(buttons, "Reset", () => reset());
	for (const [name, label, min, max, step, words] of [
		["shift", "Shift", -6, 6, 0.5],
		["stretch", "Stretch", 0.2, 2.6, 0.2],
		["power", "Batch size", 1, 6, 1, (power) => `${2 ** power}`],
		["gamma", "γ (weight)", 0, 3, 0.1],
		["beta", "β (bias)", -3, 3, 0.5],
		["momentum", "Momentum", 0.05, 1, 0.05],
	]) {
		ui.slider(controls, label, { min, max, step, value: set[name], words }, (value) => {
			set[name] = value;
			if (name === "power") draw();
			update();
		});
	}
	const below = ui.box("panels");
	const drawPath = ui.drawing(below, "Running mean of channel 1", 340, 190);
	const table = ui.table("Statistics of the channels", ["channel 1", "channel 2"], below);
	const say = ui.say();

	/* Standard normal numbers, two channels; the sliders shift and stretch the first. */
	const draw = () => {
		state.base = [0, 1].map(() => maths.range(2 ** set.power, () => maths.normal(random)));
	};

	function measure() {
		const inputs = [
			state.base[0].map((z) => set.shift + set.stretch * z),
			state.base[1].map((z) => 1.5 * z - 1),
		];
		state.channels = inputs.map((x, i) => {
			const batch = maths.statistics(x);
			const used = set.training ? batch : state.running[i];
			const y = maths.normalise(
				x,
				used.mean,
				used.variance,
				...(i ? [1, 0] : [set.gamma, set.beta]),
			);
			return { x, y, batch, after: maths.statistics(y) };
		});
	}

	function next(batches) {
		for (let i = 0; i < batches; i++) {
			draw();
			measure();
			if (!set.training) continue;
			state.running = state.running.map((old, c) =>
				maths.track(old, state.channels[c].batch, set.momentum),
			);
			state.path = [...state.path, [state.channels[0].batch.mean, state.running[0].mean]].slice(
				-60,
			);
			state.tracked++;
		}
		update();
	}

	function reset() {
		Object.assign(state, {
			running: [
				{ mean: 0, variance: 1 },
				{ mean: 0, variance: 1 },
			],
			tracked: 0,
			path: [],
		});
		draw();
		update();
	}

	const at = (value) => 170 + 16 * ui.clamp(value, -10.3, 10.3);

	/* Mean and one standard deviation to either side. */
	const interval = ({ mean, variance }, y, kind) => [
		path(
			`M${at(mean - Math.sqrt(variance))} ${y}H${at(mean + Math.sqrt(variance))}`,
			`line ${kind}`,
		),
		circle(at(mean), y, 4.5, kind),
	];

	const strips = (title, legend, key) => [
		text(4, 12, title, "ink"),
		text(336, 12, legend, "muted end"),
		...[-10, -5, 0, 5, 10].flatMap((tick) => [
			path(`M${at(tick)} 22V152`, "grid"),
			text(at(tick), 167, show(tick, 0), "muted middle"),
		]),
		...state.channels.flatMap((channel, i) => [
			text(4, 36 + 68 * i, `channel ${i + 1}`),
			...channel[key].map((value, j) =>
				circle(
					at(value),
					36 + 68 * i + ((j * 7) % 5) * 3,
					3.2,
					Math.abs(value) > 10.3 ? "dot outside" : "dot",
				),
			),
			...interval(key === "x" ? channel.batch : channel.after, 59 + 68 * i, "norm"),
			...(key === "x" ? interval(state.running[i], 71 + 68 * i, "running") : []),
		]),
	];

	function pathNodes() {
		const all = [0, set.shift, ...state.path.flat()];
		const [low, high] = [Math.min(...all) - 0.5, Math.max(...all) + 0.5];
		const up = (value) => 162 - (136 * (value - low)) / (high - low);
		const across = (i) => 40 + (i * 290) / 60;
		return [
			text(4, 12, "channel 1, batch by batch", "ink"),
			...[0, set.shift].flatMap((level) => [
				path(`M40 ${up(level)}H330`, "grid"),
				text(34, up(level) + 4, show(level, 1), "muted end"),
			]),
			...state.path.map(([mean], i) => circle(across(i + 1), up(mean), 3, "dot")),
			path(
				`M${[[0, 0], ...state.path]
					.map(([, running], i) => `${across(i)} ${up(running)}`)
					.slice(state.tracked > 60)
					.join("L")}`,
				"line running",
			),
			text(40, 184, "dots: batch means · dashes: running mean"),
		];
	}

	function update() {
		measure();
		const [one] = state.channels;
		const mode = set.training ? "Training" : "Evaluation";
		const words = ({ mean, variance }) =>
			`mean ${show(mean)}, standard deviation ${show(Math.sqrt(variance))}`;
		drawIn(
			`Channel 1: ${words(one.batch)}`,
			...strips("before: x", "line: batch · dashes: running", "x"),
		);
		drawOut(
			`Channel 1: ${words(one.after)}`,
			...strips("after: y", `${mode.toLowerCase()} mode`, "y"),
		);
		drawPath(`${show(state.running[0].mean)} after ${state.tracked} batches`, ...pathNodes());
		const rows = {};
		state.channels.forEach(({ batch, after }, i) => {
			for (const [name, of] of Object.entries({
				batch,
				running: state.running[i],
				output: after,
			})) {
				for (const key of ["mean", "variance"]) (rows[`${name} ${key}`] ??= []).push(show(of[key]));
			}
		});
		table(rows);
		const normalises = set.training
			? "the batch’s own statistics normalise"
			: "the running statistics normalise and stay as they are";
		say(
			`${mode}: ${normalises}. ` +
				`Channel 1 leaves with ${words(one.after)}. Batches tracked: ${state.tracked}.`,
		);
	}

	reset();
});

/* The results explorer's views as Vega-Lite specifications. Colours are the style sheet's variables, so that light and dark
   need no drawing anew. Positions are computed here where arms stand side by side. */
(() => {
	const { bulk } = dropnormStatistics;
	const { words, number } = dropnormViews;
	const { hint, metricOf } = dropnormWords;
	const DASHES = [[7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4], [2, 2, 6, 2]];
	const [INK, MUTED, LINE, PAPER] = ["ink", "muted", "line", "paper"].map((name) => `var(--if-${name})`);

	/* How an arm is drawn: colour, and a dash where it is none of the four networks. */
	function style([, name]) {
		const other = /^other-(\d)$/.exec(name);
		return { colour: `var(--ex-${name.replace(" ", "-")})`, dash: other ? DASHES[other[1] - 1] : [1, 0] };
	}

	/* A scale between numbers and pixels that leaves room at both ends. */
	function scale(type, low, high, length, room) {
		const [into, out] = type === "log" ? [Math.log, Math.exp] : [(x) => x, (x) => x];
		if (low === high) [low, high, room] = type === "log" ? [low / 2, high * 2, 0] : [low - 1, high + 1, 0];
		const rate = (length - 2 * room) / (into(high) - into(low));
		const toPixel = (x) => room + (into(x) - into(low)) * rate;
		const toNumber = (pixel) => out(into(low) + (pixel - room) / rate);
		return { type, toPixel, toNumber, domain: [toNumber(0), toNumber(length)], moved: (x, by) => toNumber(toPixel(x) + by) };
	}

	/* Where the vertical axis begins and ends. */
	function vertical(numbers, { log, zero, closeup, height }) {
		const finite = numbers.filter(Number.isFinite);
		let [low, high] = closeup && finite.length > 2 ? bulk(finite) : [Math.min(...finite), Math.max(...finite)];
		if (!finite.length) [low, high] = [0, 1];
		if (zero) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
		const useLog = log && low > 0 && high > 10 * low;
		return scale(useLog ? "log" : "linear", low, high, height, 14);
	}

	/* Labels beside the ends of lines, moved apart where two would overlap. */
	function apart(labels, y, height) {
		const placed = [];
		for (const label of [...labels].sort((one, other) => one.pixel - other.pixel)) {
			const before = placed.filter(({ x }) => x === label.x).at(-1);
			placed.push({ ...label, pixel: Math.max(label.pixel, before ? before.pixel + 16 : 6) });
		}
		let limit = height - 2;
		for (const label of placed.reverse()) {
			label.pixel = Math.min(label.pixel, limit);
			limit = label.pixel - 16;
		}
		return placed.map((label) => ({ ...label, y: y.toNumber(label.pixel) }));
	}

	const layer = (values, mark, encoding) => ({ data: { values }, mark: { aria: false, clip: true, ...mark }, encoding });
	const labelling = (...what) => ({ name: "labels", ...layer(...what) });
	const at = (field, more = {}) => ({ field, type: "quantitative", ...more });
	const scaled = ({ type, domain }) => ({ scale: { type, domain, nice: false, ...(type === "linear" ? { zero: false } : {}) } });
	const TIP = { field: "tip", type: "nominal" };

	function sizes(study, choice, width) {
		const wide = width >= 560;
		const lines = choice.view === "curves" || choice.along !== null;
		const longest = Math.max(0, ...choice.show.map((name) => name.length));
		const labelled = wide && lines && longest <= 26 && choice.show.length <= 6;
		const padding = { left: wide ? 58 : 48, right: labelled ? 22 + 7 * longest : 12, top: 12, bottom: 50 };
		return { wide, labelled, padding, width: width - padding.left - padding.right, height: wide ? 340 : 290 };
	}

	function whole({ padding, width, height }, font, x, y, layers) {
		const axis = { labelColor: MUTED, titleColor: MUTED, gridColor: LINE, labelFontSize: 12.5, titleFontSize: 13, titleFontWeight: "normal" };
		return {
			width, height, padding, autosize: "none", background: "transparent",
			layer: layers.map((one, i) => (i ? one : { ...one, encoding: { ...one.encoding, x: { ...one.encoding.x, axis: x }, y: { ...one.encoding.y, axis: y } } })),
			config: {
				font,
				view: { stroke: null },
				axis: { ...axis, domain: false, ticks: false, labelPadding: 7, titlePadding: 9 },
			},
		};
	}

	/* Round numbers on a logarithmic axis: 1, 2, 5, … or, over many decades, powers of ten. */
	function decades([low, high], steps) {
		const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
		const every = Math.ceil((last - first) / 5);
		const exponents = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((exponent) => every < 2 || exponent % every === 0);
		return exponents.flatMap((exponent) => (every < 2 ? steps : [1]).map((step) => step * 10 ** exponent)).filter((value) => value >= low && value <= high);
	}

	/* An expression that gives each number on an axis its words. */
	const labelled = (pairs) => pairs.reduceRight((rest, [value, text]) =>
		`abs(datum.value - ${value}) <= 1e-9 * abs(datum.value) ? ${JSON.stringify(text)} : ${rest}`, '""');

	function yAxis({ type, domain }) {
		if (type === "linear") return { title: null, tickCount: 6, format: Math.abs(domain[1]) >= 1e5 ? ".0e" : ",~f", labelOverlap: "greedy" };
		const values = decades(domain, [1, 2, 5]);
		return { title: null, values, labelExpr: labelled(values.map((value) => [value, value >= 1e5 ? number({ digits: 0 }, value) : words(value)])), labelOverlap: "greedy" };
	}

	/* End points and paired differences: every seed, and beside them the mean with its interval. */
	function points(study, choice, rows, width, font) {
		const size = sizes(study, choice, width);
		const metric = metricOf(choice);
		const paired = choice.view === "paired";
		const factor = study.factors.find(({ name }) => name === choice.along);
		const arms = study.arms.filter(([name]) => rows.some((row) => row.arm === name));
		const spots = factor ? [...new Set(rows.map((row) => row.x))].sort((a, b) => a - b) : arms.map((_, i) => i);
		const lanes = factor ? arms.length : 1;
		const room = size.wide ? 44 : 30;
		const x = scale(factor?.scale ?? "linear", spots[0], spots.at(-1), size.width, factor ? room : size.width / (2 * arms.length));
		const gaps = spots.slice(1).map((spot, i) => x.toPixel(spot) - x.toPixel(spots[i]));
		const widest = factor ? (size.wide ? 30 : 22) : 0.6 * Math.min(...gaps, 200);
		const lane = factor ? Math.max(5, Math.min(widest, (0.86 * Math.min(...gaps, 2 * room)) / lanes)) : widest;
		const spot = (row) => (factor ? row.x : arms.findIndex(([name]) => name === row.arm));
		const middle = (row) => (factor ? (arms.findIndex(([name]) => name === row.arm) - (lanes - 1) / 2) * lane : 0);
		const numbers = rows.flatMap((row) => [...row.seeds.map((seed) => seed.value), ...(choice.closeup ? [] : [row.low, row.high])]);
		const y = vertical(numbers.filter((value) => value !== null), {
			log: !paired && (metric.unit === "nats" || metric.median), zero: paired, closeup: choice.closeup, height: size.height,
		});
		const [bottom, top] = y.domain;

		const dots = { seen: [], diverged: [], missing: [], off: [] };
		for (const row of rows) {
			row.seeds.forEach((seed, i) => {
				const spread = row.seeds.length > 1 ? (i / (row.seeds.length - 1) - 0.5) * 0.42 * lane : 0;
				const dot = { x: x.moved(spot(row), middle(row) - 0.17 * lane + spread), y: seed.value, colour: style(study.arms.find(([name]) => name === row.arm)).colour, tip: hint(study, choice, row, seed) };
				if (!Number.isFinite(seed.value)) dots.missing.push({ ...dot, y: seed.value === -Infinity ? bottom : top, sign: seed.diverged ? "×" : "↑" });
				else if (seed.value < bottom || seed.value > top) dots.off.push({ ...dot, y: seed.value < bottom ? bottom : top, sign: seed.value < bottom ? "▾" : "▴" });
				else dots[seed.diverged ? "diverged" : "seen"].push({ ...dot, sign: "×" });
			});
		}
		const means = rows.filter((row) => Number.isFinite(row.mean)).map((row) => ({
			...row, seeds: null, y: row.mean, low: Math.max(row.low ?? row.mean, bottom), high: Math.min(row.high ?? row.mean, top),
			x: x.moved(spot(row), middle(row) + 0.3 * lane), colour: style(study.arms.find(([name]) => name === row.arm)).colour, tip: hint(study, choice, row),
		}));
		const [X, Y] = [at("x", scaled(x)), at("y", scaled(y))];
		const coloured = { color: { field: "colour", type: "nominal", scale: null }, tooltip: TIP };
		const text = { type: "text", fontSize: lane > 12 ? 15 : 11, fontWeight: "bold" };
		const layers = [layer([{ x: spots[0], y: paired ? 0 : y.domain[0] }], { type: "rule", opacity: paired ? 1 : 0 }, { x: X, y: Y })];
		if (paired) layers.push(layer([{ y: 0 }], { type: "rule", color: INK, strokeWidth: 1.2 }, { y: Y }));
		if (factor) {
			for (const arm of arms) {
				const { colour, dash } = style(arm);
				const joined = means.filter((row) => row.arm === arm[0]);
				layers.push(layer(joined, { type: "line", color: colour, strokeDash: dash, strokeWidth: 1.6, opacity: 0.7 }, { x: X, y: Y }));
			}
		}
		layers.push(
			layer(dots.seen, { type: "circle", size: size.wide && lane > 12 ? 24 : 14, opacity: 0.5 }, { x: X, y: Y, ...coloured }),
			layer(dots.diverged, text, { x: X, y: Y, text: { field: "sign" }, ...coloured }),
			layer(dots.missing, { ...text, clip: false, baseline: "bottom", dy: 4 }, { x: X, y: Y, text: { field: "sign" }, ...coloured }),
			layer(dots.off, { ...text, clip: false, fontSize: 12 }, { x: X, y: Y, text: { field: "sign" }, ...coloured }),
			layer(means, { type: "rule", strokeWidth: 2.6, strokeCap: "round" }, { x: X, y: at("low", { scale: Y.scale }), y2: { field: "high" }, ...coloured }),
			layer(means, { type: "point", shape: "diamond", filled: true, size: lane > 12 ? 84 : 52, opacity: 1, stroke: PAPER, strokeWidth: 1.2 }, { x: X, y: Y, ...coloured }),
		);
		if (size.labelled && factor) {
			const last = arms.map(([name]) => means.filter((row) => row.arm === name && row.mean >= bottom && row.mean <= top).at(-1)).filter(Boolean);
			const labels = apart(last.map((row) => ({ text: row.arm, colour: row.colour, x: row.x, end: x.toPixel(row.x) > 0.7 * size.width, pixel: size.height - y.toPixel(row.mean) })).map((label) => (
				{ ...label, x: label.end ? x.domain[1] : label.x })), { toNumber: (pixel) => y.toNumber(size.height - pixel) }, size.height);
			layers.push(labelling(labels, { type: "text", align: "left", dx: 6, fontSize: 13, fontWeight: 600, clip: false }, { x: X, y: Y, text: { field: "text" }, color: coloured.color }));
		}
		const xAxis = factor
			? { title: factor.label, values: spots, grid: false, labelExpr: labelled(spots.map((value) => [value, words(value)])), labelOverlap: "greedy" }
			: { title: null, values: spots, grid: false, labelExpr: labelled(arms.map(([name], i) => [i, name.split(", ")])), labelLimit: size.width / arms.length };
		const said = { diverged: dots.diverged.length + dots.missing.filter(({ sign }) => sign === "×").length, never: dots.missing.filter(({ sign }) => sign === "↑").length, off: dots.off.length };
		return { spec: whole(size, font, xAxis, yAxis(y), layers), said };
	}

	/* Curves over the steps: a thin line for every seed, a thick one for their mean. */
	function curves(study, choice, rows, width, font) {
		const size = sizes(study, choice, width);
		const metric = metricOf(choice);
		const all = rows.flatMap((row) => row.lines.flatMap((line) => line.points));
		const steps = all.map(({ step }) => step);
		const x = scale("log", Math.min(...steps), Math.max(...steps), size.width, 8);
		const y = vertical(all.map(({ value }) => value), { log: metric.unit === "nats", closeup: choice.closeup, height: size.height });
		const [X, Y] = [at("x", scaled(x)), at("y", scaled(y))];
		const layers = [layer([{ x: steps[0], y: y.domain[0] }], { type: "rule", opacity: 0 }, { x: X, y: Y })];
		const [ends, labels] = [[], []];
		for (const row of rows) {
			const arm = study.arms.find(([name]) => name === row.arm);
			const { colour, dash } = style(arm);
			const thin = row.lines.flatMap((line) => line.points.map(({ step, value }) => ({ x: step, y: value, seed: line.seed })));
			const thick = row.mean.filter((point) => point.mean !== null).map(({ step, mean }) => ({ x: step, y: mean }));
			layers.push(
				layer(thin, { type: "line", color: colour, strokeWidth: 0.8, opacity: 0.4 }, { x: X, y: Y, detail: { field: "seed", type: "nominal" } }),
				layer(thick, { type: "line", color: colour, strokeDash: dash, strokeWidth: 2.8, strokeCap: "round" }, { x: X, y: Y }),
			);
			ends.push(...row.lines.filter((line) => line.diverged).map((line) => (
				{ x: line.points.at(-1).step, y: Math.min(Math.max(line.points.at(-1).value, y.domain[0]), y.domain[1]), colour, sign: "×", tip: `${row.arm}, seed ${line.seed}, diverged after step ${words(line.points.at(-1).step)}` })));
			if (thick.length && !row.lines.some((line) => line.diverged)) labels.push({ text: row.arm, colour, x: x.domain[1], pixel: size.height - y.toPixel(thick.at(-1).y) });
		}
		const coloured = { color: { field: "colour", type: "nominal", scale: null } };
		layers.push(layer(ends, { type: "text", fontSize: 15, fontWeight: "bold", clip: false }, { x: X, y: Y, text: { field: "sign" }, ...coloured, tooltip: TIP }));
		if (size.labelled) {
			const placed = apart(labels, { toNumber: (pixel) => y.toNumber(size.height - pixel) }, size.height);
			layers.push(labelling(placed, { type: "text", align: "left", dx: 6, fontSize: 13, fontWeight: 600, clip: false }, { x: X, y: Y, text: { field: "text" }, ...coloured }));
		}
		const xAxis = { title: "step", values: decades(x.domain, [1, 3]), grid: false, format: ",~f", labelOverlap: "greedy" };
		const off = all.filter(({ value }) => value < y.domain[0] || value > y.domain[1]).length;
		return { spec: whole(size, font, xAxis, yAxis(y), layers), said: { diverged: ends.length, never: 0, off } };
	}

	const draw = (study, choice, rows, width, font) => (choice.view === "curves" ? curves : points)(study, choice, rows, width, font);

	globalThis.dropnormCharts = { draw, style };
})();

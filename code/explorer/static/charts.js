/* The results explorer's views as Vega-Lite specifications. Positions are computed here where arms
   stand side by side. */
(() => {
	const { words } = dropnormMetrics;
	const { hint, metricOf } = dropnormWords;
	const {
		INK,
		PAPER,
		style,
		scale,
		vertical,
		layer,
		nameLayer,
		at,
		scaled,
		TIP,
		sizes,
		whole,
		decades,
		labelled,
		yAxis,
	} = dropnormScales;

	/* End points and paired differences: every seed, and beside them the mean with its interval. */
	function points(study, choice, rows, width, font) {
		const size = sizes(study, choice, width);
		const metric = metricOf(choice);
		const paired = choice.view === "paired";
		const factor = study.factors.find(({ name }) => name === choice.along);
		const arms = study.arms.filter(([name]) => rows.some((row) => row.arm === name));
		const spots = factor
			? [...new Set(rows.map((row) => row.x))].sort((a, b) => a - b)
			: arms.map((_, i) => i);
		const lanes = factor ? arms.length : 1;
		const room = size.wide ? 44 : 30;
		const x = scale(
			factor?.scale ?? "linear",
			spots[0],
			spots.at(-1),
			size.width,
			factor ? room : size.width / (2 * arms.length),
		);
		const gaps = spots.slice(1).map((spot, i) => x.toPixel(spot) - x.toPixel(spots[i]));
		const widest = factor ? (size.wide ? 30 : 22) : 0.6 * Math.min(...gaps, 200);
		const lane = factor
			? Math.max(5, Math.min(widest, (0.86 * Math.min(...gaps, 2 * room)) / lanes))
			: widest;
		const spot = (row) => (factor ? row.x : arms.findIndex(([name]) => name === row.arm));
		const middle = (row) =>
			factor ? (arms.findIndex(([name]) => name === row.arm) - (lanes - 1) / 2) * lane : 0;
		const numbers = rows.flatMap((row) => [
			...row.seeds.map((seed) => seed.value),
			...(choice.closeup ? [] : [row.low, row.high]),
		]);
		const y = vertical(
			numbers.filter((value) => value !== null),
			{
				log: !paired && (metric.unit === "nats" || metric.median),
				zero: paired,
				closeup: choice.closeup,
				height: size.height,
			},
		);
		const [bottom, top] = y.domain;

		const dots = { seen: [], diverged: [], missing: [], off: [] };
		for (const row of rows) {
			row.seeds.forEach((seed, i) => {
				const spread = row.seeds.length > 1 ? (i / (row.seeds.length - 1) - 0.5) * 0.42 * lane : 0;
				const dot = {
					x: x.moved(spot(row), middle(row) - 0.17 * lane + spread),
					y: seed.value,
					colour: style(study.arms.find(([name]) => name === row.arm)).colour,
					tip: hint(study, choice, row, seed),
				};
				if (!Number.isFinite(seed.value))
					dots.missing.push({
						...dot,
						y: seed.value === -Infinity ? bottom : top,
						sign: seed.diverged ? "×" : "↑",
					});
				else if (seed.value < bottom || seed.value > top)
					dots.off.push({
						...dot,
						y: seed.value < bottom ? bottom : top,
						sign: seed.value < bottom ? "▾" : "▴",
					});
				else dots[seed.diverged ? "diverged" : "seen"].push({ ...dot, sign: "×" });
			});
		}
		const means = rows
			.filter((row) => Number.isFinite(row.mean))
			.map((row) => ({
				...row,
				seeds: null,
				y: row.mean,
				low: Math.max(row.low ?? row.mean, bottom),
				high: Math.min(row.high ?? row.mean, top),
				x: x.moved(spot(row), middle(row) + 0.3 * lane),
				colour: style(study.arms.find(([name]) => name === row.arm)).colour,
				tip: hint(study, choice, row),
			}));
		const [X, Y] = [at("x", scaled(x)), at("y", scaled(y))];
		const coloured = { color: { field: "colour", type: "nominal", scale: null }, tooltip: TIP };
		const text = { type: "text", fontSize: lane > 12 ? 15 : 11, fontWeight: "bold" };
		const layers = [
			layer(
				[{ x: spots[0], y: paired ? 0 : y.domain[0] }],
				{ type: "rule", opacity: paired ? 1 : 0 },
				{ x: X, y: Y },
			),
		];
		if (paired)
			layers.push(layer([{ y: 0 }], { type: "rule", color: INK, strokeWidth: 1.2 }, { y: Y }));
		if (factor) {
			for (const arm of arms) {
				const { colour, dash } = style(arm);
				const joined = means.filter((row) => row.arm === arm[0]);
				layers.push(
					layer(
						joined,
						{ type: "line", color: colour, strokeDash: dash, strokeWidth: 1.6, opacity: 0.7 },
						{ x: X, y: Y },
					),
				);
			}
		}
		layers.push(
			layer(
				dots.seen,
				{ type: "circle", size: size.wide && lane > 12 ? 24 : 14, opacity: 0.5 },
				{ x: X, y: Y, ...coloured },
			),
			layer(dots.diverged, text, { x: X, y: Y, text: { field: "sign" }, ...coloured }),
			layer(
				dots.missing,
				{ ...text, clip: false, baseline: "bottom", dy: 4 },
				{ x: X, y: Y, text: { field: "sign" }, ...coloured },
			),
			layer(
				dots.off,
				{ ...text, clip: false, fontSize: 12 },
				{ x: X, y: Y, text: { field: "sign" }, ...coloured },
			),
			layer(
				means,
				{ type: "rule", strokeWidth: 2.6, strokeCap: "round" },
				{ x: X, y: at("low", { scale: Y.scale }), y2: { field: "high" }, ...coloured },
			),
			layer(
				means,
				{
					type: "point",
					shape: "diamond",
					filled: true,
					size: lane > 12 ? 84 : 52,
					opacity: 1,
					stroke: PAPER,
					strokeWidth: 1.2,
				},
				{ x: X, y: Y, ...coloured },
			),
		);
		if (size.labelled && factor) {
			const last = arms
				.map(([name]) =>
					means.filter((row) => row.arm === name && row.mean >= bottom && row.mean <= top).at(-1),
				)
				.filter(Boolean);
			const labels = last.map((row) => ({
				text: row.arm,
				colour: row.colour,
				x: x.toPixel(row.x) > 0.7 * size.width ? x.domain[1] : row.x,
				pixel: size.height - y.toPixel(row.mean),
			}));
			layers.push(nameLayer(labels, x, y, size.height));
		}
		const xAxis = factor
			? {
					title: factor.label,
					values: spots,
					grid: false,
					labelExpr: labelled(spots.map((value) => [value, words(value)])),
					labelOverlap: "greedy",
				}
			: {
					title: null,
					values: spots,
					grid: false,
					labelExpr: labelled(arms.map(([name], i) => [i, name.split(", ")])),
					labelLimit: size.width / arms.length,
				};
		const counts = {
			diverged: dots.diverged.length + dots.missing.filter(({ sign }) => sign === "×").length,
			never: dots.missing.filter(({ sign }) => sign === "↑").length,
			off: dots.off.length,
		};
		return { spec: whole(size, font, xAxis, yAxis(y), layers), counts };
	}

	/* Curves over the steps: a thin line for every seed, a thick one for their mean. */
	function curves(study, choice, rows, width, font) {
		const size = sizes(study, choice, width);
		const metric = metricOf(choice);
		const all = rows.flatMap((row) => row.lines.flatMap((line) => line.points));
		const steps = all.map(({ step }) => step);
		const x = scale("log", Math.min(...steps), Math.max(...steps), size.width, 8);
		const y = vertical(
			all.map(({ value }) => value),
			{ log: metric.unit === "nats", closeup: choice.closeup, height: size.height },
		);
		const [X, Y] = [at("x", scaled(x)), at("y", scaled(y))];
		const layers = [
			layer([{ x: steps[0], y: y.domain[0] }], { type: "rule", opacity: 0 }, { x: X, y: Y }),
		];
		const [ends, labels] = [[], []];
		for (const row of rows) {
			const arm = study.arms.find(([name]) => name === row.arm);
			const { colour, dash } = style(arm);
			const thin = row.lines.flatMap((line) =>
				line.points.map(({ step, value }) => ({ x: step, y: value, seed: line.seed })),
			);
			const thick = row.mean
				.filter((point) => point.mean !== null)
				.map(({ step, mean }) => ({ x: step, y: mean }));
			layers.push(
				layer(
					thin,
					{ type: "line", color: colour, strokeWidth: 0.8, opacity: 0.4 },
					{ x: X, y: Y, detail: { field: "seed", type: "nominal" } },
				),
				layer(
					thick,
					{ type: "line", color: colour, strokeDash: dash, strokeWidth: 2.8, strokeCap: "round" },
					{ x: X, y: Y },
				),
			);
			ends.push(
				...row.lines
					.filter((line) => line.diverged)
					.map((line) => ({
						x: line.points.at(-1).step,
						y: Math.min(Math.max(line.points.at(-1).value, y.domain[0]), y.domain[1]),
						colour,
						sign: "×",
						tip: `${row.arm}, seed ${line.seed}, diverged after step ${words(line.points.at(-1).step)}`,
					})),
			);
			if (thick.length && !row.lines.some((line) => line.diverged))
				labels.push({
					text: row.arm,
					colour,
					x: x.domain[1],
					pixel: size.height - y.toPixel(thick.at(-1).y),
				});
		}
		const coloured = { color: { field: "colour", type: "nominal", scale: null } };
		layers.push(
			layer(
				ends,
				{ type: "text", fontSize: 15, fontWeight: "bold", clip: false },
				{ x: X, y: Y, text: { field: "sign" }, ...coloured, tooltip: TIP },
			),
		);
		if (size.labelled) layers.push(nameLayer(labels, x, y, size.height));
		const xAxis = {
			title: "step",
			values: decades(x.domain, [1, 3]),
			grid: false,
			format: ",~f",
			labelOverlap: "greedy",
		};
		const off = all.filter(({ value }) => value < y.domain[0] || value > y.domain[1]).length;
		return {
			spec: whole(size, font, xAxis, yAxis(y), layers),
			counts: { diverged: ends.length, never: 0, off },
		};
	}

	const draw = (study, choice, rows, width, font) =>
		(choice.view === "curves" ? curves : points)(study, choice, rows, width, font);

	globalThis.dropnormCharts = { draw };
})();

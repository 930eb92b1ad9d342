/* The results explorer's views as drawings. Positions are computed here where arms stand side by
   side. */
(() => {
	const { words } = dropnormMetrics;
	const { hint, metricOf } = dropnormWords;
	const { style, scale, vertical, sizes, decades, yAxis } = dropnormScales;
	const { whole, path, dots, signs, bars, diamonds, rule, names } = dropnormDrawing;

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

		const marks = { seen: [], diverged: [], missing: [], off: [] };
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
					marks.missing.push({
						...dot,
						y: seed.value === -Infinity ? bottom : top,
						sign: seed.diverged ? "×" : "↑",
					});
				else if (seed.value < bottom || seed.value > top)
					marks.off.push({
						...dot,
						y: seed.value < bottom ? bottom : top,
						sign: seed.value < bottom ? "▾" : "▴",
					});
				else marks[seed.diverged ? "diverged" : "seen"].push({ ...dot, sign: "×" });
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
		const large = lane > 12;
		const layers = [];
		if (paired) layers.push(rule(0));
		if (factor) {
			for (const arm of arms) {
				const joined = means.filter((row) => row.arm === arm[0]);
				layers.push(path(joined, { ...style(arm), width: 1.6, opacity: 0.7 }));
			}
		}
		layers.push(
			dots(marks.seen, size.wide && large ? 2.8 : 2.1),
			signs([...marks.diverged, ...marks.missing], large ? 15 : 11),
			signs(marks.off, 12),
			bars(means),
			diamonds(means, large ? 4.6 : 3.6),
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
			layers.push(names(labels));
		}
		const xAxis = factor
			? {
					title: factor.label,
					ticks: spots.map((value) => ({ value, label: words(value) })),
				}
			: {
					ticks: arms.map(([name], value) => ({ value, label: name.split(", ") })),
					room: size.width / arms.length,
				};
		const counts = {
			diverged: marks.diverged.length + marks.missing.filter(({ sign }) => sign === "×").length,
			never: marks.missing.filter(({ sign }) => sign === "↑").length,
			off: marks.off.length,
		};
		return { ...whole({ size, font, x, y }, xAxis, yAxis(y), layers), counts };
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
		const layers = [];
		const [ends, labels] = [[], []];
		for (const row of rows) {
			const arm = study.arms.find(([name]) => name === row.arm);
			const look = style(arm);
			const { colour } = look;
			for (const { points: seen } of row.lines) {
				const places = seen.map(({ step, value }) => ({ x: step, y: value }));
				layers.push(path(places, { colour, width: 0.8, opacity: 0.4 }));
			}
			const thick = row.mean
				.filter((point) => point.mean !== null)
				.map(({ step, mean }) => ({ x: step, y: mean }));
			layers.push(path(thick, { ...look, width: 2.8 }));
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
		layers.push(signs(ends, 15));
		if (size.labelled) layers.push(names(labels));
		const xAxis = {
			title: "step",
			ticks: decades(x.domain, [1, 3]).map((value) => ({ value, label: words(value) })),
		};
		const off = all.filter(({ value }) => value < y.domain[0] || value > y.domain[1]).length;
		return {
			...whole({ size, font, x, y }, xAxis, yAxis(y), layers),
			counts: { diverged: ends.length, never: 0, off },
		};
	}

	const draw = (study, choice, rows, width, font) =>
		(choice.view === "curves" ? curves : points)(study, choice, rows, width, font);

	globalThis.dropnormCharts = { draw };
})();

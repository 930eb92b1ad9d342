/* The results explorer in words: the heading of a view, a sentence on what it shows, and its
   numbers as a table. */
(() => {
	const { METRICS, CURVES, words, inWords, number } = dropnormMetrics;
	const { BEST, baselines, fixed } = dropnormViews;
	const capital = (text) => text[0].toUpperCase() + text.slice(1);
	const factorOf = (study, name) => study.factors.find((factor) => factor.name === name);
	const metricOf = (choice) =>
		choice.view === "curves" ? CURVES[choice.curve] : METRICS[choice.metric];
	const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;

	function baseOf(study, choice) {
		return baselines(study, factorOf(study, choice.along)).find(({ key }) => key === choice.base);
	}

	/* What is shown, in which unit, and against what. */
	function heading(study, choice) {
		const metric = metricOf(choice);
		const difference = choice.view === "paired";
		const axis = choice.view === "curves" ? "steps" : factorOf(study, choice.along)?.label;
		const at = fixed(choice).map((name) => {
			const factor = factorOf(study, name);
			return choice.at[name] === BEST
				? `each condition at its own best ${factor.label}, chosen on validation`
				: inWords(factor, Number(choice.at[name]));
		});
		const parts = [
			difference ? `minus ${baseOf(study, choice).label}, seed by seed` : "",
			axis ? `against ${axis}` : "",
			...at,
		];
		const name = difference ? `difference in ${metric.name}` : metric.name;
		const unit = difference ? metric.change : metric.unit;
		return { what: capital(name) + (unit && `, ${unit}`), more: parts.filter(Boolean).join(" · ") };
	}

	const range = (metric, row, signed) =>
		row.low === null
			? ""
			: `${number(metric, row.low, signed)}\u00a0to ${number(metric, row.high, signed)}`;

	function place(study, choice, row) {
		return row.x === null
			? row.arm
			: `${row.arm} at ${inWords(factorOf(study, choice.along), row.x)}`;
	}

	function point(study, choice, row, signed) {
		const metric = metricOf(choice);
		const interval = row.low === null ? "" : ` (${range(metric, row, signed)})`;
		return `${place(study, choice, row)}, ${number(metric, row.mean, signed)}${interval}`;
	}

	function failures(runs, metric) {
		const diverged = runs.filter((run) => run.diverged).length;
		const never = metric.median ? runs.filter((run) => run.value === Infinity).length : 0;
		return [
			diverged ? ` ${capital(count(diverged, "run"))} diverged.` : "",
			never ? ` ${capital(count(never, "run"))} never got there.` : "",
		].join("");
	}

	/* One or two sentences on a view. */
	function summary(study, choice, rows) {
		if (!choice.show.length) return "No condition is chosen.";
		if (!rows.length) return "No stored run, or pair of runs, fits this choice yet.";
		const metric = metricOf(choice);
		const runs = rows.flatMap((row) => row.seeds ?? row.lines);
		const middle = metric.median ? "median" : "mean";
		const known = rows.filter((row) => Number.isFinite(row.mean));
		const by = (sign) =>
			known.reduce((one, other) => (sign * other.mean > sign * one.mean ? other : one));
		const counted = (thing) => capital(`${count(runs.length, thing)}.`);
		if (choice.view === "curves") {
			const whole = rows.filter((row) => !row.lines.some((line) => line.diverged));
			const ends = whole
				.map(
					({ arm, mean }) =>
						`${arm} ${number(metric, mean.at(-1).mean)} at step ${words(mean.at(-1).step)}`,
				)
				.join("; ");
			return (
				counted("run") +
				(ends && ` Last points of the mean curves: ${ends}.`) +
				failures(runs, metric)
			);
		}
		if (choice.view === "paired") {
			const sure = rows.filter((row) => row.low !== null);
			const [above, below] = [
				sure.filter((row) => row.low > 0).length,
				sure.filter((row) => row.high < 0).length,
			];
			const signs =
				`${counted("pair")} Of ${count(sure.length, "interval")}, ${above} above zero, ` +
				`${below} below, ${sure.length - above - below} with zero inside.`;
			const largest = known.length
				? known.reduce((one, other) => (Math.abs(other.mean) > Math.abs(one.mean) ? other : one))
				: null;
			const farthest = largest
				? ` Farthest from zero: ${point(study, choice, largest, true)}.`
				: "";
			return signs + farthest + failures(runs, {});
		}
		const one = known.length === 1 ? ` ${capital(middle)}: ${point(study, choice, known[0])}.` : "";
		const extremes =
			known.length > 1 && by(1).mean > by(-1).mean
				? ` Highest ${middle}: ${point(study, choice, by(1))}. Lowest: ${point(study, choice, by(-1))}.`
				: known.length > 1
					? ` Every ${middle} is ${number(metric, known[0].mean)}.`
					: one;
		return `${counted("run")}${extremes}${failures(runs, metric)}`;
	}

	/* The numbers of a view as text: names of the columns, and rows by condition; where there is no
	   axis, a single group of rows that begin with the condition. */
	function table(study, choice, rows, everySeed = false) {
		const metric = metricOf(choice);
		const signed = choice.view === "paired";
		const axis = choice.view === "curves" ? { label: "step" } : factorOf(study, choice.along);
		const picked = fixed(choice).filter((name) => choice.at[name] === BEST);
		const unit = signed ? metric.change : metric.unit;
		const middle = metric.median ? "median" : "mean";
		const flat =
			choice.view === "curves"
				? rows.flatMap((row) =>
						row.mean.map((average, i) => ({
							...row,
							...average,
							x: average.step,
							seeds: row.lines.map((line) => ({
								seed: line.seed,
								value: line.points[i].value,
								diverged: line.diverged,
							})),
						})),
					)
				: rows;
		const failed = flat.some((row) => row.seeds.some((seed) => seed.diverged));
		const columns = [
			axis ? axis.label : "condition",
			...picked.map((name) => factorOf(study, name).label),
			signed ? "pairs" : "n",
			...(failed ? ["diverged"] : []),
			middle + (unit && `, ${unit}`),
			"95 % interval",
			...(everySeed ? ["seed: value"] : []),
		];
		const line = (row) => [
			axis ? words(row.x) : row.arm,
			...picked.map((name) => words(row.chosen[name])),
			String(row.n),
			...(failed ? [String(row.seeds.filter((seed) => seed.diverged).length)] : []),
			number(metric, row.mean, signed),
			range(metric, row, signed) || "–",
			...(everySeed
				? [
						row.seeds
							.map((seed) => `${seed.seed}: ${number(metric, seed.value, signed)}`)
							.join(" · "),
					]
				: []),
		];
		const arms = axis ? [...new Set(flat.map(({ arm }) => arm))] : [null];
		return {
			columns,
			groups: arms.map((arm) => ({
				arm,
				lines: flat.filter((row) => arm === null || row.arm === arm).map(line),
			})),
		};
	}

	/* What a mark says when it is pointed at. */
	const hint = (study, choice, row, seed) => {
		const [metric, signed] = [metricOf(choice), choice.view === "paired"];
		if (!seed) return `${point(study, choice, row, signed)}, n = ${row.n}`;
		const value = number(metric, seed.value, signed) + (seed.diverged ? ", diverged" : "");
		return `${place(study, choice, row)}, seed ${seed.seed}: ${value}`;
	};

	globalThis.dropnormWords = { heading, summary, table, hint, metricOf };
})();

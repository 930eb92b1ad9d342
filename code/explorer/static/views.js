/* What the results explorer shows: from the runs and a reader's choice to rows of numbers. No
   drawing, no page. */
(() => {
	const { mean, meanInterval, medianInterval, firstReached } = dropnormStatistics;
	const { METRICS, CURVES, inWords } = dropnormMetrics;
	const VIEWS = { ends: "End points", curves: "Curves", paired: "Paired difference" };
	const BEST = "best";

	/* Of settings that differ in validation accuracy by no more than this, the fastest is chosen. */
	const NEAR = 0.0025;

	/* A run's value in the unit of the metric; null where a diverged run has none. */
	function valueOf(run, name) {
		const metric = METRICS[name];
		if (metric.goal)
			return firstReached(run.curves.step, run.curves.validation_accuracy, metric.goal);
		return run[name] === null ? null : metric.scale * run[name];
	}

	/* Baselines of the paired differences: an arm, or a value of the axis. */
	function baselines(study, along) {
		const arms = study.arms.map(([name]) => ({ key: name, arm: name, label: name }));
		const { values = [], name } = along ?? {};
		const stored = new Set(study.points.map(({ at }) => at[study.factors.indexOf(along)]));
		const other = values.map((value, i) => ({
			key: `${name}:${value}`,
			value,
			label: inWords(along, value),
			stored: stored.has(i),
		}));
		return [...(arms.length > 1 ? arms : []), ...(values.length > 1 ? other : [])];
	}

	/* A whole choice from whatever is wished for: what does not exist is replaced, with a note.
	   `kept` is the factor that is not moved when no run is stored at the setting. */
	function settle(studies, wished = {}, kept = null) {
		const notes = [];
		const among = (value, allowed, fallback, what) => {
			if (value === undefined || value === null) return fallback;
			if (allowed.includes(value)) return value;
			notes.push(`There is no ${what} “${value}” here: showing ${fallback}.`);
			return fallback;
		};
		const name = among(wished.study, Object.keys(studies), Object.keys(studies)[0], "study");
		const study = studies[name];
		const names = study.factors.map((factor) => factor.name);
		const along = names.length ? among(wished.along, names, names[0], "axis") : null;
		const axis = study.factors[names.indexOf(along)];
		const possible = baselines(study, axis);
		const views = Object.keys(VIEWS).filter((view) => view !== "paired" || possible.length);
		const view = among(wished.view, views, "ends", "view");
		const metric = among(wished.metric, Object.keys(METRICS), "test_accuracy", "metric");
		const curve = among(wished.curve, Object.keys(CURVES), "validation_accuracy", "curve of");
		const at = {};
		for (const factor of study.factors) {
			const allowed = [...(factor.chosen ? [BEST] : []), ...factor.values.map(String)];
			const usual = factor.chosen ? BEST : String(factor.usual);
			at[factor.name] = among(wished.at?.[factor.name]?.toString(), allowed, usual, factor.label);
		}
		const arms = study.arms.map(([arm]) => arm);
		const known = (wished.show ?? arms).filter(
			(arm) => among(arm, arms, "the others", "condition") === arm,
		);
		const show = arms.filter((arm) =>
			(known.length || !wished.show?.length ? known : arms).includes(arm),
		);
		const zero = possible.find(({ key }) => key === "dropout:0");
		const base = possible.length
			? among(
					wished.base,
					possible.map(({ key }) => key),
					(zero ?? possible[0]).key,
					"baseline",
				)
			: null;
		const choice = {
			study: name,
			view,
			metric,
			curve,
			along,
			at,
			show,
			base,
			closeup: wished.closeup === true,
		};
		move(study, choice, kept);
		return { choice, notes };
	}

	const fixed = (choice) =>
		Object.keys(choice.at).filter((name) => choice.view === "curves" || name !== choice.along);

	/* Where no run is stored at the chosen setting: the nearest setting that has some. */
	function move(study, choice, kept) {
		const names = study.factors.map((factor) => factor.name);
		const free = fixed(choice);
		const agreeing = (point) =>
			free.filter((name) => {
				const value = study.factors[names.indexOf(name)].values[point.at[names.indexOf(name)]];
				return choice.at[name] === BEST || Number(choice.at[name]) === value;
			});
		const score = (point) => {
			const same = agreeing(point);
			return same.length + (same.includes(kept) ? names.length : 0);
		};
		const shown = study.points.filter((point) => choice.show.includes(study.arms[point.arm][0]));
		const points = shown.length ? shown : study.points;
		const nearest = points.reduce((one, other) => (score(other) > score(one) ? other : one));
		const same = agreeing(nearest);
		for (const name of free.filter((one) => !same.includes(one))) {
			choice.at[name] = String(
				study.factors[names.indexOf(name)].values[nearest.at[names.indexOf(name)]],
			);
		}
	}

	/* The runs of an arm at a value of the axis (by its place; null: the axis is fixed like the
	   others, or there is none). Where a factor is chosen on validation: of the values that end
	   within a quarter of a point of the best, the fastest. */
	function cell(study, choice, arm, place) {
		const names = study.factors.map((factor) => factor.name);
		const candidates = study.points.filter(
			(point) =>
				study.arms[point.arm][0] === arm &&
				names.every((name, i) => {
					if (name === choice.along && place !== null) return point.at[i] === place;
					return (
						choice.at[name] === BEST ||
						study.factors[i].values[point.at[i]] === Number(choice.at[name])
					);
				}),
		);
		if (!candidates.length) return null;
		const accuracy = (point) => mean(point.runs.map((run) => run.validation_accuracy));
		const speed = (point) => mean(point.runs.map((run) => mean(run.curves.validation_accuracy)));
		const most = (points, of) => points.reduce((one, other) => (of(other) > of(one) ? other : one));
		const enough = accuracy(most(candidates, accuracy)) - NEAR;
		const best = most(
			candidates.filter((point) => accuracy(point) >= enough),
			speed,
		);
		const chosen = {};
		names.forEach((name, i) => {
			const free = choice.at[name] === BEST && !(name === choice.along && place !== null);
			if (free) chosen[name] = study.factors[i].values[best.at[i]];
		});
		return {
			arm,
			x: place === null ? null : study.factors[names.indexOf(choice.along)].values[place],
			chosen,
			runs: best.runs,
		};
	}

	function places(study, choice) {
		const axis = study.factors.find((factor) => factor.name === choice.along);
		return axis && choice.view !== "curves" ? axis.values.map((_, i) => i) : [null];
	}

	function cells(study, choice, arms = choice.show) {
		return arms
			.flatMap((arm) => places(study, choice).map((place) => cell(study, choice, arm, place)))
			.filter(Boolean);
	}

	function summed(point, seeds, metric) {
		const interval = (METRICS[metric].median ? medianInterval : meanInterval)(
			seeds.map((seed) => seed.value),
		);
		return { arm: point.arm, x: point.x, chosen: point.chosen, seeds, ...interval };
	}

	/* One row for each arm and value of the axis: every seed, and the mean (of steps: the median)
	   with its interval. */
	function ends(study, choice) {
		return cells(study, choice).map((point) =>
			summed(
				point,
				point.runs.map((run) => ({
					seed: run.seed,
					value: valueOf(run, choice.metric),
					diverged: run.diverged,
				})),
				choice.metric,
			),
		);
	}

	/* The same of the differences to the baseline, seed by seed. */
	function paired(study, choice) {
		const axis = study.factors.find((factor) => factor.name === choice.along);
		const base = baselines(study, axis).find(({ key }) => key === choice.base);
		const arms = choice.show.filter((arm) => arm !== base.arm);
		return cells(study, choice, arms).flatMap((point) => {
			const place = axis ? axis.values.indexOf(base.arm ? point.x : base.value) : null;
			const other =
				point.x !== null && point.x === base.value
					? null
					: cell(study, choice, base.arm ?? point.arm, place);
			const seeds = [];
			for (const run of point.runs) {
				const twin = other?.runs.find(({ seed }) => seed === run.seed);
				if (!twin) continue;
				const [a, b] = [valueOf(run, choice.metric), valueOf(twin, choice.metric)];
				const value = a === null || b === null || Number.isNaN(a - b) ? null : a - b;
				seeds.push({ seed: run.seed, value, diverged: run.diverged || twin.diverged });
			}
			return seeds.length ? [summed(point, seeds, choice.metric)] : [];
		});
	}

	/* One row for each arm: the curve of every seed, and their mean as far as all of them go. */
	function curves(study, choice) {
		const { scale } = CURVES[choice.curve];
		return cells(study, choice).map((point) => {
			const lines = point.runs.map((run) => ({
				seed: run.seed,
				diverged: run.diverged,
				points: run.curves[choice.curve].map((value, i) => ({
					step: run.curves.step[i],
					value: scale * value,
				})),
			}));
			const shortest = lines.reduce((one, other) =>
				other.points.length < one.points.length ? other : one,
			);
			const together = shortest.points.map(({ step }, i) => ({
				step,
				...meanInterval(lines.map((line) => line.points[i].value)),
			}));
			return { arm: point.arm, x: point.x, chosen: point.chosen, lines, mean: together };
		});
	}

	const rows = (study, choice) => ({ ends, paired, curves })[choice.view](study, choice);

	/* A choice as the part of an address behind #, and back. */
	function toLink(studies, choice) {
		const study = studies[choice.study];
		const link = new URLSearchParams({ study: choice.study, view: choice.view });
		link.set("metric", choice.view === "curves" ? choice.curve : choice.metric);
		if (study.factors.length > 1 && choice.view !== "curves") link.set("along", choice.along);
		for (const name of fixed(choice)) link.set(name, choice.at[name]);
		if (choice.view === "paired") link.set("base", choice.base);
		if (choice.show.length < study.arms.length)
			for (const arm of choice.show.length ? choice.show : [""]) link.append("show", arm);
		if (choice.closeup) link.set("closeup", "yes");
		return `#${link}`;
	}

	function fromLink(hash) {
		const link = new URLSearchParams(hash.replace(/^#/, ""));
		if (!link.has("study")) return null;
		const get = (name) => link.get(name) ?? undefined;
		const metric = get("view") === "curves" ? { curve: get("metric") } : { metric: get("metric") };
		const show = link.has("show") ? { show: link.getAll("show").filter(Boolean) } : {};
		const known = ["study", "view", "metric", "along", "base", "show", "closeup"];
		const at = Object.fromEntries([...link].filter(([name]) => !known.includes(name)));
		return {
			study: get("study"),
			view: get("view"),
			...metric,
			along: get("along"),
			base: get("base"),
			...show,
			at,
			closeup: link.get("closeup") === "yes",
		};
	}

	globalThis.dropnormViews = { VIEWS, BEST, baselines, settle, fixed, rows, toLink, fromLink };
})();

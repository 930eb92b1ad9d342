/* Scales, axes and labels of the results explorer's drawings, as parts of Vega-Lite specifications.
   Colours are the style sheet's variables, so that light and dark need no drawing anew. */
(() => {
	const { bulk } = dropnormStatistics;
	const { words, number } = dropnormMetrics;
	const DASHES = [
		[7, 3],
		[2, 3],
		[9, 3, 2, 3],
		[4, 2],
		[12, 4],
		[2, 2, 6, 2],
	];
	const [INK, MUTED, LINE, PAPER] = ["ink", "muted", "line", "paper"].map(
		(name) => `var(--if-${name})`,
	);

	/* How an arm is drawn: colour, and a dash where it is none of the four networks. */
	function style([, name]) {
		const other = /^other-(\d)$/.exec(name);
		return {
			colour: `var(--ex-${name.replace(" ", "-")})`,
			dash: other ? DASHES[other[1] - 1] : [1, 0],
		};
	}

	/* A scale between numbers and pixels that leaves room at both ends. */
	function scale(type, low, high, length, room) {
		const [into, out] = type === "log" ? [Math.log, Math.exp] : [(x) => x, (x) => x];
		if (low === high)
			[low, high, room] = type === "log" ? [low / 2, high * 2, 0] : [low - 1, high + 1, 0];
		const rate = (length - 2 * room) / (into(high) - into(low));
		const toPixel = (x) => room + (into(x) - into(low)) * rate;
		const toNumber = (pixel) => out(into(low) + (pixel - room) / rate);
		return {
			type,
			toPixel,
			toNumber,
			domain: [toNumber(0), toNumber(length)],
			moved: (x, by) => toNumber(toPixel(x) + by),
		};
	}

	/* Where the vertical axis begins and ends. */
	function vertical(numbers, { log, zero, closeup, height }) {
		const finite = numbers.filter(Number.isFinite);
		let [low, high] =
			closeup && finite.length > 2 ? bulk(finite) : [Math.min(...finite), Math.max(...finite)];
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

	const layer = (values, mark, encoding) => ({
		data: { values },
		mark: { aria: false, clip: true, ...mark },
		encoding,
	});
	const at = (field, more = {}) => ({ field, type: "quantitative", ...more });
	const scaled = ({ type, domain }) => ({
		scale: { type, domain, nice: false, ...(type === "linear" ? { zero: false } : {}) },
	});
	const TIP = { field: "tip", type: "nominal" };

	/* Names at the ends of lines; their pixels count from above. */
	function nameLayer(labels, x, y, height) {
		const placed = apart(labels, { toNumber: (pixel) => y.toNumber(height - pixel) }, height);
		const mark = { type: "text", align: "left", dx: 6, fontSize: 13, fontWeight: 600, clip: false };
		const color = { field: "colour", type: "nominal", scale: null };
		const [X, Y] = [at("x", scaled(x)), at("y", scaled(y))];
		return {
			name: "labels",
			...layer(placed, mark, { x: X, y: Y, text: { field: "text" }, color }),
		};
	}

	function sizes(study, choice, width) {
		const wide = width >= 560;
		const lines = choice.view === "curves" || choice.along !== null;
		const longest = Math.max(0, ...choice.show.map((name) => name.length));
		const labelled = wide && lines && longest <= 26 && choice.show.length <= 6;
		const padding = {
			left: wide ? 58 : 48,
			right: labelled ? 22 + 7 * longest : 12,
			top: 12,
			bottom: 50,
		};
		return {
			wide,
			labelled,
			padding,
			width: width - padding.left - padding.right,
			height: wide ? 340 : 290,
		};
	}

	function whole({ padding, width, height }, font, x, y, layers) {
		const axis = {
			labelColor: MUTED,
			titleColor: MUTED,
			gridColor: LINE,
			labelFontSize: 12.5,
			titleFontSize: 13,
			titleFontWeight: "normal",
		};
		return {
			width,
			height,
			padding,
			autosize: "none",
			background: "transparent",
			layer: layers.map((one, i) =>
				i
					? one
					: {
							...one,
							encoding: {
								...one.encoding,
								x: { ...one.encoding.x, axis: x },
								y: { ...one.encoding.y, axis: y },
							},
						},
			),
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
		const exponents = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter(
			(exponent) => every < 2 || exponent % every === 0,
		);
		return exponents
			.flatMap((exponent) => (every < 2 ? steps : [1]).map((step) => step * 10 ** exponent))
			.filter((value) => value >= low && value <= high);
	}

	/* An expression that gives each number on an axis its words. */
	const labelled = (pairs) =>
		pairs.reduceRight(
			(rest, [value, text]) =>
				`abs(datum.value - ${value}) <= 1e-9 * abs(datum.value) ? ${JSON.stringify(text)} : ${rest}`,
			'""',
		);

	function yAxis({ type, domain }) {
		if (type === "linear")
			return {
				title: null,
				tickCount: 6,
				format: Math.abs(domain[1]) >= 1e5 ? ".0e" : ",~f",
				labelOverlap: "greedy",
			};
		const values = decades(domain, [1, 2, 5]);
		return {
			title: null,
			values,
			labelExpr: labelled(
				values.map((value) => [value, value >= 1e5 ? number({ digits: 0 }, value) : words(value)]),
			),
			labelOverlap: "greedy",
		};
	}

	globalThis.dropnormScales = {
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
	};
})();

/* Scales, sizes and axes of the results explorer's drawings, in pixels. Colours are the style
   sheet's variables, so that light and dark need no drawing anew. */
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
	/* How an arm is drawn: colour, and a dash where it is none of the four networks. */
	function style([, name]) {
		const other = /^other-(\d)$/.exec(name);
		return {
			colour: `var(--ex-${name.replace(" ", "-")})`,
			dash: other ? DASHES[other[1] - 1] : [],
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

	/* Labels beside the ends of lines, moved apart where two would overlap; pixels from above. */
	function apart(labels, height) {
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
		return placed;
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

	/* Round numbers on a linear axis, about so many: multiples of 1, 2 or 5 times a power of ten. */
	function round([low, high], about) {
		const least = (high - low) / about;
		const power = 10 ** Math.floor(Math.log10(least));
		const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= 0.8 * least);
		const first = Math.ceil(low / step);
		const count = Math.floor(high / step) - first + 1;
		/* without the error of binary fractions */
		return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
	}

	const signed = (text) => text.replace("-", "−");

	/* Places and words of the vertical axis. */
	function yAxis({ type, domain }) {
		const values = type === "log" ? decades(domain, [1, 2, 5]) : round(domain, 6);
		const large = (value) => Math.abs(value) >= 1e5;
		return values.map((value) => ({
			value,
			label: large(value) ? number({ digits: 0 }, value) : signed(words(value)),
		}));
	}

	globalThis.dropnormScales = { style, scale, vertical, apart, sizes, decades, yAxis };
})();

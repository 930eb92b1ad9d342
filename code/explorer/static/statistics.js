/* The mathematics of the results explorer: pure functions of arrays. A test puts each one beside
   the package's own. In the browser's console: dropnormStatistics.meanInterval([1, 2, 3]) */
(() => {
	const sum = (x) => x.reduce((total, value) => total + value, 0);
	const mean = (x) => sum(x) / x.length;
	const sorted = (x) => [...x].sort((a, b) => a - b);

	/* P(|T| < t) of Student's t with a whole number of degrees of freedom (Abramowitz and Stegun,
	   26.7.3 and 26.7.4). */
	function within(t, freedom) {
		const angle = Math.atan(t / Math.sqrt(freedom));
		const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
		const odd = freedom % 2;
		let [term, total] = [odd ? cos : 1, 0];
		for (let j = odd; j <= freedom - 2; j += 2) {
			total += term;
			term *= ((j + 1) / (j + 2)) * cos * cos;
		}
		return odd ? (2 / Math.PI) * (angle + sin * total) : sin * total;
	}

	/* How many standard errors reach to the ends of the interval: by bisection, as a table would have
	   to know how many seeds there will be. */
	function quantile(freedom, confidence = 0.95) {
		let [low, high] = [0, 1000];
		for (let i = 0; i < 80; i += 1) {
			const middle = (low + high) / 2;
			if (within(middle, freedom) < confidence) low = middle;
			else high = middle;
		}
		return (low + high) / 2;
	}

	const none = (n) => ({ n, mean: null, low: null, high: null });

	/* Mean of independent values with its t interval; no mean where a value is missing or not finite.
	 */
	function meanInterval(values, confidence = 0.95) {
		const n = values.length;
		if (n === 0 || !values.every(Number.isFinite)) return none(n);
		const centre = mean(values);
		if (n === 1) return { ...none(n), mean: centre };
		const variance = sum(values.map((value) => (value - centre) ** 2)) / (n - 1);
		const half = quantile(n - 1, confidence) * Math.sqrt(variance / n);
		return { n, mean: centre, low: centre - half, high: centre + half };
	}

	/* Median with the interval between two order statistics (the sign test's), from six values;
	   infinity is allowed. */
	function medianInterval(values, confidence = 0.95) {
		const n = values.length;
		if (n === 0 || values.some((value) => value === null || Number.isNaN(value))) return none(n);
		const x = sorted(values);
		const [left, right] = [x[Math.floor((n - 1) / 2)], x[Math.floor(n / 2)]];
		let [k, tail, binomial] = [0, 0, 0.5 ** n];
		for (;;) {
			tail += binomial;
			if (tail > (1 - confidence) / 2) break;
			k += 1;
			binomial *= (n - k + 1) / k;
		}
		const middle = left === right ? left : (left + right) / 2;
		return { n, mean: middle, low: k ? x[k - 1] : null, high: k ? x[n - k] : null };
	}

	/* The step at which a run first reached the goal, on a straight line between two looks; infinity
	   if it never did. */
	function firstReached(steps, values, goal) {
		const now = values.findIndex((value) => value >= goal);
		if (now < 1) return now ? Infinity : steps[0];
		const share = (goal - values[now - 1]) / (values[now] - values[now - 1]);
		return steps[now - 1] + (steps[now] - steps[now - 1]) * share;
	}

	/* The shortest stretch that holds half of the values, and as much again twice on both sides:
	   where most of them are. */
	function bulk(values) {
		const x = sorted(values.filter(Number.isFinite));
		const half = Math.ceil(x.length / 2);
		let [low, high] = [x[0], x.at(-1)];
		for (let i = 0; i + half < x.length; i += 1) {
			if (x[i + half] - x[i] < high - low) [low, high] = [x[i], x[i + half]];
		}
		const room = 2 * (high - low);
		return [Math.max(low - room, x[0]), Math.min(high + room, x.at(-1))];
	}

	globalThis.dropnormStatistics = {
		mean,
		quantile,
		meanInterval,
		medianInterval,
		firstReached,
		bulk,
	};
})();

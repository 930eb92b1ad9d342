/* The mathematics of the interactive figures: pure functions of arrays. A test puts each one beside
   the NumPy layer that it imitates. In the browser's console: dropnormMaths.statistics([1, 2, 3])
   */
(() => {
	const sum = (x) => x.reduce((total, value) => total + value, 0);
	const mean = (x) => sum(x) / x.length;
	const range = (n, of = (i) => i) => Array.from({ length: n }, (_, i) => of(i));

	/* Uniform numbers in [0, 1) from a seed: mulberry32 by Tommy Ettinger, public domain. */
	function uniform(seed) {
		let state = seed >>> 0;
		return () => {
			state = (state + 0x6d2b79f5) >>> 0;
			let t = Math.imul(state ^ (state >>> 15), state | 1);
			t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
			return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
		};
	}

	/* A standard normal number (Box and Muller). */
	const normal = (random) =>
		Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

	/* Keep where the draw is at least p, and divide by 1 − p. */
	const dropout = (x, draws, p) => x.map((value, i) => (draws[i] >= p ? value / (1 - p) : 0));

	const dot = (x, y) => sum(x.map((value, i) => value * y[i]));

	/* linear → ReLU → dropout → linear, no biases; without draws all units are present. */
	function network({ x, weight1, weight2 }, p = 0, draws = null) {
		const hidden = weight1.map((row) => Math.max(dot(row, x), 0));
		const passed = draws ? dropout(hidden, draws, p) : hidden;
		return { hidden, passed, output: dot(weight2, passed) };
	}

	/* Standard deviation of the output over masks: the variances of the terms add up. */
	function spread(net, p) {
		const terms = network(net).hidden.map((value, i) => value * net.weight2[i]);
		return Math.sqrt((p / (1 - p)) * dot(terms, terms));
	}

	/* Mean, biased variance (which normalises) and unbiased variance (which is stored). */
	function statistics(x) {
		const centre = mean(x);
		const c = x.map((value) => value - centre);
		const squares = dot(c, c);
		return { mean: centre, variance: squares / x.length, unbiased: squares / (x.length - 1) };
	}

	const normalise = (x, centre, variance, gamma = 1, beta = 0, eps = 1e-5) =>
		x.map((value) => (gamma * (value - centre)) / Math.sqrt(variance + eps) + beta);

	/* Running statistics after one more batch; momentum weighs the new one. */
	function track(running, batch, momentum) {
		const move = (old, now) => (1 - momentum) * old + momentum * now;
		return {
			mean: move(running.mean, batch.mean),
			variance: move(running.variance, batch.unbiased),
		};
	}

	/* Batch norm of one channel as a graph: the value of each node, and the gradient of the loss by
	   it. */
	function graph(x, dy, gamma = 1, beta = 0, eps = 1e-5) {
		const n = x.length;
		const mu = mean(x);
		const c = x.map((value) => value - mu);
		const s = c.map((value) => value * value);
		const v = mean(s);
		const sigma = Math.sqrt(v + eps);
		const r = 1 / sigma;
		const xhat = c.map((value) => value * r);
		const y = xhat.map((value) => gamma * value + beta);

		const dxhat = dy.map((value) => gamma * value);
		const dr = dot(dxhat, c);
		const dsigma = -r * r * dr;
		const dv = dsigma / (2 * sigma);
		const ds = c.map(() => dv / n);
		const dc = dxhat.map((value, i) => r * value + 2 * c[i] * ds[i]);
		const dmu = -sum(dc);
		const dx = dc.map((value) => value + dmu / n);
		return {
			values: { x, mu, c, s, v, sigma, r, xhat, y },
			gradients: { x: dx, mu: dmu, c: dc, s: ds, v: dv, sigma: dsigma, r: dr, xhat: dxhat, y: dy },
		};
	}

	/* The same dx from one formula. */
	function closedForm(x, dy, gamma = 1, eps = 1e-5) {
		const { mean: centre, variance } = statistics(x);
		const xhat = normalise(x, centre, variance, 1, 0, eps);
		const along1 = mean(dy);
		const alongXhat = dot(dy, xhat) / x.length;
		return dy.map(
			(value, i) => (gamma / Math.sqrt(variance + eps)) * (value - along1 - xhat[i] * alongXhat),
		);
	}

	/* For each number of an (N, C, H, W) block, in memory order, which mean it belongs to. */
	function meanOf(kind, [N, C, H, W], groups = 2) {
		const name = {
			batch: (n, c) => c,
			layer: (n) => n,
			instance: (n, c) => n * C + c,
			group: (n, c) => n * groups + Math.floor((c * groups) / C),
		}[kind];
		return range(N * C * H * W, (i) =>
			name(Math.floor(i / (C * H * W)), Math.floor(i / (H * W)) % C),
		);
	}

	globalThis.dropnormMaths = {
		mean,
		range,
		uniform,
		normal,
		dropout,
		network,
		spread,
		statistics,
		normalise,
		track,
		graph,
		closedForm,
		meanOf,
	};
})();

/* What the results explorer measures: its metrics with their words and numbers, and the runs as
   they are loaded. */
(() => {
	const LOSS_UNIT = 200;
	const ACCURACY = { unit: "%", change: "points", scale: 100, digits: 2 };
	const LOSS = { unit: "nats", change: "nats", scale: 1, digits: 3 };
	const STEPS = { group: "Speed", unit: "", change: "steps", scale: 1, digits: 0, median: true };
	const stepsTo = (percent) => ({
		...STEPS,
		name: `steps to ${percent} % validation accuracy`,
		goal: percent / 100,
	});

	const METRICS = {
		test_accuracy: { ...ACCURACY, group: "Accuracy", name: "test accuracy" },
		validation_accuracy: { ...ACCURACY, group: "Accuracy", name: "validation accuracy" },
		train_accuracy: { ...ACCURACY, group: "Accuracy", name: "training accuracy" },
		gap: {
			...ACCURACY,
			group: "Accuracy",
			unit: "points",
			name: "generalisation gap (training − test accuracy)",
		},
		test_loss: { ...LOSS, group: "Loss", name: "test loss" },
		validation_loss: { ...LOSS, group: "Loss", name: "validation loss" },
		train_loss: { ...LOSS, group: "Loss", name: "training loss" },
		steps_70: stepsTo(70),
		steps_80: stepsTo(80),
		steps_85: stepsTo(85),
	};
	const CURVES = {
		validation_accuracy: { ...METRICS.validation_accuracy, group: "Accuracy", digits: 1 },
		validation_loss: METRICS.validation_loss,
		train_loss: { ...METRICS.train_loss, name: "training loss since the point before" },
	};

	/* From differences to numbers: the first number is a difference to zero. */
	const summedUp = (differences) => {
		let total = 0;
		return differences.map((difference) => (total += difference));
	};
	const accuracies = (curve) => summedUp(curve).map((value) => value / 1000);
	const losses = (curve) => summedUp(curve).map((value) => Math.exp(value / LOSS_UNIT));

	const FINAL = ["test", "validation", "train"].flatMap((split) => [
		`${split}_accuracy`,
		`${split}_loss`,
	]);

	/* The runs with their names. Their curves are unpacked when they are asked for; those of losses
	   may come later. */
	function open({ steps, runs, curves, studies }) {
		const opened = runs.seed.map((seed, i) => {
			const final = Object.fromEntries(FINAL.map((name) => [name, runs[name][i]]));
			const unpacked = {};
			const unpack = (name, of) => (unpacked[name] ??= of(curves[name][i]));
			return {
				seed,
				diverged: runs.diverged[i] === 1,
				...final,
				gap: final.train_accuracy - final.test_accuracy,
				curves: {
					step: steps[runs.steps[i]],
					get validation_accuracy() {
						return unpack("validation_accuracy", accuracies);
					},
					get train_loss() {
						return unpack("train_loss", losses);
					},
					get validation_loss() {
						return unpack("validation_loss", losses);
					},
				},
			};
		});
		for (const study of Object.values(studies)) {
			study.points = study.points.map(([arm, at, places]) => ({
				arm,
				at,
				runs: places.map((place) => opened[place]),
			}));
		}
		return studies;
	}

	/* A number of a factor, for people. */
	const significant = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });
	const words = (value) => significant.format(value);

	const decimals = [0, 1, 2, 3, 4].map(
		(digits) =>
			new Intl.NumberFormat("en-US", {
				minimumFractionDigits: digits,
				maximumFractionDigits: digits,
			}),
	);

	const inWords = (factor, value) => factor.words.replace("{}", words(value));

	const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
	const power = (value) => {
		const [digits, exponent] = value.toExponential(1).split("e");
		const raised = [...exponent.replace("+", "")].map((sign) => SUPERSCRIPT[sign] ?? "⁻").join("");
		return `${digits === "1.0" ? "" : `${digits} × `}10${raised}`;
	};

	/* A value of a metric, for people: a true minus sign, a plus sign for differences, none for zero.
	 */
	function number({ digits, median }, value, signed = false) {
		if (value === null) return "–";
		if (value === Infinity) return median && !signed ? "never" : "∞";
		if (value === -Infinity) return "−∞";
		const size = Math.abs(value);
		const text = size >= 1e5 && !median ? power(size) : decimals[digits].format(size);
		const zero = !/[1-9]/.test(text);
		return (zero ? "" : value < 0 ? "−" : signed ? "+" : "") + text;
	}

	const metricsOf = (view) => (view === "curves" ? CURVES : METRICS);

	globalThis.dropnormMetrics = { METRICS, CURVES, metricsOf, open, words, inWords, number };
})();

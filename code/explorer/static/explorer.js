/* The results explorer on its page: the drawing, and the choice kept in the address. */
(() => {
	const { METRICS, open } = dropnormMetrics;
	const { settle, rows, toLink, fromLink } = dropnormViews;
	const { heading, summary } = dropnormWords;
	const { draw } = dropnormCharts;
	const { controls, conditions, numbers, sharing } = dropnormControls;
	const studies = open(dropnormRuns);

	/* Vega-Lite lies beside the data. It is large: asked for when there is something to draw. */
	let vega = null;
	const loadVega = () => {
		vega ??= new Promise((resolve, reject) => {
			const { src } = document.querySelector("script[src*='explorer/data.js']");
			const script = document.createElement("script");
			script.src = src.replace(/data\.js.*$/, "vega.js");
			script.addEventListener("load", () => resolve(dropnormVega));
			script.addEventListener("error", () =>
				reject(new Error(`${script.src} could not be loaded`)),
			);
			document.head.append(script);
		});
		return vega;
	};

	/* The drawing, and what its marks mean. A view that was asked for later is never overtaken by an
	   earlier one. */
	function drawing({ html, clamp }) {
		const chart = html("div", { class: "ex-chart", role: "img" });
		const key = html("p", { class: "ex-key" });
		const note = html("div", { class: "ex-note", hidden: "" });
		let [turn, drawn, shown, width, inSight] = [0, null, null, 0, false];

		function point(_, event, item, text) {
			note.hidden = !text;
			if (!text) return;
			note.textContent = text;
			const frame = chart.getBoundingClientRect();
			const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
			const room = Math.max(frame.width - note.offsetWidth, 0);
			note.style.left = `${clamp(x - note.offsetWidth / 2, 0, room)}px`;
			note.style.top = `${y - note.offsetHeight - 12}px`;
		}

		function explain({ view, metric }, counts) {
			const marks =
				view === "curves"
					? [["—", "thin: one seed; thick: mean"]]
					: [
							["●", view === "paired" ? "difference of one seed" : "one trained network"],
							[
								"◆",
								METRICS[metric].median
									? "median, 95 % interval (from six seeds on)"
									: "mean, 95 % interval",
							],
						];
			if (counts.diverged) marks.push(["×", `diverged: ${counts.diverged}`]);
			if (counts.never) marks.push(["↑", `never got there: ${counts.never}`]);
			if (counts.off)
				marks.push([
					"▾▴",
					view === "curves"
						? "parts of curves lie outside"
						: `outside of the close-up: ${counts.off}`,
				]);
			key.replaceChildren(
				...marks.map(([sign, text]) =>
					html("span", {}, html("b", { "aria-hidden": "true" }, sign), ` ${text}`),
				),
			);
		}

		async function paint() {
			width = chart.clientWidth;
			const mine = ++turn;
			if (!shown || !width || !inSight) return;
			const [study, choice, viewRows] = shown;
			if (!viewRows.length) {
				chart.replaceChildren();
				key.replaceChildren();
				return;
			}
			const { spec, counts } = draw(
				study,
				choice,
				viewRows,
				width,
				getComputedStyle(chart).fontFamily,
			);
			const holder = html("div");
			try {
				const embed = await loadVega();
				const result = await embed(holder, spec, {
					ast: true,
					actions: false,
					renderer: "svg",
					defaultStyle: false,
					tooltip: point,
				});
				if (mine !== turn) {
					result.finalize();
					return;
				}
				drawn?.finalize();
				drawn = result;
				note.hidden = true;
				chart.replaceChildren(holder, note);
				explain(choice, counts);
			} catch (error) {
				chart.replaceChildren(
					html("p", {}, "The drawing failed; the table below has its numbers."),
				);
				throw error;
			}
		}
		new ResizeObserver(() => {
			if (chart.clientWidth !== width) paint();
		}).observe(chart);
		new IntersectionObserver((entries, sight) => {
			inSight ||= entries.some(({ isIntersecting }) => isIntersecting);
			if (!inSight) return;
			sight.disconnect();
			paint();
		}).observe(chart);
		return {
			elements: [chart, key],
			chart,
			set: (...what) => {
				shown = what;
				return paint();
			},
		};
	}

	courseFigure("explorer", (ui, figure) => {
		const live = ui.box("explorer");
		let { choice } = settle(studies);
		const change = (wished, kept) => {
			const settled = settle(studies, { ...choice, ...wished }, kept);
			({ choice } = settled);
			show(settled.notes);
			history.replaceState(null, "", toLink(studies, choice));
		};
		const fill = () =>
			list.set(
				studies[choice.study],
				choice,
				rows(studies[choice.study], choice),
				title.textContent,
			);

		const asked = controls(ui, studies, change, () => choice);
		const title = ui.html("p", { class: "ex-title" });
		const arms = conditions(ui, change);
		const picture = drawing(ui);
		live.append(asked.element, title, arms.element, ...picture.elements);
		const say = ui.say(live);
		const list = numbers(ui, fill);
		const share = sharing(ui);
		live.append(list.element, share.element);

		function show(notes = []) {
			const study = studies[choice.study];
			const viewRows = rows(study, choice);
			const { what, more } = heading(study, choice);
			const sentence = summary(study, choice, viewRows);
			asked.set(choice);
			arms.set(study, choice);
			title.replaceChildren(ui.html("strong", {}, `${what} `), more);
			say(...notes.map((one) => ui.html("em", {}, `${one} `)), sentence);
			picture.chart.setAttribute("aria-label", `${title.textContent.trim()}. ${sentence}`);
			picture.set(study, choice, viewRows);
			fill();
			share.set(toLink(studies, choice));
		}

		/* A link to a view was opened: from elsewhere, or on this page. */
		function visit() {
			const wished = fromLink(location.hash);
			if (!wished) return false;
			const settled = settle(studies, wished);
			({ choice } = settled);
			show(settled.notes);
			return true;
		}
		if (!visit()) show();
		addEventListener("hashchange", () => visit() && figure.scrollIntoView());
		if (fromLink(location.hash)) requestAnimationFrame(() => figure.scrollIntoView());

		for (const cell of document.querySelectorAll(".explorer-studies tbody td:first-child code")) {
			const link = ui.html("a", { href: `#study=${cell.textContent}` });
			cell.replaceWith(link);
			link.append(cell);
		}
		figure.explorer = {
			studies,
			get choice() {
				return choice;
			},
		};
	});
})();

/* The results explorer on its page: the drawing, and the choice kept in the address. */
(() => {
	const { METRICS, open } = dropnormMetrics;
	const { settle, rows, toLink, fromLink } = dropnormViews;
	const { heading, summary } = dropnormWords;
	const { draw } = dropnormCharts;
	const { controls, conditions, numbers, sharing } = dropnormControls;
	const studies = open(dropnormRuns);

	/* The curves of losses lie beside the data: they are asked for when they are to be drawn. */
	const isThere = ({ view, curve }) => view !== "curves" || curve in dropnormRuns.curves;
	let loading = null;
	const load = () => {
		loading ??= new Promise((resolve, reject) => {
			const { src } = document.querySelector("script[src*='explorer/data.js']");
			const script = document.createElement("script");
			script.src = src.replace(/data\.js.*$/, "losses.js");
			script.addEventListener("load", resolve);
			script.addEventListener("error", () => {
				loading = null;
				reject(new Error(`${script.src} could not be loaded`));
			});
			document.head.append(script);
		});
		return loading;
	};

	/* how near the pointer has to be to a mark, in pixels */
	const NEAR = 10;

	/* The drawing, and what its marks mean. */
	function drawing({ html, clamp }) {
		const chart = html("div", { class: "ex-chart", role: "img" });
		const key = html("p", { class: "ex-key" });
		const note = html("div", { class: "ex-note", hidden: "" });
		let [shown, told, width] = [null, [], 0];

		/* What the mark says that is nearest to the pointer. */
		function point({ clientX, clientY }) {
			const frame = chart.getBoundingClientRect();
			const [x, y] = [clientX - frame.left, clientY - frame.top];
			const far = ([left, top]) => Math.hypot(left - x, top - y);
			const mark = told.reduce(
				(one, other) => (far(other) < far(one) ? other : one),
				[Infinity, Infinity],
			);
			note.hidden = !(far(mark) < NEAR);
			if (note.hidden) return;
			[, , note.textContent] = mark;
			const room = Math.max(frame.width - note.offsetWidth, 0);
			note.style.left = `${clamp(x - note.offsetWidth / 2, 0, room)}px`;
			note.style.top = `${y - note.offsetHeight - 12}px`;
		}
		chart.addEventListener("pointermove", point);
		chart.addEventListener("pointerdown", point);
		chart.addEventListener("pointerleave", () => {
			note.hidden = true;
		});

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

		function paint() {
			width = chart.clientWidth;
			if (!shown || !width) return;
			const [study, choice, viewRows] = shown;
			note.hidden = true;
			if (!viewRows.length) {
				told = [];
				chart.replaceChildren();
				key.replaceChildren();
				return;
			}
			const view = draw(study, choice, viewRows, width, getComputedStyle(chart).fontFamily);
			({ told } = view);
			chart.replaceChildren(view.drawing, note);
			explain(choice, view.counts);
		}
		new ResizeObserver(() => {
			if (chart.clientWidth !== width) paint();
		}).observe(chart);
		return {
			elements: [chart, key],
			chart,
			set: (...what) => {
				shown = what;
				paint();
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
			isThere(choice) &&
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
			asked.set(choice);
			arms.set(study, choice);
			share.set(toLink(studies, choice));
			if (!isThere(choice)) {
				load().then(
					() => show(notes),
					() => say("The curves of losses could not be loaded."),
				);
				return;
			}
			const viewRows = rows(study, choice);
			const { what, more } = heading(study, choice);
			const sentence = summary(study, choice, viewRows);
			title.replaceChildren(ui.html("strong", {}, `${what} `), more);
			say(...notes.map((one) => ui.html("em", {}, `${one} `)), sentence);
			picture.chart.setAttribute("aria-label", `${title.textContent.trim()}. ${sentence}`);
			picture.set(study, choice, viewRows);
			fill();
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

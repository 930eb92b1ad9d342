/* The parts of the results explorer's drawings, as SVG: axes, lines, dots, signs. Each part is a
   function of the frame, which has the scales; places are in the units of the data. */
(() => {
	const { apart } = dropnormScales;
	const [INK, MUTED, LINE, PAPER] = ["ink", "muted", "line", "paper"].map(
		(name) => `var(--if-${name})`,
	);
	const [SMALL, LARGE] = [12.5, 13];
	let frames = 0;

	const svg = (tag, attributes = {}, ...children) => {
		const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
		for (const [name, value] of Object.entries(attributes))
			if (value !== null) node.setAttribute(name, value);
		node.append(...children);
		return node;
	};
	const short = (number) => Number(number.toFixed(2));
	const group = (attributes, nodes) => svg("g", attributes, ...nodes);

	/* Where a point is on the drawing, in pixels from the upper left. */
	const place = ({ size, x, y }, point) => [
		short(x.toPixel(point.x)),
		short(size.height - y.toPixel(point.y)),
	];

	/* What lies outside is cut off. */
	const clipped = ({ clip }, nodes) => group({ "clip-path": `url(#${clip})` }, nodes);

	/* A line through points; it is broken where a value is not finite. */
	const path =
		(points, { colour, dash = [], width, opacity = null }) =>
		(frame) => {
			let [d, joined] = ["", false];
			for (const point of points) {
				const [left, top] = place(frame, point);
				const seen = Number.isFinite(left) && Number.isFinite(top);
				if (seen) d += `${joined ? "L" : "M"}${left} ${top}`;
				joined = seen;
			}
			const look = { stroke: colour, "stroke-width": width, opacity, fill: "none" };
			const ends = { "stroke-dasharray": dash.join(" ") || null, "stroke-linecap": "round" };
			return clipped(frame, d ? [svg("path", { d, ...look, ...(dash.length ? ends : {}) })] : []);
		};

	/* What a point says is told where the pointer is near. */
	const told = (frame, points) => {
		for (const point of points) if (point.tip) frame.told.push([...place(frame, point), point.tip]);
	};

	/* A mark for each point, which tells what the point says. */
	const marks = (points, mark) => (frame) => {
		told(frame, points);
		return clipped(
			frame,
			points.map((point) => mark(point, ...place(frame, point))),
		);
	};

	const dots = (points, r) =>
		marks(points, ({ colour: fill }, cx, cy) =>
			svg("circle", { class: "ex-dot", cx, cy, r, fill }),
		);

	const text = (x, y, words, more) => svg("text", { x, y, ...more }, words);

	/* Signs at the edge are seen whole. */
	const signs = (points, size) => (frame) => {
		told(frame, points);
		const look = { "text-anchor": "middle", "font-size": size, "font-weight": "bold" };
		return group(
			look,
			points.map((point) => {
				const [left, top] = place(frame, point);
				return text(left, short(top + size / 3), point.sign, { fill: point.colour });
			}),
		);
	};

	const bars = (points) => (frame) =>
		clipped(
			frame,
			points.map((point) => {
				const [x1, y1] = place(frame, { x: point.x, y: point.low });
				const [x2, y2] = place(frame, { x: point.x, y: point.high });
				const look = { stroke: point.colour, "stroke-width": 2.6, "stroke-linecap": "round" };
				return svg("line", { x1, y1, x2, y2, ...look });
			}),
		);

	const diamonds = (points, r) =>
		marks(points, ({ colour: fill }, left, top) => {
			const d = `M${left - r} ${top}l${r} ${-r} ${r} ${r} ${-r} ${r}z`;
			return svg("path", { d, fill, stroke: PAPER, "stroke-width": 1.2 });
		});

	const rule = (value) => (frame) => {
		const y = short(frame.size.height - frame.y.toPixel(value));
		return svg("line", { x1: 0, x2: frame.size.width, y1: y, y2: y, stroke: INK });
	};

	/* Names at the ends of lines. */
	const names = (labels) => (frame) =>
		group(
			{ class: "ex-names", "font-size": LARGE, "font-weight": 600 },
			apart(labels, frame.size.height).map(({ x, pixel, text: name, colour }) =>
				text(short(frame.x.toPixel(x) + 6), short(pixel + 4), name, { fill: colour }),
			),
		);

	/* How wide words are. */
	const pen = document.createElement("canvas").getContext("2d");
	const wide = (words, font) => {
		pen.font = `${SMALL}px ${font}`;
		return pen.measureText(words).width;
	};

	/* Words that are cut where there is no room for them. */
	const fitting = (words, room, font) => {
		if (!room || wide(words, font) <= room) return words;
		let end = words.length;
		while (end > 1 && wide(`${words.slice(0, end)}…`, font) > room) end -= 1;
		return `${words.slice(0, end)}…`;
	};

	/* The horizontal axis: labels of several lines below each other; one that would touch the one
	   before is left out. */
	function below({ size, x, font }, { title, ticks, room }) {
		const nodes = [];
		let free = -Infinity;
		for (const { value, label } of ticks) {
			const left = short(x.toPixel(value));
			const lines = [label].flat().map((words) => fitting(words, room, font));
			const half = Math.max(...lines.map((words) => wide(words, font))) / 2;
			if (left - half < free) continue;
			free = left + half;
			const top = (i) => short(size.height + 18 + 14 * i);
			nodes.push(...lines.map((words, i) => text(left, top(i), words)));
		}
		const middle = { "font-size": LARGE };
		if (title) nodes.push(text(size.width / 2, size.height + 42, title, middle));
		return group({ "text-anchor": "middle", "font-size": SMALL, fill: MUTED }, nodes);
	}

	/* The vertical axis: a line across the drawing, and its words at the left. */
	function beside({ size, y }, ticks) {
		const [lines, labels] = [[], []];
		let free = Infinity;
		for (const { value, label } of ticks) {
			const top = short(size.height - y.toPixel(value));
			lines.push(svg("line", { x1: 0, x2: size.width, y1: top, y2: top }));
			if (top + SMALL / 2 > free) continue;
			free = top - SMALL / 2;
			labels.push(text(-7, short(top + 4), label));
		}
		return [
			group({ class: "ex-grid", stroke: LINE }, lines),
			group({ "text-anchor": "end", "font-size": SMALL, fill: MUTED }, labels),
		];
	}

	/* The drawing, and what its marks say: left, top, words of each. */
	function whole({ size, font, x, y }, xAxis, yTicks, layers) {
		frames += 1;
		const frame = { size, font, x, y, clip: `ex-clip-${frames}`, told: [] };
		const { padding } = size;
		const width = size.width + padding.left + padding.right;
		const height = size.height + padding.top + padding.bottom;
		const edge = svg("rect", { width: size.width, height: size.height });
		const content = group({ transform: `translate(${padding.left} ${padding.top})` }, [
			svg("clipPath", { id: frame.clip }, edge),
			...beside(frame, yTicks),
			below(frame, xAxis),
			...layers.map((layer) => layer(frame)),
		]);
		const drawing = svg(
			"svg",
			{ width, height, viewBox: `0 0 ${width} ${height}`, "font-family": font },
			content,
		);
		const places = frame.told.map(([left, top, words]) => [
			left + padding.left,
			top + padding.top,
			words,
		]);
		return { drawing, told: places };
	}

	globalThis.dropnormDrawing = { whole, path, dots, signs, bars, diamonds, rule, names };
})();

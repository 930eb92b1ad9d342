/* Which numbers of an (N, C, H, W) block share a mean, for four normalisations. */
courseFigure("shared-mean", (ui, figure) => {
	const maths = dropnormMaths;
	const { svg, text, rect, show } = ui;
	const shape = [3, 4, 3, 3];
	const [N, C, H, W] = shape;
	const kinds = {
		batch: ["Batch norm", "all images, rows and columns of one channel", "x.mean(axis=(0, 2, 3))"],
		layer: ["Layer norm", "all channels, rows and columns of one image", "x.mean(axis=(1, 2, 3))"],
		instance: [
			"Instance norm",
			"all rows and columns of one channel of one image",
			"x.mean(axis=(2, 3))",
		],
		group: [
			"Group norm",
			"all rows and columns of two channels of one image",
			"x.reshape(3, 2, 2, 3, 3).mean(axis=(2, 3, 4))",
		],
	};
	const random = maths.uniform(5);
	const values = maths.range(N * C * H * W, () => Math.floor(10 * random()));
	const state = (figure.state = { kind: "batch", row: 4, column: 7, values, shape });

	const choose = (row, column) => {
		state.row = ui.clamp(row, 0, N * H - 1);
		state.column = ui.clamp(column, 0, C * W - 1);
		update();
	};
	const move = (down, right) => () => choose(state.row + down, state.column + right);
	const panels = ui.box("panels");
	const stage = ui.keys(panels, "The numbers. The arrow keys choose one.", {
		ArrowUp: move(-1, 0),
		ArrowDown: move(1, 0),
		ArrowLeft: move(0, -1),
		ArrowRight: move(0, 1),
	});
	const draw = ui.drawing(stage, "Three images with four channels of 3 × 3 numbers", 340, 276);
	const side = ui.box("side", panels);
	ui.choice(side, "Normalisation", kinds, (kind) => {
		state.kind = kind;
		update();
	});
	const say = ui.say(side);

	const where = (row, column) => ({
		n: Math.floor(row / H),
		c: Math.floor(column / W),
		h: row % H,
		w: column % W,
	});
	const index = ({ n, c, h, w }) => ((n * C + c) * H + h) * W + w;

	function cell(row, column, means, own) {
		const at = where(row, column);
		const [x, y] = [20 + 80 * at.c + 25 * at.w, 22 + 84 * at.n + 25 * at.h];
		const kind = means[index(at)] === own ? "if-cell if-shares" : "if-cell";
		return svg(
			"g",
			{ class: kind, onclick: () => choose(row, column) },
			rect(x, y, 25, 25, "tile"),
			text(x + 12.5, y + 17, values[index(at)], "number middle"),
		);
	}

	function update() {
		const at = where(state.row, state.column);
		const means = maths.meanOf(state.kind, shape);
		const own = means[index(at)];
		const sharing = values.filter((_, i) => means[i] === own);
		const [name, over, code] = kinds[state.kind];
		const count = sharing.length;
		const cells = maths.range(N * H * C * W, (i) =>
			cell(Math.floor(i / (C * W)), i % (C * W), means, own),
		);
		const [chosen] = cells.splice(state.row * C * W + state.column, 1);
		chosen.classList.add("if-chosen");
		draw(
			`${name}: ${count} of ${values.length} numbers are marked.`,
			...maths.range(C, (c) => text(57 + 80 * c, 14, `channel ${c}`, "muted middle")),
			...maths.range(N, (n) =>
				svg(
					"g",
					{ transform: "rotate(-90)" },
					text(-60 - 84 * n, 13, `image ${n}`, "muted middle"),
				),
			),
			...cells,
			chosen,
		);
		say(
			`${name}: the ${values[index(at)]} in image ${at.n}, channel ${at.c}, row ${at.h}, ` +
				`column ${at.w} shares its mean, ${show(maths.mean(sharing))}, ` +
				`with ${count - 1} others: ${over}. ` +
				`In all: ${new Set(means).size} means of ${count} numbers each. ` +
				`The other images of the batch ${state.kind === "batch" ? "are needed" : "play no part"}. `,
			ui.html("code", {}, code),
		);
	}

	update();
});

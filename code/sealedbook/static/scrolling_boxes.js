/* What is wider than the screen scrolls in its own box: here the box says so, to the eye at its
   edges, and to the keyboard. */
(() => {
	const kinds = {
		"div.math": "Formula",
		pre: "Code",
		".pst-scrollable-table-container, .dn-wide": "Table",
		".cell_output > .output": "Output",
	};
	const shadeEdges = (box) => {
		const over = box.scrollWidth - box.clientWidth;
		const sides =
			over < 2
				? []
				: [box.scrollLeft > 1 && "left", box.scrollLeft < over - 1 && "right"].filter(Boolean);
		if (sides.join(" ") === (box.dataset.more ?? "")) return;
		if (sides.length) box.dataset.more = sides.join(" ");
		else delete box.dataset.more;
	};
	const makeFocusable = (box, kind) => {
		const scrolls = box.scrollWidth - box.clientWidth > 1;
		if (scrolls === box.hasAttribute("data-scrolls")) return;
		box.toggleAttribute("data-scrolls", scrolls);
		if (scrolls) {
			box.tabIndex = 0;
			box.setAttribute("role", "group");
			box.setAttribute("aria-label", `${kind}, scrolls sideways`);
		} else for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
	};
	const kindOf = new Map();
	const sizes = new ResizeObserver((entries) => {
		for (const { target } of entries) {
			makeFocusable(target, kindOf.get(target));
			shadeEdges(target);
		}
	});
	const start = () => {
		for (const [selector, kind] of Object.entries(kinds))
			for (const box of document.querySelectorAll(selector)) {
				if (!box.closest("article")) continue;
				kindOf.set(box, kind);
				sizes.observe(box);
				box.addEventListener("scroll", () => shadeEdges(box), { passive: true });
			}
	};
	if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
	else start();
})();

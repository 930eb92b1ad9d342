/* The reader's place when a page is loaded again. A browser restores a number of pixels, as soon as
   the page is that long: where the rest of it is still on its way, or a fold was open, these lead
   elsewhere. Here the place is a part of the text, and how far it was from the top. */
(() => {
	const KEY = `place ${location.pathname}`;
	const parts = () => [...document.querySelectorAll("article section > *")];

	addEventListener("pagehide", () => {
		/* the first that begins in sight, or else the innermost that fills it */
		const seen = parts()
			.map((part, i) => [i, part.getBoundingClientRect()])
			.filter(([, { height, bottom, top }]) => height && bottom > 0 && top < innerHeight);
		const found = seen.find(([, { top }]) => top >= 0) ?? seen.at(-1);
		if (!found) return;
		const [place, { top }] = found;
		try {
			sessionStorage.setItem(KEY, JSON.stringify([place, top]));
		} catch {
			/* nothing can be stored: the browser does what it can */
		}
	});

	/* who moves on meanwhile is left alone */
	let moves = false;
	for (const sign of ["wheel", "touchstart", "keydown", "pointerdown"])
		addEventListener(sign, () => (moves = true), { once: true, passive: true });

	const goBack = () => {
		const { type } = performance.getEntriesByType("navigation")[0] ?? {};
		if (moves || !["reload", "back_forward"].includes(type)) return;
		let kept = null;
		try {
			kept = JSON.parse(sessionStorage.getItem(KEY));
		} catch {
			return;
		}
		const part = kept && parts()[kept[0]];
		if (!part) return;
		const fold = part.closest("details:not([open])");
		if (fold) fold.open = true;
		const by = part.getBoundingClientRect().top - kept[1];
		if (Math.abs(by) > 1) scrollBy({ top: by, behavior: "instant" });
	};
	/* the browser restores its own when the page is loaded, or just after */
	addEventListener("load", () => {
		goBack();
		requestAnimationFrame(() => requestAnimationFrame(goBack));
	});
})();

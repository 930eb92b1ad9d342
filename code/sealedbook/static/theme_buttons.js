/* What the theme's buttons do when they are clicked: the policy forbids handlers in the page. Folds
   are open on paper, but for the source of cells. */
(() => {
	const actions = {
		fullscreen: () =>
			document.fullscreenElement
				? document.exitFullscreen()
				: document.documentElement.requestFullscreen(),
		print: () => window.print(),
	};
	document.addEventListener("click", (event) => {
		actions[event.target.closest("[data-action]")?.dataset.action]?.();
		const link = event.target.closest("dialog a[href*='#']");
		if (link) follow(link);
	});
	/* On a phone the contents lie over the page: what is chosen there is to be seen. When they are
	   shut they go back to their place in the page, and the text below moves. */
	function follow(link) {
		const dialog = link.closest("dialog");
		const target =
			link.pathname === location.pathname &&
			document.getElementById(decodeURIComponent(link.hash.slice(1)));
		const show = () => requestAnimationFrame(() => target.scrollIntoView({ behavior: "instant" }));
		if (target) dialog.addEventListener("close", show, { once: true });
		dialog.close();
	}
	let opened = [];
	addEventListener("beforeprint", () => {
		opened = [...document.querySelectorAll("article details:not([open], .hide)")];
		for (const fold of opened) fold.open = true;
	});
	addEventListener("afterprint", () => {
		for (const fold of opened) fold.open = false;
	});
})();

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
		/* on a phone the contents lie over the page: what is chosen there is to be seen */
		event.target.closest("dialog a[href*='#']")?.closest("dialog").close();
	});
	let opened = [];
	addEventListener("beforeprint", () => {
		opened = [...document.querySelectorAll("article details:not([open], .hide)")];
		for (const fold of opened) fold.open = true;
	});
	addEventListener("afterprint", () => {
		for (const fold of opened) fold.open = false;
	});
})();

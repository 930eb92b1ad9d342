/* What the theme's buttons do when they are clicked: the policy forbids handlers in the page. */
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
	});
})();

/* What the buttons of the theme do: handlers in the page are forbidden by its policy. */
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
	/* a page that is opened from a disk may not read the pages whose first lines it would show */
	if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
	const results = document.querySelector("#search-results");
	if (results) document.querySelector("main form.bd-search input")?.focus();
})();

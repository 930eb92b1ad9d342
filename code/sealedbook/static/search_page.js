/* The page of search results. This runs before the page is read, or after. */
(() => {
	/* a page that is opened from a disk may not read the pages whose first lines it would show */
	if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
	document.addEventListener("DOMContentLoaded", () =>
		document.querySelector("main form.bd-search input")?.focus(),
	);
})();

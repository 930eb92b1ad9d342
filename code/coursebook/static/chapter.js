/* Boxes to tick: one at each exercise, and one at the end of the chapter. */
(() => {
	const { load, change, now, html, follow } = courseProgress;
	const { chapter, progress: summary } = document.currentScript.dataset;

	const box = (section, name, ...words) => {
		const input = html("input", { type: "checkbox" });
		follow(() => {
			input.checked = name in load()[section];
		});
		input.addEventListener("change", () =>
			change((progress) => {
				if (input.checked) progress[section][name] = now();
				else delete progress[section][name];
			}),
		);
		return html("label", { class: "dn-tick" }, input, ...words);
	};

	for (const exercise of document.querySelectorAll(".exercise.admonition[id]")) {
		const title = html(
			"span",
			{ class: "dn-hidden" },
			` with: ${exercise.querySelector(".admonition-title")?.textContent}`,
		);
		exercise.append(html("p", { class: "dn-done" }, box("exercises", exercise.id, "Done", title)));
	}
	const end = html("div", { class: "dn-end" }, box("read", chapter, "I have read this chapter"));
	if (summary) end.append(html("a", { href: summary }, "Your progress"));
	document.querySelector("main section, [role=main] section").append(end);
})();

/* Quizzes: a button checks the choice and says why it is right or wrong. */
(() => {
	const { load, change, html, follow } = courseProgress;

	for (const question of document.querySelectorAll(".dn-question")) {
		const { key, right } = {
			key: question.dataset.question,
			right: Number(question.dataset.right),
		};
		const radios = [...question.querySelectorAll("input")];
		const answers = question.querySelector(".dn-answers");
		const reasons = answers.querySelectorAll("li > span");
		const feedback = html("div", { class: "dn-feedback", role: "status", "aria-live": "polite" });

		/* The reason is a copy, so that a screen reader hears of it; in a copy no name is given twice.
		 */
		const tell = (verdict, words, reason) => {
			const copies = reason ? [...reason.cloneNode(true).childNodes] : [];
			feedback.replaceChildren(html("strong", {}, words), " ", ...copies);
			for (const named of feedback.querySelectorAll("[id]")) named.removeAttribute("id");
			question.dataset.verdict = verdict;
		};
		const show = (choice) => {
			if (choice === right) tell("right", "Right.", reasons[choice]);
			else tell("wrong", "Not this one.", reasons[choice]);
			answers.hidden = false;
		};
		const check = () => {
			const choice = radios.findIndex((radio) => radio.checked);
			if (choice < 0) return tell("", "Choose an answer first.");
			shown = choice;
			change((progress) => {
				progress.answers[key] = choice;
			});
			show(choice);
		};
		const forget = () => tell("", "");

		for (const radio of radios) radio.addEventListener("change", forget);
		answers.before(
			html("button", { type: "button", class: "dn-button", onclick: check }, "Check"),
			feedback,
		);
		answers.hidden = true;
		answers.querySelector("summary").textContent = "All answers explained";
		question.classList.add("dn-live");

		/* what was given elsewhere; a choice that is not checked yet stays */
		let shown = null;
		follow(() => {
			const kept = load().answers[key];
			if (kept === shown) return;
			shown = kept;
			for (const radio of radios) radio.checked = radio === radios[kept];
			if (kept in radios) show(kept);
			else {
				forget();
				answers.hidden = true;
			}
		});
	}

	let opened = [];
	addEventListener("beforeprint", () => {
		opened = [...document.querySelectorAll(".dn-answers:not([open])")];
		for (const answers of opened) answers.open = true;
	});
	addEventListener("afterprint", () => {
		for (const answers of opened) answers.open = false;
	});
})();

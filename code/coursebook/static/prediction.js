/* Predictions: the reader's choice is kept, and stands beside what came out. */
(() => {
	const { load, change, html, follow } = courseProgress;

	for (const box of document.querySelectorAll(".dn-prediction")) {
		const key = box.dataset.prediction;
		const answer = document.querySelector(`.dn-outcome[data-prediction="${key}"]`);
		if (!answer) continue;
		const list = box.querySelector(".predict > ul:last-of-type");
		const words = [...list.children].map((choice) => choice.textContent.trim());
		const said = html("p", { class: "dn-said", role: "status", "aria-live": "polite" });
		const compared = html("p", { class: "dn-compared" });

		const show = (choice) => {
			const right = choice === Number(answer.dataset.right);
			said.textContent = "Kept. What came out is told further down.";
			compared.textContent = `You predicted: ${words[choice]}. ${right ? "So it came out." : "It came out otherwise."}`;
			compared.dataset.verdict = right ? "right" : "wrong";
			answer.prepend(compared);
		};
		const choose = (choice) => {
			change((progress) => {
				progress.answers[key] = choice;
			});
			show(choice);
		};

		const radios = words.map((_, choice) => {
			const radio = html("input", { type: "radio", name: key, onchange: () => choose(choice) });
			return radio;
		});
		[...list.children].forEach((choice, i) => {
			choice.replaceChildren(html("label", {}, radios[i], html("span", {}, ...choice.childNodes)));
		});
		const group = html("fieldset", {}, html("legend", {}, "Your prediction"));
		list.before(group);
		group.append(list, said);
		box.classList.add("dn-live");
		follow(() => {
			const kept = load().answers[key];
			radios.forEach((radio, choice) => (radio.checked = choice === kept));
			if (kept in words) return show(kept);
			said.textContent = "";
			compared.remove();
		});
	}
})();

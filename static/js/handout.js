// Copying and printing a link that is shown once; without this, both are done with the browser's own means.
"use strict";

for (const place of document.querySelectorAll("[data-handout]")) {
  place.hidden = false;
  const copy = place.querySelector("[data-copied]");
  const said = place.querySelector("[role=status]");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.querySelector("[data-link]").textContent);
      said.textContent = copy.dataset.copied;
    } catch {
      said.textContent = copy.dataset.failed;
    }
  });
  place.querySelector("[data-print]").addEventListener("click", () => window.print());
}

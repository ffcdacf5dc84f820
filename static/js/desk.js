// Keys for the transfer desk; without it the same is done with Tab and Enter.
"use strict";

(() => {
  const table = document.querySelector("[data-desk]");
  if (!table) return;
  const open = [...table.querySelectorAll("tr[data-open]")];
  const rowOf = (element) => element && element.closest("tr[data-open]");

  const go = (step) => {
    const at = open.indexOf(rowOf(document.activeElement));
    const next = open[Math.min(Math.max(at + step, 0), open.length - 1)];
    if (next) next.querySelector("button").focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const row = rowOf(document.activeElement);
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "x" && row) row.querySelector("form").requestSubmit();
    else if (event.key === "o" && row && row.querySelector("[data-details]")) row.querySelector("[data-details]").click();
    else return;
    event.preventDefault();
  });
})();

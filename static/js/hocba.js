// Progressive enhancement only: every page is complete without it.
"use strict";

// A file takes a while to send and check: say so, and send it once.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = form.querySelector("[data-busy]");
  if (!button || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  button.setAttribute("aria-disabled", "true");
  button.textContent = button.dataset.busy;
  const said = form.querySelector("[role=status]");
  if (said) said.textContent = button.dataset.busyText || button.dataset.busy;
});

// Coming back with the browser's button finds the form ready again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

// A fragment that was redirected (the session ended) is a page of its own: go there.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  const asked = new URL(pathInfo.finalRequestPath || pathInfo.requestPath, window.location.href);
  const answered = new URL(xhr.responseURL, window.location.href);
  if (asked.pathname === answered.pathname) return;
  event.detail.shouldSwap = false;
  window.location.assign(answered.href);
});

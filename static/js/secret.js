// A secret travels in the fragment, which no server reads: put it into its field and take it out of the address bar.
"use strict";

const secret = window.location.hash.slice(1);
const field = document.querySelector(".input.secret");
if (secret) {
  window.history.replaceState(null, "", window.location.pathname);
  if (field && !field.value) field.value = secret;
  const next = field && field.form.querySelector("input:not([type=hidden]):not(.secret)");
  if (next) next.focus();
}

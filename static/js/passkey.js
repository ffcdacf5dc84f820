// A device answers instead of a code: ask it, put its answer into the form, send the form. Nothing here is trusted.
"use strict";

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const textOf = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const known = (list) => (list || []).map((each) => ({ ...each, id: bytesOf(each.id) }));

async function ask(kind, options) {
  const publicKey = { ...options, challenge: bytesOf(options.challenge) };
  if (kind === "create") {
    publicKey.user = { ...options.user, id: bytesOf(options.user.id) };
    publicKey.excludeCredentials = known(options.excludeCredentials);
    return navigator.credentials.create({ publicKey });
  }
  publicKey.allowCredentials = known(options.allowCredentials);
  return navigator.credentials.get({ publicKey });
}

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = textOf(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id, rawId: textOf(credential.rawId), type: credential.type, response, clientExtensionResults: {},
  });
}

for (const place of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) break;
  place.hidden = false;
  const field = place.querySelector("input");
  const said = place.querySelector("[role=status]");
  place.querySelector("button").addEventListener("click", async () => {
    said.textContent = "";
    try {
      field.value = written(await ask(place.dataset.passkey, JSON.parse(place.dataset.options)));
    } catch {
      said.textContent = said.dataset.failed;
      return;
    }
    field.form.submit();
  });
}

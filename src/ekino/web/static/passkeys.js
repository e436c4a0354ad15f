"use strict";
/* Passkeys: the server's challenge goes to the authenticator, and what it signed comes back in the
   form's own field. Without this script, and without an authenticator, the form stays hidden. */

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));

const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readOptions(options) {
  const named = (each) => ({ ...each, id: toBytes(each.id) });
  const read = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) read.user = named(options.user);
  if (options.excludeCredentials) read.excludeCredentials = options.excludeCredentials.map(named);
  if (options.allowCredentials) read.allowCredentials = options.allowCredentials.map(named);
  return read;
}

function writeCredential(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function ask(form) {
  const token = form.elements.form.value;
  const answer = await fetch(form.dataset.offer, {
    method: "POST",
    body: new URLSearchParams({ form: token }),
  });
  if (!answer.ok) throw new Error(answer.statusText);
  const publicKey = readOptions(await answer.json());
  const credential = form.dataset.passkey === "new"
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  form.elements.credential.value = writeCredential(credential);
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const failed = form.querySelector("[data-failed]");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      failed.hidden = true;
      ask(form).then(
        () => form.submit(),
        () => { failed.hidden = false; form.querySelector("button").focus(); },
      );
    });
  }
}

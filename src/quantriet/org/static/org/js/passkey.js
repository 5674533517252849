// <form data-passkey="get|create" data-options="address"> asks the browser for a passkey and sends its answer with the form.
// Shown only where the browser can; without scripts the other ways in stay.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const able = window.isSecureContext && typeof window.PublicKeyCredential === "function";

function readable(options) {
  const asked = { ...options, challenge: bytes(options.challenge) };
  if (asked.user) asked.user = { ...asked.user, id: bytes(asked.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (asked[list]) asked[list] = asked[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return asked;
}

function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
}

async function ask(form) {
  const token = form.querySelector("input[name=csrfmiddlewaretoken]").value;
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { "X-CSRFToken": token }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const publicKey = readable(await answer.json());
  return form.dataset.passkey === "create" ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey });
}

for (const form of able ? document.querySelectorAll("form[data-passkey]") : []) {
  form.classList.add("is-ready");
  form.closest(".needs-passkey")?.classList.add("is-ready");
  for (const note of document.querySelectorAll(".lacks-passkey")) note.classList.add("is-ready");
  const said = form.querySelector("[data-passkey-said]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.hidden = true;
    try {
      form.elements.credential.value = written(await ask(form));
      form.submit();
    } catch (error) {
      const words = { NotAllowedError: said.dataset.cancelled, AbortError: said.dataset.cancelled, InvalidStateError: said.dataset.known };
      said.textContent = words[error.name] ?? said.dataset.failed;
      said.hidden = false;
    }
  });
}

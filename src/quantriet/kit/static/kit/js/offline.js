// Registers the service worker named by <body data-worker> and says in words what it does: a new version, a full device,
// a line that is back, a form that cannot be sent now. Without this module pages come from the line alone, as ever.
const { worker: address, account } = document.body.dataset;
const words = document.getElementById("ui-words")?.dataset ?? {};
const kept = document.querySelector("[data-kept]");
let line = null;

// One calm line at the top of the page, with at most one button; a later one takes its place.
function say(text, label, act) {
  const box = document.querySelector(".messages");
  if (!box || !text) return;
  line ??= box.appendChild(Object.assign(document.createElement("div"), { className: "message" }));
  const said = document.createElement("p");
  said.textContent = text;
  line.replaceChildren(said);
  if (!label) return;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: label });
  button.addEventListener("click", act);
  line.append(button);
}

const reload = () => location.reload();

function offerNew(waiting) {
  let asked = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => asked && reload());
  say(words.newVersion, words.reload, () => {
    asked = true;
    waiting.postMessage({ kind: "take-over" });
  });
}

async function register() {
  const had = Boolean(navigator.serviceWorker.controller);
  const registration = await navigator.serviceWorker.register(address, { scope: "/", updateViaCache: "none" });
  if (registration.waiting && had) offerNew(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming?.addEventListener("statechange", () => {
      if (coming.state === "installed" && navigator.serviceWorker.controller && had) offerNew(coming);
    });
  });
  const ready = await navigator.serviceWorker.ready;
  // The worker came after this page: it fetches its own copy of it.
  if (!had) ready.active?.postMessage({ kind: "keep", address: location.pathname + location.search });
  if (!account || kept) return;
  const assets = performance.getEntriesByType("resource").map((one) => one.name).filter((name) => name.startsWith(location.origin));
  ready.active?.postMessage({ kind: "gather", assets });
}

if (address && "serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.addEventListener("message", (event) => {
    const { kind, address: fresh } = event.data ?? {};
    if (kind === "full") say(words.deviceFull);
    if (kind === "fresh" && kept && fresh === location.pathname + location.search) say(words.newerCopy, words.reload, reload);
    if (kind === "ended" && kept) reload();
    if (kind === "gathered") document.documentElement.dataset.gathered = "";
  });
  // After the page itself: the first reading of a slow phone is not held up.
  const start = () => register().catch(() => {});
  if (document.readyState === "complete") start();
  else window.addEventListener("load", start, { once: true });
}

if (kept) window.addEventListener("online", () => say(words.lineBack, words.reload, reload));

// A form that needs the line says so, and keeps what was typed; signing out wipes the device even so.
const needsLine = (form) => form.method === "post" && !form.matches("[data-display], [data-sign-out]") && !form.closest("dialog, [data-menu]");

function markForms() {
  for (const form of document.querySelectorAll("form")) {
    if (!needsLine(form)) continue;
    let note = form.querySelector(":scope > [data-needs-line]");
    if (navigator.onLine) note?.remove();
    else if (!note) {
      note = Object.assign(document.createElement("p"), { className: "message message--warning", textContent: words.needsLine ?? "" });
      note.dataset.needsLine = "";
      form.prepend(note);
    }
  }
}

if (address) {
  window.addEventListener("online", markForms);
  window.addEventListener("offline", markForms);
  if (!navigator.onLine) markForms();
  document.addEventListener("submit", (event) => {
    if (navigator.onLine || !needsLine(event.target)) return;
    event.preventDefault();
    markForms();
    event.target.querySelector(":scope > [data-needs-line]")?.scrollIntoView({ block: "center" });
  });
}

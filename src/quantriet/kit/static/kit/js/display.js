// Text size and theme change at once and are kept in two cookies, with a line and without one. The server reads them for the
// pages it makes, the handbook's worker is told for the copies it shows, and a page that comes back out of the browser's memory
// looks for itself. Without this module the forms do the same by a page load.
const root = document.documentElement;
const YEAR = 365 * 24 * 3600;
const KNOWN = { text: ["1", "2", "3", "4"], theme: ["auto", "light", "dark", "contrast"] };

function chosen() {
  return { text: Number(root.dataset.text || 1), theme: root.dataset.theme || "auto" };
}

function apply(name, value) {
  if (name === "text" && value === "1") delete root.dataset.text;
  else if (name === "text") root.dataset.text = value;
  else if (value === "auto") delete root.dataset.theme;
  else root.dataset.theme = value;
}

function keep(name, value) {
  const sealed = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `display_${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${sealed}`;
}

// What was chosen on another page since this one was made.
function follow() {
  for (const one of document.cookie.split("; ")) {
    const [key, value] = one.split("=");
    const name = key.replace("display_", "");
    if (key.startsWith("display_") && KNOWN[name]?.includes(value)) apply(name, value);
  }
}

function tellWorker() {
  const { text, theme } = chosen();
  navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage({ kind: "display", text: String(text), theme }));
}

// The server's own cookie lasts: some browsers drop after a week what a script has set. Only the last of several taps is sent,
// once they end or the page is left: answers may come back in another order, and an older one would bring its size back.
const unsent = new Map();
let timer;

function send(name, form, body) {
  const post = () => fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual", keepalive: true });
  unsent.set(name, () => post().catch(() => window.addEventListener("online", () => post().catch(() => {}), { once: true })));
  clearTimeout(timer);
  timer = setTimeout(sendAll, 600);
}

function sendAll() {
  for (const post of unsent.values()) post();
  unsent.clear();
}

function refresh() {
  const { text, theme } = chosen();
  for (const button of document.querySelectorAll("[data-display] [data-step]")) {
    const next = Math.min(4, Math.max(1, text + Number(button.dataset.step)));
    button.value = String(next);
    if (next === text) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    const on = theme === button.dataset.themeToggle;
    button.setAttribute("aria-pressed", String(on));
    button.value = on ? "auto" : button.dataset.themeToggle;
  }
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (!form.matches("[data-display]") || !button?.name) return;
  event.preventDefault();
  const body = new FormData(form, button);
  keep(button.name, button.value);
  apply(button.name, button.value);
  refresh();
  tellWorker();
  send(button.name, form, body);
});

function catchUp() {
  follow();
  refresh();
}

window.addEventListener("pagehide", sendAll);
window.addEventListener("pageshow", (event) => event.persisted && catchUp());
document.addEventListener("visibilitychange", () => document.hidden || catchUp());
catchUp();
tellWorker();

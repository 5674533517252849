// Text size and theme change at once; the server keeps them in a cookie. Without this module the forms do the same by a page load.
const root = document.documentElement;

function chosen() {
  return { text: Number(root.dataset.text || 1), theme: root.dataset.theme || "auto" };
}

function apply(name, value) {
  if (name === "text" && value === "1") delete root.dataset.text;
  else if (name === "text") root.dataset.text = value;
  else if (value === "auto") delete root.dataset.theme;
  else root.dataset.theme = value;
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
  apply(button.name, button.value);
  refresh();
  fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual", keepalive: true }).catch(() => {});
});

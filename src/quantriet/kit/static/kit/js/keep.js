// Typed words survive an error, a lost line and a sign-out: <form data-keep="key"> is copied into this tab's memory while typing.
// Passwords, files and hidden fields are never copied; another account or an explicit sign-out wipes everything.
const PREFIX = "keep:";
const account = document.body.dataset.account || "";
const words = document.getElementById("ui-words")?.dataset ?? {};
const keyOf = (form) => `${PREFIX}${location.pathname}#${form.dataset.keep || "form"}`;
const kept = (control) =>
  control.name && !["password", "file", "hidden", "submit", "button", "search"].includes(control.type) && !control.closest("[data-keep-not]");

function read(key) {
  try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
}

function write(key, value) {
  try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* a full or forbidden store only loses the safety net */ }
}

function wipe(test = () => true) {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX) && test(read(key))) sessionStorage.removeItem(key);
}

function snapshot(form) {
  const values = {};
  for (const control of form.elements) {
    if (!kept(control)) continue;
    const list = (values[control.name] ??= []);
    if (control.type === "checkbox" || control.type === "radio") { if (control.checked) list.push(control.value); }
    else if (control.multiple) list.push(...[...control.selectedOptions].map((option) => option.value));
    else list.push(control.value);
  }
  return values;
}

function restore(form, values) {
  const taken = {};
  let changed = false;
  for (const control of form.elements) {
    if (!kept(control) || !(control.name in values)) continue;
    const list = values[control.name];
    if (control.type === "checkbox" || control.type === "radio") {
      const on = list.includes(control.value);
      changed ||= on !== control.checked;
      control.checked = on;
    } else if (control.multiple) {
      for (const option of control.options) option.selected = list.includes(option.value);
    } else {
      const at = taken[control.name] ?? 0;
      taken[control.name] = at + 1;
      if (at >= list.length || control.value === list[at]) continue;
      control.value = list[at];
      changed = true;
    }
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return changed;
}

function attach(form) {
  if (form.dataset.keepOn) return;
  form.dataset.keepOn = "1";
  const key = keyOf(form);
  const memory = read(key);
  // A form that the server sends back filled (with errors, or with what it read from a file) is newer than our memory.
  const wrong = "keepAnswer" in form.dataset || form.querySelector("[aria-invalid]") || form.previousElementSibling?.matches(".errors");
  if (memory && memory.account && account && memory.account !== account) sessionStorage.removeItem(key);
  else if (memory && !wrong && restore(form, memory.values)) {
    const note = document.createElement("p");
    note.className = "message";
    note.setAttribute("role", "status");
    note.textContent = words.restored ?? "";
    form.prepend(note);
  }
  const save = () => write(key, { account, values: snapshot(form) });
  if ("keepAnswer" in form.dataset) save();
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  form.addEventListener("submit", () => write(key, { account, values: snapshot(form), sent: location.pathname }));
}

// A page that follows a sent form and is neither that form again nor a sign-in page means: it was taken.
function forgetTaken() {
  if (!account || document.querySelector(".errors, [data-page-error]")) return;
  const here = new Set([...document.querySelectorAll("form[data-keep]")].map(keyOf));
  for (const key of Object.keys(sessionStorage)) {
    const memory = key.startsWith(PREFIX) ? read(key) : null;
    if (memory?.sent && (!here.has(key) || document.querySelector(".message--success"))) sessionStorage.removeItem(key);
  }
}

if (account) wipe((memory) => memory?.account && memory.account !== account);
forgetTaken();
for (const form of document.querySelectorAll("form[data-keep]")) attach(form);
document.addEventListener("htmx:load", (event) => {
  for (const form of event.target.querySelectorAll?.("form[data-keep]") ?? []) attach(form);
});
document.addEventListener("submit", (event) => { if (event.target.matches("[data-sign-out]")) wipe(); });
document.querySelector("[data-focus]")?.focus();

// Dates are typed as dd/mm/yyyy; this tidies what was typed (9-3-26, 090326) and offers the browser's own calendar as help.
const words = document.getElementById("ui-words")?.dataset ?? {};
const two = (part) => part.padStart(2, "0");

function tidy(text) {
  const digits = /^\s*(\d{2})(\d{2})(\d{4})\s*$/.exec(text) ?? /^\s*(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4})\s*$/.exec(text);
  return digits ? `${two(digits[1])}/${two(digits[2])}/${digits[3]}` : text;
}

function enhance(input) {
  if (input.dataset.dateOn || input.disabled || input.readOnly) return;
  input.dataset.dateOn = "1";
  input.addEventListener("change", () => { input.value = tidy(input.value); });
  const picker = document.createElement("input");
  if (!("showPicker" in picker)) return;
  const box = document.createElement("div");
  box.className = "date";
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: words.pickDate ?? "…" });
  const name = document.querySelector(`label[for="${CSS.escape(input.id)}"]`)?.firstChild?.textContent.trim();
  if (name) button.setAttribute("aria-label", `${button.textContent}: ${name}`);
  Object.assign(picker, { type: "date", className: "date__picker", tabIndex: -1 });
  picker.setAttribute("aria-hidden", "true");
  input.before(box);
  box.append(input, button, picker);
  button.addEventListener("click", () => {
    const read = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(tidy(input.value));
    picker.value = read ? `${read[3]}-${read[2]}-${read[1]}` : "";
    picker.showPicker();
  });
  picker.addEventListener("change", () => {
    const [year, month, day] = picker.value.split("-");
    if (!day) return;
    input.value = `${day}/${month}/${year}`;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
  });
}

const attach = (root) => { for (const input of root.querySelectorAll?.("input[data-date]") ?? []) enhance(input); };
attach(document);
document.addEventListener("htmx:load", (event) => attach(event.target));

// A long <select data-combobox> becomes a box to type in; marks need not be typed ("huong" finds "Hường"), any word order does.
// The select stays in the form and carries the value, so the server sees no difference.
const words = document.getElementById("ui-words")?.dataset ?? {};
const LIMIT = 60;
let serial = 0;

const fold = (text) =>
  text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();

function rank(option, parts) {
  if (!parts.every((part) => option.folded.includes(part))) return -1;
  const tokens = option.folded.split(" ");
  // The given name stands last: who types "huong" most often looks for a person called so.
  if (tokens.at(-1).startsWith(parts.at(-1))) return 0;
  return tokens.some((token) => token.startsWith(parts[0])) ? 1 : 2;
}

function enhance(select) {
  if (select.dataset.combobox === "no" || select.multiple || select.dataset.comboboxOn) return;
  select.dataset.comboboxOn = "1";
  const id = `combobox-${++serial}`;
  const box = document.createElement("div");
  box.className = "combobox";
  const input = Object.assign(document.createElement("input"), { type: "text", id, autocomplete: "off" });
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", `${id}-list`);
  input.placeholder = words.typeToSearch ?? "";
  for (const name of ["aria-describedby", "aria-invalid", "required"]) {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  }
  input.disabled = select.disabled;
  const list = document.createElement("ul");
  list.className = "combobox__list";
  list.id = `${id}-list`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  if (label) { label.htmlFor = id; list.setAttribute("aria-label", label.textContent.trim()); }
  // Links of the error summary keep their target: the select's id moves to a place that can be scrolled to and focused.
  for (const link of document.querySelectorAll(`a[href="#${CSS.escape(select.id)}"]`)) link.href = `#${id}`;
  select.before(box);
  box.append(input, list, select);
  select.required = false;
  const options = [...select.options].map((option) => ({ value: option.value, text: option.text.trim(), folded: fold(option.text) }));
  let shown = [];
  let active = -1;

  const current = () => select.options[select.selectedIndex];
  const showCurrent = () => { input.value = current()?.value ? current().text.trim() : ""; };
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); active = -1; };

  function mark(index) {
    active = index;
    for (const [at, row] of [...list.children].entries()) row.setAttribute("aria-selected", String(at === index));
    const row = list.children[index];
    if (row) { input.setAttribute("aria-activedescendant", row.id); row.scrollIntoView({ block: "nearest" }); }
  }

  function draw(all) {
    const parts = fold(all ? "" : input.value).split(" ").filter(Boolean);
    shown = options.filter((option) => option.value || all);
    if (parts.length) {
      shown = shown.map((option) => [rank(option, parts), option]).filter(([order]) => order >= 0)
        .sort((one, two) => one[0] - two[0]).map(([, option]) => option);
    }
    shown = shown.slice(0, LIMIT);
    list.replaceChildren(...shown.map((option, at) => {
      const row = document.createElement("li");
      row.id = `${id}-${at}`;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", "false");
      row.textContent = option.text;
      return row;
    }));
    if (!shown.length) {
      const row = document.createElement("li");
      row.setAttribute("role", "option");
      row.setAttribute("aria-disabled", "true");
      row.textContent = words.noneFound ?? "";
      list.append(row);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(parts.length && shown.length ? 0 : -1);
  }

  function choose(option) {
    select.value = option.value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    showCurrent();
    close();
  }

  input.addEventListener("input", () => draw(false));
  input.addEventListener("click", () => { if (list.hidden) draw(true); input.select(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return draw(true);
      mark((active + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter" && !list.hidden && shown[active]) {
      event.preventDefault();
      choose(shown[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      showCurrent();
      close();
    }
  });
  input.addEventListener("blur", () => {
    if (input.value.trim() === "" && options.some((option) => option.value === "")) select.value = "";
    showCurrent();
    close();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const at = [...list.children].indexOf(event.target.closest("li"));
    if (shown[at]) choose(shown[at]);
  });
  select.addEventListener("change", () => { if (document.activeElement !== input) showCurrent(); });
  showCurrent();
}

const attach = (root) => { for (const select of root.querySelectorAll?.("select[data-combobox]") ?? []) enhance(select); };
attach(document);
document.addEventListener("htmx:load", (event) => attach(event.target));

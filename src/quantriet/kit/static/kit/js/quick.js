// The box that searches everything: "/" goes there, arrows walk through what was found, Escape closes the list.
// Without this script the form opens the page of results; the list under the box comes by its hx- attributes.
const form = document.querySelector("[data-quick]");
const box = form?.querySelector("input");
const found = form?.querySelector(".quick__found");

const typing = (element) => element?.matches?.("input, textarea, select, [contenteditable]");
const close = () => { found.hidden = true; };

function step(event, by) {
  const links = found.hidden ? [] : [...found.querySelectorAll("a")];
  if (!links.length) return;
  event.preventDefault();
  const at = links.indexOf(document.activeElement) + by;
  if (at < 0) box.focus();
  else links[Math.min(at, links.length - 1)].focus();
}

if (form) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") step(event, 1);
    else if (event.key === "ArrowUp") step(event, -1);
    else if (event.key === "Escape" && !found.hidden && found.childElementCount) {
      event.preventDefault();
      box.focus();
      close();
    }
  });
  box.addEventListener("input", () => { found.hidden = box.value.trim() === ""; });
  box.addEventListener("focus", () => { found.hidden = box.value.trim() === ""; });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) close(); });
  document.addEventListener("focusin", (event) => { if (!form.contains(event.target)) close(); });
}

// The bar under a list says how many rows are ticked; Shift ticks a range, the head's box ticks all rows on this page.
const words = document.getElementById("ui-words")?.dataset ?? {};
const boxes = (form) => [...form.querySelectorAll('td.check input[type="checkbox"]')];
const number = new Intl.NumberFormat("vi-VN");

function count(form) {
  const all = boxes(form);
  const ticked = all.filter((box) => box.checked).length;
  const head = form.querySelector("[data-bulk-all]");
  if (head) { head.checked = ticked > 0 && ticked === all.length; head.indeterminate = ticked > 0 && ticked < all.length; }
  const bar = form.querySelector("[data-bulk-bar]");
  if (!bar) return;
  bar.classList.toggle("is-active", ticked > 0);
  const text = bar.querySelector("[data-bulk-count]");
  if (text) text.textContent = ticked ? (words.selected ?? "{n}").replace("{n}", number.format(ticked)) : (words.noneSelected ?? "");
  for (const button of bar.querySelectorAll("button[type=submit]")) button.disabled = ticked === 0;
}

function attach(root) {
  for (const form of root.querySelectorAll?.("form[data-bulk]") ?? []) {
    if (form.dataset.bulkOn) { count(form); continue; }
    form.dataset.bulkOn = "1";
    form.querySelector("[data-bulk-all]")?.classList.add("is-ready");
    let last = null;
    form.addEventListener("click", (event) => {
      const box = event.target;
      if (box.matches?.("[data-bulk-all]")) for (const one of boxes(form)) one.checked = box.checked;
      else if (box.matches?.('td.check input[type="checkbox"]')) {
        const all = boxes(form);
        if (event.shiftKey && last && all.includes(last)) {
          const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, two) => one - two);
          for (const one of all.slice(from, to + 1)) one.checked = box.checked;
        }
        last = box;
      } else return;
      count(form);
    });
    form.addEventListener("reset", () => setTimeout(() => count(form)));
    count(form);
  }
}
attach(document);
document.addEventListener("htmx:load", (event) => attach(event.target.closest?.("form[data-bulk]")?.parentElement ?? event.target));
addEventListener("pageshow", () => attach(document));

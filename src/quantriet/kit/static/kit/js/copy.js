// <button data-copy="#id"> copies the text (or value) of that element; data-copy-text="…" copies fixed words. Shown only when it can work.
const words = document.getElementById("ui-words")?.dataset ?? {};

const attach = (root) => { for (const button of root.querySelectorAll?.("[data-copy], [data-copy-text]") ?? []) button.classList.add("is-ready"); };

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-text]");
  if (!button) return;
  const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
  const text = button.dataset.copyText ?? source?.value ?? source?.innerText ?? "";
  const before = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(text);
    button.classList.add("is-done");
    button.textContent = words.copied ?? before;
  } catch {
    source?.select?.();
    button.textContent = words.copyFailed ?? before;
  }
  setTimeout(() => { button.classList.remove("is-done"); button.textContent = before; }, 2500);
});
attach(document);
document.addEventListener("htmx:load", (event) => attach(event.target));

// <button data-confirm="sentence that names the thing and the number"> asks once more. The server's own two steps stay.
const words = document.getElementById("ui-words")?.dataset ?? {};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-confirm]");
  if (!button || button.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const dialog = document.createElement("dialog");
  const sentence = document.createElement("p");
  sentence.id = "confirm-sentence";
  sentence.textContent = button.dataset.confirm.replace("{n}", String(button.form?.querySelectorAll("input[name=ids]:checked").length ?? ""));
  const actions = document.createElement("div");
  actions.className = "cluster";
  const yes = document.createElement("button");
  yes.className = button.matches(".button--danger") ? "button button--danger" : "button button--primary";
  yes.textContent = button.dataset.confirmLabel || button.textContent.trim() || words.confirm;
  const no = document.createElement("button");
  no.className = "button";
  no.textContent = words.cancel;
  actions.append(yes, no);
  dialog.append(sentence, actions);
  dialog.setAttribute("aria-labelledby", sentence.id);
  dialog.addEventListener("close", () => { dialog.remove(); button.focus(); });
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    button.dataset.confirmed = "1";
    button.click();
    delete button.dataset.confirmed;
  });
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
}, true);

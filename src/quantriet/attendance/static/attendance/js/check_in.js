// The phone in the hall: whoever is signed in is recorded as soon as the page opens; a lost line is tried again until the
// ticket of the scan is over. What was recorded once is not recorded twice, so sending again does no harm.
const root = document.querySelector("[data-check-in]");
const answer = root?.querySelector("[data-check-in-answer]");
const LASTS = 290000;

function show(kind, title, note = "") {
  answer.className = `message message--${kind}`;
  answer.children[0].textContent = title;
  answer.children[1].textContent = note;
  answer.hidden = false;
}

async function send(form, began = performance.now(), wait = 1000) {
  const buttons = [...form.querySelectorAll("button")];
  buttons.forEach((one) => { one.disabled = true; });
  if (answer.hidden) show("info", root.dataset.wSending);
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin", signal: AbortSignal.timeout(15000) });
    if (response.status >= 500) throw new Error(String(response.status));
    if (!response.headers.get("Content-Type")?.startsWith("application/json")) {
      form.submit(); // another page has something to say, such as a form that has expired
      return;
    }
    const told = await response.json();
    root.querySelectorAll(":scope > .message:not([data-check-in-answer])").forEach((one) => one.remove());
    show(told.ok ? "success" : "error", told.ok ? `✓ ${told.sentence}` : told.sentence, told.note);
    if (told.ok) {
      if (form.matches("[data-check-in-own], [data-check-in-once]")) form.remove();
      else form.reset(); // the next one types a card of their own
    }
    buttons.forEach((one) => { one.disabled = false; });
  } catch {
    if (performance.now() - began > LASTS) {
      show("error", root.dataset.wOver);
      return;
    }
    show("warning", root.dataset.wAgain);
    setTimeout(() => send(form, began, Math.min(15000, wait * 2)), wait);
  }
}

if (root) {
  for (const form of root.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer.hidden = true;
      send(form);
    });
  }
  const own = root.querySelector("[data-check-in-own]");
  if (own) send(own);
}

// <form method="get" data-autosubmit>: a changed choice is applied at once; typing still waits for Enter or the button.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-autosubmit]") && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
});

// Empty filters stay out of the address, so that it can be read and passed on.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get" || !form.matches(".toolbar")) return;
  for (const control of form.elements) if (control.name && control.value === "") control.disabled = true;
});
addEventListener("pageshow", () => {
  for (const control of document.querySelectorAll(".toolbar [disabled]")) control.disabled = false;
});

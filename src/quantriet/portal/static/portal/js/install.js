// Shows the button that puts the handbook on the phone's screen, where the browser offers to; elsewhere the sentences say how.
const box = document.querySelector("[data-install]");

if (box) {
  const button = box.querySelector("[data-install-button]");
  let offer = null;
  if (window.matchMedia("(display-mode: standalone)").matches || navigator.standalone) box.hidden = true;
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    button.hidden = false;
  });
  window.addEventListener("appinstalled", () => { box.hidden = true; });
  button.addEventListener("click", async () => {
    if (!offer) return;
    await offer.prompt();
    offer = null;
    button.hidden = true;
  });
}

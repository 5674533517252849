// <div data-poll="2" data-poll-url="…"> replaces its content by the server's answer every so many seconds until the answer
// carries data-poll-stop; with data-poll-then="…" it then goes to that page. Without it, the page itself says how to look again.
function start(box) {
  if (box.dataset.pollOn) return;
  box.dataset.pollOn = "1";
  const seconds = Math.max(1, Number(box.dataset.poll) || 3);
  let wait = seconds;
  async function look() {
    if (!box.isConnected) return;
    if (document.hidden) return void setTimeout(look, seconds * 1000);
    try {
      const answer = await fetch(box.dataset.pollUrl || location.href, { headers: { "HX-Request": "true", "X-Poll": "1" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const html = await answer.text();
      if (box.innerHTML !== html) box.innerHTML = html;
      wait = seconds;
      const stop = box.querySelector("[data-poll-stop]");
      if (stop) {
        const then = stop.dataset.pollThen || box.dataset.pollThen;
        if (then) location.assign(then);
        return;
      }
    } catch {
      wait = Math.min(60, wait * 2);
    }
    setTimeout(look, wait * 1000);
  }
  setTimeout(look, seconds * 1000);
}

const attach = (root) => { for (const box of root.querySelectorAll?.("[data-poll]") ?? []) start(box); };
attach(document);
document.addEventListener("htmx:load", (event) => attach(event.target));

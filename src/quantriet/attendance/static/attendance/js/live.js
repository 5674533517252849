// <div data-live="5" data-live-url="…"> shows the server's figures anew every so many seconds. Nothing is drawn again while the
// server says that nothing has changed; when the line is down the last figures stay, and after a while the page says so.
const box = document.querySelector("[data-live]");
const lost = document.querySelector("[data-live-lost]");

function start() {
  const seconds = Math.max(2, Number(box.dataset.live) || 5);
  let failed = 0;
  async function look() {
    let wait = seconds;
    try {
      const answer = await fetch(box.dataset.liveUrl, { headers: { "X-Poll": "1" }, credentials: "same-origin", redirect: "manual", cache: "no-cache", signal: AbortSignal.timeout(10000) });
      if (answer.type === "opaqueredirect") {
        location.reload(); // signed out: the sign-in page says so
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      if (box.innerHTML !== html) box.innerHTML = html;
      failed = 0;
    } catch {
      failed += 1;
      wait = Math.min(30, seconds * failed);
    }
    if (lost) lost.hidden = failed < 3;
    // Many screens opened at one moment do not go on asking at one moment.
    setTimeout(look, (wait + Math.random()) * 1000);
  }
  setTimeout(look, seconds * 1000);
}

if (box) start();

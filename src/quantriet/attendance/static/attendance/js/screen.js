// The hall's screen: shows the codes it was given one after the other, each for its seconds, and asks for the next once a
// minute. It counts seconds only; what its own clock says does not matter.
const box = document.querySelector("[data-screen]");
const lost = document.querySelector("[data-screen-lost]");
let turn = 0;

function play() {
  turn += 1;
  const mine = turn;
  const codes = [...box.querySelectorAll("[data-screen-codes] > [data-seconds]")];
  const began = performance.now();
  let end = 0;
  codes.forEach((code, index) => {
    const begin = end;
    end += Number(code.dataset.seconds) * 1000;
    if (index === 0) return;
    setTimeout(() => {
      if (mine !== turn) return;
      codes.forEach((one) => { one.hidden = one !== code; });
    }, begin - (performance.now() - began));
  });
  // No code may stand longer than it is good for: rather none, and the reason.
  if (codes.length) setTimeout(() => {
    if (mine !== turn) return;
    codes.forEach((one) => { one.hidden = true; });
    lost.hidden = false;
  }, end);
  const again = Number(box.querySelector("[data-look-again]")?.dataset.lookAgain) || 60;
  setTimeout(() => look(mine), again * 1000);
}

async function look(mine) {
  if (mine !== turn) return;
  try {
    const response = await fetch(location.href, { headers: { "X-Poll": "1" }, credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(10000) });
    if (response.type === "opaqueredirect") {
      location.reload(); // signed out: the sign-in page says so
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    box.innerHTML = await response.text();
    lost.hidden = true;
    play();
  } catch {
    setTimeout(() => look(mine), 3000);
  }
}

if (box) play();

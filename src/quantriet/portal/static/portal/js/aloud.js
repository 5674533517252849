// Reads the marked passages aloud with the browser's own voice. Without a voice or without this module the page stays as it is.
const box = document.querySelector("[data-aloud]");

if (box && "speechSynthesis" in window && "SpeechSynthesisUtterance" in window) {
  const words = box.dataset;
  const speech = window.speechSynthesis;
  const main = document.createElement("button");
  const stop = document.createElement("button");
  const said = document.createElement("span");
  for (const button of [main, stop]) {
    button.type = "button";
    button.className = "button";
  }
  said.setAttribute("role", "status");
  said.className = "muted small";
  stop.textContent = words.stop;
  let rest = [];
  let here = null;
  let turn = 0;

  function show(state) {
    main.textContent = state === "reading" ? words.pause : state === "paused" ? words.resume : words.start;
    main.dataset.state = state;
    stop.hidden = state === "still";
  }

  function leave() {
    if (here) delete here.dataset.reading;
    here = null;
  }

  function end() {
    turn += 1;
    speech.cancel();
    leave();
    rest = [];
    show("still");
  }

  function voice() {
    return speech.getVoices().find((one) => one.lang.toLowerCase().startsWith("vi"));
  }

  // A passage at a time: Chromium goes silent in the middle of long ones.
  function next() {
    leave();
    here = rest.shift();
    if (!here) return end();
    const mine = (turn += 1);
    const one = new SpeechSynthesisUtterance(here.innerText);
    one.lang = "vi-VN";
    const found = voice();
    if (found) one.voice = found;
    here.dataset.reading = "";
    here.scrollIntoView({ block: "nearest" });
    one.addEventListener("end", () => mine === turn && next());
    one.addEventListener("error", () => mine === turn && end());
    speech.speak(one);
    show("reading");
  }

  main.addEventListener("click", () => {
    if (main.dataset.state === "reading") {
      speech.pause();
      show("paused");
    } else if (main.dataset.state === "paused") {
      speech.resume();
      show("reading");
    } else {
      said.textContent = voice() ? "" : words.noVoice;
      if (!speech.getVoices().length) return; // nothing here can speak
      rest = [...document.querySelectorAll(`${words.aloudOf} [data-read]`)].filter((one) => one.innerText.trim());
      next();
    }
  });
  stop.addEventListener("click", end);
  window.addEventListener("pagehide", end);
  box.append(main, stop, said);
  show("still");
  box.hidden = false;
}

// The desk's scanner: a USB scanner types into the box and presses Enter; a camera reads by BarcodeDetector where the browser
// has it. Each scan is answered by a colour, words and a tone; two of one code within seconds are one, here and on the server.
const root = document.querySelector("[data-scan]");
const form = root?.querySelector("[data-scan-form]");
const input = form?.querySelector("[name=code]");
const big = root?.querySelector("[data-scan-big]");
const list = root?.querySelector("[data-scan-list]");
const { SIGNS, play } = self.ScanAnswers;
const SAME = 5000;
let isLoud = true;

function nonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// --- one scan -------------------------------------------------------------------------------------------------------

function show(kind, words) {
  big.hidden = false;
  big.dataset.kind = kind;
  big.textContent = `${SIGNS[kind] ?? ""} ${words}`.trim();
  if (!SIGNS[kind]) return;
  if (isLoud) play(kind);
  const line = document.createElement("li");
  line.textContent = `${SIGNS[kind]} ${words}`;
  list.prepend(line);
  while (list.children.length > 12) list.lastChild.remove();
  root.querySelector("[data-scan-last]").hidden = false;
}

let waiting = Promise.resolve();
function send(code) {
  const values = new FormData(form);
  values.set("code", code);
  values.set("nonce", nonce());
  // One after the other: a quick scanner must not overtake itself.
  waiting = waiting.then(async () => {
    show("", root.dataset.wSending);
    for (let tries = 0; ; tries += 1) {
      try {
        const response = await fetch(location.pathname, { method: "POST", body: values, headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(10000) });
        if (response.type === "opaqueredirect" || response.status === 403) {
          show("wrong", root.dataset.wOut);
          return;
        }
        if (!response.ok) throw new Error(String(response.status));
        const told = await response.json();
        show(told.ok ? (told.repeat ? "repeat" : told.kind) : "wrong", told.sentence);
        return;
      } catch {
        if (tries === 2) {
          show("wrong", root.dataset.wLost);
          return;
        }
      }
    }
  });
}

// --- camera ---------------------------------------------------------------------------------------------------------

const video = root?.querySelector("[data-scan-video]");
const cameraButton = root?.querySelector("[data-scan-camera]");
let stream = null;
const seen = new Map();

async function startCamera() {
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    show("wrong", root.dataset.wNoCamera);
    return;
  }
  video.srcObject = stream;
  video.hidden = false;
  cameraButton.textContent = root.dataset.wCameraOff;
  await video.play();
  const look = async () => {
    if (!stream) return;
    try {
      for (const found of await detector.detect(video)) {
        const at = performance.now();
        const before = seen.get(found.rawValue) ?? -SAME;
        seen.set(found.rawValue, at);
        if (at - before >= SAME) send(found.rawValue);
      }
    } catch {
      // A picture that cannot be read yet: the next one may.
    }
    setTimeout(look, 200);
  };
  look();
}

function stopCamera() {
  stream.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = true;
  cameraButton.textContent = root.dataset.wCameraOn;
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = input.value.trim();
    input.value = "";
    input.focus();
    if (code) send(code);
  });
  const photo = root.querySelector("[data-scan-photo] [name=turn]");
  form.addEventListener("change", (event) => {
    if (event.target.name !== "turn") return;
    photo.value = event.target.value;
    input.focus();
  });
  const soundButton = root.querySelector("[data-scan-sound]");
  soundButton.hidden = false;
  soundButton.addEventListener("click", () => {
    isLoud = !isLoud;
    soundButton.textContent = isLoud ? root.dataset.wSoundOff : root.dataset.wSoundOn;
    input.focus();
  });
  if ("BarcodeDetector" in window && navigator.mediaDevices) {
    cameraButton.hidden = false;
    cameraButton.addEventListener("click", () => (stream ? stopCamera() : startCamera()));
  }
}

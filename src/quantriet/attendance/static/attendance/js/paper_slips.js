// Codes of paper slips gather in the box: the camera adds a line for each code it has not seen yet. Nothing is sent here.
const root = document.querySelector("[data-slips]");
const box = root?.querySelector("[data-slip-lines]");
const video = root?.querySelector("[data-slip-video]");
const button = root?.querySelector("[data-slip-camera]");
const say = root?.querySelector("[data-slip-say]");
let stream = null;

function lines() {
  return box.value.split("\n").map((line) => line.trim()).filter(Boolean);
}

function add(code) {
  const known = lines();
  if (known.includes(code)) return;
  box.value = `${[...known, code].join("\n")}\n`;
  say.textContent = root.dataset.wAdded.replace("{code}", code).replace("{n}", known.length + 1);
}

async function start() {
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    say.textContent = root.dataset.wNoCamera;
    return;
  }
  video.srcObject = stream;
  video.hidden = false;
  button.textContent = root.dataset.wCameraOff;
  await video.play();
  const look = async () => {
    if (!stream) return;
    try {
      for (const found of await detector.detect(video)) add(found.rawValue.trim());
    } catch {
      // A picture that cannot be read yet: the next one may.
    }
    setTimeout(look, 250);
  };
  look();
}

function stop() {
  stream.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = true;
  button.textContent = root.dataset.wCameraOn;
}

if (box && button && "BarcodeDetector" in window && navigator.mediaDevices) {
  button.hidden = false;
  button.addEventListener("click", () => (stream ? stop() : start()));
}

// How a scan is answered beside its words, at the desk and on a phone without a line: a sign and a tone for each kind.
"use strict";

self.ScanAnswers = (() => {
  const SIGNS = { arrive: "✓", leave: "→", repeat: "=", wrong: "✕" };
  const TONES = { arrive: [880], leave: [660, 440], repeat: [660], wrong: [180, 180] };
  let sound = null;

  function play(kind) {
    try {
      sound ??= new AudioContext();
      TONES[kind].forEach((height, index) => {
        const wave = sound.createOscillator();
        const volume = sound.createGain();
        wave.frequency.value = height;
        wave.type = kind === "wrong" ? "square" : "sine";
        volume.gain.value = 0.15;
        wave.connect(volume).connect(sound.destination);
        wave.start(sound.currentTime + index * 0.16);
        wave.stop(sound.currentTime + index * 0.16 + 0.13);
      });
    } catch {
      // A browser without sound still shows colour and words.
    }
  }

  return { SIGNS, play };
})();

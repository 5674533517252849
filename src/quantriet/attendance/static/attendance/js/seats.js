// Seats by thumb. A tap and a confirmed block are kept on this machine before they are sent, in the order they were made, and
// dropped only once the server has them on disk (or has refused them); also those of an earlier round of this class, each to
// its own round. Other ushers' taps come every few seconds.
const root = document.querySelector("[data-usher]");
const form = root.querySelector("[data-usher-form]");
const here = root.dataset.round; // the round on the screen
const prefix = `seats:${root.dataset.account}:${root.dataset.class}:`; // then the round and the nonce
const line = root.querySelector("[data-line]");
const toast = root.querySelector("[data-toast]");
const toastText = root.querySelector("[data-toast-text]");
const undo = root.querySelector("[data-undo]");
const seats = new Map([...root.querySelectorAll("[data-seat]")].map((seat) => [seat.dataset.seat, seat]));
const number = new Intl.NumberFormat("vi-VN");
const LOOK = 8000;
const UNDO_SECONDS = 10;
const memory = new Map(); // where the browser refuses its storage

function words(name, values = {}) {
  return Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), root.getAttribute(`data-w-${name}`));
}

function nonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// --- kept until acknowledged ------------------------------------------------------------------------------------------

// All orders of this class, the oldest first.
function kept() {
  const orders = [...memory.values()];
  try {
    for (let index = 0; index < localStorage.length; index += 1) {
      const key = localStorage.key(index);
      if (key.startsWith(prefix)) orders.push({ ...JSON.parse(localStorage.getItem(key)), round: key.slice(prefix.length).split(":")[0] });
    }
  } catch {
    // Refused: only the memory counts.
  }
  return orders.sort((one, other) => one.made - other.made || one.turn - other.turn);
}

function keptHere() {
  return kept().filter((one) => one.round === here);
}

let turn = 0;
function keep(order) {
  const whole = { ...order, round: here, nonce: nonce(), made: Date.now(), turn: (turn += 1) };
  try {
    localStorage.setItem(`${prefix}${here}:${whole.nonce}`, JSON.stringify(whole));
  } catch {
    memory.set(whole.nonce, whole);
  }
  flush();
}

function drop(round, key) {
  memory.delete(key);
  try {
    localStorage.removeItem(`${prefix}${round}:${key}`);
  } catch {
    // Nothing was stored there.
  }
}

function tellLine(sentence = "") {
  const unsent = kept().length;
  line.textContent = sentence || (unsent ? words("unsent", { n: number.format(unsent) }) : "");
}

const closed = new Set(); // rounds that the server does not open to this account: they stay counted and stop no other
function waiting() {
  return kept().filter((one) => !closed.has(one.round));
}

let sending = false;
let slow = 1000;
async function flush() {
  tellLine();
  if (sending) return;
  const [first, ...rest] = waiting();
  if (!first) return;
  const { round } = first;
  const orders = [first, ...rest.filter((one) => one.round === round)].slice(0, 200);
  sending = true;
  try {
    const body = { round_id: round, orders: orders.map(({ made, turn: _turn, round: _round, ...one }) => ({ ...one, ago: Math.max(0, (Date.now() - made) / 1000) })) };
    const response = await fetch(root.dataset.tapUrl, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value }, body: JSON.stringify(body), credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(15000) });
    if (response.type === "opaqueredirect" || response.status === 403) {
      tellLine(words("sign-in"));
      throw new Error("signed out");
    }
    if (response.status === 404) {
      closed.add(round);
      sending = false;
      flush();
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    const told = await response.json();
    let refused = "";
    for (const one of told.orders) {
      drop(round, one.nonce);
      if (!one.ok) refused = one.sentence;
      if (one.sentence && one.ok) say(one.sentence, ...(one.questions ?? []));
    }
    slow = 1000;
    sending = false;
    tellLine();
    await look();
    if (refused) say(refused); // after what others did, so that it is the last word
    if (waiting().length) flush();
  } catch {
    sending = false;
    tellLine(line.textContent);
    setTimeout(flush, slow);
    slow = Math.min(slow * 2, 30000);
  }
}

// --- what is seen -----------------------------------------------------------------------------------------------------

function show(seat, isEmpty) {
  seat.setAttribute("aria-pressed", String(isEmpty));
  seat.value = `${isEmpty ? "taken" : "empty"}:${seat.dataset.seat}`;
  const word = seat.querySelector("[data-word]");
  word.textContent = isEmpty ? words("is-empty") : seat.dataset.name.split(" ").slice(-2).join(" ");
  seat.setAttribute("aria-label", words(isEmpty ? "empty" : "taken", { code: seat.dataset.code, name: seat.dataset.name }));
  count(seat.closest("[data-block]"));
}

function empties(block) {
  return [...block.querySelectorAll('[data-seat][aria-pressed="true"]')].map((seat) => seat.dataset.seat);
}

function count(block) {
  const keys = empties(block);
  block.querySelector("[data-empties]").value = keys.join(",");
  const place = block.querySelector("[data-block-empty]");
  if (place) place.textContent = number.format(keys.length);
  root.querySelector("[data-empty]").textContent = number.format(root.querySelectorAll('[data-seat][aria-pressed="true"]').length);
}

let ticking = 0;
function say(...sentences) {
  toast.hidden = false;
  toastText.textContent = sentences.join(" ");
  undo.hidden = true;
  root.querySelector("[data-swap]").hidden = true;
  clearInterval(ticking);
}

let last = null;
function offerUndo(seat, isEmpty) {
  say(words(isEmpty ? "empty" : "taken", { code: seat.dataset.code, name: seat.dataset.name }));
  last = seat;
  undo.hidden = false;
  const swap = root.querySelector("[data-swap]");
  swap.hidden = isEmpty;
  swap.href = `${root.dataset.swapUrl}&entry=${seat.dataset.seat}#swap`;
  let left = UNDO_SECONDS;
  const tick = () => {
    undo.textContent = words("undo", { n: left });
    if (left < 0) {
      clearInterval(ticking);
      undo.hidden = true;
    }
    left -= 1;
  };
  tick();
  ticking = setInterval(tick, 1000);
}

function tap(seat) {
  const isEmpty = seat.getAttribute("aria-pressed") !== "true";
  show(seat, isEmpty);
  offerUndo(seat, isEmpty);
  keep({ do: "tap", entry: Number(seat.dataset.seat), empty: isEmpty });
}

form.addEventListener("click", (event) => {
  const seat = event.target.closest("[data-seat]");
  const confirm = event.target.closest("[data-close-block]");
  if (!seat && !confirm) return;
  event.preventDefault();
  if (seat) {
    tap(seat);
    return;
  }
  const block = confirm.closest("[data-block]");
  block.querySelector("[data-said]").textContent = words("waiting", { block: confirm.dataset.closeBlock });
  keep({ do: "confirm", block: Number(confirm.dataset.closeBlock), empty: empties(block).map(Number) });
});
undo.addEventListener("click", () => {
  if (last) tap(last);
  undo.hidden = true;
});

// --- other ushers -----------------------------------------------------------------------------------------------------

async function look() {
  try {
    const response = await fetch(root.dataset.stateUrl, { credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(10000) });
    if (!response.ok) return;
    const told = await response.json();
    const mine = new Set(keptHere().filter((one) => one.do === "tap").map((one) => String(one.entry)));
    for (const [key, [isEmpty, who]] of Object.entries(told.seats)) {
      const seat = seats.get(key);
      if (!seat || mine.has(key) || (seat.getAttribute("aria-pressed") === "true") === Boolean(isEmpty)) continue;
      show(seat, Boolean(isEmpty));
      seat.classList.add("usher__seat--other");
      say(words("other", { who, code: seat.dataset.code, name: seat.dataset.name, what: words(isEmpty ? "is-empty" : "is-taken") }));
    }
    let done = 0;
    const unsent = new Set(keptHere().filter((one) => one.do === "confirm").map((one) => String(one.block)));
    for (const block of root.querySelectorAll("[data-block]")) {
      const [isDone, said] = told.blocks[block.dataset.block] ?? [0, ""];
      done += isDone;
      if (!unsent.has(block.dataset.block)) block.querySelector("[data-said]").textContent = said;
      block.querySelector("[data-warning]").textContent = told.warnings[block.dataset.block] ?? "";
      const link = root.querySelector(`[data-to-block="${block.dataset.block}"]`);
      link.classList.toggle("is-done", Boolean(isDone));
      link.firstElementChild.textContent = isDone ? "●" : "○";
    }
    root.querySelector("[data-done]").textContent = number.format(done);
    root.querySelector("[data-came]").textContent = number.format(told.came);
  } catch {
    // No line: what is kept is sent later.
  }
}

for (const order of keptHere()) {
  const seat = order.do === "tap" ? seats.get(String(order.entry)) : null;
  if (seat) show(seat, order.empty);
}
flush();
setInterval(() => {
  if (document.visibilityState === "visible") look();
}, LOOK);
window.addEventListener("online", flush);

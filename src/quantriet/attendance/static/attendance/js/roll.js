// The roll by keyboard and thumb. A mark is kept on this machine before it is sent and dropped only once the server has
// it on disk (or has refused it): a lost line, a closed tab or a server that restarts loses nothing.

const root = document.querySelector("[data-roll]");
const KEEP = "roll";
const UNDO_SECONDS = 10;
const SIGNS = { none: ["silent", "○"], excused: ["exempt", "–"], present: ["done", "●"], left: ["owing", "◐"], whole: ["done", "●"], absent: ["late", "▲"] };
const STANDING = { arrive: "present", leave: "left", whole: "whole", absent: "absent" };

function words(name, values = {}) {
  return Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), root.getAttribute(`data-w-${name}`));
}

// The same folding as on the server, so that what is typed meets data-key.
function fold(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();
}

function nonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function clock(date) {
  return new Intl.DateTimeFormat("vi-VN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Ho_Chi_Minh" }).format(date);
}

// --- what is kept until it is acknowledged ------------------------------------------------------------------------
// One key of the storage per mark: two tabs never write over each other's marks.

const prefix = `${KEEP}:${root.dataset.account}:${root.dataset.class}:`;

const memory = new Map(); // where the browser refuses its storage, the open page is all there is

function kept() {
  const orders = [...memory.values()];
  try {
    for (let index = 0; index < localStorage.length; index += 1) {
      const key = localStorage.key(index);
      if (key.startsWith(prefix)) orders.push(JSON.parse(localStorage.getItem(key)));
    }
  } catch {
    // Refused: only the memory counts.
  }
  return orders.sort((one, other) => one.made - other.made || one.turn - other.turn);
}

let turn = 0;
function keep(order) {
  const whole = { ...order, made: Date.now(), turn: (turn += 1) };
  try {
    localStorage.setItem(prefix + order.nonce, JSON.stringify(whole));
  } catch {
    memory.set(order.nonce, whole);
  }
  return whole;
}

function drop(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(prefix + key);
  } catch {
    // Nothing was stored there.
  }
}

// --- the list -----------------------------------------------------------------------------------------------------

const input = document.getElementById("roll-q");
const line = root.querySelector("[data-roll-line]");
const say = root.querySelector("[data-roll-say]");
const rows = [...root.querySelectorAll("[data-entry]")];
const byEntry = new Map(rows.map((row) => [row.dataset.entry, row]));
const isRunning = root.dataset.running === "1"; // afterwards nobody arrives "now": the whole session or the hours are given
let shown = rows;
let active = -1;

function nameOf(row) {
  return row.querySelector(".roll__name").textContent;
}

function stateOf(row) {
  return row.querySelector("[data-state]").textContent.replace(/^[○●◐▲–·]\s*/u, "").trim();
}

function show(row, standing, text, why = "") {
  const [kind, sign] = SIGNS[standing === "none" && text === words("excused") ? "excused" : standing];
  row.dataset.standing = standing;
  const state = row.querySelector("[data-state]");
  const status = document.createElement("span");
  status.className = `status status--${kind}`;
  const mark = document.createElement("span");
  mark.className = "status__sign";
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = sign;
  const label = document.createElement("span");
  label.textContent = text;
  status.append(mark, label);
  state.replaceChildren(status);
  row.querySelector("[data-why]").textContent = standing === "none" ? "" : why;
  const inRoom = standing === "present" || standing === "whole";
  for (const button of row.querySelectorAll("button[data-kind]")) {
    if (isRunning && button.dataset.kind === "arrive") button.hidden = inRoom;
    if (isRunning && button.dataset.kind === "leave") button.hidden = !inRoom;
    if (!isRunning && button.dataset.kind === "whole") button.hidden = standing === "whole";
    if (!isRunning && button.dataset.kind === "absent") button.hidden = standing === "absent";
  }
}

// Only the own mark closes what was opened beside the name; an answer of the server must not take it from under a thumb.
function tidy(row) {
  const more = row.querySelector("details");
  if (more) more.open = false;
}

function count() {
  const came = rows.filter((row) => ["present", "left", "whole"].includes(row.dataset.standing)).length;
  const away = (standing, excused) => rows.filter((row) => row.dataset.standing === standing && ("excused" in row.dataset) === excused).length;
  const number = new Intl.NumberFormat("vi-VN");
  root.querySelector('[data-count="came"]').textContent = number.format(came);
  const rest = away("none", false);
  root.querySelector('[data-count="absent"]').textContent = number.format(away("absent", false));
  root.querySelector('[data-count="excused"]').textContent = number.format(away("absent", true) + away("none", true));
  root.querySelector('[data-count="none"]').textContent = number.format(rest);
  for (const place of root.querySelectorAll("[data-rest]")) place.textContent = number.format(rest);
}

function choose(index) {
  rows.forEach((row) => row.classList.remove("is-active"));
  active = shown.length ? Math.max(0, Math.min(index, shown.length - 1)) : -1;
  if (active < 0) {
    say.textContent = words("nobody", { q: input.value });
    return;
  }
  const row = shown[active];
  row.classList.add("is-active");
  row.scrollIntoView({ block: "nearest" });
  say.textContent = words("active", { name: nameOf(row), where: row.querySelector(".roll__where").textContent, state: stateOf(row), i: active + 1, n: shown.length });
}

function find() {
  const typed = fold(input.value);
  if (!typed) {
    shown = rows;
    rows.forEach((row) => { row.hidden = false; });
    rows.forEach((row) => row.classList.remove("is-active"));
    active = -1;
    return;
  }
  // A word that begins so comes before a word that merely contains it; who is not marked before who is.
  const rank = (row) => (` ${row.dataset.key}`.includes(` ${typed}`) ? 0 : 2) + (row.dataset.standing === "none" ? 0 : 1);
  const found = rows.filter((row) => row.dataset.key.includes(typed));
  rows.forEach((row) => { row.hidden = !found.includes(row); });
  shown = found;
  const best = found.reduce((chosen, row, index) => (chosen < 0 || rank(row) < rank(found[chosen]) ? index : chosen), -1);
  choose(best);
}

// --- marking ------------------------------------------------------------------------------------------------------

let undoable = null;
let undoTimer = 0;
const toast = root.querySelector("[data-roll-toast]");
const undoButton = root.querySelector("[data-roll-undo]");

function offerUndo(order, row, before) {
  undoable = { order, row, before };
  toast.querySelector("[data-roll-toast-text]").textContent = words("done", { name: nameOf(row), state: stateOf(row).toLowerCase() });
  toast.hidden = false;
  undoButton.hidden = false;
  let left = UNDO_SECONDS;
  clearInterval(undoTimer);
  undoButton.textContent = words("undo", { n: left });
  undoTimer = setInterval(() => {
    left -= 1;
    undoButton.textContent = words("undo", { n: left });
    if (left <= 0) hideUndo();
  }, 1000);
}

function hideUndo() {
  clearInterval(undoTimer);
  undoable = null;
  toast.hidden = true;
}

function undo() {
  if (!undoable) return;
  const { order, row, before } = undoable;
  const leaves = document.activeElement === undoButton;
  keep({ nonce: nonce(), kind: "undo", of: order.nonce, entry: order.entry, session: order.session });
  show(row, before.standing, before.text, before.why);
  count();
  hideUndo();
  if (leaves) input.focus(); // the button is gone: the hands go on where names are typed
  say.textContent = words("undone", { name: nameOf(row) });
  tell();
  send();
}

function mark(row, kind) {
  const standing = row.dataset.standing;
  if ((kind === "arrive" && (standing === "present" || standing === "whole")) || (kind === "whole" && standing === "whole")) {
    say.textContent = words("already", { name: nameOf(row) });
    toast.querySelector("[data-roll-toast-text]").textContent = say.textContent;
    toast.hidden = false;
    undoButton.hidden = true;
    clearInterval(undoTimer);
    undoable = null;
    return;
  }
  const before = { standing, text: stateOf(row), why: row.querySelector("[data-why]").textContent };
  const order = keep({ nonce: nonce(), kind, entry: row.dataset.entry, session: root.dataset.session });
  show(row, STANDING[kind], words(STANDING[kind], { t: clock(new Date()) }));
  tidy(row);
  count();
  offerUndo(order, row, before);
  tell();
  send();
}

// The hours of coming and leaving, for one person at a time: the boxes stand under the name and go the way of a form.
function askTimes(row) {
  root.querySelector("[data-roll-times]")?.remove();
  const boxes = root.querySelector("[data-roll-boxes]").content.cloneNode(true);
  boxes.querySelector("button").value = `times:${row.dataset.entry}`;
  row.append(boxes);
  row.querySelector("input").focus();
}

// --- sending ------------------------------------------------------------------------------------------------------

let sending = false;
let pause = 1000;
let timer = 0;

function tell(problem = "") {
  const unsent = kept().length;
  line.textContent = [unsent ? words("unsent", { n: unsent }) : "", problem].filter(Boolean).join(". ");
}

function later(problem) {
  tell(problem);
  clearTimeout(timer);
  timer = setTimeout(send, pause);
  pause = Math.min(pause * 2, 15000);
}

async function send() {
  if (sending) return;
  const orders = kept().slice(0, 100);
  if (!orders.length) {
    tell();
    return;
  }
  sending = true;
  let problem = null;
  try {
    const response = await fetch(root.dataset.markUrl, {
      method: "POST",
      credentials: "same-origin",
      redirect: "manual",
      headers: { "Content-Type": "application/json", "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
      body: JSON.stringify({ marks: orders.map((one) => ({ nonce: one.nonce, kind: one.kind, of: one.of, entry: one.entry, session: one.session, ago: Math.max(0, (Date.now() - one.made) / 1000) })) }),
      signal: AbortSignal.timeout(20000),
    });
    if (response.type === "opaqueredirect" || response.status === 403) {
      problem = words("sign-in");
    } else if (response.ok) {
      const { marks } = await response.json();
      const refused = [];
      for (const answer of marks) {
        drop(answer.nonce);
        if (!answer.ok) refused.push(answer);
      }
      // The row says what the server made of the mark, unless a later one of the same person is still on its way.
      const waiting = new Set(kept().map((one) => one.entry));
      for (const answer of marks) {
        const row = answer.ok && byEntry.get(String(answer.entry));
        const own = row && !waiting.has(row.dataset.entry) && answer.rows[root.dataset.session];
        if (own) show(row, own[0], own[1], answer.sentence);
      }
      count();
      if (refused.length) await refresh(true);
      pause = 1000;
      sending = false;
      tell(refused.map((one) => one.sentence).filter((one, index, all) => all.indexOf(one) === index).join(" "));
      if (kept().length) send();
      return;
    } else {
      problem = "";
    }
  } catch {
    problem = "";
  }
  sending = false;
  later(problem);
}

// --- what the other clerks do -------------------------------------------------------------------------------------

async function refresh(all = false) {
  try {
    const response = await fetch(root.dataset.stateUrl, { credentials: "same-origin", redirect: "manual" });
    if (!response.ok) return;
    const { rows: states } = await response.json();
    const waiting = new Set(kept().map((one) => one.entry));
    for (const [entry, [standing, text, excused, why]] of Object.entries(states)) {
      const row = byEntry.get(entry);
      if (!row) continue;
      row.toggleAttribute("data-excused", excused);
      const said = row.querySelector("[data-why]").textContent;
      if ((all || !waiting.has(entry)) && (stateOf(row) !== text || said !== why)) show(row, standing, text, why);
    }
    count();
  } catch {
    // The line is down; the marks say so.
  }
}

// --- hands --------------------------------------------------------------------------------------------------------

if (root) {
  root.querySelector("[data-roll-submit]").hidden = true;
  // Marks kept from before, of this session, are shown as they were made.
  for (const order of kept()) {
    const row = byEntry.get(order.entry);
    if (row && order.session === root.dataset.session && STANDING[order.kind]) show(row, STANDING[order.kind], words(STANDING[order.kind], { t: clock(new Date(order.made)) }));
  }
  count();
  root.querySelector("[data-roll-find]").addEventListener("submit", (event) => event.preventDefault());
  root.querySelector("[data-roll-form]").addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || !(button.dataset.kind || "times" in button.dataset)) return;
    event.preventDefault();
    if ("times" in button.dataset) {
      askTimes(button.closest("[data-entry]"));
      return;
    }
    mark(button.closest("[data-entry]"), button.dataset.kind);
  });
  undoButton.addEventListener("pointerdown", (event) => event.preventDefault()); // the search box keeps the focus
  undoButton.addEventListener("click", undo);
  input.addEventListener("input", find);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (active < 0) return;
      const kinds = isRunning ? ["arrive", "leave", "whole"] : ["whole", "absent", "whole"];
      const row = shown[active];
      mark(row, kinds[event.shiftKey ? 1 : event.ctrlKey || event.metaKey ? 2 : 0]);
      input.value = "";
      find();
    } else if (event.key === "Escape") {
      input.value = "";
      find();
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !input.value && undoable) {
      event.preventDefault();
      undo();
    }
  });
  window.addEventListener("online", () => { pause = 1000; send(); });
  window.addEventListener("beforeunload", (event) => { if (kept().length && !navigator.onLine) event.preventDefault(); });
  setInterval(() => {
    if (isRunning && performance.now() > Number(root.dataset.runsFor) * 1000 + 2000 && !input.value && !kept().length && !root.querySelector("[data-roll-times]")) {
      location.reload(); // the session is over: the page offers what makes sense from now on
    } else if (!document.hidden) refresh();
  }, 15000);
  if (input.value) find();
  send();
}

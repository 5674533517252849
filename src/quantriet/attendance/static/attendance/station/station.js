// The clerk's page, with a line and without one, the same page: a mark is kept on this machine, shown as kept, sent as soon as
// there is a line, and shown as sent. No switch: whether there is a line is only told, in one sentence.
"use strict";

(() => {
  const root = document.querySelector("[data-station]");
  const outbox = self.StationOutbox;
  const answers = self.ScanAnswers;
  const seal = self.StationSeal;
  const setup = { here: root.dataset.here, open: root.dataset.open, sync: root.dataset.sync, page: root.dataset.page };
  const SIGNS = { none: ["silent", "○"], present: ["done", "●"], left: ["owing", "◐"], whole: ["done", "●"], absent: ["late", "▲"] };
  const STANDING = { arrive: "present", leave: "left", whole: "whole", absent: "absent" };
  const UNDO_SECONDS = 10;
  const AGAIN = 8000; // milliseconds between two looks whether there is a line
  const TWICE = 10_000; // two scans of one person within so long are one
  const part = (name) => root.querySelector(`[data-station-${name}]`);
  const line = part("line");
  const lock = document.querySelector("[data-station-lock]");

  let own = null; // the device's record
  let key = null; // opens and seals the names; never leaves this page's memory but wrapped
  let pack = null; // the names
  let session = null;
  let facts = [];
  let state = "down";
  let otherName = "";

  function words(name, values = {}) {
    return Object.entries(values).reduce((text, [word, value]) => text.replaceAll(`{${word}}`, value), root.getAttribute(`data-w-${name}`) ?? "");
  }

  const clock = (ms) => new Intl.DateTimeFormat("vi-VN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Ho_Chi_Minh" }).format(ms);
  const number = (count) => new Intl.NumberFormat("vi-VN").format(count);
  const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();
  const nonce = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // --- the hour -------------------------------------------------------------------------------------------------

  // A clock that is set back while the page is open is seen by one that only counts; set forward looks like a sleeping phone,
  // and is left alone. What was learned of the server's hour is corrected by it.
  let steady = Date.now() - performance.now();
  async function watchClock() {
    const drift = Date.now() - performance.now() - steady;
    if (Math.abs(drift) < 2000) return;
    steady += drift;
    if (drift < 0 && own && Number.isFinite(own.offset)) own = await outbox.note(own.key, { offset: Math.round(own.offset - drift) });
  }
  const corrected = () => Date.now() + (own?.offset ?? 0);

  // --- one sentence about the line ------------------------------------------------------------------------------

  const waiting = () => facts.filter((fact) => fact.state === "kept").length;

  function tell() {
    const count = waiting();
    root.querySelector('[data-count="waiting"]').textContent = number(count);
    const last = own?.sent ? clock(own.sent) : words("never");
    const name = state === "up" && count ? "sending" : state;
    line.dataset.line = state;
    line.dataset.waiting = String(count);
    line.textContent = own ? words(name, { n: number(count), t: last, name: otherName }) : "";
    const conflicts = part("conflicts");
    conflicts.hidden = !own?.conflicts;
    if (own?.conflicts) {
      conflicts.href = own.conflictsUrl;
      conflicts.textContent = words("conflicts", { n: number(own.conflicts) });
    }
    part("sign-in").hidden = state !== "out";
    part("sign-in").href = `${root.dataset.signIn}?next=${encodeURIComponent(location.pathname + location.search)}`;
    part("more").hidden = conflicts.hidden && part("sign-in").hidden;
  }

  function say(text, kind = "info") {
    const box = part("say");
    box.hidden = !text;
    box.className = `message message--${kind}`;
    box.firstElementChild.textContent = text;
  }

  // --- the list -------------------------------------------------------------------------------------------------

  const rows = new Map(); // roster line → { person, row, key }
  let shown = [];

  // What was written of somebody in this session. Grouped once for each reading of the outbox: a hall has five hundred rows,
  // and each mark draws them all.
  const grouped = { facts: null, length: 0, session: null, of: new Map() };
  function factsOf(entry) {
    if (grouped.facts !== facts || grouped.length !== facts.length || grouped.session !== session) {
      Object.assign(grouped, { facts, length: facts.length, session, of: new Map() });
      for (const fact of facts) {
        if (fact.session !== session) continue;
        if (!grouped.of.has(fact.entry)) grouped.of.set(fact.entry, []);
        grouped.of.get(fact.entry).push(fact);
      }
    }
    return grouped.of.get(entry) ?? [];
  }

  // How somebody stands: by the server where nothing waits here, else by what was written here.
  function standing(entry) {
    const touched = factsOf(entry);
    const gone = new Set(touched.filter((fact) => fact.kind === "void").map((fact) => fact.of));
    const mine = touched.filter((fact) => fact.kind !== "void" && !gone.has(fact.nonce) && fact.state !== "refused" && fact.state !== "settled");
    const told = own.rows?.[session]?.[entry];
    const isPending = touched.some((fact) => fact.state === "kept");
    if (told && !isPending) return { stands: told[0], text: told[1] };
    const last = mine.at(-1);
    if (!last) return told && !touched.length ? { stands: told[0], text: told[1] } : { stands: "none", text: words("none") };
    let since = last;
    if (last.kind === "arrive") for (const fact of [...mine].reverse()) { if (fact.kind !== "arrive") break; since = fact; }
    const stands = STANDING[last.kind];
    return { stands, text: words(stands, { t: clock(since.made + (since.offset ?? 0)) }) };
  }

  function sent(entry) {
    const mine = factsOf(entry);
    const last = mine.at(-1);
    if (!last) return ["", ""];
    if (mine.some((fact) => fact.state === "kept")) return ["kept", words("kept")];
    if (last.state === "refused") return ["refused", words("refused", { s: last.sentence })];
    if (last.state === "conflict") return ["conflict", words("in-conflict")];
    return ["sent", words("sent")];
  }

  const isOver = () => corrected() >= (pack.sessions.find((one) => one[0] === session)?.[3] ?? 0);

  function show(entry) {
    const one = rows.get(entry);
    if (!one) return;
    const { stands, text } = standing(entry);
    const [how, told] = sent(entry);
    const over = isOver();
    const drawn = [stands, text, how, told, over].join("|");
    if (one.drawn === drawn) return;
    one.drawn = drawn;
    one.stands = stands;
    const [kind, sign] = SIGNS[stands] ?? SIGNS.none;
    const status = Object.assign(document.createElement("span"), { className: `status status--${kind}` });
    const mark = Object.assign(document.createElement("span"), { className: "status__sign", textContent: sign });
    mark.setAttribute("aria-hidden", "true");
    status.append(mark, Object.assign(document.createElement("span"), { textContent: text }));
    one.row.querySelector("[data-state]").replaceChildren(status);
    one.row.dataset.standing = stands;
    const note = one.row.querySelector("[data-sent]");
    note.dataset.sent = how;
    note.textContent = told;
    const isIn = stands === "present" || stands === "whole";
    // After the end nobody arrives or leaves: the one button is for who was there all along and is not marked yet.
    const arrive = one.row.querySelector("[data-kind=arrive]");
    arrive.textContent = words(over ? "whole-button" : "arrive-button");
    arrive.setAttribute("aria-label", `${arrive.textContent}: ${one.name}`);
    arrive.hidden = over ? stands !== "none" : isIn;
    one.row.querySelector("[data-kind=leave]").hidden = over || !isIn;
  }

  function count() {
    const all = [...rows.values()];
    root.querySelector('[data-count="came"]').textContent = number(all.filter((one) => ["present", "left", "whole"].includes(one.stands)).length);
    root.querySelector('[data-count="total"]').textContent = number(all.length);
    root.querySelector('[data-count="none"]').textContent = number(all.filter((one) => one.stands === "none").length);
  }

  function tellOver() {
    const end = pack.sessions.find((one) => one[0] === session)?.[3];
    part("over").hidden = !end || !isOver();
    part("over").textContent = end && isOver() ? words("ended", { t: clock(end) }) : "";
  }

  function draw() {
    tellOver();
    for (const entry of rows.keys()) show(entry);
    count();
    tell();
  }

  function build() {
    const list = part("rows");
    const template = part("row").content.firstElementChild;
    rows.clear();
    const made = pack.people.map(([entry, name, cell, born]) => {
      const row = template.cloneNode(true);
      row.dataset.entry = entry;
      row.querySelector(".roll__name").textContent = name;
      row.querySelector(".roll__where").textContent = born ? `${cell} · ${born}` : cell;
      row.querySelector("summary span").textContent = `: ${name}`;
      for (const button of row.querySelectorAll("button")) button.setAttribute("aria-label", `${button.textContent}: ${name}`);
      rows.set(entry, { row, name, cell, key: fold(`${name} ${cell}`), stands: "none" });
      return row;
    });
    list.replaceChildren(...made);
    document.querySelector("[data-station-title]").textContent = `${pack.title}, ${pack.venue}`;
    const choice = root.querySelector("#station-session");
    choice.replaceChildren(...pack.sessions.map(([pk, title, starts]) => new Option(`${title} ${new Intl.DateTimeFormat("vi-VN", { day: "2-digit", month: "2-digit", timeZone: "Asia/Ho_Chi_Minh" }).format(starts)}`, pk)));
    part("sessions").hidden = pack.sessions.length < 2;
    if (!pack.sessions.some((one) => one[0] === session)) {
      const now = corrected();
      session = (pack.sessions.find((one) => now < one[3]) ?? pack.sessions.at(-1))?.[0] ?? null;
    }
    choice.value = String(session);
    find();
    draw();
  }

  function find() {
    const typed = fold(input.value);
    const isSearch = Boolean(typed) && !looksLikeCode(input.value);
    shown = [];
    for (const [entry, one] of rows) {
      const fits = !isSearch || one.key.includes(typed);
      one.row.hidden = !fits;
      one.row.classList.remove("is-active");
      if (fits) shown.push(entry);
    }
    if (isSearch && shown.length) rows.get(shown[0]).row.classList.add("is-active");
  }

  // --- a mark ---------------------------------------------------------------------------------------------------

  let turn = Date.now();
  let undoable = null;
  let counting = 0;
  const undoButton = part("undo");

  async function mark(entry, kind, way = "roll", of = undefined) {
    await watchClock();
    const fact = { nonce: nonce(), device: own.key, kind, entry, session, made: Date.now(), offset: Number.isFinite(own.offset) ? Math.round(own.offset) : null, known: own.known ?? null, way, of, turn: (turn += 1), state: "kept" };
    try {
      await outbox.keep(fact); // on the disk before it is shown
    } catch {
      big("wrong", words("full"));
      return null;
    }
    facts.push(fact);
    show(entry);
    count();
    tell();
    send();
    return fact;
  }

  function offer(fact) {
    undoable = fact;
    clearInterval(counting);
    let left = UNDO_SECONDS;
    const { name } = rows.get(fact.entry);
    part("toast-text").textContent = words("done", { name, state: standing(fact.entry).text });
    part("toast").hidden = false;
    const tick = () => {
      undoButton.textContent = words("undo", { n: left });
      if (left <= 0) {
        clearInterval(counting);
        undoable = null;
        part("toast").hidden = true;
      }
      left -= 1;
    };
    tick();
    counting = setInterval(tick, 1000);
  }

  async function act(entry, kind, way) {
    const one = rows.get(entry);
    const isIn = one.stands === "present" || one.stands === "whole";
    if (way === "station" && kind === "arrive" && isIn) return big("repeat", words("already", { name: one.name }));
    if (way === "station" && kind === "leave" && one.stands === "left") return big("repeat", words("gone-already", { name: one.name }));
    if (kind === "arrive" && isOver()) {
      if (way === "station") return big("wrong", words("over"));
      kind = "whole"; // nobody arrives any more: whoever is marked by name now was there
    }
    const fact = await mark(entry, kind, way);
    if (!fact) return undefined;
    offer(fact);
    if (way === "station") big(kind === "leave" ? "leave" : "arrive", `${one.name} (${one.cell}): ${standing(entry).text}`);
    return undefined;
  }

  async function undo() {
    if (!undoable) return;
    const fact = undoable;
    undoable = null;
    clearInterval(counting);
    part("toast").hidden = true;
    await mark(fact.entry, "void", "roll", fact.nonce);
    say(words("undone", { name: rows.get(fact.entry).name }));
    setTimeout(() => say(""), 4000);
  }

  // --- codes, without asking the server -------------------------------------------------------------------------

  const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const LIVE = /^L\.([0-9A-Z]{1,13})\.([0-9A-Z]{1,10})\.([0-9A-Z]{10})$/;
  const plainCode = (text) => text.normalize("NFC").toUpperCase().replace(/[\s\-–.]/g, "").replaceAll("O", "0").replaceAll("I", "1").replaceAll("L", "1");
  const looksLikeCode = (text) => LIVE.test(text.trim()) || /\/c\/C\./.test(text) || (/\d/.test(text) && plainCode(text).length >= 12 && [...plainCode(text)].every((one) => DIGITS.includes(one)));
  const valueOf = (text) => [...text].reduce((value, one) => value * 32 + Math.max(0, DIGITS.indexOf(one)), 0);

  async function hmac(raw, text) {
    const made = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", made, new TextEncoder().encode(text)));
  }

  const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

  // Whose code it is, among the people of this venue; a sentence when it is nobody's.
  async function whose(text) {
    const plain = text.trim();
    if (/\/c\/C\.[0-9A-Z.]+\/?$/.test(plain)) return words("hall-code");
    const live = LIVE.exec(plain);
    if (live) {
      const entry = valueOf(live[1]);
      const person = pack.people.find((one) => one[0] === entry);
      if (!person) return words("wrong-code");
      const raw = Uint8Array.from(person[5].match(/../g), (pair) => Number.parseInt(pair, 16));
      let made = BigInt(`0x${hex((await hmac(raw, plain.slice(0, plain.lastIndexOf(".")))).slice(0, 16))}`);
      let tag = "";
      for (let place = 0; place < 10; place += 1) {
        tag += DIGITS[Number(made & 31n)];
        made >>= 5n;
      }
      if (tag !== live[3]) return words("wrong-code");
      const now = Math.floor(corrected() / 1000 / pack.live.step);
      const step = valueOf(live[2]);
      return now - pack.live.back <= step && step <= now + 1 ? entry : words("old-code");
    }
    const digest = hex((await hmac(new TextEncoder().encode(own.key), plainCode(plain))).slice(0, 8));
    return pack.people.find((one) => one[4].includes(digest))?.[0] ?? words("wrong-code");
  }

  function big(kind, text) {
    const box = part("big");
    box.hidden = false;
    box.dataset.kind = kind;
    box.textContent = `${answers.SIGNS[kind]} ${text}`;
    answers.play(kind);
  }

  const scanned = new Map(); // roster line → when
  let going = Promise.resolve();
  function scan(text) {
    const kind = root.querySelector("[name=turn]:checked").value;
    going = going.then(async () => {
      const entry = await whose(text);
      if (typeof entry === "string") return big("wrong", entry);
      const before = scanned.get(entry) ?? -TWICE;
      scanned.set(entry, performance.now());
      if (performance.now() - before < TWICE) return big("repeat", words("twice", { name: rows.get(entry).name }));
      return act(entry, kind, "station");
    });
    return going;
  }

  // --- sending --------------------------------------------------------------------------------------------------

  let sending = false;
  let again = false;
  async function send() {
    if (!own) return;
    if (sending) {
      again = true;
      return;
    }
    sending = true;
    try {
      await watchClock();
      const { line: how, name, said } = await outbox.deliver(setup, own.key, session);
      state = how;
      otherName = name ?? "";
      own = (await outbox.device(own.key)) ?? own;
      const found = await outbox.facts(own.key);
      // A mark made while the outbox was being read is kept, and stays in sight.
      const read = new Set(found.map((fact) => fact.nonce));
      facts = [...found, ...facts.filter((fact) => fact.device === own.key && !read.has(fact.nonce))];
      if (how === "other") await wipe("", false);
      if (pack) {
        if (said?.rows && Object.keys(said.rows).some((entry) => !rows.has(Number(entry)))) await renew();
        draw();
        lag();
      } else tell();
      if (how === "up" && own.ended && !waiting()) await wipe(own.ended);
      if (waiting() && how !== "up") askBackground();
    } finally {
      sending = false;
      if (again) {
        again = false;
        if (state === "up") send();
      }
    }
  }

  // The browser sends by itself once there is a line, also when this page is closed.
  async function askBackground() {
    try {
      await (await navigator.serviceWorker.ready).sync?.register("station");
    } catch {
      // Not offered, or not allowed: the page sends when it is open.
    }
  }

  function lag() {
    const minutes = Math.round(Math.abs(own.offset ?? 0) / 60_000);
    const starts = pack.sessions.find((one) => one[0] === session)?.[2] ?? 0;
    const early = corrected() < starts - 6 * 3_600_000 ? words("before", { t: `${clock(starts)} ${new Intl.DateTimeFormat("vi-VN", { day: "2-digit", month: "2-digit", timeZone: "Asia/Ho_Chi_Minh" }).format(starts)}` }) : "";
    part("ready").textContent = [early, root.dataset.isKept ? words("ready") : "", minutes >= 2 ? words("clock", { n: number(minutes) }) : ""].filter(Boolean).join(" ");
  }

  // --- opening, locking, wiping ---------------------------------------------------------------------------------

  const forms = ["setup", "digits", "work"];
  function only(name) {
    for (const one of forms) part(one).hidden = one !== name;
    lock.hidden = name !== "work";
    document.documentElement.dataset.station = name ?? "none";
  }

  function work(found) {
    ({ key, pack } = found);
    only("work");
    build();
    input.focus();
    send();
  }

  async function wipe(why, isTold = true) {
    if (!own) return;
    await seal.wipe(own.key);
    key = null;
    pack = null;
    rows.clear();
    part("rows").replaceChildren();
    document.querySelector("[data-station-title]").textContent = root.dataset.title;
    only(null);
    if (isTold && why) say(words(`ended-${why}`));
    tell();
  }

  function label() {
    const agent = navigator.userAgent;
    const system = [["Android", "Android"], ["iPhone", "iPhone"], ["iPad", "iPad"], ["Windows", "Windows"], ["Mac OS", "Mac"], ["Linux", "Linux"]].find(([word]) => agent.includes(word))?.[1] ?? "";
    const browser = [["Edg/", "Edge"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([word]) => agent.includes(word))?.[1] ?? "";
    return `${browser} ${system}`.trim();
  }

  async function ask(here, place) {
    const { answer } = await outbox.ask(setup.open, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": here.token },
      body: JSON.stringify({ ...place, device: own?.key ?? "", label: label() }),
    });
    if (!answer.headers.get("Content-Type")?.startsWith("application/json")) return { refused: answer.type === "opaqueredirect" ? "out" : "right" };
    const given = await answer.json();
    return answer.ok ? { given } : { refused: given.code, sentence: given.sentence };
  }

  async function take(given, here, place) {
    own = await outbox.note(given.device, { ...place, account: given.account, conflictsUrl: given.conflicts, opened: Date.now(), ended: "", ...here.learnt });
    facts = await outbox.facts(own.key);
    return { title: given.title, venue: given.venue, sessions: given.sessions, people: given.people, live: given.live };
  }

  // People who were added to the roster meanwhile.
  async function renew() {
    const here = await outbox.here(setup.here);
    if (!here?.account || !pack) return;
    const place = { class: own.class, venue: own.venue };
    const { given } = await ask(here, place).catch(() => ({}));
    if (!given || given.device !== own.key) return;
    pack = await take(given, here, place);
    await seal.seal(own.key, key, pack, given.until, {});
    build();
  }

  function placeAsked() {
    const asked = new URLSearchParams(location.search);
    const found = { class: Number(asked.get("class")), venue: Number(asked.get("venue")) };
    return found.class > 0 && found.venue > 0 ? found : null;
  }

  // Marks of whoever used this phone before wait for that person's sign-in; nothing of theirs is shown.
  async function tellOthers(known, account) {
    let count = 0;
    for (const one of known) if (one.account !== account) count += (await outbox.facts(one.key)).filter((fact) => fact.state === "kept").length;
    if (count) say(words("other", { n: number(count) }));
    return count;
  }

  async function start() {
    const asked = placeAsked();
    const here = await outbox.here(setup.here);
    const known = (await outbox.devices()).sort((one, other) => (other.opened ?? 0) - (one.opened ?? 0));
    const fitting = known.filter((one) => !asked || (one.class === asked.class && one.venue === asked.venue));
    own = (here?.account ? fitting.find((one) => one.account === here.account) : fitting[0]) ?? null;
    facts = own ? await outbox.facts(own.key) : [];
    // Facts of former classes, or of another person's sign-in, go as well; whose they are not keeps none of their names.
    for (const one of known) {
      if (here?.account && one.account !== here.account) await seal.wipe(one.key);
      else if (here?.account && one !== own) outbox.deliver(setup, one.key).then(({ said }) => (said?.ended ? seal.wipe(one.key) : null)).catch(() => {});
    }
    const place = asked ?? (own ? { class: own.class, venue: own.venue } : null);
    if (here?.account && place && own?.ended !== "lost") {
      const { given, refused, sentence } = await ask(here, place).catch(() => ({}));
      if (given) {
        const fresh = await take(given, here, place);
        const opened = await seal.openByGrant(own.key, given.grant);
        if (opened) {
          await seal.seal(own.key, opened.key, fresh, given.until, {});
          say("");
          work({ key: opened.key, pack: fresh });
        } else begin(given, fresh);
        await tellOthers(known, here.account);
        return undefined;
      }
      if (refused) {
        if (own) await send();
        if (own && refused === "right") await wipe("right");
        else if (own && refused === "device.lost") await wipe("lost");
        else if (refused !== "out") say(sentence ?? words("ended-right"), "warning");
        if (refused !== "out") return undefined;
      }
    }
    state = here ? (here.account ? "up" : "out") : "down";
    const now = corrected();
    if (own && (await seal.keptUntil(own.key, now))) {
      tell();
      only("digits");
      part("digits").elements.digits.focus();
      return undefined;
    }
    only(null);
    tell();
    const isTold = here?.account && !own && (await tellOthers(known, here.account));
    if (own) {
      send();
      if (!here || !here.account) say(words(here ? "sign-first" : "first"));
    } else if (!here) say(words("first"));
    else if (!here.account) {
      say(words("sign-first"));
      part("sign-in").hidden = false;
      part("sign-in").href = `${root.dataset.signIn}?next=${encodeURIComponent(location.pathname + location.search)}`;
      part("more").hidden = false;
    } else if (!isTold) say(words("nothing"));
    return undefined;
  }

  // Asked twice while the line is slow, it is one start: two would open two devices.
  let starting = null;
  function startOnce() {
    starting ??= start().finally(() => {
      starting = null;
    });
    return starting;
  }

  let beginning = null;
  function begin(given, fresh) {
    beginning = { given, fresh };
    state = "up";
    tell();
    line.textContent = "";
    only("setup");
    part("setup").elements.digits.focus();
  }

  // --- hands ----------------------------------------------------------------------------------------------------

  const input = root.querySelector("#station-q");
  root.dataset.title = document.querySelector("[data-station-title]").textContent;

  part("setup").addEventListener("submit", async (event) => {
    event.preventDefault();
    const { given, fresh } = beginning;
    const digits = event.target.elements.digits.value;
    event.target.reset();
    navigator.storage?.persist?.().catch(() => {});
    const made = await seal.create(own.key, given.grant, digits, fresh, given.until);
    work({ key: made, pack: fresh });
  });
  part("digits").addEventListener("submit", async (event) => {
    event.preventDefault();
    const digits = event.target.elements.digits.value;
    event.target.reset();
    const found = await seal.openByDigits(own.key, digits);
    if (found.pack) {
      say("");
      work(found);
    } else if (found.left > 0) say(words("wrong-digits", { n: found.left }), "error");
    else {
      only(null);
      say(words("no-digits"), "error");
    }
  });
  part("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = input.value;
    input.value = "";
    input.focus();
    if (!typed.trim()) return;
    if (looksLikeCode(typed)) {
      find();
      scan(typed);
      return;
    }
    const entry = [...rows].find(([, one]) => one.key.includes(fold(typed)))?.[0];
    find();
    if (entry === undefined) big("wrong", words("nobody", { q: typed }));
    else act(entry, root.querySelector("[name=turn]:checked").value, "roll");
  });
  input.addEventListener("input", find);
  part("rows").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-kind]");
    if (!button) return;
    const more = button.closest("details");
    if (more) more.open = false;
    act(Number(button.closest("[data-entry]").dataset.entry), button.dataset.kind, "roll");
  });
  undoButton.addEventListener("click", undo);
  root.querySelector("#station-session").addEventListener("change", (event) => {
    session = Number(event.target.value);
    draw();
    send();
  });
  lock.addEventListener("click", () => {
    key = null;
    pack = null;
    rows.clear();
    part("rows").replaceChildren();
    document.querySelector("[data-station-title]").textContent = root.dataset.title;
    only("digits");
  });
  part("wipe").addEventListener("click", () => wipe("wiped"));
  seal.whenGone(() => {
    if (pack) wipe("out").catch(() => {});
  });

  const video = part("video");
  const cameraButton = part("camera");
  let stream = null;
  const seen = new Map();
  async function startCamera() {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      big("wrong", words("no-camera"));
      return;
    }
    video.srcObject = stream;
    video.hidden = false;
    cameraButton.textContent = words("camera-off");
    await video.play();
    const look = async () => {
      if (!stream) return;
      try {
        for (const found of await detector.detect(video)) {
          const at = performance.now();
          const before = seen.get(found.rawValue) ?? -5000;
          seen.set(found.rawValue, at);
          if (at - before >= 5000) scan(found.rawValue);
        }
      } catch {
        // A picture that cannot be read yet: the next one may.
      }
      setTimeout(look, 200);
    };
    look();
  }
  if ("BarcodeDetector" in window && navigator.mediaDevices) {
    cameraButton.hidden = false;
    cameraButton.addEventListener("click", () => {
      if (!stream) return startCamera();
      stream.getTracks().forEach((track) => track.stop());
      stream = null;
      video.hidden = true;
      cameraButton.textContent = words("camera-on");
      return undefined;
    });
  }

  async function look() {
    if (own && (await seal.keptUntil(own.key, corrected()).catch(() => 1)) === 0 && pack) await wipe("days");
    if (!part("digits").hidden || !own) {
      const here = await outbox.here(setup.here);
      // The line is back, and whoever is signed in needs no digits; what is being typed is left alone.
      if (here?.account && !part("digits").elements.digits.value && part("setup").hidden && (!own || !part("digits").hidden)) return startOnce();
    }
    return send();
  }
  window.addEventListener("online", () => look());
  window.addEventListener("offline", () => send());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  setInterval(() => { if (!document.hidden) look(); }, AGAIN);

  async function keepPage() {
    const registration = await navigator.serviceWorker.register(root.dataset.worker, { scope: setup.page, updateViaCache: "none" });
    const ready = await navigator.serviceWorker.ready;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      root.dataset.isKept = "1";
      if (pack) lag();
    };
    const assets = performance.getEntriesByType("resource").map((one) => one.name).filter((name) => name.startsWith(location.origin));
    (ready.active ?? registration.active).postMessage({ kind: "keep", assets }, [channel.port2]);
  }

  if (!window.isSecureContext || !window.crypto?.subtle || !window.indexedDB || !("serviceWorker" in navigator)) {
    say(words("old"), "warning");
    return;
  }
  keepPage().catch(() => {});
  // What could not be kept, for the server was just being renewed, is asked for again.
  setInterval(() => { if (!root.dataset.isKept && !document.hidden) keepPage().catch(() => {}); }, 60_000);
  startOnce();
})();

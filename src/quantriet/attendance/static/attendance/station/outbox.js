// What the device keeps of its own until the server has it, and how it is sent; used by the page and by its worker.
// Facts hold numbers of roster lines and hours, no names: they need no key, outlive a sign-out and a wiped list, and go to the
// server as soon as whoever made them is signed in and there is a line. Each has a nonce: sent twice, it counts once.
"use strict";

self.StationOutbox = (() => {
  const MOST = 200; // facts of one body
  const STALE = 10_000; // an answer that took longer says too little about the hour

  function request(asked) {
    return new Promise((done, failed) => {
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  }

  let opened = null;
  function base() {
    opened ??= new Promise((done, failed) => {
      const asked = indexedDB.open("station", 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore("facts", { keyPath: "nonce" }).createIndex("device", "device");
        asked.result.createObjectStore("devices", { keyPath: "key" });
      };
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
    return opened;
  }

  // On the disk when it comes back, as far as the browser lets one ask for it.
  async function write(store, change) {
    const going = (await base()).transaction(store, "readwrite", { durability: "strict" });
    const ended = new Promise((done, failed) => {
      going.oncomplete = done;
      going.onabort = () => failed(going.error);
    });
    change(going.objectStore(store));
    await ended;
  }

  const read = async (store) => (await base()).transaction(store).objectStore(store);
  const devices = async () => request((await read("devices")).getAll());
  const device = async (key) => request((await read("devices")).get(key));
  const facts = async (key) => {
    const found = await request((await read("facts")).index("device").getAll(key));
    return found.sort((one, other) => one.turn - other.turn);
  };
  const keep = (fact) => write("facts", (store) => store.put(fact));
  const drop = (nonces) => write("facts", (store) => nonces.forEach((nonce) => store.delete(nonce)));
  const forget = (key) => write("devices", (store) => store.delete(key));

  async function note(key, changes) {
    const now = { ...((await device(key)) ?? { key }), ...changes };
    await write("devices", (store) => store.put(now));
    return now;
  }

  async function ask(address, options = {}) {
    const began = Date.now();
    const answer = await fetch(address, { credentials: "same-origin", redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(options.patience ?? 15_000), ...options });
    return { answer, began, ended: Date.now() };
  }

  const learnt = (server, { began, ended }) => (ended - began >= 0 && ended - began < STALE ? { offset: Math.round(server - (began + ended) / 2), clock: ended } : {});

  // Whether there is a line, who is signed in, what hour it is; null without a line.
  async function here(address, patience = 6000) {
    try {
      const asked = await ask(address, { patience });
      if (!asked.answer.ok) return asked.answer.type === "opaqueredirect" ? { account: "", token: "" } : null;
      const said = await asked.answer.json();
      return { ...said, learnt: learnt(said.server, asked) };
    } catch {
      return null;
    }
  }

  const whole = (value) => (Number.isFinite(value) ? Math.round(value) : value); // the server takes whole milliseconds
  const wire = ({ nonce, kind, entry, session, made, offset, known, way, of }) => ({ nonce, kind, entry, session, made: whole(made), offset: whole(offset), known: whole(known), way, of });

  async function answered(part, told) {
    const words = new Map(told.map(([nonce, state, sentence]) => [nonce, { state, sentence }]));
    await write("facts", (store) => {
      for (const fact of part) if (words.has(fact.nonce)) store.put({ ...fact, ...words.get(fact.nonce) });
    });
  }

  // Sends what waits, in parts; `line` says how it went: up, down, busy, out (nobody signed in), other, unknown.
  async function run(setup, key, session) {
    const found = await here(setup.here);
    if (!found) return { line: "down" };
    let own = await device(key);
    if (!own) return { line: "unknown" };
    if (found.learnt) own = await note(key, found.learnt);
    if (!found.account) return { line: "out" };
    if (found.account !== own.account) return { line: "other", name: found.name };
    let size = MOST;
    const unread = new Set(); // what the server cannot read now: it stays kept, and is sent again with the next delivery
    for (;;) {
      const waiting = (await facts(key)).filter((fact) => fact.state === "kept" && !unread.has(fact.nonce));
      const part = waiting.slice(0, size);
      let asked;
      try {
        asked = await ask(setup.sync, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRFToken": found.token },
          body: JSON.stringify({ device: key, now: Date.now(), waiting: waiting.length + unread.size, session, facts: part.map(wire) }),
          patience: 30_000,
        });
      } catch {
        return { line: "down" };
      }
      const { answer } = asked;
      if (answer.type === "opaqueredirect") return { line: "out" };
      if (answer.status === 404) return { line: "unknown" };
      if ((answer.status === 413 || answer.status === 400) && part.length > 1) {
        size = answer.status === 413 ? Math.ceil(size / 2) : 1; // one at a time, to find the one that cannot be read
        continue;
      }
      if (answer.status === 400 && part.length) {
        unread.add(part[0].nonce);
        continue;
      }
      if (!answer.ok) return { line: "busy" };
      const said = await answer.json();
      await answered(part, said.told);
      const changes = { ...learnt(said.server, asked), conflicts: said.conflicts, ended: said.ended, sent: said.server };
      if (said.rows && session !== null) Object.assign(changes, { known: said.server, rows: { ...own.rows, [session]: said.rows } });
      own = await note(key, changes);
      if (waiting.length <= part.length) return { line: "up", said };
    }
  }

  // One delivery at a time, in all tabs and the worker together.
  const deliver = (setup, key, session = null) => (self.navigator.locks ? navigator.locks.request(`station-${key}`, () => run(setup, key, session)) : run(setup, key, session));

  return { devices, device, facts, keep, drop, forget, note, ask, here, deliver };
})();

// The service worker of the handbook. `self.HANDBOOK` (portal/web/handbook.py) says what it works with.
// Pages come from the line; the copy on the device stands in when there is no line or a slow one, and says how old it is.
// Kept is only what says so by `X-Handbook`: public pages, and the signed-in member's own until the session is over.
"use strict";

const setup = self.HANDBOOK;
const SHELL = `handbook-shell-${setup.version}`;
const ASSETS = "handbook-assets";
const PUBLIC = "handbook-public";
const MINE = "handbook-mine";
const STATE = "handbook-state";
const DISPLAY = "handbook-display";
const MOST = { [ASSETS]: 250, [PUBLIC]: 150, [MINE]: 120 };
const STATE_ADDRESS = "/__handbook/state";
const DISPLAY_ADDRESS = "/__handbook/display";

// Told apart from answers that were asked for before a sign-out and come after it.
let turn = 0;

// --- what it knows of the sign-in ---------------------------------------------------------------------------------

async function readState() {
  const found = await (await caches.open(STATE)).match(STATE_ADDRESS);
  return found ? found.json() : {};
}

async function writeState(changes) {
  const cache = await caches.open(STATE);
  const state = { ...(await readState()), ...changes };
  await cache.put(STATE_ADDRESS, new Response(JSON.stringify(state)));
}

async function wipe() {
  turn += 1;
  await Promise.all([caches.delete(MINE), caches.delete(STATE)]);
}

// Whose sign-in the server answered: another's, or nobody's, ends what was kept of the one before.
async function noteAccount(mark) {
  if (!mark) return;
  const { account } = await readState();
  if (mark === "none") {
    if (account) await wipe();
    return;
  }
  if (account && account !== mark) await wipe();
  await writeState({ account: mark, seen: Date.now() });
}

// After the longest session, or by a clock that was set back, the copies are thrown away and not only hidden.
async function mineIsOver() {
  const { account, seen } = await readState();
  if (!account) return true;
  const age = Date.now() - seen;
  if (age >= -60_000 && age <= setup.seconds * 1000) return false;
  await wipe();
  return true;
}

// --- how the reader wants pages to look ------------------------------------------------------------------------------

// Text size and theme belong to the device, not to a sign-in: they stay when that ends.
let display = null;

async function noteDisplay(text, theme) {
  if (!/^[1-4]$/.test(text) || !/^[a-z]+$/.test(theme)) return;
  if (display?.text === text && display?.theme === theme) return;
  display = { text, theme };
  await (await caches.open(DISPLAY)).put(DISPLAY_ADDRESS, new Response(JSON.stringify(display)));
}

// A copy was made in the size of its day: it is shown in the one that was chosen last.
async function inDisplay(html) {
  if (!display) {
    const found = await (await caches.open(DISPLAY)).match(DISPLAY_ADDRESS);
    const known = found ? await found.json() : null;
    display ??= known;
  }
  if (!display) return html;
  const chosen = (display.text === "1" ? "" : ` data-text="${display.text}"`) + (display.theme === "auto" ? "" : ` data-theme="${display.theme}"`);
  return html.replace(/<html[^>]*>/, (tag) => tag.replace(/ data-(?:text|theme)="[^"]*"/g, "").replace(">", `${chosen}>`));
}

// --- keeping -------------------------------------------------------------------------------------------------------

async function tellAll(message) {
  for (const client of await self.clients.matchAll({ type: "window" })) client.postMessage(message);
}

async function dropOldest(name, count) {
  const cache = await caches.open(name);
  const keys = await cache.keys(); // in the order in which they were put
  await Promise.all(keys.slice(0, count).map((key) => cache.delete(key)));
  return keys.length;
}

// Puts an answer into a store; on a full device the oldest goes first, and the reader is told.
async function put(name, address, answer) {
  const cache = await caches.open(name);
  for (let tries = 0; ; tries += 1) {
    try {
      await cache.put(address, answer.clone());
      break;
    } catch (fault) {
      if (fault.name !== "QuotaExceededError") return;
      const before = (await dropOldest(PUBLIC, 5)) + (await dropOldest(MINE, tries > 1 ? 3 : 0));
      if (!before || tries >= 12) return tellAll({ kind: "full" });
      if (tries === 0) await tellAll({ kind: "full" });
    }
  }
  const keys = await cache.keys();
  if (keys.length > MOST[name]) await dropOldest(name, keys.length - MOST[name]);
}

// Takes note of an answer of the server: whose it is, and a copy where it says that it may be kept.
async function take(address, answer, mine) {
  if (answer.type === "opaqueredirect" || answer.type === "error" || answer.redirected) return;
  if (mine !== turn) return;
  const kind = answer.headers.get("X-Handbook");
  // A file for everybody may come out of the browser's own memory, made for whoever was signed in then.
  if (kind !== "public" || isPage(answer)) await noteAccount(answer.headers.get("X-Handbook-Account"));
  if (answer.status === 404 || answer.status === 403) return forget(address);
  if (answer.status !== 200 || (kind !== "public" && kind !== "private")) return;
  const now = turn;
  if (Number(answer.headers.get("Content-Length")) > setup.largest) return answer.body?.cancel();
  const body = await answer.blob();
  if (body.size > setup.largest) return;
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length", "Set-Cookie"]) headers.delete(name);
  headers.set("X-Kept-At", String(Date.now()));
  if (isPage(answer)) headers.set("X-Kept-Title", encodeURIComponent(titleOf(await body.text())));
  if (now !== turn) return; // signed out meanwhile
  await put(kind === "public" ? PUBLIC : MINE, address, new Response(body, { status: 200, headers }));
}

// What the server no longer shows is not shown from the device either.
async function forget(address) {
  for (const name of [PUBLIC, MINE]) await (await caches.open(name)).delete(address);
}

async function find(address) {
  if (!(await mineIsOver())) {
    const own = await (await caches.open(MINE)).match(address);
    if (own) return own;
  }
  return (await caches.open(PUBLIC)).match(address);
}

const isPage = (answer) => (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
const titleOf = (html) => (/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "").replace(/ – Quán triệt\s*$/, "").trim();

// --- showing -------------------------------------------------------------------------------------------------------

const two = (number) => String(number).padStart(2, "0");

function aged(why, moment) {
  const day = new Date(moment);
  return setup.words[why]
    .replace("{time}", `${two(day.getHours())}:${two(day.getMinutes())}`)
    .replace("{day}", `${two(day.getDate())}/${two(day.getMonth() + 1)}`);
}

async function fromDevice(kept, why) {
  if (!isPage(kept)) return kept;
  const said = aged(why, Number(kept.headers.get("X-Kept-At")));
  const line = `<div class="message message--warning" data-kept="${why}"><p>${said}</p></div>`;
  const html = (await inDisplay(await kept.text()))
    .replace('<div class="messages" role="status">', (found) => found + line)
    .replace(/ data-session-seconds="[^"]*"/, "");
  return new Response(html, { status: 200, headers: kept.headers });
}

async function offlinePage(isForm) {
  const shell = await (await caches.open(SHELL)).match(setup.offline);
  if (!shell) return Response.error();
  const names = (await mineIsOver()) ? [PUBLIC] : [MINE, PUBLIC];
  const items = [];
  for (const name of names) {
    const cache = await caches.open(name);
    for (const key of (await cache.keys()).reverse()) {
      const kept = await cache.match(key);
      const title = decodeURIComponent(kept?.headers.get("X-Kept-Title") ?? "");
      const { pathname, search } = new URL(key.url);
      if (title) items.push(`<li><a href="${(pathname + search).replaceAll('"', "%22")}">${title}</a></li>`);
    }
  }
  const list = items.length ? `<ul class="links">${items.slice(0, 80).join("")}</ul>` : `<p>${setup.words.none_kept}</p>`;
  const html = (await inDisplay(await shell.text()))
    .replace(/<div data-list>[^<]*<\/div>/, () => `<div>${list}</div>`)
    .replace(` hidden data-when="${isForm ? "form" : "page"}"`, "");
  return new Response(html, { status: 503, headers: shell.headers });
}

const wait = (time) => new Promise((done) => setTimeout(() => done("late"), time));

// What was sent changes what is shown: for a minute the copy from before stands in only where there is no line.
let lastSent = 0;
const waitsForLine = () => Date.now() - lastSent < 60_000;

// A late answer that leads elsewhere may lead to sign-in: whoever is signed in no more is not left with a copy on the screen.
async function settled(answer, address) {
  if (answer.status === 200) return tellAll({ kind: "fresh", address });
  if (answer.type !== "opaqueredirect") return;
  const asked = await fetch(setup.gather, { headers: { Accept: "application/json" } });
  await noteAccount(asked.headers.get("X-Handbook-Account"));
  if (!(await readState()).account) await tellAll({ kind: "ended" });
}

async function visited(event, url, line) {
  const address = url.pathname + url.search;
  let kept = await find(address);
  if (!kept && url.pathname === setup.entry && (await find(setup.home))) kept = Response.redirect(setup.home, 302);
  if (!kept) return line.catch(() => offlinePage(false));
  const answered = line.catch(() => null);
  const first = await (waitsForLine() ? answered : Promise.race([answered, wait(setup.patience)]));
  if (first instanceof Response && first.status < 500) return first;
  if (kept.status === 302) return first instanceof Response ? first : first === "late" ? line.catch(() => kept) : kept;
  if (first === "late") {
    event.waitUntil(line.then((answer) => settled(answer, address)).catch(() => {}));
    return fromDevice(kept, "slow");
  }
  return fromDevice(kept, first ? "busy" : "offline");
}

async function sent(request, url) {
  lastSent = Date.now();
  if (url.pathname === setup.signOut) await wipe();
  try {
    return await fetch(request);
  } catch {
    return offlinePage(true);
  }
}

async function asset(request) {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(request);
  if (kept && setup.hashed) return kept; // a name with a digest never changes what it names
  try {
    const answer = await fetch(request);
    if (answer.status === 200 && answer.type === "basic") await put(ASSETS, request.url, answer.clone());
    return answer;
  } catch (fault) {
    if (kept) return kept;
    throw fault;
  }
}

// A picture on a page, kept by the same rules as a page; whole or narrower it is one.
async function pictured(event, request, url) {
  const mine = turn;
  try {
    const answer = await fetch(request);
    const said = answer.headers.get("X-Handbook");
    if (said) event.waitUntil(take(url.pathname, answer.clone(), mine).catch(() => {}));
    else if (answer.status === 404 || answer.status === 403) event.waitUntil(forget(url.pathname));
    return answer;
  } catch (fault) {
    const kept = await find(url.pathname);
    if (kept) return kept;
    throw fault;
  }
}

// --- in the background ---------------------------------------------------------------------------------------------

// The page that was open before there was a worker.
async function keepPage(address) {
  const url = new URL(address, self.location.origin);
  if (url.origin !== self.location.origin || setup.aside.some((start) => url.pathname.startsWith(start))) return;
  const mine = turn;
  await take(url.pathname + url.search, await fetch(url), mine);
}

let gathering = false;

// Fetches what is assigned to whoever is signed in; at most once in a while.
async function gather(assets) {
  if (gathering) return;
  gathering = true;
  try {
    const cache = await caches.open(ASSETS);
    for (const address of assets) {
      if (new URL(address).pathname.startsWith(setup.static) && !(await cache.match(address))) {
        const answer = await fetch(address);
        if (answer.status === 200) await put(ASSETS, address, answer);
      }
    }
    const { gathered } = await readState();
    if (Date.now() - (gathered ?? 0) < setup.again) return;
    let mine = turn;
    const answer = await fetch(setup.gather, { headers: { Accept: "application/json" } });
    await noteAccount(answer.headers.get("X-Handbook-Account"));
    if (answer.status !== 200 || !(answer.headers.get("Content-Type") ?? "").startsWith("application/json")) return;
    mine = turn;
    for (const address of (await answer.json()).pages) {
      if (mine !== turn) return;
      await take(address, await fetch(address), mine);
    }
    if (mine === turn) await writeState({ gathered: Date.now() });
    await tellAll({ kind: "gathered" });
  } catch {
    // No line: next time.
  } finally {
    gathering = false;
  }
}

// --- listeners -----------------------------------------------------------------------------------------------------

async function install() {
  const shell = await caches.open(SHELL);
  // Without a cookie: the page that stands in for others is nobody's.
  await shell.put(setup.offline, await fetch(setup.offline, { credentials: "omit", cache: "no-cache" }));
  const assets = await caches.open(ASSETS);
  await Promise.all(
    setup.shell.map(async (address) => {
      if (setup.hashed && (await assets.match(address))) return;
      const answer = await fetch(address);
      if (answer.status === 200) await put(ASSETS, address, answer);
    }),
  );
}

async function activate() {
  const known = [SHELL, ASSETS, PUBLIC, MINE, STATE, DISPLAY];
  for (const name of await caches.keys()) {
    if (name.startsWith("handbook-") && !known.includes(name)) await caches.delete(name);
  }
  await self.clients.claim();
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  const { kind, assets, address, text, theme } = event.data ?? {};
  if (kind === "gather") event.waitUntil(gather(assets ?? []));
  if (kind === "keep") event.waitUntil(keepPage(String(address)).catch(() => {}));
  if (kind === "display") event.waitUntil(noteDisplay(String(text), String(theme)).catch(() => {}));
  if (kind === "take-over") self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (setup.aside.some((start) => url.pathname.startsWith(start))) return;
    if (request.method !== "GET") {
      if (request.isHistoryNavigation) return; // “back” to an answer: the browser has it, or asks whether to send again
      event.respondWith(sent(request, url));
      return;
    }
    const mine = turn;
    let taken = null;
    const line = fetch(request).then((answer) => {
      taken = take(url.pathname + url.search, answer.clone(), mine).catch(() => {});
      return answer;
    });
    event.respondWith(visited(event, url, line));
    event.waitUntil(line.then(() => taken, () => {}));
  } else if (request.method === "GET" && url.pathname.startsWith(setup.static)) {
    event.respondWith(asset(request));
  } else if (request.method === "GET" && request.destination === "image") {
    event.respondWith(pictured(event, request, url));
  }
});

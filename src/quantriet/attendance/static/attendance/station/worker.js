// The worker of the clerk's page: it keeps the page, which names nobody, and sends what waits when the browser finds a line.
// `self.STATION` (attendance/web/devices.py) says what it works with.
"use strict";

const setup = self.STATION;
const SHELL = `station-${setup.version}`;

async function store(address, options = {}) {
  const answer = await fetch(address, options);
  if (answer.status !== 200 || answer.type !== "basic" || answer.redirected) throw new Error(`${address}: ${answer.status}`);
  await (await caches.open(SHELL)).put(address, answer);
}

// All of the page or an error: a worker that has only a part of it is not installed, and the browser tries again.
async function keepShell(isWanted = async () => true) {
  const wanted = async (address, options) => ((await isWanted(address)) ? store(address, options) : undefined);
  // Without a cookie: the page that is kept is nobody's.
  await wanted(setup.page, { credentials: "omit", cache: "no-cache" });
  await Promise.all(setup.shell.map((address) => wanted(address, { cache: "no-cache" })));
}

async function install() {
  await keepShell();
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith("station-") && name !== SHELL) await caches.delete(name);
  }
  await self.clients.claim();
}

async function kept(request, address) {
  const cache = await caches.open(SHELL);
  const found = await cache.match(address);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.status === 200 && answer.type === "basic" && address !== setup.page) await cache.put(address, answer.clone());
  return answer;
}

async function deliverAll() {
  let isLeft = false;
  for (const one of await self.StationOutbox.devices()) {
    const { line } = await self.StationOutbox.deliver(setup, one.key);
    isLeft ||= line === "down" || line === "busy";
  }
  if (isLeft) throw new Error("again later"); // the browser tries again by itself
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("sync", (event) => {
  if (event.tag === "station") event.waitUntil(deliverAll());
});
self.addEventListener("message", (event) => {
  const { kind, assets } = event.data ?? {};
  if (kind !== "keep") return;
  // Style sheets that the page's own one takes in, where they are not joined.
  const own = (assets ?? []).map((one) => new URL(one)).filter((one) => one.origin === self.location.origin && one.pathname.startsWith(setup.static));
  event.waitUntil(
    caches.open(SHELL).then(async (cache) => {
      await keepShell(async (address) => !(await cache.match(address))); // a browser may have thrown some of it away
      for (const { pathname } of own) if (!(await cache.match(pathname))) await store(pathname).catch(() => {});
      event.ports[0]?.postMessage("kept");
    }),
  );
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || request.method !== "GET") return;
  if (request.mode === "navigate" && url.pathname === setup.page) event.respondWith(kept(request, setup.page));
  else if (url.pathname.startsWith(setup.static)) event.respondWith(kept(request, url.pathname));
});

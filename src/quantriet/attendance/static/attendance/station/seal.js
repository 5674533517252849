// The names of a venue on this device, sealed (decision 0029). The key is made here and can be taken out by nobody. It is
// wrapped twice: by what the server gives to whoever opened the device and is signed in, and by the six digits of the device,
// stretched, for opening without a line. The base is called "sealed-…": signing out removes every base of that name.
"use strict";

self.StationSeal = (() => {
  const NAME = "sealed-station";
  const ROUNDS = 600_000;
  const MOST_TRIES = 5;
  const subtle = self.crypto?.subtle;
  const random = (count) => crypto.getRandomValues(new Uint8Array(count));
  const bytes = (text) => new TextEncoder().encode(text);
  const fromHex = (hex) => Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));

  function request(asked) {
    return new Promise((done, failed) => {
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  }

  let opened = null;
  let gone = () => {};
  function base() {
    opened ??= new Promise((done, failed) => {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("packs", { keyPath: "device" });
      asked.onerror = () => failed(asked.error);
      asked.onsuccess = () => {
        // Somebody signs out in another tab: let it be removed, and show nothing any more.
        asked.result.onversionchange = () => {
          asked.result.close();
          opened = null;
          gone();
        };
        done(asked.result);
      };
    });
    return opened;
  }

  async function put(row) {
    const going = (await base()).transaction("packs", "readwrite", { durability: "strict" });
    going.objectStore("packs").put(row);
    await new Promise((done, failed) => {
      going.oncomplete = done;
      going.onabort = () => failed(going.error);
    });
  }

  const row = async (device) => request((await base()).transaction("packs").objectStore("packs").get(device));

  const usable = (raw) => subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);

  async function close(key, data) {
    const iv = random(12);
    return { iv, data: await subtle.encrypt({ name: "AES-GCM", iv }, key, data) };
  }

  const openWith = (key, { iv, data }) => subtle.decrypt({ name: "AES-GCM", iv }, key, data);

  async function ofGrant(grant) {
    const raw = await subtle.importKey("raw", fromHex(grant), "HKDF", false, ["deriveKey"]);
    return subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bytes("station") }, raw, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  }

  async function ofDigits(digits, salt) {
    const raw = await subtle.importKey("raw", bytes(digits), "PBKDF2", false, ["deriveKey"]);
    return subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }, raw, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  }

  async function seal(device, key, pack, until, more) {
    const sealed = await close(key, bytes(JSON.stringify(pack)));
    await put({ ...((await row(device)) ?? {}), ...more, device, until, ...sealed });
  }

  const unseal = async (kept, key) => JSON.parse(new TextDecoder().decode(await openWith(key, kept)));

  // A first time: a new key, and both ways to it.
  async function create(device, grant, digits, pack, until) {
    const raw = random(32);
    const salt = random(16);
    const ofDevice = await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const inner = await close(await ofDigits(digits, salt), raw);
    const byDigits = { salt, iv: inner.iv, outer: await close(ofDevice, inner.data) };
    const byGrant = await close(await ofGrant(grant), raw);
    const key = await usable(raw);
    raw.fill(0);
    await seal(device, key, pack, until, { byGrant, byDigits, ofDevice, tries: 0 });
    return key;
  }

  // With a line and signed in: no digits are asked for.
  async function openByGrant(device, grant) {
    const kept = await row(device);
    if (!kept?.byGrant) return null;
    try {
      const key = await usable(await openWith(await ofGrant(grant), kept.byGrant));
      return { key, pack: await unseal(kept, key) };
    } catch {
      return null;
    }
  }

  // Without a line: after five wrong tries only the server's half opens it again.
  async function openByDigits(device, digits) {
    const kept = await row(device);
    if (!kept?.byDigits) return { left: 0 };
    const tries = kept.tries + 1;
    await put({ ...kept, tries, byDigits: tries >= MOST_TRIES ? null : kept.byDigits }); // counted before it is tried
    try {
      const { salt, iv, outer } = kept.byDigits;
      const data = await openWith(kept.ofDevice, outer);
      const key = await usable(await openWith(await ofDigits(digits, salt), { iv, data }));
      const pack = await unseal(kept, key);
      await put({ ...kept, tries: 0 });
      return { key, pack };
    } catch {
      return { left: MOST_TRIES - tries };
    }
  }

  // Until when names are kept here; 0 when there are none, or their time is over, and then they are gone.
  async function keptUntil(device, moment) {
    const kept = await row(device);
    if (!kept) return 0;
    if (moment > kept.until) {
      await wipe(device);
      return 0;
    }
    return kept.until;
  }

  async function wipe(device) {
    const going = (await base()).transaction("packs", "readwrite");
    going.objectStore("packs").delete(device);
    await new Promise((done) => { going.oncomplete = done; going.onabort = done; });
  }

  return { create, seal, openByGrant, openByDigits, keptUntil, wipe, whenGone: (act) => { gone = act; } };
})();

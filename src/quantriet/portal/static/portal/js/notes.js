// Bookmarks and notes that stay on this device: sealed with a key that only the account's own pages carry, so that nobody
// else who uses the phone reads them. They are never sent anywhere; signing out leaves them, unreadable, for the next sign-in.
const box = document.querySelector("[data-notes]");
const seal = { name: "AES-GCM" };

const bytes = (hex) => Uint8Array.from(hex.match(/../g).map((pair) => parseInt(pair, 16)));
const packed = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const unpacked = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

class Notes {
  constructor(mark, key) {
    this.name = `handbook-notes:${mark}`;
    this.key = crypto.subtle.importKey("raw", bytes(key), seal, false, ["encrypt", "decrypt"]);
  }

  async read() {
    const kept = localStorage.getItem(this.name);
    if (!kept) return {};
    try {
      const { iv, body } = JSON.parse(kept);
      const plain = await crypto.subtle.decrypt({ ...seal, iv: unpacked(iv) }, await this.key, unpacked(body));
      return JSON.parse(new TextDecoder().decode(plain));
    } catch {
      return {}; // sealed with another key: not ours to read
    }
  }

  async write(all) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(all));
    const body = new Uint8Array(await crypto.subtle.encrypt({ ...seal, iv }, await this.key, plain));
    let text = "";
    for (const one of body) text += String.fromCharCode(one);
    localStorage.setItem(this.name, JSON.stringify({ iv: packed(iv), body: btoa(text) }));
  }
}

const alone = (work) => (navigator.locks ? navigator.locks.request("handbook-notes", work) : work());

function attachPage(notes, all) {
  const { notesPage: page, notesTitle: title } = box.dataset;
  const area = box.querySelector("textarea");
  const mark = box.querySelector("[data-notes-mark]");
  const said = box.querySelector("[data-notes-said]");
  const mine = () => (all[page] ??= { title, text: "", marked: false });
  let timer = null;

  // Read again before writing: another open page may have written a note of its own meanwhile.
  async function keep() {
    const own = mine();
    try {
      await alone(async () => {
        all = await notes.read();
        if (own.text.trim() || own.marked) all[page] = own;
        else delete all[page];
        await notes.write(all);
      });
      said.textContent = box.dataset.saved;
    } catch {
      said.textContent = box.dataset.full;
    }
  }

  const show = () => {
    const on = Boolean(all[page]?.marked);
    mark.setAttribute("aria-pressed", String(on));
    mark.textContent = on ? box.dataset.unmark : box.dataset.mark;
  };
  area.value = all[page]?.text ?? "";
  show();
  area.addEventListener("input", () => {
    mine().text = area.value;
    clearTimeout(timer);
    timer = setTimeout(keep, 400);
  });
  area.addEventListener("change", keep);
  mark.addEventListener("click", () => {
    mine().marked = !mine().marked;
    show();
    keep();
    show();
  });
}

function attachList(all) {
  const list = box.querySelector("[data-notes-list]");
  for (const [page, one] of Object.entries(all)) {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: page, textContent: one.title });
    item.append(link);
    if (one.text.trim()) item.append(Object.assign(document.createElement("p"), { className: "muted", textContent: one.text.slice(0, 160) }));
    list.append(item);
  }
  box.querySelector("[data-notes-none]").hidden = list.children.length > 0;
  const file = box.querySelector("[data-notes-file]");
  file.hidden = !list.children.length;
  file.addEventListener("click", () => {
    const text = Object.values(all).map((one) => `${one.title}\r\n${one.text}\r\n`).join("\r\n");
    const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/plain;charset=utf-8" }));
    Object.assign(document.createElement("a"), { href: address, download: "ghi-chu-so-tay.txt" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  });
}

if (box && window.isSecureContext && crypto.subtle) {
  const { notesAccount, notesKey, notesPage } = box.dataset;
  const notes = new Notes(notesAccount, notesKey);
  notes.read().then((all) => {
    if (notesPage) attachPage(notes, all);
    else attachList(all);
    box.hidden = false;
  });
}

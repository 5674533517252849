// The section [data-push] of the preferences: says whether this browser shows notices to this account, asks for leave only
// when tapped, and lets go of the browser's own subscription when it is switched off here.
const section = document.querySelector("[data-push]");

const bytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
};
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const isSame = (subscription) => {
  const own = subscription.options?.applicationServerKey;
  return !own || text(own) === section.dataset.key;
};

async function registration() {
  return (await navigator.serviceWorker.getRegistration("/")) ?? navigator.serviceWorker.register("/service-worker.js");
}

async function keep(subscription) {
  const body = new FormData(section.querySelector("[data-push-form]"));
  body.set("endpoint", subscription.endpoint);
  body.set("p256dh", text(subscription.getKey("p256dh")));
  body.set("auth", text(subscription.getKey("auth")));
  const answer = await fetch(section.dataset.url, { method: "POST", body, credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.status === 422 ? await answer.text() : "");
}

// The form by which this account switches this very browser off; none when the subscription is another's, or has ended.
async function formOf(subscription) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint));
  const name = Array.from(new Uint8Array(digest), (one) => one.toString(16).padStart(2, "0")).join("");
  return section.querySelector(`[data-push-end="${name}"]`);
}

async function start() {
  const state = section.querySelector("[data-push-state]");
  const form = section.querySelector("[data-push-form]");
  const say = (words, isOffered) => {
    state.textContent = words;
    form.hidden = !isOffered;
  };
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return say(section.dataset.unable, false);
  if (Notification.permission === "denied") return say(section.dataset.denied, false);
  const known = await (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();
  const own = known && isSame(known) ? await formOf(known) : null;
  say(own ? section.dataset.on : section.dataset.off, !own);
  own?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await known.unsubscribe().catch(() => {});
    own.submit();
  });
  form.querySelector("button").addEventListener("click", async () => {
    if ((await Notification.requestPermission()) !== "granted") return say(section.dataset.denied, false);
    try {
      const { pushManager } = await registration();
      await navigator.serviceWorker.ready;
      const old = await pushManager.getSubscription();
      if (old && !(isSame(old) && (await formOf(old)))) await old.unsubscribe();
      const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(section.dataset.key) });
      await keep(made);
      say(section.dataset.on, false);
    } catch (error) {
      say((error instanceof DOMException ? "" : error.message) || section.dataset.failed, true);
    }
  });
}

if (section) start();

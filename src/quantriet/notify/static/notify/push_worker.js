// Imported by the service worker: shows a notice that was pushed, and opens what it is about. The title and an address of
// this house are all that comes; whatever else stands in a message is not shown.
self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // A push without a readable message must still show something: the browser asks for it.
  }
  const title = typeof told.title === "string" && told.title ? told.title : "Quán triệt: có thông báo mới";
  const url = typeof told.url === "string" && /^\/(?!\/)/.test(told.url) ? told.url : "/me/notices/";
  const shown = { lang: "vi", tag: typeof told.tag === "string" ? told.tag : "", data: { url } };
  event.waitUntil(self.registration.showNotification(title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url ?? "/me/notices/", self.location.origin);
  if (target.origin !== self.location.origin) return;
  const open = async () => {
    const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = windows.find((one) => one.url === target.href);
    return there ? there.focus() : self.clients.openWindow(target.href);
  };
  event.waitUntil(open());
});

// Regulars: the service worker of messages in the browser. One for each shop, under /w/SHOP/ (`?shop=SHOP`).
const shop = new URL(self.location).searchParams.get("shop");

const web = (text) => {
  try {
    const url = new URL(text);
    return ["https:", "http:"].includes(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let said;
  try {
    said = event.data.json();
  } catch {
    return; // not from us
  }
  const { title, text, to, tag, locale, settings } = said;
  const actions = settings ? [{ action: "settings", title: locale === "de" ? "Einstellungen" : "Settings" }] : [];
  // The tag: the same message again replaces itself, in silence.
  event.waitUntil(
    self.registration.showNotification(title, { body: text, lang: locale, tag, actions, data: { to: web(to), settings: web(settings) } }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { to, settings } = event.notification.data;
  const address = event.action === "settings" ? settings : to;
  if (address) event.waitUntil(self.clients.openWindow(address));
});

// The browser's push service gave it another address: whoever knows the former one is this browser.
self.addEventListener("pushsubscriptionchange", (event) => {
  const former = event.oldSubscription;
  if (!former) return;
  const renew = async () => {
    const fresh = event.newSubscription ?? (await self.registration.pushManager.subscribe(former.options));
    const body = JSON.stringify({ did: "move", former: former.endpoint, subscription: fresh });
    await fetch(`/w/${shop}/push`, { method: "POST", body, credentials: "omit" });
  };
  event.waitUntil(renew());
});

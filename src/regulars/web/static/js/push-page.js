// Messages in this browser: the page that explains, asks after a click, and lets go again. See web/public/push.py.
const root = document.querySelector("[data-push]");
const { shop, key, version, worker } = root.dataset;
const scope = `/w/${shop}/`;
const token = decodeURIComponent(location.hash.slice(1));
const who = token.startsWith("p.") ? { preferences: token.slice(2) } : { customer: token };
const problem = root.querySelector("[data-problem]");

const say = async (said) => {
  const answer = await fetch(location.pathname, { method: "POST", body: JSON.stringify({ ...said, locale: document.documentElement.lang }), credentials: "omit" });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
};

function show(state) {
  for (const part of root.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  root.removeAttribute("aria-busy");
}

function complain(words) {
  problem.hidden = !words;
  problem.querySelector("p").textContent = words ?? "";
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const subscribed = async () => (await navigator.serviceWorker.getRegistration(scope))?.pushManager.getSubscription();

async function look() {
  const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return show(isApple ? "apple" : "cannot");
  const there = await subscribed();
  if (there && Notification.permission === "granted" && (await say({ did: "look", endpoint: there.endpoint })).on) return show("on");
  if (Notification.permission === "denied") return show("denied");
  return show(token ? "ask" : "nobody");
}

async function agree() {
  complain();
  // The browser's own question comes only now, after this click.
  if ((await Notification.requestPermission()) !== "granted") return look();
  await navigator.serviceWorker.register(worker, { scope });
  const registration = await ready();
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  try {
    await say({ did: "subscribe", ...who, subscription, version: Number(version) });
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
  return show("on");
}

async function ready() {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  const fresh = registration.installing ?? registration.waiting;
  if (!registration.active && fresh) {
    await new Promise((done) => fresh.addEventListener("statechange", () => fresh.state === "activated" && done()));
  }
  return registration;
}

async function leave() {
  complain();
  const there = await subscribed();
  if (there) {
    await say({ did: "leave", endpoint: there.endpoint });
    await there.unsubscribe();
  }
  return show("off");
}

const act = (what) => async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    await what();
  } catch (error) {
    complain(error.message || problem.dataset.words);
  } finally {
    button.disabled = false;
  }
};

root.querySelector("[data-agree]").addEventListener("click", act(agree));
root.querySelector("[data-leave]").addEventListener("click", act(leave));
const choices = root.querySelector("[data-choices]");
if (who.preferences && choices) {
  choices.href = `/p/${who.preferences}`;
  choices.hidden = false;
}
look().catch((error) => {
  complain(error.message || problem.dataset.words);
  show(token ? "ask" : "nobody");
});

// Regulars: the message on the shop's page. Keeps nothing on the device (no cookie, no storage), loads nothing else.
// <script async src="https://REGULARS/w/page.js" data-shop="SHOP" data-customer="NUMBER:EXPIRES:SIGNATURE"></script>
(() => {
  const { shop, customer } = document.currentScript.dataset;
  if (!shop || !customer) return;
  const address = new URL(`/w/${shop}/box`, document.currentScript.src);
  const say = (did, message) =>
    fetch(address, { method: "POST", body: JSON.stringify({ customer, did, message }), credentials: "omit", keepalive: true });

  const STYLE = `:host{all:initial;position:fixed;z-index:2147483000;right:max(1rem,env(safe-area-inset-right));
bottom:max(1rem,env(safe-area-inset-bottom));left:auto;width:min(22rem,calc(100vw - 2rem))}
section{box-sizing:border-box;padding:1rem 1.125rem;border:1px solid #d6d3d1;border-radius:.75rem;background:#fff;color:#1c1917;
font:1rem/1.45 system-ui,sans-serif;box-shadow:0 8px 28px #0003;animation:in .25s ease-out;overflow-wrap:anywhere}
h2{margin:0 2.25rem .375rem 0;font-size:1.0625rem;line-height:1.3}p{margin:0;white-space:pre-line}
a{display:inline-block;margin-top:.75rem;padding:.5rem .875rem;border-radius:.5rem;background:#1c1917;color:#fff;font-weight:600;
text-decoration:none}a:hover{text-decoration:underline}
button{font:inherit;color:inherit;background:none;border:0;border-radius:.375rem;cursor:pointer}
.x{float:right;width:2.75rem;height:2.75rem;margin:-.75rem -.875rem 0 0;font-size:1.375rem;line-height:1}
.no{display:block;margin-top:.625rem;padding:.25rem 0;font-size:.8125rem;color:#57534e;text-decoration:underline}
:focus-visible{outline:3px solid #2563eb;outline-offset:2px}
@keyframes in{from{opacity:0;transform:translateY(.5rem)}}
@media(prefers-reduced-motion:reduce){section{animation:none}}
@media(prefers-color-scheme:dark){section{background:#1c1917;color:#f5f5f4;border-color:#57534e}a{background:#f5f5f4;color:#1c1917}
.no{color:#d6d3d1}:focus-visible{outline-color:#93c5fd}}
@media(forced-colors:active){a{border:1px solid}}
@media print{:host{display:none}}`;

  const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text }, more);

  function show(box) {
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const section = make("section", "", { lang: box.locale });
    section.setAttribute("aria-label", box.region);
    // Other pages of the shop in this browser: one box at a time, and one click closes it everywhere.
    const tabs = "BroadcastChannel" in window ? new BroadcastChannel(`regulars:${shop}`) : null;
    const close = (did) => {
      const inside = root.activeElement;
      host.remove();
      if (inside) before?.focus?.({ preventScroll: true });
      if (did) say(did, box.number);
      if (did) tabs?.postMessage(box.number);
      tabs?.close();
    };
    let before = null;
    root.addEventListener("focusin", (event) => {
      if (event.relatedTarget && !root.contains(event.relatedTarget)) before = event.relatedTarget;
    });
    if (tabs) tabs.onmessage = (event) => event.data === box.number && close();
    tabs?.postMessage(box.number);

    const x = make("button", "×", { type: "button", className: "x", onclick: () => close("away") });
    x.setAttribute("aria-label", box.close);
    section.append(x, make("h2", box.title), make("p", box.text));
    if (box.address) section.append(make("a", box.label, { href: box.address, onclick: () => setTimeout(close, 0, "away") }));
    if (box.stop) section.append(make("button", box.stop, { type: "button", className: "no", onclick: () => close("stop") }));
    section.addEventListener("keydown", (event) => event.key === "Escape" && close("away"));
    // A live region is read aloud when something comes into it, so it must be there before.
    const live = make("div", "", { role: "status" });
    root.append(live);
    document.body.append(host);
    setTimeout(() => {
      live.append(section);
      say("seen", box.number);
    }, 100);
  }

  async function open() {
    try {
      const answer = await say("open");
      const { box } = answer.ok ? await answer.json() : {};
      if (box) show(box);
      if (!answer.ok) console.warn("Regulars:", (await answer.json()).error);
    } catch {} // no network: the shop's page is not to suffer
  }

  // A page in the background shows nothing to anybody: it asks when somebody looks at it.
  const look = () => {
    if (document.visibilityState !== "visible" || !document.body) return;
    for (const one of WHEN) document.removeEventListener(one, look);
    open();
  };
  const WHEN = ["visibilitychange", "DOMContentLoaded"];
  for (const one of WHEN) document.addEventListener(one, look);
  look();
})();

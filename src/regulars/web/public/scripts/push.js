// Regulars: buttons by which customers switch on messages in their browser. Asks nobody anything by itself.
// <script async src="https://REGULARS/w/push.js" data-shop="SHOP" data-customer="NUMBER:EXPIRES:SIGNATURE"></script>
// <button type="button" data-regulars-push hidden>Messages in the browser</button>
(() => {
  const { shop, customer } = document.currentScript.dataset;
  const page = new URL(`/w/${shop}/push`, document.currentScript.src);
  if (!shop || !customer) return;
  // A page of ours explains, asks and can be left again. What follows # reaches no server's log.
  page.hash = customer;
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-regulars-push]")) return;
    event.preventDefault();
    if (!window.open(page, "regulars-push", "popup,width=520,height=720")) location.assign(page);
  });
  const show = () => {
    for (const one of document.querySelectorAll("[data-regulars-push][hidden]")) one.hidden = false;
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", show);
  else show();
})();

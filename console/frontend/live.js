// What happens elsewhere arrives as server-sent events and becomes `live:<type>` on <body>, where
// HTMX elements wait for it (hx-trigger="live:case from:body"). The fragment itself is then
// fetched by an ordinary request, so rights are checked in one place.
//
// The stream is closed while the tab is hidden: a browser allows six connections to a host, and
// people keep many cases open. On coming back `live:return` refreshes what may have been missed.

export function startLive(htmx) {
  const address = document.body.dataset.live;
  if (!address) return;
  let source = null;
  let closedBefore = false;

  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("change", (event) => {
      const change = JSON.parse(event.data);
      htmx.trigger(document.body, `live:${change.type}`, change);
    });
    // The server asks browsers to come back later (it is stopping, or the session has ended).
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(open, 5000 + Math.random() * 5000);
      }
    });
    if (closedBefore) htmx.trigger(document.body, "live:return");
  };
  const close = () => {
    source?.close();
    source = null;
    closedBefore = true;
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
}

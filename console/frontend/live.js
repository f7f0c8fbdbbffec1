// What happens elsewhere arrives as server-sent events and becomes `live:<type>` on <body>, where
// HTMX elements wait for it (hx-trigger="live:case from:body"). The fragment itself is then
// fetched by an ordinary request, so rights are checked in one place.
//
// A burst of events of one type is told at once and then at most every PACE milliseconds; the last of
// a burst is always told, or a page would stay behind for ever.
//
// The stream is closed while the tab is hidden: a browser allows six connections to a host, and
// people keep many cases open. On coming back `live:return` refreshes what may have been missed.

const PACE = 700;

/** Calls `tell(type)` now, or at the end of the pace if it was called a moment ago. */
function paced(tell) {
  const last = new Map();
  const waiting = new Set();
  return (type) => {
    if (waiting.has(type)) return;
    const wait = Math.max((last.get(type) ?? 0) + PACE - Date.now(), 0);
    waiting.add(type);
    setTimeout(() => {
      waiting.delete(type);
      last.set(type, Date.now());
      tell(type);
    }, wait);
  };
}

export function startLive(htmx) {
  const address = document.body.dataset.live;
  if (!address) return;
  const tell = paced((type) => htmx.trigger(document.body, `live:${type}`));
  let source = null;
  let closedBefore = false;

  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("change", (event) => {
      tell(JSON.parse(event.data).type);
    });
    // The server asks browsers to come back later (it is stopping, or the session has ended).
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(open, 5000 + Math.random() * 5000);
      }
    });
    if (closedBefore) tell("return");
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

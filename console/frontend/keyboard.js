// Keys that work on every screen: / search, ? the list of keys, j and k through a list, Enter opens.

export function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
}

const rows = () => [...document.querySelectorAll("[data-rows] [data-row-link]")];

function step(by) {
  const links = rows();
  if (links.length === 0) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next].focus();
  links[next].closest("tr")?.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => document.querySelector("dialog[data-keys]")?.showModal(),
};

export function startKeyboard() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    // By place on the board too: with a Persian layout the j key gives another letter.
    const byPlace = { KeyJ: "j", KeyK: "k" }[event.code];
    const action = keys[event.key] ?? keys[byPlace];
    const claim = !action && event.code === "KeyC" && document.querySelector("[data-claim-next]");
    if (!action && !claim) return;
    event.preventDefault();
    if (action) action();
    else claim.click();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog")?.close();
  });
}

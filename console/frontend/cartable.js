// Keys of cartable and case page, forms that ask before they are sent, the bar for many cases.
//
// On a list: o opens the marked row, x chooses it, r and a open it at the form. On a case: t, r, a.
import { isTyping } from "./keyboard.js";

const PLACES = { KeyO: "o", KeyX: "x", KeyR: "r", KeyA: "a", KeyT: "t" };

function unfold(key) {
  const target = document.querySelector(`[data-key="${key}"]`);
  if (!target) return false;
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView({ block: "center" });
    target.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  } else target.focus();
  return true;
}

function inList(key) {
  const row = document.activeElement?.closest("[data-rows] tr");
  const link = row?.querySelector("[data-row-link]");
  if (!link) return false;
  if (key === "o") link.click();
  else if (key === "x") row.querySelector("input[type=checkbox]")?.click();
  else if (key === "r" || key === "a") window.location.assign(`${link.href}#key-${key}`);
  else return false;
  link.focus();
  return true;
}

function startBulk() {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const told = bar.querySelector("[data-bulk-count]");
  const number = new Intl.NumberFormat(document.documentElement.lang === "fa" ? "fa-IR" : "en");
  const chosen = () => document.querySelectorAll("input[form=bulk]:checked").length;
  const tell = () => {
    const count = chosen();
    told.textContent = count ? `${told.dataset.some} ${number.format(count)}` : told.dataset.none;
    bar.classList.toggle("is-on", count > 0);
  };
  const shape = () => {
    const act = bar.querySelector("[data-bulk-act]").value;
    for (const part of bar.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(act);
  };
  document.addEventListener("change", (event) => {
    if (event.target.form === bar) { tell(); shape(); }
  });
  tell();
  shape();
  // What was chosen is kept when the list is shown anew; while something is chosen it stays as it is.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "work" && chosen() > 0) event.preventDefault();
  });
  document.addEventListener("htmx:afterSwap", tell);
}

export function startCartable(htmx) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) && event.target.type !== "checkbox") return;
    const key = PLACES[event.code];
    if (key && (inList(key) || unfold(key))) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    const asked = event.target.dataset?.confirm;
    if (asked && !window.confirm(asked)) event.preventDefault();
  });
  const wanted = /^#key-([ra])$/.exec(window.location.hash);
  if (wanted) unfold(wanted[1]);
  // Worklists look again when a case somewhere changes, but not more often than every one and a half seconds.
  let waiting = null;
  document.body.addEventListener("live:case", () => {
    waiting ??= setTimeout(() => { waiting = null; htmx.trigger(document.body, "live:work"); }, 1500);
  });
  startBulk();
}

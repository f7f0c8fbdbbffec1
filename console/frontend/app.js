// Runs on every screen.
import htmx from "htmx.org";
import { startLive } from "./live.js";
import { startKeyboard } from "./keyboard.js";
import { copyOnClick } from "./copy.js";
import { startMenus } from "./menus.js";
import { startCartable } from "./cartable.js";

// Pages are under a strict content security policy, and hold what must not lie about in a browser.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;

const token = document.querySelector('meta[name="form-token"]')?.content ?? "";
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-Form-Token"] = token;
});
// A session that ended meanwhile: go and sign in instead of showing the sign-in page inside a panel.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 401) {
    event.detail.shouldSwap = false;
    window.location.reload();
    return;
  }
  // What somebody sent and was refused is told where they sent it; a part that only wanted to look
  // again keeps what it shows until the next time.
  if (event.detail.xhr.status >= 400 && event.detail.requestConfig.verb === "post") {
    event.detail.shouldSwap = true;
  }
});

startMenus();
startKeyboard();
copyOnClick();
startLive(htmx);
startCartable(htmx);

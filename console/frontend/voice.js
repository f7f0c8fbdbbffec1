// An answer spoken by an official, in the browser or from a sound file: coded as the line keeps it, sent,
// heard as it is kept; the answer's form then names it. What goes wrong is told in words, and a voice that
// did not arrive stays here until it does.
import { alaw, read, RATE } from "./alaw.js";

const LONGEST_SECONDS = 120;
const SHORTEST_SECONDS = 0.5;
const SILENCE = 0.01; // of full scale: the noise of a telephone line lies below it
const LARGEST_FILE = 64 * 1024 * 1024;
const REASONS = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "none", OverconstrainedError: "none" };
const REFUSALS = { 401: "ended", 403: "ended", 404: "moved", 409: "moved", 422: "short" };
const CALM = new Set(["asking", "going", "sending", "kept", "long", "away"]);

/** A reason to stop that is told to the person; its message is the name of the words. */
class Told extends Error {}

const tokenOf = (page) => page.querySelector('meta[name="form-token"]');

/** Takes the token of this page as it would come now. Returns the name of what went wrong, or nothing. */
async function freshToken() {
  const answer = await fetch(window.location.pathname, { redirect: "manual" });
  if (answer.type === "opaqueredirect") return "ended"; // to the door
  if (!answer.ok) return answer.status === 404 ? "moved" : "broken";
  const { content } = tokenOf(new DOMParser().parseFromString(await answer.text(), "text/html"));
  tokenOf(document).content = content;
  for (const field of document.querySelectorAll("[name=form_token]")) field.value = content;
  return "";
}

class Voice {
  constructor(place) {
    this.place = place;
    this.form = place.closest("form");
    this.field = place.querySelector("[name=recording_id]");
    this.recorder = null;
    this.asking = false;
    this.sending = false;
    this.unsent = null; // bytes that did not arrive
    this.leaving = false;
    this.#on("start", "click", () => this.#record());
    this.#on("stop", "click", () => this.recorder?.stop());
    this.#on("again", "click", () => this.#sendAgain());
    this.#on("away", "click", () => this.#takeAway());
    this.#on("file", "change", (event) => this.#take(event.target));
    this.form.addEventListener("submit", (event) => this.#submit(event));
    window.addEventListener("beforeunload", (event) => this.#mind(event));
    if (this.field.value) this.#shown("kept");
  }

  get #busy() {
    return this.asking || this.sending || this.recorder !== null || this.unsent !== null;
  }

  #find(name) {
    return this.place.querySelector(`[data-voice-${name}]`);
  }

  #on(name, event, act) {
    this.#find(name).addEventListener(event, act);
  }

  #say(name) {
    const said = this.#find("said");
    said.textContent = this.place.dataset[name];
    said.classList.toggle("is-wrong", !CALM.has(name));
  }

  /** Shows what can be done now. Who stood on a button that goes away stands on the one in its place. */
  #shown(name) {
    const stood = this.place.contains(document.activeElement) && document.activeElement;
    const recording = this.recorder !== null;
    const kept = this.field.value !== "" && !recording;
    this.#find("start").hidden = recording;
    this.#find("stop").hidden = !recording;
    this.#find("again").hidden = this.unsent === null;
    this.#find("first").hidden = kept;
    this.#find("anew").hidden = !kept;
    this.#find("kept").hidden = !kept && this.unsent === null;
    const heard = this.#find("heard");
    heard.hidden = !kept;
    const address = `${this.place.dataset.sounds}${this.field.value}/audio?format=wav`;
    if (!kept) heard.pause();
    else if (heard.getAttribute("src") !== address) heard.src = address;
    this.#say(name);
    if (stood && stood.offsetParent === null) this.#find(recording ? "stop" : this.unsent ? "again" : "start").focus();
  }

  async #record() {
    if (this.asking || this.sending) return;
    if (!navigator.mediaDevices) return this.#say("insecure");
    this.asking = true;
    this.#say("asking");
    try {
      this.#listen(await navigator.mediaDevices.getUserMedia({ audio: true }));
    } catch (error) {
      this.#say(REASONS[error.name] ?? "busy");
    } finally {
      this.asking = false;
    }
  }

  #listen(stream) {
    const parts = [];
    const recorder = new MediaRecorder(stream);
    const began = performance.now();
    let long = false;
    const clock = setInterval(() => this.#tick((performance.now() - began) / 1000), 250);
    const end = setTimeout(() => {
      long = true;
      recorder.stop();
    }, LONGEST_SECONDS * 1000);
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    recorder.addEventListener("stop", () => {
      clearInterval(clock);
      clearTimeout(end);
      for (const track of stream.getTracks()) track.stop();
      this.recorder = null;
      this.#keep(new Blob(parts), long ? "long" : "kept", LONGEST_SECONDS);
    });
    this.recorder = recorder;
    recorder.start();
    this.#tick(0);
    this.#shown("going");
  }

  #tick(seconds) {
    const digits = new Intl.NumberFormat(document.documentElement.lang === "fa" ? "fa-IR" : "en", { minimumIntegerDigits: 2 });
    const whole = Math.floor(seconds);
    this.#find("time").textContent = `${digits.format(Math.floor(whole / 60))}:${digits.format(whole % 60)}`;
  }

  async #take(chooser) {
    const [file] = chooser.files;
    if (!file || this.recorder || this.sending) return;
    await this.#keep(file, "kept", Infinity);
    chooser.value = ""; // the same file may be chosen again
  }

  /** Codes the sound and sends it; an earlier voice stays until this one is kept. */
  async #keep(blob, word, longest) {
    this.sending = true;
    this.#shown("sending");
    try {
      const bytes = await this.#coded(blob, longest);
      await this.#send(bytes, word);
    } catch (error) {
      this.sending = false;
      this.#shown(error instanceof Told ? error.message : "unreadable");
    }
  }

  async #coded(blob, longest) {
    if (blob.size > LARGEST_FILE) throw new Told("lengthy");
    const spoken = longest === LONGEST_SECONDS;
    const sound = await read(blob).catch(() => {
      throw new Told(spoken ? "short" : "unreadable"); // a recording broken off at once is no file yet
    });
    if (!spoken && sound.duration > LONGEST_SECONDS) throw new Told("lengthy");
    const { bytes, peak } = await alaw(sound, LONGEST_SECONDS);
    if (bytes.length < SHORTEST_SECONDS * RATE) throw new Told("short");
    if (peak < SILENCE) throw new Told("silent");
    return bytes;
  }

  /** Perhaps somebody has signed in anew meanwhile: the page's forms then need another token. */
  async #sendAgain() {
    if (this.sending) return;
    this.sending = true;
    const fresh = await freshToken().catch(() => "broken");
    this.sending = false;
    if (fresh) this.#shown(fresh);
    else await this.#send(this.unsent, "kept");
  }

  async #send(bytes, word) {
    this.sending = true;
    this.unsent = bytes;
    this.#say("sending");
    const said = await this.#post(bytes).catch(() => "broken");
    this.sending = false;
    if (said === "" || said === "moved" || said === "short") this.unsent = null;
    this.#shown(said || word);
  }

  /** Returns the name of what went wrong, or nothing. */
  async #post(bytes) {
    const headers = { "Content-Type": "audio/x-alaw-basic", "X-Form-Token": tokenOf(document).content };
    const answer = await fetch(this.place.dataset.voice, { method: "POST", headers, body: bytes });
    if (!answer.ok) return REFUSALS[answer.status] ?? "broken";
    this.field.value = await answer.text();
    return "";
  }

  /** The way on for who can't send it: the answer goes out in writing alone. */
  #takeAway() {
    if (this.sending) return;
    this.unsent = null;
    this.field.value = "";
    this.#shown("away");
  }

  #submit(event) {
    if (this.#busy) {
      event.preventDefault();
      this.#say("wait");
    } else this.leaving = true;
  }

  /** The browser asks before it closes a page with a voice on it that no answer names yet. */
  #mind(event) {
    if (this.leaving || !(this.#busy || this.field.value)) return;
    event.preventDefault();
  }
}

export function startVoices() {
  for (const place of document.querySelectorAll("[data-voice]")) new Voice(place);
}

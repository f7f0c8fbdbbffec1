// Plays a recording. The wave form is drawn from peaks the server made, and the audio itself is
// fetched only when somebody presses play: every fetch of it is written to the audit trail.
import WaveSurfer from "wavesurfer.js";
import { silences } from "./silence.js";

const KEPT = "line111.player"; // in local storage: speed, volume, skipping of silence

export class Player {
  /** @param {HTMLElement} place the element with data-audio, data-peaks and data-duration (ms) */
  constructor(place) {
    this.place = place;
    this.duration = Number(place.dataset.duration) / 1000;
    this.silences = [];
    this.listeners = [];
    this.audio = place.querySelector("audio");
    // Whole, as the audio element tells it: for another address wavesurfer would load the sound anew.
    this.address = new URL(place.dataset.audio, window.location.href).href;
    this.wave = WaveSurfer.create({
      container: place.querySelector("[data-wave]"),
      media: this.audio,
      url: this.address,
      peaks: [[0]],
      duration: this.duration,
      height: 84,
      barWidth: 2,
      barGap: 1.5,
      barRadius: 2,
      normalize: true,
      waveColor: "#9cbfc2",
      progressColor: "#0d6068",
      cursorColor: "#0c3f45",
      cursorWidth: 2,
      dragToSeek: true,
      cspNonce: document.querySelector('meta[name="style-nonce"]')?.content,
    });
    const language = document.documentElement.lang;
    this.digits = new Intl.NumberFormat(language === "fa" ? "fa-IR" : "en", { useGrouping: false, minimumIntegerDigits: 2 });
    this.#wire();
    this.#restore();
    this.#tell();
    this.#draw();
  }

  /** The wave form comes a moment after the buttons work; without it the recording can be heard too. */
  async #draw() {
    const response = await fetch(this.place.dataset.peaks, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const { channels } = await response.json();
    const peaks = channels[0].map((_, index) => Math.max(...channels.map((channel) => channel[index])));
    this.silences = silences(peaks, this.duration);
    // Not by setOptions: that takes new peaks and goes on drawing the old ones (wavesurfer 8.0).
    await this.wave.load(this.address, [peaks], this.duration);
  }

  get milliseconds() {
    return this.audio.currentTime * 1000;
  }

  onTime(listener) {
    this.listeners.push(listener);
  }

  toggle() {
    return this.audio.paused ? this.#play() : this.audio.pause();
  }

  skip(seconds) {
    this.#goto(this.audio.currentTime + seconds);
  }

  playFrom(milliseconds) {
    this.#goto(milliseconds / 1000);
    if (this.audio.paused) this.#play();
  }

  #goto(seconds) {
    const target = Math.min(Math.max(seconds, 0), Math.max(this.duration - 0.05, 0));
    this.wave.setTime(target);
    // wavesurfer puts a seek off until more sound is there; at the end of a recording it never is.
    this.audio.currentTime = target;
    this.#tell();
  }

  async #play() {
    const failed = this.place.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      await this.audio.play();
    } catch (error) {
      // AbortError: somebody pressed pause before the first sound.
      if (error.name !== "AbortError") failed.hidden = false;
    }
  }

  #wire() {
    const find = (name) => this.place.querySelector(`[data-${name}]`);
    find("play").addEventListener("click", () => this.toggle());
    find("back").addEventListener("click", () => this.skip(-5));
    find("forward").addEventListener("click", () => this.skip(5));
    this.speed = find("speed");
    this.volume = find("volume");
    this.quiet = find("skip-silence");
    for (const control of [this.speed, this.volume, this.quiet]) {
      control.addEventListener("input", () => this.#apply(true));
    }
    for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.#button());
    this.audio.addEventListener("error", () => (find("failed").hidden = !this.audio.error));
    this.wave.on("interaction", (seconds) => this.#goto(seconds));
    const frame = () => {
      this.#tell();
      if (!this.audio.paused) requestAnimationFrame(frame);
    };
    this.audio.addEventListener("play", frame);
    this.audio.addEventListener("seeked", () => this.#tell());
  }

  #button() {
    const button = this.place.querySelector("[data-play]");
    const playing = !this.audio.paused;
    button.setAttribute("aria-label", playing ? button.dataset.pauseLabel : button.dataset.playLabel);
    button.querySelector("[data-when=paused]").toggleAttribute("hidden", playing);
    button.querySelector("[data-when=playing]").toggleAttribute("hidden", !playing);
  }

  #tell() {
    if (this.quiet.checked && !this.audio.paused) this.#leap();
    this.place.querySelector("[data-now]").textContent = this.#clock(this.audio.currentTime);
    this.place.querySelector("[data-total]").textContent = this.#clock(Math.round(this.duration));
    for (const listener of this.listeners) listener(this.milliseconds);
  }

  #leap() {
    const now = this.audio.currentTime;
    const pause = this.silences.find(([from, to]) => now >= from && now < to);
    if (pause) this.audio.currentTime = pause[1];
  }

  #clock(seconds) {
    const whole = Math.floor(seconds);
    return `${this.digits.format(Math.floor(whole / 60))}:${this.digits.format(whole % 60)}`;
  }

  #apply(keep) {
    this.audio.playbackRate = Number(this.speed.value);
    this.audio.volume = Number(this.volume.value);
    if (!keep) return;
    localStorage.setItem(KEPT, JSON.stringify({ speed: this.speed.value, volume: this.volume.value, quiet: this.quiet.checked }));
  }

  #restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
      if ([...this.speed.options].some((option) => option.value === kept.speed)) this.speed.value = kept.speed;
      if (kept.volume >= 0 && kept.volume <= 1) this.volume.value = kept.volume;
      this.quiet.checked = kept.quiet === true;
    } catch {
      localStorage.removeItem(KEPT);
    }
    this.#apply(false);
  }
}

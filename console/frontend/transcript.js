// Words in step with the audio: the one being spoken is marked, a click on one plays from there,
// and a search marks what matches. The text may be replaced while a worker is still writing it.

/** Letters that look and mean the same, brought to one form (Arabic yeh and kaf, digits, joiners). */
function plain(text) {
  return text
    .toLowerCase()
    .replace(/[\u064A\u0649]/g, "\u06CC")
    .replace(/\u0643/g, "\u06A9")
    .replace(/[\u200B-\u200F\u064B-\u0652]/g, "")
    .replace(/[\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) - 0x06f0))
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x0660));
}

export class Transcript {
  constructor(place) {
    this.place = place;
    this.words = [];
    this.current = null;
    if (!place) return;
    this.#index();
    place.addEventListener("htmx:afterSettle", () => this.#index());
    place.addEventListener("click", (event) => {
      const word = event.target.closest("[data-start]");
      if (word) this.choose?.(Number(word.dataset.start));
    });
    place.addEventListener("input", (event) => event.target.matches("[data-find]") && this.#find(event.target.value));
    place.addEventListener("keydown", (event) => {
      if (event.target.matches("[data-find]") && event.key === "Enter") this.#next(event.shiftKey ? -1 : 1);
    });
  }

  onChoose(listener) {
    this.choose = listener;
  }

  /** Marks the word spoken at this time (ms); between two words the earlier one stays marked. */
  show(milliseconds) {
    const word = milliseconds > 0 ? this.words[this.#at(milliseconds)] : undefined;
    if (word?.element === this.current) return;
    this.current?.classList.remove("now");
    this.current = word?.element ?? null;
    this.current?.classList.add("now");
    this.#keepInSight();
  }

  /** Start (ms) of the word before or after the one spoken at this time. */
  neighbour(milliseconds, by) {
    if (this.words.length === 0) return milliseconds;
    const index = Math.min(Math.max(this.#at(milliseconds) + by, 0), this.words.length - 1);
    return this.words[index].start;
  }

  #index() {
    const elements = [...this.place.querySelectorAll("[data-start]")];
    this.words = elements.map((element) => ({ element, start: Number(element.dataset.start), text: plain(element.textContent) }));
    this.words.sort((one, other) => one.start - other.start);
    this.current = null;
    this.hits = [];
    this.hit = -1;
    const find = this.place.querySelector("[data-find]");
    if (find?.value) this.#find(find.value);
  }

  #at(milliseconds) {
    let low = 0;
    let high = this.words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.words[middle].start <= milliseconds + 1) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #keepInSight() {
    if (!this.current || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const box = this.current.getBoundingClientRect();
    const outside = box.bottom > window.innerHeight - 40 || box.top < 80;
    // Only follow a text that is being read: never pull the page away from somebody elsewhere on it.
    if (outside && box.bottom > -200 && box.top < window.innerHeight + 200) {
      this.current.scrollIntoView({ block: "center", behavior: "smooth" });
    }
  }

  #find(text) {
    const wanted = plain(text).split(/\s+/).filter(Boolean);
    for (const word of this.words) word.element.classList.remove("found");
    this.hits = wanted.length === 0 ? [] : this.#runs(wanted);
    for (const run of this.hits) for (const word of run) word.element.classList.add("found");
    this.hit = -1;
    const count = this.place.querySelector("[data-found]");
    count.textContent = wanted.length === 0 ? "" : new Intl.NumberFormat(document.documentElement.lang === "fa" ? "fa-IR" : "en").format(this.hits.length);
  }

  /** Runs of neighbouring words that hold the wanted ones in order. */
  #runs(wanted) {
    const runs = [];
    for (let first = 0; first + wanted.length <= this.words.length; first += 1) {
      const run = this.words.slice(first, first + wanted.length);
      if (run.every((word, index) => word.text.includes(wanted[index]))) runs.push(run);
    }
    return runs;
  }

  #next(by) {
    if (this.hits.length === 0) return;
    this.hit = (this.hit + by + this.hits.length) % this.hits.length;
    this.hits[this.hit][0].element.scrollIntoView({ block: "center" });
    this.choose?.(this.hits[this.hit][0].start);
  }
}

// The page of one case: the recording and its words.
import { Player } from "./player.js";
import { Transcript } from "./transcript.js";
import { isTyping } from "./keyboard.js";
import { startVoices } from "./voice.js";

const SECONDS_A_STEP = 5;

function start() {
  const place = document.querySelector("[data-player]");
  const transcript = new Transcript(document.querySelector("[data-transcript]"));
  if (!place) return;
  const player = new Player(place);
  player.onTime((milliseconds) => transcript.show(milliseconds));
  transcript.onChoose((milliseconds) => player.playFrom(milliseconds));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const onButton = event.target instanceof Element && event.target.closest("button, a, summary");
    if (event.code === "Space" && !onButton) player.toggle();
    else if (event.code === "ArrowRight" && event.shiftKey) player.playFrom(transcript.neighbour(player.milliseconds, 1));
    else if (event.code === "ArrowLeft" && event.shiftKey) player.playFrom(transcript.neighbour(player.milliseconds, -1));
    else if (event.code === "ArrowRight") player.skip(SECONDS_A_STEP);
    else if (event.code === "ArrowLeft") player.skip(-SECONDS_A_STEP);
    else return;
    event.preventDefault();
  });
}

start();
startVoices();

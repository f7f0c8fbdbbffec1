// An answer spoken by an official, in the browser or from a sound file: brought to 8000 samples a second
// of one channel, coded as G.711 A-law as the line keeps it, and sent; the answer's form then names it.

const RATE = 8000;
const LONGEST_SECONDS = 120;

/** One sample of -1…1 as an A-law byte (ITU-T G.711, even bits inverted). */
function alaw(sample) {
  const linear = Math.max(-1, Math.min(1, sample)) * 32767;
  const sign = linear >= 0 ? 0x80 : 0;
  const size = Math.min(Math.abs(Math.trunc(linear)) >> 3, 4095);
  let segment = 0;
  for (let rest = size >> 5; rest > 0; rest >>= 1) segment += 1;
  const mantissa = segment < 2 ? (size >> 1) & 15 : (size >> segment) & 15;
  return (sign | (segment << 4) | mantissa) ^ 0x55;
}

async function coded(blob) {
  const context = new AudioContext();
  const sound = await context.decodeAudioData(await blob.arrayBuffer());
  await context.close();
  const seconds = Math.min(sound.duration, LONGEST_SECONDS);
  const offline = new OfflineAudioContext(1, Math.floor(seconds * RATE), RATE);
  const source = offline.createBufferSource();
  source.buffer = sound;
  source.connect(offline.destination);
  source.start();
  const samples = (await offline.startRendering()).getChannelData(0);
  return Uint8Array.from(samples, alaw);
}

function start(place) {
  const find = (name) => place.querySelector(`[data-voice-${name}]`);
  const field = place.querySelector("[name=recording_id]");
  const say = (name) => (find("said").textContent = place.dataset[name]);
  let recorder = null;

  async function keep(blob) {
    try {
      const token = document.querySelector('meta[name="form-token"]').content;
      const headers = { "Content-Type": "audio/x-alaw-basic", "X-Form-Token": token };
      const answer = await fetch(place.dataset.voice, { method: "POST", headers, body: await coded(blob) });
      if (!answer.ok) throw new Error(String(answer.status));
      field.value = await answer.text();
      say("kept");
    } catch {
      say("failed");
    }
  }
  const shows = (recording) => {
    find("start").hidden = recording;
    find("stop").hidden = !recording;
  };
  find("start").addEventListener("click", async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const parts = [];
      recorder = new MediaRecorder(stream);
      recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
      recorder.addEventListener("stop", () => {
        for (const track of stream.getTracks()) track.stop();
        shows(false);
        keep(new Blob(parts));
      });
      recorder.start();
      setTimeout(() => recorder?.state === "recording" && recorder.stop(), LONGEST_SECONDS * 1000);
      shows(true);
      say("going");
      find("stop").focus();
    } catch {
      say("failed");
    }
  });
  find("stop").addEventListener("click", () => recorder?.stop());
  find("file").addEventListener("change", (event) => event.target.files[0] && keep(event.target.files[0]));
}

export function startVoices() {
  for (const place of document.querySelectorAll("[data-voice]")) start(place);
}

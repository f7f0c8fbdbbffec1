// Sound of any sort as the line keeps it: G.711 A-law, 8000 samples a second, one channel.

export const RATE = 8000;
const READING_RATE = 48000;

/** One sample of -1…1 as an A-law byte (ITU-T G.711, even bits inverted). */
function coded(sample) {
  const linear = Math.max(-1, Math.min(1, sample)) * 32767;
  const sign = linear >= 0 ? 0x80 : 0;
  const size = Math.min(Math.abs(Math.trunc(linear)) >> 3, 4095);
  let segment = 0;
  for (let rest = size >> 5; rest > 0; rest >>= 1) segment += 1;
  const mantissa = segment < 2 ? (size >> 1) & 15 : (size >> segment) & 15;
  return (sign | (segment << 4) | mantissa) ^ 0x55;
}

/** Reads a sound file of a sort the browser knows. Throws where it holds no sound. */
export async function read(blob) {
  const reader = new OfflineAudioContext(1, 1, READING_RATE);
  return reader.decodeAudioData(await blob.arrayBuffer());
}

/** The sound's first seconds: its A-law bytes, and its loudest sample (0…1). */
export async function alaw(sound, longest) {
  const length = Math.floor(Math.min(sound.duration, longest) * RATE);
  const context = new OfflineAudioContext(1, Math.max(length, 1), RATE);
  const source = context.createBufferSource();
  source.buffer = sound;
  source.connect(context.destination);
  source.start();
  const samples = (await context.startRendering()).getChannelData(0);
  const peak = samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
  return { bytes: Uint8Array.from(samples.subarray(0, length), coded), peak };
}

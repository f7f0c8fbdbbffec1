// Where nobody speaks, judged by the peaks of the wave form.

const SHARE_OF_LOUDEST = 0.06;
const SHORTEST = 1.2; // seconds; shorter pauses belong to speech
const MARGIN = 0.3; // seconds kept at both ends, so that no first consonant is cut

/**
 * @param {number[]} peaks loudness 0…1, evenly spread over the recording
 * @param {number} duration seconds
 * @returns {[number, number][]} spans to leap over, in seconds
 */
export function silences(peaks, duration) {
  const limit = Math.max(...peaks) * SHARE_OF_LOUDEST;
  const step = duration / peaks.length;
  const spans = [];
  let from = null;
  for (let index = 0; index <= peaks.length; index += 1) {
    const quiet = index < peaks.length && peaks[index] <= limit;
    if (quiet && from === null) from = index * step;
    if (!quiet && from !== null) {
      const to = index * step;
      if (to - from >= SHORTEST) spans.push([from + MARGIN, to - MARGIN]);
      from = null;
    }
  }
  return spans;
}

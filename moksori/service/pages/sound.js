// Sound on the page: a player, and pictures of what is heard.

import { clock, make, text } from "./page.js";

const BAR = 3; // CSS pixels of a bar of the waveform and its gap
const WINDOW = 1024;
const RANGE = 70; // dB below the loudest that the spectrogram shows
const MOST_HERTZ = 8000;

/** Fit a canvas to its place; returns its context, and width and height in CSS pixels. */
function prepare(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return { context, width, height };
}

const colour = (name, element) => getComputedStyle(element).getPropertyValue(name).trim();

/** Draw the waveform as bars; those before `played` (0 to 1) in the accent's colour. */
export function drawWave(canvas, samples, played = 0) {
  const { context, width, height } = prepare(canvas);
  const bars = Math.max(1, Math.floor(width / BAR));
  const peaks = Array.from({ length: bars }, (_, bar) => {
    const begin = Math.floor((bar * samples.length) / bars);
    const end = Math.max(begin + 1, Math.floor(((bar + 1) * samples.length) / bars));
    let peak = 0;
    for (let i = begin; i < end; i++) peak = Math.max(peak, Math.abs(samples[i] ?? 0));
    return peak;
  });
  const most = Math.max(...peaks, 1e-4);
  const style = getComputedStyle(canvas);
  peaks.forEach((peak, bar) => {
    const tall = Math.max(2, (peak / most) * (height - 4));
    context.fillStyle = bar < played * bars ? style.accentColor : style.color;
    context.beginPath();
    context.roundRect(bar * BAR, (height - tall) / 2, BAR - 1, tall, 1);
    context.fill();
  });
}

/** Transform in place, iterative radix 2 (Cooley and Tukey 1965). */
function fft(real, imaginary) {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const turn = (-2 * Math.PI) / size;
    for (let k = 0; k < size / 2; k++) {
      const cos = Math.cos(turn * k), sin = Math.sin(turn * k);
      for (let a = k; a < n; a += size) {
        const b = a + size / 2;
        const re = real[b] * cos - imaginary[b] * sin;
        const im = real[b] * sin + imaginary[b] * cos;
        real[b] = real[a] - re;
        imaginary[b] = imaginary[a] - im;
        real[a] += re;
        imaginary[a] += im;
      }
    }
  }
}

/** Return power spectra in dB, [columns][WINDOW / 2], of Hann windows across a wave. */
export function spectra(samples, columns) {
  const hann = Float64Array.from(
    { length: WINDOW },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW),
  );
  return Array.from({ length: columns }, (_, column) => {
    const middle = Math.round(((column + 0.5) * samples.length) / columns);
    const real = hann.map((weight, i) => weight * (samples[middle - WINDOW / 2 + i] ?? 0));
    const imaginary = new Float64Array(WINDOW);
    fft(real, imaginary);
    return real
      .subarray(0, WINDOW / 2)
      .map((re, bin) => 10 * Math.log10(re ** 2 + imaginary[bin] ** 2 + 1e-10));
  });
}

/** Draw the spectrogram, low frequencies below, from paper over accent to ink. */
export function drawSpectrogram(canvas, samples, rate) {
  const width = Math.max(1, Math.round(canvas.clientWidth));
  const height = 96;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const stops = ["--card", "--accent", "--ink"].map((name) => rgb(colour(name, canvas)));
  const columns = spectra(samples, width);
  const loudest = columns.reduce((most, bins) => Math.max(most, ...bins), -100);
  const bins = Math.min(WINDOW / 2, (MOST_HERTZ / rate) * WINDOW);
  const image = context.createImageData(width, height);
  columns.forEach((column, x) => {
    for (let y = 0; y < height; y++) {
      const decibel = column[Math.floor(((height - 1 - y) / height) * bins)];
      const level = Math.min(1, Math.max(0, 1 + (decibel - loudest) / RANGE));
      const half = level < 0.65 ? 0 : 1;
      const part = half ? (level - 0.65) / 0.35 : level / 0.65;
      const at = 4 * (y * width + x);
      for (let c = 0; c < 3; c++)
        image.data[at + c] = stops[half][c] + part * (stops[half + 1][c] - stops[half][c]);
      image.data[at + 3] = 255;
    }
  });
  context.putImageData(image, 0, 0);
}

/** Return red, green and blue, as the browser understands a colour of CSS. */
function rgb(name) {
  const canvas = make("canvas", { width: 1, height: 1 });
  document.body.append(canvas); // light-dark() is resolved where it stands.
  canvas.style.color = name;
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(canvas).color;
  context.fillRect(0, 0, 1, 1);
  canvas.remove();
  return context.getImageData(0, 0, 1, 1).data;
}

/** Decode a file to {samples (mono), rate, seconds}; rejects where the browser cannot. */
export async function decode(buffer) {
  const sound = await new OfflineAudioContext(1, 1, 24000).decodeAudioData(buffer);
  return { samples: sound.getChannelData(0), rate: sound.sampleRate, seconds: sound.duration };
}

/** Encode mono samples as a WAV of 16 bits. */
export function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const word = (at, letters) => [...letters].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  word(8, "WAVEfmt ");
  [[16, 16], [24, rate], [28, 2 * rate], [40, 2 * samples.length]].forEach(([at, value]) =>
    view.setUint32(at, value, true));
  [[20, 1], [22, 1], [32, 2], [34, 16]].forEach(([at, value]) => view.setUint16(at, value, true));
  word(36, "data");
  samples.forEach((value, i) =>
    view.setInt16(44 + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, value))), true));
  return new Blob([view], { type: "audio/wav" });
}

/** Make a player: a button, the waveform to seek in, the time, the spectrogram.
 *
 * `stream(url)` offers what is still being made; `load(url)` what is complete, which is
 * also drawn: from `file` where its address is one of the page's own. A stream that
 * plays is played to its end. What is in the waveform's place `meanwhile` may go then.
 */
export function player(label, meanwhile) {
  const audio = make("audio", { preload: "none" });
  const icon = make("span", { class: "triangle", "aria-hidden": "true" });
  const button = make("button", { type: "button", class: "play", disabled: true }, icon);
  const wave = make("canvas", { class: "wave", "aria-hidden": "true" });
  const seek = make("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0, disabled: true, "aria-label": text("player.seek") });
  const time = make("span", { class: "time" }, "0:00");
  const picture = make("canvas", { class: "spectrogram", hidden: true, role: "img", "aria-label": text("player.spectrogram") });
  const note = make("p", { class: "soft", hidden: true }, text("player.undrawable"));
  const element = make("div", { class: "player", role: "group", "aria-label": label },
    audio, button, make("div", { class: "track" }, wave, seek, meanwhile), time, picture, note);
  let sound, complete;

  const show = () => {
    button.classList.toggle("playing", !audio.paused);
    button.ariaLabel = text(audio.paused ? "player.play" : "player.pause");
    const total = sound?.seconds ?? (Number.isFinite(audio.duration) ? audio.duration : 0);
    time.textContent = total ? `${clock(audio.currentTime)} / ${clock(total)}` : clock(audio.currentTime);
    if (document.activeElement !== seek || !audio.paused) seek.value = audio.currentTime;
    seek.ariaValueText = time.textContent;
    if (sound) drawWave(wave, sound.samples, audio.currentTime / sound.seconds);
  };
  const swap = () => {
    const idle = audio.paused || audio.ended || audio.error;
    if (complete && idle && audio.getAttribute("src") !== complete) {
      const at = audio.ended ? 0 : audio.currentTime;
      audio.src = complete;
      audio.currentTime = at;
      show();
    }
  };
  const draw = () => {
    if (!sound || !wave.clientWidth) return;
    show();
    drawSpectrogram(picture, sound.samples, sound.rate);
  };
  for (const event of ["play", "pause", "timeupdate", "loadedmetadata"]) audio.addEventListener(event, show);
  for (const event of ["ended", "error"]) audio.addEventListener(event, () => { swap(); show(); });
  button.addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
  seek.addEventListener("input", () => { swap(); audio.currentTime = Number(seek.value); });
  new ResizeObserver(draw).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  show();

  return {
    element,
    audio,
    stream(url) {
      audio.src = url;
      button.disabled = false;
    },
    async load(url, file) {
      complete = url;
      button.disabled = false;
      swap();
      try {
        sound = await decode(await (file ?? (await fetch(url))).arrayBuffer());
      } catch {
        note.hidden = false;
        return;
      }
      seek.max = sound.seconds;
      seek.disabled = false;
      picture.hidden = false;
      draw();
    },
  };
}

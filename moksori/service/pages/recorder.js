// Record a spoken statement, or take it from a file; it is sent as WAV.

import { make, say, text } from "./page.js";
import { decode, player, wav } from "./sound.js";

/** Let a button record; returns a function that gives the sound, or undefined. */
export function recorder(button, input, place) {
  let recording, sound, url;
  const show = (blob) => {
    sound = blob;
    URL.revokeObjectURL(url);
    place.replaceChildren();
    if (!blob) return;
    url = URL.createObjectURL(blob);
    const heard = player(text("voices.heard", { name: text("voices.statement") }));
    place.append(heard.element);
    heard.load(url, blob);
  };
  const end = () => {
    recording?.stop();
    recording = undefined;
    button.textContent = text("voices.record");
  };
  const begin = async () => {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return say(text("voices.no_microphone"), "warning");
    }
    const pieces = [];
    recording = new MediaRecorder(stream);
    recording.ondataavailable = ({ data }) => pieces.push(data);
    recording.onstop = async () => {
      stream.getTracks().forEach((track) => track.stop());
      const { samples, rate } = await decode(await new Blob(pieces).arrayBuffer());
      input.value = "";
      show(wav(samples, rate));
      say(text("voices.recorded"));
    };
    recording.start();
    button.textContent = text("voices.stop_recording");
    say(text("voices.recording"));
  };
  button.addEventListener("click", () => (recording ? end() : begin()));
  input.addEventListener("change", () => show(input.files[0]));
  input.form.addEventListener("reset", () => show());
  return () => sound;
}

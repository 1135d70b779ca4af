// Recordings that are chosen on a page: heard, seen and measured before they are sent.

import { api, busy, make, number, one, text } from "./page.js";
import { player } from "./sound.js";

let urls = [];

export const isSound = (file) => !/\.(txt|tsv)$/i.test(file.name);

const units = { fundamental_frequency: "Hz", spectral_centroid: "Hz", spectral_rolloff: "Hz", duration: "s", sample_rate: "Hz" };

function described(features) {
  const value = (name, found) =>
    Array.isArray(found) ? found.map((each) => each.toFixed(1)).join(" ") : `${number(Math.round(found * 100) / 100)} ${units[name] ?? ""}`;
  return make("dl", {}, Object.entries(features).flatMap(([name, found]) =>
    [make("dt", {}, text(`features.${name}`) ?? name), make("dd", {}, found == null ? "–" : value(name, found))]));
}

/** Show each recording of a field: to hear it, to see it, and its features on request. */
export function preview(field) {
  urls.forEach(URL.revokeObjectURL);
  const sounds = [...field.files].filter(isSound).slice(0, 5);
  urls = sounds.map(URL.createObjectURL);
  one("#previews").replaceChildren(...sounds.map((file, i) => {
    const sound = player(text("voices.heard", { name: file.name }));
    const measure = make("button", { type: "button", class: "plain" }, text("voices.measure"));
    const element = make("article", { class: "item" },
      make("div", { class: "head" }, make("h3", {}, file.name), measure), sound.element);
    measure.addEventListener("click", busy(measure, async () => {
      const body = new FormData();
      body.set("audio", file);
      const { features } = await api("POST", "/upload", body);
      measure.remove();
      element.append(described(features));
    }));
    sound.load(urls[i], file);
    return element;
  }));
}

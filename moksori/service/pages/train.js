// Train: clips and a consent become a vocal model, or a zip is one already.

import { api, attempt, busy, ended, make, one, say, showMissing, text } from "./page.js";
import { consentForm } from "./consent.js";
import { watch } from "./making.js";
import { preview } from "./recordings.js";

const MOST = 5;
const form = one("#new");
const fields = form.elements;
const consents = consentForm(form);

/** Show what is made while it is, and where it is then. */
function show(job) {
  watch(job.id, job.type, () => {
    one("#making").hidden = false;
    one("#making").replaceChildren(make("p", {}, make("a", { class: "button main", href: "/trained" }, text("train.see"))));
  });
  one("#making").scrollIntoView({ block: "nearest" });
}

form.addEventListener("submit", busy(form, async () => {
  const training = fields.way.value === "train";
  const files = [...(training ? fields.recordings : fields.zip).files];
  const consent = await consents.give(files);
  const body = new FormData();
  body.set("name", fields.name.value);
  body.set("consent_id", consent.id);
  files.forEach((file) => body.append(training ? "files" : "file", file));
  if (training) for (const name of ["epochs", "seed", "decoder"]) body.set(name, fields[name].value);
  const made = await api("POST", training ? "/api/v1/vocals" : "/api/v1/vocals/import", body);
  say(text("voices.begun"));
  form.reset();
  choose();
  preview(fields.recordings);
  show({ id: made.job_id, type: training ? "train_vocal" : "import_vocal" });
}));

function choose() {
  for (const part of form.querySelectorAll("[data-way]"))
    part.hidden = part.disabled = part.dataset.way !== fields.way.value;
}
for (const radio of fields.way) radio.addEventListener("change", choose);

/** Say before anything is sent that clips are too many, or that there is little of them. */
fields.recordings.addEventListener("change", async () => {
  const { files } = fields.recordings;
  fields.recordings.setCustomValidity(files.length > MOST ? text("train.many", { most: MOST }) : "");
  preview(fields.recordings);
  const seconds = await Promise.all([...files].map(secondsOf));
  const total = seconds.reduce((sum, each) => sum + each, 0);
  one("#warning").hidden = !files.length || total >= 60 || seconds.includes(NaN);
  one("#warning").textContent = text("train.short", { seconds: Math.round(total) });
});

/** Return how long a sound file is; NaN where the browser cannot tell. */
function secondsOf(file) {
  return new Promise((tell) => {
    const audio = make("audio", { preload: "metadata", src: URL.createObjectURL(file) });
    audio.onloadedmetadata = audio.onerror = () => {
      URL.revokeObjectURL(audio.src);
      tell(audio.duration);
    };
  });
}

choose();
await attempt(consents.load);
const running = (await attempt(() => api("GET", "/api/v1/jobs?limit=100")))?.jobs
  .find(({ type, state }) => ["train_vocal", "import_vocal"].includes(type) && !ended(state));
if (running) show(running);
showMissing("missing_for_covers").catch(() => {}); // Nobody asked for it.

// Speak: a text and a voice become sound, heard while it is made.

import { api, attempt, busy, clock, date, ended, follow, make, number, one, progress, say, showMissing, state, text, usage } from "./page.js";
import { player } from "./sound.js";

const MOST = 5000;
const form = one("#speak");
const field = form.elements.text;
let leave = () => {};

/** Count as the service does: code points of NFC. */
const characters = () => [...field.value.normalize("NFC")].length;

function count() {
  const counted = characters();
  one("#count").textContent = text("speak.count", { count: number(counted), most: number(MOST) });
  const long = counted > MOST;
  one("#count").classList.toggle("warning", long);
  field.setCustomValidity(long ? text("speak.long", { most: number(MOST) }) : "");
}

const signed = (value) => (value > 0 ? `+${value}` : String(value).replace("-", "−"));
const shown = { speed: (value) => `${value.toFixed(2)}×`, pitch: signed };
for (const name of Object.keys(shown)) {
  const input = form.elements[name];
  const show = () => (one(`output[for=${name}]`).value = shown[name](Number(input.value)));
  input.addEventListener("input", show);
  show();
}

async function listVoices() {
  const [{ voices }, { formats }] = await Promise.all([api("GET", "/api/v1/voices"), usage()]);
  const ready = voices.filter((voice) => voice.status === "ready");
  form.elements.voice.replaceChildren(
    ...ready.map((voice) => make("option", { value: voice.id }, voice.name)),
  );
  form.elements.format.replaceChildren(
    ...formats.map((format) => make("option", { value: format }, format.toUpperCase())),
  );
}

const audioOf = (job) => `/api/v1/jobs/${job.id}/audio`;
const extension = (job) => job.request.format;

/** Show a job: progress and sound while it runs, then the player and the download. */
function show(job, listening = false) {
  leave();
  const result = one("#result");
  const bar = progress(text("speak.progress"));
  const sound = player(text("speak.heard"), bar.element);
  const cancel = make("button", { type: "button", class: "quiet" }, text("speak.cancel"));
  cancel.addEventListener("click", busy(cancel, () => api("DELETE", `/api/v1/jobs/${job.id}`)));
  const actions = make("p", { class: "actions" }, cancel);
  result.replaceChildren(make("blockquote", { lang: "ko" }, job.request.text), sound.element, actions);
  result.hidden = false;
  if (!ended(job.state)) result.scrollIntoView({ block: "nearest" });

  const finish = (event) => {
    bar.element.remove();
    cancel.remove();
    listRecent();
    if (event.state !== "succeeded") {
      if (sound.audio.src) sound.audio.pause();
      sound.element.hidden = true;
      actions.append(state(event.state), event.message ?? "");
      return say(event.message ?? text(`states.${event.state}`), event.state === "failed" ? "warning" : "unseen");
    }
    sound.load(audioOf(job));
    actions.append(make("a", { class: "button", href: audioOf(job), download: `moksori.${extension(job)}` },
      text("speak.download", { format: extension(job).toUpperCase() })));
    if (listening) say(text("speak.done"), "unseen");
  };
  if (ended(job.state)) {
    leave = () => sound.audio.pause();
    return finish(job);
  }
  if (job.request.stream) sound.stream(audioOf(job));
  if (listening) sound.audio.play().catch(() => {}); // A browser may want a click first.
  const stop = follow(job.id, (event) =>
    ended(event.state) ? finish(event) : bar.update(event));
  leave = () => {
    stop();
    sound.audio.pause();
  };
}

async function listRecent() {
  const asked = await api("GET", "/api/v1/jobs?limit=30");
  const jobs = asked.jobs.filter((job) => job.type === "speak").slice(0, 6);
  one("#recent").hidden = !jobs.length;
  one("#recent ul").replaceChildren(...jobs.map((job) => {
    const [made] = job.artefacts ?? [];
    const open = () => {
      show(job);
      one("#result").scrollIntoView({ block: "nearest" });
    };
    return make("li", {},
      make("button", { type: "button", class: "row", click: open },
        make("span", { class: "text", lang: "ko" }, job.request.text),
        make("span", { class: "soft" }, [made?.seconds && clock(made.seconds), date(job.queued_at)].filter(Boolean).join(" · ")),
        state(job.state)));
  }));
  return jobs;
}

form.addEventListener("submit", busy(form, async () => {
  const listening = one("#listen").checked;
  const { voice, speed, pitch, format } = form.elements;
  const request = {
    text: field.value, voice: voice.value, language: "ko", format: format.value,
    speed: Number(speed.value), pitch: Number(pitch.value), stream: listening,
  };
  const accepted = await api("POST", "/api/v1/synthesize", request);
  show(accepted, listening);
  say(text("speak.accepted"), "unseen");
}));
field.addEventListener("input", count);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
count();
await attempt(listVoices);
const [newest] = (await attempt(listRecent)) ?? [];
if (newest && !ended(newest.state)) show(newest);
showMissing().catch(() => {}); // Nobody asked for it.

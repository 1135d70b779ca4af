// Cover: a song, or a recording, sung or said by a vocal model.

import { api, attempt, busy, clock, date, ended, follow, make, one, progress, saves, say, showMissing, state, text, usage } from "./page.js";
import { player } from "./sound.js";

const form = one("#cover");
const fields = form.elements;
const TYPES = ["cover", "convert"];
let leave = () => {};

const signed = (value) => (value > 0 ? `+${value}` : String(value).replace("-", "−"));
const percent = (value) => `${Math.round(100 * value)}%`;
for (const [name, written] of [["semitones", signed], ["index_rate", percent], ["room", percent]]) {
  const show = () => (one(`output[for=${name}]`).value =
    fields[name].disabled ? text("cover.by_itself") : written(Number(fields[name].value)));
  fields[name].addEventListener("input", show);
  fields.auto.addEventListener("change", () => {
    fields.semitones.disabled = fields.auto.checked;
    show();
  });
  show();
}

for (const radio of fields.what)
  radio.addEventListener("change", () => {
    for (const part of form.querySelectorAll("[data-what]"))
      part.hidden = part.disabled = part.dataset.what !== fields.what.value;
  });

async function listVoices() {
  const [{ vocals }, { formats }] = await Promise.all([api("GET", "/api/v1/vocals"), usage()]);
  const ready = vocals.filter(({ status }) => status === "ready");
  const wanted = new URLSearchParams(location.search).get("vocal");
  fields.vocal_id.replaceChildren(...ready.map(({ id, name }) => make("option", { value: id, selected: id === wanted }, name)));
  fields.format.replaceChildren(...formats.map((format) => make("option", { value: format }, format.toUpperCase())));
  if (!ready.length)
    form.prepend(make("p", { class: "warning" }, make("a", { href: "/train" }, text("cover.none"))));
}

/** Show a job: its progress, then the cover and what it is made of. */
function show(job) {
  leave();
  const result = one("#result");
  const bar = progress(text("speak.progress"));
  const cancel = make("button", { type: "button", class: "quiet" }, text("speak.cancel"));
  cancel.addEventListener("click", busy(cancel, () => api("DELETE", `/api/v1/jobs/${job.id}`)));
  result.replaceChildren(bar.element, make("p", { class: "actions" }, cancel));
  result.hidden = false;
  result.scrollIntoView({ block: "nearest" });

  const finish = async (event) => {
    attempt(listRecent);
    if (event.state !== "succeeded") {
      result.replaceChildren(make("p", {}, state(event.state), " ", event.message ?? ""));
      return say(event.message ?? text(`states.${event.state}`), event.state === "failed" ? "warning" : "unseen");
    }
    const made = await api("GET", `/api/v1/jobs/${job.id}`);
    const sounds = made.artefacts.map(({ name }) => player(text(`files.${name.split(".")[0]}`) ?? text("cover.result")));
    const heard = made.artefacts.map(({ name }, i) =>
      make("section", {}, make("h3", {}, text(`files.${name.split(".")[0]}`) ?? text("cover.result")), sounds[i].element));
    const [first, ...parts] = heard;
    result.replaceChildren(first, ...(parts.length ? [make("details", {}, make("summary", {}, text("cover.made_of")), parts)] : []),
      make("p", { class: "actions" }, saves(made)));
    made.artefacts.forEach(({ url }, i) => sounds[i].load(url));
    say(text("cover.done"), "unseen");
  };
  if (ended(job.state)) return attempt(() => finish(job));
  leave = follow(job.id, (event) => (ended(event.state) ? attempt(() => finish(event)) : bar.update(event)));
}

async function listRecent() {
  const asked = await api("GET", "/api/v1/jobs?limit=100");
  const jobs = asked.jobs.filter(({ type }) => TYPES.includes(type)).slice(0, 6);
  one("#recent").hidden = !jobs.length;
  one("#recent ul").replaceChildren(...jobs.map((job) =>
    make("li", {}, make("button", { type: "button", class: "row", click: () => show(job) },
      make("span", { class: "text" }, text(`types.${job.type}`)),
      make("span", { class: "soft" }, [job.artefacts?.[0]?.seconds && clock(job.artefacts[0].seconds), date(job.queued_at)].filter(Boolean).join(" · ")),
      state(job.state)))));
  return jobs;
}

form.addEventListener("submit", busy(form, async () => {
  const body = new FormData(form);
  body.delete("what");
  if (!fields.auto.checked) body.set("semitones", fields.semitones.value);
  const speech = fields.what.value === "speech";
  if (speech) body.delete("room");
  else body.set("stems", fields.stems.checked);
  show(await api("POST", speech ? "/api/v1/covers/speech" : "/api/v1/covers", body));
  say(text("speak.accepted"), "unseen");
}));

await attempt(listVoices);
const [newest] = (await attempt(listRecent)) ?? [];
if (newest && !ended(newest.state)) show(newest);
showMissing("missing_for_covers").catch(() => {}); // Nobody asked for it.

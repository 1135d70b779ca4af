// My voices: recordings and a consent become a voice; consents are revoked here.

import { api, attempt, busy, date, ended, make, number, one, say, showMissing, state, text } from "./page.js";
import { consentForm } from "./consent.js";
import { watch } from "./making.js";
import { isSound, preview } from "./recordings.js";

const form = one("#new");
const fields = form.elements;
const recordings = () => [...fields.recordings.files];
const consents = consentForm(form);

form.addEventListener("submit", busy(form, async () => {
  const files = recordings();
  const consent = await consents.give(files.filter(isSound));
  const body = new FormData();
  body.set("name", fields.name.value);
  body.set("consent_id", consent.id);
  const training = fields.way.value === "train";
  if (training && fields.minutes.value) body.set("minutes", fields.minutes.value);
  files.forEach((file) => body.append("files", file));
  try {
    const made = await api("POST", training ? "/api/v1/trainings" : "/api/v1/profiles", body);
    say(text("voices.begun"));
    form.reset();
    preview(fields.recordings);
    watch(made.job_id, training ? "train" : "prepare_voice", list);
  } finally {
    await list();
  }
}));

function profileItem(profile) {
  const remove = make("button", { type: "button", class: "danger", "aria-label": `${text("voices.remove")}: ${profile.name}` }, text("voices.remove"));
  remove.addEventListener("click", busy(remove, async () => {
    await api("DELETE", `/api/v1/profiles/${profile.id}`);
    say(text("voices.removed"));
    await list();
  }));
  return make("article", { class: "item" },
    make("div", { class: "head" }, make("h3", {}, profile.name), state(profile.status), remove),
    make("p", { class: "soft" }, [text(`kinds.${profile.kind}`), date(profile.created_at)].filter(Boolean).join(" · ")),
    profile.error && make("p", { class: "warning" }, profile.error));
}

function consentItem(consent) {
  const revoke = make("button", { type: "button", class: "danger", "aria-label": `${text("voices.revoke")}: ${consent.voice_owner}` }, text("voices.revoke"));
  const rows = [["signed", date(consent.signed_at)],
    ["valid_until", consent.valid_until ? date(consent.valid_until) : text("voices.forever")]];
  if (consent.similarity != null) {
    rows.push(["similarity", number(consent.similarity)]);
    rows.push(["sentence", text(consent.checked.includes("sentence") ? "voices.sentence_said" : "voices.sentence_unknown")]);
  }
  const element = make("article", { class: "item" },
    make("div", { class: "head" }, make("h3", {}, consent.voice_owner), state(consent.state), consent.state === "valid" && revoke),
    make("p", {}, consent.purpose),
    make("dl", {}, rows.flatMap(([name, value]) => [make("dt", {}, text(`voices.${name}`)), make("dd", {}, value)])));
  revoke.addEventListener("click", () => ask(consent));
  return element;
}

/** Ask whether a consent is to be revoked, and then say what is gone and what is not. */
function ask(consent) {
  const dialog = one("#revoke");
  one("#revoke-title").textContent = text("voices.revoke_title", { owner: consent.voice_owner });
  dialog.returnValue = "keep";
  dialog.showModal();
  dialog.onclose = () => dialog.returnValue === "revoke" && attempt(async () => {
    const told = await api("POST", `/api/v1/consents/${consent.id}/revoke`, new FormData(one("form", dialog)));
    say(text(told.complete ? "voices.revoked" : "voices.revoked_partly"));
    await list();
    const things = { gone: Object.entries(told.gone), left: Object.entries(told.left), kept: told.kept, not_reached: told.not_reached };
    const line = (thing) => {
      const [name, more] = [thing].flat();
      return make("li", {}, text(`purged.${name}`) ?? name, typeof more === "number" ? `: ${number(more)}` : "");
    };
    one("#consents").prepend(make("div", { class: "sheet", role: "status" },
      Object.entries(things).filter(([, found]) => found.length).flatMap(([name, found]) =>
        [make("h3", {}, text(`voices.${name}`)), make("ul", {}, found.map(line))])));
  });
}

async function list() {
  const [{ profiles }, given] = await Promise.all([api("GET", "/api/v1/profiles"), consents.load()]);
  one("#profiles").replaceChildren(...profiles.map(profileItem));
  one("#no-profiles").hidden = profiles.length > 0;
  one("#consents").replaceChildren(...given.map(consentItem));
  one("#no-consents").hidden = given.length > 0;
  return profiles;
}

fields.recordings.addEventListener("change", () => preview(fields.recordings));
for (const radio of fields.way)
  radio.addEventListener("change", () =>
    form.querySelectorAll(".train").forEach((element) => (element.hidden = fields.way.value !== "train")));
await attempt(list);
const training = (await attempt(() => api("GET", "/api/v1/jobs?limit=100")))?.jobs
  .find((job) => job.type === "train" && !ended(job.state));
if (training) watch(training.id, "train", list);
showMissing().catch(() => {}); // Nobody asked for it.

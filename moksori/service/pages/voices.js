// My voices: recordings and a consent become a voice; consents are revoked here.

import { api, attempt, busy, date, ended, make, number, one, say, showMissing, state, text } from "./page.js";
import { recorder } from "./recorder.js";
import { player } from "./sound.js";
import { watch } from "./making.js";

const form = one("#new");
const fields = form.elements;
const recordings = () => [...fields.recordings.files];
const spoken = recorder(one("#record"), fields.statement, one("#spoken"));
let urls = [], sentence = "";

const isSound = (file) => !/\.(txt|tsv)$/i.test(file.name);

/** Return the SHA-256 of a file, to which a consent is bound. */
async function sha256(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const units = { fundamental_frequency: "Hz", spectral_centroid: "Hz", spectral_rolloff: "Hz", duration: "s", sample_rate: "Hz" };

function described(features) {
  const value = (name, found) =>
    Array.isArray(found) ? found.map((each) => each.toFixed(1)).join(" ") : `${number(Math.round(found * 100) / 100)} ${units[name] ?? ""}`;
  return make("dl", {}, Object.entries(features).flatMap(([name, found]) =>
    [make("dt", {}, text(`features.${name}`) ?? name), make("dd", {}, found == null ? "–" : value(name, found))]));
}

/** Show each recording: to hear it, to see it, and its features on request. */
function preview() {
  urls.forEach(URL.revokeObjectURL);
  const sounds = recordings().filter(isSound).slice(0, 5);
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

async function giveConsent(sounds) {
  const body = new FormData();
  const statement = spoken();
  body.set("voice_owner", fields.owner.value);
  body.set("owner_contact", fields.contact.value);
  body.set("purpose", fields.purpose.value);
  if (fields.until.value) body.set("valid_until", fields.until.value);
  form.querySelectorAll("#prohibited input").forEach((box) => body.append("prohibited", box.value));
  for (const file of sounds) body.append("audio_sha256", await sha256(file));
  if (statement) body.set("statement", statement, "statement.wav");
  return api("POST", "/api/v1/consents", body);
}

form.addEventListener("submit", busy(form, async () => {
  const files = recordings();
  const consent = await giveConsent(files.filter(isSound));
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
    preview();
    watch(made.job_id, training, list);
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
  const [{ profiles }, { consents, prohibited_uses: uses, statement }] = await Promise.all(
    [api("GET", "/api/v1/profiles"), api("GET", "/api/v1/consents")]);
  one("#profiles").replaceChildren(...profiles.map(profileItem));
  one("#no-profiles").hidden = profiles.length > 0;
  one("#consents").replaceChildren(...consents.map(consentItem));
  one("#no-consents").hidden = consents.length > 0;
  if (!one("#prohibited").children.length)
    one("#prohibited").replaceChildren(...Object.entries(uses).map(([use, line]) => make("label", { class: "check" },
      make("input", { type: "checkbox", required: true, value: use }), " ", text(`uses.${use}`) ?? line)));
  sentence = statement;
  showSentence();
  return profiles;
}

/** Show what is to be read aloud, with the names that are written above it. */
function showSentence() {
  const named = { voice_owner: fields.owner.value || "○○○", purpose: fields.purpose.value || "○○○" };
  one("#sentence").textContent = sentence.replace(/\{(\w+)\}/g, (_, name) => named[name]);
}

fields.recordings.addEventListener("change", preview);
form.addEventListener("input", showSentence);
for (const radio of fields.way)
  radio.addEventListener("change", () =>
    form.querySelectorAll(".train").forEach((element) => (element.hidden = fields.way.value !== "train")));
await attempt(list);
const training = (await attempt(() => api("GET", "/api/v1/jobs?limit=100")))?.jobs
  .find((job) => job.type === "train" && !ended(job.state));
if (training) watch(training.id, true, list);
showMissing().catch(() => {}); // Nobody asked for it.

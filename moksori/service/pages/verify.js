// Verify: was this file made here?

import { api, busy, date, make, number, one, say, text } from "./page.js";

const form = one("#verify");
const shown = {
  made_at: date,
  voice: String,
  user_id: String,
  job_id: String,
  heard_seconds: (value) => text("verify.seconds", { seconds: number(value) }),
};

form.addEventListener("submit", busy(form, async () => {
  const answer = one("#answer");
  answer.hidden = true;
  say(text("verify.going"));
  const told = await api("POST", "/api/v1/verify", new FormData(form));
  const rows = Object.keys(shown).filter((name) => told[name] != null);
  answer.replaceChildren(
    make("p", { class: "soft" }, form.elements.audio.files[0].name),
    make("p", { class: "verdict" }, text(`verify.${told.answer}`)),
    told.revoked ? make("p", { class: "warning" }, text("verify.revoked")) : "",
    make("dl", {}, rows.map((name) => [make("dt", {}, text(`verify.${name}`)), make("dd", {}, shown[name](told[name]))]).flat()));
  answer.hidden = false;
  say("");
}));

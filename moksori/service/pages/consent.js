// The form of a consent: what is agreed to, read aloud where it is spoken, and recorded.

import { api, make, one, text } from "./page.js";
import { recorder } from "./recorder.js";

/** Return the SHA-256 of a file, to which a consent is bound. */
async function sha256(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Make the fields of a consent in a form work.
 *
 * `load()` fills them and returns the consents that there are; `give(files)` records one
 * that is about these files.
 */
export function consentForm(form) {
  const fields = form.elements;
  const spoken = recorder(one("#record"), fields.statement, one("#spoken"));
  let sentence = "";

  /** Show what is to be read aloud, with the names that are written above it. */
  const show = () => {
    const named = { voice_owner: fields.owner.value || "○○○", purpose: fields.purpose.value || "○○○" };
    one("#sentence").textContent = sentence.replace(/\{(\w+)\}/g, (_, name) => named[name]);
  };
  form.addEventListener("input", show);

  return {
    async load() {
      const { consents, prohibited_uses: uses, statement } = await api("GET", "/api/v1/consents");
      if (!one("#prohibited").children.length)
        one("#prohibited").replaceChildren(...Object.entries(uses).map(([use, line]) => make("label", { class: "check" },
          make("input", { type: "checkbox", required: true, value: use }), " ", text(`uses.${use}`) ?? line)));
      sentence = statement;
      show();
      return consents;
    },
    async give(files) {
      const body = new FormData();
      const statement = spoken();
      body.set("voice_owner", fields.owner.value);
      body.set("owner_contact", fields.contact.value);
      body.set("purpose", fields.purpose.value);
      if (fields.until.value) body.set("valid_until", fields.until.value);
      form.querySelectorAll("#prohibited input").forEach((box) => body.append("prohibited", box.value));
      for (const file of files) body.append("audio_sha256", await sha256(file));
      if (statement) body.set("statement", statement, "statement.wav");
      return api("POST", "/api/v1/consents", body);
    },
  };
}

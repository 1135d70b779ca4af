// Usage of the month, and the keys of programs.

import { api, attempt, busy, clock, date, make, number, one, text, usage } from "./page.js";

const figure = (name, value, ...more) =>
  make("div", {}, make("dt", {}, text(`usage.${name}`)), make("dd", {}, value), more);

async function showUsage() {
  const used = await usage();
  const { used: characters, limit: most } = used.characters;
  one("#figures").replaceChildren(
    figure("characters", number(characters),
      make("span", { class: "soft" }, most ? text("usage.of", { used: number(characters), most: number(most) }) : text("usage.unlimited")),
      most ? make("meter", { min: 0, max: most, value: characters, "aria-label": text("usage.characters") }) : ""),
    figure("seconds", clock(used.seconds)),
    figure("requests", number(used.requests)),
    figure("tier", text(`tiers.${used.user.tier}`)));
  one("#figures").ariaBusy = "false";
}

async function showKeys() {
  const { keys } = await api("GET", "/api/v1/keys");
  one("#keys").replaceChildren(...keys.map((key) => {
    const revoke = make("button", { type: "button", class: "danger", "aria-label": `${text("usage.revoke")}: ${key.label}` }, text("usage.revoke"));
    revoke.addEventListener("click", busy(revoke, async () => {
      await api("DELETE", `/api/v1/keys/${key.id}`);
      await showKeys();
    }));
    return make("article", { class: "item" },
      make("div", { class: "head" }, make("h3", {}, key.label), revoke),
      make("p", { class: "soft" }, `${text("usage.made")} ${date(key.created_at)} · ${text("usage.used")} ${key.last_used_at ? date(key.last_used_at) : text("usage.never")}`));
  }));
}

const form = one("#key");
form?.addEventListener("submit", busy(form, async () => {
  const made = await api("POST", "/api/v1/keys", { label: form.elements.label.value });
  one("#secret").replaceChildren(text("usage.secret"), " ", make("code", {}, made.key));
  form.reset();
  await showKeys();
}));

await attempt(showUsage);
if (form) await attempt(showKeys);

// Admin: accounts, their tiers, and how long the queue is.

import { api, attempt, busy, date, make, number, one, say, text } from "./page.js";

const TIERS = ["free", "pro", "enterprise"];

function row(user) {
  const name = user.email;
  const change = (what) => async () => {
    await api("PATCH", `/api/v1/admin/users/${user.id}`, what());
    say(text("admin.saved"));
    await showUsers();
  };
  const tier = make("select", { "aria-label": `${text("admin.tier")}: ${name}` },
    TIERS.map((each) => make("option", { value: each, selected: each === user.tier }, text(`tiers.${each}`))));
  tier.addEventListener("change", busy(tier, change(() => ({ tier: tier.value }))));
  const word = text(user.disabled_at ? "admin.enable" : "admin.disable");
  const toggle = make("button", { type: "button", "aria-label": `${word}: ${name}` }, word);
  toggle.addEventListener("click", busy(toggle, change(() => ({ disabled: !user.disabled_at }))));
  const cells = [name, tier, date(user.created_at), text(user.disabled_at ? "admin.disabled" : "admin.enabled"), toggle];
  return make("tr", {}, cells.map((cell) => make("td", {}, cell)));
}

async function showUsers() {
  const { users } = await api("GET", "/api/v1/admin/users?limit=200");
  one("#users").replaceChildren(...users.map(row));
}

async function showQueue() {
  const states = await api("GET", "/api/v1/admin/queue");
  one("#queue").replaceChildren(...["queued", "running", "cancelling"].map((name) =>
    make("div", {}, make("dt", {}, text(`states.${name}`)), make("dd", {}, number(states[name] ?? 0)))));
}

await attempt(showQueue);
await attempt(showUsers);
setInterval(() => document.hidden || attempt(showQueue), 5000);

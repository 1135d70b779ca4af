// Trained: vocal models to hear, to save, to sing with, to train on, to forget.

import { api, attempt, busy, clock, date, ended, follow, make, number, one, progress, say, state, text } from "./page.js";
import { player } from "./sound.js";

let followed = [];

const button = (label, name, work, more = {}) => {
  const element = make("button", { type: "button", "aria-label": `${text(label)}: ${name}`, ...more }, text(label));
  element.addEventListener("click", busy(element, work));
  return element;
};

/** Say in a line what a model is. */
const about = ({ seconds, brought, created_at, about: { epochs, distance } }) => [
  text(brought ? "trained.brought" : "trained.seconds", { seconds: clock(seconds) }),
  epochs ? text("trained.epochs", { epochs: number(epochs) }) : text("trained.index"),
  distance != null && text("trained.distance", { distance: number(distance) }),
  date(created_at),
].filter(Boolean).join(" · ");

/** Make the part of a model that trains now, or the one in which it may go on. */
function training(vocal) {
  const { id, name, job } = vocal;
  if (job && !ended(job.state)) {
    const bar = progress(name);
    followed.push(follow(job.id, (event) => {
      bar.update(event);
      if (ended(event.state)) attempt(load);
    }));
    const stop = button("train.stop", name, async () => {
      await api("DELETE", `/api/v1/jobs/${job.id}`);
      say(text("voices.stopped"));
    });
    return [bar.element, make("p", { class: "actions" }, stop)];
  }
  if (vocal.status !== "ready" || vocal.brought) return [];
  const epochs = make("input", { id: `more-${id}`, type: "number", min: 1, max: 1000, value: 50, required: true });
  const form = make("form", { class: "inline" },
    make("label", { for: epochs.id }, text("trained.more")), epochs,
    make("button", { type: "submit", "aria-label": `${text("trained.continue")}: ${name}` }, text("trained.continue")));
  form.addEventListener("submit", busy(form, async () => {
    await api("POST", `/api/v1/vocals/${id}/continue`, { epochs: Number(epochs.value) });
    await load();
  }));
  return [make("details", {}, make("summary", {}, text("trained.train_on")), form)];
}

function item(vocal) {
  const { id, name, status } = vocal;
  const forget = button("trained.forget", name, async () => {
    await api("DELETE", `/api/v1/vocals/${id}`);
    say(text("trained.forgotten"));
    await load();
  }, { class: "danger" });
  const element = make("article", { class: "item" },
    make("div", { class: "head" }, make("h3", {}, name), state(status), forget),
    make("p", { class: "soft" }, about(vocal)),
    vocal.error && make("p", { class: "warning" }, vocal.error));
  if (vocal.sample) {
    const sound = player(text("trained.heard", { name }));
    sound.load(`/api/v1/vocals/${id}/sample`);
    element.append(sound.element);
  }
  if (status === "ready")
    element.append(make("p", { class: "actions" },
      make("a", { class: "button main", href: `/cover?vocal=${id}`, "aria-label": `${text("trained.sing")}: ${name}` }, text("trained.sing")),
      make("a", { class: "button", href: `/api/v1/vocals/${id}/download`, download: true, "aria-label": `${text("trained.save")}: ${name}` }, text("trained.save"))));
  element.append(...training(vocal));
  return element;
}

async function load() {
  followed.forEach((stop) => stop());
  followed = [];
  const { vocals } = await api("GET", "/api/v1/vocals");
  one("#vocals").replaceChildren(...vocals.map(item));
  one("#vocals").ariaBusy = "false";
  one("#none").hidden = vocals.length > 0;
}

await attempt(load);

// Jobs: what waits, runs and has ended, as it happens.

import { api, attempt, busy, date, ended, follow, make, one, progress, saves, say, state, text } from "./page.js";

// Each takes one of the six connections that a browser has to a server.
const MOST_FOLLOWED = 3;
// Not the question what workers lack.
const TYPES = ["speak", "prepare_voice", "train", "train_vocal", "import_vocal", "cover", "convert"];
const list = one("#jobs");
let followed = [];

function item(job) {
  const title = job.request?.text ?? job.request?.name ?? text(`types.${job.type}`);
  const actions = make("p", { class: "actions" });
  const shown = state(job.state);
  const element = make("article", { class: "item", "data-id": job.id },
    make("div", { class: "head" }, make("h3", {}, [...title].slice(0, 80).join("")), shown),
    make("p", { class: "soft" },
      [text(`types.${job.type}`), date(job.queued_at),
        job.state === "succeeded" && job.expires_at && text("jobs.until", { date: date(job.expires_at) }),
      ].filter(Boolean).join(" · ")),
    job.message && make("p", { class: "warning" }, job.message));
  if (!ended(job.state)) {
    const cancel = make("button", { type: "button", "aria-label": `${text("speak.cancel")}: ${title.slice(0, 40)}` }, text("speak.cancel"));
    cancel.addEventListener("click", busy(cancel, async () => {
      await api("DELETE", `/api/v1/jobs/${job.id}`);
      await load();
    }));
    const bar = progress(title.slice(0, 40));
    bar.update(job);
    element.append(bar.element);
    actions.append(cancel);
    element.update = (event) => {
      if (event.state) shown.replaceWith(state(event.state));
      bar.update(event);
    };
  } else if (job.state === "succeeded" && job.request.format) {
    actions.append(...saves(job));
  }
  element.append(actions);
  return element;
}

async function load() {
  followed.forEach((stop) => stop());
  const asked = await api("GET", "/api/v1/jobs?limit=100");
  const jobs = asked.jobs.filter((job) => TYPES.includes(job.type));
  const items = jobs.map(item);
  list.replaceChildren(...items);
  list.ariaBusy = "false";
  one("#none").hidden = jobs.length > 0;
  // The oldest active ones are the next to move.
  const active = jobs.filter((job) => !ended(job.state)).slice(-MOST_FOLLOWED);
  followed = active.map((job) =>
    follow(job.id, (event) => {
      items[jobs.indexOf(job)].update(event);
      if (ended(event.state)) {
        say(text(`states.${event.state}`));
        attempt(load);
      }
    }));
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) attempt(load);
});
await attempt(load);

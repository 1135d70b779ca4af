// What every page uses: texts, elements, requests, what is said to the reader.

export const language = document.documentElement.lang;
const texts = await (await fetch(new URL(`${language}.json`, import.meta.url))).json();

/** Return the text of a dotted name, its {places} filled; undefined if there is none. */
export function text(name, values = {}) {
  const found = name.split(".").reduce((branch, part) => branch?.[part], texts);
  return typeof found === "string"
    ? found.replace(/\{(\w+)\}/g, (_, key) => values[key])
    : undefined;
}

/** Make an element. Functions are listeners; children are nodes or texts, never markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export const one = (selector, within = document) => within.querySelector(selector);

/** Report a request that the service refused, in the reader's language. */
export class Refused extends Error {
  constructor(status, body) {
    const english = language === "en" && body.message_en;
    super(english || body.message || text("errors.status", { status }));
    this.status = status;
    this.word = body.error;
  }
}

async function send(method, path, body) {
  const form = body instanceof FormData;
  const headers = { Accept: "application/json", "Accept-Language": language };
  if (body && !form) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      body: body && !form ? JSON.stringify(body) : body,
    });
  } catch {
    throw new Refused(0, { error: "offline", message: text("errors.offline") });
  }
}

let renewing;

/** Renew the tokens, once for all who find them over at the same time. */
function renew() {
  renewing ??= send("POST", "/api/v1/auth/refresh").finally(() => (renewing = undefined));
  return renewing;
}

/** Ask the API; an access token that is over is renewed once. Throws `Refused`. */
export async function api(method, path, body) {
  let answer = await send(method, path, body);
  if (answer.status === 401 && !path.startsWith("/api/v1/auth/")) {
    const renewed = await renew();
    // 409: another window of this browser has just done it.
    if (!renewed.ok && renewed.status !== 409) {
      location.assign("/login");
      return new Promise(() => {}); // The page goes away.
    }
    answer = await send(method, path, body);
  }
  const json = answer.status !== 204 && answer.headers.get("Content-Type")?.includes("json");
  const told = json ? await answer.json() : {};
  if (!answer.ok) throw new Refused(answer.status, told);
  return told;
}

const said = one("#said");
let saidTimer;

/** Say a line to eye and screen reader; a warning stays until a click, and what is
 * seen anyway has the kind "unseen". */
export function say(line, kind = "") {
  clearTimeout(saidTimer);
  said.className = kind;
  said.replaceChildren(line);
  if (kind !== "warning") saidTimer = setTimeout(() => said.replaceChildren(), 6000);
}
said.addEventListener("click", () => said.replaceChildren());

/** Run what may be refused, and say so if it is. Returns what it returns. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message, "warning");
  }
}

/** Run the work of a form or button once at a time. */
export function busy(control, work) {
  return async (event) => {
    event?.preventDefault();
    if (control.ariaBusy === "true") return;
    control.ariaBusy = "true";
    say("");
    try {
      await attempt(() => work(event));
    } finally {
      control.ariaBusy = "false";
    }
  };
}

export const ended = (state) => ["succeeded", "failed", "cancelled", "expired"].includes(state);

/** Follow a job: call `tell` with each event, through lost connections, to its end. */
export function follow(id, tell, address = `/api/v1/jobs/${id}/events`) {
  let source, timer, wait = 1000, left = false;
  const again = async () => {
    try {
      await api("GET", `/api/v1/jobs/${id}`); // Renews the token, if that was it.
    } catch (error) {
      if (error.status === 404) return;
    }
    if (!left) open();
  };
  const open = () => {
    source = new EventSource(address);
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      wait = 1000;
      if (ended(event.state)) source.close();
      tell(event);
    };
    source.onerror = () => {
      tell({ lost: true });
      // A lost connection is opened again by the browser, a refused one by us.
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(again, wait);
      wait = Math.min(wait * 2, 15000);
    };
  };
  open();
  return () => {
    left = true;
    source.close();
    clearTimeout(timer);
  };
}

const numbers = new Intl.NumberFormat(language);
const dates = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

export const number = (value) => numbers.format(value);
export const date = (value) => (value ? dates.format(new Date(value)) : "–");

/** Write seconds as 1:05. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const state = (name) =>
  make("span", { class: `state ${name}` }, text(`states.${name}`) ?? name);

/** Make the bar of a job: `update(event)` shows stage, fraction and seconds left. */
export function progress(label) {
  const bar = make("progress", { max: 1, value: 0, "aria-label": label });
  const line = make("p", { class: "soft" });
  const element = make("div", { class: "progress" }, bar, line);
  const update = (event) => {
    if (event.lost) return line.replaceChildren(text("progress.lost"));
    bar.value = event.progress ?? 0;
    const stage = text(`stages.${event.stage}`) ?? event.stage;
    const parts = [event.state === "running" && stage ? stage : text(`states.${event.state}`)];
    if (event.state === "running") parts.push(`${Math.round(100 * bar.value)}%`);
    if (event.seconds_left > 0.5 && event.state === "running")
      parts.push(text("progress.left", { seconds: Math.ceil(event.seconds_left) }));
    line.replaceChildren(parts.filter(Boolean).join(" · "));
  };
  return { element, update };
}

/** Make links that save the files of a job. */
export const saves = (job) => job.artefacts.map(({ name, url, format }) =>
  make("a", { class: "button", href: url, download: `moksori-${name}` },
    [text(`files.${name.split(".")[0]}`), text("speak.download", { format: format.toUpperCase() })].filter(Boolean).join(" ")));

one("#leave")?.addEventListener("click", async () => {
  await attempt(() => api("POST", "/api/v1/auth/logout"));
  location.assign("/login");
});

/** Return who is signed in and what they have used and may use, asked for once. */
export const usage = (() => {
  let asked;
  return () => (asked ??= api("GET", "/api/v1/usage"));
})();

/** Show what workers lack for a kind of work; the first that is ready tells, and warms up. */
export async function showMissing(kind = "missing") {
  if (!sessionStorage.missing) {
    const told = await api("POST", "/initialize");
    if (told.missing) sessionStorage.missing = JSON.stringify(told);
  }
  const lines = JSON.parse(sessionStorage.missing ?? "{}")[kind] ?? [];
  one("#missing").replaceChildren(...lines.map((line) => make("p", { class: "soft", lang: "ko" }, line)));
}

const operators = one("[data-operator]");
if (operators) usage().then(({ user }) => (operators.hidden = !user.operator), () => {});

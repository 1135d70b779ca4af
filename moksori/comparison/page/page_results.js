// What stands above the sentences: the verdict, the figures with their intervals, what
// every system costs, and where the voice comes from.

const DIRECTIONS = {
  lower: "lower is better",
  higher: "higher is better",
  one: "1 is best",
};

const FEATURES = {
  duration_seconds: ["Duration", "s", 1],
  sample_rate: ["Sample rate", "Hz", 0],
  pitch_hertz_median: ["Pitch, median", "Hz", 0],
  pitch_hertz_range: ["Pitch, 5th to 95th percentile", "Hz", 0],
  spectral_centroid_hertz: ["Spectral centroid", "Hz", 0],
  spectral_rolloff_hertz: ["Spectral roll-off", "Hz", 0],
  level_decibel: ["Level", "dB", 1],
  loudness_lufs: ["Loudness", "LUFS", 1],
  peak_decibel: ["Peak", "dB", 1],
  clipped_share: ["Clipped share", "", 4],
  signal_to_noise_decibel: ["Signal to noise", "dB", 1],
  voiced_share: ["Voiced share", "", 2],
  mfcc_means: ["MFCC means", "", 1],
};

function results() {
  return [origin(), verdict(), notices(), figures(), costs(), reference()].filter(
    Boolean,
  );
}

function section(title, ...children) {
  const id = title.toLowerCase();
  const head = element("h2", { id: `${id}-title` }, title);
  return element("section", { id, "aria-labelledby": `${id}-title` }, head, children);
}

function origin() {
  const machine = data.machine ?? {};
  const cores = known(machine.cores) ? counted(machine.cores, "core") : null;
  const parts = [machine.processor, cores, machine.accelerator ?? null];
  const facts = [
    ["Made", data.created ? moment(data.created) : null],
    ["Consent", data.consent],
    ["Machine", parts.filter(Boolean).join(", ")],
  ];
  const known_facts = facts.filter(([, text]) => text);
  if (!known_facts.length) return null;
  return element("dl", { class: "facts" }, ...known_facts.map(fact));
}

function fact([name, text]) {
  const words = String(text);
  const definition = element("dd", { lang: language(words) }, words);
  return element("div", {}, element("dt", {}, name), definition);
}

// The time as it was written, where the page was made, not where it is read.
function moment(text) {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[^Z+-]*(.*)$/.exec(text);
  if (!parts) return text;
  const zone = /^(Z|[+-]00:?00)$/.test(parts[3]) ? "UTC" : parts[3];
  return `${parts[1]} ${parts[2]} ${zone}`.trim();
}

function verdict() {
  const lines = data.verdict ?? [];
  if (!lines.length) return null;
  const items = lines.map((line) => element("li", { lang: language(line) }, line));
  return section("Verdict", element("ul", { class: "verdict" }, items));
}

// What is missing and why, and what a person should know before believing the rest.
function notices() {
  const gaps = (data.missing ?? []).map(({ name, reason }) => [
    element("b", {}, name),
    ` is missing: ${reason ?? "not made"}`,
  ]);
  const items = [...gaps, ...(data.remarks ?? [])].map((text) =>
    element("li", {}, text),
  );
  if (!items.length) return null;
  return element("ul", { class: "notices", "aria-label": "Notices" }, items);
}

function figures() {
  const groups = (data.figures ?? []).map(group).filter(Boolean);
  if (!groups.length) return null;
  const how =
    "The mean over the sentences and its 95 % interval by bootstrap. Where two intervals " +
    "overlap much, the figure does not tell the two apart; “best” is decided by paired " +
    "differences.";
  const names = ["Voice", "Mean and 95 % interval", "Drawn"];
  const head = names.map((name) => element("th", { scope: "col" }, name));
  const table = element(
    "table",
    { class: "figures" },
    element("thead", {}, element("tr", {}, head)),
    groups,
  );
  const wide = wideRegion("Figures of every voice", table);
  return section("Figures", element("p", { class: "soft" }, how), wide);
}

function wideRegion(label, ...children) {
  const region = { class: "wide", role: "region", tabindex: "0", "aria-label": label };
  return element("div", region, children);
}

// A figure with its voices, and below them what they are to be measured against.
function group(figure) {
  const rows = [];
  for (const system of systems) {
    const found = figure.systems?.[system.key];
    if (system.key === "recording" && !known(found?.mean)) continue;
    const best = (figure.best ?? []).includes(system.key);
    rows.push({ ...found, name: system.name, key: system.key, best });
  }
  for (const baseline of figure.baselines ?? []) rows.push({ ...baseline, key: null });
  if (!rows.some((row) => known(row.mean))) return null;
  const scale = extent(rows, figure.better);
  const counts = new Set(rows.map((row) => row.count).filter(known));
  const count = counts.size === 1 ? `n = ${[...counts][0]}` : null;
  const undecided = isUndecided(figure) ? "not told apart" : null;
  const facts = [figure.unit, DIRECTIONS[figure.better], count, undecided];
  const title = element(
    "th",
    { scope: "rowgroup", colspan: 2 },
    element("b", {}, figure.name),
    element("span", { class: "soft" }, ` ${facts.filter(Boolean).join(", ")}`),
  );
  return element(
    "tbody",
    {},
    element("tr", { class: "title" }, title, ends(scale, figure)),
    rows.map((row) => figureRow(row, figure, scale, counts.size > 1)),
    figure.note ? element("tr", { class: "note" }, noteCell(figure.note)) : null,
  );
}

function noteCell(text) {
  return element("td", { colspan: 3, lang: language(text) }, text);
}

function figureRow(row, figure, scale, counting) {
  const badge = row.best ? element("span", { class: "best" }, bestWord(figure)) : null;
  const name = row.key ? [dot(row.key), row.name] : [row.name];
  const count = counting && known(row.count) ? ` n = ${row.count}` : "";
  const mean = element(
    "span",
    { class: row.best ? "mean strong" : "mean" },
    written(row.mean, figure.digits),
  );
  const range = element("small", {}, interval(row.interval, figure.digits), count);
  return element(
    "tr",
    { class: row.key ? null : "baseline" },
    element("th", { scope: "row" }, name, badge ? " " : null, badge),
    element("td", { class: "number" }, mean, " ", range),
    element("td", { class: "plot" }, bar(row, scale)),
  );
}

function bestWord(figure) {
  return figure.best.length > 1 ? "joint best" : "best";
}

function isUndecided(figure) {
  const judged = systems.filter(
    (system) => system.key !== "recording" && known(figure.systems?.[system.key]?.mean),
  );
  return figure.better && judged.length > 1 && !(figure.best ?? []).length;
}

// The range that all intervals of a figure share, with the best value of a ratio in it.
function extent(rows, better) {
  const values = rows
    .flatMap((row) => [row.mean, ...(row.interval ?? [])])
    .filter(known);
  if (better === "one") values.push(1);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  const place = (value) => (100 * (value - low + margin)) / (high - low + 2 * margin);
  return { low, high, place, one: better === "one" };
}

function bar(row, scale) {
  if (!known(row.mean)) return "no value";
  const at = (value) => `${scale.place(value).toFixed(2)}%`;
  const span = row.interval?.every(known) ? row.interval : [row.mean, row.mean];
  const line = (x1, x2, y1, y2) => drawn("line", { x1: at(x1), x2: at(x2), y1, y2 });
  return drawn(
    "svg",
    { class: `bar ${row.key ? colourOf(row.key) : ""}`, "aria-hidden": "true" },
    drawn("line", { class: "rail", x1: 0, x2: "100%", y1: 10, y2: 10 }),
    scale.one
      ? drawn("line", { class: "one", x1: at(1), x2: at(1), y1: 0, y2: 20 })
      : null,
    line(span[0], span[1], 10, 10),
    line(span[0], span[0], 6, 14),
    line(span[1], span[1], 6, 14),
    drawn("circle", { cx: at(row.mean), cy: 10, r: 4 }),
  );
}

// What the two ends of the drawn intervals stand for.
function ends({ low, high }, { digits }) {
  const values = [low, high].map((value) =>
    element("span", {}, written(value, digits)),
  );
  const cell = { class: "plot", "aria-hidden": "true" };
  return element("td", cell, element("div", { class: "ends" }, values));
}

const COSTS = [
  ["Real-time factor", (system) => system.real_time_factor?.mean, realTime],
  [
    "Memory",
    (system) => system.memory_megabytes,
    (system) => `${written(system.memory_megabytes, 0)} MB`,
  ],
  ["Failures per hundred", (system) => system.failures?.per_hundred, failures],
  ["Training data of this person", (system) => system.training_minutes, trainingData],
];

function realTime(system) {
  const factor = system.real_time_factor;
  const range = interval(factor.interval, 2);
  return [written(factor.mean, 2), range ? element("small", {}, ` ${range}`) : null];
}

function failures(system) {
  const { count, of, per_hundred: share } = system.failures;
  const how =
    known(count) && known(of) ? element("small", {}, ` ${count} of ${of}`) : null;
  return [written(share, 1), how];
}

function trainingData(system) {
  return `${written(system.training_minutes, 0)} min`;
}

function costs() {
  const columns = COSTS.filter(([, value]) =>
    systems.some((system) => known(value(system))),
  );
  const paid = systems.filter((system) =>
    columns.some(([, value]) => known(value(system))),
  );
  if (!paid.length) return null;
  const head = ["Voice", ...columns.map(([name]) => name)].map((name) =>
    element("th", { scope: "col" }, name),
  );
  const rows = paid.map((system) => {
    const about = system.about ? element("small", {}, ` ${system.about}`) : null;
    const cells = columns.map(([, value, cell]) =>
      element("td", { class: "number" }, known(value(system)) ? cell(system) : "–"),
    );
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, dot(system.key), system.name, about),
      cells,
    );
  });
  const table = element(
    "table",
    { class: "costs" },
    element("thead", {}, element("tr", {}, head)),
    element("tbody", {}, rows),
  );
  const note =
    "The real-time factor is seconds of work for a second of speech: below 1 a voice " +
    "speaks faster than it is heard. A failure is a line that was not spoken, did not " +
    "end by itself, lost or repeated something, or is far from the recording's length. " +
    "What is lost or repeated is seen in the attention, so for a trained voice alone.";
  return section(
    "Cost",
    wideRegion("Cost of every voice", table),
    element("p", { class: "note" }, note),
  );
}

function reference() {
  const about = data.reference;
  if (!about) return null;
  const files = about.files ?? [];
  const rows = Object.entries(about.features ?? {}).map(([key, value]) =>
    feature(key, value),
  );
  const warnings = (about.warnings ?? []).map((text) =>
    element("li", { class: "warning" }, text),
  );
  return section(
    "Reference",
    files.length ? element("p", { class: "soft" }, files.join(", ")) : null,
    warnings.length ? element("ul", { class: "plain" }, warnings) : null,
    rows.length ? element("dl", { class: "features" }, rows.map(fact)) : null,
  );
}

function feature(key, value) {
  const [name, unit, digits] = FEATURES[key] ?? [key.replaceAll("_", " "), "", 2];
  if (Array.isArray(value)) {
    const between = value.length === 2 ? " to " : ", ";
    return [
      name,
      `${value.map((each) => written(each, digits)).join(between)} ${unit}`,
    ];
  }
  const number = known(value) ? withUnit(value, { unit, digits }) : value;
  return [name, number ?? "–"];
}

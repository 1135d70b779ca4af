// Elements are made one by one, and text is always a text node: nothing that a person
// wrote is ever read as HTML.

const data = JSON.parse(document.getElementById("comparison").textContent);
const systems = data.systems ?? [];
const measures = data.measures ?? {};
const icons = document.getElementById("icons").content;
const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/;

function element(name, attributes, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function drawn(name, attributes, ...children) {
  const space = icons.querySelector("svg").namespaceURI;
  return filled(document.createElementNS(space, name), attributes, children);
}

// An attribute that is null or false is left out; a function listens.
function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false)
      node.setAttribute(key, value === true ? "" : value);
  }
  node.append(
    ...children.flat().filter((child) => child !== null && child !== undefined),
  );
  return node;
}

function icon(name) {
  return icons.getElementById(name).cloneNode(true);
}

// The language of a text, for a voice that reads the page aloud and for line breaks.
function language(text) {
  return HANGUL.test(text) ? "ko" : null;
}

function known(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function written(value, digits = 2) {
  if (!known(value)) return "–";
  const text = value.toFixed(digits);
  return Number(text) < 0 ? `−${text.slice(1)}` : text.replace("-", "");
}

function withUnit(value, measure) {
  const digits = measure.digits ?? 2;
  const unit = measure.unit ?? "";
  const gap = unit === "" || unit === "%" || unit === "×" ? "" : "\u00a0";
  return known(value) ? `${written(value, digits)}${gap}${unit}` : "–";
}

function interval(ends, digits) {
  if (!ends || !ends.every(known)) return "";
  return `${written(ends[0], digits)} to ${written(ends[1], digits)}`;
}

// How bad a figure is, so that the worst is the largest: "one" is best at 1.
function badness(value, better) {
  if (!known(value)) return -Infinity;
  if (better === "higher") return -value;
  if (better === "one") return value > 0 ? Math.abs(Math.log(value)) : Infinity;
  return value;
}

function colourOf(key) {
  const place = systems.findIndex((system) => system.key === key);
  return `colour-${(place + 1) % 8 || 8}`;
}

function dot(key) {
  return element("span", { class: `dot ${colourOf(key)}`, "aria-hidden": "true" });
}

function counted(count, one, more = `${one}s`) {
  return `${count} ${count === 1 ? one : more}`;
}

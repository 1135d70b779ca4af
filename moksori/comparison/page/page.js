// The page as a whole: results above, sentences below, and what a person does with them.

const sentences = (data.sentences ?? []).map(
  (entry, index) => new Sentence(entry, index),
);
const shown = { measure: "", system: "", troubled: false };
const place = (id) => document.getElementById(id);

const near = new IntersectionObserver(
  (seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      const found = sentences.find((sentence) => sentence.node === target);
      found.show();
    }
  },
  { rootMargin: "100% 0px" },
);

function reading() {
  const { bands, hertz, decibel } = data.spectrogram;
  place("reading").replaceChildren(
    "All clips of a sentence are played equally loud (" +
      `${written(data.loudness, 0)} LUFS, less where one would be distorted); the files ` +
      "beside this page are as they were made. Their pictures share one scale of time, of " +
      `colour (${bands} mel bands from ${hertz[0]} to ${hertz[1]} Hz, ${decibel} dB) and of ` +
      "pitch, the bright line. Click into a picture to hear it from there.",
  );
}

function arrange() {
  let listed = sentences.filter((sentence) => !shown.troubled || sentence.troubled);
  if (shown.measure) {
    const worst = new Map(
      listed.map((one) => [one, one.worst(shown.measure, shown.system)]),
    );
    listed = [...listed].sort(
      (a, b) => worst.get(b) - worst.get(a) || a.index - b.index,
    );
  }
  if (current && !listed.includes(current)) current.leave();
  if (place("who")) place("who").hidden = !shown.measure;
  place("sentences").replaceChildren(...listed.map((sentence) => sentence.node));
  say(
    listed.length === sentences.length
      ? ""
      : `${listed.length} of ${counted(sentences.length, "sentence")}`,
  );
  if (!sentences.length)
    place("sentences").replaceChildren(
      element("p", { class: "soft" }, "There are no sentences."),
    );
}

function say(text) {
  place("status").textContent = text;
}

function chooser(label, name, spoken, options) {
  const list = options.map(([value, text]) =>
    element("option", { value, selected: shown[name] === value }, text),
  );
  const change = (event) => {
    shown[name] = event.target.value;
    arrange();
  };
  const select = element("select", { change, "aria-label": spoken }, list);
  return element("label", {}, `${label} `, select);
}

function tools() {
  const button = element(
    "button",
    {
      type: "button",
      id: "blind",
      click: toggleBlind,
    },
    blind.on ? "Reveal the names" : "Listen blind",
  );
  const parts = blind.on || !sentences.length ? [] : choosers();
  place("tools").replaceChildren(
    ...parts,
    ...(sentences.length ? [button, keys()] : []),
  );
}

function choosers() {
  const named = Object.entries(measures).map(([key, { name }]) => [
    key,
    `worst first: ${name}`,
  ]);
  const judged = systems.filter((system) => system.key !== "recording");
  const count = sentences.filter((sentence) => sentence.troubled).length;
  const change = (event) => {
    shown.troubled = event.target.checked;
    arrange();
  };
  const box = element("input", {
    type: "checkbox",
    checked: shown.troubled,
    disabled: !count,
    change,
  });
  const order = chooser("Order", "measure", "Order of the sentences", [
    ["", "as listed"],
    ...named,
  ]);
  const who = chooser("of", "system", "Voice whose figure orders them", [
    ["", "any voice"],
    ...judged.map(({ key, name }) => [key, name]),
  ]);
  who.id = "who";
  return [
    ...(named.length ? [order, ...(judged.length > 1 ? [who] : [])] : []),
    element("label", {}, box, ` only with failures or warnings (${count})`),
  ];
}

function keys() {
  const list = [
    ["Space", "play or pause"],
    ["1 – 9", "that voice, at the same moment"],
    ["← →", "the voice before or after, at the same moment"],
    ["N, P", "next or previous sentence"],
  ];
  const rows = list.map(([key, does]) =>
    element(
      "div",
      {},
      element("dt", {}, element("kbd", {}, key)),
      element("dd", {}, does),
    ),
  );
  const off = element(
    "label",
    {},
    element("input", { type: "checkbox", id: "keys", checked: true }),
    " Keys are on",
  );
  return element(
    "details",
    { class: "keys" },
    element("summary", {}, "Keys"),
    element("div", {}, off, element("dl", {}, rows)),
  );
}

// Names, figures and pictures go from the page, not only from view, and every sentence
// has an order of its own, so that nothing but the ear can tell.
function toggleBlind() {
  current?.leave();
  blind.on = !blind.on;
  if (blind.on) {
    blind.orders.clear();
    blind.votes.clear();
    Object.assign(shown, { measure: "", system: "", troubled: false });
  }
  document.body.classList.toggle("blind", blind.on);
  build();
  say(
    blind.on
      ? "Names, figures and pictures are hidden, and the order of every sentence is a new one. " +
          "Say which sounds best, then reveal."
      : tally(),
  );
  place("listen").scrollIntoView();
  place("blind").focus({ preventScroll: true });
}

function tally() {
  const votes = [...blind.votes.values()];
  if (!votes.length) return "No sentence was judged.";
  const counts = systems
    .map((system) => [system.name, votes.filter((key) => key === system.key).length])
    .filter(([, count]) => count)
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`);
  return `Judged blind: ${counted(votes.length, "sentence")} of ${sentences.length}. Sounded best: ${counts.join(", ")}.`;
}

function build() {
  for (const sentence of sentences) sentence.hide();
  place("results").replaceChildren(...(blind.on ? [] : results()));
  contents();
  tools();
  arrange();
  near.disconnect();
  for (const sentence of sentences) near.observe(sentence.node);
}

function contents() {
  const sections = [...document.querySelectorAll("main section[id]")];
  const links = sections.map((one) =>
    element("a", { href: `#${one.id}` }, one.querySelector("h2").textContent),
  );
  place("contents").replaceChildren(...links);
}

function pressed(event) {
  const { key, target } = event;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (
    target.closest("input, select, textarea, [contenteditable]") ||
    !place("keys")?.checked
  )
    return;
  if (key === " " && target.closest("button, summary, a")) return;
  const listed = sentences.filter((sentence) => sentence.node.isConnected);
  const here = sentences.find((sentence) => sentence.node.contains(target));
  const last = here ?? current;
  const sentence = last ?? listed[0];
  if (!sentence) return;
  sentence.show();
  if (key === " ") {
    const clip = sentence.active ?? sentence.clips.find((one) => one.media);
    if (clip) sentence.toggle(clip);
  } else if (current && (key === "ArrowRight" || key === "ArrowLeft")) {
    sentence.select(neighbour(sentence, key === "ArrowRight" ? 1 : -1));
  } else if (/^[1-9]$/.test(key)) {
    sentence.select(Number(key) - 1);
  } else if (key === "n" || key === "p") {
    go(listed, last ? listed.indexOf(last) + (key === "n" ? 1 : -1) : 0);
  } else {
    return;
  }
  event.preventDefault();
}

// The next clip in that direction that has a sound, around the ends.
function neighbour(sentence, step) {
  const from = sentence.clips.indexOf(sentence.active);
  const count = sentence.clips.length;
  for (let turn = 1; turn <= count; turn += 1) {
    const at = (((from + step * turn) % count) + count) % count;
    if (sentence.clips[at].media) return at;
  }
  return from;
}

function go(listed, index) {
  const sentence = listed[index];
  if (!sentence) return;
  sentence.show();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  sentence.node.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  const clip = sentence.clips.find((one) => one.media);
  if (clip) {
    current?.leave();
    sentence.move(clip, 0);
    clip.switch.focus({ preventScroll: true });
  }
}

document.addEventListener("keydown", pressed);
addEventListener("beforeprint", () => {
  for (const sentence of sentences) sentence.show();
});
reading();
build();

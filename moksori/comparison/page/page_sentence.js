// A sentence and its clips: they share a time axis and a position, so that one can go
// over into another in the middle of a word.

// While names are hidden: the order of every sentence, and which clip was liked best.
const blind = { on: false, orders: new Map(), votes: new Map() };

// The sentence that is listened to; there is one, and it alone holds players.
let current = null;

class Sentence {
  constructor(entry, index) {
    this.entry = entry;
    this.index = index;
    this.number = entry.line ?? index + 1;
    this.clips = [];
    this.active = null;
    this.at = 0;
    this.shown = false;
    this.body = element("div", { class: "body" });
    this.node = element(
      "article",
      { class: "sentence", id: `sentence-${index + 1}` },
      this.header(),
      this.body,
    );
    this.node.style.setProperty("--rows", systems.length);
  }

  get troubled() {
    const clips = Object.values(this.entry.clips ?? {});
    return clips.some((clip) => clip.error || clip.failed || clip.warnings?.length);
  }

  get longest() {
    const lengths = Object.values(this.entry.clips ?? {}).map((clip) => clip.seconds);
    return Math.max(...lengths.filter(known), 0.1);
  }

  worst(measure, key) {
    const clips = Object.entries(this.entry.clips ?? {});
    const asked = clips.filter(([name]) => (key ? name === key : name !== "recording"));
    const { better } = measures[measure];
    return Math.max(
      -Infinity,
      ...asked.map(([, clip]) => badness(clip.figures?.[measure], better)),
    );
  }

  header() {
    const { text, spoken } = this.entry;
    const words = element("h3", { lang: language(text ?? "") }, text ?? "");
    const sound =
      spoken && spoken !== text
        ? element("p", { class: "spoken", lang: language(spoken) }, spoken)
        : null;
    const link = element(
      "a",
      {
        class: "line",
        href: `#sentence-${this.index + 1}`,
        "aria-label": `Sentence ${this.number}`,
      },
      String(this.number),
    );
    return element("div", { class: "text" }, link, element("div", {}, words, sound));
  }

  // Pictures and players are made when the sentence comes near the window.
  show() {
    if (this.shown) return;
    this.shown = true;
    const block = document.getElementById(`sounds-${this.index}`);
    const media = JSON.parse(block.textContent);
    this.hertz = range(Object.values(media.clips).flatMap((clip) => clip.pitch));
    this.clips = this.order().map(
      (system, place) => new Clip(this, system, media.clips[system.key], place),
    );
    this.body.replaceChildren(
      ...this.clips.map((clip) => clip.node),
      ...(Object.keys(media.clips).length ? [this.axis()] : []),
      ...(blind.on ? [] : this.alignments(media.alignments)),
    );
    this.mark();
  }

  hide() {
    if (current === this) this.leave();
    this.active = null;
    this.at = 0;
    this.shown = false;
    this.clips = [];
    this.body.replaceChildren();
  }

  order() {
    if (!blind.on) return systems;
    if (!blind.orders.has(this.index)) blind.orders.set(this.index, shuffled(systems));
    return blind.orders.get(this.index);
  }

  axis() {
    const step =
      [0.1, 0.2, 0.5, 1, 2, 5, 10].find((size) => this.longest / size <= 8) ?? 30;
    const ticks = [];
    for (let count = 0; count * step <= this.longest * 0.97; count += 1) {
      const tick = element("span", {}, written(count * step, step < 1 ? 1 : 0));
      tick.style.left = `${(100 * count * step) / this.longest}%`;
      ticks.push(tick);
    }
    return element(
      "div",
      { class: "axis", "aria-hidden": "true" },
      element("div", {}, ticks, element("em", {}, "s")),
    );
  }

  // Clips of the same acoustic model share their alignment, which is shown once.
  alignments(pictures) {
    const owners = new Map();
    for (const system of systems) {
      const key = this.entry.clips?.[system.key]?.alignment;
      if (key && pictures[key])
        owners.set(key, [...(owners.get(key) ?? []), system.name]);
    }
    if (!owners.size) return [];
    const figures = [...owners].map(([key, names]) => {
      const words = `Alignment of ${names.join(" and ")}`;
      const picture = element("img", {
        src: pictures[key],
        alt: `${words}, sentence ${this.number}`,
        loading: "lazy",
      });
      return element("figure", {}, picture, element("figcaption", {}, words));
    });
    const summary = element("summary", {}, "Alignment of text and sound");
    return [
      element("details", { class: "alignments" }, summary, element("div", {}, figures)),
    ];
  }

  toggle(clip) {
    if (clip.playing) clip.audio.pause();
    else this.play(clip, this.active ? this.at : 0);
  }

  // Hear a clip from a position in seconds; whatever else is heard stops.
  play(clip, at) {
    this.enter(clip);
    for (const other of this.clips) if (other !== clip) other.audio?.pause();
    this.at = at < clip.seconds - 0.02 ? at : 0;
    clip.play(this.at);
    this.mark();
    requestAnimationFrame(() => this.follow());
  }

  move(clip, at) {
    if (this.clips.some((one) => one.playing)) return this.play(clip, at);
    this.enter(clip);
    this.at = at;
    this.mark();
  }

  // The same moment in another clip.
  select(place) {
    const clip = this.clips[place];
    if (clip?.media) this.play(clip, this.at);
  }

  enter(clip) {
    this.show();
    if (current !== this) current?.leave();
    current = this;
    this.active = clip;
    for (const one of this.clips) one.load();
  }

  leave() {
    for (const clip of this.clips) clip.unload();
    if (current === this) current = null;
  }

  finished(clip) {
    if (clip !== this.active) return;
    this.at = clip.seconds;
    this.mark();
  }

  follow() {
    if (!this.active?.playing) return;
    this.at = this.active.audio.currentTime;
    this.point();
    requestAnimationFrame(() => this.follow());
  }

  point() {
    this.node.style.setProperty("--at", this.at / this.longest);
  }

  mark() {
    this.node.classList.toggle("started", this.active !== null);
    this.point();
    for (const clip of this.clips) clip.mark();
  }
}

// The pitches that the clips of a sentence have in common as a scale: whole tens of
// hertz, an octave at least.
function range(stretches) {
  const values = stretches.flatMap(([, ...hertz]) => hertz).sort((a, b) => a - b);
  if (!values.length) return [0, 0];
  const [first, last] = [values[0], values.at(-1)];
  const middle = Math.sqrt(first * last);
  const low = Math.min(first * 0.94, middle / Math.SQRT2);
  const high = Math.max(last * 1.06, middle * Math.SQRT2);
  return [Math.floor(low / 10) * 10, Math.ceil(high / 10) * 10];
}

// Every order is equally likely (Fisher and Yates 1938, "Statistical tables").
function shuffled(list) {
  const mixed = [...list];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
}

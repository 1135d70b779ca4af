// One sound of one sentence: its button, its spectrogram with the pitch over it, its
// figures. It knows how to show itself; the sentence decides who plays.

const CONTOUR_SECONDS = 0.01;

class Clip {
  constructor(sentence, system, media, place) {
    this.sentence = sentence;
    this.system = system;
    this.entry = sentence.entry.clips?.[system.key] ?? null;
    this.media = media ?? null;
    this.seconds = media?.seconds ?? 0;
    this.place = place;
    this.name = blind.on ? `Voice ${String.fromCharCode(65 + place)}` : system.name;
    this.audio = null;
    this.failure = null;
    this.node = this.build();
  }

  get playing() {
    return this.audio !== null && !this.audio.paused && !this.audio.ended;
  }

  // A browser has room for some dozens of players, so there are only as many as the
  // sentence that is listened to has clips.
  load() {
    if (this.audio || !this.media) return;
    this.audio = element("audio", {
      preload: "auto",
      src: this.media.sound,
      play: () => this.sentence.mark(),
      pause: () => this.sentence.mark(),
      timeupdate: () => this.mark(),
      ended: () => this.sentence.finished(this),
      error: () => this.fail("this browser cannot play it"),
    });
    this.node.append(this.audio);
  }

  unload() {
    if (!this.audio) return;
    const audio = this.audio;
    this.audio = null;
    audio.pause();
    audio.removeAttribute("src");
    audio.load();
    audio.remove();
    this.mark();
  }

  play(at) {
    this.load();
    const begin = at < this.seconds - 0.02 ? at : 0;
    this.audio.currentTime = begin;
    this.audio.play().catch((error) => {
      if (error.name !== "AbortError") this.fail(error.message);
    });
  }

  fail(reason) {
    if (!this.audio) return;
    this.failure ??= element("p", { class: "warning" });
    this.failure.textContent = `Cannot be played: ${reason}`;
    this.node.querySelector(".what").append(this.failure);
  }

  build() {
    const colour = blind.on ? "" : colourOf(this.system.key);
    const head = element(
      "div",
      { class: "who" },
      this.media ? this.button() : null,
      this.title(),
    );
    const what = element(
      "div",
      { class: "what" },
      this.media ? this.track() : null,
      this.words(),
    );
    const label = `${this.name}, sentence ${this.sentence.number}`;
    return element(
      "div",
      { class: `clip ${colour}`, role: "group", "aria-label": label },
      head,
      what,
    );
  }

  title() {
    this.time = element("span", { class: "time" });
    return element(
      "div",
      {},
      element(
        "p",
        { class: "name" },
        element("kbd", { "aria-hidden": "true" }, String(this.place + 1)),
        this.name,
      ),
      this.media ? this.time : null,
      this.entry?.failed && !blind.on
        ? element("span", { class: "failed" }, "failed")
        : null,
      blind.on && this.media ? this.ballot() : null,
    );
  }

  button() {
    this.switch = element("button", {
      type: "button",
      class: "play",
      click: () => this.sentence.toggle(this),
    });
    return this.switch;
  }

  ballot() {
    const chosen = blind.votes.get(this.sentence.index) === this.system.key;
    const input = element("input", {
      type: "radio",
      name: `best-${this.sentence.index}`,
      checked: chosen,
      change: () => blind.votes.set(this.sentence.index, this.system.key),
    });
    return element("label", { class: "ballot" }, input, " sounds best");
  }

  track() {
    this.slider = element("div", {
      class: "track",
      role: "slider",
      tabindex: "0",
      "aria-label": `Position in ${this.name}`,
      "aria-valuemin": "0",
      "aria-valuemax": this.seconds.toFixed(2),
      click: (event) => this.seek(event),
      keydown: (event) => this.step(event),
    });
    const share = `${(100 * this.seconds) / this.sentence.longest}%`;
    const inside = element("div", { class: "sound" });
    inside.style.width = share;
    if (!blind.on) {
      inside.append(
        element("img", { src: this.media.picture, alt: "", draggable: "false" }),
        this.pitch(),
      );
    }
    this.slider.append(inside, element("div", { class: "playhead" }));
    const [low, high] = this.sentence.hertz;
    const labelled = high && !blind.on && this.media.pitch.length;
    const scale = labelled
      ? [element("span", {}, `${high} Hz`), element("span", {}, `${low} Hz`)]
      : [];
    return element(
      "div",
      { class: "strip" },
      this.slider,
      element("div", { class: "hertz", "aria-hidden": "true" }, scale),
    );
  }

  // The voiced stretches as lines over the spectrogram, on a logarithmic scale.
  pitch() {
    const [low, high] = this.sentence.hertz.map(Math.log2);
    const height = (hertz) =>
      (100 * (1 - (Math.log2(hertz) - low) / (high - low))).toFixed(1);
    const paths = this.media.pitch.map(
      ([first, ...hertz]) =>
        "M" + hertz.map((value, step) => `${first + step} ${height(value)}`).join("L"),
    );
    const width = this.seconds / CONTOUR_SECONDS;
    const frame = {
      class: "pitch",
      viewBox: `0 0 ${width} 100`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    };
    const line = (name) =>
      drawn("path", {
        class: name,
        d: paths.join(""),
        "vector-effect": "non-scaling-stroke",
      });
    return drawn("svg", frame, line("halo"), line("voice"));
  }

  // What is written under a clip; nothing that would give away a blind one.
  words() {
    if (blind.on)
      return this.media ? null : element("p", { class: "soft" }, "No sound.");
    if (!this.entry)
      return element("p", { class: "soft" }, "No such clip of this sentence.");
    const { error, warnings, figures: found } = this.entry;
    const values = Object.entries(found ?? {}).filter(([, value]) => known(value));
    const list = values.map(([key, value]) => {
      const about = measures[key];
      return element(
        "div",
        {},
        element("dt", {}, about.name),
        element("dd", {}, withUnit(value, about)),
      );
    });
    return [
      error ? element("p", { class: "error" }, error) : null,
      ...(warnings ?? []).map((text) => element("p", { class: "warning" }, text)),
      !error && !this.media ? element("p", { class: "soft" }, "No sound.") : null,
      list.length ? element("dl", { class: "values" }, list) : null,
    ];
  }

  seek(event) {
    const box = this.slider.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    this.sentence.play(this, share * this.sentence.longest);
  }

  step(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.sentence.at;
    const wanted = {
      ArrowRight: at + 0.1,
      ArrowLeft: at - 0.1,
      ArrowUp: at + 0.1,
      ArrowDown: at - 0.1,
      PageUp: at + 1,
      PageDown: at - 1,
      Home: 0,
      End: this.seconds,
    }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    this.sentence.move(this, Math.min(Math.max(wanted, 0), this.seconds));
  }

  // Bring the button, the time and the slider up to what is heard.
  mark() {
    if (!this.media) return;
    const playing = this.playing;
    const active = this.sentence.active === this;
    this.node.classList.toggle("active", active);
    if (this.switch.dataset.playing !== String(playing)) {
      this.switch.dataset.playing = playing;
      this.switch.replaceChildren(icon(playing ? "pause" : "play"));
      const label = `${playing ? "Pause" : "Play"} ${this.name}, sentence ${this.sentence.number}`;
      this.switch.setAttribute("aria-label", label);
    }
    const at = Math.min(this.sentence.at, this.seconds);
    this.time.textContent = `${active ? `${at.toFixed(1)} of ` : ""}${this.seconds.toFixed(1)} s`;
    this.slider.setAttribute("aria-valuenow", at.toFixed(2));
    this.slider.setAttribute(
      "aria-valuetext",
      `${at.toFixed(1)} of ${this.seconds.toFixed(1)} seconds`,
    );
  }
}

// Watch a voice being made: progress, and of a training the loss and the alignment.

import { api, busy, ended, follow, make, number, one, progress, say, text } from "./page.js";

function drawCurve(canvas, losses) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.strokeStyle = getComputedStyle(canvas).accentColor;
  context.lineWidth = 2;
  context.lineJoin = "round";
  const logs = losses.map(([step, loss]) => [step, Math.log(Math.max(loss, 1e-6))]);
  const values = logs.map(([, value]) => value);
  const low = Math.min(...values), high = Math.max(...values), last = logs.at(-1)[0] || 1;
  logs.forEach(([step, value], i) => {
    const y = 4 + (height - 8) * (1 - (value - low) / (high - low || 1));
    context[i ? "lineTo" : "moveTo"]((step / last) * width, y);
  });
  context.stroke();
}

/** Draw loss and distance of the epochs of a vocal model into `place`, as they are told. */
function epochs(place) {
  const line = make("p", { class: "soft" });
  const curves = ["loss", "distance"].map((name) =>
    [name, make("canvas", { class: "curve", role: "img", "aria-label": text(`train.${name}`) }), []]);
  place.append(line, ...curves.map(([name, canvas]) =>
    make("figure", {}, make("figcaption", { class: "soft" }, text(`train.${name}`)), canvas)));
  return ({ result }) => {
    if (result?.epoch == null) return;
    line.textContent = text("train.epoch", { epoch: number(result.epoch), epochs: number(result.epochs), distance: number(result.distance) });
    for (const [name, canvas, values] of curves) {
      values.push([result.epoch, result[name]]);
      drawCurve(canvas, values);
    }
  };
}

/** Draw a PNG of a data URL, which the policy lets no image load. */
async function showPicture(canvas, url) {
  const bytes = Uint8Array.from(atob(url.split(",")[1]), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  canvas.hidden = false;
}

/** Follow a training's losses and pictures into `place`; returns how to stop. */
function live(id, place) {
  const line = make("p", { class: "soft" });
  const curve = make("canvas", { class: "curve", role: "img", "aria-label": text("voices.curve") });
  const picture = make("canvas", { class: "alignment", role: "img", "aria-label": text("voices.alignment"), hidden: true });
  place.append(line, curve, picture);
  const losses = [];
  return follow(id, (told) => {
    if (told.loss != null) {
      losses.push([told.step, told.loss]);
      line.textContent = text("voices.loss", { loss: number(told.loss), step: number(told.step) });
      drawCurve(curve, losses);
    }
    if (told.picture) showPicture(picture, told.picture);
  }, `/api/v1/trainings/${id}/live`);
}

/** Show how the job of a new voice, of a type, gets on; `done` is called at its end. */
export function watch(id, type, done) {
  const place = one("#making");
  const bar = progress(text("speak.progress"));
  place.hidden = false;
  place.replaceChildren(bar.element);
  let leave = () => {}, tell = () => {};
  if (type === "train" || type === "train_vocal") {
    const stop = make("button", { type: "button" }, text("voices.stop"));
    stop.addEventListener("click", busy(stop, async () => {
      await api("DELETE", `/api/v1/jobs/${id}`);
      say(text("voices.stopped"));
    }));
    if (type === "train") leave = live(id, place);
    else tell = epochs(place);
    place.append(make("p", { class: "actions" }, stop));
  }
  follow(id, (event) => {
    bar.update(event);
    tell(event);
    if (!ended(event.state)) return;
    leave();
    place.hidden = true;
    const failed = event.state === "failed";
    const line = failed ? "states.failed" : event.state === "cancelled" ? "voices.ended" : "voices.ready";
    say(event.message ?? text(line), failed ? "warning" : "");
    done();
  });
}

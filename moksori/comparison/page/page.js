// One sound at a time: another voice of the same sentence goes on at the same moment.
let current = null;
const row = (audio) => audio.closest(".clips");

document.addEventListener(
  "play",
  ({ target }) => {
    if (current && current !== target) {
      current.pause();
      if (row(current) !== row(target)) release(row(current));
      else if (!current.ended) target.currentTime = current.currentTime;
    }
    current = target;
  },
  true,
);

// A browser has room for some dozens of loaded players.
function release(clips) {
  for (const audio of clips.querySelectorAll("audio")) audio.load();
}

// The keys 1 to 9 choose a voice of the sentence that is listened to.
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  if (!current || ctrlKey || metaKey || altKey || !/^[1-9]$/.test(key)) return;
  row(current).querySelectorAll("audio")[Number(key) - 1]?.play();
});

const blind = document.getElementById("blind");
blind.checked = false;
blind.addEventListener("change", () => {
  document.body.classList.toggle("blind", blind.checked);
  if (!blind.checked) return;
  current?.pause();
  for (const clips of document.querySelectorAll("section > .clips")) {
    // Every order is equally likely (Fisher and Yates 1938, "Statistical tables").
    const left = [...clips.children];
    while (left.length) {
      clips.append(...left.splice(Math.floor(Math.random() * left.length), 1));
    }
  }
});

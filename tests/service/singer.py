"""Stand in for `moksori.service.singer`: it says what that says, and makes tones.

A model that is called "wait" is trained until a signal comes, and "fail" fails. What is
to be sung by `WAITS` semitones takes a minute.
"""

import json
import signal
import sys
import time
from pathlib import Path

import numpy as np

WAITS = 24.0
ABOUT = {"epochs": 2, "distance": 7.5, "seconds": 12.0, "hertz": 200.0}


def main(path: Path) -> int:
    """Do what is asked for."""
    request, folder = json.loads(path.read_text()), path.parent
    print("a line of somebody's library", flush=True)
    if request["do"] == "train":
        return train(request, folder)
    if request["do"] == "bring":
        brought = folder / "brought.zip"
        if b"pickle" in brought.read_bytes():
            say(error=f"{folder}/brought.zip holds no model".replace(f"{folder}/", ""))
            return 0
        brought.rename(folder / "model.zip")
        say(packed=ABOUT)
    else:
        sing(request, folder)
    say(result={**ABOUT, "model": (folder / "model.zip").read_text()})
    return 0


def say(**told) -> None:
    print(json.dumps(told), flush=True)


def train(request, folder: Path) -> int:
    if request["name"] == "missing":
        say(error="run `make covers`", missing=True)
        return 0
    if request["name"] == "die":
        return 1
    before = folder / "before.zip"
    begun = before.read_text() if before.is_file() else ""
    clips = len(list((folder / "clips").iterdir()))
    zip = folder / "model.zip"
    say(stage="read", fraction=0.1)
    if request["name"] == "short":
        say(error="7.0 s of voice in the clips; 10 s are needed")
        return 0
    zip.write_text(f"{begun}index of {clips};")
    say(packed={"epochs": 0})
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    for epoch in range(1, request["epochs"] + 1):
        time.sleep(0.25)
        told = {"epoch": epoch, "epochs": request["epochs"], "loss": 1 / epoch}
        told |= {"distance": 8.0 - epoch / 10, "best": True}
        share = 0.25 + 0.75 * epoch / request["epochs"]
        say(stage="training", fraction=share, left=3.0, told=told)
        while request["name"] == "wait" and epoch == 2 and not stopped and not begun:
            time.sleep(0.02)
        if stopped:
            break
    zip.write_text(f"{zip.read_text()}{epoch} epochs")
    sample = folder / "model" / "sample.wav"
    sample.parent.mkdir(exist_ok=True)
    save(sample)
    say(packed={**ABOUT, "epochs": epoch})
    say(result=ABOUT)
    return 0


def save(path: Path) -> None:
    from moksori.audio.files import save

    noise = np.random.default_rng(0).standard_normal(5 * 16000)
    save(path, (0.1 * noise).astype("f4"), 16000)


def sing(request, folder: Path) -> None:
    """Return what came, and noise for what is sung."""
    say(stage="separate", fraction=0.2)
    given = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    (wave, *_) = given.values()
    noise = 0.1 * np.random.default_rng(0).standard_normal(wave.shape).astype("f4")
    for name in ("voice", "vocals", "backing"):
        np.save(folder / f"made-{name}.npy", noise if name == "voice" else wave)
    for _ in range(600 * (request["how"]["semitones"] == WAITS)):
        # Again and again, as of what comes faster than 0.2 s only some is written.
        say(stage="separate", fraction=0.2)
        time.sleep(0.1)
    say(stage="mix", fraction=1.0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""Train vocal models, take them from zips, and sing with them; the program of a child.

`python -m moksori.service.singer REQUEST` reads what to do from a file of JSON, beside
which everything else lies: `clips/`, `model.zip`, waves as NAME.npy. It writes lines of
JSON: {"stage", "fraction"} and more on the way, {"packed"} with what a new model.zip
holds, and at the end {"result"} or {"error"}.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

# Where a stage of a training begins and ends on the way.
_STAGES = {"read": (0.0, 0.15), "index": (0.15, 0.15), "disguise": (0.15, 0.25)}
_TAUGHT = 0.25
# A model that got better is packed so often; whoever sings meanwhile takes it.
_PACK_SECONDS = 30.0
PARTS = ("vocals", "backing")
_TOLD = ("epochs", "distance", "seconds", "hertz", "sample_rate", "kind")


def main(path: Path) -> int:
    """Do what a request asks for; returns the exit code."""
    request = json.loads(path.read_text("utf-8"))
    from moksori.covers.weights import INSTALL
    from moksori.speakers.weights import WeightsMissing

    try:
        _say(result=_ACTIONS[request["do"]](request, path.parent))
    except WeightsMissing as error:
        # What a model of RVC needs is no package, and its line says where to get it.
        _say(error=str(error), missing=INSTALL in str(error))
    except (OSError, ValueError) as error:
        # The machine's folders are nobody's business.
        _say(error=str(error).replace(f"{path.parent}/", ""))
    return 0


def _say(**told) -> None:
    print(json.dumps(told), flush=True)


def _train(request: dict, folder: Path) -> dict:
    """Train a model on clips, on from the one in model.zip or of a broken attempt."""
    from moksori.covers import packing, training
    from moksori.covers.voice import DESCRIPTION

    model, zip = folder / "model", folder / "model.zip"
    before = folder / "before.zip"
    if before.is_file() and not model.exists():
        packing.unpack(before, model)
    packed = time.monotonic()

    def pack() -> None:
        nonlocal packed
        packing.pack(model, zip)
        packed = time.monotonic()
        _say(packed=_about(model))

    def progress(stage: str, done: float) -> None:
        begin, end = _STAGES[stage]
        if stage == "index":
            pack()
        _say(stage=stage, fraction=begin + done * (end - begin))

    def report(epoch: training.Epoch) -> None:
        # From now on there is something to save; before, a stop ends at once.
        signal.signal(signal.SIGTERM, _stop)
        taught = (epoch.number - first) / max(epoch.epochs - first, 1)
        _say(
            stage="training",
            fraction=_TAUGHT + taught * (1 - _TAUGHT),
            left=epoch.seconds_left,
            told={
                "epoch": epoch.number,
                "epochs": epoch.epochs,
                "loss": round(epoch.loss, 4),
                "distance": round(epoch.distance, 3),
                "best": epoch.best,
            },
        )
        if epoch.best and time.monotonic() - packed > _PACK_SECONDS:
            pack()

    resume = (model / DESCRIPTION).is_file()
    first = _about(model)["epochs"] if resume else 0
    how = {
        name: request[name] for name in ("name", "consent", "epochs", "seed", "decoder")
    }
    clips = sorted((folder / "clips").iterdir())
    how |= {"progress": progress, "report": report, "resume": resume}
    with contextlib.suppress(SystemExit):
        training.train(clips, model, **how)
    pack()
    return _about(model)


def _stop(*_) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit


def _bring(request: dict, folder: Path) -> dict:
    """Take a model from somebody's zip, and pack what was understood of it."""
    from moksori.covers import packing

    zip, consent = folder / "brought.zip", request["consent"]
    packing.unpack(zip, folder / "model", consent)
    packing.pack(folder / "model", folder / "model.zip")
    _say(packed=_about(folder / "model"))
    return _about(folder / "model")


def _cover(request: dict, folder: Path) -> dict:
    """Cover song.npy, or what vocals.npy and backing.npy are together."""
    from moksori.covers.cover import How, cover, separate, stems_of
    from moksori.covers.stems import RATE

    model, song = _model(folder), folder / "song.npy"
    if song.is_file():
        stems = separate(np.load(song), RATE, _told)
    else:
        vocals, backing = (np.load(folder / f"{name}.npy") for name in PARTS)
        stems = stems_of(vocals, RATE, backing, RATE)
    made = cover(stems, model, How(**request["how"]), _told)
    for name in ("voice", *PARTS):
        np.save(folder / f"made-{name}.npy", getattr(made, name))
    return _about(folder / "model")


def _convert(request: dict, folder: Path) -> dict:
    """Say recording.npy by another voice."""
    from moksori.covers.conversion import Converter
    from moksori.covers.stems import RATE

    how = {k: v for k, v in request["how"].items() if k != "room"}
    wave = np.load(folder / "recording.npy")
    made = Converter(_model(folder)).convert(wave, RATE, **how, progress=_told)
    np.save(folder / "made-voice.npy", made)
    return _about(folder / "model")


def _told(stage: str, done: float) -> None:
    _say(stage=stage, fraction=done)


def _model(folder: Path):
    from moksori.covers import conversion, packing

    packing.unpack(folder / "model.zip", folder / "model")
    return conversion.load(folder / "model")


def _about(model: Path) -> dict:
    from moksori.covers.voice import read_about

    about = read_about(model)
    return {name: getattr(about, name) for name in _TOLD}


_ACTIONS = {"train": _train, "bring": _bring, "cover": _cover, "convert": _convert}


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    code = main(Path(sys.argv[1]))
    # To take a network apart in order takes seconds, for which a stop would wait.
    os._exit(code)

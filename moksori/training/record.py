"""Record in a run's folder what it was trained on, for a later comparison."""

import json
from hashlib import blake2b
from pathlib import Path

from moksori.storage import write_json

_NAME = "trained-on.json"


def digest(store) -> str:
    """Hash the utterances of a feature store, and how they were made."""
    lines = "".join(f"{row.id} {row.frames}\n" for row in store.rows)
    text = f"{store.fingerprint}\n{lines}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def write_training_record(folder: str | Path, store, held_out: int) -> None:
    """Record which features the run in a folder is trained on from now on.

    `held_out` is how many utterances the settings keep from it. The `minutes` are those
    of all utterances, of whatever speaker. What it was trained on `before`, if those
    were other features or others were held out, stays in the record. Raises `OSError`.
    """
    earlier = read_training_record(folder)
    before = earlier.pop("before", [])
    frames = sum(row.frames for row in store.rows)
    about = {
        "features": str(store.folder),
        "digest": digest(store),
        "utterances": len(store.rows),
        "held_out": held_out,
        "minutes": round(frames * store.audio.frame_seconds / 60, 2),
    }
    mine = about["digest"], about["held_out"]
    seen = [*before, earlier] if earlier else before
    kept = [each for each in seen if (each["digest"], each["held_out"]) != mine]
    if kept:
        about["before"] = kept
    write_json(Path(folder) / _NAME, about)


def read_training_record(folder: str | Path) -> dict:
    """Return what `write_training_record` wrote; empty for a run older than that."""
    try:
        return json.loads((Path(folder) / _NAME).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def copy_training_record(source: str | Path, folder: str | Path) -> None:
    """Copy the record of one run's folder, if it has one, to another's."""
    if record := read_training_record(source):
        write_json(Path(folder) / _NAME, record)

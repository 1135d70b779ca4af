"""Corpora made on the spot: little sounds with Korean texts."""

import json
from pathlib import Path

import numpy as np

from moksori.audio import files

RATE = 8000
TEXTS = ("안녕하세요.", "반갑습니다.", "오늘은 날씨가 좋네요.", "다음에 또 만나요!")


def sound(seed: int, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    """A tone of its own pitch that swells and fades, with a little noise."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    swell = np.sin(np.pi * time / seconds)
    tone = np.sin(2 * np.pi * (150 + 5 * seed % 1000) * time) * swell
    return (0.4 * tone + random.normal(0, 1e-3, time.size)).astype(np.float32)


def write_sound(path: Path, seed: int, seconds: float = 1.0) -> Path:
    """A recording at `path`, in the format of its suffix."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".wav":
        files.save(path, sound(seed, seconds), RATE)
    else:
        soundfile.write(path, sound(seed, seconds), RATE)
    return path


def write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)
    return path


def folder_corpus(folder: Path, count: int = 4, speakers=("minji",)) -> Path:
    """`<speaker>/<n>.wav` with a text beside each; every sound and text differs."""
    for place, speaker in enumerate(speakers):
        for number in range(count):
            seed = place * count + number
            stem = folder / speaker / f"{number:03d}"
            write_sound(stem.with_suffix(".wav"), seed, 1.0 + 0.02 * (seed % 20))
            write_text(stem.with_suffix(".txt"), TEXTS[number % len(TEXTS)])
    return folder


def write_json(path: Path, values, encoding: str = "utf-8") -> Path:
    return write_text(path, json.dumps(values, ensure_ascii=False), encoding)

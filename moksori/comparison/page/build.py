"""A comparison of voices as one page to listen to: everything is inside the file.

The page asks nothing of the network, and its policy forbids it to: sounds and pictures
are data within it, its own style and script are named there by their hashes, and no
text is ever read as HTML. Sounds are brought to one loudness, since what is louder
seems better; the files beside the page stay as they are.
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from hparams import Audio
from moksori.audio.files import AudioError, decode, resample, wav_bytes
from moksori.audio.levels import loudness
from moksori.audio.spectrum import mel_spectrogram
from moksori.comparison.page.pictures import contour, spectrogram
from moksori.metrics.pitch import track
from moksori.storage import write_text

NAME = "compare.html"
RANGE_DECIBEL = 60.0

_PARTS = Path(__file__).parent
_SCRIPTS = (
    "page_elements.js",
    "page_results.js",
    "page_clip.js",
    "page_sentence.js",
    "page.js",
)
# Figures of single clips: a table over all of them need not have them, or may write
# and order them otherwise.
_MEASURES = {
    "cepstral_decibel": ("Mel-cepstral distortion", "dB", "lower", 2),
    "pitch_cents": ("Pitch error", "cents", "lower", 0),
    "gross_pitch_error": ("Gross pitch errors", "", "lower", 3),
    "voicing_error": ("Voicing error", "", "lower", 3),
    "duration_ratio": ("Length", "×", "one", 2),
    "similarity": ("Speaker similarity", "", "higher", 3),
    "focus": ("Attention focus", "", "higher", 2),
    "skips": ("Skips", "", "lower", 0),
    "repeats": ("Returns", "", "lower", 0),
    "real_time_factor": ("Real-time factor", "", "lower", 2),
}
_HOW = ("better", "digits")


@dataclass(frozen=True)
class _Sound:
    """A clip as it was read: `wave` [samples] at `rate`, at its own level."""

    wave: np.ndarray
    rate: int
    loudness: float
    peak_decibel: float


def write(
    folder: Path,
    comparison: Mapping,
    audio: Audio,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write `compare.html` into the folder, aside and renamed, and return its path.

    `comparison` is what `comparison.json` holds; the sounds and pictures it names lie
    in the folder. A file that is missing or damaged is said at its clip and is no
    error. All spectrograms are made with the settings `audio`, and the sounds levelled
    to its loudness, or to less where one clip of a sentence would be distorted.
    `progress(done, count)` is called after every sentence.
    """
    sentences, sounds = [], []
    for index, sentence in enumerate(comparison.get("sentences") or []):
        shown, media = _sentence(folder, sentence, audio)
        sentences.append(shown)
        sounds.append(_data_block(f"sounds-{index}", media))
        if progress:
            progress(index + 1, len(comparison["sentences"]))
    facts = {
        **comparison,
        "sentences": sentences,
        "measures": _measures(comparison),
        "spectrogram": {
            "bands": audio.mels,
            "hertz": [audio.fmin, audio.fmax],
            "decibel": RANGE_DECIBEL,
        },
        "loudness": audio.loudness_lufs,
    }
    text = _assemble(str(comparison.get("title") or "Comparison"), facts, sounds)
    path = folder / NAME
    write_text(path, text)
    return path


def _assemble(title: str, facts: dict, sounds: list[str]) -> str:
    """The parts of the page in one text; what was put in is not looked at again."""
    style = _part("page.css")
    script = "".join(_part(name) for name in _SCRIPTS)
    policy = (
        "default-src 'none'; img-src data:; media-src data:; "
        f"style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    parts = {
        "policy": policy,
        "title": escape(title),
        "style": style,
        "comparison": _data_block("comparison", facts),
        "sounds": "\n".join(sounds),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _part("page.html"))


def _part(name: str) -> str:
    return (_PARTS / name).read_text("utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _data_block(name: str, value) -> str:
    """JSON as an element that is no program; no tag can begin or end inside it."""
    text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{safe}</script>'


def _finite(value):
    """The value with null in the place of numbers that JSON has no word for."""
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _measures(comparison: Mapping) -> dict[str, dict]:
    """What is known of every figure that some clip has: name, unit, better, digits."""
    table = {row["key"]: row for row in comparison.get("figures") or []}
    found = {}
    for sentence in comparison.get("sentences") or []:
        for clip in (sentence.get("clips") or {}).values():
            for key in (clip or {}).get("figures") or {}:
                listed = table.get(key, {})
                other = (key.replace("_", " "), "", *map(listed.get, _HOW))
                name, unit, better, digits = _MEASURES.get(key, other)
                found[key] = {
                    "name": listed.get("name", name),
                    "unit": listed.get("unit", unit),
                    "better": better,
                    "digits": 2 if digits is None else digits,
                }
    return found


def _sentence(folder: Path, sentence: Mapping, audio: Audio) -> tuple[dict, dict]:
    """(the sentence as the page shows it, its sounds and pictures)."""
    clips: dict[str, dict] = {}
    sounds: dict[str, _Sound] = {}
    alignments: dict[str, str] = {}
    for key, clip in (sentence.get("clips") or {}).items():
        clips[key] = dict(clip or {})
        if clips[key].get("wav"):
            try:
                sounds[key] = _read(folder, clips[key]["wav"])
            except AudioError as error:
                clips[key]["error"] = str(error)
        if clips[key].get("alignment"):
            found = _alignment(folder, clips[key]["alignment"])
            clips[key]["alignment"] = found and hashlib.sha256(found).hexdigest()[:16]
            if found:
                alignments[clips[key]["alignment"]] = _uri("image/png", found)
    media = _media(sounds, audio)
    for key, embedded in media.items():
        clips[key]["seconds"] = embedded["seconds"]
    return {**sentence, "clips": clips}, {"clips": media, "alignments": alignments}


def _media(sounds: dict[str, _Sound], audio: Audio) -> dict[str, dict]:
    """Sound and pictures of the clips of a sentence, on scales that they share."""
    gains = _gains(sounds, audio)
    levelled = {
        key: (one.wave * np.float32(10 ** (gains[key] / 20)), one.rate)
        for key, one in sounds.items()
    }
    mels = {
        key: mel_spectrogram(resample(wave, rate, audio.sample_rate), audio)
        for key, (wave, rate) in levelled.items()
    }
    per_decibel = 2 * audio.mel_range / (audio.ceiling_decibel - audio.floor_decibel)
    # Not the very largest value: one click would darken all the others.
    high = max((float(np.percentile(mel, 99.9)) for mel in mels.values()), default=0.0)
    low = high - RANGE_DECIBEL * per_decibel
    return {
        key: {
            "seconds": round(wave.size / rate, 4),
            "gain": round(gains[key], 1),
            "sound": _uri("audio/wav", wav_bytes(wave, rate)),
            "picture": _uri("image/png", spectrogram(mels[key], low, high)),
            "pitch": _pitch(wave, rate),
        }
        for key, (wave, rate) in levelled.items()
    }


def _pitch(wave: np.ndarray, rate: int) -> list[list[int]]:
    """The contour of a sound; none at a rate that is too low to find it."""
    try:
        return contour(track(wave, rate))
    except ValueError:
        return []


def _gains(sounds: dict[str, _Sound], audio: Audio) -> dict[str, float]:
    """Decibels that make the clips of a sentence equally loud, and none distorted."""
    heard = [one for one in sounds.values() if math.isfinite(one.loudness)]
    room = [audio.level_decibel - one.peak_decibel + one.loudness for one in heard]
    wanted = min([audio.loudness_lufs, *room])
    return {
        key: wanted - one.loudness if math.isfinite(one.loudness) else 0.0
        for key, one in sounds.items()
    }


def _read(folder: Path, name: str) -> _Sound:
    """The sound of that name. Raises `AudioError`, which names it as the page does."""
    try:
        wave, rate = decode(folder / name)
    except AudioError as error:
        raise AudioError(str(error).replace(str(folder / name), name)) from None
    peak = 20 * math.log10(max(float(np.abs(wave).max()), 1e-6))
    return _Sound(wave, rate, loudness(wave, rate), peak)


def _alignment(folder: Path, name: str) -> bytes | None:
    """The picture of that name; none when it is not there, which is no great loss."""
    try:
        found = (folder / name).read_bytes()
    except OSError:
        return None
    return found if found.startswith(b"\x89PNG") else None


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"

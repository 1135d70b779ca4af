"""Write a comparison as one page to listen to: everything is inside the file.

The page asks nothing of the network, and its policy forbids it to: sounds and pictures
are data within it, its style and script are named by their hashes, and the template
escapes every text. Sounds are brought to one loudness, since what is louder seems
better; the files beside the page stay as they are.
"""

import base64
import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hparams import Audio
from moksori.audio.files import AudioError, decode, resample, wav_bytes
from moksori.audio.levels import loudness
from moksori.audio.spectrum import mel_spectrogram
from moksori.comparison.page.pictures import spectrogram
from moksori.storage import write_text

NAME = "compare.html"
RANGE_DECIBEL = 60.0
_PARTS = Path(__file__).parent
_DIRECTIONS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "one": "1 is best",
}
_FAILURES = (
    "Not spoken, silent, not ended by itself, something lost or repeated, or far from "
    "the recording's length. What is lost or repeated is seen in the attention, so for "
    "a trained voice alone."
)


# A wave [samples] and its rate.
Sound = tuple[np.ndarray, int]


def write(folder: Path, comparison: Mapping, audio: Audio) -> Path:
    """Write `compare.html` into the folder and return its path.

    `comparison` is what `comparison.json` holds; the sounds and pictures it names lie
    in the folder. A file that is missing or damaged is said at its clip and is no
    error. All spectrograms are made with the settings `audio`, and the sounds levelled
    to its loudness, or to less where one clip of a sentence would be distorted.
    """
    from jinja2 import Environment, FileSystemLoader

    spaces = {"trim_blocks": True, "lstrip_blocks": True}
    loader = FileSystemLoader(_PARTS)
    templates = Environment(loader=loader, autoescape=True, **spaces)
    templates.filters |= {
        "lang": _language,
        "number": _number,
        "interval": _interval,
    }
    style, script = (
        (_PARTS / name).read_text("utf-8") for name in ("page.css", "page.js")
    )
    policy = (
        "default-src 'none'; img-src data:; media-src data:; base-uri 'none'; "
        f"form-action 'none'; style-src {policy_hash(style)}; "
        f"script-src {policy_hash(script)}"
    )
    rows = [*comparison["figures"], *_costs(comparison["systems"])]
    known = {key for row in rows for key, cell in row["systems"].items() if cell}
    text = templates.get_template("page.html").render(
        comparison,
        policy=policy,
        style=style,
        script=script,
        audio=audio,
        range_decibel=RANGE_DECIBEL,
        rows=rows,
        directions=_DIRECTIONS,
        columns=[each for each in comparison["systems"] if each["key"] in known],
        shown=[_sentence(folder, each, audio) for each in comparison["sentences"]],
    )
    path = folder / NAME
    write_text(path, text)
    return path


def _costs(systems: Sequence[Mapping]) -> list[dict]:
    """Return the rows of what each system costs, like those of the figures."""
    spoke = [each for each in systems if "failures" in each]

    def row(name: str, unit: str, note: str, digits: int, key: str, text: str = ""):
        cells = {}
        for system in spoke:
            value = (
                system[key] if isinstance(system[key], dict) else {"mean": system[key]}
            )
            cells[system["key"]] = {**value, "text": text.format(**value)}
        about = {"name": name, "unit": unit, "note": note, "digits": digits}
        return about | {"systems": cells}

    computing = "Seconds of computing for a second of speech."
    memory = "Most of the whole process."
    training = "Training data of this person"
    return [
        row("Real-time factor", "", computing, 2, "real_time_factor"),
        row("Memory", "MB", memory, 0, "memory_megabytes"),
        row("Failures", "lines", _FAILURES, 0, "failures", "{count} of {of}"),
        row(training, "minutes", "", 0, "training_minutes"),
    ]


def _sentence(folder: Path, sentence: Mapping, audio: Audio) -> dict:
    """Return a sentence with the sounds and pictures of its clips as data."""
    clips = {key: dict(clip) for key, clip in sentence["clips"].items()}
    sounds, alignments = {}, {}
    for key, clip in clips.items():
        if "wav" in clip:
            try:
                sounds[key] = _read(folder, clip["wav"])
            except AudioError as error:
                clip["error"] = str(error)
        # Systems with the same acoustic model have the same alignment: shown once.
        if picture := _alignment(folder, clip.get("alignment")):
            alignments.setdefault(data_uri("image/png", picture), []).append(key)
    for key, media in _media(sounds, audio).items():
        clips[key] |= media
    return {**sentence, "clips": clips, "alignments": alignments}


def _media(sounds: Mapping[str, Sound], audio: Audio) -> dict[str, dict]:
    """Return sound and picture of the clips of a sentence, on scales they share."""
    gains = _gains(sounds, audio)
    waves = {
        key: (wave * np.float32(10 ** (gains[key] / 20)), rate)
        for key, (wave, rate) in sounds.items()
    }
    mels = {
        key: mel_spectrogram(resample(wave, rate, audio.sample_rate), audio)
        for key, (wave, rate) in waves.items()
    }
    frames = max(map(len, mels.values()), default=0)
    per_decibel = 2 * audio.mel_range / (audio.ceiling_decibel - audio.floor_decibel)
    # Not the very largest value: one click would darken all the others.
    high = max((float(np.percentile(mel, 99.9)) for mel in mels.values()), default=0.0)
    low = high - RANGE_DECIBEL * per_decibel
    return {
        key: {
            "seconds": wave.size / rate,
            "sound": data_uri("audio/wav", wav_bytes(wave, rate)),
            "picture": data_uri("image/png", spectrogram(mels[key], low, high, frames)),
        }
        for key, (wave, rate) in waves.items()
    }


def _gains(sounds: Mapping[str, Sound], audio: Audio) -> dict[str, float]:
    """Return decibels that make the clips of a sentence equally loud, undistorted."""
    levels = {key: loudness(*sound) for key, sound in sounds.items()}
    heard = {key: level for key, level in levels.items() if math.isfinite(level)}
    peaks = {key: max(float(np.abs(sounds[key][0]).max()), 1e-6) for key in heard}
    room = [
        audio.level_decibel - 20 * math.log10(peaks[key]) + level
        for key, level in heard.items()
    ]
    wanted = min([audio.loudness_lufs, *room])
    return {key: wanted - heard[key] if key in heard else 0.0 for key in sounds}


def _read(folder: Path, name: str) -> Sound:
    """Read a sound. Raises `AudioError`, which names the file as the page does."""
    try:
        return decode(folder / name)
    except AudioError as error:
        raise AudioError(str(error).replace(str(folder / name), name)) from None


def _alignment(folder: Path, name: str | None) -> bytes | None:
    """Read a picture; None when it is not there, which is no great loss."""
    try:
        found = (folder / name).read_bytes() if name else b""
    except OSError:
        return None
    return found if found.startswith(b"\x89PNG") else None


def policy_hash(text: str) -> str:
    """Return what a policy names a style or a script by, which is in the page."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def data_uri(kind: str, content: bytes) -> str:
    """Return an address that holds what it stands for."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _language(text: str) -> str:
    """Return the language of a text, for its typeface and for screen readers."""
    return "ko" if re.search("[ᄀ-ᇿ㄰-㆏가-힣]", text) else "en"


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _interval(bounds: Sequence[float | None], digits: int) -> str:
    known = [_number(bound, digits) for bound in bounds or () if bound is not None]
    return " to ".join(known)

"""Extract one utterance, or a block of them, from recording and text to arrays.

What cannot become features is rejected with a reason (`datasets.rejections`); no
recording, however broken, stops a block.
"""

from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path

import numpy as np

import hangul
from datasets.readers.corpus import Utterance
from datasets.rejections import Reason, Rejection
from datasets.store import build_lock
from datasets.store.shards import ShardWriter
from hparams import Audio, Text
from moksori.audio import files, levels, pcm, spectrum

# A recording may be this much longer than the longest speech: silence is trimmed.
_SPARE_FACTOR, _SPARE_SECONDS = 4.0, 10.0
_CLIPPED_SHARE = 0.002
_SILENT_DECIBEL = -60.0
# By so much a stretch may end after its recording: times are rounded.
_BEYOND_SECONDS = 0.5


@dataclass(frozen=True)
class Block:
    """Utterances, each under its key, that go into the shard called `number`.

    `folder` is that of the store, `build` the name under which a build holds it.
    """

    number: int
    utterances: tuple[tuple[str, Utterance], ...]
    folder: Path
    build: str
    audio: Audio
    text: Text


def write_block(block: Block) -> list[dict]:
    """Extract a block into its shard and return the journal entries in order.

    When this returns, the arrays are on the disk under their final names. It may run
    twice, even at once in two places: both write the same. Raises `Superseded`, and
    leaves nothing, once the build that made the block has ended.
    """
    permit = partial(build_lock.require, block.folder, block.build)
    folder, entries = block.folder / "shards", []
    with ShardWriter(folder, block.number, block.audio, permit) as shard:
        for key, utterance in block.utterances:
            permit()
            entries.append({"key": key, **_entry(utterance, shard, block)})
    return entries


def try_block(block: Block) -> None:
    """Extract a block and keep nothing, to see whether the process survives it."""
    for _, utterance in block.utterances:
        _entry(utterance, _NullWriter(), block)


class _NullWriter:
    """Takes arrays as a `ShardWriter` does, and forgets them."""

    def append(self, mel, linear, wave) -> int:
        return 0


def _entry(utterance: Utterance, shard, block: Block) -> dict:
    try:
        return _extract(utterance, shard, block)
    except Rejection as rejection:
        return {"reason": rejection.reason, "detail": rejection.detail}


def _extract(utterance: Utterance, shard, block: Block) -> dict:
    spoken, ids, unread = speak_text(utterance.text, block.text)
    wave, measures = load_recording(utterance, block.audio)
    mel, linear = spectrum.spectrograms(wave, block.audio, block.audio.linear)
    samples = pcm.to_int16(wave)
    return {
        "spoken": spoken,
        "ids": ids,
        "frames": mel.shape[0],
        "samples": samples.size,
        "shard": block.number,
        "offset": shard.append(mel, linear, samples),
        "sound": blake2b(samples.data, digest_size=8).hexdigest(),
        **measures,
        **({"unread": unread} if unread else {}),
    }


def speak_text(text: str, settings: Text) -> tuple[str, list[int], str]:
    """Turn a text into (text as it is spoken, its symbol ids, what cannot be read).

    The last is as synthesis refuses it, and "" as a rule; `store.selection` decides
    whether the rest is trained on. Raises `Rejection` where no rest is left.
    """
    if not text.strip():
        raise Rejection(Reason.EMPTY_TRANSCRIPT, "there is no text")
    spoken, unread = text, ""
    try:
        if settings.normalize:
            normalized = hangul.normalize_verbose(text)
            spoken, unread = normalized.text, " ".join(normalized.unreadable)
        if settings.phonetic:
            spoken = hangul.pronounce(spoken)
        ids = hangul.encode(spoken)
    except ValueError as error:
        raise Rejection(Reason.FOREIGN_SYMBOL, str(error)) from None
    if not letters(spoken):
        if unread:
            raise Rejection(Reason.UNREAD_TEXT, f"{unread} in {text!r}")
        raise Rejection(Reason.EMPTY_TRANSCRIPT, f"nothing to say in {text!r}")
    return spoken, ids, unread


def letters(spoken: str) -> int:
    """Count the characters of a spoken text that sound: no spaces, no punctuation."""
    return sum(character.isalnum() for character in spoken)


def load_recording(utterance: Utterance, audio: Audio) -> tuple[np.ndarray, dict]:
    """Load a recording as (levelled wave [samples], its measures).

    Raises `Rejection` for one that cannot be read or is not fit for training.

    Levels and the signal-to-noise ratio are those of the recording as it was.
    """
    longest = audio.max_seconds * _SPARE_FACTOR + _SPARE_SECONDS
    start, end = utterance.start_seconds, utterance.end_seconds
    try:
        raw, rate = files.decode(utterance.path, start, end, longest)
        clipped = levels.clipped_share(raw)
        whole = files.resample(raw, rate, audio.sample_rate)
    except files.CutOff as error:
        raise Rejection(Reason.CUT_OFF, str(error)) from None
    except files.Beyond as error:
        raise Rejection(Reason.BEYOND, str(error)) from None
    except files.AudioError as error:
        raise Rejection(Reason.UNREADABLE, str(error)) from None
    except Exception as error:  # whatever a decoder raises, the file is to blame
        detail = f"{utterance.path}: {type(error).__name__}: {error}"
        raise Rejection(Reason.UNREADABLE, detail) from None
    begin = max(start or 0.0, 0.0)
    missing = min((end or 0.0) - begin, longest) - raw.size / rate
    if missing > _BEYOND_SECONDS:
        detail = f"{utterance.path}: ends {missing:.2f} s before the stretch to {end} s"
        raise Rejection(Reason.BEYOND, detail)
    if raw.size >= round(longest * rate):
        raise Rejection(Reason.TOO_LONG, f"{utterance.path}: over {longest:.0f} s")
    speech = levels.trim(whole, audio)
    decibel = levels.rms_decibel(speech)
    seconds = speech.size / audio.sample_rate
    reject_if_bad(utterance.path, audio, seconds, decibel, clipped)
    measures = {
        "seconds": round(seconds, 3),
        "level": round(decibel, 2),
        "signal_to_noise": round(levels.signal_to_noise(whole, audio.sample_rate), 2),
    }
    return levels.level(speech, audio), measures


def reject_if_bad(
    path: Path, audio: Audio, seconds: float, decibel: float, clipped: float
) -> None:
    """Raise `Rejection` for a recording that is silent, clipped, too short or too long.

    `seconds` and `decibel` are those of its speech, `clipped` a share of its samples.
    """
    if seconds == 0 or decibel < _SILENT_DECIBEL:
        raise Rejection(Reason.SILENT, f"{path}: {decibel:.0f} dB")
    if clipped > _CLIPPED_SHARE:
        raise Rejection(Reason.CLIPPED, f"{path}: {clipped:.1%} of its samples")
    if seconds < audio.min_seconds:
        detail = f"{path}: {seconds:.2f} s, least {audio.min_seconds:g} s"
        raise Rejection(Reason.TOO_SHORT, detail)
    if seconds > audio.max_seconds:
        detail = f"{path}: {seconds:.2f} s, most {audio.max_seconds:g} s"
        raise Rejection(Reason.TOO_LONG, detail)

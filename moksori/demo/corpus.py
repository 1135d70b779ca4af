"""The embedded corpus: sentences of a grammar, read aloud by a synthetic speaker.

Sound comes from the espeak-ng library that the `espeakng-loader` wheel carries. It
knows neither Korean sound changes nor Korean numbers, so it is given the normalised
text respelled as it sounds.
"""

import atexit
import ctypes
import functools
import json
import os
import re
import tempfile
import threading
from _ctypes import dlclose
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hangul import normalize, pronounce
from moksori.audio.files import save
from moksori.audio.pcm import from_int16
from moksori.demo.grammar.sentences import held_out, sentences
from moksori.storage import write_json, write_text

SAMPLE_RATE = 22050
VERSION = 1
LEAD_SECONDS = 0.05
TAIL_SECONDS = 0.1

# Values of espeak-ng's speak_lib.h.
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_BUFFER_MILLISECONDS = 1000
_NOISE_SEED = 1
_UTF8 = 1
_RATE, _PITCH = 1, 3
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
# The library keeps paths in 160 bytes and does not start with what is longer.
_LONGEST_DATA_PATH = 120


class DemoError(RuntimeError):
    """The demo corpus cannot be made; the message is one line a person can act on."""


@dataclass(frozen=True)
class Speaker:
    """A voice of espeak-ng; pitch is 0 to 99, rate about words per minute."""

    voice: str
    pitch: int = 50
    rate: int = 175


SPEAKERS: tuple[Speaker, ...] = (
    Speaker("ko"),
    Speaker("ko+f2", 50, 170),
    Speaker("ko+m3", 15, 165),
    Speaker("ko+f5", 75, 185),
    Speaker("ko+m7", 85, 175),
    Speaker("ko+steph", 60, 180),
    Speaker("ko+david", 45, 170),
    Speaker("ko+anika", 55, 150),
    Speaker("ko+m4", 99, 190),
    Speaker("ko+linda", 20, 165),
)


@dataclass(frozen=True)
class Line:
    """One utterance of the corpus, before it is spoken."""

    id: str
    speaker: Speaker
    text: str


def spoken_form(text: str) -> str:
    """Respell a written text for espeak-ng: as it sounds, with its pauses."""
    respelled = pronounce(normalize(text))
    respelled = re.sub(r"[…~;:]+", ",", respelled)
    return " ".join(re.sub(r"[^가-힣,.?!\s]", " ", respelled).split())


def synthesize(text: str, speaker: Speaker) -> np.ndarray:
    """Speak one sentence: float32 [samples] at `SAMPLE_RATE`, with a little silence.

    The same text and speaker give the same samples, whatever was spoken before.
    Raises `DemoError` when espeak-ng is missing, or has no such voice, or is silent.
    """
    spoken = spoken_form(text)
    if not re.search("[가-힣]", spoken):
        raise DemoError(f"nothing to speak in {text!r}: give a Korean sentence")
    samples = _espeak(spoken, speaker)
    lead, tail = (round(s * SAMPLE_RATE) for s in (LEAD_SECONDS, TAIL_SECONDS))
    return np.pad(from_int16(samples), (lead, tail))


def lines(
    count: int, speakers: int = 1, seed: int = 0, unseen: bool = False
) -> Iterator[Line]:
    """Yield the utterances of a corpus; speakers take turns.

    `unseen` gives sentences that no corpus made without it holds.
    """
    if not 1 <= speakers <= len(SPEAKERS):
        raise DemoError(f"the demo has 1 to {len(SPEAKERS)} speakers, not {speakers}")
    texts = (held_out if unseen else sentences)(count, seed)
    for index, text in enumerate(texts):
        yield Line(f"demo_{index:05d}", SPEAKERS[index % speakers], text)


def write(
    folder: str | Path,
    count: int = 3000,
    speakers: int = 1,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    unseen: bool = False,
) -> Path:
    """Write a corpus of `count` utterances and return its folder.

    It holds `wavs/<speaker>/<id>.wav`, `transcripts.tsv` (id, speaker, written text)
    and `demo.json`, which says what the corpus is and whether it is finished. A
    finished corpus is left as it is; an interrupted one, or one that is to have
    another count, is completed. `unseen` as for `lines`. `progress(done, count)` is
    called after every utterance. Raises `DemoError` for a folder that holds another
    corpus.
    """
    folder = Path(folder)
    made = _read_marker(folder)
    wanted = {"version": VERSION, "count": count, "speakers": speakers, "seed": seed}
    wanted["unseen"] = unseen
    if made == wanted | {"finished": True}:
        return folder
    _refuse_another(folder, made, wanted)
    plan = list(lines(count, speakers, seed, unseen))
    table = "".join(f"{line.id}\t{line.speaker.voice}\t{line.text}\n" for line in plan)
    _refuse_other_lines(folder, table)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "demo.json", wanted | {"finished": False}, indent=None)
    write_text(folder / "transcripts.tsv", table)
    for done, line in enumerate(plan, start=1):
        path = folder / "wavs" / line.speaker.voice / f"{line.id}.wav"
        if not path.exists():
            save(path, synthesize(line.text, line.speaker), SAMPLE_RATE)
        if progress:
            progress(done, count)
    write_json(folder / "demo.json", wanted | {"finished": True}, indent=None)
    return folder


def _read_marker(folder: Path) -> dict | None:
    path = folder / "demo.json"
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DemoError(f"{path} is damaged, remove {folder}: {error}") from None


def _refuse_another(folder: Path, made: dict | None, wanted: dict) -> None:
    if made is None:
        if folder.exists() and any(folder.iterdir()):
            raise DemoError(f"{folder} holds something else: choose an empty folder")
        return
    for key in ("version", "speakers", "seed", "unseen"):
        if made.get(key) != wanted[key]:
            raise DemoError(
                f"{folder} holds a demo corpus with {key} {made.get(key)}, not "
                f"{wanted[key]}: choose another folder or remove it"
            )


def _refuse_other_lines(folder: Path, table: str) -> None:
    path = folder / "transcripts.tsv"
    if not path.exists():
        return
    there = path.read_text(encoding="utf-8")
    if not (table.startswith(there) or there.startswith(table)):
        raise DemoError(
            f"{path} has other sentences than this version makes: remove it"
        )


_lock = threading.Lock()


def _espeak(text: str, speaker: Speaker) -> np.ndarray:
    """Speak with a library loaded for this sentence alone: int16 [samples].

    espeak-ng keeps phases and noise counters between sentences and offers no way to
    reset them, so that a sentence would depend on all before it; loading the library
    anew costs about a millisecond.
    """
    pieces: list[bytes] = []

    @_CALLBACK
    def collect(samples, count, _events):
        if samples and count > 0:
            pieces.append(ctypes.string_at(samples, 2 * count))
        return 0

    path, data = _engine_files()
    with _lock:
        library = ctypes.CDLL(path)
        try:
            _speak(library, text, speaker, collect, data)
        finally:
            library.espeak_Terminate()
            dlclose(library._handle)
    if not pieces:
        raise DemoError(f"espeak-ng made no sound of {text!r} with {speaker.voice}")
    return np.frombuffer(b"".join(pieces), np.int16)


def _speak(library, text: str, speaker: Speaker, collect, data: str) -> None:
    rate = library.espeak_Initialize(
        _SYNCHRONOUS, _BUFFER_MILLISECONDS, os.fsencode(data), _DONT_EXIT
    )
    if rate != SAMPLE_RATE:
        raise DemoError(
            f"espeak-ng cannot start with the data in {data} (answer {rate})"
        )
    library.espeak_SetSynthCallback(collect)
    if library.espeak_SetVoiceByName(speaker.voice.encode()) != 0:
        raise DemoError(f"espeak-ng has no voice {speaker.voice}")
    library.espeak_SetParameter(_RATE, speaker.rate, 0)
    library.espeak_SetParameter(_PITCH, speaker.pitch, 0)
    # Breath is noise, which the library seeds by the clock.
    library.espeak_ng_SetRandSeed(ctypes.c_long(_NOISE_SEED))
    letters = text.encode()
    size = ctypes.c_size_t(len(letters) + 1)
    status = library.espeak_Synth(letters, size, 0, 1, 0, _UTF8, None, None)
    if status != 0:
        raise DemoError(f"espeak-ng refused {text!r} (status {status})")


def _engine_files() -> tuple[str, str]:
    """Return the paths of the library and of the folder above `espeak-ng-data`."""
    try:
        import espeakng_loader
    except ImportError:
        raise DemoError(
            "espeak-ng is missing: install the package espeakng-loader"
        ) from None
    data = Path(espeakng_loader.get_data_path())
    if len(os.fsencode(data)) > _LONGEST_DATA_PATH:
        data = _short_link(data)
    return espeakng_loader.get_library_path(), str(data.parent)


@functools.cache
def _short_link(data: Path) -> Path:
    """Link the data folder into the temporary folder, until Python ends."""
    folder = tempfile.TemporaryDirectory(prefix="espeak-")
    atexit.register(folder.cleanup)
    link = Path(folder.name) / data.name
    link.symlink_to(data, target_is_directory=True)
    return link

"""Turn a written line into the input of a voice: spoken text, short pieces, ids."""

import io
import re
import select
import sys
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import hangul
from hparams import Hparams

# Read Korean runs at about six written characters a second, spaces included.
_CHARACTERS_A_SECOND = 6
# Sentences up to this length stay together, as in a corpus with their pauses.
_SHORT_CHARACTERS = 40
# Pauses between the pieces of a line, on top of the silence at their ends.
_PAUSE_SECONDS = dict.fromkeys(".?!。？！", 0.45) | dict.fromkeys(",、，", 0.2)
_OTHER_PAUSE_SECONDS = 0.25
# Chinese and Japanese write no space behind these.
_FULL_WIDTH = re.compile(r"(?<=[。？！、，])(?=\S)")
_WHOLE_LINE = sys.maxsize
# Standard input that is read while it is spoken: bytes at once, seconds of a wait.
_PIECE, _WAIT_SECONDS = 65536, 0.02


class TextError(ValueError):
    """Report that a line cannot be spoken; the text is one line for the user."""


@dataclass(frozen=True)
class Reading:
    """Hold a line that is ready to be spoken.

    `pieces` are the inputs of the voice: for a trained one ids that end with the end
    symbol, for others text. `pauses` are the seconds of silence after each piece but
    the last, `dropped` the characters without sound, `parts` the spoken text of each
    piece.
    """

    text: str
    spoken: str
    pieces: tuple[Hashable, ...]
    pauses: tuple[float, ...]
    dropped: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def read(text: str, settings: Hparams) -> Reading:
    """Prepare a line, composed or decomposed, as the corpus was prepared.

    Long text is split at sentence ends into pieces no longer than the longest
    recordings of the corpus. Raises `TextError` when there is nothing to speak, or a
    letter or number cannot be read.
    """
    limit = max(1, round(settings.audio.max_seconds * _CHARACTERS_A_SECOND))
    sentences = hangul.sentences(_composed(text), limit)
    say = partial(_spoken, settings=settings)
    return _reading(text, _join_short(sentences, limit), say, _encoded)


def read_as_text(
    text: str,
    settings: Hparams,
    korean: bool,
    split: Callable[[str], Iterable[str]],
) -> Reading:
    """Prepare a line for a voice whose input is text.

    Each sentence is normalised as in `read` if it is Korean, then `split(spoken)`
    divides it: so limits apply to the spoken text, not to the written one. Raises
    `TextError` as `read` does; `split` may too.
    """

    def pieces(said: str) -> list[tuple[str, str]]:
        parts = (piece.strip() for piece in split(said))
        return [(piece, piece) for piece in parts if any(map(str.isalnum, piece))]

    if korean:
        line, say = _composed(text), partial(_spoken, settings=settings)
    else:
        line = _FULL_WIDTH.sub(" ", unicodedata.normalize("NFC", text))
        say = _as_written
    sentences = _join_short(hangul.sentences(line, _WHOLE_LINE), _WHOLE_LINE)
    return _reading(text, sentences, say, pieces)


def _composed(text: str) -> str:
    return hangul.compose(unicodedata.normalize("NFC", text))


def _as_written(sentence: str) -> tuple[str, list[str]]:
    return sentence, []


def _reading(
    text: str,
    sentences: Iterable[str],
    say: Callable[[str], tuple[str, list[str]]],
    pieces_of: Callable[[str], list[tuple[str, Hashable]]],
) -> Reading:
    """Build a reading from its sentences.

    `say(sentence)` returns the spoken text and the dropped characters;
    `pieces_of(said)` returns pairs of a part of that text and its piece, none if it
    has no sound.
    """
    if not text.strip():
        raise TextError("the line is empty")
    spoken, pieces, dropped = [], [], []
    for sentence in sentences:
        said, silent = say(sentence)
        dropped += silent
        for part, piece in pieces_of(said):
            spoken.append(part)
            pieces.append(piece)
    if not pieces:
        raise TextError(f"nothing to speak in {_brief(text)}")
    return Reading(
        text=text,
        spoken=" ".join(spoken),
        pieces=tuple(pieces),
        pauses=tuple(
            _PAUSE_SECONDS.get(said[-1], _OTHER_PAUSE_SECONDS) for said in spoken[:-1]
        ),
        dropped=tuple(dropped),
        parts=tuple(spoken),
    )


def _join_short(sentences: list[str], limit: int) -> list[str]:
    """Join neighbours if the first is a whole sentence and both are short."""
    limit = min(limit, _SHORT_CHARACTERS)
    joined = sentences[:1]
    for sentence in sentences[1:]:
        both = f"{joined[-1]} {sentence}"
        if joined[-1][-1] in ".?!" and len(both) <= limit:
            joined[-1] = both
        else:
            joined.append(sentence)
    return joined


def _spoken(sentence: str, settings: Hparams) -> tuple[str, list[str]]:
    """Return the spoken text, and the characters dropped because they have no sound."""
    said, dropped = sentence, []
    if settings.text.normalize:
        normalized = hangul.normalize_verbose(sentence)
        said, dropped = normalized.text, [d.strip() for d in normalized.dropped]
        if normalized.unreadable:
            raise TextError(f"cannot be read: {' '.join(normalized.unreadable)}")
    if settings.text.phonetic:
        said = hangul.pronounce(said)
    return said.strip(), [piece for piece in dropped if piece]


def _encoded(said: str) -> list[tuple[str, tuple[int, ...]]]:
    if not any(symbol.isalpha() for symbol in said):
        return []
    try:
        return [(said, tuple(hangul.encode(said)))]
    except ValueError as error:
        raise TextError(str(error)) from None


def _brief(text: str) -> str:
    text = text.strip()
    return f'"{text}"' if len(text) <= 40 else f'"{text[:39]}…"'


def lines_as_they_come() -> Iterator[str | None]:
    """Yield each line of standard input as soon as it has been read, and None some
    times a second while there is none.

    A line is decoded as a file would be, what is damaged in it to a character that
    cannot be read. Raises `TextError` when standard input is empty or cannot be read.
    """
    stream, kept, count = sys.stdin.buffer, b"", 0
    try:
        while True:
            while not _readable(stream):
                yield None
            piece = stream.read1(_PIECE)
            kept += piece
            marked = kept.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16
            end = len(kept) if not piece else 0 if marked else kept.rfind(b"\n") + 1
            ready, kept = kept[:end], kept[end:]
            for line in _decoded(ready):
                count += 1
                yield line
            if not piece:
                break
    except OSError as error:
        raise TextError(f"cannot read standard input: {error.strerror}") from None
    if not count:
        raise TextError("standard input is empty")


def _readable(stream) -> bool:
    """Wait a little for input; True if there is some, or its end."""
    try:
        return bool(select.select([stream], [], [], _WAIT_SECONDS)[0])
    except (io.UnsupportedOperation, TypeError):
        return True  # it lies in memory


def _decoded(ready: bytes) -> list[str]:
    try:
        lines = hangul.decode_file(ready).split("\n")
    except UnicodeError:
        lines = ready.decode("utf-8", "replace").split("\n")
    return lines if lines[-1] else lines[:-1]


def lines_of(file: str) -> list[str]:
    """Read the lines of a text file, or of standard input for `-`.

    The bytes are decoded as those of a corpus are, by `hangul.decode_file`. Raises
    `TextError` when the file cannot be decoded, is empty or cannot be read.
    """
    name = "standard input" if file == "-" else file
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        lines = hangul.decode_file(raw).split("\n")
    except OSError as error:
        raise TextError(f"cannot read {name}: {error.strerror}") from None
    except UnicodeError as error:
        raise TextError(f"{name}: {error}") from None
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise TextError(f"{name} is empty")
    return lines

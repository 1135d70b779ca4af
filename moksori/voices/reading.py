"""A written line as what a voice reads: pieces of one breath, spoken text, ids."""

import re
import sys
import unicodedata
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import hangul
from hparams import Hparams

# Read Korean runs at about six written characters a second, spaces included.
_CHARACTERS_A_SECOND = 6
# Sentences so short stay together, as in a corpus: the voice knows their pauses.
_SHORT_CHARACTERS = 40
# Pauses between the pieces of a line, beside the silence that each ends with.
_PAUSE_SECONDS = dict.fromkeys(".?!。？！", 0.45) | dict.fromkeys(",、，", 0.2)
_OTHER_PAUSE_SECONDS = 0.25
# Chinese and Japanese write no space behind these.
_FULL_WIDTH = re.compile(r"(?<=[。？！、，])(?=\S)")
_WHOLE_LINE = sys.maxsize


class TextError(ValueError):
    """A line that cannot be spoken; the text is one clear line for the person."""


@dataclass(frozen=True)
class Reading:
    """A line ready to be spoken.

    `pieces` are what the voice takes in: for a trained one ids, closed by the end
    symbol, for others text. `pauses` are the seconds of silence behind each piece but
    the last, `dropped` characters without sound.
    """

    text: str
    spoken: str
    pieces: tuple[Hashable, ...]
    pauses: tuple[float, ...]
    dropped: tuple[str, ...] = ()


def read(text: str, settings: Hparams) -> Reading:
    """Prepare a line, composed or decomposed, as the corpus was prepared.

    Long text is cut at sentence ends into pieces no longer than the longest recordings
    of the corpus; what is short stays whole. Raises `TextError` when there is nothing
    to speak or a letter or number cannot be read.
    """
    limit = max(1, round(settings.audio.max_seconds * _CHARACTERS_A_SECOND))
    sentences = hangul.sentences(_composed(text), limit)
    say = partial(_spoken, settings=settings)
    return _reading(text, _together(sentences, limit), say, _encoded)


def read_as_text(
    text: str,
    settings: Hparams,
    korean: bool,
    fitting: Callable[[str], Iterable[str]],
) -> Reading:
    """Prepare a line for a voice that takes in text.

    Each sentence, Korean of it spoken as in `read`, is cut by `fitting(said)` into
    pieces of one breath: so the limit is one of what is said, not of what is written.
    Raises `TextError` as `read` does; `fitting` may too.
    """

    def pieces(said: str) -> list[tuple[str, str]]:
        heard = (piece.strip() for piece in fitting(said))
        return [(piece, piece) for piece in heard if any(map(str.isalnum, piece))]

    if korean:
        line, say = _composed(text), partial(_spoken, settings=settings)
    else:
        line = _FULL_WIDTH.sub(" ", unicodedata.normalize("NFC", text))
        say = _as_written
    sentences = _together(hangul.sentences(line, _WHOLE_LINE), _WHOLE_LINE)
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
    """`say(sentence)` gives what is said and left out, `pieces_of(said)` the parts of
    that with the piece for each: none where nothing of it has a sound."""
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
    )


def _together(sentences: list[str], limit: int) -> list[str]:
    """Neighbours joined where the first is a whole sentence and both are short."""
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
    """Spoken text, and what was left out of it because it has no sound."""
    said, dropped = sentence, []
    if settings.text.normalize:
        normalized = hangul.normalize_verbose(sentence)
        said, dropped = normalized.text, [d.strip() for d in normalized.dropped]
        unknown = [piece for piece in dropped if any(map(str.isalnum, piece))]
        if unknown:
            raise TextError(f"cannot be read: {' '.join(unknown)}")
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


def lines_of(file: str) -> list[str]:
    """The lines of a text file, or of standard input for `-`.

    UTF-8, with or without a byte-order mark, with any line ends. Raises `TextError`
    when it is not, holds no line or cannot be read.
    """
    name = "standard input" if file == "-" else file
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise TextError(f"cannot read {name}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TextError(f"{name} is not UTF-8 (byte {error.start + 1})") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise TextError(f"{name} is empty")
    return lines

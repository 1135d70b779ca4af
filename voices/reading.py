"""A written line as what a voice reads: pieces of one breath, spoken text, ids."""

import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import hangul
from hparams import Hparams

# Read Korean runs at about six written characters a second, spaces included.
_CHARACTERS_A_SECOND = 6
# Sentences so short stay together, as in a corpus: the voice knows their pauses.
_SHORT_CHARACTERS = 40
# Pauses between the pieces of a line, beside the silence that each ends with.
_PAUSE_SECONDS = {".": 0.45, "?": 0.45, "!": 0.45, ",": 0.2}
_OTHER_PAUSE_SECONDS = 0.25


class TextError(ValueError):
    """A line that cannot be spoken; the text is one clear line for the person."""


@dataclass(frozen=True)
class Reading:
    """A line ready to be spoken.

    `pieces` are ids, each closed by the end symbol, and `pauses` the seconds of
    silence behind each piece but the last. `dropped` are characters without sound.
    """

    text: str
    spoken: str
    pieces: tuple[tuple[int, ...], ...]
    pauses: tuple[float, ...]
    dropped: tuple[str, ...] = ()


def read(text: str, settings: Hparams) -> Reading:
    """Prepare a line, composed or decomposed, as the corpus was prepared.

    Long text is cut at sentence ends into pieces no longer than the longest recordings
    of the corpus; what is short stays whole. Raises `TextError` when there is nothing
    to speak or a letter or number cannot be read.
    """
    composed = hangul.compose(unicodedata.normalize("NFC", text))
    if not composed.strip():
        raise TextError("the line is empty")
    limit = max(1, round(settings.audio.max_seconds * _CHARACTERS_A_SECOND))
    spoken, pieces, dropped = [], [], []
    for sentence in _together(hangul.sentences(composed, limit), limit):
        said, silent = _spoken(sentence, settings)
        dropped += silent
        if any(symbol.isalpha() for symbol in said):
            spoken.append(said)
            pieces.append(_encoded(said))
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


def _encoded(said: str) -> tuple[int, ...]:
    try:
        return tuple(hangul.encode(said))
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

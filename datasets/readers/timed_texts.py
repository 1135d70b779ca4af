"""Read transcripts with times: SubRip, WebVTT, Praat TextGrid, Audacity labels.

The kind is known by its content, whatever the file is called. Written here because a
parser of each is a few lines, while FFmpeg's turn the text into markup of their own and
take UTF-8 alone.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from datasets.rejections import Reason

# Two stretches may touch so far by rounding; beyond, one holds the other's speech.
_TOUCH_SECONDS = 0.2


class TimedTextError(ValueError):
    """A text with times that cannot be read; the message is one line."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said in a stretch of a recording, in seconds, or why it is left out."""

    start_seconds: float
    end_seconds: float
    text: str
    speaker: str = ""
    problem: tuple[Reason, str] | None = None


def read_cues(content: str) -> list[Cue] | None:
    """Return the cues of a text in its order, or None for a text without times.

    A cue with a `problem` is not fit for training: it is empty, holds no speech, or
    overlaps another. Raises `TimedTextError` for times of an unknown kind, and for a
    TextGrid that is damaged or does not tell which tier holds the sentences.
    """
    if '"TextGrid"' in content[:200] and "ooTextFile" in content[:200]:
        cues = _textgrid(content)
    elif any(_SUBTITLE.match(line) for line in content.split("\n")):
        cues = _subtitles(content)
    elif _are_labels(content):
        cues = list(_labels(content))
    elif any(_count(clock, content) > 1 for clock in _CLOCKS):
        raise TimedTextError(
            "holds times, but not those of SRT, WebVTT, TextGrid or Audacity labels; "
            "save it as one of these, or remove the times"
        )
    else:
        return None
    return judge(cues)


def judge(cues: list[Cue]) -> list[Cue]:
    """Return the cues of one recording with the problems that they have."""
    return _without_overlap([_judged(cue) for cue in cues])


_CLOCK = r"(?:\d+:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?"
_SUBTITLE = re.compile(rf"\s*({_CLOCK})\s*-->\s*({_CLOCK})(?:\s.*)?$")
_ARROW = re.compile(rf"-->|^\s*{_CLOCK}\s*(?:-+\s*>|→)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[\d:.]+>|\{\\[^{}]*\}")
_VOICE = re.compile(r"<v(?:\.\S+)?\s+([^<>]+)>")
_SHOWN_SECONDS = 0.05


def _subtitles(content: str) -> list[Cue]:
    """Read SubRip and WebVTT: times, then lines of text with a few HTML tags."""
    lines = [line.rstrip("\r") for line in content.split("\n")]
    web = lines[0].startswith("WEBVTT")
    places = [at for at, line in enumerate(lines) if _ARROW.search(line)]
    cues, shown = [], []
    for place, after in zip(places, [*places[1:], None], strict=True):
        said = lines[place + 1 : after]
        if web:
            said = list(takewhile(bool, said))
        elif after is not None and said and said[-1].strip().isdigit():
            said.pop()
        voice = _VOICE.search(" ".join(said))
        plain = [" ".join(html.unescape(_TAG.sub("", line)).split()) for line in said]
        shown.append([line for line in plain if line])
        text, times = " ".join(shown[-1]), _SUBTITLE.match(lines[place])
        if times:
            start, end = map(_seconds, times.groups())
            cues.append(Cue(start, end, text, voice[1].strip() if voice else ""))
        else:
            problem = (Reason.TORN_LINE, f"no times: {lines[place].strip()}")
            cues.append(Cue(0.0, 0.0, text, problem=problem))
    return _unrolled(cues, shown)


def _unrolled(cues: list[Cue], shown: list[list[str]]) -> list[Cue]:
    """Return captions that roll up, as YouTube makes them, with every line once.

    Each line is shown word by word below the last one, and then whole for an instant;
    `shown` are the lines of each cue.
    """
    seconds = [cue.end_seconds - cue.start_seconds for cue in cues if not cue.problem]
    instants = sum(0 < one < _SHOWN_SECONDS for one in seconds)
    if 3 * instants < len(cues):
        return cues
    result, above = [], None
    for cue, lines in zip(cues, shown, strict=True):
        new = lines[1:] if lines[:1] == [above] else lines
        above = lines[-1] if lines else above
        if cue.problem or cue.end_seconds - cue.start_seconds >= _SHOWN_SECONDS:
            result.append(replace(cue, text=" ".join(new)))
    return result


def _seconds(clock: str) -> float:
    """Read hours, minutes and seconds, the hours left out as a rule."""
    total = 0.0
    for part in clock.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total


_LABEL = re.compile(r"(\d+(?:[.,]\d+)?)\t(\d+(?:[.,]\d+)?)(?:\t(.*))?$")


def _are_labels(content: str) -> bool:
    lines = [line for line in content.split("\n") if line.strip()]
    found = sum(_LABEL.match(line) is not None for line in lines)
    return found > 0 and 2 * found >= len(lines)


def _labels(content: str) -> Iterator[Cue]:
    """Read the labels of Audacity: `start<TAB>end<TAB>text`, in seconds.

    A line that begins with a backslash tells the frequencies of the label before it.
    """
    for line in content.split("\n"):
        if not line.strip() or line.startswith("\\"):
            continue
        fields = _LABEL.match(line.rstrip("\r"))
        if fields:
            start, end = (float(one.replace(",", ".")) for one in fields.groups()[:2])
            yield Cue(start, end, (fields[3] or "").strip())
        else:
            problem = (Reason.TORN_LINE, f"no times: {line.strip()}")
            yield Cue(0.0, 0.0, line.strip(), problem=problem)


# In a text file of Praat only these count; whatever stands around them is a comment.
_PRAAT = re.compile(r'"((?:[^"]|"")*)"|<(\w+)>|(?<!\S)([-+]?\d[\d.eE+-]*)(?!\S)')
_SENTENCE_TIERS = re.compile(
    "(utterance|sentence|transcript|text|phrase)s?|transcription|문장|발화|전사|대사",
    re.IGNORECASE,
)
# What aligners write where nothing is said.
_SILENCES = frozenset(("sil", "sp", "spn", "pau", "silence", "<sil>", "<p:>", "#"))


def _textgrid(content: str) -> list[Cue]:
    """Read a TextGrid of Praat, long or short: the intervals of one tier.

    Intervals without a label are the pauses between cues.
    """
    texts = (
        text.replace('""', '"') if text is not None else flag or number
        for text, flag, number in (match.groups() for match in _PRAAT.finditer(content))
    )
    try:
        *_, count = islice(texts, 6)
        tiers = [_tier(texts) for _ in range(int(count))]
    except (StopIteration, ValueError):
        raise TimedTextError("is a TextGrid that is not whole") from None
    tiers = [(name, cues) for name, cues in tiers if cues]
    named = [one for one in tiers if _SENTENCE_TIERS.fullmatch(one[0].strip())]
    if len(tiers) > 1 and len(named) != 1:
        raise TimedTextError(
            f"is a TextGrid of the tiers {', '.join(name for name, _ in tiers)}: keep "
            "the one that holds the sentences, or call it sentences"
        )
    return (named or tiers or [("", [])])[0][1]


def _tier(texts: Iterator[str]) -> tuple[str, list[Cue]]:
    """Read one tier; a tier of points has no cues."""
    kind, name, _, _, count = islice(texts, 5)
    cues = []
    for _ in range(int(count)):
        start = float(next(texts))
        end = start if kind == "TextTier" else float(next(texts))
        text = " ".join(next(texts).split())
        if end > start and text and text.lower() not in _SILENCES:
            cues.append(Cue(start, end, text))
    return name, cues


# Times of other transcripts: a line of its own, in brackets before a line, a range, or
# behind the name of a speaker.
_CLOCKS = tuple(
    re.compile(pattern, re.MULTILINE | re.IGNORECASE)
    for pattern in (
        rf"^[ \t]*{_CLOCK}[ \t]*$",
        rf"^[ \t]*[\[(<]{_CLOCK}(?:\s*[-~–]\s*{_CLOCK})?[\])>]",
        rf"^[ \t]*{_CLOCK}[ \t]*(?:[-~–]|,[ \t]*\d+:)",
        rf"^[ \t]*(?:참석자|화자|발화자|speaker)[ \t]*(?:\w+[ \t]+)?{_CLOCK}[ \t]*$",
    )
)


def _count(pattern: re.Pattern, content: str) -> int:
    return sum(1 for _ in pattern.finditer(content))


# A cue in brackets describes a sound, and a note is a sign of singing.
_SOUND = re.compile(r"[\[【][^\[\]【】]*[\]】]")
_NOTHING_BUT_SOUND = re.compile(r"\([^()]*\)|（[^（）]*）")


def _judged(cue: Cue) -> Cue:
    """Return a cue without the sounds that it describes, and with its problem."""
    if cue.problem:
        return cue
    text = " ".join(_SOUND.sub(" ", cue.text).split())
    problem = None
    if cue.end_seconds <= cue.start_seconds:
        problem = (Reason.TORN_LINE, "it ends where it begins, or before")
    elif not cue.text:
        problem = (Reason.EMPTY_TRANSCRIPT, "it has no text")
    elif not text or _NOTHING_BUT_SOUND.fullmatch(text) or re.search("[♩♪♫♬]", text):
        problem = (Reason.NO_SPEECH, f"a sound or a song: {cue.text}")
    return replace(cue, text=text, problem=problem)


def _without_overlap(cues: list[Cue]) -> list[Cue]:
    """Cut cues that touch, and mark those that hold the speech of another."""
    result = list(cues)
    spoken = [at for at, cue in enumerate(cues) if cue.problem is None]
    spoken.sort(key=lambda at: cues[at].start_seconds)
    last = None
    for at in spoken:
        if last is not None:
            start, end = cues[at].start_seconds, cues[last].end_seconds
            if end - start > _TOUCH_SECONDS:
                for one in (last, at):
                    if result[one].problem is None:
                        detail = f"another is spoken from {start:.2f} s on"
                        problem = (Reason.OVERLAP, detail)
                        result[one] = replace(result[one], problem=problem)
            elif start < end and result[last].problem is None:
                result[last] = replace(result[last], end_seconds=start)
        if last is None or cues[at].end_seconds > cues[last].end_seconds:
            last = at
    return result

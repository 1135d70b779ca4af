"""Rules for what is neither letter nor number: jamo, brackets, marks."""

import re

from .jamo import CODA_SPLITS, join
from .lexicon import (
    ABBREVIATIONS,
    CHATTER,
    LETTER_NAMES,
    NUMBERED,
    NUMBERED_DOTTED,
    SIGNS,
    WEEKDAYS,
)
from .particles import open_particle
from .tables import alternatives

_ABBREVIATIONS = [(re.compile(key), word) for key, word in ABBREVIATIONS.items()]
_NUMBERED = re.compile(
    rf"(?<![A-Za-z])(?:({alternatives(NUMBERED)})(?:\. ?| ?)"
    rf"|({alternatives(NUMBERED_DOTTED)})\. ?)(?=\d)",
    re.IGNORECASE,
)
_PAGES = re.compile(
    r"(?<![A-Za-z.])(?:[Pp]{1,2}\. ?|pp )(\d+)(?: ?[-~–] ?(\d+))?"
    r"(?:(을|를|은|는|이|가|와|과|로|으로)(?:\([가-힣]\))?(?![가-힣]))?"
)
_YEAR = re.compile(r"'(?=\d\d ?(?:년|학번|월드컵|올림픽))")
_GLUED = re.compile(r"(?<=\d[가-힣])(?=\d)|(?<=\d[가-힣]{2})(?=\d)")


def _read_pages(match: re.Match) -> str:
    first, last, particle = match.groups()
    pages = f"{first}쪽에서 {last}쪽" if last else f"{first}쪽"
    return pages + open_particle(particle or "")


def expand_abbreviations(text: str) -> str:
    """Expand abbreviations: (주)… → 주식회사 …, No. 5 → 넘버 5, p.3-7 → 3쪽에서 7쪽."""
    text = _PAGES.sub(_read_pages, text)
    text = _NUMBERED.sub(
        lambda m: (NUMBERED | NUMBERED_DOTTED)[(m[1] or m[2]).lower()] + " ", text
    )
    for pattern, word in _ABBREVIATIONS:
        text = pattern.sub(word, text)
    return _GLUED.sub(" ", _YEAR.sub("", text))


_UP_OR_DOWN = re.compile(r"(?<=[%‰가-힣A-Za-z\d]) ?([↑↓])(?![가-힣A-Za-z])")
_CHANGE = re.compile("[%‰배p] ?$|포인트 ?$|(?:대비|전일|전월|전년|보다).*$|^[^0-9]*$")


def read_arrows(text: str) -> str:
    """Read an arrow as 상승 or 하락 behind a change, else as 이상 or 이하."""

    def read(match: re.Match) -> str:
        clause = re.split("[,.;/] ", text[: match.start()])[-1]
        words = ("상승", "하락") if _CHANGE.search(clause) else ("이상", "이하")
        return f" {words[match[1] == '↓']}"

    return _UP_OR_DOWN.sub(read, text)


_MASKED = re.compile(
    "(?<![가-힣])([김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민])"
    "(?:[○×]{1,2}|[OX]{2})(?=[ (,]|씨|군|양|$)"
)
_UNNAMED = re.compile(
    "[○●]{2,}|[△□]{2,}(?=[가-힣])|(?<![A-Za-z])(?:O{2,3}|X{2,3})(?=[가-힣](?!색체))"
)
_ARROW = re.compile(r"(?<=[가-힣\dA-Z%)]) ?[→⇒➔➜] ?(?=[가-힣\dA-Z])")
_WEEKDAYS = re.compile(
    rf"(?<![가-힣])([{WEEKDAYS}])(요일)? ?[~–-] ?([{WEEKDAYS}])(요일)?(?![가-힣])"
)
_SPAN_NUMBER = re.compile(r"(?<=[\d가-힣A-Za-z%]) ?[~–] ?(?=(?:[가-힣]{1,3} ?)?\d)")
_SPAN_WORD = re.compile(r"(?<=[가-힣]{2})(?<![요네다아어야지까죠자])[~–](?=[가-힣]{2})")
_SPAN_OPEN = re.compile(r"(?<=[\d 백천만억][시일월년분원])~(?= |$)")
_SPAN_DASH = re.compile(
    r"(?<=\d[시분일월년층]) ?- ?(?=(?:오전|오후|새벽|밤|지하|지상)? ?\d)"
)
_SPAN_LETTER = re.compile("(?<=[A-Zㄱ-ㅎ])~(?=[A-Zㄱ-ㅎ])")


def read_spans(text: str) -> str:
    """Read ~ between times, days and places as 에서; a drawn out 안녕~ stays."""
    text = _MASKED.sub(r"\1 모 ", text)
    text = _UNNAMED.sub(lambda m: "땡" * len(m[0]), text)
    text = _WEEKDAYS.sub(r"\1요일에서 \3요일", text)
    text = _SPAN_OPEN.sub("부터", text)
    text = re.sub("(?<=부터) ?[~–]", " ", text)
    for pattern in (_SPAN_NUMBER, _SPAN_WORD, _SPAN_DASH, _SPAN_LETTER, _ARROW):
        text = pattern.sub("에서 ", text)
    return text


# Faces are silent; a colon between numbers is none.
_FACES = re.compile(
    r"(?<![\w:])(?:[:;][-~^']?[)(DP]|=[)(]|[Tㅠㅜ][._][Tㅠㅜ]|ㅡ[._]?ㅡ|;_;|-_-|>_<|<3)"
    r"(?!\w)"
)


def drop_faces(text: str) -> str:
    """Drop faces drawn with signs: :) ㅠ.ㅠ T_T."""
    return _FACES.sub(" ", text)


_CHAINED = "[가-힣A-Za-z0-9]"
_DOTTED_CHAIN = re.compile(f"(?<!{_CHAINED}){_CHAINED}++(?: ?· ?{_CHAINED}++)++")


def _join_chain(match: re.Match) -> str:
    """한·미 is one word, said without a pause; 사과·배 is a list."""
    parts = re.split(" ?· ?", match[0])
    if all(len(part) == 1 and "가" <= part <= "힣" for part in parts[:-1]):
        return "".join(parts)
    return (" " if all(p[0].isdigit() for p in parts) else ", ").join(parts)


def join_middle_dots(text: str) -> str:
    """Join words at middle dots: 한·미 정상 → 한미 정상, 서울·부산 → 서울, 부산."""
    return _DOTTED_CHAIN.sub(_join_chain, text)


_SIGN = re.compile("[" + re.escape("".join(SIGNS)) + "]")


def read_signs(text: str) -> str:
    """Read signs outside of any sum by name: A+ → 에이 플러스."""
    return _SIGN.sub(lambda m: f" {SIGNS[m[0]]} ", text)


_LONE = re.compile("[ㄱ-ㅎㅏ-ㅣㄳ-ㅄ]+")


def _read_lone(match: re.Match) -> str:
    """A run as it is read from a chat, otherwise letter by letter by name.

    ㅋ alone is laughter only behind a syllable; elsewhere the letter itself is meant.
    """
    run = match[0]
    behind = "가" <= match.string[match.start() - 1 : match.start()] <= "힣"
    half = run[: len(run) // 2]
    laughing = set(run) <= set("ㅋㅎ") and (len(run) > 1 or behind)
    if laughing:
        said = "".join(CHATTER[letter] for letter in run[:3])
    elif run in CHATTER and len(run) > 1:
        said = CHATTER[run]
    elif half in CHATTER and half * 2 == run:
        said = CHATTER[half] * 2
    elif len(run) > 2 and run[0] in "ㄷㄱㄴ" and len(set(run)) == 1:
        said = CHATTER[run[:2]]
    elif set(run) <= set("ㅠㅜ") and len(run) > 1:
        said = "흑흑"
    else:
        return " " * behind + " ".join(map(_name, run))
    return f" {said} "


def _name(letter: str) -> str:
    if letter in LETTER_NAMES:
        return LETTER_NAMES[letter]
    if letter in CODA_SPLITS:
        return " ".join(LETTER_NAMES[part] for part in CODA_SPLITS[letter])
    return join(11, ord(letter) - ord("ㅏ"))


def read_lone_jamo(text: str) -> str:
    """Read jamo alone: ㅋㅋㅋ → 크크크 (at most three), ㅠㅠ → 흑흑, ㄱ → 기역."""
    return _LONE.sub(_read_lone, text)


def drop_lone_jamo(text: str) -> str:
    """Replace jamo that make no syllable by a space."""
    return _LONE.sub(" ", text)


_ELLIPSIS = re.compile(r"(?:\.\.+|…+)(?=[\"')\]」』》]*\s*$)")
_ELLIPSIS_INSIDE = re.compile(r"\.\.+|…+")
_OPENING = re.compile(r"[(\[{「『《〈【〔⟨<]")
_CLOSING = re.compile(r"[)\]}」』》〉】〕⟩>](?=[가-힣.,?!])")
_PAUSE = re.compile(
    r"(?<=[가-힣]) ?[:;] |[:;](?=\s|$)| [-–—/|] |(?<=[가-힣A-Za-z])[/|](?=\S)|–"
)


def place_pauses(text: str) -> str:
    """Turn ellipses, colons, dashes, slashes into pauses; drop brackets and quotes."""
    text = _ELLIPSIS_INSIDE.sub(", ", _ELLIPSIS.sub(".", text))
    text = re.sub("[\"'＂＇]", "", text)
    text = _PAUSE.sub(", ", text)
    return _CLOSING.sub("", _OPENING.sub(" ", text))

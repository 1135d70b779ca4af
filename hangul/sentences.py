"""Running text cut into sentences that a voice can say in one breath."""

import re

# A sentence ends at . ? ! … 。 (with closing quotes) before a space or the end of text,
# or at a line break. 3.14 and www.a.kr have no space behind their points; the points of
# "1. ", "A. " and common abbreviations are not ends.
_END = re.compile(r"(?:[.?!…。？！]+[\"'”’」』)\]]*(?=\s|$)|\n+)")
_NOT_END = re.compile(
    r"(?:^|\s)(?:\d{1,4}|[A-Za-z]|[가-하]|Mr|Mrs|Ms|Dr|Prof|No|vol|vs|St)\.$"
)
_CLAUSE = re.compile(r"(?<=[,;:，、])\s+")


def sentences(text: str, limit: int = 120) -> list[str]:
    """Split a text into sentences, none empty or longer than `limit` characters.

    A longer one is cut behind a comma, else at a space, else where the limit falls.
    Raises ValueError for a limit below 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1 character, not {limit}")
    pieces, start = [], 0
    for match in _END.finditer(text):
        if "\n" not in match[0] and _NOT_END.search(text[start : match.end()]):
            continue
        pieces.append(text[start : match.end()].strip())
        start = match.end()
    pieces.append(text[start:].strip())
    return [part for piece in pieces if piece for part in _fit(piece, limit)]


def _fit(sentence: str, limit: int) -> list[str]:
    parts = []
    while len(sentence) > limit:
        head = sentence[: limit + 1]
        commas = [m.start() for m in _CLAUSE.finditer(head) if m.start() > limit // 4]
        cut = commas[-1] if commas else head.rfind(" ")
        cut = cut if cut > 0 else limit
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*parts, sentence] if sentence else parts

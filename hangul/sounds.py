"""Tables for `pronounce`: words whose sound does not follow from their letters."""

import re

RESPELLED = {
    "맛있": "마싣",
    "멋있": "머싣",
    "꽃잎": "꼰닢",
}

_PATTERN = re.compile("|".join(sorted(RESPELLED, key=len, reverse=True)))


def respell(phrase: str) -> str:
    return _PATTERN.sub(lambda match: RESPELLED[match[0]], phrase)

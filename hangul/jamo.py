"""Syllables and jamo: taking modern Hangul apart and putting it together.

Four spellings of the same letters meet in Korean text files: composed syllables
(U+AC00…), conjoining jamo (U+1100…, what NFD gives), compatibility jamo (U+3131…,
what a keyboard gives) and half-width jamo (U+FFA1…). `compose` accepts any mixture.
"""

import re

LEADS = tuple(chr(0x1100 + i) for i in range(19))
VOWELS = tuple(chr(0x1161 + i) for i in range(21))
CODAS = tuple(chr(0x11A8 + i) for i in range(27))

# The same letters as compatibility jamo, in the order of the conjoining blocks.
LEAD_LETTERS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWEL_LETTERS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
CODA_LETTERS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"

_LEAD_INDEX = {letter: i for i, letter in enumerate(LEAD_LETTERS)}
_VOWEL_INDEX = {letter: i for i, letter in enumerate(VOWEL_LETTERS)}
_CODA_INDEX = {letter: i + 1 for i, letter in enumerate(CODA_LETTERS)}

# What the second key press makes of the first, on a two-set keyboard.
_CODA_PAIRS = {
    "ㄱㅅ": "ㄳ",
    "ㄴㅈ": "ㄵ",
    "ㄴㅎ": "ㄶ",
    "ㄹㄱ": "ㄺ",
    "ㄹㅁ": "ㄻ",
    "ㄹㅂ": "ㄼ",
    "ㄹㅅ": "ㄽ",
    "ㄹㅌ": "ㄾ",
    "ㄹㅍ": "ㄿ",
    "ㄹㅎ": "ㅀ",
    "ㅂㅅ": "ㅄ",
}
CODA_SPLITS = {pair: (parts[0], parts[1]) for parts, pair in _CODA_PAIRS.items()}
_VOWEL_PAIRS = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
}

# Half-width letters follow the order of the compatibility block, with holes.
_HALF_CONSONANTS = {chr(0xFFA1 + i): chr(0x3131 + i) for i in range(30)}
_HALF_VOWELS = {
    chr(start + i): VOWEL_LETTERS[first + i]
    for start, first, count in ((0xFFC2, 0, 6), (0xFFCA, 6, 6), (0xFFD2, 12, 6))
    for i in range(count)
} | {chr(0xFFDA + i): VOWEL_LETTERS[18 + i] for i in range(3)}
_HALF_WIDTH = _HALF_CONSONANTS | _HALF_VOWELS

# Placeholders that keep a lone jamo from composing; they have no sound.
_FILLERS = "\u115f\u1160\u3164\uffa0"

_SYLLABLE = re.compile("[가-힣]")
_WITH_JAMO = re.compile(
    "[가-힣]?[\u1100-\u1112\u1161-\u1175\u11a8-\u11c2\u3131-\u3163"
    "\uffa1-\uffdc\u115f\u1160\u3164\uffa0]+"
)


def join(lead: int, vowel: int, coda: int = 0) -> str:
    """Compose a syllable of a lead (0–18), a vowel (0–20) and a coda (0 none, 1–27)."""
    return chr(0xAC00 + (lead * 21 + vowel) * 28 + coda)


def split(syllable: str) -> tuple[int, int, int]:
    """Split a syllable into lead, vowel and coda numbers, coda 0 for none."""
    rest, coda = divmod(ord(syllable) - 0xAC00, 28)
    return *divmod(rest, 21), coda


def coda_of(syllable: str) -> str:
    """Return the coda of a character as a compatibility letter, or ""."""
    if not "가" <= syllable <= "힣":
        return ""
    coda = (ord(syllable) - 0xAC00) % 28
    return CODA_LETTERS[coda - 1] if coda else ""


def _take_apart(match: re.Match) -> str:
    lead, vowel, coda = split(match[0])
    return LEADS[lead] + VOWELS[vowel] + (CODAS[coda - 1] if coda else "")


def decompose(text: str) -> str:
    """Decompose each modern syllable into conjoining jamo; all else stays.

    Lead and coda of the same letter become different characters (ᄀ U+1100, ᆨ U+11A8).
    """
    return _SYLLABLE.sub(_take_apart, text)


def compose(text: str) -> str:
    """Join jamo of any kind to syllables, with the decisions of a Korean keyboard.

    A consonant between two vowels opens the second syllable (ㄷㅏㄹㄱㅣ 달기), one
    before another consonant or the end closes the first (ㄷㅏㄹㄱ 닭), two vowels
    that have a common letter share it (ㄱㅗㅏ 과). A syllable that arrives composed
    is closed, as on a keyboard, so that 그래ㅋㅋ keeps its laughter; only a
    conjoining coda may still be added to it. What makes no syllable stays behind
    as a compatibility letter; fillers vanish; old jamo are left as they are.
    """
    return _WITH_JAMO.sub(lambda match: _assemble(match[0]), text)


def _assemble(run: str) -> str:
    block = _Block()
    for symbol in run:
        block.press(symbol)
    return block.finish()


class _Block:
    """The syllable under the cursor, and what stands finished before it."""

    def __init__(self):
        self.done: list[str] = []
        self.clear()

    def clear(self):
        self.lead = self.vowel = self.coda = ""
        self.open = True  # whether a compatibility consonant may become the coda

    def commit(self):
        if self.lead and self.vowel:
            coda = _CODA_INDEX[self.coda] if self.coda else 0
            lead, vowel = _LEAD_INDEX[self.lead], _VOWEL_INDEX[self.vowel]
            self.done.append(join(lead, vowel, coda))
        else:
            self.done.append(self.lead + self.vowel)
        self.clear()

    def finish(self) -> str:
        self.commit()
        return "".join(self.done)

    def press(self, symbol: str):
        if "가" <= symbol <= "힣":
            lead, vowel, coda = split(symbol)
            self.lead, self.vowel = LEAD_LETTERS[lead], VOWEL_LETTERS[vowel]
            self.coda = CODA_LETTERS[coda - 1] if coda else ""
            self.open = False
        elif "\u1100" <= symbol <= "\u1112":
            self.commit()
            self.lead = LEAD_LETTERS[ord(symbol) - 0x1100]
        elif "\u11a8" <= symbol <= "\u11c2":
            self.add_coda(CODA_LETTERS[ord(symbol) - 0x11A8])
        elif "\u1161" <= symbol <= "\u1175":
            self.add_vowel(VOWEL_LETTERS[ord(symbol) - 0x1161], typed=False)
        elif symbol not in _FILLERS:
            letter = _HALF_WIDTH.get(symbol, symbol)
            if letter in _VOWEL_INDEX:
                self.add_vowel(letter, typed=True)
            else:
                self.add_consonant(letter)

    def add_coda(self, letter: str):
        """Take a conjoining coda: it belongs to this syllable or to none."""
        if self.lead and self.vowel and not self.coda:
            self.coda, self.open = letter, False
        else:
            self.commit()
            self.done.append(letter)

    def add_consonant(self, letter: str):
        complete = self.lead and self.vowel and self.open
        pair = _CODA_PAIRS.get(self.coda + letter)
        if complete and not self.coda and letter in _CODA_INDEX:
            self.coda = letter
        elif complete and self.coda and pair:
            self.coda = pair
        else:
            self.commit()
            self.lead = letter

    def add_vowel(self, letter: str, typed: bool):
        pair = _VOWEL_PAIRS.get(self.vowel + letter)
        if typed and self.open and self.coda:
            stays, moves = CODA_SPLITS.get(self.coda, ("", self.coda))
            self.coda = stays
            self.commit()
            self.lead, self.vowel = moves, letter
        elif not self.vowel and self.lead in _LEAD_INDEX:
            self.vowel = letter
        elif typed and self.open and self.lead and not self.coda and pair:
            self.vowel = pair
        elif not self.vowel and self.lead in CODA_SPLITS:
            stays, moves = CODA_SPLITS[self.lead]
            self.lead = stays
            self.commit()
            self.lead, self.vowel = moves, letter
        else:
            self.commit()
            self.vowel = letter
            self.commit()

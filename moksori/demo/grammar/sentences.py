"""A grammar of everyday Korean: the sentences that the demo speaks.

Words and patterns are tables beside this file; here they are put together: particles
by the coda before them, predicates conjugated, numbers drawn in written form. Among a
few candidates the one whose jamo pairs are rarest so far is taken, so that even a
small corpus visits every corner of the language.
"""

import hashlib
import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator

from moksori.demo.grammar.inflection import conjugate, with_particle
from moksori.demo.grammar.quantities import NUMBERS
from moksori.demo.grammar.tables import NOUNS, PATTERNS, PREDICATES

HELD_OUT_SHARE = 16
CANDIDATES = 4
SYLLABLES = range(5, 23)

_LEADS, _VOWELS, _CODAS = 19, 21, 28
_SLOT = re.compile(r"\{(#?)(\w+)(?:([:~])([^}]+))?\}")


def _full_name(r: random.Random) -> str:
    return r.choice(NOUNS["family"]) + r.choice(NOUNS["given"])


def _person(r: random.Random) -> str:
    if r.random() < 0.4:
        return f"{r.choice(NOUNS['given'])} 씨"
    return r.choice(NOUNS["peer"])


_MADE: dict[str, Callable[[random.Random], str]] = {
    "person": _person,
    "full": _full_name,
    "boss": lambda r: f"{r.choice(NOUNS['family'])} {r.choice(NOUNS['title'])}",
    "weekday7": lambda r: r.choice(NOUNS["weekday"][:7]),
    "produce": lambda r: r.choice(NOUNS["fruit"] + NOUNS["greens"] + NOUNS["meat"]),
    "abroad": lambda r: r.choice(NOUNS["country"] + NOUNS["metropolis"]),
}
_PATTERNS = [patterns for _, patterns in PATTERNS]
_WEIGHTS = tuple(itertools.accumulate(weight for weight, _ in PATTERNS))


def _draw(r: random.Random) -> str:
    """Draw a sentence of the grammar; a word is never used twice in it."""
    group = r.choices(_PATTERNS, cum_weights=_WEIGHTS)[0]
    used: set[str] = set()

    def fill(slot: re.Match) -> str:
        number, name, mark, tail = slot.groups()
        for _ in range(20):
            if number:
                word = NUMBERS[name](r)
            elif name in _MADE:
                word = _MADE[name](r)
            else:
                word = r.choice(PREDICATES[name] if mark == "~" else NOUNS[name])
            if word not in used:
                break
        used.add(word)
        if mark == "~":
            return conjugate(word, tail)
        return with_particle(word, tail) if mark == ":" else word

    return _SLOT.sub(fill, r.choice(group))


def _jamo_pairs(text: str) -> list[tuple[int, int]]:
    """Pair neighbouring letters of a text; 0 is a pause or the side of a digit."""
    letters = [0]
    for character in text:
        index = ord(character) - ord("가")
        if character.isdigit():
            letters += [ord(character), 0]
            continue
        if not 0 <= index < _LEADS * _VOWELS * _CODAS:
            if letters[-1]:
                letters.append(0)
            continue
        rest, coda = divmod(index, _CODAS)
        lead, vowel = divmod(rest, _VOWELS)
        letters += [100 + lead, 200 + vowel] + ([300 + coda] if coda else [])
    return list(itertools.pairwise(letters))


def syllables(text: str) -> int:
    """Estimate the syllables that a sentence takes to say, digits included."""
    hangul = sum("가" <= character <= "힣" for character in text)
    digits = 0.0
    for number in re.findall(r"[\d,.]+", text):
        digits += 1.7 * len(re.sub(r"\D", "", number)) - 0.7
    letters = sum(character.isascii() and character.isalpha() for character in text)
    return round(hangul + digits + 1.5 * letters + 2 * text.count("%"))


def _is_held_out(text: str) -> bool:
    digest = hashlib.blake2b(text.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0


def _grammar(seed: int, held_out: bool) -> Iterator[str]:
    r = random.Random(f"{'held out' if held_out else 'sentences'} {seed}")
    while True:
        text = _draw(r)
        if _is_held_out(text) == held_out and syllables(text) in SYLLABLES:
            yield text


def _choose(count: int, seed: int, held_out: bool) -> list[str]:
    if count < 0:
        raise ValueError(f"cannot make {count} sentences: the count must be 0 or more")
    source = _grammar(seed, held_out)
    met: Counter = Counter()
    chosen: dict[str, None] = {}
    misses = 0
    while len(chosen) < count:
        best, best_pairs, best_score = None, [], 0.0
        for text in itertools.islice(source, CANDIDATES):
            if text in chosen:
                continue
            pairs = _jamo_pairs(text)
            score = sum(1 / (1 + met[pair]) for pair in pairs) / len(pairs)
            if score > best_score:
                best, best_pairs, best_score = text, pairs, score
        misses = 0 if best else misses + 1
        if misses > 1000:
            raise ValueError(
                f"the grammar has no {count} sentences of this kind: ask for fewer, "
                f"at most {len(chosen)}"
            )
        if best:
            chosen[best] = None
            met.update(best_pairs)
    return list(chosen)


def sentences(count: int, seed: int = 0) -> list[str]:
    """Make `count` distinct sentences, the same for the same seed.

    A smaller count gives the beginning of a larger one. Raises `ValueError` when the
    grammar has fewer.
    """
    return _choose(count, seed, held_out=False)


def held_out(count: int, seed: int = 0) -> list[str]:
    """Make sentences as `sentences` does, of those that it never gives."""
    return _choose(count, seed, held_out=True)

"""The alphabet a voice is trained on: encode, decode."""

from .jamo import CODAS, LEADS, VOWELS, compose, decompose

# Raised whenever ALPHABET changes: a run stores both and refuses another's.
ALPHABET_VERSION = 1

PAD = "<pad>"
END = "<end>"
PUNCTUATION = (".", ",", "?", "!")

# The index is the id. Leads and codas are different symbols: ᄀ is not ᆨ.
ALPHABET: tuple[str, ...] = (PAD, END, *LEADS, *VOWELS, *CODAS, " ", *PUNCTUATION)

PAD_ID = ALPHABET.index(PAD)
END_ID = ALPHABET.index(END)
_IDS = {symbol: i for i, symbol in enumerate(ALPHABET)}


def encode(text: str) -> list[int]:
    """Encode normalised text as ids, jamo by jamo, closed by `END_ID`.

    Raises ValueError that names every symbol outside the alphabet.
    """
    symbols = decompose(compose(text))
    unknown = sorted(set(symbols) - _IDS.keys())
    if unknown:
        names = " ".join(repr(symbol) for symbol in unknown)
        raise ValueError(f"not in the alphabet: {names} (normalize the text first)")
    return [_IDS[symbol] for symbol in symbols] + [END_ID]


def decode(ids: list[int]) -> str:
    """Decode ids to composed text: padding is skipped, the first end ends it.

    Raises ValueError for an id outside the alphabet.
    """
    symbols = []
    for i in ids:
        if not 0 <= i < len(ALPHABET):
            raise ValueError(f"id {i} is outside the alphabet of {len(ALPHABET)}")
        if i == END_ID:
            break
        if i != PAD_ID:
            symbols.append(ALPHABET[i])
    return compose("".join(symbols))

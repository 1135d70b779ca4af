"""Korean text: written to spoken, spelled to sounded, syllables to ids."""

from .encodings import decode_file, decode_lines
from .jamo import compose, decompose
from .normalize import Normalized, normalize, normalize_verbose
from .pronounce import pronounce
from .sentences import sentences
from .symbols import ALPHABET, ALPHABET_VERSION, END_ID, PAD_ID, decode, encode

__all__ = [
    "ALPHABET",
    "ALPHABET_VERSION",
    "END_ID",
    "PAD_ID",
    "Normalized",
    "compose",
    "decode",
    "decode_file",
    "decode_lines",
    "decompose",
    "encode",
    "normalize",
    "normalize_verbose",
    "pronounce",
    "sentences",
]

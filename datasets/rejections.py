"""Why an utterance is left out of a feature store: every reason there is.

Each is given where its facts are known: by the readers of corpora, by
`store.extract` (text and recording), `distributed.crashes` (a recording that ends the
process) and `store.selection` (what only shows beside the others).
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """A reason in a few words, as the report counts it."""

    MISSING = "missing"  # no recording
    NO_TRANSCRIPT = "no transcript"  # no text
    TORN_LINE = "torn line"  # a line of a table that is not whole
    UNUSED = "not used"  # a file that another one stands for
    CONTRADICTION = "several texts"  # of one recording
    EMPTY_TRANSCRIPT = "transcript empty"  # a text with nothing to say
    NO_SPEECH = "no speech"  # a text that describes a sound: [음악], ♪
    UNINTELLIGIBLE = "unintelligible"  # speech that its transcriber could not tell
    OVERLAP = "overlaps another"  # two are spoken at one time
    UNREAD_TEXT = "text cannot be read"  # a letter or number that is not read out
    FOREIGN_SYMBOL = "symbol outside the alphabet"
    UNREADABLE = "unreadable"  # the file does not decode, or ends the process
    BEYOND = "beyond the recording"  # a stretch that ends after it
    CUT_OFF = "cut off"  # shorter than its header announces
    SILENT = "silent"  # below -60 dB, or nothing but silence
    CLIPPED = "clipped"  # flat tops in more than 0.2% of the samples
    TOO_SHORT = "too short"  # below audio.min_seconds
    TOO_LONG = "too long"  # above audio.max_seconds
    DUPLICATE = "duplicate"  # the same sound as one before
    ODD_RATE = "speaking rate an outlier"  # text and recording hardly belong together


class Rejection(Exception):
    """Raised by what decides that an utterance is left out."""

    def __init__(self, reason: Reason, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Rejected:
    """An utterance that is left out, and why; `speaker` is empty where unknown."""

    id: str
    speaker: str
    reason: str
    detail: str

"""Represent what recognition answers, with the evidence for it."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from moksori.speakers.bandwidth import Band


class Answer(StrEnum):
    """What can be said of a recording; a name goes with the first two alone."""

    KNOWN = "known"
    LIKELY = "likely"
    UNKNOWN = "unknown"
    TOO_SHORT = "too_short"
    NO_SPEECH = "no_speech"
    SEVERAL_SPEAKERS = "several_speakers"
    POOR_QUALITY = "poor_quality"


NAMED = (Answer.KNOWN, Answer.LIKELY)


@dataclass(frozen=True)
class Candidate:
    """Represent an enrolled speaker and the cosine of the recording to it."""

    speaker: str
    name: str
    score: float


@dataclass(frozen=True)
class Decision:
    """Represent the answer to who speaks, or to whether somebody does.

    `score` is the cosine to the best candidate. `margin` is what the `threshold` is
    compared with: with six enrolled and more, twice the score less the mean of the next
    five, else the score. `probability` is that of the name, where known and unknown
    people are equally frequent. What was not computed is None. `encoder` is the id of
    the encoder that the threshold belongs to. `pseudonym` tells strangers apart where
    they are followed (following.py).
    """

    answer: Answer
    encoder: str
    speaker: str | None = None
    name: str | None = None
    score: float | None = None
    margin: float | None = None
    threshold: float | None = None
    probability: float | None = None
    speech_seconds: float = 0.0
    snr_db: float | None = None
    band: Band | None = None
    candidates: tuple[Candidate, ...] = ()
    pseudonym: str | None = None

    def to_json(self) -> dict:
        """Return what JSON can hold; the answer is called `decision` there."""
        values = asdict(self)
        answer = str(values.pop("answer"))
        values["band"] = self.band and str(self.band)
        values["candidates"] = [asdict(each) for each in self.candidates]
        return {"decision": answer, **values}

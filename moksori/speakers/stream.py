"""Recognise speakers in sound that goes on: blocks in, decisions out.

It knows no microphone and no clock; time is counted in samples. Speech is detected as
it comes. Every `hop_seconds` of a turn, its last `window_seconds` of speech are
identified, and what two of the last three windows agree on is the answer. The first
window of a turn is half full, and the second comes after half a hop: an early answer.
"""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moksori.audio.streams import Resampler
from moksori.speakers.decision import NAMED, Answer
from moksori.speakers.speech import (
    FRAME,
    SAMPLE_RATE,
    Speech,
    cut_speech,
    speech_spans,
)

if TYPE_CHECKING:
    from moksori.speakers.decision import Decision
    from moksori.speakers.recognizer import Recognizer

_STEP = 4 * FRAME  # samples that are looked at together: 128 ms
# After such a pause another person may speak: windows do not reach across it.
_TURN_PAUSE = SAMPLE_RATE
# Speech that is worth a last decision when a turn ends.
_LAST = SAMPLE_RATE // 4
_WINDOWS, _AGREE = 3, 2
_NO_VOTE = (Answer.TOO_SHORT, Answer.NO_SPEECH)


@dataclass(frozen=True)
class Heard:
    """Report a window, and who is heard now.

    `seconds` is where the window ends, from the beginning of the stream. `decision`
    is of this window alone, None where a long pause ended the last answer. `answer` is
    what the last windows agree on, one of the texts of `Answer`, and None before they
    do; `speaker`, `name` and `score` go with it, and where strangers are followed the
    `pseudonym` of somebody unknown. `changed` says that the answer, the speaker or the
    pseudonym is another than in the last report.
    """

    seconds: float
    decision: "Decision | None"
    answer: str | None
    speaker: str | None
    name: str | None
    score: float | None
    pseudonym: str | None
    changed: bool

    def to_json(self) -> dict:
        """Return what JSON can hold, the decision as `Decision.to_json`."""
        decision = self.decision and self.decision.to_json()
        fields = "seconds", "answer", "speaker", "name", "score", "pseudonym"
        values = {name: getattr(self, name) for name in (*fields, "changed")}
        return values | {"window": decision}


class Listener:
    """Recognise who speaks in a stream. Not to be shared by threads."""

    def __init__(
        self,
        recognizer: "Recognizer",
        window_seconds: float = 3.0,
        hop_seconds: float = 1.0,
        threshold: float | None = None,
    ):
        if not 0 < hop_seconds <= window_seconds:
            raise ValueError("a hop is longer than 0 s, and at most a window")
        self._recognizer, self._threshold = recognizer, threshold
        self._window = round(window_seconds * SAMPLE_RATE)
        self._hop = round(hop_seconds * SAMPLE_RATE)
        self._resampler: Resampler | None = None
        self._detector = recognizer.detector.stream()
        self._votes: deque[Decision] = deque(maxlen=_WINDOWS)
        self._state: tuple = (None, None)
        self._waiting = np.zeros(0, np.float32)
        # What is kept of the sound, in whole frames, and where it begins.
        self._sound, self._begin = np.zeros(0, np.float32), 0
        self._probabilities = np.zeros(0, np.float32)
        # Decisions of the turn, None outside of one; and when the next is due.
        self._decided: int | None = None
        self._tick = 0
        self._judged = self._spoken = 0  # the ends of speech, at a decision and now

    def feed(self, block: np.ndarray, sample_rate: int) -> list[Heard]:
        """Take a block [samples] of any length and rate; return what it completes.

        Raises `ValueError` for what is no sound.
        """
        block = np.asarray(block, np.float32)
        if block.ndim != 1 or not np.isfinite(block).all():
            raise ValueError("a block is not a row of finite numbers")
        if self._resampler is None or self._resampler.rate != sample_rate:
            self._resampler = Resampler(sample_rate, SAMPLE_RATE)
        new = self._resampler.feed(block)
        self._waiting = np.concatenate([self._waiting, new])
        whole = len(self._waiting) // _STEP * _STEP
        steps, self._waiting = self._waiting[:whole], self._waiting[whole:]
        heard = [self._advance(step) for step in steps.reshape(-1, _STEP)]
        return [each for each in heard if each is not None]

    def finish(self) -> list[Heard]:
        """Return what the end of the stream completes: it counts as a pause."""
        left = self._resampler.finish() if self._resampler else self._sound[:0]
        pause = np.zeros(_TURN_PAUSE + 2 * _STEP, np.float32)
        return self.feed(np.concatenate([left, pause]), SAMPLE_RATE)

    def _advance(self, step: np.ndarray) -> Heard | None:
        found = self._detector.feed(step)
        self._sound = np.concatenate([self._sound, step])
        self._probabilities = np.concatenate([self._probabilities, found])
        # Twice a window, as there are pauses in it, and the pause that ends a turn.
        self._keep(self._now - 2 * self._window - _TURN_PAUSE)
        spans = speech_spans(self._probabilities, len(self._sound))
        if spans:
            self._spoken = self._begin + spans[-1][1]
        if self._decided is None:
            return self._wait(spans)
        ended = self._now - self._spoken >= _TURN_PAUSE
        due = spans and (ended or self._is_due(spans))
        heard = None
        if due and self._spoken - self._judged >= (_LAST if ended else 1):
            self._tick = self._now + self._hop // (1 if self._decided else 2)
            self._decided += 1
            heard = self._decide(spans)
        if ended:
            self._decided = None
            self._keep(self._now - _TURN_PAUSE)
        return heard

    @property
    def _now(self) -> int:
        return self._begin + len(self._sound)

    def _keep(self, begin: int) -> None:
        """Drop the sound before `begin`, in whole frames."""
        frames = max(begin - self._begin, 0) // FRAME
        self._begin += frames * FRAME
        self._sound = self._sound[frames * FRAME :]
        self._probabilities = self._probabilities[frames:]

    def _wait(self, spans: list[tuple[int, int]]) -> Heard | None:
        """Begin a turn with the first speech; a long pause ends the last answer."""
        if spans:
            self._judged, self._decided = self._begin + spans[0][0], 0
            return None
        # A second is kept, in which noise can be measured.
        self._keep(self._now - _TURN_PAUSE)
        if not self._votes or self._now - self._spoken < self._window:
            return None
        self._votes.clear()
        return self._report(None)

    def _is_due(self, spans: list[tuple[int, int]]) -> bool:
        if self._decided:
            return self._now >= self._tick
        return sum(end - start for start, end in spans) >= self._window / 2

    def _decide(self, spans: list[tuple[int, int]]) -> Heard:
        self._judged = self._spoken
        decision = self._recognizer.identify_speech(
            self._speech(spans), threshold=self._threshold
        )
        if decision.answer not in _NO_VOTE:
            self._votes.append(decision)
        return self._report(decision)

    def _speech(self, spans: list[tuple[int, int]]) -> Speech:
        """Return the last window of speech, with the pauses around it."""
        kept: list[tuple[int, int]] = []
        left = self._window
        for start, end in reversed(spans):
            start = max(start, end - left)
            left -= end - start
            kept.insert(0, (start, end))
            if not left:
                break
        # Speech before the window is no pause.
        first = 0 if kept[0] == spans[0] else kept[0][0]
        wave = self._sound[first:]
        kept = [(start - first, end - first) for start, end in kept]
        return cut_speech(wave, SAMPLE_RATE, wave, kept)

    def _report(self, decision: "Decision | None") -> Heard:
        before, self._state = self._state, self._agreed()
        answer, vote = self._state
        (was, stranger_was), (speaker, stranger) = _who(*before), _who(answer, vote)
        if speaker and speaker != was:
            self._recognizer.registry.events.record("listen", speaker)
        return Heard(
            seconds=self._now / SAMPLE_RATE,
            decision=decision,
            answer=answer,
            speaker=speaker,
            name=vote.name if speaker else None,
            score=vote.score if vote else None,
            pseudonym=stranger,
            changed=(before[0], was, stranger_was) != (answer, speaker, stranger),
        )

    def _agreed(self) -> tuple[str | None, "Decision | None"]:
        """Return the answer of most of the last windows, and its last decision; without
        two that agree, what was heard before stays."""
        answer, before = self._state if self._votes else (None, None)
        for vote in reversed(self._votes):
            like = [each for each in self._votes if _key(each) == _key(vote)]
            if len(like) < _AGREE:
                continue
            # Who is known stays so through windows that are only likely.
            stays = answer == "known" and _key(before) == _key(vote)
            known = stays or any(each.answer == "known" for each in like)
            return ("known" if known else str(vote.answer)), vote
        return answer, before


def _key(decision: "Decision") -> tuple:
    if decision.answer in NAMED:
        return "named", decision.speaker
    return str(decision.answer), decision.pseudonym


def _who(answer: str | None, vote: "Decision | None") -> tuple[str | None, str | None]:
    """Return the speaker and the pseudonym of an answer; one at most is there."""
    if vote is None:
        return None, None
    return (vote.speaker, None) if answer in NAMED else (None, vote.pseudonym)

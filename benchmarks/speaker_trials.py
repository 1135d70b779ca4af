"""Trials of speaker recognition: pairs of clips, and people who are half enrolled."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.probes import Probe
from moksori.speakers.bandwidth import Band
from moksori.speakers.calibrate import Trials
from moksori.speakers.calibration import Calibration
from moksori.speakers.clip import Clip
from moksori.speakers.decision import Answer, Decision
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Consent, Registry
from moksori.speakers.speech import Speech

TEMPLATE_CLIPS = 3
CLEAN, TELEPHONE = "clean", "telephone"
# The score of what no threshold names.
_REFUSED = -9.0
_RESAMPLES = 300


@dataclass(frozen=True)
class Pairs:
    """Represent comparisons [N]: their scores, and the numbers of the two people."""

    scores: np.ndarray
    first: np.ndarray
    second: np.ndarray

    def equal_error(self) -> tuple[float, float, float]:
        """Return the equal error rate and its interval of 95 %, by resampling people:
        a pair of two counts as often as the one times the other was drawn."""
        order = np.argsort(self.scores)
        first, second = self.first[order], self.second[order]
        people, same = int(max(first.max(), second.max())) + 1, first == second
        rng = np.random.default_rng(0)
        rates = []
        for turn in range(_RESAMPLES + 1):
            drawn = rng.integers(people, size=people) if turn else np.arange(people)
            times = np.bincount(drawn, minlength=people).astype(float)
            weight = np.where(same, times[first], times[first] * times[second])
            missed = np.cumsum(weight * same)
            rejected = np.cumsum(weight * ~same)
            if missed[-1] and rejected[-1]:
                below = missed / missed[-1]
                passing = 1 - rejected / rejected[-1]
                at = np.abs(below - passing).argmin()
                rates.append((below[at] + passing[at]) / 2)
        low, high = np.quantile(rates[1:], [0.025, 0.975])
        return float(rates[0]), float(low), float(high)


@dataclass
class Answers:
    """Represent what a recogniser said of probes [N]: who spoke, whether they are
    enrolled and nearest, the score that a threshold is compared with, that threshold,
    the band, the answer, and the cosines [templates] to whom."""

    speaker: list[int] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)
    nearest: list[bool] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    band: list[Band | None] = field(default_factory=list)
    answer: list[Answer] = field(default_factory=list)
    cosines: list[np.ndarray] = field(default_factory=list)
    templates: list[np.ndarray] = field(default_factory=list)

    def add(self, speaker: int, known: bool, decision: Decision) -> None:
        """Add a decision on a probe; people are enrolled under their numbers."""
        templates = [int(each.name) for each in decision.candidates]
        self.speaker.append(speaker)
        self.known.append(known)
        self.nearest.append(templates[:1] == [speaker])
        self.score.append(decision.margin if templates else _REFUSED)
        self.threshold.append(decision.threshold or 0.0)
        self.band.append(decision.band)
        self.answer.append(decision.answer)
        self.cosines.append(np.array([each.score for each in decision.candidates]))
        self.templates.append(np.array(templates, int))

    def extend(self, other: "Answers") -> None:
        """Add the answers of another draw."""
        for name, values in vars(other).items():
            getattr(self, name).extend(values)

    def trials(self, thresholds: bool = True) -> Trials:
        """Return the scores, less their thresholds unless told otherwise: from 0 on
        somebody is named. Another's name for an enrolled person counts as none."""
        known, nearest = np.array(self.known, bool), np.array(self.nearest, bool)
        score = np.array(self.score) - thresholds * np.array(self.threshold)
        score = np.where(known & ~nearest, _REFUSED, score)
        return Trials(score, known, np.array(self.speaker))

    def of(self, band: Band) -> "Answers":
        """Return those of a band."""
        chosen = [number for number, each in enumerate(self.band) if each is band]
        lists = vars(self).values()
        return Answers(*([values[number] for number in chosen] for values in lists))

    def rank_one(self) -> float:
        """Return how often an enrolled person's own template is nearest."""
        return float(np.array(self.nearest)[self.known].mean())

    def misnamed(self) -> float:
        """Return how often an enrolled person is given another's name."""
        named = np.array(self.score) >= np.array(self.threshold)
        return float((named & ~np.array(self.nearest))[self.known].mean())

    def pairs(self) -> Pairs:
        """Return the comparisons with templates, one by one."""
        counts = [len(each) for each in self.cosines]
        first = np.repeat(self.speaker, counts)
        return Pairs(np.concatenate(self.cosines), first, np.hstack(self.templates))


class Known:
    """Stand for an encoder where the vectors of probes are known already."""

    def __init__(self, encoder):
        self.id = encoder.id

    def encode(self, vector: np.ndarray) -> np.ndarray:
        return vector


@contextmanager
def enrolled(
    people: dict[str, list[Clip]], encoder, calibration: Calibration, detector=None
) -> Iterator[Recognizer]:
    """Enrol people in a registry that lasts as long as the block, and open what
    recognises them. Without a detector it is for `answer` alone, not for waves."""
    with tempfile.TemporaryDirectory(prefix="speakers-") as folder:
        path = Path(folder) / "registry.db"
        with Registry.open(path, encoder.id, encoder.dimension) as registry:
            for name, clips in people.items():
                registry.enrol(name, clips, Consent("they", "a measurement"))
            known = encoder if detector else Known(encoder)
            yield Recognizer(known, registry, calibration, detector)


def answer(recognizer: Recognizer, probe: Probe) -> Decision:
    """Identify a probe, with every candidate."""
    if probe.quality is None:
        return Decision(Answer.NO_SPEECH, recognizer.encoder.id)
    if probe.several:
        return Decision(Answer.SEVERAL_SPEAKERS, recognizer.encoder.id)
    speech = Speech(probe.vector, probe.quality)
    return recognizer.identify_speech(speech, top=len(recognizer.registry))


class OpenSet:
    """Divide people into enrolled ones and strangers, and identify their probes.

    `clips` are what each person's recordings enrol; `probes` what they sound like, by
    condition: a channel and seconds of speech.
    """

    def __init__(
        self,
        clips: list[dict[Path, Clip]],
        probes: dict[tuple[str, float], list[dict[Path, Probe]]],
        encoder,
        calibration: Calibration,
    ):
        self.clips, self.probes = clips, probes
        self._encoder, self._calibration = encoder, calibration

    def everybody(self, draws: int, seed: int) -> dict[tuple[str, float], Answers]:
        """Answer with half of all people enrolled and the shipped thresholds."""
        rng = np.random.default_rng(seed)
        total = {condition: Answers() for condition in self.probes}
        for turn in range(draws):
            progress("half of all enrolled", turn, draws, "draws")
            order = rng.permutation(len(self.clips))
            for condition, found in self._half_enrolled(order, rng).items():
                total[condition].extend(found)
        return total

    def held_out(
        self, draws: int, seed: int, named: float
    ) -> dict[tuple[str, float], Answers]:
        """Answer with a quarter enrolled, a quarter strangers, and thresholds at which
        the share `named` of the strangers in the other half of the people passes."""
        rng = np.random.default_rng(seed)
        total = {condition: Answers() for condition in self.probes}
        for turn in range(draws):
            progress("thresholds of another half", turn, draws, "draws")
            order = rng.permutation(len(self.clips))
            middle = len(order) // 2
            limits = _limits(self._half_enrolled(order[:middle], rng), named)
            judged = self._half_enrolled(order[middle:], rng)
            for (channel, seconds), found in judged.items():
                found.threshold = [limits.get((seconds, b), 0.0) for b in found.band]
                total[channel, seconds].extend(found)
        return total

    def _half_enrolled(self, people, rng) -> dict[tuple[str, float], Answers]:
        """Enrol the first half of some people with clips drawn for it."""
        templates = {}
        for person in people[: (len(people) + 1) // 2]:
            paths = list(self.clips[person])
            drawn = rng.permutation(len(paths))[:TEMPLATE_CLIPS]
            templates[person] = [paths[each] for each in drawn]
        chosen = {
            str(person): [self.clips[person][path] for path in paths]
            for person, paths in templates.items()
        }
        found = {condition: Answers() for condition in self.probes}
        with enrolled(chosen, self._encoder, self._calibration) as recognizer:
            for condition, answers in found.items():
                for person in people:
                    taken = templates.get(person, [])
                    for path, probe in self.probes[condition][person].items():
                        if path not in taken:
                            decision = answer(recognizer, probe)
                            answers.add(person, person in templates, decision)
        return found


def _limits(
    measured: dict[tuple[str, float], Answers], named: float
) -> dict[tuple[float, Band], float]:
    """Set thresholds on clean recordings and telephones, by seconds and band."""
    limits = {}
    for seconds in {seconds for _, seconds in measured}:
        both = Answers()
        for channel in (CLEAN, TELEPHONE):
            both.extend(measured.get((channel, seconds), Answers()))
        for band in Band:
            trials = both.of(band).trials(thresholds=False)
            if not trials.same.all():
                limits[seconds, band] = trials.threshold(named)
    return limits


def progress(what: str, done: int, total: int, unit: str) -> None:
    """Show how far a measurement is, on one line."""
    line = "" if done + 1 == total else f"{what}: {done + 1} of {total} {unit}"
    print(f"{line}\033[K", end="\r", file=sys.stderr, flush=True)

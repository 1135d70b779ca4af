"""Measure thresholds on one's own recordings: how often who is taken for whom."""

from dataclasses import dataclass

import numpy as np

from moksori.speakers.bandwidth import Band
from moksori.speakers.calibration import OTHERS, TASKS, Calibration, margin
from moksori.speakers.clip import Clip

LEAST_SPEAKERS, LEAST_CLIPS = 5, 2
_SECONDS = (1.5, 3.0, 8.0)
_RESAMPLES = 1000


@dataclass(frozen=True)
class Trials:
    """Represent comparisons of one task: the `scores` of recordings with templates,
    whether both are `same`, and the `speaker` of the recording, [N] each."""

    scores: np.ndarray
    same: np.ndarray
    speaker: np.ndarray

    def missed(self, threshold: float) -> tuple[float, float, float]:
        """Return the share of speakers' own recordings below a threshold, and its
        interval of 95 %, by resampling speakers."""
        return self._share(self.same, self.scores < threshold)

    def accepted(self, threshold: float) -> tuple[float, float, float]:
        """Return the share of others' recordings that pass a threshold, likewise."""
        return self._share(~self.same, self.scores >= threshold)

    def threshold(self, accepted: float) -> float:
        """Return the least threshold that so small a share of others passes."""
        others = np.sort(self.scores[~self.same])[::-1]
        passing = int(accepted * len(others))
        return float(np.nextafter(others[min(passing, len(others) - 1)], 2))

    def _share(self, chosen: np.ndarray, wrong: np.ndarray):
        people = np.unique(self.speaker)
        counts = np.array(
            [
                [(chosen & wrong & mine).sum(), (chosen & mine).sum()]
                for mine in self.speaker == people[:, None]
            ]
        )
        drawn = np.random.default_rng(0).integers(
            len(people), size=(_RESAMPLES, len(people))
        )
        wrongs, all_ = counts[drawn].sum(1).T
        low, high = np.quantile(wrongs / np.maximum(all_, 1), [0.025, 0.975])
        return float(counts[:, 0].sum() / counts[:, 1].sum()), float(low), float(high)


def trials(people: dict[str, list[Clip]], band: Band) -> dict[str, Trials]:
    """Compare every clip with the templates of everybody, made without it.

    Returns the trials of `verify`, one clip against one template; of `cosine`, against
    the nearest of all; and of `margin`, where there are people enough. A clip is also
    a stranger's: then its own speaker is not among the templates. Raises `ValueError`
    for too few people or clips.
    """
    vectors = {
        name: np.stack([clip.vectors[band] for clip in clips if band in clip.vectors])
        for name, clips in people.items()
        if sum(band in clip.vectors for clip in clips) >= LEAST_CLIPS
    }
    if len(vectors) < LEAST_SPEAKERS:
        raise ValueError(
            f"{len(vectors)} people have {LEAST_CLIPS} recordings of the band {band}; "
            f"{LEAST_SPEAKERS} are needed"
        )
    sums = np.stack([each.sum(0) for each in vectors.values()])
    rows: dict[str, list] = {"verify": [], "cosine": [], "margin": []}
    for index, own in enumerate(vectors.values()):
        for vector in own:
            templates = sums.copy()
            templates[index] -= vector
            templates /= np.linalg.norm(templates, axis=1, keepdims=True)
            scores = templates @ vector
            strangers = np.delete(scores, index)
            rows["verify"].append((scores[index], True, index))
            rows["verify"] += [(score, False, index) for score in strangers]
            # Somebody else's name for one's own recording is a miss.
            right = scores.argmax() == index
            for task, score in (("cosine", np.max), ("margin", margin)):
                if task == "margin" and len(strangers) <= OTHERS:
                    continue
                rows[task].append((score(scores) if right else -2.0, True, index))
                rows[task].append((score(strangers), False, index))
    return {
        task: Trials(*(np.array(column) for column in zip(*found, strict=True)))
        for task, found in rows.items()
        if found
    }


def calibrated(
    before: Calibration,
    encoder: str,
    measured: dict[Band, dict[str, Trials]],
    seconds: float,
    accepted: dict[str, float],
) -> Calibration:
    """Return a table with the thresholds at which so many others pass.

    What is known of the encoder is moved by as much as its thresholds at `seconds`,
    the median of the recordings, are off; else they are the same for all lengths.
    """
    table = dict(before.table)
    known = table.get(encoder, {})
    row = {band: dict(known[band]) for band in Band if band in known}
    for band, tasks in measured.items():
        fresh = row.setdefault(band, {"seconds": list(_SECONDS)})
        for task in TASKS:
            found = tasks.get(task) or tasks["cosine"]
            wanted = found.threshold(accepted[task])
            if before.knows(encoder):
                if task not in tasks:
                    continue
                off = wanted - before.threshold(task, encoder, seconds, band)
                fresh[task] = [value + off for value in fresh[task]]
            else:
                fresh[task] = [wanted] * len(_SECONDS)
        fresh.setdefault("slope", _slope(tasks["verify"]))
    for band in Band:
        row.setdefault(band, next(iter(row.values())))
    table[encoder] = {str(band): row[band] for band in Band}
    return Calibration(table)


def _slope(verify: Trials) -> float:
    """The slope of a logistic function for two normal distributions of equal width."""
    same, other = verify.scores[verify.same], verify.scores[~verify.same]
    variance = (same.var() + other.var()) / 2
    return float((same.mean() - other.mean()) / max(variance, 1e-4))

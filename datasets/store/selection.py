"""Select the utterances of a store: no duplicates, no odd speaking rates."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from datasets.readers.corpus import Corpus, Utterance
from datasets.rejections import Reason, Rejected
from datasets.store.extract import letters
from datasets.store.journal import Journal

# Below so few utterances the spread of a speaker's rate says nothing.
_ENOUGH = 20
_SIGMAS = 4.0
_LEAST_SIGMA = 0.1
_STEADY_LETTERS = 8
_SLOWEST, _FASTEST = 0.5, 20.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """An utterance that stays; `rate` is in characters per second."""

    id: str
    utterance: Utterance
    key: str
    seconds: float
    level: float
    signal_to_noise: float
    rate: float


def select(
    keyed: Iterable[tuple[Corpus, Utterance, str]], journal: Journal
) -> tuple[list[Accepted], list[Rejected]]:
    """Select among all extracted utterances, in the order of the corpora.

    Of recordings with equal sound the first stays. A speaking rate is an outlier when
    it lies far from the speaker's median; short sentences vary more and are allowed
    more.
    """
    accepted, rejected = [], []
    sounds: dict[str, str] = {}
    ids: Counter[str] = Counter()
    for corpus, utterance, key in keyed:
        id = _unique(utterance.id, corpus, ids)
        entry = journal[key]
        if "reason" in entry:
            reason, detail = entry["reason"], entry["detail"]
            rejected.append(Rejected(id, utterance.speaker, reason, detail))
            continue
        if entry["sound"] in sounds:
            detail = f"{utterance.path}: the same sound as {sounds[entry['sound']]}"
            rejected.append(Rejected(id, utterance.speaker, Reason.DUPLICATE, detail))
            continue
        sounds[entry["sound"]] = id
        rate = letters(entry["spoken"]) / entry["seconds"]
        measures = (entry["seconds"], entry["level"], entry["signal_to_noise"], rate)
        accepted.append(Accepted(id, utterance, key, *measures))
    odd = _odd_rates(accepted)
    stay = [one for one, detail in zip(accepted, odd, strict=True) if not detail]
    rejected += [
        Rejected(one.id, one.utterance.speaker, Reason.ODD_RATE, detail)
        for one, detail in zip(accepted, odd, strict=True)
        if detail
    ]
    return stay, rejected


def _unique(id: str, corpus: Corpus, ids: Counter[str]) -> str:
    """Return the id, prefixed by the corpus as often as another has it already."""
    ids[id] += 1
    if ids[id] == 1:
        return id
    return _unique(f"{corpus.folder.resolve().name}.{id}", corpus, ids)


def _odd_rates(accepted: list[Accepted]) -> list[str]:
    """Return the detail of each odd speaking rate; "" where the rate is ordinary."""
    by_speaker = defaultdict(list)
    for index, one in enumerate(accepted):
        by_speaker[one.utterance.speaker].append(index)
    details = [""] * len(accepted)
    for indices in by_speaker.values():
        rates = np.log([accepted[index].rate for index in indices])
        middle = float(np.median(rates))
        sigma = 1.4826 * float(np.median(np.abs(rates - middle)))
        sigma = max(sigma, _LEAST_SIGMA) if len(indices) >= _ENOUGH else math.inf
        for index, log_rate in zip(indices, rates, strict=True):
            one = accepted[index]
            count = max(one.rate * one.seconds, 1.0)
            allowed = _SIGMAS * sigma * (1 + _STEADY_LETTERS / count)
            far = abs(log_rate - middle) > allowed
            if far or not _SLOWEST <= one.rate <= _FASTEST:
                details[index] = (
                    f"{one.utterance.path}: {one.rate:.1f} characters a second, "
                    f"the speaker's median is {math.exp(middle):.1f}"
                )
    return details

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

# Below so few utterances the spread of a speaker's rate says nothing; the speaker is
# then measured against all of the store, which needs as many, with a wider spread.
_ENOUGH = 20
_SIGMAS = 4.0
_LEAST_SIGMA, _LEAST_SIGMA_OF_ALL = 0.1, 0.15
_STEADY_LETTERS = 8
# Syllables a second. Read speech has 3 to 7; 11 is a phrase said in haste.
_SLOWEST, _FASTEST = 0.5, 14.0


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
    keyed: Iterable[tuple[Corpus, Utterance, str]],
    journal: Journal,
    keep_unreadable: bool = False,
) -> tuple[list[Accepted], list[Rejected]]:
    """Select among all extracted utterances, in the order of the corpora.

    Of recordings with equal sound the first stays. A speaking rate is an outlier when
    it lies far from the speaker's median, or no speech has it; short sentences vary
    more and are allowed more. A text with letters that cannot be read stays only with
    `keep_unreadable`.
    """
    accepted, rejected = [], []
    sounds: dict[str, str] = {}
    ids: Counter[str] = Counter()
    for corpus, utterance, key in keyed:
        id = _unique(utterance.id, corpus, ids)
        entry = journal[key]
        fault = _fault(utterance, entry, sounds, keep_unreadable)
        if fault:
            rejected.append(Rejected(id, utterance.speaker, *fault))
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


def _fault(
    utterance: Utterance, entry: dict, sounds: dict[str, str], keep_unreadable: bool
) -> tuple[str, str] | None:
    """Return (reason, detail) of an utterance that is left out whatever its rate."""
    if "reason" in entry:
        return entry["reason"], entry["detail"]
    if "unread" in entry and not keep_unreadable:
        return Reason.UNREAD_TEXT, f"{entry['unread']} in {utterance.text!r}"
    if entry["sound"] in sounds:
        detail = f"{utterance.path}: the same sound as {sounds[entry['sound']]}"
        return Reason.DUPLICATE, detail
    return None


def _unique(id: str, corpus: Corpus, ids: Counter[str]) -> str:
    """Return the id, prefixed by the corpus as often as another has it already."""
    ids[id] += 1
    if ids[id] == 1:
        return id
    return _unique(f"{corpus.folder.resolve().name}.{id}", corpus, ids)


def _odd_rates(accepted: list[Accepted]) -> list[str]:
    """Return the detail of each odd speaking rate; "" where the rate is ordinary."""
    log_rates = np.log([one.rate for one in accepted])
    by_speaker = defaultdict(list)
    for index, one in enumerate(accepted):
        by_speaker[one.utterance.speaker].append(index)
    of_all = _spread(log_rates, _LEAST_SIGMA_OF_ALL)
    details = [""] * len(accepted)
    for indices in by_speaker.values():
        whose, spread = "speaker", _spread(log_rates[indices], _LEAST_SIGMA)
        if spread is None:
            whose, spread = "corpora", of_all
        for index in indices:
            details[index] = _odd_rate(accepted[index], whose, spread)
    return details


def _spread(log_rates: np.ndarray, least: float) -> tuple[float, float] | None:
    """Return (median, standard deviation), both robust; None for too few rates."""
    if log_rates.size < _ENOUGH:
        return None
    middle = float(np.median(log_rates))
    # 1.4826 median deviations are the standard deviation of a normal distribution.
    sigma = 1.4826 * float(np.median(np.abs(log_rates - middle)))
    return middle, max(sigma, least)


def _odd_rate(one: Accepted, whose: str, spread: tuple[float, float] | None) -> str:
    """Return what is odd about a rate; "" where it is ordinary."""
    said = f"{one.utterance.path}: {one.rate:.1f} syllables a second"
    if not _SLOWEST <= one.rate <= _FASTEST:
        return f"{said}, speech has {_SLOWEST:g} to {_FASTEST:g}"
    if spread is None:
        return ""
    middle, sigma = spread
    count = max(one.rate * one.seconds, 1.0)
    allowed = _SIGMAS * sigma * (1 + _STEADY_LETTERS / count)
    if abs(math.log(one.rate) - middle) <= allowed:
        return ""
    return f"{said}, the median of the {whose} is {math.exp(middle):.1f}"

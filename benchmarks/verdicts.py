"""Judge recordings with and without a watermark, as the service does."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.attacks import ATTACKS, RATE
from moksori.audio import watermark

# As many tokens as a busy year gives out: chance may hit one of them.
ISSUED = 100_000
_THRESHOLDS = (1.25, 1.3, 1.35, 1.4, 1.45, 1.5, 1.6, 1.7, 1.8)


@dataclass(frozen=True)
class Judged:
    """Describe one search: the `kind` of recording, the `attack` ("" for none), the
    token that it was marked with or None, and what was found."""

    kind: str
    attack: str
    token: int | None
    found: watermark.Detection


def judged(
    kind: str, waves: Iterable[np.ndarray], keys: int, rng: np.random.Generator
) -> Iterator[Judged]:
    """Search every wave as it is for marks of several keys, and marked for its own.

    Half of the waves are attacked, each by one attack that is drawn.
    """
    names = sorted(ATTACKS.keys() - {"none"})
    for index, wave in enumerate(waves):
        attack = names[int(rng.integers(len(names)))] if index % 2 else ""
        change = ATTACKS[attack or "none"]
        token, key = int(rng.integers(1 << 32)), rng.bytes(16)
        plain = change(wave)
        for other in [key, *(rng.bytes(16) for _ in range(keys - 1))]:
            found = watermark.detect(plain, RATE, other)
            yield Judged(kind, attack, None, found)
        heard = change(watermark.mark(wave, RATE, token, key))
        yield Judged(kind, attack, token, watermark.detect(heard, RATE, key))


def report(results: list[Judged], rng: np.random.Generator) -> Iterator[str]:
    """Yield Markdown: presence by kind, both errors by threshold, and verdicts."""
    without = [each for each in results if each.token is None]
    with_mark = [each for each in results if each.token is not None]
    yield "| recordings | mark | searches | least | 1 % | median | 99 % | most |"
    yield "|---|---|---|---|---|---|---|---|"
    for kind in dict.fromkeys(each.kind for each in results):
        for name, several in (("none", without), ("one", with_mark)):
            presence = _presence([each for each in several if each.kind == kind])
            low, *middle, high = np.quantile(presence, [0, 0.01, 0.5, 0.99, 1])
            cells = " | ".join(f"{each:.2f}" for each in (low, *middle, high))
            yield f"| {kind} | {name} | {len(presence)} | {cells} |"
    yield "| presence from | of the unmarked | 95 % interval | of the marked |"
    yield "|---|---|---|---|"
    null, signal = _presence(without), _presence(with_mark)
    for threshold in _THRESHOLDS:
        alarms = int((null >= threshold).sum())
        low, high = _interval(alarms, len(null))
        share = 100 * np.mean(signal >= threshold)
        yield (
            f"| {threshold:.2f} | {alarms} of {len(null)} | {low:.3f}-{high:.3f} % "
            f"| {share:.2f} % |"
        )
    yield from verdicts(results, rng)


def verdicts(results: list[Judged], rng: np.random.Generator) -> Iterator[str]:
    """Yield a table of verdicts where the marks' tokens and `ISSUED` others exist."""
    others = set(rng.integers(0, 1 << 32, ISSUED).tolist())
    tokens = others | {each.token for each in results if each.token is not None}
    yield "| recordings | searches | ours | inconclusive | not ours | too short |"
    yield "|---|---|---|---|---|---|"
    for name, chosen in (
        ("without a mark", lambda each: each.token is None),
        ("with one", lambda each: each.token is not None and not each.attack),
        ("with one, attacked", lambda each: each.token is not None and each.attack),
    ):
        several = [each for each in results if chosen(each)]
        if not several:
            continue
        said = Counter(
            watermark.judge(each.found, tokens.__contains__) for each in several
        )
        names = ("ours", "inconclusive", "not_ours", "too_short")
        yield f"| {name} | {len(several)} | {' | '.join(str(said[n]) for n in names)} |"


def _presence(results: list[Judged]) -> np.ndarray:
    return np.array([each.found.presence for each in results])


def _interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share in percent (Clopper and Pearson)."""
    from scipy.stats import binomtest

    interval = binomtest(hits, count).proportion_ci()
    return 100 * interval.low, 100 * interval.high

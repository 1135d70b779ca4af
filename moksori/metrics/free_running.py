"""Evaluate free-running speech of known sentences against their recordings.

A validation loss is measured with the recording's own frames as the past. It cannot
tell a voice that speaks from one that skips words, babbles or never stops, and it falls
on while speech has long stopped improving. So a training listens instead: held-out
sentences are spoken as a person would have them spoken, and compared with how they were
recorded.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations

import numpy as np

from hparams import Audio
from moksori.metrics.attention import focus, sounding, walk
from moksori.metrics.cepstral import distortion
from moksori.metrics.failures import faults

# By this figure, in decibels, voices are ranked: lower is better.
FREE_RUNNING_SCORE = "free_rank"


class FreeRunningEvaluator:
    """Compare speech with `references`, the recordings of the same sentences.

    `references` are normalised mels [frames, mels], `symbols` the strings of the
    alphabet that each sentence consists of, its end symbol included. Raises
    `ValueError` when there are none, or not as many of one as of the other.
    """

    def __init__(
        self,
        references: Sequence[np.ndarray],
        symbols: Sequence[Sequence[str]],
        audio: Audio,
    ):
        if not references or len(references) != len(symbols):
            raise ValueError(f"{len(references)} references, {len(symbols)} sentences")
        self._references, self._audio = list(references), audio
        self._symbols = [tuple(line) for line in symbols]

    @cached_property
    def unrelated(self) -> float:
        """Return how far apart unrelated recordings are, in decibels, aligned.

        It is the median over all pairs of references with different symbols. Where no
        two differ, as with a single reference, it is the median of each against itself
        read backwards: the same sounds, in an order that alignment cannot mend.
        """
        lines = zip(self._references, self._symbols, strict=True)
        pairs = [
            (ours, theirs)
            for (ours, said), (theirs, other) in combinations(lines, 2)
            if said != other
        ]
        pairs = pairs or [(mel, mel[::-1]) for mel in self._references]
        return float(np.median([self._between(*pair) for pair in pairs]))

    def evaluate(
        self, spoken: Sequence[tuple[np.ndarray, np.ndarray, bool]]
    ) -> dict[str, float]:
        """Return mean figures of the sentences as they were spoken.

        Of each, in the order of the references: the mel [frames, mels], normalised; the
        alignment [steps, symbols]; and whether the stop token ended it.

        - `free_cepstral_decibel`: mel-cepstral distortion after dynamic time warping
        - `free_complete`: the share in which attention walked from the first to the
          last sound without a skip or a repeat (`metrics.attention.walk`)
        - `free_focus`: the largest attention weight of a step, 0 to 1
        - `free_on_token`: the share that ended by the stop token
        - `free_length_error`: difference of the lengths as a share of the recording's
        - `FREE_RUNNING_SCORE`: by which voices are ranked

        The score is the mean distortion, to which each failed sentence adds what is
        `unrelated`: one whose walk is not complete, that the stop token did not end, or
        whose length is far from the recording's (`metrics.failures`; one that merely
        came to rest has not learnt to stop). Distortion alone would forgive all this,
        for alignment lets one frame of speech stand for many of the recording, and many
        that linger in silence for one. So a voice that says everything is ranked by its
        sound, a failed sentence is at least as bad as an unrelated one, and speech that
        is blurred but whole comes before babble that happens to lie nearer.

        Raises `ValueError` when there are not as many as references, or one has no
        frames or an alignment that does not fit its symbols.
        """
        if len(spoken) != len(self._references):
            raise ValueError(
                f"{len(spoken)} spoken lines for {len(self._references)} references"
            )
        rows = list(map(self._line, spoken, self._references, self._symbols))
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

    def _line(self, spoken, reference, symbols) -> dict[str, float]:
        mel, alignment, on_token = spoken
        between = self._between(reference, mel)
        complete = walk(alignment, sounding(symbols)).complete
        failed = faults(
            complete=complete,
            stopped=on_token,
            length_ratio=len(mel) / len(reference),
        )
        return {
            "free_cepstral_decibel": between,
            "free_complete": complete,
            "free_focus": focus(alignment),
            "free_on_token": bool(on_token),
            "free_length_error": abs(len(mel) - len(reference)) / len(reference),
            FREE_RUNNING_SCORE: between + self.unrelated * bool(failed),
        }

    def _between(self, reference, other) -> float:
        return distortion(reference, other, self._audio, align=True)

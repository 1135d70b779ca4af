"""Measure speaker recognition on people of one's own: a folder of NAME/FILE.

Equal error rates of clip against clip by length; then half of the people are enrolled
with three clips each, and the rest are strangers: clean, and through noise, lines,
codecs and rooms; then sounds that are not speech. What the shipped thresholds say, and
what thresholds say that were set on one half of the people and judged on the other.
Intervals of 95 % are drawn over people. A subfolder, NAME/STYLE/FILE, is a style of its
own: a session, a mood.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.channels import CHANNELS, RATE, SOUNDS
from benchmarks.probes import Embeddings, Probe, beginning
from benchmarks.speaker_trials import (
    CLEAN,
    TEMPLATE_CLIPS,
    OpenSet,
    Pairs,
    enrolled,
    progress,
)
from moksori.speakers.calibration import Calibration
from moksori.speakers.clip import Clip
from moksori.speakers.enrolment import recordings
from moksori.speakers.speech import find_speech
from moksori.speakers.voices import several_speakers

SECONDS = (1.5, 3.0, 10.0)
_CHANNEL_SECONDS = 3.0
_TURN_SECONDS = (4.0, 3.0)
LEAST_PEOPLE = 8


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="NAME/FILE or NAME/STYLE/FILE")
    kept = "where embeddings are kept (FOLDER.embeddings.db; as private as the folder)"
    parser.add_argument("--cache", type=Path, metavar="FILE", help=kept)
    parts = ["errors", "open", "turns", "sounds"]
    only = "measure these alone (%(default)s)"
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts, help=only)
    parser.add_argument(
        "--channels",
        nargs="+",
        choices=CHANNELS,
        default=list(CHANNELS),
        metavar="NAME",
        help=f"of {', '.join(CHANNELS)} (all)",
    )
    draws = "how often people are divided anew (%(default)s)"
    parser.add_argument("--draws", type=int, default=30, metavar="N", help=draws)
    share = "strangers that may be named, for thresholds set here (%(default)s)"
    parser.add_argument("--named", type=float, default=0.03, metavar="P", help=share)
    turns = "recordings in which two people speak in turn (%(default)s)"
    parser.add_argument("--turns", type=int, default=100, metavar="N", help=turns)
    parser.add_argument("--sounds", type=int, default=40, metavar="N", help="a kind")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None, parts=None) -> int:
    """Print the tables; `parts` are another encoder, detector and calibration."""
    chosen = parse(arguments)
    try:
        people = recordings(chosen.folder)
        if len(people) < LEAST_PEOPLE:
            raise ValueError(f"{len(people)} people; {LEAST_PEOPLE} are needed")
        encoder, detector, calibration = parts or shipped_parts()
    except (ValueError, OSError, RuntimeError) as error:
        print(f"speakers: {error}", file=sys.stderr)
        return 1
    folder = chosen.folder.resolve()
    cache = chosen.cache or folder.with_name(f"{folder.name}.embeddings.db")
    voices = Voices(people, Embeddings(cache, encoder, detector))
    count = sum(map(len, people.values()))
    print(f"{len(people)} people, {count} recordings, encoder {encoder.id}")
    if "errors" in chosen.parts:
        show_errors(voices)
    if "open" in chosen.parts:
        show_open_set(voices, calibration, chosen)
    if "turns" in chosen.parts:
        show_turns(voices, chosen)
    if "sounds" in chosen.parts:
        show_sounds(voices, calibration, chosen)
    return 0


def shipped_parts():
    """Return the encoder, the detector and the thresholds of the program."""
    from moksori.speakers.encoder import SpeakerEncoder
    from moksori.speakers.speech import SpeechDetector

    return SpeakerEncoder(), SpeechDetector(), Calibration.load()


class Voices:
    """Read the recordings of people through channels, and show how far it is."""

    def __init__(self, people: dict[str, list[Path]], embeddings: Embeddings):
        self.paths, self.embeddings = list(people.values()), embeddings

    def probes(self, conditions) -> dict[tuple, list[dict[Path, Probe]]]:
        """Return each person's recordings that are long enough, by condition: channel
        and seconds of speech."""
        result = {condition: [] for condition in conditions}
        for person, paths in enumerate(self.paths):
            progress("recordings", person, len(self.paths), "people")
            others = [each[0] for n, each in enumerate(self.paths) if n != person]
            for found in result.values():
                found.append({})
            for path in paths:
                for condition, found in result.items():
                    probe = self.embeddings.probe(path, *condition, others)
                    if probe:
                        found[person][path] = probe
        return result

    def clips(self) -> list[dict[Path, Clip]]:
        """Return what each person's recordings enrol."""
        result = []
        for person, paths in enumerate(self.paths):
            progress("templates", person, len(self.paths), "people")
            read = {path: self.embeddings.clip(path) for path in paths}
            result.append({path: clip for path, clip in read.items() if clip})
        return result


def show_errors(voices: Voices) -> None:
    """Print the equal error rates of clip against clip."""
    print("\n| clip against clip | pairs of one, of two | equal error rate |")
    print("|---|---|---|")
    every = voices.probes([(CLEAN, seconds) for seconds in SECONDS])
    for (_, seconds), probes in every.items():
        found = [
            (person, path.parent, probe.vector)
            for person, paths in enumerate(probes)
            for path, probe in paths.items()
            if probe.vector is not None
        ]
        person = np.array([row[0] for row in found])
        style = np.unique([str(row[1]) for row in found], return_inverse=True)[1]
        first, second = np.triu_indices(len(found), 1)
        vectors = np.stack([row[2] for row in found])
        scores = (vectors @ vectors.T)[first, second]
        same = person[first] == person[second]
        one_style = ~same | (style[first] == style[second])
        rows = {"all": slice(None)}
        if not one_style.all():
            rows = {"one style": one_style} | rows
        for name, kept in rows.items():
            pairs = Pairs(scores[kept], person[first][kept], person[second][kept])
            counts = f"{same[kept].sum():,}, {(~same[kept]).sum():,}"
            rate = percent(pairs.equal_error())
            print(f"| {seconds:g} s, {name} | {counts} | {rate} |", flush=True)


def show_open_set(voices: Voices, calibration: Calibration, chosen) -> None:
    """Print who is named and missed with half of the people enrolled."""
    conditions = [(CLEAN, seconds) for seconds in SECONDS]
    conditions += [(each, _CHANNEL_SECONDS) for each in chosen.channels]
    probes = voices.probes(conditions)
    encoder = voices.embeddings.encoder
    people = OpenSet(voices.clips(), probes, encoder, calibration)
    shipped = people.everybody(chosen.draws, chosen.seed)
    held_out = people.held_out(chosen.draws, chosen.seed, chosen.named)
    rate = percent(shipped[CLEAN, _CHANNEL_SECONDS].pairs().equal_error())
    print(f"\ntemplate of {TEMPLATE_CLIPS} clips against 3 s: equal error rate {rate}")
    count = (len(voices.paths) + 1) // 2
    heads = [
        *(f"{count} enrolled", "rank 1", "lost at 5 % strangers named", "at 1 %"),
        *("shipped: strangers named", "lost", "another's name"),
        *("held out: strangers named", "lost"),
    ]
    print(f"\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for (channel, seconds), answers in shipped.items():
        here, other = answers.trials(), held_out[channel, seconds].trials()
        scores = answers.trials(thresholds=False)
        cells = [
            f"{100 * answers.rank_one():.1f} %",
            *(percent(scores.missed(scores.threshold(p))) for p in (0.05, 0.01)),
            *(percent(here.accepted(0.0)), percent(here.missed(0.0))),
            f"{100 * answers.misnamed():.2f} %",
            *(percent(other.accepted(0.0)), percent(other.missed(0.0))),
        ]
        print(f"| {channel}, {seconds:g} s | {' | '.join(cells)} |", flush=True)
    for condition, answers in shipped.items():
        counts = Counter(zip(answers.band, answers.answer, strict=True))
        print(f"{condition[0]}, {condition[1]:g} s:", ", ".join(_shares(counts)))


def _shares(counts: Counter):
    for (band, word), count in counts.most_common():
        yield f"{band or 'no band'} {word} {100 * count / counts.total():.1f} %"


def show_turns(voices: Voices, chosen) -> None:
    """Print how often two people in turn are noticed, and one person taken for two."""
    encoder, detector = voices.embeddings.encoder, voices.embeddings.detector
    rng = np.random.default_rng(chosen.seed)
    noticed = joined = 0
    for turn in range(chosen.turns):
        progress("two in turn", turn, chosen.turns, "recordings")
        people = rng.permutation(len(voices.paths))[:2]
        parts = [
            next(_long_enough(voices.paths[person], seconds, detector, rng), None)
            for person, seconds in zip(people, _TURN_SECONDS, strict=True)
        ]
        if any(part is None for part in parts):
            continue
        speech = find_speech(np.concatenate(parts), RATE, detector)
        noticed += several_speakers(encoder, speech.wave)
        joined += 1
    ((_, probes),) = voices.probes([(CLEAN, SECONDS[-1])]).items()
    alone = [
        probe.several
        for paths in probes
        for probe in paths.values()
        if probe.quality and probe.quality.speech_seconds >= sum(_TURN_SECONDS)
    ]
    spoken = " and ".join(f"{seconds:g} s" for seconds in _TURN_SECONDS)
    print(f"\ntwo in turn, {spoken}: noticed in {noticed} of {joined}")
    print(f"one alone, as long and longer: taken for two {sum(alone)} of {len(alone)}")


def _long_enough(paths: list[Path], seconds: float, detector, rng):
    """Yield the beginnings of recordings with so much speech, in a drawn order."""
    for index in rng.permutation(len(paths)):
        wave, found = beginning(paths[index], seconds, detector)
        if found >= seconds:
            yield wave


def show_sounds(voices: Voices, calibration: Calibration, chosen) -> None:
    """Print what is answered to sounds that are not speech."""
    embeddings = voices.embeddings
    clips = enumerate(voices.clips()[::2])
    people = {str(n): list(each.values())[:TEMPLATE_CLIPS] for n, each in clips}
    rng = np.random.default_rng(chosen.seed)
    print("\n| no speech | clips | named | answers |")
    print("|---|---|---|---|")
    with enrolled(
        people, embeddings.encoder, calibration, embeddings.detector
    ) as recognizer:
        for name, make in SOUNDS.items():
            answers = [
                recognizer.identify(make(rng).astype(np.float32), RATE)
                for _ in range(chosen.sounds)
            ]
            named = sum(each.name is not None for each in answers)
            words = Counter(str(each.answer) for each in answers).most_common()
            text = ", ".join(f"{word} {count}" for word, count in words)
            print(f"| {name} | {len(answers)} | {named} | {text} |", flush=True)


def percent(rate: tuple[float, float, float]) -> str:
    """Write a share and its interval in percent."""
    value, low, high = (100 * each for each in rate)
    return f"{value:.1f} % ({low:.1f}-{high:.1f})"


if __name__ == "__main__":
    sys.exit(main())

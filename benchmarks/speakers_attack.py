"""Measure how often synthetic speech passes for the person whose voice it imitates.

The person is enrolled with others of a folder NAME/FILE, and folders of synthetic
speech are verified as that person and identified, with the shipped thresholds; beside
them the person's own recordings, and those of everybody else. Intervals of 95 % are
drawn over recordings.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.probes import Embeddings, Probe, digest
from benchmarks.speaker_trials import (
    CLEAN,
    TELEPHONE,
    TEMPLATE_CLIPS,
    answer,
    enrolled,
    progress,
)
from benchmarks.speakers import percent, shipped_parts
from moksori.audio.files import SUFFIXES
from moksori.metrics.bootstrap import mean_of
from moksori.speakers.calibration import Calibration
from moksori.speakers.clip import Clip
from moksori.speakers.enrolment import recordings
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.speech import Speech

OWN, OTHERS = "own recordings", "others' recordings"
_SECONDS = 10.0
_OF_EACH_OTHER = 5


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="people, as NAME/FILE")
    parser.add_argument("name", help="whose voice is imitated: one of them")
    spoken = "folders of synthetic speech"
    parser.add_argument("speech", nargs="+", type=Path, metavar="DIR", help=spoken)
    kept = "where embeddings are kept (FOLDER.embeddings.db; as private as the folder)"
    parser.add_argument("--cache", type=Path, metavar="FILE", help=kept)
    others = "others who are enrolled (%(default)s)"
    parser.add_argument("--enrolled", type=int, default=15, metavar="N", help=others)
    draws = "how often others and templates are drawn (%(default)s)"
    parser.add_argument("--draws", type=int, default=30, metavar="N", help=draws)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None, parts=None) -> int:
    """Print the table; `parts` are another encoder, detector and calibration."""
    chosen = parse(arguments)
    try:
        people = recordings(chosen.folder)
        if chosen.name not in people:
            raise ValueError(f"{chosen.folder} has no recordings of {chosen.name}")
        spoken = {folder.name: _sounds(folder) for folder in chosen.speech}
        encoder, detector, calibration = parts or shipped_parts()
        folder = chosen.folder.resolve()
        cache = chosen.cache or folder.with_name(f"{folder.name}.embeddings.db")
        embeddings = Embeddings(cache, encoder, detector)
        sets = read(people, chosen.name, spoken, embeddings)
        clips = {
            name: [clip for path in paths if (clip := embeddings.clip(path))]
            for name, paths in people.items()
        }
        passed = attack(sets, clips, encoder, calibration, chosen)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"speakers_attack: {error}", file=sys.stderr)
        return 1
    show(passed, chosen)
    return 0


def _sounds(folder: Path) -> list[Path]:
    found = sorted(each for each in folder.rglob("*") if each.suffix in SUFFIXES)
    if not found:
        raise ValueError(f"{folder} has no synthetic speech")
    return found


def read(
    people: dict[str, list[Path]],
    name: str,
    spoken: dict[str, list[Path]],
    embeddings: Embeddings,
) -> dict[tuple[str, str], dict[str, Probe]]:
    """Read what is to be verified, 3 to 10 s of speech each, by where it comes from
    and by channel; probes by the SHA-256 of their files."""
    others = [paths for other, paths in people.items() if other != name]
    first = [path for paths in others for path in paths[:_OF_EACH_OTHER]]
    every = spoken | {OWN: people[name], OTHERS: first}
    result = {}
    for number, (source, paths) in enumerate(every.items()):
        progress("recordings", number, len(every), "sources")
        for channel in (CLEAN, TELEPHONE):
            probes = {
                digest(path): embeddings.probe(path, channel, _SECONDS, first)
                for path in paths
            }
            known = {key: probe for key, probe in probes.items() if probe}
            result[source, channel] = known
    return result


def attack(
    sets: dict[tuple[str, str], dict[str, Probe]],
    clips: dict[str, list[Clip]],
    encoder,
    calibration: Calibration,
    chosen: argparse.Namespace,
) -> dict[tuple[str, str], dict[str, list[tuple[bool, bool]]]]:
    """Return for every recording, in each draw, whether it was verified as the person
    and whether it was identified as the person."""
    rng = np.random.default_rng(chosen.seed)
    passed = {key: {each: [] for each in probes} for key, probes in sets.items()}
    others = [name for name in clips if name != chosen.name]
    for turn in range(chosen.draws):
        progress("templates", turn, chosen.draws, "draws")
        names = [chosen.name, *rng.permutation(others)[: chosen.enrolled]]
        drawn = {
            name: [clips[name][n] for n in rng.permutation(len(clips[name]))]
            for name in names
        }
        templates = {name: each[:TEMPLATE_CLIPS] for name, each in drawn.items()}
        taken = {clip.sha256 for each in templates.values() for clip in each}
        with enrolled(templates, encoder, calibration) as recognizer:
            (person,) = recognizer.registry.find(chosen.name)
            for key, probes in sets.items():
                for each, probe in probes.items():
                    if each not in taken:
                        passes = _passes(recognizer, person.id, probe)
                        passed[key][each].append(passes)
    return passed


def _passes(recognizer: Recognizer, person: str, probe: Probe) -> tuple[bool, bool]:
    identified = answer(recognizer, probe).speaker == person
    if probe.quality is None or probe.several:
        return False, identified
    speech = Speech(probe.vector, probe.quality)
    verified = recognizer.verify_speech(person, speech).speaker == person
    return verified, identified


def show(passed: dict, chosen: argparse.Namespace) -> None:
    """Print how often each source passes."""
    print(f"{chosen.name} and {chosen.enrolled} others, {chosen.draws} draws")
    print(f"\n| passes for {chosen.name} | recordings | verified | identified |")
    print("|---|---|---|---|")
    for (source, channel), recordings_ in passed.items():
        tried = [np.mean(each, axis=0) for each in recordings_.values() if each]
        if not tried:
            continue
        cells = [
            percent((found["mean"], *found["interval"]))
            for found in (mean_of(shares) for shares in np.array(tried).T)
        ]
        print(f"| {source}, {channel} | {len(tried)} | {' | '.join(cells)} |")


if __name__ == "__main__":
    sys.exit(main())

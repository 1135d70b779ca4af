"""Corpora into a feature store: only what is new, in parallel, never half-written."""

import dataclasses
import fcntl
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from datasets import selection, shards, store
from datasets import workers as processes
from datasets.corpora import Corpus, Utterance
from datasets.extract import Block, write_block
from datasets.journal import Journal, key_of, write_aside
from datasets.report import Report
from datasets.store import FeatureError, FeatureStore, Row, fingerprint
from hparams import Audio, Hparams

__all__ = ["FeatureError", "FeatureStore", "Report", "Row", "build", "fingerprint"]

_BLOCK_UTTERANCES = 256
_LEAST_BLOCK, _LEAST_BLOCKS = 16, 16


def build(
    corpora: Sequence[Corpus],
    folder: str | Path,
    hparams: Hparams,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Make `folder` the feature store of exactly these corpora, and its report.

    Only what is new or changed is extracted; after a kill the next call continues.
    The result does not depend on `workers` (default: every core). `progress` gets
    (done, all) utterances. Raises `FeatureError` while another build is at work here.
    The report of a store without a single utterance has `utterances == 0`.
    """
    folder = Path(folder)
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _begin(folder, hparams)
        journal = _sound_journal(folder, hparams.audio)
        before = set(journal)
        keyed, vanished = _keyed(corpora, hparams)
        wanted = {key for _, _, key in keyed}
        new = {key: one for _, one, key in keyed if key not in journal}
        count = workers or len(os.sched_getaffinity(0))
        done = len(wanted) - len(new)
        if progress:
            progress(done, len(wanted))
        for entries in _extract_all(new, folder, hparams, journal, count):
            journal.append(entries)
            done += len(entries)
            if progress:
                progress(done, len(wanted))
        accepted, rejected = selection.select(keyed, journal)
        rejected = _promised(corpora) + vanished + rejected
        _finish(folder, accepted, journal, wanted)
        report = Report.of(
            accepted,
            rejected,
            extracted=len(new),
            dropped=len(before - wanted),
            fingerprint=fingerprint(hparams.audio, hparams.text),
        )
        report.save(folder)
    return report


def _keyed(corpora: Sequence[Corpus], hparams: Hparams):
    """([(corpus, utterance, key)], rejections of files that vanished meanwhile)."""
    settings = fingerprint(hparams.audio, hparams.text)
    settings += " linear" if hparams.audio.linear else ""
    keyed, vanished = [], []
    for corpus in corpora:
        for one in corpus.utterances:
            try:
                keyed.append((corpus, one, key_of(corpus, one, settings)))
            except OSError as error:
                detail = f"{one.path}: {error.strerror}"
                vanished.append(
                    selection.Rejected(one.id, one.speaker, "missing", detail)
                )
    return keyed, vanished


def _extract_all(
    new: dict[str, Utterance],
    folder: Path,
    hparams: Hparams,
    journal: Journal,
    count: int,
) -> Iterator[list[dict]]:
    """Extract block by block; yields the journal entries of each when it is durable."""
    numbers = itertools.count(_last_shard(journal) + 1)
    size = max(len(new) // _LEAST_BLOCKS, _LEAST_BLOCK)
    size = min(size, _BLOCK_UTTERANCES)
    items = iter(new.items())

    def blocks() -> Iterator[Block]:
        while piece := tuple(itertools.islice(items, size)):
            number = next(numbers)
            yield Block(number, piece, folder / "shards", hparams.audio, hparams.text)

    def rescue(block: Block) -> list[dict]:
        return _rescue(block, numbers)

    if count == 1 or len(new) <= size:
        yield from map(write_block, blocks())
    else:
        yield from processes.in_order(write_block, blocks(), count, rescue)


def _rescue(block: Block, numbers: Iterator[int]) -> list[dict]:
    """Extract a block during which a process died; find out which recording did it."""
    block = dataclasses.replace(block, number=next(numbers))
    try:
        return processes.alone(write_block, block)
    except BrokenProcessPool:
        pass
    if len(block.utterances) == 1:
        key, one = block.utterances[0]
        detail = f"{one.path}: reading it ended the process"
        return [{"key": key, "reason": "unreadable", "detail": detail}]
    middle = len(block.utterances) // 2
    halves = block.utterances[:middle], block.utterances[middle:]
    return [
        entry
        for half in halves
        for entry in _rescue(dataclasses.replace(block, utterances=half), numbers)
    ]


def _begin(folder: Path, hparams: Hparams) -> None:
    """Write the settings; features of other settings are no longer a store."""
    settings = store.describe(hparams.audio, hparams.text)
    path = folder / "settings.json"
    if path.is_file():
        try:
            old = store.read_settings(folder)
        except FeatureError:
            old = {"audio": {}}
        same = old.get("fingerprint") == settings["fingerprint"]
        if not same or old["audio"].get("linear") != hparams.audio.linear:
            (folder / "manifest.jsonl").unlink(missing_ok=True)
    packed = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    write_aside(path, [packed.encode()])


def _sound_journal(folder: Path, audio: Audio) -> Journal:
    """The journal without entries whose arrays are not all there."""
    journal = Journal(folder / "journal.jsonl")
    held: dict[int, int] = {}
    lost = []
    for key in journal:
        entry = journal[key]
        if "shard" not in entry:
            continue
        number = entry["shard"]
        if number not in held:
            held[number] = shards.shard_frames(folder / "shards", number, audio)
        if entry["offset"] + entry["frames"] > held[number]:
            lost.append(key)
    journal.forget(lost)
    shards.remove_shards(folder / "shards", set(held))
    return journal


def _last_shard(journal: Journal) -> int:
    return max((journal[key].get("shard", -1) for key in journal), default=-1)


def _finish(
    folder: Path,
    accepted: Iterable[selection.Accepted],
    journal: Journal,
    wanted: set[str],
) -> None:
    """Write the manifest; only then forget, and delete, what no row needs."""
    write_aside(folder / "manifest.jsonl", _manifest(accepted, journal))
    journal.forget([key for key in journal if key not in wanted])
    journal.compact()
    kept = {journal[key].get("shard") for key in journal} - {None}
    shards.remove_shards(folder / "shards", kept)


def _manifest(
    accepted: Iterable[selection.Accepted], journal: Journal
) -> Iterator[bytes]:
    for one in accepted:
        entry = journal[one.key]
        places = ("spoken", "ids", "frames", "samples", "shard", "offset")
        row = Row(
            one.id,
            one.utterance.speaker,
            one.utterance.text,
            *(entry[name] for name in places),
        )
        text = json.dumps(dataclasses.asdict(row), ensure_ascii=False)
        yield text.encode("utf-8", "replace") + b"\n"


def _promised(corpora: Sequence[Corpus]) -> list[selection.Rejected]:
    return [
        selection.Rejected(problem.id, "", problem.reason, problem.detail)
        for corpus in corpora
        for problem in corpus.problems
    ]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one build at a time; a kill releases the lock."""
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FeatureError(
                f"{folder}: another preprocessing run is writing here; wait for it"
            ) from None
        yield

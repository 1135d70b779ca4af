"""Corpora into a feature store: only what is new, in parallel, never half-written."""

import dataclasses
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import partial
from pathlib import Path

from datasets.distributed import workers as processes
from datasets.readers.corpora import Corpus, Utterance
from datasets.store import features as store
from datasets.store import lease, selection, shards
from datasets.store.extract import Block, try_block, write_block
from datasets.store.features import FeatureError, FeatureStore, Row, fingerprint
from datasets.store.journal import Journal, key_of
from datasets.store.report import Report
from hparams import Audio, Hparams
from moksori.storage import atomic_write, write_json

__all__ = ["FeatureError", "FeatureStore", "Report", "Row", "build", "fingerprint"]

_BLOCK_UTTERANCES = 256
_LEAST_BLOCK, _LEAST_BLOCKS = 16, 16
# So often a block may end its process though none of its recordings does.
_RESCUES = 3


def build(
    corpora: Sequence[Corpus],
    folder: str | Path,
    hparams: Hparams,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    scheduler: str | None = None,
) -> Report:
    """Make `folder` the feature store of exactly these corpora, and its report.

    Only what is new or changed is extracted; after a kill the next call continues.
    The work is done by processes here (`workers`, default: every core), or by those of
    the Dask cluster at the address `scheduler`; the result depends on neither.
    `progress` gets (done, all) utterances. Raises `FeatureError` while another build
    is at work here, and for a cluster that cannot do this or is lost: what is finished
    is kept. The report of a store without a single utterance has `utterances == 0`.
    """
    folder = Path(folder).absolute()
    spread = _spread(workers, scheduler)
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    with lease.held(folder) as name:
        _begin(folder, hparams)
        journal = _sound_journal(folder, hparams.audio)
        before = set(journal)
        keyed, vanished = _keyed(corpora, hparams)
        wanted = {key for _, _, key in keyed}
        new = {key: one for _, one, key in keyed if key not in journal}
        done = len(wanted) - len(new)
        if progress:
            progress(done, len(wanted))
        # Closed at once, not when it is collected: nobody works for a build that ended.
        with closing(_extracted(new, folder, name, hparams, journal, spread)) as blocks:
            for entries in blocks:
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


def _spread(workers: int | None, scheduler: str | None) -> Callable:
    """How blocks become entries: a function of blocks and what to do when one dies."""
    if scheduler:
        from datasets.distributed import cluster

        cluster.require_installed()
        return partial(cluster.in_order, scheduler)
    count = workers or len(os.sched_getaffinity(0))

    def here(blocks: Iterator[Block], rescue) -> Iterator[list[dict]]:
        first = list(itertools.islice(blocks, 2))
        blocks = itertools.chain(first, blocks)
        if count == 1 or len(first) < 2:
            return map(write_block, blocks)
        return processes.in_order(write_block, blocks, count, rescue)

    return here


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


def _extracted(
    new: dict[str, Utterance],
    folder: Path,
    name: str,
    hparams: Hparams,
    journal: Journal,
    spread: Callable,
) -> Iterator[list[dict]]:
    """Extract block by block; yields the journal entries of each when it is durable.

    Which utterances share a shard, and its number, follow from the journal and what is
    new, never from who does the work.
    """
    size = max(len(new) // _LEAST_BLOCKS, _LEAST_BLOCK)
    size = min(size, _BLOCK_UTTERANCES)
    items = iter(new.items())

    def blocks() -> Iterator[Block]:
        for number in itertools.count(max(journal.shards(), default=-1) + 1):
            piece = tuple(itertools.islice(items, size))
            if not piece:
                return
            yield Block(number, piece, folder, name, hparams.audio, hparams.text)

    yield from spread(blocks(), _rescue)


def _rescue(block: Block) -> list[dict]:
    """Extract a block during which a process died, without what ends processes."""
    deadly: dict[str, dict] = {}
    for _ in range(_RESCUES):
        alive = [pair for pair in block.utterances if pair[0] not in deadly]
        rest = dataclasses.replace(block, utterances=tuple(alive))
        try:
            entries = processes.alone(write_block, rest)
        except BrokenProcessPool:
            deadly |= {key: _deadly(key, one) for key, one in _find_deadly(rest)}
            continue
        found = deadly | {entry["key"]: entry for entry in entries}
        return [found[key] for key, _ in block.utterances]
    raise FeatureError(
        f"{block.folder}: processes keep ending, though no single recording ends one; "
        "is there memory enough? The same command continues"
    )


def _find_deadly(block: Block) -> list[tuple[str, Utterance]]:
    """The utterances of a block, known to end its process, that do so alone."""
    if len(block.utterances) == 1:
        return list(block.utterances)
    middle = len(block.utterances) // 2
    deadly = []
    for half in block.utterances[:middle], block.utterances[middle:]:
        part = dataclasses.replace(block, utterances=half)
        try:
            processes.alone(try_block, part)
        except BrokenProcessPool:
            deadly += _find_deadly(part)
    return deadly


def _deadly(key: str, one: Utterance) -> dict:
    detail = f"{one.path}: reading it ended the process"
    return {"key": key, "reason": "unreadable", "detail": detail}


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
    write_json(path, settings)


def _sound_journal(folder: Path, audio: Audio) -> Journal:
    """The journal without entries whose arrays are not all there."""
    journal = Journal(folder / "journal.jsonl")
    held = {
        number: shards.shard_frames(folder / "shards", number, audio)
        for number in journal.shards()
    }
    lost = []
    for key in journal:
        shard, end = journal.place(key) or (None, 0)
        if shard is not None and end > held[shard]:
            lost.append(key)
    journal.forget(lost)
    shards.remove_shards(folder / "shards", set(held))
    return journal


def _finish(
    folder: Path,
    accepted: Iterable[selection.Accepted],
    journal: Journal,
    wanted: set[str],
) -> None:
    """Write the manifest; only then forget, and delete, what no row needs."""
    with atomic_write(folder / "manifest.jsonl") as file:
        file.writelines(_manifest(accepted, journal))
    journal.forget([key for key in journal if key not in wanted])
    journal.compact()
    shards.remove_shards(folder / "shards", journal.shards())


def _manifest(
    accepted: Iterable[selection.Accepted], journal: Journal
) -> Iterator[bytes]:
    names = [field.name for field in dataclasses.fields(Row)]
    for one in accepted:
        entry = journal[one.key]
        places = ("spoken", "ids", "frames", "samples", "shard", "offset")
        row = Row(
            one.id,
            one.utterance.speaker,
            one.utterance.text,
            *(entry[name] for name in places),
        )
        # Not dataclasses.asdict, which copies whatever it meets, deeply.
        values = {name: getattr(row, name) for name in names}
        text = json.dumps(values, ensure_ascii=False)
        yield text.encode("utf-8", "replace") + b"\n"


def _promised(corpora: Sequence[Corpus]) -> list[selection.Rejected]:
    return [
        selection.Rejected(problem.id, "", problem.reason, problem.detail)
        for corpus in corpora
        for problem in corpus.problems
    ]

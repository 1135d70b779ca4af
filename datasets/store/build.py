"""Build a feature store from corpora: only what is new, in parallel, atomically."""

import dataclasses
import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from datasets.distributed import processes
from datasets.distributed.crashes import retry_without_crashers
from datasets.readers.corpus import Corpus, Utterance
from datasets.rejections import Reason, Rejected
from datasets.store import features as store
from datasets.store import selection, shards
from datasets.store.build_lock import build_lock
from datasets.store.extract import Block, write_block
from datasets.store.features import FeatureError, FeatureStore, Row, fingerprint
from datasets.store.journal import Journal, key_of
from datasets.store.report import Report
from hparams import Audio, Hparams
from moksori.storage import atomic_write, write_json

__all__ = ["FeatureError", "FeatureStore", "Report", "Row", "build", "fingerprint"]

_BLOCK_UTTERANCES = 256
_LEAST_BLOCK, _LEAST_BLOCKS = 16, 16


def build(
    corpora: Sequence[Corpus],
    folder: str | Path,
    hparams: Hparams,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    scheduler: str | None = None,
    keep_unreadable: bool = False,
) -> Report:
    """Make `folder` the feature store of exactly these corpora, and its report.

    Only what is new or changed is extracted; after a kill the next call continues.
    The work is done by processes here (`workers`, default: every core), or by those of
    the Dask cluster at the address `scheduler`; the result depends on neither.
    `keep_unreadable` keeps utterances whose text has letters that cannot be read.
    `progress` gets (done, all) utterances. Raises `FeatureError` while another build
    is at work here, and for a cluster that cannot do this or is lost: what is finished
    is kept. The report of a store without a single utterance has `utterances == 0`.
    """
    folder = Path(folder).absolute()
    run_blocks = _runner(workers, scheduler)
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    with build_lock(folder) as name:
        same_settings = _begin(folder, hparams)
        journal = _sound_journal(folder, hparams.audio)
        before = set(journal)
        keyed, vanished = _keyed(corpora, hparams)
        wanted = {key for _, _, key in keyed}
        new = {key: one for _, one, key in keyed if key not in journal}
        done = len(wanted) - len(new)
        if progress:
            progress(done, len(wanted))
        blocks = _blocks(new, folder, name, hparams, journal)
        # Closed at once, not when it is collected: no worker goes on after the end.
        with closing(run_blocks(blocks)) as results:
            for entries in results:
                journal.append(entries)
                done += len(entries)
                if progress:
                    progress(done, len(wanted))
        accepted, rejected = selection.select(keyed, journal, keep_unreadable)
        problems = [one for corpus in corpora for one in corpus.problems]
        rejected = problems + vanished + rejected
        _finish(folder, accepted, journal, wanted)
        report = Report.of(
            accepted,
            rejected,
            extracted=len(new),
            dropped=len(before - wanted) if same_settings else 0,
            fingerprint=fingerprint(hparams.audio, hparams.text),
            notes=[note for corpus in corpora for note in corpus.notes],
        )
        report.save(folder)
    return report


def _runner(workers: int | None, scheduler: str | None) -> Callable:
    """Return a function that yields the journal entries of each block, in order."""
    if scheduler:
        from datasets.distributed import cluster

        cluster.require_installed()
        return partial(cluster.in_order, scheduler, retry=retry_without_crashers)
    count = workers or len(os.sched_getaffinity(0))

    def run_here(blocks: Iterator[Block]) -> Iterator[list[dict]]:
        first = list(itertools.islice(blocks, 2))
        blocks = itertools.chain(first, blocks)
        if count == 1 or len(first) < 2:
            yield from map(write_block, blocks)
        else:
            retry = retry_without_crashers
            yield from processes.in_order(write_block, blocks, count, retry)

    return run_here


def _keyed(corpora: Sequence[Corpus], hparams: Hparams):
    """Return [(corpus, utterance, key)] and rejections of files that vanished."""
    settings = fingerprint(hparams.audio, hparams.text)
    settings += " linear" if hparams.audio.linear else ""
    keyed, vanished = [], []
    for corpus in corpora:
        for one in corpus.utterances:
            try:
                keyed.append((corpus, one, key_of(corpus, one, settings)))
            except OSError as error:
                detail = f"{one.path}: {error.strerror}"
                vanished.append(Rejected(one.id, one.speaker, Reason.MISSING, detail))
    return keyed, vanished


def _blocks(
    new: dict[str, Utterance],
    folder: Path,
    name: str,
    hparams: Hparams,
    journal: Journal,
) -> Iterator[Block]:
    """Divide what is new into blocks, one for each shard.

    Which utterances share a shard, and its number, follow from the journal and what is
    new, never from who does the work.
    """
    size = max(len(new) // _LEAST_BLOCKS, _LEAST_BLOCK)
    size = min(size, _BLOCK_UTTERANCES)
    items = iter(new.items())
    for number in itertools.count(max(journal.shards(), default=-1) + 1):
        piece = tuple(itertools.islice(items, size))
        if not piece:
            return
        yield Block(number, piece, folder, name, hparams.audio, hparams.text)


def _begin(folder: Path, hparams: Hparams) -> bool:
    """Write the settings; features of other settings are no longer a store.

    Returns whether what is there was made with the same ones.
    """
    settings = store.describe(hparams.audio, hparams.text)
    path, same = folder / "settings.json", True
    if path.is_file():
        try:
            old = store.read_settings(folder)
            same = old.get("fingerprint") == settings["fingerprint"]
            same = same and old["audio"].linear == hparams.audio.linear
        except FeatureError:
            same = False
        if not same:
            (folder / "manifest.jsonl").unlink(missing_ok=True)
    write_json(path, settings)
    return same


def _sound_journal(folder: Path, audio: Audio) -> Journal:
    """Open the journal without the entries whose arrays are not all there."""
    journal = Journal(folder / "journal.jsonl", audio)
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

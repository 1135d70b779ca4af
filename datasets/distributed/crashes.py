"""Find the recordings that end the process which reads them, and go on without them."""

import dataclasses
from concurrent.futures.process import BrokenProcessPool

from datasets.distributed import processes
from datasets.rejections import Reason
from datasets.store.extract import Block, try_block, write_block
from datasets.store.features import FeatureError

# So often a block may end its process though none of its recordings does.
_ATTEMPTS = 3


def retry_without_crashers(block: Block) -> list[dict]:
    """Extract a block during which a process died, without what ends processes.

    Returns the journal entries of the block. Raises `FeatureError` where processes
    keep dying though no single recording ends one.
    """
    crashers: dict[str, dict] = {}
    for _ in range(_ATTEMPTS):
        alive = [pair for pair in block.utterances if pair[0] not in crashers]
        rest = dataclasses.replace(block, utterances=tuple(alive))
        try:
            entries = processes.run_alone(write_block, rest)
        except BrokenProcessPool:
            crashers |= bisect_crashers(rest)
            continue
        found = crashers | {entry["key"]: entry for entry in entries}
        return [found[key] for key, _ in block.utterances]
    raise FeatureError(
        f"{block.folder}: processes keep ending, though no single recording ends one; "
        "is there memory enough? The same command continues"
    )


def bisect_crashers(block: Block) -> dict[str, dict]:
    """Find the utterances of a block, known to end its process, that do so alone.

    Returns their journal entries by key.
    """
    if len(block.utterances) == 1:
        ((key, one),) = block.utterances
        detail = f"{one.path}: reading it ended the process"
        return {key: {"key": key, "reason": Reason.UNREADABLE, "detail": detail}}
    middle = len(block.utterances) // 2
    crashers = {}
    for half in block.utterances[:middle], block.utterances[middle:]:
        part = dataclasses.replace(block, utterances=half)
        try:
            processes.run_alone(try_block, part)
        except BrokenProcessPool:
            crashers |= bisect_crashers(part)
    return crashers

"""Draw a progress bar for each stage of a comparison, on a terminal only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a `progress(stage, done, total)` that draws a bar for each stage."""
    bar, shown = None, None

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal bar, shown
        if stage != shown:
            if bar is not None:
                bar.close()
            bar = tqdm(desc=stage, total=total, unit="line", disable=None)
            shown = stage
        bar.update(done - bar.n)

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()

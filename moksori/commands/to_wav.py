"""Convert recordings and videos to mono wavs of 16 kHz and 16 bits.

Folders are searched, and stay folders below --out. Exit code 1 says that some files
were not converted (see standard error), 2 that none was tried.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from moksori.storage import output_folder


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    inputs = {"type": Path, "nargs": "+", "metavar": "FILE"}
    parser.add_argument("inputs", **inputs, help="recordings, videos, or folders")
    out = "folder for the wavs (beside each file)"
    parser.add_argument("--out", type=output_folder, metavar="DIR", help=out)
    rate = {"type": int, "default": 16000, "metavar": "HERTZ"}
    parser.add_argument("--rate", **rate, help="of the wavs (16000)")
    track = "which sound track, from 0; where there are several, they are listed"
    parser.add_argument("--track", type=int, metavar="N", help=track)
    over = "replace wavs that are there"
    parser.add_argument("--overwrite", action="store_true", help=over)
    return parser


def jobs(inputs: list[Path], out: Path | None) -> Iterator[tuple[Path, Path]]:
    """Yield (recording, wav) for every input, and for what folders hold."""
    from moksori.audio.files import SUFFIXES

    for given in inputs:
        found = [given]
        if given.is_dir():
            # Beside themselves wavs are there already.
            kinds = set(SUFFIXES) - (set() if out else {".wav"})
            found = sorted(p for p in given.rglob("*") if p.suffix.lower() in kinds)
        root = given if given.is_dir() else given.parent
        for path in found:
            below = out / path.parent.relative_to(root) if out else path.parent
            yield path, below / f"{path.stem}.wav"


def convert(source: Path, target: Path, arguments: argparse.Namespace) -> None:
    """Convert one file, with a bar of the seconds done; raises `AudioError`."""
    from tqdm import tqdm

    from moksori.audio.conversion import convert, tracks
    from moksori.audio.files import AudioError

    if target.exists() and (target.samefile(source) or not arguments.overwrite):
        raise AudioError(f"{target} is there; give --out DIR, or --overwrite")
    track = arguments.track
    if track is None:
        found = tracks(source)
        if len(found) > 1:
            listed = "".join(f"\n  {each}" for each in found)
            print(f"{source} has several; 0 is taken:{listed}", file=sys.stderr)
        track = 0
    form = {"bar_format": "{l_bar}{bar}| {n:.0f}/{total_fmt} s", "leave": False}
    with tqdm(desc=source.name, disable=None, **form) as bar:

        def show(done: float, length: float | None) -> None:
            bar.total = length
            bar.update(done - bar.n)

        seconds = convert(source, target, arguments.rate, track, show)
    print(f"{target}: {seconds:.2f} s")


def main(argv: list[str] | None = None) -> int:
    flags = parser()
    arguments = flags.parse_args(argv)
    if not 4000 <= arguments.rate <= 192_000:
        flags.error("--rate is in hertz, from 4000 to 192000")
    from moksori.audio.files import AudioError

    work = list(jobs(arguments.inputs, arguments.out))
    if not work:
        flags.error("the folder holds no recording")
    failed, written = 0, set()
    for source, target in work:
        try:
            if target in written:
                raise AudioError(f"{source}: {target} is another file's already")
            convert(source, target, arguments)
            written.add(target)
        except AudioError as error:
            failed += 1
            print(f"to_wav: {error}", file=sys.stderr)
    return int(failed > 0)

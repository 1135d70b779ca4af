"""Cover a song: take the singer out, and sing it in another voice.

Writes the cover and, with --stems, what it is made of. A song that is separated already
is given as --vocals and --backing. --demo makes song and voice too, and a page to hear
and see it all. Exit code 2 says why there is no cover.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from moksori.commands import covering
from moksori.storage import output_file, output_folder

if TYPE_CHECKING:
    from moksori.covers.stems import Stems

_DEMO_EPOCHS = 30


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    file = {"type": Path, "metavar": "FILE"}
    made.add_argument("song", nargs="?", **file, help="any format, also a video")
    made.add_argument("--vocals", **file, help="its singing alone, instead of a song")
    made.add_argument("--backing", **file, help="and all else of it")
    covering.add_flags(made, voice_needed=False)
    made.add_argument("--room", type=covering.share, default=0.3, help="echo (0.3)")
    cover = "the cover, a wav (cover.wav); of the demo, its folder (logs/cover-demo)"
    made.add_argument("--out", type=output_file, metavar="PATH", help=cover)
    parts = "folder for vocals.wav, voice.wav and backing.wav"
    made.add_argument("--stems", type=output_folder, metavar="DIR", help=parts)
    shown = "cover a made song by a made voice, in two minutes or so"
    made.add_argument("--demo", action="store_true", help=shown)
    return made


def cover(arguments: argparse.Namespace) -> None:
    """Make the cover, and write it."""
    from moksori.audio.files import save
    from moksori.covers.conversion import load
    from moksori.covers.cover import How, cover
    from moksori.covers.stems import RATE

    model = load(arguments.voice)
    how = How(arguments.pitch, arguments.index_rate, arguments.protect, arguments.room)
    made = cover(_stems(arguments), model, how, covering.progress)
    out = arguments.out or Path("cover.wav")
    covering.save_marked(out, (made.voice, made.backing), RATE, model)
    if arguments.stems:
        save(arguments.stems / "vocals.wav", made.vocals, RATE)
        save(arguments.stems / "backing.wav", made.backing, RATE)
        covering.save_marked(arguments.stems / "voice.wav", (made.voice,), RATE, model)
    print(out)


def demo(folder: Path | None) -> None:
    """Make a song, a voice and the cover, and a page of them."""
    import time

    from moksori.commands.vocals import tell_epoch
    from moksori.comparison.page import cover as page
    from moksori.demo import cover

    folder, begun = folder or Path("logs/cover-demo"), time.monotonic()
    made = cover.run(folder, _DEMO_EPOCHS, tell_epoch, covering.progress)
    for name, text in made.figures:
        print(f"{name}: {text}")
    print(page.write(folder, made, time.monotonic() - begun))


def _stems(arguments: argparse.Namespace) -> "Stems":
    """Return the stems of the song; the song itself is not kept in memory."""
    from moksori.audio.files import decode_channels
    from moksori.covers.cover import separate, stems_of

    if arguments.song:
        return separate(*decode_channels(arguments.song), covering.progress)
    parts = (arguments.vocals, arguments.backing)
    return stems_of(*(each for path in parts for each in decode_channels(path)))


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    flags = parser()
    arguments = flags.parse_args(argv)
    parts = [each is not None for each in (arguments.vocals, arguments.backing)]
    if arguments.demo:
        return covering.run("cover", lambda: demo(arguments.out))
    if arguments.voice is None:
        flags.error("name the --voice to sing in")
    if any(parts) == bool(arguments.song) or any(parts) != all(parts):
        flags.error("name a song, or its --vocals and its --backing")
    return covering.run("cover", lambda: cover(arguments))

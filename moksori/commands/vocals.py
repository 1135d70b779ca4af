"""Train, list, carry and forget vocal models."""

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from moksori.commands import covering

if TYPE_CHECKING:
    from moksori.covers.training import Epoch


def train(arguments: argparse.Namespace) -> None:
    """Train a model, with a line for each epoch."""
    from moksori.audio.files import decode
    from moksori.covers.training import ADVISED_SECONDS, train
    from moksori.covers.voice import SAMPLE, read_about
    from moksori.voices import consent

    statement = consent.check(arguments.consent)
    name = arguments.name or arguments.voice.name
    names = "epochs", "seed", "decoder", "resume"
    how = {name: getattr(arguments, name) for name in names}
    how["report"] = tell_epoch
    try:
        model = train(arguments.clips, arguments.voice, name, statement, **how)
        wave, rate = decode(arguments.voice / SAMPLE)
        covering.save_marked(arguments.voice / SAMPLE, (wave,), rate, model)
    except KeyboardInterrupt:
        print("stopped; the model is as good as its best epoch", file=sys.stderr)
    describe(arguments.voice)

    if (seconds := read_about(arguments.voice).seconds) < ADVISED_SECONDS:
        told = f"{seconds:.0f} s of voice: {ADVISED_SECONDS:g} s and more sound better"
        print(told, file=sys.stderr)


def tell_epoch(epoch: "Epoch") -> None:
    """Print a line for an epoch."""
    best = ", best so far" if epoch.best else ""
    print(
        f"epoch {epoch.number}/{epoch.epochs}: loss {epoch.loss:.3f}, distance "
        f"{epoch.distance:.2f} dB{best}, {epoch.seconds_left:.0f} s left",
        flush=True,
    )


def describe(folder: Path) -> None:
    """Print what a model is."""
    from moksori.covers.voice import RVC_KIND, read_about

    about = read_about(folder)
    far = "index alone" if about.distance is None else f"{about.distance:.2f} dB"
    told = f"{about.seconds:.0f} s, {about.hertz:.0f} Hz, {about.epochs} epochs, {far}"
    if about.kind == RVC_KIND:
        version, frames = (about.settings.get(key) for key in ("version", "frames"))
        told = f"RVC {version}, {about.sample_rate} Hz, {frames} frames of index"
    print(f"{folder}  {about.name}: {told}; {about.consent}")


def show(arguments: argparse.Namespace) -> None:
    """List models."""
    from moksori.covers.voice import DESCRIPTION

    for path in sorted(arguments.folder.glob(f"*/{DESCRIPTION}")):
        describe(path.parent)


def pack(arguments: argparse.Namespace) -> None:
    """Write a model into a zip."""
    from moksori.covers.packing import pack

    pack(arguments.voice, arguments.zip)
    print(arguments.zip)


def take(arguments: argparse.Namespace) -> None:
    """Read a model from a zip."""
    from moksori.covers.packing import unpack
    from moksori.voices import consent

    said = consent.check(arguments.consent) if arguments.consent else ""
    unpack(arguments.zip, arguments.voice, said)
    describe(arguments.voice)


def forget(arguments: argparse.Namespace) -> None:
    """Delete a model."""
    from moksori.covers.voice import read_about

    name = read_about(arguments.voice).name
    shutil.rmtree(arguments.voice)
    print(f"{name}: forgotten")

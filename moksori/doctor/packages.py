"""Installed packages against the versions in a lock file, and weights they bring."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

from moksori.doctor.findings import OK, WARNING, Finding, judge, pluralize

# The first of those that fit equally well counts.
LOCKS = ("dev", "cpu", "gpu")


def check_packages(folder: Path) -> Finding:
    """Compare what is installed with the lock file in a folder that fits it best."""
    locks = [path for name in LOCKS if (path := folder / f"{name}.lock").is_file()]
    if not locks:
        advice = "run from the checkout or the image, or leave versions unchecked"
        return Finding("packages", WARNING, f"no lock file in {folder}", advice)
    drifts = {lock: compare(lock.read_text("utf-8")) for lock in locks}
    lock = min(drifts, key=lambda lock: len(drifts[lock]))
    drift, some = drifts[lock], "; ".join(drifts[lock][:4])
    more = f", but {pluralize(len(drift), 'package')}: {some}"
    advice = "make venv installs them; in a container, build the image again"
    text, problem = f"as pinned in {lock.name}", (drift, WARNING, more, advice)
    return judge("packages", text, problem, lock=lock.name, drift=drift)


def check_speakers() -> Finding:
    """Load what `make speakers` adds, whose weights are known by their hashes."""
    from moksori.speakers.encoder import EncoderMissing, SpeakerEncoder
    from moksori.speakers.speech import SpeechDetector

    if not installed_version("onnxruntime"):
        return Finding("speakers", OK, "not installed; make speakers adds them")
    try:
        SpeechDetector()
        return Finding("speakers", OK, f"recognised by {SpeakerEncoder().id}")
    except EncoderMissing as error:
        advice = "make clean, then make speakers; in a container, build the image again"
        return Finding("speakers", WARNING, str(error), advice)


def compare(lock: str) -> list[str]:
    """Return a line for each package of a lock file that is missing or different."""
    lines = (line for line in lock.splitlines() if line[:1].isalnum())
    pins = (Requirement(line.rstrip(" \\")) for line in lines)
    return [
        f"{pin.name} is {there or 'missing'}, not {pin.specifier}"
        for pin in pins
        if (pin.marker is None or pin.marker.evaluate())
        and (there := installed_version(pin.name)) not in pin.specifier
    ]


def installed_version(name: str) -> str:
    """Return the installed version of a package; empty where there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""

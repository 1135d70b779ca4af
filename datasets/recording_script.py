"""Sentences to record for a voice of one's own: phonetically balanced Korean.

`recording_script.txt` holds one a line, ordered so that every beginning of the list
covers as many pairs of neighbouring sounds, and as many sound changes, as it can: who
records only the first fifty still meets nearly all that is frequent.
"""

from pathlib import Path

from moksori.storage import write_text

_TABLE = Path(__file__).with_suffix(".txt")


def recording_script(count: int | None = None) -> list[str]:
    """Return the first `count` sentences, or all.

    Raises `ValueError` for less than one, or more than there are.
    """
    lines = _TABLE.read_text("utf-8").splitlines()
    if count is None:
        return lines
    if not 1 <= count <= len(lines):
        raise ValueError(f"the script has 1 to {len(lines)} sentences, not {count}")
    return lines[:count]


def numbered(lines: list[str]) -> dict[str, str]:
    """Return name -> sentence: a recording `001.wav` belongs to the first."""
    return {f"{number:03d}": line for number, line in enumerate(lines, start=1)}


def write_texts(folder: str | Path, lines: list[str]) -> list[Path]:
    """Write `001.txt`, `002.txt` … into a folder, where the recordings will lie.

    Texts that are there already stay. Raises `ValueError`, before anything is written,
    where one of them has another text, and `OSError`.
    """
    folder, written = Path(folder), []
    texts = {folder / f"{name}.txt": line for name, line in numbered(lines).items()}
    there = {path: path.read_text("utf-8").strip() for path in texts if path.exists()}
    for path, text in there.items():
        if text != texts[path]:
            raise ValueError(
                f"{path} has another text already: name an empty folder, or move it"
            )
    folder.mkdir(parents=True, exist_ok=True)
    for path, line in texts.items():
        if path not in there:
            write_text(path, line + "\n")
            written.append(path)
    return written

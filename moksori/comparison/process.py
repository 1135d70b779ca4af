"""Run a command that synthesizes lines, and measure its process."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from moksori.storage import write_json

_NOTE = "performed.json"
_LOOK_SECONDS = 0.2
_WHOLE_FILE = 1 << 20


@dataclass(frozen=True)
class ProcessResult:
    """Report a process: exit `code`, `seconds` it took, and peak memory in `megabytes`
    (0 where the kernel does not say); `complaint` is the last line it wrote when it
    failed, or what ended it. It `spoke` when the manifest has a row for every line,
    those that failed included.
    """

    code: int
    seconds: float
    megabytes: float
    complaint: str = ""
    spoke: bool = True


def run_measured(
    command: Sequence[object],
    folder: Path,
    lines: int,
    sources: Iterable[Path] = (),
    progress: Callable[[int], object] = lambda lines: None,
) -> ProcessResult:
    """Run a command that speaks so many `lines` into `folder`; `progress(done)` counts.

    What was spoken before is reused if the command and the files of `sources` are the
    same and it had finished. Its output is kept in `folder/log.txt`. Exit codes
    0 and 1 mean that it went there; but 1 is also that of a program that broke down,
    so the manifest must have a row for each line.
    """
    command = [str(part) for part in command]
    made_of = fingerprint(command, sources)
    note = folder / _NOTE
    manifest = folder / "manifest.jsonl"
    if note.exists():
        known = json.loads(note.read_text("utf-8"))
        if known.pop("made_of") == made_of and manifest.exists():
            return ProcessResult(**known)
        note.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    manifest.unlink(missing_ok=True)
    begun, said = time.monotonic(), folder / "log.txt"
    with open(said, "wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        code, megabytes = _watched(process, lambda: progress(_lines(manifest)))
    seconds = round(time.monotonic() - begun, 2)
    spoke = code in (0, 1) and _lines(manifest) == lines
    complaint = "" if code == 0 and spoke else _complaint(code, said)
    result = ProcessResult(code, seconds, round(megabytes, 1), complaint, spoke)
    if spoke:
        write_json(note, {"made_of": made_of, **asdict(result)})
    return result


def fingerprint(command: Sequence[str], sources: Iterable[Path]) -> str:
    """Hash a command and the files it reads: small files by their content, large ones
    by size and time, folders by their files."""
    known = blake2b(digest_size=16)
    for part in command:
        known.update(part.encode() + b"\0")
    for path in _files(sources):
        about = path.stat()
        known.update(f"{path}\0{about.st_size}\0".encode())
        large = about.st_size > _WHOLE_FILE
        known.update(str(about.st_mtime_ns).encode() if large else path.read_bytes())
    return known.hexdigest()


def _files(sources: Iterable[Path]):
    for source in map(Path, sources):
        if source.is_dir():
            yield from sorted(path for path in source.iterdir() if path.is_file())
        elif source.exists():
            yield source


def _watched(process: subprocess.Popen, look: Callable) -> tuple[int, float]:
    """Wait for a child; return `(exit code, peak megabytes)` of it alone."""
    megabytes = 0.0
    # Raise KeyboardInterrupt on SIGTERM, or the child would outlive this process.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while process.poll() is None:
            megabytes = max(megabytes, _peak(process.pid))
            look()
            time.sleep(_LOOK_SECONDS)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
    look()
    return process.returncode, megabytes


def _peak(process: int) -> float:
    """Return the peak memory of a process in megabytes; 0 where /proc has none.

    (`wait4` would count the memory of this process, shared before the exec.)
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(peak[1]) * 1024 / 1e6 if peak else 0.0


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _complaint(code: int, path: Path) -> str:
    """Return why a process failed: its signal, or the last line of its output."""
    if code == -signal.SIGKILL:
        return "it was killed, as happens when memory is short"
    if code < 0:
        return f"it was ended by signal {-code} ({signal.strsignal(-code)})"
    lines = path.read_text("utf-8", errors="replace").strip().splitlines()
    return lines[-1].rpartition("\r")[2].strip() if lines else "it said nothing"

"""Train a voice from the page: recordings and texts in, live losses, a voice.

The training is the command `moksori train`, in a process of its own, which saves what
it has when it is asked to stop. So a stopped voice speaks, and one whose worker ended
goes on where it was.
"""

import base64
import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Empty, Queue

from moksori.audio.files import save
from moksori.service import profiles, revoking, samples, uploads
from moksori.service.context import JobContext
from moksori.service.errors import Cancelled, JobError
from moksori.service.problems import Problem
from moksori.service.storage import Missing
from moksori.service.tables import Consent, Profile

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
PROGRAM = (sys.executable, "-m", "moksori", "train")
_RATE = 24_000
_PREVIEW_STEPS = 500
_POLL_SECONDS = 0.5
# What it takes to finish a step and save.
_PATIENCE_SECONDS = 120.0
_STAGE = re.compile(r"== (\w+)")
_STEP = re.compile(r"step (\d+)/(\d+)\s+loss (\d+\.?\d*)")
# Where a stage begins and ends on the way, of which training is the most.
_STAGES = {"features": (0.05, 0.1), "training": (0.1, 0.9), "comparison": (0.9, 1.0)}


def train(context: JobContext, program: Sequence[str] = PROGRAM) -> dict:
    """Train the profile of a job; when it is cancelled, its voice is kept as it is.

    Losses and alignments are streamed as JSON: {"step", "steps", "loss"} and
    {"step", "picture"}, a data URL. Raises `JobError` where no voice came of it.
    """
    profile, consent = context.voice()
    run, folder = revoking.training_folders(context.settings, profile.id)
    nothing = JobError("training_failed-nothing")
    context.continue_stream()
    try:
        _lay_out(context, profile, folder / "recordings")
        command = _command(context, program, run, folder, consent)
        said = _trained(context, command, run)
    except Cancelled:
        _keep(context, profile, run, nothing)
        raise
    except Missing:
        context.check_cancelled()
        raise JobError("recordings_gone") from None
    except Problem as problem:
        said = problem.korean
    except OSError as error:
        said = JobError("training_failed-disk", error=error.strerror).korean
    # The machine's folders are nobody's business.
    said = said.replace(f"{folder.absolute()}/", "")
    failed = JobError("training_failed", said=said) if said else nothing
    if not _keep(context, profile, run, failed):
        raise failed
    if picture := _newest_alignment(run):
        context.write("alignment.png", picture.read_bytes())
    return {"profile_id": profile.id, "note": said}


def _lay_out(context: JobContext, profile: Profile, folder: Path) -> None:
    """Write what was uploaded as wavs of our own and texts, ready to be read.

    Recordings are decoded as any upload is: what reads them later sees nothing else.
    """
    partial = folder.with_name("recordings.partial")
    if folder.exists():
        return
    partial.mkdir(parents=True, exist_ok=True)
    renamed, seconds = {}, 0.0
    for n, sample in enumerate(profile.samples):
        name = sample["name"]
        context.progress("reading", 0.05 * n / len(profile.samples))
        if not samples.is_text(name):
            data = context.storage.get(sample["key"])
            recording = uploads.decoded(data, _RATE)
            wav = f"{Path(name).stem}.wav"
            save(partial / wav, recording.wave, recording.sample_rate)
            renamed[sample["called"]] = wav
            seconds += recording.seconds
    for sample in profile.samples:
        if samples.is_text(name := sample["name"]):
            text = context.storage.get(sample["key"])
            # A table names recordings as they were called.
            for old, new in renamed.items() if name.endswith(".tsv") else ():
                text = text.replace(old.encode(), new.encode())
            (partial / name).write_bytes(text)
    partial.rename(folder)
    with context.database.session() as session:
        row = session.get_one(Profile, profile.id)
        row.total_duration_seconds = seconds


def _command(context, program, run: Path, folder: Path, consent: Consent) -> list[str]:
    """Return the command; no word of it is a user's."""
    signed = (
        f"consent {consent.id} of {consent.signed_at:%Y-%m-%d}, kept by the service"
    )
    words = [*program, str((folder / "recordings").absolute())]
    words += ["--run", str(run.absolute()), "--data", str(folder.absolute())]
    words += ["--consent", signed]
    words += ["--set", f"tacotron_training.preview_every={_PREVIEW_STEPS}"]
    if minutes := context.request.get("minutes"):
        words += ["--minutes", f"{float(minutes):g}"]
    return words


def _trained(context: JobContext, command: list[str], run: Path) -> str:
    """Run the command to its end, and pass on what it shows; returns the last line of
    one that failed, or an empty text."""
    last, shown, stage = "-", None, "features"
    with running(command) as process:
        for line in lines_of(process):
            context.check_cancelled()
            last = line or last
            if (found := _STAGE.match(line)) and found[1] in _STAGES:
                stage = found[1]
                context.progress(stage, _STAGES[stage][0])
            if found := _STEP.search(line):
                step, steps = int(found[1]), int(found[2])
                begin, end = _STAGES[stage]
                share = min(step / max(steps, 1), 1.0)
                context.progress(stage, begin + (end - begin) * share)
                _stream(context, step=step, steps=steps, loss=float(found[3]))
            newest = _newest_alignment(run)
            if newest and newest != shown:
                shown = newest
                picture = base64.b64encode(newest.read_bytes()).decode()
                url = f"data:image/png;base64,{picture}"
                _stream(context, step=_step_of(newest), picture=url)
        return last if process.wait() else ""


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen]:
    """Run a program without our secrets; at the end of the block it is asked to save
    what it has, and waited for. It does not outlive this process."""
    own = ("MOKSORI_", "DATABASE_", "STORAGE_", "REDIS_", "AWS_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(own)}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        errors="replace",
        preexec_fn=_die_with_parent,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait()
        process.stdout.close()


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def lines_of(process: subprocess.Popen) -> Iterator[str]:
    """Yield the lines of a program, and empty ones while it says nothing."""
    said: Queue[str | None] = Queue()

    def read():
        # It may be closed while it is read, when the program did not end.
        with contextlib.suppress(ValueError):
            for line in process.stdout:
                said.put(line.strip())
        said.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = said.get(timeout=_POLL_SECONDS)
        except Empty:
            line = ""
        if line is None:
            return
        yield line


def _stream(context: JobContext, **told) -> None:
    context.stream(json.dumps(told).encode())


def _newest_alignment(run: Path) -> Path | None:
    found = sorted(run.glob("previews/step-*/0_alignment_free.png"))
    return found[-1] if found else None


def _step_of(picture: Path) -> int:
    return int(picture.parent.name.removeprefix("step-"))


def _keep(context: JobContext, profile: Profile, run: Path, failed: JobError) -> bool:
    """Offer the voice if anything was saved of it, else let it fail; returns which."""
    trained = any(run.glob("checkpoints/*.safetensors"))
    status = profiles.READY if trained else profiles.FAILED
    about = {"latents_key": run.name} if trained else {"error": failed.korean}
    with context.database.session() as session:
        profiles.finish(session, profile.id, status, **about)
    return trained

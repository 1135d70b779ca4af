"""Run commands one after the other, as the stages of a longer one."""

import signal
import subprocess
import sys
from collections.abc import Callable


def run_stage(name: str, *command: object) -> None:
    """Run a command as a person would, in a process of its own.

    A signal that asks to stop is left to the command, which saves what it has. Raises
    `CalledProcessError` when it fails.
    """
    words = [str(part) for part in command]
    print(f"\n== {name}\n$ moksori {' '.join(words)}", flush=True)
    with subprocess.Popen([sys.executable, "-m", "moksori", *words]) as stage:
        # Ctrl-C reaches both processes; `kill` only this one.
        handlers = {
            signal.SIGINT: lambda *_: None,
            signal.SIGTERM: lambda *_: stage.terminate(),
        }
        before = {number: signal.signal(number, h) for number, h in handlers.items()}
        try:
            code = stage.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if code:
        raise subprocess.CalledProcessError(code, words)


def run_stages(program: str, work: Callable[[], None]) -> int:
    """Run the work of a program; return the exit code of the stage that fails, 128 and
    the signal's number for one that is killed, 2 for a mistake, which is printed as one
    line, or 0."""
    try:
        work()
    except subprocess.CalledProcessError as failed:
        code = failed.returncode
        return code if code >= 0 else 128 - code
    except (ValueError, RuntimeError, OSError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    return 0

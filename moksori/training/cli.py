"""Run commands and return their exit codes: what the user can mend is one line."""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable

from moksori.backend.cluster import ClusterSpec
from moksori.backend.errors import PeerLost
from moksori.training.loop import Diverged, Outcome
from moksori.training.runs import RunError

# "Try again later", from the sysexits of BSD.
_AGAIN = 75
_PR_SET_PDEATHSIG = 1


def run_main(
    program: str, work: Callable[[], int | None], user_errors: tuple[type, ...] = ()
) -> int:
    """Run the work of a program and return its exit code: its own, or 0 for None.

    It is 2 when one of the `user_errors`, a `RunError` or an `OSError` is raised, 1
    when a training diverged, 75 when another host has gone, each printed as one line
    under the program's name; 130 after Ctrl-C and 0 when the reader of the output has
    gone. Other errors pass.
    """
    try:
        return work() or 0
    except BrokenPipeError:
        # What is left in the buffer must not be written on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (*user_errors, RunError, OSError, MemoryError, Diverged, PeerLost) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return {Diverged: 1, PeerLost: _AGAIN}.get(type(error), 2)
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        return 130


def run_training_main(
    program: str, work: Callable[[], int | None], user_errors: tuple[type, ...] = ()
) -> int:
    """Run a training as `run_main` does, in a child process if it is one of several
    hosts.

    A backend that loses its partners may abort its process; the parent then explains
    that, and returns 75 too.
    """
    try:
        cluster = ClusterSpec.from_environment()
    except RunError:
        cluster = None  # `work` raises it again, and reports it
    if cluster is None:
        return run_main(program, work, user_errors)
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        return _run_child(program, work, user_errors)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(child, number))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGABRT:
        print(
            f"{program}: host {cluster.index} of {cluster.count}: another host has "
            "gone, or did not come. The same command on every host continues from the "
            "last checkpoint",
            file=sys.stderr,
        )
        return _AGAIN
    return code if code >= 0 else 128 - code


def _run_child(program, work, user_errors) -> int:
    # A kill of the parent is meant for this process.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    code = 1
    try:
        code = run_main(program, work, user_errors)
    except Exception:
        traceback.print_exc()
    if code in (0, 130, 143):
        return code
    # Alone in trouble: backends would wait for the other hosts on their way out.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def exit_code(outcome: Outcome) -> int:
    """Return the exit code of a training: 128 and the number of the signal that stopped
    it, by which a scheduler knows that there is more to do; else 0."""
    if not outcome.interrupted:
        return 0
    print(f"stopped after step {outcome.step}; the same command continues")
    return 128 + (outcome.signal or signal.SIGTERM)

"""How a program of ours ends: what a person can mend is one line, the rest a trace."""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable

from moksori.training.cluster import Cluster
from moksori.training.devices import Lost
from moksori.training.loop import Diverged, Outcome
from moksori.training.runs import RunError

# "Try again later", from the sysexits of BSD.
_AGAIN = 75
_PR_SET_PDEATHSIG = 1


def ended(
    program: str, work: Callable[[], int | None], mistakes: tuple[type, ...] = ()
) -> int:
    """The exit code of `work()`: its own, or 0 for None.

    It is 2 when a person's `mistakes`, a `RunError` or an `OSError` is raised, 1 when a
    training diverged, 75 when another host has gone, all told in one line under the
    program's name; 130 after Ctrl-C and 0 when whoever read the output has gone. Other
    errors pass.
    """
    try:
        return work() or 0
    except BrokenPipeError:
        # What is left in the buffer must not be written on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (*mistakes, RunError, OSError, MemoryError, Diverged, Lost) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return {Diverged: 1, Lost: _AGAIN}.get(type(error), 2)
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        return 130


def trained(
    program: str, work: Callable[[], int | None], mistakes: tuple[type, ...] = ()
) -> int:
    """`ended` for a training, which may be one of several hosts.

    Then it works in a process of its own: a backend that loses its partners may abort
    from within, and somebody has to say what that means. Its code is 75 too.
    """
    try:
        cluster = Cluster.of()
    except RunError:
        cluster = None  # `work` stumbles over it again, and that is told
    if cluster is None:
        return ended(program, work, mistakes)
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        return _one_of_several(program, work, mistakes)
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


def _one_of_several(program, work, mistakes) -> int:
    # Whoever kills the parent means this process.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    code = 1
    try:
        code = ended(program, work, mistakes)
    except Exception:
        traceback.print_exc()
    if code in (0, 130, 143):
        return code
    # Alone in trouble: backends would wait for the other hosts on their way out.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def stopped(outcome: Outcome) -> int:
    """The exit code of a training: that of the signal which stopped it (128 and its
    number), so that whoever started it knows that there is more to do; else 0."""
    if not outcome.interrupted:
        return 0
    print(f"stopped after step {outcome.step}; the same command continues")
    return 128 + (outcome.signal or signal.SIGTERM)

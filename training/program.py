"""How a program of ours ends: what a person can mend is one line, the rest a trace."""

import os
import signal
import sys
import traceback
from collections.abc import Callable

from training.cluster import Cluster
from training.devices import Lost
from training.loop import Diverged, Outcome
from training.runs import RunError

# "Try again later", from the sysexits of BSD.
_AGAIN = 75


def ended(
    program: str, work: Callable[[], int | None], mistakes: tuple[type, ...] = ()
) -> int:
    """The exit code of `work()`: its own, or 0 for None.

    It is 2 when a person's `mistakes`, a `RunError` or an `OSError` is raised, 1 when a
    training diverged, 75 when another host has gone, all told in one line under the
    program's name; 130 after Ctrl-C and 0 when whoever read the output has gone. Other
    errors pass, and one of several hosts ends at once, whatever the others do.
    """
    code = 1
    try:
        code = _ended(program, work, mistakes)
        return code
    except Exception:
        if Cluster.of():
            traceback.print_exc()
        raise
    finally:
        if code and Cluster.of():
            # Backends would wait for the other hosts on their way out.
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


def _ended(program, work, mistakes) -> int:
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

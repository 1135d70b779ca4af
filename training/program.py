"""How a program of ours ends: what a person can mend is one line, the rest a trace."""

import os
import sys
from collections.abc import Callable

from training.loop import Diverged
from training.runs import RunError


def ended(
    program: str, work: Callable[[], int | None], mistakes: tuple[type, ...] = ()
) -> int:
    """The exit code of `work()`: its own, or 0 for None.

    It is 2 when a person's `mistakes`, a `RunError` or an `OSError` is raised, 1 when a
    training diverged, both told in one line under the program's name; 130 after Ctrl-C
    and 0 when whoever read the output has gone. Other errors pass.
    """
    try:
        return work() or 0
    except BrokenPipeError:
        # What is left in the buffer must not be written on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (*mistakes, RunError, OSError, MemoryError, Diverged) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1 if isinstance(error, Diverged) else 2
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        return 130

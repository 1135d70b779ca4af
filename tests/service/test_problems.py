import ast
from pathlib import Path
from string import Formatter

import pytest

from moksori.service import errors

# Where a call has the name of its text.
PLACES = {"Problem": 1, "ServiceError": 0, "JobError": 0, "Refused": 0, "refusal": 0}
TREES = [
    ast.parse(p.read_text("utf-8")) for p in Path(errors.__file__).parent.glob("*.py")
]


def calls():
    """Yield the name of every text that a call gives, and what values it gives."""
    for node in (node for tree in TREES for node in ast.walk(tree)):
        called = getattr(node, "func", None)
        place = PLACES.get(getattr(called, "id", getattr(called, "attr", "")))
        if place is not None and isinstance(node.args[place], ast.Constant):
            values = {each.arg for each in node.keywords}
            yield pytest.param(
                node.args[place].value, values, id=node.args[place].value
            )


@pytest.mark.parametrize(("name", "values"), list(calls()))
def test_a_call_gives_what_its_texts_hold(name, values):
    assert errors.texts()[name].keys() == {"ko", "en"}
    for text in errors.texts()[name].values():
        held = {field for _, field, _, _ in Formatter().parse(text) if field}
        # Of refused recordings `uploads` gives it.
        assert held <= values | {"field", "most"}


def test_every_text_is_of_something():
    constants = (node for tree in TREES for node in ast.walk(tree))
    said = {node.value for node in constants if isinstance(node, ast.Constant)}
    assert {name for name in errors.texts() if name not in said} == {
        f"wrong_files-{why}" for why in ("twice", "pairs", "name", "table")
    }

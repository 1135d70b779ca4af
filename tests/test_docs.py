"""The pages of the project say what the code does."""

from importlib import import_module

import pytest

from docs.reference import PAGE, reference
from moksori.__main__ import COMMANDS


def test_reference_is_up_to_date():
    text = PAGE.read_text("utf-8")
    assert text == reference(), "make it again: python -m docs.reference"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_is_explained(command):
    parser = import_module(f"moksori.commands.{command}").parser()
    assert all(action.help for action in parser._actions)

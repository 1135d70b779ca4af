"""The pages of the project say what the code does."""

import re
import shlex
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

import hparams
from docs.reference import PAGE, ROOT, reference
from moksori.__main__ import COMMANDS

FOLDERS = "", "docs", "data", "logs", "weights"
PAGES = sorted(page for folder in FOLDERS for page in (ROOT / folder).glob("*.md"))
# Roots of what is in the repository; data/ and logs/ hold what the user makes.
OURS = ("benchmarks", "datasets", "docker", "docs", "hangul", "moksori", "presets")
OURS += ("requirements", "tests", "weights")
_CODE = re.compile(r"^( {4}[^\n]*|```.*?^```)$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(
    r"(?:\bmoksori(?::(?:gpu|cpu|xtts))?|python|run --rm train) "
    rf"({'|'.join(COMMANDS)})\b(?:\.py)?((?: +(?:'[^']*'|\"[^\"]*\"|[^\s'\"|#`]+))*)"
)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def spans(page: Path) -> set[str]:
    """Return what stands between backticks in the text of a page."""
    return set(re.findall(r"`([^`\n]+)`", _CODE.sub("", page.read_text("utf-8"))))


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_reference_is_up_to_date():
    text = PAGE.read_text("utf-8")
    assert text == reference(), "make it again: python -m docs.reference"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_is_explained(command):
    parser = import_module(f"moksori.commands.{command}").parser()
    assert all(action.help for action in parser._actions)


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_readme_is_short(name):
    assert len((ROOT / name).read_bytes()) <= 7 * 1024


@pages
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path) if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pages
def test_paths_and_settings_exist(page):
    groups = {group.name: group.type for group in fields(hparams.Hparams)}
    for span in spans(page):
        if re.fullmatch(rf"(?:{'|'.join(OURS)})/[\w./-]*", span):
            assert (ROOT / span).exists(), span
        group, _, key = span.partition("=")[0].partition(".")
        if group in groups and re.fullmatch(r"\w+", key):
            assert key in {field.name for field in fields(groups[group])}, span


@pages
def test_names_of_python_exist(page):
    text = page.read_text("utf-8")
    imports = re.findall(r"from ([\w.]+) import (\w+)", text)
    dotted = [span.rpartition(".")[::2] for span in spans(page)]
    for module, name in imports + dotted:
        if module.partition(".")[0] in ("moksori", "datasets", "hangul"):
            path = ROOT / module.replace(".", "/")
            files = [path.with_suffix(".py"), path / "__init__.py"]
            (source,) = [each.read_text("utf-8") for each in files if each.exists()]
            found = re.search(
                rf"^(class|def) {name}\b|\"{name}\"", source, re.MULTILINE
            )
            inside = (path / f"{name}.py").exists() or (path / name).is_dir()
            assert found or inside, f"{module}.{name}"


@pages
def test_commands_take_their_flags(page, monkeypatch):
    # Where the folders of a user go is not looked at.
    monkeypatch.setattr("moksori.storage.refusal", lambda folder: "")
    text = re.sub(r"\\\n\s*", "", page.read_text("utf-8"))
    if page == PAGE:
        return
    for command, words in _COMMAND.findall("\n".join(_CODE.findall(text))):
        if command != "tensorboard" and "…" not in words:
            parser = import_module(f"moksori.commands.{command}").parser()
            parser.parse_args(shlex.split(words))

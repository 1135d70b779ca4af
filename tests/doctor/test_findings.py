"""Findings: the first problem counts, and a check that fails is a finding itself."""

import io
import json

import pytest
from rich.console import Console

from moksori.doctor import table
from moksori.doctor.findings import (
    ERROR,
    OK,
    WARNING,
    Finding,
    collect,
    format_bytes,
    judge,
    pluralize,
    report,
    worst,
)

TIGHT = Finding("disk", WARNING, "1 GiB [free]", "make room", {"free": 2**30})


def shown(sections, **options) -> str:
    console = Console(file=io.StringIO(), width=60, **options)
    table.show(sections, console)
    return console.file.getvalue()


def test_the_first_problem_counts():
    problems = (False, ERROR, "", "no"), (True, WARNING, ", tight", "make room")
    found = judge("disk", "1 GiB", *problems, (True, ERROR, "", "no"), free=1)
    assert found == Finding("disk", WARNING, "1 GiB, tight", "make room", {"free": 1})
    assert judge("disk", "1 GiB").level is OK


def test_a_problem_needs_advice():
    with pytest.raises(ValueError, match="disk"):
        Finding("disk", ERROR, "full")


def test_a_check_that_fails_is_a_warning():
    def check():
        yield TIGHT
        raise RuntimeError("two\nlines")

    (found,) = collect("disk", check)
    assert found.level is WARNING
    assert found.text == "could not be checked: RuntimeError: two lines"
    assert collect("disk", lambda: [TIGHT]) == collect("disk", lambda: TIGHT) == [TIGHT]


def test_the_worst_level_is_the_exit_code():
    assert worst([]) == 0
    assert worst([Finding("a", OK, "well"), TIGHT]) == 1


def test_the_report_is_json():
    found = json.loads(json.dumps(report([TIGHT])))
    assert found["worst"] == "WARNING"
    assert found["findings"] == [
        {
            "name": "disk",
            "level": "WARNING",
            "text": "1 GiB [free]",
            "advice": "make room",
            "values": {"free": 2**30},
        }
    ]


def test_units():
    assert [pluralize(1, "GPU"), pluralize(2, "GPU")] == ["1 GPU", "2 GPUs"]
    assert format_bytes(512 * 2**20) == "512 MiB"
    assert format_bytes(23.5 * 2**30) == "23.5 GiB"


def test_the_table_has_advice_under_a_problem():
    lines = shown({"Disks": [TIGHT, Finding("목소리", OK, "well")]}).split("\n")
    assert lines[0] == "Disks"
    assert lines[1].split() == ["warning", "disk", "1", "GiB", "[free]"]
    assert lines[2].strip() == "→ make room"
    assert lines[1].index("1 GiB") == lines[3].index("well") + len("목소리")
    assert lines[-2] == "1 warning"
    assert "Nothing stands in the way" in shown({"Disks": [Finding("a", OK, "well")]})


def test_colours_only_on_a_terminal_that_wants_them():
    sections = {"Disks": [TIGHT]}
    assert "\x1b" not in shown(sections)
    assert "\x1b[33m" in shown(sections, force_terminal=True, color_system="standard")

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moksori.doctor.findings import (
    Level,
    error,
    looked,
    ok,
    one_line,
    report,
    warning,
    worst,
)


def test_what_worries_needs_advice():
    with pytest.raises(ValueError, match="disk: say what to do"):
        warning("disk", "full", "")
    with pytest.raises(ValueError, match="say what to do"):
        error("disk", "full", "")
    assert ok("disk", "roomy").advice == ""


def test_worst_is_the_exit_code():
    fine, bad = ok("a", "b"), error("c", "d", "e")
    assert int(worst([])) == int(worst([fine])) == 0
    assert int(worst([warning("a", "b", "c"), fine])) == 1
    assert int(worst([fine, bad, fine])) == 2


def test_a_check_that_fails_is_a_finding_and_keeps_what_it_found():
    def check():
        yield ok("disk", "there")
        raise RuntimeError("two\nlines")

    found = looked("disk", check)
    assert [finding.level for finding in found] == [Level.OK, Level.WARNING]
    assert found[1].text == "could not be checked: RuntimeError: two lines"


def test_a_check_that_cannot_even_begin_is_a_finding():
    def check():
        raise ModuleNotFoundError("No module named 'numpy'")

    (found,) = looked("features", check)
    assert found.level is Level.WARNING
    assert "No module named 'numpy'" in found.text


def test_a_person_may_still_stop_it():
    def check():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        looked("disk", check)


def test_report_is_plain_json():
    values = {"path": Path("/a"), "nan": float("nan"), "many": (1, {2}), 3: None}
    finding = warning("disk", "나쁨", "do", **{str(k): v for k, v in values.items()})
    when = datetime(2026, 11, 20, 12, tzinfo=UTC)
    told = report([finding], when)
    assert json.loads(json.dumps(told, allow_nan=False)) == {
        "schema": 1,
        "when": "2026-11-20T12:00:00+00:00",
        "worst": "WARNING",
        "findings": [
            {
                "name": "disk",
                "level": "WARNING",
                "text": "나쁨",
                "advice": "do",
                "values": {"path": "/a", "nan": None, "many": [1, [2]], "3": None},
            }
        ],
    }


def test_one_line_is_short():
    assert one_line(ValueError("a\n  b")) == "ValueError: a b"
    assert len(one_line(ValueError("x" * 1000))) == 200

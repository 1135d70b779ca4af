"""The figures of the demo's report: which sentences pass, and why others do not."""

import pytest

from moksori.demo.acceptance import accept, summary
from moksori.voices.stopping import CAP, TOKEN


def row(seconds=2.0, complete=True, focus=0.8, stopped=TOKEN):
    attention = {"complete": complete, "focus": focus}
    about = {"text": "네.", "wav": "0001.wav", "real_time_factor": 0.5}
    return {"seconds": seconds, "attention": attention, "stopped": stopped, **about}


@pytest.mark.parametrize(
    ("different", "failed"),
    [
        ({}, set()),
        ({"seconds": 2.1}, set()),
        ({"seconds": 2.3}, {"on_time"}),
        ({"complete": False}, {"walked"}),
        ({"focus": 0.6}, {"focused"}),
        ({"stopped": CAP}, {"on_time"}),
    ],
)
def test_a_sentence_passes_that_meets_every_demand(different, failed):
    (line,) = accept([row(**different)], [2.0])["lines"]
    assert {each for each in ("walked", "focused", "on_time") if not line[each]} == (
        failed
    )
    assert line["passed"] == (not failed)


def test_counts_and_means_are_of_the_lines_that_were_spoken():
    rows = [row(), row(2.2, focus=0.6), {"text": "…", "error": "empty"}]
    figures = accept(rows, [2.0, 2.0, 1.0])
    assert [figures[n] for n in ("sentences", "passed", "walked")] == [3, 1, 2]
    assert figures["mean_focus"] == pytest.approx(0.7)
    assert figures["mean_length_error"] == pytest.approx(0.05)
    assert "1 of 3 unseen sentences pass" in summary(figures)


def test_as_many_rows_as_recordings_are_needed():
    with pytest.raises(ValueError, match="1 lines for 2"):
        accept([row()], [1.0, 2.0])

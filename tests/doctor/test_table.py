import io
import re

import pytest

from moksori.doctor import table
from moksori.doctor.findings import error, ok, warning

FOUND = {
    "Machine": [ok("disk", "roomy"), warning("memory", "little", "buy more")],
    "Nothing here": [],
    "GPU": [error("driver", "a b " * 40, "mend " * 40)],
}


def test_columns_stand_under_each_other():
    lines = table.show(FOUND, width=60).splitlines()
    assert "Nothing here" not in lines
    starts = {
        next(line for line in lines if word in line).index(word)
        for word in ("roomy", "little", "a b")
    }
    assert len(starts) == 1
    assert max(map(len, lines)) <= 60
    assert lines[-1] == "1 error, 1 warning"


def test_advice_stands_below_what_it_is_for():
    lines = table.show(FOUND, width=60).splitlines()
    place = next(i for i, line in enumerate(lines) if "little" in line)
    assert lines[place + 1].strip() == "→ buy more"
    assert lines[place + 1].index("→") == lines[place].index("little")


def test_all_is_well():
    shown = table.show({"Machine": [ok("disk", "roomy")]})
    assert shown.endswith("Nothing stands in the way.")


def test_colours_change_nothing_else():
    plain, coloured = (table.show(FOUND, 70, colours) for colours in (False, True))
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_wide_letters_keep_the_columns():
    shown = table.show({"가": [ok("한글", "one"), ok("abcd", "two")]})
    one, two = shown.splitlines()[1:3]
    # Two Korean letters fill four columns with two characters.
    assert one.index("one") == two.index("two") - 2


@pytest.mark.parametrize(
    ("terminal", "environment", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals(terminal, environment, wanted):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    assert table.wants_colours(stream, environment) == wanted


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0213, "0.021 s"),
        (12, "12 s"),
        (150, "2.5 min"),
        (3600, "60 min"),
        (7200, "2.0 h"),
        (100_000, "28 h"),
        (3e6, "35 days"),
    ],
)
def test_lasting(seconds, told):
    assert table.lasting(seconds) == told


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 B"),
        (2048, "2 KiB"),
        (5 << 20, "5 MiB"),
        (3 << 29, "1.5 GiB"),
        (5 << 40, "5,120.0 GiB"),
    ],
)
def test_binary(size, told):
    assert table.binary(size) == told


def test_what_takes_a_while():
    stream = io.StringIO()
    tell = table.teller(stream)
    tell("waking"), tell("")
    assert stream.getvalue() == "waking\n"
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    tell = table.teller(terminal)
    tell("waking"), tell("asking"), tell("")
    # One line, which is cleared each time and empty in the end.
    assert terminal.getvalue() == "\r\x1b[Kwaking …\r\x1b[Kasking …\r\x1b[K"


def test_many():
    assert table.many(1, "GPU") == "1 GPU"
    assert table.many(2000, "GPU") == "2,000 GPUs"
    assert table.many(0, "process", "processes") == "0 processes"

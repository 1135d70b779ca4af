"""The bars of covers: told beside what was measured."""

import numpy as np

from benchmarks.cover_material import RATE, found_again
from benchmarks.covers import Figure, main


def test_a_figure_says_whether_it_passes():
    assert str(Figure("a", 8.1, "dB", least=8)).endswith(">= 8       ok")
    assert str(Figure("a", 7.9, "dB", least=8)).endswith("MISSED")
    assert str(Figure("a", 12.5, "s", most=12)).endswith("MISSED")
    assert str(Figure("a", -3.0, "dB", most=-0.2)).endswith("ok")
    assert str(Figure("a", 1.0, "s")).endswith("1.00 s")


def test_content_is_found_where_it_was():
    rng = np.random.default_rng(0)
    states, wave = rng.standard_normal((50, 8)), rng.standard_normal(RATE)
    assert found_again(states, states + 0.1, wave) == 100
    late = np.roll(states, 10, axis=0)
    assert found_again(states, late, wave) == 0
    # Where nothing is heard, nothing is looked for.
    wave[RATE // 2 :] = 0
    late[:25] = states[:25]
    assert found_again(states, late, wave) > 90


def test_what_cannot_be_measured_is_a_line(tmp_path, capsys):
    assert main(["--voice", str(tmp_path / "none"), "--only", "content"]) == 1
    assert capsys.readouterr().err.count("\n") == 1

"""Means and differences of made-up figures, worked out by hand."""

import numpy as np
import pytest

from moksori.comparison.table import FIGURES, Figure, row, table, verdict

NAN = float("nan")
LOWER = Figure("distortion", "Distortion", "dB", "lower", 2)
NAMES = {"a": "System A", "b": "System B", "c": "System C", "recording": "Recording"}


def values(**systems):
    return {key: np.array(each, float) for key, each in systems.items()}


def test_means_are_of_the_sentences_that_have_a_figure():
    made = row(LOWER, values(a=[1, 3, NAN, 5], b=[NAN] * 4))
    assert made["systems"]["a"]["mean"] == 3.0
    assert made["systems"]["a"]["count"] == 3
    assert made["systems"]["b"] is None


def test_a_difference_that_all_sentences_show_tells_systems_apart():
    # How hard the sentences are differs far more than the systems do.
    hard = np.array([1, 10, 3, 20, 7, 15, 2, 30.0])
    made = row(LOWER, {"a": hard + 0.5, "b": hard})
    (difference,) = made["differences"]
    assert (difference["better"], difference["worse"]) == ("b", "a")
    assert difference["told_apart"]
    assert difference["mean"] == 0.5
    assert difference["interval"] == [0.5, 0.5]
    assert made["best"] == ["b"]
    overlap = [made["systems"][key]["interval"] for key in "ab"]
    assert overlap[0][0] < overlap[1][1]


def test_a_difference_of_mixed_sign_does_not():
    made = row(LOWER, values(a=[1, 2, 1, 2, 1, 2, 1, 2], b=[2, 1, 2, 1, 2, 1, 2, 1]))
    assert not made["differences"][0]["told_apart"]
    assert made["best"] == []


def test_few_sentences_tell_nothing_apart():
    made = row(LOWER, values(a=[1, 1, 1], b=[9, 9, 9]))
    assert not made["differences"][0]["told_apart"]
    assert made["best"] == []


@pytest.mark.parametrize(
    ("better", "best"), [("lower", "a"), ("higher", "c"), ("one", "b")]
)
def test_better_is_lower_higher_or_closer_to_one(better, best):
    figure = Figure("f", "F", "", better, 2)
    made = row(figure, values(a=[0.5] * 6, b=[1.1] * 6, c=[1.8] * 6))
    assert made["best"] == [best]
    assert all(difference["mean"] > 0 for difference in made["differences"])


def test_two_that_are_not_told_apart_share_the_first_place():
    mixed = [1.0, 1.2] * 4
    made = row(LOWER, values(a=mixed, b=mixed[::-1], c=[5.0] * 8))
    assert made["best"] == ["a", "b"]


def test_one_that_hardly_spoke_is_not_among_the_best():
    made = row(LOWER, values(a=[1.0] * 8, b=[2.0] * 8, c=[1.5] + [NAN] * 7))
    assert made["best"] == ["a"]


def test_the_recording_is_shown_and_does_not_compete():
    made = row(LOWER, values(recording=[0.0] * 6, a=[2.0] * 6, b=[3.0] * 6))
    assert made["systems"]["recording"]["mean"] == 0
    assert made["best"] == ["a"]
    assert len(made["differences"]) == 1


def test_a_figure_that_is_no_merit_names_no_best():
    made = row(Figure("f", "F", "", None, 2), values(a=[1.0] * 6, b=[2.0] * 6))
    assert made["differences"] == made["best"] == []


def test_the_table_holds_what_any_clip_has():
    clips = [{"figures": {"cepstral_decibel": 5.0, "focus": None}}, {"error": "empty"}]
    (only,) = table({"a": clips, "b": [{}, {}]})
    assert only["key"] == "cepstral_decibel"
    assert only["systems"] == {
        "a": {"mean": 5.0, "interval": [5.0, 5.0], "count": 1},
        "b": None,
    }


def test_noise_is_not_praised_for_the_pitch_of_the_few_frames_it_seems_to_have():
    noise = {
        "pitch_cents": 10.0,
        "gross_pitch_error": 0.0,
        "voicing_error": 0.5,
        "cepstral_decibel": 15.0,
    }
    voice = {"pitch_cents": 90.0, "voicing_error": 0.2, "cepstral_decibel": 5.0}
    clips = {"a": [{"figures": noise}] * 8, "b": [{"figures": voice}] * 8}
    rows = {each["key"]: each for each in table(clips)}
    assert rows["pitch_cents"]["systems"]["a"] is None
    assert rows["pitch_cents"]["differences"] == []
    assert rows["pitch_cents"]["systems"]["b"]["count"] == 8
    assert rows["voicing_error"]["best"] == rows["cepstral_decibel"]["best"] == ["b"]


def test_every_figure_has_a_name_and_a_note():
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)
    assert all(figure.name and figure.note for figure in FIGURES)


def test_the_verdict_says_by_how_much_and_how_sure():
    hard = np.array([1, 10, 3, 20, 7, 15, 2, 30.0])
    apart = row(LOWER, {"a": hard + 0.5, "b": hard})
    alike = row(LOWER, {"a": hard, "c": hard})
    assert verdict([apart, alike], NAMES) == [
        "Distortion: System B is better than System A, by 0.50 dB (0.50 to 0.50).",
        "Distortion: System A and System C are not told apart by 8 sentences.",
    ]


def test_the_verdict_says_of_what_there_were_so_many():
    figure = Figure("s", "Similarity", "", "higher", 3, of="stretches of speech")
    (alike,) = verdict([row(figure, values(a=[0.5] * 6, b=[0.5] * 6))], NAMES)
    assert alike.endswith("not told apart by 6 stretches of speech.")


def test_a_ratio_is_nearer_to_one_though_the_other_s_mean_is():
    """Means of 1.0 and 1.1, of which the first is never near."""
    figure = Figure("d", "Duration", "", "one", 2)
    made = row(figure, values(a=[0.6, 1.4] * 4, b=[1.1] * 8))
    assert verdict([made], NAMES) == [
        "Duration: System B is nearer to 1 than System A, by 0.30 (0.30 to 0.30)."
    ]


def test_the_verdict_does_not_weigh_what_is_too_little():
    few = row(LOWER, values(a=[1, NAN, NAN], b=[2, 3, 4]))
    assert verdict([few], NAMES) == [
        "Distortion: System A and System B have too few sentences in common to be "
        "compared (1)."
    ]

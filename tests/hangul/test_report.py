"""What `normalize_verbose` and the command tell of their work."""

import io
import sys

import pytest

from hangul import Normalized, normalize, normalize_verbose
from hangul.__main__ import main, show
from hangul.tables import names, pairs


def test_what_was_dropped_is_reported_in_order():
    spoken = normalize_verbose("😀 5개 ★ 끝 👍")
    assert spoken.text == "다섯 개 끝"
    assert spoken.dropped == ("😀", "★", "👍")


def test_silent_marks_are_not_reported():
    assert normalize_verbose('"안녕" (하세요)…').dropped == ()


def test_rules_that_acted_are_named():
    assert normalize_verbose("안녕하세요.") == Normalized("안녕하세요.", (), ())
    assert normalize_verbose("5개").rules == ("counters",)


def test_lone_jamo_by_option():
    assert normalize("하하 ㅋㅋ") == "하하 크크"
    assert normalize("하하 ㅋㅋ", lone_jamo=False) == "하하"


def test_show_prints_every_stage():
    lines = show("국물 5개 😀").splitlines()
    stages = [line.split()[0] for line in lines]
    assert stages == [
        *("text", "normalised", "pronounced", "jamo", "ids", "rules", "dropped")
    ]
    assert lines[1].endswith("국물 다섯 개")
    assert lines[2].endswith("궁물 다섣 개")
    assert lines[4].split()[-1] == "1"


def test_command_reads_arguments_and_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["hangul", "3개", "--drop-jamo"])
    main()
    assert "세 개" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["hangul"])
    monkeypatch.setattr(sys, "stdin", io.StringIO("4개\n5개\n"))
    main()
    spoken = capsys.readouterr().out
    assert "네 개" in spoken
    assert "다섯 개" in spoken


def test_tables_refuse_what_they_cannot_read():
    assert pairs("a b: 가; c: 나\nd: 다") == {"a b": "가", "c": "나", "d": "다"}
    assert names("가 나\n다") == {"가", "나", "다"}
    for broken in ("a 가", "a: 가; a: 나"):
        with pytest.raises(ValueError, match="a"):
            pairs(broken)

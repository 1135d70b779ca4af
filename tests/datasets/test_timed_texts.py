"""Transcripts with times: SRT, WebVTT, TextGrid and labels, whole and damaged."""

import pytest

from datasets.readers.timed_texts import TimedTextError, read_cues

SRT = """1
00:00:00,000 --> 00:00:01,500
<i>안녕</i>
하세요

2
00:00:01,500 --> 00:00:02,500 X1:40
{\\an8}반갑습니다 &amp; 좋아요

3
00:01:02,500 --> 01:00:03,000
3
"""
VTT = """WEBVTT - 영상

NOTE 손으로 고친
것

첫째
00:00.000 --> 00:01.500 align:start
<v 민지>안녕하세요</v>

00:01.500 --> 00:02.500
<c.yellow>반갑습니다</c>
"""
LABELS = "0.000000\t1.500000\t안녕하세요\n\\\t100.0\t200.0\n1,5\t2,5\t반갑습니다\n"
LONG_GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 2.5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "말"
        xmin = 0
        xmax = 2.5
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 1.5
            text = "안녕 ""하세요"" 12"
        intervals [2]:
            xmin = 1.5
            xmax = 1.7
            text = ""
        intervals [3]:
            xmin = 1.7
            xmax = 2.4
            text = "반갑습니다"
        intervals [4]:
            xmin = 2.4
            xmax = 2.5
            text = "sil"
    item [2]:
        class = "TextTier"
        name = "점"
        xmin = 0
        xmax = 2.5
        points: size = 1
        points [1]:
            number = 1.2
            mark = "H*"
"""


def grid(*tiers):
    """A TextGrid in the short form: tiers of (name, labels of a second each)."""
    lines = ['File type = "ooTextFile"', '"TextGrid"', "", "0", "9", "<exists>"]
    lines.append(str(len(tiers)))
    for name, labels in tiers:
        lines += ['"IntervalTier"', f'"{name}"', "0", "9", str(len(labels))]
        for start, label in enumerate(labels):
            lines += [str(start), str(start + 1), f'"{label}"']
    return "\n".join(lines) + "\n"


def said(content):
    return [
        (cue.start_seconds, cue.end_seconds, cue.text)
        for cue in read_cues(content)
        if not cue.problem
    ]


def problems(content):
    return [cue.problem and cue.problem[0].value for cue in read_cues(content)]


TWO = [(0.0, 1.5, "안녕하세요"), (1.5, 2.5, "반갑습니다")]


@pytest.mark.parametrize(
    ("content", "cues"),
    [
        (
            SRT,
            [
                (0.0, 1.5, "안녕 하세요"),
                (1.5, 2.5, "반갑습니다 & 좋아요"),
                (62.5, 3603.0, "3"),
            ],
        ),
        (SRT.replace("\n", "\r\n").split("2\r\n00")[0], [(0.0, 1.5, "안녕 하세요")]),
        (SRT.split("3\n00")[0].replace("\n\n", "\n"), None),
        (VTT, TWO),
        (LABELS, TWO),
        (LONG_GRID, [(0.0, 1.5, '안녕 "하세요" 12'), (1.7, 2.4, "반갑습니다")]),
        (grid(("말", ["가", "", "나"])), [(0.0, 1.0, "가"), (2.0, 3.0, "나")]),
        (grid(("phones", ["ㄱ", "ㅏ"]), ("Sentences", ["가"])), [(0.0, 1.0, "가")]),
        (grid(("점", []), ("말", ["가"])), [(0.0, 1.0, "가")]),
    ],
)
def test_cues_of_every_kind(content, cues):
    if cues is None:  # without blank lines, all the same
        cues = [(0.0, 1.5, "안녕 하세요"), (1.5, 2.5, "반갑습니다 & 좋아요")]
    assert said(content) == cues
    assert not any(problems(content))


def test_a_blank_line_within_a_cue_loses_nothing():
    content = (
        "1\n00:00:01 --> 00:00:02\n안녕\n\n하세요\n\n2\n00:00:02 --> 00:00:03\n네\n"
    )
    assert said(content) == [(1.0, 2.0, "안녕 하세요"), (2.0, 3.0, "네")]


def test_the_voice_of_a_cue_is_its_speaker():
    assert [cue.speaker for cue in read_cues(VTT)] == ["민지", ""]


def srt(*cues):
    blocks = (
        f"{number}\n00:00:{start:06.3f} --> 00:00:{end:06.3f}\n{text}\n"
        for number, (start, end, text) in enumerate(cues, start=1)
    )
    return "\n".join(blocks)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (srt((0, 1, "가"), (1, 2, ""), (2, 3, "나")), [None, "transcript empty", None]),
        (srt((0, 1, "[음악]"), (1, 2, "♪ 라라라 ♪")), ["no speech"] * 2),
        (srt((0, 1, "(문 닫는 소리)"), (1, 2, "(주)가나")), ["no speech", None]),
        (srt((3, 2, "가"), (4, 4, "나")), ["torn line"] * 2),
        (
            srt((0, 2, "가"), (1, 3, "나"), (3, 4, "다")),
            ["overlaps another"] * 2 + [None],
        ),
        (
            srt((0, 9, "가"), (1, 2, "나"), (3, 4, "다"), (9, 10, "라")),
            ["overlaps another"] * 3 + [None],
        ),
        (srt((0, 2, "[음악]"), (1, 3, "나")), ["no speech", None]),
        ("00:00:00,0 -> 00:00:01,0\n가\n" + srt((1, 2, "나")), ["torn line", None]),
        (
            "0\t1\t가\nname\n1\t1\t나\n2\t3\n",
            [None, "torn line", "torn line", "transcript empty"],
        ),
    ],
)
def test_cues_that_are_left_out(content, expected):
    assert problems(content) == expected


def test_a_described_sound_is_not_spoken_and_a_speaker_stays():
    assert said(srt((0, 1, "[웃음] 민지: 네 맞아요"))) == [
        (0.0, 1.0, "민지: 네 맞아요")
    ]


def test_cues_that_touch_are_cut():
    cues = srt((0, 1.1, "가"), (1, 2, "나"))
    assert said(cues) == [(0.0, 1.0, "가"), (1.0, 2.0, "나")]


def test_rolling_captions_give_every_line_once():
    content = """WEBVTT
Kind: captions

00:00:00.000 --> 00:00:02.000 align:start
 
안녕하세요<00:00:00.500><c> 여러분</c>

00:00:02.000 --> 00:00:02.010 align:start
안녕하세요 여러분
 

00:00:02.010 --> 00:00:04.000 align:start
안녕하세요 여러분
오늘은<00:00:03.000><c> 맑습니다</c>

00:00:04.000 --> 00:00:04.010 align:start
오늘은 맑습니다
 
"""  # noqa: W293
    expected = [(0.0, 2.0, "안녕하세요 여러분"), (2.01, 4.0, "오늘은 맑습니다")]
    assert said(content) == expected
    numbered = content.replace("WEBVTT\nKind: captions\n\n", "")
    assert [text for _, _, text in said(numbered)] == [text for *_, text in expected]


@pytest.mark.parametrize(
    "content",
    [
        "안녕하세요 반갑습니다.",
        "회의는 10:30에서 12:00까지입니다.",
        "그리고/또는 3+4 --- 12 --> 좋아요",
        "12:00-13:00 점심시간",
        "한 칸\t두 칸",
        "",
    ],
)
def test_plain_text_has_no_cues(content):
    assert read_cues(content) is None


@pytest.mark.parametrize(
    "content",
    [
        "0:00\n안녕하세요\n0:05\n반갑습니다\n",
        "[00:01.20]안녕\n[00:03.10]하세요\n",
        "[00:00:01 - 00:00:03] 안녕\n[00:00:03 - 00:00:05] 하세요\n",
        "0:00:00.599,0:00:04.160\n안녕\n\n0:00:04.160,0:00:06.770\n하세요\n",
        "참석자 1 00:00\n안녕하세요\n참석자 2 00:05\n네\n",
    ],
)
def test_other_times_are_refused(content):
    with pytest.raises(TimedTextError, match="save it as one of these"):
        read_cues(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (grid(("words", ["가"]), ("phones", ["ㄱ", "ㅏ"])), "tiers words, phones"),
        (grid(("말", ["가", "나"]))[:-8], "not whole"),
        (LONG_GRID[:200], "not whole"),
    ],
)
def test_a_textgrid_that_cannot_be_read(content, message):
    with pytest.raises(TimedTextError, match=message):
        read_cues(content)

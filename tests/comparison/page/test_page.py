"""The page of a comparison, as a file: what is inside, and that nothing gets out."""

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from moksori.audio.files import decode, save
from moksori.audio.levels import loudness
from moksori.comparison.page.build import write
from tests.comparison.page.compared import AUDIO, EVIL, NAMES, RATE, comparison, voice


class Elements(HTMLParser):
    """Every element of a page with its attributes and the text directly inside."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[list] = []
        self.inside = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.found[-1][2] += data

    def of(self, tag: str) -> list[tuple[dict, str]]:
        return [(attrs, text) for name, attrs, text in self.found if name == tag]


def blocks(page: str) -> dict[str, dict]:
    """The data of a page by the name of its element."""
    scripts = Elements(page).of("script")
    return {attrs["id"]: json.loads(text) for attrs, text in scripts if "id" in attrs}


def content(address: str) -> bytes:
    return base64.b64decode(address.partition(";base64,")[2])


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, dict, str]:
    folder = tmp_path_factory.mktemp("compared")
    facts = comparison(folder)
    return folder, facts, write(folder, facts, AUDIO).read_text("utf-8")


def written(folder: Path, facts: dict) -> dict[str, dict]:
    return blocks(write(folder, facts, AUDIO).read_text("utf-8"))


def test_it_holds_what_was_compared(made):
    _, facts, page = made
    shown = blocks(page)["comparison"]
    for name in ("systems", "figures", "verdict", "missing", "reference", "consent"):
        assert shown[name] == facts[name]
    texts = [sentence["text"] for sentence in facts["sentences"]]
    assert [sentence["text"] for sentence in shown["sentences"]] == texts
    assert shown["measures"]["cepstral_decibel"]["unit"] == "dB"
    assert shown["measures"]["focus"]["better"] == "higher"


def test_a_figure_of_a_clip_is_ordered_though_its_mean_is_not(tmp_path):
    facts = comparison(tmp_path)
    row = {"key": "focus", "name": "Sharpness", "unit": "", "better": None, "digits": 3}
    other = {"key": "new_one", "name": "New", "unit": "m", "better": "lower"}
    facts["figures"] = [row, other]
    facts["sentences"][0]["clips"]["xtts"]["figures"] |= {"new_one": 1, "odd_one": 2}
    measures = written(tmp_path, facts)["comparison"]["measures"]
    assert (
        measures["focus"] | {"name": "Sharpness", "better": "higher"}
        == (measures["focus"])
    )
    assert measures["new_one"]["better"] == "lower"
    assert measures["odd_one"] == {
        "name": "odd one",
        "unit": "",
        "better": None,
        "digits": 2,
    }


def test_every_sound_can_be_decoded_and_is_the_one_of_the_file(made):
    folder, facts, page = made
    data = blocks(page)
    compared = 0
    for index, sentence in enumerate(facts["sentences"]):
        for key, clip in data[f"sounds-{index}"]["clips"].items():
            wave, rate = soundfile.read(io.BytesIO(content(clip["sound"])))
            original, wanted_rate = decode(folder / sentence["clips"][key]["wav"])
            assert clip["sound"].startswith("data:audio/wav;base64,")
            assert rate == wanted_rate
            assert clip["seconds"] == pytest.approx(original.size / rate, abs=1e-4)
            gain = 10 ** (clip["gain"] / 20)
            assert wave == pytest.approx(original * gain, abs=0.01)
            compared += 1
    assert compared == 8


def test_the_clips_of_a_sentence_are_equally_loud(made):
    _, _, page = made
    clips = blocks(page)["sounds-0"]["clips"].values()
    waves = [soundfile.read(io.BytesIO(content(clip["sound"])))[0] for clip in clips]
    levels = [loudness(wave, RATE) for wave in waves]
    assert levels == pytest.approx([AUDIO.loudness_lufs] * 3, abs=0.05)


def test_a_click_lowers_the_whole_sentence_instead_of_being_clipped(tmp_path):
    facts = comparison(tmp_path)
    clicking = voice(1.0, 120, 0.002)
    clicking[5000] = 0.9
    save(tmp_path / "xtts/0001.wav", clicking, RATE)
    clips = written(tmp_path, facts)["sounds-0"]["clips"].values()
    waves = [soundfile.read(io.BytesIO(content(clip["sound"])))[0] for clip in clips]
    levels = [loudness(wave, RATE) for wave in waves]
    assert max(levels) < AUDIO.loudness_lufs - 3
    assert levels == pytest.approx([levels[0]] * 3, abs=0.2)
    assert max(np.abs(wave).max() for wave in waves) < 0.9


def test_the_files_beside_it_stay_as_they_were(tmp_path):
    facts = comparison(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    path = write(tmp_path, facts, AUDIO)
    assert path == tmp_path / "compare.html"
    after = {other: other.read_bytes() for other in tmp_path.rglob("*.*")}
    assert after.pop(path)
    assert after == before


def test_pictures_show_what_differs_and_not_how_loud_a_file_was(tmp_path):
    facts = comparison(tmp_path)
    for key, level in zip(NAMES, (0.3, 0.1, 0.3), strict=True):
        hertz = 110 if key != "xtts" else 220
        save(tmp_path / f"{key}/0001.wav", voice(1.0, hertz, level), RATE)
    clips = written(tmp_path, facts)["sounds-0"]["clips"]
    pixels = {key: content(clip["picture"]) for key, clip in clips.items()}
    assert len(pixels["recording"]) == pytest.approx(len(pixels["griffin-lim"]), 0.1)
    assert clips["recording"]["pitch"] == clips["griffin-lim"]["pitch"]
    assert pixels["recording"] != pixels["xtts"]
    low, high = clips["recording"]["pitch"], clips["xtts"]["pitch"]
    assert low[0][20] == pytest.approx(high[0][20] / 2, rel=0.05)


def test_an_alignment_that_voices_share_is_there_once(tmp_path):
    facts = comparison(tmp_path)
    clips = facts["sentences"][0]["clips"]
    clips["xtts"]["alignment"] = clips["griffin-lim"]["alignment"]
    data = written(tmp_path, facts)
    shown = data["comparison"]["sentences"][0]["clips"]
    assert len(data["sounds-0"]["alignments"]) == 1
    assert shown["xtts"]["alignment"] == shown["griffin-lim"]["alignment"]
    (picture,) = data["sounds-0"]["alignments"].values()
    assert content(picture) == (tmp_path / "griffin-lim/0001.png").read_bytes()


def test_text_stays_text(tmp_path):
    facts = comparison(tmp_path)
    facts["title"] = EVIL
    page = write(tmp_path, facts, AUDIO).read_text("utf-8")
    elements = Elements(page)
    kinds = [attrs.get("type") for attrs, _ in elements.of("script")]
    assert kinds == ["application/json"] * 4 + ["module"]
    assert elements.of("h1")[0][1] == EVIL
    shown = blocks(page)["comparison"]
    assert shown["title"] == EVIL
    assert shown["consent"].endswith(EVIL)
    assert shown["sentences"][0]["text"] == EVIL


def test_the_policy_allows_its_own_parts_and_nothing_else(made):
    page = Elements(made[2])
    (policy,) = [
        attrs["content"]
        for attrs, _ in page.of("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    def allowed(text: str) -> str:
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    programs = [text for attrs, text in page.of("script") if "id" not in attrs]
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "media-src": "data:",
        "style-src": allowed(page.of("style")[0][1]),
        "script-src": allowed(programs[0]),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }
    assert len(programs) == len(page.of("style")) == 1


def test_nothing_points_outside(made):
    page = made[2]
    for _, attrs, _ in Elements(page).found:
        for name, value in attrs.items():
            assert not name.startswith("on")
            if name in ("src", "href", "srcset", "action"):
                assert value.startswith(("data:", "#"))
    frame = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.S)
    assert not re.search(r"\w+://|@import|url\(", frame)


def test_what_has_no_value_is_null(tmp_path):
    facts = comparison(tmp_path)
    facts["figures"][0]["systems"]["xtts"]["mean"] = float("nan")
    facts["sentences"][0]["clips"]["xtts"]["figures"]["focus"] = float("inf")
    shown = written(tmp_path, facts)["comparison"]
    assert shown["figures"][0]["systems"]["xtts"]["mean"] is None
    assert shown["sentences"][0]["clips"]["xtts"]["figures"]["focus"] is None


@pytest.mark.parametrize("damage", ["missing", "damaged", "empty"])
def test_a_sound_that_cannot_be_read_is_said_at_its_clip(tmp_path, damage):
    facts = comparison(tmp_path)
    path = tmp_path / "xtts/0001.wav"
    if damage == "missing":
        path.unlink()
    elif damage == "damaged":
        path.write_bytes(b"no sound at all")
    else:
        save(path, np.zeros(0), RATE)
    data = written(tmp_path, facts)
    clip = data["comparison"]["sentences"][0]["clips"]["xtts"]
    assert clip["error"].startswith("xtts/0001.wav: ")
    assert str(tmp_path) not in clip["error"]
    assert set(data["sounds-0"]["clips"]) == {"recording", "griffin-lim"}
    assert set(data["sounds-1"]["clips"]) == set(NAMES)


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_an_alignment_that_cannot_be_read_is_left_out(tmp_path, content):
    facts = comparison(tmp_path)
    path = tmp_path / "griffin-lim/0001.png"
    path.unlink() if content is None else path.write_bytes(content)
    data = written(tmp_path, facts)
    assert data["sounds-0"]["alignments"] == {}
    assert data["comparison"]["sentences"][0]["clips"]["griffin-lim"]["wav"]


def test_silence_and_very_short_sounds_have_their_place(tmp_path):
    facts = comparison(tmp_path)
    save(tmp_path / "xtts/0001.wav", np.zeros(RATE), RATE)
    save(tmp_path / "xtts/0002.wav", voice(1.0, 120)[:40], RATE)
    data = written(tmp_path, facts)
    silent, short = (data[f"sounds-{index}"]["clips"]["xtts"] for index in (0, 1))
    assert (silent["gain"], silent["pitch"], silent["seconds"]) == (0.0, [], 1.0)
    assert short["seconds"] == pytest.approx(40 / RATE, abs=1e-4)


def test_a_rate_too_low_for_pitch_leaves_the_contour_out(tmp_path):
    facts = comparison(tmp_path)
    save(tmp_path / "xtts/0001.wav", voice(1.0, 120)[::8], RATE // 8)
    clips = written(tmp_path, facts)["sounds-0"]["clips"]
    assert clips["xtts"]["pitch"] == []
    assert clips["recording"]["pitch"]


def test_little_is_enough(tmp_path):
    """One voice without a recording, no sentence, hardly a fact."""
    facts = comparison(tmp_path)
    alone = facts | {"systems": facts["systems"][1:2]}
    for sentence in alone["sentences"]:
        sentence["clips"] = {"griffin-lim": sentence["clips"]["griffin-lim"]}
    assert set(written(tmp_path, alone)["sounds-0"]["clips"]) == {"griffin-lim"}
    assert list(written(tmp_path, facts | {"sentences": []})) == ["comparison"]
    nothing = written(tmp_path, {"sentences": None, "title": None, "figures": None})
    assert nothing["comparison"]["sentences"] == []
    empty = written(tmp_path, {"sentences": [{"clips": {"xtts": None}}]})
    assert empty["sounds-0"] == {"clips": {}, "alignments": {}}


def test_it_replaces_the_page_before_and_leaves_nothing_aside(tmp_path):
    facts = comparison(tmp_path)
    write(tmp_path, facts | {"title": "before"}, AUDIO)
    done = []
    page = write(tmp_path, facts, AUDIO, lambda *now: done.append(now))
    assert "<h1>logs/made</h1>" in page.read_text("utf-8")
    assert [path.name for path in tmp_path.glob(".*")] == []
    assert done == [(1, 3), (2, 3), (3, 3)]


def test_letters_that_no_file_can_hold_do_not_stop_it(tmp_path):
    facts = comparison(tmp_path)
    facts["sentences"][0]["text"] = "half a letter: \udcff"
    shown = written(tmp_path, facts)["comparison"]
    assert shown["sentences"][0]["text"] == "half a letter: ?"

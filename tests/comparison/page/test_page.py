"""The page of a comparison, as a file: what is inside, and that nothing gets out."""

import base64
import hashlib
import io
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


class Page(HTMLParser):
    """Every element of a page with its attributes and the text directly inside."""

    def __init__(self, path: Path):
        super().__init__()
        self.found: list[list] = []
        self.words: list[str] = []
        self.inside = False
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        self.words += data.split()
        if self.inside:
            self.found[-1][2] += data

    def of(self, tag: str) -> list[tuple[dict, str]]:
        return [(attrs, text) for name, attrs, text in self.found if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def sounds(self, sentence: int) -> dict[str, np.ndarray]:
        """The waves of a sentence by the name of the voice."""
        return {
            attrs["aria-label"].rpartition(",")[0]: soundfile.read(
                io.BytesIO(content(attrs["src"]))
            )[0]
            for attrs, _ in self.of("audio")
            if attrs["aria-label"].endswith(f"sentence {sentence}")
        }

    def pictures(self) -> list[bytes]:
        return [content(attrs["src"]) for attrs, _ in self.of("img")]


def content(address: str) -> bytes:
    return base64.b64decode(address.partition(";base64,")[2])


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, dict, Page]:
    folder = tmp_path_factory.mktemp("compared")
    facts = comparison(folder)
    return folder, facts, Page(write(folder, facts, AUDIO))


@pytest.fixture
def page(tmp_path):
    """Write a comparison, with one sentence unless told otherwise, and read it."""

    def build(change=lambda facts, clips: None, sentences=1) -> Page:
        facts = comparison(tmp_path)
        facts["sentences"] = facts["sentences"][:sentences]
        change(facts, facts["sentences"][0]["clips"] if sentences else {})
        return Page(write(tmp_path, facts, AUDIO))

    return build


def test_it_says_what_was_found_and_under_which_conditions(made):
    text = made[2].text
    for words in (
        "The trained voice is nearer by 1.10 dB (0.80 to 1.40).",
        "5.20 best 5.00 to 5.40 3 sentences",
        "6.30 6.10 to 6.50 3 sentences",
        "recording to recording: 8.10 (7.90 to 8.30)",
        "0.30 0.28 to 0.33",
        "1 of 3",
        "WaveNet is missing: no vocoder was named",
        "two of the sentences were heard in training",
        "the maker, today, for tests",
        "rather quiet",
        "cannot be read: too long",
        "a symbol was skipped",
        "too long by far",
        "2번째 문장입니다.",
    ):
        assert words in text, words


def test_korean_is_marked_as_korean(made):
    spoken = [attrs["lang"] for attrs, text in made[2].of("span") if "번째" in text]
    assert spoken == ["ko", "ko"]


def test_every_sound_is_the_one_of_its_file_but_for_the_level(made):
    folder, facts, page = made
    compared = 0
    for sentence in facts["sentences"]:
        for key, wave in page.sounds(sentence["line"]).items():
            (key,) = [each for each, name in NAMES.items() if name == key]
            original, _ = decode(folder / sentence["clips"][key]["wav"])
            assert np.corrcoef(wave, original)[0, 1] > 0.999
            compared += 1
    assert compared == 8


def test_the_clips_of_a_sentence_are_equally_loud(made):
    levels = [loudness(wave, RATE) for wave in made[2].sounds(1).values()]
    assert levels == pytest.approx([AUDIO.loudness_lufs] * 3, abs=0.05)


def test_a_click_lowers_the_whole_sentence_instead_of_being_clipped(page, tmp_path):
    clicking = voice(1.0, 120, 0.002)
    clicking[5000] = 0.9
    made = page(lambda *_: save(tmp_path / "xtts/0001.wav", clicking, RATE))
    levels = [loudness(wave, RATE) for wave in made.sounds(1).values()]
    assert max(levels) < AUDIO.loudness_lufs - 3
    assert levels == pytest.approx([levels[0]] * 3, abs=0.2)
    assert max(np.abs(wave).max() for wave in made.sounds(1).values()) < 0.9


def test_the_files_beside_it_stay_as_they_were(tmp_path):
    facts = comparison(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    write(tmp_path, facts | {"title": "before"}, AUDIO)
    path = write(tmp_path, facts, AUDIO)
    assert path == tmp_path / "compare.html"
    after = {other: other.read_bytes() for other in tmp_path.rglob("*.*")}
    assert b"<h1>Voices compared: logs/made</h1>" in after.pop(path)
    assert after == before


def test_an_alignment_that_systems_share_is_there_once(page):
    def share(facts, clips):
        clips["xtts"]["alignment"] = clips["griffin-lim"]["alignment"]

    made = page(share)
    assert len(made.pictures()) == 3 + 1
    assert "Trained voice, Griffin-Lim; XTTS, zero-shot" in made.text


def test_markup_in_texts_is_escaped(page):
    def say(facts, clips):
        facts["title"] = facts["remarks"][0] = EVIL
        facts["systems"][1]["name"] = facts["missing"][0]["reason"] = EVIL
        clips["griffin-lim"]["warnings"] = [EVIL]

    made = page(say)
    assert [attrs for attrs, _ in made.of("script")] == [{"type": "module"}]
    assert made.of("h1")[0][1] == f"Voices compared: {EVIL}"
    assert made.source.count(EVIL) == 0
    labels = [attrs["aria-label"] for attrs, _ in made.of("audio")]
    assert f"{EVIL}, sentence 1" in labels


def test_the_policy_allows_its_own_parts_and_nothing_else(made):
    page = made[2]
    (policy,) = [
        attrs["content"]
        for attrs, _ in page.of("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]

    def allowed(tag: str) -> str:
        ((_, text),) = page.of(tag)
        digest = hashlib.sha256(text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    assert dict(rule.strip().split(" ", 1) for rule in policy.split(";")) == {
        "default-src": "'none'",
        "img-src": "data:",
        "media-src": "data:",
        "style-src": allowed("style"),
        "script-src": allowed("script"),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_no_reference_leaves_the_file(made):
    for _, attrs, _ in made[2].found:
        for name, value in attrs.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in ("src", "href", "srcset", "action"):
                assert value.startswith(("data:", "#"))
    assert not re.search(r"\w+://|@import|url\(", made[2].source)


@pytest.mark.parametrize("damage", ["missing", "damaged", "empty"])
def test_a_sound_that_cannot_be_read_is_said_at_its_clip(page, tmp_path, damage):
    def spoil(facts, clips):
        path = tmp_path / "xtts/0001.wav"
        if damage == "missing":
            path.unlink()
        elif damage == "damaged":
            path.write_bytes(b"no sound at all")
        else:
            save(path, np.zeros(0), RATE)

    made = page(spoil)
    assert "xtts/0001.wav: " in made.text
    assert str(tmp_path) not in made.source
    assert list(made.sounds(1)) == [NAMES["recording"], NAMES["griffin-lim"]]


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_an_alignment_that_cannot_be_read_is_left_out(page, tmp_path, content):
    def spoil(facts, clips):
        path = tmp_path / "griffin-lim/0001.png"
        path.unlink() if content is None else path.write_bytes(content)

    made = page(spoil)
    assert len(made.pictures()) == len(made.sounds(1)) == 3


def test_silence_and_very_short_sounds_have_their_place(page, tmp_path):
    def shorten(facts, clips):
        save(tmp_path / "xtts/0001.wav", np.zeros(RATE), RATE)
        save(tmp_path / "griffin-lim/0001.wav", voice(1.0, 120)[:40], RATE)

    sounds = page(shorten).sounds(1)
    assert not sounds[NAMES["xtts"]].any()
    assert sounds[NAMES["griffin-lim"]].size == 40


def test_an_almost_empty_comparison_is_written(page):
    """No sentence, no figure, no reference; and letters that no file can hold."""

    def reduce(facts, clips):
        facts |= {"figures": [], "verdict": [], "reference": None, "missing": []}
        facts |= {"systems": facts["systems"][1:2], "title": "half a letter: \udcff"}

    made = page(reduce, sentences=0)
    assert "half a letter: ?" in made.text
    assert made.of("audio") == []

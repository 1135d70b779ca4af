"""The page of a comparison in a browser: its players."""

import pytest

from moksori.audio.files import decode
from tests.browser import until
from tests.comparison.page.compared import NAMES
from tests.comparison.page.opened import PLAYED, PLAYING, button, click, count, press

pytestmark = pytest.mark.browser

HEAD = "getComputedStyle(document.querySelector('.active .playhead')).left"


def test_every_sound_loads_with_its_length(page, made):
    facts, path = made
    loaded = 0
    for number, sentence in enumerate(facts["sentences"], start=1):
        for place, key in enumerate(NAMES, start=1):
            if "wav" not in sentence["clips"][key]:
                continue
            click(page, button(number, place))
            node = f"{button(number, place)}.closest('.clip').querySelector('audio')"
            until(page, f"{node}.readyState >= 2")
            wave, rate = decode(path.parent / sentence["clips"][key]["wav"])
            seconds = page.execute_script(f"return {node}.duration")
            assert seconds == pytest.approx(wave.size / rate, rel=0.01)
            loaded += 1
        # There are players for the sentence that is listened to, and for no other.
        assert page.execute_script(f"return {count('audio')}") <= len(NAMES)
    assert loaded == 8


def test_the_playhead_moves_and_stops_at_the_end(page):
    click(page, button(1, 1))
    first = float(until(page, HEAD).removesuffix("px"))
    until(page, f"parseFloat({HEAD}) > {first + 20}")
    assert page.execute_script(f"return {button(1, 1)}.ariaLabel").startswith("Pause")
    until(page, f"!{PLAYING}.length")
    track = "document.querySelector('.active .sound').clientWidth"
    end = page.execute_script(f"return parseFloat({HEAD}) / {track}")
    assert end == pytest.approx(1, abs=0.02)
    assert page.execute_script(f"return {button(1, 1)}.ariaLabel").startswith("Play")


def test_one_plays_at_a_time(page):
    click(page, button(1, 1))
    until(page, f"{PLAYED}.join() === 'Recording, sentence 1'")
    click(page, button(2, 3))
    until(page, f"{PLAYED}.join() === 'XTTS, zero-shot, sentence 2'")
    click(page, button(2, 3))
    until(page, f"!{PLAYING}.length")


def test_another_voice_goes_on_at_the_same_moment(page):
    page.execute_script("document.querySelector('#sentence-2 .play').focus()")
    press(page, " ", "document.querySelector('#sentence-2 .track')")
    until(page, f"{PLAYING}[0]?.currentTime > 0.3")
    for key, name in (
        ("2", NAMES["griffin-lim"]),
        ("ArrowRight", NAMES["xtts"]),
        ("ArrowRight", NAMES["recording"]),
    ):
        before = page.execute_script(f"return {PLAYING}[0].currentTime")
        press(page, key)
        until(page, f"{PLAYED}.join() === '{name}, sentence 2'")
        after = until(page, f"{PLAYING}[0].currentTime")
        assert before - 0.02 <= after <= before + 0.4
    press(page, " ")
    until(page, f"!{PLAYING}.length")


def test_a_click_into_the_picture_plays_from_there(page):
    from selenium.webdriver import ActionChains

    track = page.find_element("css selector", "#sentence-2 .clip:nth-child(2) .track")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", track)
    ActionChains(page).move_to_element(track).click().perform()
    found = until(page, f"{PLAYING}[0]?.currentTime")
    longest = max(
        page.execute_script(
            "return [...document.querySelectorAll('#sentence-2 [role=slider]')]"
            ".map((one) => Number(one.ariaValueMax))"
        )
    )
    assert longest / 2 - 0.05 <= found <= longest / 2 + 0.4


def test_the_slider_answers_to_keys(page):
    slider = "document.querySelectorAll('#sentence-1 .track')[1]"
    for key, wanted in (("ArrowRight", 0.1), ("PageUp", 1.1), ("Home", 0.0)):
        press(page, key, slider)
        value = page.execute_script(f"return Number({slider}.ariaValueNow)")
        assert value == pytest.approx(wanted, abs=0.02)
    press(page, "End", slider)
    assert page.execute_script(
        f"return {slider}.ariaValueNow === {slider}.ariaValueMax"
    )


def test_keys_can_be_turned_off(page):
    click(page, "document.getElementById('keys')")
    press(page, "1")
    assert page.execute_script(f"return {count('audio')}") == 0
    click(page, "document.getElementById('keys')")
    press(page, "1")
    until(page, f"{PLAYED}.length === 1")

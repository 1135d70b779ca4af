"""The page of a comparison in a browser: its players, and that nothing is requested."""

import pytest

from moksori.comparison.page.build import write
from tests.browser import chromium, complaints, open_page, requested, until
from tests.comparison.page.compared import AUDIO, EVIL, NAMES, comparison

pytestmark = pytest.mark.browser

PLAYING = "[...document.querySelectorAll('audio')].filter((one) => !one.paused)"
PLAYED = f"{PLAYING}.map((one) => one.ariaLabel).join()"


@pytest.fixture(scope="module")
def browser():
    with chromium("--window-size=1280,1400") as driver:
        yield driver


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    return write(folder, comparison(folder), AUDIO)


@pytest.fixture
def page(browser, made):
    """The page freshly opened; at the end it has not complained, and has not asked for
    anything outside of itself."""
    open_page(browser, made)
    yield browser
    assert complaints(browser) == []
    asked = requested(browser)
    assert any(address.endswith("/compare.html") for address in asked)
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []


def play(driver, sentence: int, voice: int) -> str:
    """Play a voice of a sentence, and return its name once it is heard."""
    clips = f"document.querySelectorAll('section')[{sentence}]"
    driver.execute_script(f"{clips}.querySelectorAll('audio')[{voice}].play()")
    return until(driver, f"{PLAYING}[0]?.currentTime > 0.1 && {PLAYED}")


def test_one_plays_at_a_time(page):
    assert play(page, 0, 0) == "Recording, sentence 1"
    assert play(page, 1, 2) == "XTTS, zero-shot, sentence 2"
    until(page, f"!{PLAYING}.length")


def test_another_voice_goes_on_at_the_same_moment(page):
    play(page, 1, 0)
    for key in ("2", "3", "1"):
        before = until(page, f"{PLAYING}[0]?.currentTime")
        page.find_element("tag name", "body").send_keys(key)
        name = list(NAMES.values())[int(key) - 1]
        until(page, f"{PLAYED} === '{name}, sentence 2'")
        after = until(page, f"{PLAYING}[0]?.currentTime")
        assert before - 0.02 <= after <= before + 0.4


def test_blind_listening_hides_names_and_shuffles(page):
    seen = "document.body.innerText.toLowerCase()"
    order = (
        "[...document.querySelectorAll('section audio')]"
        ".map((one) => one.ariaLabel).join()"
    )
    orders = set()
    for _ in range(8):
        page.execute_script("document.getElementById('blind').click()")
        text = page.execute_script(f"return {seen}")
        hidden = [*NAMES.values(), "failed", "distortion", "cannot be read"]
        assert [word for word in hidden if word.lower() in text] == []
        assert "voice" in text
        shown = "[...document.images].filter((one) => one.checkVisibility()).length"
        assert page.execute_script(f"return {shown}") == 0
        orders.add(page.execute_script(f"return {order}"))
        page.execute_script("document.getElementById('blind').click()")
    assert len(orders) > 1
    assert NAMES["xtts"].lower() in page.execute_script(f"return {seen}")


def test_markup_in_texts_is_shown_as_text(page):
    text = page.execute_script("return document.body.textContent")
    assert text.count(EVIL) == 2
    assert page.title == "logs/made: voices compared"


@pytest.mark.parametrize("width", [320, 390, 800])
def test_it_fits_a_narrow_window(page, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        across = page.execute_script("return document.documentElement.scrollWidth")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert across == width


def test_the_policy_blocks_requests(browser, made):
    """The policy is obeyed, so that the log of requests can be trusted."""
    open_page(browser, made)
    browser.execute_script(
        "window.refused = [];"
        "addEventListener('securitypolicyviolation',"
        " (event) => refused.push(event.effectiveDirective));"
        "for (const name of ['img', 'audio']) {"
        "  const node = document.createElement(name);"
        "  node.src = `http://127.0.0.1:9/${name}`; document.body.append(node); }"
        "fetch('http://127.0.0.1:9/fetch').catch(() => {});"
    )
    until(browser, "refused.length === 3")
    found = browser.execute_script("return refused.sort()")
    assert found == ["connect-src", "img-src", "media-src"]
    assert len([line for line in complaints(browser) if "violates" in line]) >= 3

"""A song in another voice, in a browser: clips, training, model, cover, files."""

import urllib.request
from dataclasses import replace

import pytest

from tests.browser import complaints, until
from tests.service.pages.fake import EVIL, serving
from tests.service.pages.walking import DRAWN, fill
from tests.service.vocals import WAV, Singers, song
from tests.service.working import working

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("service_installed")]


@pytest.fixture
def page(browser, settings, database, storage):
    """A function that opens a path; at the end nothing was refused or went wrong."""
    from moksori.service.web import create_app

    tasks = Singers()
    lacks = {"missing": [], "missing_for_covers": ["make covers"]}
    tasks.functions["initialize"] = lambda context: lacks
    settings = replace(settings, queues=(*settings.queues, "voice-training"))
    app = create_app(settings, database, storage)
    with working(settings, database, storage, tasks), serving(app) as address:
        browser.get(address + "/login")
        browser.delete_all_cookies()
        browser.execute_script("sessionStorage.clear()")
        complaints(browser)

        def open_path(path: str = "/"):
            browser.get(address + path)
            return browser

        yield open_path
        browser.get("about:blank")
    assert [line for line in complaints(browser) if "ERR_" not in line] == []


def show(driver, selector: str):
    return until(driver, f"document.querySelector('{selector}')")


def train(page, tmp_path, name: str, epochs: int):
    """Fill the form of a model and send it."""
    sound = tmp_path / f"{EVIL.replace('/', '')}.wav"
    sound.write_bytes(WAV)
    driver = page("/train")
    until(driver, "document.querySelectorAll('#prohibited input').length")
    driver.find_element("id", "recordings").send_keys(str(sound))
    until(driver, DRAWN)
    until(driver, "!document.querySelector('#warning').hidden")
    fill(driver)
    driver.find_element("id", "name").clear()
    driver.find_element("id", "name").send_keys(name)
    driver.execute_script(f"document.querySelector('#epochs').value = {epochs}")
    driver.find_element("css selector", "#new button.main").click()
    return driver


def test_from_clips_to_a_cover_that_is_saved(page, tmp_path):
    driver = train(page, tmp_path, f"wait {EVIL}", 9)
    assert "make covers" in show(driver, "#missing p").text
    until(driver, "document.querySelectorAll('#making canvas.curve').length === 2")
    until(driver, "document.querySelector('#making').innerText.includes('거리')")
    until(driver, "document.querySelector('.curve').width > 100")
    # The name is no "wait" for the program that stands in: it has ended by itself.
    show(driver, '#making a[href="/trained"]').click()
    show(driver, "#vocals .spectrogram")
    assert "9번 학습" in show(driver, "#vocals .soft").text
    assert driver.find_elements("css selector", "main img, main script") == []
    zip = show(driver, "#vocals a[download]").get_attribute("href")
    assert urllib.request.urlopen(zip).read() == b"index of 1;9 epochs"
    driver.find_element("css selector", "#vocals a.main").click()
    until(driver, "document.querySelector('#vocal_id')?.options.length")
    path = tmp_path / "song.mp3"
    path.write_bytes(song())
    driver.find_element("id", "song").send_keys(str(path))
    driver.find_element("id", "auto").click()
    assert show(driver, "output[for=semitones]").text == "0"
    driver.find_element("css selector", "#cover button.main").click()
    until(driver, "document.querySelectorAll('#result a[download]').length === 4")
    until(driver, DRAWN)
    links = driver.find_elements("css selector", "#result a[download]")
    with urllib.request.urlopen(links[0].get_attribute("href")) as answer:
        assert "-cover.mp3" in answer.headers["content-disposition"]
    page("/jobs")
    until(driver, "document.querySelectorAll('#jobs .item').length === 2")


def test_a_training_is_stopped_trained_on_and_forgotten(page, tmp_path):
    driver = train(page, tmp_path, "wait", 50)
    until(driver, "document.querySelector('#making').innerText.includes('50번 중 2')")
    # It is still shown after the page was left.
    page("/trained")
    until(driver, "document.querySelector('#vocals progress')?.value > 0.2")
    show(driver, "#vocals .progress + .actions button").click()
    until(driver, "document.querySelector('#vocals summary')")
    driver.find_element("css selector", "#vocals summary").click()
    driver.execute_script("document.querySelector('.inline input').value = 2")
    driver.find_element("css selector", ".inline button").click()
    until(driver, "document.querySelector('#vocals progress')")
    until(driver, "!document.querySelector('#vocals progress')")
    show(driver, "#vocals button.danger").click()
    until(driver, "!document.querySelector('#none').hidden")


def test_a_model_is_brought_and_speech_changed(page, tmp_path):
    driver = page("/train")
    until(driver, "document.querySelectorAll('#prohibited input').length")
    driver.find_element("css selector", "[value=bring]").click()
    path = tmp_path / "모델.zip"
    path.write_bytes(b"PK\x03\x04 good")
    driver.find_element("id", "zip").send_keys(str(path))
    fill(driver)
    driver.find_element("css selector", "#new button.main").click()
    show(driver, '#making a[href="/trained"]')
    page("/cover")
    until(driver, "document.querySelector('#vocal_id')?.options.length")
    driver.find_element("css selector", "[value=speech]").click()
    sound = tmp_path / "말.wav"
    sound.write_bytes(WAV)
    driver.find_element("id", "recording").send_keys(str(sound))
    driver.find_element("css selector", "#cover button.main").click()
    until(driver, "document.querySelectorAll('#result a[download]').length === 1")
    until(driver, DRAWN)

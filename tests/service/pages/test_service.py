"""The pages of the real service in a browser: its web, its queue, a voice of tones."""

import time
import urllib.request
from dataclasses import replace

import numpy as np
import pytest

from tests.browser import complaints, until
from tests.service import people
from tests.service.pages.fake import EVIL, serving
from tests.service.pages.walking import DONE, DRAWN, SOUND, fill, speak
from tests.service.signing import PASSWORD
from tests.service.tones import Tones
from tests.service.working import working

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("service_installed")]

LONG = "하나 둘 셋. " * 12


class Hissing(Tones):
    """Speak by noise, which holds a watermark better than tones."""

    def sound(self, reading, speaker=None, seed=0, speed=1.0, say=print):
        noise = np.random.default_rng(0)
        for tone in super().sound(reading, speaker, seed, speed, say):
            yield 0.1 * noise.standard_normal(len(tone)).astype(np.float32)


class Speaking(people.Tasks):
    """The tasks of a worker, by a voice that takes `pace` seconds a sentence."""

    def __init__(self):
        super().__init__()
        self.pace = 0.0
        self.functions["speak"] = self.speak
        self.functions["initialize"] = lambda context: {"missing": ["XTTS"]}

    def speak(self, context) -> dict:
        from moksori.service import speaking

        return speaking.speak(context, Hissing(at=lambda i: time.sleep(self.pace)))


@pytest.fixture
def settings(settings, request):
    return replace(settings, accounts=getattr(request, "param", False))


@pytest.fixture
def tasks():
    return Speaking()


@pytest.fixture
def app(settings, database, storage, tasks):
    from moksori.service.web import create_app

    with working(settings, database, storage, tasks):
        yield create_app(settings, database, storage)


@pytest.fixture
def page(browser, app):
    """A function that opens a path; at the end nothing was refused or went wrong."""
    with serving(app) as address:
        browser.get(address + "/login")
        browser.delete_all_cookies()
        complaints(browser)

        def open_path(path: str = "/"):
            browser.get(address + path)
            return browser

        yield open_path
        browser.get("about:blank")
    assert [line for line in complaints(browser) if "ERR_" not in line] == []


def text_of(driver, selector: str) -> str:
    return until(driver, f"document.querySelector('{selector}')?.textContent")


def test_from_text_to_a_file_that_is_known_as_ours(page, tasks, tmp_path):
    tasks.pace = 0.1
    driver = page()
    speak(driver, LONG + EVIL)
    until(driver, "document.querySelector('#result progress')?.value > 0.1")
    # It is heard before it is complete.
    until(driver, f"{SOUND}.currentTime > 0.1")
    assert driver.find_elements("css selector", "#result progress")
    link = until(driver, f"{DONE}?.href")
    until(driver, DRAWN)
    assert driver.find_elements("css selector", "main img, main script") == []
    sound = tmp_path / f"{EVIL.replace('/', '')}.mp3"
    sound.write_bytes(urllib.request.urlopen(link).read())
    page("/verify").find_element("id", "audio").send_keys(str(sound))
    driver.find_element("css selector", "button.main").click()
    assert text_of(driver, ".verdict") == "여기서 만든 소리입니다."
    assert "moksori" not in text_of(driver, "#answer .soft")


def test_cancel_within_a_text(page, tasks):
    tasks.pace = 0.3
    driver = page()
    speak(driver, LONG)
    until(driver, "document.querySelector('#result progress')?.value > 0")
    driver.find_element("css selector", "#result button.quiet").click()
    until(driver, "document.querySelector('#result .state.cancelled')")
    page("/jobs")
    assert text_of(driver, "#jobs .state") == "취소됨"


def test_a_server_that_starts_again_is_found_again(browser, app, tasks):
    tasks.pace = 0.3
    with serving(app) as address:
        browser.get(address)
        speak(browser, LONG)
        until(browser, "document.querySelector('#result progress')?.value > 0")
    until(browser, "document.querySelector('.progress p').textContent.includes('다시')")
    with serving(app, int(address.rpartition(":")[2])):
        until(browser, DONE)
        browser.get("about:blank")
    complaints(browser)


def test_jobs_move_while_they_are_watched(page, tasks):
    tasks.pace = 0.2
    driver = page()
    speak(driver, LONG)
    until(driver, "document.querySelector('#result progress')")
    page("/jobs")
    until(driver, "document.querySelector('#jobs progress')?.value > 0.2")
    until(driver, "document.querySelector('#jobs a[download]')")
    assert text_of(driver, "#jobs .state") == "완료"


def test_what_cannot_be_read_is_said(page):
    driver = page()
    speak(driver, "龘")
    until(driver, "document.querySelector('#result .state.failed')")
    assert "읽을 수 없는 글" in text_of(driver, "#said.warning")
    # There was nothing to hear.
    assert all("/audio" in line for line in complaints(driver))


def test_a_voice_from_its_consent_to_its_revocation(page, tmp_path):
    sound = tmp_path / f"{EVIL.replace('/', '')}.wav"
    sound.write_bytes(people.sound(400, 12))
    driver = page("/voices")
    until(driver, "document.querySelectorAll('#prohibited input').length")
    driver.find_element("id", "recordings").send_keys(str(sound))
    until(driver, "document.querySelector('#previews .head button')").click()
    until(driver, "document.querySelector('#previews dl')")
    statement = tmp_path / "statement.wav"
    statement.write_bytes(people.sound(400, 5, seed=3))
    driver.find_element("id", "statement").send_keys(str(statement))
    fill(driver)
    driver.find_element("css selector", "#new button.main").click()
    until(driver, "document.querySelector('#said').textContent.includes('준비되었')")
    until(driver, "document.querySelector('#profiles .state.ready')")
    until(driver, "document.querySelector('#consents button')").click()
    driver.find_element("id", "reason").send_keys("마음이 바뀌어서")
    driver.find_element("css selector", "#revoke button.danger").click()
    assert "녹음: 1" in text_of(driver, "#consents .sheet")
    for list_of in ("#consents", "#profiles"):
        assert text_of(driver, f"{list_of} .item .state") == "철회됨"


def test_the_queue_and_the_users_of_an_operator(page):
    driver = page("/admin")
    until(driver, "document.querySelectorAll('#queue dd').length === 3")


@pytest.mark.parametrize("settings", [True], ids=["accounts"], indirect=True)
def test_an_account_of_the_free_tier(page):
    driver = page("/")
    until(driver, "location.pathname === '/login'")
    driver.find_element("id", "email").send_keys("minji@example.com")
    driver.find_element("id", "password").send_keys(PASSWORD)
    driver.find_element("css selector", "button[value=register]").click()
    until(driver, "document.querySelector('#voice')?.options.length")
    formats = "[...document.querySelector('#format').options].map((one) => one.value)"
    assert driver.execute_script(f"return {formats}.join()") == "mp3"
    assert not driver.find_element("css selector", "[data-operator]").is_displayed()
    # The access token is over: it is renewed, and nobody notices.
    driver.delete_cookie("moksori_access")
    speak(driver)
    until(driver, DONE)
    page("/usage")
    until(driver, "document.querySelector('#figures').textContent.includes('무료')")
    driver.find_element("id", "label").send_keys(EVIL)
    driver.find_element("css selector", "#key button").click()
    assert text_of(driver, "#secret code").startswith("mk_")
    assert EVIL in text_of(driver, "#keys h3")
    driver.find_element("id", "leave").click()
    until(driver, "location.pathname === '/login'")
    page("/jobs")
    until(driver, "location.pathname === '/login'")
    # A refused token is what the browser itself complains of.
    complaints(driver)

"""The pages in a browser, as somebody uses them, against answers made up here."""

import base64
import json
import time

import pytest

from tests.browser import chromium, complaints, until
from tests.service.pages.fake import EVIL, Service, build, serving, tone

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("service_installed")]

PATHS = ["/", "/voices", "/jobs", "/verify", "/usage", "/admin", "/login"]
TEXT = "안녕하세요. 오늘은 날씨가 참 좋네요."
SOUND = "document.querySelector('#result audio')"
DRAWN = "document.querySelector('.spectrogram')?.checkVisibility()"
DONE = "document.querySelector('#result a[download]')"


@pytest.fixture(scope="module")
def browser():
    microphone = "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
    with chromium("--window-size=1280,1000", *microphone) as driver:
        yield driver


@pytest.fixture
def service(service_installed):
    return Service()


@pytest.fixture
def page(browser, service):
    """A function that opens a path; at the end nothing was refused or went wrong."""
    with serving(build(service)) as address:
        browser.get(address + "/login")
        browser.delete_all_cookies()
        complaints(browser)

        def open_path(path: str):
            browser.get(address + path)
            return browser

        yield open_path
        browser.get("about:blank")
    assert [line for line in complaints(browser) if "ERR_" not in line] == []


def keys(driver, *pressed):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    for each in pressed:
        ActionChains(driver).send_keys(getattr(Keys, each, each)).perform()


def focus(driver) -> str:
    return driver.execute_script(
        "const at = document.activeElement; return at.id || at.className || at.href"
    )


def speak(driver, text: str = TEXT):
    until(driver, "document.querySelector('#voice')?.options.length")
    driver.find_element("id", "text").send_keys(text)
    driver.find_element("css selector", "#speak button.main").click()


def fill(driver):
    """Fill the form of a consent."""
    for name in ("owner", "contact", "purpose", "name"):
        driver.find_element("id", name).send_keys(f"x{name}")
    for box in driver.find_elements("css selector", "#prohibited input"):
        box.click()


def test_from_text_to_download(page, service):
    driver = page("/")
    service.pace = 0.15
    speak(driver)
    until(driver, "document.querySelector('#result progress')?.value > 0.2")
    assert "말하는 중" in driver.find_element("css selector", ".progress").text
    until(driver, f"!{SOUND}.paused")
    link = until(driver, f"{DONE}?.href")
    assert link.endswith("/audio")
    until(driver, DRAWN)
    until(driver, f"{SOUND}.ended || {SOUND}.currentTime > 0.2")
    request = service.jobs[0]["request"]
    assert request["text"] == TEXT
    assert (request["speed"], request["pitch"], request["stream"]) == (1, 0, True)
    row = until(driver, "document.querySelector('#recent .row')")
    assert row.text.startswith(TEXT)


def test_pictures_show_the_sound(page, service):
    driver = page("/")
    speak(driver)
    until(driver, f"{DONE} && {DRAWN}")
    colours = (
        "(canvas) => new Set(new Uint32Array(canvas.getContext('2d')"
        ".getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size"
    )
    until(driver, f"({colours})(document.querySelector('.spectrogram')) > 50")
    until(driver, f"({colours})(document.querySelector('.wave')) > 1")


def test_a_lost_connection_is_taken_up_again(page, service):
    service.pace, service.drops = 0.1, 2
    driver = page("/")
    speak(driver)
    until(driver, DONE)
    assert service.replays == [None, "2", "4"]


def test_a_job_is_still_shown_after_the_page_was_left(page, service):
    service.pace = 0.3
    driver = page("/")
    speak(driver)
    until(driver, "document.querySelector('#result progress')?.value > 0.1")
    driver = page("/")
    until(driver, "document.querySelector('#result progress')?.value > 0.3")


def test_cancel(page, service):
    service.pace = 0.3
    driver = page("/")
    speak(driver)
    until(driver, "document.querySelector('#result button.quiet')").click()
    until(driver, "document.querySelector('#result .state.cancelled')")
    assert service.jobs[0]["state"] == "cancelled"
    assert not driver.execute_script(f"return {DONE}")


def test_a_text_that_is_too_long_is_not_sent(page, service):
    driver = page("/")
    driver.execute_script(
        "const field = document.querySelector('#text');"
        "field.value = '\\u1112\\u1161\\u11ab'.repeat(5000);"
        "field.dispatchEvent(new Event('input'))"
    )
    assert driver.find_element("id", "count").text == "5,000 / 5,000자"
    driver.find_element("id", "text").send_keys("가")
    assert driver.find_element("id", "count").text == "5,001 / 5,000자"
    driver.find_element("css selector", "#speak button.main").click()
    assert service.jobs == []


def test_by_keyboard_alone(page, service):
    driver = page("/")
    until(driver, "document.querySelector('#voice').options.length")
    keys(driver, "TAB")
    assert focus(driver) == "skip"
    keys(driver, "ENTER", "TAB")
    assert focus(driver) == "text"
    keys(driver, TEXT)
    order = []
    for _ in range(6):
        keys(driver, "TAB")
        order.append(focus(driver))
    assert order == ["voice", "speed", "pitch", "format", "listen", "main"]
    keys(driver, "ENTER")
    until(driver, DONE)
    keys(driver, "TAB")
    assert focus(driver).startswith("play")


@pytest.mark.parametrize("path", PATHS)
def test_everything_has_a_name_for_screen_readers(page, service, path):
    service.consents = [
        {"id": "c", "state": "valid", "voice_owner": EVIL, "purpose": EVIL}
    ]
    driver = page(path)
    time.sleep(0.3)
    tree = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"button", "link", "textbox", "combobox", "slider", "checkbox", "radio"}
    found = [
        node
        for node in tree
        if node.get("role", {}).get("value") in roles and not node.get("ignored")
    ]
    assert found
    unnamed = [node for node in found if not node.get("name", {}).get("value")]
    assert unnamed == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits(page, service, width, scheme):
    service.consents = [
        {"id": "c", "state": "valid", "voice_owner": EVIL * 3, "purpose": "x" * 300}
    ]
    for path in PATHS:
        driver = page("/")
        size = {"width": width, "height": 844, "deviceScaleFactor": 1}
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {**size, "mobile": width < 500}
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        try:
            for language in ("en", "ko"):
                page(f"{path}?language={language}")
                time.sleep(0.2)
                across = "return document.documentElement.scrollWidth"
                assert driver.execute_script(across) <= width, path
            picture = base64.b64decode(driver.get_screenshot_as_base64())
            assert len(picture) > 5000
        finally:
            driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_language_is_switched_and_kept(page, service):
    driver = page("/jobs")
    driver.find_element("css selector", ".corner a").click()
    until(driver, "document.documentElement.lang === 'en'")
    assert driver.current_url.endswith("/jobs")
    assert "Usage" in page("/usage").title
    driver.find_element("css selector", ".corner a").click()
    until(driver, "document.documentElement.lang === 'ko'")


def test_markup_is_shown_as_text(page, service, tmp_path):
    sound = tmp_path / "<img src=x onerror=alert(1)>.wav"
    sound.write_bytes(tone(3.0))
    driver = page("/")
    until(driver, "document.querySelector('#voice').options.length === 2")
    speak(driver, EVIL)
    until(driver, DONE)
    service.jobs[0]["message"] = EVIL
    assert EVIL in until(driver, "document.querySelector('#recent .row')").text
    for path, place in (
        ("/jobs", "#jobs"),
        ("/voices", "#profiles"),
        ("/admin", "tbody"),
    ):
        page(path)
        until(
            driver, f"document.querySelector('{place}').textContent.includes('onerror')"
        )
    page("/voices").find_element("id", "recordings").send_keys(str(sound))
    until(driver, "document.querySelector('#previews h3').textContent.includes('<img')")
    page("/verify").find_element("id", "audio").send_keys(str(sound))
    driver.find_element("css selector", "button.main").click()
    until(
        driver,
        "document.querySelector('.verdict')?.textContent === '여기서 만든 소리입니다.'",
    )
    assert driver.find_elements("css selector", "main img, main script") == []


def test_a_voice_with_a_spoken_consent(page, service, tmp_path):
    sound = tmp_path / "minji.wav"
    sound.write_bytes(tone(12.0))
    driver = page("/voices")
    until(driver, "document.querySelectorAll('#prohibited input').length === 6")
    driver.find_element("id", "recordings").send_keys(str(sound))
    until(driver, DRAWN)
    driver.find_element("css selector", "#previews .head button").click()
    until(driver, "document.querySelector('#previews dl')")
    fill(driver)
    assert "제 목소리 녹음으로" in driver.find_element("id", "sentence").text
    assert "xowner" in driver.find_element("id", "sentence").text
    record = driver.find_element("id", "record")
    record.click()
    until(driver, "document.querySelector('#record').textContent === '녹음 멈추기'")
    time.sleep(1.0)
    record.click()
    until(driver, "document.querySelector('#spoken audio')")
    driver.find_element("css selector", "#new button.main").click()
    until(
        driver, "document.querySelector('#said').textContent.includes('준비되었습니다')"
    )
    (_, consent), (_, profile) = service.forms
    assert consent["statement"][0].filename == "statement.wav"
    assert len(consent["prohibited"]) == 6
    assert len(consent["audio_sha256"][0]) == 64
    assert profile["consent_id"] == ["consents"]


def test_a_training_is_watched_and_stopped(page, service, tmp_path):
    files = [tmp_path / "1.wav", tmp_path / "1.txt"]
    files[0].write_bytes(tone(3.0))
    files[1].write_text("안녕하세요.")
    service.pace = 0.3
    driver = page("/voices")
    until(driver, "document.querySelectorAll('#prohibited input').length")
    driver.find_element("css selector", "[value=train]").click()
    paths = "\n".join(map(str, files))
    driver.find_element("id", "recordings").send_keys(paths)
    fill(driver)
    driver.find_element("css selector", "#new button.main").click()
    until(driver, "document.querySelector('#making')?.innerText.includes('8걸음')")
    until(driver, "document.querySelector('.alignment').width === 1")
    until(driver, "document.querySelector('.curve').width > 100")
    driver.find_element("css selector", "#making button").click()
    until(driver, "document.querySelector('#said').textContent.includes('멈췄습니다')")
    (_, consent), (_, training) = service.forms
    assert len(consent["audio_sha256"]) == 1
    assert [each.filename for each in training["files"]] == ["1.wav", "1.txt"]


def test_revoking_says_what_is_gone_and_what_is_not(page, service):
    service.consents = [
        {"id": "c", "state": "valid", "voice_owner": "김민지", "purpose": "동화"}
    ]
    driver = page("/voices")
    until(driver, "document.querySelector('#consents button')").click()
    driver.find_element("css selector", "#revoke button.danger").click()
    until(driver, "document.querySelectorAll('#consents li').length === 3")
    shown = driver.find_element("id", "consents").text
    assert [
        line for line in ("녹음: 1", "워터마크 번호", "백업") if line not in shown
    ] == []


def test_what_is_refused_is_said(page, service):
    driver = page("/")
    until(driver, "document.querySelector('#voice').options.length")
    refusal = {"error": "quota_exceeded", "message": "이번 달 글자를 다 썼습니다."}
    driver.execute_script(
        "window.fetch = async () => new Response(arguments[0],"
        " {status: 429, headers: {'Content-Type': 'application/json'}})",
        json.dumps(refusal),
    )
    speak(driver)
    until(driver, "document.querySelector('#said.warning')")
    assert driver.find_element("id", "said").text == refusal["message"]

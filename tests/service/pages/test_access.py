"""The pages for everybody: keyboard, screen reader, languages, sizes, any text."""

import base64
import json
import time

import pytest

from tests.browser import until
from tests.service.pages.fake import EVIL, tone
from tests.service.pages.walking import DONE, TEXT, focus, keys, speak

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("service_installed")]

PATHS = ["/", "/voices", "/jobs", "/verify", "/usage", "/admin", "/login"]


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

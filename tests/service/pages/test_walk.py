"""The pages in a browser, as somebody uses them, against answers made up here."""

import time

import pytest

from tests.browser import until
from tests.service.pages.fake import tone
from tests.service.pages.walking import DONE, DRAWN, SOUND, TEXT, fill, speak

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("service_installed")]


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
    assert "XTTS" in driver.find_element("id", "missing").text
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

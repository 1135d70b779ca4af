"""What tests do on the pages, and where they look."""

from tests.browser import until

TEXT = "안녕하세요. 오늘은 날씨가 참 좋네요."
SOUND = "document.querySelector('#result audio')"
DRAWN = "document.querySelector('.spectrogram')?.checkVisibility()"
DONE = "document.querySelector('#result a[download]')"


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

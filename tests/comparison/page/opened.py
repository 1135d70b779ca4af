"""What a person does with an open page, and what one sees and hears of it."""

from tests.browser import until

PLAYING = "[...document.querySelectorAll('audio')].filter((one) => !one.paused)"
PLAYED = f"{PLAYING}.map((one) => one.closest('.clip').ariaLabel)"


def show_all(driver) -> None:
    until(driver, "document.getElementById('sentences').childElementCount")
    for index in range(driver.execute_script(f"return {count('article')}")):
        article = f"document.querySelectorAll('article')[{index}]"
        driver.execute_script(f"{article}.scrollIntoView()")
        until(driver, f"{article}.querySelector('.clip')")


def count(selector: str) -> str:
    return f"document.querySelectorAll('{selector}').length"


def button(sentence: int, place: int) -> str:
    clip = f"#sentence-{sentence} .clip:nth-child({place})"
    return f"document.querySelector('{clip} .play')"


def click(driver, expression: str) -> None:
    driver.execute_script(f"{expression}.click()")


def press(driver, key: str, where: str = "document.body") -> None:
    options = "{bubbles: true, cancelable: true, key: arguments[0]}"
    driver.execute_script(
        f"{where}.dispatchEvent(new KeyboardEvent('keydown', {options}))", key
    )


def names(driver) -> str:
    """All that can be seen or is read aloud: text, and attributes that are spoken."""
    spoken = driver.execute_script(
        "return [...document.querySelectorAll('body *')].flatMap((one) =>"
        " ['aria-label', 'aria-valuetext', 'alt', 'title', 'class', 'id']"
        " .map((name) => one.getAttribute(name) ?? '')).join('\\n')"
    )
    text = driver.execute_script(
        "return [...document.querySelectorAll('body > :not(script):not(template)')]"
        ".map((one) => one.textContent).join('\\n')"
    )
    return f"{text}\n{spoken}"

"""A headless Chromium for tests that open a page as a person does.

Where there is no browser these tests are skipped, unless `MOKSORI_BROWSER=required`
says that there has to be one.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
)


def _absent(reason: str) -> None:
    """Skip, or fail where a browser is required."""
    if os.environ.get("MOKSORI_BROWSER") == "required":
        pytest.fail(f"MOKSORI_BROWSER=required, but {reason}")
    pytest.skip(reason)


@contextmanager
def chromium(*flags: str) -> Iterator:
    """A selenium driver whose console and requests are recorded; nothing is fetched.

    Everything the browser writes goes into a folder that is removed at the end.
    """
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    server = shutil.which("chromedriver")
    if not browser or not server:
        _absent("chromium and chromedriver are not installed")
    try:
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service
        from selenium.webdriver.chrome.webdriver import WebDriver
    except ImportError as error:
        _absent(f"selenium cannot be imported: {error}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = Options()
        options.binary_location = browser
        for flag in (*_QUIET, f"--user-data-dir={profile}", *flags):
            options.add_argument(flag)
        options.set_capability(
            "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
        )
        driver = WebDriver(options, Service(executable_path=server))
        try:
            yield driver
        finally:
            driver.quit()


def open_page(driver, path: Path) -> None:
    """Load a file as a page and forget what was logged before."""
    driver.get("about:blank")
    driver.get_log("performance")
    driver.get_log("browser")
    driver.get(path.resolve().as_uri())


def requested(driver) -> list[str]:
    """The addresses that were asked for since the last time, data cut short."""
    events = [json.loads(row["message"]) for row in driver.get_log("performance")]
    messages = [event["message"] for event in events]
    return [
        message["params"]["request"]["url"][:200]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def complaints(driver) -> list[str]:
    """What the console was told since the last time: errors, warnings, refusals."""
    return [row["message"] for row in driver.get_log("browser")]


def until(driver, condition: str, seconds: float = 20.0):
    """The value of a JavaScript expression as soon as it is true.

    Raises `AssertionError` when it does not become true in time.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := driver.execute_script(f"return {condition}"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {condition}")

"""A browser, and a service to open in it whose answers are made up."""

import pytest

from tests.browser import chromium, complaints
from tests.service.pages.fake import Service, build, serving


@pytest.fixture(scope="package")
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

"""The pages without a browser: texts, templates, languages, what they load."""

import re

import pytest

from tests.service.pages.fake import Service, build

pytestmark = pytest.mark.usefixtures("service_installed")


@pytest.fixture
def client(service_installed):
    from fastapi.testclient import TestClient

    return TestClient(build(Service()), "http://127.0.0.1")


def names(branch: dict, above: str = "") -> set[str]:
    found = set()
    for key, value in branch.items():
        name = f"{above}{key}"
        found |= names(value, f"{name}.") if isinstance(value, dict) else {name}
    return found


def test_both_languages_have_the_same_texts():
    from moksori.service.consents import PROHIBITED_USES
    from moksori.service.pages import LANGUAGES, texts

    korean, english = map(texts, LANGUAGES)
    # The Korean lines are those that a consent records.
    english = dict(english)
    uses = english.pop("uses")
    assert set(uses) == set(PROHIBITED_USES)
    assert names(korean) == names(english)
    for name in names(korean):
        both = korean, english
        for part in name.split("."):
            both = both[0][part], both[1][part]
        places = [sorted(re.findall(r"\{\w+\}", each)) for each in both]
        assert places[0] == places[1], name


def test_scripts_use_texts_that_exist():
    from moksori.service import pages

    known = names(pages.texts("ko"))
    used = [
        name
        for path in sorted(pages._PARTS.glob("*.js"))
        for name in re.findall(r"\btext\(\"([\w.]+)\"", path.read_text("utf-8"))
    ]
    assert len(used) > 30
    assert [name for name in used if name not in known] == []


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    "page",
    [
        *("/", "/voices", "/train", "/trained", "/cover", "/jobs", "/verify", "/usage"),
        *("/admin", "/login"),
    ],
)
def test_a_page_is_in_its_readers_language(client, page, language):
    if language == "en":
        answer = client.get(f"{page}?language=en")
        assert str(answer.url).endswith(page)
    html = client.get(page).text
    assert f'<html lang="{language}">' in html
    # The policy would refuse all of these.
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert len(loaded) == 3
    for address in loaded:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_another_language_and_another_page_lead_nowhere(client):
    assert '<html lang="ko">' in client.get("/?language=../../x").text
    client.cookies.set("language", "../en")
    assert '<html lang="ko">' in client.get("/").text


@pytest.mark.parametrize(
    "name",
    ["base.html", "..%2fpages.py", "%2e%2e%2fsettings.py", "x.css", "..%5c..%5ca.css"],
)
def test_nothing_else_is_sent(client, name):
    from moksori.service.pages import version

    assert client.get(f"/static/{version()}/{name}").status_code == 404


def test_what_has_another_hash_is_not_kept(client):
    answer = client.get("/static/0123/page.css")
    assert answer.headers["cache-control"] == "no-store"

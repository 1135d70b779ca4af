"""Forged access tokens: none of them names a user."""

import base64
import hmac
import json
import time

import pytest

from tests.service.signing import registered


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def part(value: dict) -> str:
    return encoded(json.dumps(value).encode())


@pytest.fixture
def forge(web, settings):
    """Sign claims that are right but for `changes`, with a header and a key of choice.

    Returns a function, and one that asks a route with the token.
    """
    from moksori.service import tokens

    access = registered(web)[0]["access_token"]
    right = json.loads(base64.urlsafe_b64decode(access.split(".")[1] + "=="))
    own = tokens._key(settings).raw_value

    # Made by hand, as the library signs nothing that is odd.
    def forged(header=None, key=own, hash="sha256", **changes):
        claims = {**right, **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        head = part({"alg": "HS256", "typ": "JWT", **(header or {})})
        signed = f"{head}.{part(claims)}"
        return f"{signed}.{encoded(hmac.digest(key, signed.encode(), hash))}"

    def status(token):
        headers = {"authorization": f"Bearer {token}"}
        return web.get("/api/v1/usage", headers=headers).status_code

    assert status(access) == status(forged()) == 200
    return forged, status


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "never"},
        {"exp": [9e9]},
        {"aud": "another-api"},
        {"aud": None},
        {"iss": "another"},
        {"iss": None},
        {"sub": "0" * 32},
        {"sub": None},
        {"sub": "' or 1=1 --"},
        {"sid": "0" * 32},
        {"sid": None},
    ],
    ids=str,
)
def test_claims_must_all_be_right(forge, changes):
    forged, status = forge
    assert status(forged(**changes)) == 401


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RS256"},
        {"alg": ["HS256"]},
        {"alg": None},
        {"crit": ["exp"], "exp": 9e9},
        {"b64": False, "crit": ["b64"]},
    ],
    ids=str,
)
def test_one_algorithm_counts_whatever_the_header_says(forge, header):
    forged, status = forge
    assert status(forged(header)) == 401
    for hash in ("sha384", "sha512"):
        assert status(forged({"alg": f"HS{hash[3:]}"}, hash=hash)) == 401


def test_an_unsigned_token_counts_nothing(forge):
    forged, status = forge
    head, body, signature = forged().split(".")
    for alg in ("none", "None", "NONE", ""):
        for end in ("", signature):
            assert status(f"{part({'alg': alg, 'typ': 'JWT'})}.{body}.{end}") == 401
    assert status(f"{head}.{body}.") == 401
    assert (
        status(f"{head}.{part({'sub': 'x', 'exp': time.time() + 60})}.{signature}")
        == 401
    )


def test_keys_of_others_do_not_sign(forge, settings):
    from joserfc import jws
    from joserfc.jwk import RSAKey

    forged, status = forge
    rsa = RSAKey.generate_key(2048)
    # The service's own secret signs links and more, and no tokens.
    for key in (b"", b"secret", settings.secret.encode(), rsa.as_pem(private=False)):
        for kid in (None, "/dev/null", "../../../dev/null", "' union select '", "1"):
            assert status(forged({"kid": kid} if kid else {}, key=key)) == 401
    attacker = b"attacker" * 4
    jwk = {"kty": "oct", "k": encoded(attacker)}
    named = {"jwk": jwk, "jku": "https://evil.example/keys"}
    assert status(forged(named, key=attacker)) == 401
    body = base64.urlsafe_b64decode(forged().split(".")[1] + "==")
    header = {"alg": "RS256", "jwk": rsa.as_dict(private=False)}
    assert status(jws.serialize_compact(header, body, rsa, ["RS256"])) == 401


def test_no_other_secret_is_an_access_token(web, forge):
    _, status = forge
    tokens, _ = registered(web, "other@example.com")
    access = tokens["access_token"]
    for text in (
        tokens["refresh_token"],
        access[:-2],
        access + "." + access,
        access.replace(".", ".."),
        "." * 1000,
        "a.b.c",
        access + "x" * 10_000,
        f"mk_{access}",
    ):
        assert status(text) == 401

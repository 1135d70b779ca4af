"""Requests that Hypothesis makes of what OpenAPI describes, and near it."""

from functools import partial

import pytest

from tests.service.described import operations
from tests.service.signing import registered

pytestmark = pytest.mark.fuzz
EXAMPLES = 30
# Who signs out, or changes the password, is a stranger afterwards.
LEFT_OUT = ("/api/v1/auth/",)


def values(schema, schemas):
    """Return a strategy of JSON for a schema, of which a tenth is something else."""
    from hypothesis import strategies as st

    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return st.one_of(*(values(each, schemas) for each in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        right = st.sampled_from(schema.get("enum", [schema.get("const")]))
    elif schema.get("type") == "object":
        inner, (example, *_) = (
            schema.get("properties", {}),
            schema.get("examples", [{}]),
        )
        wanted = {name: values(each, schemas) for name, each in inner.items()}
        for name, each in inner.items():
            # Or no request would be right.
            if (usual := example.get(name, each.get("default"))) is not None:
                often = [st.just(usual)] * 3
                wanted[name] = st.one_of(*often, wanted[name])
        must = {name: wanted.pop(name) for name in schema.get("required", ())}
        right = st.fixed_dictionaries(must, optional=wanted)
    elif schema.get("type") == "array":
        right = st.lists(values(schema["items"], schemas), max_size=3)
    else:
        right = {
            "integer": st.integers(),
            "number": st.floats(),
            "boolean": st.booleans(),
            "null": st.none(),
        }.get(schema.get("type"), st.text())
    other = st.one_of(st.none(), st.integers(), st.text(), st.just({}), st.just([]))
    return st.integers(0, 9).flatmap(lambda n: other if n == 7 else right)


def requests(method, path, operation, schemas, known):
    """Return a strategy of what `client.request` takes, for one operation."""
    from hypothesis import strategies as st

    given = {"path": {}, "query": {}, "header": {}}
    for each in operation.get("parameters", ()):
        found = values(each["schema"], schemas).map(str)
        if each["name"] in known:
            found = st.one_of(st.just(known[each["name"]]), found)
        if each["in"] == "header":
            letters = st.characters(min_codepoint=33, max_codepoint=126)
            found = st.text(letters, max_size=200)
        if each["in"] in given:
            given[each["in"]][each["name"]] = found
    content = operation.get("requestBody", {}).get("content", {})
    bodies = {
        kind: values(each["schema"], schemas)
        for kind, each in content.items()
        if kind == "application/json"
    }
    return st.fixed_dictionaries(
        {
            "method": st.just(method),
            "path": st.fixed_dictionaries(given["path"]),
            "params": st.fixed_dictionaries({}, optional=given["query"]),
            "headers": st.fixed_dictionaries({}, optional=given["header"]),
            **({"json": bodies["application/json"]} if bodies else {}),
        }
    )


def test_any_request_is_answered_as_described(whole, database):
    import jsonschema

    from tests.service.test_openapi import things

    _, headers = registered(whole)
    user = whole.get("/api/v1/usage", headers=headers).json()["user"]["id"]
    described = whole.app.openapi()
    schemas = described["components"]["schemas"]
    tried = set()

    def ask(path, operation, asked):
        url = path.format(**{n: quoted(v) for n, v in asked.pop("path").items()})
        sent = {**headers, **asked.pop("headers")}
        answer = whole.request(url=url, headers=sent, **plain(asked))
        assert answer.status_code < 500, answer.text
        responses, status = operation["responses"], str(answer.status_code)
        told = responses["default"] if answer.is_error else responses[status]
        schema = told.get("content", {}).get("application/json", {}).get("schema")
        if schema and answer.headers.get("content-type") == "application/json":
            whole_schema = {**schema, "components": described["components"]}
            jsonschema.validate(answer.json(), whole_schema)
        tried.add((asked["method"], path, answer.status_code < 300))

    for method, path, operation in operations(whole.app):
        if path.startswith(LEFT_OUT):
            continue
        known = things(database, whole.app.state.storage, user)
        strategy = requests(method, path, operation, schemas, known)
        _run(strategy, partial(ask, path, operation))
    # Some were right; texts that are, `test_requests` sends.
    assert len([each for each in tried if each[2]]) > 5
    assert ("POST", "/api/v1/synthesize", False) in tried


def _run(strategy, ask):
    import hypothesis

    bounds = {"max_examples": EXAMPLES, "derandomize": True, "database": None}

    @hypothesis.settings(**bounds, deadline=None)
    @hypothesis.given(strategy)
    def one(asked):
        ask(asked)

    one()


def quoted(value):
    from urllib.parse import quote

    # A path with an empty part, or with dots, is another one.
    value = value.encode("utf-8", "surrogatepass")
    return quote(value, safe="").replace(".", "%2E") or "%20"


def plain(asked):
    """Send what JSON has no number for as the words that Python reads as such."""
    import json

    if "json" in asked:
        body = json.dumps(asked.pop("json")).encode()
        asked = {**asked, "content": body}
    return asked

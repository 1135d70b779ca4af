"""Ask for what an application describes in its OpenAPI, by examples of each."""

import io
import json
import struct
import wave
from functools import cache


def operations(app):
    """Yield method, path and description of every operation."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def example(schema, schemas, given, name=""):
    """Return a value that a schema allows; of a name in `given`, that one."""
    if name in given:
        return [given[name]] if schema.get("type") == "array" else given[name]
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for key in ("examples", "enum"):
        if schema.get(key):
            found = schema[key][0]
            if isinstance(found, dict):
                return {k: given.get(k, v) for k, v in found.items()}
            return found
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    for one in schema.get("anyOf", ()):
        return example(one, schemas, given, name)
    kind = schema.get("type")
    if kind == "object":
        return {
            each: example(inner, schemas, given, each)
            for each, inner in schema.get("properties", {}).items()
            if each in schema.get("required", ()) or each in given
        }
    if kind == "array":
        return [example(schema["items"], schemas, given, name)]
    simple = {"integer": 1, "number": 1.0, "boolean": True}
    return simple.get(kind, "word")


def asked(client, method, path, operation, given, headers, file=b"RIFF"):
    """Ask an operation with ids and names of `given`, everything else by example."""
    schemas = client.app.openapi()["components"]["schemas"]
    query = {}
    for parameter in operation.get("parameters", ()):
        name = parameter["name"]
        if parameter["in"] == "path":
            # Of jobs there are kinds, and a route may be for one.
            known = "training_id" if "/trainings/" in path else name
            assert known in given, f"{path}: add what {known} is to `things`"
            path = path.replace(f"{{{name}}}", given[known])
        elif parameter["in"] == "query" and (name in given or parameter["required"]):
            query[name] = example(parameter["schema"], schemas, given, name)
    sent = {}
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        value = example(body["schema"], schemas, given)
        if kind == "application/json":
            sent = {"json": value}
            continue
        schema = schemas[body["schema"]["$ref"].rpartition("/")[2]]["properties"]
        files = {name for name in schema if "octet-stream" in json.dumps(schema[name])}
        sent = {
            "data": {name: value[name] for name in value.keys() - files},
            "files": [(name, ("a.wav", file)) for name in files],
        }
    return client.request(method, path, params=query, headers=headers, **sent)


@cache
def tone():
    """Return a WAV file of twelve seconds."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 8000, 0, "NONE", ""))
        written.writeframes(struct.pack("<hh", 8000, -8000) * 48_000)
    return file.getvalue()

"""Holds every example of an OpenAPI document against its schema: examples.py URL-OF-OPENAPI-JSON"""

import json
import sys
import urllib.request

import jsonschema_rs

with urllib.request.urlopen(sys.argv[1]) as answer:
    document = json.load(answer)


def resolved(node):
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def check(example, schema, where):
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})
    return [f"{where}: {error.message}" for error in validator.iter_errors(example)]


wrong, count = [], 0
schemas = document["components"]["schemas"]
for name, schema in schemas.items():
    if "example" in schema:
        count += 1
        wrong += check(schema["example"], schema, name)
for path, operations in document["paths"].items():
    for method, operation in operations.items():
        where = f"{method} {path}"
        for parameter in operation.get("parameters", []):
            parameter = resolved(parameter)
            count += 1
            # The pages that try an API fill in examples, but every request needs a key of its own.
            if parameter["name"] == "idempotency-key":
                continue
            if "example" not in parameter:
                wrong.append(f"{where}: the parameter {parameter['name']} has no example")
            else:
                wrong += check(parameter["example"], parameter["schema"], f"{where} {parameter['name']}")
        bodies = [("request", operation.get("requestBody", {}))]
        bodies += list(operation["responses"].items())
        for status, body in bodies:
            for media, content in resolved(body).get("content", {}).items():
                if "example" in content:
                    count += 1
                    wrong += check(content["example"], content["schema"], f"{where} {status}")
if wrong:
    sys.exit("\n".join(wrong))
print(f"{count} examples fit their schemas.")

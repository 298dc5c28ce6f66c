"""What template.yaml says of the API, compared with its description, shared/http/openapi.json, and with docs/errors.md:
which function answers each route, and the errors that API Gateway answers itself. Needs no Docker:

    python3 tests/containers/routes.py
"""

import json
import re
import sys

import yaml

from engine import ROOT, Failed

# One function serves what the description leaves out: the page, the description itself, and every unknown path.
REST = {"/", "/openapi.json", "/{proxy+}"}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class Loader(yaml.SafeLoader):
    """Reads the short forms of CloudFormation's functions, such as !Ref, as the values that they are given."""


def value(loader, _name, node):
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


Loader.add_multi_constructor("!", value)


def main():
    template = yaml.load((ROOT / "template.yaml").read_text(), Loader)["Resources"]
    description = json.loads((ROOT / "shared" / "http" / "openapi.json").read_text())
    check_routes(template, description)
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)
    check_errors(template["Api"]["Properties"]["GatewayResponses"], sections)


def check_routes(template, description):
    """Each operation that AWS has needs exactly one function, and each event needs an operation."""
    named = [event for event in events(template) if event[1] not in REST]
    wanted = operations(description)
    if not wanted:
        raise Failed("shared/http/openapi.json describes no operation")
    faults = []
    for method, path in wanted:
        functions = sorted({function for function, pattern, verb in named if takes(pattern, verb, path, method)})
        if len(functions) != 1:
            found = " and ".join(functions) or "no function"
            faults.append(f"{method.upper()} {path} is in shared/http/openapi.json; template.yaml names {found} for it")
    for function, pattern, verb in named:
        if not any(takes(pattern, verb, path, method) for method, path in wanted):
            faults.append(f"{function} has the event {pattern}; AWS has no such operation in shared/http/openapi.json")
    rest = {pattern: function for function, pattern, _ in events(template) if pattern in REST}
    if rest.keys() != REST or len(set(rest.values())) != 1:
        faults.append(f"one function must have the events for {', '.join(sorted(REST))}; template.yaml has {rest}")
    if faults:
        raise Failed("\n".join(faults))
    print(f"routes: each of the {len(wanted)} operations on AWS has its function in template.yaml", flush=True)


def events(template):
    """Function, path and method of each event of the API."""
    return [
        (name, event["Properties"]["Path"], event["Properties"]["Method"].lower())
        for name, resource in template.items()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    ]


def operations(description):
    """Method and path of each operation that every deployment has."""
    return [
        (method, path)
        for path, methods in description.get("paths", {}).items()
        for method, operation in methods.items()
        if method in METHODS and "x-strand-deployments" not in operation
    ]


def takes(pattern, verb, path, method):
    """Whether API Gateway gives an operation to an event: {name} takes one segment, {name+} all that follow."""
    segments = (
        ".+" if segment.endswith("+}") else "[^/]+" if segment.startswith("{") else re.escape(segment)
        for segment in pattern.split("/")
    )
    return verb in ("any", method) and re.fullmatch("/".join(segments), path) is not None


def check_errors(responses, sections):
    """Each error of API Gateway needs a code that docs/errors.md explains, and a type that opens that section."""
    for name, response in responses.items():
        # The gateway fills in its own message as a JSON string, quotes included.
        body = response["ResponseTemplates"]["application/json"]
        body = body.replace("$context.error.messageString", '"its message"')
        try:
            problem = json.loads(body)
        except ValueError as error:
            raise Failed(f"the gateway's response {name} is not JSON ({error}): {body}") from error
        missing = {"type", "title", "code", "detail"} - problem.keys()
        if missing:
            raise Failed(f"the gateway's response {name} lacks {', '.join(sorted(missing))}")
        if problem["code"] not in sections:
            raise Failed(f"the gateway's response {name}: docs/errors.md has no section {problem['code']}")
        page = f"https://$context.domainName/$context.stage/docs/errors#{problem['code']}"
        if problem["type"] != page:
            raise Failed(f"the gateway's response {name} has the type {problem['type']} instead of {page}")
        if response["ResponseParameters"]["Headers"]["Content-Type"] != "'application/problem+json'":
            raise Failed(f"the gateway's response {name} is not application/problem+json")
    print(f"routes: docs/errors.md explains each of the {len(responses)} errors of API Gateway", flush=True)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"routes: {failure}")

#!/usr/bin/env python3
"""Checks that every operation of an OpenAPI description has examples, and that each is what its schema says.

usage: examples.py openapi.json
Exits 0 only if all hold; the last line is "N ok, N failed".
"""
import json
import sys

import jsonschema_rs


def bodies(api):
    """Every body: where it is, and its media type object."""
    for path, item in api["paths"].items():
        for method, operation in item.items():
            at = f"{method} {path}"
            request = operation.get("requestBody", {}).get("content", {})
            yield from ((f"{at} request", body) for body in request.values())
            for status, answer in operation["responses"].items():
                name = answer.get("$ref", "").rsplit("/", 1)[-1]
                answer = api["components"]["responses"][name] if name else answer
                yield from ((f"{at} {status}", body) for body in answer.get("content", {}).values())


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        api = json.load(file)
    ok = failed = 0
    for at, body in bodies(api):
        schema = {"components": api["components"], **body["schema"]}
        errors = ["no example"] if "example" not in body else []
        if not errors:
            validator = jsonschema_rs.Draft202012Validator(schema)
            errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(body["example"])]
        print("ok" if not errors else f"FAILED {'; '.join(errors)}", at)
        ok, failed = (ok + 1, failed) if not errors else (ok, failed + 1)
    print(f"{ok} ok, {failed} failed")
    sys.exit(1 if failed or not ok else 0)


main()

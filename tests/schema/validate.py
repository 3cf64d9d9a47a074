#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds documents of today's program against the schema of the document, more strictly than a reader may.

A reader has to put up with members and words that the schema does not have, for they may come. A test does not:
an object may have no other members, and a word must be one of those that the schema gives as examples. So whoever
adds one has to document it.

The exit status is 0 when all documents are valid.
"""

import argparse
import json
import sys

import jsonschema


def tighten(schema):
    """Yields a copy of the schema that allows nothing but what it mentions."""
    if isinstance(schema, list):
        return [tighten(item) for item in schema]
    if not isinstance(schema, dict):
        return schema

    strict = {key: tighten(value) for key, value in schema.items()}
    if isinstance(strict.get("properties"), dict):
        strict.setdefault("additionalProperties", False)
    if isinstance(strict.get("examples"), list):
        strict["enum"] = strict["examples"]
    return strict


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--busctl", action="store_true",
                        help="documents are what \"busctl --json=short call\" prints for Describe")
    parser.add_argument("schema", metavar="SCHEMA")
    parser.add_argument("documents", metavar="DOCUMENT", nargs="+", help="\"-\" is standard input")
    arguments = parser.parse_args()

    with open(arguments.schema, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(tighten(schema))

    errors = 0
    for name in arguments.documents:
        with open(sys.stdin.fileno() if name == "-" else name, encoding="utf-8") as file:
            document = json.load(file)
        if arguments.busctl:
            document = json.loads(document["data"][0])
        for error in validator.iter_errors(document):
            print(f"{name}: {'/'.join(str(step) for step in error.absolute_path)}: {error.message[:400]}")
            errors += 1

    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validates values by the schemas of protocol/schema.

    validate.py SCHEMA-FOLDER < LINES > LINES

Each line of input is {"schema": NAME, "value": ...}; the line of output is "valid" or what is wrong. Exit status 3: this
Python lacks jsonschema or referencing.
"""
import json, pathlib, sys

try:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)

schemas = [json.loads(path.read_text()) for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json"))]
own = {schema["$id"]: schema for schema in schemas if schema.get("$id", "").startswith("urn:virt-balloon:agent:1:")}
registry = Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in own.items())
validators = {}
for name, schema in own.items():
    Draft202012Validator.check_schema(schema)
    validators[name.rsplit(":", 1)[1]] = Draft202012Validator(schema, registry=registry)
for line in sys.stdin:
    task = json.loads(line)
    errors = list(validators[task["schema"]].iter_errors(task["value"]))
    print("valid" if not errors else json.dumps(errors[0].message[:300]))

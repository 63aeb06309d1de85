#!/usr/bin/env python3
"""Writes data/kubernetes.z from the schemas in the PyPI package kubernetes-validate.

    pip download --no-deps kubernetes-validate
    python3 generate.py kubernetes_validate-*.whl

What is kept: the rules, without descriptions and hints for clients. A definition that is the same
in several versions stands there once. src/bundle.rs reads the file and describes its format.
"""

import collections
import json
import pathlib
import re
import sys
import zipfile
import zlib

KEPT_VERSIONS = 7
FOLDER = "kubernetes_validate/kubernetes-json-schema"
KEYWORDS = {
    "$ref", "additionalProperties", "enum", "items", "oneOf", "properties", "required", "type",
}
# The drafts of these schemas call formats a note, and the reference validator passes over them.
HINTS = {"description", "default", "format"}


def stripped(schema):
    """The rules of a schema. A keyword that is neither a known rule nor a known hint stops here."""
    rules = {}
    for keyword, value in schema.items():
        if keyword in HINTS or keyword.startswith("x-kubernetes-"):
            continue
        if keyword not in KEYWORDS:
            raise SystemExit(f"unknown keyword {keyword}")
        if keyword == "$ref":
            value = value.removeprefix("#/$defs/")
        elif keyword == "properties":
            value = {name: stripped(property) for name, property in value.items()}
        elif keyword == "oneOf":
            value = [stripped(branch) for branch in value]
        elif keyword in ("items", "additionalProperties") and isinstance(value, dict):
            value = stripped(value)
        rules[keyword] = value
    return rules


def closed(rules):
    """Rules as the strict variant of the package writes them: nothing besides the properties."""
    rules = dict(rules)
    if "properties" in rules:
        rules["properties"] = {name: closed(rule) for name, rule in rules["properties"].items()}
        rules.setdefault("additionalProperties", False)
    for keyword in ("items", "additionalProperties"):
        if isinstance(rules.get(keyword), dict):
            rules[keyword] = closed(rules[keyword])
    return rules


def type_name(gvk):
    return "/".join(part for part in (gvk["group"], gvk["version"], gvk["kind"]) if part)


def main(wheel):
    archive = zipfile.ZipFile(wheel)
    minors = sorted(
        int(match[1])
        for name in archive.namelist()
        if (match := re.fullmatch(rf"{FOLDER}/v1\.(\d+)\.0-local/_definitions\.json", name))
    )
    kept = minors[-KEPT_VERSIONS:]
    schemas = collections.defaultdict(lambda: [0, ""])
    served = collections.defaultdict(int)
    for at, minor in enumerate(minors):
        read = lambda variant: json.loads(
            archive.read(f"{FOLDER}/v1.{minor}.0-local{variant}/_definitions.json")
        )["$defs"]
        definitions = read("")
        for name, schema in definitions.items():
            types = schema.get("x-kubernetes-group-version-kind", [])
            # Options and events of a watch belong to every group, and are no resources.
            types = [type_name(types[0])] if len(types) == 1 else []
            for resource_type in types:
                served[resource_type] |= 1 << at
            if minor in kept:
                rules = json.dumps(stripped(schema), sort_keys=True, separators=(",", ":"))
                line = schemas[name, rules]
                line[0] |= 1 << kept.index(minor)
                line[1] = ",".join(types)
        if minor in kept:
            for name, schema in read("-strict").items():
                if stripped(schema) != closed(stripped(definitions[name])):
                    raise SystemExit(f"the strict {name} is more than closed")
    lines = [" ".join(f"1.{minor}" for minor in minors), str(len(kept))]
    lines += [f"{name}\t{versions:x}" for name, versions in sorted(served.items())]
    lines.append("")
    lines += [
        f"{name}\t{versions:x}\t{types}\t{rules}"
        for (name, rules), (versions, types) in sorted(schemas.items())
    ]
    text = "\n".join(lines).encode()
    path = pathlib.Path(__file__).parent / "data" / "kubernetes.z"
    path.write_bytes(zlib.compress(text, 9))
    print(f"{len(schemas)} definitions, {len(served)} types, {len(text)} bytes, "
          f"{path.stat().st_size} compressed")


if __name__ == "__main__":
    main(*sys.argv[1:])

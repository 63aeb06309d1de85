#!/usr/bin/env python3
"""Writes the verdicts of kubeconform into the case files beside it.

    go install github.com/yannh/kubeconform/cmd/kubeconform@latest
    pip download --no-deps kubernetes-validate; pip install pyyaml
    python3 record.py kubernetes_validate-*.whl [FOLDER]

Each document gets a line `# expect: strict=... loose=...`: valid, invalid or unknown (no schema).
FOLDER keeps the schemas for another use, such as the measurements.

The schemas are those of the package, with references that work from a folder. The custom types of
custom.yaml get schemas as a Kubernetes API server reads their definitions: what is said by
`nullable`, `x-kubernetes-int-or-string`, `-preserve-unknown-fields` and `-embedded-resource` is said
in plain JSON Schema, and metadata is ObjectMeta.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

import yaml

PACKAGE = "kubernetes_validate/kubernetes-json-schema"
CASES = pathlib.Path(__file__).parent / "cases"
NEWEST = "1.37"
META = "_definitions.json#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def local(schema):
    """A schema whose references are found beside it."""
    if isinstance(schema, dict):
        return {
            key: value.replace("/api/_definitions.json", "_definitions.json")
            if key == "$ref" and isinstance(value, str) else local(value)
            for key, value in schema.items() if key != "$id"
        }
    return [local(value) for value in schema] if isinstance(schema, list) else schema


def extract(wheel, folder, version):
    archive = zipfile.ZipFile(wheel)
    for variant, name in (("-strict", "strict"), ("", "loose")):
        target = folder / version / name
        target.mkdir(parents=True, exist_ok=True)
        prefix = f"{PACKAGE}/v{version}.0-local{variant}/"
        for entry in archive.namelist():
            if entry.startswith(prefix) and not entry.endswith("/all.json"):
                text = json.dumps(local(json.loads(archive.read(entry))))
                (target / entry.removeprefix(prefix)).write_text(text)


def plain(schema, strict, root=False):
    """A structural schema in plain JSON Schema."""
    if not isinstance(schema, dict):
        return schema
    keeps = schema.get("x-kubernetes-preserve-unknown-fields")
    out = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    if schema.get("x-kubernetes-int-or-string"):
        out["type"] = ["integer", "string"]
    if out.pop("nullable", False) and "type" in out:
        out["type"] = [out["type"], "null"] if isinstance(out["type"], str) else out["type"] + ["null"]
    if root or schema.get("x-kubernetes-embedded-resource"):
        fields = out.setdefault("properties", {})
        fields.setdefault("apiVersion", {"type": "string"})
        fields.setdefault("kind", {"type": "string"})
    if "properties" in out:
        out["properties"] = {name: plain(value, strict) for name, value in out["properties"].items()}
        if strict and not keeps:
            out.setdefault("additionalProperties", False)
    if root or schema.get("x-kubernetes-embedded-resource"):
        out["properties"]["metadata"] = {"$ref": META}
    for key in ("items", "additionalProperties"):
        if key in out:
            out[key] = plain(out[key], strict)
    return out


def custom(folder, version):
    for document in yaml.safe_load_all((CASES / "custom.yaml").read_text()):
        if document["kind"] != "CustomResourceDefinition":
            continue
        spec = document["spec"]
        for served in spec["versions"]:
            group = spec["group"].split(".")[0]
            name = f"{spec['names']['kind']}-{group}-{served['name']}.json".lower()
            for variant in ("strict", "loose"):
                schema = plain(served["schema"]["openAPIV3Schema"], variant == "strict", root=True)
                (folder / version / variant / name).write_text(json.dumps(schema))


def verdict(folder, version, variant, text):
    location = f"{folder}/{version}/{variant}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    command = ["kubeconform", "-output", "json", "-verbose", "-ignore-missing-schemas",
               "-kubernetes-version", f"{version}.0", "-schema-location", location]
    command += ["-strict"] if variant == "strict" else []
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    found = {resource["status"] for resource in json.loads(answer.stdout)["resources"]}
    if found & {"statusInvalid", "statusError"}:
        return "invalid"
    return "unknown" if "statusSkipped" in found else "valid"


def main(wheel, folder=None):
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(folder or temporary)
        for path in sorted(CASES.glob("*.yaml")):
            match = re.match(r"(1\.\d+)-", path.name)
            version = match[1] if match else NEWEST
            if not (folder / version).exists():
                extract(wheel, folder, version)
                custom(folder, version)
            out = []
            for document in path.read_text().split("---\n")[1:]:
                text = re.sub(r"^# expect: .*\n", "", document, flags=re.M)
                strict, loose = (verdict(folder, version, variant, text) for variant in ("strict", "loose"))
                title, rest = text.split("\n", 1)
                out.append(f"---\n{title}\n# expect: strict={strict} loose={loose}\n{rest}")
            path.write_text("".join(out))
            print(path.name, len(out))


if __name__ == "__main__":
    main(*sys.argv[1:])

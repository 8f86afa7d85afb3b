#!/usr/bin/python3
"""The editors' schema of rule files and the reader of rule files agree.

    rule_schema.py COUAC SOURCE_ROOT

TAP. JSON is YAML, so each document goes to both: to `couac check`, and through what
`couac schema rules` prints. Keys are asked of the reader itself: an unknown one makes it
say which there are."""

import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import json_schema
import redis_rig

COUAC = sys.argv[1]
ENV = {**os.environ, "COUAC_SHARE": str(pathlib.Path(sys.argv[2]) / "rules")}
SCHEMA = json.loads(subprocess.run([COUAC, "schema", "rules"], capture_output=True, check=True).stdout)

# Every key there is, once.
EVERYTHING = {
    "couac": 1,
    "brand": {"names": ["acme", "#acme*"], "accounts": ["@acme"]},
    "owners": {"care": {"contact": "care@acme.example", "backup": "boss", "queue": "care", "envelope": "celery"},
               "boss": {"contact": "boss@acme.example"}},
    "defaults": {"owner": "care", "unless": ["<bystander>"], "only": {"languages": ["en"]},
                 "severity": {"high": ["lawyer*"]}},
    "words": {"thing": ["thing|things"], "late-words": {"fr": ["retard"], "en": ["late"], "es": ["tarde"], "any": ["!"]}},
    "promises": {"fast": {
        "says": "Fast", "owner": "care", "about": ["<thing>"], "against": ["<elapsed>", "<late-words>"],
        "source": "https://acme.example", "valid": "from 2020-01-01", "limit": "at most 48 h", "complaint": ["never"],
        "unless": ["preorder*"], "kept": ["on time"], "ours": ["<duration>"],
        "severity": {"high": ["over 5 days"], "critical": ["20 authors in 1 h", "reach 1000"]},
        "after": "2 authors in 6 h", "answer": "within 4 h", "status": "live",
        "only": {"sources": ["forum"], "languages": ["fr", "en"]},
        "examples": {"alert": ["thing late", {
            "text": "never a thing for 6 days", "title": "Thing", "published": "2025-03-07T10:00:00Z", "author": "a",
            "source": "forum", "lang": "en", "reach": 5, "severity": "high", "measured": "6 days", "todo": "yes"}],
            "ignore": ["thing"]}}},
    "change": {"promises": {"fast": {"unless+": ["other"], "unless-": ["preorder*"], "source": "https://acme.example/2"}},
               "words": {"thing+": ["stuff"]}},
    "pauses": [{"promises": ["fast"], "from": "2020-01-01", "until": "2020-02-01", "because": "strike"}],
}
EVERYTHING["words"]["late-words"]["any"] = ["belated"]

EXAMPLE = ("promises", "fast", "examples", "alert", 1)
# Where keys stand, for the reader and for the schema alike.
PLACES = [(), ("brand",), ("owners", "care"), ("defaults",), ("defaults", "severity"), ("defaults", "only"),
          ("promises", "fast"), ("promises", "fast", "severity"), ("promises", "fast", "only"),
          ("promises", "fast", "examples"), EXAMPLE, ("words", "late-words"), ("change",),
          ("change", "promises", "fast"), ("pauses", 0)]

FAST = ("promises", "fast")
# What may stand where, beside what is above; then what may not.
GOOD = [
    (("couac",), "1"), (("brand", "names"), "acme"), (("brand", "names"), {"en": ["acme"]}),
    (("brand", "accounts"), "@acme"), (("owners", "care", "contact"), 801234567), (("owners", "care", "envelope"), "sidekiq"),
    (("words", "thing"), "thing"), (("words", "thing"), {"en": "thing", "any": ["stuff"]}),
    (FAST + ("about",), "thing"), (FAST + ("about",), {"fr": ["chose"], "any": "thing"}), (FAST + ("says",), 48),
    (FAST + ("valid",), "2020-01-01 to 2030-01-01"), (FAST + ("severity",), "low"), (FAST + ("severity",), "critical"),
    (FAST + ("severity", "high"), "over 5 days"), (FAST + ("after",), "3 mentions in 1 day"),
    (FAST + ("after",), "1 author in 1 h"), (FAST + ("status",), "draft"), (FAST + ("status",), "off"),
    (FAST + ("only", "sources"), "forum"), (FAST + ("only", "languages"), "fr"), (FAST + ("limit",), "at least 2 days"),
    (FAST + ("examples", "ignore"), []), (EXAMPLE + ("published",), "2025-03-07"), (EXAMPLE + ("todo",), True),
    (EXAMPLE + ("todo",), "no"), (EXAMPLE, {"title": "never a thing for 6 days"}), (EXAMPLE, 48),
    (("pauses", 0, "promises"), "*"), (("pauses", 0, "promises"), ["*"]), (("change", "words", "thing+"), "stuff"),
]
BAD = [
    (("couac",), 2), (("couac",), [1]), (("brand",), ["acme"]), (("owners", "care"), "care"), (("owners",), ["care"]),
    (("owners", "care", "envelope"), "resque"), (("owners", "care", "contact"), ["a"]), (("defaults",), []),
    (("words", "Thing"), ["a"]), (("words", "x" * 65), ["a"]), (("words", "thing"), [["a"]]),
    (("words", "thing"), {"de": ["a"]}), (("words", "thing"), {"en": {"a": "b"}}), (("promises",), ["fast"]),
    (("promises", "so fast"), EVERYTHING["promises"]["fast"]), (FAST, "fast"), (FAST + ("says",), ["Fast"]),
    (FAST + ("about",), [{"a": "b"}]), (FAST + ("valid",), "2020-01-01"), (FAST + ("valid",), "1.1.2020 to 1.1.2030"),
    (FAST + ("limit",), "48 h"), (FAST + ("limit",), ["at most 48 h"]), (FAST + ("severity",), "urgent"),
    (FAST + ("severity", "low"), ["x"]), (FAST + ("after",), "soon"), (FAST + ("answer",), "4 h"),
    (FAST + ("status",), "on"), (FAST + ("only",), ["forum"]), (FAST + ("examples",), ["thing"]),
    (FAST + ("examples", "ignore"), "thing"), (EXAMPLE, {"author": "a"}), (EXAMPLE, ["a"]),
    (EXAMPLE + ("published",), "yesterday"), (EXAMPLE + ("severity",), "urgent"), (EXAMPLE + ("todo",), "later"),
    (EXAMPLE + ("text",), ["a"]), (("change",), ["a"]), (("change", "promises"), ["a"]), (("pauses",), {"promises": "*"}),
    (("pauses", 0, "until"), "soon"), (("pauses", 0, "because"), ""),
]


def node(document, path):
    for step in path:
        document = document[step]
    return document


def edited(path, value):
    document = copy.deepcopy(EVERYTHING)
    parent = node(document, path[:-1])
    if isinstance(parent, list) and path[-1] >= len(parent):
        parent.append(value)
    else:
        parent[path[-1]] = value
    return document


def without(path):
    document = copy.deepcopy(EVERYTHING)
    del node(document, path[:-1])[path[-1]]
    return document


def read(document):
    """The errors of couac check."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(document, file)
        file.flush()
        done = subprocess.run([COUAC, "check", "--json", file.name], capture_output=True, env=ENV, check=False)
    return [d for d in json.loads(done.stdout)["diagnostics"] if d["level"] == "error"]


def schema_at(path, schema=SCHEMA):
    """The object schema that describes the place."""
    for step in path:
        schema = resolve(schema)
        if isinstance(step, int):
            schema = schema["items"]
        else:
            schema = schema.get("properties", {}).get(step) or schema["additionalProperties"]
    return resolve(schema)


def resolve(schema):
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    objects = [resolve(s) for s in schema.get("anyOf", []) if "required" not in s]
    return next((s for s in objects if s.get("type") == "object"), schema)


def keys_of_schema(path):
    schema = schema_at(path)
    if "properties" in schema:
        return set(schema["properties"])
    return set(re.findall(r"[a-z]+", schema["propertyNames"]["pattern"]))


def what_holds_every_key_is_sound_to_both(_rig):
    assert read(EVERYTHING) == [], read(EVERYTHING)
    assert json_schema.errors(EVERYTHING, SCHEMA) == [], json_schema.errors(EVERYTHING, SCHEMA)
    for path in PLACES:
        here = {key.rstrip("+-") for key in node(EVERYTHING, path)}
        if path not in [("change", "promises", "fast"), ("defaults", "severity"), ("defaults", "only")]:
            assert keys_of_schema(path) == here, f"{path}: {keys_of_schema(path) ^ here} is not tried"


def both_know_the_same_keys_and_refuse_others(_rig):
    for path in PLACES:
        document = edited(path + ("qqqqqqqq",), "x")
        if path[0:1] == ("defaults",):  # read where a promise has none of its own
            document["promises"]["fast"].pop(path[-1], None)
        assert json_schema.errors(document, SCHEMA), f"the schema takes any key in {path}"
        errors = [e for e in read(document) if "qqqqqqqq" in e["message"]]
        assert errors, f"the reader takes any key in {path}"
        listed = re.search(r"keys here are: ([a-z, ]+)", errors[0]["hint"])
        assert listed, (path, errors)
        assert set(listed.group(1).split(", ")) == keys_of_schema(path), (path, listed.group(1), keys_of_schema(path))


def both_take_and_refuse_the_same_values(_rig):
    apart = []
    for cases, sound in ((GOOD, True), (BAD, False)):
        for path, value in cases:
            document = edited(path, value)
            reader, schema = read(document), json_schema.errors(document, SCHEMA)
            if (not reader, not schema) != (sound, sound):
                apart.append((path, value, [e["message"] for e in reader], schema))
    assert not apart, "\n".join(map(str, apart))


def both_miss_the_same_keys(_rig):
    for path in [("couac",), FAST + ("says",), FAST + ("about",), FAST + ("against",), ("pauses", 0, "promises"),
                 ("pauses", 0, "until"), ("pauses", 0, "because")]:
        document = without(path)
        assert read(document) and json_schema.errors(document, SCHEMA), path
    for path in [("defaults",), ("words", "late-words", "any"), ("pauses", 0, "from"), EXAMPLE + ("title",)]:
        document = without(path)
        assert json_schema.errors(document, SCHEMA) == [] and read(document) == [], (path, read(document))


TESTS = [what_holds_every_key_is_sound_to_both, both_know_the_same_keys_and_refuse_others,
         both_take_and_refuse_the_same_values, both_miss_the_same_keys]

if __name__ == "__main__":
    sys.exit(redis_rig.run(TESTS, COUAC))

"""json_schema - as much of JSON Schema 2020-12 as couac's own schemas use.

    errors(value, schema)      a list of sentences; empty: valid

An unknown keyword is an error of the schema, so nothing passes for being unread.
"""

import re

TYPES = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool,
         "null": type(None)}
SILENT = {"$schema", "$id", "$defs", "title", "description", "then", "else"}


def _is(value, name):
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, TYPES[name])


def _properties(value, schema, root, at):
    known = schema.get("properties", {})
    for key, item in value.items():
        if key in known:
            yield from _walk(item, known[key], root, f"{at}.{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}: unknown member {key}"
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from _walk(item, schema["additionalProperties"], root, f"{at}.{key}")
        if "propertyNames" in schema:
            yield from _walk(key, schema["propertyNames"], root, f"{at} (name {key!r})")
    for key in schema.get("required", []):
        if key not in value:
            yield f"{at}: {key} is missing"


def _any_of(value, want, root, at):
    tries = [list(_walk(value, s, root, at)) for s in want]
    if all(tries):
        yield f"{at}: fits none of {len(want)}: {min(tries, key=len)[0]}"


CHECKS = {
    "type": lambda v, want: any(_is(v, n) for n in ([want] if isinstance(want, str) else want)),
    "const": lambda v, want: v == want,
    "enum": lambda v, want: v in want,
    "pattern": lambda v, want: not isinstance(v, str) or re.search(want, v),
    "minLength": lambda v, want: not isinstance(v, str) or len(v) >= want,
    "maxLength": lambda v, want: not isinstance(v, str) or len(v) <= want,
    "minimum": lambda v, want: not _is(v, "number") or v >= want,
    "minItems": lambda v, want: not isinstance(v, list) or len(v) >= want,
}


def _walk(value, schema, root, at):
    for keyword, want in schema.items():
        if keyword in CHECKS:
            if not CHECKS[keyword](value, want):
                yield f"{at}: {value!r} fails {keyword} {want!r}"
        elif keyword == "$ref":
            yield from _walk(value, root["$defs"][want.removeprefix("#/$defs/")], root, at)
        elif keyword == "anyOf":
            yield from _any_of(value, want, root, at)
        elif keyword == "allOf":
            for part in want:
                yield from _walk(value, part, root, at)
        elif keyword == "if":
            branch = "else" if list(_walk(value, want, root, at)) else "then"
            yield from _walk(value, schema.get(branch, {}), root, at)
        elif keyword == "items":
            for n, item in enumerate(value if isinstance(value, list) else []):
                yield from _walk(item, want, root, f"{at}[{n}]")
        elif keyword not in SILENT | {"properties", "required", "additionalProperties", "propertyNames"}:
            yield f"schema: the keyword {keyword} is not known"
    if isinstance(value, dict):
        yield from _properties(value, schema, root, at)


def errors(value, schema):
    return list(_walk(value, schema, schema, "$"))

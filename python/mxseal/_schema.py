# SPDX-License-Identifier: MIT
"""The JSON Schemas of ``mxseal check`` and ``probe``, made from the types of their results."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mxseal import _check, _probe
from mxseal._check import SCHEMA_VERSION, DomainCheck
from mxseal._probe import MxProbe

_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def check_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one object of ``mxseal check --format ndjson``."""
    return _document(DomainCheck, "mxseal check")


def probe_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the object of ``mxseal probe --format json``."""
    return _document(MxProbe, "mxseal probe")


def _document(kind: type, title: str) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    root = _schema(kind, definitions)
    definitions[kind.__name__]["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **root,
        "$defs": definitions,
    }


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        options = [each for each in arguments if each is not NoneType]
        return {"anyOf": [*(_schema(each, definitions) for each in options), {"type": "null"}]}
    if origin is list:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    if origin is Literal:
        return {"enum": list(arguments)}
    if kind is datetime:
        return {"type": "string", "format": "date-time"}
    if is_dataclass(kind):
        return _object(kind, definitions)
    return {"type": _NAMES[kind]}


def _object(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}  # a type that holds itself would never end
        hints = get_type_hints(kind, {**vars(_check), **vars(_probe)})
        described = _described(kind.__doc__ or "")
        properties = {}
        for each in fields(kind):
            properties[each.name] = _schema(hints[each.name], definitions)
            if each.name in described:
                properties[each.name]["description"] = described[each.name]
        definitions[name] = {
            "type": "object",
            "description": (kind.__doc__ or "").partition("\n")[0],
            "properties": properties,
            "required": [each.name for each in fields(kind)],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def _described(text: str) -> dict[str, str]:
    """What the docstring says of each attribute."""
    described: dict[str, str] = {}
    name = ""
    for line in text.partition("Attributes:")[2].splitlines():
        if line.startswith(" " * 8) and not line.startswith(" " * 9):
            name, _, rest = line.strip().partition(": ")
            described[name] = rest
        elif name and line.strip():
            described[name] += " " + line.strip()
    return described

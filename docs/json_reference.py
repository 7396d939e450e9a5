"""The page of JSON documents: each field with its type, from the code where a struct holds it."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from msgspec import Struct, UnsetType
from reference_of_code import markdown_table

from hangup import diagnosis, expectations, incident, trace
from hangup.closure import Closure
from hangup.lab import cases, expecting, score
from hangup.load import document as load
from hangup.load.locust import batch
from hangup.plan.results import ClaimResult
from hangup.plan.symptom import Symptom
from hangup.preflight.finding import Finding as PreflightFinding
from hangup.report.document import DESCRIPTIONS
from hangup.watching.words import State

FIELDS = Path(__file__).with_name("json_fields.yaml")
STRUCTS: Mapping[str, type[Struct]] = {
    **{
        name: getattr(diagnosis, name)
        for name in (
            "Diagnosis", "EndpointSeen", "Finding", "Evidence", "Untested", "Alternative",
            "ExperimentRun", "Incident", "Moment", "InBrowser", "Sight",
        )
    },
    "Closure": Closure,
    "Trace": trace.Trace,
    "Symptom": Symptom,
    "Claim": ClaimResult,
    **{
        name: getattr(load, name)
        for name in (
            "LoadReport", "Connections", "Messages", "Spread", "Closures", "Start", "Break",
            "Threshold", "Drift", "Limit",
        )
    },
    "Second": load.Moment,
    "LocustCount": batch.Count,
    "LocustKind": batch.Kind,
    "State": State,
    **{name: getattr(incident, name) for name in ("Caught", "CloseTried", "ConnectionSeen",
                                                  "MessageSeen")},
    "PreflightFinding": PreflightFinding,
    **{name: getattr(score, name) for name in ("Score", "Bin", "Right", "HeldOut", "Row")},
    "Coverage": cases.Coverage,
    "Case": cases.Case,
    "Measurement": expecting.Measurement,
    **{name: getattr(expectations, name) for name in ("Table", "Server", "Cell")},
}  # fmt: skip
"""The types that are structs of the code, by the name that the page gives them."""
NAMES = {kind: name for name, kind in STRUCTS.items()}
PLAIN = {str: "text", int: "integer", float: "number", bool: "boolean", bytes: "text",
         type(None): "null", UnsetType: ""}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type:
    """One type of the page: its fields, each with type and meaning, or which other it is."""

    name: str
    about: str = ""
    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    one_of: tuple[str, Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document: which commands print it, and its type."""

    name: str
    type: str
    about: str
    schema: str = ""
    commands: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def documents() -> list[Document]:
    """Give the documents, in the order of the page."""
    return [Document(**each) for each in _written()["documents"]]


def all_types() -> dict[str, Type]:
    """Give the types by name."""
    written = _written()["types"]
    found: dict[str, Type] = {}
    for name in written:
        found[name] = _type(name, written)
    return found


def _written() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(FIELDS.read_text("utf-8"))
    return read


def _type(name: str, written: Mapping[str, Any]) -> Type:
    said = dict(written[name])
    one_of = said.pop("one_of", None)
    if one_of:
        ((key, kinds),) = one_of.items()
        return Type(name, one_of=(key, kinds))
    base = said.pop("extends", None)
    if name in STRUCTS:
        return _of_struct(name, said)
    fields = dict(_type(base, written).fields) if base else {}
    return Type(name, fields=fields | {key: _parted(name, key, said[key]) for key in said})


def _parted(name: str, key: str, text: str) -> tuple[str, str]:
    kind, colon, meaning = text.partition(": ")
    if not colon:
        raise ValueError(f"json_fields.yaml: {name}.{key} must say TYPE: MEANING")
    return kind, meaning[:1].upper() + meaning[1:] + "."


def _of_struct(name: str, said: Mapping[str, str]) -> Type:
    kind = STRUCTS[name]
    meanings = {**DESCRIPTIONS.get(name, {}), **said}
    hints = typing.get_type_hints(kind)
    wanted = set(kind.__struct_encode_fields__)
    if set(meanings) != wanted:
        raise ValueError(f"json_fields.yaml: of {name} differ {sorted(set(meanings) ^ wanted)}")
    about = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    fields = {key: (spelled(hints[key]), meanings[key]) for key in kind.__struct_fields__}
    if kind.__struct_config__.tag_field:
        tag = (kind.__struct_config__.tag_field, kind.__struct_config__.tag)
        fields[tag[0]] = ("text", f"Always `{tag[1]}`.")
    return Type(name, about, fields)


def spelled(hint: object) -> str:
    """Spell a type of the code as the page does."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return "text"
    if origin in (typing.Union, types.UnionType):
        spelt = [spelled(each) for each in arguments]
        return " or ".join(dict.fromkeys(filter(None, spelt)))
    if origin is tuple:
        items = dict.fromkeys(spelled(each) for each in arguments if each is not ...)
        return f"list of {next(iter(items))}" if len(items) == 1 else "list"
    if origin is dict:
        return f"map of {spelled(arguments[1])}"
    if isinstance(hint, type) and hint in PLAIN:
        return PLAIN[hint]
    return NAMES.get(typing.cast("type[Struct]", hint), "object")


def page() -> Iterator[str]:
    """Give the lines of the page."""
    known = all_types()
    yield (
        "What commands print with `--json`, and what reports in JSON hold. `schema` names a "
        "document and its major version: fields are added, and none is taken away or given "
        "another meaning while the number stays. Texts are UTF-8, what a peer said is bounded in "
        "length, and credentials are `[redacted]`. Seconds and milliseconds are in the names "
        "(`_s`, `_ms`). `or null` is there and empty; what is *absent* is said so."
    )
    yield ""
    rows = (
        (f"[{d.name}](#{d.name.lower().replace(' ', '-')})", f"`{d.schema}`" if d.schema else "",
         ", ".join(f"`{text}`" for text in (*d.commands, *d.files)))
        for d in documents()
    )  # fmt: skip
    yield from markdown_table(("document", "schema", "printed by"), rows)
    told: set[str] = set()
    for document in documents():
        yield f"## {document.name}"
        yield ""
        yield document.about
        yield ""
        for name in _reached(document.type, known):
            if name not in told:
                told.add(name)
                yield from _section(known[name], known)


def _reached(name: str, known: Mapping[str, Type]) -> Iterator[str]:
    """Give a type, and those that it is made of, each once."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        each = waiting.pop(0)
        if each in known and each not in found:
            found[each] = None
            kind = known[each]
            spelt = [t for t, _ in kind.fields.values()] + [*(kind.one_of or ("", {}))[1].values()]
            waiting += [word for text in spelt for word in text.split(" ")]
    yield from found


def _section(kind: Type, known: Iterable[str]) -> Iterator[str]:
    yield f"### Type {kind.name}"
    yield ""
    if kind.about:
        yield kind.about
        yield ""
    if kind.one_of:
        key, kinds = kind.one_of
        rows = ((f"`{value}`", _linked(name, known)) for value, name in kinds.items())
        yield from markdown_table((f"`{key}`", "type"), rows)
        return
    fields = ((f"`{n}`", _linked(t, known), meaning) for n, (t, meaning) in kind.fields.items())
    yield from markdown_table(("field", "type", "meaning"), fields)


def _linked(spelt: str, known: Iterable[str]) -> str:
    words = spelt.split(" ")
    return " ".join(f"[{w}](#type-{w.lower()})" if w in known else w for w in words)

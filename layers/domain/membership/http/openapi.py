"""The published contract: OpenAPI 3.1, made from the table of operations and the models themselves."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from membership.http import (
    benefit_views,
    bodies,
    certificate_views,
    event_views,
    events,
    member_views,
    operator_views,
    outcome_views,
    points_views,
    program_views,
    progress_views,
    redemption_views,
    settled_views,
)
from membership.http.operations import OPERATIONS, Operation
from membership.http.problems import RETRY_AFTER, Kind, Problem
from membership.http.requests import Id
from membership.program.schema import Program

Mode = Literal["validation", "serialization"]

_INTRODUCTION = """\
A membership-tier engine: orders go in; tiers, progress, announced downgrades and messages come out.

Every refusal is an `application/problem+json` (RFC 9457), told apart by its `type`. Ids are the sender's own.
Amounts are sent as decimal strings, or as integers of the currency's smallest unit, never as floats; what is
answered is in the smallest unit, with its words beside it. Fields without a value are left out. The same
request may always be sent again: what was accepted stays accepted, once.
"""

_EXAMPLE = {
    "id": "evt-1",
    "type": "order",
    "member_id": "m-42",
    "occurred_at": "2026-11-23T10:00:00+08:00",
    "data": {"order_id": "o-1001", "amount": "199.00", "currency": "CNY"},
}


def text() -> str:
    """The contract as it is committed and served."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def document() -> dict[str, Any]:
    """The contract."""
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tierwise",
            "version": "1",
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": ".", "description": "Where this document was read."}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A program's key `tw_…`, or a member's token `tm_…`: rights come from it.",
                }
            },
        },
    }


def _operation(operation: Operation, schemas: Mapping[tuple[str, Mode], JsonSchemaValue]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [_tag(operation)],
        "security": [{"key": sorted(operation.roles)}] if operation.roles else [],
    }
    if parameters := [*_path_parameters(operation, schemas), *_query_parameters(operation)]:
        told["parameters"] = parameters
    if operation.body:
        told["requestBody"] = {"required": True, "content": _body(operation.body, schemas)}
    told["responses"] = {str(operation.status): _answer(operation, schemas), **_problems(operation, schemas)}
    if operation.page:  # a browser is told in words that there is nothing
        told["responses"]["404"]["content"]["text/html"] = {"schema": {"type": "string"}}
    return told


def _tag(operation: Operation) -> str:
    return {"ingest": "Telling", "members": "Reading", "redeem": "Redeeming"}.get(
        operation.function, "Operating"
    )


def _path_parameters(
    operation: Operation, schemas: Mapping[tuple[str, Mode], JsonSchemaValue]
) -> Iterable[dict[str, Any]]:
    for part in operation.path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            yield {"name": name, "in": "path", "required": True, "schema": schemas["Id", "validation"]}


def _query_parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    for one in operation.parameters:
        default = one.default if one.default is not False else "false"
        schema = dict(one.schema) | ({"default": default} if default is not None else {})
        yield {"name": one.name, "in": "query", "description": one.description, "schema": schema}


def _body(name: str, schemas: Mapping[tuple[str, Mode], JsonSchemaValue]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": schemas[name, "validation"]}
    if name == "Events":
        content["example"] = _EXAMPLE
    if name == "Program":
        return {"application/yaml": content, "application/json": content}
    return {"application/json": content}


def _answer(operation: Operation, schemas: Mapping[tuple[str, Mode], JsonSchemaValue]) -> dict[str, Any]:
    if operation.answer:
        schema = schemas[operation.answer, "serialization"]
        said = str(_model(operation.answer).__doc__).strip().split("\n")[0]
        page = {"text/html": {"schema": {"type": "string"}}} if operation.page else {}
        return {"description": said, "content": {operation.media: {"schema": schema}, **page}}
    if operation.status == 204:
        return {"description": "Done."}
    kind = "object" if operation.media == "application/json" else "string"
    return {"description": operation.summary, "content": {operation.media: {"schema": {"type": kind}}}}


def _problems(operation: Operation, schemas: Mapping[tuple[str, Mode], JsonSchemaValue]) -> dict[str, Any]:
    by_status: dict[int, list[Kind]] = {}
    for kind in operation.all_problems:
        by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _refusal(status, kinds, schemas) for status, kinds in by_status.items()}


def _refusal(
    status: int, kinds: list[Kind], schemas: Mapping[tuple[str, Mode], JsonSchemaValue]
) -> dict[str, Any]:
    said = " ".join(f"`{kind.type}`: {kind.title}. {kind.remedy}" for kind in kinds)
    content = {"application/problem+json": {"schema": schemas["Problem", "serialization"]}}
    told: dict[str, Any] = {"description": said, "content": content}
    if status in RETRY_AFTER:
        told["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return told


def _model(name: str) -> Any:
    """A model by the name that the table gives it."""
    named = {"Program": Program, "Problem": Problem, "Id": Id}
    homes = (
        bodies,
        events,
        member_views,
        outcome_views,
        program_views,
        event_views,
        settled_views,
        certificate_views,
        benefit_views,
        points_views,
        progress_views,
        redemption_views,
        operator_views,
    )
    return named[name] if name in named else next(vars(home)[name] for home in homes if name in vars(home))


def _schemas() -> tuple[dict[tuple[str, Mode], JsonSchemaValue], dict[str, Any]]:
    wanted: dict[tuple[str, Mode], None] = {("Id", "validation"): None, ("Problem", "serialization"): None}
    for operation in OPERATIONS:
        if operation.body:
            wanted[operation.body, "validation"] = None
        if operation.answer:
            wanted[operation.answer, "serialization"] = None
    found, definitions = TypeAdapter.json_schemas(
        [(name, mode, TypeAdapter(_model(name))) for name, mode in wanted],
        ref_template="#/components/schemas/{model}",
    )
    schemas = {key: _without_null(schema) for key, schema in found.items()}
    return schemas, _without_null(definitions.get("$defs", {}))


def _without_null(schema: Any) -> Any:
    """What has no value is left out, in requests and in answers: null is nowhere a value of its own."""
    if isinstance(schema, list):
        return [_without_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    told = {
        name: _without_null(value)
        for name, value in schema.items()
        if not (name == "default" and value is None)
    }
    variants = told.get("anyOf")
    if isinstance(variants, list) and {"type": "null"} in variants:
        rest = [one for one in variants if one != {"type": "null"}]
        del told["anyOf"]
        told = {**rest[0], **told} if len(rest) == 1 else {"anyOf": rest, **told}
    return told

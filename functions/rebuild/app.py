"""Placeholder, so that the stack can be deployed; the real handler replaces it."""

from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 501, "body": "{}"}

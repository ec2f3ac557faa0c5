"""What pydantic found wrong with a request, in words that don't speak of our models and patterns."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

ID = r"^[A-Za-z0-9][A-Za-z0-9._:@+=-]{0,127}$"
SLUG = r"^[a-z][a-z0-9_-]{0,39}$"
CURRENCY = r"^[A-Z]{3}$"

IN_WORDS: Mapping[str, str] = {
    ID: "an id is 1 to 128 letters, digits and . _ : @ + = -, a letter or digit first",
    SLUG: "write a to z, 0 to 9, - and _, and begin with a letter; 40 characters at most",
    CURRENCY: "write the three capital letters of the currency, as CNY",
}
"""Each pattern of a request → what it asks for."""


def in_plain_words(detail: ErrorDetails) -> str:
    """What is wrong, as it is told to a caller."""
    context: Mapping[str, Any] = detail.get("ctx") or {}
    match detail["type"]:
        case "extra_forbidden":
            return "this field is not known here"
        case "missing":
            return "this field is missing"
        case "string_pattern_mismatch":
            return IN_WORDS[context["pattern"]]
        case "literal_error":
            return f"write one of {context['expected'].replace(' or ', ', ')}".replace("'", "")
        case "model_type" | "model_attributes_type" | "dict_type":
            return "send an object: {…}"
        case "list_type":
            return "send an array: […]"
        case "string_type":
            return "write text, in quotes"
        case "string_unicode":
            return "this has half of a character"
        case "string_too_short":
            return "this is empty"
        case "string_too_long":
            return f"write at most {context['max_length']} characters"
        case "too_short":
            return f"send at least {context['min_length']}"
        case "too_long":
            return f"send at most {context['max_length']}"
        case "int_type" | "int_from_float" | "int_parsing" | "int_parsing_size":
            return "write a whole number, without quotes"
        case "greater_than_equal":
            return f"write {context['ge']} or more"
        case "less_than_equal":
            return f"write {context['le']} or less"
    return detail["msg"].removeprefix("Value error, ")

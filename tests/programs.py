"""Programs for tests that change them."""

from membership.program import presets


def rules(name: str) -> str:
    """A preset without its examples, which are about its own figures."""
    written, _, examples = presets.text(name).partition("\n# What must come of what")
    assert "\nexamples:\n" in examples
    return written + "\n"

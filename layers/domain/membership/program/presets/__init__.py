"""Programs to start from, as files that people can read: copy one and change the figures."""

from importlib.resources import files


def names() -> list[str]:
    """`p1-ecommerce`, `p2-customer-policy`, …"""
    found = (file.name for file in files(__name__).iterdir())
    return sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml"))


def text(name: str) -> str:
    """The preset as it is written. Raises FileNotFoundError for a name that isn't one of `names()`."""
    return (files(__name__) / f"{name}.yaml").read_text("utf-8")

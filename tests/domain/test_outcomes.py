"""Outcomes as they are kept: what has no value is left out, and comes back as none."""

from typing import Any, get_args

import pytest

from membership.outcomes import Outcome

MODELS = get_args(get_args(Outcome)[0])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_may_be_none_may_be_absent(model: Any) -> None:
    """An envelope leaves it out; a history with it could not be read, nor its member be rebuilt."""
    for name, field in model.model_fields.items():
        if type(None) in get_args(field.annotation):
            assert not field.is_required(), name

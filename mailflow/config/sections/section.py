"""What every section of the configuration is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from mailflow.config.fields import Duration

#: How long, by priority. What is not named keeps the default.
Targets = dict[Literal["low", "normal", "high", "urgent"], Duration]
#: TOML has lists where frozen models keep tuples.
Items = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)


class Section(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        validate_default=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=True,
        protected_namespaces=(),
        hide_input_in_errors=True,
    )

"""What a function reads of its environment: a frozen model, read once, no defaults. Each function has its own beside its
handler, `functions/<function>/settings.py`.

`contract.FUNCTION_ENVIRONMENT` lists the same variables for the infrastructure; a test compares them.
"""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from skyferry.contract import Env


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", str_min_length=1, defer_build=True)

    environment: str = Field(alias=Env.ENVIRONMENT.value)

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Raises pydantic's ValidationError naming every missing variable."""
        return cls.model_validate(dict(environ))


class TableSettings(Settings):
    table_name: str = Field(alias=Env.TABLE_NAME.value)

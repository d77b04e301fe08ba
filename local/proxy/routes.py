"""Which paths and methods the API has, read from its OpenAPI document."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

_METHODS: Final = frozenset({"get", "head", "post", "put", "patch", "delete"})


class Routes:
    """The document's paths. A parameter stands for one non-empty segment, as in API Gateway."""

    def __init__(self, paths: Mapping[str, Mapping[str, object]]) -> None:
        self._routes = [
            (_pattern(path), tuple(sorted(m.upper() for m in item if m in _METHODS)))
            for path, item in sorted(paths.items(), key=lambda entry: entry[0].count("{"))
        ]

    @staticmethod
    def read(path: Path) -> "Routes":
        """Read an OpenAPI document; again only when the file has changed."""
        return _read(path, path.stat().st_mtime_ns)

    def methods(self, path: str) -> tuple[str, ...]:
        """Methods of the first route that matches a path below the base path; none if unknown."""
        for pattern, methods in self._routes:
            if pattern.fullmatch(path):
                return methods
        return ()


@lru_cache(maxsize=1)
def _read(path: Path, _modified: int) -> Routes:
    return Routes(json.loads(path.read_text())["paths"])


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))

"""Files for their user alone, and the folders this platform has for them."""

import contextlib
import os
import tempfile
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """What the program remembers between runs: tokens, unfinished sends."""
    return platformdirs.user_state_path("skyferry", appauthor=False)


def config_file() -> Path:
    return platformdirs.user_config_path("skyferry", appauthor=False) / "config.toml"


def write_private(path: Path, content: str) -> None:
    """Mode 0600, and atomic: after a crash there is the old file or the new one, never half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise

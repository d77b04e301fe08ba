"""Starts the emulator so that it unpacks an asset once; run by the emulator's own Python.

By itself it unpacks the asset for every process of a function, half a second for which all other calls wait, and
it has no setting for that. On AWS a function's code is a folder which it cannot write to; so here the processes
share one, and each finds it where the emulator would have put its own.
"""

import hashlib
import os
import sys
import threading
import zipfile
from pathlib import Path
from tempfile import gettempdir
from types import SimpleNamespace
from typing import Final, Self

from ministack.app import main
from ministack.core import lambda_runtime

_LOCK: Final = threading.Lock()


class _Asset:
    """As much of a `ZipFile` as the start of a process asks for."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def extractall(self, folder: str) -> None:
        """Make `folder`, which is empty, a link to the one copy."""
        copy = Path(gettempdir(), f"asset-{hashlib.sha256(self._path.read_bytes()).hexdigest()}")
        with _LOCK:
            if not copy.exists():
                # Named when it is whole: an emulator that was killed may have left a part of one.
                part = copy.with_suffix(f".{os.getpid()}")
                with zipfile.ZipFile(self._path) as archive:
                    archive.extractall(part)
                part.rename(copy)
        Path(folder).rmdir()
        Path(folder).symlink_to(copy)


# Of this one module, which starts the processes, and of no other.
lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": _Asset})

if __name__ == "__main__":
    sys.exit(main())

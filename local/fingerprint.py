"""Content hashes of files, by which work that is already done is recognised."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def fingerprint(root: Path, names: Iterable[str], *facts: str) -> str:
    """A hash of files and folders below a root, and of facts that matter as much."""
    digest = hashlib.sha256(repr(facts).encode())
    for path in sorted(_files(root, names)):
        content = path.read_bytes()
        digest.update(
            os.fsencode(path.relative_to(root)) + f"\0{len(content)}\0".encode() + content
        )
    return digest.hexdigest()


def _files(root: Path, names: Iterable[str]) -> Iterable[Path]:
    for name in names:
        path = root / name
        if path.is_dir():
            yield from (
                file
                for file in path.rglob("*")
                if file.is_file() and "__pycache__" not in file.parts
            )
        else:
            yield path

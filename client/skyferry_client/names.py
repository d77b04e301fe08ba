"""Names that a stranger chose, made into files below one folder and nowhere else."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from skyferry_client.errors import LocalFileError
from skyferry_client.link_models import LinkFile

_SEPARATORS = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*/\\]')
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
#: Devices on Windows, whatever their ending.
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])(\.|$)", re.IGNORECASE
)
#: File systems take 255 bytes; some are left for what we add.
_MAX_BYTES = 200
_MAX_SUFFIX_BYTES = 20
_MAX_DEPTH = 32


def safe_name(text: str) -> str:
    """A file name that is one path segment on every system, visible, and no device."""
    text = unicodedata.normalize("NFC", text)
    text = "".join(c for c in text if unicodedata.category(c) not in _UNSEEN)
    text = _FORBIDDEN.sub("_", text).strip().rstrip(". ")
    # A hidden file could be one that a program reads at its start.
    if text.startswith("."):
        text = "_" + text[1:]
    if _RESERVED.match(text):
        text = "_" + text
    return _shorten(text) or "file"


def safe_folder(text: str | None) -> PurePosixPath:
    """A relative folder whose every segment is a safe name; empty for none."""
    segments = [s for s in _SEPARATORS.split(text or "") if s not in {"", "."}]
    return PurePosixPath(*map(safe_name, segments[:_MAX_DEPTH]))


def plan_targets(files: Iterable[LinkFile], output: Path) -> list[tuple[LinkFile, Path]]:
    """Where each file goes: below `output`, each at a place of its own.

    Places count as the same when only letter case tells them apart, as they are on some systems.
    """
    files = list(files)
    folders = [safe_folder(file.path) for file in files]
    taken = {_fold(parent) for folder in folders for parent in (folder, *folder.parents)}
    targets = []
    for file, folder in zip(files, folders, strict=True):
        place = _free_place(folder / safe_name(file.name), taken)
        taken.add(_fold(place))
        targets.append((file, output / place))
    return targets


def require_inside(target: Path, output: Path) -> None:
    """Raise if symbolic links below `output` lead the target out of it."""
    if not target.parent.resolve().is_relative_to(output.resolve()):
        raise LocalFileError(f"{target} is not below {output}: a symbolic link leads elsewhere")


def _free_place(place: PurePosixPath, taken: set[str]) -> PurePosixPath:
    candidate, number = place, 1
    while _fold(candidate) in taken:
        candidate = place.with_name(f"{place.stem} ({number}){place.suffix}")
        number += 1
    return candidate


def _fold(place: PurePosixPath) -> str:
    return place.as_posix().casefold()


def _shorten(name: str) -> str:
    """At most _MAX_BYTES bytes of UTF-8, keeping a short ending such as `.pdf`."""
    if len(name.encode()) <= _MAX_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    suffix = dot + ending if stem and len(ending.encode()) < _MAX_SUFFIX_BYTES else ""
    body = name.removesuffix(suffix).encode()[: _MAX_BYTES - len(suffix.encode())]
    return body.decode(errors="ignore").rstrip(". ") + suffix

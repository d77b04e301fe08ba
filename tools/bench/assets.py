"""The Lambda assets that are compared, each as it lies in /var/task after CDK's zip."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from skyferry_cdk import PythonBundle
from skyferry_cdk.service_settings import BOTOCORE

from tools.bench.asked import CREATE, GET, Asked

ROOT = Path(__file__).resolve().parents[2]
_SOURCES = ROOT / "tests" / "bench" / "reference"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}
_1980 = 315532800
#: What the runtime itself brings, outside the asset, with its own dependencies.
_RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
_REFERENCE = ("aws-lambda-powertools", "boto3", "botocore", "pydantic")


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    folder: Path
    handler: str
    zip_bytes: int
    asked: tuple[Asked, ...] = (GET, CREATE)


def skyferry(work: Path) -> Asset:
    """What `cdk deploy` uploads, for this interpreter instead of the configured one."""
    return zipped(_bundle(work, Path(sys.executable)), "Skyferry", _SKYFERRY_HANDLER)


def skyferry_without_bytecode(work: Path) -> Asset:
    """What it uploads where the target's interpreter is missing; synthesis warns of that."""
    return zipped(_bundle(work, None), "Skyferry, no bytecode", _SKYFERRY_HANDLER)


_SKYFERRY_HANDLER = "skyferry.functions.api.index.handler"


def _bundle(work: Path, compiler: Path | None) -> Path:
    output = work / ("skyferry" if compiler else "skyferry-plain")
    bundle = PythonBundle.from_directory(
        ROOT / "runtime" / "skyferry",
        requirements=ROOT / "runtime" / "requirements.lock",
        botocore=BOTOCORE,
    )
    architecture = _ARCHITECTURE[platform.machine()]
    bundle.build(output, python=PYTHON, architecture=architecture, compiler=compiler)
    return output


def reference(work: Path) -> Asset:
    """Installed by pip as most projects do it: its bytecode is checked by time stamps."""
    output = work / "reference"
    packages = [f"{name}=={importlib.metadata.version(name)}" for name in _REFERENCE]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check",
         "--only-binary", ":all:", "--target", str(output), *packages],
        check=True,
    )  # fmt: skip
    for source in _SOURCES.glob("*.py"):
        shutil.copyfile(source, output / source.name)
    write_bytecode(output, "timestamp")
    return zipped(output, "Reference", "index.handler")


def reference_with_bytecode(work: Path) -> Asset:
    """The same, its bytecode checked by hash, as ours is. Needs `reference` first."""
    output = work / "reference-hashed"
    shutil.copytree(work / "reference", output)
    write_bytecode(output, "checked-hash")
    return zipped(output, "Reference, valid bytecode", "index.handler")


def floor(reference: Asset) -> Asset:
    """A get of two calls without a framework, in the same asset."""
    return replace(reference, name="Two calls, no framework", handler="floor.handler", asked=(GET,))


def runtime_client(work: Path) -> Path:
    """awslambdaric as the managed runtime has it: compiled, outside the asset."""
    output = work / "runtime"
    for name in _RUNTIME_CLIENT:
        for file in importlib.metadata.distribution(name).files or []:
            if file.suffix in {".py", ".so"} and ".." not in file.parts:
                target = output / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(str(file.locate())), target)
    write_bytecode(output, "checked-hash")
    return output


def write_bytecode(folder: Path, mode: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", mode, str(folder)],
        check=True,
    )


def zipped(folder: Path, name: str, handler: str) -> Asset:
    """Through a zip as CDK writes it, every entry dated 1980, and out again."""
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as archived:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(
                    path.relative_to(folder).as_posix(), date_time=(1980, 1, 1, 0, 0, 0)
                )
                entry.compress_type = zipfile.ZIP_DEFLATED
                archived.writestr(entry, path.read_bytes())
    task = folder.with_name(folder.name + "-task")
    with zipfile.ZipFile(archive) as archived:
        archived.extractall(task)
    for path in task.rglob("*"):
        os.utime(path, (_1980, _1980))
    return Asset(name=name, folder=task, handler=handler, zip_bytes=archive.stat().st_size)

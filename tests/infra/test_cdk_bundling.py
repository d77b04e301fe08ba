"""Lambda assets: the same everywhere, from locked wheels only, with bytecode that survives CDK's zip."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Annotations, Match
from skyferry_cdk import BundlingError, PythonBundle
from skyferry_cdk import bundling_steps as steps

from tests.infra.infra_support import any_function, only, small_stack, template_of

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
THIS: dict[str, Any] = {"python": THIS_PYTHON, "architecture": "x86_64"}


@pytest.fixture
def project(tmp_path: Path) -> PythonBundle:
    """A package with one dependency, locked by hash, from a folder of wheels: no network."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel = _wheel(wheels)
    package = tmp_path / "src" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import greeting\nTEXT = greeting.HELLO\n")
    (package / "data.json").write_text("{}")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "old.pyc").write_bytes(b"stale")
    lock = tmp_path / "src" / "requirements.lock"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock.write_text(
        f"--no-index\n--find-links {wheels}\ngreeting==1.0 \\\n    --hash=sha256:{digest}\n"
    )
    return PythonBundle.from_directory(package, requirements=lock)


def _wheel(folder: Path) -> Path:
    """The smallest valid wheel."""
    files = {
        "greeting.py": "HELLO = 'hello'\n",
        "greeting-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
        "greeting-1.0.dist-info/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
        "greeting-1.0.dist-info/entry_points.txt": "[console_scripts]\ngreet = greeting:main\n",
    }
    lines = [
        f"{name},sha256={_url_safe(text)},{len(text.encode())}" for name, text in files.items()
    ]
    files["greeting-1.0.dist-info/RECORD"] = "\n".join(
        [*lines, "greeting-1.0.dist-info/RECORD,,", ""]
    )
    path = folder / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def _url_safe(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _zipped_as_cdk_does(folder: Path, target: Path) -> Path:
    """Every entry dated 1980, then unpacked again as Lambda does."""
    archive_path = target.with_suffix(".zip")
    with zipfile.ZipFile(archive_path, "w") as archive:
        for name in _contents(folder):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, (folder / name).read_bytes())
    with zipfile.ZipFile(archive_path) as archive:
        archive.extractall(target)
    for path in target.rglob("*"):
        os.utime(path, (315532800, 315532800))
    return target


def _imports(folder: Path) -> str:
    """What `python -v` says while importing the package from the folder."""
    done = subprocess.run(
        [sys.executable, "-v", "-S", "-E", "-B", "-c",
         f"import sys; sys.path.insert(0, {str(folder)!r}); import shop; assert shop.TEXT == 'hello'"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stderr


def test_two_builds_are_equal_to_the_byte(project: PythonBundle, tmp_path: Path) -> None:
    compiler = steps.find_python(THIS_PYTHON)
    for name in ("one", "two"):
        project.build(tmp_path / name, **THIS, compiler=compiler)
    assert _contents(tmp_path / "one") == _contents(tmp_path / "two")


def test_no_interpreter_is_looked_for_or_downloaded(
    project: PythonBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a virtual environment that is used without being activated."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.chdir(tmp_path)
    project.build(tmp_path / "out", **THIS, compiler=None)
    assert "greeting.py" in _contents(tmp_path / "out")


def test_nothing_superfluous_is_shipped(project: PythonBundle, tmp_path: Path) -> None:
    project.build(tmp_path / "out", **THIS, compiler=None)
    assert set(_contents(tmp_path / "out")) == {
        "greeting.py",
        "greeting-1.0.dist-info/METADATA",
        "greeting-1.0.dist-info/WHEEL",
        "greeting-1.0.dist-info/entry_points.txt",
        "shop/__init__.py",
        "shop/data.json",
    }


def test_bytecode_is_used_after_the_trip_through_cdks_zip(
    project: PythonBundle, tmp_path: Path
) -> None:
    project.build(tmp_path / "out", **THIS, compiler=Path(sys.executable))
    said = _imports(_zipped_as_cdk_does(tmp_path / "out", tmp_path / "task"))
    for module in ("greeting", "shop/__init__"):
        assert f"{module}.py" in said
    assert said.count(f"matches {tmp_path / 'task'}") == 2
    assert f"code object from {tmp_path / 'task'}" not in said, "compiled again"


def test_ordinary_bytecode_would_not_be(project: PythonBundle, tmp_path: Path) -> None:
    """Proof that the test above can fail: time-stamped bytecode, as installers write it."""
    project.build(tmp_path / "out", **THIS, compiler=None)
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "timestamp",
         str(tmp_path / "out")],
        check=True, timeout=60,
    )  # fmt: skip
    said = _imports(_zipped_as_cdk_does(tmp_path / "out", tmp_path / "task"))
    assert f"matches {tmp_path / 'task'}" not in said


def test_edited_file_is_never_run_from_old_bytecode(project: PythonBundle, tmp_path: Path) -> None:
    project.build(tmp_path / "out", **THIS, compiler=Path(sys.executable))
    (tmp_path / "out/greeting.py").write_text("HELLO = 'hello'  # edited\n")
    said = _imports(tmp_path / "out")
    assert f"matches {tmp_path / 'out/greeting.py'}" not in said


def test_a_wheel_that_is_not_the_locked_one_is_refused(
    project: PythonBundle, tmp_path: Path
) -> None:
    text = project.requirements.read_text()
    project.requirements.write_text(text[:-10] + "0" * 9 + "\n")
    with pytest.raises(BundlingError, match=r"(?s)pip install.*[Hh]ash"):
        project.build(tmp_path / "out", **THIS, compiler=None)


def test_a_requirement_without_a_hash_is_refused(project: PythonBundle, tmp_path: Path) -> None:
    head = project.requirements.read_text().partition("greeting")[0]
    project.requirements.write_text(head + "greeting==1.0\n")
    with pytest.raises(BundlingError, match="hash"):
        project.build(tmp_path / "out", **THIS, compiler=None)


def _hashes(project: PythonBundle) -> Iterator[tuple[str, str]]:
    base: dict[str, Any] = {"python": "3.14", "architecture": "arm64", "bytecode": True}
    yield "as it is", project.asset_hash(**base)
    yield "other python", project.asset_hash(**{**base, "python": "3.13"})
    yield "other architecture", project.asset_hash(**{**base, "architecture": "x86_64"})
    yield "without bytecode", project.asset_hash(**{**base, "bytecode": False})
    trimmed = PythonBundle.from_directory(
        project.package, requirements=project.requirements, botocore={"s3": ["GetObject"]}
    )
    yield "trimmed", trimmed.asset_hash(**base)
    more = PythonBundle.from_directory(
        project.package,
        requirements=project.requirements,
        botocore={"s3": ["GetObject", "HeadObject"]},
    )
    yield "one operation more", more.asset_hash(**base)
    (project.package / "data.json").write_text("[]")
    yield "other source", project.asset_hash(**base)
    (project.package / "data.json").rename(project.package / "more.json")
    yield "renamed source", project.asset_hash(**base)
    project.requirements.write_text(project.requirements.read_text() + "# changed\n")
    yield "other lock", project.asset_hash(**base)


def test_everything_that_decides_the_contents_changes_the_hash(project: PythonBundle) -> None:
    hashes = dict(_hashes(project))
    assert len(set(hashes.values())) == len(hashes)


def test_hash_is_the_same_from_any_checkout_and_ignores_caches(
    project: PythonBundle, tmp_path: Path
) -> None:
    before = project.asset_hash(**{**THIS, "bytecode": True})
    (project.package / "__pycache__" / "more.pyc").write_bytes(b"x")
    moved = tmp_path / "elsewhere"
    (tmp_path / "src").rename(moved)
    again = PythonBundle.from_directory(moved / "shop", requirements=moved / "requirements.lock")
    assert again.asset_hash(**{**THIS, "bytecode": True}) == before


def test_missing_files_are_reported_together(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not a Python package.*is not a file"):
        PythonBundle.from_directory(tmp_path, requirements=tmp_path / "none.lock")


def _deployed_key(project: PythonBundle, context: dict[str, object]) -> str:
    app = cdk.App(context=context, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Test")
    any_function(stack, code=project, runtime=lambda_.Runtime(f"python{THIS_PYTHON}"))
    key: str = only(template_of(stack), "AWS::Lambda::Function")["Code"]["S3Key"]
    return key


def test_skipping_the_bundling_changes_neither_hash_nor_template(
    project: PythonBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []
    build = PythonBundle.build

    def recorded(self: PythonBundle, output: Path, **options: Any) -> None:
        built.append(output)
        build(self, output, **options)

    monkeypatch.setattr(PythonBundle, "build", recorded)
    skipped = _deployed_key(project, {"aws:cdk:bundling-stacks": []})
    assert not built
    assert _deployed_key(project, {}) == skipped
    assert len(built) == 1


def test_only_an_interpreter_that_really_is_the_version_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'version manager: not installed' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    steps.find_python.cache_clear()
    assert steps.find_python("3.99") is None
    assert steps.find_python("3.98") is None
    shim.write_text("#!/bin/sh\necho 3.99\n")
    steps.find_python.cache_clear()
    assert steps.find_python("3.99") == shim
    steps.find_python.cache_clear()


@pytest.mark.parametrize("compiler", [None, Path(sys.executable)])
def test_synthesis_warns_where_nobody_can_write_bytecode(
    project: PythonBundle, monkeypatch: pytest.MonkeyPatch, compiler: Path | None
) -> None:
    monkeypatch.setattr(steps, "find_python", lambda _: compiler)
    stack = small_stack()
    any_function(stack, code=project, runtime=lambda_.Runtime("python3.14"))

    warned = Annotations.from_stack(stack).find_warning("*", Match.any_value())

    said = [str(warning.entry.data) for warning in warned]
    missing = [line for line in said if "No Python 3.14 interpreter on PATH" in line]
    assert len(missing) == (compiler is None)

"""Lambda assets without Docker: locked wheels for the target platform, valid bytecode, nothing superfluous.

The asset's hash is computed from what goes in, never from what comes out: sources, lock, architecture,
Python version, whether bytecode is written and what of botocore is kept. It is the same on
every machine and with bundling skipped (`aws:cdk:bundling-stacks: []`).
"""

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from skyferry_cdk import bundling_steps as steps
from skyferry_cdk.botocore_trimming import trim_botocore

#: Part of every hash: raise it when the steps change what they write.
_RECIPE: Final = "4"
_NEVER_SHIPPED: Final = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonBundle:
    """A Python package and its locked dependencies, as a Lambda asset.

    `requirements` is a lock with hashes (`uv pip compile --generate-hashes`); only wheels are installed.
    `botocore` names the clients the code makes and the operations it asks of each, by botocore's names
    (`{"s3": ["GetObject"]}`); the data of all others is left out. None keeps everything.
    """

    package: Path
    requirements: Path
    botocore: Mapping[str, Collection[str]] | None = None

    @classmethod
    def from_directory(
        cls,
        package: str | Path,
        *,
        requirements: str | Path,
        botocore: Mapping[str, Collection[str]] | None = None,
    ) -> Self:
        """Bundle the package folder (its name is its import name) with the wheels of a lock file."""
        bundle = cls(
            package=Path(package).resolve(),
            requirements=Path(requirements).resolve(),
            botocore=botocore,
        )
        problems = []
        if not (bundle.package / "__init__.py").is_file():
            problems.append(f"package: {package} is not a Python package (no __init__.py)")
        if not bundle.requirements.is_file():
            problems.append(f"requirements: {requirements} is not a file")
        if problems:
            raise ValueError("PythonBundle: " + "; ".join(problems))
        return bundle

    def to_code(
        self, scope: Construct, *, runtime: lambda_.Runtime, architecture: lambda_.Architecture
    ) -> lambda_.Code:
        """The asset for one runtime and architecture; the stack of `scope` warns when bytecode is missing."""
        python = runtime.name.removeprefix("python")
        compiler = steps.find_python(python)
        if compiler is None:
            cdk.Validations.of(cdk.Stack.of(scope)).add_warning(
                "skyferry:bundling:no-bytecode",
                f"No Python {python} interpreter on PATH: the asset is built without bytecode, and "
                "every cold start compiles every module (about 2.5 times slower). "
                f"`uv python install {python}` provides one.",
            )
        return lambda_.Code.from_asset(
            str(self.package),
            asset_hash=self.asset_hash(
                python=python, architecture=architecture.name, bytecode=compiler is not None
            ),
            asset_hash_type=cdk.AssetHashType.CUSTOM,
            bundling=cdk.BundlingOptions(
                image=cdk.DockerImage.from_registry(
                    "unused"
                ),  # required, but `local` always answers
                local=_LocalBundling(
                    self, python=python, architecture=architecture.name, compiler=compiler
                ),
            ),
        )

    def asset_hash(self, *, python: str, architecture: str, bytecode: bool) -> str:
        """A digest of everything that decides what is in the asset."""
        kept = (
            "*"
            if self.botocore is None
            else json.dumps({name: sorted(asked) for name, asked in sorted(self.botocore.items())})
        )
        digest = hashlib.sha256()
        for part in (_RECIPE, python, architecture, str(bytecode), kept, self.package.name):
            digest.update(part.encode() + b"\0")
        digest.update(self.requirements.read_bytes() + b"\0")
        for path in self.sources():
            digest.update(path.relative_to(self.package).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def sources(self) -> Iterator[Path]:
        """The package's files that are shipped, in a stable order."""
        for path in sorted(self.package.rglob("*")):
            if path.is_file() and not _NEVER_SHIPPED.intersection(path.parts):
                yield path

    def build(self, output: Path, *, python: str, architecture: str, compiler: Path | None) -> None:
        """Write the finished asset folder."""
        steps.install(self.requirements, output, python=python, architecture=architecture)
        steps.drop_installer_traces(output)
        if self.botocore is not None:
            trim_botocore(output, self.botocore)
        for path in self.sources():
            target = output / self.package.name / path.relative_to(self.package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        if compiler is not None:
            steps.write_bytecode(output, compiler)


@jsii.implements(cdk.ILocalBundling)
class _LocalBundling:
    """Hands CDK's call to the bundle. It never declines, so Docker is never asked."""

    def __init__(
        self, bundle: PythonBundle, *, python: str, architecture: str, compiler: Path | None
    ) -> None:
        self._bundle = bundle
        self._python = python
        self._architecture = architecture
        self._compiler = compiler

    def try_bundle(self, output_dir: str, *_args: Any, **_options: Any) -> bool:  # noqa: ANN401
        """jsii passes the bundling options as keywords; none of them matters here."""
        self._bundle.build(
            Path(output_dir),
            python=self._python,
            architecture=self._architecture,
            compiler=self._compiler,
        )
        return True

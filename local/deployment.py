"""Synthesizes the CDK app once and deploys it to the emulator with the real CDK command line."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from local.deployment_file import Deployment, write_atomically
from local.emulator import answers
from local.fingerprint import fingerprint
from local.problems import LaptopCloudError
from local.settings import ACCOUNT, REGION, Settings, tool_environment

_QUIET: Final = ("--no-notices", "--no-version-reporting", "--no-path-metadata")
#: Everything the cloud assembly is made of.
_SOURCES: Final = (
    "app.py",
    "cdk.json",
    "config",
    "local/scanner",
    "openapi.json",
    "pyproject.toml",
    "requirements.txt",
    "runtime",
    "stacks",
)


class CdkApp:
    """The project's CDK app, in the local environment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._assembly = settings.state / "cdk.out"
        self._environment = tool_environment(settings)

    def synthesize(self) -> bool:
        """Write the cloud assembly; False when nothing it is made of has changed.

        Without the command line, which would only start the same program, and without the validators,
        which take three quarters of the time: `make synth` and the template tests run them.
        """
        root, state = self._settings.root, self._settings.state
        configuration = state / "local.toml"
        configuration.write_text(
            self._settings.with_own_ports((root / "config" / "local.toml").read_text())
        )
        stamp = state / "cdk.out.stamp"
        wanted = fingerprint(root, _SOURCES, sys.version, configuration.read_text())
        if _is(stamp, wanted) and (self._assembly / "manifest.json").exists():
            return False
        stamp.unlink(missing_ok=True)
        context = json.loads((root / "cdk.json").read_text()).get("context", {})
        context |= {"env": "local", "config": str(configuration)}
        self._run(
            "synth",
            [sys.executable, "app.py"],
            extra={
                "CDK_OUTDIR": str(self._assembly),
                "CDK_CONTEXT_JSON": json.dumps(context),
                "CDK_VALIDATION": "false",
            },
        )
        prune_assets(self._assembly)
        stamp.write_text(wanted)
        return True

    def bootstrap(self, emulator_pid: int | None) -> bool:
        """Bootstrap the emulated account, once per emulator process; True when work was done.

        The stock template's staging bucket refuses plain HTTP, and the emulator enforces that.
        """
        mark = self._settings.state / "bootstrapped"
        if _is(mark, str(emulator_pid)):
            return False
        version = fingerprint(self._settings.root, ["package-lock.json"])[:12]
        template = self._settings.state / f"bootstrap-{version}.yaml"
        if not template.exists():
            shown = self._run("bootstrap-template", self._cdk("bootstrap", "--show-template"))
            write_atomically(template, without_resource(shown, "StagingBucketPolicy"))
        account = f"aws://{ACCOUNT}/{REGION}"
        self._run("bootstrap", self._cdk("bootstrap", account, "--template", str(template)))
        mark.write_text(str(emulator_pid))
        return True

    def deploy(self) -> Deployment:
        """Deploy every stack of the assembly; returns the outputs of all of them."""
        outputs = self._settings.state / "outputs.json"
        options = ("--require-approval", "never", "--outputs-file", str(outputs))
        self._run("deploy", self._cdk("deploy", "**", *options, "--concurrency", "2"))
        deployment = Deployment.from_outputs(json.loads(outputs.read_text()))
        write_atomically(self._settings.deployment_file, deployment.model_dump_json(by_alias=True))
        return deployment

    def api_answers(self) -> bool:
        """Whether the deployed API answers at its public address. Patient: asking again would only
        start one more function beside the one that is starting."""
        return answers(f"{self._settings.api_url}/healthz", timeout=30)

    def _cdk(self, *arguments: str) -> list[str]:
        command = self._settings.root / "node_modules" / ".bin" / "cdk"
        return [str(command), *arguments, "--app", str(self._assembly), *_QUIET]

    def _run(self, name: str, command: list[str], extra: Mapping[str, str] | None = None) -> str:
        """Run a step with its output in a log; returns what it wrote to standard output."""
        self._settings.logs.mkdir(parents=True, exist_ok=True)
        log = self._settings.logs / f"{name}.log"
        with log.open("w") as errors:
            result = subprocess.run(
                command,
                cwd=self._settings.root,
                env=self._environment | dict(extra or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                check=False,
            )
        with log.open("a") as rest:
            rest.write(result.stdout)
        if result.returncode:
            raise LaptopCloudError(
                f"The step {name} failed, exit code {result.returncode}. More in "
                f"{self._settings.state.name}/logs/{log.name}.\n{failure(log.read_text())}"
            )
        return result.stdout


def prune_assets(assembly: Path) -> None:
    """Remove the bundled code of earlier versions, some 40 MB each, from a cloud assembly."""
    used = "".join(path.read_text() for path in assembly.rglob("*.assets.json"))
    for path in assembly.glob("asset.*"):
        if path.name not in used and path.is_dir():
            shutil.rmtree(path)


def _is(file: Path, content: str) -> bool:
    return file.exists() and file.read_text() == content


def without_resource(template: str, name: str) -> str:
    """A CloudFormation template in YAML without one resource, everything else as it was."""
    shortened, count = re.subn(
        rf"^  {re.escape(name)}:\n(?:(?:   .*)?\n)+", "", template, flags=re.MULTILINE
    )
    if count != 1:
        raise LaptopCloudError(
            f"The CDK's bootstrap template has {count} resources named {name}, expected 1. "
            "Is this another version of the CDK command line than package.json names?"
        )
    return shortened


def failure(log: str, lines: int = 30) -> str:
    """The part of a log that says why: the CDK's own summary, else the end."""
    summary = log.rpartition("Failed resources:")
    return "".join(summary[1:]) if summary[1] else "\n".join(log.splitlines()[-lines:])

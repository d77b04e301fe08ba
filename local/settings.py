"""Where the laptop cloud keeps its files and which addresses it uses."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from local.problems import LaptopCloudError

HOST: Final = "127.0.0.1"
REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
STAGE: Final = "v1"
AUDIENCE: Final = "skyferry"
#: Seconds for which an idle connection is kept, as by the emulator. Clients keep theirs for less, httpx for five:
#: where both sides let go at the same moment, a request is lost.
KEEP_ALIVE: Final = 75
#: The emulator's root key. It is worth nothing outside this machine.
ACCESS_KEY: Final = "test"
ROOT: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Ports and folders of one laptop cloud. The ports' defaults are those of config/local.toml."""

    root: Path = ROOT
    api_port: int = 8080
    emulator_port: int = 4566
    standins_port: int = 8090
    state: Path = field(default_factory=lambda: ROOT / ".local")

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings, with the ports that a person's environment names."""
        return cls(
            api_port=_port(environment, "SKYFERRY_API_PORT", cls.api_port),
            emulator_port=_port(environment, "SKYFERRY_EMULATOR_PORT", cls.emulator_port),
            standins_port=_port(environment, "SKYFERRY_STANDINS_PORT", cls.standins_port),
        )

    def with_own_ports(self, configuration: str) -> str:
        """The text of config/local.toml, with the ports in its addresses replaced by these."""
        ports = {
            str(Settings.api_port): self.api_port,
            str(Settings.emulator_port): self.emulator_port,
            str(Settings.standins_port): self.standins_port,
        }
        return re.sub(
            rf"(?<=//{re.escape(HOST)}:)\d+",
            lambda found: str(ports.get(found[0], found[0])),
            configuration,
        )

    @property
    def api_url(self) -> str:
        """Public base URL of the REST API."""
        return f"http://{HOST}:{self.api_port}/{STAGE}"

    @property
    def standins_url(self) -> str:
        """Issuer of the access tokens, inbox and mail recorder."""
        return f"http://{HOST}:{self.standins_port}"

    @property
    def emulator_url(self) -> str:
        """Endpoint of every AWS service."""
        return f"http://{HOST}:{self.emulator_port}"

    @property
    def cloud_file(self) -> Path:
        """What tests, tools and people read; exists only while the cloud is ready."""
        return self.state / "cloud.json"

    @property
    def deployment_file(self) -> Path:
        """Stack outputs of the last deployment; the stand-ins and the front proxy read it."""
        return self.state / "deployment.json"

    @property
    def logs(self) -> Path:
        """One log file a process and step."""
        return self.state / "logs"

    @property
    def scratch(self) -> Path:
        """Temporary folder and home of the emulator and its functions."""
        return self.state / "tmp"

    @property
    def emulator_venv(self) -> Path:
        """Virtual environment of the emulator."""
        return self.state / "emulator-venv"


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or not 1024 <= int(text) <= 65535:
        raise LaptopCloudError(f"{name} is {text!r}; a port is a number from 1024 to 65535.")
    return int(text)


#: Of a person's own settings these would send the laptop cloud's traffic elsewhere or break it.
_FOREIGN_PREFIXES: Final = ("AWS_", "CDK_", "PYTHON", "JSII_")
_FOREIGN: Final = frozenset({"VIRTUAL_ENV", "NODE_OPTIONS"})


def tool_environment(settings: Settings, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Environment for the CDK and for bundling: the person's network settings, our AWS settings."""
    env = {
        name: value
        for name, value in base.items()
        if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIXES)
    }
    return env | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": settings.emulator_url,
        "AWS_ENDPOINT_URL_S3": settings.emulator_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
    }


def emulator_environment(
    settings: Settings, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """A nearly empty environment: functions inherit whatever the emulator is started with.

    It listens on every interface unless `BIND_HOST` says otherwise, and checks no role, policy or
    signature without `AUTH`.
    """
    return {
        "PATH": base.get("PATH", os.defpath),
        "LANG": base.get("LANG", "C.UTF-8"),
        "HOME": str(settings.scratch),
        "TMPDIR": str(settings.scratch),
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(settings.emulator_port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
    }

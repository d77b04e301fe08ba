"""Which service to speak to and where to sign in: profiles in a file, overruled by the environment."""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from skyferry_client.errors import SkyferryError
from skyferry_client.private_files import write_private

DEFAULT_PROFILE = "default"


class ConfigError(SkyferryError):
    """The configuration cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Profile:
    """`scopes` is a text with spaces between, as OAuth writes it. None: not set."""

    api_url: str | None = None
    issuer: str | None = None
    client_id: str | None = None
    audience: str | None = None
    scopes: str | None = None


KEYS = tuple(field.name for field in fields(Profile))


class Config:
    """The file `config.toml`, with a table `[profile.NAME]` for each profile."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def profile(self, name: str, environment: Mapping[str, str] = os.environ) -> Profile:
        """A profile as it counts: SKYFERRY_API_URL and the like before the file."""
        given = {
            key: value for key in KEYS if (value := environment.get(f"SKYFERRY_{key.upper()}"))
        }
        return replace(self._stored(name), **given)

    def change(self, name: str, key: str, value: str | None) -> None:
        """Set a value, or with None take it away. Comments in the file are not kept."""
        if key not in KEYS:
            raise ConfigError(f"there is no setting {key!r}; there are {', '.join(KEYS)}")
        profiles = self._profiles()
        profiles[name] = replace(profiles.get(name, Profile()), **{key: value})
        write_private(self.path, "\n".join(_table(each, profiles[each]) for each in profiles))

    def _stored(self, name: str) -> Profile:
        profiles = self._profiles()
        if name not in profiles and name != DEFAULT_PROFILE:
            known = ", ".join(profiles) or "none"
            raise ConfigError(f"there is no profile {name!r} in {self.path}; there are: {known}")
        return profiles.get(name, Profile())

    def _profiles(self) -> dict[str, Profile]:
        try:
            content = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self.path} cannot be read: {error}") from None
        tables = content.pop("profile", {})
        if content or not isinstance(tables, dict):
            raise ConfigError(f"{self.path} holds more than tables [profile.NAME]")
        return {name: self._checked(name, table) for name, table in tables.items()}

    def _checked(self, name: str, table: object) -> Profile:
        if not isinstance(table, dict):
            raise ConfigError(f"{self.path}: profile.{name} is not a table")
        for key, value in table.items():
            if key not in KEYS:
                raise ConfigError(
                    f"{self.path}: there is no setting {key!r} (profile.{name}); "
                    f"there are {', '.join(KEYS)}"
                )
            if not isinstance(value, str):
                raise ConfigError(f"{self.path}: profile.{name}.{key} is not a text")
        return Profile(**table)


def _table(name: str, profile: Profile) -> str:
    values = ((key, getattr(profile, key)) for key in KEYS)
    lines = [f"{key} = {_text(value)}\n" for key, value in values if value is not None]
    return f"[profile.{_text(name)}]\n{''.join(lines)}"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are a part of TOML's, but for DEL, which JSON leaves."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

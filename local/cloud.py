"""`cloud.json`: what tests, tools and people need to know of a running laptop cloud."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from local.deployment_file import Deployment, write_atomically
from local.settings import ACCESS_KEY, ACCOUNT, REGION, Settings


class Cloud(BaseModel):
    """A laptop cloud that is ready."""

    model_config = ConfigDict(frozen=True)

    api_url: str
    token_url: str
    inbox_url: str
    aws_endpoint_url: str
    aws_access_key_id: str
    aws_secret_access_key: str
    region: str
    account: str
    rest_api_id: str
    table_name: str
    bucket_name: str
    queues: dict[str, str]

    @classmethod
    def of(cls, settings: Settings, deployment: Deployment) -> Self:
        """Describe a deployment."""
        return cls(
            api_url=settings.api_url,
            token_url=f"{settings.standins_url}/token",
            inbox_url=f"{settings.standins_url}/inbox",
            aws_endpoint_url=settings.emulator_url,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=ACCESS_KEY,
            region=REGION,
            account=ACCOUNT,
            rest_api_id=deployment.rest_api_id,
            table_name=deployment.table_name,
            bucket_name=deployment.bucket_name,
            queues=deployment.queues,
        )

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The running cloud; None when none is ready."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None

    def write(self, path: Path) -> None:
        """Announce that the cloud is ready."""
        write_atomically(path, self.model_dump_json(indent=2) + "\n")

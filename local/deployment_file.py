"""The stack outputs that the stand-ins and the front proxy need, in a file they read when asked."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_pascal

from local.problems import LaptopCloudError


class Deployment(BaseModel):
    """Outputs of the deployed stacks, by their names in the template."""

    model_config = ConfigDict(frozen=True, alias_generator=to_pascal, extra="allow")

    rest_api_id: str
    table_name: str
    bucket_name: str
    process_upload_queue_url: str
    send_email_queue_url: str
    email_feedback_queue_url: str

    @property
    def queues(self) -> dict[str, str]:
        """Every queue output: `EmailFeedbackQueueUrl` → `email_feedback`, and likewise the rest."""
        return {
            _snake(name.removesuffix("QueueUrl")): value
            for name, value in self.model_dump(by_alias=True).items()
            if name.endswith("QueueUrl")
        }

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """The deployment described by a file; None while nothing is deployed."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None

    @classmethod
    def from_outputs(cls, stacks: dict[str, dict[str, str]]) -> Self:
        """Merge the outputs of all stacks, as `cdk deploy --outputs-file` writes them."""
        merged = {name: value for outputs in stacks.values() for name, value in outputs.items()}
        try:
            return cls.model_validate(merged)
        except ValidationError as error:
            missing = ", ".join(str(item["loc"][0]) for item in error.errors())
            raise LaptopCloudError(
                f"The deployed stacks have no output {missing}. They have: {', '.join(merged)}."
            ) from error


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


def write_atomically(path: Path, text: str) -> None:
    """Replace a file at once: a reader sees the old or the new content, never a part."""
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    partial.replace(path)

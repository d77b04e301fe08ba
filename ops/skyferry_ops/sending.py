"""Mail as a whole: whether it goes out, and who gets none."""

from datetime import UTC, datetime
from typing import Final

from skyferry.adapters.suppression_table import SuppressionTable
from skyferry.core.errors import NotFoundError
from skyferry.core.suppressions import Suppression, SuppressionReason

from skyferry_ops.deployment import Deployment, UnknownHereError

#: The owner of what an operator suppresses; those of tokens are hashes.
OPERATOR: Final = "operator"


def is_sending(deployment: Deployment) -> bool:
    answer = deployment.lambda_.get_event_source_mapping(UUID=_mapping(deployment))
    return answer["State"] not in {"Disabled", "Disabling"}


def set_sending(deployment: Deployment, *, enabled: bool) -> None:
    """Mails wait in their queue while it is off, two weeks at most."""
    deployment.lambda_.update_event_source_mapping(UUID=_mapping(deployment), Enabled=enabled)


def suppress(deployment: Deployment, email: str) -> None:
    """Nobody's mail goes to the address from now on; repeating it changes nothing."""
    SuppressionTable(deployment.table).add(
        Suppression(
            owner=OPERATOR,
            email=email.lower(),
            reason=SuppressionReason.UNSUBSCRIBE,
            at=datetime.now(UTC),
        )
    )


def lift(deployment: Deployment, email: str) -> bool:
    """Take back an operator's suppression. False while one of a sender's or recipient's own still stands.

    Raises UnknownHereError where the operator has not suppressed the address."""
    table = SuppressionTable(deployment.table)
    try:
        table.remove(table.get(OPERATOR, email.lower()))
    except NotFoundError:
        raise UnknownHereError(f"{email}: it was not an operator who suppressed it.") from None
    return not table.is_suppressed(email.lower())


def _mapping(deployment: Deployment) -> str:
    return deployment.outputs["SendEmailMappingId"]

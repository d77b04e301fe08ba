"""What a RestApi can be told: authentication, throttles, alarm thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk

from skyferry_cdk.function import ServiceFunction


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAuth:
    """How callers prove who they are. There is deliberately no way to say `nobody has to`."""

    authorizer: ServiceFunction
    cache_seconds: int = 60

    @classmethod
    def oidc(cls, authorizer: ServiceFunction, *, cache_seconds: int = 60) -> "ApiAuth":
        """A Lambda authorizer that checks access tokens of an OpenID Connect issuer."""
        return cls(authorizer=authorizer, cache_seconds=cache_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Requests a second, and how many at once, for the whole stage or one operation."""

    rate: float = 100
    burst: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPlan:
    """Keys that say which client a request comes from, to count and throttle by; who may do what is the
    token's business alone. With a plan every operation with authentication needs the header `x-api-key`."""

    clients: Sequence[str]
    throttle: Throttle | None = None
    requests_per_month: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAlarms:
    """Thresholds; None means no such alarm."""

    server_errors: float | None = 1
    p99_latency: cdk.Duration | None = None

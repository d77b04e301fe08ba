"""The RateLimit header fields (draft-ietf-httpapi-ratelimit-headers-10)."""

from typing import Final

from skyferry.core.quotas import Quotas
from skyferry.core.rates import Policy, Spent

RATE_HEADERS: Final = ("RateLimit", "RateLimit-Policy")


def policy(quotas: Quotas) -> Policy:
    return Policy(name="requests", limit=quotas.requests_per_minute, window=60)


def headers(spent: Spent) -> dict[str, str]:
    policy = spent.policy
    return {
        "RateLimit": f'"{policy.name}";r={spent.left or 0};t={spent.resets_in}',
        "RateLimit-Policy": f'"{policy.name}";q={policy.limit};w={policy.window}',
    }

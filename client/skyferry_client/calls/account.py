"""Operations on the account and on the service itself."""

from skyferry_client.account_models import Limits, Usage
from skyferry_client.calls.base import Calls


class AccountCalls(Calls):
    def get_usage(self) -> Usage:
        return Usage.parse(self._read("/usage"))

    def get_limits(self) -> Limits:
        return Limits.parse(self._read("/limits"))

    def version(self) -> str:
        """The version of the API, which is thereby shown to be up."""
        return self._read("/healthz").text("version")

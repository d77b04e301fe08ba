"""Links that may be behind a password: opened when needed, and again when the session is over."""

from collections.abc import Callable

from skyferry_client.client import Client
from skyferry_client.errors import ApiError, SkyferryError
from skyferry_client.link_models import LinkView, Locked, Session
from skyferry_client.request_models import Contribution, RequestView
from skyferry_client.requests import NewContribution
from skyferry_client.urls import Download

#: Answers the password, or None where nobody can be asked. Called at most once.
AskPassword = Callable[[], str | None]


class PasswordNeededError(SkyferryError):
    """The link is behind a password that was not given."""

    def __init__(self) -> None:
        super().__init__("this link needs a password: --password, or SKYFERRY_LINK_PASSWORD")


class _Door:
    """A password and the session it gave."""

    def __init__(self, ask: AskPassword, unlock: Callable[[str], Session]) -> None:
        self._ask = ask
        self._unlock = unlock
        self._password: str | None = None
        self.session: Session | None = None

    def open(self) -> None:
        self._password = self._password or self._ask()
        if not self._password:
            raise PasswordNeededError
        self.session = self._unlock(self._password)


class TransferLink:
    """A link to a transfer."""

    def __init__(self, client: Client, token: str, ask: AskPassword) -> None:
        self._client = client
        self._token = token
        self._door = _Door(ask, lambda password: client.unlock_link(token, password))

    def view(self) -> LinkView:
        found = self._client.view_link(self._token)
        if isinstance(found, Locked):
            self._door.open()
            found = self._client.view_link(self._token, self._door.session)
        if isinstance(found, Locked):
            raise PasswordNeededError
        return found

    def download(self, file_id: str) -> Download:
        """Sessions last a quarter of an hour, which a large file may outlast."""
        try:
            return self._client.create_link_download(self._token, file_id, self._door.session)
        except ApiError as error:
            if error.code != "password-required":
                raise
        self._door.open()
        return self._client.create_link_download(self._token, file_id, self._door.session)


class RequestLink:
    """A link to an upload request."""

    def __init__(self, client: Client, token: str, ask: AskPassword) -> None:
        self._client = client
        self._token = token
        self._door = _Door(ask, lambda password: client.unlock_request(token, password))

    def view(self) -> RequestView:
        found = self._client.view_request(self._token)
        if isinstance(found, Locked):
            self._door.open()
            found = self._client.view_request(self._token, self._door.session)
        if isinstance(found, Locked):
            raise PasswordNeededError
        return found

    def contribute(self, contribution: NewContribution) -> Contribution:
        return self._client.contribute(self._token, contribution, self._door.session)

"""Operations of whoever holds a link to a transfer, without an account."""

from skyferry_client.calls.base import Calls, segment
from skyferry_client.link_models import LinkView, Locked, Session
from skyferry_client.transport import answer
from skyferry_client.urls import Download

_SESSION_HEADER = "Skyferry-Session"


class LinkCalls(Calls):
    def view_link(self, link_token: str, session: Session | None = None) -> LinkView | Locked:
        """What a link leads to; looking consumes nothing. Locked, where it needs a password first."""
        found = answer(self._api.call("GET", link_path(link_token), headers=shown(session)))
        return Locked() if found.optional_flag("password_required") else LinkView.parse(found)

    def unlock_link(self, link_token: str, password: str) -> Session:
        """A session for a quarter of an hour. Every try counts against those that are allowed."""
        path, body = f"{link_path(link_token)}/unlock", {"password": password}
        response = self._api.call("POST", path, body=dict(body), repeatable=False)
        return Session.parse(answer(response))

    def create_link_download(
        self, link_token: str, file_id: str, session: Session | None = None
    ) -> Download:
        """A URL to download a file; each answer counts against the transfer's `max_downloads`."""
        path = f"{link_path(link_token)}/files/{segment(file_id)}/download"
        response = self._api.call("POST", path, headers=shown(session), repeatable=False)
        return Download.parse(answer(response))

    def is_unsubscribed(self, link_token: str) -> bool:
        """Whether the link's address gets no more mail from this sender."""
        return self._read(f"{link_path(link_token)}/unsubscribe").flag("unsubscribed")

    def unsubscribe(self, link_token: str) -> bool:
        """No more mail from this sender to the link's address."""
        response = self._api.call("POST", f"{link_path(link_token)}/unsubscribe")
        return answer(response).flag("unsubscribed")


def link_path(link_token: str) -> str:
    return f"/t/{segment(link_token)}"


def shown(session: Session | None) -> dict[str, str]:
    return {} if session is None else {_SESSION_HEADER: session.session}

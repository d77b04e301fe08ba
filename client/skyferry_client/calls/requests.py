"""Operations on upload requests: for their owner, and for whoever holds the link of one."""

import uuid
from collections.abc import Iterator

from skyferry_client.calls.base import Calls, segment
from skyferry_client.calls.links import shown
from skyferry_client.link_models import Locked, Session
from skyferry_client.request_models import Contribution, RequestView, UploadRequest
from skyferry_client.requests import Json, NewContribution, NewRequest
from skyferry_client.transport import answer


class RequestCalls(Calls):
    def create_request(
        self, request: NewRequest, *, idempotency_key: str | None = None
    ) -> UploadRequest:
        """A link by which somebody without an account sends files. Only this answer has its `url`."""
        return UploadRequest.parse(self._create("/requests", request.to_json(), idempotency_key))

    def iter_requests(self) -> Iterator[UploadRequest]:
        return self._all("/requests", UploadRequest.parse)

    def get_request(self, request_id: str) -> UploadRequest:
        return UploadRequest.parse(self._read(_request(request_id)))

    def edit_request(
        self, request_id: str, changes: Json, *, if_match: str | None = None
    ) -> UploadRequest:
        return UploadRequest.parse(self._edit(_request(request_id), changes, if_match))

    def revoke_request(self, request_id: str) -> None:
        self._remove(_request(request_id))

    # For the holder of the link

    def view_request(
        self, request_token: str, session: Session | None = None
    ) -> RequestView | Locked:
        found = answer(self._api.call("GET", _asked(request_token), headers=shown(session)))
        return Locked() if found.optional_flag("password_required") else RequestView.parse(found)

    def unlock_request(self, request_token: str, password: str) -> Session:
        path = f"{_asked(request_token)}/unlock"
        response = self._api.call("POST", path, body={"password": password}, repeatable=False)
        return Session.parse(answer(response))

    def contribute(
        self,
        request_token: str,
        contribution: NewContribution,
        session: Session | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Contribution:
        """A transfer to the one who asked; upload its files by `uploads_by(….upload.token)`."""
        response = self._api.call(
            "POST",
            f"{_asked(request_token)}/transfers",
            body=contribution.to_json(),
            headers=shown(session),
            idempotency_key=idempotency_key or str(uuid.uuid4()),
        )
        return Contribution.parse(answer(response))


def _request(request_id: str) -> str:
    return f"/requests/{segment(request_id)}"


def _asked(request_token: str) -> str:
    return f"/r/{segment(request_token)}"

"""What an owner does with upload requests, and what anybody may do who has the link of one."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from skyferry.core import guarded, limits, passwords, upload_requests
from skyferry.core.capability import Capabilities, quota_of_somebody_else
from skyferry.core.commands import NewTransfer
from skyferry.core.errors import ConflictError, NotFoundError
from skyferry.core.models import Change, Principal, Session
from skyferry.core.ports import Clock, RequestStore, TransferStore
from skyferry.core.request_commands import NewContribution, NewRequest, PatchRequest
from skyferry.core.sending import Contents, Sending
from skyferry.core.tokens import token_hash
from skyferry.core.unlocking import Unlocking
from skyferry.core.upload_requests import Capability, UploadLimits, UploadRequest


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of a link; nothing but another capability where its transfer is there already."""

    before: UploadRequest
    after: UploadRequest | None
    change: Change | None
    secret: str
    capability: Capability


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Requesting:
    sending: Sending
    requests: RequestStore
    transfers: TransferStore
    capabilities: Capabilities
    locks: Unlocking
    clock: Clock

    def create(
        self, principal: Principal, new: NewRequest, request_id: str
    ) -> tuple[UploadRequest, str]:
        """The request and its link's token. `request_id` is chosen by the caller: a repeated create meets its
        own request, and ends the link that nobody was told of."""
        if new.expires_at is not None:
            self.sending.require_expiry(new.expires_at)
        now, token = self.clock(), secrets.token_urlsafe(32)
        request = UploadRequest(
            id=request_id,
            owner=principal.owner,
            token_hash=token_hash(token),
            requester=principal.name,
            title=new.title,
            message=new.message,
            limits=UploadLimits(
                max_files=new.max_files, max_bytes=new.max_bytes, allowed_types=new.allowed_types
            ),
            password_hash=None if new.password is None else passwords.hashed(new.password),
            max_uses=new.max_uses,
            created_at=now,
            updated_at=now,
            expires_at=new.expires_at
            or now + limits.seconds(new.expires_in or limits.DEFAULT_EXPIRY),
        )
        try:
            self.requests.create(request)
        except ConflictError:
            fresh = request.token_hash
            request = self._change(
                principal, request_id, lambda known: known.changed(now, token_hash=fresh)
            )
        return request, token

    def get(self, principal: Principal, request_id: str) -> UploadRequest:
        request = self.requests.get(principal.owner, request_id)
        upload_requests.require_known(request, self.clock())
        return request

    def page(
        self, principal: Principal, before: str | None, limit: int
    ) -> tuple[list[UploadRequest], str | None]:
        """Newest first, and where the next page begins. Requests that are to be purged are left out, so a
        page may be short."""
        found = self.requests.page(principal.owner, before, limit + 1)
        page, now = found[:limit], self.clock()
        known = [request for request in page if request.purge_at > now]
        return known, page[-1].id if len(found) > limit else None

    def edit(
        self,
        principal: Principal,
        request_id: str,
        patch: PatchRequest,
        seen: Callable[[UploadRequest], None],
    ) -> UploadRequest:
        """Raises MalformedError for an expiry outside the limits, StateError when it is too late."""
        if patch.expires_at is not None:
            self.sending.require_expiry(patch.expires_at)

        fields = passwords.hashed_in(patch.changes())

        def decide(request: UploadRequest) -> UploadRequest | None:
            seen(request)
            return upload_requests.edited(request, fields, self.clock())

        return self._change(principal, request_id, decide)

    def revoke(self, principal: Principal, request_id: str) -> None:
        """The link ends at once. Transfers that came in by it are the owner's and stay."""
        self._change(
            principal, request_id, lambda known: upload_requests.revoked(known, self.clock())
        )

    def _change(
        self,
        principal: Principal,
        request_id: str,
        decide: Callable[[UploadRequest], UploadRequest | None],
    ) -> UploadRequest:
        def decided() -> tuple[UploadRequest, UploadRequest | None]:
            before = self.get(principal, request_id)
            return before, decide(before)

        def commit(step: tuple[UploadRequest, UploadRequest | None]) -> None:
            before, after = step
            if after is not None:
                self.requests.commit(before, after)

        before, after = guarded.contended(decided, commit)
        return before if after is None else after

    def view(self, token: str, session: str | None = None) -> UploadRequest | None:
        """None behind a password that was not given. Changes nothing. Raises NotFoundError, DeletedError,
        ExpiredError or RequestUsedError."""
        request = self._open(token)
        if not self.locks.is_open(request.token_hash, request.password_hash, session):
            return None
        return request

    def unlock(self, token: str, password: str, source: str) -> Session:
        """See `Unlocking.unlock`; an unknown link takes as long as a wrong password."""
        try:
            request = self._open(token)
        except NotFoundError:
            passwords.spend_time(password)
            raise
        return self.locks.unlock(request.token_hash, request.password_hash, password, source)

    def _open(self, token: str) -> UploadRequest:
        request = self.requests.by_token(token_hash(token))
        upload_requests.require_usable(request, self.clock())
        return request

    def contribute(
        self, token: str, new: NewContribution, transfer_id: str, session: str | None = None
    ) -> tuple[Contents, str]:
        """One use: a transfer of the owner's, and the token of the capability to upload into it. Raises what
        `view` does, PasswordRequiredError, SizeLimitError and TypeNotAllowedError.

        `transfer_id` is chosen by the caller: a repeated request meets its own transfer, counts no further
        use, and gets another capability for it."""
        request = self.requests.by_token(token_hash(token))
        self.locks.require_open(request.token_hash, request.password_hash, session)
        with quota_of_somebody_else():
            use = guarded.contended(lambda: self._use(token, new, transfer_id), self._commit)
        if use.change is None:
            return self.sending.get(use.capability.principal, transfer_id), use.secret
        return Contents.created(use.change), use.secret

    def _use(self, token: str, new: NewContribution, transfer_id: str) -> "_Use":
        request = self.requests.by_token(token_hash(token))
        if self._exists(request.owner, transfer_id):
            transfer = self.transfers.get(request.owner, transfer_id)
            return _Use(request, None, None, *self.capabilities.draft(transfer, request.limits))
        after = upload_requests.used(request, self.clock())
        request.limits.require(new.files, "/files/{index}")
        change = self.sending.draft(
            Principal(owner=request.owner, scopes=frozenset(), name=new.sender_name),
            NewTransfer(title=request.title, message=new.sender_message, files=new.files),
            transfer_id,
            request.id,
        )
        return _Use(request, after, change, *self.capabilities.draft(change.after, request.limits))

    def _commit(self, use: "_Use") -> None:
        if use.after is None or use.change is None:
            self.capabilities.store.add(use.capability)
        else:
            self.requests.use(use.before, use.after, use.change, use.capability)

    def _exists(self, owner: str, transfer_id: str) -> bool:
        try:
            self.transfers.get(owner, transfer_id)
        except NotFoundError:
            return False
        return True

"""From a request to a response: find the operation, check the caller, parse, run, answer."""

import hashlib
from dataclasses import replace
from http import HTTPStatus

from skyferry.core.commands import Command
from skyferry.core.errors import ForbiddenError, NotFoundError
from skyferry.core.idempotency import Answer, IdempotencyScope
from skyferry.core.models import Principal
from skyferry.core.tokens import token_hash
from skyferry.functions.api import routes
from skyferry.functions.api.app import App
from skyferry.functions.api.call import Call
from skyferry.functions.api.http import (
    JSON,
    Query,
    Request,
    Response,
    content_tag,
    parse_body,
    parse_query,
)
from skyferry.functions.api.operation import Idempotency, Operation
from skyferry.functions.api.problems import IdempotencyKeyError, UnauthorizedError

_KEY = "idempotency-key"
_MAX_KEY = 255


def admit(request: Request) -> Operation:
    """The operation, for a caller who may ask for it. Raises NotFoundError, UnauthorizedError or
    ForbiddenError."""
    operation = routes.find(request.method, request.resource)
    if operation is None:
        raise NotFoundError
    _authorize(operation, request.principal)
    return operation


def respond(app: App, request: Request, operation: Operation) -> Response:
    """Raises core.errors for everything that is not a success."""
    body = parse_body(operation.body, request, *operation.media_types, max_body=operation.max_body)
    resource_id = "" if operation.creates is None else app.ids(operation.creates)
    call = Call(request, body, parse_query(operation.query, request), resource_id)
    key = _idempotency_key(operation, request)
    if key is None:
        return _conditional(request, operation.run(app, call))
    scope = IdempotencyScope(owner=_key_owner(call), operation=operation.id, key=key)
    return _once(app, operation, call, scope)


def _key_owner(call: Call[Command, Query]) -> str:
    """A key counts for one owner, or, without an account, for one link."""
    if call.request.principal is not None:
        return call.request.principal.owner
    return f"link-{token_hash(call.path('token'))}"


def _authorize(operation: Operation, principal: Principal | None) -> None:
    if operation.scope is None:
        return
    if principal is None:
        raise UnauthorizedError
    if operation.scope not in principal.scopes:
        raise ForbiddenError(f"The access token lacks the scope {operation.scope}.")


def _idempotency_key(operation: Operation, request: Request) -> str | None:
    if operation.idempotency is Idempotency.NONE:
        return None
    key = request.headers.get(_KEY)
    if key is None:
        if operation.idempotency is Idempotency.REQUIRED:
            raise IdempotencyKeyError("This operation needs an Idempotency-Key header.")
        return None
    if not (0 < len(key) <= _MAX_KEY and key.isascii() and key.isprintable()):
        raise IdempotencyKeyError(
            f"The Idempotency-Key must be 1 to {_MAX_KEY} printable ASCII characters."
        )
    return key


def _once(
    app: App,
    operation: Operation,
    call: Call[Command, Query],
    scope: IdempotencyScope,
) -> Response:
    request = call.request
    payload = hashlib.sha256(request.path.encode() + b"\0" + request.body).hexdigest()
    claim = app.idempotency.begin(scope, payload, call.resource_id)
    if isinstance(claim, Answer):
        headers = {**claim.headers, "Idempotency-Replayed": "true"}
        return Response(claim.status, claim.body, headers)
    answered = False
    try:
        response = operation.run(app, replace(call, resource_id=claim.resource_id))
        answer = Answer(status=response.status, headers=dict(response.headers), body=response.body)
        app.idempotency.finish(claim, answer)
        answered = True
    finally:
        if not answered:
            app.idempotency.release(claim)
    return response


def _conditional(request: Request, response: Response) -> Response:
    """RFC 9110, 13.1.2. Answers without a version of their own are tagged by their content."""
    if request.method not in {"GET", "HEAD"} or response.content_type != JSON:
        return response
    etag = response.headers.get("ETag")
    if etag is None:
        etag = content_tag(response.body)
        response = replace(response, headers={**response.headers, "ETag": etag})
    known = [
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("if-none-match", "").split(",")
    ]
    if etag in known or known == ["*"]:
        return replace(response, status=HTTPStatus.NOT_MODIFIED, body="")
    return response

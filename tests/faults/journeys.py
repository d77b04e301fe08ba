"""Ways through the service, each a few operations long; together they make every call of AWS there is."""

import re
from datetime import timedelta
from typing import Any

from skyferry.functions.pause_sending import index as pause_sending
from skyferry.shared import clients

from tests.faults.service import Body, Journey, Service

DAY = timedelta(days=1).total_seconds()
SMALL = {"name": "a.txt", "size": 5, "content_type": "text/plain"}
LARGE = {"name": "b.txt", "size": 8, "content_type": "text/plain"}
TO = [{"email": "r0@example.com"}, {"email": "r1@example.com"}]


def _created(service: Service, *files: Body, **fields: Any) -> Body:
    body = {"title": "t", "files": list(files), "recipients": TO, **fields}
    return service.ask("createTransfer", body=body)


def _key(transfer: Body, index: int = 0) -> str:
    key: str = transfer["files"][index]["upload"]["fields"]["key"]
    return key


def _ready(service: Service, **fields: Any) -> Body:
    transfer = _created(service, SMALL, **fields)
    service.uploaded(_key(transfer))
    service.settle()
    service.ask("finalizeTransfer", transfer_id=transfer["id"])
    service.settle()
    return transfer


def _link(service: Service, number: int = 0) -> str:
    return re.search(r"/t/(\S+)", service.calls.mails[number].text).group(1)  # type: ignore[union-attr]


def _upload_part(service: Service, key: str, upload_id: str) -> None:
    clients.s3().upload_part(
        Bucket=service.aws.bucket, Key=key, UploadId=upload_id, PartNumber=1, Body=b"in parts"
    )


def _open_upload(service: Service) -> tuple[str, str]:
    """Key and id of the one upload that a file's row names."""
    (row,) = [row for row in service.aws.rows() if "upload_id" in row]
    upload_id = row["upload_id"]["S"]
    uploads = clients.s3().list_multipart_uploads(Bucket=service.aws.bucket)["Uploads"]
    return next(one["Key"] for one in uploads if one["UploadId"] == upload_id), upload_id


def _etag(service: Service, key: str) -> str:
    return clients.s3().head_object(Bucket=service.aws.bucket, Key=key)["ETag"]


def delivered(service: Service) -> None:
    """Created, uploaded, mailed, read by everybody."""
    transfer = _ready(service)
    place = {"transfer_id": transfer["id"]}
    for operation in ("getTransfer", "listFiles", "listRecipients", "listEvents", "getReceipt"):
        service.ask(operation, **place)
    service.ask("getFile", **place, file_id=transfer["files"][0]["id"])
    for operation in ("listTransfers", "listOwnerEvents", "getUsage", "getLimits"):
        service.ask(operation)
    for operation in ("getKeys", "getHealth", "getOpenapi"):
        service.ask(operation, public=True)


def downloaded(service: Service) -> None:
    """By the sender, and by a recipient who then wants no more mail."""
    transfer = _ready(service)
    place = {"file_id": transfer["files"][0]["id"]}
    token = _link(service)
    service.ask("createDownload", transfer_id=transfer["id"], **place)
    service.ask("viewLink", public=True, token=token)
    service.ask("createLinkDownload", public=True, token=token, **place)
    service.ask("viewUnsubscribe", public=True, token=token)
    service.ask("unsubscribe", public=True, token=token)
    (suppressed,) = service.ask("listSuppressions")["data"]
    service.ask("getSuppression", email=suppressed["email"])


def bounced(service: Service) -> None:
    """An address that bounces is suppressed until its owner's sender lifts that."""
    _ready(service)
    service.hear("Bounce", bounce={"bounceType": "Permanent"})
    (suppressed,) = service.ask("listSuppressions")["data"]
    service.ask("liftSuppression", email=suppressed["email"])
    service.hear("Complaint")


def reminded(service: Service) -> None:
    """Mails again: by hand, and by the sweep before it expires."""
    transfer = _ready(service)
    recipient = service.ask("listRecipients", transfer_id=transfer["id"])["data"][0]
    service.passes(DAY)
    service.ask("resend", transfer_id=transfer["id"], recipient_id=recipient["id"])
    service.settle()
    service.passes(5.5 * DAY)
    service.sweep()
    service.settle()


def ended(service: Service) -> None:
    """Deleted, restored, deleted for good, purged."""
    transfer = _ready(service)
    place = {"transfer_id": transfer["id"]}
    service.ask("deleteTransfer", **place, headers=service.etag("getTransfer", **place))
    service.ask("restoreTransfer", **place)
    service.ask("deleteTransfer", **place, headers=service.etag("getTransfer", **place))
    service.settle()
    for _ in range(3):
        service.passes(9 * DAY)
        service.sweep()
        service.settle()


def edited(service: Service) -> None:
    """Everything that may change before finalize changes."""
    transfer = _created(service, SMALL)
    place = {"transfer_id": transfer["id"]}
    first = {**place, "file_id": transfer["files"][0]["id"]}
    match = service.etag("getTransfer", **place)
    service.ask("editTransfer", **place, body={"title": "another"}, headers=match)
    service.uploaded(_key(transfer))
    service.settle()
    more = service.ask("addFile", **place, body={**SMALL, "name": "more.txt"})
    service.ask(
        "editFile", **first, body={"name": "c.txt"}, headers=service.etag("getFile", **first)
    )
    service.ask("removeFile", **first, headers=service.etag("getFile", **first))
    added = service.ask("addRecipient", **place, body={"email": "new@example.com"})
    service.ask("removeRecipient", **place, recipient_id=added["id"])
    service.uploaded(more["upload"]["fields"]["key"])
    service.settle()
    service.ask("finalizeTransfer", **place)
    service.settle()


def in_parts(service: Service) -> None:
    """Opened, given up, opened again and completed."""
    transfer = _created(service, LARGE)
    place = {"transfer_id": transfer["id"], "file_id": transfer["files"][0]["id"]}
    parts = {"parts": [{"number": 1, "size": 8}]}
    service.ask("openUpload", **place)
    service.ask("signParts", **place, body=parts)
    service.ask("abortUpload", **place)
    service.ask("signParts", **place, body=parts)
    key, upload_id = _open_upload(service)
    _upload_part(service, key, upload_id)
    service.ask("listParts", **place)
    service.ask("completeUpload", **place)
    service.tell(key, _etag(service, key))
    service.settle()
    service.ask("finalizeTransfer", transfer_id=transfer["id"])
    service.settle()


def refused(service: Service) -> None:
    """One file is a virus, the other not what it says; the sender is told."""
    transfer = _created(service, SMALL, {**SMALL, "name": "b.txt", "sha256": "A" * 43 + "="})
    content = b"hello"
    clients.s3().put_object(Bucket=service.aws.bucket, Key=_key(transfer), Body=content)
    service.tell(_key(transfer), _etag(service, _key(transfer)), "THREATS_FOUND")
    service.settle()
    other = _created(service, {**SMALL, "sha256": "A" * 43 + "="})
    service.uploaded(_key(other))
    service.settle()


def locked(service: Service) -> None:
    """A link with a password."""
    transfer = _ready(service, password="open sesame")
    token = _link(service)
    session = service.ask("unlockLink", public=True, token=token, body={"password": "open sesame"})
    headers = {"Skyferry-Session": session["session"]}
    file_id = transfer["files"][0]["id"]
    service.ask("viewLink", public=True, token=token, headers=headers)
    service.ask("createLinkDownload", public=True, token=token, file_id=file_id, headers=headers)


def hooked(service: Service) -> None:
    """A webhook that is made, changed, told (at the second try), asked about and removed."""
    made = service.ask("createWebhook", body={"url": "https://hooks.example.com/a"})
    place = {"webhook_id": made["id"]}
    service.ask("listWebhooks")
    service.ask("getWebhook", **place)
    match = service.etag("getWebhook", **place)
    service.ask("editWebhook", **place, body={"description": "b"}, headers=match)
    service.ask("testWebhook", **place)
    _created(service, SMALL)
    service.answers = [503]
    service.settle()
    delivery = service.ask("listDeliveries", **place)["data"][0]
    service.ask("redeliver", **place, delivery_id=delivery["id"])
    service.settle()
    service.ask("deleteWebhook", **place, headers=service.etag("getWebhook", **place))


def requested(service: Service) -> None:
    """Somebody without an account is asked for files, and sends some."""
    request = service.ask("createRequest", body={"title": "r", "password": "open sesame"})
    place = {"request_id": request["id"]}
    token = request["url"].rpartition("/")[2]
    service.ask("listRequests")
    service.ask("getRequest", **place)
    match = service.etag("getRequest", **place)
    service.ask("editRequest", **place, body={"title": "s"}, headers=match)
    unlocked = service.ask(
        "unlockRequest", public=True, token=token, body={"password": "open sesame"}
    )
    headers = {"Skyferry-Session": unlocked["session"]}
    service.ask("viewRequest", public=True, token=token, headers=headers)
    begun = service.ask(
        "createRequestTransfer", public=True, token=token, headers=headers, body={"files": [SMALL]}
    )
    capability = {"public": True, "token": begun["upload"]["url"].rpartition("/")[2]}
    service.ask("viewUpload", **capability)
    other = service.ask("addUploadFile", **capability, body={**SMALL, "name": "b.txt"})
    service.ask("removeUploadFile", **capability, file_id=other["id"])
    service.uploaded(_key(begun["transfer"]))
    service.settle()
    service.ask("finalizeUpload", **capability)
    service.settle()
    service.ask("revokeRequest", **place, headers=service.etag("getRequest", **place))


def by_capability(service: Service) -> None:
    """Parts sent with a token for one transfer."""
    transfer = _created(service, LARGE)
    token = service.ask("createUploadToken", transfer_id=transfer["id"])
    place = {"public": True, "token": token["url"].rpartition("/")[2]}
    file = {**place, "file_id": transfer["files"][0]["id"]}
    service.ask("openFileUpload", **file)
    service.ask("signFileParts", **file, body={"parts": [{"number": 1, "size": 8}]})
    key, upload_id = _open_upload(service)
    _upload_part(service, key, upload_id)
    service.ask("listFileParts", **file)
    service.ask("completeFileUpload", **file)
    service.tell(key, _etag(service, key))
    service.settle()
    service.ask("finalizeUpload", **place)
    service.settle()


def by_uppy(service: Service) -> None:
    """The same by the routes that Uppy's plugin knows."""
    transfer = _created(service, SMALL, LARGE)
    token = service.ask("createUploadToken", transfer_id=transfer["id"])
    place = {"public": True, "token": token["url"].rpartition("/")[2]}
    service.ask("companionParams", **place, query={"filename": ["a.txt"], "type": ["text/plain"]})
    body = {"filename": "b.txt", "type": "text/plain", "metadata": {}}
    for _ in range(2):
        begun = service.ask("companionCreateMultipart", **place, body=body)
        upload = {**place, "upload_id": begun["uploadId"], "query": {"key": [begun["key"]]}}
        service.ask("companionSignPart", **upload, part_number="1")
        service.ask("companionListParts", **upload)
        if _ == 0:
            service.ask("companionAbort", **upload)
    key, upload_id = _open_upload(service)
    _upload_part(service, key, upload_id)
    parts = {"parts": [{"PartNumber": 1, "ETag": '"e"'}]}
    service.ask("companionComplete", **upload, body=parts)


def unheard(service: Service) -> None:
    """No event comes of anything; the sweep finds the upload, the outbox row, the mail without an outcome."""
    abandoned = _created(service, LARGE)
    place = {"transfer_id": abandoned["id"], "file_id": abandoned["files"][0]["id"]}
    service.ask("openUpload", **place)
    transfer = _created(service, SMALL)
    clients.s3().put_object(Bucket=service.aws.bucket, Key=_key(transfer), Body=b"hello")
    service.ask("finalizeTransfer", transfer_id=transfer["id"])
    for seconds in (2_000, 2_000, 9 * DAY, 9 * DAY, 9 * DAY):
        service.passes(seconds)
        service.sweep()
        service.settle()


def paused(service: Service) -> None:
    """Too many bounces: sending is stopped."""
    service.call_until_done(pause_sending, {"detail": {"alarmName": "bounces"}})


JOURNEYS: tuple[Journey, ...] = (
    delivered, downloaded, bounced, reminded, ended, edited, in_parts, refused, locked, hooked, requested,
    by_capability, by_uppy, unheard, paused,
)  # fmt: skip

"""Who may do what, in one place: the service's whole network of trust is meant to be read here."""

from typing import TYPE_CHECKING

from skyferry.contract import Prefix

if TYPE_CHECKING:
    from skyferry_cdk.service import FileTransferService


def grant_access(service: "FileTransferService", *, sender_address: str) -> None:
    """Exact actions for each function's own role."""
    table, bucket = service.table, service.bucket
    api, sweep = service.api_function, service.sweep
    process_upload = service.process_upload.function
    send_email = service.send_email.function
    dispatch_outbox = service.dispatch_outbox.function
    for function in (
        api,
        process_upload,
        dispatch_outbox,
        send_email,
        service.email_feedback.function,
        service.deliver_webhook.function,
        sweep,
    ):
        table.grant_read_write(function)

    bucket.grant_upload(api, Prefix.INBOX)
    bucket.grant_download(api, Prefix.INBOX)  # to look at what arrived (HEAD)
    bucket.grant_download(api, Prefix.FILES)  # signs the download URLs
    bucket.grant_list(api, Prefix.INBOX)
    bucket.grant_delete(api, Prefix.INBOX)  # a removed file takes its bytes along
    bucket.grant_delete(api, Prefix.FILES)

    bucket.grant_download(process_upload, Prefix.INBOX)
    bucket.grant_delete(process_upload, Prefix.INBOX)
    bucket.grant_download(process_upload, Prefix.FILES)
    bucket.grant_upload(process_upload, Prefix.FILES)
    bucket.grant_list(process_upload)  # or a missing key answers 403 instead of 404

    service.receipt_key.grant_sign(api)

    service.send_email.grant_send(dispatch_outbox)
    service.mail.grant_send(send_email, from_address=sender_address)

    service.send_email.grant_stop(service.pause_sending)

    service.deliver_webhook.grant_send(dispatch_outbox)
    service.deliver_webhook.grant_postpone(service.deliver_webhook.function)

    table.grant_query_feed(api)
    table.grant_query_due(sweep)
    bucket.grant_download(sweep, Prefix.INBOX)
    bucket.grant_delete(sweep, Prefix.INBOX)
    bucket.grant_delete(sweep, Prefix.FILES)
    bucket.grant_abort(sweep, Prefix.INBOX)
    bucket.grant_list(sweep)
    service.process_upload.grant_send(sweep)
    service.send_email.grant_send(sweep)
    service.deliver_webhook.grant_send(sweep)

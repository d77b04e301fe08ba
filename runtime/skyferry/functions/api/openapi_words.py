"""What fields mean wherever they stand, so that each is said once. A model's own description comes first."""

from typing import Any, Final

_WORDS: Final = {
    "alg": "Always ECDSA over P-256 with SHA-256.",
    "allowed_types": "Media types that may come in; empty: any.",
    "at": "When it happened.",
    "attempts": "How often it was tried.",
    "body_bytes": "Largest JSON body.",
    "bucket": "The bucket; Uppy asks for it.",
    "content_type": "Media type, as declared.",
    "crc64nvme": "CRC-64/NVME of the bytes, base64; null if not declared.",
    "created_at": "When it was created.",
    "crv": "The curve.",
    "data": "What was found, at most `limit` of them.",
    "default_expiry_seconds": "Expiry of a transfer that names none.",
    "description": "For your own use; receivers do not see it.",
    "download_count": "Downloads by recipients so far.",
    "download_url_seconds": "How long a download URL is good.",
    "downloads": "Whether the sender is told of each recipient's first download.",
    "downloads_left": "Downloads that are left for all recipients together; null: no cap.",
    "email": "Address, as given.",
    "enabled": "Whether events are delivered.",
    "ETag": "The part's ETag, as S3 answered it.",
    "event_type": "What happened.",
    "events": "Which events to deliver; all if none are named.",
    "expires_at": "The end: from then on it is refused.",
    "expires_in": "Seconds from now. Not together with `expires_at`.",
    "fields": "Form fields to send as they are, before the bytes.",
    "file_bytes": "Largest file.",
    "file_count": "How many files there are.",
    "filename": "Display name.",
    "files": "The files, in the order of their ids.",
    "files_per_transfer": "Most files of one transfer.",
    "finalized_at": "When the file list was closed; null before.",
    "id": "Opaque; ids sort by time of creation.",
    "issued_at": "When it was signed.",
    "key": "The upload's key, for the calls that follow.",
    "keys": "The keys in use.",
    "kid": "RFC 7638 thumbprint; receipts name it.",
    "kty": "The kind of key.",
    "limit": "At most so many.",
    "locale": "Language of the mail, `en` or `de-AT`.",
    "location": "Where the bytes went, for Uppy; nobody can fetch them by it.",
    "mails_per_day": "Mails in a day (UTC).",
    "max_bytes": "Bytes of one transfer that comes in; null: the service's limit.",
    "max_downloads": "Downloads of all recipients together; null: no cap.",
    "max_expiry_seconds": "Latest expiry.",
    "max_files": "Files of one transfer that comes in; null: the service's limit.",
    "max_uses": "Transfers that may come in by the link; null: no cap.",
    "message": "Plain text for the recipient, with line breaks.",
    "message_characters": "Longest message.",
    "metadata": "What Uppy knows of the file: `file_id` of a registered one, or `size` in bytes.",
    "method": "Always POST.",
    "min_expiry_seconds": "Earliest expiry.",
    "mode": "Which of the two kinds of upload it is.",
    "name": "Display name.",
    "next_cursor": "Send it as `cursor` for the next page; null on the last.",
    "number": "Of the part, 1 to 10000.",
    "part_count": "Parts of the advised size.",
    "PartNumber": "1 to 10000.",
    "parts": "The parts.",
    "password": "Whoever opens a link must give it.",
    "password_protected": "Whether links ask for a password.",
    "password_required": "Whether the link must be unlocked first.",
    "path": "Relative folder, with `/`; null: none.",
    "prev_hash": "`hash` of the event before; empty of the first.",
    "problems": "Whether the sender is told what was refused or could not be delivered.",
    "quota_bytes": "Bytes of all transfers together.",
    "quota_files": "Files of all transfers together.",
    "ready_at": "When every file was clean and mails could go out; null before.",
    "recipient_count": "How many recipients there are.",
    "recipients": "Who is told, each with a link of their own.",
    "recipients_per_transfer": "Most recipients of one transfer.",
    "reminder": "Whether recipients are reminded a day before the end.",
    "requests_per_minute": "Requests of one owner.",
    "resets_at": "When counting starts anew.",
    "revoked_at": "When the link was ended; null while it stands.",
    "sender": "Name of whoever sends, as the access token says it.",
    "sender_message": "Plain text for whoever asked.",
    "sender_name": "Who sends.",
    "seq": "Number within the transfer, from 1.",
    "sha256": "SHA-256 of the bytes, base64; null if not declared.",
    "Size": "Bytes.",
    "size": "Exact size in bytes.",
    "status": "Where it stands.",
    "tags": "The owner's own words.",
    "title": "One line for the recipient.",
    "title_characters": "Longest title.",
    "total_size": "Bytes of all files together.",
    "transfer_id": "The transfer it belongs to.",
    "transfers": "Transfers that are not purged yet.",
    "type": "What kind it is.",
    "updated_at": "When it last changed.",
    "upload_url_seconds": "How long an upload URL is good.",
    "uploadId": "The upload's id, for the calls that follow.",
    "url": "Where to send the request; whoever has it may, until it expires.",
    "use": "What the key is for.",
    "use_count": "Transfers that came in so far.",
    "used": "What counts now.",
    "version": "Rises with every change; the ETag is made of it.",
    "webhook_id": "The webhook it is for.",
    "x": "First coordinate, base64url.",
    "y": "Second coordinate, base64url.",
}
#: Where a name means something else.
_SPECIAL: Final = {
    ("Event", "data"): "What happened, in values that the type of the event names.",
    ("Event", "type"): "What happened, `transfer.ready` or `recipient.downloaded`.",
    ("CompanionUpload", "type"): "Media type; empty: unknown.",
    ("Counted", "limit"): "Most of it.",
    ("Limits", "tags"): "Most tags of one transfer.",
    ("Health", "version"): "The version that runs.",
    ("Health", "status"): "`ok`, or there is no answer.",
    ("Reason", "detail"): "Why, in a sentence.",
    ("StoredPart", "etag"): "The part's ETag, as S3 says it.",
}
_PARAMETERS: Final = {
    "created_after": "Only those created later.",
    "created_before": "Only those created earlier.",
    "cursor": "`next_cursor` of the page before; good for the same list and filters only.",
    "expires_before": "Only those that end earlier.",
    "filename": "Display name of the file.",
    "key": "The key that the upload was opened with.",
    "limit": "Most items of one page.",
    "status": "Only those with this status.",
    "type": "Media type of the file; empty: unknown.",
}


def described(model: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with a description for each field that has none of its own."""
    if "properties" not in schema:
        return schema
    fields = {
        name: _with(field, _SPECIAL.get((model, name)) or _WORDS.get(name))
        for name, field in schema["properties"].items()
    }
    return {**schema, "properties": fields}


def described_parameter(name: str, parameter: dict[str, Any]) -> dict[str, Any]:
    """The query parameter with a description if it has none of its own."""
    return _with(parameter, _PARAMETERS.get(name))


def _with(described: dict[str, Any], text: str | None) -> dict[str, Any]:
    if text is None or "description" in described or "$ref" in described:
        return described
    return {"description": text, **described}

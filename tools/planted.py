"""The rules that `make mutants` takes out of the runtime, and the tests that should notice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plant:
    """`rule` occurs once in the file and becomes `broken`; `name` says what is then the case."""

    name: str
    path: str
    rule: str
    broken: str
    tests: tuple[str, ...]


_DELIVERING = ("core/test_core_delivering.py",)
_RECEIVING = ("core/test_core_receiving.py",)
_VERIFYING = ("core/test_core_verifying.py",)
_SENDING = ("core/test_core_sending.py",)
_SUPPRESSING = ("core/test_core_suppressing.py",)
_REMINDING = ("core/test_core_reminding.py",)
_WORDS = ("functions/test_send_email_words.py",)
_STORES = ("adapters/test_store_contracts.py",)
_FILES = ("adapters/test_file_store.py", "adapters/test_file_store_contract.py")
_API = (
    "functions/test_api.py",
    "functions/test_api_refusals.py",
    "functions/test_api_lists.py",
    "functions/test_api_idempotency.py",
)
_LINKS = ("functions/test_api_links.py",)
_REQUESTING = ("core/test_core_requesting.py",)
_CAPABILITY = ("core/test_core_capability.py",)
_COMPANION = ("core/test_core_companion.py",)
_REQUEST_STORES = ("adapters/test_request_store_contract.py",)
_PASSWORDS = ("functions/test_api_passwords.py",)
_QUOTAS = ("functions/test_api_quotas.py", "adapters/test_counting_contract.py")
_RECEIPTS = ("core/test_core_receipts.py", "functions/test_api_receipts.py")
_AUTHORIZER = ("functions/test_authorizer.py",)
_RELEASES = ("functions/test_releases.py",)

PLANTED = (
    Plant(
        "a link may be used more often than allowed",
        "core/access.py",
        "    if transfer.max_downloads is not None and transfer.download_count >= transfer.max_downloads:",
        "    if False:",
        _RECEIVING,
    ),
    Plant(
        "nothing expires until the sweep comes",
        "core/models.py",
        "if self.status in _OPEN and self.expires_at <= now:",
        "if False:",
        (*_RECEIVING, *_SENDING),
    ),
    Plant(
        "a transfer is ready before all files are clean",
        "core/lifecycle.py",
        "        and transfer.clean_count == transfer.file_count\n",
        "",
        _VERIFYING,
    ),
    Plant(
        "ready queues no mail",
        "core/lifecycle.py",
        "outbox=[message] if recipients else [],",
        "outbox=[],",
        _DELIVERING,
    ),
    Plant(
        "a deleted transfer stays readable",
        "core/access.py",
        "    if transfer.status is TransferStatus.DELETED:\n        raise NotFoundError",
        "    pass",
        _SENDING,
    ),
    Plant(
        "the verdict on another object counts",
        "core/verifying.py",
        "if file.status.settled or (verdict is not None and etag != stored.etag):",
        "if file.status.settled:",
        _VERIFYING,
    ),
    Plant(
        "checksums are not compared",
        "core/verifying.py",
        "if declared is not None and actual is not None and declared != actual:",
        "if False:",
        _VERIFYING,
    ),
    Plant(
        "sizes are not compared",
        "core/verifying.py",
        "if stored.size != file.size:",
        "if False:",
        _VERIFYING,
    ),
    Plant(
        "files are released without a scan",
        "core/verifying.py",
        "if not self.gated:",
        "if True:",
        _VERIFYING,
    ),
    Plant(
        "a mail counts as sent before it is",
        "core/delivering.py",
        "        try:\n            message_id = self.mailer.send(",
        "        self.mails.settle(mail.replace(status=MailStatus.SENT))\n"
        "        try:\n            message_id = self.mailer.send(",
        _DELIVERING,
    ),
    Plant(
        "a mail is sent by whoever lost the claim",
        "core/delivering.py",
        "        if not self.mails.claim(mail, letter.kind.statuses):\n            return self.mails.find(job)\n",
        "        self.mails.claim(mail, letter.kind.statuses)\n",
        _DELIVERING,
    ),
    Plant(
        "a mail without an outcome is sent again",
        "core/delivering.py",
        "        if earlier is not None:",
        "        if earlier is not None and earlier.status is not MailStatus.CLAIMED:",
        _DELIVERING,
    ),
    Plant(
        "a suppressed address gets mail",
        "core/delivering.py",
        "        if self.suppressions.is_suppressed(letter.to):",
        "        if False:",
        _SUPPRESSING,
    ),
    Plant(
        "anybody overrules a person's wish for no mail",
        "core/suppressing.py",
        "        if found.reason.asked_for and SCOPE_ADMIN not in principal.scopes:",
        "        if False:",
        _SUPPRESSING,
    ),
    Plant(
        "a bounce overwrites a person's wish for no mail",
        "adapters/suppression_table.py",
        "Put(own_row, stronger)",
        "Put(own_row)",
        _STORES,
    ),
    Plant(
        "a mail to a suppressed address of another owner goes out",
        "adapters/suppression_table.py",
        "self.table.write(Put(own_row, stronger), Put(shared_row), patient=True)",
        "self.table.write(Put(own_row, stronger), patient=True)",
        _STORES,
    ),
    Plant(
        "text of users can be clicked",
        "functions/send_email/unlinked.py",
        '    return _JOINTS.sub(rf"{_SEAM}\\1{_SEAM}", text)',
        "    return text",
        _WORDS,
    ),
    Plant(
        "recipients are reminded again and again",
        "core/mailing.py",
        "        reminded_at=now,\n",
        "",
        _REMINDING,
    ),
    Plant(
        "who has downloaded is reminded",
        "core/mails.py",
        "    return left and RecipientStatus.DOWNLOADED not in recipient.timeline",
        "    return left",
        _REMINDING,
    ),
    Plant(
        "an address that nobody verified gets notices",
        "functions/authorizer/tokens.py",
        'claims.get("email_verified") is not True or ',
        "",
        _AUTHORIZER,
    ),
    Plant(
        "link tokens are stored as they are",
        "core/tokens.py",
        "return hashlib.sha256(token.encode()).hexdigest()",
        "return token",
        (*_DELIVERING, *_RECEIVING),
    ),
    Plant(
        "a stale transfer overwrites a newer one",
        "adapters/transfer_table.py",
        "Put(_root(change.after), unchanged),",
        "Put(_root(change.after)),",
        _STORES,
    ),
    Plant(
        "the same mail is claimed twice",
        "adapters/mail_table.py",
        "Put(_row(mail), NEW),",
        "Put(_row(mail)),",
        _STORES,
    ),
    Plant(
        "a mail is claimed for a transfer that is not ready",
        "adapters/mail_table.py",
        "                Check(pk, rows.transfer_sort(mail.transfer_id), _status_in(statuses)),\n",
        "",
        _STORES,
    ),
    Plant(
        "an Idempotency-Key is good for any request",
        "adapters/idempotency_table.py",
        'if row["payload_hash"] != payload_hash:',
        "if False:",
        _STORES,
    ),
    Plant(
        "everybody shares one partition",
        "adapters/rows.py",
        'return f"T#{owner}"',
        'return "T#"',
        _API,
    ),
    Plant(
        "a POST may bring any number of bytes",
        "adapters/file_store.py",
        '                ["content-length-range", file.size, file.size],\n',
        "",
        _API,
    ),
    Plant(
        "a part may have any length",
        "adapters/part_signer.py",
        '        if part.size is not None:\n            params["ContentLength"] = part.size\n',
        "",
        _FILES,
    ),
    Plant(
        "a copy of another object is released",
        "adapters/file_store.py",
        '            "CopySourceIfMatch": source.etag,\n',
        "",
        _FILES,
    ),
    Plant(
        "a cursor is good for any list",
        "functions/api/cursors.py",
        'salt = "\\x00".join(part or "" for part in scope).encode()',
        'salt = b"cursor"',
        _API,
    ),
    Plant(
        "scopes do not matter",
        "functions/api/dispatch.py",
        "if operation.scope not in principal.scopes:",
        "if False:",
        _API,
    ),
    Plant(
        "user text is not escaped on the page",
        "functions/api/page.py",
        "autoescape=True",
        "autoescape=False",
        _LINKS,
    ),
    Plant(
        "tokens of any issuer",
        "functions/authorizer/tokens.py",
        "                issuer=self.issuer,\n",
        "",
        _AUTHORIZER,
    ),
    Plant(
        "tokens for any audience",
        "functions/authorizer/tokens.py",
        'options={"require"',
        'options={"verify_aud": False, "require"',
        _AUTHORIZER,
    ),
    Plant(
        "tokens that have expired",
        "functions/authorizer/tokens.py",
        'options={"require"',
        'options={"verify_exp": False, "require"',
        _AUTHORIZER,
    ),
    Plant(
        "tokens that live for years",
        "functions/authorizer/tokens.py",
        'if claims["exp"] - claims["iat"] > MAX_LIFE:',
        "if False:",
        _AUTHORIZER,
    ),
    Plant(
        "events of a bucket that is not ours",
        "functions/process_upload/index.py",
        "if bucket != self.bucket:",
        "if False:",
        ("functions/test_process_upload.py",),
    ),
    Plant(
        "the SDK sends a mail again after a lost answer",
        "shared/clients.py",
        'retries={"total_max_attempts": 1}',
        'retries={"total_max_attempts": 3}',
        ("shared", "functions/test_send_email.py"),
    ),
    Plant(
        "a request is used more often than allowed",
        "core/upload_requests.py",
        "        if self.max_uses is not None and self.use_count >= self.max_uses:",
        "        if False:",
        _REQUESTING,
    ),
    Plant(
        "a revoked request goes on",
        "core/upload_requests.py",
        "        if self.revoked_at is not None:\n            return RequestStatus.REVOKED\n",
        "",
        _REQUESTING,
    ),
    Plant(
        "a request takes files of any type",
        "core/upload_requests.py",
        "            if not self._allows(file.content_type)",
        "            if False",
        _REQUESTING,
    ),
    Plant(
        "of two uses at once one is forgotten",
        "adapters/request_table.py",
        "        use = Put(_request_row(after), _unchanged(before))",
        "        use = Put(_request_row(after))",
        _REQUEST_STORES,
    ),
    Plant(
        "a lost use leaves its files behind",
        "adapters/request_table.py",
        "            self.transfers.withdraw(change)\n",
        "",
        _REQUEST_STORES,
    ),
    Plant(
        "files added by a capability have no limits",
        "core/editing.py",
        "            allow(transfer)\n",
        "",
        _CAPABILITY,
    ),
    Plant(
        "a capability outlives its transfer",
        "core/capability.py",
        "        if transfer.status is TransferStatus.DELETED:",
        "        if False:",
        _CAPABILITY,
    ),
    Plant(
        "any upload id will do",
        "core/companion.py",
        "    if file.upload_id != upload_id:",
        "    if False:",
        _COMPANION,
    ),
    Plant(
        "any key will do",
        "core/companion.py",
        "        if file.inbox_key != key:",
        "        if False:",
        _COMPANION,
    ),
    Plant(
        "surplus bytes are noticed at the end only",
        "core/companion.py",
        "        if number % limits.CHECK_EVERY == 0:",
        "        if False:",
        _COMPANION,
    ),
    Plant(
        "any password will do",
        "core/unlocking.py",
        "        if not passwords.matches(password, password_hash):",
        "        if False:",
        _PASSWORDS,
    ),
    Plant(
        "passwords may be guessed for ever",
        "core/unlocking.py",
        '        self.rates.spend(_FROM_ONE, f"{link}#{source}").require()\n',
        "",
        _PASSWORDS,
    ),
    Plant(
        "a locked link gives its files away",
        "core/receiving.py",
        "        self.locks.require_open(token_hash(token), transfer.password_hash, session)\n",
        "",
        _PASSWORDS,
    ),
    Plant(
        "a locked request takes files",
        "core/requesting.py",
        "        self.locks.require_open(request.token_hash, request.password_hash, session)\n",
        "",
        _PASSWORDS,
    ),
    Plant(
        "a session outlives its quarter of an hour",
        "functions/api/sessions.py",
        "        return format_time(self.clock()) < str(expires_at)",
        "        return True",
        _PASSWORDS,
    ),
    Plant(
        "a session opens every link",
        "functions/api/sessions.py",
        'f"session\\x00{link}\\x00{password_hash}"',
        '"session"',
        _PASSWORDS,
    ),
    Plant(
        "a refusal repeats the password",
        "functions/api/http.py",
        ' or "password" in place:',
        ":",
        _PASSWORDS,
    ),
    Plant(
        "quotas are counted and not held",
        "adapters/usage_rows.py",
        '        capped = {} if quotas is None else {"bytes": quotas.bytes, "files": quotas.files}',
        "        capped: dict[str, int] = {}",
        _QUOTAS,
    ),
    Plant(
        "a purge gives nothing back",
        "adapters/transfer_table.py",
        "                *self._counters(transfer, quotas.released_by(transfer), 0),\n",
        "",
        _QUOTAS,
    ),
    Plant(
        "what was refused for its quota leaves its files",
        "adapters/transfer_table.py",
        "            self.withdraw(change)\n            raise self._beyond",
        "            raise self._beyond",
        _QUOTAS,
    ),
    Plant(
        "requests have no rate",
        "functions/api/index.py",
        "            spent.require()\n",
        "",
        _QUOTAS,
    ),
    Plant(
        "anybody's receipt is for everybody",
        "core/receipts.py",
        "        access.require_present(transfer)\n",
        "",
        _RECEIPTS,
    ),
    Plant(
        "a receipt's signature is left in DER",
        "adapters/receipt_key.py",
        '        return _raw(answer["Signature"])',
        '        return answer["Signature"]',
        _RECEIPTS,
    ),
    Plant(
        "what a newer version wrote is taken for ours",
        "core/models.py",
        "Version = Literal[1]",
        "Version = Literal[1, 2]",
        _RELEASES,
    ),
    Plant(
        "an outbox row of a newer version ends the sweep",
        "adapters/transfer_table.py",
        '            if row.get("v") in KNOWN_VERSIONS\n',
        "",
        _RELEASES,
    ),
    Plant(
        "an outbox row of a newer version is not reported",
        "functions/dispatch_outbox/index.py",
        "except (SkyferryError, ValidationError):",
        "except SkyferryError:",
        _RELEASES,
    ),
    Plant(
        "a field that the last release did not write is required",
        "core/models.py",
        "    reminded_at: Time | None = None",
        "    reminded_at: Time",
        _RELEASES,
    ),
)

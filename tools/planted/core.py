"""Rules of the core."""

from tools.planted.plant import Plant

_DELIVERING = ("core/test_core_delivering.py",)
_RECEIVING = ("core/test_core_receiving.py",)
_VERIFYING = ("core/test_core_verifying.py",)
_SENDING = ("core/test_core_sending.py",)
_SUPPRESSING = ("core/test_core_suppressing.py",)
_REMINDING = ("core/test_core_reminding.py",)
_REQUESTING = ("core/test_core_requesting.py",)
_CAPABILITY = ("core/test_core_capability.py",)
_COMPANION = ("core/test_core_companion.py",)
_PASSWORDS = ("functions/test_api_passwords.py",)
_RECEIPTS = ("core/test_core_receipts.py", "functions/test_api_receipts.py")
_RELEASES = ("functions/test_releases.py",)

CORE = (
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
        "link tokens are stored as they are",
        "core/tokens.py",
        "return hashlib.sha256(token.encode()).hexdigest()",
        "return token",
        (*_DELIVERING, *_RECEIVING),
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
        "anybody's receipt is for everybody",
        "core/receipts.py",
        "        access.require_present(transfer)\n",
        "",
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
        "a field that the last release did not write is required",
        "core/models.py",
        "    reminded_at: Time | None = None",
        "    reminded_at: Time",
        _RELEASES,
    ),
)

"""Rules of the adapters: what DynamoDB, S3 and webhooks' receivers are asked."""

from tools.planted.plant import Plant

_FILES = ("adapters/test_file_store.py", "adapters/test_file_store_contract.py")
_API = (
    "functions/test_api.py",
    "functions/test_api_refusals.py",
    "functions/test_api_lists.py",
    "functions/test_api_idempotency.py",
)
_REQUEST_STORES = ("adapters/test_request_store_contract.py",)
_QUOTAS = ("functions/test_api_quotas.py", "adapters/test_counting_contract.py")
_RECEIPTS = ("core/test_core_receipts.py", "functions/test_api_receipts.py")
_RELEASES = ("functions/test_releases.py",)
_SUPPRESSION_STORE = ("adapters/test_suppression_store_contract.py",)
_TRANSFER_STORE = ("adapters/test_transfer_store_contract.py",)
_MAIL_STORE = ("adapters/test_mail_store_contract.py",)
_IDEMPOTENCY = ("adapters/test_idempotency_contract.py",)

ADAPTERS = (
    Plant(
        "a bounce overwrites a person's wish for no mail",
        "adapters/suppression_table.py",
        "Put(own_row, stronger)",
        "Put(own_row)",
        _SUPPRESSION_STORE,
    ),
    Plant(
        "a mail to a suppressed address of another owner goes out",
        "adapters/suppression_table.py",
        "self.table.write(Put(own_row, stronger), Put(shared_row), patient=True)",
        "self.table.write(Put(own_row, stronger), patient=True)",
        _SUPPRESSION_STORE,
    ),
    Plant(
        "a stale transfer overwrites a newer one",
        "adapters/transfer_table.py",
        "Put(_root(change.after), unchanged),",
        "Put(_root(change.after)),",
        _TRANSFER_STORE,
    ),
    Plant(
        "the same mail is claimed twice",
        "adapters/mail_table.py",
        "Put(_row(mail), NEW),",
        "Put(_row(mail)),",
        _MAIL_STORE,
    ),
    Plant(
        "a mail is claimed for a transfer that is not ready",
        "adapters/mail_table.py",
        "                Check(pk, rows.transfer_sort(mail.transfer_id), _status_in(statuses)),\n",
        "",
        _MAIL_STORE,
    ),
    Plant(
        "an Idempotency-Key is good for any request",
        "adapters/idempotency_table.py",
        'if row["payload_hash"] != payload_hash:',
        "if False:",
        _IDEMPOTENCY,
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
        "a receipt's signature is left in DER",
        "adapters/receipt_key.py",
        '        return _raw(answer["Signature"])',
        '        return answer["Signature"]',
        _RECEIPTS,
    ),
    Plant(
        "an outbox row of a newer version ends the sweep",
        "adapters/transfer_table.py",
        '            if row.get("v") in KNOWN_VERSIONS\n',
        "",
        _RELEASES,
    ),
)

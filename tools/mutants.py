"""Break the runtime on purpose and see that a test notices: `make mutants`.

Each function's handler loses its body, and every rule in PLANTED is taken out, one at a time, in a copy of
the runtime tree that a test process finds before the real one. A mutant that no test notices, one that no
longer fits the code, and one that cannot even be imported are failures of this command.
"""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "runtime"
TESTS = "tests/unit"
#: Seconds one test process may take.
PATIENCE = 180
_PYTEST_GREEN, _PYTEST_RED = 0, 1


@dataclass(frozen=True, slots=True)
class Mutant:
    """One file of the runtime with one rule taken out, and the tests that should notice."""

    name: str
    path: str
    source: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plant:
    """`rule` occurs once in the file and becomes `broken`."""

    name: str
    path: str
    rule: str
    broken: str
    tests: tuple[str, ...]

    def mutant(self) -> Mutant:
        source = (RUNTIME / "skyferry" / self.path).read_text(encoding="utf-8")
        if source.count(self.rule) != 1:
            raise SystemExit(
                f"mutants: {self.name}: skyferry/{self.path} holds its rule "
                f"{source.count(self.rule)} times, not once. Adapt the mutant:\n{self.rule}"
            )
        return Mutant(self.name, self.path, source.replace(self.rule, self.broken), self.tests)


_DELIVERING = ("core/test_core_delivering.py",)
_RECEIVING = ("core/test_core_receiving.py",)
_VERIFYING = ("core/test_core_verifying.py",)
_SENDING = ("core/test_core_sending.py",)
_STORES = ("adapters/test_store_contracts.py",)
_FILES = ("adapters/test_file_store.py",)
_API = ("functions/test_api.py",)
_LINKS = ("functions/test_api_links.py",)
_AUTHORIZER = ("functions/test_authorizer.py",)

PLANTED = (
    Plant(
        "a link may be used more often than allowed",
        "core/lifecycle.py",
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
        "core/lifecycle.py",
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
        "        if not self.mails.claim(mail):\n            return self.mails.find(job)\n",
        "        self.mails.claim(mail)\n",
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
        "link tokens are stored as they are",
        "core/receiving.py",
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
        "                Check(pk, rows.transfer_sort(mail.transfer_id), ready),\n",
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
        "adapters/file_store.py",
        '            "ContentLength": part.size,\n',
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
)


def handlers() -> list[Mutant]:
    """Every function, its handler answering nothing, with the function's own tests."""
    found = []
    for path in sorted((RUNTIME / "skyferry" / "functions").glob("*/index.py")):
        name = path.parent.name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        (handler,) = (
            node
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name == "handler"
        )
        handler.body = [ast.Return(ast.Constant(None))]
        tests = sorted((ROOT / TESTS / "functions").glob(f"test_{name}*.py"))
        found.append(
            Mutant(
                name=f"{name} does nothing",
                path=f"functions/{name}/index.py",
                source=ast.unparse(ast.fix_missing_locations(tree)),
                tests=tuple(f"functions/{test.name}" for test in tests),
            )
        )
    return found


def run_tests(runtime: Path, tests: Iterable[str]) -> int:
    """pytest's exit code with `runtime` before the real tree; -1 when it hangs."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "--no-header",
               "-p", "no:randomly", "-p", "no:cacheprovider"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(runtime), "PYTHONDONTWRITEBYTECODE": "1"}
    where = subprocess.run(
        [sys.executable, "-c", "import skyferry; print(skyferry.__file__)"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    if not Path(where.stdout.strip()).is_relative_to(runtime):
        raise SystemExit(f"mutants: the tests would import {where.stdout.strip()}, not the copy")
    try:
        done = subprocess.run(
            [*command, *(f"{TESTS}/{test}" for test in tests)],
            cwd=ROOT, env=environment, capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return -1
    return done.returncode


def verdict(mutant: Mutant) -> str:
    """`noticed`, or why not."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        runtime = Path(folder).resolve()
        shutil.copytree(
            RUNTIME / "skyferry",
            runtime / "skyferry",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        (runtime / "skyferry" / mutant.path).write_text(mutant.source, encoding="utf-8")
        code = run_tests(runtime, mutant.tests)
    known = {_PYTEST_RED: "noticed", _PYTEST_GREEN: "SURVIVED", -1: "HUNG"}
    # Any other code says that the tests did not run: such a mutant proves nothing.
    return known.get(code, "BROKEN")


def main() -> int:
    """0 when the tests are green without a mutant and red with each."""
    started = time.monotonic()
    mutants = [*handlers(), *(plant.mutant() for plant in PLANTED)]
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        unmutated = pool.submit(run_tests, RUNTIME, tests)
        failed = 0
        for mutant, result in zip(mutants, pool.map(verdict, mutants), strict=True):
            failed += result != "noticed"
            print(f"{result:<9} {mutant.name}", flush=True)
        green = unmutated.result() == _PYTEST_GREEN
    print(
        f"{len(mutants) - failed} of {len(mutants)} mutants noticed; the tests are "
        f"{'green' if green else 'RED'} without one; {time.monotonic() - started:.0f} s"
    )
    return 0 if green and not failed else 1


if __name__ == "__main__":
    raise SystemExit(main())

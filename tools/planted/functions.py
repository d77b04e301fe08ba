"""Rules of the handlers and what they share."""

from tools.planted.plant import Plant

_WORDS = ("functions/test_send_email_words.py",)
_API = (
    "functions/test_api.py",
    "functions/test_api_refusals.py",
    "functions/test_api_lists.py",
    "functions/test_api_idempotency.py",
)
_LINKS = ("functions/test_api_links.py",)
_PASSWORDS = ("functions/test_api_passwords.py",)
_QUOTAS = ("functions/test_api_quotas.py", "adapters/test_counting_contract.py")
_AUTHORIZER = ("functions/test_authorizer.py",)
_RELEASES = ("functions/test_releases.py",)

FUNCTIONS = (
    Plant(
        "text of users can be clicked",
        "functions/send_email/unlinked.py",
        '    return _JOINTS.sub(rf"{_SEAM}\\1{_SEAM}", text)',
        "    return text",
        _WORDS,
    ),
    Plant(
        "an address that nobody verified gets notices",
        "functions/authorizer/tokens.py",
        'claims.get("email_verified") is not True or ',
        "",
        _AUTHORIZER,
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
        "requests have no rate",
        "functions/api/index.py",
        "            spent.require()\n",
        "",
        _QUOTAS,
    ),
    Plant(
        "an outbox row of a newer version is not reported",
        "functions/dispatch_outbox/index.py",
        "except (SkyferryError, ValidationError):",
        "except SkyferryError:",
        _RELEASES,
    ),
)

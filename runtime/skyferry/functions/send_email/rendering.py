"""From a letter to the mail's words. Text of users is filled into ours after every joint of a link in it was
broken, and escaped in HTML by the template engine; it never becomes a header of its own or a template."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from skyferry.adapters.mailer import Rendered
from skyferry.core.mails import Letter, MailKind
from skyferry.core.models import File, Recipient, RecipientStatus
from skyferry.functions.send_email.unlinked import one_line, unlinked
from skyferry.functions.send_email.wording import MailWords, Words, words_for

_LONGEST_SUBJECT = 150
_FILES_SHOWN = 10
#: The same words as for the first mail.
_LIKE_AVAILABLE = {MailKind.AVAILABLE, MailKind.RESEND}


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        # By ending: .html escapes, .txt has nothing to escape.
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(letter: Letter) -> Rendered:
    words = words_for(letter.locale)
    mail = words.mails[MailKind.AVAILABLE if letter.kind in _LIKE_AVAILABLE else letter.kind]
    fields = _fields(letter, words)
    title = unlinked(letter.transfer.title or "")
    subject = mail.subject.format_map(fields)
    values = {
        "words": words,
        "title": title,
        "subject": subject,
        "lead": _sentence(mail.lead.format_map(fields), letter),
        **(_to_sender(letter, words, mail) if letter.kind.is_notice else _to(letter, words)),
    }
    return Rendered(
        subject=one_line(f"{subject}: {title}" if title else subject, _LONGEST_SUBJECT),
        text=_templates().get_template("mail.txt").render(values),
        html=_templates().get_template("mail.html").render(values),
    )


def _fields(letter: Letter, words: Words) -> dict[str, str]:
    """What the words of a mail may name."""
    transfer, recipient = letter.transfer, letter.recipient
    downloaded = recipient and recipient.timeline.get(RecipientStatus.DOWNLOADED)
    return {
        "sender": unlinked(transfer.sender or words.somebody),
        "files": words.count(transfer.file_count),
        "recipient": "" if recipient is None else unlinked(_label(recipient)),
        "moment": words.time(downloaded or transfer.updated_at),
    }


def _sentence(lead: str, letter: Letter) -> str:
    """It may begin with `somebody`; a name or an address stays as its owner writes it."""
    if letter.kind.is_notice or letter.transfer.sender:
        return lead
    return lead[:1].upper() + lead[1:]


def _label(recipient: Recipient) -> str:
    return f"{recipient.name} ({recipient.email})" if recipient.name else recipient.email


def _to(letter: Letter, words: Words) -> dict[str, object]:
    """What a recipient's mail has below its first sentence."""
    transfer = letter.transfer
    name = letter.recipient and letter.recipient.name
    left = len(letter.files) - _FILES_SHOWN
    total = words.total.format(
        files=words.count(transfer.file_count), size=words.size(transfer.total_size)
    )
    return {
        "hello": words.hello.format(name=unlinked(name)) if name else words.hello_nobody,
        "link_url": letter.link_url,
        "until": words.until.format(moment=words.time(transfer.expires_at)),
        "files": _rows(letter.files[:_FILES_SHOWN], words),
        "more": words.more.format(count=left) if left > 0 else None,
        "total": total,
        "reason": None,
        "message_lines": [unlinked(line) for line in (transfer.message or "").splitlines()],
        "footer": words.yours,
        "unsubscribe_url": letter.unsubscribe_url,
    }


def _to_sender(letter: Letter, words: Words, mail: MailWords) -> dict[str, object]:
    """What a notice has below its first sentence."""
    reason = mail.note
    match letter.kind:
        case MailKind.NOTICE_BLOCKED:
            refused = letter.files[0].reason if letter.files else None
            reason = words.reason(refused.code if refused else None)
        case MailKind.NOTICE_BOUNCED:
            met = letter.recipient and letter.recipient.reason
            reason = words.reason(met.code if met else None)
    return {
        "hello": words.hello_nobody,
        "link_url": None,
        "until": None,
        "files": _rows(letter.files, words),
        "more": None,
        "total": None,
        "reason": reason,
        "message_lines": [],
        "footer": words.why_notice,
        "unsubscribe_url": None,
    }


def _rows(files: tuple[File, ...], words: Words) -> list[tuple[str, str]]:
    """Name, with its folder, and size of each file."""
    return [
        (unlinked(f"{file.path}/{file.name}" if file.path else file.name), words.size(file.size))
        for file in files
    ]

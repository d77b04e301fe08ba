"""The areas of the API, by which the OpenAPI document and its pages are divided."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    description: str
    #: How the paths of the area begin.
    prefixes: tuple[str, ...]


#: In the order of the pages. The longest prefix of a path says where it belongs.
TAGS: Final = (
    Tag("Transfers", "Send files: create, follow, finalize, take back.", ("/transfers",)),
    Tag(
        "Files",
        "The files of a transfer: add, rename, remove, download.",
        ("/transfers/{transfer_id}/files",),
    ),
    Tag(
        "Uploads",
        "Bring a file's bytes straight to S3, in one POST or in parts, and resume.",
        ("/transfers/{transfer_id}/files/{file_id}/upload",),
    ),
    Tag(
        "Recipients",
        "Who is told of a transfer, how far each mail came, and which addresses get none.",
        ("/transfers/{transfer_id}/recipients", "/suppressions"),
    ),
    Tag(
        "Links",
        "What a recipient can do with the link in the mail; no account is needed.",
        ("/t/",),
    ),
    Tag(
        "Requests",
        "Ask for files by a link; whoever has it may send you some, without an account.",
        ("/requests", "/r/"),
    ),
    Tag(
        "Capabilities",
        "Upload into one transfer by a URL that allows nothing else.",
        ("/u/", "/transfers/{transfer_id}/upload-token"),
    ),
    Tag(
        "Uppy companion",
        "What Uppy's S3 plugin asks of its server, below an upload capability.",
        ("/u/{token}/s3/",),
    ),
    Tag("Webhooks", "Be told by a signed POST of what happens to your transfers.", ("/webhooks",)),
    Tag(
        "Events",
        "What happened to your transfers: logs, the feed of all of them, signed receipts.",
        ("/events", "/transfers/{transfer_id}/events", "/transfers/{transfer_id}/receipt"),
    ),
    Tag("Account", "What you use, and what is allowed.", ("/usage", "/limits")),
    Tag(
        "Service",
        "The service itself: its health, this document, its public key.",
        ("/healthz", "/openapi.json", "/jwks.json"),
    ),
)


def tag_of(path: str) -> Tag:
    """The area a path belongs to; ValueError when no area claims it."""
    claims = [
        (len(prefix), tag) for tag in TAGS for prefix in tag.prefixes if path.startswith(prefix)
    ]
    if not claims:
        raise ValueError(f"{path} belongs to no area: add its prefix to one of {__name__}.TAGS")
    return max(claims, key=lambda claim: claim[0])[1]

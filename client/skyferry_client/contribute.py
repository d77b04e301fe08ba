"""Sending to somebody who asked for files: create, upload, hand over. No account is needed."""

from dataclasses import dataclass

from skyferry_client.client import Client
from skyferry_client.doors import RequestLink
from skyferry_client.progress import Reporter
from skyferry_client.request_models import UploadStatus
from skyferry_client.requests import NewContribution
from skyferry_client.send import hash_all, match, new_file
from skyferry_client.source import SourceFile
from skyferry_client.upload import Uploader


@dataclass(frozen=True, slots=True)
class Contributor:
    """One upload for somebody else. Unlike a send, it is not continued by a second run."""

    client: Client
    uploader: Uploader
    reporter: Reporter

    def contribute(
        self,
        link: RequestLink,
        files: tuple[SourceFile, ...],
        *,
        name: str | None = None,
        message: str | None = None,
    ) -> UploadStatus:
        hashed = hash_all(files, self.reporter)
        declared = NewContribution(tuple(map(new_file, hashed)), name, message)
        contribution = link.contribute(declared)
        uploads = self.client.uploads_by(contribution.upload.token)
        with self.reporter.live():
            self.uploader.upload(uploads, match(contribution.files, hashed))
        return uploads.finalize()

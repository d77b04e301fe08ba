"""The access token that a request goes out with: given, remembered, or renewed."""

import time
from dataclasses import dataclass, replace

from skyferry_client.config import ConfigError, Profile
from skyferry_client.errors import SkyferryError
from skyferry_client.oidc import Grant, Provider
from skyferry_client.tokens import Tokens, TokenStore


class NotSignedInError(SkyferryError):
    """There is no token for this API."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One profile's sign-in."""

    name: str
    profile: Profile
    store: TokenStore

    def provider(self) -> Provider:
        """Where this profile signs in; ConfigError where that is not configured."""
        missing = [key for key in ("issuer", "client_id") if getattr(self.profile, key) is None]
        if missing:
            raise ConfigError(
                f"to sign in, {' and '.join(missing)} must be set: skyferry config set {missing[0]} …"
            )
        return Provider(str(self.profile.issuer), str(self.profile.client_id))

    def keep(self, api_url: str, provider: Provider, grant: Grant) -> Tokens:
        now = int(time.time())
        tokens = Tokens(
            api_url=api_url.rstrip("/"),
            issuer=provider.issuer,
            client_id=str(self.profile.client_id),
            access_token=grant.access_token,
            expires_at=None if grant.expires_in is None else now + grant.expires_in,
            refresh_token=grant.refresh_token,
        )
        self.store.save(self.name, tokens)
        return tokens

    def tokens(self, api_url: str) -> Tokens:
        """Those for this API, renewed when they are about to expire; else NotSignedInError."""
        tokens = self.store.load(self.name)
        if tokens is None or tokens.api_url != api_url.rstrip("/"):
            raise NotSignedInError(f"not signed in at {api_url}: skyferry login, or SKYFERRY_TOKEN")
        return self._renewed(tokens) if tokens.needs_renewal() else tokens

    def _renewed(self, tokens: Tokens) -> Tokens:
        if tokens.refresh_token is None:
            raise NotSignedInError("the sign-in has expired: skyferry login")
        # Where the token came from, whatever the configuration says by now.
        with Provider(tokens.issuer, tokens.client_id) as provider:
            grant = provider.refresh(tokens.refresh_token)
        now = int(time.time())
        renewed = replace(
            tokens,
            access_token=grant.access_token,
            expires_at=None if grant.expires_in is None else now + grant.expires_in,
            # A provider that does not rotate refresh tokens sends no new one.
            refresh_token=grant.refresh_token or tokens.refresh_token,
        )
        self.store.save(self.name, renewed)
        return renewed

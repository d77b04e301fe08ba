"""The tokens in links: what is stored of them."""

import hashlib


def token_hash(token: str) -> str:
    """Tokens have 256 random bits, so a plain hash is enough to store."""
    return hashlib.sha256(token.encode()).hexdigest()

"""Stand-ins for what the emulator lacks: an OIDC issuer, a mail inbox and SES's events."""

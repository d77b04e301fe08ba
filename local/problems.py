"""What a person can put right, as an exception without a traceback."""


class LaptopCloudError(Exception):
    """Ends the command with its message: what happened, and what to do about it."""

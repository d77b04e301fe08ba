def handler(event, context):
    """Put the check of your tokens here; this one lets nobody in."""
    raise Exception("Unauthorized")  # noqa: TRY002 - the word API Gateway asks for

"""All calls to AWS. Faults of botocore become core.errors here, once."""

"""The Lambda functions, a folder each; what is in this file runs before any of them is imported."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Of what a start makes nothing is garbage, but Python looks through it after each 700 objects: a thirtieth of a
    # cold start. What a request leaves is freed by its reference counts; cycles among it may wait for this many.
    gc.set_threshold(100_000, 20, 20)

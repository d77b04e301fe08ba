"""The operations of the API, a file for each area; `Client` has them all."""

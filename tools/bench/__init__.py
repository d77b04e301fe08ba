"""What the API costs on the asset that is shipped, beside a reference: `make bench`."""

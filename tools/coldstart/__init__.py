"""What a cold start of the API costs, measured on the asset that is shipped: `make coldstart`."""

"""Holds the laptop cloud to its own OpenAPI document with schemathesis: `make fuzz`."""

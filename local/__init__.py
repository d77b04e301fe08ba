"""The laptop cloud: starts an AWS emulator, deploys the real CDK app to it and stands in for what it lacks.

`python -m local up|run|status|down`; the Makefile has the same names.
"""

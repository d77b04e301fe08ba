"""Paging through a list that others change: nobody twice, nobody missed who was there throughout."""

STEADY = 2_000
SIZES = (100, 64, 25)

"""Reads of the register, its figures, the search, and invitations."""

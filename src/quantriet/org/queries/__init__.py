"""Reads for whole pages and numbers; one module a subject."""

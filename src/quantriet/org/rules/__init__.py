"""Decisions on plain data: what an imported row means, whom it is about, and what may not come in at all."""

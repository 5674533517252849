"""Marks name requirements that exist."""

from scripts.requirements import known, proofs


def test_marks_name_requirements_that_exist():
    unknown = {identifier: tests for identifier, tests in proofs().items() if identifier not in known()}
    assert not unknown


def test_every_requirement_has_a_text():
    assert len(known()) == 190
    assert all(known().values())

"""Quán triệt: the whole life of a resolution, from the day it is issued to the day its results are judged.

The rooms and who may lean on whom: docs/house.md.
"""

__version__ = "0.1.0"

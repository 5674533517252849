"""Toolbox without domain words.

Owns: text, time, intervals, the database door, refusals, registries, spreadsheets, office documents, web helpers, the look.
Does not own: any word of the trade (unit, person, class …); those live in the rooms above.
Stands on: Django and the chosen libraries.
Doors: import the module you need (`from quantriet.kit import text`).
"""

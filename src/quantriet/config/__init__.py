"""How the product is put together and started.

Owns: settings, the list of addresses, what runs when, the commands serve, seed, createadmin and doctor, demo data.
Does not own: any rule of the trade.
Stands on: every room.
Doors: `python -m quantriet …`, `urls.py`, `schedule.py`.
"""

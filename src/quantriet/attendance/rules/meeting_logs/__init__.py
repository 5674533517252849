"""Logs of online meetings (Zoom, Microsoft Teams, Google Meet) as people export them; pure.

moments  dates, clocks and lengths of time in any order and language; which order a file is written in
reading  the rows of a file to connections: headers, sections, summary lines, totals told from times
names    what a meeting's name says: a person of the roster, a hall, a recorder; sure, doubtful or unknown
adding   connections to facts: what a log adds to what is known of one person in one session
"""

"""The pure core: frozen data and functions.

No I/O, no clock, no import from the rest of the house (a test walks the imports).
"""

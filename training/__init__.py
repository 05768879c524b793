"""The recipe of the shipped reader: data, negatives, statements, loop, scores.

`qa` never imports this package; it is not part of the wheel.
"""

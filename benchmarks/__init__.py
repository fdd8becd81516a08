"""Every figure of speed that the project holds itself to, as a ratio against a real program in the same run.

One benchmark a file: `ROWS`, its rows, and `run(scale)`, which measures all of them. A new one is a new file and nothing
else. `frame` finds, runs and prints them (`./regulars bench`); `references/` are the other programs' sides.
"""

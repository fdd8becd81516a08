"""What runs: the command line, and the web and worker processes behind `serve`.

Nouns: *command file* (one file in `commands/` = one command, see `surface.py`), *child* (a process that `serve` starts
and that never outlives it), *progress* (the bar on stderr of anything longer than two seconds).
"""

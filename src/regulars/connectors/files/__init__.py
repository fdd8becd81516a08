"""Files in: customers and orders from CSV, CSV.gz and Parquet.

Nouns: *source* (a file, read in chunks of rows), *mapping* (what its columns mean; a preset is a mapping that is shipped
in `presets/`), *staging* (the checked lines, cut into parts so that all lines of an order lie in one), *reject* (a line
that was not taken, with the reason), ImportRun (one import, with its counts and where it stands).
"""

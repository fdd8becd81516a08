"""Statistical models of what customers will do, one model a file, on plain arrays: no database, no clock, no settings.

Nouns: *bg_nbd* (how often, and still a customer?), *gamma_gamma* (how much at a time), *clv* (both as money over a
horizon, with its predictive interval, and the forecast held against what happened). *counts*, *newton* and *errors*
are what they share.

In all of them `x` is the number of repeat purchases of a customer (purchase-days after the first), `t_x` the time
from the first to the last purchase, `T` the time from the first purchase to the end of observation; `t_x` and `T` in
one unit, which is also that of the parameters.

The folder is not called models, for that name belongs to the tables of the app (`models.py`).
"""

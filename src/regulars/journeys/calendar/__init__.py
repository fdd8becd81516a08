"""The communication calendar: a CalendarEntry says what happens when, and when customers are told of it.

An entry has two dates, as an editorial calendar has: when it *happens*, and when it is *announced*. Entries are written in a
form or come from a file in the iCalendar format (`reading.py`), and leave in it (`writing.py`). `occurrences.py` answers which
of them, repeated ones included, fall into a span of time.
"""

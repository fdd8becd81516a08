"""Django's SQLite backend with the number of parameters that SQLite has allowed since 3.32.

Django 5.2 still splits bulk statements at 999 parameters, which makes 7 statements of 500 rows where one does.
"""

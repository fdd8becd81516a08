"""The staff's room: the shell around every staff page, navigation, login, account, language and theme.

It holds no page of a domain: those are declared by the modules (`regulars.core.pages`) and mounted here.
"""

"""The room of the shop's customers: preferences, unsubscribing, and later surveys, loyalty and gatherings.

Every file here with `urlpatterns` is found and mounted; `public/base.html` is the calm frame of its pages.
"""

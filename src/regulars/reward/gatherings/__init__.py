"""Gatherings: meet-ups, presentations, workshops, readings, fan parties, fairs and webinars, to which customers are asked.

Nouns: Gathering (what, when, where, how many places), Attendance (one customer's answer, place, ticket and check-in), Photo. A
place is a person: who brings two guests takes three.
"""

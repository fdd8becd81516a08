"""One engine for every measure: Journey (a published definition), Enrolment (one customer's way), steps and triggers.

A Playbook (`playbook.py`) is the draft of a measure in the journey language. Launching it freezes its definition into a
Journey; customers enter through the trigger, and the sweep `journeys.advance` moves them on in batches, step by step.
"""

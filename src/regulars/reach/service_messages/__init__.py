"""Service messages: what becomes of an order, told by mail: received, sent, delivered, cancelled, money given back.

Nouns: ServiceMessage (one kind in one shop: switched on or off, and the template that says it), Kind (what can be told).
"""

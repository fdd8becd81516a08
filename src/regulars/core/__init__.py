"""The ground every module stands on: Shop, staff and roles, AuditEntry, money, clock, due rows, and the registries.

A module is found by folder. What it contributes (sweeps, listeners, pages, panels, message variables, what happens to
its rows when customers are merged, exported or erased) it declares in files of its own; nothing central is edited.
"""

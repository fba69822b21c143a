"""Passes over a program's operations, as data: what may be joined, where memory can be used again, where threads meet.

Nothing here makes machine code, and none of it is part of the library's key.
"""

"""Twelve networks of convolutions, recurrence and attention, trained beside other libraries."""

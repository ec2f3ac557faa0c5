"""Faults that are put in, one by one, to see that a test finds each: see docs/explanation/reliability.md."""

"""The product in one thread, with everything around it in memory: see docs/explanation/reliability.md."""

"""The HTTP surface: what is taken, what is answered, and who may ask for it."""

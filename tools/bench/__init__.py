"""make bench: what the product costs and how fast its parts are, measured side by side in one run."""

"""make demo: the whole product on this machine, with a log of real orders."""

"""What functions do, one verb a module: the pure core joined to its ports, which all come as arguments."""

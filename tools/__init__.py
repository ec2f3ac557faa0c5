"""What developers and operators run on their own machine; nothing here is deployed."""

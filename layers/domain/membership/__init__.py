"""Tierwise: decides each member's tier by rules that a business person can read and change."""

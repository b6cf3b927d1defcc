"""Auditing data and index: breaks, structure, findings, and checks of published numbers."""

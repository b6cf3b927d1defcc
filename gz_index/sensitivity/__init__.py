"""Uncertainty, sensitivity, stability and importance: how far a ranking can be trusted."""

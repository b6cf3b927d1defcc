"""Monitoring a plan: progress towards targets, index numbers, contributions, obstacles."""

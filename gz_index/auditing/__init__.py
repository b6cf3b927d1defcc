"""Auditing data and index: breaks, structure, findings, and checks of published numbers.

:func:`gz_index.breaks` looks for jumps of whole series, :func:`gz_index.structure` asks whether the
indicators of a pillar belong together, :func:`gz_index.audit` goes through the checklist of a
statistical audit, and :func:`gz_index.check_paper` says which convention gives published numbers.
"""

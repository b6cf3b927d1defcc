"""What the figures are drawn by; :mod:`gz_index.report.figures` lists them."""

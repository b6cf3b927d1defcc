"""Output: figures, tables, the workbook with formulas, and the paragraph on methods."""
